"""Answers that take long and hold until a record that they rest on is changed, which the log tells.

A process keeps the last ``MOST``. Nothing is written without an event (``history``), so that an answer still holds when
the chain goes on from the event up to which it was read, and no later event is on such a record: one statement. Where
later events are on records of some States, an answer that is made of the States' parts has those read anew, and no
others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import current_app

from tracker import history, tape
from tracker.database import Unindexed
from tracker.extensions import db, read
from tracker.models import Event

MOST = 64
MOST_STATES = 40
"""Of how many changed States an answer is brought up to date; beyond that it is made anew."""
RECORDS = ("followup", "measure", "plan")
"""The records that plans and their numbers rest on."""

Answer = TypeVar("Answer")


_storing = Lock()


@dataclass(frozen=True)
class Kept:
    """An answer, with the last event before it was read; new where some of it was read just now."""

    seq: int
    hash: str
    answer: Any
    is_new: bool = True


def answer(key: Hashable, make: Callable[[], Answer], records: Collection[str] = RECORDS) -> Answer:
    """What ``make`` gives, or gave under this key when no such record was changed since."""
    return renewed(key, records, make, lambda _before, _states: make())


def renewed(
    key: Hashable,
    records: Collection[str],
    make: Callable[[], Answer],
    renew: Callable[[Answer, frozenset[str]], Answer],
) -> Answer:
    """What ``make`` gives or gave under this key; brought up to date by ``renew`` where since then only such
    ``records`` of some States were changed, and made anew where one was that is no State's."""
    kept = _current(key, records, make, renew)
    if not kept.is_new:
        _rest_on_these_records()
    _store(key, kept)
    found: Answer = kept.answer
    return found


def parts(
    key: Hashable, records: Collection[str], states: Collection[str], tell: Callable[[list[str]], Mapping[str, Answer]]
) -> Mapping[str, Answer]:
    """What ``tell`` gives of these States, and what else is kept under this key. A State is read when it is first
    asked for, and again once a record of it was changed; one of which nothing is told is not there."""
    kept = _current(key, records, dict, _without)
    if missing := sorted(set(states) - kept.answer.keys()):
        with tape.paused():
            told = tell(missing)
        kept = replace(kept, answer=kept.answer | {state: told.get(state) for state in missing})
    elif not kept.is_new:
        _rest_on_these_records()
    _store(key, kept)
    return {state: part for state, part in kept.answer.items() if part is not None}


def _without(before: Mapping[str, Answer], states: frozenset[str]) -> dict[str, Answer]:
    return {state: part for state, part in before.items() if state not in states}


def _kept_here() -> dict[Hashable, Kept]:
    found: dict[Hashable, Kept] = current_app.extensions.setdefault("tracker_kept", {})
    return found


def _current(
    key: Hashable, records: Collection[str], make: Callable[[], Any], renew: Callable[[Any, frozenset[str]], Any]
) -> Kept:
    """The answer as of the newest event: kept, brought up to date, or made."""
    kept = _up_to_date(_kept_here().get(key), records, renew)
    if kept is None:
        seq, prev = _head()
        with tape.paused():
            kept = Kept(seq, prev, make())
    return kept


def _store(key: Hashable, kept: Kept) -> None:
    known = _kept_here()
    with _storing:
        known.pop(key, None)
        known[key] = kept
        while len(known) > MOST:
            del known[next(iter(known))]


def _up_to_date(kept: Kept | None, records: Collection[str], renew: Callable[..., Any]) -> Kept | None:
    """The answer as of the newest event; None where it cannot be told from it."""
    if kept is None:
        return None
    asked = {"seq": kept.seq, "records": sorted(records)}
    row = read(_SINCE, asked).one_or_none()
    if row is None or row.hash != kept.hash:
        return None
    if not row.is_changed:
        return Kept(row.last_seq, row.last_hash, kept.answer, is_new=False)
    states = db.session.scalars(_CHANGED, asked | {"last": row.last_seq}).all()
    if None in states or len(states) > MOST_STATES:
        return None
    with tape.paused():
        return Kept(row.last_seq, row.last_hash, renew(kept.answer, frozenset(map(str, states))))


def _rest_on_these_records() -> None:
    """A page of an answer that was kept is still true after later events on other records: the last answer on the tape
    is that of ``_SINCE``, and who wrote last does not matter. Where something was read anew, it does, because nothing
    else on the tape tells of what was read."""
    if (taken := tape.current()) is not None:
        taken.leave_out(*_HEAD)


def _head() -> tuple[int, str]:
    row = read(history.HEAD).one_or_none()
    return (row.seq, row.hash) if row else (0, "")


_OWN, _LAST = sa.orm.aliased(Event), sa.orm.aliased(Event)
_SEQ: sa.BindParameter[int] = sa.bindparam("seq", type_=sa.BigInteger)
_RECORDS: sa.BindParameter[str] = sa.bindparam("records", expanding=True)


def _newer(last: Any) -> sa.ColumnElement[bool]:
    """Events after the answer, on such records: few are newer, many are on such records. That there is a last one, too,
    tells PostgreSQL that they are few whatever the numbers are: it plans once for all of them."""
    return sa.and_(Event.seq > _SEQ, Event.seq <= last, Unindexed(Event.object_type).in_(_RECORDS))


_SINCE = sa.select(
    sa.select(_OWN.hash).where(_OWN.seq == _SEQ).scalar_subquery().label("hash"),
    _LAST.seq.label("last_seq"),
    _LAST.hash.label("last_hash"),
    sa.exists().where(_newer(_LAST.seq)).label("is_changed"),
).where(_LAST.seq == sa.select(sa.func.max(Event.seq)).scalar_subquery())
_HEAD = [place for place, column in enumerate(_SINCE.selected_columns) if column.key in ("last_seq", "last_hash")]
_LAST_SEQ: sa.BindParameter[int] = sa.bindparam("last", type_=sa.BigInteger)
_CHANGED = sa.select(Event.state_id).where(_newer(_LAST_SEQ)).distinct().limit(MOST_STATES + 1)
