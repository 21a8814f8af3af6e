"""Progress entries in the browser."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import AccountFactory, FollowupFactory
from tracker.models import FollowupStatus, ProgressEntry, Role

PATH = "/follow-ups/PAK-F001/progress"


@pytest.fixture
def browser(session: Any, sign_in: Any) -> Any:
    FollowupFactory()
    return sign_in(AccountFactory(states=["PAK"]))


def count(session: Any) -> int:
    return int(session.scalar(sa.select(sa.func.count()).select_from(ProgressEntry)))


def test_an_entry_stands_on_the_page(session: Any, browser: Any) -> None:
    answer = browser.post(PATH, data={"text": "First reading passed", "happened-month": "3", "happened-year": "2007"})
    assert answer.status_code == 303
    page = browser.get(answer.location).text
    assert "First reading passed" in page
    assert "March 2007" in page


def test_sent_six_times_it_stands_there_once(session: Any, browser: Any) -> None:
    data = {"text": "First reading passed", "request_key": "0d0f5f5c-6b8a-4a53-9f0f-8b1f6a1f2a3b"}
    places = {browser.post(PATH, data=data).location for _time in range(6)}
    assert len(places) == 1
    assert count(session) == 1


def test_what_was_refused_may_be_sent_again_from_the_same_page(session: Any, browser: Any) -> None:
    data = {"text": "First reading passed", "request_key": "0d0f5f5c-6b8a-4a53-9f0f-8b1f6a1f2a3b"}
    assert browser.post(PATH, data=data | {"happened-year": "2199"}).status_code == 422
    assert browser.post(PATH, data=data | {"happened-year": "2007"}).status_code == 303
    assert count(session) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": ""},
        {"text": "x\x00"},
        {"text": "\u202e"},
        {"text": "a" * 100_000},
        {"happened-year": "9999"},
        {"happened-day": "30", "happened-month": "2", "happened-year": "2007"},
        {"happened-year": "2199"},
        {"source": "a" * 2000},
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(session: Any, browser: Any, wrong: Any) -> None:
    answer = browser.post(PATH, data={"text": "Kept words", "source": "Gazette"} | wrong)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert "Kept words" in answer.text or "text" in wrong
    assert count(session) == 0


def test_who_may_not(session: Any, browser: Any, sign_in: Any) -> None:
    assert sign_in(AccountFactory(role=Role.REVIEWER)).post(PATH, data={"text": ""}).status_code == 403
    assert sign_in(AccountFactory(states=["IND"])).post(PATH, data={"text": "x"}).status_code == 404
    FollowupFactory(workflow=FollowupStatus.WITHDRAWN)
    assert browser.get("/follow-ups/PAK-F002/progress").status_code == 403
