"""Where the chain from a visit to the Strategy is broken, found by the program and not by the reader.

Each gap is a list: counted on one page, opened with filters, exported. Gaps of conclusions and of follow-ups are rows
of their own lists, narrowed. The words are neutral and rank nobody.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel.speaklater import LazyString

from tracker import clock
from tracker.database import OneOf, PartialDateType
from tracker.extensions import db
from tracker.models import (
    Area,
    AreaEdition,
    Assessment,
    Conclusion,
    ConclusionStatus,
    Followup,
    FollowupMeasure,
    Measure,
    MeasureCell,
    Plan,
    PlanKind,
    PlanPart,
    PlanState,
    State,
    Visit,
    VisitArea,
    VisitStage,
)
from tracker.models.state import BY_NAME
from tracker.policy import Reach
from tracker.reports import catalogue, conclusions, examinations, filters, followups, kept, measures
from tracker.reports.assessments import NAME_AT_VISIT
from tracker.reports.examinations import Examination
from tracker.reports.filters import BadValue, Condition, Filter, as_condition, each, known_area, members, region
from tracker.reports.listing import Columns, Listing, Problem, Sort
from tracker.texts import gettext as _
from tracker.texts import lazy_gettext as _l

MOST_YEARS, MOST_MONTHS = 50, 600
HUMAN_RIGHTS, RIGHTS_PILLAR = "HRG", "IV"
PLANS = "plans"
"""The gap whose rows every reader may see: plans are no State's."""
NARROWING = ("state", "region", "years", "months")
"""What narrows every kind of gap at once: each takes what it knows of."""


@dataclass(frozen=True)
class Gap:
    """One kind of gap: its list, its columns in words, and by which State a row is in scope (None: by none)."""

    title: LazyString
    meaning: LazyString
    listing: Listing
    columns: Mapping[str, LazyString]
    state_column: Any
    period: str | None = None
    title_in_period: LazyString | None = None
    closed_by: LazyString | None = None

    def called(self, args: Args) -> LazyString:
        """The title; where a period is asked for, with those of which nothing was told within it."""
        asks = self.title_in_period is not None and self.period and _values(args, self.period)
        return self.title_in_period if asks and self.title_in_period else self.title


Args = Mapping[str, Any]

EXAMINING = ("conclusion", "matrix", "visit")
"""The records that tell what was examined."""
RESTS_ON = ("conclusion", "followup", "matrix", "measure", "plan", "visit")
"""The records by whose changes a gap opens or closes."""


def tally(kind: str, reach: Reach, args: Args) -> int:
    """How many rows the gap has within the scope, narrowed by what it knows of, counted as far as lists count."""
    return GAPS[kind].listing.tally(args, scope(kind, reach, args))


def tallies(reach: Reach, args: Mapping[str, list[str]]) -> dict[str, int]:
    """How many rows each gap has, with those of the lists of conclusions and follow-ups. A process keeps them: what is
    missing is found by looking through all that there is."""
    states = {name: values for name, values in args.items() if name in ("state", "region")}

    def make() -> dict[str, int]:
        own = {kind: tally(kind, reach, known_to(kind, args)) for kind in GAPS}
        return {
            "shortfalls": unanswered_shortfalls(reach, states),
            "followups": without_measure(reach, states),
        } | own

    asked = tuple(sorted((name, tuple(values)) for name, values in args.items()))
    return kept.answer(("gaps", reach, asked, clock.today(), catalogue.edition()), make, RESTS_ON)


def rows(kind: str, reach: Reach, args: Args) -> Columns:
    """Those rows as a question, for a page that counts several kinds at once."""
    return GAPS[kind].listing.rows(args, scope(kind, reach, args))


def narrowing(args: Args) -> tuple[dict[str, list[str]], list[Problem]]:
    """What of an address narrows every kind of gap, and what is wrong with it."""
    given = {name: values for name in NARROWING if (values := _values(args, name))}
    read = [GAPS[kind].listing.read(given) for kind in ("areas", "cells")]
    problems = {problem.name: problem for question in read for problem in question.problems}
    return given, list(problems.values())


