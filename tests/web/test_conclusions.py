"""Conclusions in the browser: the list and its file, writing, two at once, what happens to them, who may not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import AccountFactory, ConclusionFactory, FollowupFactory, VisitFactory, serve
from tracker import history
from tracker.extensions import db
from tracker.models import (
    Conclusion,
    ConclusionKind,
    ConclusionParagraph,
    ConclusionStatus,
    Event,
    FollowupConclusion,
    Measure,
    Paragraph,
    Role,
    Sharing,
    VisitArea,
)
from tracker.partial_date import PartialDate
from tracker.reports import conclusions as report
from tracker.services import comments, conclusions, signoff

SignIn = Callable[[Any], FlaskClient]
HREF = "/conclusions/PAK-2006-1-C1"
GIVEN = {
    "kind": "shortfall",
    "area_code": "FIN-02",
    "text": "A bill waits for Parliament.",
    "paragraph_ids": ["1", "3"],
    "basis": "obligation",
    "sharing": "internal",
    "source": "UN News",
}


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL statements sent while the block runs, without the test's own savepoints."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


@pytest.fixture
def analyst(session: Any) -> Any:
    return AccountFactory(role=Role.ANALYST)


@pytest.fixture
def reviewer(session: Any) -> Any:
    return AccountFactory(role=Role.REVIEWER)


@pytest.fixture
def browser(sign_in: SignIn, analyst: Any) -> FlaskClient:
    return sign_in(analyst)


@pytest.fixture
def written(session: Any, analyst: Any) -> Any:
    """``PAK-2006-1-C1``, a draft that can be submitted."""
    row = conclusions.create(
        VisitFactory(),
        by=analyst,
        kind=ConclusionKind.SHORTFALL,
        area_code="FIN-02",
        text="A bill waits for Parliament.",
        paragraph_ids=[3],
    )
    session.commit()
    return row


@pytest.fixture
def signed(session: Any, written: Any, analyst: Any, reviewer: Any) -> Any:
    signoff.submit(written, by=analyst)
    signoff.sign_off(written, by=reviewer, content_version=written.content_version)
    session.commit()
    return written


def version_on(page: str, prefix: str = "") -> str:
    found = re.search(rf'name="{prefix}version" value="(\d*)"', page) or re.search(
        r'name="version" type="hidden" value="(\d*)"', page
    )
    assert found, "the form carries its version"
    return found.group(1)


def fresh() -> Any:
    return db.session.scalar(sa.select(Conclusion).where(Conclusion.reference == "PAK-2006-1-C1"))


# The list


def test_the_list_shows_what_is_in_scope(sign_in: SignIn, session: Any) -> None:
    ConclusionFactory(visit=VisitFactory())
    ConclusionFactory(visit=VisitFactory(state_id="IND"))
    page = sign_in(AccountFactory(states=["PAK"])).get("/conclusions")
    assert "PAK-2006-1-C1" in page.text and "IND-2006-1-C1" not in page.text
    assert "1 conclusion" in page.text
    assert '<option value="IND"' not in page.text


def test_a_state_bears_its_name_of_the_time(browser: FlaskClient) -> None:
    ConclusionFactory(visit=VisitFactory(state_id="MKD"))
    page = browser.get("/conclusions").text
    assert "former Yugoslav Republic of Macedonia" in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("state=PAK", {"PAK-2006-1-C1", "PAK-2006-1-C2"}),
        ("region=142", {"PAK-2006-1-C1", "PAK-2006-1-C2"}),
        ("region=002", {"KEN-2006-1-C1"}),
        ("area=BOR", {"PAK-2006-1-C2"}),
        ("area=bor-01", {"PAK-2006-1-C2"}),
        ("kind=progress", {"PAK-2006-1-C2"}),
        ("workflow=draft", {"PAK-2006-1-C1", "PAK-2006-1-C2", "KEN-2006-1-C1"}),
        ("sealed=signed", set()),
        ("visit=KEN-2006-1", {"KEN-2006-1-C1"}),
        ("answered=1", {"PAK-2006-1-C1"}),
        ("q=border+POSTS", {"PAK-2006-1-C2"}),
        ("area=LAW", set()),
    ],
)
def test_the_list_can_be_narrowed(browser: FlaskClient, session: Any, query: str, shown: set[str]) -> None:
    visit = VisitFactory()
    first = ConclusionFactory(visit=visit)
    ConclusionFactory(visit=visit, kind=ConclusionKind.PROGRESS, area_code="BOR-01", text="Border posts were opened.")
    ConclusionFactory(visit=VisitFactory(state_id="KEN"))
    followup = FollowupFactory()
    followup.conclusions.append(FollowupConclusion(conclusion_id=first.id, state_id="PAK"))
    history.record("followup.edited", followup, by=None)
    page = browser.get(f"/conclusions?{query}")
    assert page.status_code == 200
    assert set(re.findall(r'href="/conclusions/([A-Z0-9-]+)"', page.text)) == shown
    file = browser.get(f"/conclusions.csv?{query}")
    assert {line.split(",")[0] for line in file.text.splitlines()[1:]} == shown


@pytest.mark.parametrize("query", ["kind=nonsense", "region=%27", "workflow=signed", "answered=perhaps", "sealed=x"])
def test_a_filter_that_makes_no_sense_is_told(browser: FlaskClient, session: Any, query: str) -> None:
    ConclusionFactory()
    page = browser.get(f"/conclusions?{query}")
    assert page.status_code == 200
    assert "0 conclusions" in page.text and "Correct the filter below, or take it off." in page.text
    assert 400 <= browser.get(f"/conclusions.csv?{query}").status_code < 500


def test_screen_and_file_are_in_the_same_order(browser: FlaskClient, session: Any) -> None:
    for year in (2006, 2001, 2012):
        ConclusionFactory(visit=VisitFactory(year=year))
    for sort in ("visit", "-visit", "reference", "-reference", "updated", "area", "workflow"):
        page = browser.get(f"/conclusions?sort={sort}").text
        file = browser.get(f"/conclusions.csv?sort={sort}").text
        on_screen = re.findall(r'href="/conclusions/(PAK[A-Z0-9-]+)"', page)
        assert on_screen == [line.split(",")[0] for line in file.splitlines()[1:]]


def test_the_file_holds_each_column(browser: FlaskClient, session: Any, signed: Any, analyst: Any) -> None:
    conclusions.share_with_state(signed, by=analyst, happened=PartialDate(2006, 11))
    conclusions.record_comment(signed, by=analyst, text='=1+1, "noted"', date=PartialDate(2006, 12))
    followup = FollowupFactory()
    followup.conclusions.append(FollowupConclusion(conclusion_id=signed.id, state_id="PAK"))
    history.record("followup.edited", followup, by=None)
    answer = browser.get("/conclusions.csv")
    header, row = answer.text.removeprefix("\ufeff").split("\r\n")[:2]
    assert header == ",".join(report.HEADER)
    assert row.startswith(
        "PAK-2006-1-C1,PAK,Pakistan,PAK-2006-1,2006-11-13,2006-11-17,shortfall,FIN-02,Financing offence,1373 1(b),"
        'A bill waits for Parliament.,,commented,signed,"\'=1+1, ""noted""",2006-12,PAK-F001,,internal,'
    )
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    kinds = session.scalars(sa.select(Event.kind).where(Event.kind.startswith("export.")).order_by(Event.seq)).all()
    assert kinds == ["export.started", "export.ended"]


