"""People and what they are granted, for administrators."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.errors import Invalid, NotFound
from tracker.extensions import db
from tracker.forms.accounts import PersonForm
from tracker.forms.checks import known_id
from tracker.forms.fields import option
from tracker.forms.grants import GrantForm, TakeAwayForm
from tracker.models import Account, Role
from tracker.policy import Permission
from tracker.reports import accounts as reports
from tracker.reports import catalogue, timeline
from tracker.reports import grants as granted
from tracker.services import accounts, grants
from tracker.texts import gettext as _
from tracker.texts import ngettext
from tracker.web import filters
from tracker.web.lists import FilterWords, ListPage, members
from tracker.web.presentation import number
from tracker.web.request_keys import Made, once
from tracker.web.sessions import commit_saying
from tracker.web.words import words

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """The first page of administration: the people."""
    return redirect(url_for("admin.people"))


@blueprint.get("/people")
def people() -> ResponseReturnValue:
    """Everyone with an account: filters, order, pages."""
    policy.require(current_user, Permission.PEOPLE_MANAGE)
    page = reports.PEOPLE.page(request.args)
    shown = ListPage(
        page,
        url_for("admin.people"),
        _counted,
        _filter_words(),
        {"name": _("name"), "email": _("e-mail address")},
    )
    found = reports.people([row.id for row in page.rows])
    return render_template(
        "admin/people.html",
        list=shown,
        people=found,
        current_grants={person.id: policy.active_grants(person) for person in found},
        roles=filters.with_all(members(Role).items()),
        states=filters.with_all([("yes", _("Active")), ("no", _("Disabled"))]),
    )


@blueprint.route("/people/new", methods=["GET", "POST"])
def create_person() -> ResponseReturnValue:
    """A new account, whose owner is invited by mail."""
    policy.require(current_user, Permission.PEOPLE_MANAGE)
    form = PersonForm()

    def invite() -> Made:
        person = accounts.create(form.email.data, form.name.data, by=_myself())
        words = _("The account is made and an invitation waits to be mailed. Now grant a role.")
        return url_for("admin.person", account_id=person.id), words

    if form.validate_on_submit() and (answer := once(form, invite, lasts=True)):
        return answer
    return render_template("admin/person_form.html", form=form, person=None), 422 if form.is_bound else 200


@blueprint.get("/people/<int:account_id>")
def person(account_id: int) -> ResponseReturnValue:
    """One person: account, grants, what happened to both."""
    found = _person(account_id)
    before = request.args.get("before", "")
    log = timeline.entries("account", found.id, before=known_id(before) if before else None)
    given = granted.of(found)
    return render_template(
        "admin/person.html",
        person=found,
        is_oneself=found.id == current_user.id,
        grants=[(grant, granted.words(grant), policy.holds(grant)) for grant in given],
        entries=log.entries,
        earlier_href=url_for("admin.person", account_id=found.id, before=log.next_before) if log.next_before else None,
    )


@blueprint.route("/people/<int:account_id>/edit", methods=["GET", "POST"])
def edit_person(account_id: int) -> ResponseReturnValue:
    """Change someone's name or e-mail address."""
    found = _person(account_id)
    form = PersonForm()
    form.fill(found)
    if form.validate_on_submit():
        try:
            accounts.edit(found, **form.values(), by=_myself())
        except Invalid as wrong:
            db.session.rollback()
            form.refuse(wrong)
        else:
            commit_saying(_("The account is saved."))
            return redirect(url_for("admin.person", account_id=account_id), 303)
    return render_template("admin/person_form.html", form=form, person=found), 422 if form.is_bound else 200


@blueprint.route("/people/<int:account_id>/disable", methods=["GET", "POST"])
def disable_person(account_id: int) -> ResponseReturnValue:
    """Disable an account, asked once; its sessions end at once."""
    found = _person(account_id)
    form = TakeAwayForm()
    if form.validate_on_submit():
        accounts.disable(found, by=_myself(), reason=form.reason.data)
        return _done(account_id, _("The account is disabled and every session of it has ended."))
    return _ask(form, found, _("Disable this account?"), _("Nobody signs in with it until it is enabled again."))


