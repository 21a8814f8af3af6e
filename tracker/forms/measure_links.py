"""What a browser may send of links between follow-ups and measures: which, and why."""

from __future__ import annotations

from typing import Any

import wtforms

from tracker.forms import checks
from tracker.forms.base import TrackerForm
from tracker.forms.choice_fields import CodesField
from tracker.forms.fields import TextField, TickField
from tracker.texts import lazy_gettext as _l

LONGEST_REASON = 2000
WHY = _l("One sentence on how it serves the measure. It stands in the history of each follow-up.")


def _reason(hint: Any = WHY) -> Any:
    """Why a link is made or taken off; kept with it."""
    return TextField(_l("Reason"), longest=LONGEST_REASON, required=_l("Enter the reason"), hint=hint)


class LinksForm(TrackerForm):
    """What is ticked in a list that is narrowed and turned meanwhile, and the reason."""

    ticks: str
    """The name of the field of ticks."""
    reason: Any

    def cannot_be_kept(self) -> bool:
        """Whether something could not go along to another page of the list; its field says so."""
        field: Any = self[self.ticks]
        field.errors = [field.too_many()] if field.left_out else []
        fault = checks.fault_in_text(self.reason.data, str(self.reason.label.text), LONGEST_REASON)
        self.reason.errors = [fault] if fault else []
        return bool(field.errors or self.reason.errors)


class MeasuresForm(LinksForm):
    """The measures that a follow-up is to serve. The view sets the choices."""

    ticks = "measures"

    measures = CodesField(_l("Measures"), required=_l("Tick a measure at least"))
    reason = _reason()


class UnlinkForm(TrackerForm):
    """Why a follow-up serves a measure no more."""

    reason = _reason(hint=_l("It stands in the history of the follow-up."))


class FollowupsForm(LinksForm):
    """The follow-ups that are to serve a measure: those ticked, or all that are found. ``confirmed`` is the number that
    was read and agreed to."""

    ticks = "followups"

    followups = CodesField(_l("Follow-ups"))
    everything = TickField(_l("All that the filters find"))
    reason = _reason()
    confirmed = wtforms.HiddenField()

    def agreed(self) -> int | None:
        """The number of follow-ups that was on the screen; None before it was."""
        given = self.confirmed.data or ""
        return int(given) if checks.is_ascii_number(given) and len(given) < 10 else None
