"""Resolutions of the Security Council: which there are, and the areas that rest on each paragraph."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.policy import Permission
from tracker.reports import areas
from tracker.reports.listing import MOST_COUNTED

blueprint = Blueprint("resolutions", __name__, url_prefix="/resolutions")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Every resolution of the catalogue, by number."""
    return render_template("resolutions/index.html", resolutions=areas.resolutions())


@blueprint.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    """One resolution and its paragraphs, each with the areas, conclusions and follow-ups that rest on it."""
    resolution, paragraphs = areas.resolution(number, current_user)
    return render_template(
        "resolutions/show.html",
        resolution=resolution,
        paragraphs=paragraphs,
        most=MOST_COUNTED,
        may_read=policy.can(current_user, Permission.RECORD_READ),
    )
