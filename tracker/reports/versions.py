"""Version rows, checked: the digest under which an event vouches for each, and whether the spans touch and the open
ones are the live rows (R19).

Digests are made of what the database holds, read as JSON will say it and written straight into each row's canonical
text. Rows are compared where they lie, so that only what differs is read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from itertools import groupby, islice
from json.encoder import encode_basestring
from types import NoneType
from typing import Any

import sqlalchemy as sa

from tracker import history
from tracker.database import Base, as_said
from tracker.extensions import db
from tracker.models import VERSION_TABLES, Event

SPAN = ("from_event", "to_event")
BATCH = 200
"""Rows that are asked for by their keys in one statement."""

Ended = tuple[int, str]
"""A row, by its label, and the event that removed it."""


# Digests


def opened(first: int, last: int) -> dict[int, dict[str, str]]:
    """The digests of the version rows opened by these events, as they are now: event → row → digest."""
    found: dict[int, dict[str, str]] = {}
    between = {"first": first, "last": last}
    for name in VERSION_TABLES:
        telling = _telling(name, db.engine.dialect.name)
        for row in db.session.execute(telling.query, between).all():
            found.setdefault(row[0], {})[telling.label(row)] = telling.digest(row)
    return found


@dataclass(frozen=True)
class Telling:
    """How the version rows of one table are read, named and hashed."""

    query: sa.Select[Any]
    text: str
    naming: Callable[[Any], str]

    def label(self, row: Any) -> str:
        return self.naming(row)

    def digest(self, row: Any) -> str:
        """``history.row_digest`` of a row as the query gives it, whose first column is the event."""
        return history.digest(self.text % tuple([write(type(value), repr)(value) for value in row[1:]]))


# What is none of these stands for no value that was hashed: a blob is no JSON.
_JSON: dict[type, Callable[[Any], str]] = {
    NoneType: lambda _none: "null",
    str: encode_basestring,
    int: str,
    bool: lambda value: "true" if value else "false",
}
write = _JSON.get


@cache
def _telling(name: str, dialect: str) -> Telling:
    twin = VERSION_TABLES[name]
    columns = sorted((column for column in twin.columns if column.name not in SPAN), key=lambda column: column.name)
    text = ",".join(f'"{column.name}":%s' for column in columns)
    query = sa.select(twin.c.from_event, *(as_said(column, dialect) for column in columns)).where(
        twin.c.from_event.between(sa.bindparam("first"), sa.bindparam("last"))
    )
    places = [1 + columns.index(key) for key in _keys(twin)]
    return Telling(query, f"{name}{{{text}}}", _naming(name, places))


def _naming(name: str, places: list[int]) -> Callable[[Any], str]:
    """The label of a row whose keys stand in these places."""
    if len(places) == 1:
        (place,) = places
        return lambda row: f"{name}:{row[place]}"
    return lambda row: history.label((name, tuple(row[place] for place in places)))


def first_unended(removed: Iterable[Ended]) -> Ended | None:
    """The first of these removed rows of which no version ends at the event that removed it."""
    ordered = sorted(removed, key=lambda one: _table_of(one[1]))
    wrong = [
        one
        for name, own in groupby(ordered, key=lambda one: _table_of(one[1]))
        for batch in _batches(own)
        for one in set(batch) - _ended(name, batch)
    ]
    return min(wrong, default=None)


def _ended(name: str, removed: list[Ended]) -> set[Ended]:
    twin = VERSION_TABLES[name]
    keys = _keys(twin)
    wanted = [(seq, *_identity(keys, label)) for seq, label in removed]
    rows = db.session.execute(sa.select(twin.c.to_event, *keys).where(sa.tuple_(twin.c.to_event, *keys).in_(wanted)))
    return {(row[0], history.label((name, tuple(row[1:])))) for row in rows}


def _identity(keys: list[sa.Column[Any]], label: str) -> Iterator[Any]:
    parts = label.partition(":")[2].split("/")
    for key, part in zip(keys, parts, strict=True):
        yield int(part) if isinstance(key.type, sa.Integer) else part


def _table_of(label: str) -> str:
    return label.partition(":")[0]


# Spans and live rows


def problems() -> Iterator[str]:
    """What is wrong with the live rows and with the spans of their versions."""
    for name, twin in VERSION_TABLES.items():
        yield from _not_as_left(name, twin)
        yield from _gone(name, twin)
        yield from _torn(name, twin)


def _not_as_left(name: str, twin: sa.Table) -> Iterator[str]:
    """Live rows without an open version, or unlike it."""
    live = Base.metadata.tables[name]
    keys = [live.c[key.name] for key in _keys(twin)]
    differs = (live.c[column.name].is_distinct_from(twin.c[column.name]) for column in live.columns)
    query = (
        sa.select(twin.c.from_event, *keys)
        .select_from(live.outerjoin(twin, sa.and_(*_same(live, twin), twin.c.to_event.is_(None))))
        .where(sa.or_(twin.c.from_event.is_(None), *differs))
        .order_by(*keys)
        .limit(1)
    )
    for opening, *identity in db.session.execute(query):
        label = history.label((name, tuple(identity)))
        if opening is not None:
            yield f"{label}: the row is not as the last entry on it left it"
        elif _is_told(twin, identity):
            yield f"{label}: the row lives, but its last version is closed"
        else:
            yield f"{label}: a row that no entry tells of"


def _is_told(twin: sa.Table, identity: list[Any]) -> bool:
    matches = (key == value for key, value in zip(_keys(twin), identity, strict=True))
    return db.session.scalar(sa.select(sa.literal(1)).where(*matches).limit(1)) is not None


def _gone(name: str, twin: sa.Table) -> Iterator[str]:
    """Open versions of rows that are no more."""
    live = Base.metadata.tables[name]
    keys = _keys(twin)
    query = (
        sa.select(*keys)
        .where(twin.c.to_event.is_(None), ~sa.exists().where(*_same(live, twin)))
        .order_by(*keys)
        .limit(1)
    )
    for identity in db.session.execute(query):
        yield f"{history.label((name, tuple(identity)))}: the row is gone, and no entry tells of that"


def _torn(name: str, twin: sa.Table) -> Iterator[str]:
    """Versions that end elsewhere than where the next begins, though no entry removed the row there."""
    keys = _keys(twin)
    following = sa.func.lead(twin.c.from_event).over(partition_by=keys, order_by=twin.c.from_event)
    spans = sa.select(*keys, twin.c.from_event, twin.c.to_event, following.label("following")).subquery()
    query = (
        sa.select(spans.c.from_event, spans.c.to_event, spans.c.following, *(spans.c[key.name] for key in keys))
        .where(spans.c.to_event.is_distinct_from(spans.c.following))
        .order_by(*(spans.c[key.name] for key in keys), spans.c.from_event)
    )
    with closing(db.session.execute(query.execution_options(yield_per=BATCH))) as rows:
        for batch in rows.partitions():
            removals = _removals({row[1] for row in batch if row[1] is not None})
            for first, last, then, *identity in batch:
                label = history.label((name, tuple(identity)))
                if (last, label) not in removals:
                    yield f"{label}: {_how_torn(first, then)}"


def _how_torn(first: int, following: int | None) -> str:
    if following is None:
        return "its last version was closed by no entry"
    return f"the version of entry {first} does not end where the next begins"


def _removals(events: set[int]) -> set[Ended]:
    """The rows that these events removed."""
    rows = db.session.execute(sa.select(Event.seq, Event.text).where(Event.seq.in_(events)))
    return {(seq, label) for seq, text in rows for label, digest in json.loads(text)["rows"].items() if digest is None}


# Tables


def _keys(twin: sa.Table) -> list[sa.Column[Any]]:
    return [column for column in twin.primary_key if column.name != "from_event"]


def _same(live: sa.Table, twin: sa.Table) -> list[sa.ColumnElement[bool]]:
    return [live.c[key.name] == key for key in _keys(twin)]


def _batches(items: Iterable[Ended]) -> Iterator[list[Ended]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch
