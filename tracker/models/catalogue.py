"""What a visit is measured against: resolutions, paragraphs, areas with their editions, ratings."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker.database import Base


class Resolution(Base):
    """A resolution of the Security Council, by number."""

    __tablename__ = "resolution"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    symbol: Mapped[str] = mapped_column(sa.String(40), unique=True)
    title: Mapped[str] = mapped_column(sa.String(300))
    adopted_on: Mapped[date]

    paragraphs: Mapped[list[Paragraph]] = relationship(back_populates="resolution", order_by="Paragraph.position")


class Paragraph(Base):
    """An operative paragraph, ``2(e)``; an empty label stands for the resolution as a whole."""

    __tablename__ = "paragraph"
    __table_args__ = (sa.UniqueConstraint("resolution_number", "label"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    resolution_number: Mapped[int] = mapped_column(sa.ForeignKey("resolution.number"))
    label: Mapped[str] = mapped_column(sa.String(20))
    position: Mapped[int]

    resolution: Mapped[Resolution] = relationship(back_populates="paragraphs")


class Area(Base):
    """An obligation area, in two levels: ``FIN`` and ``FIN-02``. Assess and link only the second level."""

    __tablename__ = "area"

    code: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    parent_code: Mapped[str | None] = mapped_column(sa.ForeignKey("area.code"))
    position: Mapped[int]
    current_edition: Mapped[int] = mapped_column(default=1)

    editions: Mapped[list[AreaEdition]] = relationship(back_populates="area", order_by="AreaEdition.edition")


class AreaEdition(Base):
    """The wording of an area from a day on. Records point at the edition they were written under."""

    __tablename__ = "area_edition"

    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"), primary_key=True)
    edition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(sa.String(200))
    description: Mapped[str] = mapped_column(sa.Text)
    valid_from: Mapped[date | None]

    area: Mapped[Area] = relationship(back_populates="editions")
    paragraphs: Mapped[list[Paragraph]] = relationship(
        secondary="area_edition_paragraph", order_by="(Paragraph.resolution_number, Paragraph.position)"
    )


class AreaEditionParagraph(Base):
    """Areas and paragraphs, many to many: one paragraph serves several themes."""

    __tablename__ = "area_edition_paragraph"
    __table_args__ = (
        sa.ForeignKeyConstraint(["area_code", "edition"], ["area_edition.area_code", "area_edition.edition"]),
    )

    area_code: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    edition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    paragraph_id: Mapped[int] = mapped_column(sa.ForeignKey("paragraph.id"), primary_key=True, index=True)


class RatingLevel(Base):
    """One step of the rating scale: configurable, and never presented as official.

    ``on_scale`` is false for ``not_assessed`` and ``not_applicable``, which stand beside the scale.
    """

    __tablename__ = "rating_level"

    code: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    label: Mapped[str] = mapped_column(sa.String(60))
    position: Mapped[int]
    on_scale: Mapped[bool]
    is_active: Mapped[bool] = mapped_column(default=True)


class Organisation(Base):
    """An international or regional organisation that takes part in visits, by its acronym."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    acronym: Mapped[str] = mapped_column(sa.String(60), unique=True)
    name: Mapped[str] = mapped_column(sa.String(300))
    kind: Mapped[str] = mapped_column(sa.String(60))
    url: Mapped[str | None] = mapped_column(sa.String(300))
