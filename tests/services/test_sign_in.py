"""R2, R3, R16: the password and the second factor, the tries that are counted, a factor again before signing."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, g
from passlib.totp import TOTP

from tests.factories import PASSWORD, AccountFactory
from tracker import clock
from tracker.errors import Forbidden, Invalid
from tracker.extensions import db
from tracker.models import Account, Event, Outcome, SignInAttempt
from tracker.models.account import RecoveryCode
from tracker.services import factors, passwords, sign_in

NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def account(session: Any) -> Account:
    made: Account = AccountFactory()
    session.commit()
    return made


def code_at(account: Account, moment: datetime) -> str:
    key = factors._totp().key(account.tf_totp_secret or "")
    return str(TOTP(key.base32_key, format="base32").generate(time=int(moment.timestamp())).token)


def enrol(account: Account, moment: datetime = NOON - timedelta(hours=1)) -> list[str]:
    """Set up a second factor as its owner would; returns the recovery codes."""
    secret = factors.new_secret()
    first = TOTP(factors._totp().key(secret).base32_key, format="base32").generate(time=int(moment.timestamp())).token
    with clock.at(moment):
        codes = factors.set_up(account, secret, str(first), keep_session=None)
    db.session.commit()
    return codes


def test_the_right_password_gives_the_account(account: Account) -> None:
    assert sign_in.check_password(account.email.upper() + " ", PASSWORD).id == account.id


@pytest.mark.parametrize("email", ["known", "unknown"])
def test_wrong_name_and_wrong_password_are_told_alike(account: Account, email: str) -> None:
    name = account.email if email == "known" else "nobody@example.org"
    with pytest.raises(Invalid) as refused:
        sign_in.check_password(name, "seven herons over the sea")
    assert refused.value.message == "The e-mail address or the password is not right."
    assert refused.value.field is None
    event = db.session.scalars(sa.select(Event).order_by(Event.seq.desc()).limit(1)).one()
    assert (event.kind, event.outcome) == ("account.sign_in_failed", Outcome.FAILED)
    assert name not in event.text and "127.0.0.1" not in event.text


def test_a_closed_account_is_no_account(account: Account) -> None:
    account.active = False
    db.session.commit()
    with pytest.raises(Invalid):
        sign_in.check_password(account.email, PASSWORD)


def test_a_weaker_hash_is_made_anew_at_sign_in(account: Account) -> None:
    from passlib.context import CryptContext

    weaker = CryptContext(["argon2"], argon2__time_cost=1, argon2__memory_cost=8, argon2__parallelism=1)
    account.password = weaker.hash(PASSWORD)
    db.session.commit()
    sign_in.check_password(account.email, PASSWORD)
    assert not passwords.is_outdated(account.password)


# Tries


def wrong(account: Account, times: int, app: Flask, address: str = "192.0.2.1") -> list[str]:
    said = []
    for _ in range(times):
        with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
            try:
                sign_in.check_password(account.email, "seven herons over the sea")
            except (Invalid, sign_in.TooMany) as error:
                said.append(type(error).__name__)
    return said


def test_ten_wrong_tries_and_no_more(account: Account, app: Flask) -> None:
    assert wrong(account, 12, app) == ["Invalid"] * 10 + ["TooMany"] * 2
    with (
        app.test_request_context(environ_base={"REMOTE_ADDR": "192.0.2.1"}),
        pytest.raises(sign_in.TooMany) as refused,
    ):
        sign_in.check_password(account.email, PASSWORD)
    assert 0 < refused.value.retry_after <= 300


def test_other_people_are_not_held_up(account: Account, app: Flask) -> None:
    wrong(account, 11, app)
    other = AccountFactory()
    db.session.commit()
    with app.test_request_context(environ_base={"REMOTE_ADDR": "192.0.2.1"}):
        assert sign_in.check_password(other.email, PASSWORD).id == other.id


def test_a_guesser_elsewhere_shares_the_limit_but_does_not_lock_the_owner_out(account: Account, app: Flask) -> None:
    with app.test_request_context(environ_base={"REMOTE_ADDR": "198.51.100.7"}):
        sign_in.check_password(account.email, PASSWORD)
    wrong(account, 6, app, "192.0.2.1")
    assert wrong(account, 6, app, "192.0.2.2") == ["Invalid"] * 4 + ["TooMany"] * 2
    with app.test_request_context(environ_base={"REMOTE_ADDR": "198.51.100.7"}):
        assert sign_in.check_password(account.email, PASSWORD).id == account.id


def test_trying_many_names_from_one_address_ends(session: Any, app: Flask) -> None:
    said = []
    for number in range(52):
        with app.test_request_context(environ_base={"REMOTE_ADDR": "192.0.2.1"}):
            try:
                sign_in.check_password(f"name{number}@example.org", "seven herons over the sea")
            except (Invalid, sign_in.TooMany) as error:
                said.append(type(error).__name__)
    assert said == ["Invalid"] * 50 + ["TooMany"] * 2


def test_the_limit_is_over_after_five_minutes(account: Account, app: Flask) -> None:
    with clock.at(NOON):
        wrong(account, 11, app)
    with clock.at(NOON + timedelta(minutes=5, seconds=1)):
        assert sign_in.check_password(account.email, PASSWORD).id == account.id


def test_the_second_factor_counts_among_the_tries(account: Account) -> None:
    enrol(account)
    for _ in range(6):
        with pytest.raises(Invalid):
            sign_in.check_factor(account, "000000")
    for _ in range(4):
        with pytest.raises(Invalid):
            sign_in.confirm_factor(account, "seven herons over the sea")
    with pytest.raises(sign_in.TooMany):
        sign_in.check_factor(account, "000000")


def test_right_tries_are_not_counted(account: Account) -> None:
    for _ in range(15):
        sign_in.check_password(account.email, PASSWORD)


def test_a_factor_is_asked_for_before_anything_is_changed(account: Account) -> None:
    account.name = "Changed"
    with pytest.raises(RuntimeError):
        sign_in.confirm_factor(account, PASSWORD)


# The second factor


def test_a_code_is_taken_once(account: Account) -> None:
    enrol(account)
    with clock.at(NOON):
        code = code_at(account, NOON)
        sign_in.check_factor(account, code)
        for again in (code, f" {code[:3]} {code[3:]} ", f"{code}\n", f"{code[:3]}-{code[3:]}"):
            with pytest.raises(Invalid):
                sign_in.check_factor(account, again)


def test_an_earlier_code_is_dead_once_a_later_one_was_used(account: Account) -> None:
    enrol(account)
    earlier = code_at(account, NOON - timedelta(seconds=30))
    with clock.at(NOON):
        sign_in.check_factor(account, code_at(account, NOON))
        with pytest.raises(Invalid):
            sign_in.check_factor(account, earlier)


def test_a_code_with_spaces_is_taken(account: Account) -> None:
    enrol(account)
    with clock.at(NOON):
        code = code_at(account, NOON)
        sign_in.check_factor(account, f" {code[:3]} {code[3:]} ")


@pytest.mark.parametrize("given", ["", "12345", "1234567", "١٢٣٤٥٦", "\0" * 6, "-1", "9" * 100_000, "abcdef", "\ud800"])
def test_what_is_no_code_is_refused(account: Account, given: str) -> None:
    enrol(account)
    with pytest.raises(Invalid):
        sign_in.check_factor(account, given)


def test_a_code_of_long_ago_is_refused(account: Account) -> None:
    enrol(account)
    code = code_at(account, NOON)
    with clock.at(NOON + timedelta(seconds=90)), pytest.raises(Invalid):
        sign_in.check_factor(account, code)


def test_a_recovery_code_is_taken_once_and_kept_as_a_digest(account: Account) -> None:
    codes = enrol(account)
    assert len(set(codes)) == factors.RECOVERY_CODES
    kept = db.session.scalars(sa.select(RecoveryCode.digest)).all()
    assert not set(codes) & set(kept)
    sign_in.check_factor(account, f" {codes[0].upper().replace('-', ' ')} ")
    with pytest.raises(Invalid):
        sign_in.check_factor(account, codes[0])
    assert factors.codes_left(account) == factors.RECOVERY_CODES - 1


def test_another_persons_recovery_code_is_nothing(account: Account) -> None:
    other = AccountFactory()
    codes = enrol(other)
    enrol(account)
    with pytest.raises(Invalid):
        sign_in.check_factor(account, codes[0])


def test_new_recovery_codes_void_the_earlier_ones(account: Account) -> None:
    earlier = enrol(account)
    factors.new_codes(account)
    db.session.commit()
    with pytest.raises(Invalid):
        sign_in.check_factor(account, earlier[0])


def test_the_secret_is_not_kept_in_plain_sight(account: Account) -> None:
    enrol(account)
    plain = factors._totp().key(account.tf_totp_secret or "").base32_key
    assert plain not in (account.tf_totp_secret or "")


def test_whoever_owes_a_factor_does_not_give_it_up(session: Any, app: Flask) -> None:
    from tracker.models import Role

    reviewer = AccountFactory(role=Role.REVIEWER)
    session.commit()
    enrol(reviewer)
    app.config["FACTOR_OWED"] = True
    try:
        with pytest.raises(Forbidden):
            factors.remove(reviewer, keep_session=None)
    finally:
        app.config["FACTOR_OWED"] = False


def test_one_code_in_two_requests_at_once_is_taken_once(own_app: Flask) -> None:
    with own_app.app_context():
        account = AccountFactory()
        db.session.commit()
        codes = enrol(account, datetime.now(UTC) - timedelta(hours=1))
        account_id, code = account.id, code_at(account, datetime.now(UTC))
    for given in (code, codes[0]):
        outcomes = _at_once(own_app, account_id, given, 4)
        assert outcomes.count("taken") == 1, outcomes


def _at_once(app: Flask, account_id: int, given: str, times: int) -> list[str]:
    outcomes: list[str] = []
    barrier = threading.Barrier(times)

    def run() -> None:
        with app.app_context():
            account = db.session.get_one(Account, account_id)
            db.session.rollback()
            barrier.wait()
            try:
                sign_in.check_factor(account, given)
                outcomes.append("taken")
            except Invalid:
                outcomes.append("refused")
            db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_many_wrong_tries_at_once_are_ten(own_app: Flask) -> None:
    with own_app.app_context():
        AccountFactory(email="guessed@example.org")
        db.session.commit()
    said: list[str] = []
    barrier = threading.Barrier(5)

    def run() -> None:
        barrier.wait()
        for _ in range(4):
            with own_app.app_context():
                try:
                    sign_in.check_password("guessed@example.org", "seven herons over the sea")
                except (Invalid, sign_in.TooMany) as error:
                    said.append(type(error).__name__)

    threads = [threading.Thread(target=run) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["Invalid"] * 10 + ["TooMany"] * 10


# Again, before signing


def test_the_password_or_a_code_confirms(account: Account, app: Flask) -> None:
    enrol(account)
    with app.test_request_context(), clock.at(NOON):
        sign_in.confirm_factor(account, PASSWORD)
        assert g.factor_confirmed
    with app.test_request_context(), clock.at(NOON):
        sign_in.confirm_factor(account, code_at(account, NOON))


@pytest.mark.parametrize("given", ["", None, "seven herons", "000000"])
def test_anything_else_does_not(account: Account, given: str | None) -> None:
    enrol(account)
    with pytest.raises(Invalid) as refused:
        sign_in.confirm_factor(account, given)
    assert refused.value.field == "factor"


def test_a_refusal_speaks_of_codes_to_whoever_has_them(account: Account) -> None:
    with pytest.raises(Invalid, match=r"^The password is not right\.$"):
        sign_in.confirm_factor(account, "seven herons")
    enrol(account)
    with pytest.raises(Invalid, match="A code can be used once"):
        sign_in.confirm_factor(account, "seven herons")
    with pytest.raises(Invalid, match=r"^The password is not right\.$"):
        sign_in.confirm_password(account, "seven herons", "password")


def test_a_code_that_confirmed_is_spent_even_when_the_work_is_taken_back(account: Account) -> None:
    enrol(account)
    with clock.at(NOON):
        code = code_at(account, NOON)
        sign_in.confirm_factor(account, code)
        db.session.rollback()
        with pytest.raises(Invalid):
            sign_in.confirm_factor(account, code)


def test_old_tries_are_forgotten_at_sign_in(account: Account) -> None:
    with clock.at(NOON - timedelta(days=40)), pytest.raises(Invalid):
        sign_in.check_password(account.email, "seven herons over the sea")
    with clock.at(NOON):
        sign_in.finish(account)
    db.session.commit()
    assert not db.session.scalar(sa.select(sa.func.count()).select_from(SignInAttempt))
