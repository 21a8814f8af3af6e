"""What the State says on a follow-up."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from tracker import policy
from tracker.errors import Invalid
from tracker.extensions import db
from tracker.forms.responses import ResponseForm
from tracker.models import Followup, Implementation
from tracker.policy import Permission
from tracker.services import request_keys, responses

blueprint = Blueprint("responses", __name__, url_prefix="/follow-ups")


@blueprint.route("/<reference>/responses", methods=["GET", "POST"])
def record(reference: str) -> ResponseReturnValue:
    """Keep a response; sent twice it stands there once (R21)."""
    followup = policy.load(current_user, Followup, reference=reference)
    policy.require(current_user, Permission.FOLLOWUP_TRACK, followup)
    form = ResponseForm()
    back = url_for("followups.page", reference=reference, _anchor="responses")
    if form.validate_on_submit():
        landed = request_keys.claim(form.request_key.data, current_user)
        if landed is not None:
            return redirect(landed, 303)
        try:
            given = form.values()
            given["reported_status"] = given["reported_status"] or Implementation.NOT_ASSESSED
            responses.record(followup, by=current_user, **given)
        except Invalid as error:
            db.session.rollback()
            form.refuse(error)
        else:
            request_keys.land(form.request_key.data, current_user, back)
            db.session.commit()
            flash(_("The response stands on %(reference)s.", reference=reference))
            return redirect(back, 303)
    page = render_template("followups/response.html", followup=followup, form=form, back=back)
    return page, 422 if form.errors or form.form_errors else 200
