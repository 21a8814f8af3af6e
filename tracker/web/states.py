"""Member States: the list of those in scope, its file, and the page of one."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import clock, policy
from tracker.models import Implementation, Position
from tracker.policy import Permission
from tracker.reports import catalogue, states
from tracker.reports.listing import SIZES, address
from tracker.texts import gettext as _
from tracker.texts import ngettext
from tracker.web.exports import csv_response
from tracker.web.lists import FilterWords, ListPage
from tracker.web.presentation import number
from tracker.web.state_cells import rating_rows, status_rows, visit_headings

blueprint = Blueprint("states", __name__)

LANGUAGES = {"en": "English", "ar": "العربية", "zh": "中文", "fr": "Français", "ru": "Русский", "es": "Español"}
"""The six official languages by their own names, in the alphabetical order of their English ones after English."""


@blueprint.get("/states")
def index() -> ResponseReturnValue:
    """The States in the reader's scope, by name or by region: never by a figure."""
    page = states.STATES.page(request.args, states.scope(current_user))
    shown = ListPage(page, url_for("states.index"), _counted, _filter_words(), _sort_words())
    return render_template(
        "states/index.html",
        list=shown,
        figures=states.figures([row.id for row in page.rows], clock.today()),
        nothing=states.Figures(),
        region_choices=_region_choices(),
        sizes=[(str(size), str(size)) for size in SIZES],
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


def _counted(count: int) -> str:
    return ngettext("%(counted)s Member State", "%(counted)s Member States", count, counted=number(count))


def _filter_words() -> dict[str, FilterWords]:
    regions = {code: region.name for code, region in catalogue.regions().items()}
    return {
        "q": FilterWords(_("Name")),
        "region": FilterWords(_("Region"), regions),
        "examined": FilterWords(_("Examined on"), _area_words),
        "rated": FilterWords(_("Rated on"), _area_words),
        "sort": FilterWords(_("Order")),
        "size": FilterWords(_("Rows a page")),
        "after": FilterWords(_("Place in the list")),
        "before": FilterWords(_("Place in the list")),
    }


def _area_words(code: str) -> str:
    area = catalogue.areas().get(code.upper())
    return area.words if area else code


def _sort_words() -> dict[str, str]:
    return {"name": _("name"), "region": _("region")}


def _region_choices() -> list[tuple[str, str]]:
    """The regions and subregions in which the reader has a State."""
    covered = policy.reach(current_user)
    within = [state for state in catalogue.states().values() if covered.covers(state.id)]
    codes = {code for state in within for code in (state.region_code, state.subregion_code)}
    return [
        ("", _("All")),
        *(
            (one.code, f"– {one.name}" if one.parent_code else one.name)
            for one in catalogue.regions().values()
            if one.code in codes
        ),
    ]
