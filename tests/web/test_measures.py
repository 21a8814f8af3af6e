"""Measures on their pages: what one says, how it is edited and retired, a status stated, many from a file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories import AccountFactory, MeasureFactory
from tests.forms_of_pages import form_for
from tests.imports.test_measures import FILE
from tests.pages import text_of
from tests.services.test_plans import made
from tracker import clock, history
from tracker.extensions import db
from tracker.models import Measure, MeasureStatus, Plan, Role
from tracker.services import measures

SignIn = Callable[[Any], FlaskClient]
HERE = "/measures/CX-2011-M01"
IMPORT = "/plans/CX-2011/import"


@pytest.fixture
def coordinator(session: Any) -> Any:
    return AccountFactory(role=Role.COORDINATOR)


@pytest.fixture
def browser(coordinator: Any, sign_in: SignIn) -> FlaskClient:
    return sign_in(coordinator)


@pytest.fixture
def plan(coordinator: Any) -> Plan:
    row = made(coordinator)
    measures.create(row, measures.Wording("Watch the passes", "II", wording_note="a topic"), by=coordinator)
    db.session.commit()
    return row


@pytest.fixture
def measure(plan: Plan) -> Measure:
    return plan.measures[0]


def form(browser: FlaskClient, address: str) -> dict[str, Any]:
    found = form_for(browser.get(address).text, address)
    assert found is not None
    return dict(found.data())


def test_a_measure_is_written_and_its_page_tells_it(browser: FlaskClient, plan: Plan) -> None:
    found = form_for(browser.get("/plans/CX-2011/measures/new?pillar=IV").text, "/plans/CX-2011/measures/new")
    assert found is not None and found.controls["pillar"].values == ["IV"]
    strategy = next(iter(found.controls["carries"].offered))
    given = found.data() | {
        "text": "Safeguard the rule of law",
        "lead_body": "UNRCCA",
        "partners": "OSCE",
        "deadline-month": "6",
        "deadline-year": "2030",
        "indicator": "A law in each",
        "carries": [strategy],
        "rule": "named",
        "named": ["KAZ", "KGZ"],
    }
    answer = browser.post("/plans/CX-2011/measures/new", data=given)
    assert (answer.status_code, answer.location) == (303, "/measures/CX-2011-M02")
    page = unescape(browser.get("/measures/cx-2011-m02").text)
    for said in ("Safeguard the rule of law", "UNRCCA", "OSCE", "June 2030", "A law in each", "GCTS-I-1"):
        assert said in page, said
    assert "The Member States named here: <bdi>Kazakhstan</bdi> and <bdi>Kyrgyzstan</bdi>" in page
    assert "CX-2011-M02" in browser.get("/measures/GCTS-I-1").text, "the Strategy's measure names what carries it out"


def test_a_measure_of_the_strategy_keeps_its_pillar(browser: FlaskClient) -> None:
    page = browser.get("/measures/GCTS-II-10/edit").text
    found = form_for(page, "/measures/GCTS-II-10/edit")
    assert found is not None and not {"pillar", "carries", "rule"} & set(found.controls)
    given = found.data() | {"lead_body": "UNODC"}
    assert browser.post("/measures/GCTS-II-10/edit", data=given).status_code == 303
    assert "UNODC" in browser.get("/measures/GCTS-II-10").text


def test_an_unknown_measure_is_not_there(browser: FlaskClient) -> None:
    for address in ("/measures/GCTS-IX-1", "/measures/XX-M01/edit", "/plans/XX/measures/new", "/plans/XX/import"):
        assert browser.get(address).status_code == 404, address


def test_two_who_edit_at_once_see_both_texts(browser: FlaskClient, measure: Measure, coordinator: Any) -> None:
    given = form(browser, f"{HERE}/edit") | {"text": "Mine"}
    measures.edit(measure, measures.Wording("Theirs", "II"), by=coordinator)
    db.session.commit()
    answer = browser.post(f"{HERE}/edit", data=given)
    assert answer.status_code == 409 and "Theirs" in answer.text and "Mine" in answer.text
    again = form_for(answer.text, f"{HERE}/edit")
    assert again is not None and browser.post(f"{HERE}/edit", data=again.data()).status_code == 303
    assert "Mine" in browser.get(HERE).text


def test_a_measure_is_retired_and_put_back(browser: FlaskClient, measure: Measure) -> None:
    given, edit = form(browser, f"{HERE}/retire"), form(browser, f"{HERE}/edit")
    assert browser.post(f"{HERE}/retire", data=given).status_code == 422
    assert browser.post(f"{HERE}/retire", data=given | {"reason": "Merged"}).status_code == 303
    page = browser.get(HERE).text
    assert "Retired on" in page and "Merged" in page and f"{HERE}/edit" not in page
    refused = browser.post(f"{HERE}/edit", data=edit | {"version": str(measure.version), "text": "x"})
    assert refused.status_code == 422 and "counts nowhere" in refused.text
    assert browser.post(f"{HERE}/retire", data=form(browser, f"{HERE}/retire") | {"reason": "Back"}).status_code == 303
    assert "Retired on" not in browser.get(HERE).text.split('id="timeline"')[0]


def test_a_status_is_stated_and_taken_back(browser: FlaskClient, measure: Measure) -> None:
    typed = {"stated_status": "suspended", "stated_on": "2012-01-01", "stated_reason": "No funds"}
    given = form(browser, f"{HERE}/status") | typed
    assert browser.post(f"{HERE}/status", data=given).status_code == 303
    page = browser.get(HERE).text
    assert "Suspended" in page and "No funds" in page
    assert f"{HERE}/status/withdraw" in browser.get(f"{HERE}/status").text
    address = f"{HERE}/status/withdraw"
    assert browser.post(address, data=form(browser, address)).status_code == 422
    assert browser.post(address, data=form(browser, address) | {"reason": "Funds came"}).status_code == 303
    db.session.refresh(measure)
    assert measure.stated_status is None
    again = browser.post(address, data={"version": str(measure.version), "reason": "Again"})
    assert again.status_code == 422 and "No status is stated" in again.text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"stated_on": "2199-01-01"}, "lies in the future"),
        ({"stated_on": "someday"}, "must be a real day"),
        ({"stated_status": "finished"}, "not one of the choices"),
        ({"stated_reason": ""}, "Give a reason"),
    ],
)
def test_a_status_that_cannot_be_is_refused(
    browser: FlaskClient, measure: Measure, given: dict[str, Any], said: str
) -> None:
    typed = {"stated_status": "planned", "stated_on": "2012-01-01", "stated_reason": "x"} | given
    answer = browser.post(f"{HERE}/status", data=form(browser, f"{HERE}/status") | typed)
    assert answer.status_code == 422 and said in unescape(answer.text) and "is-invalid" in answer.text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"text": ""}, "Enter the text of the measure"),
        ({"pillar": "V"}, "not one of the choices"),
        ({"rule": "named"}, "Name the Member States"),
        ({"named": ["UZB"]}, "not one of the choices"),
        ({"carries": ["0"]}, "not one of the choices"),
        ({"deadline-month": "13", "deadline-year": "2030"}, "from 1 to 12"),
    ],
)
def test_what_a_measure_cannot_say_is_told_beside_the_field(
    browser: FlaskClient, plan: Plan, given: dict[str, Any], said: str
) -> None:
    typed = {"text": "Typed", "pillar": "II", "rule": "all", "lead_body": "Kept & shown"} | given
    answer = browser.post("/plans/CX-2011/measures/new", data=typed)
    assert answer.status_code == 422 and said in unescape(answer.text) and "Kept &amp; shown" in answer.text


def test_everything_wrong_with_a_measure_is_said_at_once(browser: FlaskClient, plan: Plan) -> None:
    wrong = {"text": "Watch the passes", "pillar": "II", "rule": "named", "lead_body": "Kept"}
    wrong |= {"deadline-month": "13", "deadline-year": "2030"}
    page = unescape(browser.post("/plans/CX-2011/measures/new", data=wrong).text)
    for said in ("has this text already", "Name the Member States", "from 1 to 12", "Kept"):
        assert said in page
    page = unescape(browser.post("/plans/CX-2011/measures/new", data=wrong | {"deadline-month": "1", "text": ""}).text)
    assert "Enter the text of the measure" in page and "Name the Member States" in page


def test_a_rule_that_is_none_is_said_once(browser: FlaskClient, plan: Plan) -> None:
    typed = {"text": "Typed", "pillar": "II", "named": ["KGZ"]}
    answer = browser.post("/plans/CX-2011/measures/new", data=typed | {"rule": "most"})
    assert answer.status_code == 422 and "not one of the choices" in answer.text
    assert "Member States are named only for the rule" not in answer.text, "nobody knows what it was meant to be"
    said = browser.post("/plans/CX-2011/measures/new", data=typed | {"rule": "all"}).text
    assert "Member States are named only for the rule" in said


def test_a_text_that_cannot_be_kept_is_not_looked_for(browser: FlaskClient, plan: Plan) -> None:
    wrong = {"text": "a\x00b", "pillar": "II", "rule": "named"}
    answer = browser.post("/plans/CX-2011/measures/new", data=wrong)
    assert answer.status_code == 422
    assert "control character" in answer.text and "Name the Member States" in answer.text
    assert "Enter the text of the measure" not in answer.text, "one thing is said of one field"


def test_who_states_a_status_sees_the_computed_one(browser: FlaskClient, measure: Measure) -> None:
    page = text_of(browser.get(f"{HERE}/status").text)
    assert "Computed status Planned" in page


def test_everything_wrong_with_a_stated_status_is_said_at_once(browser: FlaskClient, measure: Measure) -> None:
    page = browser.post(f"{HERE}/status", data=form(browser, f"{HERE}/status") | {"stated_on": "2199-01-01"}).text
    assert "Choose the status" in page and "lies in the future" in page and "Give a reason" in page


@pytest.mark.parametrize(
    ("page", "typed"),
    [
        ("retire", {"reason": "Merged"}),
        ("edit", {"text": "Watch both passes"}),
        ("status", {"stated_status": "suspended", "stated_on": "2012-01-01", "stated_reason": "No funds"}),
    ],
)
def test_a_doubled_click_is_told_that_it_is_done(
    browser: FlaskClient, measure: Measure, page: str, typed: dict[str, str]
) -> None:
    given = form(browser, f"{HERE}/{page}") | typed
    answers = [browser.post(f"{HERE}/{page}", data=given) for _click in range(2)]
    assert {(one.status_code, one.location) for one in answers} == {(303, HERE)}
    assert "This was done already, with the first click" in browser.get(HERE).text
    assert (measure.retired_on is not None) is (page == "retire"), "the second click does not put it back"


def test_a_smaller_grant_reads_the_measure_and_is_refused_its_forms_with_the_rule(
    measure: Measure, sign_in: SignIn
) -> None:
    browser = sign_in(AccountFactory(role=Role.COORDINATOR, states=["KAZ", "KGZ", "TJK"]))
    page = browser.get(HERE)
    assert page.status_code == 200 and "Watch the passes" in page.text and f"{HERE}/edit" not in page.text
    for tail in ("edit", "retire", "status", "status/withdraw"):
        for method in ("GET", "POST"):
            answer = browser.open(f"{HERE}/{tail}", method=method)
            assert answer.status_code == 403 and "every Member State that takes part" in answer.text, tail


def test_the_timeline_tells_of_states_in_scope_and_of_the_region_only_to_those_who_hold_it(
    measure: Measure, coordinator: Any, sign_in: SignIn
) -> None:
    measures.state_status(measure, MeasureStatus.SUSPENDED, date(2012, 1, 1), "Funds ran out", by=coordinator)
    for cell in measure.cells:
        if cell.state_id in ("KGZ", "TJK"):
            cell.note = f"Word of {cell.state_id}"
            history.record("measure.cell_changed", measure, by=coordinator, state_id=cell.state_id)
    db.session.commit()
    whole = sign_in(coordinator).get(HERE).text.split('id="timeline"')[1]
    assert "Word of KGZ" in whole and "Word of TJK" in whole and "Funds ran out" in whole
    assert "Kyrgyzstan" in whole, "a change of a cell names its State"
    for role in (Role.ANALYST, Role.COORDINATOR, Role.AUDITOR):
        part = sign_in(AccountFactory(role=role, states=["KGZ"])).get(HERE).text
        assert "Word of KGZ" in part and "Word of TJK" not in part and "Funds ran out" not in part, role


def test_what_is_saved_as_it_was_is_not_said_to_stand_in_the_timeline(measure: Measure, browser: FlaskClient) -> None:
    stated = {"stated_status": "suspended", "stated_on": "2012-01-01", "stated_reason": "Funds ran out"}
    for page, typed in (("status", stated), ("edit", {})):
        for words in ("It stands in the timeline", "Nothing was changed."):
            form = form_for(browser.get(f"{HERE}/{page}").text, f"{HERE}/{page}")
            assert form is not None
            given = form.data() | typed | ({"lead_body": ["UNRCCA"]} if page == "edit" else {})
            said = browser.post(f"{HERE}/{page}", data=given, follow_redirects=True).text
            assert words in said, (page, words)


# From a file


def sent(browser: FlaskClient, content: bytes, **more: str) -> Any:
    data = {"file": (BytesIO(content), "measures.csv"), **more}
    return browser.post(IMPORT, data=data, content_type="multipart/form-data")


def preview_of(browser: FlaskClient, content: bytes) -> str:
    """The page that shows what would be loaded: the form leads to it."""
    answer = sent(browser, content)
    assert (answer.status_code, answer.location) == (303, f"{IMPORT}?preview=1"), answer.text
    shown = browser.get(answer.location)
    assert shown.status_code == 200
    return shown.text


def test_a_file_is_shown_first_then_loaded_once(browser: FlaskClient, plan: Plan) -> None:
    shown = preview_of(browser, FILE.encode("utf-8-sig"))
    assert "3 measures would be added" in shown and "CX-2011-M03" in shown and "Load them" in shown
    assert "Respect the law" not in browser.get("/plans/CX-2011").text, "a preview loads nothing"
    found = form_for(shown, IMPORT)
    assert found is not None
    answer = browser.post(IMPORT, data=found.data() | {"load": "1"})
    assert (answer.status_code, answer.location) == (303, "/plans/CX-2011")
    page = browser.get("/plans/CX-2011").text
    assert "3 measures were added" in page and "Respect the law" in page
    again = sent(browser, FILE.encode(), load="1")
    assert again.status_code == 303
    assert "Nothing was added" in browser.get("/plans/CX-2011").text
    assert db.session.query(Measure).filter_by(plan_id=plan.id).count() == 4


def test_the_preview_is_a_page_to_come_back_to_until_it_is_loaded(browser: FlaskClient, plan: Plan) -> None:
    shown = preview_of(browser, FILE.encode())
    assert "3 measures would be added" in browser.get(f"{IMPORT}?preview=1").text, "asked for again"
    assert "Respect the law" not in browser.get(IMPORT).text, "the page to begin with is empty"
    assert "would be added" not in browser.get("/plans/GCTS/import?preview=1").text, "each plan has its own"
    found = form_for(shown, IMPORT)
    assert found is not None
    MeasureFactory(plan=plan, number=3, reference="CX-2011-M03", text="Another text under this number")
    db.session.commit()
    later = browser.get(f"{IMPORT}?preview=1")
    assert later.status_code == 200 and "What is wrong" in later.text, "checked against the plan as it is"
    assert browser.post(IMPORT, data=found.data() | {"load": "1"}).status_code == 422


def test_after_loading_the_preview_is_empty(browser: FlaskClient, plan: Plan) -> None:
    found = form_for(preview_of(browser, FILE.encode()), IMPORT)
    assert found is not None
    assert browser.post(IMPORT, data=found.data() | {"load": "1"}).location == "/plans/CX-2011"
    page = browser.get(f"{IMPORT}?preview=1")
    assert page.status_code == 200 and "Respect the law" not in page.text and "There is a problem" not in page.text


def test_the_preview_of_a_file_too_large_to_be_kept_is_the_answer_to_the_form(browser: FlaskClient, plan: Plan) -> None:
    content = "pillar,text\n" + "".join(f"IV,Respect the law {number} {'x' * 400}\n" for number in range(100))
    answer = sent(browser, content.encode())
    assert answer.status_code == 200 and "100 measures would be added" in answer.text
    found = form_for(answer.text, IMPORT)
    assert found is not None
    assert browser.post(IMPORT, data=found.data() | {"load": "1"}).location == "/plans/CX-2011"


def test_the_plan_s_timeline_says_what_a_file_brought(browser: FlaskClient, plan: Plan) -> None:
    content = "pillar,text\n" + "".join(f"IV,Respect the law {number}\n" for number in range(7))
    address = f"/plans/{plan.code}/import"
    assert browser.post(address, data={"content": content, "load": "1"}).status_code == 303
    told = browser.get(f"/plans/{plan.code}").text.partition('<ol class="timeline">')[2].partition("<li><p")[2]
    newest = told.partition("<li><p")[0]
    assert "loaded measures from a file" in newest and "7 measures added" in newest
    assert newest.count(f'href="/measures/{plan.code}-M0') == 5 and "and 2 more" in newest
    browser.post(address, data={"content": content, "load": "1"})
    page = browser.get(f"/plans/{plan.code}").text
    assert page.count("loaded measures from a file") == 1, "a file that brings nothing leaves no entry"


def test_the_preview_shows_all_that_will_be_loaded_and_the_button_below_it(
    browser: FlaskClient, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "today", lambda: date(2013, 7, 1))
    row = "II,3,Watch,UNRCCA,UNODC,2013-06,A post,GCTS-II-10;GCTS-II-12,of the agenda,named,KAZ;KGZ"
    names = "pillar,number,text,lead_body,partners,deadline,indicator,strategy_measures,wording_note,rule,named_states"
    page = preview_of(browser, f"{names}\n{row}\nI,4,Listen,,,2013-07,,,,,\n".encode())
    preview = page.partition('id="preview"')[2].partition("</section>")[0]
    for shown in ("UNRCCA", "UNODC", "A post", "GCTS-II-10", "GCTS-II-12", "of the agenda", "Kazakhstan", "Kyrgyzstan"):
        assert shown in preview, shown
    assert "The Member States named here" in preview and "All participating Member States" in preview
    assert "1 deadline lies in the past" in preview and preview.count(">lies in the past<") == 1
    below = page.partition('id="preview"')[2].partition("</section>")[2]
    assert "Load them" in below.partition("<textarea")[0]


def test_the_file_to_start_from_names_the_columns_and_the_page_shows_an_example(
    browser: FlaskClient, plan: Plan
) -> None:
    file = browser.get("/plans/CX-2011/import.csv")
    assert file.text.lstrip("\ufeff").splitlines() == [
        "pillar,number,text,lead_body,partners,deadline,indicator,strategy_measures,wording_note,rule,named_states"
    ]
    back = sent(browser, file.data, load="1")
    assert back.status_code == 422 and "There is no row under the names of the columns." in back.text
    page = browser.get(IMPORT).text
    assert "GCTS-II-10; GCTS-II-12" in page and "Exchange what is known" in page
    assert "GCTS-II-10; GCTS-II-12" not in browser.get("/plans/GCTS/import").text


def test_faults_are_listed_and_nothing_is_loaded(browser: FlaskClient, plan: Plan) -> None:
    typed = "pillar,text,deadline\nI,Fine,2020\nV,,soon\n"
    for more in ({}, {"load": "1"}):
        answer = browser.post(IMPORT, data={"content": typed, **more})
        assert answer.status_code == 422 and "3 faults, listed under “What is wrong”" in answer.text
        assert "is no pillar" in answer.text and "is no date" in answer.text and "Load them" not in answer.text
        found = form_for(answer.text, IMPORT)
        assert found is not None and found.data()["content"][0].strip() == typed.strip()
    assert db.session.query(Measure).filter_by(plan_id=plan.id).count() == 1


def test_a_column_that_is_not_known_hides_no_other_fault(browser: FlaskClient, plan: Plan) -> None:
    answer = browser.post(IMPORT, data={"content": "pillar,text,deadline,colour\nI,Fine,2020,red\nV,Bad,soon,\n"})
    page = unescape(answer.text)
    assert answer.status_code == 422 and "3 faults, listed under" in page
    assert "No such column" in page and "is no pillar" in page and "is no date" in page


@pytest.mark.parametrize("header", ["pillar,text,deadline,deadline", "pillar,text,text,deadline"])
def test_a_column_that_stands_there_twice_is_said_once(browser: FlaskClient, plan: Plan, header: str) -> None:
    page = browser.post(IMPORT, data={"content": f"{header}\nI,First,2020,2020\nII,Second,2020,2020\n"}).text
    assert "1 fault, listed under" in page and page.count("stands there more than once") == 1


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # Werkzeug leaves its file to be collected
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\r\n\x1a\n", "not text in UTF-8"),
        (b"x" * 600_000, "larger than 500 KB"),
        (b"", "Choose a file, or paste the rows"),
        (b"a,b\n1,2\n", "No such column"),
        (b'pillar,text\nI,"open', "quotation mark"),
        (b"pillar,text\nI,a\x00b\n", "control character"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_reason(
    browser: FlaskClient, plan: Plan, content: bytes, said: str
) -> None:
    answer = sent(browser, content)
    assert answer.status_code == 422 and said in unescape(answer.text)


def test_a_text_that_is_there_and_names_without_their_rule_are_refused(browser: FlaskClient, measure: Measure) -> None:
    address = f"/plans/{measure.plan.code}/measures/new"
    given = form(browser, address) | {"text": measure.text, "pillar": measure.pillar, "rule": "all"}
    twin = browser.post(address, data=given)
    assert twin.status_code == 422 and f"{measure.reference} has this text already" in twin.text
    state = measure.plan.participants[0]
    named = browser.post(address, data=given | {"text": "Another", "named": [state]})
    assert named.status_code == 422 and "named only for the rule that names them" in named.text
    heading = browser.get(HERE).text.split("<h1")[1].split("</h1>")[0]
    assert measure.reference in heading and measure.text[:40] in heading
