"""Two windows on one record: what was typed is never lost, and one of two wins (R14, R20-R22)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, Response, expect

from tests.journeys.browser import axe
from tests.journeys.conftest import PASSWORD, Served
from tests.journeys.hands import card, field, fill, fill_date, follow, group, notices, press
from tracker import clock
from tracker.extensions import db
from tracker.models import Account, Basis, Followup, Paragraph, Priority, Seal, SignInSession, Submission
from tracker.services import followups, signoff
from tracker.services.followups import FollowupInput

STATE = "IND"
TEXT = "Publish the list of designated persons within a week of each change."
Draft = Callable[..., str]
SignIn = Callable[..., Page]


@pytest.fixture
def draft(served: Served) -> Iterator[Draft]:
    """``draft(title)`` is the reference of a follow-up of the analyst's that lacks nothing; it may be submitted."""

    def make(title: str, *, submitted: bool = False) -> str:
        with served.app.app_context():
            analyst = account("analyst")
            paragraph = sa.select(Paragraph.id).where(Paragraph.resolution_number == 1373, Paragraph.label == "1(c)")
            given = FollowupInput(
                title,
                text=TEXT,
                area_code="FIN-03",
                paragraph_ids=[db.session.scalars(paragraph).one()],
                basis=Basis.OBLIGATION,
                priority=Priority.MEDIUM,
                authorities=["Ministry of Finance"],
                no_conclusion_reason="Raised by letter.",
                indicator="The list is public.",
                no_due_reason="None was agreed.",
            )
            made = followups.create(STATE, given, by=analyst)
            if submitted:
                signoff.submit(made, by=analyst, note="Ready.")
            db.session.commit()
            return made.reference

    yield make


def account(role: str) -> Account:
    """The demo's account of this role, within an application context."""
    return db.session.scalars(sa.select(Account).where(Account.email == f"{role}@example.org")).one()


def count(served: Served, *which: Any) -> int:
    """How many rows there are like this."""
    with served.app.app_context():
        found = db.session.scalar(sa.select(sa.func.count()).where(*which))
        db.session.remove()
        return found or 0


def pressed(page: Page, words: str) -> Response:
    """Press the button; the answer to what it sent."""
    with page.expect_response(lambda answer: answer.request.method == "POST") as waiting:
        press(page, words)
    page.wait_for_load_state()
    return waiting.value


# Two windows that edit


def test_the_second_of_two_edits_is_shown_both_texts(sign_in_as: SignIn, draft: Draft) -> None:
    reference = draft("Publish the list of designated persons")
    one, other = sign_in_as("analyst"), sign_in_as("analyst")
    for page in (one, other):
        page.goto(f"/follow-ups/{reference}/edit")
    fill(one, {"Text": "What the first window says."})
    assert pressed(one, "Save").status == 303
    mine = {
        "Title": "Publish each list at once",
        "Text": "What the second window says.",
        "Indicator of completion": "Seen",
    }
    fill(other, mine)

    assert pressed(other, "Save").status == 409
    told = other.get_by_role("note").filter(has_text="Someone changed this record")
    expect(told).to_contain_text("What the first window says.")
    expect(told).to_contain_text("What the second window says.")
    assert {label: field(other, label).input_value() for label in mine} == mine
    axe(other)

    assert pressed(other, "Save").status == 303, "having seen both, one decides"
    expect(other.locator("h1")).to_have_text(mine["Title"])
    expect(other.locator("#timeline")).to_contain_text("What the first window says.")


def test_two_windows_on_one_section_of_a_visit(sign_in_as: SignIn) -> None:
    one, other = sign_in_as("analyst"), sign_in_as("analyst")
    for page in (one, other):
        page.goto("/visits/PAK-2006-1/visit-consent")
    fill(one, {"Given by": "The Permanent Mission in New York"})
    fill_date(one, "Given on", year="2006")
    assert pressed(one, "Save").status == 303
    fill(other, {"Given by": "The Ministry of Foreign Affairs"})
    fill_date(other, "Given on", year="2006", month="10")
    assert pressed(other, "Save").status == 409
    told = other.get_by_role("note").filter(has_text="Somebody else saved this meanwhile")
    expect(told).to_contain_text("The Permanent Mission in New York")
    expect(told).to_contain_text("The Ministry of Foreign Affairs")
    assert field(other, "Given by").input_value() == "The Ministry of Foreign Affairs"
    assert group(other, "Given on").get_by_label("Year").input_value() == "2006"
    axe(other)
    assert pressed(other, "Save").status == 303


# Two who sign


def test_of_two_reviewers_the_second_is_told_who_signed(sign_in_as: SignIn, draft: Draft, served: Served) -> None:
    reference = draft("Keep the list current", submitted=True)
    first, second = sign_in_as("reviewer2"), sign_in_as("reviewer")
    for page in (first, second):
        page.goto(f"/review/followup/{reference}")
        fill(
            page,
            {"Note": f"Read by {page.locator('.sidebar-account').inner_text().splitlines()[0].strip()}."},
        )
        fill(page, {"Your password or a one-time code": PASSWORD})
    assert pressed(first, "Sign off").status == 303
    refused = pressed(second, "Sign off")
    assert refused.status == 409
    main = second.locator("#main")
    expect(main).to_contain_text("Reviewer (Asia) has signed it off already.")
    expect(main).to_contain_text("Read by Reviewer.")
    assert PASSWORD not in main.inner_text()
    axe(second)
    assert count(served, Seal.reference == reference) == 1


