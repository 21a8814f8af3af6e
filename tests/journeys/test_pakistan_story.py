"""The visit to Pakistan of November 2006, told anew through the pages by an analyst, a reviewer and an auditor.

The source is UN News, November 2006, story 200582; the sample tells the same visit as PAK-2006-1, so this one is
PAK-2006-2. The chapters follow one another: each begins where the one before it ended.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.browser import axe
from tests.journeys.conftest import PASSWORD, Served
from tests.journeys.hands import card, field, fill, fill_date, follow, group, notices, press, row, tick
from tracker.extensions import db
from tracker.reports import audit
from tracker.reports.status import HEADER
from tracker.sample import pakistan

VISIT = "PAK-2006-2"
CONCLUSION = "PAK-2006-2-C1"
SOURCE = "UN News, Senior UN counter-terrorism official holds talks with officials in Pakistan"
ADDRESS = (
    "https://news.un.org/en/story/2006/11/200582-senior-un-counter-terrorism-official-holds-talks-officials-pakistan"
)
HEAD = "Executive Director of the Counter-Terrorism Executive Directorate (Assistant Secretary-General)"
PARTNERS = (("World Bank", "FIN-01"), ("INTERPOL", None), ("WCO", "BOR-06"), ("UNODC", None))
"""With the area that each covers; where the source names none, none is recorded."""
TEAMS = (
    ("Team on refugee issues", "ASY-01"),
    ("Team on aspects of border control", "BOR-01"),
    ("Team on financial regulation", "FIN-01"),
    ("Team on customs", "BOR-06"),
    ("Team on port security", "BOR-08"),
)
MET = (
    ("Ministry of Foreign Affairs", "Senior officials"),
    ("Ministry of the Interior", "Senior officials"),
    ("Secretary of Finance", "Secretary"),
    ("Inter-Services Intelligence", "Director General"),
)
IN_SCOPE = ("FIN-01", "FIN-02", "BOR-01", "BOR-06", "BOR-08", "ASY-01", "INC-05")
FOUND = (
    "A bill against money-laundering has been before Parliament for a long time; its passage would markedly strengthen"
    " the fight against the financing of terrorism."
)
TITLE = "Pass the anti-money-laundering bill now before Parliament"
FIRST_TEXT = "Pass the anti-money-laundering bill."
TEXT = (
    "Pass the anti-money-laundering bill, which has been before Parliament for a long time: its passage would markedly"
    " strengthen the fight against the financing of terrorism."
)
RETURNED = "Say what the bill is for and that it has waited for a long time."
INDICATOR = "The act is published in the official gazette"
NEW_TITLE = "Pass and bring into force the anti-money-laundering bill now before Parliament"
"""After it was signed."""


@pytest.fixture(scope="module")
def story() -> dict[str, str]:
    """What one chapter hands on to the next: the follow-up's reference, and its signature as the page showed it."""
    return {}


@pytest.fixture
def analyst(sign_in_as: Callable[..., Page]) -> Page:
    return sign_in_as("analyst")


@pytest.fixture
def reviewer(sign_in_as: Callable[..., Page]) -> Page:
    return sign_in_as("reviewer2")


def test_the_analyst_records_the_visit(analyst: Page, story: dict[str, str]) -> None:
    page = analyst
    follow(page.get_by_role("navigation", name="Main"), "Visits")
    follow(page, "New visit")
    axe(page)
    fill(
        page,
        {"Member State": "Pakistan", "Type": "Type not stated", "Stage": "Conclusions or observations issued"},
    )
    fill_date(page, "Start", year="2006", month="11")
    fill_date(page, "Reached this stage on", year="2006", month="11")
    press(page, "Record the visit")
    axe(page)  # a later stage owes its source: the page says so, and keeps what was typed
    expect(page.get_by_role("alert")).to_contain_text("source")
    fill(page, {"Source": SOURCE, "Address of the source": ADDRESS})
    press(page, "Record the visit")

    expect(page).to_have_url(re.compile(f"/visits/{VISIT}$"))
    assert f"{VISIT} is recorded." in notices(page)
    assert "PAK-2006-1" in notices(page), "another visit of the State at that time is said"
    head = page.locator(".page-head")
    expect(head).to_contain_text("November 2006")
    expect(head).to_contain_text("Provisional conclusions issued")
    assert not re.search(r"\d November 2006", head.inner_text()), "no day is made up"
    expect(card(page, "Sources")).to_contain_text(SOURCE)
    axe(page)


