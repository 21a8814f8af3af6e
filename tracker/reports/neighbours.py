"""What stands beside a record in the chain to the Strategy, for its page: the measures that follow-ups serve, and of a
Member State its plans with its cells, and the meetings that it took part in.

A follow-up serves a measure here when it counts for it, by the rule of ``measures``: withdrawn ones do not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa

from tracker.database import PartialDateType
from tracker.extensions import read
from tracker.models import (
    Conclusion,
    Followup,
    FollowupConclusion,
    FollowupMeasure,
    Measure,
    MeasureCell,
    MeasureStatus,
    Meeting,
    MeetingState,
    Plan,
    PlanPart,
    PlanState,
)
from tracker.reports import kept
from tracker.reports import measures as rule
from tracker.reports.listing import MOST_COUNTED

FIRST_ROWS = 8


# The measures that follow-ups serve


class ServedMeasure(NamedTuple):
    """A measure, and how many of the follow-ups serve it."""

    reference: str
    text: str
    pillar: str
    plan_code: str
    is_retired: bool
    followups: int


@dataclass(frozen=True)
class Served:
    """The measures that most of some follow-ups serve, and whether there are more of them. ``is_counted``: all those
    follow-ups were looked at, so that how many serve each can be told."""

    rows: Sequence[ServedMeasure]
    has_more: bool
    is_counted: bool = True


_COLUMNS = (
    Measure.reference,
    Measure.text,
    Measure.pillar,
    Plan.code,
    Measure.retired_on.is_not(None).label("is_retired"),
)


def served(followups: sa.Select[Any]) -> Served:
    """The measures that the follow-ups of these ids serve, in one statement; of more follow-ups than are counted,
    those that some of them serve."""
    some = followups.limit(MOST_COUNTED + 1).subquery()
    every = sa.select(sa.func.count()).select_from(some).scalar_subquery()
    links = (
        sa.select(FollowupMeasure.measure_id, sa.func.count().label("followups"))
        .join(Followup, Followup.id == FollowupMeasure.followup_id)
        .where(Followup.id.in_(sa.select(some)), rule.counts())
        .group_by(FollowupMeasure.measure_id)
        .subquery()
    )
    place = sa.func.row_number().over(order_by=_most_first(links.c.followups)).label("place")
    rows = (
        sa.select(*_COLUMNS, links.c.followups, place)
        .select_from(links)
        .join(Measure, Measure.id == links.c.measure_id)
        .join(Plan, Plan.id == Measure.plan_id)
        .order_by(place)
        .limit(FIRST_ROWS + 1)
        .subquery()
    )
    counted = sa.select(every.label("every")).subquery()
    beside = counted.outerjoin(rows, sa.true())  # how many there are is told also where none of them serves anything
    found = read(sa.select(*rows.c, counted.c.every).select_from(beside).order_by(rows.c.place)).all()
    measures = [ServedMeasure(*row[:-2]) for row in found if row.reference is not None]
    return _served(measures, found[0].every <= MOST_COUNTED)


def of_conclusion(conclusion: Conclusion) -> Served:
    """The measures that the follow-ups which answer the conclusion serve."""
    answering = sa.select(FollowupConclusion.followup_id).where(FollowupConclusion.conclusion_id == conclusion.id)
    return served(answering)


def _served(measures: Sequence[ServedMeasure], is_counted: bool) -> Served:
    return Served(measures[:FIRST_ROWS], len(measures) > FIRST_ROWS, is_counted)


def _most_first(followups: Any) -> tuple[Any, ...]:
    """The measures that most follow-ups serve before the others, then the Strategy's, in the order of their plan."""
    return followups.desc(), Plan.kind.desc(), Plan.code, Measure.position, Measure.id


# A Member State


@dataclass
class PlanOfState:
    """A regional plan that the State takes part in; ``cells`` counts those of measures in use by what they say."""

    code: str
    title: str
    part: PlanPart
    cells: Counter[MeasureStatus | None] = field(default_factory=Counter)

    @property
    def words(self) -> list[tuple[MeasureStatus | None, int]]:
        """What cells say and how many say it, in the order of the scale; last, how many say nothing yet."""
        return [(word, self.cells[word]) for word in (*MeasureStatus, None) if self.cells[word]]


@dataclass(frozen=True)
class OfState:
    """What stands beside a State: its plans, the measures that its follow-ups serve, the latest meetings that it took
    part in."""

    plans: Sequence[PlanOfState]
    measures: Served
    meetings: Sequence[Any]
    has_more_meetings: bool


RESTS_ON = (*kept.RECORDS, "meeting")


def of_state(code: str) -> OfState:
    """What stands beside the State; a process keeps it, because all links of its follow-ups are counted for it."""
    return kept.parts(("beside",), RESTS_ON, [code], lambda states: {one: _of_state(one) for one in states})[code]


