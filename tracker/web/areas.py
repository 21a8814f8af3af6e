"""Obligation areas: the two levels, and the page of one with what the reader's scope holds of it."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.policy import Permission
from tracker.reports import areas, catalogue
from tracker.reports.plans import PILLARS
from tracker.reports.states import names_over_time
from tracker.services.reference import STRATEGY

blueprint = Blueprint("areas", __name__, url_prefix="/areas")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Every area of the catalogue, with the paragraphs that it rests on."""
    groups = catalogue.area_groups()
    shown = [area for top, under in groups for area in (top, *under)]
    return render_template(
        "areas/index.html",
        groups=groups,
        paragraphs={area.code: catalogue.paragraphs_of_area(area.code) for area in shown},
    )


@blueprint.get("/<code>")
def show(code: str) -> ResponseReturnValue:
    """One area: wording, paragraphs, and its follow-ups, conclusions and assessments in the reader's scope."""
    return render_template(
        "areas/show.html",
        sheet=areas.sheet(current_user, code.upper()),
        states=catalogue.states(),
        names=names_over_time(),
        may_read=policy.can(current_user, Permission.RECORD_READ),
        may_map=policy.can(current_user, Permission.CATALOGUE_MANAGE),
        pillar_titles=PILLARS,
        strategy=STRATEGY,
        base=f"{request.script_root}/",
    )
