"""What a browser may send of a meeting: the meeting itself, an outcome of it, why an outcome is taken off."""

from __future__ import annotations

import re
from typing import Any

from wtforms.validators import StopValidation

from tracker.forms import checks
from tracker.forms.base import TrackerForm
from tracker.forms.choice_fields import ChoiceField, CodesField, EnumRadioField
from tracker.forms.date_fields import PartialDateField
from tracker.forms.fields import LineField, TextField, TickField
from tracker.models import Meeting, MeetingPart, OutcomeKind
from tracker.models.meeting import TAKING_PART
from tracker.reports import catalogue
from tracker.texts import gettext as _
from tracker.texts import lazy_gettext as _l

SEPARATORS = re.compile(r"[;\n]")
JOINT = "; "
FEWEST_BOXES, EMPTY_BOXES = 3, 2


class OrganisationsField(TextField):
    """Organisations by acronym, one in each of some boxes, or several in one, separated by semicolons.

    ``ids`` are those that are known, by acronym or full name; ``unknown`` are the others, as they were typed.
    """

    texts: list[str]
    """What stands in the boxes."""

    def process_data(self, value: Any) -> None:
        super().process_data(value)
        self.texts = [text.strip() for text in self.data.split(";") if text.strip()]

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.texts = [text for value in valuelist if (text := checks.trimmed(value))]
        self.data = JOINT.join(self.texts)

    @property
    def boxes(self) -> list[str]:
        """What the boxes of the page hold: some are empty, for more."""
        return [*self.texts, *[""] * max(EMPTY_BOXES, FEWEST_BOXES - len(self.texts))]

    @property
    def ids(self) -> list[int]:
        """The organisations that were named and are known."""
        known = self._known()
        return [known[name.casefold()] for name in self._named() if name.casefold() in known]

    @property
    def unknown(self) -> list[str]:
        """What no organisation is known by."""
        known = self._known()
        return [name for name in self._named() if name.casefold() not in known]

    def pre_validate(self, form: Any) -> None:
        """Refuse what no organisation is known by, unless it is said to be new."""
        super().pre_validate(form)
        unknown = [] if form.new_organisations.data else self.unknown
        if unknown:
            raise StopValidation(
                _(
                    "%(label)s: no organisation is known as “%(acronym)s”. Choose one that is offered, or tick below"
                    " that it is new",
                    label=str(self.label.text),
                    acronym=unknown[0][:60],
                )
            )

    def _named(self) -> list[str]:
        names = (name.strip() for name in SEPARATORS.split(self.data) if name.strip())
        return list({name.casefold(): name for name in names}.values())

    def _known(self) -> dict[str, int]:
        every = catalogue.organisations().values()
        return {one.name.casefold(): one.id for one in every} | {one.acronym.casefold(): one.id for one in every}


class MeetingForm(TrackerForm):
    """What is known of a meeting. The view sets the choices of pillars, plans and States."""

    title = LineField(_l("Title"), required=_l("Enter the title"))
    series = LineField(
        _l("Series"), longest=200, hint=_l("Meetings of one series bear the same words here, letter by letter.")
    )
    start = PartialDateField(
        _l("Start"),
        required=_l("Enter when the meeting began, as exactly as is known"),
        hint=_l("As exactly as is known: a year alone, a month, or a full day."),
    )
    end = PartialDateField(_l("End"), hint=_l("Leave it empty for a meeting of one day."))
    place = LineField(_l("Place"), longest=200)
    plan_id = ChoiceField(
        _l("Plan"), coerce=int, blank=_l("None"), hint=_l("The plan that it prepared, adopted or reviewed.")
    )
    pillars = CodesField(_l("Pillars examined"))
    topics = TextField(_l("Topics and result"), hint=_l("What was discussed and how it ended, as the source tells it."))
    hosts = OrganisationsField(_l("Hosts"), hint=_l("Organisations by acronym; those that are known are offered."))
    co_organisers = OrganisationsField(_l("Co-organisers"), hint=_l("Several fit into one box: CTITF; EU; UNRCCA"))
    participants = OrganisationsField(_l("Organisations taking part"), hint=_l("Beside hosts and co-organisers."))
    new_organisations = TickField(
        _l("Record the organisations that are not known yet"),
        hint=_l("They are then offered for every meeting, by what you typed."),
    )
    attendance = LineField(
        _l("Attendance"),
        hint=_l("In the words of the source, such as “61 representatives” or “about 60 organisations”."),
    )
    states = CodesField(_l("Member States taking part"))
    source = TextField(
        _l("Source"),
        required=_l("Name the source: the page or document that tells of the meeting"),
        hint=_l("The page or document that tells of the meeting."),
    )

    def stored(self, row: Meeting) -> dict[str, Any]:
        """The row's values with who took part; organisations as they are typed."""
        acronyms = {one.id: one.acronym for one in catalogue.organisations().values()}

        def named(part: MeetingPart) -> str:
            return JOINT.join(sorted(acronyms[one.organisation_id] for one in row.organisations if one.part is part))

        return super().stored(row) | {
            "pillars": [pillar for pillar in row.pillars.split(";") if pillar],
            "hosts": named(MeetingPart.HOST),
            "co_organisers": named(MeetingPart.CO_ORGANISER),
            "participants": named(MeetingPart.PARTICIPANT),
            "states": [one.state_id for one in row.states],
        }

    def values(self) -> dict[str, Any]:
        """What was given; organisations by id, and new ones by their acronym."""
        given = super().values()
        is_new = given.pop("new_organisations")
        return given | {name: [*self[name].ids, *(self[name].unknown if is_new else [])] for name in TAKING_PART}

    def has_unknown(self) -> bool:
        """Whether something was typed that no organisation is known by."""
        return any(self[name].unknown for name in TAKING_PART)


class OutcomeForm(TrackerForm):
    """Something that a meeting produced."""

    kind = EnumRadioField(_l("Kind"), OutcomeKind, required=_l("Choose what it is"))
    text = TextField(_l("Text"), longest=10_000, required=_l("Enter what the meeting produced"))


class RemoveOutcomeForm(TrackerForm):
    """Why an outcome is taken off."""

    reason = TextField(
        _l("Reason"), longest=5_000, required=_l("Give a reason"), hint=_l("It stands in the timeline for ever.")
    )
