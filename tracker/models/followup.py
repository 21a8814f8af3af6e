"""Follow-ups: what the State should do, how far it has come, and everything attached to that.

A follow-up belongs to the State and outlives visits. Four statuses are never one field: the workflow of the text,
the State's position, the status that the State reports, the status that we assess.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker.database import Base, PartialDateType, UtcDateTime, choice
from tracker.models.account import Account
from tracker.models.conclusion import Conclusion
from tracker.models.sealable import Basis, Sealable, Sharing
from tracker.models.state import Authority
from tracker.models.versions import Versioned, index_of_some
from tracker.models.visit import Visit
from tracker.partial_date import PartialDate


class FollowupStatus(StrEnum):
    """The workflow of the text."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    SIGNED_OFF = "signed_off"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


class Implementation(StrEnum):
    """The one scale for the status that the State reports and for the status that we assess."""

    NOT_ASSESSED = "not_assessed"
    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    PARTIALLY_IMPLEMENTED = "partially_implemented"
    IMPLEMENTED = "implemented"
    OVERTAKEN = "overtaken"


class Position(StrEnum):
    """The State's position on the follow-up."""

    NONE_YET = "none_yet"
    ACCEPTS = "accepts"
    PARTLY = "partly"
    NOTES = "notes"
    DISPUTES = "disputes"


