"""Proving who one is: the password, the second factor, and either of them again before signing (R2-R4, R16).

Each try is a row, written and committed before anything is compared, so that the limit holds across processes,
restarts and requests at the same moment. A code is spent in the same way. Therefore these functions end the
transaction under way: call them before anything is changed; they raise if something was.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil
from typing import Any

import sqlalchemy as sa
from flask import current_app, g, has_request_context, request

from tracker import clock, history
from tracker.errors import Invalid, TooOften
from tracker.extensions import db, read
from tracker.models import Account, Category, Outcome, SignInAttempt
from tracker.services import accounts, factors, passwords, sessions
from tracker.texts import gettext as _

WINDOW = timedelta(minutes=5)
MOST = 10
MOST_BY_ADDRESS = 50
KNOWN_FOR = timedelta(days=30)


class TooMany(TooOften):
    """Too many wrong tries (R3)."""

    def __init__(self, retry_after: int) -> None:
        minutes = max(1, ceil(retry_after / 60))
        words = _("Too many tries went wrong. Wait %(minutes)s minutes, then try again.", minutes=minutes)
        super().__init__(words, retry_after)


Try = tuple[datetime, str]
"""A wrong try: when, and from which address."""


def check_password(email: str, password: str) -> Account:
    """The account whose name and password these are; the same refusal, as fast, whatever is wrong (R4)."""
    account = accounts.find(email)
    account_id = account.id if account and account.active else None
    stored = account.password if account and account.active else None
    attempt = _count(_key(email), account_id)
    if not passwords.is_right(password, stored) or account_id is None or stored is None:
        _refuse("account.sign_in_failed", account_id, email)
        raise Invalid(_("The e-mail address or the password is not right."))
    known = db.session.get_one(Account, account_id)
    if passwords.is_outdated(stored):
        known.password = passwords.hashed(password)
    _succeed(attempt)
    return known


def check_factor(account: Account, given: str) -> bool:
    """Raise Invalid unless ``given`` is a one-time code or a recovery code of the account, unused until now; tells
    whether it was a recovery code."""
    attempt = _count(_key(account.email), account.id)
    is_from_device = factors.spend(account, given)
    if not is_from_device and not factors.spend_recovery_code(account, given):
        _refuse("account.factor_refused", account.id, account.email)
        raise Invalid(_("This code is not right, or it was used before. Wait for the next one."), "code")
    _succeed(attempt)
    return not is_from_device


def confirm_factor(account: Account, given: str | None) -> None:
    """Ask for a factor again (R16): raise Invalid unless ``given`` is the password or an unused one-time code.

    The session gets a new value with the answer (R5).
    """
    _require_nothing_changed()
    given = given or ""
    if _is_code(given) and account.has_factor:
        _succeed(_confirm(account, given, factors.spend))
    else:
        confirm_password(account, given)


def confirm_password(account: Account, given: str | None, field: str = "factor") -> None:
    """Ask for the password again: raise Invalid on ``field`` unless it is right."""
    _require_nothing_changed()
    stored = account.password
    attempt = _confirm(account, given or "", lambda _account, typed: passwords.is_right(typed, stored), field)
    if has_request_context():
        g.right_try = attempt  # nothing was spent: one commit less before the act that waits for this
    else:
        _succeed(attempt)


def _confirm(account: Account, given: str, is_right: Callable[[Account, str], bool], field: str = "factor") -> int:
    account_id, email = account.id, account.email
    may_be_code = account.has_factor and field == "factor"
    attempt = _count(_key(email), account_id, by=account)
    if not is_right(account, given):
        _refuse("account.factor_refused", account_id, email, by=account)
        if not may_be_code:
            raise Invalid(_("The password is not right."), field)
        raise Invalid(_("The password or code is not right. A code can be used once; wait for the next one."), field)
    if has_request_context():
        g.factor_confirmed = True
    return attempt


def settle_try() -> None:
    """The password that this request asked for again was right: the try counts no more. Written where the session
    takes its new value: with the act, or after the request where the act came to nothing. So it may be told twice."""
    if "right_try" in g:
        _mark_right(g.right_try)


def finish(account: Account) -> None:
    """Note that ``account`` has signed in."""
    history.record("account.signed_in", account, by=account, category=Category.ACCESS)
    sessions.forget_old()
    _forget_old_attempts()


def sign_out(account: Account) -> None:
    """Note that ``account`` has signed out."""
    history.record("account.signed_out", account, by=account, category=Category.ACCESS)


def count_reset(email: str) -> None:
    """Count a wish for a new password, apart from tries to sign in."""
    _count(_key(f"reset {email}"), None)


def _is_code(given: str) -> bool:
    digits = "".join(given.split())
    return len(digits) == 6 and digits.isdigit()


# The tries


def _count(key: str, account_id: int | None, by: Account | None = None) -> int:
    """Write this try down as wrong until shown right; raise TooMany when there were too many. ``by``: whoever is signed
    in."""
    _require_nothing_changed()
    address = _address()
    _one_at_a_time(key)
    wait = _wait(key, address)
    if wait:
        throttled, details = "account.sign_in_throttled", {"address": _digest(address)}
        history.record_alone(throttled, by=by, obj=_account(account_id), details=details)
        raise TooMany(wait)
    tried = {"account_key": key, "address": address, "at": clock.now(), "succeeded": False}
    key_of: Any = db.session.connection().execute(_TRIED, tried).inserted_primary_key
    db.session.commit()
    return int(key_of[0])


# Statements that each signature and each sign-in ask for are built once, and need no unit of work.
_TRIES: Any = SignInAttempt.__table__
_TRIED = sa.insert(_TRIES)
_RIGHT = sa.update(_TRIES).where(_TRIES.c.id == sa.bindparam("attempt_id")).values(succeeded=True)


def _require_nothing_changed() -> None:
    """Counting a try commits it: nobody else's half-made change may go with it."""
    if db.session.new or db.session.dirty or db.session.deleted:
        raise RuntimeError("a factor is asked for before anything is changed")


