"""The life of a visit's matrix, which is sealed as a whole, and what it must hold before it is submitted."""

from __future__ import annotations

from tracker.errors import Missing
from tracker.models import Category, Matrix, MatrixStatus
from tracker.policy import Permission
from tracker.texts import gettext as _
from tracker.texts import lazy_gettext as _l
from tracker.workflow.moves import Move, review_moves

DRAFTS = frozenset({MatrixStatus.DRAFT, MatrixStatus.RETURNED})

MATRIX_MOVES = (
    *review_moves(
        DRAFTS,
        MatrixStatus.SUBMITTED,
        _l("an assessment of each area in the visit's scope"),
    ),
    Move(
        "reopen",
        "reopened",
        _l("Change an assessment"),
        frozenset({MatrixStatus.SIGNED_OFF}),
        MatrixStatus.DRAFT,
        Permission.ASSESSMENT_EDIT,
        needs=_l("happens by itself when an assessment is changed; the seal stays in the history"),
        category=Category.SIGN_OFF,
    ),
)


def missing(matrix: Matrix) -> list[Missing]:
    """The areas in the visit's scope that are not assessed; something must be assessed at all."""
    place = f"/visits/{matrix.visit.reference}/matrix"
    assessed = {row.area_code for row in matrix.assessments}
    open_areas = [link.area_code for link in matrix.visit.areas if link.area_code not in assessed]
    wanted = [
        Missing(_("Assess %(area)s, which is in the visit's scope", area=code), f"{place}#{code}")
        for code in open_areas
    ]
    if not assessed and not wanted:
        wanted.append(Missing(_("Assess at least one area"), place))
    return wanted
