"""The action-plan report: its preview and its file, one row per measure and Member State."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.models import MeasureStatus
from tracker.policy import Permission
from tracker.reports import action_plan as report
from tracker.reports import catalogue, plans
from tracker.reports.listing import Args, address
from tracker.texts import gettext as _
from tracker.texts import ngettext
from tracker.web.exports import csv_response, shown
from tracker.web.lists import FilterWords, ListPage, members
from tracker.web.presentation import number

blueprint = Blueprint("action_plan", __name__, url_prefix="/reports")


@blueprint.get("/action-plan")
def index() -> ResponseReturnValue:
    """The first rows of the report, exactly as the file would hold them."""
    reach, signed_only = policy.reach(current_user), _is_signed_only()
    page = report.listing(reach).page(request.args)
    row_of = report.row_maker({row.measure_id for row in page.rows}, reach, signed_only=signed_only)
    path, extra = url_for("action_plan.index"), _extra(signed_only)
    found = ListPage(page, path, _counted, _filter_words(), {"measure": _("plan and measure")}, extra)
    return render_template(
        "action_plan/index.html",
        list=found,
        columns=report.COLUMNS,
        rows=[[shown(value) for value in row_of(row)] for row in page.rows],
        choices=_choices(),
        extra=extra,
        signed_only=signed_only,
        covers_everything=reach.is_all,
        switch_href=address(path, page.args | _extra(not signed_only)),
        file_href=found.export_href(url_for("action_plan.export")),
    )


@blueprint.get("/action-plan.csv")
def export() -> Response:
    """The report as a file: the rows and the order of the preview."""
    reach, signed_only = policy.reach(current_user), _is_signed_only()
    listing = report.listing(reach)
    row_of = report.row_maker(report.measure_ids(reach, request.args), reach, signed_only=signed_only)
    note = {"signed_only": signed_only}
    bom = request.args.get("bom") != "0"
    return csv_response("action-plan", report.HEADER, listing, request.args, sa.true(), row_of, note=note, bom=bom)


def _is_signed_only() -> bool:
    return request.args.get("unsigned") != "1"


def _extra(signed_only: bool) -> Args:
    return {} if signed_only else {"unsigned": ["1"]}


def _counted(count: int) -> str:
    return ngettext("%(counted)s row", "%(counted)s rows", count, counted=number(count))


def _filter_words() -> dict[str, FilterWords]:
    return {
        "plan": FilterWords(_("Plan"), str.upper),
        "pillar": FilterWords(_("Pillar"), str.upper),
        "measure": FilterWords(_("Measure"), str.upper),
        "state": FilterWords(_("Member State"), {one.id: one.name for one in catalogue.states().values()}),
        "region": FilterWords(_("Region"), {one.code: one.name for one in catalogue.regions().values()}),
        "word": FilterWords(_("Cell"), {report.NO_WORD: _("no word yet"), **members(MeasureStatus)}),
    }


def _choices() -> dict[str, list[tuple[str, Any]]]:
    everything: list[tuple[str, Any]] = [("", _("All"))]
    covered = policy.reach(current_user, Permission.REPORT_RUN)
    states = [(one.id, one.name) for one in catalogue.states().values() if covered.covers(one.id)]
    regions = [(one.code, f"– {one.name}" if one.parent_code else one.name) for one in catalogue.regions().values()]
    return {
        "pillar": everything + [(one, f"{one}. {title}") for one, title in plans.PILLARS.items()],
        "state": everything + states,
        "region": everything + regions,
        "word": [*everything, (report.NO_WORD, _("no word yet")), *members(MeasureStatus).items()],
        "size": [(str(size), str(size)) for size in (25, 50, 100)],
    }
