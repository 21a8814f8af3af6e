"""The clocks of a visit: how long the State has for its comments on the draft and for its response.

The lengths hold from a day on; a change of procedure is a further row. Before the first row they are not known, and
the due date is entered by hand.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from tracker.partial_date import PartialDate, Precision


@dataclass(frozen=True)
class Lengths:
    """The lengths of the two clocks from ``valid_from`` on: days from sending, calendar months from receipt."""

    valid_from: date
    comment_days: int
    response_months: int


LENGTHS = (Lengths(date(2018, 10, 8), comment_days=30, response_months=6),)  # updated post-visit guidelines


def comments_due(sent: PartialDate | None) -> date | None:
    """When the State's comments are due on a draft sent on that day; None where the clock cannot tell."""
    lengths = _lengths(sent)
    return sent.first_day + timedelta(days=lengths.comment_days) if sent and lengths else None


def response_due(received: PartialDate | None) -> date | None:
    """When the response is due to a report received on that day; None where the clock cannot tell."""
    lengths = _lengths(received)
    return months_after(received.first_day, lengths.response_months) if received and lengths else None


def months_after(day: date, months: int) -> date:
    """The same day so many calendar months later; the month's last day where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _lengths(start: PartialDate | None) -> Lengths | None:
    """The lengths in force on the day; none for a day that is known only in part."""
    if start is None or start.precision is not Precision.DAY:
        return None
    return next((row for row in reversed(LENGTHS) if row.valid_from <= start.first_day), None)
