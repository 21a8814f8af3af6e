"""The rows of a plan's board: thousands of cells, made by functions rather than a template; all text is escaped here.

Each number leads to its rows: the follow-ups of the measure and the State that are open, done, or not signed yet.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from flask import request
from flask_babel import gettext as _
from markupsafe import Markup, escape

from tracker.models import Implementation, Plan, PlanKind
from tracker.policy import Reach
from tracker.reports.boards import Board, Cell, Column, Row
from tracker.reports.measures import Tally
from tracker.web.followup_cells import kept
from tracker.web.presentation import number, reference, tag

LONGEST_TEXT = 110
COUNTED = (("counted", "1"),)
DONE = (*COUNTED, ("status", Implementation.IMPLEMENTED.value))
SIGNED = (*DONE, ("sealed", "signed"))
UNSIGNED = (*DONE, ("sealed", "unsigned"), ("sealed", "changed"))


def rows(plan: Plan, found: Board, editable: Reach) -> Callable[[Row], Markup]:
    """What makes one row of the board; ``editable`` are the States whose cells the reader may edit."""
    measure_href = escape(f"{request.script_root}/measures/")
    counts = _counts(found.signed_only)
    nothing = f'<span class="muted">{escape(_("none"))}</span>'
    no_word = f'<span class="muted">{escape(_("no word yet"))}</span>'
    tagged = kept(lambda status: tag(status) if status else no_word)
    is_regional = plan.kind is PlanKind.REGIONAL
    columns = [(column, escape(_place(column)), _opened(column)) for column in found.columns]
    status = kept(_status)

    def numbers(row: Row, place: str, tally: Tally) -> str:
        if not tally.followups:
            return nothing
        return f'<span class="board-counts">{counts(row.reference, place, tally)}</span>'

    def word(row: Row, column: Column, cell: Cell) -> str:
        if not is_regional:
            return ""
        if not column.is_state:
            said = _("%(done)s of %(states)s done", done=number(cell.states_done), states=number(len(column.states)))
            return f"{escape(said)} "
        said, at = tagged(cell.tally.cell), f"{measure_href}{escape(row.reference)}"
        place = f"{at}/cells/{column.code}" if editable.covers(column.code) else f"{at}#cell-{column.code}"
        return f'<a class="board-word" href="{place}">{said}</a> '

    def make(row: Row) -> Markup:
        link = f'<a class="record-link" href="{measure_href}{escape(row.reference)}">{reference(row.reference)}</a>'
        cells = zip(columns, row.cells, strict=True)
        made = [
            f"{opened}{word(row, column, cell)}{numbers(row, place, cell.tally)}</td>"
            for (column, place, opened), cell in cells
        ]
        text = f'<bdi class="board-text">{escape(_cut(row.text))}</bdi>'
        return Markup(f'<tr><th scope="row">{link} {text}</th>{status((row.status, row.stated))}{"".join(made)}</tr>')  # noqa: S704  # escaped

    return make


def _counts(signed_only: bool) -> Callable[[str, str, Tally], str]:
    """The numbers of a cell, each leading to its rows; one that is nought is left off."""
    base = escape(f"{request.script_root}/follow-ups?measure=")
    kinds: list[tuple[str, str, Callable[[Tally], int]]] = [
        (_("open"), "&amp;open=1", lambda tally: tally.open),
        (_("done"), _args(SIGNED if signed_only else DONE), lambda tally: tally.followups_done(signed_only)),
    ]
    if signed_only:
        kinds.append((_("not signed"), _args(UNSIGNED), lambda tally: tally.unsigned))
    said = [(str(escape(words)), args, count) for words, args, count in kinds]
    written = kept(number)

    def make(measure: str, place: str, tally: Tally) -> str:
        return " · ".join(
            [
                f'<a href="{base}{measure}{place}{args}">{written(count(tally))} {words}</a>'
                for words, args, count in said
                if count(tally)
            ]
        )

    return make


def _args(pairs: tuple[tuple[str, str], ...]) -> str:
    return "&amp;" + urlencode(pairs).replace("&", "&amp;")


def _place(column: Column) -> str:
    """The parameters that narrow the list of follow-ups to the column."""
    if column.is_state or not column.is_whole:
        return "".join(f"&state={state}" for state in column.states)
    return f"&region={column.code}"


def _opened(column: Column) -> str:
    return f'<td data-label="{escape(column.name)}">'


def _status(statuses: tuple[object, object]) -> str:
    """The computed status, and the stated one where it says something else."""
    computed, stated = statuses
    told = str(tag(computed)) if computed else f'<span class="muted">{escape(_("not told"))}</span>'
    if stated and stated is not computed:
        told += f' <span class="board-stated">{escape(_("stated:"))} {tag(stated)}</span>'
    return f'<td data-label="{escape(_("Status"))}">{told}</td>'


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT].rsplit(" ", 1)[0] + "…"
