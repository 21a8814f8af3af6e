"""What the tracker can tell of meetings: the list, its file, and one meeting with what it produced.

Meetings belong to no State and are read by every signed-in person; a follow-up that a recommendation became follows
its State.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload, selectinload

from tracker import policy
from tracker.errors import NotFound
from tracker.extensions import db
from tracker.models import (
    Account,
    Followup,
    FollowupMeasure,
    Measure,
    Meeting,
    MeetingOrganisation,
    MeetingOutcome,
    MeetingPart,
    MeetingState,
    Organisation,
    OutcomeFollowup,
    OutcomeKind,
    Plan,
    PlanKind,
    PlanState,
)
from tracker.partial_date import EARLIEST, LATEST
from tracker.reports import catalogue
from tracker.reports import measures as rule
from tracker.reports.filters import BadValue, Condition, each, plan, state, words
from tracker.reports.joined import joined
from tracker.reports.listing import Listing, Sort
from tracker.texts import gettext as _

# The list


def _in_year(value: str) -> Condition:
    """Meetings that begin in the year."""
    if not (value.isascii() and value.isdigit() and len(value) == 4 and EARLIEST <= int(value) <= LATEST):
        raise BadValue(_("“%(value)s” is no year that can be: write it like 2011", value=value[:60]))
    return Meeting.sort_day.between(date(int(value), 1, 1), date(int(value), 12, 31))


def _of_series(values: list[str]) -> Condition:
    """Meetings of these series, which some meeting bears."""
    known = set(db.session.scalars(sa.select(Meeting.series).where(Meeting.series.in_(values))))
    for value in values:
        if value not in known:
            raise BadValue(_("“%(value)s” is no series of meetings that is known here", value=value[:60]))
    return Meeting.series.in_(values)


def _of_organisation(acronym: str) -> Condition:
    """Meetings in which the organisation took part, in whatever way."""
    every = catalogue.organisations().values()
    known = [one.id for one in every if one.acronym.casefold() == acronym.casefold()]
    if not known:
        raise BadValue(_("“%(value)s” is no organisation that is known here", value=acronym[:60]))
    return sa.exists().where(
        MeetingOrganisation.meeting_id == Meeting.id, MeetingOrganisation.organisation_id.in_(known)
    )


def _of_state(values: list[str]) -> Condition:
    """Meetings in which one of these States took part."""
    return sa.exists().where(MeetingState.meeting_id == Meeting.id, state(MeetingState.state_id)(values))


_source = sa.outerjoin(Meeting, Plan, Plan.id == Meeting.plan_id)

MEETINGS = Listing(
    base=sa.select(
        Meeting.id,
        Meeting.reference,
        Meeting.title,
        Meeting.series,
        Meeting.place,
        Meeting.start,
        Meeting.end,
        Meeting.pillars,
        Meeting.attendance,
        Plan.code.label("plan_code"),
    ).select_from(_source),
    id_column=Meeting.id,
    filters={
        "series": _of_series,
        "year": each(_in_year),
        "plan": plan(Plan.code),
        "organisation": each(_of_organisation),
        "state": _of_state,
        "q": words("meeting", Meeting.id),
    },
    sorts={"date": Sort(Meeting.sort_day), "reference": Sort(Meeting.reference)},
    default_sort="-date",
)


@dataclass(frozen=True)
class Choices:
    """What the list can be narrowed by: series, years, the codes of plans, acronyms of organisations."""

    series: list[str]
    years: list[str]
    plans: list[str]
    organisations: list[str]


def choices() -> Choices:
    """The values that some meeting has, in one statement."""
    parts = (
        sa.select(sa.literal("series"), Meeting.series).where(Meeting.series != ""),
        sa.select(sa.literal("years"), sa.cast(sa.extract("year", Meeting.sort_day), sa.String)),
        sa.select(sa.literal("plans"), Plan.code).join(Meeting, Meeting.plan_id == Plan.id),
        sa.select(sa.literal("organisations"), Organisation.acronym).join(
            MeetingOrganisation, MeetingOrganisation.organisation_id == Organisation.id
        ),
    )
    found: dict[str, list[str]] = {"series": [], "years": [], "plans": [], "organisations": []}
    for name, value in db.session.execute(sa.union(*parts)):
        found[name].append(value)
    named = {name: sorted(values, key=str.casefold) for name, values in found.items()}
    return Choices(named["series"], named["years"][::-1], named["plans"], named["organisations"])


# The file

HEADER = (
    "meeting_id",
    "series",
    "title",
    "place",
    "start_date",
    "end_date",
    "hosts",
    "co_organisers",
    "states",
    "organisations",
    "attendance",
    "pillars",
    "plan_code",
    "topics",
    "outcomes",
    "source",
)


def _taking_part(part: MeetingPart) -> Any:
    return joined(
        sa.select(Organisation.acronym)
        .join(MeetingOrganisation, MeetingOrganisation.organisation_id == Organisation.id)
        .where(MeetingOrganisation.meeting_id == Meeting.id, MeetingOrganisation.part == part)
        .order_by(Organisation.acronym),
        Meeting,
    )


FILE: sa.Select[Any] = sa.select(
    Meeting.reference,
    Meeting.series,
    Meeting.title,
    Meeting.place,
    Meeting.start,
    Meeting.end,
    _taking_part(MeetingPart.HOST).label("hosts"),
    _taking_part(MeetingPart.CO_ORGANISER).label("co_organisers"),
    joined(
        sa.select(MeetingState.state_id).where(MeetingState.meeting_id == Meeting.id).order_by(MeetingState.state_id),
        Meeting,
    ).label("states"),
    _taking_part(MeetingPart.PARTICIPANT).label("organisations"),
    Meeting.attendance,
    Meeting.pillars,
    Plan.code.label("plan_code"),
    Meeting.topics,
    joined(
        sa.select(sa.cast(MeetingOutcome.kind, sa.String) + ": " + MeetingOutcome.text)
        .where(MeetingOutcome.meeting_id == Meeting.id, MeetingOutcome.position.is_not(None))
        .order_by(MeetingOutcome.position),
        Meeting,
    ).label("outcomes"),
    Meeting.source,
).select_from(_source)
"""The columns of ``HEADER``, in its order, for the list's own rows."""


