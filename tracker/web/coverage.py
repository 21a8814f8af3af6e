"""What has been examined and followed up: by State and area, by State and pillar."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import clock, policy
from tracker.errors import TrackerError
from tracker.reports import catalogue, coverage
from tracker.reports.listing import address
from tracker.texts import gettext as _
from tracker.web.exports import rows_response

blueprint = Blueprint("coverage", __name__)


@blueprint.get("/coverage")
def index() -> ResponseReturnValue:
    """The matrix: subregions and top areas, or what the address opens of them."""
    asked = coverage.read(request.args)
    reach = policy.reach(current_user)
    found = coverage.coverage(asked, reach, clock.today())
    args = {name: [value] for name, value in asked.args.items()}
    return render_template(
        "coverage/index.html",
        coverage=found,
        asked=asked,
        region_choices=_region_choices(reach),
        area_choices=_area_choices(),
        examined=_examined,
        path=url_for("coverage.index"),
        export_href=address(url_for("coverage.export"), args),
        opening=lambda heading: address(url_for("coverage.index"), {k: [v] for k, v in heading.opens.items()}),
        lists=request.script_root + "/follow-ups?",
    )


@blueprint.get("/coverage.csv")
def export() -> ResponseReturnValue:
    """Every cell of the matrix as a row of a file."""
    asked = coverage.read(request.args)
    if asked.problems:
        raise TrackerError(" ".join(asked.problems))
    found = coverage.coverage(asked, policy.reach(current_user), clock.today())
    args = {name: [value] for name, value in asked.args.items()}
    return rows_response("coverage", coverage.HEADER, found.flat(), args, request.args.get("bom") != "0")


def _examined(cell: coverage.Cell) -> str:
    return _("%(examined)s of %(states)s examined", examined=cell.examined, states=cell.states)


def _region_choices(reach: policy.Reach) -> list[tuple[str, str]]:
    """The regions in which the reader may see a State."""
    seen = [one for one in catalogue.states().values() if reach.covers(one.id)]
    codes = {code for one in seen for code in (one.region_code, one.subregion_code)}
    known = [one for one in catalogue.regions().values() if one.code in codes]
    return [
        ("", _("All, by subregion")),
        *((one.code, f"– {one.name}" if one.parent_code else one.name) for one in known),
    ]


def _area_choices() -> list[tuple[str, str]]:
    return [("", _("All")), *((one.code, one.words) for one in catalogue.areas().values() if not one.is_assessable)]
