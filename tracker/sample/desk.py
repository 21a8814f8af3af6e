"""Records in memory while their story is told: what the session and the log do, without a database between.

Each version row is closed as soon as the next is known, so that all of them are inserted once and never updated. The
events, their digests and what changed come from the functions that ordinary writing uses; but of a row that changed,
only the columns that did are compared and written as JSON again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache, lru_cache
from json.encoder import encode_basestring
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from tracker import history
from tracker.database import Base
from tracker.models import VERSION_TABLES, Category, Outcome

DONE = Outcome.DONE.value


class Desk:
    """The rows of one visit's records, the version rows and events told so far."""

    def __init__(self, numbers: Iterable[int], request_ids: Iterator[str]) -> None:
        self._numbers = iter(numbers)
        self._request_ids = request_ids
        self._rows: dict[history.Key, history.Row] = {}
        self._told: dict[history.Key, tuple[history.Row, int]] = {}
        self._touched: dict[history.Key, set[str]] = {}
        self._json: dict[history.Key, dict[str, str]] = {}
        self._request = ""
        self.now = datetime.min.replace(tzinfo=UTC)
        self.events: list[tuple[Any, ...]] = []  # as the table has them, up to what binds each to the one before
        self.versions: dict[str, list[tuple[Any, ...]]] = {}

    def begin(self, now: datetime) -> None:
        """A request of its own, at its moment."""
        self.now = now
        self._request = next(self._request_ids)

    def add(self, table: str, **values: Any) -> history.Row:
        """A new row, with the defaults of its model."""
        row = {**_defaults(table), **values}
        key = (table, tuple(row[name] for name in _keys(table)))
        self._rows[key] = row
        self._touched[key] = set(row)
        return row

    def change(self, table: str, identity: int, **values: Any) -> history.Row:
        """The row with new values; the old one stays what it was."""
        key = (table, (identity,))
        row = self._rows[key] = {**self._rows[key], **values}
        self._touched.setdefault(key, set()).update(values)
        return row

    def row(self, table: str, identity: int) -> history.Row:
        """The row as it is now."""
        return self._rows[table, (identity,)]

    def has(self, table: str, *identity: Any) -> bool:
        return (table, identity) in self._rows

    def record(
        self,
        kind: str,
        root: tuple[str, int],
        state_id: str,
        *,
        by: int,
        reason: str = "",
        category: Category = Category.CHANGE,
        details: history.Row | None = None,
    ) -> None:
        """One event on ``root``, with all rows touched since the last."""
        seq = next(self._numbers)
        before: dict[history.Key, history.Row | None] = {}
        now: dict[history.Key, history.Row | None] = {}
        digests: dict[str, str | None] = {}
        for key, names in self._touched.items():
            row, last = self._rows[key], self._told.get(key)
            before[key] = {name: last[0][name] for name in names} if last else None
            now[key] = changed = {name: row[name] for name in names}
            digests[history.label(key)] = self._digest(key, changed)
            self._close(key, seq)
            self._told[key] = row, seq
        self._touched.clear()
        columns = {
            "at": self.now,
            "kind": kind,
            "category": category.value,
            "actor_id": by,
            "object_type": root[0],
            "object_id": root[1],
            "state_id": state_id,
            "outcome": DONE,
            "request_id": self._request,
        }
        changes = history.changes_between(before, now)
        rest = {"at": _plain(self.now), "reason": reason, "changes": changes, "details": details or {}}
        text = history.event_text(seq, columns | rest, digests)
        self.events.append((seq, *columns.values(), history.FORMAT, text))

    def _digest(self, key: history.Key, changed: history.Row) -> str:
        """``history.row_digest`` of the row, made of what its columns were and the ``changed`` ones."""
        table = key[0]
        parts = self._json.get(key)
        if parts is None:
            parts = self._json[key] = dict.fromkeys(_sorted(table), "")
        for name, value in changed.items():
            parts[name] = _part(name, value)
        return history.digest(f"{table}{{{','.join(parts.values())}}}")

    def close(self) -> dict[str, list[tuple[Any, ...]]]:
        """Ends the story: the rows that stand, by table; their version rows stay open."""
        if self._touched or next(self._numbers, None) is not None:
            raise RuntimeError("the story left other events than were planned")
        standing: dict[str, list[tuple[Any, ...]]] = {}
        for key, row in self._rows.items():
            standing.setdefault(key[0], []).append(tuple(row.values()))
            self._close(key, None)
        return standing

    def _close(self, key: history.Key, seq: int | None) -> None:
        if key in self._told:
            row, opened = self._told[key]
            self.versions.setdefault(VERSION_TABLES[key[0]].name, []).append((*row.values(), opened, seq))


def view(row: history.Row) -> Any:
    """The row's columns as attributes, for functions that take a record."""
    return SimpleNamespace(**row)


@cache
def _defaults(table: str) -> history.Row:
    """Each column in the table's order, with what the model gives when nothing is said."""
    return {column.name: _default(column) for column in Base.metadata.tables[table].columns}


def _default(column: sa.Column[Any]) -> Any:
    if isinstance(column.default, sa.ColumnDefault) and column.default.is_scalar:
        return history.plain(column.default.arg)
    return None


@cache
def _sorted(table: str) -> list[str]:
    return sorted(_defaults(table))


def _part(name: str, value: Any) -> str:
    """A column as it stands in its row's canonical JSON."""
    kind = type(value)
    if kind is int:  # as JSON has it, without asking
        return f'"{name}":{value}'
    if kind is str:
        return f'"{name}":{encode_basestring(value)}'
    return f'"{name}":{_canonical(value)}'


@lru_cache(maxsize=1_000, typed=True)
def _canonical(value: Any) -> str:
    return history.canonical(_plain(value))


_plain = lru_cache(maxsize=1_000, typed=True)(history.plain)


@cache
def _keys(table: str) -> tuple[str, ...]:
    return tuple(column.name for column in Base.metadata.tables[table].primary_key)