def known_to(kind: str, args: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """What of the narrowing the kind of gap knows of."""
    return {name: values for name, values in args.items() if name in GAPS[kind].listing.filters}


def scope(kind: str, reach: Reach, args: Args) -> Condition:
    """The rows of the gap that a reader may see. A measure is no State's: it has no follow-up within the scope, or
    within the part of it that is asked for. Where no period is asked for, those of which nothing was ever told."""
    if kind == PLANS:
        return sa.true()
    gap = GAPS[kind]
    within = _unserved(_narrowed(reach, args)) if gap.state_column is None else reach.condition(gap.state_column)
    return sa.and_(within, _EVER[kind]()) if gap.period and not _values(args, gap.period) else within


def _values(args: Args, name: str) -> list[str]:
    values = args.getlist(name) if hasattr(args, "getlist") else args.get(name, [])
    return [value.strip() for value in values if value.strip()]


def _narrowed(reach: Reach, args: Args) -> Reach:
    """The States of the scope that an address asks for."""
    wanted, regions = {value.upper() for value in _values(args, "state")}, set(_values(args, "region"))
    if not wanted and not regions:
        return reach
    asked = (
        one.id
        for one in catalogue.states().values()
        if reach.covers(one.id)
        and (not wanted or one.id in wanted)
        and (not regions or regions & {one.region_code, one.subregion_code})
    )
    return Reach(False, frozenset(asked))


def unanswered_shortfalls(reach: Reach, args: Mapping[str, list[str]]) -> int:
    """Shortfalls not withdrawn that no follow-up in force answers: rows of ``/conclusions`` with these filters."""
    return conclusions.CONCLUSIONS.tally({**SHORTFALLS, **args}, reach.condition(Conclusion.state_id))


def without_measure(reach: Reach, args: Mapping[str, list[str]]) -> int:
    """Open follow-ups that serve no measure: rows of ``/follow-ups`` with these filters."""
    return followups.FOLLOWUPS.tally({**WITHOUT_MEASURE, **args}, reach.condition(Followup.state_id))


SHORTFALLS = {
    "kind": ["shortfall"],
    "answered": ["0"],
    "workflow": [one.value for one in ConclusionStatus if one is not ConclusionStatus.WITHDRAWN],
}
WITHOUT_MEASURE = {"open": ["1"], "measure": [followups.NOBODY]}


# Conditions


def _number(value: str, most: int) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= len(str(most))) or not 1 <= int(value) <= most:
        raise BadValue(_("“%(value)s” is not a whole number from 1 to %(most)s", value=value[:60], most=most))
    return int(value)


def _years(values: list[str]) -> Condition:
    """Never examined, or not within so many years; of several numbers the least, which holds the others' areas too."""
    return _unexamined(_ago(12 * min(_number(value, MOST_YEARS) for value in values)))


def _unexamined(since: date | None = None) -> Condition:
    """Areas that the State was never examined on, or not since that day. Each pair of State and area is looked for in
    three tables, and after two thousand visits hardly one is left that was never examined: a process keeps them."""
    key = ("unexamined", since, catalogue.edition())
    found = kept.parts(key, EXAMINING, catalogue.states().keys(), lambda states: _read_unexamined(states, since))
    pairs = [_pair(state, area) for state, areas in found.items() for area in areas]
    return as_condition(OneOf(_pair(State.id, Area.code), pairs))


def _pair(state: Any, area: Any) -> Any:
    return state + " " + area


def _read_unexamined(states: Sequence[str], since: date | None) -> dict[str, list[str]]:
    """Of each of these States the areas."""
    within = [] if since is None else [_not_before(examinations.DAY, since)]
    pairs = sa.select(State.id, Area.code).join(Area, Area.parent_code.is_not(None))
    found: dict[str, list[str]] = {state: [] for state in states}
    wanted = pairs.where(State.id.in_(states), ~examinations.of_state(State.id, Area.code, *within))
    for state, area in db.session.execute(wanted):
        found[state].append(area)
    return found


