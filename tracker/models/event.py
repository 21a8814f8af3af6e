"""The log: what happened, in an append-only chain; and the comments that stand in a record's timeline."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tracker.database import Base, UtcDateTime, choice
from tracker.models.versions import Versioned


class Category(StrEnum):
    """What a timeline can be narrowed to."""

    CHANGE = "change"
    COMMENT = "comment"
    SIGN_OFF = "sign_off"
    FILE = "file"
    ACCESS = "access"


class Outcome(StrEnum):
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class Event(Base):
    """One entry of the log. ``text`` is the canonical JSON exactly as hashed; the other columns only index it.

    ``hash`` is SHA-256 over ``prev`` and ``text``; ``prev`` is unique, so that the chain cannot fork (R18).
    """

    __tablename__ = "event"
    __table_args__ = (
        sa.Index("ix_event_object", "object_type", "object_id", "seq", "category"),
        sa.Index("ix_event_actor", "actor_id", "seq"),
        sa.Index("ix_event_state", "state_id", "seq"),
        sa.Index("ix_event_kind", "kind", "seq"),
        sa.Index("ix_event_at", "at", "seq"),
        sa.Index("ix_event_category", "category", "seq"),
        sa.Index("ix_event_outcome", "outcome", "seq"),
    )

    seq: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(sa.String(60))
    category: Mapped[Category] = mapped_column(choice(Category, "category"))
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    object_type: Mapped[str | None] = mapped_column(sa.String(30))
    object_id: Mapped[int | None]
    state_id: Mapped[str | None] = mapped_column(sa.ForeignKey("state.id"))
    outcome: Mapped[Outcome] = mapped_column(choice(Outcome, "outcome"))
    request_id: Mapped[str] = mapped_column(sa.String(36))
    format: Mapped[int]
    text: Mapped[str] = mapped_column(sa.Text)
    prev: Mapped[str] = mapped_column(sa.String(64), unique=True)
    hash: Mapped[str] = mapped_column(sa.String(64), unique=True)


class Comment(Base, Versioned):
    """A remark on a visit, matrix, conclusion or follow-up, for colleagues; never part of a seal."""

    __tablename__ = "comment"
    __root__ = "comment"
    __table_args__ = (sa.Index("ix_comment_object", "object_type", "object_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    object_type: Mapped[str] = mapped_column(sa.String(20))
    object_id: Mapped[int]
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))
    text: Mapped[str] = mapped_column(sa.Text)
    written_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def root_key(self) -> tuple[str, int]:
        """A comment stands in the timeline of the record it was made on."""
        return self.object_type, self.object_id
