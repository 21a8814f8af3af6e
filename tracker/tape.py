"""What a request asks of the database and what it is told, taken down word for word.

A page follows from the address, the reader's session and the rows that were read for it, and from nothing else. So a
page whose questions still bring the same rows is still true, to the letter: ``web/again.py`` rests on that. What does
not follow from rows is taken down too: the moment, which spoils the tape, and what is made anew for each page, such as
the key of a form.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from secrets import token_hex
from typing import Any, NamedTuple

import psycopg

READS = ("SELECT", "WITH")
BRACKETS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
"""They bound the work on rows, and tell nothing."""
MOST_ROWS = 4_000
WRITES = re.compile(r"\b(?:INSERT|UPDATE|DELETE|MERGE)\b", re.IGNORECASE)
AS_ASKED = "/* as asked */"
"""Stands in a statement that PostgreSQL is to plan for the values that are given (``database.as_asked``)."""
PING = ";"
"""What SQLAlchemy asks PostgreSQL to know that it is there."""


class Asked:
    """A statement, the rows that were taken of its answer, and whether these are all of them."""

    __slots__ = ("given", "is_whole", "left_out", "rows", "statement")

    def __init__(self, statement: Any, given: tuple[Any, ...]) -> None:
        self.statement = statement
        self.given = given
        self.rows: list[Any] = []
        self.is_whole = False
        self.left_out: tuple[int, ...] = ()

    def still_holds(self, cursor: Any) -> bool:
        """Whether the database, asked the same again, gives the same rows, but for what is left out of them."""
        cursor.execute(self.statement, *self.given)
        found = cursor.fetchall() if self.is_whole else cursor.fetchmany(len(self.rows) or 1)
        return bool(self.rows == (self._without(found) if self.left_out else found))

    def leave_out(self, *columns: int) -> None:
        """Forget columns of the answer, on which no page rests."""
        self.left_out = columns
        self.rows = self._without(self.rows)

    def _without(self, rows: Sequence[Any]) -> list[Any]:
        return [tuple(value for place, value in enumerate(row) if place not in self.left_out) for row in rows]

    @property
    def said(self) -> str:
        """The question with its answer, in one text."""
        return repr((self.statement, self.given, self.rows))


class Minted(NamedTuple):
    """What is made anew for each page, and what stands for it in the page that is kept."""

    mark: str
    make: Callable[[], str]


class Tape:
    """All that was asked since the request began, and what was minted for its page."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.minted: list[Minted] = []
        self.rows = 0
        self.is_making = False
        self.is_paused = False
        self.is_spoiled = False

    def ask(self, statement: Any, given: tuple[Any, ...]) -> Asked | None:
        """Take down a question; None for one that only bounds others, or while nothing is taken down."""
        if self.is_paused:
            return None
        word = _word(statement)
        if word in BRACKETS:
            return None
        if word not in READS:
            self.is_spoiled = True
            return None
        asked = Asked(statement, given)
        self.asked.append(asked)
        return asked

    def leave_out(self, *columns: int) -> None:
        """Forget columns of the last answer, on which no page rests."""
        if self.asked and not self.is_paused:
            self.asked[-1].leave_out(*columns)

    def count(self, rows: int) -> None:
        """Count what was read; a tape that grows beyond what a page can show is spoiled."""
        self.rows += rows
        self.is_spoiled = self.is_spoiled or self.rows > MOST_ROWS


_here: ContextVar[Tape | None] = ContextVar("tape", default=None)
current = _here.get
use = _here.set


def minted(make: Callable[[], str]) -> str:
    """What ``make`` gives; where a page is being made to be kept, a mark in its place."""
    tape = current()
    if tape is None or not tape.is_making or tape.is_paused:
        return make()
    mark = f"minted{token_hex(16)}"
    tape.minted.append(Minted(mark, make))
    return mark


