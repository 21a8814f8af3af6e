"""What has been examined and followed up, by Member State and area: opened by subregion and top area, down to one State
and one area; and what is followed up by Member State and pillar. Never a ranking: rows stand in the order of their
names, columns in that of the areas.

A cell counts the States examined on it at least once, out of those in the reader's scope, and those rated; the
follow-ups that are open, and those of them that are overdue, by the two definitions that serve every count.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel.speaklater import LazyString

from tracker.database import as_asked
from tracker.extensions import db
from tracker.models import Assessment, Conclusion, Followup, FollowupMeasure, Matrix, Measure, Seal
from tracker.policy import Reach
from tracker.reports import catalogue, examinations, kept, plans
from tracker.reports.examinations import Examination
from tracker.texts import gettext as _
from tracker.texts import lazy_gettext as _l

EXAMINING = ("conclusion", "followup", "matrix", "visit")
SERVING = ("followup", "measure")
"""The records that each matrix rests on."""
AREA, PILLAR = BY = ("area", "pillar")
PARENT = 3  # signs of a top area's code, with which the codes of its areas begin
SEVERAL = "several"
COLUMNS: dict[str, LazyString] = {
    "row": _l("Code of the subregion, or of the Member State"),
    "row_title": _l("Its name"),
    "column": _l("Code of the area, or the pillar"),
    "column_title": _l("Its title"),
    "member_states": _l("Member States in the row, of those in scope"),
    "examined": _l("States of the row, observers too, that were examined in the column; empty by pillar"),
    "last_examined": _l("When one of them was examined last, as precisely as is known"),
    "visit": _l("The visit that did so"),
    "rating_then": _l(
        "The rating that it gave, where the cell is of one examination; several: it is of more than one, see"
        " examinations; empty: that visit did not rate, or nothing was examined"
    ),
    "rated": _l("States of the row, observers too, that were rated in the column; empty by pillar"),
    "last_rated": _l("When one of them was rated last"),
    "open_followups": _l("Open follow-ups"),
    "overdue_followups": _l("Those of them that are overdue"),
    "last_seal": _l("When a record of the cell was signed last, where the row is a State"),
    "observers": _l("States in the row that are observers, of those in scope"),
    "examinations": _l(
        "How many last examinations the cell is of: one for each State and area examined; empty by pillar"
    ),
}
"""The header, once and literally, the same for every question: columns are added at the end or not at all."""
HEADER = tuple(COLUMNS)


@dataclass
class Cell:
    """One row and column. ``examined`` of ``states`` were examined, and ``rated`` of these were rated, each at least
    once; ``last`` and ``last_rated`` are the latest of them. ``examinations`` counts the last examination of each State
    and area; where it is one, ``label`` is the latest rating in words. ``sealed_at`` is the newest seal where the cell
    is of one State."""

    states: int
    examined: int = 0
    last: Examination | None = None
    rated: int = 0
    last_rated: Examination | None = None
    examinations: int = 0
    label: str | None = None
    open: int = 0
    late: int = 0
    sealed_at: datetime | None = None

    @property
    def was_rated_then(self) -> bool:
        """Whether the visit that examined last has rated, too."""
        return self.last is not None and self.last_rated is not None and self.last.visit == self.last_rated.visit

    @property
    def rating_then(self) -> str | None:
        """The rating that the last examination gave; ``several`` where the cell is of more than one."""
        if self.examinations > 1:
            return SEVERAL
        return self.label if self.was_rated_then else None


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
    def is_of_states(self) -> bool:
        """Whether each row is a State."""
        return self.region is not None

    @property
    def args(self) -> dict[str, str]:
        given = {"region": self.region, "area": self.area, "by": PILLAR if self.by_pillar else None}
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True)
class Coverage:
    """The matrix that was asked for."""

    asked: Asked
    rows: Sequence[Heading]
    columns: Sequence[Heading]
    cells: Mapping[tuple[str, str], Cell] = field(repr=False)
    states: Mapping[str, Sequence[catalogue.StateEntry]] = field(repr=False)
    """The States of the scope that lie in each row, observers too."""

    def members(self, row: str) -> int:
        """How many Member States lie in the row."""
        return sum(one.is_member for one in self.states[row])

    def observers(self, row: str) -> list[str]:
        """The names of those in the row that are not Member States."""
        return [one.name for one in self.states[row] if not one.is_member]

    def flat(self) -> list[Sequence[Any]]:
        """Every cell as a row of the file, in the order of the screen."""
        return [self._line(row, column) for row in self.rows for column in self.columns]

    def _line(self, row: Heading, column: Heading) -> Sequence[Any]:
        cell, by_area = self.cells[row.code, column.code], not self.asked.by_pillar
        last, rated = cell.last, cell.last_rated
        return (
            row.code,
            row.title,
            column.code,
            column.title,
            self.members(row.code),
            cell.examined if by_area else None,
            last and last.day,
            last and last.visit,
            cell.rating_then,
            cell.rated if by_area else None,
            rated and rated.day,
            cell.open,
            cell.late,
            cell.sealed_at,
            len(self.observers(row.code)),
            cell.examinations if by_area else None,
        )


def read(args: Mapping[str, str]) -> Asked:
    """What the address asks; a value that makes no sense is left out and said."""
    problems: list[str] = []

    def one_of(name: str, known: Collection[str], fault: Callable[[str], str]) -> str | None:
        value = args.get(name, "").strip()
        found = next((one for one in known if one.upper() == value.upper()), None)
        if value and found is None:
            problems.append(fault(value[:60]))
        return found

    tops = [code for code, area in catalogue.areas().items() if not area.is_assessable]
    region = one_of(
        "region", catalogue.regions(), lambda value: _("“%(value)s” is no region that is known here", value=value)
    )
    area = one_of("area", tops, lambda value: _("“%(value)s” is no top area, such as FIN", value=value))
    by = one_of("by", BY, lambda value: _("“%(value)s” is not one of: %(known)s", value=value, known=", ".join(BY)))
    return Asked(region, area, by == PILLAR, tuple(problems))


def coverage(asked: Asked, reach: Reach, today: date) -> Coverage:
    """The matrix within the scope: a constant number of statements, whatever its size."""
    states = _states(asked, reach)
    rows = _rows(asked, states)
    columns = _pillars() if asked.by_pillar else _areas(asked)
    by_row: dict[str, list[catalogue.StateEntry]] = {row.code: [] for row in rows}
    for state in states:
        by_row[_row_of(asked, state)].append(state)
    cells = {(row.code, column.code): Cell(len(by_row[row.code])) for row in rows for column in columns}
    parts = _parts(asked, [state.id for state in states], today)
    for state in states:
        _add(cells, _row_of(asked, state), parts.get(state.id, {}))
    _say_ratings(cells.values())
    return Coverage(asked, rows, columns, cells, by_row)


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


@dataclass(slots=True)
class Part:
    """What is known of one State in one column."""

    open: int = 0
    late: int = 0
    last: Examination | None = None
    rated: Examination | None = None
    examinations: int = 0
    sealed_at: datetime | None = None


Parts = Mapping[str, Mapping[str, Part]]
"""State → column → part."""


def _parts(asked: Asked, ids: list[str], today: date) -> Parts:
    """The parts of these States: kept, and read anew where something was written on a State's records."""
    key = ("coverage", asked.by_pillar, asked.area, asked.is_of_states, today)
    records = SERVING if asked.by_pillar else EXAMINING
    return kept.parts(key, records, ids, lambda states: _read(asked, states, today))


