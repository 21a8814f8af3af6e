"""Plans that follow-ups serve: the Global Strategy, regional joint plans, their measures, and a cell for each State."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker.database import Base, PartialDateType, UtcDateTime, choice
from tracker.models.versions import Versioned
from tracker.partial_date import PartialDate

PILLARS = ("I", "II", "III", "IV")
"""The four pillars of the Strategy's plan of action (A/RES/60/288); regional plans have a section for each."""


class PlanKind(StrEnum):
    STRATEGY = "strategy"
    REGIONAL = "regional"


class PlanPart(StrEnum):
    """How a State takes part in a regional plan. An observer has no cells."""

    PARTICIPANT = "participant"
    OBSERVER = "observer"


class MeasureStatus(StrEnum):
    """How far a measure is, or a State with it. ``suspended`` is only ever stated, never computed."""

    PLANNED = "planned"
    UNDER_WAY = "under_way"
    COMPLETED = "completed"
    DELAYED = "delayed"
    SUSPENDED = "suspended"


class RegionRule(StrEnum):
    """When a measure of a regional plan counts as done in the region."""

    ALL = "all"
    MAJORITY = "majority"
    NAMED = "named"


class Plan(Base, Versioned):
    """A plan: the Strategy (``GCTS``) or a regional joint plan (``CA-2011``)."""

    __tablename__ = "plan"
    __root__ = "plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(20), unique=True)
    kind: Mapped[PlanKind] = mapped_column(choice(PlanKind, "kind"))
    title: Mapped[str] = mapped_column(sa.String(300))
    symbol: Mapped[str | None] = mapped_column(sa.String(40))
    adopted_on: Mapped[date | None]
    region: Mapped[str] = mapped_column(sa.String(200), default="")
    description: Mapped[str] = mapped_column(sa.Text, default="")
    source: Mapped[str] = mapped_column(sa.Text, default="")
    version: Mapped[int] = mapped_column(default=1)

    measures: Mapped[list[Measure]] = relationship(back_populates="plan", order_by="Measure.position")
    states: Mapped[list[PlanState]] = relationship(
        order_by="PlanState.state_id", cascade="all, delete-orphan", back_populates="plan"
    )
    phases: Mapped[list[PlanPhase]] = relationship(
        order_by="PlanPhase.position", cascade="all, delete-orphan", back_populates="plan"
    )
    hosts: Mapped[list[PlanHost]] = relationship(cascade="all, delete-orphan")
    reviews: Mapped[list[PlanReview]] = relationship(order_by="PlanReview.held_on", cascade="all, delete-orphan")

    __mapper_args__ = {"version_id_col": version}  # SQLAlchemy's own name

    @property
    def participants(self) -> list[str]:
        """The States that carry the plan out; the Strategy's are all Member States, which none needs to name."""
        return [row.state_id for row in self.states if row.part is PlanPart.PARTICIPANT]

    @property
    def searched(self) -> tuple[str, str, str]:
        return self.code, self.title, f"{self.region}\n{self.description}"

    @property
    def reference(self) -> str:
        return self.code


class PlanState(Base, Versioned):
    """A State that takes part in a regional plan."""

    __tablename__ = "plan_state"
    __root__ = "plan"

    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id"), primary_key=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"), primary_key=True, index=True)
    part: Mapped[PlanPart] = mapped_column(choice(PlanPart, "part"))

    plan: Mapped[Plan] = relationship(back_populates="states")


class PlanPhase(Base, Versioned):
    """A phase of a plan, with the dates that are known."""

    __tablename__ = "plan_phase"
    __root__ = "plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id"), index=True)
    position: Mapped[int]
    title: Mapped[str] = mapped_column(sa.String(200))
    start: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    end: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    note: Mapped[str] = mapped_column(sa.Text, default="")

    plan: Mapped[Plan] = relationship(back_populates="phases")


class PlanHost(Base, Versioned):
    """An organisation that hosts or carries a plan."""

    __tablename__ = "plan_host"
    __root__ = "plan"

    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id"), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), primary_key=True)


class PlanReview(Base, Versioned):
    """A review of the Strategy by the General Assembly, by its symbol and date."""

    __tablename__ = "plan_review"
    __root__ = "plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id"), index=True)
    symbol: Mapped[str] = mapped_column(sa.String(40))
    held_on: Mapped[PartialDate] = mapped_column(PartialDateType)
    note: Mapped[str] = mapped_column(sa.Text, default="")


