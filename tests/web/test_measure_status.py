"""How far a measure and a plan are, as their pages tell it: the rule in words, each number a link to its rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories import AccountFactory, FollowupFactory, MeasureFactory, PlanFactory, cell, serve
from tracker import history
from tracker.extensions import db
from tracker.models import FollowupStatus, Implementation, Measure, MeasureState, MeasureStatus, RegionRule, Role
from tracker.partial_date import PartialDate

SignIn = Callable[[Any], FlaskClient]
STATES = ("KAZ", "KGZ", "TJK")
IMPLEMENTED = Implementation.IMPLEMENTED
SIGNED = {"sealed_sha256": "a" * 64, "content_sha256": "a" * 64}
LINK = re.compile(r'<a href="(/follow-ups\?[^"]+)">(\d+)[ <]')


@pytest.fixture
def measure(session: Any) -> Measure:
    """Of two measures of a plan: follow-ups that are open, done, not signed, ended, and one of an observer."""
    plan = PlanFactory(code="JP-1", participants=STATES, observers=("UZB",))
    made: Measure = MeasureFactory(plan=plan, pillar="II")
    other = MeasureFactory(plan=plan, pillar="IV")
    for one in (made, other):
        for state in STATES:
            cell(one, state, MeasureStatus.COMPLETED if state == "KAZ" else None)
    for state in ("KGZ", "UZB"):
        for more in (
            {},
            {"assessed_status": IMPLEMENTED, **SIGNED},
            {"assessed_status": IMPLEMENTED},
            {"assessed_status": Implementation.OVERTAKEN, **SIGNED},
            {"assessed_status": IMPLEMENTED, "workflow": FollowupStatus.WITHDRAWN, **SIGNED},
        ):
            followup = FollowupFactory(state_id=state, **more)
            serve(followup, made)
            serve(followup, other)
    session.commit()
    return made


@pytest.fixture
def reader(session: Any, sign_in: SignIn) -> FlaskClient:
    return sign_in(AccountFactory(role=Role.AUDITOR))


def section(page: str, name: str) -> str:
    """The words of a section of the page."""
    found = re.search(rf'<section class="card" id="{name}".*?</section>', page, re.S)
    assert found, name
    return found[0]


def words(html: str) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", html).split()))


def check_links(reader: FlaskClient, html: str, count: int) -> None:
    """Each number leads to as many rows."""
    links = LINK.findall(html)
    assert len(links) == count
    for href, said in links:
        page = reader.get(unescape(href)).text
        assert len(re.findall(r"[A-Z]{3}-F\d+</bdi></a>", page)) == int(said), href


def test_a_measure_tells_its_status_its_rule_and_its_numbers(measure: Measure, reader: FlaskClient) -> None:
    shown = section(reader.get("/measures/JP-1-M01").text, "status")
    assert "Computed status Under way" in words(shown)
    assert "Completed when it is done in all participating Member States" in words(shown)
    assert "Follow-ups that count: 3 . Open: 1 . Done: 1 . Assessed implemented, not signed: 1 ." in words(shown)
    assert "Cells that say something: 1, of them completed: 1." in words(shown)
    assert "Member States done 1 of 3" in words(shown)
    check_links(reader, shown, 4)


def test_what_is_not_signed_counts_when_the_address_asks_for_it(measure: Measure, reader: FlaskClient) -> None:
    shown = section(reader.get("/measures/JP-1-M01?unsigned=1").text, "status")
    assert "Done: 2 ." in words(shown) and "Done means: assessed implemented, signed or not." in words(shown)
    check_links(reader, shown, 3)
    assert 'href="/measures/JP-1-M01">Signed only' in shown
    assert 'href="/measures/JP-1-M01?unsigned=1">Include unsigned' in reader.get("/measures/JP-1-M01").text


def test_the_cells_stand_with_the_follow_ups_of_each_state(measure: Measure, reader: FlaskClient) -> None:
    shown = section(reader.get("/measures/JP-1-M01").text, "cells")
    assert "Kazakhstan Completed Rests on nothing yet. 0 open · 0 done" in words(shown)
    assert "Kyrgyzstan No word yet 1 open · 1 done · 1 not signed" in words(shown)
    assert "Uzbekistan" not in words(shown)
    check_links(reader, shown, 7)


def test_a_stated_status_that_differs_is_said(session: Any, measure: Measure, reader: FlaskClient) -> None:
    measure.stated_status, measure.stated_on = MeasureStatus.SUSPENDED, date(2024, 5, 1)
    measure.stated_reason = "No meeting was held"
    history.record("measure.status_stated", measure, by=None)
    session.commit()
    shown = words(section(reader.get("/measures/JP-1-M01").text, "status"))
    assert "The stated status and the computed one differ" in shown
    assert "Stated: Suspended. Computed: Under way." in shown and "No meeting was held" in shown


def test_the_named_states_stand_in_the_rule(session: Any, measure: Measure, reader: FlaskClient) -> None:
    measure.rule, measure.named_states = RegionRule.NAMED, [MeasureState(state_id="TJK")]
    history.record("measure.edited", measure, by=None)
    session.commit()
    assert "the Member States named: Tajikistan" in reader.get("/measures/JP-1-M01").text


def test_the_named_states_are_counted_and_marked(session: Any, measure: Measure, reader: FlaskClient) -> None:
    assert "Named" not in words(section(reader.get("/measures/JP-1-M01").text, "cells"))
    measure.rule = RegionRule.NAMED
    measure.named_states = [MeasureState(state_id="KAZ"), MeasureState(state_id="KGZ")]
    history.record("measure.edited", measure, by=None)
    session.commit()
    page = reader.get("/measures/JP-1-M01").text
    shown, table = words(section(page, "status")), words(section(page, "cells"))
    assert "Member States done 1 of the 2 named; of the others 0 of 1" in shown
    assert "Kazakhstan Named Completed" in table and "Kyrgyzstan Named No word yet" in table
    assert "Tajikistan No word yet" in table


def test_a_deadline_that_has_passed_stands_with_its_date(session: Any, measure: Measure, reader: FlaskClient) -> None:
    measure.deadline = PartialDate(2014, 6, 30)
    history.record("measure.edited", measure, by=None)
    session.commit()
    shown = words(section(reader.get("/measures/JP-1-M01").text, "status"))
    assert "Deadline 30 June 2014 (has passed)" in shown


def test_who_does_not_see_the_whole_region_is_told_why(session: Any, measure: Measure, sign_in: SignIn) -> None:
    measure.stated_status, measure.stated_on = MeasureStatus.SUSPENDED, date(2024, 5, 1)
    history.record("measure.status_stated", measure, by=None)
    session.commit()
    part = sign_in(AccountFactory(role=Role.ANALYST, states=["KGZ"]))
    page = part.get("/measures/JP-1-M01").text
    shown = words(section(page, "status"))
    assert "It is told only to those whose scope holds every participating Member State." in shown
    assert "Computed status" not in shown and "Suspended" not in shown
    assert "Kyrgyzstan" in words(section(page, "cells")) and "Kazakhstan" not in words(section(page, "cells"))
    progress = words(section(part.get("/plans/JP-1").text, "progress"))
    assert "They are told only to those" in progress and "Pillar II" not in progress


def test_a_plan_tells_its_shares_with_their_rows(measure: Measure, reader: FlaskClient) -> None:
    shown = section(reader.get("/plans/JP-1").text, "progress")
    assert "Whole plan 1 3 33 % 0 2" in words(shown)
    assert "Pillar II: Preventing and combating terrorism 1 3 33 % 0 1" in words(shown)
    assert "each counts once. Done means: signed off as implemented and not changed since." in words(shown)
    assert re.search(r"As at \d+ \w+ \d{4} ?\.", words(shown)) and "All Member States." in words(shown)
    check_links(reader, shown, 6)
    unsigned = section(reader.get("/plans/JP-1?unsigned=1").text, "progress")
    assert "Whole plan 2 3 66 %" in words(unsigned)
    check_links(reader, unsigned, 6)
    boards = re.findall(r'href="(/plans/JP-1/board[^"]*)">(\d+)', shown)
    assert [count for _href, count in boards] == ["0", "2", "0", "1", "0", "1"]
    for href, count in boards:
        assert reader.get(unescape(href)).text.count('<th scope="row">') == int(count), href


def test_a_plan_tells_how_far_each_measure_is(
    session: Any, measure: Measure, reader: FlaskClient, sign_in: SignIn
) -> None:
    measure.stated_status, measure.stated_on = MeasureStatus.SUSPENDED, date(2024, 5, 1)
    history.record("measure.status_stated", measure, by=None)
    session.commit()

    def row(page: str, reference: str) -> str:
        found = re.search(rf'<tr id="{reference}">.*?</tr>', page, re.S)
        assert found
        return words(found[0])

    for _now_kept in range(2):
        page = reader.get("/plans/JP-1").text
        assert row(page, "JP-1-M01").endswith("Computed: Under way Stated: Suspended")
        assert row(page, "JP-1-M02").endswith("Under way") and "Stated" not in row(page, "JP-1-M02")
    part = sign_in(AccountFactory(role=Role.ANALYST, states=["KGZ"])).get("/plans/JP-1").text
    assert "Under way" not in row(part, "JP-1-M01") and "Suspended" not in row(part, "JP-1-M01")
    assert 'data-label="Status"' not in part


def test_the_strategy_tells_the_shares_of_the_readers_scope(measure: Measure, session: Any, sign_in: SignIn) -> None:
    strategy = session.query(Measure).filter_by(reference="GCTS-II-10").one()
    for state in ("KGZ", "PAK"):
        serve(FollowupFactory(state_id=state, assessed_status=IMPLEMENTED, **SIGNED), strategy)
    db.session.commit()
    part = sign_in(AccountFactory(role=Role.ANALYST, states=["KGZ"]))
    shown = section(part.get("/plans/GCTS").text, "progress")
    assert "Whole plan 1 1 100 % 1 47" in words(shown) and "The Member States in your scope." in words(shown)
    assert "Pillar I: Conditions conducive to the spread of terrorism 0 0 nothing to count 0 8" in words(shown)
    check_links(part, shown, 10)
    page = section(part.get("/measures/GCTS-II-10").text, "status")
    assert "Computed status Completed" in words(page)
    assert "Member States done" not in words(page)
    assert 'id="cells"' not in part.get("/measures/GCTS-II-10").text
