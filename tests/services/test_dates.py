"""A day that has not come is refused in the same words, wherever what happened is recorded."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import AccountFactory, ConclusionFactory, FollowupFactory, VisitFactory
from tracker.errors import Invalid
from tracker.models import ConclusionStatus, Implementation, Position, VisitStage
from tracker.partial_date import PartialDate
from tracker.services import conclusions, followups, progress, responses, visits

LATER = PartialDate(2099)
ACTS = {
    "assessed": lambda by: followups.assess_status(FollowupFactory(), Implementation.IMPLEMENTED, LATER, by=by),
    "position": lambda by: followups.set_position(FollowupFactory(), Position.ACCEPTS, LATER, by=by),
    "progress": lambda by: progress.add(FollowupFactory(), "The bill was tabled.", by=by, happened=LATER),
    "response": lambda by: responses.record(FollowupFactory(), LATER, "It is before Parliament.", by=by),
    "shared": lambda by: conclusions.share_with_state(
        ConclusionFactory(workflow=ConclusionStatus.SIGNED_OFF), by=by, happened=LATER
    ),
    "stage": lambda by: visits.move_stage(VisitFactory(), VisitStage.ADOPTED, by=by, happened=LATER),
}


@pytest.mark.parametrize("act", ACTS)
def test_in_the_same_words(session: Any, act: str) -> None:
    with pytest.raises(Invalid) as refused:
        ACTS[act](AccountFactory())
    assert refused.value.message == "This date lies in the future. Record what has happened."
