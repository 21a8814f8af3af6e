"""What a browser may send of a State's response."""

from __future__ import annotations

from tracker.forms.base import TrackerForm
from tracker.forms.choice_fields import EnumField
from tracker.forms.date_fields import PartialDateField
from tracker.forms.fields import LineField, TextField
from tracker.models import Implementation, Position
from tracker.texts import lazy_gettext as _l

REPORTED = [member for member in Implementation if member is not Implementation.NOT_ASSESSED]


class ResponseForm(TrackerForm):
    """What the State says, and the status it reports, if it reports one."""

    received = PartialDateField(_l("Received on"), required=_l("Enter the day on which it was received"))
    text = TextField(_l("What the Member State says"), required=_l("Enter what the Member State says"))
    reported_status = EnumField(
        _l("Status the Member State reports"),
        REPORTED,
        blank=_l("It reports none"),
        hint=_l("Stands beside the status that we assess and never replaces it."),
    )
    position = EnumField(
        _l("Position of the Member State"),
        [member for member in Position if member is not Position.NONE_YET],
        blank=_l("It takes none"),
    )
    source = LineField(_l("Source"), longest=1000, hint=_l("The note, letter or meeting."))
