"""The board of a plan: its measures by participating Member States, and in each cell what is known of the two.

A plan of more States than stand side by side opens by regions, a region by its subregions, a subregion by its States;
one of very many measures opens by pillars, a pillar by its measures. The file holds every measure.
The Strategy's States are all; only those within the reader's scope have a column.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from tracker import clock
from tracker.extensions import db
from tracker.models import Measure, MeasureStatus, Plan, PlanKind, PlanPart, PlanState
from tracker.models.plan import PILLARS
from tracker.policy import Reach
from tracker.reports import catalogue, kept, measures
from tracker.reports.measures import Standing, Tally
from tracker.texts import gettext as _

MOST_STATES = 24
"""How many States stand side by side; more are grouped."""

MOST_MEASURES = 60
"""How many measures stand one below the other as the board opens; more are grouped by pillar."""

ALL = "all"

COMPUTED = (MeasureStatus.PLANNED, MeasureStatus.UNDER_WAY, MeasureStatus.COMPLETED, MeasureStatus.DELAYED)
"""The statuses that the rule gives."""


@dataclass(frozen=True)
class Column:
    """A State, or a region with those of its States that take part and lie in scope."""

    code: str
    name: str
    states: tuple[str, ...]
    is_state: bool


@dataclass(frozen=True)
class Cell:
    """What is known of a measure in a column: follow-ups, the word of a State, how many States are done, and of how
    many the word rests on nothing."""

    tally: Tally
    states_done: int = 0
    resting_on_nothing: int = 0


@dataclass(frozen=True)
class Row:
    """A measure with its cells, as many as there are columns."""

    reference: str
    pillar: str
    text: str
    status: MeasureStatus | None
    stated: MeasureStatus | None
    cells: tuple[Cell, ...]

    @property
    def differs(self) -> bool:
        """Whether the stated status says something else than the computed one."""
        return self.stated not in (None, self.status)

    @property
    def shown(self) -> MeasureStatus | None:
        """The status that the board is narrowed by: the stated one where there is one, else the computed one."""
        return self.stated or self.status


@dataclass(frozen=True)
class Section:
    """The measures of a pillar together: how many there are and show each status, and what their cells come to."""

    pillar: str
    measures: int
    by_status: Mapping[MeasureStatus | None, int]
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Question:
    """What an address asks of a board. A value that makes no sense matches nothing and is a problem.

    ``status`` is the one that shows; ``computed`` is asked for by numbers that count by the rule alone.
    """

    region: str = ""
    pillar: str = ""
    status: str = ""
    computed: str = ""
    signed_only: bool = True
    is_whole: bool = False
    problems: list[str] = field(default_factory=list)

    @property
    def args(self) -> dict[str, list[str]]:
        """The parameters of the address, without those that say nothing."""
        given = {"region": self.region, "pillar": self.pillar, "status": self.status}
        given["computed"] = self.computed
        given["unsigned"] = "" if self.signed_only else "1"
        given["measures"] = ALL if self.is_whole else ""
        return {name: [value] for name, value in given.items() if value}


@dataclass(frozen=True)
class Board:
    """The measures that are asked for, by columns. ``outside`` participating States lie outside the reader's scope;
    where it is not zero, how the region stands is not told. ``regions`` are those that may be opened; ``sections``
    stand for the rows where these are too many to open with."""

    on: date
    signed_only: bool
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    outside: int
    regions: tuple[str, ...]
    sections: tuple[Section, ...] = ()

    @property
    def tells_unsigned(self) -> bool:
        """Whether a cell tells what is assessed implemented and not signed: of a State, not of a region."""
        return self.signed_only and all(column.is_state for column in self.columns)

    def empty_pillars(self) -> list[str]:
        """The pillars of the measures of which none has a follow-up that counts, in any column."""
        served: dict[str, bool] = {}
        for row in self.rows:
            if not served.get(row.pillar):
                served[row.pillar] = any(cell.tally.followups for cell in row.cells)
        return [pillar for pillar, is_served in served.items() if not is_served]


def asked(args: Mapping[str, Any]) -> Question:
    """What the parameters of an address ask for."""
    problems: list[str] = []
    pillar = _one_of(args, "pillar", PILLARS, _("Pillar"), problems)
    status = _one_of(args, "status", [one.value for one in MeasureStatus], _("Status"), problems)
    computed = _one_of(args, "computed", [one.value for one in COMPUTED], _("Computed status"), problems)
    region = _one_of(args, "region", catalogue.regions(), _("Region"), problems)
    every = _one_of(args, "measures", (ALL,), _("Measures"), problems)
    return Question(region, pillar, status, computed, args.get("unsigned") != "1", every == ALL, problems)


def _one_of(args: Mapping[str, Any], name: str, known: Collection[str], label: str, problems: list[str]) -> str:
    given = str(args.get(name, "")).strip()
    if given and given not in known:
        problems.append(
            _(
                "%(label)s: “%(value)s” is not one of: %(known)s",
                label=label,
                value=given[:60],
                known=", ".join(known) if len(known) < 12 else _("those offered below"),
            )
        )
    return given


def board(plan: Plan, reach: Reach, question: Question) -> Board:
    """The board as it is asked for, in a constant number of statements."""
    region = "" if question.problems else question.region
    key = ("board", plan.id, reach, region, question.signed_only, clock.today())
    made = kept.renewed(
        key,
        kept.RECORDS,
        lambda: _make(plan, reach, region, question.signed_only),
        lambda before, states: _renew(before, plan, reach, states),
    )
    matching = () if question.problems else tuple(row for row in made.whole.rows if _matches(row, question))
    is_long = len(matching) > MOST_MEASURES and not question.pillar and not question.is_whole
    sections = _sections(matching) if is_long else ()
    return replace(made.whole, rows=matching, sections=sections)


def _sections(rows: Sequence[Row]) -> tuple[Section, ...]:
    """The rows by pillar. A follow-up that serves two measures counts with each, as it does in their rows."""
    found = []
    for pillar, own in groupby(rows, key=lambda row: row.pillar):
        grouped = list(own)
        cells = tuple(_sum(column) for column in zip(*(row.cells for row in grouped), strict=True))
        found.append(Section(pillar, len(grouped), Counter(row.shown for row in grouped), cells))
    return tuple(found)


def _sum(cells: Sequence[Cell]) -> Cell:
    """The cells of one column together."""
    tallies = [cell.tally for cell in cells]
    bare = sum(cell.resting_on_nothing for cell in cells)
    return Cell(measures.sum_of(tallies), sum(cell.states_done for cell in cells), bare)


@dataclass(frozen=True)
class _Made:
    """A board with all its rows, what was read of each measure, and how each stands."""

    whole: Board
    measures: Sequence[Any]
    standings: Mapping[int, Standing]


def _matches(row: Row, question: Question) -> bool:
    asked_and_told = ((question.status, row.shown), (question.computed, row.status), (question.pillar, row.pillar))
    return all(not asked or asked == told for asked, told in asked_and_told)


def _make(plan: Plan, reach: Reach, region: str, signed_only: bool) -> _Made:
    taking_part = _taking_part(plan)
    seen = [state for state in taking_part if reach.covers(state)]
    columns = _columns(seen, region)
    standings = measures.of_plan(plan, reach, signed_only=signed_only)
    rows = db.session.execute(
        sa.select(Measure.id, Measure.reference, Measure.pillar, Measure.text)
        .where(Measure.plan_id == plan.id, Measure.retired_on.is_(None))
        .order_by(Measure.position, Measure.id)
    ).all()
    ordered = sorted(rows, key=_by_pillar)
    whole = Board(
        on=clock.today(),
        signed_only=signed_only,
        columns=columns,
        rows=tuple(_row(row, standings[row.id], columns) for row in ordered),
        outside=len(taking_part) - len(seen) if plan.kind is PlanKind.REGIONAL else 0,
        regions=_regions(seen) if len(seen) > MOST_STATES else (),
    )
    return _Made(whole, ordered, standings)


def _renew(made: _Made, plan: Plan, reach: Reach, states: Collection[str]) -> _Made:
    """The board after something was written on records of these States: only rows that differ are made anew."""
    changed = measures.renewed(plan, made.standings, states, reach)
    if not changed:
        return made
    rows = tuple(
        _row(one, changed[one.id], made.whole.columns) if one.id in changed else row
        for one, row in zip(made.measures, made.whole.rows, strict=True)
    )
    return _Made(replace(made.whole, rows=rows), made.measures, {**made.standings, **changed})


def _by_pillar(row: Any) -> int:
    return PILLARS.index(row.pillar)


def _taking_part(plan: Plan) -> list[str]:
    """The participating States by name; of the Strategy, all."""
    known = catalogue.states()
    if plan.kind is PlanKind.STRATEGY:
        return list(known)
    named = set(
        db.session.scalars(
            sa.select(PlanState.state_id).where(PlanState.plan_id == plan.id, PlanState.part == PlanPart.PARTICIPANT)
        )
    )
    return [state for state in known if state in named]


def _regions(seen: Sequence[str]) -> tuple[str, ...]:
    """The regions and subregions that these States lie in."""
    known = catalogue.states()
    lying = {code for state in seen for code in (known[state].region_code, known[state].subregion_code)}
    return tuple(code for code in catalogue.regions() if code in lying)


def _columns(seen: Sequence[str], region: str) -> tuple[Column, ...]:
    """The States, or the regions that they lie in, or the subregions of the region asked for."""
    known, regions = catalogue.states(), catalogue.regions()
    within = [one for one in seen if region in ("", known[one].region_code, known[one].subregion_code)]
    if len(within) <= MOST_STATES or (region and regions[region].parent_code):
        return tuple(Column(one, known[one].name, (one,), True) for one in within)
    lying: dict[str, list[str]] = {}
    for state in within:
        lying.setdefault(known[state].subregion_code if region else known[state].region_code, []).append(state)
    return tuple(Column(code, regions[code].name, tuple(lying[code]), False) for code in regions if code in lying)


def _row(row: Any, standing: Standing, columns: Sequence[Column]) -> Row:
    cells = tuple(_cell(standing, column) for column in columns)
    stated = None if standing.is_hidden else standing.stated
    return Row(row.reference, row.pillar, row.text, standing.status, stated, cells)


NOTHING = Cell(Tally())


def _cell(standing: Standing, column: Column) -> Cell:
    own = [standing.states[state] for state in column.states if state in standing.states]
    if not own:
        return NOTHING
    if column.is_state:
        return Cell(own[0], int(own[0].is_done(standing.signed_only)), int(own[0].rests_on_nothing))
    bare = sum(one.rests_on_nothing for one in own)
    return Cell(measures.sum_of(own), sum(one.is_done(standing.signed_only) for one in own), bare)


# The same as a file


def header(found: Board) -> list[str]:
    """The columns of the file: of a State its word, of a region how many States are done; then the follow-ups, and how
    many words rest on nothing."""
    parts = ["open", "done", *(["not_signed"] if found.tells_unsigned else []), "rests_on_nothing"]
    return ["measure", "pillar", "text", "status", "stated_status"] + [
        f"{column.code}_{part}"
        for column in found.columns
        for part in ("status" if column.is_state else "states_done", *parts)
    ]


def lines(found: Board) -> Iterator[list[Any]]:
    """The rows of the file, as they stand on the page."""
    for row in found.rows:
        told: list[Any] = [row.reference, row.pillar, row.text, row.status, row.stated]
        for column, cell in zip(found.columns, row.cells, strict=True):
            told.append(cell.tally.cell if column.is_state else cell.states_done)
            told += [cell.tally.open, cell.tally.followups_done(found.signed_only)]
            told += [cell.tally.unsigned] if found.tells_unsigned else []
            told.append(cell.resting_on_nothing)
        yield told
