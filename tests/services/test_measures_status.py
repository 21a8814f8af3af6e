"""How far a measure is: the rule, number by number, against one that counts by hand in plain Python."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import FollowupFactory, MeasureFactory, PlanFactory, cell, serve
from tracker import clock, history
from tracker.extensions import db
from tracker.models import (
    Followup,
    FollowupMeasure,
    FollowupStatus,
    Implementation,
    Measure,
    MeasureState,
    MeasureStatus,
    Plan,
    PlanKind,
    RegionRule,
)
from tracker.partial_date import PartialDate
from tracker.policy import Reach
from tracker.reports import measures

pytestmark = pytest.mark.usefixtures("session")

ALL = Reach(True, frozenset())
STATES = ("KAZ", "KGZ", "TJK", "TKM")
OBSERVER = "UZB"
SIGNED, CHANGED, UNSIGNED = ("a" * 64, "a" * 64), ("a" * 64, "b" * 64), (None, "a" * 64)
IMPLEMENTED = Implementation.IMPLEMENTED


def followup(state: str = "KGZ", status: Implementation = IMPLEMENTED, seal: Any = SIGNED, **more: Any) -> Followup:
    """A follow-up assessed so, whose digests are those of a record that is signed, changed or unsigned."""
    sealed, content = seal
    made: Followup = FollowupFactory(
        state_id=state, assessed_status=status, sealed_sha256=sealed, content_sha256=content, **more
    )
    return made


def status(measure: Measure, **more: Any) -> MeasureStatus | None:
    return measures.statuses([measure.id], ALL, **more)[measure.id].status


@pytest.fixture
def strategy(session: Any) -> Measure:
    made: Measure = MeasureFactory(plan=PlanFactory(kind=PlanKind.STRATEGY, participants=()))
    return made


@pytest.fixture
def regional(session: Any) -> Measure:
    made: Measure = MeasureFactory(plan=PlanFactory(participants=STATES, observers=(OBSERVER,)))
    return made


# The rule, case by case


def test_nothing_linked_is_planned_and_delayed_past_the_last_day_of_its_deadline(strategy: Measure) -> None:
    assert status(strategy) is MeasureStatus.PLANNED
    today = clock.today()
    strategy.deadline = PartialDate(today.year)
    history.record("measure.edited", strategy, by=None)
    assert status(strategy) is MeasureStatus.PLANNED
    strategy.deadline = PartialDate(today.year - 1)
    history.record("measure.edited", strategy, by=None)
    assert status(strategy) is MeasureStatus.DELAYED


def test_completed_when_all_that_count_are_signed_as_implemented(strategy: Measure) -> None:
    serve(followup(), strategy)
    serve(followup(status=Implementation.OVERTAKEN), strategy)
    serve(followup(status=Implementation.IN_PROGRESS, workflow=FollowupStatus.WITHDRAWN), strategy)
    serve(followup(status=Implementation.IN_PROGRESS, workflow=FollowupStatus.SUPERSEDED), strategy)
    assert status(strategy) is MeasureStatus.COMPLETED
    serve(followup(status=Implementation.PARTIALLY_IMPLEMENTED), strategy)
    assert status(strategy) is MeasureStatus.UNDER_WAY


@pytest.mark.parametrize("seal", [UNSIGNED, CHANGED])
def test_what_is_not_signed_counts_as_done_only_when_asked_for(strategy: Measure, seal: Any) -> None:
    serve(followup(seal=seal), strategy)
    assert status(strategy) is MeasureStatus.PLANNED
    assert status(strategy, signed_only=False) is MeasureStatus.COMPLETED


@pytest.mark.parametrize(("rule", "needed"), [(RegionRule.ALL, 4), (RegionRule.MAJORITY, 3), (RegionRule.NAMED, 2)])
def test_a_region_is_done_by_its_measures_rule(regional: Measure, rule: RegionRule, needed: int) -> None:
    regional.rule = rule
    regional.named_states = [MeasureState(state_id="KAZ"), MeasureState(state_id="KGZ")]
    history.record("measure.edited", regional, by=None)
    for number, state in enumerate(STATES, start=1):
        cell(regional, state, MeasureStatus.COMPLETED)
        expected = MeasureStatus.COMPLETED if number >= needed else MeasureStatus.UNDER_WAY
        assert status(regional) is expected, state


def test_a_cell_that_says_under_way_is_under_way_and_one_without_a_word_is_nothing(regional: Measure) -> None:
    cell(regional, "KAZ", None)
    assert status(regional) is MeasureStatus.PLANNED
    cell(regional, "TJK", MeasureStatus.UNDER_WAY)
    assert status(regional) is MeasureStatus.UNDER_WAY


def test_an_observer_does_not_count(regional: Measure) -> None:
    serve(followup(OBSERVER), regional)
    found = measures.statuses([regional.id], ALL)[regional.id]
    assert found.status is MeasureStatus.PLANNED and found.items == 0


def test_a_region_shows_only_to_those_whose_scope_holds_every_participant(regional: Measure) -> None:
    serve(followup("KGZ"), regional)
    part = measures.statuses([regional.id], Reach(False, frozenset(STATES[:3])))[regional.id]
    assert part.is_hidden and part.status is None and set(part.states) == {"KGZ"}
    whole = measures.statuses([regional.id], Reach(False, frozenset(STATES)))[regional.id]
    assert not whole.is_hidden and whole.status is MeasureStatus.UNDER_WAY
    hidden = measures.progress(regional.plan, Reach(False, frozenset({"KGZ"})))
    assert hidden.is_hidden and hidden.total.counted == 0 and not hidden.pillars


def test_the_strategys_numbers_cover_the_readers_scope(strategy: Measure) -> None:
    serve(followup("KGZ"), strategy)
    serve(followup("PAK", Implementation.NOT_STARTED), strategy)
    within = Reach(False, frozenset({"KGZ"}))
    assert measures.statuses([strategy.id], within)[strategy.id].status is MeasureStatus.COMPLETED
    assert (measures.progress(strategy.plan, within).total.done, status(strategy)) == (1, MeasureStatus.UNDER_WAY)


def test_a_stated_status_stands_beside_the_computed_one(strategy: Measure) -> None:
    strategy.stated_status, strategy.stated_on = MeasureStatus.SUSPENDED, date(2024, 5, 1)
    history.record("measure.status_stated", strategy, by=None)
    found = measures.statuses([strategy.id], ALL)[strategy.id]
    assert (found.status, found.stated, found.differs) == (MeasureStatus.PLANNED, MeasureStatus.SUSPENDED, True)


def test_a_retired_measure_counts_nowhere(strategy: Measure) -> None:
    serve(followup(), strategy)
    strategy.retired_on, strategy.retired_reason = date(2024, 5, 1), "Merged into another"
    history.record("measure.retired", strategy, by=None)
    found = measures.progress(strategy.plan, ALL).total
    assert status(strategy) is None
    assert (found.measures, found.counted) == (0, 0)


# A world at random, counted by hand


@pytest.fixture(params=range(2))
def world(request: pytest.FixtureRequest, session: Any) -> Iterator[random.Random]:
    """Two plans, their measures, cells and follow-ups of every kind, linked any way."""
    chance = random.Random(request.param)  # noqa: S311  # a world, not a secret
    plans = [
        PlanFactory(kind=PlanKind.STRATEGY, participants=()),
        PlanFactory(participants=STATES, observers=(OBSERVER,)),
    ]
    made = [_measure(chance, plan) for plan in plans for _each in range(9)]
    for _each in range(60):
        _followup(chance, made)
    return chance


def _measure(chance: random.Random, plan: Plan) -> Measure:
    measure: Measure = MeasureFactory(
        plan=plan,
        pillar=chance.choice(("I", "II", "III", "IV")),
        rule=chance.choice(list(RegionRule)),
        deadline=chance.choice((None, PartialDate(2013), PartialDate(2190))),
        retired_on=chance.choice((None, None, None, date(2020, 1, 1))),
        named_states=[MeasureState(state_id=state) for state in STATES if chance.random() < 0.3],
    )
    for state in STATES if plan.kind is PlanKind.REGIONAL else ():
        if chance.random() < 0.5:
            cell(measure, state, chance.choice((None, *MeasureStatus, MeasureStatus.COMPLETED)))
    return measure


def _followup(chance: random.Random, made: list[Measure]) -> None:
    one = followup(
        chance.choice((*STATES, OBSERVER)),
        chance.choice((*Implementation, IMPLEMENTED, IMPLEMENTED, IMPLEMENTED)),
        chance.choice((SIGNED, SIGNED, CHANGED, UNSIGNED)),
        workflow=chance.choice(list(FollowupStatus)),
    )
    for measure in chance.sample(made, chance.randrange(4)):
        serve(one, measure)


def by_hand(measure: Measure, states: set[str], signed_only: bool) -> tuple[str, int, int]:
    """The status of a measure, its items and those done, counted row by row: no SQL but to read the rows."""
    is_regional = measure.plan.kind == "regional"
    participants = {row.state_id for row in measure.plan.states if row.part == "participant"}
    items: list[tuple[str, bool]] = []
    for one in _linked(measure, states):
        if not is_regional or one.state_id in participants:
            items.append((one.state_id, _done(one, signed_only)))
    words = {row.state_id: row.status for row in measure.cells if row.state_id in states and row.status}
    if is_regional:
        items += [(state, word == "completed") for state, word in words.items()]
    done_by_state = {state: all(done for at, done in items if at == state) for state, _done_or_not in items}
    wanted = {"all": participants, "named": participants & {row.state_id for row in measure.named_states}}
    finished = {state for state, done in done_by_state.items() if done}
    if not is_regional:
        is_completed = bool(items) and all(done for _state, done in items)
    elif measure.rule == "majority":
        is_completed = len(finished) > len(participants) / 2
    else:
        is_completed = bool(wanted[measure.rule]) and not wanted[measure.rule] - finished
    is_late = measure.deadline is not None and measure.deadline.last_day < clock.today()
    if is_completed:
        told = "completed"
    elif any(done for _state, done in items) or "under_way" in words.values():
        told = "under_way"
    else:
        told = "delayed" if is_late else "planned"
    return told, len(items), sum(done for _state, done in items)


def _linked(measure: Measure, states: set[str]) -> list[Followup]:
    links = db.session.scalars(sa.select(FollowupMeasure)).all()
    found = [db.session.get_one(Followup, link.followup_id) for link in links if link.measure_id == measure.id]
    gone = ("withdrawn", "superseded")
    return [one for one in found if one.state_id in states and one.workflow not in gone and _lives(one)]


def _lives(one: Followup) -> bool:
    return one.assessed_status != "overtaken"


def _done(one: Followup, signed_only: bool) -> bool:
    is_signed = one.sealed_sha256 is not None and one.sealed_sha256 == one.content_sha256
    return one.assessed_status == "implemented" and (is_signed or not signed_only)


@pytest.mark.usefixtures("world")
def test_every_status_and_share_is_what_counting_by_hand_gives() -> None:
    for signed_only in (True, False):
        _compare_statuses(signed_only)
        for states in ({*STATES, OBSERVER}, {"KGZ", "UZB"}):
            _compare_shares(signed_only, states)


def _compare_statuses(signed_only: bool) -> None:
    rows = db.session.scalars(sa.select(Measure)).all()
    found = measures.statuses([measure.id for measure in rows], ALL, signed_only=signed_only)
    told = {m.reference: (found[m.id].status, found[m.id].items, found[m.id].done) for m in rows if not m.retired_on}
    assert told == {m.reference: by_hand(m, {*STATES, OBSERVER}, signed_only) for m in rows if not m.retired_on}
    assert {found[m.id].status for m in rows if m.retired_on} <= {None}


def _compare_shares(signed_only: bool, states: set[str]) -> None:
    reach = ALL if len(states) == 5 else Reach(False, frozenset(states))
    for plan in db.session.scalars(sa.select(Plan)):
        found = measures.progress(plan, reach, signed_only=signed_only)
        assert found.is_hidden == (plan.kind == "regional" and len(states) < 5)
        if found.is_hidden:
            continue
        own = [measure for measure in plan.measures if not measure.retired_on]
        assert _share(found.total) == _share_by_hand(own, states, signed_only)
        for pillar in {measure.pillar for measure in own}:
            of_pillar = [measure for measure in own if measure.pillar == pillar]
            assert _share(found.pillars[pillar]) == _share_by_hand(of_pillar, states, signed_only), pillar


def _share(share: measures.Share) -> tuple[int, int, int, int]:
    return share.done, share.counted, share.measures, share.completed


def _share_by_hand(own: list[Measure], states: set[str], signed_only: bool) -> tuple[int, int, int, int]:
    """Each follow-up once, however many measures it serves."""
    counted: dict[int, Followup] = {}
    for measure in own:
        for one in _linked(measure, states):
            if measure.plan.kind == "strategy" or one.state_id in measure.plan.participants:
                counted[one.id] = one
    completed = sum(by_hand(measure, states, signed_only)[0] == "completed" for measure in own)
    return sum(_done(one, signed_only) for one in counted.values()), len(counted), len(own), completed


def test_many_measures_cost_as_many_statements_as_one(strategy: Measure) -> None:
    plan = strategy.plan
    sent = []
    for number in (1, 30):
        while len(db.session.scalars(sa.select(Measure.id).where(Measure.plan_id == plan.id)).all()) < number:
            MeasureFactory(plan=plan)
        ids = db.session.scalars(sa.select(Measure.id).where(Measure.plan_id == plan.id)).all()
        sent.append(_statements(lambda asked=ids: measures.statuses(asked, ALL)))
    assert sent == [2, 2]


def _statements(act: Any) -> int:
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    return len(sent)
