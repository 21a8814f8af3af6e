"""Accounts: made, changed and disabled by administrators; a password set, changed and forgotten by its owner.

Events hold the names of the fields that changed, never a name, an address or a password.
"""

from __future__ import annotations

import secrets
import unicodedata
from datetime import timedelta

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale
from itsdangerous import BadData, URLSafeTimedSerializer

from tracker import clock, history, mail, policy
from tracker.errors import Forbidden, Invalid
from tracker.extensions import db
from tracker.models import Account, Category, Grant, OutboxMail, Role
from tracker.role_words import role_words
from tracker.services import factors, notifications, passwords, sessions, turns
from tracker.texts import gettext as _

INVITED_FOR = timedelta(days=7)
RESET_EVERY = timedelta(minutes=2)


def plain_email(email: str) -> str:
    """An e-mail address as it is stored and looked for: without white space around it, in lower case."""
    return unicodedata.normalize("NFC", email.strip()).lower()


def find(email: str) -> Account | None:
    """The account with this e-mail address."""
    return db.session.scalar(sa.select(Account).where(Account.email == plain_email(email)))


def create(email: str, name: str, *, by: Account | None, password: str | None = None) -> Account:
    """A new account without any grant; whoever has no password yet is invited by mail to set one."""
    _require_unused(email)
    if password is not None:
        passwords.check(password, name=name, email=email, field="password")
    account = Account(
        email=plain_email(email),
        name=name,
        password=passwords.hashed(password) if password is not None else None,
        active=True,
        fs_uniquifier=_fresh_uniquifier(),
        created_at=clock.now(),
    )
    db.session.add(account)
    db.session.flush()
    _record("account.created", account, by, ["email", "name"])
    if password is None:
        invite(account, by=by)
    return account


def edit(account: Account, *, name: str, email: str, by: Account) -> None:
    """Change the name or the address; the earlier address is told that it is no longer used."""
    before = account.email
    fields = [field for field, old, new in _differences(account, name, email) if old != new]
    if not fields:
        return
    if "email" in fields:
        _require_unused(email)
        account.email = plain_email(email)
        _tell_former_address(account, before)
    account.name = name
    _record("account.changed", account, by, fields)


def invite(account: Account, *, by: Account | None) -> None:
    """Mail a link with which the person sets a first password."""
    with _in_language_of(account):
        mail.queue(
            account,
            _("Your account at the 1373 Tracker"),
            _(
                "An account was made for you. Set your password within seven days, then sign in with this e-mail "
                "address:\n\n%(address)s",
                address=_password_address(account),
            ),
        )
    _record("account.invited", account, by, [])


def disable(account: Account, *, by: Account | None, reason: str = "") -> None:
    """active → disabled: ends every session. Not oneself, and never the last administrator."""
    if by is not None and by.id == account.id:
        raise Forbidden(_("Nobody disables their own account."), _another_administrator())
    if not account.active:
        return
    require_other_administrator(account)
    account.active = False
    sessions.end_all(account, sessions.Ended.DISABLED)
    _record("account.disabled", account, by, ["active"], reason)


def enable(account: Account, *, by: Account | None) -> None:
    """disabled → active."""
    if account.active:
        return
    account.active = True
    _record("account.enabled", account, by, ["active"])


def reset_factor(account: Account, *, by: Account | None, reason: str = "") -> None:
    """Take the second factor from someone who lost it, and tell them."""
    factors.reset(account, by=by, reason=reason)
    notifications.notify(account, "factor_reset")


def change_password(account: Account, new_password: str) -> None:
    """Set a new password by its owner, who has just given the old one; ends every session."""
    _set_password(account, new_password)
    _record("account.password_changed", account, account, ["password"])
    notifications.notify(account, "password_changed")