# One meeting


@dataclass(frozen=True)
class OutcomeRow:
    """An outcome with what it became: references, of follow-ups those that the reader may see."""

    outcome: MeetingOutcome
    measure: str
    followups: list[str]
    party: str = ""
    """The regional plan of the measure."""
    serving: int = 0
    """How many follow-ups that the reader may see count for the measure."""


@dataclass(frozen=True)
class Sheet:
    """A meeting with all that its page shows beside it."""

    meeting: Meeting
    plan: Plan | None
    organisations: Mapping[MeetingPart, list[str]]
    outcomes: list[OutcomeRow]

    @property
    def topics(self) -> list[OutcomeRow]:
        """What it discussed, topic by topic."""
        return [row for row in self.outcomes if row.outcome.kind is OutcomeKind.TOPIC]

    @property
    def produced(self) -> list[OutcomeRow]:
        """What came of the discussion: gaps, good practices, recommendations."""
        return [row for row in self.outcomes if row.outcome.kind is not OutcomeKind.TOPIC]


def load(reference: str) -> Meeting:
    """The meeting of this reference, which every signed-in person may read."""
    found = db.session.scalar(
        sa.select(Meeting)
        .where(Meeting.reference == reference.upper())
        .options(joinedload(Meeting.states), selectinload(Meeting.organisations))
    )
    if found is None:
        raise NotFound(_("There is no such meeting. The list of meetings shows those that there are."))
    return found


def sheet(account: Account, reference: str) -> Sheet:
    """The meeting with its plan, who took part and what it produced; NotFound when there is none."""
    meeting = load(reference)
    acronyms = {one.id: one.acronym for one in catalogue.organisations().values()}
    taking_part: dict[MeetingPart, list[str]] = {part: [] for part in MeetingPart}
    for row in meeting.organisations:
        taking_part[row.part].append(acronyms[row.organisation_id])
    plan = db.session.get(Plan, meeting.plan_id) if meeting.plan_id else None
    sorted_parts = {part: sorted(names, key=str.casefold) for part, names in taking_part.items()}
    return Sheet(meeting, plan, sorted_parts, _outcomes(account, meeting))