def test_the_list_takes_six_statements_whatever_the_rows(browser: FlaskClient, session: Any) -> None:
    visit = VisitFactory()
    ConclusionFactory(visit=visit)
    browser.get("/conclusions")  # what a process keeps is read once
    for _number in range(30):
        ConclusionFactory(visit=visit)
    session.commit()
    with statements() as sent:
        assert browser.get("/conclusions").status_code == 200
    assert len(sent) <= 6, "\n".join(sent)


# Writing


def test_writing_one(browser: FlaskClient, session: Any) -> None:
    VisitFactory()
    page = browser.get("/visits/PAK-2006-1/conclusions/new?area=FIN-02").text
    assert re.search(r'value="3"\s+checked', page), "the area's paragraph is proposed"
    answer = browser.post("/visits/PAK-2006-1/conclusions/new", data=GIVEN)
    assert (answer.status_code, answer.location) == (303, HREF)
    page = browser.get(HREF).text
    for words in ("A bill waits for Parliament.", "Shortfall", "1373 1(b)", "UN News", "Provisional conclusion"):
        assert words in page


def test_the_same_form_sent_twice_makes_one(browser: FlaskClient, session: Any) -> None:
    VisitFactory()
    page = browser.get("/visits/PAK-2006-1/conclusions/new").text
    key = re.search(r'name="request_key"[^>]*value="([0-9a-f-]+)"', page)
    assert key
    places = {
        browser.post("/visits/PAK-2006-1/conclusions/new", data=GIVEN | {"request_key": key.group(1)}).location
        for _time in range(6)
    }
    assert places == {HREF}
    assert session.scalar(sa.select(sa.func.count()).select_from(Conclusion)) == 1


