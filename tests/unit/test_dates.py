"""Dates say what is known, and no more; a moment says its zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from tracker import day_words
from tracker.partial_date import PartialDate
from tracker.web import dates

NOVEMBER_13 = PartialDate(2006, 11, 13)


def application(zone: str = "UTC") -> Flask:
    app = Flask(__name__)
    app.config["SETTINGS"] = SimpleNamespace(timezone=ZoneInfo(zone))
    Babel(app, default_locale="en_GB")
    return app


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (NOVEMBER_13, "13 November 2006"),
        (PartialDate(2006, 11), "November 2006"),
        (PartialDate(2006), "2006"),
    ],
)
def test_a_partial_date_is_shown_at_the_precision_known(known: PartialDate, said: str) -> None:
    assert dates.partial(known) == f'<bdi><time datetime="{known.iso}">{said}</time></bdi>'


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (NOVEMBER_13, PartialDate(2006, 11, 17), "13–17 November 2006"),
        (PartialDate(2006, 10, 30), PartialDate(2006, 11, 3), "30 October\u2009–\u20093 November 2006"),
        (PartialDate(2006, 12, 30), PartialDate(2007, 1, 3), "30 December 2006\u2009–\u20093 January 2007"),
        (NOVEMBER_13, NOVEMBER_13, "13 November 2006"),
        (PartialDate(2006), PartialDate(2006), "2006"),
        (PartialDate(2021, 3), PartialDate(2021, 4), "March 2021 to April 2021"),
        (None, PartialDate(2018, 7, 31), "until 31 July 2018"),
        (PartialDate(2018, 7), None, "from July 2018"),
        (PartialDate(2026), None, "2026"),
        (None, None, "dates not known"),
    ],
)
def test_a_period_is_honest_about_its_ends(start: PartialDate | None, end: PartialDate | None, said: str) -> None:
    assert dates.period(start, end) == f"<bdi>{said}</bdi>"


def test_what_goes_on_from_a_year_says_so() -> None:
    assert dates.period(PartialDate(2026), None, goes_on=True) == "<bdi>from 2026</bdi>"


def test_a_day_and_nothing() -> None:
    assert dates.day(date(2005, 3, 14)) == '<bdi><time datetime="2005-03-14">14 March 2005</time></bdi>'
    assert dates.day(None) == dates.partial(None) == dates.moment(None) == ""


@pytest.mark.parametrize(
    ("zone", "said"),
    [("UTC", "21 November 2026, 23:33 UTC"), ("Europe/Vienna", "22 November 2026, 00:33 CET")],
)
def test_a_moment_is_told_in_the_trackers_zone_and_names_it(zone: str, said: str) -> None:
    moment = datetime(2026, 11, 21, 23, 33, tzinfo=UTC)
    with application(zone).app_context():
        marked = dates.moment(moment)
    assert marked == f'<bdi><time datetime="2026-11-21T23:33:00+00:00">{said}</time></bdi>'


@pytest.mark.parametrize(
    ("language", "said"),
    [("fr", "13 novembre 2006"), ("zh", "2006年11月13日"), ("en", "13 November 2006")],
)
def test_dates_speak_the_language_of_the_page(language: str, said: str) -> None:
    with application().app_context(), force_locale(language):
        assert day_words.of_partial(NOVEMBER_13) == said