def _read(asked: Asked, ids: list[str], today: date) -> dict[str, dict[str, Part]]:
    """The parts of these States; the newest seals only where rows are States, because most seals are old."""
    found: dict[str, dict[str, Part]] = {}

    def part(state: str, column: str) -> Part:
        return found.setdefault(state, {}).setdefault(column, Part())

    for state, column, is_open, late in db.session.execute(
        (_served if asked.by_pillar else _followed)(asked, ids, today)
    ):
        part(state, column).open, part(state, column).late = int(is_open), int(late)
    if not asked.by_pillar:
        for state, column, last, rated, areas in db.session.execute(as_asked(_examined(asked, ids))):
            part(state, column).last, part(state, column).rated = examinations.told(last), examinations.told(rated)
            part(state, column).examinations = areas
    if asked.is_of_states:
        for state, column, sealed_at in db.session.execute(_sealed(asked, ids)):
            part(state, column).sealed_at = sealed_at
    return found


def _add(cells: Mapping[tuple[str, str], Cell], row: str, parts: Mapping[str, Part]) -> None:
    for column, part in parts.items():
        cell = cells.get((row, column))
        if cell is None:  # an area that was retired
            continue
        cell.open += part.open
        cell.late += part.late
        cell.sealed_at = part.sealed_at
        if part.last is not None:
            cell.examined += 1
            cell.examinations += part.examinations
            cell.last = max(cell.last or part.last, part.last)
        if part.rated is not None:
            cell.rated += 1
            cell.last_rated = max(cell.last_rated or part.rated, part.rated)