def test_a_visit_since_october_2018_has_preliminary_observations(browser: FlaskClient, session: Any) -> None:
    old = ConclusionFactory(visit=VisitFactory(year=2018, start=PartialDate(2018, 10, 7), sort_day=date(2018, 10, 7)))
    new = ConclusionFactory(visit=VisitFactory(year=2018, start=PartialDate(2018, 10, 8), sort_day=date(2018, 10, 8)))
    assert "Provisional conclusion" in browser.get(f"/conclusions/{old.reference}").text
    assert "Preliminary observation" in browser.get(f"/conclusions/{new.reference}").text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"text": ""}, "Write the text"),
        ({"text": "A \x00 b"}, "control character"),
        ({"text": "\u202eevil"}, "direction mark"),
        ({"text": "a" * 100_000}, "50,000 characters or less"),
        ({"kind": ""}, "Choose the kind"),
        ({"kind": "x"}, "x"),
        ({"area_code": "FIN"}, "FIN"),
        ({"area_code": ""}, "Choose the area"),
        ({"paragraph_ids": ["9" * 30]}, "9999"),
        ({"sharing": "everyone"}, "everyone"),
    ],
)
def test_bad_input_is_told_at_the_field_and_kept(
    browser: FlaskClient, session: Any, changes: dict[str, Any], message: str
) -> None:
    VisitFactory()
    answer = browser.post("/visits/PAK-2006-1/conclusions/new", data=GIVEN | {"source": "Kept words"} | changes)
    assert answer.status_code == 422
    assert message in answer.text and "There is a problem" in answer.text and "Kept words" in answer.text
    assert session.scalar(sa.select(sa.func.count()).select_from(Conclusion)) == 0


def test_what_is_posted_beside_the_fields_changes_nothing(browser: FlaskClient, session: Any, analyst: Any) -> None:
    VisitFactory()
    extra = {"workflow": "final", "state_id": "IND", "drafted_by_id": "1", "seal_count": "3", "reference": "X"}
    browser.post("/visits/PAK-2006-1/conclusions/new", data=GIVEN | extra)
    row = fresh()
    assert (row.workflow, row.state_id, row.drafted_by_id, row.seal_count) == ("draft", "PAK", analyst.id, 0)


def test_two_who_edit_at_once(sign_in: SignIn, session: Any, written: Any) -> None:
    first, second = sign_in(AccountFactory()), sign_in(AccountFactory())
    version = version_on(first.get(f"{HREF}/edit").text)
    ours = GIVEN | {"version": version, "text": "Ours."}
    theirs = GIVEN | {"version": version, "text": "Theirs, typed with care."}
    assert first.post(f"{HREF}/edit", data=ours).status_code == 303
    refused = second.post(f"{HREF}/edit", data=theirs)
    assert refused.status_code == 409
    assert "Ours." in refused.text and "Theirs, typed with care." in refused.text
    again = theirs | {"version": version_on(refused.text)}
    assert second.post(f"{HREF}/edit", data=again).status_code == 303
    assert fresh().text == "Theirs, typed with care."


def test_a_form_without_a_version_is_refused(browser: FlaskClient, written: Any) -> None:
    assert browser.post(f"{HREF}/edit", data=GIVEN | {"text": "Blind."}).status_code == 409
    assert fresh().text == "A bill waits for Parliament."


# The page


def test_the_page_tells_the_difference_from_the_seal(browser: FlaskClient, session: Any, signed: Any) -> None:
    page = browser.get(f"{HREF}/edit").text
    assert "signed off" in page
    browser.post(f"{HREF}/edit", data=GIVEN | {"version": version_on(page), "text": "The bill has passed."})
    page = browser.get(HREF).text
    assert "Changed since it was signed off" in page and "Last signature" in page
    assert "<del>" in page and "<ins>" in page
    assert fresh().workflow is ConclusionStatus.DRAFT


