"""What has been examined and followed up, by Member State and area: opened by subregion and top area, down to one State
and one area. Never a ranking: rows stand in the order of their names, columns in that of the areas.

A cell counts the States examined at least once on it, out of those in the reader's scope, with the last day; the
follow-ups that are open, and those of them that are overdue, by the two definitions that serve every count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from tracker.extensions import db
from tracker.models import (
    Assessment,
    Followup,
    FollowupMeasure,
    Measure,
    RatingLevel,
    Seal,
    Visit,
)
from tracker.policy import Reach
from tracker.reports import catalogue, kept, plans
from tracker.reports.filters import BadValue
from tracker.texts import gettext as _

EXAMINING = ("followup", "matrix", "visit")
SERVING = ("followup", "measure")
"""The records that each matrix rests on."""
PARENT = 3  # signs of a top area's code, with which the codes of its areas begin
HEADER = (
    "row",
    "row_title",
    "column",
    "column_title",
    "member_states",
    "examined",
    "last_examined",
    "rating_then",
    "visit",
    "open_followups",
    "overdue_followups",
    "last_seal",
)


@dataclass
class Cell:
    """One row and column. ``examined`` of ``states`` were examined; ``rating``, ``visit`` and ``sealed_at`` are told
    where the cell is of one State."""

    states: int
    examined: int = 0
    last: date | None = None
    rating: str | None = None
    visit: str | None = None
    open: int = 0
    late: int = 0
    sealed_at: datetime | None = None


@dataclass(frozen=True)
class Heading:
    """A row or a column: its code and title, the filter by which lists are narrowed to it, and where it opens."""

    code: str
    title: str
    filter: str
    opens: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Asked:
    """What an address asks, checked: a region or none, a top area or none, by area or by pillar."""

    region: str | None = None
    area: str | None = None
    by_pillar: bool = False
    problems: tuple[str, ...] = ()

    @property
    def args(self) -> dict[str, str]:
        given = {"region": self.region, "area": self.area, "by": "pillar" if self.by_pillar else None}
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True)
class Coverage:
    """The matrix that was asked for."""

    asked: Asked
    rows: Sequence[Heading]
    columns: Sequence[Heading]
    cells: Mapping[tuple[str, str], Cell] = field(repr=False)

    def flat(self) -> list[Sequence[Any]]:
        """Every cell as a row of the file, in the order of the screen."""
        return [_line(row, column, self.cells[row.code, column.code]) for row in self.rows for column in self.columns]


def read(args: Mapping[str, str]) -> Asked:
    """What the address asks; a value that makes no sense is left out and said."""
    problems: list[str] = []
    region, area = args.get("region", "").strip(), args.get("area", "").strip().upper()
    try:
        if region and region not in catalogue.regions():
            raise BadValue(_("“%(value)s” is no region that is known here", value=region[:60]))
    except BadValue as bad:
        problems.append(str(bad))
        region = ""
    known = catalogue.areas()
    if area and (area not in known or known[area].is_assessable):
        problems.append(_("“%(value)s” is no top area, such as FIN", value=area[:60]))
        area = ""
    by = args.get("by", "").strip()
    if by not in ("", "area", "pillar"):
        problems.append(_("“%(value)s” is not one of: %(known)s", value=by[:60], known="area, pillar"))
    return Asked(region or None, None if by == "pillar" else area or None, by == "pillar", tuple(problems))


def coverage(asked: Asked, reach: Reach, today: date) -> Coverage:
    """The matrix within the scope: a constant number of statements, whatever its size."""
    states = _states(asked, reach)
    rows = _rows(asked, states)
    columns = _pillars() if asked.by_pillar else _areas(asked)
    sizes = Counter(_row_of(asked, state) for state in states)
    cells = {(row.code, column.code): Cell(sizes[row.code]) for row in rows for column in columns}
    parts = _parts(asked, today)
    for state in states:
        _add(cells, _row_of(asked, state), parts.get(state.id, {}))
    if asked.region and not asked.by_pillar:
        _tell(cells, asked, [state.id for state in states])
    return Coverage(asked, rows, columns, cells)


# Rows and columns


def _states(asked: Asked, reach: Reach) -> list[catalogue.StateEntry]:
    return [
        one
        for one in catalogue.states().values()
        if reach.covers(one.id) and asked.region in (None, one.region_code, one.subregion_code)
    ]


def _row_of(asked: Asked, state: catalogue.StateEntry) -> str:
    return state.id if asked.region else state.subregion_code


def _rows(asked: Asked, states: Iterable[catalogue.StateEntry]) -> list[Heading]:
    if asked.region:
        return [Heading(one.id, one.name, "state") for one in states]
    present = {one.subregion_code for one in states}
    return [
        Heading(code, one.name, "region", asked.args | {"region": code})
        for code, one in catalogue.regions().items()
        if code in present
    ]


def _areas(asked: Asked) -> list[Heading]:
    known = catalogue.areas().values()
    if asked.area:
        return [Heading(one.code, one.title, "area") for one in known if one.parent_code == asked.area]
    return [
        Heading(one.code, one.title, "area", asked.args | {"area": one.code}) for one in known if not one.is_assessable
    ]


def _pillars() -> list[Heading]:
    return [Heading(pillar, str(title), "pillar") for pillar, title in plans.PILLARS.items()]


# What the database tells


@dataclass
class Part:
    """What is known of one State in one column."""

    open: int = 0
    late: int = 0
    last: date | None = None


Parts = Mapping[str, Mapping[str, Part]]
"""State → column → part."""


def _parts(asked: Asked, today: date) -> Parts:
    """Every State's parts, whoever reads: kept, and of the States on whose records something was written, read anew."""

    def renew(before: Parts, states: frozenset[str]) -> Parts:
        others = {state: part for state, part in before.items() if state not in states}
        return others | _read(asked, sorted(states), today)

    key = ("coverage", asked.by_pillar, asked.area, today)
    records = SERVING if asked.by_pillar else EXAMINING
    return kept.renewed(key, records, lambda: _read(asked, None, today), renew)


