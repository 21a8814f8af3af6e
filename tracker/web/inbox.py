"""The inbox: what happened to one's own work, newest first, each line a link to the record."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker.extensions import db
from tracker.models import Notification
from tracker.reports import notifications as report
from tracker.reports import sealables
from tracker.services import notifications
from tracker.texts import gettext as _
from tracker.web.sessions import commit_saying

blueprint = Blueprint("inbox", __name__, url_prefix="/inbox")

RECORDS = ("visit", "matrix", "conclusion", "followup")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """One page of messages."""
    before = request.args.get("before", "")
    is_id = before.isascii() and before.isdigit() and len(before) <= 10
    rows = report.inbox(current_user, int(before) if is_id else None)
    shown = rows[: report.SHOWN]
    older = url_for("inbox.index", before=shown[-1].id) if len(rows) > report.SHOWN else None
    return render_template(
        "inbox/index.html",
        messages=[(row, notifications.sentence(row), address(row)) for row in shown],
        has_unread=any(row.read_at is None for row in shown),
        older_href=older,
        first_href=url_for("inbox.index") if is_id else None,
    )


@blueprint.post("/<int:notification_id>/read")
def read(notification_id: int) -> ResponseReturnValue:
    """Mark a message as read, and open what it is about when asked to."""
    row = notifications.mark_read(current_user, notification_id)
    target: Any = address(row) if "open" in request.form else None
    db.session.commit()
    return redirect(target or url_for("inbox.index"), 303)


@blueprint.post("/read-all")
def read_all() -> ResponseReturnValue:
    """Mark every message as read."""
    notifications.mark_all_read(current_user)
    commit_saying(_("Everything is marked as read."))
    return redirect(url_for("inbox.index"), 303)


def address(row: Notification) -> str | None:
    """Where the record stands that a message is about."""
    if row.object_type not in RECORDS or not row.reference:
        return None
    return request.script_root + sealables.address(row.object_type, row.reference)
