"""A form that creates carries a key: six identical submissions make one record, and the repeat lands on it (R21)."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tracker import clock
from tracker.extensions import db
from tracker.models import Account, RequestKey

KEPT = timedelta(days=7)  # longer than any page stays open


def claim(key: str | None, by: Account) -> str | None:
    """Take the key for this request. Gives the address that an earlier request with it landed on, if there was one.

    On PostgreSQL a second request waits here until the first has committed; on SQLite writers take turns anyway.
    """
    if not key or len(key) > 64:
        return None
    expired = sa.select(RequestKey.key).where(RequestKey.used_at < clock.now() - KEPT)
    free = expired.with_for_update(skip_locked=True)  # whoever is at it already does it: nobody waits for that
    db.session.execute(sa.delete(RequestKey).where(RequestKey.key.in_(free)))
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    taken = db.session.scalar(
        insert(RequestKey)
        .values(key=_owned(key, by), account_id=by.id, url="", used_at=clock.now())
        .on_conflict_do_nothing()
        .returning(RequestKey.key)  # psycopg counts no rows here
    )
    if taken is not None:
        return None
    return landed(key, by)


def landed(key: str | None, by: Account) -> str | None:
    """The address that an earlier request with the key ended at; None where none has."""
    if not key or len(key) > 64:
        return None
    return db.session.scalar(sa.select(RequestKey.url).where(RequestKey.key == _owned(key, by))) or None


def land(key: str | None, by: Account, url: str) -> None:
    """Say where the request with this key ended."""
    if key and len(key) <= 64:
        db.session.execute(sa.update(RequestKey).where(RequestKey.key == _owned(key, by)).values(url=url))


def _owned(key: str, by: Account) -> str:
    """One person's keys never meet another's."""
    return f"{by.id}:{key}"[:64]