def test_the_analyst_records_who_came_and_whom_they_met(analyst: Page, story: dict[str, str]) -> None:
    page = analyst
    page.goto(f"/visits/{VISIT}")
    add_delegate(page, "Head of delegation", HEAD)
    for organisation, area in PARTNERS:
        add_delegate(page, "Partner organisation", "Representatives", area, organisation)
    for team, area in TEAMS:
        add_delegate(page, "Team", team, area)
    delegation = card(page, "Delegation")
    assert delegation.get_by_role("row").count() == 1 + 1 + len(PARTNERS) + len(TEAMS)
    for organisation, area in PARTNERS:
        expect(row(delegation, f"({organisation})")).to_contain_text(area or "not stated")
    for team, area in TEAMS:
        expect(row(delegation, team)).to_contain_text(area)

    for authority, level in MET:
        follow(card(page, "Counterparts met"), "Add a counterpart")
        fill(page, {"Authority": authority, "Level": level, "Subject": "The State's efforts against terrorism"})
        fill_date(page, "Met on", year="2006", month="11")
        press(page, "Save")
    met = card(page, "Counterparts met")
    for authority, level in MET:
        expect(row(met, authority)).to_contain_text(level)
        expect(row(met, authority)).to_contain_text("November 2006")

    follow(card(page, "Areas in scope"), "Change the scope")
    axe(page)
    tick(page, "Areas in scope", *IN_SCOPE)
    press(page, "Save")
    scope = card(page, "Areas in scope")
    for code in IN_SCOPE:
        expect(row(scope, code)).to_have_count(1)
    axe(page)


def add_delegate(
    page: Page, kind: str, function: str, area: str | None = None, organisation: str | None = None
) -> None:
    """One entry of the delegation: first its kind, then who it is."""
    follow(card(page, "Delegation"), "Add to the delegation")
    group(page, "Kind").get_by_label(kind, exact=True).check()
    fill(page, {"Function, or subject of the team": function})
    if organisation:
        choices = field(page, "Organisation").locator("option").all_inner_texts()
        fill(page, {"Organisation": next(words for words in choices if words.startswith(f"{organisation} – "))})
    if area:
        tick(page, "Areas covered", area)
    press(page, "Save")
    assert "Added." in notices(page)


def test_the_analyst_assesses_concludes_and_drafts_the_follow_up(analyst: Page, story: dict[str, str]) -> None:
    page = analyst
    page.goto(f"/visits/{VISIT}")
    follow(card(page, "Areas in scope"), "Assessments")
    axe(page)
    page.get_by_role("link", name=re.compile("^FIN-02")).click()
    group(page, "Rating").get_by_role("radio").first.check()
    fill(page, {"Explanation": pakistan.NOT_RATED})
    axe(page)
    press(page, "Save")
    expect(row(page, "FIN-02")).to_contain_text(pakistan.NOT_RATED)

    page.goto(f"/visits/{VISIT}")
    follow(card(page, "Provisional conclusions"), "New provisional conclusion")
    fill(page, {"Kind": "Shortfall", "Text": FOUND, "Source": SOURCE, "Basis": "Obligation"})
    field(page, "Area").select_option(value=pakistan.BILL_AREA)
    tick(page, "Paragraphs", "1373 1(b)")
    axe(page)
    press(page, "Save draft")
    expect(page).to_have_url(re.compile(f"/conclusions/{CONCLUSION}$"))
    expect(page.locator("#main")).to_contain_text(FOUND)
    axe(page)

    follow(page, "New follow-up from this conclusion")
    expect(page.locator("#main")).to_contain_text(FOUND)
    assert field(page, "Main area").input_value() == pakistan.BILL_AREA, "taken from the conclusion"
    assert field(page, "Basis").input_value() == "obligation"
    assert group(page, "Conclusions that it answers").get_by_label(re.compile(CONCLUSION)).is_checked()
    fill(page, {"Title": TITLE})
    axe(page)
    press(page, "Save as a draft")
    story["reference"] = page.url.rsplit("/", 1)[1]
    assert re.fullmatch(r"PAK-F\d{3}", story["reference"])


