"""Country visits: their components, delegation, counterparts, on-site checks, scope, consents and stages."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracker.database import Base, PartialDateType, UtcDateTime, choice
from tracker.models.catalogue import Organisation, Resolution
from tracker.models.sealable import Sharing
from tracker.models.state import Authority
from tracker.models.versions import Versioned, index_of_some
from tracker.partial_date import PartialDate


class VisitType(StrEnum):
    """The four report types of 8 October 2018, and what came before or beside them."""

    NOT_STATED = "not_stated"
    COMPREHENSIVE = "comprehensive"
    FOCUSED = "focused"
    REGIONAL = "regional"
    FOLLOW_UP = "follow_up"
    ADVOCACY = "advocacy"
    HIGH_LEVEL = "high_level"


class VisitMode(StrEnum):
    ON_SITE = "on_site"
    VIRTUAL = "virtual"
    HYBRID = "hybrid"


class VisitSequence(StrEnum):
    NOT_STATED = "not_stated"
    FIRST = "first"
    FIRST_FOLLOW_UP = "first_follow_up"
    SECOND_FOLLOW_UP = "second_follow_up"
    LATER_FOLLOW_UP = "later_follow_up"


class VisitStage(StrEnum):
    """The stages of a visit, in order, then those that stand beside the line."""

    PROPOSED = "proposed"
    CONSENT_REQUESTED = "consent_requested"
    CONSENTED = "consented"
    PREPARING = "preparing"
    UNDER_WAY = "under_way"
    PROVISIONAL_ISSUED = "provisional_issued"
    DRAFT_REPORT = "draft_report"
    WITH_STATE = "with_state"
    FOR_ADOPTION = "for_adoption"
    ADOPTED = "adopted"
    RESPONSE_DUE = "response_due"
    RESPONSE_RECEIVED = "response_received"
    CLOSED = "closed"
    DECLINED = "declined"
    DEFERRED = "deferred"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"


class ConsentScope(StrEnum):
    """The State's consent to share the report; never to be confused with its consent to the visit."""

    NOT_ASKED = "not_asked"
    ASKED = "asked"
    FULL = "full"
    PARTIAL = "partial"
    REFUSED = "refused"


class DelegateKind(StrEnum):
    HEAD = "head"
    MEMBER = "member"
    PARTNER = "partner"
    TEAM = "team"


class Tour(Base, Versioned):
    """Visits of one trip, such as a regional visit to several States."""

    __tablename__ = "tour"
    __root__ = "tour"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(300), unique=True)


class Visit(Base, Versioned):
    """A visit to one State, ``PAK-2006-1``. ``year`` and the reference stay when the dates slip."""

    __tablename__ = "visit"
    __root__ = "visit"
    __table_args__ = (
        sa.UniqueConstraint("state_id", "year", "number"),
        sa.Index("ix_visit_sort_day_id", "sort_day", "id"),
        sa.Index("ix_visit_state_id_sort_day_id", "state_id", "sort_day", "id"),
        sa.Index("ix_visit_stage_sort_day_id", "stage", "sort_day", "id"),
        index_of_some("ix_visit_open", "sort_day", "id", "stage", "state_id", where="stage != 'closed'"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(sa.String(20), unique=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))
    year: Mapped[int]
    number: Mapped[int]
    type: Mapped[VisitType] = mapped_column(choice(VisitType, "type"))
    mode: Mapped[VisitMode] = mapped_column(choice(VisitMode, "mode"))
    sequence: Mapped[VisitSequence] = mapped_column(choice(VisitSequence, "sequence"))
    stage: Mapped[VisitStage] = mapped_column(choice(VisitStage, "stage"))
    tour_id: Mapped[int | None] = mapped_column(sa.ForeignKey("tour.id"), index=True)
    start: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    end: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    sort_day: Mapped[date]
    summary: Mapped[str] = mapped_column(sa.Text, default="")
    visit_consent_on: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    visit_consent_by: Mapped[str] = mapped_column(sa.String(300), default="")
    share_consent: Mapped[ConsentScope] = mapped_column(
        choice(ConsentScope, "share_consent"), default=ConsentScope.NOT_ASKED
    )
    share_consent_on: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    share_consent_by: Mapped[str] = mapped_column(sa.String(300), default="")
    share_excluded: Mapped[str] = mapped_column(sa.Text, default="")
    sharing: Mapped[Sharing] = mapped_column(choice(Sharing, "sharing"), default=Sharing.INTERNAL)
    conclusions_due: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    comments_due: Mapped[date | None]
    response_due: Mapped[date | None]
    response_received: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    version: Mapped[int] = mapped_column(default=1)
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    components: Mapped[list[VisitComponent]] = relationship(
        back_populates="visit", order_by="VisitComponent.number", cascade="all, delete-orphan"
    )
    delegates: Mapped[list[VisitDelegate]] = relationship(
        back_populates="visit", order_by="VisitDelegate.id", cascade="all, delete-orphan"
    )
    counterparts: Mapped[list[VisitCounterpart]] = relationship(
        back_populates="visit", order_by="VisitCounterpart.id", cascade="all, delete-orphan"
    )
    checks: Mapped[list[VisitCheck]] = relationship(
        back_populates="visit", order_by="VisitCheck.id", cascade="all, delete-orphan"
    )
    areas: Mapped[list[VisitArea]] = relationship(
        back_populates="visit", order_by="VisitArea.area_code", cascade="all, delete-orphan"
    )
    resolutions: Mapped[list[VisitResolution]] = relationship(
        back_populates="visit", order_by="VisitResolution.resolution_number", cascade="all, delete-orphan"
    )
    sources: Mapped[list[VisitSource]] = relationship(
        back_populates="visit", order_by="VisitSource.id", cascade="all, delete-orphan"
    )
    moves: Mapped[list[VisitMove]] = relationship(back_populates="visit", order_by="VisitMove.id")
    tour: Mapped[Tour | None] = relationship()

    __mapper_args__ = {"version_id_col": version}  # a change of the row raises it (R20)

    @property
    def searched(self) -> tuple[str, str, str]:
        """Reference, title (the tour's, if any) and text as search knows them."""
        return self.reference, self.tour.title if self.tour else "", self.summary

    @property
    def is_assessment(self) -> bool:
        """A joint high-level visit is political and assesses nothing."""
        return self.type is not VisitType.HIGH_LEVEL


class _OfVisit(Versioned):
    """A child of a visit: it carries the State, so that scope is one predicate everywhere."""

    __root__ = "visit"


class VisitComponent(Base, _OfVisit):
    """A part of a visit with its own dates, mode and areas: a virtual and a physical half are one visit."""

    __tablename__ = "visit_component"

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))
    number: Mapped[int]
    mode: Mapped[VisitMode] = mapped_column(choice(VisitMode, "mode"))
    start: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    end: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    note: Mapped[str] = mapped_column(sa.Text, default="")

    visit: Mapped[Visit] = relationship(back_populates="components")
    areas: Mapped[list[ComponentArea]] = relationship(order_by="ComponentArea.area_code", cascade="all, delete-orphan")


