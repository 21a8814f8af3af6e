"""What happens to a plan: a regional one is created, any is edited, its phases and reviews kept, its measures ordered.

Each participating State has a cell for each measure; an observer has none. A cell that says something is never lost:
its State stays in the plan until the cell was emptied.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import flag_modified

from tracker import clock, history, policy
from tracker.errors import Forbidden, Invalid, refuse_all
from tracker.extensions import db
from tracker.folding import fold
from tracker.models import (
    PILLARS,
    Account,
    Measure,
    MeasureCell,
    Organisation,
    Plan,
    PlanHost,
    PlanKind,
    PlanPart,
    PlanPhase,
    PlanReview,
    PlanState,
    State,
)
from tracker.partial_date import PartialDate
from tracker.policy import Permission
from tracker.reports import catalogue
from tracker.services import links, records
from tracker.texts import gettext as _
from tracker.texts import listed

CODE = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*")
LONGEST_CODE = 20


class Placeable(Protocol):
    """A measure, or the row of one that a page shows: what has its place in the order of a pillar."""

    @property
    def id(self) -> int: ...


OneMeasure = TypeVar("OneMeasure", bound=Placeable)


@dataclass(frozen=True)
class Details:
    """What a plan says of itself."""

    title: str
    symbol: str = ""
    adopted_on: date | None = None
    region: str = ""
    description: str = ""
    source: str = ""


@dataclass(frozen=True)
class Parties:
    """The States that carry a regional plan out, those that observe, and the organisations that host it."""

    participants: Sequence[str] = ()
    observers: Sequence[str] = ()
    hosts: Sequence[int] = ()


@dataclass(frozen=True)
class Phase:
    """A phase, with the dates that are known."""

    title: str
    start: PartialDate | None = None
    end: PartialDate | None = None
    note: str = ""


@dataclass(frozen=True)
class Review:
    """A review by the General Assembly."""

    symbol: str
    held_on: PartialDate
    note: str = ""


def create(code: str, details: Details, parties: Parties, *, by: Account) -> Plan:
    """Make a regional plan, whose States all lie in the grant of whoever makes it."""
    policy.require(by, Permission.PLAN_EDIT)
    _check_reach(parties.participants, by)
    refuse_all(faults_of_new(code, details, parties))
    plan = Plan(code=code, kind=PlanKind.REGIONAL, title="")
    db.session.add(plan)
    _put_details(plan, details)
    _put_parties(plan, parties)
    db.session.flush()
    history.record("plan.created", plan, by=by)
    return plan


def edit(plan: Plan, details: Details, parties: Parties | None = None, *, by: Account) -> bool:
    """Change what the plan says and, of a regional one, who takes part; whether that differs. Cells follow: one for
    each participant."""
    policy.require(by, Permission.PLAN_EDIT, plan)
    if plan.kind is PlanKind.STRATEGY:
        parties = None
    if parties is not None:
        _check_reach(parties.participants, by)
    refuse_all(faults_of_edit(plan, details, parties))
    _put_details(plan, details)
    if parties is not None:
        _put_parties(plan, parties)
    is_changed = _note(plan, "plan.edited", by)
    for measure in _measures_with_cells(plan):
        if put_cells(measure, plan):
            flag_modified(measure, "text")
            history.record("measure.cells_set", measure, by=by)
    return is_changed


def faults_of_new(code: str, details: Details, parties: Parties) -> Iterator[Invalid]:
    """Everything that keeps a plan from being made so."""
    yield from _faults_of_code(code)
    yield from _faults_of_details(details)
    yield from _faults_of_parties(parties)


def faults_of_edit(plan: Plan, details: Details, parties: Parties | None) -> Iterator[Invalid]:
    """Everything that keeps the plan from saying this."""
    yield from _faults_of_details(details)
    if parties is not None:
        yield from _faults_of_parties(parties)
        yield from _words_lost(plan, set(plan.participants) - set(parties.participants))


def put_cells(measure: Measure, plan: Plan) -> bool:
    """Bring the cells of a measure to the plan's participants, without an event; whether that changed them."""

    def make(state_id: str) -> MeasureCell:
        return MeasureCell(state_id=state_id)

    return links.put(measure.cells, plan.participants, "state_id", make)


