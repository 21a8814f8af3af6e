"""What generated visits go through: proposed, moved from stage to stage, their delegation, counterparts and checks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tracker import history
from tracker.models import DelegateKind, VisitMode, VisitSequence, VisitStage, VisitType
from tracker.partial_date import PartialDate
from tracker.sample import vocabulary
from tracker.sample.clerk import MOVE, Clerk
from tracker.services import deadlines

TYPES = (VisitType.COMPREHENSIVE, VisitType.FOCUSED, VisitType.FOLLOW_UP, VisitType.REGIONAL)


def create_visit(clerk: Clerk, scope: int) -> None:
    """Proposed, with its dates, scope and resolutions."""
    day, visit_id = clerk.plan.day, clerk.plan.id
    clerk.ids["visit", 0] = visit_id
    start, end = PartialDate.of(day).iso, PartialDate.of(day + timedelta(days=4)).iso
    clerk.scope = sorted(clerk.rng.sample(sorted(clerk.ground.editions), scope))
    clerk.desk.add(
        "visit",
        id=visit_id,
        reference=clerk.plan.reference,
        state_id=clerk.state_id,
        year=day.year,
        number=clerk.plan.number,
        type=clerk.one(TYPES),
        mode=VisitMode.ON_SITE.value,
        sequence=(VisitSequence.FIRST if clerk.plan.is_first else VisitSequence.LATER_FOLLOW_UP).value,
        stage=VisitStage.PROPOSED.value,
        start=start,
        end=end,
        sort_day=day.isoformat(),
        summary=clerk.text(),
        created_by_id=clerk.analyst,
        created_at=clerk.desk.at,
        updated_at=clerk.desk.at,
    )
    _component(clerk, 1, VisitMode.ON_SITE, start, end, clerk.scope[:4])
    for code in clerk.scope:
        _part(clerk, "visit_area", area_code=code)
    for number, adopted_on in clerk.ground.resolutions:
        if adopted_on <= day:
            _part(clerk, "visit_resolution", resolution_number=number)
    _part(clerk, "visit_source", id=clerk.next_id("visit_source"), title=vocabulary.SOURCE)
    _stage_kept(clerk, None, VisitStage.PROPOSED, None)
    _note_visit(clerk, "created")


def add_component(clerk: Clerk) -> None:
    """A virtual half some weeks later; the visit's mode and end follow."""
    start = clerk.desk.now.date() - timedelta(days=2)
    days = [PartialDate.of(start + timedelta(days=days)).iso for days in (0, 1)]
    _component(clerk, 2, VisitMode.VIRTUAL, days[0], days[1], clerk.scope[4:6])
    _note_visit(clerk, "component_added", mode=VisitMode.HYBRID.value, end=days[1])


def move_visit(clerk: Clerk, stage: VisitStage) -> None:
    """The visit reaches a stage today."""
    happened = PartialDate.of(clerk.desk.now.date())
    values: history.Row = {"stage": stage.value}
    if stage is VisitStage.CONSENTED:
        values["visit_consent_on"] = happened.iso
    elif stage is VisitStage.WITH_STATE:
        due = deadlines.comments_due(happened) or deadlines.months_after(happened.first_day, 2)
        values["comments_due"] = due.isoformat()
    elif stage is VisitStage.RESPONSE_DUE:
        due = deadlines.response_due(happened) or deadlines.months_after(happened.first_day, 6)
        values["response_due"] = due.isoformat()
    elif stage is VisitStage.RESPONSE_RECEIVED:
        values["response_received"] = happened.iso
    _stage_kept(clerk, clerk.desk.row("visit", clerk.plan.id)["stage"], stage, happened.iso)
    _note_visit(clerk, MOVE["visit", stage.value].past, **values)


def add_delegate(clerk: Clerk, place: int) -> None:
    """The head, then experts, partner organisations and teams."""
    others = tuple(kind for kind in DelegateKind if kind is not DelegateKind.HEAD)
    kind = DelegateKind(clerk.one(others)) if place else DelegateKind.HEAD
    function = {
        DelegateKind.HEAD: "Head of the delegation",
        DelegateKind.MEMBER: clerk.one(vocabulary.FUNCTIONS),
        DelegateKind.TEAM: clerk.one(vocabulary.TEAMS),
        DelegateKind.PARTNER: "Representatives",
    }[kind]
    delegate_id = clerk.next_id("visit_delegate")
    partner = clerk.one(clerk.ground.organisations) if kind is DelegateKind.PARTNER else None
    _part(clerk, "visit_delegate", id=delegate_id, kind=kind.value, function=function, organisation_id=partner)
    if kind is not DelegateKind.HEAD:
        code = clerk.one(clerk.scope)
        _part(clerk, "visit_delegate_area", delegate_id=delegate_id, area_code=code)
    _note_visit(clerk, "delegate_added")


def add_counterpart(clerk: Clerk, place: int) -> None:
    """An authority met; on the first visit to the State it is entered."""
    authority_id = clerk.plan.first_authority + place
    if clerk.plan.is_first:
        name = vocabulary.AUTHORITIES[place]
        clerk.desk.add("authority", id=authority_id, state_id=clerk.state_id, name=name)
        clerk.record("authority.created", ("authority", authority_id), clerk.analyst)
    _part(
        clerk,
        "visit_counterpart",
        id=clerk.next_id("visit_counterpart"),
        authority_id=authority_id,
        level=clerk.one(vocabulary.LEVELS),
        met_on=PartialDate.of(clerk.plan.day).iso,
        subject=vocabulary.SUBJECT,
    )
    _note_visit(clerk, "counterpart_added")


def add_check(clerk: Clerk) -> None:
    """An on-site check."""
    day = PartialDate.of(clerk.plan.day + timedelta(days=2)).iso
    place = clerk.one(vocabulary.PLACES)
    _part(clerk, "visit_check", id=clerk.next_id("visit_check"), place=place, checked_on=day, note=clerk.note())
    _note_visit(clerk, "check_added")


def _component(clerk: Clerk, number: int, mode: VisitMode, start: str, end: str, areas: list[str]) -> None:
    component_id = clerk.next_id("visit_component")
    _part(clerk, "visit_component", id=component_id, number=number, mode=mode.value, start=start, end=end)
    for code in areas:
        _part(clerk, "visit_component_area", component_id=component_id, area_code=code)


def _part(clerk: Clerk, table: str, **values: Any) -> None:
    clerk.desk.add(table, visit_id=clerk.plan.id, state_id=clerk.state_id, **values)


def _stage_kept(clerk: Clerk, came_from: str | None, stage: VisitStage, happened: str | None) -> None:
    _part(
        clerk,
        "visit_move",
        id=clerk.next_id("visit_move"),
        from_stage=came_from,
        to_stage=stage.value,
        happened=happened,
        recorded_by_id=clerk.analyst,
        recorded_at=clerk.desk.at,
    )


def _note_visit(clerk: Clerk, past: str, **values: Any) -> None:
    if past != "created":
        version = clerk.desk.row("visit", clerk.plan.id)["version"] + 1
        clerk.desk.change("visit", clerk.plan.id, updated_at=clerk.desk.at, version=version, **values)
    clerk.record(f"visit.{past}", ("visit", clerk.plan.id), clerk.analyst)
