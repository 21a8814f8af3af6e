"""What a browser may send of a later due date: the request, and the decision on it."""

from __future__ import annotations

from tracker.forms.base import TrackerForm
from tracker.forms.choice_fields import EnumRadioField
from tracker.forms.date_fields import PartialDateField
from tracker.forms.fields import TextField
from tracker.models import ExtensionStatus
from tracker.texts import lazy_gettext as _l


class ExtensionForm(TrackerForm):
    """The new due date and why."""

    new_due = PartialDateField(_l("New due date"), required=_l("Enter the new due date"))
    reason = TextField(
        _l("Reason"),
        required=_l("Say why the date should move"),
        longest=5000,
        hint=_l("A reviewer reads it and approves or refuses. The original date is kept."),
    )


class DecisionForm(TrackerForm):
    """Approved or refused, with a note."""

    decision = EnumRadioField(
        _l("Decision"),
        [ExtensionStatus.APPROVED, ExtensionStatus.REFUSED],
        required=_l("Approve or refuse"),
    )
    note = TextField(_l("Note"), longest=5000, hint=_l("Needed when it is refused."))
