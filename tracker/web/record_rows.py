"""The rows of tables that pages show alike: follow-ups, records of several kinds, visits, what waits for a reviewer.

A page holds up to a hundred and fifty of them, and a template takes longer over them than over all the rest of the
page. So each column is a function from a row to its content here; what recurs from row to row (tags, names, dates) is
made once a page. Texts typed by people are escaped here as a template would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from flask import request
from markupsafe import Markup, escape

from tracker.models import SealedState
from tracker.reports import catalogue, sealables, search
from tracker.reports.measures import Standing
from tracker.reports.search import Highlighter
from tracker.texts import gettext as _
from tracker.web import dates
from tracker.web.assets import icon
from tracker.web.presentation import kept, reference, stage_tag, tag
from tracker.web.words import noun_words, words

Cell = Callable[[Any], str]
Href = Callable[[Any], str]
LONGEST_TEXT = 240
LEEWAY = 5
"""Characters by which a text may be longer before it is cut."""


class Rows(NamedTuple):
    """What a table shows: its headings and the cells under them."""

    headings: list[str]
    body: Markup


def followup_rows(found: Iterable[Any], states: Mapping[str, Any] | None = None, is_owner_shown: bool = False) -> Rows:
    """Follow-ups; ``states``, where their Member State is not plain."""
    base = f"{request.script_root}/follow-ups/"
    tagged, due, area = kept(tag), kept(dates.partial), kept(reference)
    changed = f' <span class="tag tag-attention">{icon("pencil")} {escape(words(SealedState.CHANGED))}</span>'
    late = f' <span class="tag tag-late">{escape(_("Overdue"))}</span>'
    no_date = escape(_("no date"))
    columns: list[tuple[str, Cell]] = [
        (_("Reference"), lambda row: _link(base + row.reference, row.reference)),
        (_("Title"), lambda row: _text(row.title)),
        (_("Main area"), lambda row: area(row.area_code)),
        (
            _("Workflow status"),
            lambda row: f"{tagged(row.workflow)}{changed if row.sealed_state == SealedState.CHANGED else ''}",
        ),
        (_("Status we assess"), lambda row: tagged(row.assessed_status)),
        (_("Due"), lambda row: f"{due(row.current_due) or no_date}{late if row.is_overdue else ''}"),
    ]
    if states:
        columns.insert(1, (_("Member State"), _state(states)))
    if is_owner_shown:
        columns.append((_("Owner"), lambda row: _text(row.owner)))
    return _rows(found, columns)


def record_rows(
    found: Iterable[Any], states: Mapping[str, Any], href: Href, when: str, who: str = "", reason: str = ""
) -> Rows:
    """Records of several kinds: follow-ups, conclusions, matrices. The last three are the words over their columns."""
    at = dates.moments()
    columns: list[tuple[str, Cell]] = [
        (_("Reference"), lambda row: _link(href(row), row.reference)),
        (_("Record"), _noun()),
        (_("Member State"), _state(states)),
        (_("Text"), lambda row: _text(_cut(row.title or ""))),
    ]
    if reason:
        columns.append((reason, lambda row: f'<span class="text-kept">{_text(row.reason)}</span>' * bool(row.reason)))
    if who:
        columns.append((who, lambda row: _text(row.who)))
    columns.append((when, lambda row: at(row.at)))
    return _rows(found, columns)


def visit_rows(found: Iterable[Any], names: Any, needs: Mapping[str, str]) -> Rows:
    """Visits with what they need; ``names``: the names of States over time."""
    base = f"{request.script_root}/visits/"
    columns: list[tuple[str, Cell]] = [
        (_("Reference"), lambda row: _link(base + row.reference, row.reference)),
        (_("Member State"), lambda row: _text(names.as_at(row.state_id, row.sort_day))),
        (_("Dates"), lambda row: dates.period(row.start, row.end)),
        (_("Stage"), stage_tag),
        (_("What it needs"), lambda row: escape(needs[row.need])),
    ]
    return _rows(found, columns)


def queue_rows(found: Iterable[Any], states: Mapping[str, Any]) -> Rows:
    """What waits for a signature, and whose move it is."""
    base, at = f"{request.script_root}/review/", dates.moments()
    said, person = kept(lambda member: escape(words(member))), kept(_text)
    yours, anothers = (
        f'<span class="tag tag-{tone}">{escape(said)}</span>'
        for said, tone in ((_("Yours"), "attention"), (_("Another reviewer's"), "waiting"))
    )
    columns: list[tuple[str, Cell]] = [
        (_("Reference"), lambda row: _link(f"{base}{row.object_type}/{row.reference}", row.reference)),
        (_("Text"), lambda row: _text(row.title)),
        (_("Record"), _noun()),
        (_("Member State"), _state(states)),
        (_("What for"), lambda row: said(row.purpose)),
        (_("Submitted by"), lambda row: person(row.submitted_by)),
        (_("Submitted"), lambda row: at(row.submitted_at)),
        (_("Whose move"), lambda row: anothers if row.is_own else yours),
    ]
    return _rows(found, columns)


def extension_rows(found: Iterable[Any], states: Mapping[str, Any]) -> Rows:
    """The later due dates that are asked for."""
    base, at = f"{request.script_root}/follow-ups/", dates.moments()
    due, person, no_date = kept(dates.partial), kept(_text), escape(_("no date"))
    columns: list[tuple[str, Cell]] = [
        (_("Reference"), lambda row: _link(f"{base}{row.reference}/extension/{row.id}", row.reference)),
        (_("Member State"), _state(states)),
        (_("Due now"), lambda row: due(row.old_due) or no_date),
        (_("New due date"), lambda row: due(row.new_due)),
        (_("Reason"), lambda row: _text(row.reason)),
        (_("Asked by"), lambda row: person(row.requested_by)),
        (_("Asked"), lambda row: at(row.requested_at)),
    ]
    return _rows(found, columns)


def measure_rows(found: Iterable[Any], standings: Mapping[int, Standing]) -> Rows:
    """Measures with how each stands: the computed status, and the stated one where there is one."""
    root, tagged, due = request.script_root, kept(tag), kept(dates.partial)
    no_date = escape(_("none set"))

    def plan(row: Any) -> str:
        words = reference(f"{row.plan_code} {row.pillar}")
        return f'<a href="{root}/plans/{escape(row.plan_code)}#pillar-{row.pillar}">{words}</a>'

    columns: list[tuple[str, Cell]] = [
        (_("Reference"), lambda row: _link(f"{root}/measures/{row.reference}", row.reference)),
        (_("Measure"), lambda row: _text(_cut(row.text))),
        (_("Plan and pillar"), plan),
        (_("Deadline"), lambda row: due(row.deadline) or no_date),
        (_("Computed status"), lambda row: tagged(standings[row.id].status)),
        (_("Stated status"), lambda row: tagged(stated) if (stated := standings[row.id].stated) else ""),
    ]
    return _rows(found, columns)


def hit_rows(
    noun: str, found: Iterable[Any], light: Highlighter, names: Any, *, is_of_state: bool, is_dated: bool
) -> Rows:
    """What a search found of a noun, the words that were looked for lit; ``names``: the names of States over time."""
    root, states, tagged = request.script_root, catalogue.states(), kept(tag)

    def state(row: Any) -> str:
        return _text(names.as_at(row.state_id, row.sort_day) if row.sort_day else states[row.state_id].name)

    def text(row: Any) -> str:
        title = f"<div>{lit(light.pieces(row.title))}</div>" if row.title else ""
        opened = '<div class="muted">' if title else "<div>"
        return f"{title}{opened}{lit(light.excerpt(row.text))}</div>" if row.text else title

    columns: list[tuple[str, Cell]] = [
        (_("Reference"), lambda row: _link(root + sealables.address(noun, row.reference), row.reference)),
        *([(_("Member State"), state)] if is_of_state else []),
        *([(_("Dates"), lambda row: dates.period(row.start, row.end))] if is_dated else []),
        (_("Text"), text),
        *([(_("Status"), lambda row: tagged(search.status(noun, row.status)))] if is_of_state else []),
    ]
    return _rows(found, columns)


def lit(pieces: Iterable[Any]) -> Markup:
    """A text in pieces, those lit that were looked for."""
    said = (f"<mark>{escape(text)}</mark>" if is_match else escape(text) for text, is_match in pieces)
    return Markup(f"<bdi>{''.join(said)}</bdi>")  # noqa: S704  # escaped above


def record_href(row: Any) -> str:
    """The record's page, by its published address."""
    return request.script_root + sealables.address(row.object_type, row.reference)


