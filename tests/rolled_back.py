"""An engine whose work is taken back after each test.

It has one connection with one open transaction. Whatever the program begins on it, by a session or on a connection of
its own, becomes a savepoint in that transaction: a commit releases it, a rollback goes back to it. So the program runs
unchanged, and what a request forgot to commit is gone when the next one looks.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import StaticPool

from tests.databases import Place
from tracker import tape


class RolledBack:
    """The engine and its outer transaction."""

    def __init__(self, place: Place) -> None:
        is_sqlite = not place.is_postgresql
        options: dict[str, Any] = {"check_same_thread": False} if is_sqlite else {"options": "-c timezone=UTC"}
        options |= tape.CONNECT_ARGS["sqlite" if is_sqlite else "postgresql"]
        self.engine = sa.create_engine(place.url, poolclass=StaticPool, pool_reset_on_return=None, connect_args=options)
        if is_sqlite:
            event.listen(self.engine, "connect", _open_sqlite)
        self.savepoints: list[str] = []
        self.connection: Any = None
        with self.engine.connect() as connection:  # before ours: the dialect looks the server over with its own
            self.connection = connection.connection.dbapi_connection
        dialect: Any = self.engine.dialect
        dialect.do_begin, dialect.do_commit, dialect.do_rollback = self._savepoint, self._release, self._go_back
        dialect.set_isolation_level = _leave_isolation  # the outer transaction has begun
        dialect.reset_isolation_level = _leave_isolation

    def begin(self) -> None:
        """Open the outer transaction; psycopg begins by itself."""
        if self.engine.dialect.name == "sqlite":
            self._run("BEGIN")

    def end(self) -> None:
        """Take everything back."""
        self.connection.rollback()
        self.savepoints.clear()

    def dispose(self) -> None:
        self.end()
        self.engine.dispose()

    def _run(self, statement: str) -> None:
        self.connection.cursor().execute(statement)

    def _savepoint(self, _connection: Any) -> None:
        self.savepoints.append(f"test_{len(self.savepoints)}")
        self._run(f"SAVEPOINT {self.savepoints[-1]}")

    def _release(self, _connection: Any) -> None:
        if self.savepoints:
            self._run(f"RELEASE SAVEPOINT {self.savepoints.pop()}")

    def _go_back(self, _connection: Any) -> None:
        if self.savepoints:
            name = self.savepoints.pop()
            self._run(f"ROLLBACK TO SAVEPOINT {name}")
            self._run(f"RELEASE SAVEPOINT {name}")


def _leave_isolation(*_asked: Any) -> None:
    """All that a test reads is in one transaction anyway."""


def _open_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys=ON")
