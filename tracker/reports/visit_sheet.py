"""One visit, told whole: its parts, what came of it, what is done, missing and next.

A fixed number of statements whatever the visit holds: parts of one shape are read together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value

from tracker import policy
from tracker.database import PartialDateType, UtcDateTime
from tracker.extensions import db
from tracker.models import (
    Account,
    Area,
    AreaEdition,
    Assessment,
    Authority,
    CarryOver,
    ComponentArea,
    Conclusion,
    DelegateArea,
    DelegateKind,
    Event,
    Followup,
    Matrix,
    Organisation,
    RatingLevel,
    Resolution,
    Tour,
    Visit,
    VisitArea,
    VisitCheck,
    VisitComponent,
    VisitCounterpart,
    VisitDelegate,
    VisitMode,
    VisitMove,
    VisitResolution,
    VisitSource,
    VisitStage,
)
from tracker.partial_date import PartialDate
from tracker.reports.assessments import NOT_ASSESSED
from tracker.reports.visits import conclusion_label
from tracker.texts import gettext as _
from tracker.workflow.visit import LINE, next_stage

S = VisitStage
MOST_SHOWN = 100
"""Conclusions and follow-ups on the visit's page; the lists have them all."""


@dataclass(frozen=True)
class AreaWords:
    """An area by code and current title."""

    code: str
    title: str


@dataclass(frozen=True)
class ComponentLine:
    id: int
    mode: VisitMode
    start: PartialDate | None
    end: PartialDate | None
    note: str
    areas: list[AreaWords]


@dataclass(frozen=True)
class DelegateLine:
    id: int
    kind: DelegateKind
    function: str
    acronym: str
    organisation: str
    areas: list[AreaWords]


@dataclass(frozen=True)
class CounterpartLine:
    id: int
    authority: str
    level: str
    subject: str
    met_on: PartialDate | None


@dataclass(frozen=True)
class CheckLine:
    id: int
    place: str
    note: str
    checked_on: PartialDate | None


@dataclass(frozen=True)
class SourceLine:
    id: int
    title: str
    url: str


@dataclass(frozen=True)
class MoveLine:
    """A stage move: the day it happened beside the moment it was entered."""

    from_stage: VisitStage | None
    to_stage: VisitStage
    reason: str
    recorded_by: str
    happened: PartialDate | None
    recorded_at: datetime


@dataclass(frozen=True)
class ScopeLine:
    """An area in scope, or assessed beyond it, with its rating."""

    area: AreaWords
    is_in_scope: bool
    rating: str
    rating_words: str


@dataclass(frozen=True)
class Step:
    """A stage on the line: ``done``, ``now``, ``next`` or ``later``; when it was reached, where that is recorded."""

    stage: VisitStage
    state: str
    is_recorded: bool
    happened: PartialDate | None


class TaskState(StrEnum):
    DONE = "done"
    MARKED = "marked"
    PROPOSED = "proposed"
    NEXT = "next"
    MISSING = "missing"
    LATER = "later"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True)
class Task:
    """A thing to do on the record: ``key`` says where, ``note`` how far it is."""

    key: str
    name: str
    state: TaskState
    note: str


@dataclass(frozen=True)
class Sheet:
    """Everything that the visit's page shows of it."""

    visit: Visit
    components: list[ComponentLine]
    delegation: list[DelegateLine]
    counterparts: list[CounterpartLine]
    checks: list[CheckLine]
    sources: list[SourceLine]
    moves: list[MoveLine]
    scope: list[ScopeLine]
    resolutions: list[tuple[int, str]]
    matrix: Any
    conclusions: Sequence[Any]
    followups: Sequence[Any]
    tour: Sequence[Any]
    are_resolutions_confirmed: bool

    @property
    def steps(self) -> list[Step]:
        """The line of stages. Beside it (postponed, cancelled …) the last stage that was reached counts as done."""
        visit = self.visit
        reached = {move.to_stage: move for move in self.moves}
        on_line = visit.stage in LINE
        place = LINE.index(visit.stage) if on_line else max((LINE.index(s) for s in reached if s in LINE), default=0)
        following = next_stage(visit.stage)
        steps = []
        for at, stage in enumerate(LINE):
            state = "now" if on_line and at == place else "done" if at <= place else "later"
            move = reached.get(stage) if at <= place else None
            state = "next" if stage is following else state
            steps.append(Step(stage, state, move is not None, move.happened if move else None))
        return steps

    @property
    def assessed(self) -> int:
        return sum(bool(line.rating) for line in self.scope)

    @property
    def rated(self) -> int:
        """The areas that bear a rating which says something of them."""
        return self.assessed - sum(line.rating == NOT_ASSESSED for line in self.scope)


