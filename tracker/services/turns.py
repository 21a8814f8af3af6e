"""One after the other: what two requests must not do at once, such as give out the same number."""

from __future__ import annotations

import sqlalchemy as sa

from tracker.extensions import db


def take(what: str, whose: str) -> None:
    """Wait until nobody else does ``what`` for ``whose``, and keep others waiting until this transaction ends.

    SQLite needs nothing: its writers take turns anyway. The pair of keys on PostgreSQL never meets the single key of
    the log's chain, which is always taken after it.
    """
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(what), sa.func.hashtext(whose))))
