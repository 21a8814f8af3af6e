"""What a browser may send of a meeting: the meeting itself, an outcome of it, why an outcome is taken off."""

from __future__ import annotations

import re
from typing import Any

from wtforms.validators import StopValidation

from tracker.forms.base import TrackerForm
from tracker.forms.choice_fields import ChoiceField, CodesField, EnumRadioField
from tracker.forms.date_fields import PartialDateField
from tracker.forms.fields import LineField, TextField
from tracker.models import Meeting, MeetingPart, OutcomeKind
from tracker.reports import catalogue
from tracker.texts import gettext as _
from tracker.texts import lazy_gettext as _l

SEPARATORS = re.compile(r"[;\n]")


class OrganisationsField(TextField):
    """Organisations by acronym, separated by semicolons or lines; ``ids`` are those that were named."""

    @property
    def ids(self) -> list[int]:
        """The organisations that were named and are known."""
        known = self._known()
        return [known[name] for name in self._named() if name in known]

    def pre_validate(self, form: Any) -> None:
        """Refuse an acronym that no organisation has."""
        super().pre_validate(form)
        known = self._known()
        unknown = [name for name in self._named() if name not in known]
        if unknown:
            raise StopValidation(
                _(
                    "%(label)s: no organisation is known as “%(acronym)s”. Write the acronyms of the list below,"
                    " separated by semicolons",
                    label=str(self.label.text),
                    acronym=unknown[0][:60],
                )
            )

    def _named(self) -> list[str]:
        return list(dict.fromkeys(name.strip().casefold() for name in SEPARATORS.split(self.data) if name.strip()))

    def _known(self) -> dict[str, int]:
        return {one.acronym.casefold(): one.id for one in catalogue.organisations().values()}


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
    end = PartialDateField(_l("End"))
    place = LineField(_l("Place"), longest=200)
    plan_id = ChoiceField(
        _l("Plan"), coerce=int, blank=_l("None"), hint=_l("The plan that it prepared, adopted or reviewed.")
    )
    pillars = CodesField(_l("Pillars examined"))
    topics = TextField(_l("Topics and result"), hint=_l("What was discussed and how it ended, as the source tells it."))
    hosts = OrganisationsField(_l("Hosts"), hint=_l("Organisations by acronym, separated by semicolons."))
    co_organisers = OrganisationsField(_l("Co-organisers"), hint=_l("Such as: CTITF; EU; UNRCCA"))
    participants = OrganisationsField(_l("Organisations taking part"), hint=_l("Beside hosts and co-organisers."))
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
            return "; ".join(sorted(acronyms[one.organisation_id] for one in row.organisations if one.part is part))

        return super().stored(row) | {
            "pillars": [pillar for pillar in row.pillars.split(";") if pillar],
            "hosts": named(MeetingPart.HOST),
            "co_organisers": named(MeetingPart.CO_ORGANISER),
            "participants": named(MeetingPart.PARTICIPANT),
            "states": [one.state_id for one in row.states],
        }

    def values(self) -> dict[str, Any]:
        """What was given; organisations by id."""
        given = super().values()
        return given | {name: self[name].ids for name in ("hosts", "co_organisers", "participants")}


class OutcomeForm(TrackerForm):
    """Something that a meeting produced."""

    kind = EnumRadioField(_l("Kind"), OutcomeKind, required=_l("Choose what it is"))
    text = TextField(_l("Text"), longest=10_000, required=_l("Enter what the meeting produced"))


class RemoveOutcomeForm(TrackerForm):
    """Why an outcome is taken off."""

    reason = TextField(
        _l("Reason"), longest=5_000, required=_l("Give a reason"), hint=_l("It stands in the timeline for ever.")
    )
