"""State responses in the browser: beside our assessment, never over it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import AccountFactory, FollowupFactory
from tracker.models import Followup, Implementation, Position, Role, StateResponse

PATH = "/follow-ups/PAK-F001/responses"
GIVEN = {
    "received-day": "2",
    "received-month": "5",
    "received-year": "2007",
    "text": "The bill is before Parliament.",
    "reported_status": "implemented",
    "position": "accepts",
    "source": "Note verbale",
}


@pytest.fixture
def browser(session: Any, sign_in: Any) -> Any:
    FollowupFactory(assessed_status=Implementation.IN_PROGRESS)
    return sign_in(AccountFactory(states=["PAK"]))


def test_a_response_stands_beside_our_assessment(session: Any, browser: Any) -> None:
    answer = browser.post(PATH, data=GIVEN)
    assert answer.status_code == 303
    page = browser.get(answer.location).text
    for words in ("Implemented", "In progress", "Accepts", "2 May 2007", "Note verbale"):
        assert words in page
    followup = session.scalar(sa.select(Followup))
    assert (followup.reported_status, followup.assessed_status) == (
        Implementation.IMPLEMENTED,
        Implementation.IN_PROGRESS,
    )
    assert followup.position is Position.ACCEPTS


def test_status_and_position_may_stay_open(session: Any, browser: Any) -> None:
    answer = browser.post(PATH, data=GIVEN | {"reported_status": "", "position": ""})
    assert answer.status_code == 303
    assert session.scalar(sa.select(Followup.reported_status)) is Implementation.NOT_ASSESSED


def test_sent_six_times_it_stands_there_once(session: Any, browser: Any) -> None:
    data = GIVEN | {"request_key": "0d0f5f5c-6b8a-4a53-9f0f-8b1f6a1f2a3b"}
    assert len({browser.post(PATH, data=data).location for _time in range(6)}) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(StateResponse)) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"received-year": "", "received-month": "", "received-day": ""},
        {"received-year": "2199"},
        {"text": " "},
        {"text": "a" * 100_000},
        {"reported_status": "done"},
        {"position": "none_yet"},
        {"source": "\u2066x"},
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(session: Any, browser: Any, wrong: Any) -> None:
    answer = browser.post(PATH, data=GIVEN | wrong)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert "before Parliament" in answer.text or "text" in wrong


def test_who_may_not(session: Any, browser: Any, sign_in: Any) -> None:
    assert sign_in(AccountFactory(role=Role.COORDINATOR)).post(PATH, data={}).status_code == 403
    assert sign_in(AccountFactory(states=["IND"])).post(PATH, data=GIVEN).status_code == 404
