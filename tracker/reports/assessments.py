"""What the tracker can tell of assessments: a visit's matrix on one screen, with the visit before beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlalchemy.orm.attributes import set_committed_value

from tracker import policy
from tracker.errors import NotFound
from tracker.extensions import db
from tracker.models import (
    Account,
    Area,
    AreaEdition,
    Assessment,
    Decision,
    Matrix,
    RatingLevel,
    Seal,
    State,
    StateName,
    Submission,
    Visit,
    VisitArea,
)
from tracker.reports.catalogue import AreaEntry
from tracker.texts import gettext as _

NOT_ASSESSED = "not_assessed"
"""The rating level of an area that was looked at and not rated: it stands beside the scale."""

NAME_AT_VISIT = sa.func.coalesce(
    sa.select(StateName.name)
    .where(
        StateName.state_id == Visit.state_id,
        StateName.language == "en",
        sa.or_(StateName.valid_from.is_(None), StateName.valid_from <= Visit.sort_day),
        sa.or_(StateName.valid_to.is_(None), StateName.valid_to > Visit.sort_day),
    )
    .limit(1)
    .correlate(Visit)
    .scalar_subquery(),
    sa.select(State.name).where(State.id == Visit.state_id).correlate(Visit).scalar_subquery(),
)
"""The name that the State bore at the visit, for statements that read visits."""


def last_return(noun: Any) -> sa.ScalarSelect[str]:
    """Why a record of this noun was last returned, for statements that read the noun."""
    return (
        sa.select(Submission.reason)
        .where(
            Submission.object_type == noun.__tablename__,
            Submission.object_id == noun.id,
            Submission.decision == Decision.RETURNED,
        )
        .order_by(Submission.id.desc())
        .limit(1)
        .correlate(noun)
        .scalar_subquery()
    )


@dataclass(frozen=True)
class PreviousRating:
    """What the latest earlier visit of the State gave an area; ``label`` is the rating in words."""

    area_code: str
    rating: str
    label: str
    explanation: str
    visit_reference: str


@dataclass(frozen=True)
class MatrixRow:
    """One area of the matrix: in the visit's scope, or assessed, or both; ``label`` is the rating in words."""

    area: AreaEntry
    is_in_scope: bool
    assessment: Assessment | None
    label: str | None
    previous: PreviousRating | None


@dataclass(frozen=True)
class MatrixSheet:
    """A visit's matrix: its areas under their top areas, in the catalogue's order; ``others`` lie beyond it."""

    groups: list[tuple[AreaEntry, list[MatrixRow]]]
    others: list[AreaEntry]

    @property
    def rows(self) -> list[MatrixRow]:
        return [row for _top, rows in self.groups for row in rows]

    @property
    def assessed(self) -> int:
        """How many of its areas are assessed."""
        return sum(row.assessment is not None for row in self.rows)

    @property
    def unrated(self) -> int:
        """How many of these say "not assessed" and no more."""
        return sum(row.assessment is not None and row.assessment.rating == NOT_ASSESSED for row in self.rows)

    @property
    def total(self) -> int:
        return len(self.rows)

    def next_after(self, code: str) -> str | None:
        """The next area after ``code`` that is not assessed, from the top again at the end; None when all are."""
        codes = [row.area.code for row in self.rows]
        at = codes.index(code) + 1 if code in codes else 0
        ordered = self.rows[at:] + self.rows[:at]
        return next((row.area.code for row in ordered if row.assessment is None), None)


@dataclass(frozen=True)
class Head:
    """A visit with its matrix, once something is assessed, the matrix's last seal and why it was last returned."""

    visit: Visit
    matrix: Matrix | None
    seal: Seal | None
    state_name: str
    returned_because: str | None


