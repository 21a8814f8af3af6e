"""What hangs on a visit: components, delegation, counterparts met, on-site checks, scope, resolutions, sources.

Each verb asks for the right, makes its change and notes one event on the visit, whose version rises with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from tracker import clock, history, policy
from tracker.errors import Invalid
from tracker.extensions import db
from tracker.models import (
    Account,
    Area,
    AreaEditionParagraph,
    Assessment,
    ComponentArea,
    DelegateArea,
    DelegateKind,
    Event,
    Organisation,
    Paragraph,
    Resolution,
    Visit,
    VisitArea,
    VisitCheck,
    VisitComponent,
    VisitCounterpart,
    VisitDelegate,
    VisitMode,
    VisitResolution,
    VisitSource,
    VisitStage,
)
from tracker.partial_date import PartialDate
from tracker.policy import Permission
from tracker.services import authorities, links
from tracker.texts import gettext as _
from tracker.texts import listed
from tracker.workflow.visit import has_begun


@dataclass(frozen=True)
class Component:
    """A part of a visit: on site or virtual, with its own dates and areas."""

    mode: VisitMode = VisitMode.ON_SITE
    start: PartialDate | None = None
    end: PartialDate | None = None
    note: str = ""
    areas: Sequence[str] = ()


@dataclass(frozen=True)
class Delegate:
    """The head, a member, a partner organisation or a team: by function, never by a person's name."""

    kind: DelegateKind
    function: str = ""
    organisation_id: int | None = None
    areas: Sequence[str] = ()


@dataclass(frozen=True)
class Counterpart:
    """An authority met, by its name."""

    authority: str
    level: str = ""
    met_on: PartialDate | None = None
    subject: str = ""


@dataclass(frozen=True)
class Check:
    """An on-site check."""

    place: str
    checked_on: PartialDate | None = None
    note: str = ""


@dataclass(frozen=True)
class Source:
    """Where what is recorded comes from."""

    title: str
    url: str | None = None


def allow(visit: Visit, by: Account) -> None:
    """Raise Forbidden unless ``by`` may edit this visit."""
    policy.require(by, Permission.VISIT_EDIT, visit)


def note(visit: Visit, past: str, by: Account, reason: str = "") -> None:
    """Touch the visit, so that its version rises whatever part was changed, and note the event."""
    visit.updated_at = clock.now()
    history.record(f"visit.{past}", visit, by=by, reason=reason)


def assign(row: Any, **values: Any) -> bool:
    """Set what differs from what the row says; whether anything did. Saving what is there leaves no event."""
    different = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    return bool(different)


# Components


def add_component(visit: Visit, component: Component, *, by: Account) -> VisitComponent:
    """Add a part with its own dates and mode; the visit's own dates and mode follow."""
    allow(visit, by)
    row = put_component(visit, component)
    derive(visit)
    put_component_areas(visit, row, component.areas)
    note(visit, "component_added", by)
    return row


def edit_component(row: VisitComponent, component: Component, *, by: Account) -> None:
    """Change a part; the visit's own dates and mode follow."""
    visit = row.visit
    allow(visit, by)
    _check_component(component)
    has_moved = assign(row, mode=component.mode, start=component.start, end=component.end, note=component.note)
    if has_moved:
        derive(visit)
    if put_component_areas(visit, row, component.areas) or has_moved:
        note(visit, "component_edited", by)


def remove_component(row: VisitComponent, *, by: Account) -> None:
    """Take a part off. The last one stays: a visit without any would have no mode."""
    visit = row.visit
    allow(visit, by)
    if len(visit.components) == 1:
        raise Invalid(_("A visit has at least one component. Edit this one, or add the other first."))
    visit.components.remove(row)
    derive(visit)
    note(visit, "component_removed", by)


def put_component(visit: Visit, component: Component) -> VisitComponent:
    """Append the row, without its areas and without an event."""
    _check_component(component)
    row = VisitComponent(
        state_id=visit.state_id,
        number=max((other.number for other in visit.components), default=0) + 1,
        mode=component.mode,
        start=component.start,
        end=component.end,
        note=component.note,
    )
    visit.components.append(row)
    return row


