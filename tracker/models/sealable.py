"""What follow-ups, conclusions and matrices share: they are drafted, submitted, and signed off or returned.

All three stand in one queue (``Submission``) and are sealed by one code (``Seal``).
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from tracker.database import Base, PartialDateType, UtcDateTime, choice
from tracker.models.account import Role
from tracker.models.versions import Versioned, index_of_some
from tracker.partial_date import PartialDate


class Sharing(StrEnum):
    """How far a record may leave the house, once the State has consented."""

    INTERNAL = "internal"
    STATE_ONLY = "state_only"
    PARTNERS = "partners"
    PUBLIC = "public"


class Basis(StrEnum):
    OBLIGATION = "obligation"
    STANDARD = "standard"
    GOOD_PRACTICE = "good_practice"


class SealedState(StrEnum):
    """Derived: whether the current sealed fields are those of the last seal."""

    UNSIGNED = "unsigned"
    SIGNED = "signed"
    CHANGED = "changed"


class Purpose(StrEnum):
    """What a submission asks the reviewer to put a name to."""

    SIGN_OFF = "sign_off"
    WITHDRAW = "withdraw"
    SUPERSEDE = "supersede"


class Decision(StrEnum):
    SIGNED = "signed"
    RETURNED = "returned"
    RECALLED = "recalled"


class Sealable:
    """Columns of a record that is sealed. ``version`` counts every change of the row, for stale pages (R20);
    ``content_version`` only changes of sealed fields, which the seal binds (R14)."""

    version: Mapped[int] = mapped_column(default=1)
    content_version: Mapped[int] = mapped_column(default=1)
    content_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    sealed_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    seal_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @declared_attr
    def state_id(cls) -> Mapped[str]:
        return mapped_column(sa.ForeignKey("state.id"))

    @declared_attr
    def drafted_by_id(cls) -> Mapped[int | None]:
        return mapped_column(sa.ForeignKey("account.id"))

    @declared_attr
    def seal_id(cls) -> Mapped[int | None]:
        """The last seal."""
        return mapped_column(sa.ForeignKey("seal.id"))

    @classmethod
    def index_of_changed(cls, table: str) -> sa.Index:
        """Finds what has changed since it was signed, which is little of much, without reading the records."""
        said = ("content_sha256", "sealed_sha256")
        columns = ("seal_id", "workflow", "state_id", *said)
        return index_of_some(f"ix_{table}_changed", *columns, where=" != ".join(said))

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}

    @hybrid_property
    def sealed_state(self) -> SealedState:
        if self.sealed_sha256 is None:
            return SealedState.UNSIGNED
        return SealedState.SIGNED if self.sealed_sha256 == self.content_sha256 else SealedState.CHANGED

    @sealed_state.inplace.expression
    @classmethod
    def _sealed_state_sql(cls) -> sa.ColumnElement[str]:
        return sa.case(
            (cls.sealed_sha256.is_(None), SealedState.UNSIGNED.value),
            (cls.sealed_sha256 == cls.content_sha256, SealedState.SIGNED.value),
            else_=SealedState.CHANGED.value,
        )


class _OfSealable(Versioned):
    """Stands in the history of the record that it names by type and id."""

    __root__ = "sealable"
    object_type: Any
    object_id: Any

    @property
    def root_key(self) -> tuple[str, int]:
        return self.object_type, self.object_id


_WAITS = "decision IS NULL"
# What waits is counted by these without reading its text.
_QUEUED = ("submitted_at", "id", "state_id", "object_type", "purpose", "submitted_by_id", "decision")


class Submission(Base, _OfSealable):
    """One trip of a record to the reviewers: asked by one person, decided by another, with the notes of both.

    ``round`` is the number of seals the record had then; with ``drafted_by_id`` it tells whose move it is.
    ``canonical`` is the text as it was submitted, so that the next round can be read as a difference from it.
    """

    __tablename__ = "submission"
    __table_args__ = (
        index_of_some("ix_submission_queue", *_QUEUED, where=_WAITS),
        sa.Index("ix_submission_object", "object_type", "object_id", "id"),
        index_of_some("ix_submission_state", "state_id", "submitted_at", "id", where=_WAITS),
        index_of_some(
            "ix_submission_submitter", "submitted_by_id", "submitted_at", "id", "state_id", "decision", where=_WAITS
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    object_type: Mapped[str] = mapped_column(sa.String(20))
    object_id: Mapped[int]
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))
    reference: Mapped[str] = mapped_column(sa.String(40))
    title: Mapped[str] = mapped_column(sa.String(300))
    purpose: Mapped[Purpose] = mapped_column(choice(Purpose, "purpose"))
    previous_status: Mapped[str] = mapped_column(sa.String(32))
    content_version: Mapped[int]
    canonical: Mapped[str] = mapped_column(sa.Text, default="")
    round: Mapped[int]
    drafted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    submitted_by_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    decision: Mapped[Decision | None] = mapped_column(choice(Decision, "decision"))
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(sa.Text, default="")


class Contributor(Base, _OfSealable):
    """Who changed a sealed field or evidence in the round since seal number ``round`` (R12)."""

    __tablename__ = "contributor"

    object_type: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    object_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class Seal(Base):
    """A reviewer's signature over the exact text that was on the screen. Append-only (triggers).

    ``canonical`` is the sealed text; ``content_sha256`` its SHA-256; ``seal_sha256`` covers signer, role, time,
    meaning, note, ``content_version`` and the content together. The reportable values stand as columns beside it.
    """

    __tablename__ = "seal"
    __table_args__ = (
        sa.UniqueConstraint("object_type", "object_id", "number"),
        sa.UniqueConstraint("seal_sha256"),
        sa.Index("ix_seal_state_id", "state_id", "signed_at"),
        sa.Index("ix_seal_signer_id", "signer_id", "signed_at", "id", "state_id"),
        # Whose it is and of when, without reading the text.
        sa.Index("ix_seal_id_signer_id_signed_at", "id", "signer_id", "signed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    object_type: Mapped[str] = mapped_column(sa.String(20))
    object_id: Mapped[int]
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))
    reference: Mapped[str] = mapped_column(sa.String(40))
    number: Mapped[int]
    content_version: Mapped[int]
    canonical: Mapped[str] = mapped_column(sa.Text)
    content_sha256: Mapped[str] = mapped_column(sa.String(64))
    seal_sha256: Mapped[str] = mapped_column(sa.String(64))
    meaning: Mapped[Purpose] = mapped_column(choice(Purpose, "meaning"))
    note: Mapped[str] = mapped_column(sa.Text, default="")
    signer_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    signer_name: Mapped[str] = mapped_column(sa.String(200))
    signer_role: Mapped[Role] = mapped_column(choice(Role, "signer_role"))
    signed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    title: Mapped[str | None] = mapped_column(sa.String(300))
    text: Mapped[str | None] = mapped_column(sa.Text)
    area_code: Mapped[str | None] = mapped_column(sa.String(10))
    area_edition: Mapped[int | None]
    further_areas: Mapped[str | None] = mapped_column(sa.Text)
    paragraphs: Mapped[str | None] = mapped_column(sa.Text)
    conclusion_refs: Mapped[str | None] = mapped_column(sa.Text)
    basis: Mapped[str | None] = mapped_column(sa.String(32))
    authorities: Mapped[str | None] = mapped_column(sa.Text)
    indicator: Mapped[str | None] = mapped_column(sa.Text)
    assessed_status: Mapped[str | None] = mapped_column(sa.String(32))
    assessed_on: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    current_due: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    current_due_last: Mapped[date | None]
