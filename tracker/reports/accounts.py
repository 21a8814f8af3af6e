"""The people of the tracker as an administrator sees them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from tracker import policy
from tracker.extensions import db
from tracker.models import Account, Grant, Role
from tracker.reports.filters import BadValue, Condition, as_condition, each, flag
from tracker.reports.listing import Listing, Sort
from tracker.texts import gettext as _


def _called(value: str) -> Condition:
    """A part of the name or of the e-mail address."""
    return sa.or_(Account.name.icontains(value, autoescape=True), Account.email.icontains(value, autoescape=True))


def _holding(value: str) -> Condition:
    """Whoever holds the role today, wherever."""
    if value not in set(Role):
        raise BadValue(_("“%(value)s” is not one of: %(known)s", value=value[:60], known=", ".join(Role)))
    return as_condition(Account.grants.any(sa.and_(Grant.role == Role(value), policy.holding())))


PEOPLE = Listing(
    base=sa.select(Account.id),
    id_column=Account.id,
    filters={"q": each(_called), "role": each(_holding), "active": flag(lambda: Account.active.is_(True))},
    sorts={"name": Sort(sa.func.lower(Account.name, type_=sa.String)), "email": Sort(Account.email)},
    default_sort="name",
    is_one_table=True,
)


def people(ids: Sequence[int]) -> list[Account]:
    """The accounts with their grants, in this order."""
    grants = selectinload(Account.grants).options(joinedload(Grant.states))
    found = {one.id: one for one in db.session.scalars(sa.select(Account).where(Account.id.in_(ids)).options(grants))}
    return [found[one] for one in ids]