def _one_at_a_time(key: str) -> None:
    """Two tries at the same account take turns; on SQLite writers do anyway."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(int(key[:15], 16))))


def _wait(key: str, address: str) -> int:
    """In how many seconds a try on this account from this address is heard again; 0 is now.

    Ten wrong tries on an account, from wherever; an address from which its owner has signed in lately has ten of
    its own, so that a stranger's guessing does not lock the owner out. Fifty from one address, on all accounts.
    """
    tries, from_address = _wrong(key, address)
    own = [at for at, whence in tries if whence == address]
    if len(own) >= MOST:
        return _until(own[MOST - 1])
    crowded = len(tries) >= MOST or len(from_address) >= MOST_BY_ADDRESS
    if not crowded or _is_known(key, address):
        return 0
    if len(tries) >= MOST:
        return _until(tries[MOST - 1][0])
    return _until(from_address[MOST_BY_ADDRESS - 1][0])


def _wrong(key: str, address: str) -> tuple[list[Try], list[Try]]:
    """The newest wrong tries within the window on the account, and from the address, newest first: as many as any
    limit asks for."""
    found: tuple[list[Try], list[Try]] = ([], [])
    asked = {"key": key, "address": address, "since": clock.now() - WINDOW}
    for row in read(_WRONG, asked).all():
        found[row.place].append((row.at, row.address))
    return found


def _newest(column: Any, name: str, place: int) -> sa.Select[Any]:
    attempt = SignInAttempt
    newest = (
        sa.select(sa.literal(place).label("place"), attempt.at, attempt.address)
        .where(column == sa.bindparam(name), attempt.at > sa.bindparam("since"), attempt.succeeded.is_(False))
        .order_by(attempt.at.desc())
        .limit(MOST_BY_ADDRESS * 4)
    )
    return sa.select(newest.subquery())


_WRONG = sa.union_all(
    _newest(SignInAttempt.account_key, "key", 0), _newest(SignInAttempt.address, "address", 1)
).order_by(sa.desc("at"))


def _until(at: datetime) -> int:
    return max(1, ceil((at + WINDOW - clock.now()).total_seconds()))


def _is_known(key: str, address: str) -> bool:
    """Whether the account was signed in to from this address lately."""
    attempt = SignInAttempt
    known = sa.exists().where(
        attempt.account_key == key,
        attempt.address == address,
        attempt.succeeded.is_(True),
        attempt.at > clock.now() - KNOWN_FOR,
    )
    return bool(db.session.scalar(sa.select(known)))


def _succeed(attempt_id: int) -> None:
    """The try was right: it counts no more. Committed with the code that was spent."""
    _mark_right(attempt_id)
    db.session.commit()


def _mark_right(attempt_id: int) -> None:
    db.session.connection().execute(_RIGHT, {"attempt_id": attempt_id})


def _refuse(kind: str, account_id: int | None, email: str, by: Account | None = None) -> None:
    """One event of its own, with digests in place of the name typed and the address; ``by`` whoever is signed in."""
    details = {"name": _digest(accounts.plain_email(email)), "address": _digest(_address())}
    history.record_alone(kind, by=by, obj=_account(account_id), outcome=Outcome.FAILED, details=details)


def _account(account_id: int | None) -> Account | None:
    return db.session.get(Account, account_id) if account_id else None


def _forget_old_attempts() -> None:
    db.session.execute(
        sa.delete(SignInAttempt)
        .where(SignInAttempt.at < clock.now() - KNOWN_FOR)
        .execution_options(synchronize_session=False)
    )


def _address() -> str:
    """Where the request comes from; headers count only behind the proxies that are configured."""
    return (request.remote_addr or "unknown") if has_request_context() else "command line"


def _key(email: str) -> str:
    return _digest(accounts.plain_email(email))


def _digest(text: str) -> str:
    """A digest that only this program can make: names and addresses cannot be tried out against it."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
