"""Dates as people read them: unambiguous, at the precision known, isolated from the text around.

"14 March 2005", "March 2005", "2005"; a moment names its time zone. ``None`` gives "".
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_skeleton
from flask import current_app
from flask_babel import get_locale
from flask_babel import gettext as _
from markupsafe import Markup

from tracker.partial_date import PartialDate, Precision

ENGLISH = Locale("en", "GB")
_TIME = Markup('<bdi><time datetime="{}">{}</time></bdi>')
_ISOLATED = Markup("<bdi>{}</bdi>")


def day(value: date | None) -> Markup:
    """``13 November 2006``."""
    return _marked(value.isoformat(), date_words(value)) if value else Markup("")


def partial(value: PartialDate | None) -> Markup:
    """``13 November 2006``, ``November 2006`` or ``2006``: never more than is known."""
    return _marked(value.iso, partial_words(value)) if value else Markup("")


def moment(value: datetime | None) -> Markup:
    """``21 November 2026, 20:33 UTC``, in the tracker's time zone."""
    return _marked(value.isoformat(timespec="seconds"), moment_words(value)) if value else Markup("")


def period(start: PartialDate | None, end: PartialDate | None) -> Markup:
    """``13–17 November 2006``; where one end is not public, it says so."""
    return _ISOLATED.format(period_words(start, end))


def date_words(value: date) -> str:
    """The day without marks, for titles and mails."""
    return _formatted(value, Precision.DAY, _locale())


def partial_words(value: PartialDate) -> str:
    return _formatted(value.first_day, value.precision, _locale())


def moment_words(value: datetime) -> str:
    here = value.astimezone(current_app.config["SETTINGS"].timezone)
    return _("%(day)s, %(time)s %(zone)s", day=date_words(here.date()), time=f"{here:%H:%M}", zone=here.tzname())


def period_words(start: PartialDate | None, end: PartialDate | None) -> str:
    if start is None and end is None:
        return _("dates not known")
    if start is None or end is None:
        return _half_known(start, end)
    if start == end:
        return partial_words(start)
    if start.precision is end.precision is Precision.DAY:
        return _interval(start.first_day, end.first_day, _locale())
    return _("%(start)s to %(end)s", start=partial_words(start), end=partial_words(end))


def _half_known(start: PartialDate | None, end: PartialDate | None) -> str:
    if end is not None:
        return _("until %(end)s", end=partial_words(end))
    return _("from %(start)s", start=partial_words(start)) if start else ""


def _locale() -> Locale:
    """The reader's; English without a territory would give the American order."""
    found = get_locale()
    return ENGLISH if found is None or str(found) == "en" else found


def _marked(iso: str, words: str) -> Markup:
    return _TIME.format(iso, words)


@lru_cache(maxsize=8192)
def _formatted(value: date, precision: Precision, locale: Locale) -> str:
    if precision is Precision.DAY:
        return format_date(value, "long", locale=locale)
    return format_skeleton("yMMMM" if precision is Precision.MONTH else "y", value, locale=locale)


@lru_cache(maxsize=8192)
def _interval(start: date, end: date, locale: Locale) -> str:
    """CLDR's pattern for the largest part that differs, with the month written out."""
    differing = "y" if start.year != end.year else "M" if start.month != end.month else "d"
    first, second = locale.interval_formats["yMMMd"][differing]
    return format_date(start, _long(first), locale=locale) + format_date(end, _long(second), locale=locale)


def _long(pattern: str) -> str:
    return pattern.replace("MMM", "MMMM")
