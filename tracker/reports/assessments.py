"""What the tracker can tell of assessments: a visit's matrix on one screen, with the visit before beside it."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from tracker.extensions import db
from tracker.models import Assessment, Matrix, Visit, VisitArea
from tracker.reports import catalogue
from tracker.reports.catalogue import AreaEntry

NOT_ASSESSED = "not_assessed"
"""The rating level of an area that was looked at and not rated: it stands beside the scale."""


@dataclass(frozen=True)
class PreviousRating:
    """What the latest earlier visit of the State gave an area."""

    area_code: str
    rating: str
    explanation: str
    visit_reference: str


@dataclass(frozen=True)
class MatrixRow:
    """One area of the matrix: in the visit's scope, or assessed, or both."""

    area: AreaEntry
    is_in_scope: bool
    assessment: Assessment | None
    previous: PreviousRating | None


@dataclass(frozen=True)
class MatrixSheet:
    """A visit's matrix: its areas under their top areas, in the catalogue's order."""

    matrix: Matrix | None
    groups: list[tuple[AreaEntry, list[MatrixRow]]]

    @property
    def rows(self) -> list[MatrixRow]:
        return [row for _top, rows in self.groups for row in rows]

    @property
    def assessed(self) -> int:
        """How many of its areas are assessed."""
        return sum(row.assessment is not None for row in self.rows)

    @property
    def total(self) -> int:
        return len(self.rows)

    def next_after(self, code: str) -> str | None:
        """The next area after ``code`` that is not assessed, from the top again at the end; None when all are."""
        codes = [row.area.code for row in self.rows]
        at = codes.index(code) + 1 if code in codes else 0
        ordered = self.rows[at:] + self.rows[:at]
        return next((row.area.code for row in ordered if row.assessment is None), None)


def matrix_for(visit: Visit) -> Matrix | None:
    """The visit's matrix, once something is assessed."""
    return db.session.scalar(sa.select(Matrix).where(Matrix.visit_id == visit.id))


def assessment_for(visit: Visit, area_code: str) -> Assessment | None:
    """The visit's assessment of the area, as it is in the database now."""
    return db.session.scalar(
        sa.select(Assessment)
        .where(Assessment.visit_id == visit.id, Assessment.area_code == area_code)
        .execution_options(populate_existing=True)
    )


def previous_ratings(visit: Visit) -> dict[str, PreviousRating]:
    """By area, what the latest earlier visit of the State gave it, by the day the visits are sorted by.

    An area that a visit took up and did not rate does not hide the rating of the visit before.
    """
    rank = (
        sa.func.row_number()
        .over(partition_by=Assessment.area_code, order_by=(Visit.sort_day.desc(), Visit.id.desc()))
        .label("rank")
    )
    earlier = sa.tuple_(Visit.sort_day, Visit.id) < sa.tuple_(
        sa.literal(visit.sort_day, sa.Date), sa.literal(visit.id, sa.Integer)
    )
    ranked = (
        sa.select(Assessment.area_code, Assessment.rating, Assessment.explanation, Visit.reference, rank)
        .join(Visit, Visit.id == Assessment.visit_id)
        .where(Assessment.state_id == visit.state_id, Assessment.rating != NOT_ASSESSED, earlier)
        .subquery()
    )
    rows = db.session.execute(sa.select(ranked).where(ranked.c.rank == 1))
    return {row.area_code: PreviousRating(row.area_code, row.rating, row.explanation, row.reference) for row in rows}


def sheet(visit: Visit) -> MatrixSheet:
    """The matrix of the visit: each area in scope and each assessed one, with the rating of the visit before."""
    matrix = matrix_for(visit)
    in_scope = set(db.session.scalars(sa.select(VisitArea.area_code).where(VisitArea.visit_id == visit.id)))
    given = {row.area_code: row for row in matrix.assessments} if matrix else {}
    previous = previous_ratings(visit)
    groups = []
    for top, under in catalogue.area_groups():
        rows = [
            MatrixRow(area, area.code in in_scope, given.get(area.code), previous.get(area.code))
            for area in under
            if area.code in in_scope or area.code in given
        ]
        if rows:
            groups.append((top, rows))
    return MatrixSheet(matrix, groups)