def test_the_analyst_fills_in_what_is_missing_and_submits(analyst: Page, story: dict[str, str]) -> None:
    page = analyst
    follow(page.locator("#main"), story["reference"])  # "Follow-ups to write" of My work
    missing = page.get_by_role("group", name="Missing before it can be submitted")
    assert page.get_by_role("button", name="Submit for sign-off").count() == 0
    axe(page)
    for words in ("priority", "authority", "due date", "indicator"):
        expect(missing.get_by_role("link", name=re.compile(words, re.I))).to_have_count(1)
    missing.get_by_role("link", name=re.compile("authority")).click()
    expect(page).to_have_url(re.compile(rf"/follow-ups/{story['reference']}/edit#authorities$"))
    tick(page, "Responsible authorities", "Secretary of Finance")
    tick(page, "Responsible authorities", "Parliament")
    fill(
        page,
        {
            "Text": FIRST_TEXT,
            "Priority": "High",
            "Why no due date is agreed": "The source names none.",
            "Indicator of completion": INDICATOR,
        },
    )
    press(page, "Save")
    assert missing.count() == 0
    axe(page)
    fill(card(page, "Submit for sign-off"), {"Note to the reviewers": "Drawn from the visit of November 2006."})
    press(page, "Submit for sign-off")
    assert "is submitted and locked until a reviewer decides" in notices(page)
    expect(page.locator(".page-tags")).to_contain_text("Submitted")
    assert page.get_by_role("link", name="Edit", exact=True).count() == 0, "locked"
    axe(page)


def test_the_reviewer_returns_it_with_a_reason(reviewer: Page, story: dict[str, str]) -> None:
    page = reviewer
    open_from_the_queue(page, story["reference"])
    expect(page.locator("#content")).to_contain_text(FIRST_TEXT)
    expect(page.locator("#main")).to_contain_text("Drawn from the visit of November 2006.")
    axe(page)
    press(page, "Return with this reason")
    expect(page.get_by_role("alert")).to_contain_text("Say why it is returned")
    axe(page)
    fill(card(page, "Return"), {"Reason": RETURNED})
    press(page, "Return with this reason")
    assert f"{story['reference']} is returned" in notices(page)
    assert page.get_by_role("link", name=story["reference"], exact=True).count() == 0


def open_from_the_queue(page: Page, reference: str) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("link", name=re.compile("^Review")).click()
    expect(row(page, reference)).to_contain_text("Yours")
    axe(page)
    follow(page, reference)
    expect(page).to_have_url(re.compile(f"/review/followup/{reference}$"))


def test_the_analyst_is_told_and_submits_again(analyst: Page, story: dict[str, str]) -> None:
    page = analyst
    expect(row(page.locator("#returned"), story["reference"])).to_contain_text(RETURNED)
    axe(page)
    page.get_by_role("navigation", name="Main").get_by_role("link", name=re.compile("^Inbox")).click()
    axe(page)
    row(page, story["reference"]).filter(has_text="was returned to you").get_by_role("link").click()
    expect(page.get_by_role("note").filter(has_text="Returned")).to_contain_text(RETURNED)
    follow(page, "Edit")
    fill(page, {"Text": TEXT, "Reason for the change": "As the reviewer asked."})
    press(page, "Save")
    fill(card(page, "Submit for sign-off"), {"Note to the reviewers": pakistan.BILL_RESUBMITTED})
    press(page, "Submit for sign-off")
    expect(page.locator(".page-tags")).to_contain_text("Submitted")


def test_the_reviewer_signs_with_the_password(reviewer: Page, story: dict[str, str]) -> None:
    page = reviewer
    open_from_the_queue(page, story["reference"])
    notes = card(page, "Earlier notes")
    for words in (RETURNED, "Drawn from the visit of November 2006."):
        expect(notes).to_contain_text(words)
    expect(page.locator("#main")).to_contain_text(pakistan.BILL_RESUBMITTED)
    fill(page, {"Note": "Clear now.", "Your password or a one-time code": "seven cranes over the estuary"})
    press(page, "Sign off")
    expect(page.get_by_role("alert")).to_contain_text("password")
    assert field(page, "Note").input_value() == "Clear now.", "nothing typed is lost"
    axe(page)
    fill(page, {"Your password or a one-time code": PASSWORD})
    press(page, "Sign off")
    assert f"{story['reference']} is signed off" in notices(page)
    page.goto(f"/follow-ups/{story['reference']}")
    signature = page.locator("#signature")
    for words in ("Signed off", "Reviewer", "Clear now."):
        expect(signature).to_contain_text(words)
    story["signature"] = panel(page)
    axe(page)


def panel(page: Page) -> str:
    """The signature as it stands on the page, without its heading."""
    return page.locator("#signature .card-body").inner_text()