def reorder(plan: Plan, places: Mapping[int, int], *, by: Account) -> bool:
    """Put the measures of each pillar in the order of the places given by their ids; whether that moves any.

    What was moved gets its place, of two that were moved to one the first; the others give way and keep their order.
    """
    policy.require(by, Permission.PLAN_EDIT, plan)
    seen = plan.version
    hold(plan)
    records.require_version(plan, seen)  # whoever held it before may have moved them
    before = sorted(plan.measures, key=lambda one: (one.position, one.id))
    within = {pillar: [row for row in before if row.pillar == pillar] for pillar in PILLARS}
    order_within = {pillar: ordered(own, places) for pillar, own in within.items()}
    order = [one for own in order_within.values() for one in own]
    moved = [(place, one) for place, one in enumerate(order, start=1) if one.position != place]
    if not moved:
        return False
    for place, measure in moved:
        measure.position = place
        history.record("measure.moved", measure, by=by)
    _touch(plan)
    told = [one for pillar, own in within.items() for one in _told(own, order_within[pillar], places)]
    history.record("plan.reordered", plan, by=by, details={"measures_moved": told})
    return True


def _told(before: Sequence[Measure], now: Sequence[Measure], places: Mapping[int, int]) -> Iterator[dict[str, Any]]:
    """What the timeline says of a pillar: each measure that was given another place, not those that gave way."""
    for place, measure in enumerate(before, start=1):
        new = now.index(measure) + 1
        if new != place and places.get(measure.id, place) != place:
            yield {"measure": measure.reference, "from": place, "to": new}


def note_loaded(plan: Plan, made: Sequence[Measure], *, by: Account) -> None:
    """Say in the plan's timeline which measures came from a file; each has its own beginning in its own."""
    policy.require(by, Permission.PLAN_EDIT, plan)
    if made:
        history.record("plan.measures_loaded", plan, by=by, details={"measures_added": [one.reference for one in made]})


def hold(plan: Plan) -> None:
    """Whoever else adds, edits, moves or puts back a measure of the plan, or changes who takes part, waits: the plan
    before its measures, so that no two wait for each other. What was read before waiting may be old."""
    db.session.execute(sa.select(Plan.id).where(Plan.id == plan.id).with_for_update())
    db.session.refresh(plan)


def ordered(measures: Sequence[OneMeasure], places: Mapping[int, int]) -> list[OneMeasure]:
    """The measures of one pillar in their new order. ``measures`` are in the present one."""
    moved = [
        (wanted, place, measure)
        for place, measure in enumerate(measures, start=1)
        if (wanted := places.get(measure.id, place)) != place
    ]
    free = list(range(len(measures)))
    order: dict[int, OneMeasure] = {}
    for wanted, _place, measure in sorted(moved, key=lambda one: one[:2]):
        slot = next((one for one in free if one >= wanted - 1), free[-1])
        free.remove(slot)
        order[slot] = measure
    gone = {measure.id for _wanted, _place, measure in moved}
    order |= zip(free, (one for one in measures if one.id not in gone), strict=True)
    return [order[slot] for slot in sorted(order)]


def stepped(measures: Sequence[OneMeasure], places: Mapping[int, int], measure_id: int, step: int) -> dict[int, int]:
    """``places`` with a measure of the pillar moved a step on (1) or back (-1) from where they put it. One at the end
    stays, and one of another pillar too."""
    order = ordered(measures, places)
    at = next((place for place, one in enumerate(order) if one.id == measure_id), None)
    if at is None or at + step not in range(len(order)):
        return dict(places)
    neighbour = order[at + step].id
    moved = {measure_id: at + step + 1}
    present = next(place for place, one in enumerate(measures, start=1) if one.id == neighbour)
    if places.get(neighbour, present) != present:  # its place was typed: it goes where the other comes from
        moved[neighbour] = at + 1
    return {**places, **moved}