def sheet(visit: Visit, account: Account) -> Sheet:
    """The visit with everything that hangs on it; visits of the same tour only within the account's scope."""
    parts = _parts(visit)
    matrix = _matrix(visit)
    return Sheet(
        visit=visit,
        components=_lines(parts, "components"),
        delegation=sorted(_lines(parts, "delegation"), key=lambda row: list(DelegateKind).index(row.kind)),
        counterparts=_lines(parts, "counterparts"),
        checks=_lines(parts, "checks"),
        sources=_lines(parts, "sources"),
        moves=_lines(parts, "moves"),
        scope=_scope(_areas(parts["scope"]), matrix),
        resolutions=[(int(row.one), row.two) for row in parts["resolutions"]],
        matrix=matrix[0] if matrix else None,
        conclusions=_conclusions(visit),
        followups=_followups(visit),
        tour=_tour(visit, account),
        are_resolutions_confirmed=bool(parts["confirmed"]),
    )


# The parts, read together

_NO_DAY = sa.cast(sa.null(), PartialDateType)
_NO_MOMENT = sa.cast(sa.null(), UtcDateTime)
_NOTHING = sa.literal("")


def _part(
    name: str,
    source: Any,
    texts: Sequence[Any],
    days: Sequence[Any] = (),
    at: Any = _NO_MOMENT,
    *,
    owner: Any = None,
    place: Any = None,
) -> sa.Select[Any]:
    """One part of a visit in the shape that all share: an id, four texts, two days, a moment, a place in the order."""
    four = [sa.cast(text, sa.Text) for text in (*texts, _NOTHING, _NOTHING, _NOTHING)[:4]]
    two = (*days, _NO_DAY, _NO_DAY)[:2]
    row_id = source.id if owner is None else owner
    labels = ("one", "two", "three", "four")
    return sa.select(
        sa.literal(name).label("part"),
        row_id.label("id"),
        *(text.label(label) for text, label in zip(four, labels, strict=True)),
        two[0].label("first"),
        two[1].label("last"),
        at.label("at"),
        (row_id if place is None else place).label("place"),
    ).select_from(source)


def _parts(visit: Visit) -> dict[str, list[Any]]:
    """The rows of every part, and the links of each to areas, by the part's name."""
    found: dict[str, list[Any]] = defaultdict(list)
    selects = [*_own_rows(visit), *_area_links(visit), *_resolutions(visit)]
    for row in db.session.execute(sa.union_all(*selects).order_by("place", "one")):
        found[row.part].append(row)
    return found


