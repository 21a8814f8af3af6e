"""The first page of my work: its figures and the first rows of each section.

The figures are one statement, the first rows of all sections three. Each is built once for all who have the same remit,
and answered from indexes that hold all it asks for, so that it costs the same whatever there is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from tracker import clock, policy
from tracker.database import Unindexed
from tracker.extensions import read
from tracker.models import Account, Conclusion, DueExtension, Followup, Seal, State, Submission, Visit
from tracker.policy import Permission, Reach
from tracker.reports import review, work
from tracker.reports.filters import Condition

FIRST_ROWS = 5


@dataclass
class Desk:
    """What waits for one person: figures and first rows by section; a section that is not theirs is not there."""

    counts: dict[str, int]
    followups: dict[str, list[Any]] = field(default_factory=dict)
    records: dict[str, list[Any]] = field(default_factory=dict)
    visits: Sequence[Any] = ()


@dataclass(frozen=True)
class Remit:
    """What decides which sections a person has, and on which Member States."""

    writes: bool
    reviews: bool
    reads: bool
    manages: bool
    seen: Reach
    edited: Reach


def desk(account: Account) -> Desk:
    """Everything on the person's first page, in four statements at most."""
    today = clock.today()
    given = {"me": account.id, "today": today, "today_iso": today.isoformat()}
    remit = _remit(account)
    if not (remit.writes or remit.reviews or remit.reads or remit.manages):
        return Desk({})
    told = Desk(dict(read(_counting(remit), given).one()._mapping))
    if remit.writes:
        told.followups = _by_section(_first_followups(remit), given)
        told.visits = read(_first_visits(remit), given).all()
    if remit.writes or remit.reviews:
        told.records = _by_section(_first_records(remit, told.counts.get("changed", 0) > work.FEW_CHANGED), given)
    return told


def _remit(account: Account) -> Remit:
    writes, reviews = (policy.can(account, one) for one in (Permission.FOLLOWUP_EDIT, Permission.REVIEW))
    return Remit(
        writes=writes,
        reviews=reviews,
        reads=not (writes or reviews) and policy.can(account, Permission.REPORT_RUN),
        manages=policy.can(account, Permission.PEOPLE_MANAGE),
        seen=policy.reach(account),
        edited=policy.reach(account, Permission.VISIT_EDIT),
    )


def _anybody(remit: Remit) -> work.Asker:
    """Whoever has the remit: their number and the day are parameters, their States are said once."""
    return work.Asker(
        sa.bindparam("me", type_=sa.Integer),
        sa.bindparam("today", type_=sa.Date),
        sa.bindparam("today_iso", type_=sa.String),
        _within(remit.seen, "seen"),
        _within(remit.edited, "edited"),
    )


def _within(reach: Reach, name: str) -> Callable[[Any], Condition]:
    if not reach.states:
        return reach.condition
    covered = sa.select(State.id).where(reach.condition(State.id)).cte(name)
    return lambda column: column.in_(sa.select(covered.c.id))


# The statements of the first page: built once for each remit, answered for whoever has it


@lru_cache(maxsize=64)
def _counting(remit: Remit) -> sa.Select[Any]:
    """The figures of each section that belongs to the remit."""
    return sa.select(*(work.count(rows).scalar_subquery().label(name) for name, rows in _counted(remit).items()))


def _counted(remit: Remit) -> dict[str, Any]:
    by = _anybody(remit)
    rows: dict[str, Any] = {}
    if remit.writes:
        rows |= {name: _legs(Followup.id, legs(by)) for name, legs in work.OWN.items()}
        rows["conclusions"] = sa.select(Conclusion.id).where(work.drafted_conclusions(by))
        rows["returned"] = sa.select(Submission.id).where(work.returned(by))
        rows["waiting"] = sa.select(Submission.id).where(work.waiting(by))
        rows["asked"] = sa.select(DueExtension.id).where(work.own_extensions(by))
        rows["visits"] = sa.select(Visit.id).where(work.visits(by))
    if remit.reviews:
        rows["to_sign"] = sa.select(Submission.id).where(review.undecided(by.sees))
        rows["extensions"] = sa.select(DueExtension.id).where(work.asked_extensions(by))
        rows["changed"] = work.changed_seals(by)
    if remit.reads:
        in_scope = by.sees(Followup.state_id)
        rows["open"] = sa.select(Followup.id).where(sa.type_coerce(Followup.is_open, sa.Boolean), in_scope)
        is_overdue = Followup.overdue_on(by.today, Unindexed(Followup.current_due_last))  # all of it is in the tally
        rows["overdue"] = sa.select(Followup.id).where(is_overdue, in_scope)
    if remit.manages:
        rows["people"] = sa.select(Account.id).where(Account.active.is_(True))
        rows["closed_people"] = sa.select(Account.id).where(Account.active.is_(False))
    return rows


