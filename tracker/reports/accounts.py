"""The people of the tracker as an administrator sees them: a list by keyset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from tracker import policy
from tracker.extensions import db
from tracker.models import Account, Grant, Role

SIZE = 50
MOST_COUNTED = 1000
ORDERS = ("name", "email")


@dataclass(frozen=True)
class Question:
    """What the list is asked: words in name or address, a role that is held, the state, the order, from where."""

    q: str = ""
    role: Role | None = None
    active: bool | None = None
    sort: str = "name"
    after: str = ""
    after_id: int = 0

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Question:
        """The question in an address; a value that cannot be meant is left out."""
        role, sort, after_id = given.get("role", ""), given.get("sort", ""), given.get("after-id", "")
        return cls(
            q=given.get("q", "").strip()[:200],
            role=Role(role) if role in set(Role) else None,
            active={"yes": True, "no": False}.get(given.get("active", "")),
            sort=sort if sort in ORDERS else "name",
            after=given.get("after", "")[:300],
            after_id=int(after_id) if after_id.isascii() and after_id.isdigit() and len(after_id) < 10 else 0,
        )


@dataclass(frozen=True)
class Page:
    """One page of people, with the key that the next one starts after."""

    people: list[Account]
    count: int
    after: str | None
    after_id: int | None


def people(question: Question) -> Page:
    """The accounts that answer the question."""
    column: sa.ColumnElement[str] = Account.email if question.sort == "email" else sa.func.lower(Account.name)  # type: ignore[assignment]  # an attribute is a column element
    matching = _matching(question)
    count = db.session.scalar(
        sa.select(sa.func.count()).select_from(
            matching.with_only_columns(Account.id).limit(MOST_COUNTED + 1).subquery()
        )
    )
    rows = matching.add_columns(column.label("key")).order_by(column, Account.id).limit(SIZE + 1)
    if question.after_id:
        rows = rows.where(sa.tuple_(column, Account.id) > sa.tuple_(question.after, question.after_id))
    grants = selectinload(Account.grants).options(joinedload(Grant.states))
    found = db.session.execute(rows.options(grants)).all()
    last = found[SIZE - 1] if len(found) > SIZE else None
    return Page(
        [row.Account for row in found[:SIZE]],
        count or 0,
        last.key if last else None,
        last.Account.id if last else None,
    )


def _matching(question: Question) -> sa.Select[Account]:
    found = sa.select(Account)
    if question.q:
        pattern = f"%{_plain(question.q.lower())}%"
        found = found.where(
            sa.or_(
                sa.func.lower(Account.name).like(pattern, escape="\\"),
                Account.email.like(pattern, escape="\\"),
            )
        )
    if question.active is not None:
        found = found.where(Account.active.is_(question.active))
    if question.role is not None:
        found = found.where(Account.grants.any(sa.and_(Grant.role == question.role, policy.holding())))
    return found


def _plain(text: str) -> str:
    """The text without the signs that LIKE reads as patterns."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
