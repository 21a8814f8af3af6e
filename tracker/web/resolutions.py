"""Resolutions of the Security Council: which there are, and the areas that rest on each paragraph."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from tracker.reports import areas

blueprint = Blueprint("resolutions", __name__, url_prefix="/resolutions")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Every resolution of the catalogue, by number."""
    return render_template("resolutions/index.html", resolutions=areas.resolutions())


@blueprint.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    """One resolution and its paragraphs, each with the areas that rest on it."""
    resolution, paragraphs = areas.resolution(number)
    return render_template("resolutions/show.html", resolution=resolution, paragraphs=paragraphs)