def _say_ratings(cells: Iterable[Cell]) -> None:
    """Of one State and one area: the latest rating, in the words that the scale has today."""
    alone = [(cell, rated) for cell in cells if cell.examinations == 1 and (rated := cell.last_rated)]
    labels = catalogue.rating_labels() if alone else {}
    for cell, rated in alone:
        cell.label = labels[rated.rating]


def _column(asked: Asked, area_code: Any) -> Any:
    return area_code if asked.area else sa.func.substr(area_code, 1, PARENT)


def _within(table: Any, asked: Asked, ids: list[str]) -> list[Any]:
    return [table.state_id.in_(ids)] + ([table.area_code.startswith(f"{asked.area}-")] if asked.area else [])


def _followed(asked: Asked, ids: list[str], today: date) -> sa.Select[Any]:
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


def _serving(asked: Asked, ids: list[str], *columns: Any) -> sa.Select[Any]:
    """State, pillar and more of each follow-up and each measure of the pillar that it serves, not retired."""
    return (
        sa.select(FollowupMeasure.state_id, Measure.pillar.label("column"), *columns)
        .join(Measure, Measure.id == FollowupMeasure.measure_id)
        .join(Followup, Followup.id == FollowupMeasure.followup_id)
        .where(Measure.retired_on.is_(None), *_within(Followup, asked, ids))
    )


def _served(asked: Asked, ids: list[str], today: date) -> sa.Select[Any]:
    """Open and overdue follow-ups that serve a measure of each pillar; one that serves two pillars counts in both."""
    late = sa.case((Followup.overdue_on(today), 1), else_=0)
    is_open = sa.type_coerce(Followup.is_open, sa.Boolean)
    served = _serving(asked, ids, Followup.id, late.label("late")).where(is_open).distinct().subquery()
    return sa.select(served.c.state_id, served.c.column, sa.func.count(), sa.func.sum(served.c.late)).group_by(
        served.c.state_id, served.c.column
    )


def _examined(asked: Asked, ids: list[str]) -> sa.Select[Any]:
    prefix = f"{asked.area}-" if asked.area else ""
    return examinations.newest(ids, prefix, lambda code: _column(asked, code))


def _sealed(asked: Asked, ids: list[str]) -> sa.Select[Any]:
    """The newest seal of each State in each column: of its follow-ups, and by area of conclusions and matrices too."""
    seals = sa.union_all(*(_sealed_by_pillar if asked.by_pillar else _sealed_by_area)(asked, ids)).subquery()
    newest = sa.func.max(seals.c.signed_at, type_=Seal.signed_at.type)
    return sa.select(seals.c.state_id, seals.c.column, newest).group_by(seals.c.state_id, seals.c.column)


def _sealed_by_pillar(asked: Asked, ids: list[str]) -> list[sa.Select[Any]]:
    return [_serving(asked, ids, Seal.signed_at).join(Seal, Seal.id == Followup.seal_id)]


def _sealed_by_area(asked: Asked, ids: list[str]) -> list[sa.Select[Any]]:
    def signed(table: Any, source: Any, holder: Any) -> sa.Select[Any]:
        return (
            sa.select(table.state_id, _column(asked, table.area_code).label("column"), Seal.signed_at)
            .select_from(source)
            .join(Seal, Seal.id == holder.seal_id)
            .where(*_within(table, asked, ids))
        )

    return [
        signed(Followup, Followup, Followup),
        signed(Conclusion, Conclusion, Conclusion),
        signed(Assessment, sa.join(Assessment, Matrix, Matrix.id == Assessment.matrix_id), Matrix),
    ]
