"""Rows that are valid by default, each with its event in the log. People are named by their role only."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import factory
import sqlalchemy as sa
from factory.alchemy import SQLAlchemyModelFactory

from tracker import clock, history
from tracker.extensions import db
from tracker.models import (
    Account,
    Area,
    Authority,
    Conclusion,
    ConclusionKind,
    ConclusionStatus,
    Followup,
    FollowupCounter,
    FollowupMeasure,
    FollowupStatus,
    Grant,
    GrantState,
    Measure,
    MeasureCell,
    MeasureStatus,
    Meeting,
    Plan,
    PlanKind,
    PlanPart,
    PlanState,
    Role,
    Scope,
    Versioned,
    Visit,
    VisitArea,
    VisitMode,
    VisitSequence,
    VisitStage,
    VisitType,
)
from tracker.partial_date import PartialDate
from tracker.services import passwords

PASSWORD = "seven herons over the estuary"
AREA = "FIN-02"


class Rows(SQLAlchemyModelFactory):
    """Adds the row and notes its creation, so that a commit is complete."""

    class Meta:
        abstract = True
        sqlalchemy_session = db.session

    @classmethod
    def _save(cls, model_class: Any, session: Any, args: Any, kwargs: Any) -> Any:
        row = model_class(*args, **kwargs)
        session.add(row)
        session.flush()
        if isinstance(row, Versioned):
            history.record(f"{row.__tablename__}.created", row, by=None)
        return row


class AccountFactory(Rows):
    """Someone with one grant: ``AccountFactory(role=Role.REVIEWER, states=["PAK"])``; ``role=None`` for no grant."""

    class Meta:
        model = Account

    class Params:
        role = Role.ANALYST
        states: list[str] | None = None
        region: str | None = None
        ends_on: date | None = None

    email = factory.LazyAttributeSequence(lambda made, number: f"{made.role or 'nobody'}.{number}@example.org")
    name = factory.LazyAttributeSequence(lambda made, number: f"{(made.role or 'nobody').capitalize()} {number}")
    password = factory.LazyFunction(lambda: passwords.hashed(PASSWORD))
    active = True
    fs_uniquifier = factory.LazyFunction(lambda: uuid.uuid4().hex)
    created_at = factory.LazyFunction(clock.now)

    @classmethod
    def create(cls, **kwargs: Any) -> Account:
        """The account, with its grant."""
        account: Account = super().create(**kwargs)
        role = kwargs.get("role", Role.ANALYST)
        if role is not None:
            grant(account, role, kwargs.get("states"), kwargs.get("region"), kwargs.get("ends_on"))
        return account


def grant(
    account: Account,
    role: Role,
    states: list[str] | None = None,
    region: str | None = None,
    ends_on: date | None = None,
) -> Grant:
    """A further grant: within the States named, else the region, else everywhere."""
    scope = Scope.STATES if states is not None else Scope.REGION if region else Scope.ALL
    given = Grant(role=role, scope=scope, region_code=region, ends_on=ends_on, granted_at=clock.now())
    given.states.extend(GrantState(state_id=state) for state in states or [])
    account.grants.append(given)
    history.record("account.granted", account, by=None)
    return given


class AuthorityFactory(Rows):
    class Meta:
        model = Authority

    state_id = "PAK"
    name = factory.Sequence(lambda number: f"Ministry of the Interior, department {number}")


class VisitFactory(Rows):
    """``PAK-2006-1`` and so on: the number follows from the rows that are there."""

    class Meta:
        model = Visit

    state_id = "PAK"
    year = 2006
    number = factory.LazyAttribute(
        lambda made: _next(Visit.number, Visit.state_id == made.state_id, Visit.year == made.year)
    )
    reference = factory.LazyAttribute(lambda made: f"{made.state_id}-{made.year}-{made.number}")
    type = VisitType.COMPREHENSIVE
    mode = VisitMode.ON_SITE
    sequence = VisitSequence.FIRST
    stage = VisitStage.PROVISIONAL_ISSUED
    start = factory.LazyAttribute(lambda made: PartialDate(made.year, 11, 13))
    end = factory.LazyAttribute(lambda made: PartialDate(made.year, 11, 17))
    sort_day = factory.LazyAttribute(lambda made: made.start.first_day if made.start else date(made.year, 1, 1))
    created_at = factory.LazyFunction(clock.now)
    updated_at = factory.LazyFunction(clock.now)


class ConclusionFactory(Rows):
    class Meta:
        model = Conclusion

    visit = factory.SubFactory(VisitFactory)
    state_id = factory.LazyAttribute(lambda made: made.visit.state_id)
    number = factory.LazyAttribute(lambda made: _next(Conclusion.number, Conclusion.visit_id == made.visit.id))
    reference = factory.LazyAttribute(lambda made: f"{made.visit.reference}-C{made.number}")
    kind = ConclusionKind.SHORTFALL
    area_code = AREA
    area_edition = factory.LazyAttribute(lambda made: edition(made.area_code))
    text = "Terrorist financing is not yet an offence of its own."
    workflow = ConclusionStatus.DRAFT
    created_at = factory.LazyFunction(clock.now)
    updated_at = factory.LazyFunction(clock.now)


class FollowupFactory(Rows):
    """``PAK-F001`` and so on: a bare draft with a title and a main area."""

    class Meta:
        model = Followup

    state_id = "PAK"
    number = factory.LazyAttribute(lambda made: _next_followup(made.state_id))
    reference = factory.LazyAttribute(lambda made: f"{made.state_id}-F{made.number:03}")
    title = "Bring the bill on terrorist financing before Parliament"
    text = "Make the financing of terrorism an offence in its own right, whether or not an act is committed."
    area_code = AREA
    area_edition = factory.LazyAttribute(lambda made: edition(made.area_code) if made.area_code else None)
    workflow = FollowupStatus.DRAFT
    original_due = factory.LazyAttribute(lambda made: made.current_due)
    current_due: PartialDate | None = None
    current_due_last = factory.LazyAttribute(lambda made: made.current_due.last_day if made.current_due else None)
    created_at = factory.LazyFunction(clock.now)
    updated_at = factory.LazyFunction(clock.now)


class MeetingFactory(Rows):
    """``MTG-2011-1`` and so on, of one day."""

    class Meta:
        model = Meeting

    year = 2011
    number = factory.LazyAttribute(lambda made: _next(Meeting.number, Meeting.year == made.year))
    reference = factory.LazyAttribute(lambda made: f"MTG-{made.year}-{made.number}")
    title = "Expert meeting"
    start = factory.LazyAttribute(lambda made: PartialDate(made.year, 3, 29))
    sort_day = factory.LazyAttribute(lambda made: made.start.first_day)
    source = "Page of the Task Force"


class PlanFactory(Rows):
    """``JP-1`` and so on: a regional plan of the States of ``participants``, watched by those of ``observers``."""

    class Meta:
        model = Plan
        exclude = ("participants", "observers")

    participants: tuple[str, ...] = ("KGZ", "TJK")
    observers: tuple[str, ...] = ()
    code = factory.Sequence(lambda number: f"JP-{number}")
    kind = PlanKind.REGIONAL
    title = "Joint plan of action"
    adopted_on = date(2011, 11, 30)
    states = factory.LazyAttribute(
        lambda made: (
            [PlanState(state_id=state, part=PlanPart.PARTICIPANT) for state in made.participants]
            + [PlanState(state_id=state, part=PlanPart.OBSERVER) for state in made.observers]
        )
    )


class MeasureFactory(Rows):
    """``JP-1-M01`` and so on. ``cells`` are written with ``cell``."""

    class Meta:
        model = Measure
        exclude = ("plan",)  # by its id: a plan whose list of measures grows would want an event of its own

    plan = factory.SubFactory(PlanFactory)
    plan_id = factory.LazyAttribute(lambda made: made.plan.id)
    pillar = "II"
    number = factory.LazyAttribute(lambda made: _next(Measure.number, Measure.plan_id == made.plan.id))
    position = factory.LazyAttribute(lambda made: made.number)
    reference = factory.LazyAttribute(lambda made: f"{made.plan.code}-M{made.number:02}")
    text = "Exchange what is known of the movement of funds."


def cell(measure: Measure, state: str, status: MeasureStatus | None = None) -> MeasureCell:
    """The cell of a State, as it stands."""
    made = MeasureCell(measure_id=measure.id, state_id=state, status=status)
    measure.cells.append(made)
    history.record("measure.cell_changed", measure, by=None, state_id=state)
    return made


def serve(followup: Followup, measure: Measure) -> FollowupMeasure:
    """The follow-up serves the measure."""
    made = FollowupMeasure(
        followup_id=followup.id, measure_id=measure.id, state_id=followup.state_id, linked_at=clock.now()
    )
    db.session.add(made)
    history.record("followup.measure_linked", followup, by=None)
    return made


def examined(state: str, *areas: str, **values: Any) -> Visit:
    """A visit that was held, with these areas in its scope."""
    visit: Visit = VisitFactory(state_id=state, **values)
    visit.areas.extend(VisitArea(area_code=code, state_id=state) for code in areas)
    history.record("visit.edited", visit, by=None)
    return visit


def edition(area_code: str) -> int:
    """The area's current edition."""
    return db.session.get_one(Area, area_code).current_edition


def _next(column: Any, *where: Any) -> int:
    return int(db.session.scalar(sa.select(sa.func.max(column)).where(*where)) or 0) + 1


def _next_followup(state_id: str) -> int:
    counter = db.session.get(FollowupCounter, state_id) or FollowupCounter(state_id=state_id, last_number=0)
    counter.last_number += 1
    db.session.add(counter)
    return counter.last_number
