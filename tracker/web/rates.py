"""How often one person may ask for what costs much: files and searches (R34).

Counted for each process: far above what a person does, far below what a script could.
"""

from __future__ import annotations

from math import ceil
from time import time

from flask import Flask, current_app, request
from flask_login import current_user
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from tracker.errors import TooOften
from tracker.texts import ngettext
from tracker.web.access import ACCESS, Open

RATES = {"file": parse("60/minute"), "search": parse("600/minute")}


class _Counts(MemoryStorage):
    """The library's, without the thread that it starts at each count to forget what has run out: there is one count
    for each person and kind, and it is forgotten when it is next asked for."""

    def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802  # the library's name for it
        """Start nothing."""


_counter = FixedWindowRateLimiter(_Counts())


def init_rates(app: Flask) -> None:
    """Count each request that costs much, once it is known who asks."""
    app.before_request(_count)


def _count() -> None:
    kind = _kind()
    if kind is None or not current_app.config["RATES_COUNT"] or not current_user.is_authenticated:
        return
    rate, key = RATES[kind], (kind, str(current_user.id))
    if not _counter.hit(rate, *key):
        wait = _wait(rate, key)
        raise TooOften(_words(rate, wait), wait)


def _kind() -> str | None:
    """What is asked for that costs much. Words to look for stand in the address, or in a form that narrows a list. What
    needs no permission searches nothing: who asks for it need not be known."""
    if isinstance(ACCESS.get(request.endpoint or "", Open.PUBLIC), Open):
        return None
    if request.path.endswith(".csv"):
        return "file"
    return "search" if request.values.get("q", "").strip() else None


def _wait(rate: RateLimitItem, key: tuple[str, str]) -> int:
    """Seconds until it is heard again."""
    return max(1, ceil(_counter.get_window_stats(rate, *key).reset_time - time()))


def _words(rate: RateLimitItem, wait: int) -> str:
    often = ngettext(
        "This can be asked %(num)d time a minute.", "This can be asked %(num)d times a minute.", rate.amount
    )
    until = ngettext("Wait %(num)d second, then try again.", "Wait %(num)d seconds, then try again.", wait)
    return f"{often} {until}"
