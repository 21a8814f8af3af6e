"""The action-plan report: one row per measure and Member State, with the follow-ups that serve it there.

A regional plan has a row for each measure and participating State; the Strategy, whose States are all, for each
measure and State with a follow-up that serves it. A measure that nothing serves within the reader's scope keeps one
row, without a State. Retired measures have none. Follow-ups serve a measure when they count for it, by the rule of
``measures``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from flask_babel.speaklater import LazyString
from sqlalchemy.orm import aliased

from tracker.models import (
    Followup,
    FollowupMeasure,
    Measure,
    MeasureCell,
    MeasureStatus,
    Plan,
    PlanKind,
    PlanPart,
    PlanState,
    State,
)
from tracker.models.plan import PILLARS
from tracker.policy import Reach
from tracker.reports import filters, measures, plans
from tracker.reports.filters import Condition, Filter
from tracker.reports.joined import joined
from tracker.reports.listing import Columns, Listing, Sort
from tracker.reports.measures import Standing, Tally
from tracker.texts import lazy_gettext as _l

NO_WORD = "none"
NEXT_PLAN = "\n"  # no title holds one
PLACES = 100_000  # more than a plan has measures

# The header, once and literally: columns are added at the end or not at all.
COLUMNS: dict[str, LazyString] = {
    "plan_code": _l("Plan"),
    "measure": _l("Reference of the measure"),
    "pillar": _l("Pillar, I to IV"),
    "measure_number": _l("Number of the measure in its plan, of the Strategy in its pillar"),
    "measure_text": _l("What the measure says"),
    "lead_body": _l("Lead body"),
    "deadline": _l("Deadline"),
    "measure_status": _l("Status by the rule; of a region only where all participants lie in scope"),
    "stated_status": _l("Status that a coordinator states beside it"),
    "stated_on": _l("Date of that status"),
    "iso3": _l("Member State, ISO 3166 alpha-3"),
    "member_state": _l("Member State, today's English short name"),
    "cell_status": _l("How far the Member State is, in a regional plan; empty: no word yet"),
    "cell_status_on": _l("Date of that status"),
    "cell_evidence": _l("What it rests on"),
    "cell_note": _l("Note"),
    "followups": _l("Follow-ups of the Member State that serve the measure, open or implemented, joined by ;"),
    "implementation_statuses": _l("Statuses that we assess, joined by ; in that order"),
    "status_dates": _l("Dates of those assessments, joined by ;"),
    "sealed_states": _l("unsigned, signed, or changed since it was signed, joined by ;"),
    "current_dues": _l("Due dates now, joined by ;"),
    "open": _l("How many of them are open"),
    "implemented": _l("How many are assessed implemented"),
    "signed": _l("How many of those are signed off as such and not changed since"),
    "cell_rests_on_nothing": _l("yes when the cell says completed or under way without evidence or follow-up, else no"),
}
HEADER = tuple(COLUMNS)


def rows_of(
    rows: Sequence[Any], reach: Reach, *, signed_only: bool, today: date, on: sa.Connection | None = None
) -> list[Sequence[Any]]:
    """The rows of the report from some of the listing: how their measures stand takes two statements."""
    ids = {row.measure_id for row in rows}
    standings = measures.statuses(ids, reach, signed_only=signed_only, today=today, on=on)
    return [_row(row, standings[row.measure_id]) for row in rows]


def _row(row: Any, standing: Standing) -> Sequence[Any]:
    tally = standing.states.get(row.state_id, Tally())
    stated = None if standing.is_hidden else row.stated_status
    return (
        row.plan_code,
        row.measure,
        row.pillar,
        row.number,
        row.text,
        row.lead_body,
        row.deadline,
        standing.status,
        stated,
        row.stated_on if stated else None,
        row.state_id,
        row.member_state,
        row.cell_status,
        row.cell_status_on,
        row.cell_evidence,
        row.cell_note,
        *(getattr(row, name) for name in _OF_FOLLOWUPS),
        *((tally.open, tally.implemented, tally.signed) if row.state_id else (None, None, None)),
        ("yes" if tally.rests_on_nothing else "no") if row.cell_status else None,
    )


# The listing


@lru_cache(maxsize=128)
def listing(reach: Reach, *, with_plans: bool = False) -> Listing:
    """The rows within a scope. A measure keeps its row whatever the scope. Rows ``with_plans`` tell of every plan, for
    ``plan_choices``."""
    pairs = _pairs(reach)
    unique = _row_number()
    base = _base(pairs)
    return Listing(
        base=base.add_columns(_PLANS) if with_plans else base,
        id_column=unique,
        filters=_filters(pairs.c.state_id),
        sorts={"measure": Sort(_place(), then=unique)},
        default_sort="measure",
    )


def plan_choices(rows: Sequence[Any]) -> list[tuple[str, str]]:
    """Code and words of each plan, for the filter. They come with the rows, so that the page is one statement less."""
    if not rows:
        return plans.choices()
    told = sorted(str(rows[0].plans).split(NEXT_PLAN))
    return [(one.split(" ", 1)[0], one) for one in told]


def _base(pairs: sa.Subquery) -> Columns:
    """A row for each measure in use and State of ``pairs``, and one for each that has none there."""
    state = pairs.c.state_id
    of_cell = sa.and_(MeasureCell.measure_id == Measure.id, MeasureCell.state_id == state)
    return (
        sa.select(*_COLUMNS, state, *_followups(state))
        .select_from(Measure)
        .join(Plan, Plan.id == Measure.plan_id)
        .outerjoin(pairs, pairs.c.measure_id == Measure.id)
        .outerjoin(State, State.id == state)
        .outerjoin(MeasureCell, of_cell)
        .where(Measure.retired_on.is_(None))
    )


_COLUMNS: tuple[Any, ...] = (
    Measure.id.label("measure_id"),
    Plan.code.label("plan_code"),
    Plan.kind.label("plan_kind"),
    Measure.reference.label("measure"),
    Measure.pillar,
    Measure.number,
    Measure.text,
    Measure.lead_body,
    Measure.deadline,
    Measure.stated_status,
    Measure.stated_on,
    State.name.label("member_state"),
    MeasureCell.status.label("cell_status"),
    MeasureCell.status_on.label("cell_status_on"),
    MeasureCell.evidence.label("cell_evidence"),
    MeasureCell.note.label("cell_note"),
)


_EVERY = aliased(Plan)
_PLANS = joined(sa.select(_EVERY.code + " " + _EVERY.title), by=NEXT_PLAN).label("plans")


def _row_number() -> sa.ColumnElement[int]:
    """A number that is the row's alone: of its measure and its State."""
    number = sa.cast(sa.func.coalesce(State.m49, "0"), sa.Integer)
    return (sa.cast(Measure.id, sa.BigInteger) * 1_000 + number).label("row_number")


