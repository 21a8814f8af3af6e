"""Progress on a follow-up: one entry after another."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.forms.progress import ProgressForm
from tracker.models import Followup
from tracker.policy import Permission
from tracker.services import progress
from tracker.texts import gettext as _
from tracker.web.request_keys import Made, once

blueprint = Blueprint("progress", __name__, url_prefix="/follow-ups")


@blueprint.route("/<reference>/progress", methods=["GET", "POST"])
def add(reference: str) -> ResponseReturnValue:
    """Note what has moved; sent twice it stands there once (R21)."""
    followup = policy.load(current_user, Followup, reference=reference)
    policy.require(current_user, Permission.FOLLOWUP_TRACK, followup)
    form = ProgressForm()
    back = url_for("followups.page", reference=reference, _anchor="progress")

    def note() -> Made:
        progress.add(followup, by=current_user, **form.values())
        return back, _("The entry stands on %(reference)s.", reference=reference)

    if form.validate_on_submit() and (answer := once(form, note, lasts=True)):
        return answer
    page = render_template("followups/progress.html", followup=followup, form=form, back=back)
    return page, 422 if form.errors or form.form_errors else 200
