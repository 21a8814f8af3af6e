"""Messages to people: rows written in the transaction of what they tell of, mailed afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tracker.database import Base, UtcDateTime


class Notification(Base):
    """A line in someone's inbox. ``kind`` names the sentence, ``details`` fills it; the reference is its link."""

    __tablename__ = "notification"
    __table_args__ = (
        sa.Index("ix_notification_account", "account_id", "read_at", "id"),  # how many are unread
        sa.Index("ix_notification_latest", "account_id", "id"),  # the inbox itself, in its order
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    kind: Mapped[str] = mapped_column(sa.String(60))
    object_type: Mapped[str | None] = mapped_column(sa.String(30))
    object_id: Mapped[int | None]
    reference: Mapped[str | None] = mapped_column(sa.String(40))
    state_id: Mapped[str | None] = mapped_column(sa.ForeignKey("state.id"))
    details: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OutboxMail(Base):
    """A mail to be sent by ``flask mail send``; says that something waits, never what a record says.

    ``claimed_at`` is set before the server is asked and cleared when it refuses: what stays claimed without being
    sent may have arrived, and is never sent again by itself. The body is emptied once it is sent.
    """

    __tablename__ = "outbox_mail"
    __table_args__ = (sa.Index("ix_outbox_mail_unsent", "sent_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    recipient: Mapped[str] = mapped_column(sa.String(254))
    subject: Mapped[str] = mapped_column(sa.String(300))
    body: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(sa.Text, default="")
