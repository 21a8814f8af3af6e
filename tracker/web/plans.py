"""Plans that follow-ups serve: the Global Strategy, its pillars and measures."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from tracker.reports import plans

blueprint = Blueprint("plans", __name__, url_prefix="/plans")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """The plans that there are."""
    return render_template("plans/index.html", plans=plans.plans())


@blueprint.get("/<code>")
def show(code: str) -> ResponseReturnValue:
    """One plan: its measures by pillar."""
    plan, pillars = plans.plan(code.upper())
    return render_template("plans/show.html", plan=plan, pillars=pillars)
