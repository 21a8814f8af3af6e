"""The messages to one person, newest first."""

from __future__ import annotations

import sqlalchemy as sa

from tracker import policy
from tracker.extensions import db
from tracker.models import Account, Notification

SHOWN = 50


def mine(account: Account) -> sa.Select[Notification]:
    """The account's messages; none about a State outside its scope (R9)."""
    return within(policy.reach(account)).params(me=account.id)


def within(reach: policy.Reach) -> sa.Select[Notification]:
    """The messages to the account ``me``, a parameter, within a scope."""
    return sa.select(Notification).where(
        Notification.account_id == sa.bindparam("me", type_=sa.Integer),
        sa.or_(Notification.state_id.is_(None), reach.condition(Notification.state_id)),
    )


def inbox(account: Account, before: int | None = None) -> list[Notification]:
    """One page and a row of the account's messages, newest first."""
    rows = mine(account).order_by(Notification.id.desc()).limit(SHOWN + 1)
    if before is not None:
        rows = rows.where(Notification.id < before)
    return list(db.session.scalars(rows))
