"""How far measures are: the one rule, said here once, and the shares of a pillar and of a plan that follow from it.

What counts for a measure are its **items**: linked follow-ups that are open or assessed implemented (not withdrawn,
superseded or overtaken) and, in a regional plan, its cells that say something. In a regional plan only the items of
participating Member States count. A follow-up is **done** when a reviewer has signed that it is implemented and it was
not changed since ("signed only"), or when it is assessed implemented ("including unsigned"); a cell is done when it
says completed. A measure is then

- completed: there are items and all are done; in a regional plan, where that holds for all, for more than half, or for
  the named ones among the participating Member States;
- under way: any item is done, or a cell says under way;
- delayed: the last day of its deadline has passed;
- planned otherwise.

Retired measures count nowhere. Numbers cover the reader's scope; how a whole region stands is told only to those whose
scope holds every participating Member State.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from tracker import clock, policy
from tracker.errors import NotFound
from tracker.extensions import db
from tracker.models import (
    Account,
    Followup,
    FollowupMeasure,
    Implementation,
    Measure,
    MeasureCell,
    MeasureState,
    MeasureStatus,
    Plan,
    PlanKind,
    PlanPart,
    PlanState,
    RegionRule,
)
from tracker.models.followup import ENDED
from tracker.models.plan import PILLARS
from tracker.policy import Reach
from tracker.reports.filters import Condition
from tracker.reports.joined import SEPARATOR, joined
from tracker.texts import gettext as _


class Tally(NamedTuple):
    """What counts for one measure in one Member State: follow-ups and the word of the cell, with evidence or bare."""

    open: int = 0
    implemented: int = 0
    signed: int = 0
    cell: MeasureStatus | None = None
    is_bare: bool = False

    @property
    def followups(self) -> int:
        """The follow-ups that count: open or assessed implemented."""
        return self.open + self.implemented

    def followups_done(self, signed_only: bool) -> int:
        return self.signed if signed_only else self.implemented

    @property
    def unsigned(self) -> int:
        """Assessed implemented, and not signed or changed since."""
        return self.implemented - self.signed

    @property
    def items(self) -> int:
        return self.followups + (self.cell is not None)

    def done(self, signed_only: bool) -> int:
        return self.followups_done(signed_only) + (self.cell is MeasureStatus.COMPLETED)

    @property
    def rests_on_nothing(self) -> bool:
        """The cell says that something is done or under way, names no evidence, and no follow-up bears it out."""
        return self.is_bare and self.cell in CLAIMS and not self.followups

    def is_done(self, signed_only: bool) -> bool:
        """There are items and all are done."""
        return 0 < self.items == self.done(signed_only)


NO_FOLLOWUPS = Tally()

CLAIMS = (MeasureStatus.COMPLETED, MeasureStatus.UNDER_WAY)
"""Words of a cell by which a measure is more than planned."""

OF_STATED_STATUS = ("measure.status_stated", "measure.status_withdrawn")
"""What the log tells of how a whole region stands: hidden from those whose scope does not hold it."""


@dataclass(frozen=True)
class Standing:
    """How a measure stands: the computed status with its numbers, the stated one beside it.

    ``status`` is None where nothing is computed: the measure is retired, or (``is_hidden``) it is regional and the
    reader's scope does not hold every participating Member State. ``states`` holds the tallies that the reader may see.
    """

    status: MeasureStatus | None
    stated: MeasureStatus | None
    pillar: str
    is_regional: bool
    is_hidden: bool
    is_retired: bool
    is_past_deadline: bool
    signed_only: bool
    rule: RegionRule
    participants: tuple[str, ...]
    named: tuple[str, ...]
    states: Mapping[str, Tally] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        """Whether a stated status says something else than the computed one."""
        return self.stated is not None and self.status is not None and self.stated is not self.status

    @property
    def followups(self) -> int:
        return sum(tally.followups for tally in self.states.values())

    @property
    def followups_done(self) -> int:
        return sum(tally.followups_done(self.signed_only) for tally in self.states.values())

    @property
    def cells(self) -> int:
        """How many cells say something."""
        return sum(tally.cell is not None for tally in self.states.values())

    @property
    def cells_done(self) -> int:
        return sum(tally.cell is MeasureStatus.COMPLETED for tally in self.states.values())

    @property
    def items(self) -> int:
        return self.followups + self.cells

    @property
    def done(self) -> int:
        return self.followups_done + self.cells_done

    @property
    def states_done(self) -> int:
        """How many participating Member States are done."""
        return sum(tally.is_done(self.signed_only) for tally in self.states.values())


@dataclass
class Share:
    """A share of a pillar, or of a whole plan (``pillar`` None): follow-ups that count and those done, each once
    however many measures it serves; measures that are not retired and those completed."""

    pillar: str | None
    tally: Tally = NO_FOLLOWUPS
    signed_only: bool = True
    measures: int = 0
    by_status: dict[MeasureStatus, int] = field(default_factory=dict)

    @property
    def counted(self) -> int:
        return self.tally.followups

    @property
    def done(self) -> int:
        return self.tally.followups_done(self.signed_only)

    @property
    def completed(self) -> int:
        return self.by_status.get(MeasureStatus.COMPLETED, 0)

    @property
    def percent(self) -> int | None:
        """The share of follow-ups done, rounded down to whole percents; None of nothing."""
        return 100 * self.done // self.counted if self.counted else None


@dataclass(frozen=True)
class Progress:
    """How far a plan is on a day. ``is_hidden``: a region's numbers are not this reader's; then there are no shares."""

    on: date
    signed_only: bool
    is_hidden: bool
    covers_everything: bool
    total: Share
    pillars: dict[str, Share] = field(default_factory=dict)


# The rule


def counts(followup: Any = Followup) -> Condition:
    """A follow-up that counts for its measures: open or assessed implemented."""
    return sa.and_(followup.workflow.not_in(ENDED), followup.assessed_status != Implementation.OVERTAKEN)


def is_done(signed_only: bool, followup: Any = Followup) -> Condition:
    """Of those, one that is done. The assessed status is sealed: unchanged since, the seal says the same."""
    implemented: Condition = followup.assessed_status == Implementation.IMPLEMENTED
    return sa.and_(implemented, followup.sealed_sha256 == followup.content_sha256) if signed_only else implemented


def computed(
    states: Mapping[str, Tally],
    *,
    rule: RegionRule,
    participants: Collection[str] | None,
    named: Collection[str],
    is_past_deadline: bool,
    signed_only: bool,
) -> MeasureStatus:
    """The status of a measure from its tallies, all of them; ``participants`` is None in the Strategy."""
    if participants is None:
        whole = sum_of(states.values())
        is_completed = whole.is_done(signed_only)
    else:
        is_completed = _is_done_in_region(states, rule, participants, named, signed_only)
    if is_completed:
        return MeasureStatus.COMPLETED
    if any(tally.done(signed_only) or tally.cell is MeasureStatus.UNDER_WAY for tally in states.values()):
        return MeasureStatus.UNDER_WAY
    return MeasureStatus.DELAYED if is_past_deadline else MeasureStatus.PLANNED


def _is_done_in_region(
    states: Mapping[str, Tally],
    rule: RegionRule,
    participants: Collection[str],
    named: Collection[str],
    signed_only: bool,
) -> bool:
    done = {state for state, tally in states.items() if tally.is_done(signed_only)}
    if rule is RegionRule.MAJORITY:
        return 2 * len(done) > len(participants)
    wanted = set(participants) & set(named) if rule is RegionRule.NAMED else set(participants)
    return bool(wanted) and wanted <= done


def sum_of(tallies: Collection[Tally]) -> Tally:
    """The follow-ups of several Member States together."""
    return Tally(
        sum(one.open for one in tallies), sum(one.implemented for one in tallies), sum(one.signed for one in tallies)
    )


# The answers


def statuses(
    measure_ids: Collection[int],
    reach: Reach,
    *,
    signed_only: bool = True,
    today: date | None = None,
    on: sa.Connection | None = None,
) -> dict[int, Standing]:
    """How each of these measures stands, for a reader with this scope: two statements whatever their number. A file
    that is streamed asks on its own connection, and says which day it is."""
    ids = sorted(set(measure_ids))
    if not ids:
        return {}
    asked = _tallies_by_id(reach), {"ids": ids}
    return _standings(_MEASURES_BY_ID, *asked, reach, signed_only, today or clock.today(), on or db.session)


def of_plan(plan: Plan, reach: Reach, *, signed_only: bool = True) -> dict[int, Standing]:
    """How each measure of the plan stands: two statements."""
    asked = _tallies_by_plan(reach), {"plan": plan.id}
    return _standings(_MEASURES_BY_PLAN, *asked, reach, signed_only, clock.today(), db.session)


def cell(account: Account, reference: str, state_id: str) -> MeasureCell:
    """The cell of a State in the reader's scope that takes part; NotFound otherwise (R9)."""
    found: MeasureCell | None = db.session.scalar(
        policy.visible(account, MeasureCell)
        .join(Measure, Measure.id == MeasureCell.measure_id)
        .where(Measure.reference == reference, MeasureCell.state_id == state_id)
        .options(joinedload(MeasureCell.measure))
    )
    if found is None:
        raise NotFound(_("There is no such record, or it lies outside your scope."))
    return found


