"""Carry-overs in the browser."""

from __future__ import annotations

import re
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
    finding = {"disposition": "partly_met", "note": "The bill was tabled."}
    answer = browser.post(f"{PATH}/{row.id}", data=finding | {"version": version_on(browser.get(f"{PATH}/{row.id}"))})
    page = browser.get(answer.location).text
    assert "Met in part" in page
    assert "The bill was tabled." in page
    assert session.scalar(sa.select(CarryOver.disposition)) is Disposition.PARTLY_MET


def test_a_visit_that_is_still_to_come_has_found_nothing(session: Any, browser: Any) -> None:
    browser.post(PATH, data={"visit_id": str(VisitFactory(year=2090).id)})
    path = f"{PATH}/{session.scalar(sa.select(CarryOver.id))}"
    finding = {"disposition": "met", "note": "Seen there.", "version": version_on(browser.get(path))}
    refused = browser.post(path, data=finding)
    assert refused.status_code == 422
    assert "The visit has not begun, and has found nothing yet." in refused.text and "Seen there." in refused.text
    assert session.scalar(sa.select(CarryOver.disposition)) is Disposition.PENDING


def test_only_visits_that_may_take_it_up_are_offered(session: Any, browser: Any) -> None:
    taken, later = VisitFactory(year=2012), VisitFactory(year=2016)
    VisitFactory(year=2005)
    browser.post(PATH, data={"visit_id": str(taken.id)})
    page = browser.get(PATH).text
    assert re.findall(r"(PAK-\d+-\d+) \(", page) == [later.reference]


def test_where_no_later_visit_is_known_the_page_says_what_to_do(session: Any, browser: Any) -> None:
    page = browser.get(PATH).text
    assert "No later visit can take it up" in page
    assert 'href="/visits/new?state=PAK"' in page
    assert "Carry over</button>" not in page


def test_the_page_of_the_visit_leads_to_what_it_took_up(session: Any, browser: Any) -> None:
    visit = VisitFactory(year=2012)
    page = browser.get("/visits/PAK-2012-1").text
    assert "under “Later visits”" in page
    browser.post(PATH, data={"visit_id": str(visit.id)})
    page = browser.get("/visits/PAK-2012-1").text
    assert f'href="{PATH}/{session.scalar(sa.select(CarryOver.id))}"' in page
    assert "/follow-ups?visit=PAK-2012-1" not in page, "the list has none of them: the visit raised none"
    assert "/follow-ups?visit=PAK-2006-1" in browser.get("/visits/PAK-2006-1").text


def test_a_page_that_is_out_of_date_overwrites_nothing(session: Any, browser: Any) -> None:
    browser.post(PATH, data={"visit_id": str(VisitFactory(year=2012).id)})
    path = f"{PATH}/{session.scalar(sa.select(CarryOver.id))}"
    version = version_on(browser.get(path))
    first = {"version": version, "disposition": "met", "note": "The act is published."}
    assert browser.post(path, data=first).status_code == 303
    late = {"version": version, "disposition": "still_open", "note": "Nothing was seen."}
    answer = browser.post(path, data=late)
    assert answer.status_code == 409
    assert "The act is published." in answer.text
    assert "Nothing was seen." in answer.text
    session.expire_all()
    assert session.scalar(sa.select(CarryOver.disposition)) is Disposition.MET
    assert browser.post(path, data=late | {"version": version_on(answer)}).status_code == 303
    session.expire_all()
    assert session.scalar(sa.select(CarryOver.disposition)) is Disposition.STILL_OPEN
    assert browser.post(path, data={"disposition": "met", "note": ""}).status_code == 409


def version_on(answer: Any) -> str:
    """The version that the page's form carries."""
    found = re.search(r'name="version" value="(\d+)"', answer.text)
    assert found, answer.text
    return found.group(1)


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
