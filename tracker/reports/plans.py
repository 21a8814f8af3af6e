"""Plans and their measures: the Global Strategy and regional plans, text by pillar, who takes part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel.speaklater import LazyString
from sqlalchemy.orm import contains_eager, joinedload

from tracker import clock
from tracker.errors import NotFound
from tracker.extensions import db
from tracker.models import (
    Measure,
    MeasureCarries,
    MeasureCell,
    MeasureState,
    Meeting,
    MeetingOutcome,
    Organisation,
    OutcomeKind,
    Plan,
    PlanHost,
    PlanKind,
    PlanPart,
    PlanPhase,
    PlanReview,
    PlanState,
)
from tracker.policy import Reach
from tracker.reports.states import names_over_time
from tracker.texts import gettext as _
from tracker.texts import lazy_gettext as _l

# The four pillars of the Strategy's plan of action (A/RES/60/288); regional plans follow them.
PILLARS: dict[str, LazyString] = {
    "I": _l("Conditions conducive to the spread of terrorism"),
    "II": _l("Preventing and combating terrorism"),
    "III": _l("Capacity of States and the role of the United Nations"),
    "IV": _l("Human rights and the rule of law as the basis"),
}


@dataclass(frozen=True)
class Pillar:
    """A pillar of a plan, with its measures in their order; those that are retired stand apart."""

    number: str
    title: LazyString | str
    measures: list[Any]
    retired: list[Any]


@dataclass(frozen=True)
class PlanRow:
    """A plan in the list of plans."""

    plan: Any
    participants: list[str]
    observers: list[str]


@dataclass(frozen=True)
class PlanSheet:
    """What the page of a plan tells. States bear the names of the day on which the plan was adopted.

    ``wording_note`` is that of all measures, where they share one. ``has_leads`` and ``has_deadlines``: any measure
    that is not retired names a lead body, or a deadline.
    """

    plan: Plan
    wording_note: str
    pillars: list[Pillar]
    has_leads: bool
    has_deadlines: bool
    participants: list[tuple[str, str]]
    observers: list[tuple[str, str]]
    phases: Sequence[PlanPhase]
    hosts: Sequence[Any]
    reviews: Sequence[PlanReview]


@dataclass(frozen=True)
class MeasureSheet:
    """What the page of a measure tells of the measure itself."""

    measure: Measure
    plan: Plan
    pillar_title: LazyString | str
    carries: Sequence[Any]
    carried_out_by: Sequence[Any]
    named: list[str]
    origin: Any | None


def choices() -> list[tuple[str, str]]:
    """Code and words of each plan, for a filter."""
    found = db.session.execute(sa.select(Plan.code, Plan.title).order_by(Plan.code))
    return [(row.code, f"{row.code} {row.title}") for row in found]


def plans(language: str = "en") -> list[PlanRow]:
    """Every plan, the Strategy first, with its number of measures and the States that take part."""
    measures = (
        sa.select(sa.func.count())
        .where(Measure.plan_id == Plan.id, Measure.retired_on.is_(None))
        .correlate(Plan)
        .scalar_subquery()
    )
    rows = db.session.execute(
        sa.select(
            Plan.id,
            Plan.code,
            Plan.kind,
            Plan.title,
            Plan.symbol,
            Plan.adopted_on,
            Plan.region,
            measures.label("measures"),
        ).order_by(Plan.kind.desc(), Plan.adopted_on, Plan.id)
    ).all()
    parts: dict[tuple[int, PlanPart], list[str]] = {}
    for plan_id, state_id, part in db.session.execute(sa.select(PlanState.plan_id, PlanState.state_id, PlanState.part)):
        parts.setdefault((plan_id, part), []).append(state_id)

    def named(row: Any, part: PlanPart) -> list[str]:
        return [name for _code, name in state_names(row, parts.get((row.id, part), []), language)]

    return [PlanRow(row, named(row, PlanPart.PARTICIPANT), named(row, PlanPart.OBSERVER)) for row in rows]


def load(code: str) -> Plan:
    """The plan of this code with its States, which every signed-in person may read: one statement."""
    whole = sa.select(Plan).where(Plan.code == code.upper()).options(joinedload(Plan.states))
    found = db.session.scalars(whole).unique().one_or_none()
    if found is None:
        raise NotFound(_("There is no such plan. The list of plans shows those that there are."))
    return found


def load_measure(reference: str) -> Measure:
    """The measure of this reference with its plan, which every signed-in person may read: one statement.

    The States that take part and the cells come with it; a cell is shown only to those whose scope holds its State.
    """
    of_state = sa.and_(MeasureCell.measure_id == Measure.id, MeasureCell.state_id == PlanState.state_id)
    found = db.session.scalars(
        sa.select(Measure)
        .join(Measure.plan)
        .outerjoin(PlanState, PlanState.plan_id == Plan.id)
        .outerjoin(MeasureCell, of_state)
        .where(Measure.reference == reference.upper())
        .options(contains_eager(Measure.plan).contains_eager(Plan.states), contains_eager(Measure.cells))
        .order_by(PlanState.state_id)
    )
    measure = found.unique().one_or_none()
    if measure is None:
        raise NotFound(_("There is no such measure. The page of its plan shows those that there are."))
    return measure


def sheet(plan: Plan, language: str = "en") -> PlanSheet:
    """All that the page of the plan tells, in as many statements as its kind needs."""
    is_regional = plan.kind is PlanKind.REGIONAL
    states = plan.states if is_regional else []
    pillars = by_pillar(plan, with_empty=is_regional)
    notes = {row.wording_note for pillar in pillars for row in [*pillar.measures, *pillar.retired]}
    by_part = {part: [row.state_id for row in states if row.part is part] for part in PlanPart}
    return PlanSheet(
        plan=plan,
        wording_note=notes.pop() if len(notes) == 1 else "",
        pillars=pillars,
        has_leads=any(row.lead_body for pillar in pillars for row in pillar.measures),
        has_deadlines=any(row.deadline for pillar in pillars for row in pillar.measures),
        participants=state_names(plan, by_part[PlanPart.PARTICIPANT], language),
        observers=state_names(plan, by_part[PlanPart.OBSERVER], language),
        phases=plan.phases if is_regional else [],
        hosts=_hosts(plan) if is_regional else [],
        reviews=[] if is_regional else plan.reviews,
    )


def by_pillar(plan: Plan, *, with_empty: bool = False) -> list[Pillar]:
    """The measures of the plan in their order, pillar by pillar; ``with_empty`` names those that have none too."""
    rows = db.session.execute(
        sa.select(
            Measure.id,
            Measure.reference,
            Measure.pillar,
            Measure.number,
            Measure.position,
            Measure.text,
            Measure.wording_note,
            Measure.lead_body,
            Measure.deadline,
            Measure.retired_on,
            Measure.retired_reason,
        )
        .where(Measure.plan_id == plan.id)
        .order_by(Measure.position, Measure.id)
    ).all()
    found = []
    for number, title in PILLARS.items():
        own = [row for row in rows if row.pillar == number]
        if own or (with_empty and rows):
            standing = [row for row in own if row.retired_on is None]
            found.append(Pillar(number, title, standing, [row for row in own if row.retired_on is not None]))
    return found


def measure_sheet(measure: Measure, language: str = "en") -> MeasureSheet:
    """What the page of a measure tells of it: what it carries out or is carried out by, and where it comes from."""
    around = _around(measure)
    named = [row.reference for row in around if row.kind == "named"]
    return MeasureSheet(
        measure=measure,
        plan=measure.plan,
        pillar_title=PILLARS.get(measure.pillar, measure.pillar),
        carries=[row for row in around if row.kind == "carries"],
        carried_out_by=[row for row in around if row.kind == "carried_out_by"],
        named=[name for _code, name in state_names(measure.plan, named, language)],
        origin=next((row for row in around if row.kind in list(OutcomeKind)), None),
    )


def _around(measure: Measure) -> Sequence[Any]:
    """What is linked to the measure, each row with its kind, in one statement."""

    def linked(kind: str, wanted: Any, own: Any) -> sa.Select[Any]:
        return _row(kind, Measure.reference, Measure.text, Measure.retired_on.is_not(None), Measure.position).where(
            wanted == Measure.id, own == measure.id
        )

    meeting = _row(MeetingOutcome.kind, Meeting.reference, Meeting.title, sa.false(), MeetingOutcome.id)
    came = sa.and_(MeetingOutcome.meeting_id == Meeting.id, MeetingOutcome.measure_id == measure.id)
    named = _row("named", MeasureState.state_id, sa.literal(""), sa.false(), sa.literal(0))
    carries, carried = MeasureCarries.measure_id, MeasureCarries.strategy_measure_id
    rows = sa.union_all(
        linked("carries", carried, carries),
        linked("carried_out_by", carries, carried),
        meeting.where(came),
        named.where(MeasureState.measure_id == measure.id),
    ).subquery()
    return db.session.execute(sa.select(rows).order_by(rows.c.position, rows.c.reference)).all()


def _row(kind: Any, reference: Any, text: Any, is_retired: Any, position: Any) -> sa.Select[Any]:
    return sa.select(
        sa.cast(kind, sa.String).label("kind"),
        sa.cast(reference, sa.String).label("reference"),
        sa.cast(text, sa.Text).label("text"),
        is_retired.label("is_retired"),
        position.label("position"),
    )


def strategy_choices() -> list[tuple[int, str, str, str]]:
    """The measures of the Strategy for checkboxes: id, reference, text, pillar."""
    rows = db.session.execute(
        sa.select(Measure.id, Measure.reference, Measure.text, Measure.pillar)
        .join(Plan)
        .where(Plan.kind == PlanKind.STRATEGY, Measure.retired_on.is_(None))
        .order_by(Measure.position, Measure.id)
    )
    return [(row.id, row.reference, row.text, row.pillar) for row in rows]


def state_names(plan: Any, codes: Sequence[str], language: str) -> list[tuple[str, str]]:
    """Code and name of each State, by the name that it bore when the plan was adopted; today's for one that is not."""
    names = names_over_time(language)
    day = plan.adopted_on or clock.today()
    return sorted(((code, names.as_at(code, day)) for code in codes), key=lambda one: (one[1], one[0]))


def holds_region(plan: Plan, reach: Reach) -> bool:
    """Whether the scope holds every State that takes part: how a whole region stands is told to nobody else."""
    return plan.kind is PlanKind.STRATEGY or all(reach.covers(state_id) for state_id in plan.participants)


def _hosts(plan: Plan) -> Sequence[Any]:
    return db.session.execute(
        sa.select(Organisation.acronym, Organisation.name)
        .join(PlanHost, PlanHost.organisation_id == Organisation.id)
        .where(PlanHost.plan_id == plan.id)
        .order_by(Organisation.acronym)
    ).all()