def _own_rows(visit: Visit) -> list[sa.Select[Any]]:
    move = _part(
        "moves",
        VisitMove,
        (VisitMove.from_stage, VisitMove.to_stage, VisitMove.reason, Account.name),
        (VisitMove.happened,),
        VisitMove.recorded_at,
    ).outerjoin(Account, Account.id == VisitMove.recorded_by_id)
    component = _part(
        "components",
        VisitComponent,
        (VisitComponent.mode, VisitComponent.note),
        (VisitComponent.start, VisitComponent.end),
    )
    delegate = _part(
        "delegation",
        VisitDelegate,
        (VisitDelegate.kind, VisitDelegate.function, Organisation.acronym, Organisation.name),
    ).outerjoin(Organisation, Organisation.id == VisitDelegate.organisation_id)
    counterpart = _part(
        "counterparts",
        VisitCounterpart,
        (Authority.name, VisitCounterpart.level, VisitCounterpart.subject),
        (VisitCounterpart.met_on,),
    ).join(Authority, Authority.id == VisitCounterpart.authority_id)
    check = _part("checks", VisitCheck, (VisitCheck.place, VisitCheck.note), (VisitCheck.checked_on,))
    source = _part("sources", VisitSource, (VisitSource.title, VisitSource.url))
    return [
        move.where(VisitMove.visit_id == visit.id),
        component.where(VisitComponent.visit_id == visit.id),
        delegate.where(VisitDelegate.visit_id == visit.id),
        counterpart.where(VisitCounterpart.visit_id == visit.id),
        check.where(VisitCheck.visit_id == visit.id),
        source.where(VisitSource.visit_id == visit.id),
    ]


def _area_links(visit: Visit) -> list[sa.Select[Any]]:
    """Areas of the scope, of each component and of each delegate."""
    links = (
        ("scope", VisitArea, sa.literal(0)),
        ("areas of components", ComponentArea, ComponentArea.component_id),
        ("areas of delegation", DelegateArea, DelegateArea.delegate_id),
    )
    return [
        _part(name, model, (Area.code, AreaEdition.title), owner=owner, place=Area.position)
        .join(Area, Area.code == model.area_code)
        .join(AreaEdition, sa.and_(AreaEdition.area_code == Area.code, AreaEdition.edition == Area.current_edition))
        .where(model.visit_id == visit.id)
        for name, model, owner in links
    ]


def _resolutions(visit: Visit) -> list[sa.Select[Any]]:
    """The resolutions that apply; and whether somebody has looked at those proposed from the visit's date."""
    number = Resolution.number
    applicable = _part("resolutions", Resolution, (number, Resolution.title), owner=number).join(
        VisitResolution, VisitResolution.resolution_number == number
    )
    saved = _part("confirmed", Event, (Event.kind,), owner=sa.literal(0)).where(
        Event.object_type == "visit", Event.object_id == visit.id, Event.kind == "visit.resolutions_set"
    )
    return [applicable.where(VisitResolution.visit_id == visit.id), saved]


def _areas(links: Sequence[Any]) -> list[AreaWords]:
    return [AreaWords(link.one, link.two) for link in links]


def _lines(parts: dict[str, list[Any]], name: str) -> list[Any]:
    """One part's rows as the page shows them, each with its areas."""
    links: dict[int, list[Any]] = defaultdict(list)
    for link in parts[f"areas of {name}"]:
        links[link.id].append(link)
    return [_LINES[name](row, _areas(links[row.id])) for row in parts[name]]


_LINES: dict[str, Any] = {
    "components": lambda row, areas: ComponentLine(row.id, VisitMode(row.one), row.first, row.last, row.two, areas),
    "delegation": lambda row, areas: DelegateLine(
        row.id, DelegateKind(row.one), row.two, row.three or "", row.four or "", areas
    ),
    "counterparts": lambda row, areas: CounterpartLine(row.id, row.one, row.two, row.three, row.first),
    "checks": lambda row, areas: CheckLine(row.id, row.one, row.two, row.first),
    "sources": lambda row, areas: SourceLine(row.id, row.one, row.two or ""),
    "moves": lambda row, areas: MoveLine(
        VisitStage(row.one) if row.one else None, VisitStage(row.two), row.three, row.four or "", row.first, row.at
    ),
}


# What came of the visit


