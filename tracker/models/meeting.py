"""Expert and special meetings, who took part, and what they produced."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker.database import Base, PartialDateType, choice
from tracker.models.versions import Versioned
from tracker.partial_date import PartialDate


class MeetingPart(StrEnum):
    """What an organisation did at a meeting."""

    HOST = "host"
    CO_ORGANISER = "co_organiser"
    PARTICIPANT = "participant"


TAKING_PART = {
    "hosts": MeetingPart.HOST,
    "co_organisers": MeetingPart.CO_ORGANISER,
    "participants": MeetingPart.PARTICIPANT,
}
"""The organisations of a meeting, as forms and services call them, and the part that each of them has."""


class OutcomeKind(StrEnum):
    """What a meeting produced; a topic is what it discussed, which nobody recommended."""

    GAP = "gap"
    GOOD_PRACTICE = "good_practice"
    RECOMMENDATION = "recommendation"
    TOPIC = "topic"


class Meeting(Base, Versioned):
    """One meeting of a series, ``MTG-2011-1``. ``attendance`` is in the source's words: "about 60 organisations"."""

    __tablename__ = "meeting"
    __root__ = "meeting"
    __table_args__ = (sa.UniqueConstraint("year", "number"), sa.Index("ix_meeting_sort_day_id", "sort_day", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(sa.String(20), unique=True)
    year: Mapped[int]
    number: Mapped[int]
    series: Mapped[str] = mapped_column(sa.String(200), default="")
    title: Mapped[str] = mapped_column(sa.String(300))
    place: Mapped[str] = mapped_column(sa.String(200), default="")
    start: Mapped[PartialDate] = mapped_column(PartialDateType)
    end: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    sort_day: Mapped[date]
    attendance: Mapped[str] = mapped_column(sa.String(300), default="")
    pillars: Mapped[str] = mapped_column(sa.String(20), default="")
    topics: Mapped[str] = mapped_column(sa.Text, default="")
    source: Mapped[str] = mapped_column(sa.Text, default="")
    plan_id: Mapped[int | None] = mapped_column(sa.ForeignKey("plan.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)

    states: Mapped[list[MeetingState]] = relationship(order_by="MeetingState.state_id", cascade="all, delete-orphan")
    organisations: Mapped[list[MeetingOrganisation]] = relationship(cascade="all, delete-orphan")
    outcomes: Mapped[list[MeetingOutcome]] = relationship(
        order_by="MeetingOutcome.position", cascade="all, delete-orphan", back_populates="meeting"
    )

    __mapper_args__ = {"version_id_col": version}  # SQLAlchemy's own name

    @property
    def searched(self) -> tuple[str, str, str]:
        return self.reference, self.title, f"{self.series}\n{self.place}\n{self.topics}"


class MeetingState(Base, Versioned):
    """A State that took part."""

    __tablename__ = "meeting_state"
    __root__ = "meeting"

    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id"), primary_key=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"), primary_key=True, index=True)


class MeetingOrganisation(Base, Versioned):
    """An organisation that took part, and how."""

    __tablename__ = "meeting_organisation"
    __root__ = "meeting"

    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id"), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(sa.ForeignKey("organisation.id"), primary_key=True)
    part: Mapped[MeetingPart] = mapped_column(choice(MeetingPart, "part"), primary_key=True)


class MeetingOutcome(Base, Versioned):
    """A topic, a gap, a good practice or a recommendation of a meeting, and the measure that it became.

    One that was taken off the list has no ``position``; it stays, because measures and follow-ups may name it as their
    origin, and whether they do must not show.
    """

    __tablename__ = "meeting_outcome"
    __root__ = "meeting"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id"), index=True)
    position: Mapped[int | None]
    kind: Mapped[OutcomeKind] = mapped_column(choice(OutcomeKind, "kind"))
    text: Mapped[str] = mapped_column(sa.Text)
    measure_id: Mapped[int | None] = mapped_column(sa.ForeignKey("measure.id"), index=True)
    # Empty since each follow-up has a row of its own below. The column stays: what the log vouches for covers it.
    followup_id: Mapped[int | None] = mapped_column(sa.ForeignKey("followup.id"), index=True)

    meeting: Mapped[Meeting] = relationship(back_populates="outcomes")


class OutcomeFollowup(Base, Versioned):
    """A follow-up that a recommendation became, one at most for each Member State. It is seen where its State is."""

    __tablename__ = "outcome_followup"
    __root__ = "meeting"

    outcome_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting_outcome.id"), primary_key=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"), primary_key=True)
    followup_id: Mapped[int] = mapped_column(sa.ForeignKey("followup.id"), index=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id"))
