"""Areas and resolutions: the catalogue, and what the reader's scope holds of an area."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.counting import statements
from tests.factories import AccountFactory, ConclusionFactory, FollowupFactory, VisitFactory
from tracker.models import Role

SignIn = Callable[[Any], FlaskClient]


@pytest.fixture
def browser(session: Any, sign_in: SignIn) -> FlaskClient:
    return sign_in(AccountFactory(role=Role.ANALYST, states=["PAK", "IND"]))


def test_both_levels_are_listed_with_their_paragraphs(browser: FlaskClient) -> None:
    page = browser.get("/areas").text
    assert 'href="/areas/FIN"' in page and 'href="/areas/FIN-02"' in page
    assert 'href="/resolutions/1373#p-1b"' in page


def test_an_area_tells_what_the_scope_holds_and_says_so(browser: FlaskClient) -> None:
    FollowupFactory(title="Pass the bill")
    FollowupFactory(state_id="FRA", title="Out of sight")
    ConclusionFactory(visit=VisitFactory())
    page = browser.get("/areas/fin-02").text
    assert "Pass the bill" in page and "PAK-2006-1-C1" in page
    assert "Out of sight" not in page
    assert "in your scope, and no others" in page
    assert 'href="/follow-ups?area=FIN-02"><span class="count">1</span>' in page


def test_a_top_area_counts_those_under_it(browser: FlaskClient) -> None:
    FollowupFactory(area_code="FIN-01")
    FollowupFactory(area_code="FIN-02")
    page = browser.get("/areas/FIN").text
    assert 'href="/follow-ups?area=FIN"><span class="count">2</span>' in page
    assert "2 follow-ups" in browser.get("/follow-ups?area=FIN").text


def test_without_records_the_wording_is_there_and_no_record(session: Any, sign_in: SignIn) -> None:
    FollowupFactory(title="Out of sight")
    page = sign_in(AccountFactory(role=Role.ADMINISTRATOR)).get("/areas/FIN-02").text
    assert "Wilful provision or collection of funds" in page
    assert "Out of sight" not in page and "/follow-ups?" not in page


@pytest.mark.parametrize("address", ["/areas/ZZZ", "/areas/FIN-99", "/resolutions/1", "/resolutions/" + "9" * 30])
def test_what_is_not_in_the_catalogue_is_not_there(browser: FlaskClient, address: str) -> None:
    assert browser.get(address).status_code == 404


def test_a_resolution_lists_its_paragraphs_with_the_areas_that_rest_on_each(browser: FlaskClient) -> None:
    page = browser.get("/resolutions/1373").text
    assert "28 September 2001" in page
    assert '<tr id="p-1b">' in page and 'href="/areas/FIN-02"' in page
    assert 'href="/resolutions/1373"' in browser.get("/resolutions").text


def test_statements_do_not_grow_with_the_rows(browser: FlaskClient) -> None:
    FollowupFactory()
    few = statements(browser, "/areas/FIN-02")
    visit = VisitFactory()
    for _each in range(12):
        FollowupFactory()
        ConclusionFactory(visit=visit)
    assert statements(browser, "/areas/FIN-02") == few <= 10
    assert statements(browser, "/resolutions/1373") <= 7
