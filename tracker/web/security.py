"""Who is asking: Flask-Security on Flask-Login, behind sessions and pages of our own.

Flask-Security makes and upgrades the password hashes, signs the links that set a password, and encrypts the secrets
of second factors. Its views stay off: they commit by themselves, count no tries, keep recovery codes readable, take a
one-time code twice when two requests race, and hash for known names only, which tells who has an account (R2-R4).
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_security import Security, SQLAlchemyUserDatastore

from tracker import clock
from tracker.config import Settings
from tracker.errors import RefusedToStart
from tracker.extensions import db
from tracker.forms.accounts import SignInForm
from tracker.models import Account, SignInSession
from tracker.services import factors
from tracker.services.factors import TrackerTotp
from tracker.services.sessions import Ended
from tracker.texts import gettext as _
from tracker.web import errors, sessions

ARGON2 = {"type": "ID", "time_cost": 2, "memory_cost": 47_104, "parallelism": 1}
ARGON2_IN_TESTS = {"type": "ID", "time_cost": 1, "memory_cost": 64, "parallelism": 1}
WITHOUT_FACTOR = frozenset(
    {
        "account.factor",
        "account.factor_picture",
        "account.set_up_factor",
        "account.sign_out",
        "account.choose_language",
        "assets.serve",
        "health.healthz",
        "health.readyz",
    }
)
PUBLIC_FORMS = frozenset(
    {
        "account.sign_in",
        "account.sign_in_factor",
        "account.sign_out",
        "account.ask_for_reset",
        "account.set_password",
        "account.choose_language",
    }
)
MOST_KEPT = 1024 * 1024
KEPT_BY_ADDRESS = 20


def init_security(app: Flask) -> None:
    """Wire Flask-Security and Flask-Login to ``app``."""
    settings: Settings = app.config["SETTINGS"]
    if settings.is_production and settings.mail_server and not settings.public_url:
        raise RefusedToStart("MAIL_SERVER is set but TRACKER_URL is not: the links in mails would lead nowhere.")
    app.config["FACTOR_OWED"] = settings.is_production
    app.config["PUBLIC_FORMS"] = PUBLIC_FORMS
    app.config.update(_security_settings(settings))
    people = SQLAlchemyUserDatastore(db, Account, None)  # type: ignore[arg-type]  # its roles are not used
    security = Security(app, people, register_blueprint=False, totp_cls=TrackerTotp)
    security.principal.identity_loaders.clear()  # rights are read by ``policy``, once they are asked for
    manager = security.login_manager
    manager.user_loader(_load_account)
    manager.request_loader(None)  # nobody signs in with a token in a header or an address
    manager.unauthorized_handler(ask_to_sign_in)
    manager.session_protection = None  # the session is the server's own; addresses change on the way
    app.after_request_funcs[None].remove(manager._update_remember_cookie)  # it would read every session; we set none
    app.before_request(_ask_for_factor)


def _security_settings(settings: Settings) -> dict[str, Any]:
    argon2 = ARGON2_IN_TESTS if settings.env == "test" else ARGON2
    secret = hmac.new(settings.secret_key.encode(), b"second factors", hashlib.sha256).hexdigest()
    return {
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_DEPRECATED_PASSWORD_SCHEMES": [],
        "SECURITY_PASSWORD_SINGLE_HASH": ["argon2"],
        "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": {f"argon2__{name}": value for name, value in argon2.items()},
        "SECURITY_RESET_PASSWORD_WITHIN": timedelta(hours=4),
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "SECURITY_TOTP_SECRETS": {"1": secret},
        "SECURITY_TOTP_ISSUER": "1373 Tracker",
        "SECURITY_CLI_USERS_NAME": False,
        "SECURITY_CLI_ROLES_NAME": False,
    }


def _load_account(uniquifier: str) -> Account | None:
    """The account of this session, which was read with it."""
    account = sessions.current().account
    return account if account is not None and account.fs_uniquifier == uniquifier else None


def _ask_for_factor() -> ResponseReturnValue | None:
    """Whoever owes a second factor reaches nothing else before it is set up (R2)."""
    if not current_app.config["FACTOR_OWED"] or request.endpoint is None or request.endpoint in WITHOUT_FACTOR:
        return None
    if current_user.is_authenticated and not current_user.has_factor and factors.is_owed(current_user):
        return redirect(url_for("account.factor"), 303)
    return None


# Not signed in


def ask_to_sign_in() -> ResponseReturnValue:
    """The way in for whoever is not signed in: a page is asked for again afterwards, a form's text is kept."""
    if request.method in sessions.SAFE_METHODS:
        sessions.current().keep_ended()
        return redirect(url_for("account.sign_in", next=local_address(request.full_path.rstrip("?"))))
    status = 401 if g.get("csrf_valid") else 400
    page = render_template(
        "security/sign_in.html",
        form=SignInForm(formdata=None),
        next_address=None,
        kept=errors.kept_text() if _keep_form() else None,
        note=why_ended(),
    )
    return make_response(page, status)


def why_ended() -> str:
    """Why the session ended whose cookie this request brings, in words; nothing without one, or where it only grew
    old."""
    reasons = {
        Ended.ROLES: _("Your session has ended because your roles were changed. Sign in again."),
        Ended.DISABLED: _("Your session has ended because an administrator disabled your account."),
        Ended.PASSWORD: _("Your session has ended because your password was changed. Sign in again."),
        Ended.FACTOR: _("Your session has ended because your second factor was changed. Sign in again."),
        Ended.ELSEWHERE: _("Your session has ended because you ended it from another one. Sign in again."),
    }
    return {reason.value: words for reason, words in reasons.items()}.get(sessions.current().lapsed_because or "", "")


def local_address(given: str | None) -> str | None:
    """``given`` when it is an address within this program, else None: nobody is sent elsewhere from here."""
    if not given or not given.startswith("/") or given.startswith(("//", "/\\")):
        return None
    return given if given.isprintable() and "\\" not in given and len(given) <= 2000 else None


def _keep_form() -> bool:
    """Put the posted text into the session, to be sent again after signing in; False where it cannot be kept."""
    session = sessions.current()
    posted = errors.kept_text()
    size = sum(len(name) + len(value) for name, value in posted.fields)
    if sessions.is_from_another_site() or not posted.fields or size > MOST_KEPT or _keeps_enough():
        return False
    session["kept"] = {
        "address": local_address(request.full_path.rstrip("?")),
        "fields": posted.fields,
        "files": posted.files,
        "is_upload": request.mimetype == "multipart/form-data",
        "account_id": session.lapsed_account_id,
    }
    return True


def _keeps_enough() -> bool:
    """Whether this address has left as many texts as one may without signing in."""
    row = SignInSession
    recent = clock.now() - timedelta(minutes=30)
    waiting = sa.select(sa.func.count()).where(
        row.account_id.is_(None), row.address == request.remote_addr, row.last_seen_at >= recent, row.ended_at.is_(None)
    )
    return (db.session.scalar(waiting) or 0) >= KEPT_BY_ADDRESS


def kept_form() -> dict[str, Any] | None:
    """The text that waits to be sent again, when it is this person's."""
    kept = sessions.current().get("kept")
    if not kept or not current_user.is_authenticated or not kept["address"]:
        return None
    return kept if kept["account_id"] in (None, current_user.id) else None


def forget_kept_form() -> None:
    """Let go of the text that waited."""
    sessions.current().pop("kept", None)