def _outcomes(account: Account, meeting: Meeting) -> list[OutcomeRow]:
    """The outcomes on the list, each with what it became, in one statement."""
    reach = policy.reach(account)
    in_reach = reach.condition(OutcomeFollowup.state_id)
    party = sa.case((Plan.kind == PlanKind.REGIONAL, Plan.code), else_="")
    rows = db.session.execute(
        sa.select(MeetingOutcome, Measure.reference, party, _serving(reach), Followup.reference)
        .outerjoin(Measure, Measure.id == MeetingOutcome.measure_id)
        .outerjoin(Plan, Plan.id == Measure.plan_id)
        .outerjoin(OutcomeFollowup, sa.and_(OutcomeFollowup.outcome_id == MeetingOutcome.id, in_reach))
        .outerjoin(Followup, Followup.id == OutcomeFollowup.followup_id)
        .where(MeetingOutcome.meeting_id == meeting.id, MeetingOutcome.position.is_not(None))
        .order_by(MeetingOutcome.position, MeetingOutcome.id, Followup.reference)
    )
    found: dict[int, OutcomeRow] = {}
    for outcome, measure, code, serving, followup in rows:
        row = found.setdefault(outcome.id, OutcomeRow(outcome, measure or "", [], code or "", serving))
        row.followups.extend([followup] if followup else [])
    return list(found.values())


def _serving(reach: policy.Reach) -> Any:
    """How many follow-ups count for the measure of a row: in a regional plan, those of States that take part."""
    serving = aliased(Followup)
    takes_part = serving.state_id.in_(rule.participating(PlanState.plan_id == Measure.plan_id).correlate(Measure))
    return (
        sa.select(sa.func.count())
        .select_from(FollowupMeasure)
        .join(serving, serving.id == FollowupMeasure.followup_id)
        .where(
            FollowupMeasure.measure_id == Measure.id,
            rule.counts(serving),
            reach.condition(serving.state_id),
            sa.or_(Plan.kind != PlanKind.REGIONAL, takes_part),
        )
        .correlate(Measure, Plan)
        .scalar_subquery()
    )


def listed_outcome(outcome_id: int) -> MeetingOutcome | None:
    """The outcome of this number, unless it was taken off the list."""
    found = db.session.get(MeetingOutcome, outcome_id)
    return None if found is None or found.position is None else found


def recommendation(outcome_id: str) -> MeetingOutcome:
    """The recommendation that an address names by its number; no other outcome becomes a follow-up."""
    found = _named(outcome_id)
    if found is None or found.kind is not OutcomeKind.RECOMMENDATION:
        raise NotFound(_("There is no such recommendation of a meeting."))
    return found


def origin_of_a_measure(outcome_id: str) -> MeetingOutcome:
    """The recommendation or the topic that an address names by its number; no other outcome becomes a measure."""
    found = _named(outcome_id)
    if found is None or found.kind not in (OutcomeKind.RECOMMENDATION, OutcomeKind.TOPIC):
        raise NotFound(_("There is no such recommendation or topic of a meeting."))
    return found


def _named(outcome_id: str) -> MeetingOutcome | None:
    is_number = outcome_id.isascii() and outcome_id.isdigit() and len(outcome_id) < 10
    return listed_outcome(int(outcome_id)) if is_number else None


def states_of(outcome: MeetingOutcome) -> frozenset[str]:
    """The Member States that have a follow-up from this recommendation, in scope or not."""
    found = db.session.scalars(sa.select(OutcomeFollowup.state_id).where(OutcomeFollowup.outcome_id == outcome.id))
    return frozenset(found)


def plan_of(outcome: MeetingOutcome) -> Plan | None:
    """The plan that the meeting of this outcome belongs to."""
    plan_id = outcome.meeting.plan_id
    return None if plan_id is None else db.session.get(Plan, plan_id)


def of_plan(plan: Plan) -> list[Any]:
    """The meetings of a plan, the first held first: one statement."""
    return list(
        db.session.execute(
            sa.select(Meeting.reference, Meeting.title, Meeting.place, Meeting.start, Meeting.end)
            .where(Meeting.plan_id == plan.id)
            .order_by(Meeting.sort_day, Meeting.id)
        )
    )


def plans_to_choose() -> list[tuple[int, str, str]]:
    """The plans that a meeting may belong to: id, code, title."""
    rows = db.session.execute(sa.select(Plan.id, Plan.code, Plan.title).order_by(Plan.code))
    return [(row.id, row.code, row.title) for row in rows]
