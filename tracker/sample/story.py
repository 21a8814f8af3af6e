"""The story told: which step happens when, and by whom, through the same services as the web.

An event falls on the first day after the period that is known; nothing is told before its source was there. What the
sources leave open stays open, and each stage says why the visit stands there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import groupby

from tracker.models import (
    Account,
    Conclusion,
    DelegateKind,
    Followup,
    Implementation,
    Matrix,
    Measure,
    Meeting,
    Visit,
    VisitMode,
    VisitStage,
    VisitType,
)
from tracker.partial_date import PartialDate
from tracker.reports import catalogue
from tracker.sample import pakistan, people
from tracker.sample.findings import FindingRow, FollowupRow, basis, findings
from tracker.sample.visits import ComponentRow, VisitRow, visits
from tracker.services import (
    assessments,
    carry_overs,
    conclusions,
    followups,
    notifications,
    progress,
    signoff,
    visit_parts,
)
from tracker.services import visits as visit_service

Key = tuple[str, str]
"""A State and an area: enough to name a finding of the sample."""

TALKS = (
    "Entered after the visit from a public source. By the procedure the State hears the key findings before the"
    " delegation leaves; the day is not public, nor is what followed."
)
VIRTUAL_HALF = "Entered from a public source, which tells of the virtual component only."
POLITICAL = "A joint high-level visit: political, not an assessment. Nothing further follows from it."
ON_SITE_HALF = "The physical component closed the visit; the day of the talks on key findings is not public."
NO_AUTHORITY_STEP = "Ask the State which authority answers for this."
TRACK_STEP = "Ask the State how far this has come."

BILL: Key = ("PAK", pakistan.BILL_AREA)
BEFORE_THE_REVIEWERS: Key = ("FJI", "LEG-02")
IRAQ = (
    "The visit was to set a roadmap of recommendations and to rank needs for assistance with the State. It led to"
    " sixteen priority needs; Iraq endorsed the findings."
)

# What the halves of the visit to Belgium covered, by theme as its notice gives them.
COMPONENT_AREAS = {
    ("BEL-2021-1", VisitMode.VIRTUAL): ("FIN-01", "INC-06", "INT-01", "LAW-03", "LEG-02"),
    ("BEL-2021-1", VisitMode.ON_SITE): ("BOR-01", "BOR-07", "LAW-01"),
}


@dataclass(frozen=True)
class Progress:
    """What had moved on a follow-up, and what we made of it."""

    text: str
    happened: PartialDate
    source: str
    status: Implementation = Implementation.IN_PROGRESS


PROGRESS: dict[Key, Progress] = {
    BILL: Progress(pakistan.BILL_PROGRESS, pakistan.MONTH, pakistan.PROGRESS_SOURCE),
    ("PAK", pakistan.SCHOOLS_AREA): Progress(pakistan.SCHOOLS_PROGRESS, pakistan.MONTH, pakistan.PROGRESS_SOURCE),
    ("EGY", "LAW-03"): Progress(
        "A national council against terrorism and extremism was formed; a strategy is expected from it.",
        PartialDate(2017, 7, 26),
        "Committee notice on Egypt, 27 July 2017",
    ),
    ("FJI", "LAW-03"): Progress(
        "A national working group was told to deliver a strategy by June 2024.",
        PartialDate(2024, 2, 24),
        "Fijilive, 24 February 2024",
    ),
    ("FJI", "GEN-02"): Progress(
        "A national working group was told to deliver a way forward for the visit report by June 2024.",
        PartialDate(2024, 2, 24),
        "Fijilive, 24 February 2024",
    ),
}


@dataclass(frozen=True)
class LaterStage:
    """A stage that a later source tells of."""

    reference: str
    known_on: date
    happened: PartialDate | None
    reason: str
    source: visit_parts.Source | None = None


ADOPTED = (
    LaterStage(
        "PHL-2019-1",
        date(2021, 5, 29),
        None,
        "The State briefed the Committee on 28 May 2021 on what it had done about the recommendations of its visits;"
        " the day of adoption is not public.",
        visit_parts.Source(
            "Counter-Terrorism Committee, notice on the State's briefing",
            "https://www.un.org/securitycouncil/ctc/news/philippines-becomes-fifth-member-state-brief-ctc-"
            "its-implementation-ctc-visit-recommendations",
        ),
    ),
    LaterStage(
        "FJI-2022-1",
        date(2024, 2, 25),
        PartialDate(2023),
        "The visit's report is of 2023; the day of adoption is not public.",
        visit_parts.Source("Fijilive, 24 February 2024"),
    ),
    LaterStage(
        "QAT-2020-1",
        date(2024, 11, 22),
        None,
        "The State briefed the Committee on 21 November 2024 on its progress since the visit; the day of adoption is"
        " not public.",
    ),
)


@dataclass
class World:
    """Who acts, and what has been told so far."""

    cast: dict[str, Account]
    regions: dict[str, str]
    organisations: dict[str, int]
    visits: dict[str, Visit] = field(default_factory=dict)
    conclusions: dict[Key, Conclusion] = field(default_factory=dict)
    followups: dict[Key, Followup] = field(default_factory=dict)
    meetings: dict[str, Meeting] = field(default_factory=dict)
    measures: dict[str, Measure] = field(default_factory=dict)

    @property
    def coordinator(self) -> Account:
        """Who keeps plans and meetings."""
        return self.cast[people.COORDINATOR.local_part]

    def analyst(self, state_id: str) -> Account:
        """Who writes up what belongs to the State."""
        return self.cast[people.analyst_for(self.regions[state_id]).local_part]

    def reviewer(self, state_id: str) -> Account:
        """Who signs it."""
        return self.cast[people.reviewer_for(self.regions[state_id]).local_part]

    def owner(self, state_id: str) -> Account | None:
        """The analyst who still covers the State today; nobody where the grant has ended."""
        return self.analyst(state_id) if self.regions[state_id] in (people.ASIA, people.AFRICA) else None


@dataclass(frozen=True)
class Step:
    """Something that happens at a moment."""

    moment: datetime
    act: Callable[[World], None]


def steps() -> list[Step]:
    """The story of the visits, their findings and what came of them."""
    rows = visits()
    return [*_visit_steps(rows), *_finding_steps(rows), *_later_steps()]


def _visit_steps(rows: list[VisitRow]) -> Iterator[Step]:
    for row in rows:
        yield Step(at(row.known_on, 9), partial(_enter, row=row))
        for component in row.components[1:]:
            yield Step(at(component.known_on, 9), partial(_add_half, row=row, component=component))


def _finding_steps(rows: list[VisitRow]) -> Iterator[Step]:
    by_visit = sorted(findings(rows), key=lambda finding: finding.visit.known_on)
    for _reference, group in groupby(by_visit, key=lambda finding: finding.visit.reference):
        found = list(group)
        day = found[0].known_on
        yield Step(at(day, 10), partial(_write, found=found))
        yield Step(at(day, 15), partial(_submit, found=found))
        yield Step(at(_workdays_after(day, 1), 10), partial(_review, found=found))
        if (found[0].visit.state_id, pakistan.BILL_AREA) == BILL:
            yield from _bill_steps(day, found)


def _bill_steps(day: date, found: list[FindingRow]) -> Iterator[Step]:
    """The bill before Parliament: returned once, written better, then signed; and the matrix of the visit."""
    text = next(finding.followup.text for finding in found if finding.followup and _key(finding) == BILL)
    yield Step(at(day, 14), partial(_leave_unrated, found=found))
    yield Step(at(_workdays_after(day, 1), 11), _return_bill)
    yield Step(at(_workdays_after(day, 1), 12), _sign_matrix)
    yield Step(at(_workdays_after(day, 2), 9), partial(_rewrite_bill, text=text))
    yield Step(at(_workdays_after(day, 3), 10), _sign_bill)


def _later_steps() -> Iterator[Step]:
    for stage in ADOPTED:
        yield Step(at(stage.known_on, 11), partial(_adopt, stage=stage))
    yield Step(at(date(2026, 1, 5), 9), _read_messages)
    yield Step(at(date(2026, 2, 7), 11), _carry_over)


# Visits


def _enter(world: World, row: VisitRow) -> None:
    """A visit is entered after the event, at the stage that its source supports."""
    is_pakistan = row.reference == pakistan.REFERENCE
    visit = visit_service.create(
        row.state_id,
        by=world.analyst(row.state_id),
        details=visit_service.Details(
            type=row.type,
            sequence=row.sequence,
            summary=pakistan.SUMMARY if is_pakistan else "",
            conclusions_due=pakistan.CONCLUSIONS_DUE if is_pakistan else None,
        ),
        components=[_component(row, row.components[0])],
        resolutions=_resolutions(row),
        sources=[visit_parts.Source(source.title, source.url) for source in row.sources],
        tour=row.tour or "",
        standing=_standing(row),
    )
    if visit.reference != row.reference:
        raise RuntimeError(f"{row.reference} was entered as {visit.reference}")
    world.visits[row.reference] = visit
    if is_pakistan:
        _tell_pakistan(world, visit)
    elif len(row.components) == 1:
        _add_partners(world, visit, row)


def _add_half(world: World, row: VisitRow, component: ComponentRow) -> None:
    """The physical half of a hybrid visit, with the partners that took part in it."""
    visit, by = world.visits[row.reference], world.analyst(row.state_id)
    visit_parts.add_component(visit, _component(row, component), by=by)
    _add_partners(world, visit, row)
    visit_service.move_stage(visit, VisitStage.PROVISIONAL_ISSUED, by=by, reason=ON_SITE_HALF)


def _add_partners(world: World, visit: Visit, row: VisitRow) -> None:
    for acronym in row.partners:
        partner = visit_parts.Delegate(DelegateKind.PARTNER, organisation_id=world.organisations[acronym])
        visit_parts.add_delegate(visit, partner, by=world.analyst(row.state_id))


def _tell_pakistan(world: World, visit: Visit) -> None:
    """The delegation, its teams, and whom it met."""
    by = world.analyst(visit.state_id)
    for member in pakistan.DELEGATION:
        organisation = world.organisations[member.organisation] if member.organisation else None
        delegate = visit_parts.Delegate(member.kind, member.function, organisation, member.areas)
        visit_parts.add_delegate(visit, delegate, by=by)
    for met in pakistan.COUNTERPARTS:
        counterpart = visit_parts.Counterpart(met.authority, met.level, pakistan.MONTH, met.subject)
        visit_parts.add_counterpart(visit, counterpart, by=by)


def _adopt(world: World, stage: LaterStage) -> None:
    """A later source tells that the report had been adopted."""
    visit = world.visits[stage.reference]
    by = world.analyst(visit.state_id)
    if stage.source:
        visit_parts.add_source(visit, stage.source, by=by)
    visit_service.move_stage(visit, VisitStage.ADOPTED, by=by, happened=stage.happened, reason=stage.reason)


def _component(row: VisitRow, component: ComponentRow) -> visit_parts.Component:
    return visit_parts.Component(
        component.mode,
        component.start,
        component.end,
        component.note,
        COMPONENT_AREAS.get((row.reference, component.mode), ()),
    )


def _standing(row: VisitRow) -> visit_service.Standing:
    """The furthest stage that the source supports, and why."""
    first = row.components[0]
    if row.reference == pakistan.REFERENCE:
        return visit_service.Standing(VisitStage.PROVISIONAL_ISSUED, pakistan.MONTH, pakistan.HANDED_OVER)
    if row.type is VisitType.HIGH_LEVEL:
        return visit_service.Standing(VisitStage.CLOSED, row.end, POLITICAL)
    if first.mode is VisitMode.VIRTUAL:
        return visit_service.Standing(VisitStage.UNDER_WAY, first.start, VIRTUAL_HALF)
    return visit_service.Standing(VisitStage.PROVISIONAL_ISSUED, None, TALKS)


def _resolutions(row: VisitRow) -> list[int]:
    """Those that an area rests on and that were adopted when the visit began."""
    measured = {paragraph.resolution_number for paragraph in catalogue.paragraphs().values()}
    return [number for number in visit_parts.propose_resolutions(_begin(row)) if number in measured]


def _begin(row: VisitRow) -> date:
    return (row.start or row.end).first_day


# Findings


def _write(world: World, found: list[FindingRow]) -> None:
    """The analyst writes the conclusions and the follow-ups that answer them."""
    visit = world.visits[found[0].visit.reference]
    by = world.analyst(visit.state_id)
    visit_parts.set_areas(visit, sorted({finding.area_code for finding in found}), by=by)
    if visit.reference == "IRQ-2015-1":
        visit_service.edit(visit, visit_service.Details(visit.type, visit.sequence, IRAQ), by=by)
    for finding in found:
        conclusion = _conclude(visit, finding, by)
        world.conclusions[visit.state_id, finding.area_code] = conclusion
        if finding.followup:
            _follow_up(world, visit, finding.followup, conclusion)


def _conclude(visit: Visit, finding: FindingRow, by: Account) -> Conclusion:
    cited = catalogue.paragraphs_of_area(finding.area_code)
    return conclusions.create(
        visit,
        by=by,
        kind=finding.kind,
        area_code=finding.area_code,
        text=finding.text,
        basis=basis([(paragraph.resolution_number, paragraph.label) for paragraph in cited]),
        paragraph_ids=[paragraph.id for paragraph in cited],
        source=finding.source,
    )


def _follow_up(world: World, visit: Visit, row: FollowupRow, conclusion: Conclusion) -> None:
    key = (visit.state_id, conclusion.area_code)
    by, owner = world.analyst(visit.state_id), world.owner(visit.state_id)
    given = replace(
        followups.from_conclusion(conclusion),
        title=row.title,
        text=pakistan.BILL_FIRST_TEXT if key == BILL else row.text,
        priority=row.priority,
        authorities=row.authorities,
        due=row.due,
        no_due_reason=row.no_due_reason,
        no_indicator_reason=row.no_indicator_reason,
        owner_id=owner.id if owner else None,
        next_step=(TRACK_STEP if row.is_complete else NO_AUTHORITY_STEP) if owner else "",
    )
    followup = world.followups[key] = followups.create(visit.state_id, given, by=by)
    moved = PROGRESS.get(key)
    if moved:
        progress.add(followup, moved.text, by=by, happened=moved.happened, source=moved.source)
        followups.assess_status(followup, moved.status, moved.happened, moved.source, by=by)


def _submit(world: World, found: list[FindingRow]) -> None:
    """The analyst submits all conclusions, and the follow-ups that lack nothing."""
    for finding in found:
        key, by = _key(finding), world.analyst(finding.visit.state_id)
        signoff.submit(world.conclusions[key], by=by)
        if finding.followup and finding.followup.is_complete:
            signoff.submit(world.followups[key], by=by)


def _review(world: World, found: list[FindingRow]) -> None:
    """The reviewer signs the conclusions, then the follow-ups; one is returned later, one still waits."""
    for finding in found:
        _sign(world, world.conclusions[_key(finding)])
    for finding in found:
        key = _key(finding)
        if finding.followup and finding.followup.is_complete and key not in (BILL, BEFORE_THE_REVIEWERS):
            _sign(world, world.followups[key])


def _sign(world: World, record: Conclusion | Followup | Matrix) -> None:
    signoff.sign_off(record, by=world.reviewer(record.state_id), content_version=record.content_version)


# The bill before Parliament


def _leave_unrated(world: World, found: list[FindingRow]) -> None:
    """The visit's matrix names what was looked at; the source rates nothing."""
    visit = world.visits[pakistan.REFERENCE]
    for finding in found:
        assessments.assess(
            visit,
            finding.area_code,
            by=world.analyst(visit.state_id),
            rating="not_assessed",
            explanation=pakistan.NOT_RATED,
        )
    signoff.submit(assessments.matrix_of(visit, by=world.analyst(visit.state_id)), by=world.analyst(visit.state_id))


