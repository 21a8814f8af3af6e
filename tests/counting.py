"""The SQL that a page sends: every statement of one request, the session's and the sidebar's included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask.testing import FlaskClient

from tracker.extensions import db

SILENT = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")


@contextmanager
def pages_made_anew() -> Iterator[None]:
    """No page is answered from what was kept of it."""
    config = current_app.config
    often, config["PAGES_KEPT"] = config["PAGES_KEPT"], 0
    try:
        yield
    finally:
        config["PAGES_KEPT"] = often


def statements(browser: FlaskClient, address: str) -> int:
    """How many statements the second opening of a page sends: what a process keeps is there by then, but the page."""
    browser.get(address)
    answers: list[Any] = []
    with pages_made_anew():
        sent = sent_by(lambda: answers.append(browser.get(address)))
    assert answers[0].status_code == 200, answers[0].status_code
    return len(sent)


def sent_by(act: Callable[[], Any]) -> list[str]:
    """The statements that an act sends, those on records, sessions and all else."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith(SILENT):
            sent.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    return sent