def _read(asked: Asked, ids: list[str] | None, today: date) -> dict[str, dict[str, Part]]:
    """The parts of these States, or of all."""
    found: dict[str, dict[str, Part]] = {}
    counted = _served(ids, today) if asked.by_pillar else _followed(asked, ids, today)
    for state, column, is_open, late in db.session.execute(counted):
        found.setdefault(state, {})[column] = Part(int(is_open), int(late))
    if not asked.by_pillar:
        for state, column, last in db.session.execute(_examined(asked, ids)):
            found.setdefault(state, {}).setdefault(column, Part()).last = last
    return found


def _add(cells: Mapping[tuple[str, str], Cell], row: str, parts: Mapping[str, Part]) -> None:
    for column, part in parts.items():
        cell = cells.get((row, column))
        if cell is not None:
            cell.open += part.open
            cell.late += part.late
            if part.last is not None:
                cell.examined += 1
                cell.last = part.last if cell.last is None else max(cell.last, part.last)


def _column(asked: Asked, area_code: Any) -> Any:
    return area_code if asked.area else sa.func.substr(area_code, 1, PARENT)


def _within(table: Any, asked: Asked, ids: list[str] | None) -> list[Any]:
    conditions = [] if ids is None else [table.state_id.in_(ids)]
    return conditions + ([table.area_code.startswith(f"{asked.area}-")] if asked.area else [])


def _followed(asked: Asked, ids: list[str] | None, today: date) -> sa.Select[Any]:
    """Open and overdue by State and area first, which an index holds in that order; then by column."""
    late = sa.case((Followup.overdue_on(today), 1), else_=0)
    by_area = (
        sa.select(
            Followup.state_id,
            Followup.area_code,
            sa.func.count().label("open"),
            sa.func.sum(late).label("late"),
        )
        .where(
            sa.type_coerce(Followup.is_open, sa.Boolean),
            Followup.area_code.is_not(None),
            *_within(Followup, asked, ids),
        )
        .group_by(Followup.state_id, Followup.area_code)
        .subquery()
    )
    return sa.select(
        by_area.c.state_id,
        _column(asked, by_area.c.area_code).label("column"),
        sa.func.sum(by_area.c.open),
        sa.func.sum(by_area.c.late),
    ).group_by(by_area.c.state_id, "column")


def _served(ids: list[str] | None, today: date) -> sa.Select[Any]:
    """Open and overdue follow-ups that serve a measure of each pillar; one that serves two pillars counts in both."""
    late = sa.case((Followup.overdue_on(today), 1), else_=0)
    served = (
        sa.select(FollowupMeasure.state_id, Measure.pillar, late.label("late"))
        .distinct()
        .add_columns(Followup.id)
        .join(Measure, Measure.id == FollowupMeasure.measure_id)
        .join(Followup, Followup.id == FollowupMeasure.followup_id)
        .where(
            sa.type_coerce(Followup.is_open, sa.Boolean),
            Measure.retired_on.is_(None),
            *([] if ids is None else [Followup.state_id.in_(ids)]),
        )
        .subquery()
    )
    return sa.select(served.c.state_id, served.c.pillar, sa.func.count(), sa.func.sum(served.c.late)).group_by(
        served.c.state_id, served.c.pillar
    )


def _examined(asked: Asked, ids: list[str] | None) -> sa.Select[Any]:
    """When each State was last rated on the scale."""
    on_scale = sa.select(RatingLevel.code).where(RatingLevel.on_scale)
    return (
        sa.select(
            Assessment.state_id,
            _column(asked, Assessment.area_code).label("column"),
            sa.func.max(Visit.sort_day, type_=sa.Date),
        )
        .join(Visit, Visit.id == Assessment.visit_id)
        .where(Assessment.rating.in_(on_scale), *_within(Assessment, asked, ids))
        .group_by(Assessment.state_id, "column")
    )


def _tell(cells: Mapping[tuple[str, str], Cell], asked: Asked, ids: list[str]) -> None:
    """Where rows are States: the newest seal and, of a single area, the rating at the last examination."""
    seals = (
        sa.select(
            Followup.state_id,
            _column(asked, Followup.area_code).label("column"),
            sa.func.max(Seal.signed_at, type_=Seal.signed_at.type),
        )
        .join(Seal, Seal.id == Followup.seal_id)
        .where(*_within(Followup, asked, ids))
        .group_by(Followup.state_id, "column")
    )
    for row, column, sealed_at in db.session.execute(seals):
        if (row, column) in cells:
            cells[row, column].sealed_at = sealed_at
    if not asked.area:
        return
    rated = (
        sa.select(Assessment.state_id, Assessment.area_code, RatingLevel.label, Visit.reference)
        .join(Visit, Visit.id == Assessment.visit_id)
        .join(RatingLevel, RatingLevel.code == Assessment.rating)
        .where(RatingLevel.on_scale, *_within(Assessment, asked, ids))
        .order_by(Visit.sort_day, Visit.id)
    )
    for row, column, rating, visit in db.session.execute(rated):
        if (row, column) in cells:  # the last one stays
            cells[row, column].rating, cells[row, column].visit = rating, visit


def _line(row: Heading, column: Heading, cell: Cell) -> Sequence[Any]:
    return (
        row.code,
        row.title,
        column.code,
        column.title,
        cell.states,
        cell.examined,
        cell.last,
        cell.rating,
        cell.visit,
        cell.open,
        cell.late,
        cell.sealed_at,
    )