def progress(
    plan: Plan, reach: Reach, *, signed_only: bool = True, standings: Mapping[int, Standing] | None = None
) -> Progress:
    """How far the plan and each of its pillars is. One statement beside those of ``of_plan``, whose answer may be
    given as ``standings``."""
    if standings is None:
        standings = of_plan(plan, reach, signed_only=signed_only)
    total = Share(None, signed_only=signed_only)
    is_hidden = any(one.is_hidden for one in standings.values())
    found = Progress(clock.today(), signed_only, is_hidden, reach.is_all, total)
    if is_hidden:
        return found
    for standing in standings.values():
        if standing.status is not None:
            pillar = found.pillars.setdefault(standing.pillar, Share(standing.pillar, signed_only=signed_only))
            for share in (total, pillar):
                share.measures += 1
                share.by_status[standing.status] = share.by_status.get(standing.status, 0) + 1
    _count_followups(found, plan, reach)
    return found


def renewed(plan: Plan, before: Mapping[int, Standing], states: Collection[str], reach: Reach) -> dict[int, Standing]:
    """Of the standings of a plan's measures, those that differ since something was written on records of these States:
    what is known of the others is taken from ``before``."""
    values = {"plan": plan.id, "states": sorted(states)}
    fresh = _by_measure(_tallies_of_states(reach), values, db.session)
    differing = {
        measure_id: {state: own for state, own in standing.states.items() if state not in states}
        | fresh.get(measure_id, {})
        for measure_id, standing in before.items()
        if _told_of(standing, states, standing.states) != _told_of(standing, states, fresh.get(measure_id, {}))
    }
    if not differing:
        return {}
    rows = db.session.execute(_MEASURES_BY_ID, {"ids": sorted(differing)}).all()
    signed_only, today = before[next(iter(differing))].signed_only, clock.today()
    return {row.id: _standing(row, differing[row.id], reach, signed_only, today) for row in rows}


