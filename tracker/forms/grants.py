"""What a browser may send to grant a role."""

from __future__ import annotations

from tracker.forms.base import TrackerForm
from tracker.forms.choice_fields import ChoiceField, CodesField, EnumField, EnumRadioField
from tracker.forms.date_fields import DayField
from tracker.forms.fields import TextField
from tracker.models import Role, Scope
from tracker.texts import lazy_gettext as _l


class GrantForm(TrackerForm):
    """A role within a scope; the view sets the choices of regions and States."""

    role = EnumField(_l("Role"), Role, blank=_l("Choose a role"), required=_l("Choose a role"))
    scope = EnumRadioField(_l("Scope"), Scope, required=_l("Choose how far the role reaches"))
    region_code = ChoiceField(_l("Region"), blank=_l("No region"), hint=_l("When the scope is a region."))
    states = CodesField(_l("Member States"), hint=_l("When the scope is named Member States."))
    ends_on = DayField(_l("Last day"), hint=_l("The last day on which the role holds. Leave it empty for no end."))


class TakeAwayForm(TrackerForm):
    """Why a grant is revoked, an account disabled or a second factor reset."""

    reason = TextField(_l("Reason"), longest=5000, hint=_l("Stands in the log, beside who did it and when."))
