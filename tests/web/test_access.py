"""Every address and who may open it, written out and tried as everyone (R7, R8, R10, R17)."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import snapshots, world
from tests.doors import DOORS, FURTHER, may
from tests.rolled_back import RolledBack
from tracker.web.access import ACCESS
from tracker.web.security import PUBLIC_FORMS

pytestmark = pytest.mark.usefixtures("unchecked_pages")
SignIn = Callable[[Any], FlaskClient]
CLOSED = {name: door for name, door in DOORS.items() if door.who != "public"}
GUARDED = {name: door for name, door in CLOSED.items() if door.who != "signed_in"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OF_EXPORTS = ("export.started", "export.ended", "evidence.downloaded")


def rules(app: Flask) -> dict[str, set[str]]:
    """The methods of each endpoint that has a route."""
    found: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        found.setdefault(rule.endpoint, set()).update((rule.methods or set()) - {"HEAD", "OPTIONS"})
    return found


def test_every_route_stands_in_the_table_with_its_methods(app: Flask) -> None:
    assert rules(app) == {name: set(door.methods.split()) for name, door in DOORS.items()}


def test_the_table_of_the_program_is_this_one(app: Flask) -> None:
    known = rules(app)
    assert {name: str(who) for name, who in ACCESS.items() if name in known} == {
        name: door.who for name, door in DOORS.items()
    }
    assert set(ACCESS) == set(known), "an entry without a route"


def test_only_public_forms_take_a_post_without_signing_in() -> None:
    assert {name for name, door in DOORS.items() if door.who == "public" and door.writes} == PUBLIC_FORMS


def test_nobody_gets_in_without_signing_in(client: FlaskClient, told: world.World) -> None:
    before = snapshots.taken()
    for name, door in CLOSED.items():
        address = told.address(door.address)
        if door.reads:
            answer = client.get(address)
            assert (answer.status_code, answer.location.split("?")[0]) == (302, "/login"), name
        if door.writes:
            answer = client.post(address, data={"reason": "because", "factor": "x"})
            assert answer.status_code == 401, name
            assert "<h1" in answer.text and 'name="password"' in answer.text, name
    assert snapshots.taken() == before


def test_an_unknown_person_reads_no_word_of_a_record(client: FlaskClient, told: world.World) -> None:
    for door in CLOSED.values():
        for method in door.methods.split():
            assert told.mark not in client.open(told.address(door.address), method=method).text


@pytest.mark.parametrize("role", world.ROLES)
def test_who_lacks_the_right_is_told_the_rule_and_who_may(
    role: str, people: world.Cast, told: world.World, sign_in: SignIn, rolled_back: RolledBack
) -> None:
    browser = sign_in(people[role])
    for name, door in GUARDED.items():
        for method in door.methods.split():
            with snapshots.taken_back(rolled_back):
                answer = browser.open(told.address(door.address), method=method)
                status = answer.status_code
            if may(role, door, method):
                assert status in (200, 301, 302, 303, 400, 404, 409, 422), f"{role}: {method} {name}: {status}"
            else:
                assert status == 403, f"{role}: {method} {name}: {status}"
                words = unescape(answer.text)
                assert "Your role does not allow this" in words and "Who may: " in words, name


@pytest.mark.parametrize("role", world.ROLES)
def test_a_refused_act_changes_nothing_and_is_in_the_log(
    role: str, people: world.Cast, told: world.World, sign_in: SignIn
) -> None:
    browser = sign_in(people[role])
    before, number = snapshots.taken(but=snapshots.OF_VISITING | {"event"}), snapshots.head()
    refused = [door for door in GUARDED.values() if door.writes and not may(role, door, "POST")]
    for door in refused:
        browser.post(told.address(door.address), data={"reason": "because", "factor": "x", "version": "1"})
    assert snapshots.taken(but=snapshots.OF_VISITING | {"event"}) == before
    assert snapshots.kinds(number) == ["access.refused"] * len(refused)


@pytest.mark.parametrize("role", world.ROLES)
def test_no_get_changes_anything(role: str, people: world.Cast, told: world.World, sign_in: SignIn) -> None:
    browser = sign_in(people[role])
    before, number = snapshots.taken(but=snapshots.OF_VISITING | {"event"}), snapshots.head()
    opened = 0
    for address in [*(door.address for door in DOORS.values() if door.reads), *FURTHER]:
        answer = browser.get(told.address(address))
        opened += answer.status_code == 200
        answer.close()
    assert snapshots.differences(before, snapshots.taken(but=snapshots.OF_VISITING | {"event"})) == {}
    assert set(snapshots.kinds(number)) <= {"access.refused", *OF_EXPORTS}
    assert opened > 10


def test_a_head_request_changes_nothing_either(people: world.Cast, told: world.World, sign_in: SignIn) -> None:
    browser = sign_in(people.analyst)
    before = snapshots.taken(but=snapshots.OF_VISITING | {"event"})
    for door in DOORS.values():
        assert browser.head(told.address(door.address)).status_code in (200, 301, 302, 303, 403, 404, 405, 410)
    assert snapshots.taken(but=snapshots.OF_VISITING | {"event"}) == before


@pytest.mark.parametrize("method", METHODS)
def test_an_address_takes_no_other_method(method: str, people: world.Cast, told: world.World, sign_in: SignIn) -> None:
    browser = sign_in(people.analyst)
    others = {name: door for name, door in DOORS.items() if method not in door.methods.split()}
    shared = {DOORS["account.factor"].address, DOORS["assessments.other"].address}  # another endpoint has the POST
    for name, door in others.items():
        if method in ("GET", "POST") and door.address in shared:
            continue
        answer = browser.open(told.address(door.address), method=method)
        assert answer.status_code == 405, f"{method} {name}"
        assert answer.headers["Allow"]


@pytest.mark.parametrize("token", [None, "", "wrong", "another's"])
def test_a_form_without_its_token_is_refused_before_anything_else(
    token: str | None, app: Flask, people: world.Cast, told: world.World, sign_in: SignIn
) -> None:
    browser, other = sign_in(people.analyst), app.test_client()
    before, number = snapshots.taken(but=snapshots.OF_VISITING | {"event"}), snapshots.head()
    given = other.form_token() if token == "another's" else token
    for name, door in DOORS.items():
        if door.writes:
            typed = {"note": "Typed & kept", **({"csrf_token": given} if given else {})}
            answer = browser.post(told.address(door.address), data=typed, token=None)
            assert answer.status_code == 400, name
            assert "Typed &amp; kept" in answer.text, name
    assert snapshots.taken(but=snapshots.OF_VISITING | {"event"}) == before
    assert snapshots.kinds(number) == []
