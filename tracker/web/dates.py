"""Dates as people read them: unambiguous, at the precision known, isolated from the text around.

"14 March 2005", "March 2005", "2005"; a moment names its time zone. ``None`` gives "".
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, tzinfo
from functools import lru_cache

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from flask import current_app
from markupsafe import Markup

from tracker import texts
from tracker.day_words import formatted, of_partial
from tracker.partial_date import PartialDate, Precision
from tracker.texts import gettext as _
from tracker.texts import ngettext

_TIME = Markup('<bdi><time datetime="{}">{}</time></bdi>')
_NOTHING = Markup("")
_ISOLATED = Markup("<bdi>{}</bdi>")


def day(value: date | None) -> Markup:
    """``13 November 2006``."""
    return _NOTHING if value is None else _day(value, texts.date_locale())


def partial(value: PartialDate | None) -> Markup:
    """``13 November 2006``, ``November 2006`` or ``2006``: never more than is known."""
    return _NOTHING if value is None else _partial(value, texts.date_locale())


def moment(value: datetime | None) -> Markup:
    """``21 November 2026, 20:33 UTC``, in the tracker's time zone."""
    return _NOTHING if value is None else _moment(value, current_app.config["SETTINGS"].timezone, texts.date_locale())


def moments() -> Callable[[datetime], Markup]:
    """``moment`` for the rows of a table: zone and language are asked once."""
    zone, language = current_app.config["SETTINGS"].timezone, texts.date_locale()
    return lambda value: _moment(value, zone, language)


def period(start: PartialDate | None, end: PartialDate | None, *, goes_on: bool = False) -> Markup:
    """``13–17 November 2006``; where one end is not public, it says so. ``goes_on``: without an end it has none yet."""
    words = _half_known(start, None) if goes_on and end is None and start else period_words(start, end)
    return _ISOLATED.format(words)


def held(start: PartialDate | None, end: PartialDate | None) -> Markup:
    """When a meeting took place: one without an end is over on the day it began."""
    return period(start, end or start)


def overdue_words(due: PartialDate, today: date) -> str:
    """``2,151 days overdue``; of a month or a year, which has no such day, ``Overdue since the end of June 2024``."""
    return _overdue(due, (today - due.last_day).days, texts.date_locale())


def moment_words(value: datetime) -> str:
    return _moment_words(value, current_app.config["SETTINGS"].timezone, texts.date_locale())


def period_words(start: PartialDate | None, end: PartialDate | None) -> str:
    if start is None and end is None:
        return _("dates not known")
    if end is None and start is not None and start.precision is Precision.YEAR:
        return of_partial(start)  # what took place in a year did not go on from it
    if start is None or end is None:
        return _half_known(start, end)
    if start == end:
        return of_partial(start)
    if start.precision is end.precision is Precision.DAY:
        return _interval(start.first_day, end.first_day, texts.date_locale())
    return _("%(start)s to %(end)s", start=of_partial(start), end=of_partial(end))


def _half_known(start: PartialDate | None, end: PartialDate | None) -> str:
    if end is not None:
        return _("until %(end)s", end=of_partial(end))
    return _("from %(start)s", start=of_partial(start)) if start else ""


@lru_cache(maxsize=8192)
def _moment(value: datetime, zone: tzinfo, language: Locale) -> Markup:
    return _TIME.format(value.isoformat(timespec="seconds"), _moment_words(value, zone, language))


@lru_cache(maxsize=8192)
def _moment_words(value: datetime, zone: tzinfo, language: Locale) -> str:
    here = value.astimezone(zone)
    day = formatted(here.date(), Precision.DAY, language)
    return _("%(day)s, %(time)s %(zone)s", day=day, time=f"{here:%H:%M}", zone=here.tzname())


@lru_cache(maxsize=8192)
def _day(value: date, language: Locale) -> Markup:
    return _TIME.format(value.isoformat(), formatted(value, Precision.DAY, language))


@lru_cache(maxsize=8192)
def _partial(value: PartialDate, language: Locale) -> Markup:
    return _TIME.format(value.iso, formatted(value.first_day, value.precision, language))


@lru_cache(maxsize=8192)
def _overdue(due: PartialDate, days: int, language: Locale) -> str:
    if due.precision is not Precision.DAY:
        return _("Overdue since the end of %(period)s", period=formatted(due.first_day, due.precision, language))
    counted = format_decimal(days, locale=language)
    return ngettext("%(counted)s day overdue", "%(counted)s days overdue", days, counted=counted)


@lru_cache(maxsize=8192)
def _interval(start: date, end: date, language: Locale) -> str:
    """CLDR's pattern for the largest part that differs, with the month written out."""
    differing = "y" if start.year != end.year else "M" if start.month != end.month else "d"
    first, second = language.interval_formats["yMMMd"][differing]
    return format_date(start, _long(first), locale=language) + format_date(end, _long(second), locale=language)


def _long(pattern: str) -> str:
    return pattern.replace("MMM", "MMMM")
