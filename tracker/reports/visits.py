"""What the tracker can tell of visits: the list, what a visit's conclusions are called, which visits overlap, and
what of a visit was changed since a page was opened."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

import sqlalchemy as sa

from tracker.extensions import db
from tracker.models import (
    VERSION_TABLES,
    Conclusion,
    Followup,
    Resolution,
    State,
    Tour,
    Visit,
    VisitArea,
    VisitMode,
    VisitSequence,
    VisitStage,
    VisitType,
)
from tracker.models.state import BY_NAME
from tracker.partial_date import PartialDate, Precision
from tracker.reports.filters import beginning, day, each, known_area, members, numbers, region, state, words
from tracker.reports.listing import Listing, Sort
from tracker.texts import gettext as _

OBSERVATIONS_SINCE = date(2018, 10, 8)  # updated post-visit guidelines: preliminary assessment and observations

_IN_ORDER = sa.case(
    {stage.value: place for place, stage in enumerate(VisitStage)},
    value=sa.cast(Visit.stage, sa.String),
)


def _covers(code: str) -> sa.ColumnElement[bool]:
    """The area is in the visit's scope; a top area stands for every area under it."""
    wanted = known_area(code)
    matches = sa.or_(VisitArea.area_code == wanted, VisitArea.area_code.startswith(f"{wanted}-", autoescape=True))
    return Visit.id.in_(sa.select(VisitArea.visit_id).where(matches))


def _count_of(model: Any) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).where(model.visit_id == Visit.id).correlate(Visit).scalar_subquery()


_COLUMNS: tuple[Any, ...] = (
    Visit.id,
    Visit.reference,
    Visit.state_id,
    State.region_code,
    Visit.start,
    Visit.end,
    Visit.sort_day,
    Visit.type,
    Visit.mode,
    Visit.sequence,
    Visit.stage,
    Tour.title.label("tour"),
    _count_of(Conclusion).label("conclusions"),
    _count_of(Followup).label("followups"),
    Visit.sharing,
    Visit.updated_at,
)

VISITS = Listing(
    base=sa.select(*_COLUMNS).join(State, State.id == Visit.state_id).outerjoin(Tour, Tour.id == Visit.tour_id),
    id_column=Visit.id,
    filters={
        "q": words("visit", Visit.id),
        "state": state(Visit.state_id),
        "region": region(Visit.state_id),
        "reference": beginning(Visit.reference, Visit.state_id),
        "type": members(Visit.type, VisitType),
        "stage": members(Visit.stage, VisitStage),
        "mode": members(Visit.mode, VisitMode),
        "sequence": members(Visit.sequence, VisitSequence),
        "area": each(_covers),
        "year-from": day(Visit.sort_day, ">="),
        "year-to": day(Visit.sort_day, "<="),
        "tour": numbers(Visit.tour_id),
    },
    sorts={
        "date": Sort(Visit.sort_day),
        "state": Sort(BY_NAME),
        "stage": Sort(_IN_ORDER),
        "reference": Sort(Visit.reference),
    },
    default_sort="-date",
    is_one_table=True,
)


def conclusion_label(visit: Any, *, is_plural: bool = True) -> str:
    """What the delegation's conclusions are called: preliminary observations from 8 October 2018 on."""
    if visit.sort_day >= OBSERVATIONS_SINCE:
        return _("Preliminary observations") if is_plural else _("Preliminary observation")
    return _("Provisional conclusions") if is_plural else _("Provisional conclusion")


def overlapping(visit: Visit) -> list[str]:
    """The State's other visits whose dates overlap with this one's. A year alone is too vague to tell."""
    others = db.session.execute(
        sa.select(Visit.reference, Visit.start, Visit.end)
        .where(Visit.state_id == visit.state_id, Visit.id != visit.id)
        .order_by(Visit.sort_day, Visit.id)
    )
    own = _span(visit)
    if own is None:
        return []
    spans = [(row.reference, _span(row)) for row in others]
    return [reference for reference, span in spans if span and span[0] <= own[1] and own[0] <= span[1]]


def is_before(visit: Visit, day: PartialDate | None) -> bool:
    """Whether the day lies before the visit's start, as far as both are known."""
    return bool(day and visit.start and day.last_day < visit.start.first_day)


def is_outside(visit: Visit, day: PartialDate | None) -> bool:
    """Whether the day lies outside the visit's dates, as far as all are known."""
    is_after = bool(day and visit.end and day.first_day > visit.end.last_day)
    return is_before(visit, day) or is_after


def _span(visit: Any) -> tuple[date, date] | None:
    first, last = visit.start or visit.end, visit.end or visit.start
    if first is None or Precision.YEAR in (first.precision, last.precision):
        return None
    return first.first_day, last.last_day


def resolutions(adopted: Collection[int]) -> list[Resolution]:
    """Every resolution of the catalogue, those in ``adopted`` first, by number."""
    known = db.session.scalars(sa.select(Resolution).order_by(Resolution.number)).all()
    return sorted(known, key=lambda one: (one.number not in adopted, one.number))


# What was changed since a page was opened

COLUMNS = {
    "details": ("type", "sequence", "summary", "conclusions_due"),
    "tour": ("tour_id",),
    "visit_consent": ("visit_consent_on", "visit_consent_by"),
    "share_consent": ("share_consent", "share_consent_on", "share_consent_by", "share_excluded"),
    "sharing": ("sharing", "share_consent"),
    "stage": ("stage",),
}
TABLES = {
    "scope": ("visit_area",),
    "resolutions": ("visit_resolution",),
    "components": ("visit_component", "visit_component_area"),
    "delegation": ("visit_delegate", "visit_delegate_area"),
    "counterparts": ("visit_counterpart",),
    "checks": ("visit_check",),
    "sources": ("visit_source",),
}
PARENTS = {"visit_component_area": "component_id", "visit_delegate_area": "delegate_id"}


def has_changed_since(visit: Visit, version: int, section: str, row_id: int | None = None) -> bool:
    """Whether this section of the visit, or one row in it, differs from what a page of that version showed.

    The visit's version rises with each of its parts; two people who work on different parts do not collide.
    """
    twin = VERSION_TABLES["visit"]
    shown = db.session.execute(
        sa.select(twin)
        .where(twin.c.id == visit.id, twin.c.version == version)
        .order_by(twin.c.from_event.desc())
        .limit(1)
    ).one_or_none()
    if shown is None:
        return True
    if section in COLUMNS:
        return any(getattr(shown, name) != getattr(visit, name) for name in COLUMNS[section])
    return any(_was_touched(name, visit, shown.from_event, row_id) for name in TABLES[section])


def _was_touched(table: str, visit: Visit, event: int, row_id: int | None) -> bool:
    twin = VERSION_TABLES[table]
    changed = sa.select(sa.literal(1)).where(
        twin.c.visit_id == visit.id, sa.or_(twin.c.from_event > event, twin.c.to_event > event)
    )
    if row_id is not None:
        changed = changed.where(twin.c[PARENTS.get(table, "id")] == row_id)
    return db.session.execute(changed.limit(1)).first() is not None
