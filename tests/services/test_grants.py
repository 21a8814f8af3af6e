"""Grants: role × scope × last day; who may change whose; sessions end with them (R5, R13)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import AccountFactory
from tests.services.test_accounts import last_event, open_session
from tracker import clock, policy
from tracker.errors import Forbidden, Invalid
from tracker.extensions import db
from tracker.models import Account, Grant, Notification, Role, Scope
from tracker.reports import grants as granted
from tracker.services import accounts, grants


@pytest.fixture
def administrator(session: Any) -> Account:
    made: Account = AccountFactory(role=Role.ADMINISTRATOR)
    session.commit()
    return made


@pytest.fixture
def person(session: Any) -> Account:
    made: Account = AccountFactory(role=None)
    session.commit()
    return made


def test_a_role_for_named_states(administrator: Account, person: Account) -> None:
    row = open_session(person)
    grants.grant(person, Role.ANALYST, Scope.STATES, by=administrator, states=["PAK", "IRQ", "PAK"])
    db.session.commit()
    db.session.refresh(row)
    assert policy.reach(person).states == {"PAK", "IRQ"}
    assert row.ended_at is not None
    event = last_event()
    assert event.kind == "account.granted" and '"states":["IRQ","PAK"]' in event.text
    assert db.session.scalars(sa.select(Notification.kind)).all() == ["rights_changed"]


def test_a_role_for_a_region(administrator: Account, person: Account) -> None:
    grants.grant(person, Role.REVIEWER, Scope.REGION, by=administrator, region_code="142")
    assert policy.may_see_state(person, "PAK")
    assert not policy.may_see_state(person, "NGA")


def test_a_role_until_a_day(administrator: Account, person: Account) -> None:
    last = clock.today() + timedelta(days=3)
    given = grants.grant(person, Role.AUDITOR, Scope.ALL, by=administrator, ends_on=last)
    db.session.commit()
    assert policy.holds(given)
    with clock.at(clock.now() + timedelta(days=4)):
        assert not policy.holds(given)
        assert policy.active_grants(person) == []


def test_the_database_and_the_program_agree_on_which_grants_hold(administrator: Account, person: Account) -> None:
    today = clock.today()
    for days in (0, 1, 2):
        grants.grant(person, Role.AUDITOR, Scope.ALL, by=administrator, ends_on=today + timedelta(days=days))
    grants.revoke(grants.grant(person, Role.ANALYST, Scope.ALL, by=administrator), by=administrator)
    grants.grant(person, Role.ANALYST, Scope.ALL, by=administrator)
    db.session.commit()
    for day, number in ((today, 4), (today + timedelta(days=1), 3), (today + timedelta(days=3), 1)):
        held = [given.id for given in person.grants if policy.holds(given, day)]
        asked = sa.select(Grant.id).where(Grant.account_id == person.id, policy.holding(day)).order_by(Grant.id)
        assert held == list(db.session.scalars(asked))
        assert len(held) == number


def test_revoking_takes_effect_at_once_and_keeps_the_row(administrator: Account, person: Account) -> None:
    given = grants.grant(person, Role.ANALYST, Scope.ALL, by=administrator)
    db.session.commit()
    row = open_session(person)
    grants.revoke(given, by=administrator)
    db.session.commit()
    db.session.refresh(row)
    assert policy.active_grants(person) == []
    assert person.grants == [given]
    assert row.ended_at is not None
    assert last_event().kind == "account.revoked"


def test_nobody_changes_their_own_grants(administrator: Account) -> None:
    with pytest.raises(Forbidden):
        grants.grant(administrator, Role.ANALYST, Scope.ALL, by=administrator)
    with pytest.raises(Forbidden):
        grants.revoke(administrator.grants[0], by=administrator)


def test_the_last_administrator_keeps_the_grant(administrator: Account) -> None:
    with pytest.raises(Forbidden):
        grants.revoke(administrator.grants[0], by=None)


@pytest.mark.parametrize(
    ("scope", "given", "field"),
    [
        (Scope.REGION, {}, "region_code"),
        (Scope.REGION, {"region_code": "999"}, "region_code"),
        (Scope.STATES, {}, "states"),
        (Scope.STATES, {"states": ["ZZZ"]}, "states"),
        (Scope.ALL, {"ends_on": clock.now().date() - timedelta(days=2)}, "ends_on"),
    ],
)
def test_a_scope_must_be_one(
    administrator: Account, person: Account, scope: Scope, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        grants.grant(person, Role.ANALYST, scope, by=administrator, **given)
    assert refused.value.field == field
    assert person.grants == []


def test_a_code_of_no_member_state_is_called_that(administrator: Account, person: Account) -> None:
    with pytest.raises(Invalid) as refused:
        grants.grant(person, Role.ANALYST, Scope.STATES, by=administrator, states=["ZZZ"])
    assert refused.value.message == "There is no Member State with the code ZZZ."


def test_an_administrator_has_no_narrower_scope(administrator: Account, person: Account) -> None:
    with pytest.raises(Invalid):
        grants.grant(person, Role.ADMINISTRATOR, Scope.STATES, by=administrator, states=["PAK"])


def test_a_grant_in_words(administrator: Account, person: Account) -> None:
    everywhere = grants.grant(person, Role.ANALYST, Scope.ALL, by=administrator)
    asia = grants.grant(person, Role.ANALYST, Scope.REGION, by=administrator, region_code="142")
    two = grants.grant(person, Role.ANALYST, Scope.STATES, by=administrator, states=["PAK", "IRQ"])
    assert [granted.words(given) for given in (everywhere, asia, two)] == [
        "all Member States",
        "Asia",
        "Iraq and Pakistan",
    ]


def test_two_administrators_who_take_from_each_other_at_once_leave_one(own_app: Flask) -> None:
    outcomes = _against_each_other(own_app, lambda other, by: grants.revoke(other.grants[0], by=by))
    assert sorted(outcomes) == ["done", "refused"]


def test_two_administrators_who_close_each_other_at_once_leave_one(own_app: Flask) -> None:
    outcomes = _against_each_other(own_app, lambda other, by: accounts.disable(other, by=by))
    assert sorted(outcomes) == ["done", "refused"]


def _against_each_other(app: Flask, act: Callable[[Account, Account], None]) -> list[str]:
    """Two administrators, each of whom ``act``s on the other at the same moment."""
    with app.app_context():
        pair = [AccountFactory(role=Role.ADMINISTRATOR).id for _number in range(2)]
        db.session.commit()
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def one(own_id: int, other_id: int) -> None:
        with app.app_context():
            start.wait(10)
            by, other = db.session.get_one(Account, own_id), db.session.get_one(Account, other_id)
            try:
                act(other, by)
                time.sleep(0.2)  # what was asked is not yet committed while the other one asks
                db.session.commit()
                outcomes.append("done")
            except Forbidden:
                outcomes.append("refused")

    threads = [threading.Thread(target=one, args=ids) for ids in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return outcomes
