"""Links of follow-ups and measures: what they leave alone, what they leave behind, what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import AccountFactory, FollowupFactory, MeasureFactory, PlanFactory
from tests.submittable import submittable
from tracker import clock, history, policy
from tracker.errors import Forbidden, Invalid
from tracker.models import (
    VERSION_TABLES,
    Event,
    Followup,
    FollowupMeasure,
    FollowupStatus,
    Role,
    SealedState,
)
from tracker.reports import area_pillars
from tracker.reports import measure_links as report
from tracker.services import measure_links, signoff

WHY = "The bill is what the measure asks for."
VERSIONS = VERSION_TABLES["followup_measure"]


def strategy() -> Any:
    return report.measure("GCTS-II-10")


def one_more(plan: Any = None, **given: Any) -> Any:
    """A further measure, of the Strategy where no plan is given."""
    plan = plan or strategy().plan
    made = MeasureFactory(plan=plan, **given)
    history.record("plan.edited", plan, by=None)
    return made


def linked(session: Any) -> list[tuple[int, int]]:
    rows = session.execute(sa.select(FollowupMeasure.followup_id, FollowupMeasure.measure_id))
    return sorted((row.followup_id, row.measure_id) for row in rows)


def told(session: Any, kind: str) -> list[Any]:
    return [
        json.loads(one.text) for one in session.scalars(sa.select(Event).where(Event.kind == kind).order_by(Event.seq))
    ]


def test_a_link_keeps_its_reason_who_made_it_and_an_event(session: Any) -> None:
    analyst, followup, measure = AccountFactory(), FollowupFactory(), strategy()
    measure_links.link(followup, measure, by=analyst, reason=WHY)
    session.commit()
    row = session.get(FollowupMeasure, (followup.id, measure.id))
    assert (row.reason, row.linked_by_id, row.state_id) == (WHY, analyst.id, "PAK")
    (event,) = told(session, "followup.measure_linked")
    assert (event["object"], event["state"], event["reason"]) == (["followup", followup.id], "PAK", WHY)
    assert event["details"] == {"measure": "GCTS-II-10"}


def test_links_have_version_rows_of_their_own(session: Any) -> None:
    analyst, followup, measure = AccountFactory(), FollowupFactory(), strategy()
    measure_links.link(followup, measure, by=analyst, reason=WHY)
    session.commit()
    measure_links.unlink(followup, measure, by=analyst, reason="It belongs to another measure.")
    session.commit()
    spans = session.execute(sa.select(VERSIONS.c.from_event, VERSIONS.c.to_event)).all()
    made, taken = (
        session.scalars(sa.select(Event.seq).where(Event.kind == f"followup.measure_{act}")).one()
        for act in ("linked", "unlinked")
    )
    assert spans == [(made, taken)]
    assert linked(session) == []
    assert told(session, "followup.measure_unlinked")[0]["reason"] == "It belongs to another measure."


def test_a_seal_stays_as_it_is(session: Any) -> None:
    analyst, reviewer = AccountFactory(), AccountFactory(role=Role.REVIEWER)
    followup = submittable(analyst)
    signoff.submit(followup, by=analyst)
    signoff.sign_off(followup, by=reviewer, content_version=followup.content_version)
    session.commit()
    before = (followup.content_version, followup.content_sha256, followup.version, followup.updated_at)
    measure_links.link(followup, strategy(), by=analyst, reason=WHY)
    session.commit()
    session.refresh(followup)
    assert (followup.content_version, followup.content_sha256, followup.version, followup.updated_at) == before
    assert (followup.workflow, followup.sealed_state) == (FollowupStatus.SIGNED_OFF, SealedState.SIGNED)
    assert analyst.id in policy.involved(followup), "the drafter, as before"
    measure_links.unlink(followup, strategy(), by=analyst, reason=WHY)
    session.commit()
    assert followup.sealed_state is SealedState.SIGNED


def test_whoever_linked_may_still_sign(session: Any) -> None:
    analyst = AccountFactory()
    followup = submittable(AccountFactory())
    measure_links.link(followup, strategy(), by=analyst, reason=WHY)
    assert analyst.id not in policy.involved(followup)


def test_while_it_is_before_the_reviewers_it_may_be_linked(session: Any) -> None:
    analyst = AccountFactory()
    followup = submittable(analyst)
    signoff.submit(followup, by=analyst)
    measure_links.link(followup, strategy(), by=analyst, reason=WHY)
    session.commit()
    assert followup.workflow is FollowupStatus.SUBMITTED


def test_in_bulk_each_new_link_leaves_an_event_and_old_ones_none(session: Any) -> None:
    analyst, measure = AccountFactory(), strategy()
    first, second = FollowupFactory(), FollowupFactory(state_id="IND")
    measure_links.link(first, measure, by=analyst, reason=WHY)
    assert measure_links.link_all([first, second], [measure], by=analyst, reason="Both.") == 1
    session.commit()
    assert [event["state"] for event in told(session, "followup.measure_linked")] == ["PAK", "IND"]
    assert linked(session) == [(first.id, measure.id), (second.id, measure.id)]


def test_twice_is_refused(session: Any) -> None:
    analyst, followup, measure = AccountFactory(), FollowupFactory(), strategy()
    measure_links.link(followup, measure, by=analyst, reason=WHY)
    with pytest.raises(Invalid, match="already") as refused:
        measure_links.link(followup, measure, by=analyst, reason=WHY)
    assert refused.value.field == "measures"


def test_no_reason_no_link_and_nothing_taken_off(session: Any) -> None:
    analyst, followup, measure = AccountFactory(), FollowupFactory(), strategy()
    with pytest.raises(Invalid) as refused:
        measure_links.link(followup, measure, by=analyst, reason="  ")
    assert refused.value.field == "reason"
    measure_links.link(followup, measure, by=analyst, reason=WHY)
    with pytest.raises(Invalid):
        measure_links.unlink(followup, measure, by=analyst, reason="")
    assert linked(session) == [(followup.id, measure.id)]


def test_what_is_not_linked_is_not_taken_off(session: Any) -> None:
    with pytest.raises(Invalid, match="does not serve"):
        measure_links.unlink(FollowupFactory(), strategy(), by=AccountFactory(), reason=WHY)


def test_what_has_ended_or_is_retired_is_linked_no_more(session: Any) -> None:
    analyst, measure = AccountFactory(), strategy()
    with pytest.raises(Invalid, match="has ended"):
        measure_links.link(FollowupFactory(workflow=FollowupStatus.WITHDRAWN), measure, by=analyst, reason=WHY)
    retired = one_more(number=99, retired_on=clock.today())
    with pytest.raises(Invalid, match="retired"):
        measure_links.link(FollowupFactory(), retired, by=analyst, reason=WHY)


def test_a_regional_plan_is_served_by_the_states_that_carry_it_out(session: Any) -> None:
    analyst = AccountFactory()
    measure = one_more(plan=PlanFactory(participants=("KGZ",), observers=("UZB",)))
    measure_links.link(FollowupFactory(state_id="KGZ"), measure, by=analyst, reason=WHY)
    for elsewhere in ("UZB", "PAK"):
        with pytest.raises(Invalid, match="does not carry out"):
            measure_links.link(FollowupFactory(state_id=elsewhere), measure, by=analyst, reason=WHY)


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_who_may_not(session: Any, role: Role) -> None:
    followup, measure = FollowupFactory(), strategy()
    with pytest.raises(Forbidden):
        measure_links.link(followup, measure, by=AccountFactory(role=role), reason="")
    measure_links.link(followup, measure, by=AccountFactory(role=Role.COORDINATOR), reason=WHY)
    with pytest.raises(Forbidden):
        measure_links.unlink(followup, measure, by=AccountFactory(role=role), reason="")


def test_one_out_of_scope_and_none_is_linked(session: Any) -> None:
    analyst = AccountFactory(states=["PAK"])
    with pytest.raises(Forbidden):
        measure_links.link_all(
            [FollowupFactory(), FollowupFactory(state_id="IND")], [strategy()], by=analyst, reason=WHY
        )
    assert linked(session) == []


def near(followup: Followup) -> list[report.Offered]:
    return report.suggestions(followup, report.pillars_of(followup))


def near_to(measure: Any, account: Any) -> list[report.OfferedFollowup]:
    return report.suggested_followups(measure, account, area_pillars.by_area())


def test_suggested_is_what_lies_under_the_pillars_of_the_area_and_in_like_words(session: Any) -> None:
    measure = one_more(number=99, text="Supervise hawala brokers", pillar="II")
    elsewhere = one_more(number=98, text="Supervise hawala brokers", pillar="I")
    session.commit()
    followup = FollowupFactory(title="Register hawala brokers", text="", area_code="FIN-06")
    found = {one.reference: one for one in near(followup)}
    assert next(iter(found)) == "GCTS-II-17", "cash couriers are what the area is about"
    assert list(found)[1:3] == [measure.reference, elsewhere.reference]
    assert {"hawala", "brokers"} <= set(found[measure.reference].shared)
    assert (found[measure.reference].is_near, found[elsewhere.reference].is_near) == (True, False)
    assert len(found) == report.SUGGESTED


def test_not_suggested_is_what_it_serves_what_is_retired_and_what_others_carry_out(session: Any) -> None:
    words = {"text": "Supervise hawala brokers"}
    served = one_more(number=99, **words)
    retired = one_more(number=98, retired_on=clock.today(), **words)
    others = one_more(plan=PlanFactory(participants=("KGZ",)), **words)
    own = one_more(plan=PlanFactory(participants=("PAK",)), **words)
    followup = FollowupFactory(title="Register hawala brokers")
    measure_links.link(followup, served, by=AccountFactory(), reason=WHY)
    session.commit()
    references = {one.reference for one in near(followup)}
    assert own.reference in references
    assert not references & {served.reference, retired.reference, others.reference}
    asked = [served.reference, retired.reference, others.reference, own.reference]
    assert set(report.chosen(followup, asked)) == {served, own}


def test_without_area_and_words_nothing_is_suggested(session: Any) -> None:
    assert near(FollowupFactory(area_code=None, title="", text="")) == []


def test_one_word_that_many_measures_hold_suggests_nothing(session: Any) -> None:
    followup = FollowupFactory(title="Help build effective hawala systems", text="", area_code="ASY-01")
    one_more(number=99, text="Supervise hawala brokers", pillar="I")
    session.commit()
    found = {one.reference: set(one.shared) for one in near(followup)}
    assert "GCTS-99" not in found and len(found) < 3, "one word, and no area near"
    assert not {"help", "build", "effective"} & {word for words in found.values() for word in words}
    assert report.unmapped(followup, report.pillars_of(followup)) == ["ASY-01"]
    mapped = FollowupFactory(area_code="FIN-06")
    assert report.unmapped(mapped, report.pillars_of(mapped)) == []


def test_one_common_word_is_no_likeness_and_few_are_suggested_by_area_alone(session: Any) -> None:
    plan = PlanFactory(participants=("PAK",))
    common = [one_more(plan=plan, text=f"Hawala seminar {number}", pillar="II") for number in range(4)]
    rare = one_more(plan=plan, text="Guard quorlith stores", pillar="II")
    session.commit()
    title = "Hawala houses and quorlith: preventing every one of these acts"
    found = near(FollowupFactory(title=title, text="", area_code="FIN-06"))
    shared = {one.reference: set(one.shared) for one in found}
    assert shared[rare.reference] == {"quorlith"}, "alone, but in no other measure"
    assert not any(shared.get(one.reference) for one in common)
    assert not {"acts", "every", "preventing"} & set().union(*shared.values())
    by_area = [bool(one.shared) for one in found]
    assert by_area == sorted(by_area, reverse=True) and by_area.count(False) <= 5, "after those in like words"


def test_one_common_word_of_a_measure_is_no_likeness_of_a_follow_up(session: Any) -> None:
    measure = one_more(text="Supervise hawala", pillar="II")
    for number in range(3):
        FollowupFactory(title=f"Register hawala {number}", text="", area_code="ASY-01")
    for number in range(9):
        FollowupFactory(title=f"Table the bill {number}", text="", area_code="FIN-06")
    FollowupFactory(title="Hawala houses", text="", area_code="FIN-06")
    session.commit()
    found = near_to(measure, AccountFactory())
    assert [one.shared for one in found] == [()] * 5


def test_measures_of_the_states_own_plan_come_first(session: Any) -> None:
    own = one_more(plan=PlanFactory(participants=("PAK",)), text="Supervise hawala brokers", pillar="II")
    one_more(number=99, text="Supervise hawala brokers", pillar="II")
    session.commit()
    assert near(FollowupFactory(title="Register hawala brokers", text="", area_code="FIN-06"))[0].reference == (
        own.reference
    )


def test_follow_ups_are_suggested_for_a_measure_by_words_and_area(session: Any) -> None:
    plan = PlanFactory(participants=("PAK",))
    measure = one_more(plan=plan, text="Supervise hawala brokers", pillar="II")
    alike = FollowupFactory(title="Register hawala brokers", text="", area_code="ASY-01")
    area = FollowupFactory(title="Table the bill", text="", area_code="FIN-06")
    FollowupFactory(title="Register brokers", text="", area_code="ASY-01")
    FollowupFactory(title="Register hawala brokers", text="", area_code="FIN-06", state_id="IND")
    session.commit()
    found = near_to(measure, AccountFactory(states=["PAK", "IND"]))
    session.expire_all()
    assert [one.row.reference for one in found] == [alike.reference, area.reference]
    assert [(set(one.shared), one.is_near) for one in found] == [({"hawala", "brokers"}, False), (set(), True)]


def test_the_nearest_measures_are_suggested_however_many_others_there_are(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "CANDIDATES", 12)
    plan = PlanFactory(participants=("PAK",))
    for number in range(10):
        one_more(plan=plan, text=f"Brokers and guards, seminar {number}", pillar="I")
    for number in range(10):
        one_more(plan=plan, text=f"Hold the session {number}", pillar="II")
    nearest = one_more(plan=plan, text="Register hawala brokers", pillar="II")
    other_pillar = one_more(plan=plan, text="Register hawala brokers", pillar="I")
    session.commit()
    found = near(FollowupFactory(title="Register hawala brokers", text="", area_code="FIN-06"))
    assert [one.reference for one in found][:2] == [nearest.reference, other_pillar.reference]
    of_strategy = [one.reference for one in found if one.plan_code == "GCTS"]
    assert "GCTS-II-17" in of_strategy, "the Strategy's are not pushed out by those of the State's own plan"
    assert len(found) == report.SUGGESTED


def test_the_nearest_follow_ups_are_suggested_however_many_newer_there_are(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "CANDIDATES", 12)
    measure = one_more(plan=PlanFactory(participants=("PAK",)), text="Supervise hawala brokers", pillar="II")
    nearest = FollowupFactory(title="Register hawala brokers", text="", area_code="ASY-01")
    area = FollowupFactory(title="Table the bill", text="", area_code="FIN-06")
    for _number in range(20):
        FollowupFactory(title="Supervise the guards", text="", area_code="ASY-01")
    for _number in range(20):
        FollowupFactory(title="Register hawala brokers", text="", area_code="FIN-06", state_id="IND")
    session.commit()
    everywhere, here = AccountFactory(), AccountFactory(states=["PAK", "IND"])
    for account in (everywhere, here):
        found = [one.row.reference for one in near_to(measure, account)]
        assert found == [nearest.reference, area.reference]


def test_a_word_that_many_follow_ups_hold_suggests_none(session: Any) -> None:
    measure = one_more(text="Supervise hawala brokers", pillar="II")
    for number in range(20):
        FollowupFactory(title=f"Register hawala brokers {number}", text="", area_code="ASY-01")
    seldom = FollowupFactory(title="Supervise brokers of hawala", text="", area_code="FIN-06")
    session.commit()
    (found,) = near_to(measure, AccountFactory())
    assert (found.row.reference, found.shared, found.is_near) == (seldom.reference, ("supervise",), True)
