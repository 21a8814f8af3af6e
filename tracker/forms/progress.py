"""What a browser may send of progress on a follow-up."""

from __future__ import annotations

from tracker.forms.base import TrackerForm
from tracker.forms.date_fields import PartialDateField
from tracker.forms.fields import LineField, TextField
from tracker.texts import lazy_gettext as _l


class ProgressForm(TrackerForm):
    """What has moved."""

    text = TextField(
        _l("What has moved"),
        required=_l("Say what has moved"),
        hint=_l("An entry is not changed later; a correction is a new entry."),
    )
    happened = PartialDateField(_l("Happened on"), hint=_l("As far as it is known."))
    source = LineField(_l("Source"), longest=1000)
