"""Measures: numbered by their plan, edited, retired and put back with a reason, a status stated and taken back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import AccountFactory
from tests.services.test_plans import kinds, made
from tracker.errors import Forbidden, Invalid
from tracker.extensions import db
from tracker.models import Event, Measure, MeasureStatus, RegionRule, Role
from tracker.partial_date import PartialDate
from tracker.reports import plans as report
from tracker.services import measures
from tracker.services.measures import Wording

PASSES = Wording("Watch the passes", "II")


@pytest.fixture
def coordinator(session: Any) -> Any:
    return AccountFactory(role=Role.COORDINATOR)


@pytest.fixture
def measure(coordinator: Any) -> Measure:
    return measures.create(made(coordinator), PASSES, by=coordinator)


def strategy(reference: str) -> int:
    return db.session.scalars(sa.select(Measure.id).where(Measure.reference == reference)).one()


def test_a_measure_gets_the_next_number_of_its_plan(session: Any, coordinator: Any) -> None:
    plan = made(coordinator)
    names = [
        measures.create(plan, Wording(f"{number} at place {place}", "II"), by=coordinator, number=number).reference
        for place, number in enumerate((None, 7, None))
    ]
    session.commit()
    assert names == ["CX-2011-M01", "CX-2011-M07", "CX-2011-M08"]


def test_the_strategy_counts_in_each_pillar(session: Any, coordinator: Any) -> None:
    added = measures.create(report.load("GCTS"), PASSES, by=coordinator)
    session.commit()
    assert (added.reference, added.cells) == ("GCTS-II-19", [])


def test_a_number_is_given_once(session: Any, coordinator: Any, measure: Measure) -> None:
    with pytest.raises(Invalid) as refused:
        measures.create(measure.plan, PASSES, by=coordinator, number=1)
    assert refused.value.field == "number"


def test_what_a_measure_says_is_kept_with_its_links(session: Any, coordinator: Any, measure: Measure) -> None:
    carried = strategy("GCTS-II-10")
    wording = Wording(
        "Watch the passes together",
        "III",
        wording_note="in short",
        lead_body="UNRCCA",
        partners="UNODC",
        deadline=PartialDate(2013, 6),
        indicator="A post at each pass",
        carries=[carried],
        rule=RegionRule.NAMED,
        named=["TKM", "KAZ"],
    )
    measures.edit(measure, wording, by=coordinator)
    session.commit()
    session.expire(measure)
    assert (measure.reference, measure.pillar, measure.deadline) == ("CX-2011-M01", "III", PartialDate(2013, 6))
    assert [row.strategy_measure_id for row in measure.carries] == [carried]
    assert [row.state_id for row in measure.named_states] == ["KAZ", "TKM"]
    version = measure.version
    measures.edit(measure, wording, by=coordinator)
    assert (kinds(measure), measure.version) == (["measure.created", "measure.edited"], version)
    with pytest.raises(Invalid, match="only for the rule that names them"):
        measures.edit(measure, Wording(wording.text, "III", carries=[carried], named=["TKM"]), by=coordinator)
    measures.edit(measure, Wording(wording.text, "III", carries=[carried]), by=coordinator)
    session.commit()
    session.expire(measure)
    assert measure.named_states == [], "names belong to the rule that names them"
    assert measure.version > version


@pytest.mark.parametrize(
    ("wording", "field"),
    [
        (Wording(" ", "II"), "text"),
        (Wording("x", "V"), "pillar"),
        (Wording("x", "II", rule=RegionRule.NAMED), "named"),
        (Wording("x", "II", rule=RegionRule.NAMED, named=["UZB"]), "named"),
        (Wording("x", "II", carries=[0]), "carries"),
    ],
)
def test_what_a_measure_cannot_be_is_refused(
    session: Any, coordinator: Any, measure: Measure, wording: Wording, field: str
) -> None:
    for act in (measures.create, measures.edit):
        with pytest.raises(Invalid) as refused:
            act(measure.plan if act is measures.create else measure, wording, by=coordinator)
        assert refused.value.field == field


def test_a_measure_of_the_strategy_keeps_its_pillar_and_carries_out_none(session: Any, coordinator: Any) -> None:
    row = report.load_measure("GCTS-II-10")
    with pytest.raises(Invalid) as refused:
        measures.edit(row, Wording(row.text, "III"), by=coordinator)
    assert refused.value.field == "pillar"
    with pytest.raises(Invalid, match="regional plan"):
        measures.edit(row, Wording(row.text, "II", carries=[row.id]), by=coordinator)


def test_a_regional_measure_is_no_measure_of_the_strategy(session: Any, coordinator: Any, measure: Measure) -> None:
    with pytest.raises(Invalid) as refused:
        measures.create(measure.plan, Wording("x", "II", carries=[measure.id]), by=coordinator)
    assert refused.value.field == "carries"


def test_a_measure_is_retired_and_put_back_with_a_reason(session: Any, coordinator: Any, measure: Measure) -> None:
    with pytest.raises(Invalid):
        measures.retire(measure, " ", by=coordinator)
    measures.retire(measure, "Merged", by=coordinator)
    session.commit()
    assert measure.retired_on is not None and measure.retired_reason == "Merged"
    for act in (
        lambda: measures.edit(measure, PASSES, by=coordinator),
        lambda: measures.retire(measure, "Again", by=coordinator),
        lambda: measures.state_status(measure, MeasureStatus.PLANNED, date(2012, 1, 1), "x", by=coordinator),
    ):
        with pytest.raises(Invalid, match="retired"):
            act()
    measures.reinstate(measure, "Wrongly merged", by=coordinator)
    session.commit()
    assert (measure.retired_on, measure.retired_reason) == (None, "")
    assert kinds(measure) == ["measure.created", "measure.retired", "measure.reinstated"]
    with pytest.raises(Invalid):
        measures.reinstate(measure, "Again", by=coordinator)


def test_a_measure_is_not_put_back_beside_one_that_says_the_same(
    session: Any, coordinator: Any, measure: Measure
) -> None:
    measures.retire(measure, "Merged", by=coordinator)
    again = measures.create(measure.plan, PASSES, by=coordinator)
    session.commit()
    with pytest.raises(Invalid, match=f"{again.reference} says the same"):
        measures.reinstate(measure, "Wrongly merged", by=coordinator)
    assert measure.retired_on is not None
    measures.edit(again, Wording("Watch the rivers", "II"), by=coordinator)
    measures.reinstate(measure, "Wrongly merged", by=coordinator)
    session.commit()
    assert measure.retired_on is None


def test_a_status_is_stated_with_day_and_reason_and_taken_back(
    session: Any, coordinator: Any, measure: Measure
) -> None:
    measures.state_status(measure, MeasureStatus.SUSPENDED, date(2012, 1, 1), "No funds", by=coordinator)
    session.commit()
    assert (measure.stated_status, measure.stated_on) == (MeasureStatus.SUSPENDED, date(2012, 1, 1))
    assert (measure.stated_reason, measure.stated_by_id) == ("No funds", coordinator.id)
    measures.withdraw_status(measure, "Funds came", by=coordinator)
    session.commit()
    assert (measure.stated_status, measure.stated_on, measure.stated_reason) == (None, None, "")
    assert kinds(measure)[1:] == ["measure.status_stated", "measure.status_withdrawn"]
    reasons = db.session.scalars(sa.select(Event.text).where(Event.kind == "measure.status_withdrawn")).one()
    assert "Funds came" in reasons
    with pytest.raises(Invalid):
        measures.withdraw_status(measure, "Again", by=coordinator)


@pytest.mark.parametrize(
    ("day", "reason", "field"), [(date(2199, 1, 1), "x", "stated_on"), (date(2012, 1, 1), "", "stated_reason")]
)
def test_a_status_without_reason_or_of_the_future_is_refused(
    session: Any, coordinator: Any, measure: Measure, day: date, reason: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        measures.state_status(measure, MeasureStatus.COMPLETED, day, reason, by=coordinator)
    assert refused.value.field == field


def test_a_smaller_grant_does_not_keep_a_plan(session: Any, measure: Measure) -> None:
    smaller = AccountFactory(role=Role.COORDINATOR, states=["KAZ", "KGZ", "TJK"])
    for act in (
        lambda: measures.create(measure.plan, PASSES, by=smaller),
        lambda: measures.edit(measure, PASSES, by=smaller),
        lambda: measures.retire(measure, "x", by=smaller),
        lambda: measures.reinstate(measure, "x", by=smaller),
        lambda: measures.state_status(measure, MeasureStatus.PLANNED, date(2012, 1, 1), "x", by=smaller),
        lambda: measures.withdraw_status(measure, "x", by=smaller),
    ):
        with pytest.raises(Forbidden, match="every Member State that takes part"):
            act()
