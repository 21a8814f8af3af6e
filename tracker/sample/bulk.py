"""Many rows at once: as each database takes them fastest, so that it holds what the models would store."""

from __future__ import annotations

import marshal
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tracker import history
from tracker.database import Base, UtcDateTime
from tracker.models import Event, search

Rows = list[tuple[Any, ...]]
SIZE = 8  # bytes of the length of packed rows, which stands before them in a file
EVENT_COLUMNS = tuple(column.name for column in Base.metadata.tables[Event.__tablename__].columns)
AT, TEXT = EVENT_COLUMNS.index("at"), EVENT_COLUMNS.index("text")

# SQLite keeps it as NULL. Its driver gives a None to whatever might adapt it first: that takes seven times as long.
NOTHING = float("nan")

# While the rows are written: nothing is lost that cannot be generated again, and neither what points at what nor the
# checks of the columns are asked for each row, which costs as much as writing it. The cache (in KiB) holds the log's
# two indexes of hashes, where each entry falls on any page. When the indexes are made it is small: they are sorted in
# pieces as large as the cache, each by a thread of its own, so that two of them work at once.
UNHURRIED = {
    "foreign_keys": "OFF",
    "ignore_check_constraints": "ON",
    "threads": "2",
    "journal_mode": "MEMORY",
    "synchronous": "OFF",
    "cache_size": "-1000000",
    "wal_autocheckpoint": "100000",
}
SORTING = {"cache_size": "-16000"}

# The indexes and triggers of our tables, each with the statement that makes it; those of the keys are not among them.
_SQLITE_ATTACHED = """
SELECT type, name, NULL, sql FROM sqlite_master
WHERE type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY type, rowid"""
_POSTGRESQL_ATTACHED = """
SELECT 'INDEX', indexrelid::regclass::text, NULL, pg_get_indexdef(indexrelid)
FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
WHERE relnamespace = current_schema()::regnamespace AND pg_has_role(relowner, 'USAGE')
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
UNION ALL
SELECT 'TRIGGER', quote_ident(tgname), tgrelid::regclass::text, pg_get_triggerdef(pg_trigger.oid)
FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE relnamespace = current_schema()::regnamespace AND pg_has_role(relowner, 'USAGE') AND NOT tgisinternal
ORDER BY 1, 2"""


def stored(table: str, rows: Iterable[tuple[Any, ...]], dialect: str, *, without_id: bool = False) -> Rows:
    """The rows as the database takes them fastest. They hold what canonical JSON holds, which PostgreSQL reads as it
    is; SQLite has another text for a moment, and nothing is given to it as ``NOTHING``."""
    if dialect != "sqlite":
        return list(rows)
    columns = list(zip(*rows, strict=True))
    if columns:
        for place in _places(table, _holds_moments):
            columns[place - without_id] = tuple(map(_moment_in_sqlite, columns[place - without_id]))
        for place in _places(table, _may_be_empty):
            columns[place - without_id] = tuple(
                [NOTHING if value is None else value for value in columns[place - without_id]]
            )
    return list(zip(*columns, strict=True))


@lru_cache(maxsize=100_000)  # many rows hold the same
def _moment_in_sqlite(text: str | None) -> str | None:
    """A moment of UTC without the letter between day and time and without the offset."""
    return f"{text[:10]} {text[11:26]}" if text is not None else None


@cache
def _places(table: str, is_wanted: Callable[[sa.Column[Any]], bool]) -> list[int]:
    return [place for place, column in enumerate(Base.metadata.tables[table].columns) if is_wanted(column)]


def _holds_moments(column: sa.Column[Any]) -> bool:
    return isinstance(column.type, UtcDateTime)


def _may_be_empty(column: sa.Column[Any]) -> bool:
    return bool(column.nullable)


class Bulk:
    """A connection of its own that inserts rows."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.dialect = connection.dialect.name

    def insert(self, table: str, rows: Rows, *, without_id: bool = False) -> None:
        """Insert rows that hold every column in the table's order, or all but the id, which the database gives."""
        if not rows:
            return
        columns = [column.name for column in Base.metadata.tables[table].columns][without_id:]
        names = ", ".join(f'"{name}"' for name in columns)
        if self.dialect == "sqlite":
            marks = ", ".join("?" * len(columns))
            self.connection.exec_driver_sql(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)  # noqa: S608  # names of our own tables
            return
        driver: Any = self.connection.connection.driver_connection
        self.connection.exec_driver_sql("SELECT 1")  # the transaction is the connection's
        with driver.cursor() as cursor, cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)

    def take_ids(self, table: str, count: int) -> None:
        """Let the database go on numbering after ``count`` rows that came with their ids."""
        if self.dialect == "postgresql" and count:
            self.connection.execute(
                sa.text("SELECT count(nextval(pg_get_serial_sequence(:table, 'id'))) FROM generate_series(1, :count)"),
                {"table": f'"{table}"', "count": count},
            )

    def commit(self) -> None:
        self.connection.commit()


