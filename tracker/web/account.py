"""Signing in and out, and one's own account: password, second factor, sessions, language."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask import session as held
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import clock, policy
from tracker.errors import Forbidden, Invalid, NotFound
from tracker.extensions import db
from tracker.forms.accounts import (
    ChangePasswordForm,
    ConfirmForm,
    FactorForm,
    NewPasswordForm,
    ResetForm,
    SetUpFactorForm,
    SignInForm,
)
from tracker.models import Account
from tracker.reports import grants as report
from tracker.services import accounts, factors, sign_in
from tracker.services import sessions as session_rows
from tracker.texts import gettext as _
from tracker.texts import ngettext
from tracker.web import browsers, errors, locale, security, sessions

blueprint = Blueprint("account", __name__)
PENDING_FOR = timedelta(minutes=10)
FORGET = '"cache", "storage"'


# In and out


@blueprint.route("/login", methods=["GET", "POST"], endpoint="sign_in")
def enter() -> ResponseReturnValue:
    """Sign in with name and password; whoever has a second factor is asked for it next."""
    form = SignInForm()
    if request.method == "GET" and current_user.is_authenticated:
        return redirect(_next() or "/")
    if not form.validate_on_submit():
        return _sign_in_page(form, 422 if form.is_bound else 200)
    try:
        account = sign_in.check_password(form.email.data, form.password.data)
    except sign_in.TooMany as wait:
        form.form_errors = [wait.message]
        return _too_many(_sign_in_page(form, 429), wait)
    except Invalid as wrong:
        form.refuse(wrong)
        return _sign_in_page(form, 401)
    if account.has_factor:
        held["pending"] = {"account_id": account.id, "at": clock.now().isoformat(), "next": _next()}
        return redirect(url_for("account.sign_in_factor"), 303)
    return _welcome(account, _next())


@blueprint.route("/login/factor", methods=["GET", "POST"])
def sign_in_factor() -> ResponseReturnValue:
    """The second step of signing in: a one-time code or a recovery code."""
    pending: dict[str, Any] = held.get("pending") or {}
    account = _pending_account(pending)
    if account is None:
        return redirect(url_for("account.sign_in"), 303)
    form = FactorForm()
    if not form.validate_on_submit():
        return _factor_page(form, 422 if form.is_bound else 200)
    try:
        is_recovery_code = sign_in.check_factor(account, form.code.data)
    except sign_in.TooMany as wait:
        form.form_errors = [wait.message]
        return _too_many(_factor_page(form, 429), wait)
    except Invalid as wrong:
        form.refuse(wrong)
        return _factor_page(form, 401)
    answer = _welcome(account, pending["next"])
    if is_recovery_code:
        flash(_recovery_words(factors.codes_left(account)), "warning")
    return answer


@blueprint.post("/logout")
def sign_out() -> ResponseReturnValue:
    """End the session on the server, and let the browser forget what it kept."""
    if current_user.is_authenticated:
        sign_in.sign_out(current_user)
    sessions.current().end()
    db.session.commit()
    answer = redirect(url_for("account.sign_in", out=1), 303)
    answer.headers["Clear-Site-Data"] = FORGET
    return answer


@blueprint.route("/login/forgotten", methods=["GET", "POST"])
def ask_for_reset() -> ResponseReturnValue:
    """Ask for a link by mail; the answer never tells whether there is such an account (R4)."""
    form = ResetForm()
    if not form.validate_on_submit():
        return render_template("security/forgotten.html", form=form, sent=False), 422 if form.is_bound else 200
    try:
        sign_in.count_reset(form.email.data)
    except sign_in.TooMany as wait:
        form.form_errors = [wait.message]
        page = make_response(render_template("security/forgotten.html", form=form, sent=False), 429)
        return _too_many(page, wait)
    accounts.ask_for_reset(form.email.data)
    db.session.commit()
    return render_template("security/forgotten.html", form=form, sent=True)


@blueprint.route("/login/new-password", methods=["GET", "POST"])
def set_password() -> ResponseReturnValue:
    """Set a password by a mailed link."""
    form = NewPasswordForm()
    if not form.is_bound:
        form.token.data = request.args.get("token", "")
    account = accounts.account_of(form.token.data or "")
    if account is None:
        return render_template("security/new_password.html", form=None), 410
    if form.validate_on_submit():
        try:
            accounts.reset_password(account, form.new_password.data)
        except Invalid as wrong:
            db.session.rollback()
            form.refuse(wrong)
        else:
            db.session.commit()
            return redirect(url_for("account.sign_in", changed=1), 303)
    return render_template("security/new_password.html", form=form), 422 if form.is_bound else 200


# What was typed before the session ended


@blueprint.get("/account/kept")
def kept() -> ResponseReturnValue:
    """The text of a form whose session had ended, to be sent again."""
    waiting = security.kept_form()
    if waiting is None:
        raise NotFound(_("Nothing waits to be sent again."))
    shown = errors.Kept([(name, value) for name, value in waiting["fields"]], waiting["files"])
    return render_template("account/kept.html", kept=waiting, shown=shown)


@blueprint.post("/account/kept/forget")
def forget_kept() -> ResponseReturnValue:
    """Let go of that text."""
    security.forget_kept_form()
    return redirect("/", 303)


# One's own account


@blueprint.get("/account")
def show() -> ResponseReturnValue:
    """One's own account: name, rights, second factor, what can be changed."""
    return render_template(
        "account/show.html",
        grants=policy.active_grants(current_user),
        grant_words=report.words,
        codes_left=factors.codes_left(current_user) if current_user.has_factor else 0,
        languages=locale.spoken(),
        language=locale.language(),
        on_trial={code: name for code, name in locale.languages().items() if code not in locale.spoken()},
    )