def sign_href(row: Any) -> str:
    """The item in the queue, where it is signed or returned."""
    return f"{request.script_root}/review/{row.object_type}/{row.reference}"


def extension_href(row: Any) -> str:
    """The place where the extension is decided."""
    return f"{request.script_root}/follow-ups/{row.reference}/extension/{row.id}"


def _rows(found: Iterable[Any], columns: list[tuple[str, Cell]]) -> Rows:
    (first, lead), *others = columns
    cells = [(f'<td data-label="{escape(label)}">', cell) for label, cell in others]
    lines = [
        f'<tr><th scope="row">{lead(row)}</th>{"".join([f"{opened}{cell(row)}</td>" for opened, cell in cells])}</tr>'
        for row in found
    ]
    return Rows([first, *(label for label, _cell in others)], Markup("\n".join(lines)))  # noqa: S704  # escaped


def _link(href: str, name: str) -> str:
    return f'<a class="record-link" href="{escape(href)}">{reference(name)}</a>'


def _text(text: Any) -> str:
    """A name or text typed by people, apart from the direction of what stands around it (R30)."""
    return "" if text is None or text == "" else f"<bdi>{escape(text)}</bdi>"


def _noun() -> Cell:
    said = kept(lambda object_type: escape(noun_words(object_type)))
    return lambda row: said(row.object_type)


def _state(states: Mapping[str, Any]) -> Cell:
    named = kept(lambda code: _text(states[code].name))
    return lambda row: named(row.state_id)


def _cut(text: str) -> str:
    if len(text) <= LONGEST_TEXT + LEEWAY:
        return text
    return text[: LONGEST_TEXT - len("...")].rsplit(" ", 1)[0] + "..."
