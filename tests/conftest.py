"""The database of the run, an application on it, and browsers for people by role.

``pytest`` runs on SQLite, ``pytest --database=postgresql`` on PostgreSQL. What a machine lacks is skipped with a loud
line; in CI (``TRACKER_CI`` or ``CI``) that is a failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import scoped_session

from tests import databases
from tests.client import COOKIE, Client, begin_session
from tests.rolled_back import RolledBack
from tracker import create_app
from tracker.config import Settings
from tracker.extensions import db
from tracker.models import Account
from tracker.services import reference

IN_CI = bool(os.environ.get("TRACKER_CI") or os.environ.get("CI"))
SECRET = "for tests only, and long enough to pass for a real one"
_lacking: set[str] = set()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgresql"), default=None, help="run the suite on this one")


def pytest_report_header(config: pytest.Config) -> str:
    return f"database: {kind(config)}"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for what in sorted(_lacking):
        terminalreporter.write_line(f"!!! NOT RUN: {what} !!!", red=True, bold=True)


def kind(config: pytest.Config) -> str:
    """Which database this run is on."""
    return str(config.getoption("--database") or os.environ.get("TEST_DATABASE") or "sqlite")


def lacking(what: str) -> None:
    """Skip loudly what this machine cannot run; in CI, fail."""
    _lacking.add(what)
    if IN_CI:
        pytest.fail(f"{what}; CI must run this", pytrace=False)
    pytest.skip(what)  # on a machine of somebody's own, which need not have a browser; the summary says so in red


# The database


@pytest.fixture(scope="session")
def database_server(pytestconfig: pytest.Config) -> Iterator[databases.Sqlite | databases.Postgresql]:
    """Where the databases of this run are made."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(databases.server(kind(pytestconfig)))
        except databases.Unavailable as reason:
            if not IN_CI:
                pytest.exit(f"!!! NOTHING WAS RUN ON POSTGRESQL: {reason} !!!", returncode=0)
            pytest.exit(f"PostgreSQL is missing and CI must have it: {reason}", returncode=1)
        yield server


@pytest.fixture(scope="session")
def shipped(database_server: Any, tmp_path_factory: pytest.TempPathFactory) -> databases.Place:
    """A database made by the real migrations, with the reference data: nobody works on it, all are copied from it."""
    place = database_server.create()
    app = create_app(settings_for(place, tmp_path_factory.mktemp("shipped")))
    with app.app_context():
        flask_migrate.upgrade()
        reference.load()
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return place


def settings_for(place: databases.Place, folder: Path, **changes: Any) -> Settings:
    """Settings of a test's application."""
    given = Settings(
        env="test",
        database_url=place.url,
        migration_url=place.owner_url,
        secret_key=SECRET,
        instance=folder,
        data=folder / "data",
        timezone=ZoneInfo("UTC"),
    )
    return replace(given, **changes)


@pytest.fixture(scope="session")
def shared_app(database_server: Any, shipped: databases.Place, tmp_path_factory: Any) -> Iterator[Flask]:
    """The application of the run. Tests ask for ``app``, whose work is taken back."""
    app = create_app(settings_for(database_server.create(shipped), tmp_path_factory.mktemp("shared")))
    app.test_client_class = Client
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def rolled_back(shared_app: Flask) -> Iterator[RolledBack]:
    settings: Settings = shared_app.config["SETTINGS"]
    engine = RolledBack(databases.Place(settings.database_url, settings.migration_url))
    yield engine
    engine.dispose()


@pytest.fixture
def app(shared_app: Flask, rolled_back: RolledBack, tmp_path: Path) -> Iterator[Flask]:
    """The application, on a transaction that is taken back after the test; files go to a folder of the test's own."""
    settings: Settings = shared_app.config["SETTINGS"]
    shutil.copytree(settings.data, tmp_path / "data", dirs_exist_ok=True) if settings.data.exists() else None
    shared_app.config["SETTINGS"] = replace(settings, data=tmp_path / "data")
    with shared_app.app_context():
        engines = db._app_engines[shared_app]
    usual, engines[None] = engines[None], rolled_back.engine
    rolled_back.begin()
    yield shared_app
    rolled_back.end()
    engines[None] = usual
    shared_app.config["SETTINGS"] = settings


@pytest.fixture
def session(app: Flask) -> Iterator[scoped_session[Any]]:
    """The test's own session, in an application context of its own."""
    with app.app_context():
        yield db.session
        db.session.remove()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that is not signed in."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask, session: scoped_session[Any]) -> Callable[[Account], FlaskClient]:
    """``sign_in(account)`` gives a browser signed in as that account, by a session put straight into the table."""

    def signed_in(account: Account) -> FlaskClient:
        value = begin_session(account)
        browser = app.test_client()
        browser.set_cookie(COOKIE, value)
        return browser

    return signed_in


@pytest.fixture
def as_owner(app: Flask, session: scoped_session[Any]) -> Callable[[], Any]:
    """``with as_owner():`` may take a trigger off, which the application's role may not."""

    @contextmanager
    def owner() -> Iterator[None]:
        is_postgresql = db.engine.dialect.name == "postgresql"
        if is_postgresql:
            session.execute(sa.text(f"SET LOCAL ROLE {databases.OWNER}"))
        yield
        if is_postgresql:
            session.execute(sa.text("RESET ROLE"))

    return owner


@pytest.fixture
def own_app(database_server: Any, shipped: databases.Place, tmp_path: Path) -> Iterator[Flask]:
    """An application on a database of its own with real commits: for threads, processes and locks."""
    place = database_server.create(shipped)
    app = create_app(settings_for(place, tmp_path))
    app.test_client_class = Client
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    database_server.drop(place)
