"""Days in words, at the precision known and in the reader's language: "14 March 2005", "March 2005", "2005"."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_skeleton

from tracker import texts
from tracker.partial_date import PartialDate, Precision


def of_day(value: date) -> str:
    """``13 November 2006``."""
    return formatted(value, Precision.DAY, texts.date_locale())


def of_partial(value: PartialDate) -> str:
    """``13 November 2006``, ``November 2006`` or ``2006``: never more than is known."""
    return formatted(value.first_day, value.precision, texts.date_locale())


@lru_cache(maxsize=8192)
def formatted(value: date, precision: Precision, language: Locale) -> str:
    """As much of the day as the precision says, in words of the language."""
    if precision is Precision.DAY:
        return format_date(value, "long", locale=language)
    return format_skeleton("yMMMM" if precision is Precision.MONTH else "y", value, locale=language)