class ComponentArea(Base, _OfVisit):
    """An area that a component covered."""

    __tablename__ = "visit_component_area"

    component_id: Mapped[int] = mapped_column(sa.ForeignKey("visit_component.id"), primary_key=True)
    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"), primary_key=True)
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))


class VisitDelegate(Base, _OfVisit):
    """The head, a member, a partner organisation or a team of the delegation, by function, with areas covered.

    People are named by function only.
    """

    __tablename__ = "visit_delegate"

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))
    kind: Mapped[DelegateKind] = mapped_column(choice(DelegateKind, "kind"))
    function: Mapped[str] = mapped_column(sa.String(300), default="")
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)

    visit: Mapped[Visit] = relationship(back_populates="delegates")
    organisation: Mapped[Organisation | None] = relationship()
    areas: Mapped[list[DelegateArea]] = relationship(order_by="DelegateArea.area_code", cascade="all, delete-orphan")


class DelegateArea(Base, _OfVisit):
    """An area that a delegate covered."""

    __tablename__ = "visit_delegate_area"

    delegate_id: Mapped[int] = mapped_column(sa.ForeignKey("visit_delegate.id"), primary_key=True)
    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"), primary_key=True)
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))


class VisitCounterpart(Base, _OfVisit):
    """An authority met: at what level, when, on what."""

    __tablename__ = "visit_counterpart"

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))
    authority_id: Mapped[int] = mapped_column(sa.ForeignKey("authority.id"), index=True)
    level: Mapped[str] = mapped_column(sa.String(200), default="")
    met_on: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    subject: Mapped[str] = mapped_column(sa.Text, default="")

    visit: Mapped[Visit] = relationship(back_populates="counterparts")
    authority: Mapped[Authority] = relationship()


class VisitCheck(Base, _OfVisit):
    """An on-site check: an airport, port, border post, prison, financial intelligence unit …"""

    __tablename__ = "visit_check"

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))
    place: Mapped[str] = mapped_column(sa.String(300))
    checked_on: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    note: Mapped[str] = mapped_column(sa.Text, default="")

    visit: Mapped[Visit] = relationship(back_populates="checks")


class VisitArea(Base, _OfVisit):
    """An area in the visit's scope."""

    __tablename__ = "visit_area"

    visit_id: Mapped[int] = mapped_column(sa.ForeignKey("visit.id"), primary_key=True)
    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"), primary_key=True, index=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))

    visit: Mapped[Visit] = relationship(back_populates="areas")


class VisitResolution(Base, _OfVisit):
    """A resolution that the visit measures against: proposed from its date, then edited."""

    __tablename__ = "visit_resolution"

    visit_id: Mapped[int] = mapped_column(sa.ForeignKey("visit.id"), primary_key=True)
    resolution_number: Mapped[int] = mapped_column(sa.ForeignKey("resolution.number"), primary_key=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))

    visit: Mapped[Visit] = relationship(back_populates="resolutions")
    resolution: Mapped[Resolution] = relationship()


class VisitSource(Base, _OfVisit):
    """Where what is recorded of the visit comes from."""

    __tablename__ = "visit_source"

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))
    title: Mapped[str] = mapped_column(sa.String(500))
    url: Mapped[str | None] = mapped_column(sa.String(1000))

    visit: Mapped[Visit] = relationship(back_populates="sources")


class VisitMove(Base, _OfVisit):
    """A stage move: ``happened`` is the day that it happened, ``recorded_at`` the moment it was entered."""

    __tablename__ = "visit_move"

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey("visit.id"), index=True)
    state_id: Mapped[str] = mapped_column(sa.ForeignKey("state.id"))
    from_stage: Mapped[VisitStage | None] = mapped_column(choice(VisitStage, "from_stage"))
    to_stage: Mapped[VisitStage] = mapped_column(choice(VisitStage, "to_stage"))
    happened: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    recorded_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("account.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)

    visit: Mapped[Visit] = relationship(back_populates="moves")
