"""Rows in bulk: as the models would have stored them, and none lost while it waits."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from tracker import history
from tracker.database import UtcDateTime
from tracker.models import Seal
from tracker.sample import bulk, plan

SECONDS = st.integers(0, plan.LAST_SECOND)
NAMES = [column.name for column in Seal.__table__.columns]


def by_the_model(kind: Any, value: Any) -> Any:
    """What SQLAlchemy gives SQLite for a value of this kind."""
    return kind.dialect_impl(sqlite.dialect()).bind_processor(sqlite.dialect())(value)


@given(SECONDS)
def test_a_moment_is_written_as_canonical_json_holds_it(second: int) -> None:
    assert plan.text_of(second) == history.plain(plan.moment_of(second))


@given(SECONDS, st.none() | st.dates(date(1945, 1, 1), date(2100, 1, 1)))
def test_moments_and_days_are_stored_as_the_models_store_them(second: int, day: date | None) -> None:
    row: dict[str, Any] = dict.fromkeys(NAMES) | {
        "signed_at": plan.text_of(second),
        "current_due_last": day and day.isoformat(),
    }
    (stored,) = bulk.stored("seal", [tuple(row.values())], "sqlite")
    found = dict(zip(NAMES, kept(stored), strict=True))
    assert found["assessed_status"] is None
    assert found["signed_at"] == by_the_model(UtcDateTime(), plan.moment_of(second))
    assert found["current_due_last"] == by_the_model(sa.Date(), day)
    assert datetime.fromisoformat(f"{found['signed_at']}+00:00") == plan.moment_of(second)


def kept(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """What SQLite has of a row that it was given."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        marks = ", ".join("?" * len(row))
        found: tuple[Any, ...] = connection.execute(f"SELECT {marks}", row).fetchone()
        return found


def test_no_rows_are_stored_as_none() -> None:
    assert bulk.stored("seal", [], "sqlite") == bulk.stored("seal", [], "postgresql") == []


def test_postgresql_takes_moments_and_days_as_they_are() -> None:
    row = tuple((dict.fromkeys(NAMES) | {"signed_at": plan.text_of(1), "current_due_last": "2026-03-05"}).values())
    assert bulk.stored("seal", [row], "postgresql") == [row]


@pytest.mark.parametrize("most", [0, 200, 10_000])
def test_events_come_back_in_order_wherever_they_waited(tmp_path: Path, most: int) -> None:
    spool = bulk.Spool(tmp_path, most)
    rows = [(seq, f"event {seq}") for seq in range(1, 61)]
    for visit in range(6):  # each tells ten events, of two periods in turn
        for period in (3, 4):
            spool.add(period, bulk.packed([row for row in rows[visit::6] if row[0] % 2 == period % 2]))
    assert bool(list(tmp_path.iterdir())) is (most < 10_000)
    assert spool.take(2) == []
    assert spool.take(3) == rows[0::2]
    assert spool.take(4) == rows[1::2]
    assert spool.take(4) == []
    assert not list(tmp_path.iterdir())


def test_what_was_taken_leaves_room(tmp_path: Path) -> None:
    events = bulk.packed([(1, "event")])
    spool = bulk.Spool(tmp_path, most=len(events))
    for period in range(5):
        spool.add(period, events)
        assert not list(tmp_path.iterdir())
        assert spool.take(period) == [(1, "event")]
