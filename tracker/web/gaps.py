"""Gaps in the chain from a visit to the Strategy: what there is, counted; each as a list and a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.models import VisitStage
from tracker.policy import Permission
from tracker.reports import catalogue, gaps, plans
from tracker.reports.listing import MOST_COUNTED, Args, address, without
from tracker.texts import gettext as _
from tracker.texts import ngettext
from tracker.web import filters
from tracker.web.exports import csv_response
from tracker.web.lists import FilterWords, ListPage, members
from tracker.web.presentation import number

blueprint = Blueprint("gaps", __name__, url_prefix="/gaps")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Every kind of gap with its number of rows in the reader's scope, or in the part of it that is asked for."""
    reach = policy.reach(current_user)
    args, problems = gaps.narrowing(request.args)
    words, path = _filter_words(), url_for("gaps.index")
    return render_template(
        "gaps/index.html",
        found=[] if problems else _found(reach, args),
        problems=[f"{words[problem.name].label}: {problem.message}" for problem in problems],
        filters=[name for name in FILTERS if name in gaps.NARROWING],
        words=words,
        choices=_choices(reach, ("state", "region")),
        values={name: values[0] for name, values in args.items()},
        tags=[
            (f"{words[name].label}: {words[name].value(value)[:80]}", address(path, without(args, name, value)))
            for name, values in args.items()
            for value in values
        ],
        path=path,
    )


def _found(reach: policy.Reach, args: Args) -> list[tuple[str, str, str, str]]:
    """Each kind: its title, what it means, how many rows, and the list that holds them."""
    states = {name: values for name, values in args.items() if name in ("state", "region")}
    counts = gaps.tallies(reach, args)
    found = [
        (
            _("Shortfalls without a follow-up"),
            _("No follow-up answers the conclusion."),
            _counted(counts["shortfalls"]),
            address(request.script_root + "/conclusions", gaps.SHORTFALLS | states),
        ),
        (
            _("Follow-ups without a measure"),
            _("The follow-up is open and serves no measure of the Strategy or of a regional plan."),
            _counted(counts["followups"]),
            address(request.script_root + "/follow-ups", gaps.WITHOUT_MEASURE | states),
        ),
    ]
    for kind, gap in gaps.GAPS.items():
        own = gaps.known_to(kind, args)
        href = address(url_for("gaps.show", kind=kind), own)
        found.append((str(gap.called(own)), str(gap.meaning), _counted(counts[kind]), href))
    return found


@blueprint.get("/<kind>")
def show(kind: str) -> ResponseReturnValue:
    """The rows of one gap."""
    gap = gaps.GAPS.get(kind) or abort(404)
    reach = policy.reach(current_user)
    page = gap.listing.page(request.args, gaps.scope(kind, reach, request.args))
    shown = ListPage(page, url_for("gaps.show", kind=kind), _rows, _filter_words(), _sort_words(), reach=reach)
    known = [name for name in FILTERS if name in gap.listing.filters]
    return render_template(
        "gaps/show.html",
        gap=gap,
        list=shown,
        choices=_choices(reach, known),
        filters=known,
        last=gaps.last_examined(kind, page.rows, request.args),
        ratings=catalogue.rating_labels() if kind == "scope" else {},
        title=gap.called(request.args),
        may_visit=policy.reach(current_user, Permission.VISIT_EDIT),
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
        base=gaps.file_rows(kind),
        bom=request.args.get("bom") != "0",
    )


FILTERS = ("state", "region", "area", "plan", "pillar", "stage", "years", "months")
"""In the order of the form."""


def _counted(count: int) -> str:
    return _("more than %(count)s", count=number(MOST_COUNTED)) if count > MOST_COUNTED else number(count)


def _rows(count: int) -> str:
    return ngettext("%(counted)s gap", "%(counted)s gaps", count, counted=number(count))


def _choices(reach: policy.Reach, names: Sequence[str]) -> dict[str, filters.Choices]:
    """What the selects of these filters offer: States and regions of the reader's scope alone."""
    offered: dict[str, Callable[[], Iterable[tuple[str, str]]]] = {
        "state": lambda: filters.states(reach),
        "region": lambda: filters.regions(reach),
        "area": filters.areas,
        "plan": plans.choices,
        "pillar": lambda: ((pillar, f"{pillar} {title}") for pillar, title in plans.PILLARS.items()),
        "stage": lambda: members(VisitStage).items(),
    }
    return {name: filters.with_all(offered[name]()) for name in names if name in offered}


def _filter_words() -> dict[str, FilterWords]:
    return {
        "state": filters.state_words(),
        "region": filters.region_words(),
        "area": filters.area_words(),
        "plan": FilterWords(_("Plan"), str.upper),
        "pillar": FilterWords(_("Pillar"), str.upper),
        "stage": FilterWords(_("Stage"), members(VisitStage)),
        "years": FilterWords(_("Not examined for (years)")),
        "months": FilterWords(_("No word for (months)")),
    }


def _sort_words() -> dict[str, str]:
    return {
        "plan": _("plan and order"),
        "visit": _("date of the visit"),
        "state": _("Member State"),
        "measure": _("measure"),
    }
