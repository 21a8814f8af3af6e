"""Dates as people type or paste them: months by number or name, and a whole date in one text.

Names count in each official language of the Organization. A date in numbers alone is taken in ISO 8601 only: what
"09/03/2026" means depends on who wrote it.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from typing import Literal

from babel.dates import get_month_names

from tracker.partial_date import PartialDate

LANGUAGES = ("en", "fr", "es", "ru", "ar", "zh")
_WIDTHS: tuple[Literal["wide", "abbreviated"], ...] = ("wide", "abbreviated")
_CONTEXTS: tuple[Literal["format", "stand-alone"], ...] = ("format", "stand-alone")
_BETWEEN = re.compile(r"[\s,]+")


def month_named(text: str) -> int | None:
    """The number of a month that is written as a word, "March" or "Mar."; None when it is none."""
    return _names().get(_bare(text))


def whole_date(text: str) -> PartialDate | None:
    """The date that one text tells: ``2026-03-09``, ``2026-03``, ``9 March 2026``, ``March 2026``; else None."""
    words = [word for word in _BETWEEN.split(text[:80]) if word]
    try:
        return PartialDate.parse(text) if "-" in text else _spelled(words)
    except ValueError:
        return None


def _spelled(words: list[str]) -> PartialDate | None:
    """A month by its name with a year, with a day before or after the month."""
    months = [month_named(word) for word in words]
    numbers = [word for word in words if word.isascii() and word.isdigit()]
    found = next((month for month in months if month), None)
    if found is None or len(numbers) != len(words) - 1 or not numbers or len(numbers[-1]) != 4:
        return None
    if len(words) == 2:
        return PartialDate(int(numbers[0]), found)
    return PartialDate(int(numbers[1]), found, int(numbers[0])) if len(words) == 3 and len(numbers[0]) < 3 else None


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
