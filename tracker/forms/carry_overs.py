"""What a browser may send of a carry-over: the later visit, and what it found."""

from __future__ import annotations

from typing import Any

from tracker.forms.base import TrackerForm
from tracker.forms.choice_fields import ChoiceField, EnumField
from tracker.forms.fields import TextField
from tracker.models import CarryOver, Disposition
from tracker.texts import lazy_gettext as _l


class CarryOverForm(TrackerForm):
    """The visit that takes the follow-up up again. The view sets the choices to the State's visits."""

    visit_id = ChoiceField(
        _l("Later visit"), coerce=int, blank=_l("Choose a visit"), required=_l("Choose the visit that takes it up")
    )
    note = TextField(_l("Note"), longest=5000)


class DispositionForm(TrackerForm):
    """What the later visit found."""

    disposition = EnumField(
        _l("Finding of the later visit"),
        Disposition,
        blank=None,
        required=True,
        hint=_l("The status that we assess is set apart from this."),
    )
    note = TextField(_l("Note"), longest=5000)

    def stored(self, row: CarryOver) -> dict[str, Any]:
        return {"disposition": row.disposition, "note": row.note}
