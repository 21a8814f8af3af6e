"""The second factor: one-time codes from an authenticator app, each taken once, and recovery codes (R2).

Flask-Security makes and encrypts the secrets. What it leaves out is here: a code's time step is spent by one
conditional UPDATE, so that two requests cannot both use it, and recovery codes are kept as digests instead of
under a key.
"""

from __future__ import annotations

import hashlib
import io
import secrets
from datetime import datetime

import qrcode
import qrcode.image.svg
import sqlalchemy as sa
from flask import current_app
from flask_security import Totp
from passlib.exc import TokenError
from passlib.totp import TOTP

from tracker import clock, history
from tracker.errors import Forbidden, Invalid
from tracker.extensions import db
from tracker.models import Account, Category, Role
from tracker.models.account import RecoveryCode
from tracker.policy import has_role
from tracker.role_words import role_words
from tracker.services import sessions
from tracker.texts import gettext as _

OWED_BY = (Role.REVIEWER, Role.ADMINISTRATOR)
WINDOW = 30
RECOVERY_CODES = 10
SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is read as another
GROUPS, GROUP = 6, 4  # 118 bits, so that a plain digest keeps it (ASVS 6.5.2)


class TrackerTotp(Totp):
    """Flask-Security's maker of secrets, asked for the time step of a code instead of yes or no."""

    def step(self, code: str, secret: str, moment: datetime) -> int | None:
        """The time step that ``code`` belongs to; None when it is wrong. Spaces in the code do not matter."""
        try:
            return int(self._totp.verify(code, secret, time=moment, window=WINDOW).counter)
        except (TokenError, ValueError, TypeError):
            return None

    def key(self, secret: str) -> TOTP:
        """The secret itself, to be shown once."""
        return self._totp.from_source(secret)


def is_owed(account: Account) -> bool:
    """Whether the account must have a second factor: reviewers and administrators in production."""
    return bool(current_app.config["FACTOR_OWED"]) and has_role(account, *OWED_BY)


def new_secret() -> str:
    """A fresh secret, encrypted; nothing depends on it until ``set_up``."""
    return str(_totp().generate_totp_secret())


def words_of(secret: str) -> str:
    """The secret in groups of four, to be typed into an app."""
    return str(_totp().get_totp_pretty_key(secret)).replace("-", " ")


def address_of(account: Account, secret: str) -> str:
    """The ``otpauth://`` address that an app opens."""
    return str(_totp().get_totp_uri(account.email, secret))


def picture_of(account: Account, secret: str) -> bytes:
    """The address as a QR code: an SVG image on white, with neither style nor script in it."""
    image = qrcode.make(address_of(account, secret), image_factory=qrcode.image.svg.SvgPathFillImage)
    stream = io.BytesIO()
    image.save(stream)
    return stream.getvalue()


def set_up(account: Account, secret: str, code: str, *, keep_session: str | None) -> list[str]:
    """Take ``secret`` as the account's second factor once its first code is right; returns recovery codes."""
    step = _totp().step(code, secret, clock.now())
    if step is None:
        raise Invalid(_("This code is not right. Check the time of your device and enter the newest code."), "code")
    account.tf_totp_secret = secret
    account.last_totp_step = step
    codes = _renew_codes(account)
    sessions.end_all(account, sessions.Ended.FACTOR, but=keep_session)
    _record("account.factor_set_up", account, account)
    return codes


def new_codes(account: Account) -> list[str]:
    """Put new recovery codes in the place of all earlier ones."""
    codes = _renew_codes(account)
    _record("account.recovery_codes_renewed", account, account)
    return codes


def remove(account: Account, *, keep_session: str | None) -> None:
    """Give up one's own second factor, where none is owed."""
    if is_owed(account):
        raise Forbidden(
            _("Reviewers and administrators must have a second factor."), role_words(set(Role) - set(OWED_BY))
        )
    _clear(account)
    sessions.end_all(account, sessions.Ended.FACTOR, but=keep_session)
    _record("account.factor_removed", account, account)


def reset(account: Account, *, by: Account | None, reason: str = "") -> None:
    """Take the second factor from someone who lost it: they set up a new one at the next sign-in."""
    _clear(account)
    sessions.end_all(account, sessions.Ended.FACTOR)
    _record("account.factor_reset", account, by, reason)


def spend(account: Account, code: str) -> bool:
    """Whether ``code`` is right and was not used before; from now on it is used."""
    step = _totp().step(code, account.tf_totp_secret, clock.now()) if account.tf_totp_secret else None
    if step is None:
        return False
    unused = sa.or_(Account.last_totp_step.is_(None), Account.last_totp_step < step)
    taken = db.session.execute(
        sa.update(Account)
        .where(Account.id == account.id, unused)
        .values(last_totp_step=step)
        .execution_options(synchronize_session=False)
    )
    return bool(taken.rowcount == 1)  # type: ignore[attr-defined]  # an UPDATE gives a cursor result


def spend_recovery_code(account: Account, code: str) -> bool:
    """Whether ``code`` is an unused recovery code; from now on it is used."""
    taken = db.session.execute(
        sa.update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account.id,
            RecoveryCode.digest == _digest(code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    return bool(taken.rowcount == 1)  # type: ignore[attr-defined]  # an UPDATE gives a cursor result


def codes_left(account: Account) -> int:
    """How many recovery codes are still unused."""
    unused = sa.select(sa.func.count()).where(RecoveryCode.account_id == account.id, RecoveryCode.used_at.is_(None))
    return db.session.scalar(unused) or 0


def _renew_codes(account: Account) -> list[str]:
    _forget_codes(account)
    codes = ["-".join(_group() for _n in range(GROUPS)) for _m in range(RECOVERY_CODES)]
    db.session.add_all(RecoveryCode(account_id=account.id, digest=_digest(code)) for code in codes)
    return codes


def _group() -> str:
    return "".join(secrets.choice(SIGNS) for _n in range(GROUP))


def _digest(code: str) -> str:
    plain = "".join(sign for sign in code.lower() if sign.isalnum())
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def _clear(account: Account) -> None:
    account.tf_totp_secret = None
    account.last_totp_step = None
    _forget_codes(account)


def _forget_codes(account: Account) -> None:
    db.session.execute(
        sa.delete(RecoveryCode)
        .where(RecoveryCode.account_id == account.id)
        .execution_options(synchronize_session=False)
    )


def _record(kind: str, account: Account, by: Account | None, reason: str = "") -> None:
    details = {"fields": ["second_factor"]}
    history.record(kind, account, by=by, category=Category.ACCESS, details=details, reason=reason)


def _totp() -> TrackerTotp:
    totp: TrackerTotp = current_app.extensions["security"].totp_factory
    return totp
