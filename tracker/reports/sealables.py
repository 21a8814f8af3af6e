"""Find a sealable record by the name that addresses and the queue give it: object type and reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from tracker import policy
from tracker.errors import NotFound
from tracker.models import Account, Conclusion, Followup, Matrix, Visit
from tracker.texts import gettext as _

NOUNS: dict[str, Any] = {"followup": Followup, "conclusion": Conclusion}
MATRIX_SUFFIX = "-M"
PAGES = {
    "followup": "/follow-ups/",
    "conclusion": "/conclusions/",
    "visit": "/visits/",
    "plan": "/plans/",
    "measure": "/measures/",
    "meeting": "/meetings/",
}


def load(account: Account, object_type: str, reference: str) -> Any:
    """The visible record; NotFound when there is none or it is out of scope (R9)."""
    if object_type == "matrix" and reference.endswith(MATRIX_SUFFIX):
        visit = policy.load(account, Visit, reference=reference.removesuffix(MATRIX_SUFFIX))
        return policy.load(account, Matrix, visit_id=visit.id)
    if object_type in NOUNS:
        return policy.load(account, NOUNS[object_type], reference=reference)
    raise NotFound(_("There is no such record, or it lies outside your scope."))


def id_of(object_type: str) -> sa.Select[Any]:
    """The id of the record whose reference is the parameter ``reference``, as ``load`` reads it: of a matrix that of
    its visit."""
    reference = sa.bindparam("reference", type_=sa.String)
    if object_type == "matrix":
        return sa.select(Matrix.id).join(Visit, Visit.id == Matrix.visit_id).where(Visit.reference == reference)
    return sa.select(NOUNS[object_type].id).where(NOUNS[object_type].reference == reference)


IDENTITY = ("reference", "object_type", "iso3", "member_state", "text")
"""What a file of records of several kinds begins with."""


def identity(row: Any, states: Mapping[str, Any]) -> tuple[Any, ...]:
    """The cells under ``IDENTITY``; ``states`` are read before the rows, because those outlive the request."""
    return row.reference, row.object_type, row.state_id, states[row.state_id].name, row.title


def address(object_type: str, reference: str) -> str:
    """The page of a record, by its published address."""
    if object_type == "matrix":
        return f"/visits/{reference.removesuffix(MATRIX_SUFFIX)}/matrix"
    return PAGES[object_type] + reference
