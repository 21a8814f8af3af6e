"""Plans: the Strategy, its pillars and its measures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.counting import statements
from tests.factories import AccountFactory
from tracker.models import Role

SignIn = Callable[[Any], FlaskClient]


@pytest.fixture
def browser(session: Any, sign_in: SignIn) -> FlaskClient:
    return sign_in(AccountFactory(role=Role.COORDINATOR))


def test_the_strategy_stands_with_its_47_measures_in_four_pillars(browser: FlaskClient) -> None:
    assert "GCTS" in browser.get("/plans").text
    page = browser.get("/plans/gcts").text
    assert page.count('<tr id="GCTS-') == 47
    assert all(f'id="pillar-{number}"' in page for number in ("I", "II", "III", "IV"))
    assert '<tr id="GCTS-II-10">' in page
    assert page.count("In short words of our own") == 1


def test_an_unknown_plan_is_not_there(browser: FlaskClient) -> None:
    assert browser.get("/plans/XX").status_code == 404


def test_a_plan_costs_a_fixed_number_of_statements(browser: FlaskClient) -> None:
    assert statements(browser, "/plans/GCTS") <= 7
