"""A form carries a key: six identical submissions make one record, and the repeat lands on it (R21).

A request is a repeat within minutes: a doubled click, a retry. Later the same page says something anew, because others
may have undone what it did. What makes a record, which nothing takes away again, is remembered longer.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tracker import clock
from tracker.extensions import db
from tracker.models import Account, RequestKey

KEPT = timedelta(days=7)  # longer than any page stays open
SHORTLY = timedelta(minutes=5)  # longer than anybody waits for an answer before sending the page again


def claim(key: str | None, by: Account, within: timedelta = SHORTLY) -> str | None:
    """Take the key for this request. Gives the address that a request with it landed on so shortly before, if there was
    one.

    On PostgreSQL a second request waits here until the first has committed; on SQLite writers take turns anyway.
    """
    if not key or len(key) > 64:
        return None
    expired = sa.select(RequestKey.key).where(RequestKey.used_at < clock.now() - KEPT)
    free = expired.with_for_update(skip_locked=True)  # whoever is at it already does it: nobody waits for that
    db.session.execute(sa.delete(RequestKey).where(RequestKey.key.in_(free)))
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    now = clock.now()  # asked once: what is too late to take the key anew is early enough to be a repeat
    taken = db.session.scalar(
        insert(RequestKey)
        .values(key=_owned(key, by), account_id=by.id, url="", used_at=now)
        .on_conflict_do_update(
            index_elements=[RequestKey.key],
            set_={"url": "", "used_at": now},
            where=RequestKey.used_at < now - within,
        )
        .returning(RequestKey.key)  # psycopg counts no rows here
    )
    if taken is not None:
        return None
    return _landed(key, by, now - within)


def landed(key: str | None, by: Account, within: timedelta = SHORTLY) -> str | None:
    """The address that a request with the key ended at so shortly before; None where none has."""
    return _landed(key, by, clock.now() - within) if key and len(key) <= 64 else None


def _landed(key: str, by: Account, since: datetime) -> str | None:
    own = (RequestKey.key == _owned(key, by), RequestKey.used_at >= since)
    return db.session.scalar(sa.select(RequestKey.url).where(*own)) or None


def land(key: str | None, by: Account, url: str) -> None:
    """Say where the request with this key ended."""
    if key and len(key) <= 64:
        db.session.execute(sa.update(RequestKey).where(RequestKey.key == _owned(key, by)).values(url=url))


def _owned(key: str, by: Account) -> str:
    """One person's keys never meet another's."""
    return f"{by.id}:{key}"[:64]