@blueprint.post("/people/<int:account_id>/enable")
def enable_person(account_id: int) -> ResponseReturnValue:
    """Enable a disabled account again."""
    accounts.enable(_person(account_id), by=_myself())
    return _done(account_id, _("The account is enabled again."))


@blueprint.post("/people/<int:account_id>/invite")
def invite_person(account_id: int) -> ResponseReturnValue:
    """Mail the invitation once more to someone who has no password yet."""
    found = _person(account_id)
    if found.password is not None:
        raise NotFound(_("This person has set a password already."))
    accounts.invite(found, by=_myself())
    return _done(account_id, _("The invitation waits to be mailed."))


@blueprint.route("/people/<int:account_id>/reset-factor", methods=["GET", "POST"])
def reset_factor(account_id: int) -> ResponseReturnValue:
    """Take the second factor from someone who lost it, asked once."""
    found = _person(account_id)
    form = TakeAwayForm()
    if form.validate_on_submit():
        accounts.reset_factor(found, by=_myself(), reason=form.reason.data)
        return _done(account_id, _("The second factor is reset and every session has ended."))
    what = _("First make sure that whoever asks is this person. A new second factor is set up at the next sign-in.")
    return _ask(form, found, _("Reset the second factor?"), what)


@blueprint.route("/people/<int:account_id>/grants/new", methods=["GET", "POST"])
def grant_role(account_id: int) -> ResponseReturnValue:
    """Grant a role within a scope."""
    found = _person(account_id)
    grants.refuse_oneself(found, _myself())
    form = GrantForm()
    form.region_code.choices = [option(region.code, region.name) for region in catalogue.regions().values()]
    form.states.choices = _state_options()
    if form.validate_on_submit():
        try:
            grants.grant(found, **form.values(), by=_myself())
        except Invalid as wrong:
            db.session.rollback()
            form.refuse(wrong)
        else:
            return _done(account_id, _("The role is granted. It holds from the next sign-in."))
    return render_template("admin/grant_form.html", form=form, person=found), 422 if form.is_bound else 200


@blueprint.route("/people/<int:account_id>/grants/<int:grant_id>/revoke", methods=["GET", "POST"])
def revoke_grant(account_id: int, grant_id: int) -> ResponseReturnValue:
    """Take a grant back, asked once."""
    found = _person(account_id)
    given = next((grant for grant in found.grants if grant.id == grant_id), None)
    if given is None:
        raise NotFound(_("There is no such grant."))
    grants.refuse_oneself(found, _myself())
    form = TakeAwayForm()
    if form.validate_on_submit():
        grants.revoke(given, by=_myself(), reason=form.reason.data)
        return _done(account_id, _("The grant is revoked and every session of this person has ended."))
    held = _("%(role)s, %(scope)s", role=words(given.role), scope=granted.words(given))
    return _ask(form, found, _("Revoke this grant?"), held)


def _ask(form: TakeAwayForm, person: Account, question: str, what: str) -> ResponseReturnValue:
    """The page that asks once before something is taken away, and why."""
    page = render_template("admin/take_away.html", form=form, person=person, question=question, what=what)
    return page, 422 if form.is_bound else 200


def _person(account_id: int) -> Account:
    policy.require(current_user, Permission.PEOPLE_MANAGE)
    found = db.session.get(Account, account_id)
    if found is None:
        raise NotFound(_("There is no such account."))
    return found


def _myself() -> Account:
    account: Account = current_user._get_current_object()
    return account


def _done(account_id: int, words: str) -> ResponseReturnValue:
    commit_saying(words)
    return redirect(url_for("admin.person", account_id=account_id), 303)


def _state_options() -> list[Any]:
    regions = catalogue.regions()
    states = catalogue.states().values()
    return [option(state.id, state.name, group=regions[state.region_code].name) for state in states]


def _counted(count: int) -> str:
    return ngettext("%(counted)s person", "%(counted)s people", count, counted=number(count))


def _filter_words() -> dict[str, FilterWords]:
    return {
        "q": FilterWords(_("Name or e-mail address")),
        "role": FilterWords(_("Role"), members(Role)),
        "active": FilterWords(_("Active"), denied=_("Disabled")),
    }
