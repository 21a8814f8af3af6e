"""Rating a visit's areas, one by one, in the matrix that is sealed as a whole."""

from __future__ import annotations

import sqlalchemy as sa

from tracker import clock, policy
from tracker.errors import Invalid, Stale
from tracker.extensions import db
from tracker.models import Account, Assessment, Matrix, MatrixStatus, Visit
from tracker.policy import Permission
from tracker.reports import assessments, catalogue
from tracker.services import records, signoff
from tracker.texts import gettext as _


def matrix_of(visit: Visit, *, by: Account) -> Matrix:
    """The visit's matrix; made when the visit has none (→ draft)."""
    known = assessments.matrix_for(visit)
    if known is not None:
        return known
    _guard(visit, by)
    matrix = _locked_matrix(visit, by)
    records.save(matrix, "matrix.created", by=by)
    return matrix


def assess(
    visit: Visit,
    area_code: str,
    *,
    by: Account,
    rating: str,
    explanation: str = "",
    version: int | None = None,
) -> Assessment:
    """Rate an area under its current edition, or change its rating. A signed_off matrix becomes a draft again.

    ``version`` is that of the assessment on the screen, 0 where there was none; None asks nothing (R20).
    """
    _guard(visit, by)
    edition = catalogue.assessable(area_code).edition
    matrix = _locked_matrix(visit, by)
    row = assessments.assessment_for(visit, area_code)
    _require_version(row, version)
    _check_rating(rating, row)
    given = (edition, rating, explanation)
    if row is not None and given == (row.area_edition, row.rating, row.explanation):
        return row
    if row is None:
        row = Assessment(visit_id=visit.id, state_id=visit.state_id, area_code=area_code)
        matrix.assessments.append(row)
    row.area_edition, row.rating, row.explanation = given
    row.updated_by_id, row.updated_at = by.id, clock.now()
    records.save(matrix, "matrix.assessed", by=by, details={"area": area_code})
    return row


def _guard(visit: Visit, by: Account) -> None:
    """Who may, then whether: a matrix before the reviewers is locked, a high-level visit assesses nothing."""
    matrix = assessments.matrix_for(visit)
    policy.require(by, Permission.ASSESSMENT_EDIT, matrix or visit)
    if not visit.is_assessment:
        raise Invalid(_("A high-level visit is political: it assesses nothing."))


def _locked_matrix(visit: Visit, by: Account) -> Matrix:
    """The visit's matrix as it is now, or a new one; others wait until this transaction ends."""
    db.session.execute(sa.select(Visit.id).where(Visit.id == visit.id).with_for_update())
    matrix = assessments.matrix_for(visit)
    if matrix is not None:
        signoff.lock(matrix)
        policy.require(by, Permission.ASSESSMENT_EDIT, matrix)
        return matrix
    matrix = Matrix(
        visit_id=visit.id,
        state_id=visit.state_id,
        visit=visit,
        workflow=MatrixStatus.DRAFT,
        drafted_by_id=by.id,
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    db.session.add(matrix)
    db.session.flush()
    return matrix


def _check_rating(rating: str, row: Assessment | None) -> None:
    """A retired level stays where it was given, and is given no more."""
    level = catalogue.ratings().get(rating)
    if level is None or not (level.is_active or (row is not None and row.rating == rating)):
        raise Invalid(_("Choose a rating of the scale."), "rating")


def _require_version(row: Assessment | None, version: int | None) -> None:
    if version is not None and version != (row.version if row else 0):
        raise Stale(
            _(
                "Someone assessed this area after you opened the page. Nothing that you typed is lost: "
                "compare both texts below, then save again."
            )
        )
