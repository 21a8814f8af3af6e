"""Sessions kept on the server: which are open, and how they end (R5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from tracker import clock, history
from tracker.extensions import db
from tracker.models import Account, Category, SignInSession

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
KEPT = timedelta(days=30)
SEEN_EVERY = timedelta(minutes=1)
ENDED = "ended"  # the key under which an ended session holds why, and nothing else


class Ended(StrEnum):
    """Why a session ended from outside; whoever presents its cookie is told."""

    ROLES = "roles"
    DISABLED = "disabled"
    PASSWORD = "password"  # noqa: S105  # a reason
    FACTOR = "factor"
    ELSEWHERE = "elsewhere"


def is_open(created_at: datetime, last_seen_at: datetime, ended_at: datetime | None) -> bool:
    """Whether a session with these times still holds."""
    now = clock.now()
    return ended_at is None and now - last_seen_at <= IDLE and now - created_at <= LONGEST


def open_ones(account: Account) -> list[SignInSession]:
    """The account's sessions that hold, the one seen last first."""
    now = clock.now()
    return list(
        db.session.scalars(
            sa.select(SignInSession)
            .where(
                SignInSession.account_id == account.id,
                SignInSession.ended_at.is_(None),
                SignInSession.last_seen_at >= now - IDLE,
                SignInSession.created_at >= now - LONGEST,
            )
            .order_by(SignInSession.last_seen_at.desc())
        )
    )


def end(session_id: str, because: Ended | None = None) -> None:
    """End one session, and forget what it held."""
    _end(SignInSession.id == session_id, because)


def end_one_of(account: Account, session_id: str) -> bool:
    """End a session of this account, by its own wish; False where there is no such session."""
    if session_id not in {row.id for row in open_ones(account)}:
        return False
    end(session_id, Ended.ELSEWHERE)
    history.record("account.session_ended", account, by=account, category=Category.ACCESS)
    return True


def end_others(account: Account, current_id: str | None) -> None:
    """End every session of the account but the one in use, by its own wish."""
    end_all(account, Ended.ELSEWHERE, but=current_id)
    history.record("account.session_ended", account, by=account, category=Category.ACCESS)


def end_all(account: Account, because: Ended, but: str | None = None) -> None:
    """End every session of the account: its password, its rights or its being active changed."""
    mine: sa.ColumnElement[bool] = SignInSession.account_id == account.id
    _end(mine if but is None else sa.and_(mine, SignInSession.id != but), because)


def _end(which: sa.ColumnElement[bool], because: Ended | None) -> None:
    db.session.execute(
        sa.update(SignInSession)
        .where(which, SignInSession.ended_at.is_(None))
        .values(ended_at=clock.now(), data={ENDED: because.value} if because else {})
        .execution_options(synchronize_session=False)
    )


def forget_old() -> None:
    """Take away rows that nobody can use any more; called at each sign-in, so that they never pile up."""
    db.session.execute(
        sa.delete(SignInSession)
        .where(SignInSession.last_seen_at < clock.now() - KEPT)
        .execution_options(synchronize_session=False)
    )
