"""Records in memory while their story is told: what the session and the log do, without a database between.

Each version row is closed as soon as the next is known, so that all of them are inserted once and never updated. The
events, their digests and what changed come from the functions that ordinary writing uses; but of a row that changed,
only the columns that did are compared. Rows hold what JSON holds: days and moments are texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from operator import itemgetter
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from tracker import history
from tracker.database import Base
from tracker.folding import fold
from tracker.models import VERSION_TABLES, Category, Outcome, search
from tracker.sample import plan as plans

DONE = Outcome.DONE.value


class Kept:
    """A row as it is, as the last event left it, and the columns that were touched since. A new one is told whole."""

    __slots__ = ("label", "opened", "row", "table", "told", "touched", "versions")

    def __init__(self, table: str, row: history.Row, versions: list[tuple[Any, ...]]) -> None:
        self.table = table
        self.row = row
        self.versions = versions
        self.label = history.label((table, tuple(row[name] for name in _keys(table))))
        self.touched: set[str] = set()
        self.told: history.Row | None = None
        self.opened = 0

    def close(self, seq: int | None) -> None:
        """End the version that the last event opened."""
        if self.told is not None:
            self.versions.append((*self.told.values(), self.opened, seq))


class Desk:
    """The rows of one story's records, be it a visit's or a plan's, the version rows and events told so far."""

    def __init__(self, numbers: Iterable[int], request_ids: Iterator[str]) -> None:
        self._numbers = iter(numbers)
        self._request_ids = request_ids
        self._kept: dict[tuple[Any, ...], Kept] = {}
        self._touched: dict[Kept, None] = {}
        self._request: str
        self.second: int
        self.at: str
        self.events: list[tuple[Any, ...]] = []  # as the table has them, up to what binds each to the one before
        self.versions: dict[str, list[tuple[Any, ...]]] = {}

    def begin(self, second: int) -> None:
        """A request of its own, at its moment: ``second`` of the story, ``now``, and ``at`` as rows hold it."""
        self.second, self.at = second, plans.text_of(second)
        self._request = next(self._request_ids)

    @property
    def now(self) -> datetime:
        """The moment of the request."""
        return plans.moment_of(self.second)

    def add(self, table: str, **values: Any) -> history.Row:
        """A new row, with the defaults of its model."""
        row = {**_defaults(table), **values}
        versions = self.versions.setdefault(VERSION_TABLES[table].name, [])
        kept = self._kept[table, *[row[name] for name in _keys(table)]] = Kept(table, row, versions)
        self._touched[kept] = None
        return row

    def change(self, table: str, identity: int, **values: Any) -> history.Row:
        """The row with new values; the old one stays what it was."""
        kept = self._kept[table, identity]
        self._touched[kept] = None
        kept.touched.update(values)
        row = kept.row = {**kept.row, **values}
        return row

    def row(self, table: str, identity: int) -> history.Row:
        """The row as it is now."""
        return self._kept[table, identity].row

    def rows(self, table: str) -> Iterator[history.Row]:
        """All rows of the table as they are now."""
        return (kept.row for kept in self._kept.values() if kept.table == table)

    def has(self, table: str, *identity: Any) -> bool:
        return (table, *identity) in self._kept

    def record(
        self,
        kind: str,
        root: tuple[str, int],
        state_id: str | None,
        *,
        by: int,
        reason: str = "",
        category: Category = Category.CHANGE,
        details: history.Row | None = None,
    ) -> None:
        """One event on ``root``, with all rows touched since the last."""
        seq = next(self._numbers, None)
        if seq is None:
            raise RuntimeError(f"the story left more events than were planned: {kind}")
        changes: history.Row = {}
        digests: dict[str, str | None] = {}
        for kept in self._touched:
            digests[kept.label] = history.row_digest(kept.table, kept.row)
            change = history.change_of(kept.table, kept.told, kept.row, kept.touched)
            if change:
                changes[kept.label] = change
            kept.close(seq)
            kept.told, kept.opened, kept.touched = kept.row, seq, set()
        self._touched.clear()
        noted = {
            "at": self.at,
            "kind": kind,
            "category": history.plain(category),
            "actor_id": by,
            "object_type": root[0],
            "object_id": root[1],
            "state_id": state_id,
            "outcome": DONE,
            "request_id": self._request,
            "reason": reason,
            "changes": changes,
            "details": details or {},
        }
        text = history.event_text(seq, noted, digests)
        self.events.append((seq, *_indexing(noted), history.FORMAT, text))

    def close(self) -> dict[str, list[tuple[Any, ...]]]:
        """Ends the story: the rows that stand, by table; their version rows stay open."""
        if self._touched or next(self._numbers, None) is not None:
            raise RuntimeError("the story left other events than were planned")
        standing: dict[str, list[tuple[Any, ...]]] = {}
        for kept in self._kept.values():
            standing.setdefault(kept.table, []).append(tuple(kept.row.values()))
            kept.close(None)
        return standing


_indexing = itemgetter(
    "at", "kind", "category", "actor_id", "object_type", "object_id", "state_id", "outcome", "request_id"
)
"""The columns of an event that only index its text, in the table's order."""


def search_row(model: Any, row: history.Row, state_id: str | None, places: str) -> tuple[Any, ...]:
    """The row that search finds the record by: number, type, id, State, its places, and the folded words."""
    noun, words = model.__tablename__, model.searched.fget(view(row))
    return search.row_id(noun, row["id"]), noun, row["id"], state_id, places, *map(fold, words)


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
def _keys(table: str) -> tuple[str, ...]:
    return tuple(column.name for column in Base.metadata.tables[table].primary_key)