def test_a_return_after_a_signature_keeps_its_reason(sign_in_as: SignIn, draft: Draft) -> None:
    reference = draft("Tell banks of each change", submitted=True)
    first, second = sign_in_as("reviewer2"), sign_in_as("reviewer")
    for page in (first, second):
        page.goto(f"/review/followup/{reference}")
    fill(first, {"Your password or a one-time code": PASSWORD})
    press(first, "Sign off")
    fill(card(second, "Return"), {"Reason": "Name the banks that are meant."})
    assert pressed(second, "Return with this reason").status in (403, 409)
    expect(second.locator("#main")).to_contain_text("Name the banks that are meant.")
    axe(second)


def test_nobody_signs_what_was_not_on_the_screen(sign_in_as: SignIn, draft: Draft, served: Served) -> None:
    reference = draft("Answer requests within a month", submitted=True)
    analyst, reviewer = sign_in_as("analyst"), sign_in_as("reviewer2")
    reviewer.goto(f"/review/followup/{reference}")
    analyst.goto(f"/follow-ups/{reference}")
    press(analyst, "Recall")
    follow(analyst, "Edit")
    fill(analyst, {"Text": "Something else altogether."})
    press(analyst, "Save")
    press(analyst, "Submit for sign-off")
    assert "is submitted" in notices(analyst)
    fill(reviewer, {"Note": "As read.", "Your password or a one-time code": PASSWORD})
    assert pressed(reviewer, "Sign off").status == 409
    expect(reviewer.locator("#main")).to_contain_text("The text changed after you opened it.")
    expect(reviewer.locator("#main")).to_contain_text("As read.")
    assert count(served, Seal.reference == reference) == 0


def test_nobody_signs_their_own_work(sign_in_as: SignIn, draft: Draft) -> None:
    reference = draft("Train customs officers", submitted=True)
    page = sign_in_as("analyst")
    page.goto(f"/review/followup/{reference}")
    expect(page.locator("#main")).to_contain_text("A reviewer of this Member State signs it or returns it.")
    assert page.get_by_role("button", name="Sign off", exact=True).count() == 0
    axe(page)


# A session that ends while one types


def test_what_was_typed_outlives_the_session(sign_in_as: SignIn, draft: Draft, served: Served) -> None:
    reference = draft("Train prosecutors")
    page = sign_in_as("analyst")
    page.goto(f"/follow-ups/{reference}/edit")
    typed = {
        "Title": "Train prosecutors and judges",
        "Text": "An hour's work.\n\nIn two paragraphs: “quoted” & <marked>.",
    }
    fill(page, typed)
    idle_for_an_hour(served)
    press(page, "Save")
    expect(page.locator("#main")).to_contain_text("You were signed out before this was saved.")
    expect(page.locator("#main")).to_contain_text("Train prosecutors and judges")
    axe(page)
    fill(page, {"E-mail address": "analyst@example.org", "Password": PASSWORD})
    press(page, "Sign in")
    expect(page.locator("h1")).to_have_text("Send it again?")
    axe(page)
    press(page, "Send again")
    expect(page).to_have_url(re.compile(f"/follow-ups/{reference}$"))
    expect(page.locator("h1")).to_have_text(typed["Title"])
    page.goto(f"/follow-ups/{reference}/edit")
    assert {label: field(page, label).input_value() for label in typed} == typed


def idle_for_an_hour(served: Served) -> None:
    """Every session was last seen an hour ago."""
    with served.app.app_context():
        db.session.execute(sa.update(SignInSession).values(last_seen_at=clock.now() - timedelta(hours=1)))
        db.session.commit()


# A doubled click


def test_a_double_click_makes_one_record(sign_in_as: SignIn, served: Served) -> None:
    page = sign_in_as("analyst")
    title = "Ratify the convention of 1999"
    page.goto(f"/follow-ups/new?state={STATE}")
    fill(page, {"Title": title})
    page.get_by_role("button", name="Save as a draft").dblclick()
    expect(page.locator("h1")).to_have_text(title)
    assert count(served, Followup.title == title) == 1


def test_one_form_sent_six_times_makes_one_record(sign_in_as: SignIn, served: Served) -> None:
    page = sign_in_as("analyst")
    title = "Ratify the protocol of 2010"
    page.goto(f"/follow-ups/new?state={STATE}")
    fill(page, {"Title": title})
    landed = page.evaluate(
        """async () => {
            const form = document.querySelector("main form");
            const send = () => fetch(form.action, {method: "POST", body: new URLSearchParams(new FormData(form))});
            const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(send));
            return answers.map((answer) => answer.url);
        }"""
    )
    assert count(served, Followup.title == title) == 1
    assert len(landed) == 6 and len(set(landed)) == 1, landed
    assert re.search(rf"/follow-ups/{STATE}-F\d+$", landed[0])


def test_a_double_click_submits_and_signs_once(sign_in_as: SignIn, draft: Draft, served: Served) -> None:
    reference = draft("Freeze without delay")
    analyst, reviewer = sign_in_as("analyst"), sign_in_as("reviewer2")
    analyst.goto(f"/follow-ups/{reference}")
    analyst.get_by_role("button", name="Submit for sign-off").dblclick()
    expect(analyst.locator("#main")).to_contain_text(re.compile("is submitted and locked|This was done already"))
    with served.app.app_context():
        number = db.session.scalar(sa.select(Followup.id).where(Followup.reference == reference))
        db.session.remove()
    assert count(served, Submission.object_type == "followup", Submission.object_id == number) == 1
    reviewer.goto(f"/review/followup/{reference}")
    fill(reviewer, {"Your password or a one-time code": PASSWORD})
    reviewer.get_by_role("button", name="Sign off", exact=True).dblclick()
    expect(reviewer.locator("#main")).to_contain_text(re.compile("is signed off|You have decided on it already"))
    assert count(served, Seal.reference == reference) == 1
