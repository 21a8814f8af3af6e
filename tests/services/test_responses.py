"""State responses: what the State reports stands beside what we assess, and never over it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import AccountFactory, FollowupFactory
from tracker import clock
from tracker.errors import Forbidden, Invalid
from tracker.models import Event, Followup, Implementation, Position, Role
from tracker.partial_date import PartialDate
from tracker.services import responses


@pytest.fixture
def followup(session: Any) -> Followup:
    made: Followup = FollowupFactory()
    return made


def test_a_response_shows_on_the_followup(session: Any, followup: Followup) -> None:
    responses.record(
        followup,
        PartialDate(2007, 5, 2),
        "The bill is before Parliament.",
        by=AccountFactory(),
        reported_status=Implementation.IN_PROGRESS,
        position=Position.ACCEPTS,
        source="Note verbale",
    )
    session.commit()
    assert followup.reported_status is Implementation.IN_PROGRESS
    assert (followup.reported_on, followup.reported_source) == (PartialDate(2007, 5, 2), "Note verbale")
    assert (followup.position, followup.position_on) == (Position.ACCEPTS, PartialDate(2007, 5, 2))
    assert followup.assessed_status is Implementation.NOT_ASSESSED
    assert session.scalar(sa.select(Event.kind).order_by(Event.seq.desc()).limit(1)) == "response.recorded"


def test_a_response_entered_late_leaves_the_newer_one(session: Any, followup: Followup) -> None:
    analyst = AccountFactory()
    newer, older = PartialDate(2008, 1), PartialDate(2007, 12)
    for received, status in ((newer, Implementation.IMPLEMENTED), (older, Implementation.NOT_STARTED)):
        responses.record(followup, received, "x", by=analyst, reported_status=status, position=Position.NOTES)
    assert followup.reported_status is Implementation.IMPLEMENTED
    assert followup.reported_on == followup.position_on == newer
    assert [row.received for row in followup.responses] == [older, newer]


def test_a_response_without_a_status_or_position_changes_neither(session: Any, followup: Followup) -> None:
    analyst = AccountFactory()
    responses.record(followup, PartialDate(2007), "x", by=analyst, reported_status=Implementation.IN_PROGRESS)
    responses.record(followup, PartialDate(2008), "Received with thanks.", by=analyst)
    assert followup.reported_status is Implementation.IN_PROGRESS
    assert followup.reported_on == PartialDate(2007)
    assert followup.position is Position.NONE_YET


def test_the_sealed_text_stays_as_it_is(session: Any, followup: Followup) -> None:
    analyst = AccountFactory()
    responses.record(followup, PartialDate(2007), "x", by=analyst)
    before = followup.content_version
    responses.record(followup, PartialDate(2008), "x", by=analyst, reported_status=Implementation.IMPLEMENTED)
    assert followup.content_version == before


def test_nothing_and_the_future_are_refused(session: Any, followup: Followup) -> None:
    analyst = AccountFactory()
    tomorrow = PartialDate.of(clock.today() + timedelta(days=1))
    for received, text, field in ((PartialDate(2007), " ", "text"), (tomorrow, "x", "received")):
        with pytest.raises(Invalid) as refused:
            responses.record(followup, received, text, by=analyst)
        assert refused.value.field == field


def test_only_analysts_in_scope(session: Any, followup: Followup) -> None:
    for account in (AccountFactory(role=Role.REVIEWER), AccountFactory(states=["IND"])):
        with pytest.raises(Forbidden):
            responses.record(followup, PartialDate(2007), "x", by=account)
