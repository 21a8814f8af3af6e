"""What a reviewer sends: a signature with its factor, or a return with its reason; and an analyst's submission."""

from __future__ import annotations

from typing import Any, Self

import wtforms

from tracker.forms import checks
from tracker.forms.accounts import SecretField
from tracker.forms.base import TrackerForm
from tracker.forms.fields import TextField
from tracker.texts import lazy_gettext as _l


class BoundForm(TrackerForm):
    """Carries the version of the text that was on the screen: what is submitted or signed is what was read (R14)."""

    content_version = wtforms.HiddenField()

    @classmethod
    def of(cls, record: Any) -> Self:
        """The empty form for the record as it is now."""
        form = cls(formdata=None)
        form.content_version.data = str(record.content_version)
        return form

    def seen_version(self) -> int:
        """The content version that was on the screen; 0, which no record has, when it is no number."""
        given = self.content_version.data or ""
        return int(given) if checks.is_ascii_number(given) and len(given) < 10 else 0


class SubmitForm(BoundForm):
    """A note to the reviewers, if any."""

    note = TextField(_l("Note to the reviewers"), hint=_l("What should they look at? It stands in the history."))


class SignForm(BoundForm):
    """The signature, with a factor again (R16)."""

    note = TextField(_l("Note"), hint=_l("It stands with the signature for ever."))
    factor = SecretField(
        _l("Your password or a one-time code"),
        required=_l("Enter your password or a one-time code"),
        hint=_l("Asked again, because a signature binds you."),
        autocomplete="current-password",
    )


class ReturnForm(TrackerForm):
    """Why it goes back, in words that help the analyst."""

    reason = TextField(
        _l("Reason"),
        required=_l("Say why it is returned"),
        hint=_l("Say what to change; the analyst reads it first."),
    )