@lru_cache(maxsize=64)
def _first_followups(remit: Remit) -> sa.Select[Any]:
    """The first rows of each section of follow-ups: found in an index, and only then read."""
    by = _anybody(remit)
    found = sa.union_all(*(sa.select(_first(name, legs(by)).subquery()) for name, legs in work.OWN.items())).subquery()
    return (
        sa.select(
            Followup.reference,
            Followup.state_id,
            Followup.title,
            Followup.area_code,
            Followup.workflow,
            Followup.sealed_state.label("sealed_state"),
            Followup.assessed_status,
            Followup.current_due,
            Followup.overdue_on(by.today).label("is_overdue"),
            found.c.section,
        )
        .join(found, found.c.id == Followup.id)
        .order_by(found.c.due.nulls_last(), found.c.id)
    )


def _first(section: str, legs: list[work.Leg]) -> sa.Select[Any]:
    """By due date, those without one last, which no index has last: hence two halves of each leg."""
    due = Followup.current_due_last
    known = [due.is_not(None)] if section == "late" else [due.is_not(None), due.is_(None)]
    halves = [[*leg, half] for leg in legs for half in known]
    ids = [
        sa.select(Followup.id, due.label("due")).where(*half).order_by(due, Followup.id).limit(FIRST_ROWS).subquery()
        for half in halves
    ]
    found = sa.union_all(*map(sa.select, ids)).subquery()
    columns = sa.select(sa.literal(section).label("section"), found.c.id, found.c.due)
    return columns.order_by(found.c.due.nulls_last(), found.c.id).limit(FIRST_ROWS)


def _legs(column: Any, legs: list[work.Leg]) -> Any:
    rows = [sa.select(column).where(*leg) for leg in legs]
    return rows[0] if len(rows) == 1 else sa.union_all(*rows)


@lru_cache(maxsize=64)
def _first_visits(remit: Remit) -> sa.Select[Any]:
    by = _anybody(remit)
    rows = work.VISITS.base.add_columns(work.need(by)).where(work.visits(by))
    return rows.order_by(Visit.sort_day, Visit.id).limit(FIRST_ROWS)


@lru_cache(maxsize=128)
def _first_records(remit: Remit, are_many_changed: bool) -> sa.CompoundSelect[Any]:
    """The first rows of each section that spans several nouns, all with the same columns."""
    by = _anybody(remit)
    legs: dict[str, sa.Select[Any]] = {}
    if remit.writes:
        legs["returned"] = work.RETURNED.base.where(work.returned(by)).order_by(Submission.decided_at.desc())
        legs["waiting"] = work.WAITING.base.where(work.waiting(by)).order_by(Submission.submitted_at, Submission.id)
        asked = (DueExtension.requested_at, DueExtension.id)
        legs["asked"] = work.ASKED.base.where(work.own_extensions(by)).order_by(*asked)
        legs["conclusions"] = _conclusions().where(work.drafted_conclusions(by))
    if remit.reviews:
        changed = work.changed_since_signed(by, are_many_changed)
        legs["to_sign"] = _to_sign().where(review.undecided(by.sees))
        legs["changed"] = work.CHANGED.base.where(changed).order_by(Seal.signed_at.desc(), Seal.id.desc())
        legs["extensions"] = _extensions().where(work.asked_extensions(by))
    firsts = [rows.add_columns(sa.literal(name).label("section")).limit(FIRST_ROWS) for name, rows in legs.items()]
    return sa.union_all(*(sa.select(first.subquery()) for first in firsts))


def _to_sign() -> sa.Select[Any]:
    at = Submission.submitted_at
    columns = (*work.SUBMISSION, at.label("at"), Submission.note.label("reason"), Account.name.label("who"))
    return sa.select(*columns).join(Account, Account.id == Submission.submitted_by_id).order_by(at, Submission.id)


def _extensions() -> sa.Select[Any]:
    columns: tuple[Any, ...] = (
        DueExtension.id,
        sa.literal("followup").label("object_type"),
        Followup.reference,
        Followup.title,
        DueExtension.state_id,
        DueExtension.requested_at.label("at"),
        DueExtension.reason,
        Account.name.label("who"),
    )
    found = sa.select(*columns).join(Followup, Followup.id == DueExtension.followup_id)
    by_whom = found.outerjoin(Account, Account.id == DueExtension.requested_by_id)  # each has one: but read these first
    return by_whom.order_by(DueExtension.requested_at, DueExtension.id)


def _conclusions() -> sa.Select[Any]:
    columns: tuple[Any, ...] = (
        Conclusion.id,
        sa.literal("conclusion").label("object_type"),
        Conclusion.reference,
        sa.func.substr(Conclusion.text, 1, 241).label("title"),
        Conclusion.state_id,
        Conclusion.updated_at.label("at"),
        work.NOTHING.label("reason"),
        work.NOTHING.label("who"),
    )
    return sa.select(*columns).order_by(Conclusion.updated_at.desc(), Conclusion.id)


def _by_section(rows: Any, given: Mapping[str, Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in read(rows, given):
        found.setdefault(row.section, []).append(row)
    return found
