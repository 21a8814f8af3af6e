"""Member States and observers, the M49 regions they lie in, their names by date, and their authorities."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker.database import Base, choice
from tracker.models.versions import Versioned


class StateKind(StrEnum):
    MEMBER = "member"
    OBSERVER = "observer"


class Region(Base):
    """A region or subregion of the M49 standard, by its three-digit code (``142`` Asia, ``143`` Central Asia)."""

    __tablename__ = "region"

    code: Mapped[str] = mapped_column(sa.String(3), primary_key=True)
    parent_code: Mapped[str | None] = mapped_column(sa.ForeignKey("region.code"))
    name: Mapped[str] = mapped_column(sa.String(100))


class RegionName(Base):
    """A region's name in one of the six official languages."""

    __tablename__ = "region_name"

    region_code: Mapped[str] = mapped_column(sa.ForeignKey("region.code"), primary_key=True)
    language: Mapped[str] = mapped_column(sa.String(2), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(100))


class State(Base):
    """A Member State or observer, by ISO 3166 alpha-3. ``name`` is today's English short name."""

    __tablename__ = "state"

    id: Mapped[str] = mapped_column(sa.String(3), primary_key=True)
    m49: Mapped[str] = mapped_column(sa.String(3), unique=True)
    kind: Mapped[StateKind] = mapped_column(choice(StateKind, "kind"))
    name: Mapped[str] = mapped_column(sa.String(120))
    region_code: Mapped[str] = mapped_column(sa.ForeignKey("region.code"), index=True)
    subregion_code: Mapped[str] = mapped_column(sa.ForeignKey("region.code"), index=True)

    names: Mapped[list[StateName]] = relationship(order_by="StateName.valid_from")


BY_NAME = sa.func.replace(sa.func.replace(State.name, "ô", "o"), "ü", "u", type_=sa.String)
"""A State's name as lists sort it: databases put letters with accents after z. These two are all that names bear."""


class StateName(Base):
    """A name a State bore, in one language, from a day (inclusive) to a day (exclusive); NULL is open."""

    __tablename__ = "state_name"
    __table_args__ = (sa.UniqueConstraint("state_id", "language", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))
    language: Mapped[str] = mapped_column(sa.String(2))
    name: Mapped[str] = mapped_column(sa.String(120))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]


class Authority(Base, Versioned):
    """A body of a State that answers for follow-ups or was met on a visit."""

    __tablename__ = "authority"
    __root__ = "authority"
    __table_args__ = (sa.UniqueConstraint("state_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))
    name: Mapped[str] = mapped_column(sa.String(200))
