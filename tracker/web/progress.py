"""Progress on a follow-up: one entry after another."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from tracker import policy
from tracker.errors import Invalid
from tracker.extensions import db
from tracker.forms.progress import ProgressForm
from tracker.models import Followup
from tracker.policy import Permission
from tracker.services import progress, request_keys

blueprint = Blueprint("progress", __name__, url_prefix="/follow-ups")


@blueprint.route("/<reference>/progress", methods=["GET", "POST"])
def add(reference: str) -> ResponseReturnValue:
    """Note what has moved; sent twice it stands there once (R21)."""
    followup = policy.load(current_user, Followup, reference=reference)
    policy.require(current_user, Permission.FOLLOWUP_TRACK, followup)
    form = ProgressForm()
    back = url_for("followups.page", reference=reference, _anchor="progress")
    if form.validate_on_submit():
        landed = request_keys.claim(form.request_key.data, current_user)
        if landed is not None:
            return redirect(landed, 303)
        try:
            progress.add(followup, by=current_user, **form.values())
        except Invalid as error:
            db.session.rollback()
            form.refuse(error)
        else:
            request_keys.land(form.request_key.data, current_user, back)
            db.session.commit()
            flash(_("The entry stands on %(reference)s.", reference=reference))
            return redirect(back, 303)
    page = render_template("followups/progress.html", followup=followup, form=form, back=back)
    return page, 422 if form.errors or form.form_errors else 200
