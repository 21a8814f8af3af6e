"""Provisional conclusions: one area each, many per visit, with the State's comment beside them."""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker.database import Base, PartialDateType, choice
from tracker.models.sealable import Basis, Sealable, Sharing
from tracker.models.versions import Versioned, index_of_some
from tracker.models.visit import Visit
from tracker.partial_date import PartialDate


class ConclusionKind(StrEnum):
    PROGRESS = "progress"
    STRENGTH = "strength"
    GOOD_PRACTICE = "good_practice"
    SHORTFALL = "shortfall"
    CONCERN = "concern"
    TECHNICAL_ASSISTANCE_NEED = "technical_assistance_need"


class ConclusionStatus(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    SIGNED_OFF = "signed_off"
    SHARED_WITH_STATE = "shared_with_state"
    COMMENTED = "commented"
    FINAL = "final"
    WITHDRAWN = "withdrawn"


class Conclusion(Base, Sealable, Versioned):
    """``PAK-2006-1-C3``: what the delegation concluded on one area."""

    __tablename__ = "conclusion"
    __searched__ = ("reference", "text")
    __root__ = "conclusion"
    __table_args__ = (
        sa.UniqueConstraint("visit_id", "number"),
        sa.ForeignKeyConstraint(["area_code", "area_edition"], ["area_edition.area_code", "area_edition.edition"]),
        sa.Index("ix_conclusion_state_id_id", "state_id", "id"),
        sa.Index("ix_conclusion_area_code_id", "area_code", "id", "state_id"),  # counted within a scope by it alone
        sa.Index("ix_conclusion_workflow_id", "workflow", "id"),
        sa.Index("ix_conclusion_updated", "updated_at", "id"),
        Sealable.index_of_changed("conclusion"),
        index_of_some(
            "ix_conclusion_begun_draft",
            *("drafted_by_id", "updated_at", "id", "state_id", "workflow"),
            where="workflow = 'draft'",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(sa.String(30), unique=True)
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey("visit.id"))
    number: Mapped[int]
    kind: Mapped[ConclusionKind] = mapped_column(choice(ConclusionKind, "kind"))
    area_code: Mapped[str] = mapped_column(sa.String(10))
    area_edition: Mapped[int]
    text: Mapped[str] = mapped_column(sa.Text)
    basis: Mapped[Basis | None] = mapped_column(choice(Basis, "basis"))
    workflow: Mapped[ConclusionStatus] = mapped_column(choice(ConclusionStatus, "workflow"))
    source: Mapped[str] = mapped_column(sa.Text, default="")
    state_comment: Mapped[str] = mapped_column(sa.Text, default="")
    state_commented_on: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    sharing: Mapped[Sharing] = mapped_column(choice(Sharing, "sharing"), default=Sharing.INTERNAL)

    visit: Mapped[Visit] = relationship()
    paragraphs: Mapped[list[ConclusionParagraph]] = relationship(
        order_by="ConclusionParagraph.paragraph_id", cascade="all, delete-orphan"
    )

    @property
    def searched(self) -> tuple[str, str, str]:
        """Reference, title (a conclusion has none) and text as search knows them."""
        return self.reference, "", self.text


class ConclusionParagraph(Base, Versioned):
    """A paragraph that a conclusion rests on."""

    __tablename__ = "conclusion_paragraph"
    __root__ = "conclusion"

    conclusion_id: Mapped[int] = mapped_column(sa.ForeignKey("conclusion.id"), primary_key=True)
    paragraph_id: Mapped[int] = mapped_column(sa.ForeignKey("paragraph.id"), primary_key=True, index=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))
