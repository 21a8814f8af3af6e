"""What stands in the database, so that a test can say that nothing of it changed, and try the same thing twice."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from tests.databases import OWNER
from tests.rolled_back import RolledBack
from tracker.database import Base
from tracker.extensions import db
from tracker.models import Event

OF_VISITING = frozenset({"sign_in_session", "sign_in_attempt"})
FIRST_ID = 1_000_000
Snapshot = dict[str, list[tuple[Any, ...]]]


def taken(but: Collection[str] = OF_VISITING) -> Snapshot:
    """Every row of every table, but those that keep who is about; leaves no transaction open."""
    rows = {
        table.name: sorted((tuple(map(repr, row)) for row in db.session.execute(sa.select(table))), key=repr)
        for table in Base.metadata.sorted_tables
        if table.name not in but
    }
    db.session.rollback()
    return rows


def differences(before: Snapshot, after: Snapshot) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of ``after`` that ``before`` has not, and the other way round, by table."""
    return {
        name: [*(set(after[name]) - set(before[name])), *(set(before[name]) - set(after[name]))]
        for name in before
        if before[name] != after[name]
    }


def kinds(since: int = 0) -> list[str]:
    """The kinds of the events after number ``since``."""
    found = list(db.session.scalars(sa.select(Event.kind).where(Event.seq > since).order_by(Event.seq)))
    db.session.rollback()
    return found


def head() -> int:
    """The number of the last event."""
    number = int(db.session.scalar(sa.select(sa.func.max(Event.seq))) or 0)
    db.session.rollback()
    return number


@contextmanager
def taken_back(engine: RolledBack) -> Iterator[None]:
    """Whatever is committed in the block is gone after it, and the next block starts from the same rows."""
    db.session.commit()
    _set_sequences(engine)
    engine._run("SAVEPOINT sweep")
    try:
        yield
    finally:
        db.session.rollback()
        db.session.expire_all()
        engine.savepoints.clear()
        engine._run("ROLLBACK TO SAVEPOINT sweep")
        engine._run("RELEASE SAVEPOINT sweep")


def _set_sequences(engine: RolledBack) -> None:
    """PostgreSQL takes back no number of a sequence: each block starts from the same ones."""
    if engine.engine.dialect.name != "postgresql":
        return
    engine._run(f"SET LOCAL ROLE {OWNER}")
    engine._run(f"SELECT setval(format('%I.%I', schemaname, sequencename), {FIRST_ID}) FROM pg_sequences")
    engine._run("RESET ROLE")
