"""Meetings: the list, its file, one meeting, and what a coordinator writes of it."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from html import unescape
from io import StringIO
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories import AccountFactory, FollowupFactory, MeasureFactory, PlanFactory, serve
from tests.forms_of_pages import form_for, forms
from tests.pages import text_of
from tracker.extensions import db
from tracker.models import (
    Account,
    Event,
    Followup,
    FollowupStatus,
    Measure,
    Meeting,
    MeetingOutcome,
    MeetingPart,
    Organisation,
    OutcomeKind,
    Role,
)
from tracker.partial_date import PartialDate
from tracker.reports import catalogue
from tracker.services import measures, meetings
from tracker.services.meetings import MeetingInput

SignIn = Callable[[Any], FlaskClient]

GIVEN = {
    "title": "Second expert meeting",
    "series": "Joint plan",
    "place": "Dushanbe",
    "start-day": "29",
    "start-month": "3",
    "start-year": "2011",
    "end-day": "30",
    "end-month": "3",
    "end-year": "2011",
    "pillars": ["II"],
    "topics": "Countering financing",
    "hosts": "UNRCCA",
    "co_organisers": "ctitf; EU",
    "participants": "OSCE\nSCO",
    "attendance": "61 representatives",
    "states": ["TJK", "KGZ"],
    "source": "Page of the Task Force, 2011",
}


@pytest.fixture
def coordinator(session: Any) -> Account:
    account: Account = AccountFactory(role=Role.COORDINATOR)
    return account


@pytest.fixture
def browser(sign_in: SignIn, coordinator: Account) -> FlaskClient:
    return sign_in(coordinator)


def held(by: Account, **changes: Any) -> Meeting:
    """A meeting that was held."""
    given = {"title": "Expert meeting", "start": PartialDate(2011, 3, 29), "source": "A page"} | changes
    return meetings.create(meetings.MeetingInput(**given), by=by)


def recommended(by: Account, text: str = "Keep a register of charities", **changes: Any) -> MeetingOutcome:
    """A recommendation of a meeting."""
    return meetings.add_outcome(held(by, **changes), OutcomeKind.RECOMMENDATION, text, by=by)


def organisation(acronym: str) -> int:
    return next(one.id for one in catalogue.organisations().values() if one.acronym == acronym)


def listed(browser: FlaskClient, address: str) -> list[str]:
    page = browser.get(address, follow_redirects=True).text
    return re.findall(r'<th scope="row"><a class="record-link"[^>]*><bdi[^>]*>(MTG-[^<]+)<', page)


# The list


def test_the_list_shows_the_last_meeting_first_and_its_sentence(browser: FlaskClient, coordinator: Account) -> None:
    held(coordinator, start=PartialDate(2003, 3, 6))
    held(coordinator, start=PartialDate(2011, 7), title="Third")
    db.session.commit()
    assert listed(browser, "/meetings") == ["MTG-2011-1", "MTG-2003-1"]
    assert listed(browser, "/meetings?sort=date") == ["MTG-2003-1", "MTG-2011-1"]
    assert "2 meetings, by date" in browser.get("/meetings").text


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("series=Joint+plan", ["MTG-2011-1"]),
        ("year=2003", ["MTG-2003-1"]),
        ("plan=ca-1", ["MTG-2011-1"]),
        ("organisation=osce", ["MTG-2003-1"]),
        ("state=TJK", ["MTG-2011-1"]),
        ("q=charities", ["MTG-2003-1"]),
        ("q=MTG-2011-1", ["MTG-2011-1"]),
        ("year=2003&organisation=EU", []),
    ],
)
def test_the_list_is_narrowed(browser: FlaskClient, coordinator: Account, asked: str, found: list[str]) -> None:
    plan = PlanFactory(code="CA-1")
    held(coordinator, series="Joint plan", plan_id=plan.id, states=["TJK"], hosts=[organisation("EU")])
    held(coordinator, start=PartialDate(2003, 3, 6), topics="Charities", participants=[organisation("OSCE")])
    db.session.commit()
    assert listed(browser, f"/meetings?{asked}") == found


@pytest.mark.parametrize("asked", ["year=03", "year=9999999999", "state=ZZZ", "sort=place"])
def test_what_makes_no_sense_is_said(browser: FlaskClient, asked: str) -> None:
    answer = browser.get(f"/meetings?{asked}")
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text


def test_the_file_holds_the_rows_of_the_list(browser: FlaskClient, coordinator: Account) -> None:
    outcome = recommended(
        coordinator,
        series="Joint plan",
        pillars=["IV", "I"],
        states=["TJK", "KGZ"],
        hosts=[organisation("UNRCCA")],
        co_organisers=[organisation("EU"), organisation("CTITF")],
        attendance="61 representatives",
    )
    meetings.add_outcome(outcome.meeting, OutcomeKind.GAP, "No register", by=coordinator)
    held(coordinator, start=PartialDate(2003), title="=Other")
    db.session.commit()
    answer = browser.get("/meetings.csv?series=Joint+plan")
    (row,) = csv.DictReader(StringIO(answer.text.lstrip("\ufeff")))
    assert row == {
        "meeting_id": "MTG-2011-1",
        "series": "Joint plan",
        "title": "Expert meeting",
        "place": "",
        "start_date": "2011-03-29",
        "end_date": "",
        "hosts": "UNRCCA",
        "co_organisers": "CTITF;EU",
        "states": "KGZ;TJK",
        "organisations": "",
        "attendance": "61 representatives",
        "pillars": "I;IV",
        "plan_code": "",
        "topics": "",
        "outcomes": "recommendation: Keep a register of charities;gap: No register",
        "source": "A page",
    }
    assert "'=Other" in browser.get("/meetings.csv?year=2003").text


# One meeting


@pytest.mark.parametrize("role", [Role.ANALYST, Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_everyone_reads_a_meeting_and_only_coordinators_write(
    sign_in: SignIn, coordinator: Account, role: Role
) -> None:
    outcome = recommended(coordinator)
    db.session.commit()
    reader = sign_in(AccountFactory(role=role, states=None if role is Role.ADMINISTRATOR else ["PAK"]))
    page = reader.get("/meetings/mtg-2011-1").text
    assert "Keep a register of charities" in page
    assert "/edit" not in page and "/remove" not in page
    for address in ("new", "MTG-2011-1/edit", "MTG-2011-1/outcomes/new", f"MTG-2011-1/outcomes/{outcome.id}/remove"):
        assert reader.get(f"/meetings/{address}").status_code == 403


def test_a_meeting_names_its_states_as_on_its_day(browser: FlaskClient, coordinator: Account) -> None:
    held(coordinator, start=PartialDate(2013, 5), states=["CZE"])
    db.session.commit()
    page = browser.get("/meetings/MTG-2013-1").text
    assert "Czech Republic" in page.partition("Timeline")[0]
    assert "Czechia" not in page.partition("Timeline")[0]


@pytest.mark.parametrize("reference", ["MTG-1999-1", "MTG-2011-99999999999", "x"])
def test_what_is_not_there_is_not_found(browser: FlaskClient, reference: str) -> None:
    assert browser.get(f"/meetings/{reference}").status_code == 404


def test_the_page_of_a_plan_lists_its_meetings_the_first_first(browser: FlaskClient, coordinator: Account) -> None:
    plan = PlanFactory(code="CA-1")
    for year in (2017, 2010):
        held(coordinator, start=PartialDate(year), plan_id=plan.id)
    held(coordinator, start=PartialDate(2005))
    db.session.commit()
    page = browser.get("/plans/CA-1").text
    assert re.findall(r'href="/meetings/([^"]+)"', page) == ["MTG-2010-1", "MTG-2017-1"]


# Writing


def test_a_meeting_without_an_end_took_place_on_its_day(browser: FlaskClient, coordinator: Account) -> None:
    plan = PlanFactory(code="CX-2026")
    meeting = held(coordinator, start=PartialDate(2026, 3, 31), plan_id=plan.id)
    addresses = ("/meetings", f"/meetings/{meeting.reference}", "/plans/CX-2026")
    for address in addresses:
        page = text_of(browser.get(address, follow_redirects=True).text)
        assert "31 March 2026" in page and "from 31 March 2026" not in page, address


def test_a_coordinator_records_a_meeting(browser: FlaskClient) -> None:
    answer = browser.post("/meetings/new", data=GIVEN)
    assert (answer.status_code, answer.location) == (303, "/meetings/MTG-2011-1")
    meeting = db.session.query(Meeting).one()
    assert (meeting.start.iso, meeting.end.iso if meeting.end else "", meeting.pillars) == (
        "2011-03-29",
        "2011-03-30",
        "II",
    )
    parts = {(row.part, catalogue.organisations()[row.organisation_id].acronym) for row in meeting.organisations}
    assert parts == {
        (MeetingPart.HOST, "UNRCCA"),
        (MeetingPart.CO_ORGANISER, "CTITF"),
        (MeetingPart.CO_ORGANISER, "EU"),
        (MeetingPart.PARTICIPANT, "OSCE"),
        (MeetingPart.PARTICIPANT, "SCO"),
    }
    page = browser.get("/meetings/MTG-2011-1").text
    for words in ("61 representatives", "Tajikistan", "Kyrgyzstan", "Dushanbe", "UNRCCA", "29–30 March 2011"):
        assert words in page
    assert "recorded the meeting" in page or "created" in page


def test_the_same_form_sent_twice_records_one_meeting(browser: FlaskClient) -> None:
    key = {"request_key": "0123456789abcdef0123456789abcdef"}
    first, second = (browser.post("/meetings/new", data=GIVEN | key) for _time in range(2))
    assert first.location == second.location
    assert db.session.query(Meeting).count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": ""}, "Enter the title"),
        ({"source": ""}, "Name the source"),
        ({"start-year": ""}, "enter the year as well"),
        ({"end-year": "2010"}, "The end lies before the start"),
        ({"hosts": "UNRCCA; NOBODY"}, "no organisation is known as “NOBODY”"),
        ({"states": ["ZZZ"]}, "is not one of the choices"),
        ({"plan_id": "999999"}, "is not one of the choices"),
        ({"pillars": ["V"]}, "is not one of the choices"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_kept(browser: FlaskClient, changes: Any, words: str) -> None:
    answer = browser.post("/meetings/new", data=GIVEN | changes)
    assert answer.status_code == 422
    assert words in answer.text and "61 representatives" in answer.text
    assert db.session.query(Meeting).count() == 0


def test_what_is_known_is_offered_with_its_full_name(browser: FlaskClient, coordinator: Account) -> None:
    held(coordinator, series="Joint plan", hosts=[organisation("EU")], co_organisers=[organisation("CTITF")])
    held(coordinator, series="Joint plan")
    db.session.commit()
    for address in ("/meetings/new", "/meetings/MTG-2011-1/edit"):
        page = browser.get(address).text
        assert re.search(r'<option value="EU">EU – European Union</option>', page)
        assert page.count('<option value="Joint plan">') == 1
        assert re.search(r'name="series"[^>]*list="known-series"|list="known-series"[^>]*name="series"', page)
        assert page.count('list="known-organisations"') == page.count('aria-label="Hosts, ') * 3 >= 9
    assert '<input class="form-control" type="text" name="hosts" id="hosts" value="EU"' in page
    assert page.count('name="hosts"') == 3, "room for more"


def test_organisations_stand_one_in_each_box_or_several_in_one(browser: FlaskClient) -> None:
    given = GIVEN | {"hosts": ["UNRCCA", "", "osce; European Union"], "series": "A new series"}
    assert browser.post("/meetings/new", data=given).status_code == 303
    page = browser.get("/meetings/MTG-2011-1").text
    hosts = text_of(page.partition("<dt>Hosts</dt>")[2].partition("</dd>")[0])
    assert hosts == "EU , OSCE , UNRCCA"
    assert "A new series" in page


def test_an_organisation_that_is_new_is_recorded_when_that_is_said(browser: FlaskClient, coordinator: Account) -> None:
    given = GIVEN | {"hosts": ["Quorlith", "EU"], "participants": "quorlith; OSCE"}
    refused = browser.post("/meetings/new", data=given)
    assert refused.status_code == 422 and "no organisation is known as “Quorlith”" in refused.text
    assert 'value="Quorlith"' in refused.text and 'name="new_organisations"' in refused.text
    assert 'name="new_organisations"' not in browser.get("/meetings/new").text, "nothing to tick where all are known"
    again = fields_of(refused.text, "/meetings/new") | {"new_organisations": "y"}
    assert browser.post("/meetings/new", data=again).status_code == 303
    page = browser.get("/meetings/MTG-2011-1").text.partition('id="timeline"')[0]
    assert page.count(">Quorlith<") == 2, "one organisation, that hosted and took part"
    assert '<option value="Quorlith">Quorlith</option>' in browser.get("/meetings/new").text
    event = db.session.query(Event).filter_by(kind="meeting.created").one()
    assert '"new_organisations":["Quorlith"]' in event.text


def test_a_new_organisation_is_given_its_full_name(browser: FlaskClient, coordinator: Account) -> None:
    given = GIVEN | {"hosts": ["QRL", "EU"], "participants": "Vorm; qrl"}
    refused = browser.post("/meetings/new", data=given)
    again = fields_of(refused.text, "/meetings/new")
    assert again["new_names"] == ["QRL: \nVorm: "], "a line for each, to be filled in"
    again |= {"new_organisations": "y", "new_names": "qrl : Quorlith Regional League\r\nVorm:"}
    assert browser.post("/meetings/new", data=again).status_code == 303
    known = {one.acronym: one.name for one in db.session.query(Organisation)}
    assert (known["QRL"], known["Vorm"]) == ("Quorlith Regional League", "Vorm")
    assert '<option value="QRL">QRL – Quorlith Regional League</option>' in browser.get("/meetings/new").text
    event = db.session.query(Event).filter_by(kind="meeting.created").one()
    assert '"new_organisations":["QRL – Quorlith Regional League","Vorm"]' in event.text


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("Quorlith League", "“Quorlith League” begins with none of: QRL"),
        ("QRLX: Quorlith League", "“QRLX: Quorlith League” begins with none of: QRL"),
        ("QRL: " + "Q" * 301, "QRL must be 300 characters or less"),
        ("QRL: european union", "european union is known already, as EU"),
        ("QRL: a\u202eb", "direction"),
    ],
)
def test_a_full_name_that_cannot_be_is_refused_and_kept(browser: FlaskClient, names: str, said: str) -> None:
    given = GIVEN | {"hosts": "QRL", "new_organisations": "y", "new_names": names}
    answer = browser.post("/meetings/new", data=given)
    assert answer.status_code == 422 and db.session.query(Meeting).count() == 0
    assert said in unescape(answer.text)
    assert names in fields_of(answer.text, "/meetings/new")["new_names"][0]


@pytest.mark.parametrize("name", ["Q" * 61, "a\u202eb"])
def test_what_can_be_no_acronym_is_refused_though_it_is_said_to_be_new(browser: FlaskClient, name: str) -> None:
    answer = browser.post("/meetings/new", data=GIVEN | {"hosts": name, "new_organisations": "y"})
    assert answer.status_code == 422 and db.session.query(Meeting).count() == 0


def test_everything_wrong_with_a_meeting_is_said_at_once(browser: FlaskClient) -> None:
    wrong = {"title": "", "source": "", "end-year": "2010", "hosts": "NOBODY"}
    page = browser.post("/meetings/new", data=GIVEN | wrong).text
    for said in ("Enter the title", "Name the source", "The end lies before the start", "known as “NOBODY”"):
        assert said in page
    assert "61 representatives" in page


def test_a_meeting_saved_as_it_was_says_so(browser: FlaskClient, coordinator: Account) -> None:
    held(coordinator)
    db.session.commit()
    address = "/meetings/MTG-2011-1/edit"
    assert browser.post(address, data=fields_of(browser.get(address).text, address)).status_code == 303
    assert "Nothing was changed." in browser.get("/meetings/MTG-2011-1").text


def test_a_doubled_click_on_a_meeting_is_told_that_it_is_done(browser: FlaskClient, coordinator: Account) -> None:
    outcome = recommended(coordinator)
    db.session.commit()
    remove = f"/meetings/MTG-2011-1/outcomes/{outcome.id}/remove"
    for address, typed in (("/meetings/MTG-2011-1/edit", {"place": "Almaty"}), (remove, {"reason": "Twice"})):
        given = fields_of(browser.get(address).text, address) | typed
        assert [browser.post(address, data=given).status_code for _click in range(2)] == [303, 303]
        assert "This was done already" in browser.get("/meetings/MTG-2011-1").text


def test_editing_keeps_the_reference_and_tells_what_changed(browser: FlaskClient, coordinator: Account) -> None:
    meeting = held(coordinator, states=["TJK"], hosts=[organisation("EU")])
    db.session.commit()
    changed = GIVEN | {"start-year": "2012", "end-year": "2012", "version": str(meeting.version)}
    assert browser.post("/meetings/MTG-2011-1/edit", data=changed).status_code == 303
    page = browser.get("/meetings/MTG-2011-1").text
    assert "29–30 March 2012" in page
    assert "was </span>EU" not in page and "taken off" in page


def test_who_opened_it_before_another_saved_sees_both_texts(browser: FlaskClient, coordinator: Account) -> None:
    meeting = held(coordinator)
    db.session.commit()
    stale = str(meeting.version)
    meetings.edit(meeting, meetings.MeetingInput("Renamed", meeting.start, source="A page"), by=coordinator)
    db.session.commit()
    answer = browser.post("/meetings/MTG-2011-1/edit", data=GIVEN | {"version": stale})
    assert answer.status_code == 409
    assert "Renamed" in answer.text and "Second expert meeting" in answer.text


def test_an_outcome_is_added_and_taken_off_with_a_reason(browser: FlaskClient, coordinator: Account) -> None:
    held(coordinator)
    db.session.commit()
    given = {"kind": "good_practice", "text": "A joint exercise each year"}
    assert browser.post("/meetings/MTG-2011-1/outcomes/new", data=given).status_code == 303
    assert "A joint exercise each year" in browser.get("/meetings/MTG-2011-1").text
    outcome = db.session.query(MeetingOutcome).one()
    address = f"/meetings/MTG-2011-1/outcomes/{outcome.id}/remove"
    assert "Give a reason" in browser.post(address, data={"reason": " "}).text
    assert browser.post(address, data={"reason": "Entered twice"}).status_code == 303
    page = browser.get("/meetings/MTG-2011-1").text
    assert "Entered twice" in page and "No gap, good practice or recommendation is recorded." in page
    assert browser.get(address).status_code == 404


def test_an_outcome_is_taken_off_from_its_own_meeting_only(browser: FlaskClient, coordinator: Account) -> None:
    outcome = recommended(coordinator)
    held(coordinator, start=PartialDate(2012))
    db.session.commit()
    assert browser.get(f"/meetings/MTG-2012-1/outcomes/{outcome.id}/remove").status_code == 404


def test_an_outcome_is_corrected_and_the_timeline_keeps_both_texts(browser: FlaskClient, coordinator: Account) -> None:
    outcome = recommended(coordinator)
    db.session.commit()
    address = f"/meetings/MTG-2011-1/outcomes/{outcome.id}/edit"
    assert f'href="{address}"' in browser.get("/meetings/MTG-2011-1").text
    given = fields_of(browser.get(address).text, "")
    assert (given["kind"], given["text"]) == (["recommendation"], ["Keep a register of charities"])
    assert "Enter what the meeting produced" in browser.post(address, data=given | {"text": " "}).text
    answer = browser.post(address, data=given | {"kind": "good_practice", "text": "Publish the register"})
    assert (answer.status_code, answer.location) == (303, f"/meetings/MTG-2011-1#outcome-{outcome.id}")
    page, _mark, told = browser.get("/meetings/MTG-2011-1").text.partition('id="timeline"')
    assert "Publish the register" in page and "Good practice" in page and "Keep a register" not in page
    assert "changed an outcome" in told
    for words in ("Keep a register of charities", "Publish the register", "Recommendation", "Good practice"):
        assert words in told


def test_a_kind_alone_that_is_corrected_says_of_which_outcome(browser: FlaskClient, coordinator: Account) -> None:
    outcome = recommended(coordinator)
    db.session.commit()
    address = f"/meetings/MTG-2011-1/outcomes/{outcome.id}/edit"
    browser.post(address, data=fields_of(browser.get(address).text, "") | {"kind": "gap"})
    told = browser.get("/meetings/MTG-2011-1").text.partition('id="timeline"')[2]
    assert "changed an outcome" in told.partition("added an outcome")[0]
    assert "Keep a register of charities" in told.partition("added an outcome")[0]


def test_two_who_correct_an_outcome_at_once_are_shown_both_texts(browser: FlaskClient, coordinator: Account) -> None:
    outcome = recommended(coordinator)
    db.session.commit()
    address = f"/meetings/MTG-2011-1/outcomes/{outcome.id}/edit"
    seen = fields_of(browser.get(address).text, "")
    meetings.edit_outcome(outcome, OutcomeKind.RECOMMENDATION, "Publish the register", by=coordinator)
    db.session.commit()
    answer = browser.post(address, data=seen | {"text": "Keep a public register"})
    assert answer.status_code == 409
    assert "Publish the register" in answer.text and "Keep a public register" in answer.text
    assert browser.post(address, data=fields_of(answer.text, "")).status_code == 303, "saving again is a decision"
    assert "Keep a public register" in browser.get("/meetings/MTG-2011-1").text


def test_an_outcome_is_corrected_at_its_own_meeting_only_and_while_it_is_listed(
    browser: FlaskClient, sign_in: SignIn, coordinator: Account
) -> None:
    outcome = recommended(coordinator)
    held(coordinator, start=PartialDate(2012))
    db.session.commit()
    assert browser.get(f"/meetings/MTG-2012-1/outcomes/{outcome.id}/edit").status_code == 404
    meetings.remove_outcome(outcome, "Entered twice", by=coordinator)
    db.session.commit()
    assert browser.get(f"/meetings/MTG-2011-1/outcomes/{outcome.id}/edit").status_code == 404
    assert "/edit" not in sign_in(AccountFactory()).get("/meetings/MTG-2011-1").text


def test_what_an_outcome_became_stays_linked_when_it_is_corrected(
    browser: FlaskClient, sign_in: SignIn, coordinator: Account
) -> None:
    plan, analyst = PlanFactory(code="CA-1"), AccountFactory(role=Role.ANALYST)
    outcome, followup = recommended(coordinator, plan_id=plan.id), FollowupFactory()
    meetings.become(outcome, MeasureFactory(plan=plan), by=coordinator)
    meetings.become(outcome, followup, by=analyst)
    db.session.commit()
    address = f"/meetings/MTG-2011-1/outcomes/{outcome.id}/edit"
    browser.post(address, data=fields_of(browser.get(address).text, "") | {"text": "Publish it", "kind": "gap"})
    measure, reader = browser.get("/measures/CA-1-M01").text, sign_in(analyst)
    assert 'href="/measures/CA-1-M01"' in reader.get("/meetings/MTG-2011-1").text
    assert f'href="/follow-ups/{followup.reference}"' in reader.get("/meetings/MTG-2011-1").text
    record = reader.get(f"/follow-ups/{followup.reference}").text
    for page in (measure, record):
        assert 'href="/meetings/MTG-2011-1"' in page
        assert (
            "Comes from the meeting" in page and "Recommended by the meeting" not in page.partition('id="timeline"')[0]
        )
    assert "Comes from the meeting" in reader.get(f"/trace/{followup.reference}").text


# What a recommendation becomes


def fields_of(page: str, address: str) -> dict[str, list[str]]:
    """What the form of the page would send untouched."""
    form = form_for(page, address)
    assert form is not None
    return form.data()


def test_a_recommendation_becomes_a_measure_of_the_meeting_s_plan(browser: FlaskClient, coordinator: Account) -> None:
    plan = PlanFactory(code="CA-1")
    outcome = recommended(coordinator, plan_id=plan.id, pillars=["II"])
    db.session.commit()
    address = f"/plans/CA-1/measures/new?outcome={outcome.id}"
    assert f'href="{address}"' in browser.get("/meetings/MTG-2011-1").text
    page = browser.get(address).text
    assert "The recommendation that it comes from" in page and "/meetings/MTG-2011-1" in page
    given = fields_of(page, address)
    assert (given["text"], given["pillar"]) == (["Keep a register of charities"], ["II"])
    assert given["wording_note"] == ["Recommended by the meeting MTG-2011-1"]
    answer = browser.post(address, data=given)
    assert (answer.status_code, answer.location) == (303, "/measures/CA-1-M01")
    assert (
        db.session.get_one(MeetingOutcome, outcome.id).measure_id
        == db.session.query(Measure).filter_by(reference="CA-1-M01").one().id
    )
    assert 'href="/meetings/MTG-2011-1"' in browser.get("/measures/CA-1-M01").text
    page = browser.get("/meetings/MTG-2011-1").text
    assert 'href="/measures/CA-1-M01"' in page
    assert "measures/new" not in page


def test_a_recommendation_becomes_a_follow_up_of_a_state(sign_in: SignIn, coordinator: Account) -> None:
    outcome = recommended(coordinator)
    db.session.commit()
    browser = sign_in(AccountFactory(role=Role.ANALYST, states=["PAK"]))
    first = f"/follow-ups/new?outcome={outcome.id}"
    assert f'href="{first}"' in browser.get("/meetings/MTG-2011-1").text
    assert browser.get(first).status_code == 200
    answer = browser.post(first, data={"state": "PAK"})
    assert answer.location == f"/follow-ups/new?state=PAK&outcome={outcome.id}"
    page = browser.get(answer.location).text
    assert "The recommendation that it comes from" in page
    given = fields_of(page, answer.location)
    assert given["title"] == ["Keep a register of charities"]
    assert given["no_conclusion_reason"] == ["Recommended by the meeting MTG-2011-1."]
    assert browser.post(answer.location, data=given).location == "/follow-ups/PAK-F001"
    assert 'href="/meetings/MTG-2011-1"' in browser.get("/follow-ups/PAK-F001").text
    page = browser.get("/meetings/MTG-2011-1").text
    assert 'href="/follow-ups/PAK-F001"' in page
    assert "made an outcome a measure or a follow-up" in page


def without_tokens(page: str) -> str:
    """The page without what differs from request to request."""
    page = re.sub(r'<p class="print-only">.*?</p>', "", page, flags=re.DOTALL)  # says at which minute
    return re.sub(r'(nonce|name="csrf_token" value|name="request_key"[^>]* value)="[^"]*"', "", page)


@pytest.mark.parametrize("role", [Role.ANALYST, Role.COORDINATOR])
def test_a_follow_up_out_of_scope_changes_nothing_on_the_meeting_s_page(
    sign_in: SignIn, coordinator: Account, role: Role
) -> None:
    outcome = recommended(coordinator)
    db.session.commit()
    browser = sign_in(AccountFactory(role=role, states=["IND"]))
    before = without_tokens(browser.get("/meetings/MTG-2011-1").text)
    meetings.become(outcome, FollowupFactory(), by=AccountFactory(role=Role.ANALYST))
    db.session.commit()
    assert without_tokens(browser.get("/meetings/MTG-2011-1").text) == before
    if role is Role.ANALYST:
        assert f'href="/follow-ups/new?outcome={outcome.id}"' in before


def test_an_outcome_is_taken_off_whatever_it_became_and_stays_the_origin(sign_in: SignIn, coordinator: Account) -> None:
    outcome, analyst = recommended(coordinator), AccountFactory(role=Role.ANALYST)
    followup = FollowupFactory()
    meetings.become(outcome, followup, by=analyst)
    db.session.commit()
    browser = sign_in(AccountFactory(role=Role.COORDINATOR, states=["IND"]))
    address = f"/meetings/MTG-2011-1/outcomes/{outcome.id}/remove"
    assert f'href="{address}"' in browser.get("/meetings/MTG-2011-1").text
    assert browser.post(address, data={"reason": "Not adopted"}).status_code == 303
    page = browser.get("/meetings/MTG-2011-1").text
    assert "No gap, good practice or recommendation is recorded." in page
    assert "Keep a register of charities" in page.partition('id="timeline"')[2], "the timeline says which"
    assert browser.get(address).status_code == 404
    assert "Keep a register" not in browser.get("/meetings.csv").text
    reader = sign_in(analyst)
    assert 'href="/meetings/MTG-2011-1"' in reader.get(f"/follow-ups/{followup.reference}").text
    assert reader.get(f"/follow-ups/new?outcome={outcome.id}").status_code == 404


def test_one_recommendation_becomes_follow_ups_of_several_states(sign_in: SignIn, coordinator: Account) -> None:
    outcome, analyst = recommended(coordinator), AccountFactory(role=Role.ANALYST)
    meetings.become(outcome, FollowupFactory(), by=analyst)
    db.session.commit()
    browser = sign_in(AccountFactory(role=Role.ANALYST, states=["AFG", "IND", "PAK"]))
    address = f"/follow-ups/new?state=IND&outcome={outcome.id}"
    given = fields_of(browser.get(address).text, address)
    assert browser.post(address, data=given).location == "/follow-ups/IND-F001"
    page = browser.get("/meetings/MTG-2011-1").text
    assert re.findall(r'href="/follow-ups/([A-Z]{3}-F\d+)"', page) == ["IND-F001", "PAK-F001"]
    offered = browser.get(f"/follow-ups/new?outcome={outcome.id}").text
    assert 'value="AFG"' in offered and 'value="IND"' not in offered and 'value="PAK"' not in offered
    assert "Those with a follow-up from it are not offered" in offered


def test_the_step_to_the_state_names_the_recommendation_and_offers_who_was_there_first(
    sign_in: SignIn, coordinator: Account
) -> None:
    outcome = recommended(coordinator, states=["TJK", "KGZ"])
    db.session.commit()
    browser = sign_in(AccountFactory(role=Role.ANALYST, states=["AFG", "KGZ", "PAK"]))
    page = browser.get(f"/follow-ups/new?outcome={outcome.id}").text
    assert "Keep a register of charities" in page and "Expert meeting" in page
    here = f"/meetings/MTG-2011-1#outcome-{outcome.id}"
    assert page.count(f'href="{here}"') == 3, "the trail, the card, and the way back"
    first, _other, others = page.partition("Others in your scope")
    assert 'label="Took part in the meeting"' in first and 'value="KGZ"' in first and 'value="AFG"' not in first
    assert 'value="AFG"' in others and 'value="PAK"' in others and 'value="TJK"' not in page, "out of scope"


def test_those_who_carry_out_the_plan_of_the_meeting_are_offered_before_others(
    session: Any, sign_in: SignIn, coordinator: Account
) -> None:
    plan = PlanFactory(participants=("PAK", "KGZ"), observers=("AFG",))
    outcome = recommended(coordinator, states=["KGZ"], plan_id=plan.id)
    db.session.commit()
    browser = sign_in(AccountFactory(role=Role.ANALYST, states=["AFG", "KGZ", "PAK"]))
    page = browser.get(f"/follow-ups/new?outcome={outcome.id}").text
    of_meeting, _label, rest = page.partition('label="Take part in the plan')
    of_plan, _label, others = rest.partition("Others in your scope")
    assert plan.code in of_plan and 'value="KGZ"' in of_meeting
    assert 'value="PAK"' in of_plan and 'value="KGZ"' not in rest
    assert 'value="AFG"' in others, "it only watches"


def test_where_no_state_is_left_the_page_says_so(sign_in: SignIn, coordinator: Account) -> None:
    outcome, analyst = recommended(coordinator), AccountFactory(role=Role.ANALYST, states=["PAK"])
    meetings.become(outcome, FollowupFactory(), by=analyst)
    db.session.commit()
    page = sign_in(analyst).get(f"/follow-ups/new?outcome={outcome.id}").text
    assert "No Member State is left" in page and "Go on" not in page


def test_a_saved_follow_up_is_offered_the_measures_that_its_meeting_leads_to(
    sign_in: SignIn, coordinator: Account
) -> None:
    plan = PlanFactory(code="CA-1", participants=("KGZ", "PAK"))
    outcome = recommended(coordinator, plan_id=plan.id, states=["PAK"])
    elsewhere = PlanFactory(code="EU-1", participants=("IND",))
    for text, its_plan in (("Cash couriers", plan), ("Charities", plan), ("Not of this State", elsewhere)):
        topic = meetings.add_outcome(outcome.meeting, OutcomeKind.TOPIC, text, by=coordinator)
        meetings.become(topic, measures.create(its_plan, measures.Wording(text, "II"), by=coordinator), by=coordinator)
    db.session.commit()
    browser = sign_in(AccountFactory(role=Role.ANALYST, states=["PAK"]))
    address = f"/follow-ups/new?state=PAK&outcome={outcome.id}"
    browser.post(address, data=fields_of(browser.get(address).text, address))
    page = browser.get("/follow-ups/PAK-F001").text
    assert "stands what the meeting leads to" in page and "None yet." in page, "nothing is linked by itself"
    offered = re.findall(r'name="measures" value="([^"]+)"', page)
    assert offered == ["CA-1-M02", "CA-1-M01"], "the nearest in words first"
    given = next(one for one in forms(page) if one.action == "/follow-ups/PAK-F001/measures").data()
    assert given["reason"] == ["Recommended by the meeting MTG-2011-1, which led to this measure."]
    answer = browser.post("/follow-ups/PAK-F001/measures", data=given | {"measures": "CA-1-M02"})
    assert answer.location == "/follow-ups/PAK-F001#measures"
    page = browser.get("/follow-ups/PAK-F001").text
    assert re.findall(r'name="measures" value="([^"]+)"', page) == ["CA-1-M01"]
    assert 'href="/follow-ups/PAK-F001/measures/CA-1-M02/remove"' in page


def test_two_who_make_it_a_follow_up_of_one_state_at_once(sign_in: SignIn, coordinator: Account) -> None:
    outcome = recommended(coordinator)
    analyst = AccountFactory(role=Role.ANALYST)
    db.session.commit()
    browser = sign_in(analyst)
    address = f"/follow-ups/new?state=PAK&outcome={outcome.id}"
    given = fields_of(browser.get(address).text, address)
    meetings.become(outcome, FollowupFactory(), by=analyst)
    db.session.commit()
    answer = browser.post(address, data=given)
    assert answer.status_code == 409
    assert "PAK-F001" in answer.text
    assert db.session.query(Followup).count() == 1


def test_a_topic_says_how_many_follow_ups_serve_its_measure(
    browser: FlaskClient, sign_in: SignIn, coordinator: Account
) -> None:
    measure = MeasureFactory(plan=PlanFactory(code="CA-1", participants=("KGZ", "TJK"), observers=("UZB",)))
    meeting = held(coordinator, plan_id=measure.plan_id)
    topic = meetings.add_outcome(meeting, OutcomeKind.TOPIC, "Countering financing", by=coordinator)
    meetings.become(topic, measure, by=coordinator)
    for state in ("KGZ", "TJK", "UZB"):
        serve(FollowupFactory(state_id=state), measure)
    serve(FollowupFactory(state_id="KGZ", workflow=FollowupStatus.WITHDRAWN), measure)
    db.session.commit()
    page = browser.get("/meetings/MTG-2011-1").text
    link = re.search(r'href="([^"]+)">2 follow-ups serve it<', page)
    assert link and "Showing 2 of 2 follow-ups" in text_of(browser.get(unescape(link[1])).text)
    of_one = sign_in(AccountFactory(states=["KGZ"])).get("/meetings/MTG-2011-1").text
    assert "1 follow-up serves it" in of_one
    of_none = sign_in(AccountFactory(role=Role.ADMINISTRATOR)).get("/meetings/MTG-2011-1").text
    assert "serves it" not in of_none and "serve it" not in of_none


def test_a_topic_leads_to_its_measure_and_back_and_is_no_recommendation(
    browser: FlaskClient, coordinator: Account
) -> None:
    measure = MeasureFactory(plan=PlanFactory(code="CA-1"))
    meeting = held(coordinator, plan_id=measure.plan_id)
    topic = meetings.add_outcome(meeting, OutcomeKind.TOPIC, "Countering financing", by=coordinator)
    meetings.become(topic, measure, by=coordinator)
    db.session.commit()
    page = browser.get("/meetings/MTG-2011-1").text
    part = page[page.index('id="topics"') : page.index('id="outcomes"')]
    assert "Countering financing" in part and 'href="/measures/CA-1-M01"' in part
    assert 'href="/trace/MTG-2011-1"' in page
    back = browser.get("/measures/CA-1-M01").text
    assert 'href="/meetings/MTG-2011-1"' in back and "Topic of the meeting" in back
    assert "Recommended by the meeting" not in back


def test_a_topic_is_made_a_measure_that_does_not_say_it_was_recommended(
    browser: FlaskClient, coordinator: Account
) -> None:
    meeting = held(coordinator, plan_id=PlanFactory(code="CA-1").id, pillars=["II"])
    topic = meetings.add_outcome(meeting, OutcomeKind.TOPIC, "Countering financing", by=coordinator)
    db.session.commit()
    address = f"/plans/CA-1/measures/new?outcome={topic.id}"
    assert f'href="{address}"' in browser.get("/meetings/MTG-2011-1").text
    form = browser.get(address).text
    assert "Recommended" not in form and "recommendation" not in form
    assert browser.post(address, data=fields_of(form, address)).status_code == 303
    assert (
        "Topic of the meeting MTG-2011-1"
        in db.session.query(Measure).filter_by(reference="CA-1-M01").one().wording_note
    )
    assert browser.get(f"/follow-ups/new?outcome={topic.id}").status_code in (403, 404)


@pytest.mark.parametrize("number", ["0", "99999", "x", "9" * 30, ""])
def test_only_a_recommendation_leads_to_a_new_record(sign_in: SignIn, coordinator: Account, number: str) -> None:
    PlanFactory(code="CA-1")
    db.session.commit()
    assert sign_in(coordinator).get(f"/plans/CA-1/measures/new?outcome={number}").status_code == 404
    assert sign_in(AccountFactory()).get(f"/follow-ups/new?outcome={number}").status_code == 404


def test_a_gap_becomes_nothing(browser: FlaskClient, coordinator: Account) -> None:
    plan = PlanFactory(code="CA-1")
    gap = meetings.add_outcome(held(coordinator, plan_id=plan.id), OutcomeKind.GAP, "No register", by=coordinator)
    db.session.commit()
    assert "outcome=" not in browser.get("/meetings/MTG-2011-1").text
    assert browser.get(f"/plans/CA-1/measures/new?outcome={gap.id}").status_code == 404


def test_a_state_out_of_scope_is_named_and_leads_nowhere(coordinator: Account, sign_in: SignIn) -> None:
    given = MeetingInput(title="One", start=PartialDate.parse("2011-03"), source="A page", states=["PAK", "TJK"])
    meeting = meetings.create(given, by=coordinator)
    db.session.commit()
    page = sign_in(AccountFactory(states=["PAK"])).get(f"/meetings/{meeting.reference}").text
    assert 'href="/states/PAK"' in page and "Tajikistan" in page
    assert 'href="/states/TJK"' not in page
