"""What a browser may send of a visit: the visit itself, each section of it, each of its parts."""

from __future__ import annotations

from typing import Any

from wtforms.validators import ValidationError

from tracker.forms.base import Conflict, OnScreen, TrackerForm
from tracker.forms.choice_fields import ChoiceField, CodesField, EnumField, EnumRadioField, StateField
from tracker.forms.date_fields import DayField, PartialDateField
from tracker.forms.fields import AddressField, LineField, TextField, TickField, YearField
from tracker.models import (
    ConsentScope,
    DelegateKind,
    Sharing,
    Visit,
    VisitMode,
    VisitSequence,
    VisitStage,
    VisitType,
)
from tracker.reports import visits
from tracker.texts import gettext as _
from tracker.texts import lazy_gettext as _l

FIRST_YEAR = 2001  # resolution 1373 (2001)
LAST_YEAR = 2100
NO_CLOCK = _l("The day is not known: no clock")
PART_MODES = (VisitMode.ON_SITE, VisitMode.VIRTUAL)


class SectionForm(TrackerForm):
    """A section of a visit. Only a change of this very section since the page was opened is a conflict (R20)."""

    section = ""

    def check_section(self, visit: Visit, row_id: int | None = None) -> None:
        """Refuse the form when what it shows was changed meanwhile by someone else."""
        given = self.version.data
        if given is None or visits.has_changed_since(visit, given, self.section, row_id):
            self.check_version(visit)

    def conflict(self, row: Any) -> list[Conflict]:
        """Both texts of each field that differs; see TrackerForm."""
        return super().conflict(row if isinstance(row, Visit) else OnScreen(row, row.visit))


class NewVisitForm(TrackerForm):
    """What is known of a visit when it is entered: little for one that is proposed, more for a past one."""

    state = StateField(_l("Member State"), required=_l("Choose the Member State"), blank=_l("Choose a Member State"))
    type = EnumField(_l("Type"), VisitType, blank=None, required=True)
    sequence = EnumField(_l("Sequence"), VisitSequence, blank=None, required=True)
    mode = EnumRadioField(
        _l("Mode"),
        PART_MODES,
        default=VisitMode.ON_SITE,
        required=True,
        hint=_l("For a hybrid visit enter the part that comes first, then add the other as a component."),
    )
    start = PartialDateField(_l("Start"), hint=_l("As exactly as is known: a year alone, a month, or a full day."))
    end = PartialDateField(_l("End"), hint=_l("Where only the closing day is public, leave the start empty."))
    year = YearField(
        _l("Year of the visit"),
        least=FIRST_YEAR,
        most=LAST_YEAR,
        hint=_l(
            "Only where no date is known yet; left empty, it is this year. It stands in the reference, which stays "
            "when the dates slip."
        ),
    )
    areas = CodesField(_l("Areas in scope"))
    summary = TextField(_l("Summary"), hint=_l("What the visit is about, for colleagues."))
    stage = EnumField(
        _l("Stage"),
        VisitStage,
        blank=None,
        required=True,
        default=VisitStage.PROPOSED,
        hint=_l("A past visit may be entered at the stage it has reached. Then name the source below."),
    )
    happened = PartialDateField(_l("Reached this stage on"), hint=_l("Leave empty what is not known."))
    due = DayField(
        _l("Due date of the State's comments or response"),
        hint=_l(
            "Only for a visit that is with the State or whose response is due, before the clocks of 8 October 2018."
        ),
    )
    no_clock = TickField(
        NO_CLOCK,
        hint=_l("Only for a visit that is with the State or whose response is due, where neither day is known."),
    )
    reason = LineField(_l("Reason"), longest=2000, hint=_l("Owed when declined, deferred, postponed or cancelled."))
    source_title = LineField(_l("Source"), longest=500, hint=_l("Owed at any stage later than proposed."))
    source_url = AddressField(_l("Address of the source"))

    def validate_source_url(self, field: Any) -> None:
        """An address alone is no source."""
        if field.data and not self.source_title.data:
            raise ValidationError(_("Name the source that stands at this address, above"))


class DetailsForm(SectionForm):
    """What the visit is."""

    section = "details"

    type = EnumField(_l("Type"), VisitType, blank=None, required=True)
    sequence = EnumField(_l("Sequence"), VisitSequence, blank=None, required=True)
    conclusions_due = PartialDateField(
        _l("Conclusions due"), hint=_l("The day on which they are handed over: often the visit's last.")
    )
    summary = TextField(_l("Summary"), hint=_l("What the visit is about, for colleagues."))


class TourForm(SectionForm):
    """The tour by its title."""

    section = "tour"

    tour = LineField(
        _l("Title of the tour"),
        hint=_l("Visits of one trip bear the same title. Leave empty to take the visit off its tour."),
    )

    def stored(self, row: Any) -> dict[str, Any]:
        return {"tour": row.tour.title if row.tour else ""}


class ScopeForm(SectionForm):
    """The areas in the visit's scope."""

    section = "scope"

    areas = CodesField(_l("Areas in scope"))

    def stored(self, row: Any) -> dict[str, Any]:
        return {"areas": [link.area_code for link in row.areas]}


class ResolutionsForm(SectionForm):
    """The resolutions that the visit measures against."""

    section = "resolutions"

    resolutions = CodesField(_l("Applicable resolutions"), coerce=int)

    def stored(self, row: Any) -> dict[str, Any]:
        return {"resolutions": [link.resolution_number for link in row.resolutions]}