def _of_state(code: str) -> OfState:
    """All of it in one statement."""
    found: dict[str, list[Any]] = {"plan": [], "cell": [], "measure": [], "meeting": []}
    for row in read(_OF_STATE, {"code": code}):
        found[row.kind].append(row)
    plans = {row.reference: PlanOfState(row.reference, row.text, PlanPart(row.word)) for row in found["plan"]}
    for row in found["cell"]:
        plans[row.reference].cells[MeasureStatus(row.word) if row.word else None] = row.number
    measures = [
        ServedMeasure(row.reference, row.text, row.word, row.plan_code, bool(row.is_retired), row.number)
        for row in found["measure"]
    ]
    meetings = found["meeting"]
    return OfState(list(plans.values()), _served(measures, True), meetings[:FIRST_ROWS], len(meetings) > FIRST_ROWS)


_CODE: Any = sa.bindparam("code", type_=sa.String)
_NO_DATE = sa.type_coerce(sa.cast(sa.null(), sa.String(10)), PartialDateType())
_NOTHING, _NONE = sa.literal(""), sa.literal(0)


def _row(
    kind: str,
    reference: Any,
    text: Any,
    *order: Any,
    word: Any = _NOTHING,
    plan_code: Any = _NOTHING,
    number: Any = _NONE,
    is_retired: Any = _NONE,
    start: Any = _NO_DATE,
    end: Any = _NO_DATE,
) -> sa.Select[Any]:
    """A row of what stands beside a State: of each kind, the columns that it has."""
    return sa.select(
        sa.literal(kind).label("kind"),
        sa.func.row_number().over(order_by=order).label("place"),
        sa.cast(reference, sa.String).label("reference"),
        sa.cast(text, sa.Text).label("text"),
        sa.cast(word, sa.String).label("word"),
        sa.cast(plan_code, sa.String).label("plan_code"),
        number.label("number"),
        sa.cast(is_retired, sa.Integer).label("is_retired"),
        start.label("start"),
        end.label("end"),
    )


def _first(rows: sa.Select[Any]) -> sa.Select[Any]:
    """One more than is shown, as a part of a union."""
    return sa.select(rows.order_by("place").limit(FIRST_ROWS + 1).subquery())


_LINKS = (  # from the State's follow-ups, not from the measures: each count is then made once
    sa.select(FollowupMeasure.measure_id, sa.func.count().label("number"))
    .join(Followup, Followup.id == FollowupMeasure.followup_id)
    .where(Followup.state_id == _CODE, rule.counts())
    .group_by(FollowupMeasure.measure_id)
    .subquery()
)
_COUNTED = (
    sa.select(*_COLUMNS, Measure.position, Measure.id, Plan.kind, _LINKS.c.number)
    .join(Plan, Plan.id == Measure.plan_id)
    .join(_LINKS, _LINKS.c.measure_id == Measure.id)
    .subquery()
)
_PARTS = (
    _row("plan", Plan.code, Plan.title, Plan.code, word=PlanState.part)
    .join(PlanState, PlanState.plan_id == Plan.id)
    .where(PlanState.state_id == _CODE),
    _row("cell", Plan.code, _NOTHING, Plan.code, word=MeasureCell.status, number=sa.func.count())
    .select_from(MeasureCell)
    .join(Measure, Measure.id == MeasureCell.measure_id)
    .join(Plan, Plan.id == Measure.plan_id)
    .join(PlanState, sa.and_(PlanState.plan_id == Plan.id, PlanState.state_id == MeasureCell.state_id))
    .where(MeasureCell.state_id == _CODE, Measure.retired_on.is_(None), PlanState.part == PlanPart.PARTICIPANT)
    .group_by(Plan.code, MeasureCell.status),
    _first(
        _row(
            "measure",
            _COUNTED.c.reference,
            _COUNTED.c.text,
            _COUNTED.c.number.desc(),
            _COUNTED.c.kind.desc(),
            _COUNTED.c.code,
            _COUNTED.c.position,
            _COUNTED.c.id,
            word=_COUNTED.c.pillar,
            plan_code=_COUNTED.c.code,
            number=_COUNTED.c.number,
            is_retired=_COUNTED.c.is_retired,
        )
    ),
    _first(
        _row(
            "meeting",
            Meeting.reference,
            Meeting.title,
            Meeting.sort_day.desc(),
            Meeting.id.desc(),
            start=Meeting.start,
            end=Meeting.end,
        )
        .join(MeetingState, MeetingState.meeting_id == Meeting.id)
        .where(MeetingState.state_id == _CODE)
    ),
)
_BESIDE = sa.union_all(*_PARTS).subquery()
_OF_STATE = sa.select(_BESIDE).order_by(_BESIDE.c.kind, _BESIDE.c.place)