def _told_of(standing: Standing, states: Collection[str], tallies: Mapping[str, Tally]) -> dict[str, Tally]:
    """The tallies of these States that count for the measure."""
    counting = states if not standing.is_regional else set(states) & set(standing.participants)
    return {state: tallies[state] for state in counting if state in tallies}


def _standings(
    measures: sa.Select[Any],
    tallies: Any,
    values: dict[str, Any],
    reach: Reach,
    signed_only: bool,
    today: date,
    on: Any,
) -> dict[int, Standing]:
    rows = on.execute(measures, values).all()
    by_measure = _by_measure(tallies, values, on)
    return {row.id: _standing(row, by_measure.get(row.id, {}), reach, signed_only, today) for row in rows}


def _by_measure(tallies: Any, values: dict[str, Any], on: Any) -> dict[int, dict[str, Tally]]:
    """The tallies of each measure by State: follow-ups and the word of the cell come in rows of their own."""
    found: dict[int, dict[str, Tally]] = {}
    for measure_id, state_id, opened, implemented, signed, cell, bare in on.execute(tallies, values):
        own = found.setdefault(measure_id, {})
        before = own.get(state_id, NO_FOLLOWUPS)
        counted = (before.open + opened, before.implemented + implemented, before.signed + signed)
        said = (MeasureStatus(cell), bool(bare)) if cell else (before.cell, before.is_bare)
        own[state_id] = Tally(*counted, *said)
    return found


