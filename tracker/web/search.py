"""One search over records, plans, measures, meetings, Member States, areas and resolutions; a reference leads straight
to its page."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker.reports import labels, sealables, search, states
from tracker.reports.filters import BadValue
from tracker.reports.listing import address
from tracker.reports.search import Found, Highlighter
from tracker.texts import gettext as _
from tracker.web.locale import language
from tracker.web.record_rows import Rows, hit_rows, lit

blueprint = Blueprint("search", __name__)

NOUNS = ("followup", "conclusion", "visit", "measure", "plan", "meeting")
"""What is searched, in the order of the page."""

LISTS = {"followup": "/follow-ups", "conclusion": "/conclusions", "visit": "/visits", "meeting": "/meetings"}
"""Where a noun's list is that can be narrowed by words."""

OF_STATES = ("followup", "conclusion", "visit")
DATED = ("visit", "meeting")


@blueprint.get("/search")
def index() -> ResponseReturnValue:
    """The hits of each noun within the reader's scope; words that cannot be looked for say why."""
    q = request.args.get("q", "").strip()
    record = search.named(q, current_user, NOUNS)
    problem, found, light, labelled = "", [], None, labels.Found()
    try:
        found = search.find(q, current_user, NOUNS) if q and not record else []
        if record is not None:
            return redirect(request.script_root + sealables.address(*record), 302)
        light = search.highlighter(q) if q else None
        labelled = labels.find(q) if q else labelled
    except BadValue as bad:
        problem = str(bad)
    if labelled.exact:
        return redirect(url_for("areas.show", code=labelled.exact), 302)
    return render_template(
        "search/index.html",
        q=q,
        problem=problem,
        found=[one for one in found if one.count],
        titles={
            "followup": _("Follow-ups"),
            "conclusion": _("Conclusions"),
            "visit": _("Visits"),
            "measure": _("Measures"),
            "plan": _("Plans"),
            "meeting": _("Meetings"),
        },
        labelled=labelled,
        all_href=lambda one: _all_href(one, q),
        rows_of=lambda one: _rows_of(one, light),
        named=[] if problem else states.named(q.strip('"“”„«»'), current_user),
        state_href=lambda code: url_for("states.show", code=code),
        light=light,
        lit=lit,
    )


def _rows_of(one: Found, light: Highlighter | None) -> Rows:
    if light is None:
        raise ValueError("nothing is found where no words are looked for")
    names, noun = states.names_over_time(language()), one.noun
    return hit_rows(noun, one.rows, light, names, is_of_state=noun in OF_STATES, is_dated=noun in DATED)


def _all_href(one: Found, q: str) -> str | None:
    """The list of the noun's hits; none where no filter says the same."""
    if one.noun not in LISTS or not (one.by_words or one.by_beginning):
        return None
    asked = {"reference": [q.upper()]} if one.by_beginning else {"q": [q]}
    return address(request.script_root + LISTS[one.noun], asked)