@contextmanager
def paused() -> Iterator[None]:
    """What is asked here need not be asked again, because another question of the tape tells whether it would bring
    the same: the last event of the log, where nothing changes without one. What is kept for the rest of the request
    rests on that question, too. The moment spoils the tape here as everywhere."""
    tape = current()
    if tape is None or tape.is_paused:
        yield
        return
    tape.is_paused = True
    try:
        yield
    finally:
        tape.is_paused = False


def spoil() -> None:
    """What is made here rests on more than rows."""
    tape = current()
    if tape is not None:
        tape.is_spoiled = True


def _word(statement: Any) -> str:
    """The word that a statement begins with."""
    return str(statement)[:10].lstrip().partition(" ")[0].upper()


def _only_reads(statement: str) -> bool:
    """Whether a statement is known to write nothing: one question, which calls no function that writes (none of ours
    does)."""
    word = _word(statement)
    if word not in READS:
        return statement == PING
    return ";" not in statement and (word == "SELECT" or not WRITES.search(statement))


class _Telling:
    """A cursor that tells the tape of its request what it is asked and what it answers."""

    _asked: Asked | None = None

    def execute(self, statement: Any, *given: Any, **options: Any) -> Any:
        tape = current()
        self._asked = None if tape is None else tape.ask(statement, given)
        return super().execute(statement, *given, **options)  # type: ignore[misc]  # the database's own cursor

    def executemany(self, *given: Any, **options: Any) -> Any:
        spoil()
        return super().executemany(*given, **options)  # type: ignore[misc]  # the database's own cursor

    def fetchone(self) -> Any:
        row = super().fetchone()  # type: ignore[misc]  # the database's own cursor
        if self._asked is not None:
            self._tell(() if row is None else (row,), is_last=row is None)
        return row

    def fetchmany(self, size: int | None = None) -> Any:
        size = size or self.arraysize  # type: ignore[attr-defined]  # the database's own cursor
        rows = super().fetchmany(size)  # type: ignore[misc]  # the database's own cursor
        if self._asked is not None:
            self._tell(rows, is_last=len(rows) < size)
        return rows

    def fetchall(self) -> Any:
        rows = super().fetchall()  # type: ignore[misc]  # the database's own cursor
        if self._asked is not None:
            self._tell(rows, is_last=True)
        return rows

    def __iter__(self) -> Any:
        spoil()
        return super().__iter__()  # type: ignore[misc]  # the database's own cursor

    def _tell(self, rows: Sequence[Any], *, is_last: bool) -> None:
        asked, tape = self._asked, current()
        if asked is not None and tape is not None:
            asked.rows.extend(rows)
            asked.is_whole = is_last
            tape.count(len(rows))


class _SqliteCursor(_Telling, sqlite3.Cursor):
    pass


class _SqliteConnection(sqlite3.Connection):
    def cursor(self, factory: Any = _SqliteCursor) -> Any:
        return super().cursor(factory)


class _PostgresqlCursor(_Telling, psycopg.Cursor[Any]):
    """Tells its connection, too, when it is asked for more than to read."""

    def execute(self, statement: Any, *given: Any, **options: Any) -> Any:  # type: ignore[override]  # it hands on all
        said = str(statement)
        if not _only_reads(said):
            self._write()
        elif AS_ASKED in said:
            options["prepare"] = False  # what is prepared is planned once, for whatever may be given
        return super().execute(statement, *given, **options)

    def stream(self, *given: Any, **options: Any) -> Any:
        self._write()
        return super().stream(*given, **options)

    def executemany(self, *given: Any, **options: Any) -> Any:
        self._write()
        return super().executemany(*given, **options)

    def copy(self, *given: Any, **options: Any) -> Any:
        self._write()
        return super().copy(*given, **options)

    def _write(self) -> None:
        self.connection.has_only_read = False  # type: ignore[attr-defined]  # ``database.PostgresqlConnection``


CONNECT_ARGS: dict[str, dict[str, Any]] = {
    "sqlite": {"factory": _SqliteConnection},
    "postgresql": {"cursor_factory": _PostgresqlCursor},
}
"""What each database's driver is told at each connection, so that its cursors tell the tape."""
