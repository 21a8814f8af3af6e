"""Nobody asks without end for what costs much (R34)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from limits import parse

from tests.factories import AccountFactory
from tracker.models import Role
from tracker.web import rates

SignIn = Callable[[Any], FlaskClient]


@pytest.fixture
def counted(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rates count, and are low."""
    monkeypatch.setitem(app.config, "RATES_COUNT", True)
    monkeypatch.setattr(rates, "RATES", {"file": parse("2/minute"), "search": parse("3/minute")})
    rates._counter.storage.reset()


@pytest.mark.parametrize(
    ("address", "most"),
    [("/reports/status.csv", 2), ("/gaps/areas.csv", 2), ("/search?q=border", 3), ("/visits?q=x", 3)],
)
def test_what_costs_much_is_heard_so_often_a_minute(counted: None, sign_in: SignIn, address: str, most: int) -> None:
    analyst, other = (sign_in(AccountFactory(role=Role.ANALYST)) for _person in range(2))
    assert [analyst.get(address).status_code for _time in range(most)] == [200] * most
    refused = analyst.get(address)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert f"{most} times a minute" in refused.text
    assert other.get(address).status_code == 200, "each person has their own"


def test_pages_are_not_counted(counted: None, sign_in: SignIn) -> None:
    analyst = sign_in(AccountFactory(role=Role.ANALYST))
    assert {analyst.get("/follow-ups").status_code for _time in range(5)} == {200}
