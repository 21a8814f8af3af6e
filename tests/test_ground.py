"""The tests' own ground: factories make valid rows, a forgotten commit shows, and nothing stays behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_login import current_user

from tests import factories
from tracker import history
from tracker.extensions import db
from tracker.models import Account, Authority, Conclusion, Event, Followup, Role, Visit

PUBLIC = "health.healthz"  # an endpoint that anybody may ask
PLAIN = ("done", {"Content-Type": "text/plain"})
PEOPLE_AND_RECORDS = [
    factories.AccountFactory,
    factories.AuthorityFactory,
    factories.VisitFactory,
    factories.ConclusionFactory,
    factories.FollowupFactory,
]


@pytest.mark.parametrize("make", PEOPLE_AND_RECORDS)
def test_each_factory_makes_rows_that_can_be_committed(session: Any, make: Any) -> None:
    first, second = make(), make()
    session.commit()
    assert first.id != second.id


@pytest.mark.parametrize("_time", [1, 2])
def test_nothing_stays_behind(session: Any, _time: int) -> None:
    assert [session.scalar(sa.select(sa.func.count()).select_from(model)) for model in (Account, Visit)] == [0, 0]
    factories.ConclusionFactory()
    factories.AccountFactory()
    session.commit()


def test_references_count_on(session: Any) -> None:
    factories.VisitFactory()
    visit = factories.VisitFactory()
    conclusion = factories.ConclusionFactory(visit=visit)
    factories.FollowupFactory()
    followup = factories.FollowupFactory()
    assert [visit.reference, conclusion.reference, followup.reference] == ["PAK-2006-2", "PAK-2006-2-C1", "PAK-F002"]
    assert session.scalar(sa.select(sa.func.count()).select_from(Conclusion)) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(Followup)) == 2


def test_a_request_that_forgets_to_commit_loses_its_work(
    app: Flask, session: Any, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgets() -> tuple[str, dict[str, str]]:
        factories.AuthorityFactory(name="Forgotten")
        return PLAIN

    def remembers() -> tuple[str, dict[str, str]]:
        factories.AuthorityFactory(name="Kept")
        db.session.commit()
        return PLAIN

    for view in (forgets, remembers):
        monkeypatch.setitem(app.view_functions, PUBLIC, view)
        assert client.get("/healthz").text == "done"
    assert list(session.scalars(sa.select(Authority.name))) == ["Kept"]


def test_a_browser_is_signed_in_as_the_account(
    app: Flask, sign_in: Callable[[Account], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    account = factories.AccountFactory(role=Role.REVIEWER, states=["PAK"])
    browser = sign_in(account)
    monkeypatch.setitem(app.view_functions, PUBLIC, lambda: {"email": getattr(current_user, "email", "nobody")})
    assert browser.get("/healthz").json == {"email": account.email}
    assert app.test_client().get("/healthz").json == {"email": "nobody"}


def test_the_owner_may_tamper_and_the_application_may_not(session: Any, as_owner: Callable[[], Any]) -> None:
    history.record("test.noted", by=None)
    session.commit()
    tamper = sa.update(Event).values(kind="test.changed")
    with pytest.raises(sa.exc.DBAPIError), session.begin_nested():
        session.execute(tamper)
    with as_owner():
        on_table = " ON event" if db.engine.dialect.name == "postgresql" else ""
        session.execute(sa.text(f"DROP TRIGGER event_no_update{on_table}"))
        session.execute(tamper)
    assert "test.changed" in session.scalars(sa.select(Event.kind)).all()