def _months(value: str) -> Condition:
    """No word at all, or none within so many months."""
    since = _ago(_number(value, MOST_MONTHS))
    told_on = sa.type_coerce(MeasureCell.status_on, sa.String)
    return sa.or_(MeasureCell.status.is_(None), MeasureCell.status_on.is_(None), sa.not_(_not_before(told_on, since)))


def _ago(months: int) -> date:
    """The day so many calendar months before today; where its month has no such day, the month's last."""
    today = clock.today()
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))


def _not_before(told_on: Any, day: date) -> Condition:
    """A date at its precision is not before the day where any of its days is not."""
    return as_condition(told_on >= sa.func.substr(day.isoformat(), 1, sa.func.length(told_on)))


def _unserved(reach: Reach) -> Condition:
    """No follow-up that counts serves the measure; of a regional plan, none of a State that takes part. Of no State,
    nothing is told."""
    if not (reach.is_all or reach.states):
        return sa.false()
    takes_part = FollowupMeasure.state_id.in_(measures.participating(Plan.id == Measure.plan_id).correlate(Measure))
    serving = sa.exists().where(
        FollowupMeasure.measure_id == Measure.id,
        Followup.id == FollowupMeasure.followup_id,
        measures.counts(),
        sa.or_(Plan.kind == PlanKind.STRATEGY, takes_part),
        reach.condition(FollowupMeasure.state_id),
    )
    return as_condition(~serving)


def _concerning(lies: Filter) -> Filter:
    """From a filter of States one of measures: those of the Strategy, and of plans in which such a State takes part."""

    def condition(values: list[str]) -> Condition:
        takes_part = sa.exists().where(
            PlanState.plan_id == Plan.id, PlanState.part == PlanPart.PARTICIPANT, lies(values)
        )
        return sa.or_(Plan.kind == PlanKind.STRATEGY, takes_part)

    return condition


def _under(code: str) -> Condition:
    """The area itself, or any area under it."""
    wanted = known_area(code)
    return sa.or_(Area.code == wanted, Area.parent_code == wanted)


# The lists


def _list(base: Any, id_column: Any, order: str, sort: Sort, by: Mapping[str, Filter]) -> Listing:
    """A list of gaps in its one order."""
    return Listing(base=base, id_column=id_column, filters=by, sorts={order.lstrip("-"): sort}, default_sort=order)


def _of(state: Any, **more: Filter) -> dict[str, Filter]:
    """The filters of gaps of a State: by it, by its region, and ``more``."""
    return {"state": filters.state(state), "region": region(state), **more}


_EDITION = sa.and_(AreaEdition.area_code == Area.code, AreaEdition.edition == Area.current_edition)

_UNRATED = (
    sa.select(
        Visit.reference.label("visit"),
        Visit.state_id.label("iso3"),
        NAME_AT_VISIT.label("member_state"),
        Visit.start,
        Visit.end,
        Area.code.label("area_code"),
        AreaEdition.title.label("area_title"),
        Assessment.rating,
    )
    .select_from(VisitArea)
    .join(Visit, Visit.id == VisitArea.visit_id)
    .join(Area, Area.code == VisitArea.area_code)
    .join(AreaEdition, _EDITION)
    .outerjoin(
        Assessment, sa.and_(Assessment.visit_id == VisitArea.visit_id, Assessment.area_code == VisitArea.area_code)
    )
    .where(sa.or_(Assessment.id.is_(None), sa.not_(examinations.IS_RATED)), examinations.IS_HELD)
)

# Each State with every area: a left join keeps to that order, so that the visits of one State are read together.
_UNEXAMINED = sa.select(
    State.id.label("iso3"),
    State.name.label("member_state"),
    Area.code.label("area_code"),
    AreaEdition.title.label("area_title"),
).select_from(sa.outerjoin(State, Area, Area.parent_code.is_not(None)).outerjoin(AreaEdition, _EDITION))

