"""Meetings of experts and special meetings: recorded, edited, their outcomes kept, and what became of an outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from tracker import history, policy
from tracker.errors import Invalid, Stale, refuse_all
from tracker.extensions import db
from tracker.models import (
    PILLARS,
    Account,
    Followup,
    Measure,
    Meeting,
    MeetingOrganisation,
    MeetingOutcome,
    MeetingState,
    Organisation,
    OutcomeFollowup,
    OutcomeKind,
    Plan,
)
from tracker.models.meeting import TAKING_PART
from tracker.partial_date import PartialDate
from tracker.policy import Permission
from tracker.reports import catalogue
from tracker.services import links, records, turns
from tracker.texts import gettext as _

LONGEST_ACRONYM = 60
SEPARATOR = ";"  # between the pillars in their column


@dataclass(frozen=True)
class MeetingInput:
    """What a coordinator writes of a meeting. States and organisations are full sets: organisations by their ids, one
    that is new by its acronym, in small letters the key of its full name in ``new_names``."""

    title: str
    start: PartialDate
    end: PartialDate | None = None
    series: str = ""
    place: str = ""
    attendance: str = ""
    pillars: Sequence[str] = ()
    topics: str = ""
    source: str = ""
    plan_id: int | None = None
    states: Sequence[str] = ()
    hosts: Sequence[int | str] = ()
    co_organisers: Sequence[int | str] = ()
    participants: Sequence[int | str] = ()
    new_names: Mapping[str, str] = field(default_factory=dict)


def create(given: MeetingInput, *, by: Account) -> Meeting:
    """Record a meeting under the next number of its year."""
    policy.require(by, Permission.MEETING_EDIT)
    refuse_all(faults(given))
    year = given.start.year
    turns.take("meeting", str(year))
    number = (db.session.scalar(sa.select(sa.func.max(Meeting.number)).where(Meeting.year == year)) or 0) + 1
    meeting = Meeting(reference=f"MTG-{year}-{number}", year=year, number=number)
    given, told = _with_new_organisations(given)
    _write(meeting, given)
    db.session.add(meeting)
    history.record("meeting.created", meeting, by=by, details=told)
    return meeting


def edit(meeting: Meeting, given: MeetingInput, *, by: Account, version: int | None = None) -> bool:
    """Write all fields anew; whether that differs. The reference stays, also when the dates have slipped to another
    year."""
    policy.require(by, Permission.MEETING_EDIT)
    records.require_version(meeting, version)
    refuse_all(faults(given))
    given, told = _with_new_organisations(given)
    if _write(meeting, given):
        flag_modified(meeting, "title")  # the version rises also where a link alone was changed
    is_changed = history.has_changes(meeting)
    if is_changed:
        history.record("meeting.edited", meeting, by=by, details=told)
    return is_changed


def input_of(meeting: Meeting) -> MeetingInput:
    """The meeting as it stands, to be changed in part with ``dataclasses.replace`` and edited."""
    taking_part: dict[str, Any] = {
        field: [row.organisation_id for row in meeting.organisations if row.part is part]
        for field, part in TAKING_PART.items()
    }
    return MeetingInput(
        title=meeting.title,
        start=meeting.start,
        end=meeting.end,
        series=meeting.series,
        place=meeting.place,
        attendance=meeting.attendance,
        pillars=pillars_of(meeting),
        topics=meeting.topics,
        source=meeting.source,
        plan_id=meeting.plan_id,
        states=[row.state_id for row in meeting.states],
        **taking_part,
    )


def pillars_of(meeting: Meeting) -> list[str]:
    """The pillars that the meeting examined, in their order."""
    return [pillar for pillar in meeting.pillars.split(SEPARATOR) if pillar]


# Outcomes


def add_outcome(meeting: Meeting, kind: OutcomeKind, text: str, *, by: Account) -> MeetingOutcome:
    """Add a topic that the meeting discussed, or a gap, a good practice or a recommendation that it produced."""
    policy.require(by, Permission.MEETING_EDIT)
    if not text.strip():
        raise Invalid(_("Enter what the meeting produced."), "text")
    turns.take("meeting", meeting.reference)
    position = max((row.position or 0 for row in meeting.outcomes), default=0) + 1
    outcome = MeetingOutcome(kind=kind, text=text.strip(), position=position)
    meeting.outcomes.append(outcome)
    history.record("meeting.outcome_added", meeting, by=by)
    return outcome


def edit_outcome(
    outcome: MeetingOutcome, kind: OutcomeKind, text: str, *, by: Account, version: int | None = None
) -> bool:
    """Correct what the meeting produced; whether that differs. ``version`` is the meeting's.

    What it became stays linked, whatever its kind is now: it may have become a follow-up that ``by`` does not see.
    """
    policy.require(by, Permission.MEETING_EDIT)
    meeting = outcome.meeting
    records.require_version(meeting, version)
    if not text.strip():
        raise Invalid(_("Enter what the meeting produced."), "text")
    _lock(outcome)
    told = {"note": outcome.text} if outcome.text == text.strip() else None  # which one, where its kind alone changes
    outcome.kind, outcome.text = kind, text.strip()
    is_changed = history.has_changes(meeting)
    if is_changed:
        flag_modified(meeting, "title")  # two who change outcomes at once meet at the meeting's version
        history.record("meeting.outcome_edited", meeting, by=by, details=told)
    return is_changed


def remove_outcome(outcome: MeetingOutcome, reason: str, *, by: Account) -> None:
    """Take an outcome off the list, with a reason: whatever it became keeps it as its origin.

    It may have become a follow-up that ``by`` does not see, so there is one rule for all.
    """
    policy.require(by, Permission.MEETING_EDIT)
    if not reason.strip():
        raise Invalid(_("Give a reason."), "reason")
    _lock(outcome)
    outcome.position = None
    told = {"note": outcome.text}
    history.record("meeting.outcome_removed", outcome.meeting, by=by, reason=reason.strip(), details=told)


def become(outcome: MeetingOutcome, made: Measure | Followup, *, by: Account) -> None:
    """Note that the outcome became ``made``, a measure or a follow-up that ``by`` has just written.

    A recommendation becomes one measure at most, and one follow-up of each Member State; a topic, a measure alone.
    """
    if isinstance(made, Measure):
        policy.require(by, Permission.PLAN_EDIT, db.session.get_one(Plan, made.plan_id))
        if outcome.kind not in (OutcomeKind.RECOMMENDATION, OutcomeKind.TOPIC):
            raise Invalid(_("Only a recommendation or a topic becomes a measure."))
    else:
        policy.require(by, Permission.FOLLOWUP_EDIT, made)
        if outcome.kind is not OutcomeKind.RECOMMENDATION:
            raise Invalid(_("Only a recommendation becomes a follow-up."))
    _lock(outcome)
    if isinstance(made, Measure):
        if outcome.measure_id is not None:
            raise Stale(_("Someone made a measure of this since you opened the page."))
        outcome.measure_id = made.id
    else:
        _link(outcome, made)
    # A follow-up is a State's: where that lies out of scope, so does this entry.
    history.record("meeting.outcome_became", outcome.meeting, by=by, state_id=getattr(made, "state_id", None))


def _link(outcome: MeetingOutcome, followup: Followup) -> None:
    """Name the first follow-up in refusing a second: whoever writes those of a State sees them."""
    first = db.session.scalar(
        sa.select(Followup.reference)
        .join(OutcomeFollowup, OutcomeFollowup.followup_id == Followup.id)
        .where(OutcomeFollowup.outcome_id == outcome.id, OutcomeFollowup.state_id == followup.state_id)
    )
    if first is not None:
        raise Stale(
            _(
                "This recommendation has become a follow-up of this Member State already: %(reference)s.",
                reference=first,
            )
        )
    link = OutcomeFollowup(
        outcome_id=outcome.id,
        state_id=followup.state_id,
        followup_id=followup.id,
        meeting_id=outcome.meeting_id,
    )
    db.session.add(link)


def _lock(outcome: MeetingOutcome) -> None:
    """Take the row as it is now; whoever else does something with it waits."""
    db.session.flush()
    db.session.refresh(outcome, with_for_update=True)
    if outcome.position is None:
        raise Stale(_("Someone took this outcome off since you opened the page."))


# Writing


def _write(meeting: Meeting, given: MeetingInput) -> bool:
    """Set the columns, then the links; whether a link changed."""
    for name in ("title", "series", "place", "attendance"):
        setattr(meeting, name, getattr(given, name).strip())
    for name in ("start", "end", "topics", "source", "plan_id"):
        setattr(meeting, name, getattr(given, name))
    meeting.sort_day = given.start.first_day
    meeting.pillars = SEPARATOR.join(pillar for pillar in PILLARS if pillar in given.pillars)
    has_moved = links.put(meeting.states, sorted(given.states), "state_id", lambda code: MeetingState(state_id=code))
    return _write_organisations(meeting, given) or has_moved


def _with_new_organisations(given: MeetingInput) -> tuple[MeetingInput, dict[str, list[str]]]:
    """The same by ids, and what the log says of it. Organisations that are new are recorded, under their acronym where
    no full name is given."""
    named = [one for part in TAKING_PART for one in getattr(given, part) if isinstance(one, str)]
    if not named:
        return given, {}
    turns.take("organisation", "new")
    present = db.session.execute(sa.select(Organisation.acronym, Organisation.id))  # as it is now that it is our turn
    known = {acronym.casefold(): organisation_id for acronym, organisation_id in present}
    new = {name.casefold(): name for name in reversed(named) if name.casefold() not in known}  # as it was typed first
    made = [
        Organisation(acronym=acronym, name=given.new_names.get(key, acronym), kind="") for key, acronym in new.items()
    ]
    db.session.add_all(made)
    db.session.flush()
    known |= {one.acronym.casefold(): one.id for one in made}

    def ids(named: Sequence[int | str]) -> list[int]:
        return [known[one.casefold()] if isinstance(one, str) else one for one in named]

    by_id: dict[str, Any] = {part: ids(getattr(given, part)) for part in TAKING_PART}
    told = [one.acronym if one.name == one.acronym else f"{one.acronym} – {one.name}" for one in made]
    return replace(given, **by_id), {"new_organisations": told} if told else {}


def _write_organisations(meeting: Meeting, given: MeetingInput) -> bool:
    """Rows that stay are not touched, so that the history tells only of what came and went."""
    wanted = {
        (organisation_id, part) for field, part in TAKING_PART.items() for organisation_id in getattr(given, field)
    }
    present = {(row.organisation_id, row.part): row for row in meeting.organisations}
    for key, row in present.items():
        if key not in wanted:
            meeting.organisations.remove(row)
    new = sorted(wanted - set(present))
    meeting.organisations.extend(MeetingOrganisation(organisation_id=key, part=part) for key, part in new)
    return wanted != set(present)


# Guards


def faults(given: MeetingInput) -> Iterator[Invalid]:
    """Everything that keeps the meeting from being recorded so."""
    if not given.title.strip():
        yield Invalid(_("Give the meeting a title."), "title")
    if given.start and given.end and given.end.last_day < given.start.first_day:
        yield Invalid(_("The end lies before the start."), "end")
    if not given.source.strip():
        yield Invalid(_("Name the source: the page or document that tells of the meeting."), "source")
    if not set(given.pillars) <= set(PILLARS):
        yield Invalid(_("Choose pillars I to IV."), "pillars")
    if given.plan_id is not None and db.session.get(Plan, given.plan_id) is None:
        yield Invalid(_("There is no such plan. Choose from the list."), "plan_id")
    if not set(given.states) <= set(catalogue.states()):
        yield Invalid(_("There is no such Member State. Choose from the list."), "states")
    for part in TAKING_PART:
        named = getattr(given, part)
        if not {one for one in named if not isinstance(one, str)} <= set(catalogue.organisations()):
            yield Invalid(_("There is no such organisation. Choose from the list."), part)
        if not all(0 < len(one) <= LONGEST_ACRONYM for one in named if isinstance(one, str)):
            yield Invalid(_("An acronym has up to %(most)s characters.", most=LONGEST_ACRONYM), part)
    known = {one.name.casefold(): one for one in catalogue.organisations().values()}
    for name in given.new_names.values():
        if taken := known.get(name.casefold()):
            words = _("%(name)s is known already, as %(acronym)s.", name=name, acronym=taken.acronym)
            yield Invalid(words, "new_names")