def test_the_signature_is_on_the_page(browser: FlaskClient, signed: Any, reviewer: Any) -> None:
    page = browser.get(HREF).text
    for words in (reviewer.name, "Reviewer", "UTC", "Sign-off", signed.sealed_sha256):
        assert words in page


def test_what_is_missing_is_listed_and_linked(browser: FlaskClient, session: Any) -> None:
    ConclusionFactory()
    page = browser.get(HREF).text
    assert f'href="{HREF}/edit#paragraphs"' in page
    assert "/review/conclusion/PAK-2006-1-C1/submit" not in page


def test_a_complete_draft_can_be_submitted_and_recalled(browser: FlaskClient, session: Any, written: Any) -> None:
    assert "/review/conclusion/PAK-2006-1-C1/submit" in browser.get(HREF).text
    assert browser.post("/review/conclusion/PAK-2006-1-C1/submit").location == HREF
    page = browser.get(HREF).text
    assert "/review/conclusion/PAK-2006-1-C1/recall" in page and f"{HREF}/edit" not in page
    browser.post("/review/conclusion/PAK-2006-1-C1/recall")
    assert fresh().workflow is ConclusionStatus.DRAFT


def test_a_returned_conclusion_says_why(
    browser: FlaskClient, session: Any, written: Any, analyst: Any, reviewer: Any
) -> None:
    signoff.submit(written, by=analyst)
    signoff.return_(written, by=reviewer, reason="Name the bill.")
    page = browser.get(HREF).text
    assert "Returned by a reviewer" in page[: page.index('id="timeline"')]
    assert "Name the bill." in page[: page.index('id="timeline"')]


def test_follow_ups_that_answer_it_are_on_the_page(browser: FlaskClient, session: Any, written: Any) -> None:
    followup = FollowupFactory()
    followup.conclusions.append(FollowupConclusion(conclusion_id=written.id, state_id="PAK"))
    history.record("followup.edited", followup, by=None)
    page = browser.get(HREF).text
    assert "PAK-F001" in page and "/follow-ups/new?conclusion=PAK-2006-1-C1" in page


def test_what_came_of_it_leads_on_to_measures_and_pillars_and_back_to_its_paragraphs(
    browser: FlaskClient, session: Any, written: Any
) -> None:
    assert "None yet. A follow-up is linked to measures on its own page." in browser.get(HREF).text
    whole = session.scalars(sa.select(Paragraph.id).where(Paragraph.label == "")).first()
    written.paragraphs.append(ConclusionParagraph(paragraph_id=whole, state_id="PAK"))
    on = [row.paragraph_id for row in written.paragraphs]
    history.record("conclusion.edited", written, by=None)
    measure = session.scalars(sa.select(Measure).where(Measure.reference == "GCTS-II-10")).one()
    answering, other = FollowupFactory(), FollowupFactory()
    answering.conclusions.append(FollowupConclusion(conclusion_id=written.id, state_id="PAK"))
    history.record("followup.edited", answering, by=None)
    for one in (answering, other):
        serve(one, measure)
    session.commit()
    page = browser.get(HREF).text
    href = "/follow-ups?conclusion=PAK-2006-1-C1&amp;counted=1&amp;measure=GCTS-II-10"
    assert f'href="{href}" aria-label="1 follow-up that serves GCTS-II-10"' in page
    listed = browser.get(href.replace("&amp;", "&")).text
    assert "PAK-F001" in listed and "PAK-F002" not in listed
    for address in ("/plans/GCTS#pillar-II", "/areas/FIN-02", "/trace/PAK-2006-1-C1"):
        assert f'href="{address}"' in page
    words = session.execute(sa.select(Paragraph.resolution_number, Paragraph.label).where(Paragraph.id.in_(on))).all()
    for number, label in words:
        anchor = label.replace("(", "").replace(")", "") or "whole"
        assert f'href="/resolutions/{number}#p-{anchor}"' in page
        assert f'id="p-{anchor}"' in browser.get(f"/resolutions/{number}").text


