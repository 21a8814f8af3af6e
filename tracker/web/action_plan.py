"""The action-plan report: its preview and its file, one row per measure and Member State."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import clock, policy
from tracker.models import Implementation, MeasureStatus, PlanKind, SealedState
from tracker.partial_date import PartialDate
from tracker.policy import Permission
from tracker.reports import action_plan as report
from tracker.reports import plans
from tracker.reports.joined import SEPARATOR
from tracker.reports.listing import Args, address
from tracker.texts import gettext as _
from tracker.texts import ngettext
from tracker.web import filters
from tracker.web.exports import csv_response
from tracker.web.lists import FilterWords, ListPage, members
from tracker.web.presentation import number

blueprint = Blueprint("action_plan", __name__, url_prefix="/reports")


@blueprint.get("/action-plan")
def index() -> ResponseReturnValue:
    """The rows of the file, page by page, in words; of its columns those that a reader looks for."""
    reach, signed_only = policy.reach(current_user), _is_signed_only()
    page = report.listing(reach, with_plans=True).page(request.args)
    rows = report.rows_of(page.rows, reach, signed_only=signed_only, today=clock.today())
    path, extra = url_for("action_plan.index"), _extra(signed_only)
    shown = ListPage(page, path, _counted, _filter_words(), {"measure": _("plan and measure")}, extra, reach)
    return render_template(
        "action_plan/index.html",
        list=shown,
        columns=report.COLUMNS,
        rows=[_told(found, row) for found, row in zip(page.rows, rows, strict=True)],
        choices=_choices(report.plan_choices(page.rows)),
        extra=extra,
        signed_only=signed_only,
        covers_everything=reach.is_all,
        switch_href=address(path, page.args | _extra(not signed_only)),
        file_href=shown.export_href(url_for("action_plan.export")),
    )


@dataclass(frozen=True)
class Serving:
    """One of the follow-ups that serve a measure in a Member State."""

    reference: str
    status: Implementation
    status_on: PartialDate | None
    sealed: SealedState
    due: PartialDate | None


def _told(found: Any, row: Sequence[Any]) -> dict[str, Any]:
    """A row of the file by the names of its columns, its joined columns one by one for each follow-up."""
    named = dict(zip(report.HEADER, row, strict=True))
    is_cell = named["iso3"] is not None and found.plan_kind is PlanKind.REGIONAL
    return named | {"serving": list(_serving(named)), "is_cell": is_cell}


def _serving(row: dict[str, Any]) -> Iterator[Serving]:
    if not row["followups"]:
        return
    joined = ("followups", "implementation_statuses", "status_dates", "sealed_states", "current_dues")
    for reference, status, status_on, sealed, due in zip(*(row[name].split(SEPARATOR) for name in joined), strict=True):
        yield Serving(reference, Implementation(status), _date(status_on), SealedState(sealed), _date(due))


def _date(text: str) -> PartialDate | None:
    return PartialDate.parse(text) if text else None


@blueprint.get("/action-plan.csv")
def export() -> Response:
    """The report as a file: the rows and the order of the page, every column."""
    reach, signed_only = policy.reach(current_user), _is_signed_only()
    today = clock.today()  # once: the file outlives the request

    def told(rows: Sequence[Any], on: sa.Connection) -> Sequence[Any]:
        return report.rows_of(rows, reach, signed_only=signed_only, today=today, on=on)

    return csv_response(
        "action-plan",
        report.HEADER,
        report.listing(reach),
        request.args,
        sa.true(),
        told=told,
        note={"signed_only": signed_only},
        bom=request.args.get("bom") != "0",
    )


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
        "state": filters.state_words(),
        "region": filters.region_words(),
        "word": FilterWords(_("Cell"), {report.NO_WORD: _("no word yet"), **members(MeasureStatus)}),
    }


def _choices(plan_choices: filters.Choices) -> dict[str, filters.Choices]:
    covered = policy.reach(current_user, Permission.REPORT_RUN)
    return {
        "plan": filters.with_all(plan_choices),
        "pillar": filters.with_all((one, f"{one}. {title}") for one, title in plans.PILLARS.items()),
        "state": filters.with_all(filters.states(covered)),
        "region": filters.with_all(filters.regions(covered)),
        "word": filters.with_all([(report.NO_WORD, _("no word yet")), *members(MeasureStatus).items()]),
        "size": filters.sizes(),
    }
