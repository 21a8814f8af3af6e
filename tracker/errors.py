"""What can go wrong in words that a user can read; one handler turns each into a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class RefusedToStart(RuntimeError):
    """The settings or the database make it unsafe to start (R40)."""


@dataclass(frozen=True)
class Missing:
    """One thing that is missing: a sentence, and the address where it can be given."""

    message: str
    href: str | None = None


class TrackerError(Exception):
    """A rule said no. ``message`` is a sentence for the user; nothing was changed."""

    http_status = 400

    def __init__(self, message: str, missing: Sequence[Missing] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.missing = tuple(missing)


class Forbidden(TrackerError):
    """Seen but not allowed: ``message`` names the rule, ``who_may`` those who may act, ``thing`` what it was about."""

    http_status = 403

    def __init__(self, message: str, who_may: str = "", thing: object = None) -> None:
        super().__init__(message)
        self.who_may = who_may
        self.thing = thing


class NotFound(TrackerError):
    """Does not exist, or does not exist for this person (R9)."""

    http_status = 404


class Stale(TrackerError):
    """The record changed since the page was opened (R20, R22): say what happened, keep what was typed."""

    http_status = 409


class NotReady(TrackerError):
    """Preconditions are missing; ``missing`` lists and links them."""

    http_status = 422


class Invalid(TrackerError):
    """A value that a form could not catch on its own; ``field`` names the field it belongs to. ``others`` are what else
    is wrong with the same request."""

    http_status = 422

    def __init__(self, message: str, field: str | None = None, others: Sequence[Invalid] = ()) -> None:
        super().__init__(message)
        self.field = field
        self.others = tuple(others)


def refuse_all(faults: Iterable[Invalid]) -> None:
    """Raise everything that was found wrong at once, so that nobody mends one thing to be told the next."""
    found = list(faults)
    if found:
        raise Invalid(found[0].message, found[0].field, found[1:])


class TooOften(TrackerError):
    """Asked more often than one person may; ``retry_after`` says in how many seconds it is heard again."""

    http_status = 429

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
