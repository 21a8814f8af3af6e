"""The pages of visits: the list, a new one, the page of one, its sections, parts and stages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from tests.factories import AccountFactory, ConclusionFactory, FollowupFactory
from tracker import clock
from tracker.extensions import db
from tracker.models import ConsentScope, DelegateKind, Event, Role, Visit, VisitMode, VisitStage, VisitType
from tracker.partial_date import PartialDate
from tracker.services import assessments, comments
from tracker.services import visit_parts as parts
from tracker.services import visits as service

SignIn = Callable[[Any], FlaskClient]


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """The SQL statements sent while the block runs."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def analyst(session: Any) -> Any:
    return AccountFactory(role=Role.ANALYST, states=["PAK", "IND", "TUR", "MKD"])


@pytest.fixture
def visit(analyst: Any) -> Visit:
    """The visit to Pakistan of November 2006, as far as a first sitting gets."""
    return service.create(
        "PAK",
        by=analyst,
        details=service.Details(VisitType.NOT_STATED, summary="Eighth mission of the year"),
        components=[parts.Component(start=PartialDate(2006, 11, 13), end=PartialDate(2006, 11, 17), areas=["FIN-01"])],
        areas=["ASY-01"],
        sources=[parts.Source("UN News", "https://news.un.org/en/story/2006/11/200582")],
        standing=service.Standing(VisitStage.PREPARING, PartialDate(2006, 10)),
    )


def new_visit(**changes: str) -> dict[str, str]:
    return {
        "state": "PAK",
        "type": "not_stated",
        "sequence": "not_stated",
        "mode": "on_site",
        "stage": "proposed",
        "request_key": "0" * 32,
    } | changes


def test_a_proposed_visit_is_recorded_and_shown(analyst: Any, sign_in: SignIn) -> None:
    browser = sign_in(analyst)
    answer = browser.post("/visits/new", data=new_visit(**{"start-month": "3", "start-year": "2027"}))
    assert (answer.status_code, answer.location) == (303, "/visits/PAK-2027-1")
    page = browser.get("/visits/PAK-2027-1")
    assert page.status_code == 200
    assert "Pakistan" in page.text and "March 2027" in page.text


def test_six_identical_submissions_make_one_visit(analyst: Any, sign_in: SignIn) -> None:
    browser = sign_in(analyst)
    answers = [browser.post("/visits/new", data=new_visit(**{"start-year": "2027"})) for _time in range(6)]
    assert {answer.location for answer in answers} == {"/visits/PAK-2027-1"}
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Visit)) == 1


def test_a_past_visit_without_a_source_is_asked_for_it_and_keeps_what_was_typed(analyst: Any, sign_in: SignIn) -> None:
    typed = new_visit(**{"start-year": "2006", "stage": "adopted", "summary": "Told by the analyst"})
    answer = sign_in(analyst).post("/visits/new", data=typed)
    assert answer.status_code == 422
    assert "Name the source" in answer.text and "Told by the analyst" in answer.text


@pytest.mark.parametrize(
    "changes",
    [
        {"start-day": "31", "start-month": "2", "start-year": "2006"},
        {"start-day": "30", "start-year": "2006"},
        {"start-year": "0001"},
        {"start-year": "٢٠٠٦"},
        {"end-day": "1", "end-month": "1", "end-year": "2006", "start-year": "2007"},
        {"type": "inspection"},
        {"state": "ZZZ"},
        {"state": "FRA"},
        {"year": "9" * 30},
        {"start-year": "2031", "stage": "closed", "source_title": "UN News"},
        {"start-year": "2027", "year": "2028"},
        {"due": "2027-01-01"},
        {"summary": "a\x00b"},
        {"summary": "a\x07b"},
        {"summary": "a" * 100_000},
        {"summary": "a\u202eb"},
        {"source_url": "javascript:alert(1)"},
        {"type": ""},
        {"stage": ""},
        {"mode": "hybrid"},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_said_at_the_field(analyst: Any, sign_in: SignIn, changes: dict[str, str]) -> None:
    answer = sign_in(analyst).post("/visits/new", data=new_visit(**changes))
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Visit)) == 0