class Priority(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class ExtensionStatus(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"


class Disposition(StrEnum):
    """What a later visit found of a follow-up that it took up again."""

    PENDING = "pending"
    STILL_OPEN = "still_open"
    PARTLY_MET = "partly_met"
    MET = "met"
    OVERTAKEN = "overtaken"


ENDED = (FollowupStatus.WITHDRAWN, FollowupStatus.SUPERSEDED)
SETTLED = (Implementation.IMPLEMENTED, Implementation.OVERTAKEN)


def is_open(workflow: FollowupStatus, assessed: Implementation) -> bool:
    """Not withdrawn or superseded, and not assessed implemented or overtaken: the one definition."""
    return workflow not in ENDED and assessed not in SETTLED


# What a State's follow-ups are counted by: one index holds it all, in the order in which they are grouped.
TALLIED = ("state_id", "assessed_status", "reported_status", "workflow", "position", "current_due_last")
# What my work is counted and ordered by, likewise.
_DRAFT = ("current_due_last", "id", "state_id", "workflow")
_OWNED = ("owner_id", "current_due_last", "id", "workflow", "assessed_status", "state_id")


class Followup(Base, Sealable, Versioned):
    """``PAK-F012``. ``area_code`` is the main area, for counts; dates that were not agreed carry a reason."""

    __tablename__ = "followup"
    __searched__ = ("reference", "title", "text", "indicator")
    __root__ = "followup"
    __table_args__ = (
        sa.UniqueConstraint("state_id", "number"),
        sa.ForeignKeyConstraint(["area_code", "area_edition"], ["area_edition.area_code", "area_edition.edition"]),
        sa.Index("ix_followup_due", "current_due_last", "id"),
        sa.Index("ix_followup_state_due", "state_id", "current_due_last", "id"),
        sa.Index("ix_followup_workflow_due", "workflow", "current_due_last", "id"),
        sa.Index("ix_followup_area_due", "area_code", "current_due_last", "id"),
        sa.Index("ix_followup_owner_due", "owner_id", "current_due_last", "id"),
        sa.Index("ix_followup_visit_due", "visit_id", "current_due_last", "id"),
        sa.Index("ix_followup_status_due", "assessed_status", "current_due_last", "id"),
        sa.Index("ix_followup_position_due", "position", "current_due_last", "id"),
        sa.Index("ix_followup_reported_due", "reported_status", "current_due_last", "id"),
        Sealable.index_of_changed("followup"),
        sa.Index("ix_followup_updated", "updated_at", "id"),
        sa.Index("ix_followup_drafted_by", "drafted_by_id", "workflow"),
        index_of_some("ix_followup_begun_draft", "drafted_by_id", *_DRAFT, where="workflow = 'draft'"),
        index_of_some("ix_followup_owned_draft", "owner_id", *_DRAFT, "drafted_by_id", where="workflow = 'draft'"),
        index_of_some("ix_followup_owned", *_OWNED, where="owner_id IS NOT NULL"),
        index_of_some("ix_followup_owner_state", "owner_id", "state_id", where="owner_id IS NOT NULL"),
        index_of_some("ix_followup_stepless", *_OWNED, "next_step", where="next_step = ''"),
        sa.Index("ix_followup_tally", *TALLIED),
        sa.Index("ix_followup_coverage", "state_id", "area_code", "assessed_status", "workflow", "current_due_last"),
        index_of_some("ix_followup_superseded_by", "superseded_by_id", where="superseded_by_id IS NOT NULL"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(sa.String(20), unique=True)
    number: Mapped[int]
    title: Mapped[str] = mapped_column(sa.String(300))
    text: Mapped[str] = mapped_column(sa.Text, default="")
    area_code: Mapped[str | None] = mapped_column(sa.String(10))
    area_edition: Mapped[int | None]
    basis: Mapped[Basis | None] = mapped_column(choice(Basis, "basis"))
    priority: Mapped[Priority | None] = mapped_column(choice(Priority, "priority"))
    workflow: Mapped[FollowupStatus] = mapped_column(choice(FollowupStatus, "workflow"))
    visit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("visit.id"))
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    indicator: Mapped[str] = mapped_column(sa.Text, default="")
    no_indicator_reason: Mapped[str] = mapped_column(sa.Text, default="")
    no_conclusion_reason: Mapped[str] = mapped_column(sa.Text, default="")
    original_due: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    current_due: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    current_due_last: Mapped[date | None]
    no_due_reason: Mapped[str] = mapped_column(sa.Text, default="")
    source: Mapped[str] = mapped_column(sa.Text, default="")
    next_step: Mapped[str] = mapped_column(sa.Text, default="")
    position: Mapped[Position] = mapped_column(choice(Position, "position"), default=Position.NONE_YET)
    position_on: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    position_source: Mapped[str] = mapped_column(sa.Text, default="")
    reported_status: Mapped[Implementation] = mapped_column(
        choice(Implementation, "reported_status"), default=Implementation.NOT_ASSESSED
    )
    reported_on: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    reported_source: Mapped[str] = mapped_column(sa.Text, default="")
    assessed_status: Mapped[Implementation] = mapped_column(
        choice(Implementation, "assessed_status"), default=Implementation.NOT_ASSESSED
    )
    assessed_on: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    assessed_source: Mapped[str] = mapped_column(sa.Text, default="")
    sharing: Mapped[Sharing] = mapped_column(choice(Sharing, "sharing"), default=Sharing.INTERNAL)
    superseded_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("followup.id"))
    status_reason: Mapped[str] = mapped_column(sa.Text, default="")

    visit: Mapped[Visit | None] = relationship()
    owner: Mapped[Account | None] = relationship(foreign_keys="Followup.owner_id")
    superseded_by: Mapped[Followup | None] = relationship(remote_side=[id])
    further_areas: Mapped[list[FollowupArea]] = relationship(
        order_by="FollowupArea.area_code", cascade="all, delete-orphan"
    )
    paragraphs: Mapped[list[FollowupParagraph]] = relationship(
        order_by="FollowupParagraph.paragraph_id", cascade="all, delete-orphan"
    )
    authorities: Mapped[list[FollowupAuthority]] = relationship(
        order_by="FollowupAuthority.authority_id", cascade="all, delete-orphan"
    )
    conclusions: Mapped[list[FollowupConclusion]] = relationship(
        order_by="FollowupConclusion.conclusion_id", cascade="all, delete-orphan", back_populates="followup"
    )
    progress: Mapped[list[ProgressEntry]] = relationship(order_by="ProgressEntry.id.desc()")
    responses: Mapped[list[StateResponse]] = relationship(order_by="StateResponse.id.desc()")
    extensions: Mapped[list[DueExtension]] = relationship(order_by="DueExtension.id.desc()")
    carry_overs: Mapped[list[CarryOver]] = relationship(order_by="CarryOver.id")
    evidence: Mapped[list[Evidence]] = relationship(order_by="Evidence.id", back_populates="followup")

    @hybrid_property
    def is_open(self) -> bool:
        """See ``is_open``; ``_open`` is the same for the database."""
        return is_open(self.workflow, self.assessed_status)

    @is_open.inplace.expression
    @classmethod
    def _is_open_sql(cls) -> sa.ColumnElement[bool]:
        return _open(cls)

    def is_overdue(self, day: date) -> bool:
        """Open, and the last day of the current due date's period lies before ``day``: the one definition."""
        return self.is_open and self.current_due_last is not None and self.current_due_last < day

    @classmethod
    def overdue_on(cls, day: date, due: Any = None) -> sa.ColumnElement[bool]:
        """``is_overdue`` as a condition for the database; ``due``: the column, if no index by it is to be read."""
        return sa.and_(_open(cls), (cls.current_due_last if due is None else due) < day)

    @property
    def searched(self) -> tuple[str, str, str]:
        """Reference, title and text as search knows them."""
        return self.reference, self.title, f"{self.text}\n{self.indicator}"

    def set_current_due(self, due: PartialDate | None) -> None:
        """Set the current due date and the last day that counts with it."""
        self.current_due = due
        self.current_due_last = due.last_day if due else None


def _open(cls: type[Followup]) -> sa.ColumnElement[bool]:
    return sa.and_(cls.workflow.not_in(ENDED), cls.assessed_status.not_in(SETTLED))


class _OfFollowup(Versioned):
    __root__ = "followup"


class FollowupArea(Base, _OfFollowup):
    """A further area, beside the main one."""

    __tablename__ = "followup_area"

    followup_id: Mapped[int] = mapped_column(sa.ForeignKey("followup.id"), primary_key=True)
    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"), primary_key=True, index=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))


class FollowupParagraph(Base, _OfFollowup):
    """A paragraph that the follow-up rests on."""

    __tablename__ = "followup_paragraph"

    followup_id: Mapped[int] = mapped_column(sa.ForeignKey("followup.id"), primary_key=True)
    paragraph_id: Mapped[int] = mapped_column(sa.ForeignKey("paragraph.id"), primary_key=True, index=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))


class FollowupAuthority(Base, _OfFollowup):
    """An authority of the State that answers for the follow-up."""

    __tablename__ = "followup_authority"

    followup_id: Mapped[int] = mapped_column(sa.ForeignKey("followup.id"), primary_key=True)
    authority_id: Mapped[int] = mapped_column(sa.ForeignKey("authority.id"), primary_key=True, index=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))

    authority: Mapped[Authority] = relationship()


