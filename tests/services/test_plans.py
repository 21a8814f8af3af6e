"""Plans: made within one's grant, edited with their cells following, ordered, their phases in the order of time."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import AccountFactory
from tracker.errors import Forbidden, Invalid
from tracker.extensions import db
from tracker.models import Event, Measure, MeasureStatus, Plan, PlanKind, PlanPart, RegionRule, Role
from tracker.partial_date import PartialDate
from tracker.reports import plans as report
from tracker.reports import timeline
from tracker.services import measures, plans

STATES = ("KAZ", "KGZ", "TJK", "TKM")


@pytest.fixture
def coordinator(session: Any) -> Any:
    return AccountFactory(role=Role.COORDINATOR, states=list(STATES))


def made(by: Any, code: str = "CX-2011", **parties: Any) -> Plan:
    """A plan of four States, which one observes."""
    given: dict[str, Any] = {"participants": STATES, "observers": ["UZB"]} | parties
    return plans.create(code, plans.Details("Joint plan", adopted_on=date(2011, 11, 30)), plans.Parties(**given), by=by)


def parties(plan: Plan, **changes: Any) -> plans.Parties:
    return plans.Parties(**({"participants": plan.participants, "observers": ["UZB"], "hosts": ()} | changes))


def details(plan: Plan, **changes: Any) -> plans.Details:
    return plans.Details(**({"title": plan.title, "adopted_on": plan.adopted_on} | changes))


def kinds(obj: Any) -> list[str]:
    where = Event.object_type == obj.__tablename__, Event.object_id == obj.id
    return list(db.session.scalars(sa.select(Event.kind).where(*where).order_by(Event.seq)))


def test_a_regional_plan_has_its_states_and_no_cell_for_an_observer(session: Any, coordinator: Any) -> None:
    plan = made(coordinator)
    measure = measures.create(plan, measures.Wording("Watch the passes", "II"), by=coordinator)
    session.commit()
    assert (plan.kind, plan.participants) == (PlanKind.REGIONAL, list(STATES))
    assert [row.state_id for row in plan.states if row.part is PlanPart.OBSERVER] == ["UZB"]
    assert [cell.state_id for cell in measure.cells] == list(STATES)
    assert all(cell.status is None for cell in measure.cells)
    assert kinds(plan) == ["plan.created"]


@pytest.mark.parametrize("role", [Role.ANALYST, Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_only_coordinators_make_plans(session: Any, role: Role) -> None:
    with pytest.raises(Forbidden):
        made(AccountFactory(role=role))


def test_a_plan_beyond_the_grant_is_refused_with_the_rule(session: Any) -> None:
    smaller = AccountFactory(role=Role.COORDINATOR, states=["KAZ", "KGZ"])
    with pytest.raises(Forbidden, match="every Member State that takes part"):
        made(smaller)


@pytest.mark.parametrize("wrong", [{"code": "GCTS"}, {"code": "no code"}, {"title": " "}, {"observers": ["KAZ"]}])
def test_what_lies_beyond_the_grant_is_refused_before_anything_is_checked(session: Any, wrong: Any) -> None:
    smaller = AccountFactory(role=Role.COORDINATOR, states=["KAZ", "KGZ"])
    given = plans.Details(wrong.get("title", "Joint plan")), plans.Parties(STATES, wrong.get("observers", ()))
    with pytest.raises(Forbidden, match="every Member State that takes part"):
        plans.create(wrong.get("code", "CX-2011"), *given, by=smaller)


def test_an_edit_beyond_the_grant_is_refused_before_anything_is_checked(session: Any, coordinator: Any) -> None:
    plan = made(coordinator)
    beyond = parties(plan, participants=[*STATES, "UZB"], observers=[])
    with pytest.raises(Forbidden, match="every Member State that takes part"):
        plans.edit(plan, details(plan, title=" "), beyond, by=coordinator)


def test_nobody_takes_a_state_into_a_plan_that_lies_beyond_the_grant(session: Any, coordinator: Any) -> None:
    plan = made(coordinator)
    with pytest.raises(Forbidden, match="every Member State that takes part"):
        plans.edit(plan, details(plan), parties(plan, participants=[*STATES, "UZB"], observers=[]), by=coordinator)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "ca-2011"}, "code"),
        ({"code": "CA 2011"}, "code"),
        ({"code": "GCTS"}, "code"),
        ({"code": "NEW"}, "code"),
        ({"code": "X" * 21}, "code"),
        ({"participants": ()}, "participants"),
        ({"observers": ["KAZ"]}, "observers"),
        ({"observers": ["ZZZ"]}, "participants"),
        ({"hosts": [999_999]}, "hosts"),
    ],
)
def test_what_a_plan_cannot_be_is_refused(session: Any, coordinator: Any, changes: Any, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        made(coordinator, **changes)
    assert refused.value.field == field


def test_a_state_that_joins_gets_its_cells_and_one_that_leaves_loses_them(session: Any) -> None:
    everywhere = AccountFactory(role=Role.COORDINATOR)
    plan = made(everywhere)
    measure = measures.create(plan, measures.Wording("Watch the passes", "II"), by=everywhere)
    session.commit()
    given = parties(plan, participants=["KAZ", "KGZ", "TJK", "UZB"], observers=["TKM"])
    plans.edit(plan, details(plan), given, by=everywhere)
    session.commit()
    assert [cell.state_id for cell in sorted(measure.cells, key=lambda one: one.state_id)] == given.participants
    assert kinds(measure) == ["measure.created", "measure.cells_set"]
    assert kinds(plan) == ["plan.created", "plan.edited"]


@pytest.mark.parametrize("said", ["cell", "rule"])
def test_a_state_of_which_something_is_said_cannot_leave(session: Any, coordinator: Any, said: str) -> None:
    plan = made(coordinator)
    wording = measures.Wording("Watch the passes", "II")
    if said == "rule":
        wording = measures.Wording("Watch the passes", "II", rule=RegionRule.NAMED, named=["TKM"])
    measure = measures.create(plan, wording, by=coordinator)
    session.commit()
    if said == "cell":
        cell = next(one for one in measure.cells if one.state_id == "TKM")
        cell.status = MeasureStatus.PLANNED
    with pytest.raises(Invalid, match="Turkmenistan cannot leave"):
        plans.edit(plan, details(plan), parties(plan, participants=["KAZ", "KGZ", "TJK"]), by=coordinator)


def test_an_edit_that_changes_nothing_leaves_no_event(session: Any, coordinator: Any) -> None:
    plan = made(coordinator)
    session.commit()
    version = plan.version
    plans.edit(plan, details(plan), parties(plan), by=coordinator)
    session.commit()
    assert (kinds(plan), plan.version) == (["plan.created"], version)


def test_whatever_part_of_a_plan_is_changed_its_version_rises(session: Any, coordinator: Any) -> None:
    plan = made(coordinator)
    session.commit()
    seen = [plan.version]
    plans.edit(plan, details(plan), parties(plan, observers=[]), by=coordinator)
    session.commit()
    seen.append(plan.version)
    plans.add_phase(plan, plans.Phase("Phase I", PartialDate(2010)), by=coordinator)
    session.commit()
    seen.append(plan.version)
    assert seen == sorted(set(seen))


def test_phases_stand_in_the_order_of_their_start(session: Any, coordinator: Any) -> None:
    plan = made(coordinator)
    for title, start in (("IV", None), ("II", PartialDate(2013, 9)), ("I", PartialDate(2010))):
        plans.add_phase(plan, plans.Phase(title, start), by=coordinator)
    session.commit()
    session.expire(plan)
    assert [phase.title for phase in plan.phases] == ["I", "II", "IV"]
    plans.remove_phase(plan.phases[0], by=coordinator)
    plans.edit_phase(plan.phases[1], plans.Phase("IV", PartialDate(2012)), by=coordinator)
    session.commit()
    session.expire(plan)
    assert [(phase.title, phase.position) for phase in plan.phases] == [("IV", 1), ("II", 2)]


@pytest.mark.parametrize(
    ("phase", "field"),
    [(plans.Phase(" "), "title"), (plans.Phase("I", PartialDate(2012), PartialDate(2011)), "end")],
)
def test_a_phase_that_cannot_be_is_refused(session: Any, coordinator: Any, phase: Any, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        plans.add_phase(made(coordinator), phase, by=coordinator)
    assert refused.value.field == field


def test_the_strategy_is_kept_by_those_whose_grant_holds_all_states(session: Any, coordinator: Any) -> None:
    strategy = report.load("GCTS")
    review = plans.Review("A/RES/80/1", PartialDate(2025, 6))
    with pytest.raises(Forbidden):
        plans.add_review(strategy, review, by=coordinator)
    row = plans.add_review(strategy, review, by=AccountFactory(role=Role.COORDINATOR))
    session.commit()
    assert strategy.reviews[-1] is row


def ordered(plan: Plan) -> list[str]:
    rows = db.session.scalars(sa.select(Measure).where(Measure.plan_id == plan.id).order_by(Measure.position))
    return [row.text for row in rows]


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ({"d": 1}, "dabc"),
        ({"a": 3}, "bcad"),
        ({"a": 4, "d": 1}, "dbca"),
        ({"b": 900}, "acdb"),
        ({"d": 1, "c": 2}, "dcab"),
        ({"a": 2, "c": 2}, "bacd"),
        ({"a": 2, "b": 1}, "bacd"),
        ({"a": 900, "b": 900}, "cdba"),
        ({}, "abcd"),
    ],
)
def test_a_measure_gets_the_place_given_and_the_others_give_way(
    session: Any, coordinator: Any, places: dict[str, int], expected: str
) -> None:
    plan = made(coordinator)
    rows = {text: measures.create(plan, measures.Wording(text, "II"), by=coordinator) for text in "abcd"}
    first = measures.create(plan, measures.Wording("first pillar", "I"), by=coordinator)
    session.commit()
    plans.reorder(plan, {rows[text].id: place for text, place in places.items()}, by=coordinator)
    session.commit()
    assert ordered(plan) == ["first pillar", *expected]
    assert kinds(plan)[-1] == "plan.reordered"
    assert first.position == 1


def test_the_timeline_names_what_was_moved_and_not_what_gave_way(session: Any, coordinator: Any) -> None:
    plan = made(coordinator)
    rows = {text: measures.create(plan, measures.Wording(text, "II"), by=coordinator) for text in "abcd"}
    measures.create(plan, measures.Wording("first pillar", "I"), by=coordinator)
    session.commit()
    plans.reorder(plan, {rows["d"].id: 2, rows["a"].id: 1}, by=coordinator)
    session.commit()
    newest = timeline.entries("plan", plan.id).entries[0]
    assert newest.moved == ((rows["d"].reference, 4, 2),), "in its pillar"


def test_an_order_that_is_there_leaves_no_event(session: Any, coordinator: Any) -> None:
    plan = made(coordinator)
    row = measures.create(plan, measures.Wording("Watch the passes", "II"), by=coordinator)
    session.commit()
    plans.reorder(plan, {row.id: 1}, by=coordinator)
    session.commit()
    assert (kinds(plan), kinds(row)) == (["plan.created"], ["measure.created"])