def test_a_year_out_of_bounds_is_written_as_a_year(analyst: Any, sign_in: SignIn) -> None:
    page = sign_in(analyst).post("/visits/new", data=new_visit(year="1890")).text
    assert "from 2001 to 2100" in page


def test_overlapping_visits_are_allowed_and_said(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    days = {"start-day": "15", "start-month": "11", "start-year": "2006"}
    browser = sign_in(analyst)
    answer = browser.post("/visits/new", data=new_visit(**days))
    assert answer.location == "/visits/PAK-2006-2"
    assert "overlap with PAK-2006-1" in browser.get("/visits/PAK-2006-2").text


def test_the_page_tells_the_visit(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    ConclusionFactory(visit=visit)
    FollowupFactory(visit_id=visit.id)
    page = sign_in(analyst).get("/visits/pak-2006-1").text
    for told in (
        "13–17 November 2006",
        "Eighth mission of the year",
        "ASY-01",
        "1373",
        "PAK-2006-1-C1",
        "PAK-F001",
        "Provisional conclusions",
        "https://news.un.org/en/story/2006/11/200582",
    ):
        assert told in page


def test_the_state_bears_its_name_of_the_time(session: Any, sign_in: SignIn) -> None:
    analyst = AccountFactory(role=Role.ANALYST)
    made = service.create("TUR", by=analyst, components=[parts.Component(start=PartialDate(2007))])
    page = sign_in(analyst).get(f"/visits/{made.reference}").text
    assert "<bdi>Turkey</bdi>" in page and "today: Türkiye" in page
    assert "<bdi>Turkey</bdi>" in sign_in(analyst).get("/visits").text


def test_from_october_2018_on_they_are_preliminary_observations(session: Any, sign_in: SignIn) -> None:
    analyst = AccountFactory(role=Role.ANALYST)
    made = service.create("TUR", by=analyst, components=[parts.Component(start=PartialDate(2019, 2))])
    page = sign_in(analyst).get(f"/visits/{made.reference}").text
    assert "Preliminary observations issued" in page and "Provisional conclusions" not in page


# Scope and rights


def test_out_of_scope_does_not_exist(visit: Visit, sign_in: SignIn) -> None:
    stranger = AccountFactory(role=Role.ANALYST, states=["KEN"])
    browser = sign_in(stranger)
    for path in ("", "/edit", "/stage", "/components/new", "/components/1", "/scope"):
        assert browser.get(f"/visits/PAK-2006-1{path}").status_code == 404
    page = browser.get("/visits").text
    assert "PAK-2006-1" not in page and "0 visits" in page


def test_a_reviewer_reads_and_is_told_who_may_edit(visit: Visit, sign_in: SignIn) -> None:
    browser = sign_in(AccountFactory(role=Role.REVIEWER))
    page = browser.get("/visits/PAK-2006-1")
    assert page.status_code == 200 and "/visits/PAK-2006-1/edit" not in page.text
    refused = browser.post("/visits/PAK-2006-1/edit", data={"type": "nonsense"})
    assert refused.status_code == 403
    assert "analyst" in refused.text.lower() and "nonsense" not in refused.text.split("<main")[0]


def test_tour_siblings_out_of_scope_are_not_named(session: Any, sign_in: SignIn) -> None:
    everywhere = AccountFactory(role=Role.ANALYST)
    for state in ("IND", "PAK"):
        service.create(state, by=everywhere, components=[parts.Component(start=PartialDate(2006))], tour="One trip")
    assert "IND-2006-1" in sign_in(everywhere).get("/visits/PAK-2006-1").text
    narrow = AccountFactory(role=Role.ANALYST, states=["PAK"])
    assert "IND-2006-1" not in sign_in(narrow).get("/visits/PAK-2006-1").text


# Sections and parts


@pytest.mark.parametrize(
    ("section", "typed", "told"),
    [
        ("edit", {"type": "focused", "sequence": "first", "summary": "Rewritten"}, "Rewritten"),
        ("tour", {"tour": "India and Pakistan on one trip"}, "India and Pakistan on one trip"),
        ("scope", {"areas": ["FIN-01", "BOR-06"]}, "BOR-06"),
        ("resolutions", {"resolutions": ["1373", "1624"]}, "1624"),
        (
            "visit-consent",
            {"visit_consent_on-year": "2006", "visit_consent_by": "Permanent Mission"},
            "Permanent Mission",
        ),
        (
            "share-consent",
            {
                "share_consent": "partial",
                "share_consent_on-year": "2008",
                "share_consent_by": "Ministry",
                "share_excluded": "Annex II",
            },
            "Annex II",
        ),
        ("sharing", {"sharing": "state_only"}, "Member State only"),
    ],
)
def test_each_section_is_saved_from_a_form_of_its_own(
    analyst: Any, visit: Visit, sign_in: SignIn, section: str, typed: dict[str, Any], told: str
) -> None:
    browser = sign_in(analyst)
    address = f"/visits/PAK-2006-1/{section}"
    assert browser.get(address).status_code == 200
    answer = browser.post(address, data={"version": str(visit.version), **typed})
    assert (answer.status_code, answer.location) == (303, "/visits/PAK-2006-1")
    assert told in browser.get("/visits/PAK-2006-1").text


PARTS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "components": ({"mode": "virtual", "start-year": "2006"}, {"mode": "virtual", "note": "By video"}, "By video"),
    "delegation": (
        {"kind": "head", "function": "Executive Director"},
        {"kind": "team", "function": "Customs and ports", "areas": ["BOR-06"]},
        "Customs and ports",
    ),
    "counterparts": (
        {"authority": "Ministry of the Interior", "met_on-year": "2006"},
        {"authority": "Federal Investigation Agency", "level": "Director"},
        "Federal Investigation Agency",
    ),
    "checks": ({"place": "Karachi port"}, {"place": "Torkham border post"}, "Torkham border post"),
    "sources": ({"title": "A release"}, {"title": "Another", "url": "https://example.org/x"}, "https://example.org/x"),
}


@pytest.mark.parametrize("part", PARTS)
def test_each_part_is_added_edited_and_removed(analyst: Any, visit: Visit, sign_in: SignIn, part: str) -> None:
    first, then, told = PARTS[part]
    browser = sign_in(analyst)
    address = f"/visits/PAK-2006-1/{part}"
    assert browser.get(f"{address}/new").status_code == 200
    assert browser.post(f"{address}/new", data=first).location == f"/visits/PAK-2006-1#{part}"
    rows = {"delegation": visit.delegates}.get(part) or getattr(visit, part if part != "delegation" else "delegates")
    row_id = rows[-1].id
    assert browser.get(f"{address}/{row_id}").status_code == 200
    edited = browser.post(f"{address}/{row_id}", data={"version": str(visit.version), **then})
    assert edited.status_code == 303
    assert told in browser.get("/visits/PAK-2006-1").text
    assert browser.get(f"{address}/{row_id}/remove").status_code == 200
    stale = browser.post(f"{address}/{row_id}/remove", data={"version": "1"})
    assert stale.status_code == 409
    assert browser.post(f"{address}/{row_id}/remove", data={"version": str(visit.version)}).status_code == 303
    assert browser.get(f"{address}/{row_id}").status_code == 404


def test_a_row_of_another_visit_is_not_found(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    service.create("PAK", by=analyst, components=[parts.Component(start=PartialDate(2014))])
    row_id = visit.components[0].id
    browser = sign_in(analyst)
    assert browser.get(f"/visits/PAK-2014-1/components/{row_id}").status_code == 404
    assert browser.get(f"/visits/PAK-2006-1/components/{10**26}").status_code == 404


# Two at once


def test_a_stale_page_shows_both_texts_and_loses_nothing(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    browser = sign_in(analyst)
    typed = {"type": "focused", "sequence": "first"}
    version = str(visit.version)
    browser.post("/visits/PAK-2006-1/edit", data={"version": version, "summary": "Theirs", **typed})
    answer = browser.post("/visits/PAK-2006-1/edit", data={"version": version, "summary": "Mine", **typed})
    assert answer.status_code == 409
    assert "Theirs" in answer.text and "Mine" in answer.text
    assert visit.summary == "Theirs"
    again = browser.post("/visits/PAK-2006-1/edit", data={"version": str(visit.version), "summary": "Mine", **typed})
    assert again.status_code == 303 and visit.summary == "Mine"


def test_two_people_on_different_sections_do_not_collide(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    browser = sign_in(analyst)
    version = str(visit.version)
    browser.post("/visits/PAK-2006-1/scope", data={"version": version, "areas": ["FIN-01", "ASY-01", "BOR-06"]})
    saved = browser.post(
        "/visits/PAK-2006-1/edit",
        data={"version": version, "type": "focused", "sequence": "first", "summary": "Both kept"},
    )
    assert saved.status_code == 303
    assert visit.summary == "Both kept" and len(visit.areas) == 3


def test_a_component_changed_meanwhile_is_a_conflict(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    browser = sign_in(analyst)
    address = f"/visits/PAK-2006-1/components/{visit.components[0].id}"
    version = str(visit.version)
    browser.post(address, data={"version": version, "mode": "on_site", "note": "Theirs", "start-year": "2006"})
    answer = browser.post(address, data={"version": version, "mode": "on_site", "note": "Mine", "start-year": "2006"})
    assert answer.status_code == 409 and "Theirs" in answer.text and "Mine" in answer.text


# Stages


def test_a_move_keeps_the_day_it_happened(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    browser = sign_in(analyst)
    page = browser.get("/visits/PAK-2006-1/stage").text
    today = clock.today()
    for part, text in (("day", today.day), ("month", today.month), ("year", today.year)):
        assert re.search(rf'name="happened-{part}"\s+value="{text}"', page), part
    assert "Begin the visit" in page and "Correct the stage back to" in page
    typed = {"stage": "under_way", "happened-day": "13", "happened-month": "11", "happened-year": "2006"}
    answer = browser.post("/visits/PAK-2006-1/stage", data={"version": str(visit.version), **typed})
    assert answer.status_code == 303
    assert visit.stage is VisitStage.UNDER_WAY
    assert visit.moves[-1].happened == PartialDate(2006, 11, 13)
    assert "13 November 2006" in browser.get("/visits/PAK-2006-1").text


def test_postponing_owes_a_reason(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    browser = sign_in(analyst)
    answer = browser.post("/visits/PAK-2006-1/stage", data={"version": str(visit.version), "stage": "postponed"})
    assert answer.status_code == 422 and "Give a reason" in answer.text
    assert visit.stage is VisitStage.PREPARING


def test_a_doubled_click_moves_once(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    browser = sign_in(analyst)
    typed = {"version": str(visit.version), "stage": "under_way", "request_key": "1" * 32}
    assert [browser.post("/visits/PAK-2006-1/stage", data=typed).status_code for _time in range(2)] == [303, 303]
    assert len(visit.moves) == 2


def test_a_visit_moved_meanwhile_says_so(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    browser = sign_in(analyst)
    version = str(visit.version)
    browser.post("/visits/PAK-2006-1/stage", data={"version": version, "stage": "under_way"})
    typed = {"version": version, "stage": "under_way", "reason": "Typed by the second"}
    answer = browser.post("/visits/PAK-2006-1/stage", data=typed)
    assert answer.status_code == 409
    assert "Under way" in answer.text and "Typed by the second" in answer.text


# The list


def test_the_list_is_filtered_sorted_and_said(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    service.create("IND", by=analyst, components=[parts.Component(VisitMode.VIRTUAL, PartialDate(2021, 4))])
    browser = sign_in(analyst)
    page = browser.get("/visits").text
    assert "2 visits, by date" in page and page.index("IND-2021-1") < page.index("PAK-2006-1")
    for question, is_there in {
        "state=PAK": True,
        "state=IND": False,
        "region=034": True,
        "type=not_stated": True,
        "stage=preparing": True,
        "mode=virtual": False,
        "area=FIN-01": True,
        "area=FIN": True,
        "area=NEX-01": False,
        "year-from=2006&year-to=2006": True,
        "year-from=2007": False,
        "q=eighth": True,
        "q=PAK-2006": True,
        "q=nothing": False,
    }.items():
        assert ("PAK-2006-1" in browser.get(f"/visits?{question}").text) is is_there, question
    assert "No visit matches" in browser.get("/visits?mode=hybrid").text


@pytest.mark.parametrize("question", ["area=NOPE", "region=999", "stage=x", "sort=x", "after=x", "size=x", "q=%00"])
def test_an_address_that_makes_no_sense_is_no_fault(analyst: Any, visit: Visit, sign_in: SignIn, question: str) -> None:
    assert sign_in(analyst).get(f"/visits?{question}").status_code in (200, 400)


def test_columns_are_chosen_in_the_address(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    page = sign_in(analyst).get("/visits?columns=sharing").text
    assert 'data-label="Sharing level"' in page and 'data-label="Stage"' not in page
    assert "columns=sharing" in page.split("<thead")[1]


def test_the_file_holds_the_rows_of_the_list(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    service.create("TUR", by=analyst, components=[parts.Component(start=PartialDate(2007, 4))])
    browser = sign_in(analyst)
    answer = browser.get("/visits.csv?sort=date&columns=stage")
    assert answer.status_code == 200
    assert "visits-" in answer.headers["Content-Disposition"] and "-2.csv" in answer.headers["Content-Disposition"]
    rows = answer.data.decode("utf-8-sig").split("\r\n")
    assert [row.split(",")[0] for row in rows[1:3]] == ["PAK-2006-1", "TUR-2007-1"]
    assert ",Turkey,Asia,2007-04,," in rows[2]
    assert "PAK-2006-1" not in browser.get("/visits.csv?state=TUR").text
    kinds = set(db.session.scalars(sa.select(Event.kind)))
    assert {"export.started", "export.ended"} <= kinds


def test_unknown_columns_give_the_usual_ones(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    assert 'data-label="Stage"' in sign_in(analyst).get("/visits?columns=nothing,of,ours").text


# What it costs


def test_the_list_takes_the_same_statements_whatever_its_rows(
    app: Flask, analyst: Any, visit: Visit, sign_in: SignIn
) -> None:
    browser = sign_in(analyst)
    browser.get("/visits")
    with statements(app) as few:
        browser.get("/visits")
    for year in range(2007, 2027):
        service.create("IND", by=analyst, components=[parts.Component(start=PartialDate(year))])
    db.session.commit()
    with statements(app) as many:
        browser.get("/visits")
    assert len(few) == len(many) <= 6, many


def test_the_page_takes_at_most_fourteen_statements_whatever_hangs_on_it(
    app: Flask, analyst: Any, visit: Visit, sign_in: SignIn
) -> None:
    browser = sign_in(analyst)
    browser.get("/visits/PAK-2006-1")
    service.join_tour(visit, "One trip", by=analyst)
    db.session.commit()
    with statements(app) as few:
        browser.get("/visits/PAK-2006-1")
    for number in range(8):
        parts.add_delegate(visit, parts.Delegate(DelegateKind.TEAM, f"Team {number}", areas=["FIN-02"]), by=analyst)
        parts.add_counterpart(visit, parts.Counterpart(f"Ministry {number}"), by=analyst)
        parts.add_check(visit, parts.Check(f"Port {number}"), by=analyst)
        ConclusionFactory(visit=visit)
        FollowupFactory(visit_id=visit.id)
    db.session.commit()
    with statements(app) as many:
        browser.get("/visits/PAK-2006-1")
    assert max(len(few), len(many)) <= 14, many
    assert len(many) <= len(few) + 1  # names in the timeline are asked for only when there are any


def test_each_change_leaves_one_event(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    browser = sign_in(analyst)
    before = db.session.scalar(sa.select(sa.func.count()).select_from(Event))
    browser.post("/visits/PAK-2006-1/checks/new", data={"place": "Karachi port"})
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Event)) == before + 1


def test_a_clock_that_never_ran_is_said_on_the_page_and_in_my_work(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    browser = sign_in(analyst)
    typed = {"version": str(visit.version), "stage": "with_state", "happened-month": "3", "happened-year": "2020"}
    refused = browser.post("/visits/PAK-2006-1/stage", data=typed)
    assert refused.status_code == 422 and "Enter the full day" in refused.text
    browser.post("/visits/PAK-2006-1/stage", data=typed | {"no_clock": "y"})
    assert "no clock: day not known" in browser.get("/visits/PAK-2006-1").text
    assert "no clock runs" in browser.get("/my-work/visits").text


def tags(page: str) -> str:
    """The page's text without marks and white space in excess."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_after_recording_a_visit_the_first_open_task_is_named(analyst: Any, sign_in: SignIn) -> None:
    browser = sign_in(analyst)
    answer = browser.post("/visits/new", data=new_visit(**{"start-month": "3", "start-year": "2027"}))
    assert "PAK-2027-1 is recorded. Next: Sources." in tags(browser.get(answer.location).text)


def test_resolutions_are_proposed_until_somebody_saved_them(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    browser = sign_in(analyst)
    assert "Applicable resolutions Proposed, not yet confirmed" in tags(browser.get("/visits/PAK-2006-1").text)
    numbers = [str(link.resolution_number) for link in visit.resolutions]
    typed = {"version": str(visit.version), "resolutions": numbers}
    assert browser.post("/visits/PAK-2006-1/resolutions", data=typed).status_code == 303
    assert f"Applicable resolutions Done ({len(numbers)})" in tags(browser.get("/visits/PAK-2006-1").text)


def test_areas_marked_as_not_assessed_are_not_called_done(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    for code in ("ASY-01", "FIN-01"):
        assessments.assess(visit, code, by=analyst, rating="not_assessed", explanation="Not looked at")
    db.session.commit()
    page = tags(sign_in(analyst).get("/visits/PAK-2006-1").text)
    assert "Assessments Marked (0 rated, 2 marked not assessed)" in page


def test_observations_bear_their_name_everywhere(analyst: Any, sign_in: SignIn) -> None:
    made = service.create("PAK", by=analyst, components=[parts.Component(start=PartialDate(2019, 3))])
    service.move_stage(made, VisitStage.PROVISIONAL_ISSUED, by=analyst, happened=PartialDate(2019, 3))
    db.session.commit()
    browser = sign_in(analyst)
    for address in ("/visits/PAK-2019-1", "/states/PAK"):
        page = tags(browser.get(address).text)
        assert "Preliminary observations issued" in page and "Provisional" not in page, address
    rows = browser.get("/visits").text.partition("<tbody")[2]
    assert "Preliminary observations issued" in rows and "Provisional" not in rows


def test_a_filter_and_the_log_call_the_stage_by_words_that_are_true_before_and_since_2018(
    visit: Visit, analyst: Any, session: Any, sign_in: SignIn
) -> None:
    since = service.create("IND", by=analyst, components=[parts.Component(start=PartialDate(2019, 3, 4))])
    for one in (visit, since):
        service.move_stage(one, VisitStage.PROVISIONAL_ISSUED, by=analyst, happened=PartialDate(2020))
    session.commit()
    browser = sign_in(analyst)
    page = browser.get("/visits?stage=provisional_issued").text
    assert "Stage: Conclusions or observations issued" in page
    assert '<option value="provisional_issued" selected>Conclusions or observations issued</option>' in page
    rows = page[page.index("<tbody>") :]
    assert "Provisional conclusions issued" in rows and "Preliminary observations issued" in rows
    log = sign_in(AccountFactory(role=Role.AUDITOR)).get("/audit?object=IND-2019-1").text
    assert "“Conclusions or observations issued”" in log and "Provisional" not in log


@pytest.mark.parametrize(
    ("part", "typed"),
    [
        ("counterparts", {"authority": "Ministry of the Interior", "met_on-year": "2005"}),
        ("checks", {"place": "Karachi port", "checked_on-day": "1 December 2006"}),
    ],
)
def test_what_happened_outside_the_visits_dates_is_allowed_and_said(
    analyst: Any, visit: Visit, sign_in: SignIn, part: str, typed: dict[str, str]
) -> None:
    browser = sign_in(analyst)
    assert browser.post(f"/visits/PAK-2006-1/{part}/new", data=typed).status_code == 303
    assert "lies outside the dates of the visit, 13–17 November 2006" in browser.get("/visits/PAK-2006-1").text


def test_a_move_on_a_day_before_the_visits_start_is_allowed_and_said(
    analyst: Any, visit: Visit, sign_in: SignIn
) -> None:
    browser = sign_in(analyst)
    typed = {"version": str(visit.version), "stage": "provisional_issued", "happened-day": "1 November 2006"}
    assert browser.post("/visits/PAK-2006-1/stage", data=typed).status_code == 303
    assert "before the start of the visit" in browser.get("/visits/PAK-2006-1").text


def test_levels_beyond_the_state_open_with_its_consent(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    browser = sign_in(analyst)

    def closed(address: str) -> list[str]:
        return re.findall(
            r'<(?:input|option)[^>]*\bdisabled\b[^>]*value="(\w+)"|value="(\w+)"[^>]*\bdisabled\b',
            (browser.get(address).text),
        )

    for address in ("/visits/PAK-2006-1/sharing", "/visits/PAK-2006-1/conclusions/new"):
        found = {one or other for one, other in closed(address)}
        assert found == {"partners", "public"}, address
        assert "open once the State" in browser.get(address).text
    service.record_share_consent(
        visit, by=analyst, consent=ConsentScope.FULL, given_on=PartialDate(2007), given_by="Permanent Mission"
    )
    db.session.commit()
    assert closed("/visits/PAK-2006-1/sharing") == []


def test_a_follow_up_that_was_changed_since_it_was_signed_says_so(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    FollowupFactory(
        visit_id=visit.id, owner_id=analyst.id, seal_count=1, content_sha256="0" * 64, sealed_sha256="1" * 64
    )
    db.session.commit()
    browser = sign_in(analyst)
    for address in ("/visits/PAK-2006-1", "/"):
        assert "Draft Changed since it was signed off" in tags(browser.get(address).text), address


# A long page


def folded(page: str) -> list[str]:
    """What the page folds away at first."""
    return re.findall(r'<details class="disclosure">(.*?)</details>', page, re.DOTALL)


def test_the_page_says_at_its_top_what_it_holds_and_where(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    page = sign_in(analyst).get("/visits/PAK-2006-1").text
    contents = page[page.index('<nav class="card contents"') :]
    contents = contents[: contents.index("</nav>")]
    assert "On this page" in contents
    places = re.findall(r'<a href="#([\w-]+)">([^<]+)</a>', contents)
    assert [said for _place, said in places][:3] == ["Where it stands", "Tasks", "Summary"]
    assert all(f'<h2 id="{place}">' in page for place, _said in places)
    headings = re.findall(r'<h2 id="([\w-]+)">', page[page.index("</nav>", page.index("contents-title")) :])
    assert {place for place, _said in places} | {"share-consent-title"} == set(headings)


def test_a_long_delegation_is_folded_under_its_number_and_unfolds_when_one_comes_back_to_it(
    analyst: Any, visit: Visit, sign_in: SignIn
) -> None:
    browser = sign_in(analyst)
    typed = {"kind": "team", "function": "Team on customs"}
    for _number in range(6):
        parts.add_delegate(visit, parts.Delegate(DelegateKind.TEAM, "Team on borders"), by=analyst)
    db.session.commit()
    assert '<section class="card" id="delegation"' in browser.get("/visits/PAK-2006-1").text, "a short one stands open"
    answer = browser.post("/visits/PAK-2006-1/delegation/new", data=typed)
    assert answer.location.endswith("#delegation")
    fold = next(one for one in folded(browser.get("/visits/PAK-2006-1").text) if "Team on customs" in one)
    assert "<summary>7 entries</summary>" in fold
    assert 'id="delegation"' in fold, "a link to it unfolds it"


def test_the_newest_of_the_timeline_stand_open_and_the_earlier_are_folded(
    analyst: Any, visit: Visit, sign_in: SignIn
) -> None:
    for number in range(8):
        comments.add(visit, f"Remark number {number}.", by=analyst)
    db.session.commit()
    browser = sign_in(analyst)
    page = browser.get("/visits/PAK-2006-1").text
    away = "".join(folded(page[page.index('id="timeline"') :]))
    assert "earlier entries" in away
    assert "Remark number 2." in away and "Remark number 3." not in away
    asked = browser.get("/visits/PAK-2006-1?category=comment").text
    assert "Remark number 2." in asked and "earlier entries" not in asked, "what one asked for stands open"


def test_only_who_may_change_a_visit_has_a_column_for_it(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    parts.add_check(visit, parts.Check("Airport"), by=analyst)
    db.session.commit()
    column = '<th scope="col" class="screen-only">Change</th>'
    assert column in sign_in(analyst).get("/visits/PAK-2006-1").text
    read = sign_in(AccountFactory(role=Role.AUDITOR)).get("/visits/PAK-2006-1").text
    assert "Airport" in read and ">Change</th>" not in read
