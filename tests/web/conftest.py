"""What the tests of pages share: the sample, read by sweeps over all addresses, and one visit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests import databases, world
from tests.client import COOKIE, Client, begin_session
from tests.conftest import settings_for
from tests.factories import AccountFactory
from tracker import create_app
from tracker.extensions import db
from tracker.models import Account, Role, Visit, VisitStage, VisitType
from tracker.partial_date import PartialDate
from tracker.sample import load as sample
from tracker.services import visit_parts as parts
from tracker.services import visits as service

PASSWORD = "seven herons over the estuary"


@pytest.fixture
def unchecked_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are parsed in ``test_every_page.py`` and in each page's own test: a sweep of thousands does without."""
    monkeypatch.setattr("tests.client.check_page", lambda _page: None)


@pytest.fixture(scope="session")
def sample_app(database_server: Any, shipped: databases.Place, tmp_path_factory: Any) -> Iterator[Flask]:
    """An application on a database of its own with the sample told: only read from."""
    place = database_server.create(shipped)
    app = create_app(settings_for(place, tmp_path_factory.mktemp("read"), demo_password=PASSWORD))
    app.test_client_class = Client
    with app.app_context():
        sample.load_if_empty(echo=lambda _line: None)
        db.session.commit()
        db.session.remove()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    database_server.drop(place)


@pytest.fixture
def sample_browser(sample_app: Flask) -> Callable[[str], FlaskClient]:
    """``sample_browser("analyst2")`` is a browser signed in as that account of the sample."""

    def signed_in(role: str) -> FlaskClient:
        with sample_app.app_context():
            account = db.session.scalars(sa.select(Account).where(Account.email == f"{role}@example.org")).one()
            value = begin_session(account)
            db.session.remove()
        browser = sample_app.test_client()
        browser.set_cookie(COOKIE, value)
        return browser

    return signed_in


@pytest.fixture
def people(session: Any) -> world.Cast:
    """One person for each role."""
    return world.cast()


@pytest.fixture
def told(people: world.Cast) -> world.World:
    """What there is on one State, told by them."""
    return world.build(people)


@pytest.fixture
def analyst(session: Any) -> Any:
    """Who writes of four Member States."""
    return AccountFactory(role=Role.ANALYST, states=["PAK", "IND", "TUR", "MKD"])


@pytest.fixture
def visit(analyst: Any) -> Visit:
    """The visit to Pakistan of November 2006, as far as a first sitting gets."""
    return service.create(
        "PAK",
        by=analyst,
        details=service.Details(VisitType.NOT_STATED, summary="Eighth mission of the year"),
        components=[parts.Component(start=PartialDate(2006, 11, 13), end=PartialDate(2006, 11, 17), areas=["FIN-01"])],
        areas=["ASY-01"],
        sources=[parts.Source("UN News", "https://news.un.org/en/story/2006/11/200582")],
        standing=service.Standing(VisitStage.PREPARING, PartialDate(2006, 10)),
    )
