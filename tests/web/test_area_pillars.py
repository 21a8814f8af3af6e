"""The map of areas and pillars as administrators edit it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories import AccountFactory
from tracker.models import Role
from tracker.reports import area_pillars

SignIn = Callable[[Any], FlaskClient]
ADDRESS = "/admin/pillars"


@pytest.fixture
def browser(session: Any, sign_in: SignIn) -> FlaskClient:
    return sign_in(AccountFactory(role=Role.ADMINISTRATOR))


def ticked(page: str) -> list[str]:
    return re.findall(r'value="([A-Z0-9-]+:[IV]+)" checked', page)


def form(browser: FlaskClient) -> dict[str, Any]:
    page = browser.get(ADDRESS).text
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    return {"version": version[1], "pairs": ticked(page)}


def test_the_map_is_shown_and_saved(session: Any, browser: FlaskClient) -> None:
    given = form(browser)
    assert "FIN:II" in given["pairs"] and "FIN:I" not in given["pairs"]
    answer = browser.post(ADDRESS, data=given | {"pairs": ["FIN:I", "FIN-02:III"]})
    assert (answer.status_code, answer.location) == (303, ADDRESS)
    assert area_pillars.pairs() == [("FIN", "I"), ("FIN-02", "III")]
    assert ticked(browser.get(ADDRESS).text) == ["FIN:I", "FIN-02:III"]


def test_a_page_that_is_out_of_date_shows_both(session: Any, browser: FlaskClient) -> None:
    old = form(browser)
    browser.post(ADDRESS, data=form(browser) | {"pairs": ["HRG:IV"]})
    answer = browser.post(ADDRESS, data=old | {"pairs": ["FIN:I"]})
    assert answer.status_code == 409
    assert "HRG IV" in answer.text and "FIN I" in answer.text
    assert area_pillars.pairs() == [("HRG", "IV")]


@pytest.mark.parametrize("wrong", ["ZZZ:II", "FIN:V", "FIN", ":", "a\u202eb"])
def test_what_there_is_not_is_refused(session: Any, browser: FlaskClient, wrong: str) -> None:
    before = area_pillars.pairs()
    assert browser.post(ADDRESS, data=form(browser) | {"pairs": [wrong]}).status_code == 422
    assert area_pillars.pairs() == before


@pytest.mark.parametrize("role", [Role.ANALYST, Role.REVIEWER, Role.COORDINATOR, Role.AUDITOR])
def test_only_administrators(session: Any, sign_in: SignIn, role: Role) -> None:
    other = sign_in(AccountFactory(role=role))
    assert other.get(ADDRESS).status_code == other.post(ADDRESS, data={}).status_code == 403
