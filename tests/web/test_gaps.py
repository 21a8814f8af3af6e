"""Gaps in the chain: each kind is found, counted as its list counts, and within the scope."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.counting import statements
from tests.factories import (
    AccountFactory,
    ConclusionFactory,
    FollowupFactory,
    MeasureFactory,
    PlanFactory,
    VisitFactory,
    cell,
    examined,
    serve,
)
from tracker import history
from tracker.models import (
    ConclusionStatus,
    FollowupConclusion,
    FollowupStatus,
    Implementation,
    MeasureStatus,
    PlanKind,
    Role,
    VisitArea,
    VisitStage,
)
from tracker.partial_date import PartialDate
from tracker.reports import gaps
from tracker.services import assessments

KINDS = ("measures", "scope", "areas", "cells", "human-rights", "plans")


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


def test_a_withdrawn_shortfall_is_none_and_a_withdrawn_follow_up_answers_none(reader: FlaskClient) -> None:
    ConclusionFactory(workflow=ConclusionStatus.WITHDRAWN)
    answered = ConclusionFactory()
    followup = FollowupFactory()
    followup.conclusions.append(FollowupConclusion(conclusion_id=answered.id, state_id="PAK"))
    history.record("followup.edited", followup, by=None)
    assert count(reader.get("/gaps").text, "Shortfalls without a follow-up") == "0"
    followup.workflow = FollowupStatus.WITHDRAWN
    history.record("followup.withdrawn", followup, by=None)
    page = reader.get("/gaps").text
    assert count(page, "Shortfalls without a follow-up") == "1"
    href = re.search(r'href="(/conclusions\?[^"]+)">Shortfalls', page).group(1).replace("&amp;", "&")
    listed = reader.get(href).text
    assert "1 conclusion" in listed and answered.reference in listed


def test_a_follow_up_whose_only_measure_is_retired_serves_none(reader: FlaskClient) -> None:
    measure = MeasureFactory(plan=PlanFactory(participants=("PAK",)))
    serve(FollowupFactory(state_id="PAK"), measure)
    assert count(reader.get("/gaps").text, "Follow-ups without a measure") == "0"
    measure.retired_on, measure.retired_reason = date(2026, 1, 1), "Entered twice"
    history.record("measure.retired", measure, by=None)
    assert count(reader.get("/gaps").text, "Follow-ups without a measure") == "1"


@pytest.mark.parametrize("stage", ["proposed", "preparing", "deferred", "postponed", "cancelled", "declined"])
def test_a_visit_that_was_not_held_owes_nothing(reader: FlaskClient, stage: str) -> None:
    visit = VisitFactory(state_id="PAK", stage=stage)
    visit.areas.append(VisitArea(area_code="FIN-02", state_id="PAK"))
    history.record("visit.edited", visit, by=None)
    for kind in ("scope", "human-rights"):
        assert visit.reference not in reader.get(f"/gaps/{kind}").text
    assert "1 gap" in reader.get("/gaps/areas?state=PAK&area=FIN-02").text


@pytest.mark.parametrize(
    ("today", "months", "since"),
    [
        ("2026-03-31", 120, date(2016, 3, 31)),
        ("2024-02-29", 120, date(2014, 2, 28)),
        ("2026-03-01", 120, date(2016, 3, 1)),
        ("2026-03-31", 1, date(2026, 2, 28)),
        ("2026-01-15", 2, date(2025, 11, 15)),
        ("2026-12-01", 12, date(2025, 12, 1)),
    ],
)
def test_years_and_months_are_counted_to_the_day(
    monkeypatch: pytest.MonkeyPatch, today: str, months: int, since: date
) -> None:
    monkeypatch.setattr(gaps.clock, "today", lambda: date.fromisoformat(today))
    assert gaps._ago(months) == since


@pytest.mark.parametrize(
    ("said", "is_silent"),
    [("2026", False), ("2026-05", False), ("2026-05-21", True), ("2026-04", True), ("2025", True)],
)
def test_a_word_counts_for_all_the_days_that_its_date_may_mean(
    reader: FlaskClient, monkeypatch: pytest.MonkeyPatch, said: str, is_silent: bool
) -> None:
    monkeypatch.setattr(gaps.clock, "today", lambda: date(2026, 11, 22))
    measure = MeasureFactory(plan=PlanFactory(participants=("PAK",)))
    told = cell(measure, "PAK", MeasureStatus.UNDER_WAY)
    told.status_on = PartialDate.parse(said)
    history.record("measure.cell_changed", measure, by=None, state_id="PAK")
    assert (measure.reference in reader.get("/gaps/cells?months=6").text) is is_silent
    assert measure.reference not in reader.get("/gaps/cells").text, "there is a word"


@pytest.mark.parametrize(
    ("years", "is_listed"), [("20", False), ("19", True)], ids=["within twenty years", "not within nineteen"]
)
def test_an_area_not_examined_for_years_names_the_visit_and_its_day_as_it_is_known(
    reader: FlaskClient, monkeypatch: pytest.MonkeyPatch, years: str, is_listed: bool
) -> None:
    monkeypatch.setattr(gaps.clock, "today", lambda: date(2026, 6, 1))
    visit = examined("PAK", "FIN-02", start=None, end=None)
    page = reader.get(f"/gaps/areas?state=PAK&area=FIN-02&years={years}").text
    assert (visit.reference in page) is is_listed
    assert "1 January" not in page, "of the visit only the year is known"
    assert "No such gap here" in reader.get("/gaps/areas?state=PAK&area=FIN-02").text


def test_a_row_bears_the_name_that_the_state_had_at_the_visit(session: Any, sign_in: Any) -> None:
    browser = sign_in(AccountFactory(states=["TUR"]))
    examined("TUR", "FIN-02", start=PartialDate(2007), end=None)
    for kind in ("scope", "human-rights"):
        page = browser.get(f"/gaps/{kind}").text
        assert ">Turkey<" in page.replace("<bdi>", "").replace("</bdi>", ""), kind
        assert "TUR,Turkey," in browser.get(f"/gaps/{kind}.csv?bom=0").text


def test_a_visit_that_assessed_human_rights_beyond_its_scope_is_not_silent(reader: FlaskClient) -> None:
    visit = VisitFactory(state_id="PAK")
    assert visit.reference in reader.get("/gaps/human-rights").text
    assessments.assess(visit, "HRG-01", by=AccountFactory(role=Role.ANALYST), rating="partially")
    assert visit.reference not in reader.get("/gaps/human-rights").text


def test_an_area_left_unrated_leads_to_what_the_matrix_says_of_it(reader: FlaskClient) -> None:
    visit = examined("PAK", "FIN-02")
    href = f"/visits/{visit.reference}/matrix#FIN-02"
    assert f'href="{href}">nothing<' in reader.get("/gaps/scope").text
    assessments.assess(visit, "FIN-02", by=AccountFactory(role=Role.ANALYST), rating="not_assessed")
    assert "Not assessed" in reader.get("/gaps/scope").text
    assert "Not assessed" not in reader.get("/gaps").text.split("Areas in the scope")[0]


NARROWED = "region=143&years=10&months=6"


def test_the_counts_are_narrowed_all_at_once_and_each_leads_to_as_many_rows(session: Any, sign_in: Any) -> None:
    browser = sign_in(AccountFactory(role=Role.AUDITOR))
    plan = PlanFactory(participants=("KAZ",))
    for state in ("KAZ", "PAK"):
        FollowupFactory(state_id=state)
        ConclusionFactory(visit=examined(state, "FIN-02"))
    cell(MeasureFactory(plan=plan), "KAZ")
    page, whole = browser.get(f"/gaps?{NARROWED}").text, browser.get("/gaps").text
    titles = [
        "Shortfalls without a follow-up",
        "Follow-ups without a measure",
        *(str(g.called({"years": ["10"]})) for g in gaps.GAPS.values()),
    ]
    for title in titles:
        href = re.search(rf'href="([^"]+)">{title}<', page).group(1).replace("&amp;", "&")
        said = count(page, title)
        assert re.search(rf"\b{said} (gap|follow-up|conclusion)", browser.get(href).text), (href, said)
    for title in titles[:2]:
        assert (count(page, title), count(whole, title)) == ("1", "2"), title


def test_a_measure_is_without_a_follow_up_of_the_states_asked_for(session: Any, sign_in: Any) -> None:
    browser = sign_in(AccountFactory(role=Role.AUDITOR))
    measure = MeasureFactory(plan=PlanFactory(participants=("KAZ", "KGZ")))
    serve(FollowupFactory(state_id="KAZ"), measure)
    assert measure.reference not in browser.get("/gaps/measures").text
    assert measure.reference not in browser.get("/gaps/measures?state=KAZ").text
    assert measure.reference in browser.get("/gaps/measures?state=KGZ").text
    assert measure.reference not in browser.get("/gaps/measures?state=PAK").text, "it takes no part in the plan"


@pytest.mark.parametrize(
    "asked",
    ["?region=999", "?state=ZZZ", "?years=x", "?months=0", "/measures?plan=X", "/measures?pillar=V", "/areas?state=X"],
)
def test_what_makes_no_sense_is_said_and_is_no_all_clear(reader: FlaskClient, asked: str) -> None:
    page = reader.get(f"/gaps{asked}").text
    assert "Correct the filter below, or take it off." in page
    assert "Nothing in your scope is missing" not in page and "What it means" not in page


@pytest.mark.parametrize("asked", ["cells?state=PAK&months=x", "areas?state=PAK&years=0"])
def test_a_value_that_is_refused_is_no_part_of_the_sentence(reader: FlaskClient, asked: str) -> None:
    said = re.search(r"0 gaps[^<]*", reader.get(f"/gaps/{asked}").text)[0]
    assert "(Member State: Pakistan)" in said, said
    assert "0 gaps, by" in reader.get("/gaps/cells?months=x").text


def test_an_area_never_examined_leads_to_a_new_visit_for_who_may_plan_one(session: Any, sign_in: Any) -> None:
    asked = "/gaps/areas?state=PAK&area=FIN-02"
    page = sign_in(AccountFactory(role=Role.ANALYST, states=["PAK"])).get(asked).text
    assert 'href="/visits/new?state=PAK&amp;area=FIN-02">New visit<' in page
    assert "closes the gap" in page
    page = sign_in(AccountFactory(role=Role.AUDITOR)).get(asked).text
    assert "/visits/new" not in page and "analysts of the Member State plan visits" in page


def test_areas_are_said_not_to_be_examined_for_years_where_years_are_asked_for(reader: FlaskClient) -> None:
    for address in ("/gaps", "/gaps/areas"):
        assert "not for years" not in reader.get(address).text
        assert "Areas never examined, or not for years" in reader.get(f"{address}?years=10").text


def test_a_plan_without_human_rights_is_counted_and_listed(reader: FlaskClient) -> None:
    title = "Plans that say nothing on human rights"
    before = int(count(reader.get("/gaps").text, title))
    silent, told = PlanFactory(code="XA-2099"), PlanFactory(code="XB-2099")
    MeasureFactory(plan=told, pillar="IV")
    assert int(count(reader.get("/gaps").text, title)) == before + 1
    page = reader.get("/gaps/plans").text
    assert f'href="/plans/{silent.code}"' in page and f'href="/plans/{told.code}"' not in page


def test_an_empty_period_is_none(reader: FlaskClient) -> None:
    examined("PAK", "FIN-02")
    file = reader.get("/gaps/areas.csv?years=%20&state=PAK&bom=0").text
    assert "FIN-03" in file and "FIN-02" not in file
    measure = MeasureFactory(plan=PlanFactory(participants=("PAK",)))
    cell(measure, "PAK", MeasureStatus.UNDER_WAY)
    assert measure.reference not in reader.get("/gaps/cells.csv?months=%20&bom=0").text


def test_an_open_follow_up_without_a_measure_is_counted_and_listed(reader: FlaskClient) -> None:
    FollowupFactory(state_id="PAK")
    FollowupFactory(state_id="KEN")
    assert count(reader.get("/gaps").text, "Follow-ups without a measure") == "1"
    assert "1 follow-up" in reader.get("/follow-ups?open=1&measure=none").text


@pytest.mark.parametrize(
    "ended",
    [
        {"workflow": FollowupStatus.WITHDRAWN},
        {"workflow": FollowupStatus.SUPERSEDED},
        {"assessed_status": Implementation.OVERTAKEN},
    ],
)
def test_a_follow_up_that_ended_serves_no_measure(reader: FlaskClient, ended: Any) -> None:
    measure = MeasureFactory(plan=PlanFactory(participants=("PAK",)))
    followup = FollowupFactory(state_id="PAK", **ended)
    serve(followup, measure)
    assert measure.reference in reader.get("/gaps/measures").text
    serve(FollowupFactory(state_id="PAK"), measure)
    assert measure.reference not in reader.get("/gaps/measures").text


def test_a_follow_up_of_a_state_that_does_not_take_part_serves_no_measure_of_the_plan(reader: FlaskClient) -> None:
    measure = MeasureFactory(plan=PlanFactory(participants=("KAZ",), observers=("PAK",)))
    serve(FollowupFactory(state_id="PAK"), measure)
    assert measure.reference in reader.get("/gaps/measures").text
    strategy = MeasureFactory(plan=PlanFactory(kind=PlanKind.STRATEGY, participants=()))
    serve(FollowupFactory(state_id="PAK"), strategy)
    assert strategy.reference not in reader.get("/gaps/measures?plan=" + strategy.plan.code).text


def test_cells_are_narrowed_by_region(reader: FlaskClient) -> None:
    measure = MeasureFactory(plan=PlanFactory(participants=("KAZ", "PAK")))
    for state in ("KAZ", "PAK"):
        cell(measure, state)
    page = reader.get("/gaps/cells?region=143").text
    assert "/states/KAZ" in page and "/states/PAK" not in page


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
    assert ">never examined<" in page
    assert "/states/KEN" not in reader.get("/gaps/areas").text
    assert reader.get("/gaps/areas?years=0").text.count("notice") >= 1


@pytest.mark.parametrize("asked", ["areas?years=00000512345", "cells?months=000005123456", "areas?years=-1"])
def test_a_period_that_makes_no_sense_is_said(reader: FlaskClient, asked: str) -> None:
    answer = reader.get(f"/gaps/{asked}")
    assert answer.status_code == 200
    assert "is not a whole number from 1 to" in answer.text
    assert "Nothing in your scope is missing" not in answer.text


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_holds_the_rows_of_the_list(reader: FlaskClient, kind: str) -> None:
    VisitFactory(state_id="PAK")
    answer = reader.get(f"/gaps/{kind}.csv?bom=0")
    assert answer.status_code == 200
    assert answer.text.splitlines()[0] == ",".join(gaps.HEADERS[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_of_gaps_takes_six_statements_and_goes_on(reader: FlaskClient, kind: str) -> None:
    assert statements(reader, f"/gaps/{kind}") <= 6
    assert statements(reader, f"/gaps/{kind}?state=PAK&region=142&area=FIN&years=1&months=1&pillar=II") <= 6
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


def test_what_was_examined_meanwhile_is_no_gap_when_it_is_asked_again(reader: FlaskClient) -> None:
    def is_gap() -> bool:
        page = reader.get("/gaps/areas?state=PAK&area=FIN-02").text
        assert ("1 gap" in page) != ("No such gap here" in page)
        return "1 gap" in page

    assert is_gap()
    visit = VisitFactory(state_id="PAK")
    conclusion = ConclusionFactory(visit=visit, area_code="FIN-02")
    assert not is_gap()
    conclusion.workflow = ConclusionStatus.WITHDRAWN
    history.record("conclusion.withdrawn", conclusion, by=None)
    assert is_gap()
    visit.areas.append(VisitArea(area_code="FIN-02", state_id="PAK"))
    history.record("visit.edited", visit, by=None)
    assert not is_gap()
    visit.stage = VisitStage.CANCELLED
    history.record("visit.moved", visit, by=None)
    assert is_gap()