def put_component_areas(visit: Visit, row: VisitComponent, codes: Sequence[str]) -> bool:
    """Set what the part covered; whether that changed. An area that was not in the visit's scope joins it."""
    db.session.flush()
    wanted = known_areas(codes)

    def make(code: str) -> ComponentArea:
        return ComponentArea(area_code=code, visit_id=visit.id, state_id=visit.state_id)

    join_scope(visit, wanted)
    return links.put(row.areas, wanted, "area_code", make)


def derive(visit: Visit) -> None:
    """Work out the visit's dates, its place in order and its mode from its components: the only place that does.

    The start is that of the part that began first. Where only its end is public, the visit has no start; nothing is
    guessed.
    """
    dated = [part for part in visit.components if part.start or part.end]
    visit.start = min(dated, key=_begins).start if dated else None
    visit.end = max(dated, key=_ends).end if dated else None
    known = visit.start or (min(dated, key=_begins).end if dated else None)
    visit.sort_day = known.first_day if known else date(visit.year, 1, 1)
    modes = {part.mode for part in visit.components}
    if modes:
        visit.mode = VisitMode.HYBRID if len(modes) > 1 else modes.pop()
    check_begun(visit, visit.stage)


def check_begun(visit: Visit, stage: VisitStage, field: str = "start") -> None:
    """Raise Invalid when the visit stood under way or later although its start lies ahead."""
    if visit.start and has_begun(stage) and visit.start.first_day > clock.today():
        raise Invalid(
            _(
                "The visit starts in the future, %(day)s: it cannot have begun. Correct the start, or choose an "
                "earlier stage.",
                day=visit.start.iso,
            ),
            field,
        )


def _begins(part: VisitComponent) -> date:
    known = part.start or part.end
    return known.first_day if known else date.max


def _ends(part: VisitComponent) -> date:
    known = part.end or part.start
    return known.last_day if known else date.min


def _check_component(component: Component) -> None:
    if component.mode is VisitMode.HYBRID:
        raise Invalid(
            _("A component is on site or virtual. A hybrid visit has one component of each."),
            "mode",
        )
    if component.start and component.end and component.end.last_day < component.start.first_day:
        raise Invalid(_("The end lies before the start. Correct one of the two dates."), "end")


# Delegation


def add_delegate(visit: Visit, delegate: Delegate, *, by: Account) -> VisitDelegate:
    """Add the head, a member, a partner organisation or a team to the delegation."""
    allow(visit, by)
    _check_delegate(visit, delegate)
    row = VisitDelegate(
        state_id=visit.state_id,
        kind=delegate.kind,
        function=delegate.function,
        organisation_id=delegate.organisation_id,
    )
    visit.delegates.append(row)
    _put_delegate_areas(visit, row, delegate.areas)
    note(visit, "delegate_added", by)
    return row


def edit_delegate(row: VisitDelegate, delegate: Delegate, *, by: Account) -> None:
    """Change an entry of the delegation."""
    visit = row.visit
    allow(visit, by)
    _check_delegate(visit, delegate, but=row)
    is_other = assign(row, kind=delegate.kind, function=delegate.function, organisation_id=delegate.organisation_id)
    if _put_delegate_areas(visit, row, delegate.areas) or is_other:
        note(visit, "delegate_edited", by)


def remove_delegate(row: VisitDelegate, *, by: Account) -> None:
    """Take an entry off the delegation."""
    visit = row.visit
    allow(visit, by)
    visit.delegates.remove(row)
    note(visit, "delegate_removed", by)


def _put_delegate_areas(visit: Visit, row: VisitDelegate, codes: Sequence[str]) -> bool:
    db.session.flush()
    wanted = known_areas(codes)

    def make(code: str) -> DelegateArea:
        return DelegateArea(area_code=code, visit_id=visit.id, state_id=visit.state_id)

    join_scope(visit, wanted)
    return links.put(row.areas, wanted, "area_code", make)


