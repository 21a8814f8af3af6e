"""A later visit takes a follow-up up again, and says what it found."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.errors import Stale
from tracker.extensions import db
from tracker.forms.base import OnScreen
from tracker.forms.carry_overs import CarryOverForm, DispositionForm
from tracker.forms.fields import option
from tracker.models import CarryOver, Followup, Visit
from tracker.policy import Permission
from tracker.reports import followups as report
from tracker.services import carry_overs
from tracker.texts import gettext as _
from tracker.web import filters
from tracker.web.dates import period_words
from tracker.web.request_keys import Made, once, repeated

blueprint = Blueprint("carry_overs", __name__, url_prefix="/follow-ups")


@blueprint.route("/<reference>/carry-over", methods=["GET", "POST"])
def add(reference: str) -> ResponseReturnValue:
    """Name the later visit; sent twice it stands there once (R21)."""
    followup = policy.load(current_user, Followup, reference=reference)
    policy.require(current_user, Permission.FOLLOWUP_TRACK, followup)
    form = CarryOverForm()
    if answer := repeated(form):
        return answer
    form.visit_id.choices = _later_visits(followup)
    back = url_for("followups.page", reference=reference, _anchor="carry-over")

    def take_up() -> Made:
        visit = policy.load(current_user, Visit, id=form.visit_id.data)
        carry_overs.add(visit, followup, by=current_user, note=form.note.data)
        return back, _("%(visit)s takes %(reference)s up again.", visit=visit.reference, reference=reference)

    if form.validate_on_submit() and (answer := once(form, take_up)):
        return answer
    page = render_template(
        "followups/carry_over.html",
        followup=followup,
        form=form,
        back=back,
        state_name=filters.state_name(followup.state_id),
        may_plan=policy.can(current_user, Permission.VISIT_EDIT, followup.state_id),
    )
    return page, 422 if form.errors or form.form_errors else 200


@blueprint.route("/<reference>/carry-over/<int:carry_over_id>", methods=["GET", "POST"])
def record(reference: str, carry_over_id: int) -> ResponseReturnValue:
    """Say what the later visit found; two who say it at once are shown both findings (R20)."""
    followup = policy.load(current_user, Followup, reference=reference)
    carry_over = policy.load(current_user, CarryOver, id=carry_over_id, followup_id=followup.id)
    policy.require(current_user, Permission.FOLLOWUP_TRACK, followup)
    form = DispositionForm()
    form.fill(OnScreen(carry_over, followup))
    back = url_for("followups.page", reference=reference, _anchor="carry-over")
    stale, conflicts = None, []
    if form.validate_on_submit():
        try:
            form.check_version(followup)
            carry_overs.set_disposition(carry_over, by=current_user, version=form.version.data, **form.values())
            db.session.commit()
        except Stale as error:
            db.session.rollback()
            stale, conflicts = error, form.conflict(OnScreen(carry_over, followup))
        else:
            flash(_("The finding of %(visit)s is recorded.", visit=carry_over.visit.reference))
            return redirect(back, 303)
    page = render_template(
        "followups/disposition.html",
        followup=followup,
        carry_over=carry_over,
        form=form,
        back=back,
        stale=stale,
        conflicts=conflicts,
    )
    return page, 409 if stale else 422 if form.errors else 200


def _later_visits(followup: Followup) -> list[Any]:
    """The State's visits after the one that raised it, but those that have taken it up."""
    return [
        option(row_id, f"{reference} ({period_words(start, end)})")
        for row_id, reference, start, end in report.later_visits(followup)
    ]
