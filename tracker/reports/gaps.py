"""Where the chain from a visit to the Strategy is broken, found by the program and not by the reader.

Each gap is a list: counted on one page, opened with filters, exported. Gaps of conclusions and of follow-ups are rows
of their own lists, narrowed. The words are neutral and rank nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel.speaklater import LazyString

from tracker import clock
from tracker.database import PartialDateType
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
    RatingLevel,
    State,
    Visit,
    VisitArea,
    VisitStage,
    VisitType,
)
from tracker.policy import Reach
from tracker.reports import catalogue, conclusions, followups, measures
from tracker.reports.filters import BadValue, Condition, Filter, as_condition, codes, each, members, region
from tracker.reports.listing import Listing, Sort
from tracker.texts import gettext as _
from tracker.texts import lazy_gettext as _l
from tracker.workflow import visit

MOST_YEARS, MOST_MONTHS = 50, 600
HUMAN_RIGHTS, RIGHTS_PILLAR = "HRG", "IV"
BEGUN = tuple(stage for stage in VisitStage if visit.has_begun(stage))


@dataclass(frozen=True)
class Gap:
    """One kind of gap: its list, its columns in words, and by which State a row is in scope (None: by none)."""

    title: LazyString
    meaning: LazyString
    listing: Listing
    columns: Mapping[str, LazyString]
    state_column: Any
    period: str | None = None


def tally(kind: str, reach: Reach) -> int:
    """How many rows the gap has within the scope, counted as far as lists count."""
    return GAPS[kind].listing.tally({}, scope(kind, reach, {}))


def scope(kind: str, reach: Reach, args: Mapping[str, Any]) -> Condition:
    """The rows of the gap that a reader may see; a measure without follow-ups has none within the scope. Where no
    period is asked for, those of which nothing was ever told."""
    gap = GAPS[kind]
    within = _unserved(reach) if gap.state_column is None else reach.condition(gap.state_column)
    return sa.and_(within, _EVER[kind]()) if gap.period and not args.get(gap.period) else within


def unanswered_shortfalls(reach: Reach) -> int:
    """Shortfalls not withdrawn that no follow-up in force answers: rows of ``/conclusions`` with these filters."""
    return conclusions.CONCLUSIONS.tally(SHORTFALLS, reach.condition(Conclusion.state_id))


def without_measure(reach: Reach) -> int:
    """Open follow-ups that serve no measure: rows of ``/follow-ups`` with these filters."""
    return followups.FOLLOWUPS.tally(WITHOUT_MEASURE, reach.condition(Followup.state_id))


SHORTFALLS = {
    "kind": ["shortfall"],
    "answered": ["0"],
    "workflow": [one.value for one in ConclusionStatus if one is not ConclusionStatus.WITHDRAWN],
}
WITHOUT_MEASURE = {"open": ["1"], "measure": [followups.NOBODY]}


def plans_without_rights() -> list[tuple[str, str]]:
    """Code and title of the plans that hold no measure on human rights (pillar IV)."""
    on_rights = sa.exists().where(
        Measure.plan_id == Plan.id, Measure.pillar == RIGHTS_PILLAR, Measure.retired_on.is_(None)
    )
    found = db.session.execute(sa.select(Plan.code, Plan.title).where(~on_rights).order_by(Plan.code))
    return [(row.code, row.title) for row in found]


# Conditions


def _number(value: str, most: int) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= len(str(most))) or not 1 <= int(value) <= most:
        raise BadValue(_("“%(value)s” is not a whole number from 1 to %(most)s", value=value[:60], most=most))
    return int(value)


def _years(value: str) -> Condition:
    """Never examined, or not within so many years."""
    return as_condition(~_examined_since(_years_ago(_number(value, MOST_YEARS))))


def _years_ago(years: int) -> date:
    today = clock.today()
    day = 28 if (today.month, today.day) == (2, 29) else today.day
    return date(today.year - years, today.month, day)


def _examined_since(day: date) -> Any:
    return sa.exists().where(
        Assessment.state_id == State.id,
        Assessment.area_code == Area.code,
        Assessment.rating.in_(_ON_SCALE),
        Visit.id == Assessment.visit_id,
        Visit.sort_day >= day,
    )


def _months(value: str) -> Condition:
    """No word at all, or none within so many months."""
    months = _number(value, MOST_MONTHS)
    today = clock.today()
    total = today.year * 12 + today.month - 1 - months
    since = f"{total // 12:04}-{total % 12 + 1:02}"
    told_on = sa.type_coerce(MeasureCell.status_on, sa.String)
    return sa.or_(MeasureCell.status.is_(None), MeasureCell.status_on.is_(None), told_on < since)


def _unserved(reach: Reach) -> Condition:
    """No follow-up that counts serves the measure; of a regional plan, none of a State that takes part."""
    takes_part = FollowupMeasure.state_id.in_(measures.participating(Plan.id == Measure.plan_id).correlate(Measure))
    serving = sa.exists().where(
        FollowupMeasure.measure_id == Measure.id,
        Followup.id == FollowupMeasure.followup_id,
        measures.counts(),
        sa.or_(Plan.kind == PlanKind.STRATEGY, takes_part),
        reach.condition(FollowupMeasure.state_id),
    )
    return as_condition(~serving)


def _under(code: str) -> Condition:
    """The area itself, or any area under it."""
    wanted = code.upper()
    if wanted not in catalogue.areas():
        raise BadValue(_("“%(value)s” is no area that is known here", value=code[:60]))
    return sa.or_(Area.code == wanted, Area.parent_code == wanted)


# The lists


def _list(base: Any, id_column: Any, order: str, sort: Sort, filters: Mapping[str, Filter]) -> Listing:
    """A list of gaps in its one order."""
    return Listing(base=base, id_column=id_column, filters=filters, sorts={order.lstrip("-"): sort}, default_sort=order)


def _of(state: Any, **more: Filter) -> dict[str, Filter]:
    """The filters of gaps of a State: by it, by its region, and ``more``."""
    return {"state": codes(state), "region": region(state), **more}


_ON_SCALE = sa.select(RatingLevel.code).where(RatingLevel.on_scale)
_EDITION = sa.and_(AreaEdition.area_code == Area.code, AreaEdition.edition == Area.current_edition)

_rated = sa.exists().where(
    Assessment.visit_id == VisitArea.visit_id,
    Assessment.area_code == VisitArea.area_code,
    Assessment.rating != "not_assessed",
)
_UNRATED = (
    sa.select(
        Visit.reference.label("visit"),
        Visit.state_id,
        Visit.start,
        Visit.end,
        Area.code.label("area_code"),
        AreaEdition.title.label("area_title"),
    )
    .select_from(VisitArea)
    .join(Visit, Visit.id == VisitArea.visit_id)
    .join(Area, Area.code == VisitArea.area_code)
    .join(AreaEdition, _EDITION)
    .where(~_rated, sa.or_(Visit.type.is_(None), Visit.type != VisitType.HIGH_LEVEL), Visit.stage.in_(BEGUN))
)

_last = (
    sa.select(sa.func.max(Visit.sort_day, type_=sa.Date))
    .select_from(Assessment)
    .join(Visit, Visit.id == Assessment.visit_id)
    .where(Assessment.state_id == State.id, Assessment.area_code == Area.code, Assessment.rating.in_(_ON_SCALE))
    .correlate(State, Area)
    .scalar_subquery()
)
_UNEXAMINED = sa.select(
    State.id.label("state_id"),
    Area.code.label("area_code"),
    AreaEdition.title.label("area_title"),
    _last.label("last_examined"),
).select_from(sa.join(State, Area, Area.parent_code.is_not(None)).join(AreaEdition, _EDITION))

_UNSERVED = (
    sa.select(Measure.reference.label("measure"), Plan.code.label("plan"), Measure.pillar, Measure.text)
    .join(Plan, Plan.id == Measure.plan_id)
    .where(Measure.retired_on.is_(None))
)

_SILENT = (
    sa.select(
        Measure.reference.label("measure"),
        MeasureCell.state_id,
        Measure.pillar,
        Measure.text,
        MeasureCell.status,
        sa.type_coerce(MeasureCell.status_on, PartialDateType()).label("status_on"),
    )
    .select_from(MeasureCell)
    .join(Measure, Measure.id == MeasureCell.measure_id)
    .join(Plan, Plan.id == Measure.plan_id)
    .where(Measure.retired_on.is_(None))
)

_on_rights = sa.exists().where(VisitArea.visit_id == Visit.id, VisitArea.area_code.startswith(f"{HUMAN_RIGHTS}-"))
_found_rights = sa.exists().where(
    Conclusion.visit_id == Visit.id,
    Conclusion.area_code.startswith(f"{HUMAN_RIGHTS}-"),
    Conclusion.workflow != ConclusionStatus.WITHDRAWN,
)
_WITHOUT_RIGHTS = sa.select(
    Visit.reference.label("visit"), Visit.state_id, Visit.start, Visit.end, Visit.stage, Visit.sort_day
).where(
    ~_on_rights,
    ~_found_rights,
    sa.or_(Visit.type.is_(None), Visit.type != VisitType.HIGH_LEVEL),
    Visit.stage.in_(BEGUN),
)

_STATE, _AREA, _VISIT, _DATES = _l("Member State"), _l("Area"), _l("Visit"), _l("Dates of the visit")
_MEASURE, _TEXT, _PILLAR = _l("Measure"), _l("Text"), _l("Pillar")

GAPS: dict[str, Gap] = {
    "measures": Gap(
        _l("Measures without a follow-up"),
        _l(
            "No follow-up in your scope that is open or assessed implemented serves the measure; for a regional plan, "
            "none of a Member State that takes part. Retired measures are left out."
        ),
        _list(
            _UNSERVED,
            Measure.id,
            "plan",
            Sort(Plan.code, between=Measure.position),
            {"plan": codes(Plan.code), "pillar": each(lambda value: as_condition(Measure.pillar == value.upper()))},
        ),
        {"measure": _MEASURE, "pillar": _PILLAR, "text": _TEXT},
        None,
    ),
    "scope": Gap(
        _l("Areas in the scope of a visit without an assessment"),
        _l("The visit was to look at the area and has not rated it."),
        _list(
            _UNRATED,
            Area.position,
            "-visit",
            Sort(Visit.sort_day, between=Visit.id),
            _of(Visit.state_id, area=each(_under)),
        ),
        {"visit": _VISIT, "state": _STATE, "dates": _DATES, "area": _AREA},
        Visit.state_id,
    ),
    "areas": Gap(
        _l("Areas never examined, or not for years"),
        _l("No visit has rated the area for that Member State; with a number of years, none within them."),
        _list(
            _UNEXAMINED, Area.position, "state", Sort(State.name), _of(State.id, area=each(_under), years=each(_years))
        ),
        {"state": _STATE, "area": _AREA, "last": _l("Last examined")},
        State.id,
        "years",
    ),
    "cells": Gap(
        _l("Cells of regional plans without a word"),
        _l("Nothing is known of the Member State and the measure; with a number of months, nothing within them."),
        _list(
            _SILENT,
            MeasureCell.id,
            "measure",
            Sort(Measure.reference),
            _of(MeasureCell.state_id, plan=codes(Plan.code), months=each(_months)),
        ),
        {
            "measure": _MEASURE,
            "state": _STATE,
            "text": _TEXT,
            "status": _l("Status"),
            "status_on": _l("Date of the status"),
        },
        MeasureCell.state_id,
        "months",
    ),
    "human-rights": Gap(
        _l("Visits that say nothing on human rights"),
        _l("Neither the scope of the visit nor a conclusion touches the area HRG."),
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
}

_EVER: dict[str, Callable[[], Condition]] = {
    "areas": lambda: as_condition(~_examined_since(date.min)),
    "cells": lambda: MeasureCell.status.is_(None),
}
"""What a gap with a period holds where none is asked for."""

HEADERS: dict[str, Sequence[str]] = {
    "measures": ("measure", "plan", "pillar", "text"),
    "scope": ("visit", "state_id", "start", "end", "area_code", "area_title"),
    "areas": ("state_id", "area_code", "area_title", "last_examined"),
    "cells": ("measure", "state_id", "pillar", "text", "status", "status_on"),
    "human-rights": ("visit", "state_id", "start", "end", "stage"),
}


def row_maker(kind: str) -> Any:
    """What turns a row of the gap's list into one of its file."""
    names = HEADERS[kind]
    return lambda row: [getattr(row, name) for name in names]
