"""The log as an auditor reads it."""

from __future__ import annotations

import ast
import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.counting import statements
from tests.factories import AccountFactory, FollowupFactory, MeasureFactory, PlanFactory, VisitFactory
from tracker import clock, history
from tracker.models import Event, MeasureStatus, Role
from tracker.partial_date import PartialDate
from tracker.services import measures, meetings, records
from tracker.services.meetings import MeetingInput

SignIn = Callable[[Any], FlaskClient]
TRACKER = Path(history.__file__).parent
NOTING = re.compile(r"_?(record|record_alone|save|note|log|changed|refuse)")
"""Calls that lead to an entry of the log, by the names of what is called."""


def kinds_in_code() -> Iterator[str]:
    """Each kind of entry that code names as it notes one; of one put together, what it begins with."""
    for path in TRACKER.rglob("*.py"):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            if not NOTING.fullmatch(getattr(call.func, "attr", getattr(call.func, "id", ""))):
                continue
            for given in call.args:
                begins = given.values[0] if isinstance(given, ast.JoinedStr) else given
                if isinstance(begins, ast.Constant) and re.match(r"[a-z_]+\.[a-z_]*$", str(begins.value)):
                    yield begins.value


@pytest.fixture
def browser(session: Any, sign_in: SignIn) -> FlaskClient:
    return sign_in(AccountFactory(role=Role.AUDITOR))


def entries(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<th scope="row"><a class="record-link" href="/audit/(\d+)">', page)]


def test_entries_stand_newest_first_with_their_record_and_changes(session: Any, browser: FlaskClient) -> None:
    analyst = AccountFactory()
    followup = FollowupFactory(drafted_by_id=analyst.id)
    session.commit()
    followup.title = "Table the bill"
    records.save(followup, "followup.edited", by=analyst, reason="Clearer")
    page = browser.get("/audit").text
    found = entries(page)
    assert found == sorted(found, reverse=True)
    assert 'href="/follow-ups/PAK-F001"' in page
    assert "Table the bill" in page and "Clearer" in page and analyst.name in page


def test_entries_on_the_chain_to_the_strategy_lead_to_their_pages(session: Any, browser: FlaskClient) -> None:
    by = AccountFactory(role=Role.COORDINATOR)
    meeting = meetings.create(MeetingInput("Expert meeting", PartialDate(2011), source="A page"), by=by)
    measure = MeasureFactory(plan=PlanFactory(code="CX-2011"))
    session.commit()
    page = browser.get("/audit").text
    for reference, path in (
        ("CX-2011", "/plans/CX-2011"),
        (measure.reference, f"/measures/{measure.reference}"),
        (meeting.reference, f"/meetings/{meeting.reference}"),
    ):
        assert f'href="{path}"' in page
        assert browser.get(path).status_code == 200
        found = entries(browser.get(f"/audit?object={reference.lower()}").text)
        assert found and len(found) < len(entries(page)), reference


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("object=PAK-F001", {"followup.created"}),
        ("object=pak-2006-1", {"visit.created"}),
        ("kind=visit", {"visit.created"}),
        ("kind=followup.created", {"followup.created"}),
        ("state=IND", {"followup.created"}),
        ("actor=none&kind=visit", {"visit.created"}),
        ("actor=nobody-at-all", set()),
        ("category=comment", set()),
        ("outcome=refused", set()),
        ("to=2001-01-01", set()),
        ("from=2199-01-01", set()),
        ("object=PAK-F999", set()),
        ("object=account:99999", set()),
    ],
)
def test_each_filter_narrows(session: Any, browser: FlaskClient, question: str, kinds: set[str]) -> None:
    FollowupFactory()
    FollowupFactory(state_id="IND")
    VisitFactory()
    session.commit()
    found = entries(browser.get(f"/audit?{question}").text)
    assert set(session.scalars(sa.select(Event.kind).where(Event.seq.in_(found)))) == kinds