def _matrix(visit: Visit) -> Sequence[Any]:
    """The matrix and its assessments; one row without an area where nothing is assessed yet."""
    return db.session.execute(
        sa.select(
            Matrix.id,
            Matrix.workflow,
            Matrix.sealed_state.label("sealed_state"),
            Assessment.area_code,
            AreaEdition.title,
            Assessment.rating,
            RatingLevel.label,
        )
        .outerjoin(Assessment, Assessment.matrix_id == Matrix.id)
        .outerjoin(
            AreaEdition,
            sa.and_(AreaEdition.area_code == Assessment.area_code, AreaEdition.edition == Assessment.area_edition),
        )
        .outerjoin(RatingLevel, RatingLevel.code == Assessment.rating)
        .where(Matrix.visit_id == visit.id)
        .order_by(Assessment.area_code)
    ).all()


def _scope(areas: Sequence[AreaWords], matrix: Sequence[Any]) -> list[ScopeLine]:
    given = {row.area_code: row for row in matrix if row.area_code}
    lines = []
    for area in areas:
        row = given.pop(area.code, None)
        lines.append(ScopeLine(area, True, row.rating if row else "", row.label if row else ""))
    beyond = [ScopeLine(AreaWords(row.area_code, row.title), False, row.rating, row.label) for row in given.values()]
    return lines + beyond


def _conclusions(visit: Visit) -> Sequence[Any]:
    return db.session.execute(
        sa.select(
            Conclusion.reference,
            Conclusion.kind,
            Conclusion.area_code,
            AreaEdition.title,
            Conclusion.text,
            Conclusion.workflow,
            Conclusion.sealed_state.label("sealed_state"),
        )
        .join(
            AreaEdition,
            sa.and_(AreaEdition.area_code == Conclusion.area_code, AreaEdition.edition == Conclusion.area_edition),
        )
        .where(Conclusion.visit_id == visit.id)
        .order_by(Conclusion.number)
        .limit(MOST_SHOWN + 1)
    ).all()


def _followups(visit: Visit) -> Sequence[Any]:
    """The follow-ups that the visit raised, and those of earlier visits that it took up again."""
    taken_up = sa.select(CarryOver.followup_id).where(CarryOver.visit_id == visit.id)
    return db.session.execute(
        sa.select(
            Followup.reference,
            Followup.title,
            Followup.area_code,
            Followup.workflow,
            Followup.sealed_state.label("sealed_state"),
            Followup.assessed_status,
            Followup.current_due,
            Followup.visit_id,
            CarryOver.id.label("carry_over_id"),
            CarryOver.disposition,
        )
        .outerjoin(CarryOver, sa.and_(CarryOver.followup_id == Followup.id, CarryOver.visit_id == visit.id))
        .where(sa.or_(Followup.visit_id == visit.id, Followup.id.in_(taken_up)))
        .order_by(CarryOver.id.is_not(None), Followup.number)
        .limit(MOST_SHOWN + 1)
    ).all()


def _tour(visit: Visit, account: Account) -> Sequence[Any]:
    """The other visits of the trip, as far as the account may know of them (R9); the tour itself comes with them."""
    if visit.tour_id is None:
        return []
    others = sa.and_(Visit.tour_id == Tour.id, Visit.id != visit.id, policy.reach(account).condition(Visit.state_id))
    rows = db.session.execute(
        sa.select(Tour, Visit.reference, Visit.state_id, Visit.start, Visit.end, Visit.sort_day)
        .outerjoin(Visit, others)
        .where(Tour.id == visit.tour_id)
        .order_by(Visit.sort_day, Visit.id)
    ).all()
    set_committed_value(visit, "tour", rows[0].Tour)
    return [row for row in rows if row.reference is not None]


# What is done, missing and next


