"""Who takes the place of a superseded follow-up must still stand when the reviewer signs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import AccountFactory, FollowupFactory
from tracker.errors import Stale
from tracker.models import Followup, FollowupStatus
from tracker.services import followups, succession


@pytest.fixture
def pair(session: Any) -> tuple[Followup, Followup]:
    """A follow-up and the one that is to take its place."""
    successor = FollowupFactory()
    return FollowupFactory(superseded_by_id=successor.id), successor


def test_a_successor_that_stands_is_enough(pair: tuple[Followup, Followup]) -> None:
    followup, successor = pair
    succession.check(followup)
    successor.workflow = FollowupStatus.SIGNED_OFF
    succession.check(followup)


def test_a_successor_that_ended_meanwhile_is_none(session: Any, pair: tuple[Followup, Followup]) -> None:
    followup, successor = pair
    followups.withdraw(successor, "Entered twice", by=AccountFactory())
    with pytest.raises(Stale) as refused:
        succession.check(followup)
    assert successor.reference in refused.value.message


def test_nobody_and_itself_are_no_successors(session: Any) -> None:
    followup = FollowupFactory()
    with pytest.raises(Stale):
        succession.check(followup)
    followup.superseded_by_id = followup.id
    with pytest.raises(Stale):
        succession.check(followup)
