"""Carry-overs in the browser."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import AccountFactory, FollowupFactory, VisitFactory
from tracker.models import CarryOver, Disposition, Role

PATH = "/follow-ups/PAK-F001/carry-over"


@pytest.fixture
def browser(session: Any, sign_in: Any) -> Any:
    FollowupFactory(visit_id=VisitFactory(year=2006).id)
    return sign_in(AccountFactory(states=["PAK"]))


def test_a_later_visit_takes_it_up_and_says_what_it_found(session: Any, browser: Any) -> None:
    visit = VisitFactory(year=2012)
    page = browser.get(PATH).text
    assert "PAK-2012-1" in page
    assert "PAK-2006-1 (" not in page
    data = {"visit_id": str(visit.id), "request_key": "0d0f5f5c-6b8a-4a53-9f0f-8b1f6a1f2a3b"}
    assert len({browser.post(PATH, data=data).location for _time in range(3)}) == 1
    row = session.scalar(sa.select(CarryOver))
    answer = browser.post(f"{PATH}/{row.id}", data={"disposition": "partly_met", "note": "The bill was tabled."})
    page = browser.get(answer.location).text
    assert "Met in part" in page
    assert "The bill was tabled." in page
    assert session.scalar(sa.select(CarryOver.disposition)) is Disposition.PARTLY_MET


def test_what_is_wrong_is_said(session: Any, browser: Any) -> None:
    VisitFactory(year=2012)
    earlier = VisitFactory(year=2005)
    elsewhere = VisitFactory(state_id="IND", year=2012)
    for wrong in ("", "x", "9" * 30, str(elsewhere.id), str(earlier.id)):
        answer = browser.post(PATH, data={"visit_id": wrong})
        assert answer.status_code == 422, wrong
        assert 'id="visit_id-error"' in answer.text


def test_who_may_not(session: Any, browser: Any, sign_in: Any) -> None:
    visit = VisitFactory(year=2012)
    assert sign_in(AccountFactory(role=Role.REVIEWER)).post(PATH, data={}).status_code == 403
    assert sign_in(AccountFactory(states=["IND"])).get(PATH).status_code == 404
    browser.post(PATH, data={"visit_id": str(visit.id)})
    number = session.scalar(sa.select(CarryOver.id))
    assert sign_in(AccountFactory(states=["IND"])).get(f"{PATH}/{number}").status_code == 404
    assert browser.get(f"{PATH}/{10**26}").status_code == 404