# Phases and reviews


def add_phase(plan: Plan, phase: Phase, *, by: Account) -> PlanPhase:
    """Add a phase; phases stand in the order of their start."""
    policy.require(by, Permission.PLAN_EDIT, plan)
    refuse_all(faults_of_phase(phase, plan.phases))
    row = PlanPhase(title=phase.title, start=phase.start, end=phase.end, note=phase.note, position=len(plan.phases) + 1)
    plan.phases.append(row)
    _order_phases(plan)
    _note(plan, "plan.edited", by)
    return row


def edit_phase(row: PlanPhase, phase: Phase, *, by: Account) -> bool:
    """Change a phase; whether that differs."""
    policy.require(by, Permission.PLAN_EDIT, row.plan)
    refuse_all(faults_of_phase(phase, [one for one in row.plan.phases if one is not row]))
    row.title, row.start, row.end, row.note = phase.title, phase.start, phase.end, phase.note
    _order_phases(row.plan)
    return _note(row.plan, "plan.edited", by)


def remove_phase(row: PlanPhase, *, by: Account) -> None:
    """Take a phase off."""
    plan = row.plan
    policy.require(by, Permission.PLAN_EDIT, plan)
    plan.phases.remove(row)
    _order_phases(plan)
    _note(plan, "plan.edited", by)


def add_review(plan: Plan, review: Review, *, by: Account) -> PlanReview:
    """Add a review of the Strategy."""
    policy.require(by, Permission.PLAN_EDIT, plan)
    row = PlanReview(symbol=review.symbol, held_on=review.held_on, note=review.note)
    plan.reviews.append(row)
    _note(plan, "plan.edited", by)
    return row


def edit_review(plan: Plan, row: PlanReview, review: Review, *, by: Account) -> bool:
    """Correct a review; whether that differs."""
    policy.require(by, Permission.PLAN_EDIT, plan)
    row.symbol, row.held_on, row.note = review.symbol, review.held_on, review.note
    return _note(plan, "plan.edited", by)


def remove_review(plan: Plan, row: PlanReview, *, by: Account) -> None:
    """Take a review off."""
    policy.require(by, Permission.PLAN_EDIT, plan)
    plan.reviews.remove(row)
    _note(plan, "plan.edited", by)


def faults_of_phase(phase: Phase, others: Iterable[PlanPhase]) -> Iterator[Invalid]:
    """Everything that keeps a plan with these other phases from having this one."""
    if not phase.title.strip():
        yield Invalid(_("Enter the title of the phase."), "title")
    if fold(phase.title) in {fold(one.title) for one in others}:
        yield Invalid(_("The plan has a phase of this title already. Give this one another."), "title")
    if phase.start and phase.end and phase.end.last_day < phase.start.first_day:
        yield Invalid(_("The phase ends before it starts. Check both dates."), "end")


def _order_phases(plan: Plan) -> None:
    known = sorted(plan.phases, key=lambda one: (one.start is None, one.start.iso if one.start else "", one.position))
    for place, phase in enumerate(known, start=1):
        phase.position = place


# What all of them rest on


def _note(plan: Plan, kind: str, by: Account) -> bool:
    """Raise the plan's version whichever of its rows was changed, and note the event; whether there was a change."""
    is_changed = history.has_changes(plan)
    if is_changed:
        _touch(plan)
        history.record(kind, plan, by=by)
    return is_changed


def _touch(plan: Plan) -> None:
    """Two who change a plan at once meet at its version, whatever part of it each of them changes."""
    db.session.flush()
    flag_modified(plan, "title")


def _faults_of_code(code: str) -> Iterator[Invalid]:
    if len(code) > LONGEST_CODE or not CODE.fullmatch(code):
        yield Invalid(_("Write the code in capital letters, digits and hyphens, such as CA-2011."), "code")
    elif code == "NEW":
        yield Invalid(_("This code is kept for the page of a new plan. Choose another."), "code")
    elif db.session.scalar(sa.select(Plan.id).where(Plan.code == code)) is not None:
        yield Invalid(_("There is a plan of this code already. Choose another."), "code")


