"""The action-plan report: one row per measure and Member State, with the follow-ups that serve it there.

A regional plan has a row for each measure and participating State; the Strategy, whose States are all, for each
measure and State with a follow-up that serves it. A measure that nothing serves within the reader's scope keeps one
row, without a State. Retired measures have none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from flask_babel.speaklater import LazyString

from tracker.extensions import db
from tracker.models import (
    Followup,
    FollowupMeasure,
    Measure,
    MeasureCell,
    MeasureStatus,
    Plan,
    PlanKind,
    PlanPart,
    PlanState,
    State,
)
from tracker.models.followup import ENDED
from tracker.models.plan import PILLARS
from tracker.policy import Reach
from tracker.reports import catalogue, measures
from tracker.reports.filters import BadValue, Condition, as_condition, codes, each, region
from tracker.reports.listing import Columns, Listing, Sort
from tracker.reports.measures import Standing, Tally
from tracker.texts import gettext as _
from tracker.texts import lazy_gettext as _l

NO_WORD = "none"
BETWEEN, WITHIN = "\n", "|"  # items of a list, and the parts of each, as the database joins them
PLACES = 100_000  # more than a plan has measures

# The header, once and literally: columns are added at the end or not at all.
COLUMNS: dict[str, LazyString] = {
    "plan_code": _l("Plan"),
    "measure": _l("Reference of the measure"),
    "pillar": _l("Pillar, I to IV"),
    "measure_number": _l("Number of the measure in its plan, of the Strategy in its pillar"),
    "measure_text": _l("What the measure says"),
    "lead_body": _l("Lead body"),
    "deadline": _l("Deadline"),
    "measure_status": _l("Status by the rule; of a region only where all participants lie in scope"),
    "stated_status": _l("Status that a coordinator states beside it"),
    "stated_on": _l("Date of that status"),
    "iso3": _l("Member State, ISO 3166 alpha-3"),
    "member_state": _l("Member State, today's English short name"),
    "cell_status": _l("How far the Member State is, in a regional plan; empty: no word yet"),
    "cell_status_on": _l("Date of that status"),
    "cell_evidence": _l("What it rests on"),
    "cell_note": _l("Note"),
    "followups": _l("Follow-ups of the Member State that serve the measure, joined by ;"),
    "implementation_statuses": _l("Statuses that we assess, joined by ; in that order"),
    "status_dates": _l("Dates of those assessments, joined by ;"),
    "sealed_states": _l("unsigned, signed, or changed since it was signed, joined by ;"),
    "current_dues": _l("Due dates now, joined by ;"),
    "open": _l("How many of them are open"),
    "implemented": _l("How many are assessed implemented"),
    "signed": _l("How many of those are signed off as such and not changed since"),
    "cell_rests_on_nothing": _l("yes when the cell says completed or under way without evidence or follow-up, else no"),
}
HEADER = tuple(COLUMNS)


def measure_ids(reach: Reach, args: Any) -> Sequence[int]:
    """The measures that may stand in the rows an address asks for, for ``row_maker``: those of its plans."""
    plans = [one.upper() for one in listing(reach).read(args).args.get("plan", [])]
    asked = sa.select(Measure.id).where(Measure.retired_on.is_(None))
    if plans:
        asked = asked.join(Plan, Plan.id == Measure.plan_id).where(Plan.code.in_(plans))
    return db.session.scalars(asked).all()


def row_maker(ids: Iterable[int], reach: Reach, *, signed_only: bool) -> Callable[[Any], Sequence[Any]]:
    """What turns a row of the listing into a row of the report; ``ids`` are the measures of its rows."""
    standings = measures.statuses(list(ids), reach, signed_only=signed_only)
    return lambda row: _row(row, standings[row.measure_id])


def _row(row: Any, standing: Standing) -> Sequence[Any]:
    tally = standing.states.get(row.state_id, Tally())
    stated = None if standing.is_hidden else row.stated_status
    return (
        row.plan_code,
        row.measure,
        row.pillar,
        row.number,
        row.text,
        row.lead_body,
        row.deadline,
        standing.status,
        stated,
        row.stated_on if stated else None,
        row.state_id,
        row.member_state,
        row.cell_status,
        row.cell_status_on,
        row.cell_evidence,
        row.cell_note,
        *_lists(row.followups),
        *((tally.open, tally.implemented, tally.signed) if row.state_id else (None, None, None)),
        ("yes" if tally.rests_on_nothing else "no") if row.cell_status else None,
    )


def _lists(joined: str | None) -> list[str]:
    """References, statuses, their dates, sealed states and due dates: five lists in one order."""
    items = [item.split(WITHIN) for item in (joined or "").split(BETWEEN) if item]
    return [";".join(part) for part in zip(*items, strict=True)] if items else [""] * 5


# The listing


@lru_cache(maxsize=64)
def listing(reach: Reach) -> Listing:
    """The rows within a scope. A measure keeps its row whatever the scope."""
    pairs = _pairs(reach)
    state = pairs.c.state_id
    of_cell = sa.and_(MeasureCell.measure_id == Measure.id, MeasureCell.state_id == state)
    number = sa.cast(sa.func.coalesce(State.m49, "0"), sa.Integer)
    unique = (sa.cast(Measure.id, sa.BigInteger) * 1_000 + number).label("row_number")
    pillar = sa.case({one: place for place, one in enumerate(PILLARS)}, value=Measure.pillar)
    place = (sa.cast(Plan.id, sa.BigInteger) * 4 + pillar) * PLACES + Measure.position
    base: Columns = (
        sa.select(
            Measure.id.label("measure_id"),
            Plan.code.label("plan_code"),
            Measure.reference.label("measure"),
            Measure.pillar,
            Measure.number,
            Measure.text,
            Measure.lead_body,
            Measure.deadline,
            Measure.stated_status,
            Measure.stated_on,
            state,
            State.name.label("member_state"),
            MeasureCell.status.label("cell_status"),
            MeasureCell.status_on.label("cell_status_on"),
            MeasureCell.evidence.label("cell_evidence"),
            MeasureCell.note.label("cell_note"),
            _followups(state).label("followups"),
        )
        .select_from(Measure)
        .join(Plan, Plan.id == Measure.plan_id)
        .outerjoin(pairs, pairs.c.measure_id == Measure.id)
        .outerjoin(State, State.id == state)
        .outerjoin(MeasureCell, of_cell)
        .where(Measure.retired_on.is_(None))
    )
    return Listing(
        base=base,
        id_column=unique,
        filters={
            "plan": codes(Plan.code),
            "pillar": each(_of_pillar),
            "measure": codes(Measure.reference),
            "state": codes(state, lambda: catalogue.states()),
            "region": region(state),
            "word": each(_of_word),
        },
        sorts={"measure": Sort(place, then=unique)},
        default_sort="measure",
    )


def _pairs(reach: Reach) -> sa.Subquery:
    """Measures and States in scope: participants of regional plans, of the Strategy those that something serves."""
    regional = (
        sa.select(Measure.id.label("measure_id"), PlanState.state_id)
        .join(PlanState, PlanState.plan_id == Measure.plan_id)
        .where(PlanState.part == PlanPart.PARTICIPANT, reach.condition(PlanState.state_id))
    )
    served = (
        sa.select(FollowupMeasure.measure_id, FollowupMeasure.state_id)
        .join(Measure, Measure.id == FollowupMeasure.measure_id)
        .join(Plan, Plan.id == Measure.plan_id)
        .where(Plan.kind == PlanKind.STRATEGY, reach.condition(FollowupMeasure.state_id))
        .distinct()
    )
    return sa.union_all(regional, served).subquery("pairs")


def _followups(state: Any) -> sa.ScalarSelect[Any]:
    """The follow-ups of a State that serve a measure, those withdrawn or superseded left out, in one text."""
    parts = (
        Followup.reference,
        Followup.assessed_status,
        Followup.assessed_on,
        Followup.sealed_state,
        Followup.current_due,
    )
    texts = [sa.func.coalesce(sa.cast(part, sa.String), "") for part in parts]
    item: sa.ColumnElement[str] = texts[0]
    for text in texts[1:]:
        item = item + WITHIN + text
    items = (
        sa.select(item.label("item"))
        .select_from(FollowupMeasure)
        .join(Followup, Followup.id == FollowupMeasure.followup_id)
        .where(
            FollowupMeasure.measure_id == Measure.id,
            FollowupMeasure.state_id == state,
            Followup.workflow.not_in(ENDED),
        )
        .order_by(Followup.number)
        .correlate(Measure, state.table)
        .subquery()
    )
    return sa.select(sa.func.aggregate_strings(items.c.item, BETWEEN)).scalar_subquery()


def _of_pillar(value: str) -> Condition:
    if value.upper() not in PILLARS:
        raise BadValue(_("“%(value)s” is not one of: %(known)s", value=value[:60], known=", ".join(PILLARS)))
    return as_condition(Measure.pillar == value.upper())


def _of_word(value: str) -> Condition:
    """What the cell says; ``none`` where there is a cell and no word yet."""
    if value == NO_WORD:
        return sa.and_(MeasureCell.id.is_not(None), MeasureCell.status.is_(None))
    known = {one.value: one for one in MeasureStatus}
    if value not in known:
        offered = ", ".join((NO_WORD, *known))
        raise BadValue(_("“%(value)s” is not one of: %(known)s", value=value[:60], known=offered))
    return as_condition(MeasureCell.status == known[value])