@blueprint.post("/account/language")
def choose_language() -> ResponseReturnValue:
    """Choose the language of the pages."""
    code = request.form.get("language", "")
    if code in locale.languages():
        held["language"] = code
        if current_user.is_authenticated:
            accounts.choose_language(current_user, code)
            db.session.commit()
    return redirect(security.local_address(request.form.get("next")) or url_for("account.show"), 303)


@blueprint.route("/account/password", methods=["GET", "POST"])
def change_password() -> ResponseReturnValue:
    """Change one's password; every session ends, and this browser gets a new one."""
    form = ChangePasswordForm()
    if form.validate_on_submit():
        try:
            account = _myself()
            sign_in.confirm_password(account, form.password.data, "password")
            accounts.change_password(account, form.new_password.data)
        except Invalid as wrong:
            db.session.rollback()
            form.refuse(wrong)
        else:
            sessions.current().begin(account)
            db.session.commit()
            flash(_("Your password is changed. All other sessions have ended."))
            return redirect(url_for("account.show"), 303)
    return render_template("account/password.html", form=form), 422 if form.is_bound else 200


@blueprint.get("/account/sessions")
def list_sessions() -> ResponseReturnValue:
    """The sessions that are open in one's name."""
    return render_template(
        "account/sessions.html",
        sessions=session_rows.open_ones(current_user),
        current_id=sessions.current().row_id,
        browser_words=browsers.words,
    )


@blueprint.post("/account/sessions/end")
def end_session() -> ResponseReturnValue:
    """End one of one's sessions, or all but this one."""
    which = request.form.get("session", "")
    if which == "others":
        session_rows.end_others(_myself(), sessions.current().row_id)
    elif not session_rows.end_one_of(_myself(), which):
        raise NotFound(_("That session has ended already."))
    db.session.commit()
    flash(_("The session has ended."))
    return redirect(url_for("account.list_sessions"), 303)


# The second factor


@blueprint.get("/account/factor")
def factor() -> ResponseReturnValue:
    """Set up a second factor, or look after the one there is."""
    if current_user.has_factor:
        return _own_factor_page(ConfirmForm(formdata=None))
    held["secret"] = held.get("secret") or factors.new_secret()
    return _set_up_page(SetUpFactorForm(formdata=None))


@blueprint.get("/account/factor/code.svg")
def factor_picture() -> ResponseReturnValue:
    """The secret as a QR code, while it is being set up."""
    secret = held.get("secret")
    if secret is None or current_user.has_factor:
        raise NotFound(_("No second factor is being set up."))
    answer = Response(factors.picture_of(current_user, secret), mimetype="image/svg+xml")
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@blueprint.post("/account/factor")
def set_up_factor() -> ResponseReturnValue:
    """Set up the second factor; the recovery codes are shown this once."""
    secret = held.get("secret")
    if secret is None or current_user.has_factor:
        return redirect(url_for("account.factor"), 303)
    form = SetUpFactorForm()
    if not form.validate_on_submit():
        return _set_up_page(form, 422)
    account = _myself()
    try:
        sign_in.confirm_password(account, form.factor.data)
        codes = factors.set_up(account, secret, form.code.data, keep_session=sessions.current().row_id)
    except Invalid as wrong:
        db.session.rollback()
        form.refuse(wrong)
        return _set_up_page(form, 422)
    db.session.commit()
    held.pop("secret", None)
    return render_template("account/codes.html", codes=codes)


