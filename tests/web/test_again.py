"""A page asked for again: never made twice while nothing changed, never the old one once something did (R20, R29)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import world
from tests.client import COOKIE, Client
from tests.counting import pages_made_anew, sent_by
from tests.doors import DOORS
from tracker import clock
from tracker.extensions import db
from tracker.models import Account, Followup, Grant, Implementation, Measure, Role
from tracker.partial_date import PartialDate
from tracker.services import accounts, comments, followups, grants, measure_links, notifications
from tracker.web import again, locale

pytestmark = pytest.mark.usefixtures("unchecked_pages")
SignIn = Callable[[Any], FlaskClient]

OWN = re.compile(
    r'name="(?:[a-z]+-)?(?:csrf_token|request_key)"[^>]*value="[^"]+"'
    r'|value="[^"]+"[^>]*name="(?:[a-z]+-)?(?:csrf_token|request_key)"'
    r"|Printed by.*?</time>",
    re.DOTALL,
)
KEY = re.compile(r'name="(?:[a-z]+-)?request_key"[^>]*value="([^"]+)"')
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
MARK = re.compile(r"minted[0-9a-f]{32}")


@pytest.fixture
def followup(told: world.World) -> Followup:
    return db.session.query(Followup).filter_by(reference=told.names["followup"]).one()


@pytest.fixture(autouse=True)
def _nothing_kept(app: Flask) -> Iterator[None]:
    app.extensions["tracker_pages"].clear()
    yield
    app.extensions["tracker_pages"].clear()


def the_same(page: str) -> str:
    """The page without what each answer has of its own."""
    return OWN.sub("", page)


def is_made(browser: FlaskClient, address: str) -> bool:
    """Whether the page is made when it is asked for: from what was kept, only the session's statement goes out."""
    return len(sent_by(lambda: browser.get(address))) > 1


def test_the_pages_are_there_and_for_those_signed_in() -> None:
    assert {name for name in again.ENDPOINTS if DOORS[name].methods != "GET"} == set()
    assert {name for name in again.ENDPOINTS if DOORS[name].who == "public"} == set()


@pytest.mark.parametrize("role", world.ROLES)
def test_every_page_asked_for_again_is_what_it_would_be_if_it_was_made(
    role: str, people: world.Cast, told: world.World, sign_in: SignIn
) -> None:
    browser, kept = sign_in(people[role]), 0
    for name in again.ENDPOINTS:
        address = told.address(DOORS[name].address)
        first = browser.get(address)
        was_kept = first.status_code == 200 and not is_made(browser, address)
        second = browser.get(address)
        with pages_made_anew():
            anew = browser.get(address)
        kept += was_kept
        assert second.status_code == anew.status_code, name
        if second.status_code != 200:  # it bears the number of the request
            continue
        assert the_same(second.text) == the_same(anew.text), name
        assert MARK.search(first.text + second.text) is None, name
        own = {"X-Request-Id", "Content-Length"}
        assert {one for one in second.headers if one[0] not in own} == {
            one for one in anew.headers if one[0] not in own
        }
    assert kept >= {"administrator": 8}.get(role, 25)


def test_what_is_told_of_a_follow_up_shows_at_once(
    people: world.Cast, told: world.World, followup: Followup, sign_in: SignIn
) -> None:
    address = told.address("/follow-ups/{followup}")
    analyst, other = people.analyst, people.analyst2
    measure = db.session.query(Measure).filter_by(reference=told.names["measure"]).one()
    browser = sign_in(other)

    def assessed() -> None:
        followups.assess_status(followup, Implementation.IMPLEMENTED, PartialDate(2019, 4), "Their letter", by=analyst)

    changes: dict[str, Callable[[], object]] = {
        "Nobody has answered": lambda: comments.add(followup, "Nobody has answered", by=analyst),
        "April 2019": assessed,
        "It is about the same": lambda: measure_links.link(
            followup, measure, by=people.coordinator, reason="It is about the same"
        ),
        "Renamed Person": lambda: accounts.edit(
            analyst, name="Renamed Person", email=analyst.email, by=people.administrator
        ),
        "1 unread": lambda: notifications.notify(other, "record_returned", obj=followup),
    }
    browser.get(address)
    for words, change in changes.items():
        assert not is_made(browser, address)
        change()
        db.session.commit()
        page = browser.get(address).text
        assert words in page or words == "1 unread", words
        with pages_made_anew():
            assert the_same(page) == the_same(browser.get(address).text), words


def test_a_list_shows_a_change_of_any_of_its_rows(
    people: world.Cast, told: world.World, followup: Followup, sign_in: SignIn
) -> None:
    browser = sign_in(people.analyst2)
    address = "/follow-ups?columns=state,assessed"
    browser.get(address)
    assert not is_made(browser, address)
    followups.assess_status(followup, Implementation.IMPLEMENTED, PartialDate(2019), "", by=people.analyst)
    db.session.commit()
    assert is_made(browser, address)
    assert browser.get(address).text.count("tag-done") == 1


def test_each_answer_has_forms_of_its_own(people: world.Cast, told: world.World, sign_in: SignIn) -> None:
    """Who comments, goes back and comments once more has made two comments."""
    address = told.address("/follow-ups/{followup}")
    browser = sign_in(people.analyst)
    assert isinstance(browser, Client)
    browser.get(address)
    pages = [browser.get(address).text for _time in range(2)]
    keys = [KEY.findall(page) for page in pages]
    assert keys[0] and set(keys[0]).isdisjoint(keys[1]) and len(set(keys[0])) == len(keys[0])
    for page, key in zip(pages, (keys[0][-1], keys[1][-1]), strict=True):
        token = TOKEN.findall(page)[0]
        sent = {"comment-text": "Said twice", "comment-request_key": key, "csrf_token": token}
        answer = browser.post(told.address("/comments/followup/{followup}"), data=sent, token=None)
        assert answer.status_code == 303
    assert browser.get(address).text.count("Said twice") == 2