class FollowupConclusion(Base, _OfFollowup):
    """A conclusion that the follow-up answers."""

    __tablename__ = "followup_conclusion"

    followup_id: Mapped[int] = mapped_column(sa.ForeignKey("followup.id"), primary_key=True)
    conclusion_id: Mapped[int] = mapped_column(sa.ForeignKey("conclusion.id"), primary_key=True, index=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))

    followup: Mapped[Followup] = relationship(back_populates="conclusions")
    conclusion: Mapped[Conclusion] = relationship()


class ProgressEntry(Base, _OfFollowup):
    """What has moved, as learnt on a day, by whom it was noted. Never edited; a correction is a new entry."""

    __tablename__ = "progress_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    followup_id: Mapped[int] = mapped_column(sa.ForeignKey("followup.id"), index=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))
    happened: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    text: Mapped[str] = mapped_column(sa.Text)
    source: Mapped[str] = mapped_column(sa.Text, default="")
    written_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StateResponse(Base, _OfFollowup):
    """What the State says: dated text, with the status it reports. Never overwrites our own assessment."""

    __tablename__ = "state_response"

    id: Mapped[int] = mapped_column(primary_key=True)
    followup_id: Mapped[int] = mapped_column(sa.ForeignKey("followup.id"), index=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))
    received: Mapped[PartialDate] = mapped_column(PartialDateType)
    reported_status: Mapped[Implementation] = mapped_column(choice(Implementation, "reported_status"))
    position: Mapped[Position | None] = mapped_column(choice(Position, "position"))
    text: Mapped[str] = mapped_column(sa.Text)
    source: Mapped[str] = mapped_column(sa.Text, default="")
    recorded_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DueExtension(Base, _OfFollowup):
    """A later due date: asked for with a reason, approved or refused by a reviewer. The original date is kept."""

    __tablename__ = "due_extension"
    __table_args__ = (
        sa.Index("ix_due_extension_queue", "status", "requested_at", "id"),
        sa.Index("ix_due_extension_own", "requested_by_id", "status", "requested_at", "id", "state_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    followup_id: Mapped[int] = mapped_column(sa.ForeignKey("followup.id"), index=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))
    status: Mapped[ExtensionStatus] = mapped_column(choice(ExtensionStatus, "status"))
    old_due: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    new_due: Mapped[PartialDate] = mapped_column(PartialDateType)
    reason: Mapped[str] = mapped_column(sa.Text)
    requested_by_id: Mapped[int] = mapped_column(sa.ForeignKey("account.id"))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decision_note: Mapped[str] = mapped_column(sa.Text, default="")

    followup: Mapped[Followup] = relationship(viewonly=True)


class CarryOver(Base, _OfFollowup):
    """A follow-up that a later visit takes up again, and what became of it there."""

    __tablename__ = "carry_over"
    __table_args__ = (sa.UniqueConstraint("followup_id", "visit_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    followup_id: Mapped[int] = mapped_column(sa.ForeignKey("followup.id"))
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))
    disposition: Mapped[Disposition] = mapped_column(choice(Disposition, "disposition"))
    note: Mapped[str] = mapped_column(sa.Text, default="")

    visit: Mapped[Visit] = relationship()


class Evidence(Base, _OfFollowup):
    """Evidence on a follow-up: files in revisions that are never replaced, or the note of a source."""

    __tablename__ = "evidence"

    id: Mapped[int] = mapped_column(primary_key=True)
    followup_id: Mapped[int] = mapped_column(sa.ForeignKey("followup.id"), index=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))
    title: Mapped[str] = mapped_column(sa.String(300))
    source_note: Mapped[str] = mapped_column(sa.Text, default="")
    is_withdrawn: Mapped[bool] = mapped_column(default=False)

    followup: Mapped[Followup] = relationship(back_populates="evidence")
    revisions: Mapped[list[EvidenceRevision]] = relationship(order_by="EvidenceRevision.number")


class EvidenceRevision(Base, _OfFollowup):
    """One file as it was given. An administrator may remove its bytes with a reason; digest and act stay."""

    __tablename__ = "evidence_revision"
    __table_args__ = (sa.UniqueConstraint("evidence_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    evidence_id: Mapped[int] = mapped_column(sa.ForeignKey("evidence.id"))
    followup_id: Mapped[int] = mapped_column(sa.ForeignKey("followup.id"), index=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))
    number: Mapped[int]
    filename: Mapped[str] = mapped_column(sa.String(255))
    content_type: Mapped[str] = mapped_column(sa.String(100))
    size: Mapped[int] = mapped_column(sa.BigInteger)
    sha256: Mapped[str] = mapped_column(sa.String(64), index=True)
    stored_as: Mapped[str] = mapped_column(sa.String(100))
    added_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    bytes_removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    bytes_removed_reason: Mapped[str] = mapped_column(sa.Text, default="")


class FollowupCounter(Base):
    """The next follow-up number of a State. Gaps are allowed; a number is never given twice."""

    __tablename__ = "followup_counter"

    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"), primary_key=True)
    last_number: Mapped[int]
