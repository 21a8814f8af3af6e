"""What a browser may send of a Member State's cell."""

from __future__ import annotations

from tracker.forms.base import TrackerForm
from tracker.forms.choice_fields import EnumField
from tracker.forms.date_fields import PartialDateField
from tracker.forms.fields import TextField
from tracker.models import MeasureStatus
from tracker.texts import lazy_gettext as _l


class CellForm(TrackerForm):
    """How far a Member State is with a measure."""

    status = EnumField(
        _l("Status"), MeasureStatus, blank=_l("No word yet"), hint=_l("Needed where a date or evidence is given.")
    )
    status_on = PartialDateField(
        _l("Date of the status"), hint=_l("As far as it is known. Needed once a status is chosen.")
    )
    evidence = TextField(
        _l("What it rests on"),
        longest=10_000,
        hint=_l("A document, a letter, a statement: with its date and place. Needed when the status is “Completed”."),
    )
    note = TextField(_l("Note"), longest=10_000)