def test_a_message_is_shown_once(people: world.Cast, told: world.World, sign_in: SignIn) -> None:
    address = told.address("/follow-ups/{followup}")
    browser = sign_in(people.analyst)
    browser.get(address)
    with browser.session_transaction() as session:
        session["_flashes"] = [("message", "It is saved")]
    assert "It is saved" in browser.get(address).text
    assert "It is saved" not in browser.get(address).text


def test_nobody_gets_the_page_of_another(people: world.Cast, told: world.World, sign_in: SignIn) -> None:
    address = told.address("/follow-ups/{followup}")
    first, second = sign_in(people.analyst), sign_in(people.auditor)
    first.get(address)
    assert people.analyst.name in first.get(address).text
    assert f'"/account"> {people.analyst.name}' not in second.get(address).text
    assert "Edit" not in re.findall(r"<a [^>]*>\s*([A-Z][a-z]+)\s*</a>", second.get(address).text)


def test_who_signed_out_or_lost_the_right_gets_nothing_that_was_kept(
    people: world.Cast, told: world.World, sign_in: SignIn
) -> None:
    address = told.address("/follow-ups/{followup}")
    leaving, refused = sign_in(people.analyst), sign_in(people.auditor)
    for browser in (leaving, refused):
        browser.get(address)
        assert browser.get(address).status_code == 200
    cookie = leaving.get_cookie(COOKIE)
    leaving.post("/logout")
    assert cookie is not None
    leaving.set_cookie(COOKIE, cookie.value)
    assert leaving.get(address).status_code == 302
    grant = db.session.query(Grant).filter_by(account_id=people.auditor.id, role=Role.AUDITOR).one()
    grants.revoke(grant, by=people.administrator, reason="Left the team")
    db.session.commit()
    assert refused.get(address).status_code == 302, "revoking ends the sessions"


def test_tomorrow_it_is_another_page(
    people: world.Cast, told: world.World, followup: Followup, sign_in: SignIn
) -> None:
    address = told.address("/follow-ups/{followup}")
    browser = sign_in(people.analyst2)
    with clock.at(datetime(2026, 3, 1, 10, tzinfo=UTC)):
        browser.get(address)
        assert not is_made(browser, address)
    with clock.at(datetime(2026, 3, 2, 0, 30, tzinfo=UTC)):
        assert is_made(browser, address)


def test_another_language_is_another_page(people: world.Cast, told: world.World, sign_in: SignIn) -> None:
    address = told.address("/follow-ups/{followup}")
    browser = sign_in(people.analyst)
    browser.get(address)
    assert 'dir="ltr"' in browser.get(address).text
    browser.post("/account/language", data={"language": locale.PSEUDO})
    assert 'dir="rtl"' in browser.get(address).text
    assert 'dir="rtl"' in browser.get(address).text


def test_a_process_keeps_so_many_pages_and_no_more(
    app: Flask, people: world.Cast, told: world.World, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "PAGES_KEPT", 3)
    browser = sign_in(people.analyst)
    for area in ("FIN-01", "FIN-02", "FIN-03", "LAW-01", "LAW-02"):
        browser.get(f"/areas/{area}")
    assert len(app.extensions["tracker_pages"]) == 3
    assert is_made(browser, "/areas/FIN-01")
    assert not is_made(browser, "/areas/LAW-02")


def test_a_page_that_rests_on_the_moment_is_not_kept(
    app: Flask, people: world.Cast, told: world.World, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker.web.followups._last_move", lambda _found: (clock.now(), None))
    browser = sign_in(people.analyst)
    browser.get(told.address("/follow-ups/{followup}"))
    assert not app.extensions["tracker_pages"]


def test_where_nothing_is_taken_down_nothing_is_kept(
    app: Flask, people: world.Cast, told: world.World, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database whose cursors tell nothing must not make every page look like one that never changes."""
    monkeypatch.setattr("tracker.tape.Tape.ask", lambda *_given: None)
    browser = sign_in(people.analyst)
    browser.get(told.address("/follow-ups/{followup}"))
    assert not app.extensions["tracker_pages"]


def test_where_the_questions_cannot_be_asked_again_the_page_is_made(
    app: Flask, people: world.Cast, told: world.World, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kept page must not answer worse than none: whether the database is there, the page itself finds out."""
    browser = sign_in(people.analyst)
    address = told.address("/areas/FIN-01")
    browser.get(address)
    monkeypatch.setattr("tracker.tape.Asked.still_holds", _unanswered)
    assert browser.get(address).status_code == 200


def _unanswered(_asked: object, cursor: Any) -> bool:
    cursor.execute("SELECT * FROM no_such_table")
    raise AssertionError("there is no such table")


def test_pages_of_whole_sessions_are_apart(people: world.Cast, told: world.World, sign_in: SignIn) -> None:
    account: Account = people.analyst
    one, other = sign_in(account), sign_in(account)
    address = told.address("/follow-ups/{followup}")
    one.get(address)
    assert is_made(other, address), "tokens are a session's own"