def test_the_page_takes_ten_statements_at_most(
    sign_in: SignIn, session: Any, signed: Any, analyst: Any, reviewer: Any
) -> None:
    conclusions.edit(
        signed,
        by=analyst,
        kind=ConclusionKind.CONCERN,
        area_code="FIN-01",
        text="Changed.",
        basis=None,
        paragraph_ids=[1, 2, 4],
        source="",
        sharing=Sharing.INTERNAL,
    )
    for number in range(60):
        comments.add(signed, f"Remark {number}", by=reviewer)
    for _number in range(5):
        followup = FollowupFactory()
        followup.conclusions.append(FollowupConclusion(conclusion_id=signed.id, state_id="PAK"))
        history.record("followup.edited", followup, by=None)
    session.commit()
    both = AccountFactory(role=Role.ANALYST)
    for who in (analyst, reviewer, both):
        for is_submitted in (False, True):
            if is_submitted is (signed.workflow is ConclusionStatus.DRAFT):
                by = analyst
                signoff.submit(signed, by=by) if is_submitted else signoff.recall(signed, by=by)
            browser = sign_in(who)
            with statements() as sent:
                assert browser.get(HREF).status_code == 200
            assert len(sent) <= 10, "\n".join(sent)


def test_the_timeline_goes_on_to_the_first_entry(
    browser: FlaskClient, session: Any, written: Any, analyst: Any
) -> None:
    for number in range(60):
        comments.add(written, f"Remark number {number}.", by=analyst)
    session.commit()
    page = browser.get(HREF).text
    assert "Remark number 59." in page and "Remark number 5." not in page
    further = re.search(r'href="([^"]+before=\d+[^"]*)"', page)
    assert further
    page = browser.get(further.group(1).replace("&amp;", "&")).text
    assert "Remark number 5." in page and "created" in page and "Remark number 59." not in page
    only = browser.get(f"{HREF}?category=sign_off").text
    assert "Remark number" not in only


@pytest.mark.parametrize(
    "query", ["before=x", "before=9" + "9" * 30, "category=nonsense", "before=-1", "before=%C2%B2"]
)
def test_a_timeline_address_that_makes_no_sense(browser: FlaskClient, written: Any, query: str) -> None:
    assert browser.get(f"{HREF}?{query}").status_code == 200


# What happens to it


def test_the_road_to_final(browser: FlaskClient, session: Any, signed: Any) -> None:
    day = {"happened-day": "", "happened-month": "11", "happened-year": "2006"}
    version = version_on(browser.get(f"{HREF}/share").text)
    assert browser.post(f"{HREF}/share", data=day | {"version": version}).status_code == 303
    said = {"text": "The bill was tabled.", "date-day": "4", "date-month": "12", "date-year": "2006"}
    version = version_on(browser.get(f"{HREF}/comment").text)
    assert browser.post(f"{HREF}/comment", data=said | {"version": version}).status_code == 303
    page = browser.get(HREF).text
    assert "The bill was tabled." in page and "4 December 2006" in page and "November 2006" in page
    version = version_on(browser.get(f"{HREF}/finalise").text)
    assert browser.post(f"{HREF}/finalise", data={"version": version}).status_code == 303
    page = browser.get(HREF).text
    assert "Final" in page and f"{HREF}/edit" not in page
    assert browser.get(f"{HREF}/edit").status_code == 403


def test_two_who_record_the_comment_of_the_state(sign_in: SignIn, session: Any, signed: Any, analyst: Any) -> None:
    conclusions.share_with_state(signed, by=analyst, happened=PartialDate(2006, 11))
    session.commit()
    first, second = sign_in(AccountFactory()), sign_in(AccountFactory())
    said = {"version": version_on(first.get(f"{HREF}/comment").text), "date-year": "2006"}
    assert first.post(f"{HREF}/comment", data=said | {"text": "We note it."}).status_code == 303
    refused = second.post(f"{HREF}/comment", data=said | {"text": "We dispute it."})
    assert refused.status_code == 409
    assert "We note it." in refused.text and "We dispute it." in refused.text


@pytest.mark.parametrize("year", ["2999", "20o6", "²⁰⁰⁶", ""])
def test_a_day_that_cannot_be(browser: FlaskClient, signed: Any, year: str) -> None:
    version = version_on(browser.get(f"{HREF}/share").text)
    answer = browser.post(f"{HREF}/share", data={"happened-year": year, "version": version})
    assert answer.status_code == 422
    assert "There is a problem" in answer.text


