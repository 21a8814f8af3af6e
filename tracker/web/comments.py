"""Comments: a remark posted from a record's page lands in that record's timeline."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.forms.comments import COMMENT, CommentForm
from tracker.models import Visit
from tracker.policy import Permission
from tracker.reports import sealables
from tracker.services import comments
from tracker.texts import gettext as _
from tracker.web.request_keys import Made, once

blueprint = Blueprint("comments", __name__, url_prefix="/comments")


@blueprint.route("/<object_type>/<reference>", methods=["GET", "POST"])
def add(object_type: str, reference: str) -> ResponseReturnValue:
    """Leave a comment; the page of its own shows what was wrong with the text, and keeps it."""
    record = _load(object_type, reference)
    policy.require(current_user, Permission.COMMENT, record)
    back = f"{sealables.address(object_type, reference)}#timeline"
    form = CommentForm(prefix=COMMENT)

    def remark() -> Made:
        comments.add(record, form.text.data, by=current_user)
        return back, _("Your comment stands in the timeline.")

    if form.validate_on_submit() and (answer := once(form, remark, lasts=True)):
        return answer
    action = url_for("comments.add", object_type=object_type, reference=reference)
    page = render_template("comments/add.html", form=form, record=record, back=back, action=action)
    return page, 422 if form.errors else 200


def _load(object_type: str, reference: str) -> Any:
    if object_type == "visit":
        return policy.load(current_user, Visit, reference=reference)
    return sealables.load(current_user, object_type, reference)