def _place() -> sa.ColumnElement[int]:
    """Where the measure stands: by plan, by pillar, in the order of the plan."""
    pillar = sa.case({one: place for place, one in enumerate(PILLARS)}, value=Measure.pillar)
    return (sa.cast(Plan.id, sa.BigInteger) * 4 + pillar) * PLACES + Measure.position


def _filters(state: Any) -> dict[str, Filter]:
    return {
        "plan": filters.plan(Plan.code),
        "pillar": filters.pillar(Measure.pillar),
        "measure": filters.measure(Measure.reference),
        "state": filters.state(state),
        "region": filters.region(state),
        "word": filters.each(_of_word),
    }


def _pairs(reach: Reach) -> sa.Subquery:
    """Measures and States in scope: participants of regional plans, of the Strategy those that something serves. Were
    measures and follow-ups joined for that, SQLite would read the links of every plan."""
    regional = (
        sa.select(Measure.id.label("measure_id"), PlanState.state_id)
        .join(PlanState, PlanState.plan_id == Measure.plan_id)
        .where(PlanState.part == PlanPart.PARTICIPANT, reach.condition(PlanState.state_id))
    )
    of_strategy = sa.select(Measure.id).join(Plan, Plan.id == Measure.plan_id).where(Plan.kind == PlanKind.STRATEGY)
    is_served = sa.exists().where(Followup.id == FollowupMeasure.followup_id, measures.counts())
    served = (
        sa.select(FollowupMeasure.measure_id, FollowupMeasure.state_id)
        .where(FollowupMeasure.measure_id.in_(of_strategy), is_served, reach.condition(FollowupMeasure.state_id))
        .distinct()
    )
    return sa.union_all(regional, served).subquery("pairs")


_OF_FOLLOWUPS: dict[str, Any] = {
    "followups": Followup.reference,
    "implementation_statuses": Followup.assessed_status,
    "status_dates": Followup.assessed_on,
    "sealed_states": Followup.sealed_state,
    "current_dues": Followup.current_due,
}
"""What a row tells of each follow-up, by the name of its column."""


def _followups(state: Any) -> list[sa.Label[str]]:
    """The columns on the follow-ups of a State that serve a measure and count for it."""
    return [joined(_served(state, column), Measure, state.table).label(name) for name, column in _OF_FOLLOWUPS.items()]


def _served(state: Any, column: Any) -> sa.Select[Any]:
    """A value of each follow-up, empty where it has none: the columns of one row stay in step."""
    return (
        sa.select(sa.func.coalesce(sa.type_coerce(column, sa.String), ""))
        .select_from(FollowupMeasure)
        .join(Followup, Followup.id == FollowupMeasure.followup_id)
        .where(
            FollowupMeasure.measure_id == Measure.id,
            FollowupMeasure.state_id == state,
            measures.counts(),
        )
        .order_by(Followup.number)
    )


def _of_word(value: str) -> Condition:
    """What the cell says; ``none`` where there is a cell and no word yet."""
    if value == NO_WORD:
        return sa.and_(MeasureCell.id.is_not(None), MeasureCell.status.is_(None))
    return filters.among(MeasureCell.status, (NO_WORD, *MeasureStatus))([value])