def test_a_day_in_the_future(browser: FlaskClient, signed: Any) -> None:
    version = version_on(browser.get(f"{HREF}/share").text)
    answer = browser.post(f"{HREF}/share", data={"happened-year": "2150", "version": version})
    assert answer.status_code == 422 and "in the future" in answer.text


def test_a_withdrawal_that_waits_and_is_returned_is_told_on_the_page(
    browser: FlaskClient, session: Any, analyst: Any, reviewer: Any, written: Any
) -> None:
    signoff.submit(written, by=analyst)
    assert "Before the reviewers: Sign-off" in browser.get(HREF).text
    signoff.sign_off(written, by=reviewer, content_version=written.content_version)
    session.commit()
    data = {"version": version_on(browser.get(f"{HREF}/withdraw").text), "reason": "Said twice."}
    page = browser.get(browser.post(f"{HREF}/withdraw", data=data).location).text
    assert "waits for a reviewer, who signs this or returns it" in page
    assert "Before the reviewers: Withdrawal" in page
    assert page.partition("Before the reviewers")[2].partition("</section>")[0].count("Said twice.")
    signoff.return_(written, by=reviewer, reason="It is needed.")
    session.commit()
    page = browser.get(HREF).text
    assert "The request to withdraw it was returned" in page and "It is needed." in page
    assert "Before the reviewers" not in page


def test_a_returned_withdrawal_of_what_the_state_has_is_told_on_the_page(
    browser: FlaskClient, session: Any, analyst: Any, reviewer: Any, signed: Any
) -> None:
    conclusions.share_with_state(signed, by=analyst, happened=PartialDate(2006, 12))
    conclusions.withdraw(signed, reason="Said twice.", by=analyst)
    signoff.return_(signed, by=reviewer, reason="It is needed.")
    session.commit()
    assert signed.workflow is ConclusionStatus.SHARED_WITH_STATE
    page = browser.get(HREF).text
    assert "The request to withdraw it was returned" in page and "It is needed." in page


def test_withdrawing_owes_a_reason(browser: FlaskClient, session: Any, written: Any) -> None:
    version = version_on(browser.get(f"{HREF}/withdraw").text)
    assert browser.post(f"{HREF}/withdraw", data={"version": version, "reason": " "}).status_code == 422
    assert browser.post(f"{HREF}/withdraw", data={"version": version, "reason": "Said twice."}).status_code == 303
    assert fresh().workflow is ConclusionStatus.WITHDRAWN
    assert "Said twice." in browser.get(HREF).text


def test_a_move_that_cannot_be_made_now(browser: FlaskClient, written: Any) -> None:
    version = version_on(browser.get(f"{HREF}/finalise").text)
    assert browser.post(f"{HREF}/finalise", data={"version": version}).status_code == 409


# Who may not


@pytest.mark.parametrize(
    "address", [HREF, f"{HREF}/edit", f"{HREF}/share", f"{HREF}/comment", f"{HREF}/finalise", f"{HREF}/withdraw"]
)
def test_out_of_scope_does_not_exist(sign_in: SignIn, written: Any, address: str) -> None:
    browser = sign_in(AccountFactory(states=["IND"]))
    assert browser.get(address).status_code == 404
    assert browser.get("/visits/PAK-2006-1/conclusions/new").status_code == 404
    assert browser.get("/conclusions/ZZZ-2006-1-C1").status_code == 404


@pytest.mark.parametrize("action", ["edit", "share", "comment", "finalise", "withdraw"])
def test_a_reviewer_is_told_who_may(sign_in: SignIn, reviewer: Any, written: Any, action: str) -> None:
    answer = sign_in(reviewer).get(f"{HREF}/{action}")
    assert answer.status_code == 403
    assert "Who may: Analyst" in answer.text


def test_a_refused_person_sees_no_validation(sign_in: SignIn, reviewer: Any, written: Any) -> None:
    answer = sign_in(reviewer).post(f"{HREF}/edit", data={"text": ""})
    assert answer.status_code == 403
    assert "Write the text" not in answer.text


def test_an_auditor_reads_and_changes_nothing(sign_in: SignIn, written: Any) -> None:
    page = sign_in(AccountFactory(role=Role.AUDITOR)).get(HREF).text
    assert "A bill waits for Parliament." in page
    for address in (f"{HREF}/edit", "/review/conclusion", "/comments/conclusion", "/follow-ups/new"):
        assert f'"{address}' not in page


