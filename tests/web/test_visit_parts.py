"""The sections and parts of a visit, each from a form of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories import AccountFactory
from tests.forms_of_pages import form_for
from tests.pages import text_of
from tracker.extensions import db
from tracker.models import ConsentScope, DelegateKind, Event, Organisation, Role, Visit
from tracker.partial_date import PartialDate
from tracker.services import visit_parts as parts
from tracker.services import visits as service

SignIn = Callable[[Any], FlaskClient]


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
    assert stale.status_code == 409 and "Nothing was removed." in stale.text
    assert browser.post(f"{address}/{row_id}/remove", data={"version": str(visit.version)}).status_code == 303
    assert browser.get(f"{address}/{row_id}").status_code == 404


def test_a_row_of_another_visit_is_not_found(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    service.create("PAK", by=analyst, components=[parts.Component(start=PartialDate(2014))])
    row_id = visit.components[0].id
    browser = sign_in(analyst)
    assert browser.get(f"/visits/PAK-2014-1/components/{row_id}").status_code == 404
    assert browser.get(f"/visits/PAK-2006-1/components/{10**26}").status_code == 404


def test_each_change_leaves_one_event(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    browser = sign_in(analyst)
    before = db.session.scalar(sa.select(sa.func.count()).select_from(Event))
    browser.post("/visits/PAK-2006-1/checks/new", data={"place": "Karachi port"})
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Event)) == before + 1


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


def test_resolutions_are_proposed_until_somebody_saved_them(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    browser = sign_in(analyst)
    assert "Applicable resolutions Proposed, not yet confirmed" in text_of(browser.get("/visits/PAK-2006-1").text)
    numbers = [str(link.resolution_number) for link in visit.resolutions]
    typed = {"version": str(visit.version), "resolutions": numbers}
    assert browser.post("/visits/PAK-2006-1/resolutions", data=typed).status_code == 303
    assert f"Applicable resolutions Done ({len(numbers)})" in text_of(browser.get("/visits/PAK-2006-1").text)


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


def test_only_who_may_change_a_visit_has_a_column_for_it(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    parts.add_check(visit, parts.Check("Airport"), by=analyst)
    db.session.commit()
    column = '<th scope="col" class="screen-only">Change</th>'
    assert column in sign_in(analyst).get("/visits/PAK-2006-1").text
    read = sign_in(AccountFactory(role=Role.AUDITOR)).get("/visits/PAK-2006-1").text
    assert "Airport" in read and ">Change</th>" not in read


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


def test_the_areas_in_scope_fold_by_group_and_are_found_by_their_words(
    analyst: Any, visit: Visit, sign_in: SignIn
) -> None:
    page = sign_in(analyst).get("/visits/PAK-2006-1/scope").text
    assert 'data-find="Find in this list"' in page and "/choices.js" in page
    assert page.count('<details class="disclosure choice-group" open>') == 2, "those with a tick"


def test_a_component_changed_meanwhile_is_a_conflict(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    browser = sign_in(analyst)
    address = f"/visits/PAK-2006-1/components/{visit.components[0].id}"
    version = str(visit.version)
    browser.post(address, data={"version": version, "mode": "on_site", "note": "Theirs", "start-year": "2006"})
    answer = browser.post(address, data={"version": version, "mode": "on_site", "note": "Mine", "start-year": "2006"})
    assert answer.status_code == 409 and "Theirs" in answer.text and "Mine" in answer.text


def test_a_part_changed_meanwhile_is_taken_off_only_once_that_was_seen(
    analyst: Any, visit: Visit, sign_in: SignIn
) -> None:
    browser, version = sign_in(analyst), str(visit.version)
    browser.post("/visits/PAK-2006-1/checks/new", data={"place": "Karachi port"})
    address = f"/visits/PAK-2006-1/checks/{visit.checks[-1].id}"
    asked = f"{address}/remove"
    seen = form_for(browser.get(asked).text, asked)
    browser.post(address, data={"version": str(visit.version), "place": "Torkham border post"})
    assert seen is not None and version
    answer = browser.post(asked, data=seen.data())
    assert answer.status_code == 409 and "Someone changed this after you opened the page" in answer.text
    assert "Torkham border post" in answer.text, "what it is called now"
    assert "Torkham border post" in browser.get("/visits/PAK-2006-1").text
    again = form_for(answer.text, asked)
    assert again is not None and browser.post(asked, data=again.data()).status_code == 303
    assert visit.checks == []


def test_a_doubled_click_on_taking_a_part_off_is_told_that_it_is_done(
    analyst: Any, visit: Visit, sign_in: SignIn
) -> None:
    source = parts.add_source(visit, parts.Source("A release"), by=analyst)
    db.session.commit()
    browser = sign_in(analyst)
    address = f"/visits/PAK-2006-1/sources/{source.id}/remove"
    given = form_for(browser.get(address).text, address)
    assert given is not None
    answers = [browser.post(address, data=given.data()) for _click in range(2)]
    assert {(one.status_code, one.location) for one in answers} == {(303, "/visits/PAK-2006-1#sources")}
    assert "This was done already" in browser.get("/visits/PAK-2006-1").text


def test_an_organisation_known_by_its_acronym_alone_is_named_once(analyst: Any, visit: Visit, sign_in: SignIn) -> None:
    quorlith = Organisation(acronym="Quorlith", name="Quorlith", kind="")
    db.session.add(quorlith)
    db.session.flush()
    parts.add_delegate(visit, parts.Delegate(DelegateKind.PARTNER, organisation_id=quorlith.id), by=analyst)
    db.session.commit()
    browser = sign_in(analyst)
    assert ">Quorlith</option>" in browser.get("/visits/PAK-2006-1/delegation/new").text
    delegation = browser.get("/visits/PAK-2006-1").text.partition('data-label="Organisation">')[2]
    assert text_of(delegation.partition("</td>")[0]) == "Quorlith"
