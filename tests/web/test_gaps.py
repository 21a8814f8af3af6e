"""Gaps in the chain: each kind is found, counted as its list counts, and within the scope."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.counting import statements
from tests.factories import AccountFactory, ConclusionFactory, FollowupFactory, VisitFactory
from tracker import history
from tracker.models import Role, VisitArea
from tracker.reports import gaps

KINDS = ("measures", "scope", "areas", "cells", "human-rights")


@pytest.fixture
def reader(session: Any, sign_in: Any) -> FlaskClient:
    return sign_in(AccountFactory(role=Role.ANALYST, states=["PAK", "KAZ"]))


def count(page: str, title: str) -> str:
    return re.search(rf">([^<>]+)<span class=\"visually-hidden\">: {title}<", page).group(1)


def test_every_kind_is_on_the_page_and_leads_to_a_list_with_as_many_rows(reader: FlaskClient) -> None:
    page = reader.get("/gaps").text
    for gap in gaps.GAPS.values():
        href = re.search(rf'href="([^"]+)">{gap.title}<', page).group(1).replace("&amp;", "&")
        said = count(page, str(gap.title))
        listed = reader.get(href).text
        assert f"{said} gap" in listed, (href, said)


def test_a_shortfall_without_a_follow_up_is_counted_and_listed(reader: FlaskClient) -> None:
    ConclusionFactory(text="No law yet")
    ConclusionFactory(visit=VisitFactory(state_id="KEN"))
    page = reader.get("/gaps").text
    assert count(page, "Shortfalls without a follow-up") == "1"
    assert "1 conclusion" in reader.get("/conclusions?kind=shortfall&answered=0").text


def test_an_open_follow_up_without_a_measure_is_counted_and_listed(reader: FlaskClient) -> None:
    FollowupFactory(state_id="PAK")
    FollowupFactory(state_id="KEN")
    assert count(reader.get("/gaps").text, "Follow-ups without a measure") == "1"
    assert "1 follow-up" in reader.get("/follow-ups?open=1&measure=none").text


def test_an_area_in_scope_without_an_assessment_is_a_gap_until_it_is_rated(reader: FlaskClient) -> None:
    visit = VisitFactory(state_id="PAK")
    visit.areas.append(VisitArea(area_code="FIN-02", state_id="PAK"))
    history.record("visit.edited", visit, by=None)
    page = reader.get("/gaps/scope").text
    assert visit.reference in page and "FIN-02" in page
    assert visit.reference not in reader.get("/gaps/scope?area=LEG").text


def test_a_visit_without_human_rights_is_named(reader: FlaskClient) -> None:
    silent, told = VisitFactory(state_id="PAK"), VisitFactory(state_id="KAZ")
    told.areas.append(VisitArea(area_code="HRG-01", state_id="KAZ"))
    history.record("visit.edited", told, by=None)
    page = reader.get("/gaps/human-rights").text
    assert silent.reference in page and told.reference not in page


def test_areas_never_examined_are_told_for_each_state_of_the_scope_alone(reader: FlaskClient) -> None:
    page = reader.get("/gaps/areas?state=PAK").text
    assert "never examined" in page
    assert "/states/KEN" not in reader.get("/gaps/areas").text
    assert reader.get("/gaps/areas?years=0").text.count("notice") >= 1


@pytest.mark.parametrize("asked", ["areas?years=00000512345", "cells?months=000005123456", "areas?years=-1"])
def test_a_period_that_makes_no_sense_is_said(reader: FlaskClient, asked: str) -> None:
    answer = reader.get(f"/gaps/{asked}")
    assert answer.status_code == 200
    assert "is not a whole number from 1 to" in answer.text


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_holds_the_rows_of_the_list(reader: FlaskClient, kind: str) -> None:
    VisitFactory(state_id="PAK")
    answer = reader.get(f"/gaps/{kind}.csv?bom=0")
    assert answer.status_code == 200
    assert answer.text.splitlines()[0] == ",".join(gaps.HEADERS[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_of_gaps_takes_six_statements_and_goes_on(reader: FlaskClient, kind: str) -> None:
    assert statements(reader, f"/gaps/{kind}") <= 6
    page = reader.get(f"/gaps/{kind}?size=25").text
    further = re.search(r'href="([^"]+)"[^>]*rel="next"|rel="next"[^>]*href="([^"]+)"', page)
    if further:
        assert reader.get((further.group(1) or further.group(2)).replace("&amp;", "&")).status_code == 200


def test_there_is_no_such_gap(reader: FlaskClient) -> None:
    assert reader.get("/gaps/cracks").status_code == 404
    assert reader.get("/gaps/cracks.csv").status_code == 404


def test_only_regions_of_the_scope_are_offered(reader: FlaskClient) -> None:
    page = reader.get("/gaps/areas").text
    assert '<option value="142"' in page and '<option value="143"' in page
    assert '<option value="002"' not in page, "no State of Africa is in scope"