def _standing(row: Any, tallies: dict[str, Tally], reach: Reach, signed_only: bool, today: date) -> Standing:
    is_regional = row.kind is PlanKind.REGIONAL
    participants = _split(row.participants)
    if is_regional:
        tallies = {state: tallies[state] for state in participants if state in tallies}
    else:
        tallies = {state: Tally(one.open, one.implemented, one.signed) for state, one in tallies.items()}
    is_retired = row.retired_on is not None
    is_hidden = is_regional and not (reach.is_all or reach.states.issuperset(participants))
    is_past = row.deadline is not None and row.deadline.last_day < today
    status = None
    if not is_retired and not is_hidden:
        status = computed(
            tallies,
            rule=row.rule,
            participants=participants if is_regional else None,
            named=_split(row.named),
            is_past_deadline=is_past,
            signed_only=signed_only,
        )
    return Standing(
        status=status,
        stated=row.stated_status,
        pillar=row.pillar,
        is_regional=is_regional,
        is_hidden=is_hidden,
        is_retired=is_retired,
        is_past_deadline=is_past,
        signed_only=signed_only,
        rule=row.rule,
        participants=participants,
        named=_split(row.named),
        states=tallies,
    )


def _split(codes: str | None) -> tuple[str, ...]:
    return tuple(codes.split(SEPARATOR)) if codes else ()


def _count_followups(found: Progress, plan: Plan, reach: Reach) -> None:
    rows = db.session.execute(_shares(reach, plan.kind is PlanKind.REGIONAL), {"plan": plan.id})
    for pillar, opened, implemented, signed in rows:
        share = found.total if pillar is None else found.pillars[pillar]
        share.tally = Tally(int(opened or 0), int(implemented or 0), int(signed or 0))
    found.pillars.update({one: found.pillars.pop(one) for one in PILLARS if one in found.pillars})


# The statements, built once for each scope


_MEASURES = sa.select(
    Measure.id,
    Measure.pillar,
    Plan.kind,
    Measure.rule,
    Measure.deadline,
    Measure.stated_status,
    Measure.retired_on,
    joined(
        sa.select(PlanState.state_id)
        .where(PlanState.plan_id == Measure.plan_id, PlanState.part == PlanPart.PARTICIPANT)
        .order_by(PlanState.state_id),
        Measure,
    ).label("participants"),
    joined(
        sa.select(MeasureState.state_id).where(MeasureState.measure_id == Measure.id).order_by(MeasureState.state_id),
        Measure,
    ).label("named"),
).join(Plan, Plan.id == Measure.plan_id)

_IDS: sa.BindParameter[int] = sa.bindparam("ids", expanding=True)
_PLAN: sa.BindParameter[int] = sa.bindparam("plan")
_STATES: sa.BindParameter[str] = sa.bindparam("states", expanding=True)
_MEASURES_BY_ID = _MEASURES.where(Measure.id.in_(_IDS))
_MEASURES_BY_PLAN = _MEASURES.where(Measure.plan_id == _PLAN).order_by(Measure.position, Measure.id)


@lru_cache(maxsize=128)
def _tallies_by_id(reach: Reach) -> sa.CompoundSelect[Any]:
    return _tallies(reach, FollowupMeasure.measure_id.in_(_IDS), MeasureCell.measure_id.in_(_IDS))