def ask_for_reset(email: str) -> None:
    """Mail a link that sets a new password, if there is such an account; the answer is the same either way (R4)."""
    account = find(email)
    if account is None or not account.active or _was_just_mailed(account):
        history.record("account.reset_asked", None, by=None, category=Category.ACCESS)
        return
    with _in_language_of(account):
        mail.queue(
            account,
            _("A new password for the 1373 Tracker"),
            _(
                "Somebody, probably you, asked to set a new password. If it was you, set one within four hours:"
                "\n\n%(address)s\n\nIf it was not, do nothing: the password stays as it is.",
                address=_password_address(account),
            ),
        )
    _record("account.reset_asked", account, None, [])


def account_of(token: str) -> Account | None:
    """The account whose password this link may set; None when it is too old, used or not ours."""
    try:
        uniquifier, moment = _serializer().loads(token, max_age=int(INVITED_FOR.total_seconds()), return_timestamp=True)
    except (BadData, ValueError):
        return None
    if not isinstance(uniquifier, str):
        return None
    account = db.session.scalar(sa.select(Account).where(Account.fs_uniquifier == uniquifier, Account.active.is_(True)))
    if account is None or account.password is None:
        return account
    return account if clock.now() - moment <= current_app.config["SECURITY_RESET_PASSWORD_WITHIN"] else None


def reset_password(account: Account, new_password: str) -> None:
    """Set a new password by a mailed link, which is used up; ends every session. The second factor stays."""
    _set_password(account, new_password)
    _record("account.password_reset", account, account, ["password"])
    notifications.notify(account, "password_changed")


def choose_language(account: Account, language: str) -> None:
    """Remember the language in which the account reads."""
    account.language = language


def require_other_administrator(account: Account) -> None:
    """Refuse what would leave nobody who can manage people. Two who take it from each other at once take turns."""
    turns.take("administrators", "")
    others = sa.select(sa.func.count(sa.distinct(Grant.account_id))).where(
        Grant.account_id != account.id,
        Grant.role == Role.ADMINISTRATOR,
        policy.holding(),
        Grant.account.has(Account.active.is_(True)),
    )
    if policy.has_role(account, Role.ADMINISTRATOR) and not db.session.scalar(others):
        raise Forbidden(_("This is the last administrator. Make another one first."), _another_administrator())


def _another_administrator() -> str:
    return _("another %(role)s", role=role_words([Role.ADMINISTRATOR]))


def _set_password(account: Account, password: str) -> None:
    """The new password makes every link and session of the account worthless."""
    passwords.check(password, name=account.name, email=account.email)
    account.password = passwords.hashed(password)
    account.fs_uniquifier = _fresh_uniquifier()
    sessions.end_all(account, sessions.Ended.PASSWORD)


def _fresh_uniquifier() -> str:
    return secrets.token_hex(32)


def _require_unused(email: str) -> None:
    if find(email) is not None:
        raise Invalid(_("There is an account with this e-mail address already."), "email")


def _differences(account: Account, name: str, email: str) -> list[tuple[str, str, str]]:
    return [("name", account.name, name), ("email", account.email, plain_email(email))]


def _tell_former_address(account: Account, address: str) -> None:
    with _in_language_of(account):
        mail.queue_to(
            address,
            account.name,
            _("Your e-mail address at the 1373 Tracker"),
            _("An administrator changed the address of your account. If you did not ask for it, tell them at once."),
        )


def _was_just_mailed(account: Account) -> bool:
    """Whether a mail to the account waits that is so young that another would only annoy."""
    recent = sa.exists().where(OutboxMail.recipient == account.email, OutboxMail.created_at > clock.now() - RESET_EVERY)
    return bool(db.session.scalar(sa.select(recent)))


def _password_address(account: Account) -> str:
    return mail.address(f"/login/new-password?token={_serializer().dumps(account.fs_uniquifier)}")


def _serializer() -> URLSafeTimedSerializer:
    serializer: URLSafeTimedSerializer = current_app.extensions["security"].reset_serializer
    return serializer


def _in_language_of(account: Account):  # type: ignore[no-untyped-def]  # Flask-Babel's own context manager
    return force_locale(account.language or "en")


def _record(kind: str, account: Account, by: Account | None, fields: list[str], reason: str = "") -> None:
    details = {"fields": fields} if fields else {}
    history.record(kind, account, by=by, category=Category.ACCESS, details=details, reason=reason)
