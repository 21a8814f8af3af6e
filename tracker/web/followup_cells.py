"""The cells of the follow-ups' list.

A page holds hundreds of them, and a template takes longer over them than over all the rest of the page. So each column
is a function from a row to its content here; what recurs from row to row (tags, names, dates) is made once a page.
Texts typed by people are escaped here as a template would.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from html import escape
from typing import Any

from flask import request
from markupsafe import Markup

from tracker.models import Implementation, SealedState
from tracker.reports import catalogue
from tracker.reports import followups as report
from tracker.texts import gettext as _
from tracker.web import dates
from tracker.web.presentation import isolated, kept, reference, tag
from tracker.web.words import words

Cell = Callable[[Any], str]

# Where a column stands on the small card of a row; the others follow with their names.
PLACES = {
    "title": "card-title grow",
    "workflow": "card-top",
    "assessed": "card-top",
    "state": "card-plain",
    "area": "card-plain",
    "due": "card-next",
    "visit": "card-plain",
    "owner": "card-plain",
}
LEFT_OFF = {"priority": "card-wide"}
"""Columns that the small card leaves off, unless they were chosen."""
LONGEST_STEP = 120
REPORTED = frozenset(Implementation) - {Implementation.NOT_ASSESSED}


def rows(listed: Iterable[Any], columns: Sequence[str], named: dict[str, Any], is_chosen: bool) -> Markup:
    """The rows of the table, each under its reference; ``named`` says the columns in words."""
    places = PLACES if is_chosen else PLACES | LEFT_OFF
    makers = _makers(columns)
    parts = [(_opened(named[name], places.get(name)), makers[name]) for name in columns]
    href = escape(f"{request.script_root}/follow-ups/")
    told = []
    for row in listed:
        told.append(f'<tr><th scope="row">{record_link(href, row.reference)}</th>')
        told += [f"{opened}{make(row)}</td>" for opened, make in parts]
        told.append("</tr>")
    return Markup("".join(told))  # noqa: S704  # escaped


def _opened(label: Any, place: str | None) -> str:
    classed = f' class="{place}"' if place else ""
    return f'<td data-label="{escape(label)}"{classed}>'


def _makers(columns: Collection[str]) -> dict[str, Cell]:
    """The columns' functions, with what they keep for this page."""
    states, areas = catalogue.states(), catalogue.area_titles() if "area" in columns else {}
    visit_href = escape(f"{request.script_root}/visits/")
    said, tagged, date_of = kept(words), kept(tag), kept(dates.partial)
    state = kept(lambda code: isolated(states[code].name))
    owner = kept(isolated)
    area = kept(lambda code: f'<span title="{escape(areas[code])}">{reference(code)}</span>')
    changed = f' <span class="tag tag-attention">{escape(_("Changed"))}</span>'
    late = f' <span class="tag tag-late">{escape(_("Overdue"))}</span>'
    no_date = f'<span class="muted">{escape(_("no date"))}</span>'
    return {
        "state": lambda row: state(row.state_id),
        "title": lambda row: f"<bdi>{escape(row.title)}</bdi>",
        "area": lambda row: area(row.area_code) if row.area_code else "",
        "priority": lambda row: escape(said(row.priority)),
        "authority": lambda row: "; ".join(isolated(one) for one in report.authority_names(row.authorities)),
        "owner": lambda row: owner(row.owner),
        "due": lambda row: f"{date_of(row.current_due) or no_date}{late if row.is_overdue else ''}",
        "original-due": lambda row: date_of(row.original_due),
        "workflow": lambda row: f"{tagged(row.workflow)}{changed if row.sealed_state == SealedState.CHANGED else ''}",
        "position": lambda row: tagged(row.position),
        "reported": lambda row: (
            "" if row.reported_status is Implementation.NOT_ASSESSED else tagged(row.reported_status)
        ),
        "assessed": lambda row: tagged(row.assessed_status),
        "visit": lambda row: record_link(visit_href, row.visit) if row.visit else "",
        "basis": lambda row: escape(said(row.basis)),
        "next-step": lambda row: isolated(_cut(row.next_step)),
        "sharing": lambda row: escape(said(row.sharing)),
        "updated": lambda row: dates.moment(row.updated_at),
    }


def record_link(href: str, name: str) -> str:
    """A reference that leads to its record; ``href`` is the address up to it, escaped."""
    said = escape(name)
    return f'<a class="record-link" href="{href}{said}"><bdi class="reference" translate="no">{said}</bdi></a>'


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_STEP else text[:LONGEST_STEP].rsplit(" ", 1)[0] + "…"