def test_every_noun_that_code_can_note_is_offered_and_leads_to_its_entries(session: Any, browser: FlaskClient) -> None:
    FollowupFactory()
    session.commit()
    written = set(session.scalars(sa.select(Event.kind)))
    nouns = {kind.partition(".")[0] for kind in {*kinds_in_code(), *written}}
    assert {"plan", "measure", "meeting", "visit", "account", "access", "export"} <= nouns, "the walk finds them"
    select = re.search(r'<select[^>]*name="kind".*?</select>', browser.get("/audit").text, re.DOTALL)
    offered = set(re.findall(r'<option value="([a-z_]+)"', select[0] if select else ""))
    assert nouns - offered == set()
    for noun in offered:
        assert 'class="error"' not in browser.get(f"/audit?kind={noun}").text, noun


def test_a_day_is_a_day_of_the_tracker(session: Any, browser: FlaskClient) -> None:
    FollowupFactory()
    session.commit()
    today = clock.today().isoformat()
    assert entries(browser.get(f"/audit?from={today}&to={today}&kind=followup").text)


@pytest.mark.parametrize(
    "question",
    [
        "kind=nonsense",
        "kind=comet.seen",
        "from=x",
        "object=account:x",
        "outcome=x",
        "state=ZZZ",
        "from=9999",
        "after=x",
    ],
)
def test_what_makes_no_sense_is_said(browser: FlaskClient, question: str) -> None:
    answer = browser.get(f"/audit?{question}")
    assert answer.status_code == 200
    assert 'class="error"' in answer.text


def test_an_entry_shows_its_text_and_that_the_hash_covers_it(session: Any, browser: FlaskClient) -> None:
    FollowupFactory()
    session.commit()
    event = session.scalars(sa.select(Event).where(Event.kind == "followup.created")).one()
    page = browser.get(f"/audit/{event.seq}").text
    assert event.hash in page and event.prev in page
    assert "Checked just now: the hash matches the text below" in page


def test_an_entry_that_was_tampered_with_says_so(session: Any, browser: FlaskClient, monkeypatch: Any) -> None:
    FollowupFactory()
    session.commit()
    seq = session.scalar(sa.select(Event.seq).where(Event.kind == "followup.created"))
    monkeypatch.setattr(history, "link", lambda prev, text: "0" * 64)
    assert "The text is not the text that was hashed" in browser.get(f"/audit/{seq}").text


def test_an_auditor_sees_entries_of_the_scope_and_those_on_no_state(session: Any, sign_in: SignIn) -> None:
    FollowupFactory()
    FollowupFactory(state_id="IND")
    session.commit()
    history.record_alone("access.refused")
    browser = sign_in(AccountFactory(role=Role.AUDITOR, states=["PAK"]))
    states = set(session.scalars(sa.select(Event.state_id).where(Event.seq.in_(entries(browser.get("/audit").text)))))
    assert states == {"PAK", None}
    hidden = session.scalar(sa.select(Event.seq).where(Event.state_id == "IND"))
    assert browser.get(f"/audit/{hidden}").status_code == 404
    assert "IND-F001" not in browser.get("/audit.csv").text


def test_how_a_region_is_said_to_stand_is_told_to_whose_scope_holds_it(session: Any, sign_in: SignIn) -> None:
    measure = MeasureFactory(plan=PlanFactory(participants=("KAZ", "KGZ")))
    by = AccountFactory(role=Role.COORDINATOR)
    measures.state_status(measure, MeasureStatus.SUSPENDED, clock.today(), "No money was found", by=by)
    session.commit()
    seq = session.scalar(sa.select(Event.seq).where(Event.kind == "measure.status_stated"))
    for states, is_told in ((["KAZ"], False), (["KAZ", "KGZ"], True)):
        browser = sign_in(AccountFactory(role=Role.AUDITOR, states=states))
        assert ("No money was found" in browser.get("/audit").text) is is_told
        assert browser.get(f"/audit/{seq}").status_code == (200 if is_told else 404)
        assert ("measure.status_stated" in browser.get("/audit.csv").text) is is_told


@pytest.mark.parametrize("seq", ["0", "999999", "9" * 19, "9" * 30])
def test_an_entry_that_is_none_is_not_there(browser: FlaskClient, seq: str) -> None:
    assert browser.get(f"/audit/{seq}").status_code == 404