class VisitConsentForm(SectionForm):
    """The State's consent to the visit itself."""

    section = "visit_consent"

    visit_consent_on = PartialDateField(_l("Given on"))
    visit_consent_by = LineField(
        _l("Given by"), hint=_l("The office, such as the Permanent Mission in New York; never a person's name.")
    )


class ShareConsentForm(SectionForm):
    """The State's consent to share what came of the visit."""

    section = "share_consent"

    share_consent = EnumRadioField(_l("Consent to share"), ConsentScope, required=True)
    share_consent_on = PartialDateField(_l("Answered on"))
    share_consent_by = LineField(_l("Answered by"), hint=_l("The office; never a person's name."))
    share_excluded = TextField(_l("Parts excluded"), hint=_l("Which parts the State wants kept back."))


class SharingForm(SectionForm):
    """How far the record may leave the house."""

    section = "sharing"

    sharing = EnumRadioField(_l("Sharing level"), Sharing, required=True)


class StageForm(SectionForm):
    """A move to another stage, with the day it happened."""

    section = "stage"

    stage = ChoiceField(
        _l("Move to"),
        coerce=VisitStage,
        blank=_l("Choose what has happened"),
        required=_l("Choose what has happened"),
        hint=_l("The usual next step comes first, then later ones; corrections come last."),
    )
    happened = PartialDateField(
        _l("Happened on"),
        hint=_l("The day it happened, as exactly as is known; the day you enter it is kept beside it."),
    )
    due = DayField(
        _l("Due date, entered by hand"),
        hint=_l(
            "Only when the draft goes to the State or the State has received the report, and only where it cannot be"
            " worked out: before 8 October 2018, or when the day is not known exactly."
        ),
    )
    no_clock = TickField(
        NO_CLOCK,
        hint=_l("Only when the draft goes to the State or the State has received the report. It is then said there."),
    )
    reason = TextField(
        _l("Reason"),
        longest=5000,
        hint=_l("Owed for a correction and for declining, deferring, postponing, cancelling."),
    )

    def stored(self, row: Any) -> dict[str, Any]:
        """A move shows nothing of the visit but the stage that it starts from, which stands above the form."""
        return {}


class PartForm(SectionForm):
    """A part of a visit: one row of a section."""

    def show(self, row: Any) -> None:
        """Show the row, with its visit's version."""
        self.fill(OnScreen(row, row.visit))


class RemoveForm(PartForm):
    """The confirmation that a row is taken off, as it was shown."""

    def __init__(self, section: str) -> None:
        super().__init__()
        self.section = section


class ComponentForm(PartForm):
    """A component with its own dates, mode and areas."""

    section = "components"

    mode = EnumRadioField(_l("Mode"), PART_MODES, default=VisitMode.ON_SITE, required=True)
    start = PartialDateField(_l("Start"), hint=_l("As exactly as is known: a year alone, a month, or a full day."))
    end = PartialDateField(_l("End"), hint=_l("Where only the closing day is public, leave the start empty."))
    note = TextField(_l("Note"))
    areas = CodesField(_l("Areas covered"), hint=_l("An area that is not in the visit's scope yet joins it."))

    def stored(self, row: Any) -> dict[str, Any]:
        return super().stored(row) | {"areas": [link.area_code for link in row.areas]}


class DelegateForm(PartForm):
    """An entry of the delegation, by function."""

    section = "delegation"

    kind = EnumRadioField(_l("Kind"), DelegateKind, required=_l("Choose who or what this is"))
    function = LineField(
        _l("Function, or subject of the team"),
        hint=_l("Such as “expert in financial law”. People are named by function only."),
    )
    organisation_id = ChoiceField(
        _l("Organisation"), coerce=int, blank=_l("None"), hint=_l("Owed for a partner organisation.")
    )
    areas = CodesField(_l("Areas covered"), hint=_l("An area that is not in the visit's scope yet joins it."))

    def stored(self, row: Any) -> dict[str, Any]:
        return super().stored(row) | {"areas": [link.area_code for link in row.areas]}


class CounterpartForm(PartForm):
    """An authority that was met."""

    section = "counterparts"

    authority = LineField(
        _l("Authority"),
        longest=200,
        required=_l("Enter the authority that was met"),
        hint=_l("Such as “Ministry of the Interior”. A new name is added to the State's authorities."),
    )
    level = LineField(_l("Level"), longest=200, hint=_l("Such as minister, head of department, expert."))
    met_on = PartialDateField(_l("Met on"))
    subject = TextField(_l("Subject"))

    def stored(self, row: Any) -> dict[str, Any]:
        return super().stored(row) | {"authority": row.authority.name}


class CheckForm(PartForm):
    """An on-site check."""

    section = "checks"

    place = LineField(
        _l("Place"),
        required=_l("Enter what was checked"),
        hint=_l("Such as an airport, a port, a border post, a financial intelligence unit."),
    )
    checked_on = PartialDateField(_l("Checked on"))
    note = TextField(_l("Note"))


class SourceForm(PartForm):
    """A source."""

    section = "sources"

    title = LineField(_l("Title"), longest=500, required=_l("Enter the title of the source"))
    url = AddressField(_l("Address"))
