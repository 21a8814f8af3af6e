"""Which visits examined which areas: one definition for the matrix of coverage, the gaps, the lists and every file.

A visit examined an area when it was held, and the area was in its scope, or its matrix names the area, or it concluded
on it; it rated the area when its matrix says more than "not assessed". A high-level visit is political and examines
nothing; one that was not held, whatever was prepared for it, has examined nothing yet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tracker.models import Assessment, Conclusion, ConclusionStatus, Visit, VisitArea, VisitStage, VisitType
from tracker.partial_date import PartialDate
from tracker.reports import catalogue
from tracker.reports.assessments import NOT_ASSESSED
from tracker.reports.filters import Condition, as_condition, known_area
from tracker.workflow import visit

HELD = tuple(stage for stage in VisitStage if visit.has_begun(stage))
IS_HELD = sa.and_(Visit.stage.in_(HELD), Visit.type != VisitType.HIGH_LEVEL)
"""Of a visit: it took place, or takes place now, and is one that examines."""
IS_RATED = Assessment.rating != NOT_ASSESSED

# Where an area is said to have been examined: the table, and what makes a row of it count.
_SOURCES: tuple[tuple[Any, Condition], ...] = (
    (VisitArea, sa.true()),
    (Assessment, sa.true()),
    (Conclusion, Conclusion.workflow != ConclusionStatus.WITHDRAWN),
)

DAY = sa.func.coalesce(
    sa.type_coerce(Visit.end, sa.String), sa.type_coerce(Visit.start, sa.String), sa.cast(Visit.year, sa.String)
)
"""The last day of a visit, as precise as is known."""
_TEXT = sa.cast(Visit.sort_day, sa.String) + " " + Visit.reference + " " + DAY
"""A visit as a text that sorts by its day, so that the latest of many is the greatest."""


@dataclass(frozen=True, order=True, slots=True)
class Examination:
    """When an area was examined, and by which visit: ``sort_day`` gives the order, ``day`` is as precise as is known.
    ``rating`` is what the visit's matrix gave it; of several areas, of one of them."""

    sort_day: str
    visit: str
    day: PartialDate
    rating: str = ""


def newest(ids: Sequence[str] | None, prefix: str, column: Callable[[Any], Any]) -> sa.Select[Any]:
    """Of these States (None: all) and the areas that begin so, by State and column: the last examination, and the last
    that gave a rating, as texts that ``told`` reads; and on how many areas there was one."""
    rows = sa.union_all(*(_told(source, counts, ids, prefix) for source, counts in _SOURCES)).subquery()
    return sa.select(
        rows.c.state_id,
        column(rows.c.area_code).label("column"),
        sa.func.max(rows.c.told),
        sa.func.max(rows.c.rated),
        sa.func.count(sa.distinct(rows.c.area_code)),
    ).group_by(rows.c.state_id, "column")


def told(text: str | None) -> Examination | None:
    """The examination that a text of ``newest`` tells of."""
    if text is None:
        return None
    sort_day, reference, day, *rating = text.split(" ")
    return Examination(sort_day, reference, PartialDate.parse(day), *rating)


def _told(source: Any, counts: Condition, ids: Sequence[str] | None, prefix: str) -> sa.Select[Any]:
    """Each row of the table with its visit as a text."""
    rated = sa.case((IS_RATED, _TEXT + " " + Assessment.rating)) if source is Assessment else sa.null()
    within = [] if ids is None else [Visit.state_id.in_(ids)]
    return (
        sa.select(Visit.state_id, source.area_code, _TEXT.label("told"), sa.cast(rated, sa.String).label("rated"))
        .join(source, source.visit_id == Visit.id)
        .where(IS_HELD, counts, source.area_code.startswith(prefix, autoescape=True), *within)
    )


def by_visit(matches: Callable[[Any], Condition]) -> Condition:
    """The visit of a row has taken up such an area, whether it was held or not: for lists that read visits."""
    arms = (
        sa.exists().where(source.visit_id == Visit.id, matches(source.area_code), counts).correlate_except(source)
        for source, counts in _SOURCES
    )
    return sa.or_(*arms)


def taken_up(visits: sa.Select[Any], codes: Sequence[str]) -> sa.CompoundSelect[Any]:
    """Which of the areas each of these visits has taken up, each once."""
    return sa.union(
        *(
            sa.select(source.visit_id, source.area_code).where(
                source.visit_id.in_(visits), source.area_code.in_(codes), counts
            )
            for source, counts in _SOURCES
        )
    )


def of_state(state_id: Any, area_code: Any, *conditions: Condition) -> Condition:
    """A visit of a row's State has examined its area: for lists that read States and areas."""
    arms = (
        sa.exists()
        .where(source.state_id == state_id, source.area_code == area_code, source.visit_id == Visit.id)
        .where(Visit.state_id == state_id)  # the same once more: what is read first is for the database to choose
        .where(IS_HELD, counts, *conditions)
        .correlate_except(source, Visit)
        for source, counts in _SOURCES
    )
    return sa.or_(*arms)


def latest(state_id: Any, area_code: Any) -> sa.ScalarSelect[str]:
    """The last examination of a row's State and area, as a text that ``told`` reads: for files."""
    taken_up = by_visit(lambda code: as_condition(code == area_code))
    newest = sa.select(sa.func.max(_TEXT)).where(Visit.state_id == state_id, IS_HELD, taken_up)
    return newest.correlate_except(Visit).scalar_subquery()


def states(state_id: Any, code: str, *, is_rated: bool = False) -> Condition:
    """States that were examined on the area, or on any area under it; or rated there. Raises BadValue for the filter of
    a list."""
    known, wanted = catalogue.areas(), known_area(code)
    codes = [area.code for area in known.values() if wanted in (area.code, area.parent_code)]
    sources = [(Assessment, IS_RATED)] if is_rated else _SOURCES
    arms = (
        sa.select(Visit.state_id)
        .join(source, source.visit_id == Visit.id)
        .where(source.area_code.in_(codes), IS_HELD, counts)
        for source, counts in sources
    )
    return as_condition(state_id.in_(sa.union(*arms)))
