"""The life of a visit's matrix, which is sealed as a whole, and what it must hold before it is submitted."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracker.errors import Missing
from tracker.models import Category, Matrix, MatrixStatus
from tracker.policy import Permission
from tracker.workflow.moves import Move

DRAFTS = frozenset({MatrixStatus.DRAFT, MatrixStatus.RETURNED})

MATRIX_MOVES = (
    Move(
        "submit",
        "submitted",
        _l("Submit for sign-off"),
        DRAFTS,
        MatrixStatus.SUBMITTED,
        Permission.SUBMIT,
        needs=_l("an assessment of each area in the visit's scope"),
        category=Category.SIGN_OFF,
    ),
    Move(
        "recall",
        "recalled",
        _l("Recall"),
        frozenset({MatrixStatus.SUBMITTED}),
        None,
        Permission.RECALL,
        needs=_l("only the person who submitted it"),
        category=Category.SIGN_OFF,
    ),
    Move(
        "return",
        "returned",
        _l("Return"),
        frozenset({MatrixStatus.SUBMITTED}),
        None,
        Permission.RETURN,
        owes_reason=True,
        category=Category.SIGN_OFF,
    ),
    Move(
        "sign_off",
        "signed_off",
        _l("Sign off"),
        frozenset({MatrixStatus.SUBMITTED}),
        None,
        Permission.SIGN_OFF,
        needs=_l("a factor again (password or one-time code); nobody who drafted, submitted or changed it"),
        category=Category.SIGN_OFF,
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
