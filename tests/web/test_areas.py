"""Areas and resolutions: the catalogue, and what the reader's scope holds of an area."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.counting import statements
from tests.factories import AccountFactory, ConclusionFactory, FollowupFactory, VisitFactory, serve
from tracker import history
from tracker.models import FollowupParagraph, FollowupStatus, Measure, Paragraph, Role
from tracker.reports import neighbours

SignIn = Callable[[Any], FlaskClient]


@pytest.fixture
def browser(session: Any, sign_in: SignIn) -> FlaskClient:
    return sign_in(AccountFactory(role=Role.ANALYST, states=["PAK", "IND"]))


def test_both_levels_are_listed_with_their_paragraphs(browser: FlaskClient) -> None:
    page = browser.get("/areas").text
    assert 'href="/areas/FIN"' in page and 'href="/areas/FIN-02"' in page
    assert 'href="/resolutions/1373#p-1b"' in page


def test_an_area_tells_what_the_scope_holds_and_says_so(browser: FlaskClient) -> None:
    FollowupFactory(title="Pass the bill")
    FollowupFactory(state_id="FRA", title="Out of sight")
    ConclusionFactory(visit=VisitFactory())
    page = browser.get("/areas/fin-02").text
    assert "Pass the bill" in page and "PAK-2006-1-C1" in page
    assert "Out of sight" not in page
    assert "in your scope, and no others" in page
    assert 'href="/follow-ups?area=FIN-02"><span class="count">1</span>' in page


def test_a_top_area_counts_those_under_it(browser: FlaskClient) -> None:
    FollowupFactory(area_code="FIN-01")
    FollowupFactory(area_code="FIN-02")
    page = browser.get("/areas/FIN").text
    assert 'href="/follow-ups?area=FIN"><span class="count">2</span>' in page
    assert "2 follow-ups" in browser.get("/follow-ups?area=FIN").text


def test_without_records_the_wording_is_there_and_no_record(session: Any, sign_in: SignIn) -> None:
    FollowupFactory(title="Out of sight")
    page = sign_in(AccountFactory(role=Role.ADMINISTRATOR)).get("/areas/FIN-02").text
    assert "Wilful provision or collection of funds" in page
    assert "Out of sight" not in page and "/follow-ups?" not in page


@pytest.mark.parametrize("address", ["/areas/ZZZ", "/areas/FIN-99", "/resolutions/1", "/resolutions/" + "9" * 30])
def test_what_is_not_in_the_catalogue_is_not_there(browser: FlaskClient, address: str) -> None:
    assert browser.get(address).status_code == 404


def test_a_resolution_lists_its_paragraphs_with_the_areas_that_rest_on_each(browser: FlaskClient) -> None:
    page = browser.get("/resolutions/1373").text
    assert "28 September 2001" in page
    assert '<tr id="p-1b">' in page and 'href="/areas/FIN-02"' in page
    assert 'href="/resolutions/1373"' in browser.get("/resolutions").text


def test_statements_do_not_grow_with_the_rows(browser: FlaskClient) -> None:
    FollowupFactory()
    few = statements(browser, "/areas/FIN-02")
    visit = VisitFactory()
    for _each in range(12):
        FollowupFactory()
        ConclusionFactory(visit=visit)
    assert statements(browser, "/areas/FIN-02") == few <= 10
    assert statements(browser, "/resolutions/1373") <= 7


def section(page: str, name: str) -> str:
    found = re.search(rf'<section class="card" id="{name}".*?</section>', page, re.S)
    assert found, name
    return found[0]


def serving(session: Any, reference: str, **columns: Any) -> None:
    served = session.scalars(sa.select(Measure).where(Measure.reference == reference)).one()
    serve(FollowupFactory(**columns), served)


def test_an_area_leads_to_its_pillars_measures_chain_and_coverage(browser: FlaskClient, session: Any) -> None:
    for reference in ("GCTS-II-10", "GCTS-II-10", "GCTS-I-1"):
        serving(session, reference)
    serving(session, "GCTS-III-8", area_code="FIN-03")
    serving(session, "GCTS-II-10", workflow=FollowupStatus.WITHDRAWN)
    serving(session, "GCTS-II-11", workflow=FollowupStatus.SUPERSEDED)
    serving(session, "GCTS-IV-1", state_id="FRA")
    session.commit()
    page = browser.get("/areas/FIN-02").text
    assert 'href="/plans/GCTS#pillar-II">II. Preventing and combating terrorism' in page
    measures = section(page, "measures")
    assert re.findall(r'href="/measures/([^"]+)"', measures) == ["GCTS-II-10", "GCTS-I-1"]
    href = "/follow-ups?area=FIN-02&amp;counted=1&amp;measure=GCTS-II-10"
    assert f'href="{href}" aria-label="2 follow-ups that serve GCTS-II-10"' in measures
    assert "of 2 follow-ups<" in browser.get(href.replace("&amp;", "&")).text
    assert 'href="/trace/FIN-02"' in page and 'href="/coverage?area=FIN"' in page
    whole = browser.get("/areas/FIN").text
    assert "GCTS-III-8" in section(whole, "measures") and 'href="/trace/FIN"' in whole
    for address in ("/trace/FIN-02", "/trace/FIN", "/coverage?area=FIN"):
        assert browser.get(address).status_code == 200


def test_an_area_without_a_pillar_says_so_and_who_may_give_it_one(browser: FlaskClient, sign_in: SignIn) -> None:
    said = "None: measures are suggested for its follow-ups by their words alone."
    assert said in (page := browser.get("/areas/ASY-01").text)
    assert "/admin/pillars" not in page
    administrator = sign_in(AccountFactory(role=Role.ADMINISTRATOR)).get("/areas/ASY-01").text
    assert said in administrator and 'href="/admin/pillars"' in administrator and "/trace/" not in administrator


def test_of_very_many_follow_ups_no_number_is_told_that_is_not_true(
    browser: FlaskClient, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "MOST_COUNTED", 2)
    for _each in range(3):
        serving(session, "GCTS-II-10")
    serving(session, "GCTS-II-10", workflow=FollowupStatus.WITHDRAWN)
    FollowupFactory()
    session.commit()
    measures = section(browser.get("/areas/FIN-02").text, "measures")
    assert "aria-label" not in measures.partition("<table")[2] and "In the list" in measures
    href = "/follow-ups?area=FIN-02&amp;measure=any&amp;counted=1"
    assert f'href="{href}"' in measures
    assert "3 follow-ups" in (listed := browser.get(href.replace("&amp;", "&")).text)
    assert "serving a measure" in listed


def test_of_very_many_follow_ups_that_none_serves_a_measure_is_not_claimed(
    browser: FlaskClient, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "MOST_COUNTED", 2)
    for _each in range(3):
        FollowupFactory()
    serving(session, "GCTS-II-10")
    session.commit()
    measures = section(browser.get("/areas/FIN-02").text, "measures")
    assert "No follow-up on it serves a measure" not in measures
    assert 'href="/follow-ups?area=FIN-02&amp;measure=any&amp;counted=1"' in measures


def test_a_paragraph_leads_to_its_follow_ups_that_serve_a_measure(browser: FlaskClient, session: Any) -> None:
    paragraph = session.scalars(sa.select(Paragraph).where(Paragraph.label == "2(e)")).first()
    withdrawn, *others = (
        FollowupFactory(workflow=one) for one in (FollowupStatus.WITHDRAWN, *[FollowupStatus.DRAFT] * 2)
    )
    for followup in (withdrawn, *others):
        session.add(FollowupParagraph(followup_id=followup.id, paragraph_id=paragraph.id, state_id="PAK"))
        history.record("followup.edited", followup, by=None)
    for followup in (withdrawn, others[1]):
        serve(followup, session.scalars(sa.select(Measure).where(Measure.reference == "GCTS-II-10")).one())
    session.commit()
    href = "/follow-ups?paragraph=1373-2%28e%29&amp;measure=any&amp;counted=1"
    row = re.search(r'<tr id="p-2e">.*?</tr>', browser.get("/resolutions/1373").text, re.S)
    assert row and f'href="{href}">1<' in row[0], "one of two that count"
    listed = browser.get(href.replace("&amp;", "&")).text
    assert "1 follow-up" in listed and "PAK-F003" in listed and "PAK-F001" not in listed
    measure = browser.get("/measures/GCTS-II-10").text
    href = "/follow-ups?measure=GCTS-II-10&amp;counted=1&amp;paragraph=1373-2%28e%29"
    assert f'href="{href}">1 follow-up<' in measure
    assert "PAK-F003" in browser.get(href.replace("&amp;", "&")).text
