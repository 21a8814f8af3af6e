"""The SQL that a page sends: every statement of one request, the session's and the sidebar's included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from tracker.extensions import db

SILENT = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")


def statements(browser: FlaskClient, address: str) -> int:
    """How many statements the second opening of a page sends: what a process keeps is there by then."""
    browser.get(address)
    answers: list[Any] = []
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
