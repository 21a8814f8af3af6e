"""Nobody asks without end for what costs much (R34)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from limits import parse

from tests.factories import AccountFactory, FollowupFactory, MeasureFactory, PlanFactory
from tracker.extensions import db
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
    wait = int(refused.headers["Retry-After"])
    assert f"Wait {wait} second{'' if wait == 1 else 's'}, then try again." in refused.text
    assert other.get(address).status_code == 200, "each person has their own"


def test_a_search_is_counted_by_whichever_method_it_is_asked(counted: None, sign_in: SignIn) -> None:
    followup, measure = FollowupFactory(state_id="PAK"), MeasureFactory(plan=PlanFactory(participants=("PAK",)))
    narrowed = {"q": "border", "pillar": "", "state": "", "area": "", "narrow": "1"}
    asked: list[Callable[[FlaskClient], Any]] = [
        lambda browser: browser.head("/search?q=border"),
        lambda browser: browser.post(f"/follow-ups/{followup.reference}/measures", data=narrowed),
        lambda browser: browser.post(f"/measures/{measure.reference}/follow-ups", data=narrowed),
    ]
    for ask in asked:
        analyst = sign_in(AccountFactory(role=Role.ANALYST))
        assert {ask(analyst).status_code for _time in range(3)} <= {200, 303}
        assert (ask(analyst).status_code, analyst.get("/search?q=border").status_code) == (429, 429)


@pytest.mark.parametrize(("seconds", "said"), [(1, "Wait 1 second,"), (59, "Wait 59 seconds,")])
def test_the_words_say_the_seconds(app: Flask, seconds: int, said: str) -> None:
    with app.test_request_context():
        assert said in rates._words(parse("600/minute"), seconds)


@pytest.mark.parametrize("address", ["/healthz?q=1", "/healthz", "/assets/0123456789ab/theme.css?q=1"])
def test_what_anybody_may_open_asks_the_database_nothing(counted: None, sign_in: SignIn, address: str) -> None:
    browser = sign_in(AccountFactory(role=Role.ANALYST))
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)

    browser.get(address)
    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        browser.get(address)
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    assert sent == []


def test_counting_starts_no_thread(counted: None, sign_in: SignIn) -> None:
    browser, before = sign_in(AccountFactory(role=Role.ANALYST)), rates._counter.storage.timer  # type: ignore[attr-defined]  # the library's own
    before.join()
    assert browser.get("/search?q=harbour").status_code == 200
    assert rates._counter.storage.timer is before  # type: ignore[attr-defined]  # the library's own


def test_pages_are_not_counted(counted: None, sign_in: SignIn) -> None:
    analyst = sign_in(AccountFactory(role=Role.ANALYST))
    assert {analyst.get("/follow-ups").status_code for _time in range(5)} == {200}
