"""The matrix of a visit: one assessment per area, sealed as a whole."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker.database import Base, UtcDateTime, choice
from tracker.models.sealable import Sealable
from tracker.models.versions import Versioned
from tracker.models.visit import Visit


class MatrixStatus(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    SIGNED_OFF = "signed_off"


class Matrix(Base, Sealable, Versioned):
    """All assessments of one visit together; referred to by the visit's reference with ``-M``."""

    __tablename__ = "matrix"
    __root__ = "matrix"
    __table_args__ = (Sealable.index_of_changed("matrix"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey("visit.id"), unique=True)
    workflow: Mapped[MatrixStatus] = mapped_column(choice(MatrixStatus, "workflow"))

    visit: Mapped[Visit] = relationship()
    assessments: Mapped[list[Assessment]] = relationship(back_populates="matrix", order_by="Assessment.area_code")

    @property
    def reference(self) -> str:
        return f"{self.visit.reference}-M"


class Assessment(Base, Versioned):
    """How the State implements one area, as rated at one visit, with the explanation."""

    __tablename__ = "assessment"
    __root__ = "matrix"
    __table_args__ = (
        sa.UniqueConstraint("visit_id", "area_code"),
        sa.ForeignKeyConstraint(["area_code", "area_edition"], ["area_edition.area_code", "area_edition.edition"]),
        sa.Index("ix_assessment_state_id_area_code", "state_id", "area_code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    matrix_id: Mapped[int] = mapped_column(sa.ForeignKey("matrix.id"), index=True)
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey("visit.id"))
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))
    area_code: Mapped[str] = mapped_column(sa.String(10))
    area_edition: Mapped[int]
    rating: Mapped[str] = mapped_column(sa.ForeignKey("rating_level.code"))
    explanation: Mapped[str] = mapped_column(sa.Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    updated_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __mapper_args__ = {"version_id_col": version}

    matrix: Mapped[Matrix] = relationship(back_populates="assessments")
