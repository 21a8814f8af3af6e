"""One of everything on a State, told through the services: what the sweeps over all addresses look at.

Each text carries ``mark``, a word that stands nowhere else, so that a sweep can tell whether any of it shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

import sqlalchemy as sa

from tests.factories import AccountFactory
from tracker.extensions import db
from tracker.models import (
    Account,
    Basis,
    ConclusionKind,
    ConsentScope,
    DelegateKind,
    DueExtension,
    Evidence,
    Followup,
    Implementation,
    Measure,
    MeasureStatus,
    Meeting,
    MeetingOutcome,
    Notification,
    OutcomeKind,
    Paragraph,
    Plan,
    Position,
    Priority,
    Role,
    Scope,
    VisitStage,
    VisitType,
)
from tracker.partial_date import PartialDate
from tracker.reports import catalogue
from tracker.services import (
    assessments,
    carry_overs,
    comments,
    conclusions,
    evidence,
    extensions,
    followups,
    grants,
    measure_links,
    measures,
    meetings,
    notifications,
    plans,
    progress,
    responses,
    signoff,
    visit_parts,
    visits,
)

TEXT_FILE = b"The bill as it was tabled, line by line.\n"


@dataclass(frozen=True)
class Cast:
    """Who acts, one person for each role, everywhere."""

    analyst: Account
    analyst2: Account
    reviewer: Account
    coordinator: Account
    auditor: Account
    administrator: Account

    def __getitem__(self, role: str) -> Account:
        found: Account = getattr(self, role)
        return found


ROLES = ("analyst", "reviewer", "coordinator", "auditor", "administrator")


def cast(states: list[str] | None = None) -> Cast:
    """One person for each role; within ``states`` when they are given."""

    def person(role: Role) -> Account:
        account: Account = AccountFactory(role=role, states=None if role is Role.ADMINISTRATOR else states)
        return account

    return Cast(
        analyst=person(Role.ANALYST),
        analyst2=person(Role.ANALYST),
        reviewer=person(Role.REVIEWER),
        coordinator=person(Role.COORDINATOR),
        auditor=person(Role.AUDITOR),
        administrator=person(Role.ADMINISTRATOR),
    )


@dataclass(frozen=True)
class World:
    """What there is on one State. ``names`` fills the places of an address (``{visit}``, ``{evidence}`` …)."""

    state: str
    mark: str
    names: dict[str, Any]

    def address(self, pattern: str) -> str:
        return pattern.format(**self.names)


def build(people: Cast, state: str = "PAK", mark: str = "Quorlith", tour: str = "") -> World:
    """Two visits with all their parts, conclusions and follow-ups in each state of sign-off, and what is attached."""
    visit = _visit(people.analyst, state, mark, tour)
    matrix = assessments.assess(
        visit, "FIN-02", by=people.analyst, rating=_rating(), explanation=f"{mark} explains the rating"
    ).matrix
    later = visits.create(
        state,
        by=people.analyst,
        components=[visit_parts.Component(start=PartialDate(2015, 3, 2), end=PartialDate(2015, 3, 6))],
        details=visits.Details(summary=f"{mark} went again"),
    )
    draft = _conclusion(visit, people, mark, "is a draft")
    waiting = _conclusion(visit, people, mark, "waits for the reviewers")
    signoff.submit(waiting, by=people.analyst, note=f"{mark} asks")
    signed = _conclusion(visit, people, mark, "is signed off")
    signoff.submit(signed, by=people.analyst)
    signoff.sign_off(signed, by=people.reviewer, content_version=signed.content_version)
    followup = _followup(people, state, mark, "is a draft", visit.id, [draft.id])
    item, extension = _attach(followup, later, people, mark)
    submitted = _followup(people, state, mark, "waits", visit.id, [signed.id])
    signoff.submit(submitted, by=people.analyst, note=f"{mark} asks")
    sealed = _followup(people, state, mark, "is signed off", visit.id, [signed.id])
    signoff.submit(sealed, by=people.analyst)
    signoff.sign_off(sealed, by=people.reviewer, content_version=sealed.content_version, note=f"{mark} agrees")
    ended = _followup(people, state, mark, "was withdrawn", visit.id, [signed.id])
    followups.withdraw(ended, f"{mark} was entered twice", by=people.analyst)
    notifications.notify(people.analyst, "record_returned", obj=sealed)
    meeting, outcome = _meeting(people, followup)
    plan = _plan(people.coordinator, state)
    newcomer = AccountFactory(role=None, password=None)
    given = grants.grant(newcomer, Role.AUDITOR, Scope.STATES, by=people.administrator, states=[state])
    db.session.commit()
    return World(
        state=state,
        mark=mark,
        names={
            "state": state,
            "visit": visit.reference,
            "later": later.reference,
            "later_id": later.id,
            "component": visit.components[0].id,
            "delegate": visit.delegates[0].id,
            "counterpart": visit.counterparts[0].id,
            "check": visit.checks[0].id,
            "source": visit.sources[0].id,
            "matrix": matrix.reference,
            "conclusion": draft.reference,
            "waiting": waiting.reference,
            "signed": signed.reference,
            "followup": followup.reference,
            "followup_version": followup.content_version,
            "submitted": submitted.reference,
            "submitted_version": submitted.content_version,
            "sealed": sealed.reference,
            "ended": ended.reference,
            "evidence": item.id,
            "revision": item.revisions[0].id,
            "extension": extension.id,
            "carry_over": followup.carry_overs[0].id,
            "meeting": meeting.reference,
            "outcome": outcome.id,
            "plan": plan.code,
            "phase": plan.phases[0].id,
            "measure": plan.measures[0].reference,
            "stated": plan.measures[1].reference,
            "retired": plan.measures[2].reference,
            "paragraph": "1373-1(b)",
            "account": given.account_id,
            "grant": given.id,
            "notification": _notification(people.analyst),
        },
    )


def _rating() -> str:
    return next(code for code, level in catalogue.ratings().items() if level.is_active)


def _visit(by: Account, state: str, mark: str, tour: str) -> Any:
    visit = visits.create(
        state,
        by=by,
        details=visits.Details(type=VisitType.COMPREHENSIVE, summary=f"{mark} visited"),
        components=[
            visit_parts.Component(
                start=PartialDate(2006, 11, 13),
                end=PartialDate(2006, 11, 17),
                note=f"{mark} in the capital",
                areas=["FIN-01"],
            )
        ],
        areas=["FIN-02"],
        sources=[visit_parts.Source(f"{mark} gazette", "https://example.org/gazette")],
        tour=tour,
        standing=visits.Standing(VisitStage.PROVISIONAL_ISSUED, PartialDate(2006, 11, 17)),
    )
    visit_parts.add_delegate(visit, visit_parts.Delegate(DelegateKind.HEAD, f"{mark} leads", areas=["FIN-01"]), by=by)
    visit_parts.add_counterpart(
        visit, visit_parts.Counterpart(f"{mark} ministry", "Minister", PartialDate(2006, 11, 14), f"{mark} law"), by=by
    )
    visit_parts.add_check(visit, visit_parts.Check(f"{mark} airport", PartialDate(2006, 11, 15), f"{mark} seen"), by=by)
    visits.record_visit_consent(visit, by=by, given_on=PartialDate(2006, 9), given_by=f"{mark} mission")
    visits.record_share_consent(
        visit,
        by=by,
        consent=ConsentScope.PARTIAL,
        given_on=PartialDate(2006, 12),
        given_by=f"{mark} mission",
        excluded=f"{mark} annex",
    )
    comments.add(visit, f"{mark} remarks on the visit", by=by)
    return visit


def _conclusion(visit: Any, people: Cast, mark: str, words: str) -> Any:
    return conclusions.create(
        visit,
        by=people.analyst,
        kind=ConclusionKind.SHORTFALL,
        area_code="FIN-02",
        text=f"{mark} {words}",
        basis=Basis.OBLIGATION,
        paragraph_ids=[_paragraph()],
        source=f"{mark} report",
    )


def _followup(people: Cast, state: str, mark: str, words: str, visit_id: int, answered: list[int]) -> Followup:
    return followups.create(
        state,
        followups.FollowupInput(
            title=f"{mark} {words}",
            text=f"{mark} tells what should be done",
            area_code="FIN-02",
            further_areas=["FIN-01"],
            paragraph_ids=[_paragraph()],
            basis=Basis.OBLIGATION,
            priority=Priority.HIGH,
            authorities=[f"{mark} ministry"],
            conclusion_ids=answered,
            visit_id=visit_id,
            owner_id=people.analyst.id,
            indicator=f"{mark} is in force",
            due=PartialDate(2008, 6, 30),
            source=f"{mark} report",
            next_step=f"{mark} writes a letter",
        ),
        by=people.analyst,
    )


def _attach(followup: Followup, later: Any, people: Cast, mark: str) -> tuple[Evidence, DueExtension]:
    by = people.analyst
    followups.assess_status(followup, Implementation.IN_PROGRESS, PartialDate(2007, 5), f"{mark} says", by=by)
    followups.set_position(followup, Position.ACCEPTS, PartialDate(2007, 4), f"{mark} letter", by=by)
    progress.add(followup, f"{mark} moved", by=by, happened=PartialDate(2007, 3), source=f"{mark} press")
    responses.record(
        followup,
        PartialDate(2007, 2, 1),
        f"{mark} responds",
        by=by,
        reported_status=Implementation.IN_PROGRESS,
        source=f"{mark} note",
    )
    carry_overs.add(later, followup, by=by, note=f"{mark} again")
    served = db.session.query(Measure).filter_by(reference="GCTS-II-10").one()
    measure_links.link(followup, served, by=by, reason=f"{mark} serves it")
    item = evidence.add_file(followup, BytesIO(TEXT_FILE), f"{mark}.txt", by=by, title=f"{mark} file")
    evidence.add_source_note(followup, f"{mark} source", f"{mark} page 3", by=by)
    comments.add(followup, f"{mark} remarks", by=by)
    extension = extensions.request(followup, PartialDate(2009, 6, 30), f"{mark} asks for time", by=by)
    return item, extension


def _meeting(people: Cast, followup: Followup) -> tuple[Meeting, MeetingOutcome]:
    """A meeting, which everyone may read, so that it bears no mark and there is one whatever States are told of."""
    present = db.session.scalar(sa.select(Meeting).where(Meeting.reference == "MTG-2005-1"))
    if present is not None:
        return present, present.outcomes[-1]
    by = people.coordinator
    given = meetings.MeetingInput(
        title="Special meeting",
        start=PartialDate(2005, 1, 26),
        end=PartialDate(2005, 1, 28),
        series="Special meetings of the Committee",
        place="Almaty",
        pillars=["II"],
        topics="Financing; border monitoring.",
        source="United Nations Information Service",
        states=[followup.state_id],
    )
    meeting = meetings.create(given, by=by)
    became = meetings.add_outcome(meeting, OutcomeKind.RECOMMENDATION, "Adopt laws on charities", by=by)
    meetings.become(became, followup, by=people.analyst)
    return meeting, meetings.add_outcome(meeting, OutcomeKind.RECOMMENDATION, "Exchange codes and standards", by=by)


def _plan(by: Account, state: str) -> Plan:
    """A plan, which everyone may read, so that it bears no mark and there is one whatever States are told of."""
    present = db.session.scalar(sa.select(Plan).where(Plan.code == "WP-2011"))
    if present is not None:
        return present
    plan = plans.create(
        "WP-2011",
        plans.Details("Joint plan of action", adopted_on=date(2011, 11, 30), region="Two valleys"),
        plans.Parties(participants=[state]),
        by=by,
    )
    plans.add_phase(plan, plans.Phase("Phase I", PartialDate(2010), PartialDate(2011)), by=by)
    for text in ("Exchange what is known of funds", "Watch the passes", "Meet once a year"):
        measures.create(plan, measures.Wording(text, "II"), by=by)
    _first, stated, retired = plan.measures
    measures.state_status(stated, MeasureStatus.UNDER_WAY, date(2012, 1, 1), "The passes are watched", by=by)
    measures.retire(retired, "Merged with the first", by=by)
    return plan


def _paragraph() -> int:
    return int(
        db.session.scalars(
            sa.select(Paragraph.id).where(Paragraph.resolution_number == 1373, Paragraph.label == "1(b)")
        ).one()
    )


def _notification(account: Account) -> int:
    return int(
        db.session.scalars(
            sa.select(Notification.id).where(Notification.account_id == account.id).order_by(Notification.id)
        ).first()
        or 0
    )