def tasks(told: Sheet) -> list[Task]:
    """The record as tasks, in the order in which they come up, so that it can be finished in sittings."""
    visit = told.visit
    head = any(row.kind is DelegateKind.HEAD for row in told.delegation)
    signed = sum(row.workflow in _SIGNED for row in told.conclusions)
    consent = visit.visit_consent_on is not None
    shared = visit.share_consent not in ("not_asked", "asked")
    wanted = [
        ("sources", _("Sources"), bool(told.sources), S.UNDER_WAY, len(told.sources)),
        ("visit_consent", _("Consent to the visit"), consent, S.CONSENTED, None),
        ("components", _("Dates"), visit.start is not None or visit.end is not None, S.PREPARING, None),
        ("scope", _("Areas in scope"), any(row.is_in_scope for row in told.scope), S.PREPARING, len(told.scope)),
        ("resolutions", _("Applicable resolutions"), bool(told.resolutions), S.PREPARING, len(told.resolutions)),
        ("delegation", _("Delegation"), head, S.UNDER_WAY, len(told.delegation)),
        ("counterparts", _("Counterparts met"), bool(told.counterparts), S.PROVISIONAL_ISSUED, len(told.counterparts)),
        ("checks", _("On-site checks"), bool(told.checks), S.PROVISIONAL_ISSUED, len(told.checks)),
    ]
    if visit.is_assessment:
        all_assessed = bool(told.scope) and told.assessed == len(told.scope)
        wanted += [
            ("matrix", _("Assessments"), all_assessed, S.PROVISIONAL_ISSUED, told.assessed),
            (
                "conclusions",
                conclusion_label(visit),
                bool(told.conclusions),
                S.PROVISIONAL_ISSUED,
                len(told.conclusions),
            ),
            ("followups", _("Follow-ups"), bool(told.followups), S.ADOPTED, len(told.followups)),
        ]
    wanted.append(("share_consent", _("Consent to share"), shared, S.RESPONSE_DUE, None))
    made = [
        Task(key, name, _honest(key, told, _state(visit, done, due)), _note(key, told, count, signed))
        for key, name, done, due, count in wanted
    ]
    return _with_next(made)


def _honest(key: str, told: Sheet, state: TaskState) -> TaskState:
    """What is marked as not assessed is not assessed, and what the program proposed is confirmed by nobody yet."""
    if state is not TaskState.DONE:
        return state
    if key == "matrix" and told.rated < told.assessed:
        return TaskState.MARKED
    return TaskState.PROPOSED if key == "resolutions" and not told.are_resolutions_confirmed else state


def first_open_task(made: Sequence[Task]) -> Task | None:
    """The first task that is missing or next."""
    return next((task for task in made if task.state in (TaskState.MISSING, TaskState.NEXT)), None)


_SIGNED = ("signed_off", "shared_with_state", "commented", "final")


def _state(visit: Visit, is_done: bool, due: VisitStage) -> TaskState:
    """Done; missing from the stage on at which it should have been there; until then later."""
    if is_done:
        return TaskState.DONE
    is_reached = visit.stage in LINE and LINE.index(visit.stage) >= LINE.index(due)
    return TaskState.MISSING if is_reached else TaskState.LATER


def _note(key: str, told: Sheet, count: int | None, signed: int) -> str:
    if key == "matrix" and told.rated < told.assessed:
        return _matrix_note(told)
    if key == "matrix" and told.scope:
        return _("%(done)s of %(all)s areas", done=told.assessed, all=len(told.scope))
    if key == "conclusions" and count:
        return _("%(all)s, %(signed)s signed off", all=_shown(count), signed=signed)
    return _shown(count) if count else ""


def _matrix_note(told: Sheet) -> str:
    """How many areas are rated, how many are marked as not assessed, and of how many, while some are left."""
    said = _("%(rated)s rated, %(marked)s marked not assessed", rated=told.rated, marked=told.assessed - told.rated)
    left = len(told.scope) - told.assessed
    return _("%(said)s, %(left)s to be assessed", said=said, left=left) if left else said


def _shown(count: int) -> str:
    return f"{MOST_SHOWN}+" if count > MOST_SHOWN else str(count)


def _with_next(made: list[Task]) -> list[Task]:
    """The first task that is still to do is the next one, unless something is missing already."""
    if any(task.state is TaskState.MISSING for task in made):
        return made
    first = next((task for task in made if task.state is TaskState.LATER), None)
    return [Task(task.key, task.name, TaskState.NEXT, task.note) if task is first else task for task in made]
