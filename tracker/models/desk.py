"""What keeps the desk in order: request keys, search rows, and marks on the database itself."""

from __future__ import annotations

import re
import unicodedata
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


class SearchRow(Base):
    """The folded words of one record: reference, title and text apart, so that hits can be ranked."""

    __tablename__ = "search_row"
    __table_args__ = (
        sa.UniqueConstraint("object_type", "object_id"),
        sa.Index("ix_search_row_state", "state_id", "object_type"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    object_type: Mapped[str] = mapped_column(sa.String(20))
    object_id: Mapped[int]
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))
    reference: Mapped[str] = mapped_column(sa.String(60))
    title: Mapped[str] = mapped_column(sa.Text)
    text: Mapped[str] = mapped_column(sa.Text)


class Mark(Base):
    """A fact about the database as a whole, such as that it holds the sample."""

    __tablename__ = "mark"

    name: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    value: Mapped[str] = mapped_column(sa.Text)


# Scripts written without spaces: CJK ideographs, kana.
_UNSPACED = re.compile("[㐀-鿿぀-ヿ豈-\ufaff]+")


def fold(text: str) -> str:
    """Words as search compares them: case and accents taken off, Chinese and Japanese cut into bigrams."""
    plain = text.casefold() if text.isascii() else _without_accents(text)
    if not plain.isascii():
        plain = _UNSPACED.sub(_bigrams, plain)
    return " ".join(plain.split())


def _without_accents(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


def _bigrams(found: re.Match[str]) -> str:
    run = found.group()
    if len(run) < 2:
        return f" {run} "
    return " " + " ".join(run[at : at + 2] for at in range(len(run) - 1)) + " "
