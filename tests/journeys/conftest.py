"""A tracker that is really served, on a database of its own with the sample, and a browser for each role."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from waitress.server import create_server

from tests import databases
from tests.conftest import lacking, settings_for
from tests.journeys import browser as browsers
from tracker import create_app
from tracker.extensions import db
from tracker.sample import load as sample

PASSWORD = "seven herons over the estuary"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@dataclass(frozen=True)
class Served:
    """A running tracker: where, and the application behind it."""

    address: str
    app: Flask


@pytest.fixture(scope="session")
def with_sample(database_server: Any, shipped: databases.Place, tmp_path_factory: Any) -> tuple[databases.Place, Any]:
    """A database with the sample, made once: each story is told on a copy."""
    place, folder = database_server.create(shipped), tmp_path_factory.mktemp("sample")
    app = create_app(settings_for(place, folder, env="demo", demo_password=PASSWORD))
    with app.app_context():
        sample.load_if_empty()
        db.session.commit()
    _close(app)
    return place, folder


@pytest.fixture(scope="module")
def served(database_server: Any, with_sample: tuple[databases.Place, Any]) -> Iterator[Served]:
    """The tracker with the sample on a port of its own, in a thread; one for the stories of a module."""
    like, folder = with_sample
    place = database_server.create(like)
    app = create_app(settings_for(place, folder, env="demo", demo_password=PASSWORD))
    server: Any = create_server(app, host="127.0.0.1", port=0, threads=4, ident=None)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield Served(f"http://127.0.0.1:{server.effective_port}", app)
    server.close()
    thread.join(timeout=10)
    _close(app)
    database_server.drop(place)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = browsers.installed()
    if path is None:
        lacking("no Chromium is installed: the browser's journeys")
    with browsers.chromium(str(path)) as running:
        yield running


@pytest.fixture
def window(chromium: Browser, served: Served) -> Iterator[Callable[..., Page]]:
    """``window()`` opens a page with a fresh profile; options go to the browser's context.

    After the test, nothing may have been complained of in its console or asked for outside the host.
    """
    contexts: list[tuple[BrowserContext, browsers.Watch]] = []

    def open_window(**options: Any) -> Page:
        context = chromium.new_context(base_url=served.address, locale="en-GB", **options)
        page = context.new_page()
        page.set_default_timeout(15_000)
        contexts.append((context, browsers.Watch(page, served.address)))
        return page

    yield open_window
    for context, _watch in contexts:
        context.close()
    for _context, watch in contexts:
        assert not watch.complaints, watch.complaints
        assert not watch.outside, watch.outside


@pytest.fixture
def sign_in_as(window: Callable[..., Page]) -> Callable[..., Page]:
    """``sign_in_as("analyst")`` is a page of that demo account, signed in through the form."""

    def signed_in(role: str, **options: Any) -> Page:
        page = window(**options)
        page.goto("/login")
        page.get_by_label("E-mail address").fill(f"{role}@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/login" not in url)
        return page

    return signed_in


def _close(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
