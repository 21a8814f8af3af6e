"""What a coordinator has to do about plans: measures past their deadline, measures whose stated status differs from the
computed one, measures without a follow-up, cells without a word.

The last two are kinds of gaps, counted and listed as these are. The first two follow from the rule for measures, which
no query knows: the few measures that come into question are found first, and then asked how they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tracker import clock, policy
from tracker.extensions import db
from tracker.models import Account, Measure, MeasureStatus, Plan
from tracker.policy import Permission, Reach
from tracker.reports import gaps, measures, work
from tracker.reports.filters import Condition, as_condition
from tracker.reports.joined import SEPARATOR
from tracker.reports.listing import Args, Listing, Page, Sort
from tracker.reports.measures import Standing

MONTHS = 12
GAPS: dict[str, tuple[str, Args]] = {
    "unserved": ("measures", {}),
    "silent": ("cells", {"months": [str(MONTHS)]}),
}
"""The sections that are kinds of gaps: the kind, and what is asked of its list."""


def _is_late(standing: Standing) -> bool:
    """The deadline has passed, and the status that shows says anything but completed."""
    return standing.is_past_deadline and (standing.stated or standing.status) is not MeasureStatus.COMPLETED


LISTS: dict[str, Callable[[Standing], bool]] = {
    "past-deadline": _is_late,
    "differing": lambda standing: standing.differs,
}
"""The sections with a list of their own, and what a measure in it is like."""

MEASURES = Listing(
    base=sa.select(
        Measure.id,
        Measure.reference,
        Measure.text,
        Measure.pillar,
        Measure.deadline,
        Plan.code.label("plan_code"),
    ).join(Plan, Plan.id == Measure.plan_id),
    id_column=Measure.id,
    filters={},
    sorts={"plan": Sort(Plan.code, between=Measure.position)},
    default_sort="plan",
)


@dataclass(frozen=True)
class Found:
    """One page of measures, and how each of them stands."""

    page: Page
    standings: Mapping[int, Standing]


def counts(account: Account) -> dict[str, int]:
    """The figures of the first page: three statements."""
    reach = policy.reach(account)
    asked = {name: work.count(gaps.rows(kind, reach, args)).scalar_subquery() for name, (kind, args) in GAPS.items()}
    ids = sa.select(sa.func.aggregate_strings(sa.cast(Measure.id, sa.String), SEPARATOR)).where(_in_question())
    told = db.session.execute(
        sa.select(ids.scalar_subquery().label("ids"), *(rows.label(name) for name, rows in asked.items()))
    ).one()
    standings = _kept_by(account, [int(one) for one in (told.ids or "").split(SEPARATOR) if one])
    return {name: sum(map(is_such, standings.values())) for name, is_such in LISTS.items()} | {
        name: getattr(told, name) for name in GAPS
    }


def page(name: str, args: Mapping[str, Any], account: Account) -> Found:
    """One page of the measures of a section, by plan."""
    such = standings(name, account)
    return Found(MEASURES.page(args, scope(such), counted=len(such)), such)


def standings(name: str, account: Account) -> Mapping[int, Standing]:
    """All measures of a section, each with how it stands: what its page and its file show."""
    ids = db.session.scalars(sa.select(Measure.id).where(_in_question())).all()
    return {key: one for key, one in _kept_by(account, ids).items() if LISTS[name](one)}


def scope(such: Mapping[int, Standing]) -> Condition:
    """These measures, of all that the list could hold."""
    return Measure.id.in_(sorted(such))


def _in_question() -> Condition:
    """In use, and past its deadline or with a status that was stated."""
    deadline = sa.type_coerce(Measure.deadline, sa.String)
    is_past = deadline < sa.func.substr(clock.today().isoformat(), 1, sa.func.length(deadline))  # as precisely as known
    return as_condition(sa.and_(Measure.retired_on.is_(None), sa.or_(is_past, Measure.stated_status.is_not(None))))


def _kept_by(account: Account, ids: Any) -> dict[int, Standing]:
    """How those of these measures stand whose plan the coordinator keeps: two statements."""
    edited = policy.reach(account, Permission.PLAN_EDIT)
    found = measures.statuses(ids, policy.reach(account))
    return {key: one for key, one in found.items() if _is_kept(one, edited)}


def _is_kept(standing: Standing, edited: Reach) -> bool:
    """Plans are kept by whoever's grant holds each State that takes part; the Strategy's are all."""
    return edited.is_all or (standing.is_regional and edited.states.issuperset(standing.participants))


# The file

HEADER = ("measure", "plan", "pillar", "text", "deadline", "computed_status", "stated_status")


def row_maker(such: Mapping[int, Standing]) -> Callable[[Any], Sequence[Any]]:
    """What turns a row of the list into one of its file."""
    return lambda row: (
        row.reference,
        row.plan_code,
        row.pillar,
        row.text,
        row.deadline,
        such[row.id].status,
        such[row.id].stated,
    )
