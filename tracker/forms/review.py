"""What a reviewer sends: a signature with its factor, or a return with its reason; and an analyst's submission."""

from __future__ import annotations

import wtforms
from flask_babel import lazy_gettext as _l

from tracker.forms import checks
from tracker.forms.accounts import SecretField
from tracker.forms.base import TrackerForm
from tracker.forms.fields import TextField


class SubmitForm(TrackerForm):
    """A note to the reviewers, if any."""

    note = TextField(_l("Note to the reviewers"), hint=_l("What should they look at? It stands in the history."))


class SignForm(TrackerForm):
    """The signature: the version that was on the screen, and a factor again (R14, R16)."""

    content_version = wtforms.HiddenField()
    note = TextField(_l("Note"), hint=_l("It stands with the signature for ever."))
    factor = SecretField(
        _l("Your password or a one-time code"),
        required=_l("Enter your password or a one-time code"),
        hint=_l("Asked again, because a signature binds you."),
        autocomplete="current-password",
    )

    def signed_version(self) -> int:
        """The content version that was on the screen; 0, which no record has, when it is no number."""
        given = self.content_version.data or ""
        return int(given) if checks.is_ascii_number(given) and len(given) < 10 else 0


class ReturnForm(TrackerForm):
    """Why it goes back, in words that help the analyst."""

    reason = TextField(
        _l("Reason"),
        required=_l("Say why it is returned"),
        hint=_l("Say what to change; the analyst reads it first."),
    )