class Measure(Base, Versioned):
    """One measure of a plan, ``GCTS-II-10`` or ``CA-2011-M07``; ``pillar`` is I to IV.

    ``wording_note`` says whose words the text is, where they are not the plan's. A stated status stands beside the
    computed one and may differ from it.
    """

    __tablename__ = "measure"
    __searched__ = ("reference", "text", "indicator")
    __root__ = "measure"
    __table_args__ = (sa.Index("ix_measure_plan_position", "plan_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(sa.String(30), unique=True)
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id"))
    pillar: Mapped[str] = mapped_column(sa.String(3))
    number: Mapped[int]
    position: Mapped[int]
    text: Mapped[str] = mapped_column(sa.Text)
    wording_note: Mapped[str] = mapped_column(sa.String(300), default="")
    lead_body: Mapped[str] = mapped_column(sa.String(300), default="")
    partners: Mapped[str] = mapped_column(sa.Text, default="")
    deadline: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    indicator: Mapped[str] = mapped_column(sa.Text, default="")
    rule: Mapped[RegionRule] = mapped_column(choice(RegionRule, "rule"), default=RegionRule.ALL)
    stated_status: Mapped[MeasureStatus | None] = mapped_column(choice(MeasureStatus, "stated_status"))
    stated_on: Mapped[date | None]
    stated_reason: Mapped[str] = mapped_column(sa.Text, default="")
    stated_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    retired_on: Mapped[date | None]
    retired_reason: Mapped[str] = mapped_column(sa.Text, default="")
    version: Mapped[int] = mapped_column(default=1)

    plan: Mapped[Plan] = relationship(back_populates="measures")
    carries: Mapped[list[MeasureCarries]] = relationship(
        cascade="all, delete-orphan", foreign_keys="MeasureCarries.measure_id"
    )
    named_states: Mapped[list[MeasureState]] = relationship(
        order_by="MeasureState.state_id", cascade="all, delete-orphan"
    )
    cells: Mapped[list[MeasureCell]] = relationship(
        order_by="MeasureCell.state_id", cascade="all, delete-orphan", back_populates="measure"
    )

    __mapper_args__ = {"version_id_col": version}  # SQLAlchemy's own name

    @property
    def searched(self) -> tuple[str, str, str]:
        return self.reference, "", f"{self.text}\n{self.indicator}"


class MeasureCarries(Base, Versioned):
    """A measure of the Strategy that a regional measure carries out."""

    __tablename__ = "measure_carries"
    __root__ = "measure"

    measure_id: Mapped[int] = mapped_column(sa.ForeignKey("measure.id"), primary_key=True)
    strategy_measure_id: Mapped[int] = mapped_column(sa.ForeignKey("measure.id"), primary_key=True, index=True)


class MeasureState(Base, Versioned):
    """A State that must be done before a measure counts as done in the region, under the rule ``named``."""

    __tablename__ = "measure_state"
    __root__ = "measure"

    measure_id: Mapped[int] = mapped_column(sa.ForeignKey("measure.id"), primary_key=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"), primary_key=True)


class MeasureCell(Base, Versioned):
    """What is known of one participating State and one measure; no status is "no word yet"."""

    __tablename__ = "measure_cell"
    __root__ = "measure"
    __table_args__ = (sa.UniqueConstraint("measure_id", "state_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    measure_id: Mapped[int] = mapped_column(sa.ForeignKey("measure.id"))
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"), index=True)
    status: Mapped[MeasureStatus | None] = mapped_column(choice(MeasureStatus, "status"))
    status_on: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    evidence: Mapped[str] = mapped_column(sa.Text, default="")
    note: Mapped[str] = mapped_column(sa.Text, default="")
    version: Mapped[int] = mapped_column(default=1)

    measure: Mapped[Measure] = relationship(back_populates="cells")

    __mapper_args__ = {"version_id_col": version}  # SQLAlchemy's own name


class FollowupMeasure(Base, Versioned):
    """A follow-up serves a measure, with the reason why. No part of a seal: it has a history of its own."""

    __tablename__ = "followup_measure"
    __root__ = "followup"

    followup_id: Mapped[int] = mapped_column(sa.ForeignKey("followup.id"), primary_key=True)
    measure_id: Mapped[int] = mapped_column(sa.ForeignKey("measure.id"), primary_key=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    linked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    linked_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (sa.Index("ix_followup_measure_measure", "measure_id", "state_id", "followup_id"),)


class AreaPillar(Base):
    """Areas and pillars, many to many: which measures are suggested for a follow-up. Edited by an administrator."""

    __tablename__ = "area_pillar"

    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"), primary_key=True)
    pillar: Mapped[str] = mapped_column(sa.String(3), primary_key=True)
