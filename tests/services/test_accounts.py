"""Accounts: made, changed, closed; passwords set, changed and forgotten (R1, R4, R5)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import PASSWORD, AccountFactory
from tracker import clock
from tracker.errors import Forbidden, Invalid
from tracker.extensions import db
from tracker.models import Account, Event, Notification, OutboxMail, Role, SignInSession
from tracker.services import accounts, passwords

NEW = "nine egrets under the bridge"
LINK = re.compile(r"/login/new-password\?token=(\S+)")


@pytest.fixture
def administrator(session: Any) -> Account:
    made: Account = AccountFactory(role=Role.ADMINISTRATOR)
    session.commit()
    return made


@pytest.fixture
def analyst(session: Any) -> Account:
    made: Account = AccountFactory()
    session.commit()
    return made


def open_session(account: Account) -> SignInSession:
    now = clock.now()
    row = SignInSession(id=f"{account.id:064d}", account_id=account.id, data={"a": 1}, created_at=now, last_seen_at=now)
    db.session.add(row)
    db.session.commit()
    return row


def mails() -> list[OutboxMail]:
    return list(db.session.scalars(sa.select(OutboxMail).order_by(OutboxMail.id)))


def token_in(mail: OutboxMail) -> str:
    found = LINK.search(mail.body)
    assert found, mail.body
    return found.group(1)


def last_event() -> Event:
    return db.session.scalars(sa.select(Event).order_by(Event.seq.desc()).limit(1)).one()


def test_a_new_account_is_invited_and_the_log_names_fields_only(administrator: Account) -> None:
    made = accounts.create(" New.Person@Example.org ", "New Person", by=administrator)
    db.session.commit()
    assert made.email == "new.person@example.org"
    assert made.password is None and made.active
    assert [mail.recipient for mail in mails()] == ["new.person@example.org"]
    events = db.session.scalars(sa.select(Event).where(Event.object_type == "account", Event.object_id == made.id))
    texts = [event.text for event in events]
    assert any('"fields":["email","name"]' in text for text in texts)
    assert not any("new.person" in text or "New Person" in text for text in texts)


def test_an_invitation_sets_the_first_password_once(administrator: Account) -> None:
    made = accounts.create("new.person@example.org", "New Person", by=administrator)
    db.session.commit()
    token = token_in(mails()[0])
    with clock.at(clock.now() + timedelta(days=6)):
        assert accounts.account_of(token) is made
    accounts.reset_password(made, NEW)
    db.session.commit()
    assert passwords.is_right(NEW, made.password)
    assert accounts.account_of(token) is None


def test_two_accounts_do_not_share_an_address(administrator: Account, analyst: Account) -> None:
    with pytest.raises(Invalid) as refused:
        accounts.create(analyst.email.upper(), "Someone else", by=administrator)
    assert refused.value.field == "email"


def test_the_earlier_address_is_told_of_a_new_one(administrator: Account, analyst: Account) -> None:
    before = analyst.email
    accounts.edit(analyst, name=analyst.name, email="moved@example.org", by=administrator)
    db.session.commit()
    assert analyst.email == "moved@example.org"
    assert [mail.recipient for mail in mails()] == [before]
    assert '"fields":["email"]' in last_event().text and "moved" not in last_event().text


def test_saving_nothing_new_leaves_no_entry(administrator: Account, analyst: Account) -> None:
    before = db.session.scalar(sa.select(sa.func.count()).select_from(Event))
    accounts.edit(analyst, name=analyst.name, email=analyst.email, by=administrator)
    db.session.commit()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Event)) == before


def test_closing_an_account_ends_its_sessions(administrator: Account, analyst: Account) -> None:
    row = open_session(analyst)
    accounts.disable(analyst, by=administrator)
    db.session.commit()
    db.session.refresh(row)
    assert not analyst.active
    assert row.ended_at is not None and row.data == {"ended": "disabled"}, "nothing else is kept"
    assert last_event().kind == "account.disabled"


def test_nobody_closes_their_own_account(administrator: Account) -> None:
    with pytest.raises(Forbidden):
        accounts.disable(administrator, by=administrator)


def test_the_last_administrator_stays(administrator: Account) -> None:
    with pytest.raises(Forbidden) as refused:
        accounts.disable(administrator, by=None)
    assert "last administrator" in refused.value.message
    AccountFactory(role=Role.ADMINISTRATOR)
    accounts.disable(administrator, by=None)
    assert not administrator.active


def test_an_administrator_whose_grant_has_ended_is_none(administrator: Account) -> None:
    AccountFactory(role=Role.ADMINISTRATOR, ends_on=clock.today() - timedelta(days=1))
    AccountFactory(role=Role.ADMINISTRATOR, active=False)
    with pytest.raises(Forbidden):
        accounts.disable(administrator, by=None)


def test_a_new_password_ends_every_session_and_link(analyst: Account) -> None:
    row = open_session(analyst)
    accounts.ask_for_reset(analyst.email)
    db.session.commit()
    token = token_in(mails()[0])
    assert accounts.account_of(token) is analyst
    accounts.change_password(analyst, NEW)
    db.session.commit()
    db.session.refresh(row)
    assert row.ended_at is not None
    assert accounts.account_of(token) is None
    assert passwords.is_right(NEW, analyst.password) and not passwords.is_right(PASSWORD, analyst.password)
    assert db.session.scalars(sa.select(Notification.kind)).all() == ["password_changed"]


def test_a_common_password_is_refused_and_nothing_changes(analyst: Account) -> None:
    before = analyst.password
    with pytest.raises(Invalid):
        accounts.change_password(analyst, "passwordpassword")
    assert analyst.password == before


@pytest.mark.parametrize("email", ["nobody@example.org", "", "x" * 5000])
def test_a_reset_for_nobody_mails_nobody(session: Any, email: str) -> None:
    accounts.ask_for_reset(email)
    db.session.commit()
    assert mails() == []
    assert last_event().kind == "account.reset_asked"


def test_a_closed_account_gets_no_reset(analyst: Account) -> None:
    analyst.active = False
    accounts.ask_for_reset(analyst.email)
    assert mails() == []


def test_asking_again_at_once_mails_once(analyst: Account) -> None:
    for _ in range(3):
        accounts.ask_for_reset(analyst.email)
    assert len(mails()) == 1


def test_a_link_for_a_reset_holds_for_hours_not_days(analyst: Account) -> None:
    accounts.ask_for_reset(analyst.email)
    db.session.commit()
    token = token_in(mails()[0])
    with clock.at(clock.now() + timedelta(hours=5)):
        assert accounts.account_of(token) is None


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "\0", "é" * 500, "." * 100_000])
def test_what_is_no_link_is_nobodys(session: Any, token: str) -> None:
    assert accounts.account_of(token) is None


def test_the_mail_says_where_not_what(analyst: Account) -> None:
    accounts.ask_for_reset(analyst.email)
    mail = mails()[0]
    assert "http" in mail.body or "/login/new-password" in mail.body
    assert "\n" not in mail.subject
