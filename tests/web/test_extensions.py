"""Extensions in the browser: asked for on one page, decided on another by somebody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.counting import sent_by
from tests.factories import AccountFactory, FollowupFactory, grant
from tests.pages import export_href, listed, rows_of
from tests.services.test_followups import signed
from tests.submittable import submittable
from tracker import clock
from tracker.models import Account, DueExtension, ExtensionStatus, Followup, Role
from tracker.partial_date import PartialDate
from tracker.services import extensions, followups, signoff

PATH = "/follow-ups/PAK-F001/extension"
GIVEN = {"new_due-month": "3", "new_due-year": "2008", "reason": "Parliament was dissolved."}


@pytest.fixture
def analyst(session: Any) -> Account:
    return AccountFactory(states=["PAK"])


@pytest.fixture
def browser(analyst: Account, sign_in: Any) -> Any:
    FollowupFactory(current_due=PartialDate(2007, 6))
    return sign_in(analyst)


def ask(session: Any, analyst: Account) -> DueExtension:
    followup = session.scalar(sa.select(Followup))
    return extensions.request(followup, PartialDate(2008, 3), "Parliament was dissolved.", by=analyst)


def test_asked_for_and_shown(session: Any, browser: Any) -> None:
    assert "June 2007" in browser.get(PATH).text
    answer = browser.post(PATH, data=GIVEN)
    assert answer.status_code == 303
    page = browser.get(answer.location).text
    assert "Extension asked for" in page
    assert "Parliament was dissolved." in page
    assert session.scalar(sa.select(Followup.current_due)) == PartialDate(2007, 6)


def test_who_decides_too_late_is_led_to_the_extension_and_to_its_follow_up(
    session: Any, analyst: Account, browser: Any, sign_in: Any
) -> None:
    asked = ask(session, analyst)
    session.commit()
    reviewer, path = sign_in(AccountFactory(role=Role.REVIEWER)), f"{PATH}/{asked.id}"
    given = {"decision": "refused", "note": "It may sit sooner"}
    assert reviewer.post(path, data=given).status_code == 303
    late = reviewer.post(path, data=given)
    assert late.status_code == 409 and "It may sit sooner" in late.text
    assert f'href="{path}">Open the page, to see how it stands now' in late.text
    assert 'href="/follow-ups/PAK-F001">Open PAK-F001, to see where it stands now' in late.text


def test_where_no_due_date_is_agreed_the_page_leads_to_where_one_is_given(analyst: Account, sign_in: Any) -> None:
    FollowupFactory(current_due=None)
    browser = sign_in(analyst)
    page = browser.get(PATH).text
    assert 'href="/follow-ups/PAK-F001/edit"' in page and "Ask for the extension" not in page
    refused = browser.post(PATH, data=GIVEN)
    assert refused.status_code == 422 and "Parliament was dissolved." in refused.text, "what was typed stays"


def test_sent_six_times_it_is_asked_once(session: Any, browser: Any) -> None:
    data = GIVEN | {"request_key": "0d0f5f5c-6b8a-4a53-9f0f-8b1f6a1f2a3b"}
    assert len({browser.post(PATH, data=data).location for _time in range(6)}) == 1
    with clock.at(clock.now() + timedelta(minutes=20)):
        assert browser.post(PATH, data=data).status_code == 303, "asked already, and by nobody else"
    assert session.scalar(sa.select(sa.func.count()).select_from(DueExtension)) == 1


def test_a_second_request_finds_the_first(session: Any, browser: Any, analyst: Account) -> None:
    ask(session, analyst)
    assert "asked for already" in browser.get(PATH).text
    assert browser.post(PATH, data=GIVEN).status_code == 409


@pytest.mark.parametrize(
    "wrong", [{"new_due-year": "2006"}, {"new_due-year": ""}, {"new_due-month": "13"}, {"reason": ""}]
)
def test_what_is_wrong_is_said(session: Any, browser: Any, wrong: Any) -> None:
    answer = browser.post(PATH, data=GIVEN | wrong)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text


def test_a_reviewer_approves_and_is_told_what_that_does(session: Any, sign_in: Any) -> None:
    analyst, reviewer = AccountFactory(), AccountFactory(role=Role.REVIEWER)
    signed(analyst, reviewer)
    path = f"{PATH}/{ask(session, analyst).id}"
    other = sign_in(AccountFactory(role=Role.REVIEWER))
    assert "makes the follow-up a draft again" in other.get(path).text
    answer = other.post(path, data={"decision": "approved", "note": "Understood"})
    assert answer.status_code == 303
    assert answer.location == "/review/extensions", "to the next one"
    page = other.get(answer.location).text
    assert "The later due date of PAK-F001 is approved" in page
    assert "draft again until an analyst submits it" in page
    page = other.get("/follow-ups/PAK-F001").text
    assert "Changed since it was signed off" in page
    assert "March 2008" in page
    assert session.scalar(sa.select(Followup.original_due)) == PartialDate(2007, 6)


def test_a_refusal_owes_a_note(session: Any, browser: Any, analyst: Account, sign_in: Any) -> None:
    path = f"{PATH}/{ask(session, analyst).id}"
    reviewer = sign_in(AccountFactory(role=Role.REVIEWER))
    assert reviewer.post(path, data={"decision": "refused"}).status_code == 422
    assert reviewer.post(path, data={}).status_code == 422
    assert reviewer.post(path, data={"decision": "refused", "note": "Too late"}).status_code == 303
    assert session.scalar(sa.select(DueExtension.status)) is ExtensionStatus.REFUSED
    assert "Too late" in browser.get("/follow-ups/PAK-F001").text.partition('id="due"')[2].partition("</section>")[0]
    assert reviewer.post(path, data={"decision": "approved"}).status_code == 409


def test_a_refusal_makes_no_draft(session: Any, sign_in: Any) -> None:
    """What was changed since its signature was a draft before, and stays one that the same reviewer may sign."""
    analyst, signer = AccountFactory(), AccountFactory(role=Role.REVIEWER)
    followup = signed(analyst, signer)
    path = f"{PATH}/{ask(session, analyst).id}"
    given = followups.input_of(followup)
    followups.edit(followup, replace(given, title="Bring the bill before both houses"), by=analyst)
    session.commit()
    reviewer = sign_in(AccountFactory(role=Role.REVIEWER))
    page = reviewer.get(reviewer.post(path, data={"decision": "refused", "note": "Too late"}).location).text
    assert "The later due date of PAK-F001 is refused" in page
    assert "Changed since it was signed off" in reviewer.get("/follow-ups/PAK-F001").text
    assert "another reviewer signs" not in page


def test_an_analyst_reads_who_decides(session: Any, browser: Any, analyst: Account) -> None:
    page = browser.get(f"{PATH}/{ask(session, analyst).id}").text
    assert "A reviewer of this Member State approves or refuses it" in page
    assert "Your role does not allow this" not in page


def test_what_is_before_the_reviewers_leads_in_no_circle(session: Any, sign_in: Any) -> None:
    """The date is signed with the text: the text is returned first, then the extension approved."""
    analyst = AccountFactory()
    followup = submittable(analyst, current_due=PartialDate(2007, 6), original_due=PartialDate(2007, 6))
    path = f"{PATH}/{ask(session, analyst).id}"
    signoff.submit(followup, by=analyst)
    session.commit()
    reviewer = sign_in(AccountFactory(role=Role.REVIEWER))
    page = reviewer.get("/review/followup/PAK-F001").text
    assert f'href="{path}"' in page
    assert "To approve the extension, return the text first" in page
    assert "March 2008" in page
    answer = reviewer.post(path, data={"decision": "approved", "note": "What I typed"})
    assert answer.status_code == 422
    assert "sign or return it first" in answer.text.lower()
    assert "What I typed" in answer.text
    reviewer.post("/review/followup/PAK-F001/return", data={"reason": "First the date."})
    assert reviewer.post(path, data={"decision": "approved"}).status_code == 303
    assert "return the text first" not in reviewer.get("/review/followup/PAK-F001").text


def test_whoever_asked_reads_but_does_not_decide(session: Any, browser: Any, analyst: Account) -> None:
    path = f"{PATH}/{ask(session, analyst).id}"
    grant(analyst, Role.REVIEWER)
    page = browser.get(path)
    assert page.status_code == 200
    assert "does not decide on it" in page.text
    assert browser.post(path, data={"decision": "approved"}).status_code == 403


def test_elsewhere_and_odd_numbers_are_not_found(session: Any, browser: Any, analyst: Account, sign_in: Any) -> None:
    number = ask(session, analyst).id
    assert sign_in(AccountFactory(states=["IND"])).get(f"{PATH}/{number}").status_code == 404
    FollowupFactory()
    assert browser.get(f"/follow-ups/PAK-F002/extension/{number}").status_code == 404
    for odd in (10**26, 2**63, "x", "-1"):
        assert browser.get(f"{PATH}/{odd}").status_code == 404


def test_a_reviewer_reads_all_that_are_asked_for(session: Any, analyst: Account, sign_in: Any) -> None:
    for year in range(2030, 2042):
        followup = FollowupFactory(current_due=PartialDate(2007, 6))
        extensions.request(followup, PartialDate(year), f"Asked for {year}.", by=analyst)
    session.commit()
    reviewer = sign_in(AccountFactory(role=Role.REVIEWER))
    queue = reviewer.get("/review").text
    assert "Asked for 2039." in queue, "the tenth"
    assert "Asked for 2040." not in queue, "the others have their own list"
    assert 'href="/review/extensions"' in queue
    page = reviewer.get("/review/extensions").text
    assert "12 extensions, by day asked" in page
    assert all(f"Asked for {year}." in page for year in range(2030, 2042))
    first, second = (reviewer.get(f"/review/extensions?size=25&sort={sort}").text for sort in ("asked", "-asked"))
    assert first.index("Asked for 2030.") < first.index("Asked for 2041.")
    assert second.index("Asked for 2041.") < second.index("Asked for 2030.")
    assert ">All 12<" in queue.replace("\n", "").replace("</span>", "<")
    none = reviewer.get("/review/extensions?state=FRA").text
    assert "No extension that is asked for is like that" in none
    assert 'href="/review/extensions"' in none.partition("is like that")[2]


def test_few_extensions_stand_in_the_queue_whole(session: Any, browser: Any, analyst: Account, sign_in: Any) -> None:
    ask(session, analyst)
    session.commit()
    page = sign_in(AccountFactory(role=Role.REVIEWER)).get("/review").text
    assert "Parliament was dissolved." in page
    assert "/review/extensions" not in page


# The file of those that are asked for


def ask_for(years: range, analyst: Account, **columns: Any) -> None:
    """An extension of a follow-up of its own for each of the years."""
    for year in years:
        followup = FollowupFactory(current_due=PartialDate(2007, 6), **columns)
        extensions.request(followup, PartialDate(year), f"Asked for {year}.", by=analyst)


@pytest.mark.parametrize(
    ("question", "count"), [("", 5), ("?sort=-asked", 5), ("?state=KEN&sort=-asked", 2), ("?state=FRA", 0)]
)
def test_the_file_holds_the_extensions_that_the_list_shows_in_its_order(
    session: Any, sign_in: Any, question: str, count: int
) -> None:
    asker = AccountFactory()
    ask_for(range(2030, 2033), asker)
    ask_for(range(2033, 2035), asker, state_id="KEN")
    session.commit()
    reviewer = sign_in(AccountFactory(role=Role.REVIEWER))
    page = reviewer.get(f"/review/extensions{question}").text
    href = export_href(page)
    assert href == f"/review/extensions.csv{question}"
    found = [row["reference"] for row in rows_of(reviewer.get(href))]
    assert found == listed(page) and len(found) == count


def test_a_row_of_the_file_is_an_extension_and_no_cell_is_a_formula(session: Any, sign_in: Any) -> None:
    asker = AccountFactory(name="=Analyst")
    with clock.at(datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)):
        extensions.request(FollowupFactory(current_due=PartialDate(2007, 6)), PartialDate(2032), "=1+1", by=asker)
    session.commit()
    answer = sign_in(AccountFactory(role=Role.REVIEWER)).get("/review/extensions.csv")
    assert 'filename="review-extensions-' in answer.headers["Content-Disposition"]
    (row,) = rows_of(answer)
    assert row == {
        "reference": "PAK-F001",
        "iso3": "PAK",
        "member_state": "Pakistan",
        "old_due": "2007-06",
        "new_due": "2032",
        "reason": "'=1+1",
        "asked_by": "'=Analyst",
        "asked_on": "2031-05-06T07:08:09Z",
    }


def test_the_file_of_the_extensions_keeps_to_the_scope_and_to_what_waits(session: Any, sign_in: Any) -> None:
    asker, reviewer = AccountFactory(), AccountFactory(role=Role.REVIEWER, states=["KEN"])
    ask_for(range(2030, 2032), asker)
    ask_for(range(2032, 2034), asker, state_id="KEN")
    decided = session.scalar(sa.select(DueExtension).where(DueExtension.reason == "Asked for 2032."))
    extensions.refuse(decided, by=reviewer, note="It may sit sooner")
    session.commit()
    browser = sign_in(reviewer)
    assert [row["reason"] for row in rows_of(browser.get("/review/extensions.csv"))] == ["Asked for 2033."]
    assert rows_of(browser.get("/review/extensions.csv?state=PAK")) == []


def test_the_file_of_the_extensions_takes_as_many_statements_whatever_it_holds(session: Any, sign_in: Any) -> None:
    asker, browser = AccountFactory(), sign_in(AccountFactory(role=Role.REVIEWER))
    ask_for(range(2030, 2031), asker)
    session.commit()
    rows_of(browser.get("/review/extensions.csv"))  # what a process keeps is there by then
    few = sent_by(lambda: rows_of(browser.get("/review/extensions.csv")))
    ask_for(range(2031, 2061), asker)
    session.commit()
    assert len(sent_by(lambda: rows_of(browser.get("/review/extensions.csv")))) == len(few)
