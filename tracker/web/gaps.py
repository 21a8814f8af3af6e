"""Gaps in the chain from a visit to the Strategy: what there is, counted; each as a list and a file."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.models import PILLARS, VisitStage
from tracker.reports import catalogue, gaps
from tracker.reports.listing import MOST_COUNTED, address
from tracker.texts import gettext as _
from tracker.texts import ngettext
from tracker.web.exports import csv_response
from tracker.web.lists import FilterWords, ListPage, members
from tracker.web.presentation import number

blueprint = Blueprint("gaps", __name__, url_prefix="/gaps")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Every kind of gap with its number of rows in the reader's scope."""
    reach = policy.reach(current_user)
    found = [
        (
            _("Shortfalls without a follow-up"),
            _("No follow-up answers the conclusion."),
            _counted(gaps.unanswered_shortfalls(reach)),
            address(request.script_root + "/conclusions", gaps.SHORTFALLS),
        ),
        (
            _("Follow-ups without a measure"),
            _("The follow-up is open and serves no measure of the Strategy or of a regional plan."),
            _counted(gaps.without_measure(reach)),
            address(request.script_root + "/follow-ups", gaps.WITHOUT_MEASURE),
        ),
    ]
    for kind, gap in gaps.GAPS.items():
        href = url_for("gaps.show", kind=kind)
        found.append((str(gap.title), str(gap.meaning), _counted(gaps.tally(kind, reach)), href))
    return render_template("gaps/index.html", found=found, plans=gaps.plans_without_rights())


@blueprint.get("/<kind>")
def show(kind: str) -> ResponseReturnValue:
    """The rows of one gap."""
    gap = gaps.GAPS.get(kind) or abort(404)
    reach = policy.reach(current_user)
    page = gap.listing.page(request.args, gaps.scope(kind, reach, request.args))
    shown = ListPage(page, url_for("gaps.show", kind=kind), _rows, _filter_words(), _sort_words())
    return render_template(
        "gaps/show.html",
        gap=gap,
        list=shown,
        names={code: state.name for code, state in catalogue.states().items()},
        choices=_choices(reach),
        filters=[name for name in FILTERS if name in gap.listing.filters],
        export_href=shown.export_href(url_for("gaps.export", kind=kind)),
    )


@blueprint.get("/<kind>.csv")
def export(kind: str) -> ResponseReturnValue:
    """The rows of the list as a file."""
    gap = gaps.GAPS.get(kind) or abort(404)
    return csv_response(
        f"gaps-{kind}",
        gaps.HEADERS[kind],
        gap.listing,
        request.args,
        gaps.scope(kind, policy.reach(current_user), request.args),
        gaps.row_maker(kind),
        bom=request.args.get("bom") != "0",
    )


FILTERS = ("state", "region", "area", "plan", "pillar", "stage", "years", "months")
"""In the order of the form."""


def _counted(count: int) -> str:
    return _("more than %(count)s", count=number(MOST_COUNTED)) if count > MOST_COUNTED else number(count)


def _rows(count: int) -> str:
    return ngettext("%(counted)s gap", "%(counted)s gaps", count, counted=number(count))


def _choices(reach: policy.Reach) -> dict[str, list[tuple[str, str]]]:
    everything = [("", _("All"))]
    states = [one for one in catalogue.states().values() if reach.covers(one.id)]
    seen = {code for one in states for code in (one.region_code, one.subregion_code)}
    regions = [one for one in catalogue.regions().values() if one.code in seen]
    return {
        "state": everything + [(one.id, one.name) for one in states],
        "region": everything + [(one.code, f"– {one.name}" if one.parent_code else one.name) for one in regions],
        "area": everything + [(one.code, one.words) for one in catalogue.areas().values()],
        "pillar": everything + [(one, one) for one in PILLARS],
        "stage": everything + list(members(VisitStage).items()),
    }


def _filter_words() -> dict[str, FilterWords]:
    return {
        "state": FilterWords(_("Member State"), {code: one.name for code, one in catalogue.states().items()}),
        "region": FilterWords(_("Region"), {one.code: one.name for one in catalogue.regions().values()}),
        "area": FilterWords(_("Area"), {one.code: one.words for one in catalogue.areas().values()}),
        "plan": FilterWords(_("Plan"), str.upper),
        "pillar": FilterWords(_("Pillar")),
        "stage": FilterWords(_("Stage"), members(VisitStage)),
        "years": FilterWords(_("Not examined within years")),
        "months": FilterWords(_("No word within months")),
    }


def _sort_words() -> dict[str, str]:
    return {
        "plan": _("plan and order"),
        "visit": _("date of the visit"),
        "state": _("Member State"),
        "measure": _("measure"),
    }