@contextmanager
def opened(engine: sa.Engine) -> Iterator[Bulk]:
    """A connection for bulk work, with SQLite's settings for it. What is kept with every row that is written, indexes
    and triggers, is taken down and made at the end, when that costs a third. As it was, all of it stands again then."""
    engine.dispose()  # SQLite changes its journal for one connection alone
    with engine.connect() as connection, _unhurried(connection), _bare(connection):
        yield Bulk(connection)


@contextmanager
def _unhurried(connection: sa.Connection) -> Iterator[None]:
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    usual = {name: driver.execute(f"PRAGMA {name}").fetchone()[0] for name in UNHURRIED}
    _set(driver, UNHURRIED)
    try:
        yield
    finally:
        connection.rollback()
        _set(driver, dict(reversed(usual.items())))  # the journal last, which writes all through to the disk
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _set(driver: Any, pragmas: dict[str, Any]) -> None:
    for name, value in pragmas.items():
        with suppress(sqlite3.OperationalError):  # the journal stays what it is where somebody else has the file open
            driver.execute(f"PRAGMA {name} = {value}").fetchall()


@contextmanager
def _bare(connection: sa.Connection) -> Iterator[None]:
    """Without indexes and triggers. On PostgreSQL a role that owns no table leaves them where they are."""
    is_sqlite = connection.dialect.name == "sqlite"
    attached = connection.execute(sa.text(_SQLITE_ATTACHED if is_sqlite else _POSTGRESQL_ATTACHED)).all()
    for kind, name, table, _statement in attached:
        connection.exec_driver_sql(f"DROP {kind} {name}" + (f" ON {table}" if table else ""))
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        search.rebuild(connection)  # its trigger was away
        if is_sqlite:
            connection.commit()  # until then the cache stays what it is
            _set(connection.connection.driver_connection, SORTING)
        for *_names, statement in attached:
            connection.exec_driver_sql(statement)
        connection.commit()


class Spool:
    """Events that wait for their place in the chain, by periods of days: in memory, and when they become more than
    ``most`` bytes in a file for each period."""

    def __init__(self, folder: Path, most: int = 500_000_000) -> None:
        self.folder = folder
        self.most = most
        self._held: dict[int, list[bytes]] = {}
        self._size = 0

    def add(self, period: int, packed: bytes) -> None:
        """Keep events of the period."""
        self._held.setdefault(period, []).append(packed)
        self._size += len(packed)
        if self._size > self.most:
            self._put_away()

    def take(self, period: int) -> Rows:
        """All events of the period in the order of their numbers; they are kept no longer."""
        held = self._held.pop(period, [])
        self._size -= sum(map(len, held))
        rows: Rows = []
        for one in held:
            rows += unpacked(one)
        place = self._file(period)
        if place.exists():
            with place.open("rb") as file:
                while size := file.read(SIZE):
                    rows += unpacked(file.read(int.from_bytes(size, "big")))
            place.unlink()
        return sorted(rows, key=_seq)

    def _put_away(self) -> None:
        for period, held in self._held.items():
            with self._file(period).open("ab") as file:
                for packed in held:
                    file.write(len(packed).to_bytes(SIZE, "big"))
                    file.write(packed)
        self._held.clear()
        self._size = 0

    def _file(self, period: int) -> Path:
        return self.folder / f"{period:05}.events"


def packed(rows: Any) -> bytes:
    """Rows of plain texts and numbers, as they go from one process to another and wait: read again in half the time
    that it takes to read what ``pickle`` writes. Raises ValueError for a member of an enumeration and the like."""
    return marshal.dumps(rows)


def unpacked(rows: bytes) -> Any:
    """What was packed."""
    return marshal.loads(rows)  # noqa: S302  # written by this run


def chained(rows: Rows, head: tuple[int, str]) -> tuple[Rows, tuple[int, str]]:
    """The events bound to each other after ``head``, and the new head."""
    seq, prev = head
    found: Rows = []
    for row in rows:
        seq += 1
        if row[0] != seq:
            raise RuntimeError(f"entry {seq} of the log is missing")
        link = history.link(prev, row[TEXT])
        found.append((*row, prev, link))
        prev = link
    return found, (seq, prev)


def _seq(row: tuple[Any, ...]) -> int:
    return int(row[0])
