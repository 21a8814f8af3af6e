"""Comments in the browser: posted from a record's page, told in its timeline, once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories import AccountFactory, ConclusionFactory, FollowupFactory, VisitFactory
from tracker.models import Comment, Role
from tracker.services import assessments

SignIn = Callable[[Any], FlaskClient]
TEXT = "comment-text"


@pytest.fixture
def analyst(session: Any) -> Any:
    return AccountFactory(role=Role.ANALYST)


@pytest.fixture
def browser(sign_in: SignIn, analyst: Any) -> FlaskClient:
    return sign_in(analyst)


@pytest.mark.parametrize(
    ("address", "back"),
    [
        ("/comments/visit/PAK-2006-1", "/visits/PAK-2006-1#timeline"),
        ("/comments/matrix/PAK-2006-1-M", "/visits/PAK-2006-1/matrix#timeline"),
        ("/comments/conclusion/PAK-2006-1-C1", "/conclusions/PAK-2006-1-C1#timeline"),
        ("/comments/followup/PAK-F001", "/follow-ups/PAK-F001#timeline"),
    ],
)
def test_a_comment_lands_in_the_timeline(
    browser: FlaskClient, session: Any, analyst: Any, address: str, back: str
) -> None:
    visit = VisitFactory()
    assessments.assess(visit, "FIN-02", by=analyst, rating="largely")
    ConclusionFactory(visit=visit)
    FollowupFactory()
    answer = browser.post(address, data={TEXT: "When is the vote?"})
    assert (answer.status_code, answer.location) == (303, back)
    assert session.scalar(sa.select(Comment.text)) == "When is the vote?"


def test_it_is_read_on_the_record_by_colleagues(browser: FlaskClient, sign_in: SignIn, session: Any) -> None:
    ConclusionFactory()
    page = browser.get("/conclusions/PAK-2006-1-C1").text
    assert 'action="/comments/conclusion/PAK-2006-1-C1"' in page
    browser.post("/comments/conclusion/PAK-2006-1-C1", data={TEXT: "<b>When</b> is the vote?"})
    page = sign_in(AccountFactory(role=Role.AUDITOR)).get("/conclusions/PAK-2006-1-C1").text
    assert "&lt;b&gt;When&lt;/b&gt; is the vote?" in page
    assert "/comments/" not in page


def test_the_same_form_sent_twice_makes_one(browser: FlaskClient, session: Any) -> None:
    ConclusionFactory()
    page = browser.get("/conclusions/PAK-2006-1-C1").text
    key = re.search(r'name="comment-request_key"[^>]*value="([0-9a-f-]+)"', page)
    assert key
    for _time in range(3):
        data = {TEXT: "Once.", "comment-request_key": key.group(1)}
        assert browser.post("/comments/conclusion/PAK-2006-1-C1", data=data).status_code == 303
    assert session.scalar(sa.select(sa.func.count()).select_from(Comment)) == 1


@pytest.mark.parametrize("text", ["", " ", "a\x00b", "x" * 20_000])
def test_a_bad_comment_is_told_and_kept(browser: FlaskClient, session: Any, text: str) -> None:
    ConclusionFactory()
    answer = browser.post("/comments/conclusion/PAK-2006-1-C1", data={TEXT: text})
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert session.scalar(sa.select(sa.func.count()).select_from(Comment)) == 0


def test_who_may_not(sign_in: SignIn, session: Any) -> None:
    ConclusionFactory()
    address = "/comments/conclusion/PAK-2006-1-C1"
    assert sign_in(AccountFactory(states=["IND"])).post(address, data={TEXT: "Hm."}).status_code == 404
    refused = sign_in(AccountFactory(role=Role.AUDITOR)).post(address, data={TEXT: "Hm."})
    assert refused.status_code == 403 and "Who may" in refused.text


@pytest.mark.parametrize("address", ["/comments/state/PAK", "/comments/visit/ZZZ-1", "/comments/account/1"])
def test_other_things_are_not_commented_on(browser: FlaskClient, address: str) -> None:
    assert browser.post(address, data={TEXT: "Hm."}).status_code == 404