@blueprint.post("/account/factor/codes")
def renew_codes() -> ResponseReturnValue:
    """New recovery codes in the place of the earlier ones, shown this once."""
    form = ConfirmForm()
    account = _myself()
    if not (account.has_factor and form.validate_on_submit()):
        return _own_factor_page(form, 422)
    try:
        sign_in.confirm_factor(account, form.factor.data)
    except Invalid as wrong:
        form.refuse(wrong)
        return _own_factor_page(form, 422)
    codes = factors.new_codes(account)
    db.session.commit()
    return render_template("account/codes.html", codes=codes)


@blueprint.post("/account/factor/remove")
def remove_factor() -> ResponseReturnValue:
    """Give up the second factor, where none is owed."""
    if factors.is_owed(current_user):
        raise Forbidden(_("Reviewers and administrators must have a second factor."))
    form = ConfirmForm()
    account = _myself()
    if not (account.has_factor and form.validate_on_submit()):
        return _own_factor_page(form, 422)
    try:
        sign_in.confirm_factor(account, form.factor.data)
    except Invalid as wrong:
        form.refuse(wrong)
        return _own_factor_page(form, 422)
    factors.remove(account, keep_session=sessions.current().row_id)
    db.session.commit()
    flash(_("Your second factor is removed."))
    return redirect(url_for("account.show"), 303)


# What the views share


def _myself() -> Account:
    """The account itself, in place of Flask-Login's proxy."""
    account: Account = current_user._get_current_object()
    return account


def _next() -> str | None:
    """Where to go after signing in: an address of ours, or nowhere in particular."""
    return security.local_address(request.args.get("next"))


def _welcome(account: Account, address: str | None) -> ResponseReturnValue:
    """Begin the session of whoever has proved who they are."""
    sessions.current().begin(account)
    sign_in.finish(account)
    db.session.commit()
    if security.kept_form() is not None:
        return redirect(url_for("account.kept"), 303)
    security.forget_kept_form()
    return redirect(address or "/", 303)


def _recovery_words(left: int) -> str:
    """That a recovery code is used up, how many are left, and what to do in time."""
    count = ngettext("%(num)s recovery code is left.", "%(num)s recovery codes are left.", left)
    what_next = _("New ones are made under “Your account”; a lost device is replaced by an administrator's reset.")
    return f"{_('That recovery code is used up.')} {count} {what_next}"


def _pending_account(pending: dict[str, Any]) -> Account | None:
    """Whoever has given the right password a moment ago, and not yet the second factor."""
    if not pending or clock.now() - datetime.fromisoformat(pending["at"]) > PENDING_FOR:
        return None
    account = db.session.get(Account, pending["account_id"])
    return account if account is not None and account.active and account.has_factor else None


def _sign_in_page(form: SignInForm, status: int) -> Response:
    page = render_template(
        "security/sign_in.html",
        form=form,
        next_address=_next(),
        kept=None,
        note=_note(),
    )
    return make_response(page, status)


def _note() -> str:
    if "out" in request.args:
        return _("You have signed out.")
    if "changed" in request.args:
        return _("Your password is set. Sign in with it.")
    return security.why_ended()


def _factor_page(form: FactorForm, status: int) -> Response:
    return make_response(render_template("security/factor.html", form=form), status)


def _too_many(answer: Response, wait: sign_in.TooMany) -> Response:
    answer.headers["Retry-After"] = str(wait.retry_after)
    return answer


def _set_up_page(form: SetUpFactorForm, status: int = 200) -> ResponseReturnValue:
    secret = held["secret"]
    page = render_template(
        "account/set_up_factor.html",
        form=form,
        is_owed=factors.is_owed(current_user),
        secret_words=factors.words_of(secret),
        secret_address=factors.address_of(current_user, secret),
    )
    return page, status


def _own_factor_page(form: ConfirmForm, status: int = 200) -> ResponseReturnValue:
    if not current_user.has_factor:
        return redirect(url_for("account.factor"), 303)
    page = render_template(
        "account/factor.html",
        form=form,
        is_owed=factors.is_owed(current_user),
        codes_left=factors.codes_left(current_user),
    )
    return page, status
