"""Follow-ups in the browser: list, page, writing, statuses, ends; who may not, what is out of date, what is odd."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy import event

from tests.factories import AccountFactory, ConclusionFactory, FollowupFactory, PlanFactory, VisitFactory, serve
from tests.forms_of_pages import forms
from tests.services.test_followups import complete, signed
from tracker import clock
from tracker.errors import Forbidden
from tracker.extensions import db
from tracker.models import (
    Account,
    ConsentScope,
    Event,
    Followup,
    FollowupStatus,
    Implementation,
    Measure,
    Priority,
    Role,
    SealedState,
    Sharing,
)
from tracker.partial_date import PartialDate
from tracker.reports import followups as report
from tracker.services import carry_overs, evidence, extensions, followups, progress, responses, signoff
from tracker.texts import gettext
from tracker.web import followup_list

ODD = ["\x00", "\u202e evil", "a" * 100_000, "\ud800"]


@pytest.fixture
def analyst(session: Any) -> Account:
    return AccountFactory(region="142")


@pytest.fixture
def reviewer(session: Any) -> Account:
    return AccountFactory(role=Role.REVIEWER)


@pytest.fixture
def browser(analyst: Account, sign_in: Callable[[Account], FlaskClient]) -> FlaskClient:
    return sign_in(analyst)


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are sent meanwhile, but for transactions."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def given(**changes: Any) -> dict[str, Any]:
    return {"title": "Adopt the bill", "text": "Parliament should adopt it.", "sharing": "internal"} | changes


def version_of(browser: FlaskClient, path: str) -> str:
    found = re.search(r'name="version"[^>]*value="(\d+)"', browser.get(path).text)
    assert found
    return found.group(1)


def closed_levels(page: str) -> set[str]:
    """The sharing levels that the form shows but does not let one choose."""
    select = page[page.index('name="sharing"') :]
    return set(re.findall(r'<option[^>]*\bdisabled\b[^>]*value="(\w+)"', select[: select.index("</select>")]))


@pytest.mark.parametrize(("year", "is_said"), [("1999", True), ("2006", False), ("2031", False)])
def test_a_due_date_before_the_visit_is_allowed_and_said(browser: FlaskClient, year: str, is_said: bool) -> None:
    visit = VisitFactory()
    followup = FollowupFactory(visit=visit).reference
    typed = given(visit_id=str(visit.id)) | {"due-year": year}
    made = browser.post("/follow-ups/new?state=PAK", data=typed)
    assert made.status_code == 303
    assert ("The due date lies before the visit" in browser.get(made.location).text) is is_said
    path = f"/follow-ups/{followup}/edit"
    edited = browser.post(path, data=typed | {"version": version_of(browser, path)})
    assert edited.status_code == 303
    assert ("The due date lies before the visit" in browser.get(edited.location).text) is is_said


def test_what_was_chosen_is_told_in_words_where_a_change_is_refused(
    session: Any, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = VisitFactory()
    session.commit()
    refused = Forbidden("Not now.")
    monkeypatch.setattr(followups, "create", lambda *_given, **_more: (_ for _ in ()).throw(refused))
    chosen = {"visit_id": str(visit.id), "priority": "high", "due-year": "2031", "due-month": "4"}
    page = browser.post("/follow-ups/new?state=PAK", data=given(**chosen)).text
    typed = unescape(re.sub(r"<[^>]+>", " ", page.split("What you typed")[1]))
    assert "Visit that first raised it" in typed and visit.reference in typed
    assert "Adopt the bill" in typed and "request key" not in typed
    assert "Internal" in typed and "High" in typed, "choices by their words"
    assert "Due date" in typed and "due year" not in typed


def test_levels_beyond_the_state_are_closed_until_it_consents(session: Any, browser: FlaskClient) -> None:
    silent, consenting = VisitFactory(), VisitFactory(share_consent=ConsentScope.FULL)
    under = {visit: FollowupFactory(visit=visit).reference for visit in (silent, consenting)}
    free = FollowupFactory().reference
    session.commit()
    beyond = {"partners", "public"}
    of_silent = [f"/follow-ups/{under[silent]}/edit", f"/follow-ups/{under[silent]}/track"]
    for address in (*of_silent, f"/follow-ups/new?visit={silent.reference}"):
        page = unescape(browser.get(address).text)
        assert closed_levels(page) == beyond, address
        assert "open once the State's consent to share is recorded on the visit" in page, address
    for address in (f"/follow-ups/{free}/edit", f"/follow-ups/{free}/track", "/follow-ups/new?state=PAK"):
        page = unescape(browser.get(address).text)
        assert closed_levels(page) == beyond, address
        assert "open once the visit that raised it is saved" in page, address
    of_consenting = [f"/follow-ups/{under[consenting]}/edit", f"/follow-ups/{under[consenting]}/track"]
    for address in (*of_consenting, f"/follow-ups/new?visit={consenting.reference}"):
        assert closed_levels(browser.get(address).text) == set(), address
    page = browser.post("/follow-ups/new?state=PAK", data=given(title="", visit_id=str(consenting.id))).text
    assert closed_levels(page) == set(), "the visit chosen in the form decides"


def test_the_first_follow_up_of_a_state_speaks_of_nothing_further_and_nothing_other(browser: FlaskClient) -> None:
    page = browser.get("/follow-ups/new?state=PAK").text
    assert "Responsible authorities" in page and "Further authorities" not in page
    assert "All paragraphs" in page and "All other paragraphs" not in page


def test_only_who_may_change_a_status_has_a_column_for_it(session: Any, sign_in: Any, browser: FlaskClient) -> None:
    reference = FollowupFactory().reference
    session.commit()
    assert '<th scope="col" class="screen-only">Change</th>' in browser.get(f"/follow-ups/{reference}").text
    read = sign_in(AccountFactory(role=Role.AUDITOR)).get(f"/follow-ups/{reference}").text
    statuses = read[read.index('id="statuses"') :]
    statuses = statuses[: statuses.index("</table>")]
    assert ">Change</th>" not in statuses
    assert statuses.count("<td") == 4 * 3, "status, date and source in each of the four rows, and no empty cell"


class TestList:
    def test_shows_what_is_in_scope_and_says_what_is_shown(self, session: Any, browser: FlaskClient) -> None:
        FollowupFactory(title="Adopt the bill", current_due=PartialDate(2007, 6))
        FollowupFactory(state_id="KEN", title="Out of scope")
        page = browser.get("/follow-ups?state=PAK&overdue=1").text
        assert "Follow-ups of Pakistan that are overdue, by due date" in page
        assert "Adopt the bill" in page
        assert "1 follow-up" in page
        assert "Out of scope" not in page
        assert "Kenya" not in page

    def test_what_serves_no_measure_is_said_so(self, session: Any, browser: FlaskClient) -> None:
        assert "Follow-ups serving no measure, by due date" in browser.get("/follow-ups?measure=none").text
        assert "serving the measure GCTS-II-10" in browser.get("/follow-ups?measure=GCTS-II-10").text
        assert "Follow-ups serving a measure, by due date" in browser.get("/follow-ups?measure=any").text

    def test_what_serves_none_is_said_so_whatever_the_word_for_none(
        self, session: Any, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        same = {"none": "GCTS-I-1", "any": "GCTS-I-1"}
        monkeypatch.setattr(followup_list, "_", lambda text, **given: same.get(text) or gettext(text, **given))
        for asked, said in (
            ("none", "serving no measure"),
            ("any", "serving a measure"),
            ("GCTS-I-1", "serving the measure GCTS-I-1"),
        ):
            assert f"Follow-ups {said}, by due date" in browser.get(f"/follow-ups?measure={asked}").text

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("state=PAK", {"PAK-F001", "PAK-F002"}),
            ("state=KEN", set()),
            ("region=034", {"PAK-F001", "PAK-F002"}),
            ("region=150", set()),
            ("area=FIN", {"PAK-F001", "PAK-F002"}),
            ("area=FIN-02", {"PAK-F001", "PAK-F002"}),
            ("area=LEG-01", set()),
            ("workflow=draft", {"PAK-F001", "PAK-F002"}),
            ("status=implemented", {"PAK-F002"}),
            ("position=accepts", {"PAK-F002"}),
            ("priority=high", {"PAK-F001"}),
            ("owner=me", {"PAK-F001"}),
            ("owner=none", {"PAK-F002"}),
            ("authority=finance", {"PAK-F001"}),
            ("authority=none", {"PAK-F002"}),
            ("visit=PAK-2006-1", {"PAK-F001"}),
            ("conclusion=PAK-2006-1-C1", {"PAK-F001"}),
            ("measure=gcts-ii-10", {"PAK-F001", "PAK-F002"}),
            ("measure=GCTS-I-1", {"PAK-F002"}),
            ("measure=none", set()),
            ("measure=GCTS-IX-1", set()),
            ("plan=gcts", {"PAK-F001", "PAK-F002"}),
            ("plan=XX-2000", set()),
            ("pillar=II", {"PAK-F001", "PAK-F002"}),
            ("pillar=GCTS-I", {"PAK-F002"}),
            ("pillar=CA-2011-II", set()),
            ("counted=1", {"PAK-F001", "PAK-F002"}),
            ("counted=0", set()),
            ("party=JP-1", {"PAK-F001", "PAK-F002"}),
            ("party=JP-2", set()),
            ("measure=GCTS-II-10&counted=1&open=1", {"PAK-F001"}),
            ("due-after=2007-05", {"PAK-F001"}),
            ("due-before=2007-07-01", {"PAK-F001"}),
            ("due-before=2007-06", set()),
            ("overdue=1", {"PAK-F001"}),
            ("open=1", {"PAK-F001"}),
            ("open=0", {"PAK-F002"}),
            ("next-step=none", {"PAK-F001", "PAK-F002"}),
            ("q=PAK-F002", {"PAK-F002"}),
            ("q=money+laundering", {"PAK-F001"}),
            ("state=PAK&workflow=draft&area=FIN-02&owner=me", {"PAK-F001"}),
        ],
    )
    def test_each_filter(
        self, session: Any, analyst: Account, browser: FlaskClient, query: str, found: set[str]
    ) -> None:
        conclusion = ConclusionFactory()
        first = followups.create(
            "PAK",
            complete(visit_id=conclusion.visit_id, conclusion_ids=[conclusion.id], owner_id=analyst.id),
            by=analyst,
        )
        second = FollowupFactory(
            title="Second",
            assessed_status=Implementation.IMPLEMENTED,
            position="accepts",
            text="",
            reference="PAK-F002",
        )
        for followup, reference in ((first, "GCTS-II-10"), (second, "GCTS-II-10"), (second, "GCTS-I-1")):
            serve(followup, session.scalars(sa.select(Measure).filter_by(reference=reference)).one())
        PlanFactory(code="JP-1", participants=("PAK",))
        PlanFactory(code="JP-2", participants=("KGZ",), observers=("PAK",))
        page = browser.get(f"/follow-ups?{query}")
        assert set(re.findall(r"PAK-F00\d(?=</bdi></a>)", page.text)) == found
        assert page.status_code == 200

    @pytest.mark.parametrize(
        "query",
        [
            *("due-after=2026-02-30", "area=ZZZ", "status=done", "state=%F0%9F%98%80", "sort=shoe", "size=abc"),
            *("after=%27", "region=999", "pillar=V", "visit=%25", "owner=" + "9" * 30, "authority=" + "x" * 3000),
            "columns=" + "x" * 3000,
        ],
    )
    def test_what_makes_no_sense_is_said_and_never_a_fault(
        self, session: Any, browser: FlaskClient, query: str
    ) -> None:
        FollowupFactory()
        assert browser.get(f"/follow-ups?{query}").status_code == 200

    def test_a_wrong_day_keeps_what_was_typed(self, session: Any, browser: FlaskClient) -> None:
        page = browser.get("/follow-ups?due-after=2026-02-30").text
        assert "is not a day that can be" in page
        assert 'value="2026-02-30"' in page

    def test_pages_go_on_and_back(self, session: Any, browser: FlaskClient) -> None:
        for month in range(1, 13):
            FollowupFactory(current_due=PartialDate(2007, month))
        for _number in range(30):
            FollowupFactory()
        first = browser.get("/follow-ups?size=25").text
        onward = re.search(r'href="([^"]*after=[^"]*)"', first)
        assert onward
        second = browser.get(onward.group(1).replace("&amp;", "&")).text
        rows = [re.findall(r"PAK-F0\d\d(?=</bdi></a>)", page) for page in (first, second)]
        assert [len(page) for page in rows] == [25, 17]
        assert len({*rows[0], *rows[1]}) == 42

    def test_columns_are_chosen_in_the_address(self, session: Any, browser: FlaskClient) -> None:
        FollowupFactory(next_step="Write to the ministry")
        usual, chosen = browser.get("/follow-ups").text, browser.get("/follow-ups?columns=title,next-step").text
        assert "Write to the ministry" not in usual
        assert "Write to the ministry" in chosen
        assert "columns=title%2Cnext-step" in chosen

    def test_references_are_in_the_order_of_their_numbers(self, session: Any, browser: FlaskClient) -> None:
        for number in (1000, 999, 2, 1001):
            FollowupFactory(number=number)
        page = report.FOLLOWUPS.page({"sort": "reference", "size": "25"})
        assert [row.reference for row in page.rows] == ["PAK-F002", "PAK-F999", "PAK-F1000", "PAK-F1001"]

    @pytest.mark.parametrize("sort", ["reference", "-reference"])
    def test_references_go_on_over_pages(self, session: Any, sort: str) -> None:
        for number in range(980, 1006):
            FollowupFactory(number=number), FollowupFactory(number=number, state_id="KEN")
        first = report.FOLLOWUPS.page({"sort": sort, "size": "25"})
        second = report.FOLLOWUPS.page(first.next_args)
        third = report.FOLLOWUPS.page(second.next_args)
        found = [(row.state_id, int(row.reference[5:])) for page in (first, second, third) for row in page.rows]
        assert found == sorted(found, reverse=sort.startswith("-"))
        assert len(found) == 52
        assert [row.id for row in report.FOLLOWUPS.page(third.previous_args).rows] == [row.id for row in second.rows]

    def test_an_empty_list_teaches(self, session: Any, browser: FlaskClient) -> None:
        assert "Write the first follow-up" in browser.get("/follow-ups").text
        assert "Take a filter off" in browser.get("/follow-ups?priority=high").text

    def test_costs_six_statements_whatever_the_rows(self, session: Any, browser: FlaskClient) -> None:
        browser.get("/follow-ups")
        counts = []
        for _round in range(2):
            for _row in range(12):
                FollowupFactory(current_due=PartialDate(2007, 6))
            session.commit()
            with counted() as seen:
                browser.get("/follow-ups?overdue=1&owner=none")
            counts.append(len(_reads(seen)))
        assert counts == [5, 5]


def test_a_value_that_is_refused_is_no_part_of_the_sentence(browser: FlaskClient) -> None:
    page = browser.get("/follow-ups?measure=NOPE").text
    assert "“NOPE” is no code that is known here" in page
    assert "serving the measure NOPE" not in page and "All follow-ups in your scope" not in page
    assert "Follow-ups of Pakistan, by due date" in browser.get("/follow-ups?measure=NOPE&state=PAK").text


def _reads(statements: list[str]) -> list[str]:
    """What the page asked; the client of the tests asks for the form's token by itself."""
    return [one for one in statements if not one.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK"))]


class TestPage:
    def test_reads_at_a_glance(self, session: Any, analyst: Account, reviewer: Account, browser: FlaskClient) -> None:
        followup = _full(analyst, reviewer)
        page = browser.get(f"/follow-ups/{followup.reference}").text
        for words in (
            "Adopt the anti-money-laundering bill",
            "In progress",
            "Partially implemented",
            "Accepts",
            "Ministry of Finance",
            "First reading passed",
            "It is before Parliament",
            "bill.txt",
            "Parliament was dissolved",
            "Changed since it was signed off",
            followup.visit.reference,
            reviewer.name,
            "SHA-256",
        ):
            assert words in page, words

    def test_costs_ten_statements_at_most_whatever_is_attached(
        self, session: Any, analyst: Account, reviewer: Account, browser: FlaskClient
    ) -> None:
        followup = _full(analyst, reviewer)
        reference = followup.reference
        browser.get(f"/follow-ups/{reference}")
        counts = []
        for _round in range(2):
            for number in range(5):
                progress.add(followup, f"Entry {number}", by=analyst)
                evidence.add_source_note(followup, f"Note {number}", "Gazette", by=analyst)
            session.commit()
            with counted() as seen:
                browser.get(f"/follow-ups/{reference}")
            counts.append(len(_reads(seen)))
        assert counts == [8, 8]

    @pytest.mark.parametrize("who", ["analyst", "reviewer"])
    def test_costs_no_more_while_it_is_before_the_reviewers(
        self, session: Any, analyst: Account, reviewer: Account, sign_in: Any, who: str
    ) -> None:
        followup = signed(analyst, reviewer, further_areas=["LEG-01"])
        followups.edit(followup, complete(area_code="LEG-01"), by=analyst)
        browser = sign_in(analyst if who == "analyst" else reviewer)
        reference = followup.reference
        for submit in (False, True):
            if submit:
                signoff.submit(session.scalar(sa.select(Followup)), by=analyst)
            session.commit()
            browser.get(f"/follow-ups/{reference}")
            with counted() as seen:
                page = browser.get(f"/follow-ups/{reference}")
            assert page.status_code == 200
            assert len(_reads(seen)) <= 10

    def test_what_is_missing_is_listed_and_linked(self, session: Any, browser: FlaskClient) -> None:
        followup = FollowupFactory(text="")
        page = browser.get(f"/follow-ups/{followup.reference}").text
        assert f'href="/follow-ups/{followup.reference}/edit#text"' in page
        assert "/edit#authorities" in page
        edit = browser.get(f"/follow-ups/{followup.reference}/edit").text
        for place in re.findall(r"/edit#([a-z]+)", page):
            assert f'id="{place}"' in edit, place

    def test_out_of_scope_does_not_exist(self, session: Any, browser: FlaskClient) -> None:
        FollowupFactory(state_id="KEN")
        for place in ("", "/edit", "/status", "/track", "/progress", "/responses", "/evidence", "/extension"):
            assert browser.get(f"/follow-ups/KEN-F001{place}").status_code == 404
        for place in ("/withdraw", "/supersede", "/carry-over", "/position", "/extension/1", "/evidence/1/1"):
            assert browser.get(f"/follow-ups/KEN-F001{place}").status_code == 404

    def test_a_reference_in_small_letters_leads_to_the_page(self, session: Any, browser: FlaskClient) -> None:
        followup = FollowupFactory()
        answer = browser.get(f"/follow-ups/{followup.reference.lower()}")
        assert answer.status_code == 302
        assert answer.location.endswith(f"/follow-ups/{followup.reference}")

    @pytest.mark.parametrize("reference", ["PAK-F" + "9" * 30, "x" * 500, "%E2%80%AE", "PAK-F001'--"])
    def test_odd_references_are_not_found(self, session: Any, browser: FlaskClient, reference: str) -> None:
        assert browser.get(f"/follow-ups/{reference}").status_code == 404

    def test_who_reads_sees_no_buttons(self, session: Any, sign_in: Any) -> None:
        followup = FollowupFactory()
        page = sign_in(AccountFactory(role=Role.AUDITOR)).get(f"/follow-ups/{followup.reference}").text
        assert "/edit" not in page
        assert "Note progress" not in page


def _full(analyst: Account, reviewer: Account) -> Followup:
    conclusion = ConclusionFactory()
    followup = signed(
        analyst, reviewer, conclusion_ids=[conclusion.id], visit_id=conclusion.visit_id, owner_id=analyst.id
    )
    progress.add(followup, "First reading passed", by=analyst, happened=PartialDate(2007, 3))
    responses.record(
        followup,
        PartialDate(2007, 5, 2),
        "It is before Parliament",
        by=analyst,
        reported_status=Implementation.IN_PROGRESS,
        position="accepts",
    )
    added = evidence.add_file(followup, BytesIO(b"The bill."), "bill.txt", by=analyst)
    evidence.add_revision(added, BytesIO(b"The bill, amended."), "bill-2.txt", by=analyst)
    extensions.request(followup, PartialDate(2008), "Parliament was dissolved", by=analyst)
    carry_overs.add(VisitFactory(year=2012), followup, by=analyst)
    followups.assess_status(
        followup, Implementation.PARTIALLY_IMPLEMENTED, PartialDate(2008, 2), "Follow-up visit", by=analyst
    )
    return followup


class TestCreate:
    def test_the_state_comes_first_and_only_those_in_scope(self, session: Any, browser: FlaskClient) -> None:
        page = browser.get("/follow-ups/new").text
        assert "Pakistan" in page
        assert "Kenya" not in page
        answer = browser.post("/follow-ups/new", data={"state": "PAK"})
        assert answer.location.endswith("/follow-ups/new?state=PAK")
        assert browser.post("/follow-ups/new", data={"state": "KEN"}).status_code == 422
        assert browser.get("/follow-ups/new?state=KEN").status_code == 404
        assert browser.get("/follow-ups/new?state=" + "X" * 300).status_code == 404

    def test_a_draft_is_made_and_shown(self, session: Any, analyst: Account, browser: FlaskClient) -> None:
        answer = browser.post(
            "/follow-ups/new?state=PAK",
            data=given(
                area_code="FIN-02",
                new_authorities="Ministry of Finance\nState Bank\n",
                owner_id=str(analyst.id),
                **{"due-month": "6", "due-year": "2007"},
            ),
        )
        assert answer.status_code == 303
        page = browser.get(answer.location).text
        followup = session.scalar(sa.select(Followup))
        assert followup.current_due == PartialDate(2007, 6)
        assert [link.authority.name for link in followup.authorities] == ["Ministry of Finance", "State Bank"]
        assert "State Bank" in page

    def test_from_a_conclusion_in_one_step(self, session: Any, browser: FlaskClient) -> None:
        conclusion = ConclusionFactory(text="The bill is stalled. It should move.")
        path = f"/follow-ups/new?conclusion={conclusion.reference}"
        page = browser.get(path).text
        assert 'name="title"' in page and 'value="The bill is stalled' not in page
        assert "The bill is stalled. It should move." in page, "it stands beside"
        names = re.findall(r'name="(conclusion_ids|area_code|visit_id)"', page)
        assert set(names) == {"conclusion_ids", "area_code", "visit_id"}
        answer = browser.post(path, data=given(conclusion_ids=str(conclusion.id), visit_id=str(conclusion.visit_id)))
        assert answer.status_code == 303
        assert session.scalar(sa.select(Followup)).conclusions[0].conclusion_id == conclusion.id

    def test_conclusions_and_visits_out_of_scope_do_not_exist(self, session: Any, browser: FlaskClient) -> None:
        elsewhere = ConclusionFactory(visit=VisitFactory(state_id="KEN"))
        assert browser.get(f"/follow-ups/new?conclusion={elsewhere.reference}").status_code == 404
        assert browser.get(f"/follow-ups/new?visit={elsewhere.visit.reference}").status_code == 404
        answer = browser.post("/follow-ups/new?state=PAK", data=given(conclusion_ids=str(elsewhere.id)))
        assert answer.status_code == 422

    def test_six_identical_submissions_make_one(self, session: Any, browser: FlaskClient) -> None:
        data = given(request_key="4f9d0a52-5c9c-4f3c-9a2b-27d2f0a1b3c4")
        places = {browser.post("/follow-ups/new?state=PAK", data=data).location for _time in range(6)}
        assert len(places) == 1
        assert session.scalar(sa.select(sa.func.count()).select_from(Followup)) == 1

    def test_extra_fields_change_nothing(self, session: Any, browser: FlaskClient) -> None:
        extra = {"workflow": "signed_off", "seal_id": "1", "drafted_by_id": "99", "number": "500", "state_id": "KEN"}
        browser.post("/follow-ups/new?state=PAK", data=given(**extra, assessed_status="implemented"))
        followup = session.scalar(sa.select(Followup))
        assert (followup.workflow, followup.reference) == (FollowupStatus.DRAFT, "PAK-F001")
        assert followup.assessed_status is Implementation.NOT_ASSESSED

    @pytest.mark.parametrize("odd", ODD)
    def test_odd_text_is_refused_at_its_field_and_kept(self, session: Any, browser: FlaskClient, odd: str) -> None:
        for name in ("title", "text", "indicator", "new_authorities", "next_step"):
            try:
                answer = browser.post("/follow-ups/new?state=PAK", data=given(**{name: f"Kept words {odd}"}))
            except UnicodeEncodeError:
                return  # no browser can send it either
            assert answer.status_code == 422, name
            assert "Kept words" in answer.text
            assert f'id="{name}-error"' in answer.text
        assert session.scalar(sa.select(sa.func.count()).select_from(Followup)) == 0

    @pytest.mark.parametrize(
        "wrong",
        [
            {"due-day": "30", "due-month": "2", "due-year": "2026"},
            {"due-year": "0001"},
            {"due-year": "9999"},
            {"due-year": "٢٠٢٦"},
            {"due-day": "3"},
            {"area_code": "FIN"},
            {"area_code": "ZZZ-01"},
            {"paragraph_ids": "1" * 30},
            {"owner_id": str(2**63)},
            {"visit_id": "-1"},
            {"basis": "whim"},
            {"sharing": "world"},
            {"title": ""},
        ],
    )
    def test_wrong_values_are_refused_and_the_rest_is_kept(
        self, session: Any, browser: FlaskClient, wrong: dict[str, str]
    ) -> None:
        answer = browser.post("/follow-ups/new?state=PAK", data=given(text="Kept words", **wrong))
        assert answer.status_code == 422
        assert "Kept words" in answer.text
        assert "There is a problem" in answer.text

    @pytest.mark.parametrize("role", [Role.REVIEWER, Role.COORDINATOR, Role.AUDITOR, Role.ADMINISTRATOR])
    def test_only_analysts_write(self, session: Any, sign_in: Any, role: Role) -> None:
        answer = sign_in(AccountFactory(role=role)).post("/follow-ups/new?state=PAK", data=given(title=""))
        assert answer.status_code == 403
        assert "Who may" in answer.text


class TestEdit:
    def test_saves_and_shows(self, session: Any, analyst: Account, browser: FlaskClient) -> None:
        followup = followups.create("PAK", complete(), by=analyst)
        path = f"/follow-ups/{followup.reference}/edit"
        answer = browser.post(path, data=given(version=version_of(browser, path), reason="Shorter"))
        assert answer.status_code == 303
        assert "Shorter" in browser.get(answer.location).text
        assert session.scalar(sa.select(Followup.title)) == "Adopt the bill"

    def test_the_page_says_what_a_change_of_a_signed_one_does(
        self, session: Any, analyst: Account, reviewer: Account, browser: FlaskClient
    ) -> None:
        followup = signed(analyst, reviewer)
        path = f"/follow-ups/{followup.reference}/edit"
        page = browser.get(path).text
        assert "makes the follow-up a draft again" in page
        assert 'name="due-year"' not in page
        answer = browser.post(path, data=given(version=version_of(browser, path), **{"due-year": "2030"}))
        assert answer.status_code == 303
        changed = session.scalar(sa.select(Followup))
        assert changed.sealed_state is SealedState.CHANGED
        assert changed.current_due == PartialDate(2007, 6)

    def test_a_text_put_back_as_it_was_signed_says_so(
        self, session: Any, analyst: Account, reviewer: Account, browser: FlaskClient
    ) -> None:
        followup = signed(analyst, reviewer)
        path, as_signed = f"/follow-ups/{followup.reference}", "The text is as it was signed off"
        title = followup.title
        assert as_signed not in browser.get(path).text
        for typed in ("Another title", title):
            followup = session.scalar(sa.select(Followup))
            followups.edit(followup, replace(followups.input_of(followup), title=typed), by=analyst)
            session.commit()
            assert (as_signed in browser.get(path).text) is (typed == title)

    def test_two_at_once_are_shown_both_texts(self, session: Any, analyst: Account, browser: FlaskClient) -> None:
        followup = followups.create("PAK", complete(), by=analyst)
        path = f"/follow-ups/{followup.reference}/edit"
        version = version_of(browser, path)
        followups.edit(followup, complete(title="Saved meanwhile by another"), by=analyst)
        answer = browser.post(path, data=given(version=version, title="Typed by me", text="Kept words"))
        assert answer.status_code == 409
        for words in ("Saved meanwhile by another", "Typed by me", "Kept words"):
            assert words in answer.text
        again = re.search(r'name="version"[^>]*value="(\d+)"', answer.text)
        assert again
        assert browser.post(path, data=given(version=again.group(1), title="Typed by me")).status_code == 303
        assert session.scalar(sa.select(Followup.title)) == "Typed by me"

    def test_a_page_without_a_version_is_refused(self, session: Any, browser: FlaskClient) -> None:
        followup = FollowupFactory()
        assert browser.post(f"/follow-ups/{followup.reference}/edit", data=given()).status_code == 409

    def test_before_the_reviewers_it_is_locked(self, session: Any, browser: FlaskClient) -> None:
        followup = FollowupFactory(workflow=FollowupStatus.SUBMITTED)
        for place in ("edit", "status", "evidence", "extension", "withdraw"):
            answer = browser.get(f"/follow-ups/{followup.reference}/{place}")
            assert answer.status_code == 403, place
            assert "before the reviewers and locked" in answer.text


class TestStatusesAndEnds:
    def test_the_assessed_status(self, session: Any, browser: FlaskClient) -> None:
        followup = FollowupFactory()
        path = f"/follow-ups/{followup.reference}/status"
        version = version_of(browser, path)
        data = {"version": version, "assessed_status": "in_progress"}
        assert "Give the date of the assessment" in browser.post(path, data=data).text
        answer = browser.post(path, data={**data, "assessed_on-year": "2008"})
        assert answer.status_code == 303
        assert session.scalar(sa.select(Followup.assessed_status)) is Implementation.IN_PROGRESS

    def test_what_is_tracked(self, session: Any, analyst: Account, browser: FlaskClient) -> None:
        followup = FollowupFactory(workflow=FollowupStatus.SUBMITTED)
        path = f"/follow-ups/{followup.reference}/track"
        data = {"owner_id": str(analyst.id), "priority": "low", "next_step": "Call", "sharing": "state_only"}
        assert browser.post(path, data={"version": version_of(browser, path), **data}).status_code == 303
        saved = session.scalar(sa.select(Followup))
        assert (saved.owner_id, saved.priority, saved.sharing) == (analyst.id, Priority.LOW, Sharing.STATE_ONLY)

    def test_the_position(self, session: Any, browser: FlaskClient) -> None:
        followup = FollowupFactory()
        path = f"/follow-ups/{followup.reference}/position"
        data = {"version": version_of(browser, path), "position": "disputes", "position_on-year": "2008"}
        assert browser.post(path, data=data).status_code == 303
        assert "Disputes" in browser.get(f"/follow-ups/{followup.reference}").text

    def test_withdraw_owes_a_reason(self, session: Any, browser: FlaskClient) -> None:
        followup = FollowupFactory()
        path = f"/follow-ups/{followup.reference}/withdraw"
        version = version_of(browser, path)
        assert browser.post(path, data={"version": version, "reason": " "}).status_code == 422
        answer = browser.post(path, data={"version": version, "reason": "Entered twice"})
        page = browser.get(answer.location).text
        assert "This follow-up has ended" in page
        assert "Entered twice" in page

    def test_supersede_names_the_other(self, session: Any, browser: FlaskClient) -> None:
        followup, successor = FollowupFactory(), FollowupFactory()
        path = f"/follow-ups/{followup.reference}/supersede"
        version = version_of(browser, path)
        wrong = browser.post(path, data={"version": version, "by_reference": "PAK-F999", "reason": "Merged"})
        assert wrong.status_code == 422
        assert 'id="by_reference-error"' in wrong.text
        data = {"version": version, "by_reference": successor.reference, "reason": "Merged"}
        page = browser.get(browser.post(path, data=data).location).text
        assert "Its place is taken by" in page
        assert "Takes the place of" in browser.get(f"/follow-ups/{successor.reference}").text

    def test_what_was_signed_is_only_asked_for(self, session: Any, analyst: Account, browser: FlaskClient) -> None:
        """Until a reviewer signs it, nothing ends and nothing takes a place."""
        followup = signed(analyst, AccountFactory(role=Role.REVIEWER))
        successor = FollowupFactory()
        session.commit()
        for act, button in (("withdraw", "Ask for withdrawal"), ("supersede", "Ask for supersession")):
            assert f">{button}</button>" in browser.get(f"/follow-ups/{followup.reference}/{act}").text
        path = f"/follow-ups/{followup.reference}/supersede"
        data = {"version": version_of(browser, path), "by_reference": successor.reference, "reason": "Merged"}
        assert browser.post(path, data=data).status_code == 303
        page = browser.get(f"/follow-ups/{successor.reference}").text
        assert "Is to take the place of" in page
        assert "Takes the place of" not in page

    def test_a_request_that_was_returned_leaves_the_signature_as_it_was(
        self, session: Any, analyst: Account, browser: FlaskClient
    ) -> None:
        signer, refuser = AccountFactory(role=Role.REVIEWER), AccountFactory(role=Role.REVIEWER)
        with clock.at(datetime(2006, 12, 6, tzinfo=UTC)):
            followup = signed(analyst, signer)
        path = f"/follow-ups/{followup.reference}"
        data = {"version": version_of(browser, f"{path}/withdraw"), "reason": "Said twice"}
        answer = browser.get(browser.post(f"{path}/withdraw", data=data).location).text
        assert "waits for a reviewer, who signs this or returns it" in answer
        signoff.return_(followup, by=refuser, reason="It is needed.")
        session.commit()
        page = browser.get(path).text
        assert "Returned: Withdrawal" in page and "It is needed." in page
        row = page.partition("Workflow of the text")[2].partition("</tr>")[0]
        assert "6 December 2006" in row and signer.name in row, "who refused the withdrawal did not sign the text"

    def test_submit_and_recall_from_the_page(self, session: Any, analyst: Account, browser: FlaskClient) -> None:
        followup = followups.create("PAK", complete(), by=analyst)
        path = f"/follow-ups/{followup.reference}"
        assert f'action="/review/followup/{followup.reference}/submit"' in browser.get(path).text
        browser.post(f"/review/followup/{followup.reference}/submit", data={"note": "Please look"})
        page = browser.get(path).text
        assert "Please look" in page
        assert f'action="/review/followup/{followup.reference}/recall"' in page


@pytest.mark.parametrize("action", ["track", "edit"])
def test_saving_what_is_there_says_that_nothing_was_changed(session: Any, sign_in: Any, action: str) -> None:
    followup = FollowupFactory()
    session.commit()
    browser, events = sign_in(AccountFactory(role=Role.ANALYST)), sa.select(sa.func.count()).select_from(Event)
    path = f"/follow-ups/{followup.reference}/{action}"
    form = next(one for one in forms(browser.get(path).text) if one.method == "post" and one.data().get("version"))
    before = session.scalar(events)
    answer = browser.post(path, data=form.data())
    assert answer.status_code == 303
    assert "Nothing was changed." in browser.get(answer.location).text
    assert session.scalar(events) == before
