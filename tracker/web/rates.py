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

RATES = {"file": parse("60/minute"), "search": parse("600/minute")}
_counter = FixedWindowRateLimiter(MemoryStorage())


def init_rates(app: Flask) -> None:
    """Count each request that costs much, once it is known who asks."""
    app.before_request(_count)


def _count() -> None:
    kind = _kind()
    if kind is None or not current_app.config["RATES_COUNT"] or not current_user.is_authenticated:
        return
    rate, key = RATES[kind], (kind, str(current_user.id))
    if not _counter.hit(rate, *key):
        raise TooOften(_words(rate), _wait(rate, key))


def _kind() -> str | None:
    if request.path.endswith(".csv"):
        return "file"
    return "search" if request.method == "GET" and request.args.get("q") else None


def _wait(rate: RateLimitItem, key: tuple[str, str]) -> int:
    """Seconds until it is heard again."""
    return max(1, ceil(_counter.get_window_stats(rate, *key).reset_time - time()))


def _words(rate: RateLimitItem) -> str:
    return ngettext(
        "This can be asked %(num)d time a minute. Wait a minute, then try again.",
        "This can be asked %(num)d times a minute. Wait a minute, then try again.",
        rate.amount,
    )