def _check_delegate(visit: Visit, delegate: Delegate, but: VisitDelegate | None = None) -> None:
    if delegate.kind is DelegateKind.PARTNER:
        if delegate.organisation_id is None:
            raise Invalid(_("Choose the partner organisation."), "organisation_id")
    elif not delegate.function.strip():
        raise Invalid(_("Enter the function, such as “expert in financial law”, or the team's subject."), "function")
    if delegate.organisation_id is not None and db.session.get(Organisation, delegate.organisation_id) is None:
        raise Invalid(_("There is no such organisation. Choose one from the list."), "organisation_id")
    others = [row for row in visit.delegates if row is not but]
    if delegate.kind is DelegateKind.HEAD and any(row.kind is DelegateKind.HEAD for row in others):
        raise Invalid(_("The delegation has a head already. Edit that entry, or choose another kind."), "kind")


# Counterparts and on-site checks


def add_counterpart(visit: Visit, counterpart: Counterpart, *, by: Account) -> VisitCounterpart:
    """Add an authority that was met; one not known yet is entered for the State."""
    allow(visit, by)
    row = VisitCounterpart(
        state_id=visit.state_id,
        authority=authorities.named(visit.state_id, counterpart.authority, by=by),
        level=counterpart.level,
        met_on=counterpart.met_on,
        subject=counterpart.subject,
    )
    visit.counterparts.append(row)
    note(visit, "counterpart_added", by)
    return row


def edit_counterpart(row: VisitCounterpart, counterpart: Counterpart, *, by: Account) -> None:
    """Change who was met, at what level, when, on what."""
    visit = row.visit
    allow(visit, by)
    authority = authorities.named(visit.state_id, counterpart.authority, by=by)
    given = {"level": counterpart.level, "met_on": counterpart.met_on, "subject": counterpart.subject}
    if assign(row, authority=authority, **given):
        note(visit, "counterpart_edited", by)


def remove_counterpart(row: VisitCounterpart, *, by: Account) -> None:
    """Take a counterpart off; the authority stays with the State."""
    visit = row.visit
    allow(visit, by)
    visit.counterparts.remove(row)
    note(visit, "counterpart_removed", by)


def add_check(visit: Visit, check: Check, *, by: Account) -> VisitCheck:
    """Add an on-site check."""
    allow(visit, by)
    row = VisitCheck(state_id=visit.state_id, place=_place(check), checked_on=check.checked_on, note=check.note)
    visit.checks.append(row)
    note(visit, "check_added", by)
    return row


def edit_check(row: VisitCheck, check: Check, *, by: Account) -> None:
    """Change an on-site check."""
    visit = row.visit
    allow(visit, by)
    if assign(row, place=_place(check), checked_on=check.checked_on, note=check.note):
        note(visit, "check_edited", by)


def remove_check(row: VisitCheck, *, by: Account) -> None:
    """Take an on-site check off."""
    visit = row.visit
    allow(visit, by)
    visit.checks.remove(row)
    note(visit, "check_removed", by)


def _place(check: Check) -> str:
    if not check.place.strip():
        raise Invalid(_("Say what was checked, such as an airport or a border post."), "place")
    return check.place


# Scope


def set_areas(visit: Visit, codes: Sequence[str], *, by: Account) -> None:
    """Set the areas in the visit's scope. What is assessed, or covered by a part or a delegate, stays in it."""
    allow(visit, by)
    wanted = known_areas(codes)
    kept = sorted(used_areas(visit) - set(wanted))
    if kept:
        raise Invalid(
            _(
                "%(areas)s must stay in scope: assessed, or covered by a component or the delegation. "
                "Take it off there first.",
                areas=listed(kept),
            ),
            "areas",
        )

    def make(code: str) -> VisitArea:
        return VisitArea(area_code=code, state_id=visit.state_id)

    if links.put(visit.areas, wanted, "area_code", make):
        note(visit, "scope_set", by)


def join_scope(visit: Visit, codes: Iterable[str]) -> None:
    """Add areas to the scope that are not in it yet, without an event."""
    present = {link.area_code for link in visit.areas}
    visit.areas.extend(VisitArea(area_code=code, state_id=visit.state_id) for code in codes if code not in present)


def used_areas(visit: Visit) -> set[str]:
    """The areas that something of the visit rests on: an assessment, a component, a delegate."""
    parts = {link.area_code for component in visit.components for link in component.areas}
    parts |= {link.area_code for delegate in visit.delegates for link in delegate.areas}
    return parts | set(db.session.scalars(sa.select(Assessment.area_code).where(Assessment.visit_id == visit.id)))


