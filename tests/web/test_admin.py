"""People and grants in pages: administrators only, and what happens to whom (R5, R8, R10, R13)."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import AccountFactory, FollowupFactory
from tracker import policy
from tracker.errors import Invalid
from tracker.extensions import db
from tracker.models import Account, Followup, OutboxMail, Role
from tracker.services import sign_in as service

PAGES = ("/admin", "/admin/people", "/admin/people/new")


@pytest.fixture
def administrator(session: Any) -> Account:
    made: Account = AccountFactory(role=Role.ADMINISTRATOR)
    session.commit()
    return made


@pytest.fixture
def analyst(session: Any) -> Account:
    made: Account = AccountFactory(states=["PAK"])
    session.commit()
    return made


@pytest.fixture
def browser(sign_in: Any, administrator: Account) -> FlaskClient:
    client: FlaskClient = sign_in(administrator)
    return client


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_nobody_else_manages_people(sign_in: Any, session: Any, role: Role) -> None:
    account = AccountFactory(role=role)
    session.commit()
    client = sign_in(account)
    for path in (*PAGES, f"/admin/people/{account.id}", f"/admin/people/{account.id}/grants/new"):
        assert client.get(path).status_code == 403
    for act in ("disable", "enable", "reset-factor", "invite", "grants/new", "grants/1/revoke", "edit"):
        assert client.post(f"/admin/people/{account.id}/{act}").status_code == 403


def test_an_administrator_by_that_role_alone_sees_no_record(administrator: Account) -> None:
    FollowupFactory()
    db.session.commit()
    assert db.session.scalars(policy.visible(administrator, Followup)).all() == []


def test_the_list_is_filtered_and_ordered(browser: FlaskClient, analyst: Account) -> None:
    AccountFactory(role=Role.AUDITOR, name="Zebra Auditor", email="a@example.org", active=False)
    db.session.commit()
    page = browser.get("/admin/people").text
    assert analyst.email in page and "Zebra Auditor" in page
    assert analyst.email not in browser.get("/admin/people?role=auditor").text
    assert analyst.email not in browser.get("/admin/people?active=no").text
    assert "Zebra Auditor" in browser.get("/admin/people?q=ZEBRA").text
    assert "Nobody matches" in browser.get("/admin/people?q=%25").text
    by_email = browser.get("/admin/people?sort=email").text
    assert by_email.index("a@example.org") < by_email.index(analyst.email)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("role=xx", "Role: “xx” is not one of: analyst, reviewer"),
        ("active=maybe", "Active: “maybe” is not one of"),
        ("sort=password", "Order: The list cannot be sorted by “password”"),
        ("before=END", "Place in the list: The address names no place"),
        ("after=x~9999999999999999999999", "Place in the list: The address names no place"),
        ("foo=1", "“foo” is no filter of this list"),
        ("q=" + "x" * 5000, "Nobody matches"),
    ],
)
def test_a_strange_question_is_answered(browser: FlaskClient, query: str, said: str) -> None:
    answer = browser.get(f"/admin/people?{query}")
    assert answer.status_code == 200 and said in unescape(answer.text)


def test_what_is_asked_stands_above_the_list_and_can_be_taken_off(browser: FlaskClient, analyst: Account) -> None:
    page = unescape(browser.get("/admin/people?role=analyst&active=yes&sort=-email").text)
    assert "1 person (Role: Analyst; Active), by e-mail address" in page
    assert 'href="/admin/people?active=yes&sort=-email"' in page


def test_the_list_is_paged_and_its_statements_do_not_grow(browser: FlaskClient, app: Flask) -> None:
    def statements() -> int:
        said: list[str] = []

        def note(*given: Any) -> None:
            said.append(given[2])

        sa.event.listen(db.engine, "before_cursor_execute", note)
        browser.get("/admin/people")
        sa.event.remove(db.engine, "before_cursor_execute", note)
        return len(said)

    def add(numbers: range, name: str) -> None:
        for number in numbers:
            email = f"{name.lower()}{number}@example.org"
            AccountFactory(name=f"{name} {number:02}", email=email, states=["PAK"], password=None)
        db.session.commit()

    add(range(60), "Person")
    few = statements()
    add(range(60), "Somebody")
    assert statements() == few <= 6
    first = browser.get("/admin/people?q=person").text
    assert "Person 00" in first and "Person 59" not in first
    following = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = browser.get(following).text
    assert "Person 59" in second and "Person 00" not in second
    assert "Person 59" in browser.get("/admin/people?q=person&before=end").text


def test_a_new_account_is_made_once_and_invited(browser: FlaskClient) -> None:
    data = {"name": "New Analyst", "email": "new@example.org", "request_key": "a" * 36}
    first = browser.post("/admin/people/new", data=data)
    again = browser.post("/admin/people/new", data=data)
    assert first.status_code == again.status_code == 303
    assert first.location == again.location
    assert db.session.scalars(sa.select(OutboxMail.recipient)).all() == ["new@example.org"]
    page = browser.get(first.location).text
    assert "New Analyst" in page and "Without a role this person sees nothing." in page


@pytest.mark.parametrize(
    ("name", "email"),
    [
        ("", "new@example.org"),
        ("New", ""),
        ("New", "no address"),
        ("N\u202eew", "n@example.org"),
        ("x" * 201, "n@e.org"),
    ],
)
def test_what_makes_no_account_is_said_at_the_field(browser: FlaskClient, name: str, email: str) -> None:
    page = browser.post("/admin/people/new", data={"name": name, "email": email})
    assert page.status_code == 422
    assert "There is a problem" in page.text


def test_two_accounts_do_not_share_an_address(browser: FlaskClient, analyst: Account) -> None:
    page = browser.post("/admin/people/new", data={"name": "Another", "email": analyst.email})
    assert page.status_code == 422 and "already" in page.text


def test_editing(browser: FlaskClient, analyst: Account) -> None:
    page = browser.get(f"/admin/people/{analyst.id}/edit").text
    assert analyst.email in page
    answer = browser.post(f"/admin/people/{analyst.id}/edit", data={"name": "Renamed", "email": analyst.email})
    assert answer.status_code == 303
    db.session.refresh(analyst)
    assert analyst.name == "Renamed"


def test_a_role_is_granted_and_revoked_and_holds_at_the_next_request(
    browser: FlaskClient, sign_in: Any, analyst: Account
) -> None:
    client = sign_in(analyst)
    page = browser.get(f"/admin/people/{analyst.id}/grants/new")
    assert "Pakistan" in page.text
    answer = browser.post(
        f"/admin/people/{analyst.id}/grants/new",
        data={"role": "reviewer", "scope": "states", "states": ["IRQ", "NGA"], "ends_on": "2099-12-31"},
    )
    assert answer.status_code == 303
    assert client.get("/account").status_code == 302  # its sessions ended
    page = browser.get(f"/admin/people/{analyst.id}").text
    assert "Iraq and Nigeria" in page and "31 December 2099" in page
    given = next(grant for grant in analyst.grants if grant.role is Role.REVIEWER)
    assert browser.post(f"/admin/people/{analyst.id}/grants/{given.id}/revoke").status_code == 303
    db.session.expire_all()
    assert not policy.has_role(analyst, Role.REVIEWER)
    page = browser.get(f"/admin/people/{analyst.id}").text
    assert "revoked" in page
    assert re.search(r"<del[^>]*>(?:<span[^>]*>[^<]*</span>)?\s*(?:<bdi>)?Reviewer", page), "what is gone is struck"


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"role": "analyst"},
        {"role": "king", "scope": "all"},
        {"role": "analyst", "scope": "region"},
        {"role": "analyst", "scope": "states"},
        {"role": "analyst", "scope": "states", "states": "ZZZ"},
        {"role": "analyst", "scope": "all", "ends_on": "2001-01-01"},
        {"role": "analyst", "scope": "all", "ends_on": "2026-02-30"},
        {"role": "administrator", "scope": "region", "region_code": "142"},
    ],
)
def test_half_a_grant_is_none(browser: FlaskClient, analyst: Account, data: dict[str, str]) -> None:
    before = len(analyst.grants)
    assert browser.post(f"/admin/people/{analyst.id}/grants/new", data=data).status_code == 422
    db.session.expire_all()
    assert len(analyst.grants) == before


def test_nobody_changes_their_own_grants(browser: FlaskClient, administrator: Account) -> None:
    path = f"/admin/people/{administrator.id}"
    assert "Nobody changes their own grants" in browser.get(path).text
    refused = browser.post(f"{path}/grants/new", data={})  # refused before it is looked at (R11)
    assert refused.status_code == 403 and "Nobody changes their own grants" in refused.text
    assert browser.post(f"{path}/grants/{administrator.grants[0].id}/revoke").status_code == 403
    assert browser.post(f"{path}/disable").status_code == 403


def test_a_grant_is_revoked_only_under_its_own_person(browser: FlaskClient, analyst: Account) -> None:
    other = AccountFactory()
    db.session.commit()
    answer = browser.post(f"/admin/people/{analyst.id}/grants/{other.grants[0].id}/revoke")
    assert answer.status_code == 404
    assert other.grants[0].revoked_at is None


def test_what_is_taken_away_is_asked_once_and_keeps_its_reason(browser: FlaskClient, analyst: Account) -> None:
    path = f"/admin/people/{analyst.id}"
    given = analyst.grants[0]
    asked = browser.get(f"{path}/grants/{given.id}/revoke").text
    assert "Revoke this grant?" in asked and "Analyst" in asked
    assert given.revoked_at is None
    assert "Disable this account?" in browser.get(f"{path}/disable").text
    assert analyst.active
    asked = browser.get(f"{path}/reset-factor").text
    assert "Reset the second factor?" in asked and "make sure that whoever asks is this person" in asked
    browser.post(f"{path}/reset-factor", data={"reason": "The device was lost"})
    browser.post(f"{path}/grants/{given.id}/revoke", data={"reason": "Moved to another desk"})
    browser.post(f"{path}/disable", data={"reason": "Left the house"})
    page = browser.get(path).text
    assert "Moved to another desk" in page and "Left the house" in page
    assert "The device was lost" in page


def test_the_log_of_a_person_says_which_role_was_granted_and_where(browser: FlaskClient, analyst: Account) -> None:
    path = f"/admin/people/{analyst.id}"
    browser.post(f"{path}/grants/new", data={"role": "reviewer", "scope": "states", "states": ["KAZ", "PAK"]})
    browser.post(f"{path}/grants/new", data={"role": "auditor", "scope": "region", "region_code": "142"})
    said = unescape(re.sub(r"<[^>]+>|\s+", " ", browser.get(path).text.partition("What happened")[2]))
    assert re.search(r"granted a role.*Role *now *Auditor.*Region *now *Asia", said)
    assert re.search(r"Role *now *Reviewer.*Member States *now *Kazakhstan; Pakistan", said)


def test_closing_opening_and_resetting(browser: FlaskClient, sign_in: Any, analyst: Account) -> None:
    client = sign_in(analyst)
    path = f"/admin/people/{analyst.id}"
    assert browser.post(f"{path}/disable").status_code == 303
    assert client.get("/account").status_code == 302
    assert browser.post(f"{path}/enable").status_code == 303
    assert client.get("/account").status_code == 302  # an ended session does not come back
    assert browser.post(f"{path}/reset-factor").status_code == 303
    page = browser.get(path).text
    assert "disabled the account" in page and "enabled the account" in page


@pytest.mark.parametrize("path", ["/admin/people/0", "/admin/people/999999999", "/admin/people/" + "9" * 27])
def test_there_is_no_such_account(browser: FlaskClient, path: str) -> None:
    assert browser.get(path).status_code == 404


def test_a_wrong_password_at_a_signature_is_not_called_a_second_factor(browser: FlaskClient, session: Any) -> None:
    reviewer = AccountFactory(role=Role.REVIEWER)
    session.commit()
    with pytest.raises(Invalid):
        service.confirm_password(reviewer, "not it")
    assert "gave a wrong code, or a wrong password when asked again" in browser.get(f"/admin/people/{reviewer.id}").text


def test_an_invitation_goes_only_to_whoever_has_no_password(browser: FlaskClient, analyst: Account) -> None:
    assert browser.post(f"/admin/people/{analyst.id}/invite").status_code == 404
    invited = AccountFactory(password=None)
    db.session.commit()
    assert browser.post(f"/admin/people/{invited.id}/invite").status_code == 303
    assert db.session.scalars(sa.select(OutboxMail.recipient)).all() == [invited.email]
