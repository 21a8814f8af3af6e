"""The chain of one record, from the paragraphs it rests on to the pillar it serves; of a plan; of a meeting."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker.reports import trace
from tracker.reports.plans import PILLARS
from tracker.texts import gettext as _

blueprint = Blueprint("trace", __name__)

LISTS = {"visit": "visit", "measure": "measure", "paragraph": "paragraph", "conclusion": "conclusion", "area": "area"}
"""The filter of the follow-ups' list that shows all of a record's, where the chain holds more than is shown."""


@blueprint.get("/trace/<reference>")
def show(reference: str) -> ResponseReturnValue:
    """The chain as a nested list, which prints as it stands."""
    found = trace.trace(current_user, reference)
    filter_name = LISTS.get(found.root.noun)
    return render_template(
        "trace/show.html",
        root=found.root,
        tree=found.tree,
        has_more=found.has_more,
        most=trace.MOST,
        pillars=PILLARS,
        noun=_nouns()[found.root.noun],
        list_query=f"{filter_name}={found.root.reference}" if filter_name else "",
        base=request.script_root,
    )


def _nouns() -> dict[str, str]:
    return {
        "followup": _("Follow-up"),
        "conclusion": _("Conclusion"),
        "visit": _("Visit"),
        "measure": _("Measure"),
        "plan": _("Plan"),
        "meeting": _("Meeting"),
        "paragraph": _("Paragraph"),
        "area": _("Area"),
    }
