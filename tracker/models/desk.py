"""What keeps the desk in order: request keys, and marks on the database itself."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tracker.database import Base, UtcDateTime


class RequestKey(Base):
    """A form that creates something carries a key; the key's second use lands on what the first made (R21)."""

    __tablename__ = "request_key"

    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    url: Mapped[str] = mapped_column(sa.String(500))
    used_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Mark(Base):
    """A fact about the database as a whole, such as that it holds the sample."""

    __tablename__ = "mark"

    name: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    value: Mapped[str] = mapped_column(sa.Text)