def known_areas(codes: Sequence[str]) -> list[str]:
    """The codes, each once; raises Invalid for one that is no area of the second level."""
    wanted = list(dict.fromkeys(codes))
    if not wanted:
        return []
    known = set(db.session.scalars(sa.select(Area.code).where(Area.code.in_(wanted), Area.parent_code.is_not(None))))
    unknown = [code for code in wanted if code not in known]
    if unknown:
        raise Invalid(_("%(code)s is no area that can be assessed. Choose from the list.", code=unknown[0]), "areas")
    return wanted


# Resolutions

REGIONAL = (2349,)
"""Resolutions on the threat in one region: 2349 (2017) is on the Lake Chad Basin."""
_IS_CURRENT = AreaEditionParagraph.edition == Area.current_edition


def propose_resolutions(day: date) -> list[int]:
    """The numbers of the resolutions adopted on or before ``day`` on which an area of the catalogue rests.

    One on a single region is proposed to no visit: whoever measures against it chooses it.
    """
    rests = (
        sa.select(Paragraph.resolution_number)
        .join(AreaEditionParagraph, AreaEditionParagraph.paragraph_id == Paragraph.id)
        .join(Area, sa.and_(Area.code == AreaEditionParagraph.area_code, _IS_CURRENT))
    )
    return list(
        db.session.scalars(
            sa.select(Resolution.number)
            .where(Resolution.adopted_on <= day, Resolution.number.in_(rests), Resolution.number.not_in(REGIONAL))
            .order_by(Resolution.number)
        )
    )


def set_resolutions(visit: Visit, numbers: Sequence[int], *, by: Account) -> None:
    """Set the resolutions that the visit measures against. Saving what was proposed confirms it, which is noted."""
    allow(visit, by)
    if put_resolutions(visit, numbers) or not _is_noted(visit, "resolutions_set"):
        note(visit, "resolutions_set", by)


def _is_noted(visit: Visit, past: str) -> bool:
    """Whether an event of that kind stands on the visit."""
    noted = sa.exists().where(Event.object_type == "visit", Event.object_id == visit.id, Event.kind == f"visit.{past}")
    return bool(db.session.scalar(sa.select(noted)))


def put_resolutions(visit: Visit, numbers: Sequence[int]) -> bool:
    """Set the resolutions, without an event; whether that changed them."""
    wanted = list(dict.fromkeys(numbers))
    known = set(db.session.scalars(sa.select(Resolution.number).where(Resolution.number.in_(wanted))))
    unknown = [number for number in wanted if number not in known]
    if unknown:
        raise Invalid(
            _("Resolution %(number)s is not in the catalogue. Choose from the list.", number=unknown[0]),
            "resolutions",
        )

    def make(number: int) -> VisitResolution:
        return VisitResolution(resolution_number=number, state_id=visit.state_id)

    return links.put(visit.resolutions, wanted, "resolution_number", make)


# Sources


def add_source(visit: Visit, source: Source, *, by: Account) -> VisitSource:
    """Add where something recorded of the visit comes from."""
    allow(visit, by)
    row = put_source(visit, source)
    note(visit, "source_added", by)
    return row


def edit_source(row: VisitSource, source: Source, *, by: Account) -> None:
    """Correct a source's title or address."""
    visit = row.visit
    allow(visit, by)
    if assign(row, title=_title(source), url=source.url or None):
        note(visit, "source_edited", by)


def remove_source(row: VisitSource, *, by: Account) -> None:
    """Take a source off."""
    visit = row.visit
    allow(visit, by)
    visit.sources.remove(row)
    note(visit, "source_removed", by)


def put_source(visit: Visit, source: Source) -> VisitSource:
    """Append a source, without an event."""
    row = VisitSource(state_id=visit.state_id, title=_title(source), url=source.url or None)
    visit.sources.append(row)
    return row


def _title(source: Source) -> str:
    if not source.title.strip():
        raise Invalid(_("Enter the title of the source."), "title")
    return source.title
