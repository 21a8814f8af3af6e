"""Member States: the list of those in scope, its file, and the page of one."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import clock, policy
from tracker.models import Implementation, Position
from tracker.policy import Permission
from tracker.reports import states
from tracker.reports.listing import address
from tracker.texts import gettext as _
from tracker.web import filters
from tracker.web.exports import csv_response
from tracker.web.lists import FilterWords, ListPage
from tracker.web.presentation import states_counted
from tracker.web.state_cells import rating_rows, status_rows, visit_headings

blueprint = Blueprint("states", __name__)

LANGUAGES = {"en": "English", "ar": "العربية", "zh": "中文", "fr": "Français", "ru": "Русский", "es": "Español"}
"""The six official languages by their own names, in the alphabetical order of their English ones after English."""


@blueprint.get("/states")
def index() -> ResponseReturnValue:
    """The States in the reader's scope, by name or by region: never by a figure."""
    page = states.STATES.page(request.args, states.scope(current_user))
    observers = states.observers(page.args, policy.reach(current_user))

    def counted(count: int) -> str:
        return states_counted(count - len(observers), observers)

    shown = ListPage(page, url_for("states.index"), counted, _filter_words(), _sort_words())
    return render_template(
        "states/index.html",
        list=shown,
        figures=states.figures([row.id for row in page.rows], clock.today()),
        nothing=states.Figures(),
        region_choices=filters.with_all(filters.regions(policy.reach(current_user))),
        sizes=filters.sizes(),
        base=f"{request.script_root}/",
        export_href=shown.export_href(url_for("states.export")),
    )


@blueprint.get("/states.csv")
def export() -> Response:
    """The same States in the same order as a file, with exact figures."""
    policy.require(current_user, Permission.REPORT_RUN)
    return csv_response(
        "member-states",
        states.HEADER,
        states.STATES,
        request.args,
        states.scope(current_user),
        states.row_of,
        base=states.file_rows(clock.today()),
        bom=request.args.get("bom") != "0",
    )


@blueprint.get("/states/<code>")
def show(code: str) -> ResponseReturnValue:
    """One State: names, visits, assessments over time, conclusions, follow-ups, authorities."""
    sheet = states.sheet(current_user, code.upper())
    base = f"{request.script_root}/"
    live = {"state": [sheet.id], "workflow": [status.value for status in states.LIVE]}
    live_href = address(f"{base}follow-ups", live)
    return render_template(
        "states/show.html",
        sheet=sheet,
        names=states.names_over_time(),
        languages=LANGUAGES,
        statuses=list(Implementation),
        positions=list(Position),
        live_href=live_href,
        visit_headings=visit_headings(sheet.assessed_at, base),
        rating_rows=rating_rows(sheet.areas, sheet.assessed_at, base),
        status_rows=status_rows(sheet.tally, live_href),
        base=base,
        may_visit=policy.can(current_user, Permission.VISIT_EDIT, sheet.id),
        may_follow_up=policy.can(current_user, Permission.FOLLOWUP_EDIT, sheet.id),
    )


def _filter_words() -> dict[str, FilterWords]:
    return {
        "q": FilterWords(_("Name")),
        "region": filters.region_words(),
        "examined": filters.area_words(_("Examined on")),
        "rated": filters.area_words(_("Rated on")),
    }


def _sort_words() -> dict[str, str]:
    return {"name": _("name"), "region": _("region")}
