"""The people of the tracker as an administrator sees them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from tracker import policy
from tracker.extensions import db
from tracker.models import Account, Grant, Role
from tracker.reports.filters import Condition, as_condition, each, flag, members
from tracker.reports.listing import Listing, Sort


def _called(value: str) -> Condition:
    """A part of the name or of the e-mail address."""
    return sa.or_(Account.name.icontains(value, autoescape=True), Account.email.icontains(value, autoescape=True))


def _holding(values: list[str]) -> Condition:
    """Whoever holds one of the roles today, wherever."""
    return as_condition(Account.grants.any(sa.and_(members(Grant.role, Role)(values), policy.holding())))


PEOPLE = Listing(
    base=sa.select(Account.id),
    id_column=Account.id,
    filters={"q": each(_called), "role": _holding, "active": flag(lambda: Account.active.is_(True))},
    sorts={"name": Sort(sa.func.lower(Account.name, type_=sa.String)), "email": Sort(Account.email)},
    default_sort="name",
    is_one_table=True,
)


def people(ids: Sequence[int]) -> list[Account]:
    """The accounts with their grants, in this order."""
    grants = selectinload(Account.grants).options(joinedload(Grant.states))
    found = {one.id: one for one in db.session.scalars(sa.select(Account).where(Account.id.in_(ids)).options(grants))}
    return [found[one] for one in ids]