def test_text_is_shown_as_typed(browser: FlaskClient, session: Any) -> None:
    VisitFactory()
    text = '<script>alert(1)</script> & "quotes"\nسطر ثانٍ 第三行'
    browser.post("/visits/PAK-2006-1/conclusions/new", data=GIVEN | {"text": text})
    page = browser.get(HREF).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "سطر ثانٍ 第三行" in page
    assert fresh().text == text


def test_no_one_signed_in_sees_none(app: Flask, client: FlaskClient) -> None:
    assert client.get("/conclusions").status_code in (302, 303)


def test_references_are_in_the_order_of_their_numbers(session: Any) -> None:
    visits = [VisitFactory(year=year) for year in (2012, 2006)]
    for number in (10, 9, 2):
        for visit in visits:
            ConclusionFactory(visit=visit, number=number)
    page = report.CONCLUSIONS.page({"sort": "reference"})
    in_order = [f"PAK-{year}-1-C{number}" for year in (2006, 2012) for number in (2, 9, 10)]
    assert [row.reference for row in page.rows] == in_order
    page = report.CONCLUSIONS.page({"sort": "-reference"})
    assert [row.reference for row in page.rows] == in_order[::-1]


@pytest.mark.parametrize("address", ["/conclusions", "/follow-ups", "/visits", "/states"])
def test_a_region_that_there_is_not_is_said_in_every_list(session: Any, sign_in: Any, address: str) -> None:
    page = sign_in(AccountFactory(role=Role.AUDITOR)).get(f"{address}?region=999").text
    assert "is no region that is known here" in page


def boxes(page: str) -> list[str]:
    """The words of the paragraphs' boxes, in the order of the page."""
    found = re.findall(r'<label for="paragraph_ids-\d+">(.*?)</label>', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in found]


def test_paragraphs_of_the_area_stand_first_and_say_what_rests_on_them(browser: FlaskClient) -> None:
    visit = VisitFactory()
    visit.areas.append(VisitArea(area_code="FIN-02", state_id="PAK"))
    history.record("visit.scope_set", visit, by=None)
    db.session.commit()
    page = browser.get("/visits/PAK-2006-1/conclusions/new").text
    assert re.search(r'<optgroup label="In scope">\s*<option[^>]*value="FIN-02"', page)
    typed = {**GIVEN, "paragraph_ids": [], "text": "Typed already", "show-paragraphs": "1"}
    shown = browser.post("/visits/PAK-2006-1/conclusions/new", data=typed)
    assert shown.status_code == 200 and "Typed already" in shown.text
    first = boxes(shown.text.partition("All other paragraphs")[0])
    assert first == boxes(browser.get("/visits/PAK-2006-1/conclusions/new?area=FIN-02").text.partition("All other")[0])
    assert first and all("1373" in words and len(words) > len("1373 1(b)") for words in first[:1])
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Conclusion)) == 0


def test_the_list_shows_when_the_visit_was_and_offers_the_readers_regions(
    session: Any, sign_in: SignIn, written: Any
) -> None:
    page = sign_in(AccountFactory(role=Role.AUDITOR, states=["PAK"])).get("/conclusions").text
    assert "13–17 November 2006" in page
    offered = re.search(r'<select[^>]*name="region".*?</select>', page, re.DOTALL)
    assert offered and re.findall(r'value="(\d+)"', offered.group()) == ["142", "034"]


def test_one_tag_says_that_it_is_signed_off(browser: FlaskClient, signed: Any) -> None:
    head = browser.get(HREF).text.partition("<h1")[2].partition("</header>")[0]
    assert head.count("Signed off") == 1


def test_handing_it_over_before_the_visit_is_allowed_and_said(browser: FlaskClient, signed: Any) -> None:
    typed = {"version": str(signed.version), "happened-month": "March", "happened-year": "2006"}
    assert browser.post(f"{HREF}/share", data=typed).status_code == 303
    assert "before the start of the visit" in browser.get(HREF).text


def test_a_follow_up_is_not_prefilled_with_the_finding(browser: FlaskClient, written: Any) -> None:
    page = browser.get(f"/follow-ups/new?conclusion={written.reference}").text
    typed = re.search(r'<textarea[^>]*name="text"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert typed and not typed.group(1).strip()
    assert re.search(r'name="title"[^>]*value=""', page)
    assert written.text in page
