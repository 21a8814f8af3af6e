"""The declarative base, the column types of our own, and how each database is opened.

SQLite: WAL, foreign keys on, ``synchronous=FULL``, and ``BEGIN IMMEDIATE`` when the work may write, because a
plain ``BEGIN`` loses concurrent writers to "database is locked" (R24). PostgreSQL needs none of it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.pq import TransactionStatus
from sqlalchemy import event
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from tracker.partial_date import PartialDate
from tracker.tape import AS_ASKED, spoil

ANALYSED = 1_000  # rows of each index that are looked at
PREPARED = 200  # statements that PostgreSQL keeps parsed for a connection
LONGEST_KEPT = 20_000  # signs of a parameter; a page that asked with more is made anew rather than kept with it

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every model's base. Constraints are named, so that migrations can find them."""

    metadata = sa.MetaData(naming_convention=NAMES)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. Refuses naive values; gives aware ones back from both databases."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class PartialDateType(TypeDecorator[PartialDate]):
    """A date at the precision known, as ISO 8601 text: ``2006``, ``2006-11`` or ``2006-11-13``."""

    impl = sa.String(10)
    cache_ok = True

    def process_bind_param(self, value: PartialDate | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else value.iso

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> PartialDate | None:
        return None if value is None else PartialDate.parse(value)


def choice(members: type[StrEnum], name: str) -> sa.Enum:
    """A column type for an enum: stored by value, checked by the database, constraint ``ck_<table>_<name>``."""
    return sa.Enum(
        members,
        values_callable=lambda enum: [member.value for member in enum],
        native_enum=False,
        create_constraint=True,
        validate_strings=True,
        length=32,
        name=name,
    )


def as_said(column: Any, dialect: str) -> Any:
    """The column as canonical JSON says its value, made by the database: no moment, date or member of an enum is
    built to be taken apart again. What is no text where text should be stays what it is."""
    kind = column.type
    if isinstance(kind, sa.Boolean | sa.Integer):
        return column
    if dialect != "sqlite" and isinstance(kind, UtcDateTime):
        return sa.func.to_char(sa.func.timezone("UTC", column), 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')
    if dialect != "sqlite" and isinstance(kind, sa.Date):
        return sa.func.to_char(column, "YYYY-MM-DD")
    stored = sa.type_coerce(column, sa.String)
    if isinstance(kind, UtcDateTime):
        said = sa.func.replace(stored, " ", "T", type_=sa.String) + "+00:00"
        return sa.case((sa.func.typeof(stored) == "text", said), else_=stored)
    return stored


class Unindexed(sa.ColumnElement[Any]):
    """A column that SQLite must not choose an index by, where another index gives the rows in order or is narrower.
    PostgreSQL knows better by its statistics."""

    inherit_cache = True
    _traverse_internals = [("column", sa.sql.visitors.InternalTraversal.dp_clauseelement)]

    def __init__(self, column: Any) -> None:
        self.column = sa.inspect(column).expression if hasattr(column, "expression") else column
        self.type = column.type


@compiles(Unindexed)
def _plainly(element: Unindexed, compiler: Any, **kwargs: Any) -> str:
    return str(compiler.process(element.column, **kwargs))


@compiles(Unindexed, "sqlite")
def _unarily(element: Unindexed, compiler: Any, **kwargs: Any) -> str:
    return f"+{compiler.process(element.column, **kwargs)}"


def as_asked(statement: sa.Select[Any]) -> sa.Select[Any]:
    """A question that PostgreSQL parses and plans each time, for the values that it is asked with, because few rows
    have some and most have others. Others it plans for their values a few times, and then once for all where that
    promises as much."""
    return statement.prefix_with(sa.text(AS_ASKED), dialect="postgresql")


class _Texts(sa.types.UserDefinedType[list[str]]):
    """Texts as one parameter, written as the database reads them: as an array, or as JSON where there are no arrays."""

    cache_ok = True
    render_bind_cast = True

    def get_col_spec(self, **_options: Any) -> str:
        return "TEXT[]"

    def bind_processor(self, dialect: sa.Dialect) -> Any:
        return _as_json if dialect.name == "sqlite" else _as_array


def _as_json(texts: list[str]) -> str:
    said = json.dumps(texts, ensure_ascii=False)
    if len(said) > LONGEST_KEPT:
        spoil()
    return said


def _as_array(texts: list[str]) -> str:
    """An array is written as JSON is but for its brackets, where no control character is in it: codes hold none."""
    return "{" + _as_json(texts)[1:-1] + "}"


class OneOf(sa.ColumnElement[bool]):
    """A text is one of ``texts``, codes of which there may be thousands: it is looked up, not compared with each. As a
    list of parameters they would have an end, and be written anew for each length."""

    inherit_cache = True
    type = sa.Boolean()
    _traverse_internals = [
        ("text", sa.sql.visitors.InternalTraversal.dp_clauseelement),
        ("texts", sa.sql.visitors.InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, text: Any, texts: list[str]) -> None:
        self.text = text
        self.texts = sa.literal(texts, _Texts)

    def self_group(self, against: Any = None) -> Any:
        return sa.sql.elements.Grouping(self)


@compiles(OneOf)
def _is_any(element: OneOf, compiler: Any, **kwargs: Any) -> str:
    text, texts = (compiler.process(one, **kwargs) for one in (element.text, element.texts))
    return f"({text}) IN (SELECT unnest({texts}))"  # both as the compiler wrote them


@compiles(OneOf, "sqlite")
def _is_in(element: OneOf, compiler: Any, **kwargs: Any) -> str:
    text, texts = (compiler.process(one, **kwargs) for one in (element.text, element.texts))
    return f"({text}) IN (SELECT value FROM json_each({texts}))"  # noqa: S608  # both as the compiler wrote them


def of_codes(column: Any, codes: Iterable[str]) -> sa.ColumnElement[bool]:
    """A column is one of a few codes of ours, written into the statement when it is sent. The States that somebody may
    see are asked with nearly each statement: as parameters, each code would be counted, bound and planned for."""
    stand = sa.bindparam("codes", sorted(codes), sa.String(), unique=True, expanding=True, literal_execute=True)
    found: sa.ColumnElement[bool] = column.in_(stand)
    return found


def analyse(engine: sa.Engine) -> None:
    """Tell SQLite's planner how many rows there are and how alike, from a sample: without it a join of two tables is
    read from the wrong end. PostgreSQL does so by itself, in time."""
    if engine.dialect.name != "sqlite":
        return
    with suppress(sa.exc.OperationalError), engine.connect() as connection:  # locked: what it knew is still good
        connection.exec_driver_sql(f"PRAGMA analysis_limit={ANALYSED}")
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


def settle(engine: sa.Engine) -> None:
    """What ``analyse`` does, and for PostgreSQL too, after so many rows came at once: how many there are and which
    pages all can see, so that an index suffices. It would find out by itself, but later; and where the role does not
    own the tables, it does."""
    if engine.dialect.name == "sqlite":
        analyse(engine)
        return
    with (
        suppress(sa.exc.OperationalError),
        engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
    ):
        connection.exec_driver_sql("VACUUM (ANALYZE)")


_may_write: ContextVar[bool] = ContextVar("may_write", default=True)


@contextmanager
def read_only() -> Iterator[None]:
    """Work that only reads: on SQLite its transaction starts without taking the writers' lock."""
    token = _may_write.set(False)
    try:
        yield
    finally:
        _may_write.reset(token)


@contextmanager
def writing() -> Iterator[None]:
    """Work that writes although the request only reads: an entry in the log of what was exported or refused."""
    token = _may_write.set(True)
    try:
        yield
    finally:
        _may_write.reset(token)


def set_may_write(value: bool) -> Any:
    """Say whether the request may write; returns the token that ``reset_may_write`` takes."""
    return _may_write.set(value)


def reset_may_write(token: Any) -> None:
    _may_write.reset(token)


def open_properly(engine: sa.Engine) -> None:
    """Attach what each connection of ``engine`` needs."""
    if engine.dialect.name == "postgresql":
        event.listen(engine, "do_connect", _postgresql_connection)
        return
    event.listen(engine, "connect", _sqlite_connection)
    event.listen(engine, "begin", _sqlite_begin)


class PostgresqlConnection(psycopg.Connection[Any]):
    """Ends by a commit what only read. At a rollback psycopg forgets all statements that the database has prepared for
    it, in case that one of them rests on what is taken back: each page would have its questions parsed and analysed
    anew, which takes as long as to answer them. Its cursors say what did more than read (``tape``)."""

    has_only_read = True

    def rollback(self) -> None:
        if self.has_only_read and self.info.transaction_status == TransactionStatus.INTRANS:
            self.commit()
        else:
            super().rollback()
        self.has_only_read = True

    def commit(self) -> None:
        super().commit()
        self.has_only_read = True


def _postgresql_connection(_dialect: Any, _record: Any, given: list[Any], options: dict[str, Any]) -> Any:
    connection = PostgresqlConnection.connect(*given, **options)
    connection.prepared_max = PREPARED
    return connection


def _sqlite_connection(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we send BEGIN ourselves
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=10000", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _may_write.get() else "BEGIN")
