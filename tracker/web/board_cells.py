"""The rows of a plan's board: thousands of cells, made by functions rather than a template; all text is escaped here.

Each number leads to its rows: the follow-ups of the measure and the State that are open, done, or not signed yet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from urllib.parse import urlencode

from flask import request
from markupsafe import Markup, escape

from tracker.models import Implementation, MeasureStatus, Plan, PlanKind
from tracker.policy import Reach
from tracker.reports import catalogue
from tracker.reports.boards import Board, Cell, Column, Row, Section
from tracker.reports.measures import Tally
from tracker.reports.plans import PILLARS
from tracker.texts import gettext as _
from tracker.texts import ngettext
from tracker.web.presentation import kept, number, reference, tag

LONGEST_TEXT = 110
DONE = (("counted", "1"), ("status", Implementation.IMPLEMENTED.value))
SIGNED = (*DONE, ("sealed", "signed"))
UNSIGNED = (*DONE, ("sealed", "unsigned"), ("sealed", "changed"))


def rows(
    plan: Plan, found: Board, editable: Reach, asked: Mapping[str, Sequence[str]] = MappingProxyType({})
) -> Callable[[Row], Markup]:
    """What makes one row of the board; ``editable`` are the States whose cells the reader may edit. Their forms lead
    back to this board, as ``asked`` for."""
    href = str(escape(f"{request.script_root}/measures/"))
    is_regional = plan.kind is PlanKind.REGIONAL
    word = _words(href, editable, str(escape("?" + urlencode({"from": "board", **asked}, doseq=True))))
    following = dict(pairwise(row.reference for row in found.rows))
    onward = str(escape(_("Skip to the next measure")))
    party = f"&amp;party={plan.code}" if is_regional else ""
    columns = [(column, f'<td data-label="{escape(column.name)}">', _place(column, party)) for column in found.columns]
    counts, status = _counts(found.signed_only, found.tells_unsigned, _nothing(is_regional)), kept(_status)

    def make(row: Row) -> Markup:
        measure = str(escape(row.reference))
        made = [
            f"{opened}{word(measure, column, cell) if is_regional else ''}{counts(measure, place, cell.tally)}</td>"
            for (column, opened, place), cell in zip(columns, row.cells, strict=True)
        ]
        link = f'<a class="record-link" href="{href}{measure}">{reference(row.reference)}</a>'
        text = f'<bdi class="board-text">{escape(_cut(row.text))}</bdi>'
        skip = following.get(row.reference)
        text += f' <a class="skip-row" href="#{escape(skip)}">{onward}</a>' if skip else ""
        head = f'<tr id="{measure}"><th scope="row">{link} {text}</th>'
        return Markup(f"{head}{status((row.status, row.stated))}{''.join(made)}</tr>")  # noqa: S704  # escaped

    return make


def section_rows(plan: Plan, found: Board, href: Callable[[str, Column | None], str]) -> Callable[[Section], Markup]:
    """What makes the row of a pillar; ``href`` is the address of its measures, in a column or in all."""
    is_regional = plan.kind is PlanKind.REGIONAL
    nothing, bare = _nothing(is_regional), _bare()
    opened, done, states_done = kept(_said_open), kept(_said_done), kept(_said_states_done)

    def cell(section: Section, column: Column, own: Cell) -> str:
        to = f'<a href="{escape(href(section.pillar, column))}">'
        counts = ((own.tally.open, opened), (own.tally.followups_done(found.signed_only), done))
        numbers = " · ".join(f"{to}{say(count)}</a>" for count, say in counts if count) or nothing
        word = states_done((own.states_done, section.measures * len(column.states)))
        before = f'<span class="board-word">{word}</span> {bare(own)}' if is_regional else ""
        return f'<td data-label="{escape(column.name)}">{before}<span class="board-counts">{numbers}</span></td>'

    def make(section: Section) -> Markup:
        title = _("Pillar %(number)s: %(title)s", number=section.pillar, title=PILLARS[section.pillar])
        link = f'<a href="{escape(href(section.pillar, None))}">{escape(title)}</a>'
        cells = zip(found.columns, section.cells, strict=True)
        made = "".join(cell(section, column, own) for column, own in cells)
        return Markup(f'<tr><th scope="row">{link}</th>{_statuses(section)}{made}</tr>')  # noqa: S704  # escaped

    return make


def _nothing(is_regional: bool) -> str:
    """In place of numbers where there are none; beside a State's own word it says what there is none of."""
    words = _("0 follow-ups") if is_regional else _("none")
    return f'<span class="board-counts muted">{escape(words)}</span>'


def _statuses(section: Section) -> str:
    """How many measures there are, and how many have each status."""
    counted = [(section.by_status[one], tag(one)) for one in MeasureStatus if section.by_status.get(one)]
    told = [_("%(n)s %(status)s", n=number(n), status=said) for n, said in counted]  # the tag keeps its marks
    said = ngettext("%(n)s measure", "%(n)s measures", section.measures, n=number(section.measures))
    return f'<td data-label="{escape(_("Status"))}">{escape(said)} {" ".join(told)}</td>'


