"""Answers that take long and hold until a record that they rest on is changed, which the log tells.

A process keeps the last few. Nothing is written without an event (``history``), so that an answer still holds when the
chain goes on from the event up to which it was read, and no later event is on such a record: one statement.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import current_app

from tracker.extensions import db
from tracker.models import Event

MOST = 24
RECORDS = ("followup", "measure", "plan")
"""The records that plans and their numbers rest on."""

Answer = TypeVar("Answer")


_storing = Lock()


@dataclass(frozen=True)
class Kept:
    """An answer, with the last event before it was read."""

    seq: int
    hash: str
    answer: Any


def answer(key: Hashable, make: Callable[[], Answer]) -> Answer:
    """What ``make`` gives, or gave under this key when no follow-up, measure or plan was changed since."""
    known: dict[Hashable, Kept] = current_app.extensions.setdefault("tracker_kept", {})
    before = known.get(key)
    kept = before and _if_it_holds(before)
    if kept is None:
        seq, prev = _head()
        kept = Kept(seq, prev, make())
    with _storing:
        known.pop(key, None)
        known[key] = kept
        while len(known) > MOST:
            del known[next(iter(known))]
    found: Answer = kept.answer
    return found


def _if_it_holds(kept: Kept) -> Kept | None:
    """The answer, known to hold up to the newest event; None where it may hold no more."""
    row = db.session.execute(_SINCE, {"seq": kept.seq}).one_or_none()
    if row is None or row.hash != kept.hash or row.is_changed:
        return None
    return Kept(row.last_seq, row.last_hash, kept.answer)


def _head() -> tuple[int, str]:
    row = db.session.execute(sa.select(Event.seq, Event.hash).order_by(Event.seq.desc()).limit(1)).one_or_none()
    return (row.seq, row.hash) if row else (0, "")


_OWN, _LAST = sa.orm.aliased(Event), sa.orm.aliased(Event)
_SEQ: sa.BindParameter[int] = sa.bindparam("seq")
_SINCE = sa.select(
    sa.select(_OWN.hash).where(_OWN.seq == _SEQ).scalar_subquery().label("hash"),
    _LAST.seq.label("last_seq"),
    _LAST.hash.label("last_hash"),
    sa.exists().where(Event.seq > _SEQ, Event.object_type.in_(RECORDS)).label("is_changed"),
).where(_LAST.seq == sa.select(sa.func.max(Event.seq)).scalar_subquery())
