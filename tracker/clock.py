"""The time of day: the one place that asks for it, so that the sample's story and tests can set it.

``now()`` is aware and UTC. ``today()`` is the day in ``TRACKER_TZ``: a day ends there, for overdue,
clocks and as-at alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime

from flask import current_app, has_app_context

from tracker import tape

_told: ContextVar[datetime | None] = ContextVar("told_time", default=None)


def now() -> datetime:
    """This moment, aware, in UTC. What rests on it holds for a moment."""
    tape.spoil()
    return _now()


def _now() -> datetime:
    return _told.get() or datetime.now(UTC)


def today() -> date:
    """The day it is in the tracker's time zone."""
    zone = current_app.config["SETTINGS"].timezone if has_app_context() else UTC
    return _now().astimezone(zone).date()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Tell the clock a time. For the sample and tests; ``sample.load`` refuses production."""
    token = _told.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _told.reset(token)
