"""Meetings: recorded, edited, their outcomes kept, and what became of a recommendation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import AccountFactory, FollowupFactory, MeasureFactory, PlanFactory
from tracker.errors import Forbidden, Invalid, Stale
from tracker.extensions import db
from tracker.models import Account, Event, Meeting, MeetingOutcome, MeetingPart, OutcomeFollowup, OutcomeKind, Role
from tracker.partial_date import PartialDate
from tracker.reports import audit, catalogue
from tracker.services import meetings
from tracker.services.meetings import MeetingInput

GIVEN = MeetingInput(
    title="Second expert meeting",
    start=PartialDate(2011, 3, 29),
    end=PartialDate(2011, 3, 30),
    series="Joint plan",
    pillars=["IV", "II"],
    states=["TJK", "KGZ"],
    source="A page",
)


@pytest.fixture
def coordinator(session: Any) -> Account:
    account: Account = AccountFactory(role=Role.COORDINATOR)
    return account


@pytest.fixture
def meeting(coordinator: Account) -> Meeting:
    return meetings.create(GIVEN, by=coordinator)


def kinds(meeting: Meeting) -> list[str]:
    """What happened to it, in order."""
    db.session.commit()
    of_meeting = sa.select(Event.kind).where(Event.object_type == "meeting", Event.object_id == meeting.id)
    return list(db.session.scalars(of_meeting.order_by(Event.seq)))


def organisation(acronym: str) -> int:
    return next(one.id for one in catalogue.organisations().values() if one.acronym == acronym)


def test_a_meeting_has_the_next_number_of_its_year(coordinator: Account, meeting: Meeting) -> None:
    second = meetings.create(GIVEN, by=coordinator)
    other = meetings.create(replace(GIVEN, start=PartialDate(2003), end=None), by=coordinator)
    assert [one.reference for one in (meeting, second, other)] == ["MTG-2011-1", "MTG-2011-2", "MTG-2003-1"]
    assert (meeting.pillars, meetings.pillars_of(meeting)) == ("II;IV", ["II", "IV"])
    assert kinds(meeting) == ["meeting.created"]


def test_what_is_read_of_a_meeting_writes_it_as_it_was(coordinator: Account, meeting: Meeting) -> None:
    meetings.edit(meeting, meetings.input_of(meeting), by=coordinator)
    assert kinds(meeting) == ["meeting.created"], "saving what is there leaves no event"


def test_the_version_rises_where_a_link_alone_is_changed(coordinator: Account, meeting: Meeting) -> None:
    db.session.commit()
    before = meeting.version
    hosts = [organisation("EU"), organisation("UNRCCA")]
    meetings.edit(meeting, replace(meetings.input_of(meeting), hosts=hosts, states=["TJK"]), by=coordinator)
    db.session.commit()
    assert meeting.version > before
    assert {row.organisation_id for row in meeting.organisations if row.part is MeetingPart.HOST} == set(hosts)
    assert [row.state_id for row in meeting.states] == ["TJK"]
    with pytest.raises(Stale):
        meetings.edit(meeting, GIVEN, by=coordinator, version=before)


def test_one_organisation_may_host_and_take_part(coordinator: Account, meeting: Meeting) -> None:
    both = replace(GIVEN, hosts=[organisation("EU")], participants=[organisation("EU")])
    meetings.edit(meeting, both, by=coordinator)
    assert {row.part for row in meeting.organisations} == {MeetingPart.HOST, MeetingPart.PARTICIPANT}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "  "}, "title"),
        ({"source": ""}, "source"),
        ({"end": PartialDate(2010)}, "end"),
        ({"pillars": ["V"]}, "pillars"),
        ({"plan_id": 999}, "plan_id"),
        ({"states": ["ZZZ"]}, "states"),
        ({"hosts": [99_999]}, "hosts"),
        ({"co_organisers": [99_999]}, "co_organisers"),
        ({"participants": [99_999]}, "participants"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(coordinator: Account, changes: Any, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        meetings.create(replace(GIVEN, **changes), by=coordinator)
    assert refused.value.field == field


@pytest.mark.parametrize("role", [Role.ANALYST, Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_only_coordinators_write(meeting: Meeting, coordinator: Account, role: Role) -> None:
    other = AccountFactory(role=role)
    gap = meetings.add_outcome(meeting, OutcomeKind.GAP, "No register", by=coordinator)
    for act in (
        lambda: meetings.create(GIVEN, by=other),
        lambda: meetings.edit(meeting, GIVEN, by=other),
        lambda: meetings.add_outcome(meeting, OutcomeKind.GAP, "No list", by=other),
        lambda: meetings.edit_outcome(gap, OutcomeKind.GAP, "No list of contacts", by=other),
        lambda: meetings.remove_outcome(gap, "Entered twice", by=other),
    ):
        with pytest.raises(Forbidden):
            act()


# Outcomes


def test_outcomes_stand_in_their_order_and_one_is_taken_off_with_a_reason(
    coordinator: Account, meeting: Meeting
) -> None:
    kinds_in_order = OutcomeKind.GOOD_PRACTICE, OutcomeKind.TOPIC, OutcomeKind.RECOMMENDATION
    first, second, third = (
        meetings.add_outcome(meeting, kind, f"About {kind}", by=coordinator) for kind in kinds_in_order
    )
    with pytest.raises(Invalid):
        meetings.remove_outcome(second, " ", by=coordinator)
    meetings.remove_outcome(second, "Entered twice", by=coordinator)
    assert kinds(meeting)[-1] == "meeting.outcome_removed"
    fourth = meetings.add_outcome(meeting, OutcomeKind.GAP, "No list", by=coordinator)
    assert [row.position for row in (first, second, third, fourth)] == [1, None, 3, 4]
    with pytest.raises(Stale):
        meetings.remove_outcome(second, "Entered twice", by=coordinator)


def test_an_outcome_is_corrected_in_its_place_and_saving_it_as_it_is_leaves_no_event(
    coordinator: Account, meeting: Meeting
) -> None:
    outcome = meetings.add_outcome(meeting, OutcomeKind.GAP, "No list", by=coordinator)
    meetings.add_outcome(meeting, OutcomeKind.TOPIC, "Lists", by=coordinator)
    assert meetings.edit_outcome(outcome, OutcomeKind.GOOD_PRACTICE, " A list ", by=coordinator)
    assert not meetings.edit_outcome(outcome, OutcomeKind.GOOD_PRACTICE, "A list", by=coordinator)
    assert kinds(meeting).count("meeting.outcome_edited") == 1
    assert (outcome.position, outcome.kind, outcome.text) == (1, OutcomeKind.GOOD_PRACTICE, "A list")
    with pytest.raises(Invalid):
        meetings.edit_outcome(outcome, OutcomeKind.GAP, " ", by=coordinator)


def test_two_who_correct_outcomes_meet_at_the_version_of_the_meeting(coordinator: Account, meeting: Meeting) -> None:
    outcome = meetings.add_outcome(meeting, OutcomeKind.GAP, "No list", by=coordinator)
    db.session.commit()
    seen = meeting.version
    meetings.edit_outcome(outcome, OutcomeKind.GAP, "No list of contacts", by=coordinator, version=seen)
    db.session.commit()
    assert meeting.version > seen
    with pytest.raises(Stale):
        meetings.edit_outcome(outcome, OutcomeKind.GAP, "No register", by=coordinator, version=seen)
    meetings.remove_outcome(outcome, "Entered twice", by=coordinator)
    with pytest.raises(Stale):
        meetings.edit_outcome(outcome, OutcomeKind.GAP, "No register", by=coordinator)


def test_an_outcome_without_words_is_refused(coordinator: Account, meeting: Meeting) -> None:
    with pytest.raises(Invalid):
        meetings.add_outcome(meeting, OutcomeKind.GAP, " ", by=coordinator)


# What a recommendation becomes


@pytest.fixture
def recommendation(coordinator: Account, meeting: Meeting) -> MeetingOutcome:
    return meetings.add_outcome(meeting, OutcomeKind.RECOMMENDATION, "Keep a register", by=coordinator)


def became(outcome: MeetingOutcome) -> dict[str, int]:
    """The follow-ups that it became, by State."""
    rows = sa.select(OutcomeFollowup).where(OutcomeFollowup.outcome_id == outcome.id)
    return {row.state_id: row.followup_id for row in db.session.scalars(rows)}


def test_it_becomes_one_measure_and_a_follow_up_of_each_state(
    coordinator: Account, meeting: Meeting, recommendation: MeetingOutcome
) -> None:
    analyst, measure = AccountFactory(role=Role.ANALYST), MeasureFactory()
    one, other = FollowupFactory(), FollowupFactory(state_id="IND")
    meetings.become(recommendation, measure, by=coordinator)
    for made in (one, other):
        meetings.become(recommendation, made, by=analyst)
    assert recommendation.measure_id == measure.id
    assert became(recommendation) == {"PAK": one.id, "IND": other.id}
    with pytest.raises(Stale):
        meetings.become(recommendation, MeasureFactory(), by=coordinator)
    assert kinds(meeting)[-3:] == ["meeting.outcome_became"] * 3


def test_a_second_follow_up_of_one_state_is_refused_and_the_first_named(
    coordinator: Account, recommendation: MeetingOutcome
) -> None:
    analyst, first = AccountFactory(role=Role.ANALYST), FollowupFactory()
    meetings.become(recommendation, first, by=analyst)
    with pytest.raises(Stale, match=first.reference):
        meetings.become(recommendation, FollowupFactory(), by=analyst)


def test_one_that_was_taken_off_stays_the_origin_and_becomes_nothing_more(
    coordinator: Account, meeting: Meeting, recommendation: MeetingOutcome
) -> None:
    analyst, followup = AccountFactory(role=Role.ANALYST), FollowupFactory()
    meetings.become(recommendation, followup, by=analyst)
    meetings.remove_outcome(recommendation, "Not adopted in the end", by=coordinator)
    assert became(recommendation) == {"PAK": followup.id}
    with pytest.raises(Stale):
        meetings.become(recommendation, FollowupFactory(state_id="IND"), by=analyst)
    db.session.commit()
    assert audit.verify(with_head=False).problem is None


def test_what_became_a_follow_up_is_told_on_its_state_and_a_measure_on_none(
    coordinator: Account, recommendation: MeetingOutcome
) -> None:
    meetings.become(recommendation, MeasureFactory(), by=coordinator)
    meetings.become(recommendation, FollowupFactory(), by=AccountFactory(role=Role.ANALYST))
    db.session.commit()
    became = sa.select(Event.state_id).where(Event.kind == "meeting.outcome_became").order_by(Event.seq)
    assert list(db.session.scalars(became)) == [None, "PAK"]


def test_whoever_may_write_the_record_makes_it_of_the_recommendation(
    coordinator: Account, recommendation: MeetingOutcome
) -> None:
    elsewhere = AccountFactory(role=Role.ANALYST, states=["IND"])
    with pytest.raises(Forbidden):
        meetings.become(recommendation, FollowupFactory(), by=elsewhere)
    part = AccountFactory(role=Role.COORDINATOR, states=["KGZ"])
    with pytest.raises(Forbidden):
        meetings.become(recommendation, MeasureFactory(plan=PlanFactory(participants=("KGZ", "TJK"))), by=part)
    with pytest.raises(Forbidden):
        meetings.become(recommendation, FollowupFactory(), by=coordinator)


def test_a_topic_becomes_a_measure_and_no_follow_up(coordinator: Account, meeting: Meeting) -> None:
    topic = meetings.add_outcome(meeting, OutcomeKind.TOPIC, "Countering financing", by=coordinator)
    with pytest.raises(Invalid):
        meetings.become(topic, FollowupFactory(), by=AccountFactory(role=Role.ANALYST))
    measure = MeasureFactory()
    meetings.become(topic, measure, by=coordinator)
    assert topic.measure_id == measure.id


@pytest.mark.parametrize("kind", [OutcomeKind.GAP, OutcomeKind.GOOD_PRACTICE])
def test_a_gap_or_a_good_practice_becomes_nothing(coordinator: Account, meeting: Meeting, kind: OutcomeKind) -> None:
    outcome = meetings.add_outcome(meeting, kind, "No register", by=coordinator)
    with pytest.raises(Invalid):
        meetings.become(outcome, MeasureFactory(), by=coordinator)
