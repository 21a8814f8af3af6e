"""The chain to the Strategy told: eight meetings, the plan for Central Asia, the follow-ups that serve its measures.

An event falls on the first day after the period known. The meetings that prepared the plan join it when there is one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial

import sqlalchemy as sa

from tracker.extensions import db
from tracker.models import Measure, Meeting, OutcomeKind, Plan
from tracker.sample import central_asia
from tracker.sample.central_asia import LinkRow, PhaseRow
from tracker.sample.findings import findings
from tracker.sample.meetings import MeetingRow, meetings
from tracker.sample.story import Step, World, at
from tracker.sample.visits import visits
from tracker.services import measure_links, measures, plans
from tracker.services import meetings as meeting_service


def steps() -> Iterator[Step]:
    """The story of the meetings and of the plan."""
    yield Step(at(central_asia.KNOWN_ON, 9), _adopt)
    for phase in central_asia.PHASES:
        yield Step(at(phase.known_on, 10), partial(_begin_phase, phase=phase))
    for row in meetings():
        yield Step(at(row.known_on, 11), partial(_hold, row=row))
    yield Step(at(central_asia.KNOWN_ON, 12), _join_the_plan)
    yield from _links()


def _adopt(world: World) -> None:
    """The plan with its States and hosts, and its measures by the topics of the meetings before it."""
    plan = plans.create(
        central_asia.CODE,
        plans.Details(
            title=central_asia.TITLE,
            adopted_on=central_asia.ADOPTED_ON,
            region=central_asia.REGION,
            description=central_asia.DESCRIPTION,
            source=central_asia.SOURCE,
        ),
        plans.Parties(
            participants=central_asia.PARTICIPANTS,
            observers=central_asia.OBSERVERS,
            hosts=[world.organisations[acronym] for acronym in central_asia.HOSTS],
        ),
        by=world.coordinator,
    )
    for row in central_asia.MEASURES:
        wording = measures.Wording(
            text=row.text,
            pillar=row.pillar,
            wording_note=central_asia.WORDING_NOTE,
            carries=[_measure(reference).id for reference in row.carries],
        )
        measure = measures.create(plan, wording, by=world.coordinator, number=row.number)
        world.measures[measure.reference] = measure


def _begin_phase(world: World, phase: PhaseRow) -> None:
    given = plans.Phase(phase.title, phase.start, phase.end, phase.note)
    plans.add_phase(_plan(), given, by=world.coordinator)


def _hold(world: World, row: MeetingRow) -> None:
    """A meeting is recorded after it was held, with what it recommended."""
    given = meeting_service.MeetingInput(
        title=row.title,
        start=row.start,
        end=row.end,
        series=row.series,
        place=row.place,
        attendance=row.attendance,
        pillars=row.pillars,
        topics=row.topics,
        source=row.source,
        plan_id=_plan().id if row.reference in central_asia.HELD_UNDER_IT else None,
        states=row.states,
        co_organisers=[world.organisations[acronym] for acronym in row.co_organisers],
        participants=[world.organisations[acronym] for acronym in row.organisations],
    )
    meeting = world.meetings[row.reference] = meeting_service.create(given, by=world.coordinator)
    if meeting.reference != row.reference:
        raise RuntimeError(f"{row.reference} was recorded as {meeting.reference}")
    for topic in central_asia.topics_of(row.reference):
        meeting_service.add_outcome(meeting, OutcomeKind.TOPIC, topic, by=world.coordinator)
    for text in row.recommendations:
        meeting_service.add_outcome(meeting, OutcomeKind.RECOMMENDATION, text, by=world.coordinator)


def _join_the_plan(world: World) -> None:
    """The expert meetings were held before there was a plan to link them to, or a measure of what they discussed."""
    for reference in central_asia.PREPARED_BY:
        meeting = world.meetings[reference]
        given = replace(meeting_service.input_of(meeting), plan_id=_plan().id)
        meeting_service.edit(meeting, given, by=world.coordinator)
        _record_topics(world, meeting)


def _record_topics(world: World, meeting: Meeting) -> None:
    """Each topic names the measure that is recorded by it."""
    topics = {outcome.text: outcome for outcome in meeting.outcomes if outcome.kind is OutcomeKind.TOPIC}
    for row in central_asia.MEASURES:
        if row.meeting == meeting.reference:
            meeting_service.become(topics[row.text], world.measures[row.reference], by=world.coordinator)


def _links() -> Iterator[Step]:
    """What an analyst links in the afternoon of the day on which the follow-up was written."""
    written: dict[tuple[str, str], date] = {
        (finding.visit.state_id, finding.area_code): finding.known_on
        for finding in findings(visits())
        if finding.followup
    }
    for row in central_asia.LINKS:
        yield Step(at(written[row.state_id, row.area_code], 16), partial(_link, row=row))


def _link(world: World, row: LinkRow) -> None:
    measure_links.link(
        world.followups[row.state_id, row.area_code],
        _measure(row.measure),
        by=world.analyst(row.state_id),
        reason=row.reason,
    )


def _plan() -> Plan:
    return db.session.scalars(sa.select(Plan).where(Plan.code == central_asia.CODE)).one()


def _measure(reference: str) -> Measure:
    return db.session.scalars(sa.select(Measure).where(Measure.reference == reference)).one()
