"""Reports: what there is, the status report's preview, and its file."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import clock, policy
from tracker.errors import TrackerError
from tracker.models import Followup
from tracker.policy import Permission
from tracker.reports import followups, gaps, plans, status
from tracker.reports.filters import BadValue
from tracker.reports.listing import address
from tracker.texts import gettext as _
from tracker.web.exports import csv_response
from tracker.web.exports import shown as shown_cell
from tracker.web.followup_list import filters_form, list_page, sentence
from tracker.web.locale import language

blueprint = Blueprint("reports", __name__, url_prefix="/reports")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """The reports that there are."""
    policy.require(current_user, Permission.REPORT_RUN)
    return render_template("reports/index.html", lists=_lists(), plans=plans.plans(language()))


def _lists() -> list[tuple[str, str, str]]:
    """Each list that has a file and that the reader may open, but the boards of plans: its name, its address, and what
    its rows are."""
    told = [
        (_("Visits"), url_for("visits.index"), _("One row per visit, with its type, dates and stage.")),
        (_("Conclusions"), url_for("conclusions.index"), _("One row per conclusion, with its finding and status.")),
        (_("Follow-ups"), url_for("followups.index"), _("One row per follow-up; its file is the status report.")),
        (_("Member States"), url_for("states.index"), _("One row per Member State, with its visits and follow-ups.")),
        (_("Meetings"), url_for("meetings.index"), _("One row per meeting, with who took part and what it produced.")),
        (
            _("Coverage"),
            url_for("coverage.index"),
            _("One row per cell of the matrix of regions or Member States by areas."),
        ),
    ]
    told += [(str(gap.title), url_for("gaps.show", kind=kind), str(gap.meaning)) for kind, gap in gaps.GAPS.items()]
    if policy.can(current_user, Permission.REVIEW):
        told += [
            (_("Review"), url_for("review.index"), _("One row per record that waits for a signature.")),
            (_("Extensions asked for"), url_for("review.extensions"), _("One row per later due date asked for.")),
        ]
    if policy.can(current_user, Permission.LOG_READ):
        told.append((_("Log"), url_for("audit.index"), _("One row per entry, with the text that its hash covers.")))
    return told


@blueprint.get("/status")
def status_preview() -> ResponseReturnValue:
    """The first rows of the status report, exactly as the file would hold them."""
    policy.require(current_user, Permission.REPORT_RUN)
    content = _content()
    asked = followups.asked(request.args, current_user)
    owners = Followup.owner_id, followups.owning(policy.reach(current_user))  # what the form of filters offers
    base = status.base(content, clock.today()).add_columns(*owners)
    page = followups.listing(asked).page(asked, followups.scope(current_user), base=base)
    shown = list_page(page, url_for("reports.status_preview"), {"content": [content]})
    return render_template(
        "reports/status.html",
        list=shown,
        sentence=sentence(shown),
        filters=filters_form(shown, {"content": content}),
        content=content,
        current_href=address(shown.path, shown.page.args),
        sealed_href=address(shown.path, shown.page.args | {"content": ["sealed"]}),
        columns=status.COLUMNS,
        rows=[[shown_cell(value) for value in row[: len(status.HEADER)]] for row in page.rows],
        file_href=shown.export_href(url_for("reports.status_csv")),
    )


@blueprint.get("/status.csv")
def status_csv() -> Response:
    """The status report as a file: the rows and the order of the preview and of the list."""
    policy.require(current_user, Permission.REPORT_RUN)
    content = _content()
    asked = followups.asked(request.args, current_user)
    return csv_response(
        "status-report",
        status.HEADER,
        followups.listing(asked),
        asked,
        followups.scope(current_user),
        base=status.base(content, clock.today(), as_lines=True),
        note={"content": content},
        bom=request.args.get("bom") != "0",
    )


def _content() -> str:
    try:
        return status.content_asked(request.args)
    except BadValue as problem:
        raise TrackerError(_("content: %(message)s", message=problem)) from None
