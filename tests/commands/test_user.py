"""``flask user …`` and ``flask mail send``, as an operator types them."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import PASSWORD, AccountFactory
from tracker import policy
from tracker.extensions import db
from tracker.models import Account, Event, OutboxMail, Role
from tracker.services import accounts, passwords


@pytest.fixture
def run(app: Flask) -> Any:
    runner = app.test_cli_runner()

    def typed(*words: str, given: str | None = None) -> tuple[int, str]:
        answer = runner.invoke(args=list(words), input=given)
        return answer.exit_code, answer.output

    return typed


def found(email: str) -> Account:
    account = accounts.find(email)
    assert account is not None
    return account


def test_the_first_administrator_is_made_here(run: Any, session: Any) -> None:
    made = run("user", "create", "First@Example.org", "--name", "First Administrator", "--role", "administrator")
    assert made[0] == 0 and "first@example.org" in made[1]
    account = found("first@example.org")
    assert policy.has_role(account, Role.ADMINISTRATOR)
    assert account.password is None
    assert db.session.scalars(sa.select(OutboxMail.recipient)).all() == ["first@example.org"]
    kinds = db.session.scalars(
        sa.select(Event.kind).where(Event.object_type == "account", Event.object_id == account.id).order_by(Event.seq)
    ).all()
    assert kinds == ["account.created", "account.invited", "account.granted"]


def test_a_password_may_be_asked_for(run: Any, session: Any) -> None:
    typed = ("user", "create", "first@example.org", "--name", "First", "--ask-password")
    assert run(*typed, given="too short\ntoo short\n")[0] == 1
    assert accounts.find("first@example.org") is None
    assert run(*typed, given=f"{PASSWORD}\n{PASSWORD}\n")[0] == 0
    assert passwords.is_right(PASSWORD, found("first@example.org").password)


@pytest.mark.parametrize(
    ("scope", "sees", "does_not"),
    [
        (["--all"], {"PAK", "NGA"}, set()),
        (["--region", "142"], {"PAK"}, {"NGA"}),
        (["--state", "pak", "--state", "IRQ"], {"PAK", "IRQ"}, {"NGA"}),
    ],
)
def test_a_grant_has_one_scope(run: Any, session: Any, scope: list[str], sees: set[str], does_not: set[str]) -> None:
    account = AccountFactory(role=None, email="someone@example.org")
    session.commit()
    assert run("user", "grant", "someone@example.org", "analyst", *scope, "--until", "2099-12-31")[0] == 0
    db.session.expire_all()
    assert all(policy.may_see_state(account, state) for state in sees)
    assert not any(policy.may_see_state(account, state) for state in does_not)


@pytest.mark.parametrize(
    "words",
    [
        ["someone@example.org", "analyst"],
        ["someone@example.org", "analyst", "--all", "--state", "PAK"],
        ["someone@example.org", "king", "--all"],
        ["someone@example.org", "analyst", "--state", "ZZZ"],
        ["someone@example.org", "analyst", "--region", "999"],
        ["someone@example.org", "analyst", "--all", "--until", "2001-01-01"],
        ["someone@example.org", "analyst", "--all", "--until", "tomorrow"],
        ["nobody@example.org", "analyst", "--all"],
    ],
)
def test_a_wrong_grant_is_refused_with_a_sentence(run: Any, session: Any, words: list[str]) -> None:
    account = AccountFactory(role=None, email="someone@example.org")
    session.commit()
    code, said = run("user", "grant", *words)
    assert code != 0 and "Error: " in said and "Traceback" not in said
    db.session.expire_all()
    assert account.grants == []


def test_disabling_and_resetting(run: Any, session: Any) -> None:
    AccountFactory(email="someone@example.org")
    AccountFactory(email="administrator@example.org", role=Role.ADMINISTRATOR)
    session.commit()
    assert run("user", "disable", "someone@example.org")[0] == 0
    assert not found("someone@example.org").active
    code, said = run("user", "disable", "administrator@example.org")
    assert code == 1 and "last administrator" in said
    assert run("user", "reset-mfa", "administrator@example.org")[0] == 0


def test_without_a_mail_server_the_mail_waits(run: Any, session: Any) -> None:
    run("user", "create", "first@example.org", "--name", "First")
    code, said = run("mail", "send")
    assert (code, said) == (0, "MAIL_SERVER is not set: 1 mail(s) wait in the outbox.\n")