def _faults_of_details(details: Details) -> Iterator[Invalid]:
    if not details.title.strip():
        yield Invalid(_("Enter the title."), "title")
    if details.adopted_on and details.adopted_on > clock.today():
        yield Invalid(_("This date lies in the future. Leave it empty until the plan is adopted."), "adopted_on")


def _put_details(plan: Plan, details: Details) -> None:
    plan.title, plan.symbol, plan.adopted_on = details.title, details.symbol or None, details.adopted_on
    plan.region, plan.description, plan.source = details.region, details.description, details.source


def _faults_of_parties(parties: Parties) -> Iterator[Invalid]:
    if not parties.participants:
        yield Invalid(_("Choose the Member States that take part: at least one."), "participants")
    both = sorted(set(parties.participants) & set(parties.observers))
    if both:
        yield Invalid(
            _(
                "%(states)s: a Member State either takes part or observes. Take one of the two ticks off.",
                states=listed(catalogue.states()[one].name for one in both if one in catalogue.states()),
            ),
            "observers",
        )
    named = {*parties.participants, *parties.observers}
    if len(named) != _count(State.id, named):
        yield Invalid(_("Choose Member States from the list."), "participants")
    if len(set(parties.hosts)) != _count(Organisation.id, parties.hosts):
        yield Invalid(_("Choose organisations from the list."), "hosts")


def _count(column: Any, wanted: Iterable[Any]) -> int:
    return int(db.session.scalar(sa.select(sa.func.count()).where(column.in_(list(wanted)))) or 0)


def _check_reach(states: Sequence[str], by: Account) -> None:
    """Nobody makes a plan, or a change to one, that they could not keep."""
    covered = policy.reach(by, Permission.PLAN_EDIT)
    if not all(covered.covers(state_id) for state_id in states):
        raise Forbidden(
            _("A plan is kept by coordinators whose grant holds every Member State that takes part."),
            policy.who_may(Permission.PLAN_EDIT),
        )


def _words_lost(plan: Plan, left: set[str]) -> Iterator[Invalid]:
    """A State with a word in a cell, or named in a measure's rule, stays until that was taken back."""
    if not left:
        return
    held: dict[str, list[str]] = {}
    for measure in _measures_with_cells(plan):
        said = {cell.state_id for cell in measure.cells if cell.status or cell.evidence or cell.note}
        named = {row.state_id for row in measure.named_states}
        for state_id in left & (said | named):
            held.setdefault(state_id, []).append(measure.reference)
    for state_id in sorted(held):
        yield Invalid(
            _(
                "%(state)s cannot leave: %(measure)s says how far it is, or names it in its rule. Change that first.",
                state=catalogue.states()[state_id].name,
                measure=listed(held[state_id]),
            ),
            "participants",
        )


def _measures_with_cells(plan: Plan) -> Sequence[Measure]:
    return db.session.scalars(
        sa.select(Measure)
        .where(Measure.plan_id == plan.id)
        .options(selectinload(Measure.cells), selectinload(Measure.named_states))
        .order_by(Measure.position, Measure.id)
    ).all()


def _put_parties(plan: Plan, parties: Parties) -> None:
    parts = dict.fromkeys(parties.participants, PlanPart.PARTICIPANT) | dict.fromkeys(
        parties.observers, PlanPart.OBSERVER
    )

    def join(state_id: str) -> PlanState:
        return PlanState(state_id=state_id, part=parts[state_id])

    def host(organisation_id: int) -> PlanHost:
        return PlanHost(organisation_id=organisation_id)

    links.put(plan.states, sorted(parts), "state_id", join)
    for row in plan.states:
        row.part = parts[row.state_id]
    links.put(plan.hosts, sorted(set(parties.hosts)), "organisation_id", host)
