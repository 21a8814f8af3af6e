"""The pages of visits: a new one, and the page of one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.counting import statements
from tests.factories import AccountFactory, ConclusionFactory, FollowupFactory
from tests.forms_of_pages import form_for
from tests.pages import text_of
from tracker import clock
from tracker.extensions import db
from tracker.models import DelegateKind, Role, Visit
from tracker.partial_date import PartialDate
from tracker.services import assessments, comments
from tracker.services import visit_parts as parts
from tracker.services import visits as service

SignIn = Callable[[Any], FlaskClient]


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


def test_a_gap_leads_to_a_visit_with_its_area_in_scope(analyst: Any, sign_in: SignIn) -> None:
    browser = sign_in(analyst)
    form = form_for(browser.get("/visits/new?state=pak&area=fin-02").text, "/visits/new")
    assert form is not None and (form.data()["state"], form.data()["areas"]) == (["PAK"], ["FIN-02"])
    answer = browser.post("/visits/new", data=new_visit() | {"start-year": "2027", "areas": ["FIN-02", "LAW-01"]})
    assert answer.location == "/visits/PAK-2027-1"
    assert {row.area_code for row in db.session.scalars(sa.select(Visit)).one().areas} == {"FIN-02", "LAW-01"}
    assert browser.get("/visits/new?state=ZZZ&area=NOPE").status_code == 200


def test_a_visit_without_any_date_is_of_this_year_and_the_form_says_so(analyst: Any, sign_in: SignIn) -> None:
    client = sign_in(analyst)
    assert "left empty, it is this year" in client.get("/visits/new").text
    answer = client.post("/visits/new", data=new_visit())
    assert f"-{clock.today().year}-1" in answer.location


def test_after_recording_a_visit_the_first_open_task_is_named(analyst: Any, sign_in: SignIn) -> None:
    browser = sign_in(analyst)
    answer = browser.post("/visits/new", data=new_visit(**{"start-month": "3", "start-year": "2027"}))
    assert "PAK-2027-1 is recorded. Next: Sources." in text_of(browser.get(answer.location).text)


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


# The page of one


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


def test_areas_marked_as_not_assessed_are_not_called_done(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    for code in ("ASY-01", "FIN-01"):
        assessments.assess(visit, code, by=analyst, rating="not_assessed", explanation="Not looked at")
    db.session.commit()
    page = text_of(sign_in(analyst).get("/visits/PAK-2006-1").text)
    assert "Assessments Marked (0 rated, 2 marked not assessed)" in page


def test_a_follow_up_that_was_changed_since_it_was_signed_says_so(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    FollowupFactory(
        visit_id=visit.id, owner_id=analyst.id, seal_count=1, content_sha256="0" * 64, sealed_sha256="1" * 64
    )
    db.session.commit()
    browser = sign_in(analyst)
    for address in ("/visits/PAK-2006-1", "/"):
        assert "Draft Changed since it was signed off" in text_of(browser.get(address).text), address
    row = browser.get("/visits/PAK-2006-1").text.partition('data-label="Main area"')[2].partition("</td>")[0]
    assert 'class="reference"' in row, "a code never breaks at its hyphen"


def test_the_page_takes_at_most_ten_statements_whatever_hangs_on_it(
    analyst: Any, visit: Visit, sign_in: SignIn
) -> None:
    browser = sign_in(analyst)
    service.join_tour(visit, "One trip", by=analyst)
    db.session.commit()
    few = statements(browser, "/visits/PAK-2006-1")
    for number in range(8):
        parts.add_delegate(visit, parts.Delegate(DelegateKind.TEAM, f"Team {number}", areas=["FIN-02"]), by=analyst)
        parts.add_counterpart(visit, parts.Counterpart(f"Ministry {number}"), by=analyst)
        parts.add_check(visit, parts.Check(f"Port {number}"), by=analyst)
        ConclusionFactory(visit=visit)
        FollowupFactory(visit_id=visit.id)
    db.session.commit()
    many = statements(browser, "/visits/PAK-2006-1")
    assert max(few, many) <= 10, (few, many)
    assert many <= few + 1  # names in the timeline are asked for only when there are any


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