@pytest.mark.parametrize("role", [Role.ANALYST, Role.REVIEWER, Role.COORDINATOR, Role.ADMINISTRATOR])
def test_only_an_auditor_reads_the_log(session: Any, sign_in: SignIn, role: Role) -> None:
    browser = sign_in(AccountFactory(role=role))
    assert [browser.get(f"/audit{rest}").status_code for rest in ("", ".csv", "/1")] == [403, 403, 403]


def test_the_file_holds_each_entry_as_hashed(session: Any, browser: FlaskClient) -> None:
    followup = FollowupFactory()
    history.record("followup.edited", followup, by=None, reason="=Said twice")
    session.commit()
    rows = list(csv.DictReader(io.StringIO(browser.get("/audit.csv?kind=followup&bom=0").text)))
    assert [(row["kind"], row["reference"], row["reason"]) for row in rows] == [
        ("followup.edited", "PAK-F001", "'=Said twice"),
        ("followup.created", "PAK-F001", ""),
    ]
    prev = session.scalar(sa.select(Event.prev).where(Event.hash == rows[0]["hash"]))
    assert history.link(prev, rows[0]["text"]) == rows[0]["hash"]


def test_statements_do_not_grow_with_the_entries(session: Any, browser: FlaskClient) -> None:
    FollowupFactory()
    VisitFactory()
    session.commit()
    few = statements(browser, "/audit")
    for _each in range(20):
        FollowupFactory()
    session.commit()
    assert statements(browser, "/audit") == few <= 6


def test_a_refusal_says_which_page_and_which_rule(browser: FlaskClient) -> None:
    browser.get("/admin/people")
    page = re.sub(r"<[^>]+>", "", browser.get("/audit?kind=access").text)
    assert "was refused: GET /admin/people – Your role does not allow this." in page


def test_whoever_fails_to_prove_who_they_are_is_not_the_command_line(
    session: Any, browser: FlaskClient, client: FlaskClient
) -> None:
    client.post("/login", data={"email": "nobody@example.org", "password": "guess"})
    typed = {"password": "wrong", "new_password": "a new and long one", "again": "a new and long one"}
    assert browser.post("/account/password", data=typed).status_code == 422
    for _time in range(12):
        browser.post("/account/password", data=typed)
    assert (
        {one.actor_id for one in session.scalars(sa.select(Event).where(Event.kind == "account.sign_in_throttled"))}
        == {session.scalar(sa.select(Event.actor_id).where(Event.kind == "account.factor_refused"))}
        != {None}
    )
    failed = re.sub(r"<[^>]+>", " ", browser.get("/audit?outcome=failed").text)
    assert "Somebody" in failed and "The command line" not in failed
    shell = browser.get("/audit?actor=none&outcome=failed").text
    assert entries(shell) == []


def test_an_export_says_which_file_and_how_many_rows(session: Any, browser: FlaskClient) -> None:
    FollowupFactory()
    session.commit()
    assert browser.get("/reports/status.csv").data.count(b"\r\n") == 2
    page = re.sub(r"<[^>]+>", "", browser.get("/audit?kind=export").text)
    assert page.count(": status-report, 1 row") == 2


def test_a_change_of_the_rating_scale_is_said_in_words(browser: FlaskClient, sign_in: SignIn) -> None:
    administrator = sign_in(AccountFactory(role=Role.ADMINISTRATOR))
    shown = administrator.get("/admin/ratings/largely").text
    version = re.search(r'name="version"[^>]*value="([^"]*)"', shown)
    answer = administrator.post(
        "/admin/ratings/largely",
        data={"label": "Mostly in place", "position": "3", "version": version[1] if version else ""},
    )
    assert answer.status_code == 303
    page = browser.get("/audit?kind=rating").text
    assert "<dt>Label</dt>" in page and "Mostly in place" in page
    assert "[" not in re.sub(r"<[^>]+>", "", page.partition("Entries of the log")[2].partition("</table>")[0])


def test_the_page_is_called_log_everywhere(browser: FlaskClient) -> None:
    page = browser.get("/audit").text
    assert "<h1>Log</h1>" in page and "<span>Log</span>" in page
    assert ">Audit<" not in page
    assert 'filename="log-' in browser.get("/audit.csv").headers["Content-Disposition"]