_UNSERVED = (
    sa.select(Measure.reference.label("measure"), Plan.code.label("plan"), Measure.pillar, Measure.text)
    .join(Plan, Plan.id == Measure.plan_id)
    .where(Measure.retired_on.is_(None))
)

_SILENT = (
    sa.select(
        Measure.reference.label("measure"),
        Plan.code.label("plan"),
        State.id.label("iso3"),
        State.name.label("member_state"),
        Measure.pillar,
        Measure.text,
        MeasureCell.status,
        sa.type_coerce(MeasureCell.status_on, PartialDateType()).label("status_on"),
    )
    .select_from(MeasureCell)
    .join(State, State.id == MeasureCell.state_id)
    .join(Measure, Measure.id == MeasureCell.measure_id)
    .join(Plan, Plan.id == Measure.plan_id)
    .where(Measure.retired_on.is_(None))
)

_WITHOUT_RIGHTS = sa.select(
    Visit.reference.label("visit"),
    Visit.state_id.label("iso3"),
    NAME_AT_VISIT.label("member_state"),
    Visit.start,
    Visit.end,
    Visit.stage,
    Visit.sort_day,
).where(
    sa.not_(examinations.by_visit(lambda code: as_condition(code.startswith(f"{HUMAN_RIGHTS}-")))), examinations.IS_HELD
)

_PLANS_WITHOUT_RIGHTS = sa.select(Plan.code.label("plan"), Plan.title).where(
    ~sa.exists().where(Measure.plan_id == Plan.id, Measure.pillar == RIGHTS_PILLAR, Measure.retired_on.is_(None))
)

_STATE, _AREA, _VISIT, _DATES = _l("Member State"), _l("Area"), _l("Visit"), _l("Dates of the visit")
_MEASURE, _PLAN, _PILLAR, _TEXT = _l("Measure"), _l("Plan"), _l("Pillar"), _l("Text")

GAPS: dict[str, Gap] = {
    "measures": Gap(
        _l("Measures without a follow-up"),
        _l(
            "No follow-up of your scope, or of the Member States asked for, that is open or assessed implemented "
            "serves the measure; for a regional plan, none of a Member State that takes part. Retired measures are "
            "left out."
        ),
        _list(
            _UNSERVED,
            Measure.id,
            "plan",
            Sort(Plan.code, between=Measure.position),
            {
                "state": _concerning(filters.state(PlanState.state_id)),
                "region": _concerning(region(PlanState.state_id)),
                "plan": filters.plan(Plan.code),
                "pillar": filters.pillar(Measure.pillar),
            },
        ),
        {"measure": _MEASURE, "plan": _PLAN, "pillar": _PILLAR, "text": _TEXT},
        None,
    ),
    "scope": Gap(
        _l("Areas in the scope of a visit without an assessment"),
        _l("The visit was held, and its matrix says nothing of the area, or “Not assessed”."),
        _list(
            _UNRATED,
            Area.position,
            "-visit",
            Sort(Visit.sort_day, between=Visit.id),
            _of(Visit.state_id, area=each(_under)),
        ),
        {"visit": _VISIT, "state": _STATE, "dates": _DATES, "area": _AREA, "matrix": _l("In the matrix")},
        Visit.state_id,
    ),
    "areas": Gap(
        _l("Areas never examined"),
        _l(
            "No visit that was held had the area in its scope, assessed it or concluded on it; with a number of years, "
            "none within them."
        ),
        _list(_UNEXAMINED, Area.position, "state", Sort(BY_NAME), _of(State.id, area=each(_under), years=_years)),
        {"state": _STATE, "area": _AREA, "last": _l("Last examined"), "next": _l("Next step")},
        State.id,
        "years",
        _l("Areas never examined, or not for years"),
        _l(
            "A visit to the Member State, other than a high-level one, closes the gap once it is under way and has the "
            "area in its scope, assesses it or concludes on it. A visit held before and not yet entered here closes it "
            "too."
        ),
    ),
    "cells": Gap(
        _l("Cells of regional plans without a word"),
        _l("Nothing is known of the Member State and the measure; with a number of months, nothing within them."),
        _list(
            _SILENT,
            MeasureCell.id,
            "measure",
            Sort(Measure.reference),
            _of(
                MeasureCell.state_id,
                plan=filters.plan(Plan.code),
                pillar=filters.pillar(Measure.pillar),
                months=each(_months),
            ),
        ),
        {
            "measure": _MEASURE,
            "state": _STATE,
            "pillar": _PILLAR,
            "text": _TEXT,
            "status": _l("Status"),
            "status_on": _l("Date of the status"),
        },
        MeasureCell.state_id,
        "months",
    ),
    "human-rights": Gap(
        _l("Visits that say nothing on human rights"),
        _l("Neither the scope, the matrix nor a conclusion of the visit touches the area HRG."),
        _list(
            _WITHOUT_RIGHTS,
            Visit.id,
            "-visit",
            Sort(Visit.sort_day),
            _of(Visit.state_id, stage=members(Visit.stage, VisitStage)),
        ),
        {"visit": _VISIT, "state": _STATE, "dates": _DATES, "stage": _l("Stage")},
        Visit.state_id,
    ),
    PLANS: Gap(
        _l("Plans that say nothing on human rights"),
        _l(
            "The plan holds no measure of pillar IV, on human rights and the rule of law. Retired measures are left "
            "out."
        ),
        _list(
            _PLANS_WITHOUT_RIGHTS,
            Plan.id,
            "plan",
            Sort(Plan.code),
            {
                "state": _concerning(filters.state(PlanState.state_id)),
                "region": _concerning(region(PlanState.state_id)),
            },
        ),
        {"plan": _PLAN, "title": _l("Title")},
        None,
    ),
}