def _words(href: str, editable: Reach, back: str) -> Callable[[str, Column, Cell], str]:
    """What a State's cell says, leading to its form or to where it stands; of a region, how many States are done."""
    no_word = f'<span class="muted">{escape(_("no word yet"))}</span>'
    tagged = kept(lambda status: tag(status) if status else no_word)
    names = kept(lambda code: str(escape(catalogue.states()[code].name)))
    states_done = kept(_said_states_done)
    on_nothing, bare = f'<span class="board-bare muted">{escape(_("rests on nothing"))}</span> ', _bare()

    def make(measure: str, column: Column, cell: Cell) -> str:
        if not column.is_state:
            told = states_done((cell.states_done, len(column.states)))
            return f'<span class="board-word">{told}</span> {bare(cell)}'
        place = f"/cells/{column.code}{back}" if editable.covers(column.code) else f"#cell-{column.code}"
        named = f'<span class="visually-hidden">{names(column.code)}, {measure}: </span>'
        mark = f'id="{measure}-{column.code}"'
        word = f'<a class="board-word" {mark} href="{href}{measure}{place}">{named}{tagged(cell.tally.cell)}</a> '
        return word + on_nothing if cell.resting_on_nothing else word

    return make


def _bare() -> Callable[[Cell], str]:
    """Of several cells, how many words rest on nothing; of none, nothing."""

    def make(cell: Cell) -> str:
        n = cell.resting_on_nothing
        told = ngettext("%(n)s rests on nothing", "%(n)s rest on nothing", n, n=number(n)) if n else ""
        return f'<span class="board-bare muted">{escape(told)}</span> ' if n else ""

    return make


def _counts(signed_only: bool, tells_unsigned: bool, nothing: str) -> Callable[[str, str, Tally], str]:
    """The numbers of a cell, each leading to its rows; one that is nought is left off."""
    start = f'<a href="{escape(request.script_root)}/follow-ups?measure='
    to_open, say_open = _args(("open", "1")), kept(_said_open)
    to_done, say_done = _args(*(SIGNED if signed_only else DONE)), kept(_said_done)
    to_unsigned, say_unsigned = _args(*UNSIGNED), kept(_said_unsigned)

    def make(measure: str, place: str, tally: Tally) -> str:
        opened, implemented, signed = tally[:3]
        done = signed if signed_only else implemented
        if not opened and not (implemented if tells_unsigned else done):
            return nothing
        told, at = [], f"{start}{measure}{place}"
        if opened:
            told.append(f'{at}{to_open}">{say_open(opened)}</a>')
        if done:
            told.append(f'{at}{to_done}">{say_done(done)}</a>')
        if tells_unsigned and implemented != done:
            told.append(f'{at}{to_unsigned}">{say_unsigned(implemented - done)}</a>')
        return f'<span class="board-counts">{" · ".join(told)}</span>'

    return make


def _said_open(n: int) -> str:
    return str(escape(ngettext("%(n)s open", "%(n)s open", n, n=number(n))))


def _said_done(n: int) -> str:
    return str(escape(ngettext("%(n)s done", "%(n)s done", n, n=number(n))))


def _said_unsigned(n: int) -> str:
    return str(escape(ngettext("%(n)s not signed", "%(n)s not signed", n, n=number(n))))


def _said_states_done(counted: tuple[int, int]) -> str:
    """Of how many cells how many are done."""
    done, states = counted
    words = {"done": number(done), "states": number(states)}
    return str(escape(ngettext("%(done)s of %(states)s done", "%(done)s of %(states)s done", done, **words)))


def _args(*pairs: tuple[str, str]) -> str:
    return "&amp;" + urlencode(pairs).replace("&", "&amp;")


def _place(column: Column, party: str) -> str:
    """The parameters that narrow the list of follow-ups to the column."""
    return f"&amp;state={column.code}" if column.is_state else f"&amp;region={column.code}{party}"


def status_words(computed: MeasureStatus, stated: MeasureStatus | None) -> Markup:
    """The computed status; where the stated one says something else both, each on a line of its own with its name."""
    if stated in (None, computed):
        return tag(computed)
    pairs = ((_("Computed:"), tag(computed)), (_("Stated:"), tag(stated)))
    return Markup(" ").join(Markup('<span class="both-statuses">{} {}</span>').format(*one) for one in pairs)


def _status(statuses: tuple[MeasureStatus | None, MeasureStatus | None]) -> str:
    """The computed status, and the stated one where it says something else."""
    computed, stated = statuses
    told = status_words(computed, stated) if computed else f'<span class="muted">{escape(_("not told"))}</span>'
    return f'<td data-label="{escape(_("Status"))}">{told}</td>'


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT].rsplit(" ", 1)[0] + "…"
