"""Many rows at once: as each database takes them fastest, in the form in which the models would store them."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tracker import history
from tracker.database import Base, UtcDateTime
from tracker.models import Event

Rows = list[tuple[Any, ...]]
EVENT_COLUMNS = tuple(column.name for column in Base.metadata.tables[Event.__tablename__].columns)
UNLINKED = EVENT_COLUMNS[: EVENT_COLUMNS.index("prev")]

DIALECTS: dict[str, Callable[[], sa.Dialect]] = {"sqlite": sqlite.dialect, "postgresql": postgresql.dialect}

# While the rows are written: nothing is lost that cannot be generated again.
UNHURRIED = {"synchronous": "OFF", "temp_store": "MEMORY", "cache_size": "-500000", "wal_autocheckpoint": "100000"}


def stored(table: str, rows: Iterable[tuple[Any, ...]], dialect: str, *, without_id: bool = False) -> Rows:
    """The rows with moments and days as the database stores them; all else is given as stored already."""
    places = [(place - without_id, form) for place, form in _forms(table, dialect)]
    if not places:
        return list(rows)
    found = []
    for row in rows:
        values = list(row)
        for place, form in places:
            if values[place] is not None:
                values[place] = form(values[place])
        found.append(tuple(values))
    return found


@cache
def _forms(table: str, dialect: str) -> list[tuple[int, Callable[[Any], Any]]]:
    known: sa.Dialect = DIALECTS[dialect]()
    forms: list[tuple[int, Callable[[Any], Any]]] = []
    for place, column in enumerate(Base.metadata.tables[table].columns):
        if isinstance(column.type, UtcDateTime | sa.Date):
            form = column.type.dialect_impl(known).bind_processor(known)
            if form is not None:
                forms.append((place, lru_cache(maxsize=10_000)(form)))
    return forms


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
            self.connection.exec_driver_sql(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)  # noqa: S608
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
    """A connection for bulk work, with SQLite's settings for it; they are put back at the end."""
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            yield Bulk(connection)
            return
        driver: Any = connection.connection.driver_connection
        usual = {name: driver.execute(f"PRAGMA {name}").fetchone()[0] for name in UNHURRIED}
        _set(driver, UNHURRIED)
        try:
            yield Bulk(connection)
        finally:
            connection.rollback()
            driver.execute("PRAGMA synchronous = FULL")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            _set(driver, usual)


def _set(driver: Any, pragmas: dict[str, Any]) -> None:
    for name, value in pragmas.items():
        driver.execute(f"PRAGMA {name} = {value}").fetchall()


class Spool:
    """Events that wait for their place in the chain: a file for each period of days, read back in one piece."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, period: int, packed: bytes) -> None:
        """Keep events of the period."""
        with self._file(period).open("ab") as file:
            file.write(packed)

    def take(self, period: int) -> Rows:
        """All events of the period in the order of their numbers; they are kept no longer."""
        place = self._file(period)
        rows: Rows = []
        if place.exists():
            with place.open("rb") as file:
                while file.peek(1):
                    rows += pickle.load(file)  # noqa: S301  # written by this run, in a folder of its own
            place.unlink()
        return sorted(rows, key=_seq)

    def _file(self, period: int) -> Path:
        return self.folder / f"{period:05}.events"


def packed(rows: Rows) -> bytes:
    """Events as the spool keeps them."""
    return pickle.dumps(rows, protocol=pickle.HIGHEST_PROTOCOL)


def unlinked(columns: history.Row) -> tuple[Any, ...]:
    """An event's columns in the table's order, up to the two that bind it to the one before."""
    return tuple(history.plain(columns[name]) if name != "at" else columns[name] for name in UNLINKED)


def chained(rows: Rows, head: tuple[int, str]) -> tuple[Rows, tuple[int, str]]:
    """The events bound to each other after ``head``, and the new head."""
    seq, prev = head
    text_place = UNLINKED.index("text")
    found: Rows = []
    for row in rows:
        seq += 1
        if row[0] != seq:
            raise RuntimeError(f"entry {seq} of the log is missing")
        link = history.link(prev, row[text_place])
        found.append((*row, prev, link))
        prev = link
    return found, (seq, prev)


def _seq(row: tuple[Any, ...]) -> int:
    return int(row[0])