_EVER: dict[str, Callable[[], Condition]] = {
    "areas": _unexamined,
    "cells": lambda: MeasureCell.status.is_(None),
}
"""What a gap with a period holds where none is asked for."""

HEADERS: dict[str, Sequence[str]] = {
    "measures": ("measure", "plan", "pillar", "text"),
    "scope": ("visit", "iso3", "member_state", "start", "end", "area_code", "area_title", "rating"),
    "areas": ("iso3", "member_state", "area_code", "area_title", "last_examined", "last_visit"),
    "cells": ("measure", "plan", "iso3", "member_state", "pillar", "text", "status", "status_on"),
    "human-rights": ("visit", "iso3", "member_state", "start", "end", "stage"),
    PLANS: ("plan", "title"),
}


_FILES: dict[str, Columns] = {"areas": _UNEXAMINED.add_columns(examinations.latest(State.id, Area.code).label("last"))}
"""What the file of a gap reads, where it is more than the list does."""


def file_rows(kind: str) -> Columns | None:
    """What the file of the gap reads; None: what its list does."""
    return _FILES.get(kind)


def row_maker(kind: str) -> Callable[[Any], Sequence[Any]]:
    """What turns a row of the gap's list into one of its file."""
    return _area_line if kind == "areas" else lambda row: [getattr(row, name) for name in HEADERS[kind]]


def _area_line(row: Any) -> Sequence[Any]:
    last = examinations.told(row.last)
    return row.iso3, row.member_state, row.area_code, row.area_title, last and last.day, last and last.visit


def last_examined(kind: str, rows: Sequence[Any], args: Args) -> Mapping[tuple[str, str], Examination]:
    """By State and area, the last examinations of a page of areas that were examined, but not for the years asked for:
    one statement. Where no years are asked for, none was examined."""
    if kind != "areas" or not rows or not _values(args, "years"):
        return {}
    newest = examinations.newest(sorted({row.iso3 for row in rows}), "", lambda code: code)
    found = ((state, area, examinations.told(last)) for state, area, last, _rated, _areas in db.session.execute(newest))
    return {(state, area): last for state, area, last in found if last}