def head(account: Account, reference: str) -> Head:
    """The visible visit of this reference with its matrix, in one statement; NotFound when there is none (R9)."""
    row = db.session.execute(
        sa.select(Visit, Matrix, Seal, NAME_AT_VISIT, last_return(Matrix))
        .outerjoin(Matrix, Matrix.visit_id == Visit.id)
        .outerjoin(Seal, Seal.id == Matrix.seal_id)
        .where(Visit.reference == reference, policy.reach(account).condition(Visit.state_id))
    ).one_or_none()
    if row is None:
        raise NotFound(_("There is no such record, or it lies outside your scope."))
    return Head(*row)


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
    before = _previous(visit)
    rows = db.session.execute(sa.select(*_previous_columns(before)).where(before.c.rank == 1))
    return {row.area_code: PreviousRating(*row) for row in rows}


def sheet(visit: Visit, matrix: Matrix | None) -> MatrixSheet:
    """The areas of the visit's matrix, read in one statement: titles, scope, ratings now and at the visit before.

    What it reads also stands for ``visit.areas`` and ``matrix.assessments``, which are not asked for again.
    """
    found = db.session.execute(_grid(visit)).all()
    set_committed_value(visit, "areas", [row.VisitArea for row in found if row.VisitArea])
    if matrix is not None:
        set_committed_value(matrix, "assessments", [row.Assessment for row in found if row.Assessment])
    groups: list[tuple[AreaEntry, list[MatrixRow]]] = []
    others = []
    for row in found:
        area = AreaEntry(row.code, row.parent_code, row.edition, row.title, row.description)
        if not area.is_assessable:
            groups.append((area, []))
        elif row.VisitArea or row.Assessment:
            groups[-1][1].append(_matrix_row(area, row))
        else:
            others.append(area)
    return MatrixSheet([group for group in groups if group[1]], others)


def _matrix_row(area: AreaEntry, row: Any) -> MatrixRow:
    before = PreviousRating(area.code, *row[-4:]) if row.before_rating else None
    return MatrixRow(area, row.VisitArea is not None, row.Assessment, row.label, before)


def _grid(visit: Visit) -> sa.Select[Any]:
    top = aliased(Area)
    before = _previous(visit)
    return (
        sa.select(
            Area.code,
            Area.parent_code,
            AreaEdition.edition,
            AreaEdition.title,
            AreaEdition.description,
            VisitArea,
            Assessment,
            RatingLevel.label,
            before.c.rating.label("before_rating"),
            before.c.label,
            before.c.explanation,
            before.c.reference,
        )
        .join(AreaEdition, sa.and_(AreaEdition.area_code == Area.code, AreaEdition.edition == Area.current_edition))
        .join(top, top.code == sa.func.coalesce(Area.parent_code, Area.code))
        .outerjoin(VisitArea, sa.and_(VisitArea.area_code == Area.code, VisitArea.visit_id == visit.id))
        .outerjoin(Assessment, sa.and_(Assessment.area_code == Area.code, Assessment.visit_id == visit.id))
        .outerjoin(RatingLevel, RatingLevel.code == Assessment.rating)
        .outerjoin(before, sa.and_(before.c.area_code == Area.code, before.c.rank == 1))
        .order_by(top.position, top.code, Area.parent_code.is_not(None), Area.position, Area.code)
    )


def _previous(visit: Visit) -> sa.Subquery:
    """The ratings of earlier visits of the State, those of the latest with ``rank`` 1."""
    rank = sa.func.row_number().over(
        partition_by=Assessment.area_code, order_by=(Visit.sort_day.desc(), Visit.id.desc())
    )
    earlier = sa.tuple_(Visit.sort_day, Visit.id) < sa.tuple_(
        sa.literal(visit.sort_day, sa.Date), sa.literal(visit.id, sa.Integer)
    )
    return (
        sa.select(
            Assessment.area_code,
            Assessment.rating,
            RatingLevel.label,
            Assessment.explanation,
            Visit.reference,
            rank.label("rank"),
        )
        .join(Visit, Visit.id == Assessment.visit_id)
        .join(RatingLevel, RatingLevel.code == Assessment.rating)
        .where(Assessment.state_id == visit.state_id, Assessment.rating != NOT_ASSESSED, earlier)
        .subquery()
    )


def _previous_columns(before: sa.Subquery) -> list[Any]:
    return [before.c.area_code, before.c.rating, before.c.label, before.c.explanation, before.c.reference]
