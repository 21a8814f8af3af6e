"""The rating scale as administrators edit it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories import AccountFactory
from tracker.models import RatingLevel, Role

SignIn = Callable[[Any], FlaskClient]
ADDRESS = "/admin/ratings/largely"


@pytest.fixture
def browser(session: Any, sign_in: SignIn) -> FlaskClient:
    return sign_in(AccountFactory(role=Role.ADMINISTRATOR))


def version(browser: FlaskClient) -> str:
    found = re.search(r'name="version" value="(\d+)"', browser.get(ADDRESS).text)
    assert found
    return found[1]


def form(browser: FlaskClient, **changes: str) -> dict[str, str]:
    given = {"label": "Mostly in place", "position": "1", "is_active": "y", "version": version(browser)}
    return given | changes


def test_the_scale_is_shown_and_never_as_official(browser: FlaskClient) -> None:
    page = browser.get("/admin/ratings").text
    assert "Largely in place" in page and "It is not official" in page


def test_a_level_is_saved(session: Any, browser: FlaskClient) -> None:
    answer = browser.post(ADDRESS, data=form(browser))
    assert (answer.status_code, answer.location) == (303, "/admin/ratings")
    level = session.get(RatingLevel, "largely")
    assert (level.label, level.position, level.is_active) == ("Mostly in place", 1, True)
    assert "Mostly in place" in browser.get("/admin/ratings").text


@pytest.mark.parametrize(
    "changes",
    [
        {"label": ""},
        {"label": "a" * 61},
        {"label": "In place"},
        {"label": "a\u202eb"},
        {"position": ""},
        {"position": "0"},
        {"position": "9" * 30},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_said_at_the_field(session: Any, browser: FlaskClient, changes: dict[str, str]) -> None:
    answer = browser.post(ADDRESS, data=form(browser, **changes))
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert session.get(RatingLevel, "largely").label == "Largely in place"


def test_a_page_that_is_out_of_date_shows_both_texts(session: Any, browser: FlaskClient) -> None:
    old = form(browser, label="By and large")
    browser.post(ADDRESS, data=form(browser, label="Mostly there", position="2"))
    answer = browser.post(ADDRESS, data=old)
    assert answer.status_code == 409
    assert "Mostly there" in answer.text and "By and large" in answer.text
    assert session.get(RatingLevel, "largely").label == "Mostly there"


def test_an_unknown_level_is_not_there(browser: FlaskClient) -> None:
    assert browser.get("/admin/ratings/none").status_code == 404


@pytest.mark.parametrize("role", [Role.ANALYST, Role.REVIEWER, Role.COORDINATOR, Role.AUDITOR])
def test_only_administrators_edit_the_scale(session: Any, sign_in: SignIn, role: Role) -> None:
    other = sign_in(AccountFactory(role=role))
    assert other.get("/admin/ratings").status_code == 403
    assert other.post(ADDRESS, data={"label": ""}).status_code == 403
