"""Member States: the list in scope, its file, and the page of one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.counting import statements
from tests.factories import AccountFactory, AuthorityFactory, ConclusionFactory, FollowupFactory, VisitFactory
from tracker.models import FollowupStatus, Implementation, Position, Role
from tracker.partial_date import PartialDate

SignIn = Callable[[Any], FlaskClient]
LONG_AGO = PartialDate(2007, 1, 31)


@pytest.fixture
def browser(session: Any, sign_in: SignIn) -> FlaskClient:
    return sign_in(AccountFactory(role=Role.ANALYST, states=["PAK", "MKD", "KAZ"]))


def followups(**columns: Any) -> Any:
    return FollowupFactory(**{"current_due": LONG_AGO, **columns})


def names(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/states/([A-Z]{3})">', page)


def test_the_list_holds_the_states_in_scope_by_name_and_by_region(browser: FlaskClient) -> None:
    assert names(browser.get("/states").text) == ["KAZ", "MKD", "PAK"]
    assert names(browser.get("/states?sort=-name").text) == ["PAK", "MKD", "KAZ"]
    assert names(browser.get("/states?sort=region").text)[-1] == "MKD"
    assert names(browser.get("/states?region=142").text) == ["KAZ", "PAK"]


@pytest.mark.parametrize("sort", ["overdue", "open", "visits", "-overdue"])
def test_no_figure_sorts_the_states(browser: FlaskClient, sort: str) -> None:
    page = browser.get(f"/states?sort={sort}").text
    assert names(page) == ["KAZ", "MKD", "PAK"]
    assert "cannot be sorted by" in page


@pytest.mark.parametrize("q", ["pakistan", "PAKIST", "Пакистан", "باكستان", "pak"])
def test_a_state_is_found_by_any_of_its_names(browser: FlaskClient, q: str) -> None:
    assert names(browser.get("/states", query_string={"q": q}).text) == ["PAK"]


def test_a_state_is_found_by_its_former_name(browser: FlaskClient) -> None:
    assert names(browser.get("/states?q=former+Yugoslav").text) == ["MKD"]


def test_figures_lead_to_the_rows_they_count(browser: FlaskClient) -> None:
    VisitFactory()
    followups()
    followups(assessed_status=Implementation.IMPLEMENTED)
    page = browser.get("/states").text
    assert 'href="/follow-ups?open=1&amp;state=PAK" aria-label="1 Open follow-ups"' in page
    assert 'href="/follow-ups?overdue=1&amp;state=PAK" aria-label="1 Overdue"' in page
    assert 'href="/visits?state=PAK" aria-label="1 Visits"' in page
    assert "1 follow-up" in browser.get("/follow-ups?open=1&state=PAK").text


def test_the_file_holds_the_rows_of_the_list(browser: FlaskClient) -> None:
    VisitFactory()
    followups()
    answer = browser.get("/states.csv?region=142&bom=0")
    assert answer.mimetype == "text/csv"
    assert answer.text.splitlines() == [
        "iso3,member_state,region,visits,last_visit,open_followups,overdue_followups",
        "KAZ,Kazakhstan,Asia,0,,0,0",
        "PAK,Pakistan,Asia,1,PAK-2006-1,1,1",
    ]


@pytest.mark.parametrize("code", ["FRA", "ZZZ", "P", "PAK2", "%00", "9" * 30])
def test_a_state_out_of_scope_or_unknown_is_not_there(browser: FlaskClient, code: str) -> None:
    assert browser.get(f"/states/{code}").status_code == 404


def test_who_may_read_no_record_has_no_states(session: Any, sign_in: SignIn) -> None:
    administrator = sign_in(AccountFactory(role=Role.ADMINISTRATOR))
    assert administrator.get("/states").status_code == 403
    assert administrator.get("/states/PAK").status_code == 403


def test_the_page_tells_a_state_whole(browser: FlaskClient) -> None:
    visit = VisitFactory()
    ConclusionFactory(visit=visit)
    AuthorityFactory(name="Ministry of Finance")
    followups(title="Pass the bill")
    page = browser.get("/states/pak").text
    for said in ("PAK-2006-1", "PAK-2006-1-C1", "PAK-F001", "Pass the bill", "Ministry of Finance", "باكستان"):
        assert said in page


def test_a_former_name_stands_with_its_days(browser: FlaskClient) -> None:
    page = browser.get("/states/MKD").text
    assert "North Macedonia" in page
    assert "The former Yugoslav Republic of Macedonia" in page


def test_reported_and_assessed_stand_side_by_side_and_lead_to_their_rows(browser: FlaskClient) -> None:
    differing = {"reported_status": Implementation.IMPLEMENTED, "assessed_status": Implementation.IN_PROGRESS}
    followups(**differing, position=Position.ACCEPTS)
    followups(**differing)
    followups(**differing, workflow=FollowupStatus.WITHDRAWN)
    page = browser.get("/states/PAK").text
    cell = re.search(r'href="([^"]+)" aria-label="2 reported “Implemented”, assessed “In progress”"', page)
    assert cell, "the two that are not withdrawn"
    listed = browser.get(cell[1].replace("&amp;", "&")).text
    assert "PAK-F001" in listed and "PAK-F002" in listed and "PAK-F003" not in listed
    assert 'aria-label="1 Accepts"' in page


def test_statements_do_not_grow_with_the_rows(browser: FlaskClient) -> None:
    visit = VisitFactory()
    followups(visit_id=visit.id)
    few = statements(browser, "/states/PAK"), statements(browser, "/states")
    for _each in range(12):
        ConclusionFactory(visit=visit)
        followups(visit_id=visit.id)
        AuthorityFactory()
    assert (statements(browser, "/states/PAK"), statements(browser, "/states")) == few
    assert few[0] <= 14
    assert few[1] <= 8
