"""The rows of a file: in chunks, so that memory does not grow with them, and all of one moment.

On a connection of their own, because a streamed answer outlives the request that began it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from tracker.database import read_only

FIRST_CHUNK = 20  # somebody waits for it
CHUNK = 250

Told = Callable[[Sequence[sa.Row[Any]], sa.Connection], Sequence[Any]]
"""What makes the rows of a file from a chunk, and may ask more of the same moment on the connection."""


def chunks(engine: sa.Engine, statement: sa.Select[Any]) -> Iterator[Sequence[sa.Row[Any]]]:
    """The rows of a statement."""
    with _reading(engine) as connection:
        yield from _rows(connection, statement)


def counted(engine: sa.Engine, count: sa.Select[Any], statement: sa.Select[Any], told: Told | None) -> Iterator[Any]:
    """How many rows there are, then what ``told`` makes of each chunk, or the chunk."""
    with _reading(engine) as connection:
        yield connection.execute(count).scalar_one()
        for rows in _rows(connection, statement):
            yield rows if told is None else told(rows, connection)


@contextmanager
def _reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection that only reads, all of one moment: as any transaction of SQLite does, and PostgreSQL where it is
    asked to."""
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        with read_only():
            transaction = connection.begin()
        with transaction:
            yield connection


def _rows(connection: sa.Connection, statement: sa.Select[Any]) -> Iterator[Sequence[sa.Row[Any]]]:
    options = {"stream_results": True, "max_row_buffer": CHUNK}
    with connection.execute(statement, execution_options=options) as found:
        if first := found.fetchmany(FIRST_CHUNK):
            yield first
        yield from found.partitions(CHUNK)
