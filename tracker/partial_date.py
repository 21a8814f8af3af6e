"""A date at the precision known: a year, a month or a day. Nothing is guessed."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache, total_ordering

_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
EARLIEST, LATEST = 1945, 2200  # the Organization's founding; far beyond any plan


class Precision(StrEnum):
    YEAR = "year"
    MONTH = "month"
    DAY = "day"


@total_ordering
@dataclass(frozen=True)
class PartialDate:
    """``PartialDate(2006, 11)`` is November 2006. Sorts by its first day, the vaguer one first."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if not EARLIEST <= self.year <= LATEST:
            raise ValueError(f"the year must lie between {EARLIEST} and {LATEST}")
        if self.day is not None and self.month is None:
            raise ValueError("a day needs a month")
        date(self.year, self.month or 1, self.day or 1)

    @staticmethod
    def parse(text: str) -> PartialDate:
        """From ISO 8601 text at any of the three precisions; raises ValueError."""
        return _parsed(text)

    @classmethod
    def of(cls, day: date) -> PartialDate:
        return cls(day.year, day.month, day.day)

    @property
    def precision(self) -> Precision:
        if self.day is not None:
            return Precision.DAY
        return Precision.YEAR if self.month is None else Precision.MONTH

    @property
    def iso(self) -> str:
        parts = [f"{self.year:04}"] + [f"{part:02}" for part in (self.month, self.day) if part is not None]
        return "-".join(parts)

    @property
    def first_day(self) -> date:
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def last_day(self) -> date:
        month = self.month or 12
        return date(self.year, month, self.day or monthrange(self.year, month)[1])

    def __lt__(self, other: PartialDate) -> bool:
        return self.iso < other.iso

    def __str__(self) -> str:
        return self.iso


@lru_cache(maxsize=16_384)
def _parsed(text: str) -> PartialDate:
    """Kept, because a page of a list reads hundreds of dates and most of them more than once."""
    found = _ISO.fullmatch(text)
    if not found:
        raise ValueError(f"{text[:20]!r} is not a date such as 2006, 2006-11 or 2006-11-13")
    year, month, day = found.groups()
    return PartialDate(int(year), int(month) if month else None, int(day) if day else None)