def _sign_matrix(world: World) -> None:
    visit = world.visits[pakistan.REFERENCE]
    _sign(world, assessments.matrix_of(visit, by=world.reviewer(visit.state_id)))


def _return_bill(world: World) -> None:
    signoff.return_(world.followups[BILL], by=world.reviewer(BILL[0]), reason=pakistan.BILL_RETURNED)


def _rewrite_bill(world: World, text: str) -> None:
    followup, by = world.followups[BILL], world.analyst(BILL[0])
    followups.edit(followup, replace(followups.input_of(followup), text=text), by=by)
    signoff.submit(followup, by=by, note=pakistan.BILL_RESUBMITTED)


def _sign_bill(world: World) -> None:
    _sign(world, world.followups[BILL])


# Later


def _carry_over(world: World) -> None:
    """The visit of 2026 followed up the comprehensive visit of 2017; what it found of this is not public."""
    carry_overs.add(
        world.visits["TJK-2026-1"],
        world.followups["TJK", "LAW-03"],
        by=world.analyst("TJK"),
        note="The visit followed up the comprehensive visit of 2017; what it found is not public.",
    )


def _read_messages(world: World) -> None:
    """Everyone has read what came over the years."""
    for account in world.cast.values():
        notifications.mark_all_read(account)


def _key(finding: FindingRow) -> Key:
    return finding.visit.state_id, finding.area_code


def at(day: date, hour: int) -> datetime:
    """The full hour of a day."""
    return datetime.combine(day, time(hour), UTC)


def _workdays_after(day: date, count: int) -> date:
    """The so many-th day after ``day`` that is no Saturday or Sunday."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day
