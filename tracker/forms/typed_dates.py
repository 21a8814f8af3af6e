"""Dates as people type or paste them: a day, a month (by number or name) and a year, or a whole date in one text.

Names count in each official language of the Organization. A date in numbers alone is taken in ISO 8601 only: what
"09/03/2026" means depends on who wrote it.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from functools import cache
from itertools import product
from typing import Literal

from babel.dates import get_month_names

from tracker.forms import checks
from tracker.partial_date import EARLIEST, LATEST, PartialDate, Precision
from tracker.texts import gettext as _

LANGUAGES = ("en", "fr", "es", "ru", "ar", "zh")
_WIDTHS: tuple[Literal["wide", "abbreviated"], ...] = ("wide", "abbreviated")
_CONTEXTS: tuple[Literal["format", "stand-alone"], ...] = ("format", "stand-alone")
_BETWEEN = re.compile(r"[\s,]+")


class WrongPart(ValueError):
    """What is wrong, and in which of the three inputs."""

    def __init__(self, message: str, *parts: str) -> None:
        super().__init__(message)
        self.parts = parts


def date_of_parts(day: str, month: str, year: str, taken: Sequence[Precision]) -> PartialDate | None:
    """The date that the three texts tell, None where all are empty; raises WrongPart, also on a precision not taken."""
    if not (day or month or year):
        return None
    known_year = _year(year)
    known_month = _month(month)
    known = PartialDate(known_year, known_month, _day(day, known_year, known_month))
    if known.precision not in taken:
        raise _too_vague_or_exact(known.precision, taken)
    return known


def whole_date(text: str) -> PartialDate | None:
    """The date that one text tells: ``2026-03-09``, ``2026-03``, ``9 March 2026``, ``March 2026``; else None."""
    words = [word for word in _BETWEEN.split(text[:80]) if word]
    try:
        return PartialDate.parse(text) if "-" in text else _spelled(words)
    except ValueError:
        return None


def _year(text: str) -> int:
    if not text:
        raise WrongPart(_("enter the year as well"), "year")
    if checks.has_other_digits(text):
        raise WrongPart(_("write the year in the digits 0 to 9, such as 2006"), "year")
    if not (checks.is_ascii_number(text) and len(text) == 4):
        raise WrongPart(_("the year must have four digits, such as 2006"), "year")
    if not EARLIEST <= int(text) <= LATEST:
        raise WrongPart(
            _("the year must lie between %(earliest)d and %(latest)d", earliest=EARLIEST, latest=LATEST), "year"
        )
    return int(text)


def _month(text: str) -> int | None:
    if not text:
        return None
    named = _month_named(text)
    if named:
        return named
    if checks.has_other_digits(text):
        raise WrongPart(_("write the month in the digits 0 to 9, such as 11"), "month")
    if not (checks.is_ascii_number(text) and len(text) <= 2 and 1 <= int(text) <= 12):
        raise WrongPart(_("the month must be a number from 1 to 12 or a name, such as March"), "month")
    return int(text)


def _day(text: str, year: int, month: int | None) -> int | None:
    if not text:
        return None
    if checks.has_other_digits(text):
        raise WrongPart(_("write the day in the digits 0 to 9, such as 13"), "day")
    if not (checks.is_ascii_number(text) and len(text) <= 2 and 1 <= int(text) <= 31):
        raise WrongPart(_("the day must be a number from 1 to 31"), "day")
    if month is None:
        raise WrongPart(_("give the month as well, or leave the day empty"), "month")
    last = monthrange(year, month)[1]
    if int(text) > last:
        raise WrongPart(
            _("that month has %(last)d days: there is no day %(day)d", last=last, day=int(text)), "day", "month"
        )
    return int(text)


def _too_vague_or_exact(given: Precision, taken: Sequence[Precision]) -> WrongPart:
    order = (Precision.YEAR, Precision.MONTH, Precision.DAY)
    if order.index(given) > max(order.index(precision) for precision in taken):
        return WrongPart(_("give no more than is asked: leave the day empty"), "day")
    if Precision.MONTH in taken:
        return WrongPart(_("give the month as well"), "month")
    missing = ("day",) if given is Precision.MONTH else ("month", "day")
    return WrongPart(_("a full day is needed: enter day, month and year"), *missing)


def _spelled(words: list[str]) -> PartialDate | None:
    """A month by its name with a year, with a day before or after the month."""
    months = [_month_named(word) for word in words]
    numbers = [word for word in words if word.isascii() and word.isdigit()]
    found = next((month for month in months if month), None)
    if found is None or len(numbers) != len(words) - 1 or not numbers or len(numbers[-1]) != 4:
        return None
    if len(words) == 2:
        return PartialDate(int(numbers[0]), found)
    return PartialDate(int(numbers[1]), found, int(numbers[0])) if len(words) == 3 and len(numbers[0]) < 3 else None


def _month_named(text: str) -> int | None:
    """The number of a month that is written as a word, "March" or "Mar."; None when it is none."""
    return _names().get(_bare(text))


def _bare(name: str) -> str:
    return name.strip().rstrip(".").casefold()


@cache
def _names() -> dict[str, int]:
    """Each name to its month; a name that stands for two months in two languages stands for none."""
    meanings: dict[str, set[int]] = {}
    for language in LANGUAGES:
        for width, context in product(_WIDTHS, _CONTEXTS):
            for number, name in get_month_names(width, context=context, locale=language).items():
                meanings.setdefault(_bare(name), set()).add(number)
    meanings.setdefault("sept", set()).add(9)
    return {name: months.pop() for name, months in meanings.items() if len(months) == 1 and not name.isdigit()}
