"""The SQL that a page sends: every statement of one request, the session's and the sidebar's included."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from tracker.extensions import db

SILENT = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")


def statements(browser: FlaskClient, address: str) -> int:
    """How many statements the second opening of a page sends: what a process keeps is there by then."""
    browser.get(address)
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith(SILENT):
            sent.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        answer = browser.get(address)
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    assert answer.status_code == 200, answer.status_code
    return len(sent)
