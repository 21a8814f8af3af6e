"""What the State says on a follow-up."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.forms.responses import ResponseForm
from tracker.models import Followup, Implementation
from tracker.policy import Permission
from tracker.services import responses
from tracker.texts import gettext as _
from tracker.web.request_keys import Made, once

blueprint = Blueprint("responses", __name__, url_prefix="/follow-ups")


@blueprint.route("/<reference>/responses", methods=["GET", "POST"])
def record(reference: str) -> ResponseReturnValue:
    """Keep a response; sent twice it stands there once (R21)."""
    followup = policy.load(current_user, Followup, reference=reference)
    policy.require(current_user, Permission.FOLLOWUP_TRACK, followup)
    form = ResponseForm()
    back = url_for("followups.page", reference=reference, _anchor="responses")

    def keep() -> Made:
        given = form.values()
        given["reported_status"] = given["reported_status"] or Implementation.NOT_ASSESSED
        responses.record(followup, by=current_user, **given)
        return back, _("The response stands on %(reference)s.", reference=reference)

    if form.validate_on_submit() and (answer := once(form, keep, lasts=True)):
        return answer
    page = render_template("followups/response.html", followup=followup, form=form, back=back)
    return page, 422 if form.errors or form.form_errors else 200
