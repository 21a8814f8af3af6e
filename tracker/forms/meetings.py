"""What a browser may send of a meeting: the meeting itself, an outcome of it, why an outcome is taken off."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
from tracker.texts import listed

SEPARATORS = re.compile(r"[;\n]")
JOINT = "; "
FEWEST_BOXES, EMPTY_BOXES = 3, 2
LONGEST_NAME = 300


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


class NamesField(TextField):
    """Full names of organisations that are new: in each line what they are called by in the boxes, a colon, the name.

    ``names`` are those given, by what they are called, in small letters.
    """

    called: tuple[str, ...] = ()
    """What no organisation is known by, so that a name may be given: the form says it."""

    @property
    def names(self) -> dict[str, str]:
        return {one.casefold(): name for one, name in self._lines() if one and name}

    def ask(self) -> None:
        """Put a line for each organisation that has none."""
        begun = {one for one, _name in self._lines()}
        self.data = "\n".join([*filter(None, [self.data]), *(f"{one}: " for one in self.called if one not in begun)])

    def pre_validate(self, form: Any) -> None:
        """Refuse a line that names none of them, and what can be no name."""
        super().pre_validate(form)
        for one, name in self._lines() if self.called else ():
            if not one:
                raise StopValidation(
                    _("“%(line)s” begins with none of: %(names)s", line=name[:60], names=listed(self.called))
                )
            if fault := checks.fault_in_line(name, one, LONGEST_NAME):
                raise StopValidation(fault)

    def _lines(self) -> Iterator[tuple[str, str]]:
        """What is called so, and its name; of a line that begins otherwise, nothing and the line."""
        for line in filter(None, map(str.strip, self.data.splitlines())):
            for one in self.called:
                rest = line[len(one) :].lstrip()
                if line[: len(one)].casefold() == one.casefold() and rest.startswith(":"):
                    yield one, rest[1:].strip()
                    break
            else:
                yield "", line


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
    new_names = NamesField(
        _l("Full names of the new organisations"),
        hint=_l(
            "In each line what you typed, a colon, and the full name. One that is given no name bears what you typed."
        ),
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

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Names are given to the organisations that are not known."""
        self.new_names.called = tuple(self.unknown())
        return bool(super().validate(*args, **kwargs))

    def values(self) -> dict[str, Any]:
        """What was given; organisations by id, and new ones by their acronym and, by that, their full names."""
        given = super().values() | {"new_names": {} if self.new_names.errors else self.new_names.names}
        is_new = given.pop("new_organisations")
        return given | {name: [*self[name].ids, *(self[name].unknown if is_new else [])] for name in TAKING_PART}

    def unknown(self) -> list[str]:
        """What no organisation is known by, as it was typed first."""
        first: dict[str, str] = {}
        for one in (one for name in TAKING_PART for one in self[name].unknown):
            first.setdefault(one.casefold(), one)
        return list(first.values())

    def asks_names(self) -> bool:
        """Whether something was typed that no organisation is known by; then its name is asked for."""
        self.new_names.called = tuple(self.unknown())
        self.new_names.ask()
        return bool(self.new_names.called)


class OutcomeForm(TrackerForm):
    """Something that a meeting produced."""

    kind = EnumRadioField(_l("Kind"), OutcomeKind, required=_l("Choose what it is"))
    text = TextField(_l("Text"), longest=10_000, required=_l("Enter what the meeting produced"))


class RemoveOutcomeForm(TrackerForm):
    """Why an outcome is taken off."""

    reason = TextField(
        _l("Reason"), longest=5_000, required=_l("Give a reason"), hint=_l("It stands in the timeline for ever.")
    )