def test_a_change_shows_and_leaves_the_signature_alone(analyst: Page, story: dict[str, str]) -> None:
    page = analyst
    page.goto(f"/follow-ups/{story['reference']}")
    assert panel(page) == story["signature"]
    follow(page, "Edit")
    expect(page.get_by_role("note").first).to_contain_text("This follow-up is signed off")
    axe(page)
    fill(page, {"Title": NEW_TITLE})
    press(page, "Save")
    expect(page.locator(".page-tags")).to_contain_text("Changed since it was signed off")
    changed = card(page, "Changed since it was signed off")
    expect(changed.get_by_role("heading", name="Title")).to_have_count(1)
    assert "and bring into force" in " ".join(changed.locator("ins").all_inner_texts())
    assert panel(page) == story["signature"]
    axe(page)


def test_the_reviewer_is_told_of_the_change(reviewer: Page, story: dict[str, str]) -> None:
    page = reviewer
    expect(row(page.locator("#changed"), story["reference"])).to_have_count(1)
    page.get_by_role("navigation", name="Main").get_by_role("link", name=re.compile("^Inbox")).click()
    told = row(page, story["reference"]).filter(has_text="has changed since you signed it off")
    expect(told).to_contain_text("new")
    told.get_by_role("link").click()
    expect(page).to_have_url(re.compile(f"/follow-ups/{story['reference']}$"))


def test_the_auditor_reads_everything_that_happened(sign_in_as: Callable[..., Page], story: dict[str, str]) -> None:
    page = sign_in_as("auditor")
    page.goto(f"/follow-ups/{story['reference']}")
    entries = page.locator(".timeline > li")
    first = entries.last
    expect(first).to_contain_text("created")
    told = [one.inner_text() for one in entries.all()]
    order = ["created", "submitted", RETURNED, "submitted", "signed off", "and bring into force"]
    assert in_this_order(order, list(reversed(told))), told
    assert page.get_by_role("link", name="Edit", exact=True).count() == 0
    page.get_by_role("link", name="Sign-offs", exact=True).click()
    assert page.locator(".timeline > li").count() >= 4
    axe(page)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Log", exact=True).click()
    fill(page, {"Record": story["reference"]})
    press(page, "Apply")
    expect(page.locator("#main")).to_contain_text(story["reference"])
    assert page.get_by_role("row").count() - 1 == len(told), "the log holds what the timeline shows"
    axe(page)


def in_this_order(wanted: list[str], told: list[str]) -> bool:
    """Whether each of these words is found after the one before it."""
    rest = iter(told)
    return all(any(words in one for one in rest) for words in wanted)


def test_the_status_report_holds_the_row(analyst: Page, story: dict[str, str], tmp_path: Path) -> None:
    page = analyst
    page.goto("/follow-ups?state=PAK")
    follow(page.get_by_role("navigation", name="Main"), "Reports")
    follow(page, "See and narrow it")
    fill(page, {"Member State": "Pakistan"})
    press(page, "Apply")
    axe(page)
    with page.expect_download() as waiting:
        follow(page, "Download CSV")
    assert re.fullmatch(r"status-report-\d{4}-\d\d-\d\d-\d+\.csv", waiting.value.suggested_filename)
    file = tmp_path / "status.csv"
    waiting.value.save_as(file)
    rows = {line["item_id"]: line for line in read_csv(file)}
    line = rows[story["reference"]]
    wanted = {
        "iso3": "PAK",
        "member_state": "Pakistan",
        "region": "Asia",
        "visit_id": VISIT,
        "visit_start": "2006-11",
        "area_code": "FIN-02",
        "resolution": "1373",
        "paragraph": "1(b)",
        "conclusion_refs": CONCLUSION,
        "finding_type": "shortfall",
        "recommendation": f"{NEW_TITLE}\n{TEXT}",
        "basis": "obligation",
        "priority": "high",
        "responsible_authority": "Parliament;Secretary of Finance",
        "workflow_status": "draft",
        "sealed_state": "changed",
        "signed_off_role": "reviewer",
        "sign_off_meaning": "sign_off",
        "current_due": "",
        "overdue": "no",
        "days_late": "",
        "sharing": "internal",
    }
    assert {name: line[name] for name in wanted} == wanted
    assert line["seal_sha256"] in story["signature"]
    assert line["signed_off_by"] in story["signature"]


def read_csv(file: Path) -> list[dict[str, str]]:
    """The rows of a status report, its header checked."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        assert tuple(reader.fieldnames or ()) == HEADER
        return list(reader)


def test_the_log_holds(served: Served, story: dict[str, str]) -> None:
    with served.app.app_context():
        verdict: Any = audit.verify()
        db.session.remove()
    assert verdict.problem is None
    assert verdict.count > 500