@lru_cache(maxsize=128)
def _tallies_by_plan(reach: Reach) -> sa.CompoundSelect[Any]:
    own = sa.select(Measure.id).where(Measure.plan_id == _PLAN, Measure.retired_on.is_(None))
    return _tallies(reach, FollowupMeasure.measure_id.in_(own), MeasureCell.measure_id.in_(own))


@lru_cache(maxsize=128)
def _tallies_of_states(reach: Reach) -> sa.CompoundSelect[Any]:
    own = sa.select(Measure.id).where(Measure.plan_id == _PLAN, Measure.retired_on.is_(None))
    return _tallies(
        reach,
        sa.and_(FollowupMeasure.measure_id.in_(own), FollowupMeasure.state_id.in_(_STATES)),
        sa.and_(MeasureCell.measure_id.in_(own), MeasureCell.state_id.in_(_STATES)),
    )


def _tallies(reach: Reach, of_links: Condition, of_cells: Condition) -> sa.CompoundSelect[Any]:
    """A row for each measure and State with follow-ups, and one for each cell that says something."""

    implemented = is_done(signed_only=False)
    followups = (
        sa.select(
            FollowupMeasure.measure_id,
            FollowupMeasure.state_id,
            _number(sa.not_(implemented)).label("open"),
            _number(implemented).label("implemented"),
            _number(is_done(signed_only=True)).label("signed"),
            sa.cast(sa.null(), sa.String).label("cell"),
            sa.literal(0).label("bare"),
        )
        .join(Followup, Followup.id == FollowupMeasure.followup_id)
        .where(of_links, counts(), reach.condition(FollowupMeasure.state_id))
        .group_by(FollowupMeasure.measure_id, FollowupMeasure.state_id)
    )
    none = sa.literal(0)
    bare = sa.case((MeasureCell.evidence == "", 1), else_=0)
    cells = sa.select(
        MeasureCell.measure_id, MeasureCell.state_id, none, none, none, sa.cast(MeasureCell.status, sa.String), bare
    ).where(of_cells, MeasureCell.status.is_not(None), reach.condition(MeasureCell.state_id))
    return sa.union_all(followups, cells)


@lru_cache(maxsize=128)
def _shares(reach: Reach, is_regional: bool) -> sa.CompoundSelect[Any]:
    """The follow-ups that count, each once: a row for each pillar, and one (pillar NULL) for the plan."""
    kinds = (is_done(signed_only=False).label("implemented"), is_done(signed_only=True).label("signed"))
    links = (
        sa.select(Followup.id, *kinds, Measure.pillar)
        .select_from(Measure)
        .join(FollowupMeasure, FollowupMeasure.measure_id == Measure.id)
        .join(Followup, Followup.id == FollowupMeasure.followup_id)
        .where(
            Measure.plan_id == _PLAN,
            Measure.retired_on.is_(None),
            counts(),
            reach.condition(FollowupMeasure.state_id),
        )
        .distinct()
    )
    if is_regional:
        links = links.where(FollowupMeasure.state_id.in_(participating(Plan.id == _PLAN)))
    by_pillar, each = links.subquery(), links.with_only_columns(Followup.id, *kinds).subquery()
    return sa.union_all(
        sa.select(by_pillar.c.pillar, *_numbers(by_pillar)).group_by(by_pillar.c.pillar),
        sa.select(sa.cast(sa.null(), sa.String), *_numbers(each)),
    )


def _numbers(rows: sa.Subquery) -> list[sa.ColumnElement[int]]:
    """What a tally counts: open, implemented, signed."""
    opened, implemented = _number(sa.not_(rows.c.implemented)), _number(rows.c.implemented)
    return [opened, implemented, _number(rows.c.signed)]


def _number(flag: Any) -> sa.ColumnElement[int]:
    """In how many rows it holds."""
    return sa.func.sum(sa.case((flag, 1), else_=0))


def participating(plan: Condition) -> sa.Select[Any]:
    """The States that take part in the plan of this condition."""
    of_plan = sa.select(PlanState.state_id).join(Plan, Plan.id == PlanState.plan_id)
    return of_plan.where(plan, PlanState.part == PlanPart.PARTICIPANT)
