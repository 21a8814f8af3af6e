"""What ``make bench`` looks for on its pages stands there: it measures nothing when a page was reworded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.benchmarks import pages
from tests.benchmarks.browser import Answer, Browser
from tests.client import COOKIE, begin_session
from tests.services.test_generate import emptied, quiet
from tracker.extensions import db
from tracker.models import Account
from tracker.sample import generate

FOLLOWUPS, SEED = 400, 7
MANY = {"Board, as it opens"}  # a board of so few measures opens with the measures


class Inside(Browser):
    """The benchmark's browser on the application in this process."""

    def __init__(self, client: FlaskClient) -> None:
        super().__init__(0)
        self._client = client

    def _ask(self, method: str, path: str, body: bytes | None = None, more: Mapping[str, str] | None = None) -> Answer:
        answer = self._client.open(
            path, method=method, data=body, content_type="application/x-www-form-urlencoded" if body else None
        )
        return Answer(answer.status_code, dict(answer.headers), answer.data, 0.0)


@pytest.fixture(scope="module")
def generated(database_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    app = emptied(database_server.create(), tmp_path_factory.mktemp("bench"))
    with app.app_context():
        generate.generate(FOLLOWUPS, SEED, quiet)
        db.session.remove()
    yield app
    with app.app_context():
        db.engine.dispose()


def test_each_page_holds_what_the_benchmark_looks_for(generated: Flask) -> None:
    browsers = {who: Inside(_signed_in(generated, who)) for who in (pages.REVIEWER, pages.ANALYST)}
    with generated.app_context():
        measured = pages.pages(browsers[pages.ANALYST])
        db.session.remove()
    for page in measured:
        for address in page.addresses if page.name not in MANY else ():
            few = replace(address, rows=min(address.rows, 1))  # few records have few rows
            few.check(browsers[page.reader].get(address.path))


def _signed_in(app: Flask, email: str) -> FlaskClient:
    with app.app_context():
        value = begin_session(db.session.scalars(sa.select(Account).where(Account.email == email)).one())
        db.session.remove()
    client = app.test_client()
    client.set_cookie(COOKIE, value)
    return client
