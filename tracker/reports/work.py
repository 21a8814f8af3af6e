"""My work: what waits for one person, by what their roles let them do.

Each figure is counted by the very question of the list that it leads to, up to a thousand and one, so that it is
exactly the rows found there and costs the same whatever there is. The figures are one statement, the first rows of
all sections three.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from tracker import clock, policy
from tracker.database import Unindexed
from tracker.extensions import db
from tracker.models import (
    Account,
    Conclusion,
    ConclusionStatus,
    DueExtension,
    ExtensionStatus,
    Followup,
    Matrix,
    Outcome,
    Seal,
    Submission,
    Visit,
    VisitStage,
)
from tracker.models.followup import FollowupStatus
from tracker.policy import Permission
from tracker.reports import conclusions, followups, review, visits
from tracker.reports.filters import Condition
from tracker.reports.listing import MOST_COUNTED, Args, Listing, Sort
from tracker.workflow.visit import BEFORE

FIRST_ROWS = 5
RECENT_DAYS = 7
UNSETTLED = ("draft", "submitted", "returned")
SEALABLE: dict[str, Any] = {"followup": Followup, "conclusion": Conclusion, "matrix": Matrix}

# The questions of the list of follow-ups, by section.
OWN_FOLLOWUPS: dict[str, Args] = {
    "to_write": {"person": [followups.ME], "workflow": [FollowupStatus.DRAFT.value]},
    "late": {"owner": [followups.ME], "overdue": ["1"]},
    "without_next_step": {"owner": [followups.ME], "open": ["1"], "next-step": [followups.NOBODY]},
}
ALL_FOLLOWUPS: dict[str, Args] = {"open": {"open": ["1"]}, "overdue": {"overdue": ["1"]}}


@dataclass
class Desk:
    """What waits for one person: figures and first rows by section; a section that is not theirs is not there."""

    counts: dict[str, int]
    followups: dict[str, list[Any]] = field(default_factory=dict)
    records: dict[str, list[Any]] = field(default_factory=dict)
    visits: Sequence[Any] = ()


def desk(account: Account) -> Desk:
    """Everything on the person's first page, in four statements at most."""
    wanted = _wanted(account)
    told = Desk(_counted(wanted))
    if "to_write" in wanted:
        told.followups = _by_section(_first_followups(account))
    records = _first_records(account, wanted)
    if records:
        told.records = _by_section(records)
    if "visits" in wanted:
        told.visits = db.session.execute(
            VISITS.base.add_columns(visit_need(clock.today()))
            .where(visits_that_need_something(account))
            .order_by(Visit.sort_day, Visit.id)
            .limit(FIRST_ROWS)
        ).all()
    return told


def conclusion_question(account: Account) -> Args:
    """The question of the list of conclusions for those that the person has to write."""
    return {"workflow": [ConclusionStatus.DRAFT.value], "drafter": [str(account.id)]}


def recent_refusals() -> Args:
    """The question of the log for what was lately refused or failed."""
    since = clock.today() - timedelta(days=RECENT_DAYS - 1)
    return {"from": [since.isoformat()], "outcome": [Outcome.REFUSED.value, Outcome.FAILED.value]}


def _wanted(account: Account) -> dict[str, sa.Select[Any]]:
    """The rows of each section that belongs to the person's roles."""
    wanted: dict[str, sa.Select[Any]] = {}
    if policy.can(account, Permission.FOLLOWUP_EDIT):
        wanted |= {name: _asked_followups(args, account) for name, args in OWN_FOLLOWUPS.items()}
        question = conclusions.CONCLUSIONS.read(conclusion_question(account))
        wanted["conclusions"] = sa.select(Conclusion.id).where(*question.conditions, conclusions.scope(account))
        wanted["returned"] = sa.select(Submission.id).where(returned_to(account))
        wanted["waiting"] = sa.select(Submission.id).where(waiting_of(account))
        wanted["visits"] = sa.select(Visit.id).where(visits_that_need_something(account))
    if policy.can(account, Permission.REVIEW):
        wanted["to_sign"] = sa.select(Submission.id).where(review.scope(account))
        wanted["extensions"] = sa.select(DueExtension.id).where(_asked_extensions(account))
        wanted["changed"] = sa.select(Seal.id).where(changed_since_signed_by(account))
    if policy.can(account, Permission.REPORT_RUN) and not wanted:
        wanted |= {name: _asked_followups(args, account) for name, args in ALL_FOLLOWUPS.items()}
    if policy.can(account, Permission.PEOPLE_MANAGE):
        wanted["people"] = sa.select(Account.id).where(Account.active.is_(True))
        wanted["closed_people"] = sa.select(Account.id).where(Account.active.is_(False))
    return wanted


def _asked_followups(args: Args, account: Account) -> sa.Select[Any]:
    return sa.select(Followup.id).where(*_followup_conditions(args, account))


def _followup_conditions(args: Args, account: Account) -> list[Condition]:
    """What the list of follow-ups narrows by at this address."""
    asked = followups.asked(args, account)
    return [*followups.listing(asked).read(asked).conditions, followups.scope(account)]


# The lists of sections that span several nouns: each has a page of its own


def returned_to(account: Account) -> Condition:
    """The last round of each record that a reviewer returned to the person, while it stands returned."""
    last = [
        sa.select(
            sa.select(sa.func.max(Submission.id))
            .where(Submission.object_type == noun, Submission.object_id == model.id)
            .correlate(model)
            .scalar_subquery()
        ).where(model.workflow == "returned")
        for noun, model in SEALABLE.items()
    ]
    return sa.and_(
        Submission.id.in_(sa.union_all(*last)),
        Submission.submitted_by_id == account.id,
        policy.reach(account).condition(Submission.state_id),
    )


def waiting_of(account: Account) -> Condition:
    """What the person submitted and no reviewer has decided on."""
    return sa.and_(review.scope(account), Submission.submitted_by_id == account.id)


def changed_since_signed_by(account: Account) -> Condition:
    """The seals of the person whose records have changed since: a changed record stands as a draft or on its way."""
    changed = [
        sa.select(model.seal_id).where(
            Unindexed(model.workflow).in_(UNSETTLED),
            model.seal_id.is_not(None),
            model.content_sha256 != model.sealed_sha256,
        )
        for model in SEALABLE.values()
    ]
    return sa.and_(
        Seal.id.in_(sa.union_all(*changed)),
        Seal.signer_id == account.id,
        policy.reach(account).condition(Seal.state_id),
    )


def visits_that_need_something(account: Account) -> Condition:
    """Visits that the person may edit and whose dates or clocks have passed."""
    return sa.and_(
        sa.or_(*(condition for condition, _need in _needs(clock.today()))),
        policy.reach(account, Permission.VISIT_EDIT).condition(Visit.state_id),
    )


def _needs(today: date) -> list[tuple[Condition, str]]:
    """What a visit can need, as conditions: its dates, the State's comments or response are overdue, no clock."""
    last = sa.type_coerce(sa.func.coalesce(Visit.end, Visit.start), sa.String)
    has_passed = sa.func.substr(today.isoformat(), 1, sa.func.length(last)) > last  # at the precision known
    return [
        (sa.and_(Visit.stage.in_([*BEFORE, VisitStage.UNDER_WAY]), has_passed), "dates_passed"),
        (sa.and_(Visit.stage == VisitStage.WITH_STATE, Visit.comments_due < today), "comments_late"),
        (
            sa.and_(
                Visit.stage == VisitStage.RESPONSE_DUE, Visit.response_due < today, Visit.response_received.is_(None)
            ),
            "response_late",
        ),
        (
            sa.or_(
                sa.and_(Visit.stage == VisitStage.WITH_STATE, Visit.comments_due.is_(None)),
                sa.and_(
                    Visit.stage == VisitStage.RESPONSE_DUE,
                    Visit.response_due.is_(None),
                    Visit.response_received.is_(None),
                ),
            ),
            "no_clock",
        ),
    ]


def visit_need(today: date) -> Any:
    """The column that says what a visit needs."""
    return sa.case(*_needs(today), else_="").label("need")


_NOTHING: Any = sa.literal("")

RETURNED = Listing(
    base=sa.select(
        Submission.id,
        Submission.object_type,
        Submission.reference,
        Submission.title,
        Submission.state_id,
        Submission.decided_at.label("at"),
        Submission.reason,
        Account.name.label("who"),
    ).outerjoin(Account, Account.id == Submission.decided_by_id),
    id_column=Submission.id,
    filters={},
    sorts={"day": Sort(Submission.decided_at)},
    default_sort="-day",
)
WAITING = Listing(
    base=sa.select(
        Submission.id,
        Submission.object_type,
        Submission.reference,
        Submission.title,
        Submission.state_id,
        Submission.submitted_at.label("at"),
        Submission.note.label("reason"),
        _NOTHING.label("who"),
    ),
    id_column=Submission.id,
    filters={},
    sorts={"day": Sort(Submission.submitted_at)},
    default_sort="day",
)
CHANGED = Listing(
    base=sa.select(
        Seal.id,
        Seal.object_type,
        Seal.reference,
        Seal.title,
        Seal.state_id,
        Seal.signed_at.label("at"),
        Seal.note.label("reason"),
        _NOTHING.label("who"),
    ),
    id_column=Seal.id,
    filters={},
    sorts={"day": Sort(Seal.signed_at)},
    default_sort="-day",
)
VISITS = Listing(
    base=visits.VISITS.base,
    id_column=Visit.id,
    filters={},
    sorts={"date": Sort(Visit.sort_day)},
    default_sort="date",
)


# Figures and first rows


def _counted(wanted: dict[str, sa.Select[Any]]) -> dict[str, int]:
    if not wanted:
        return {}
    counts = [
        sa.select(sa.func.count()).select_from(rows.limit(MOST_COUNTED + 1).subquery()).scalar_subquery().label(name)
        for name, rows in wanted.items()
    ]
    return dict(db.session.execute(sa.select(*counts)).one()._mapping)


def _first_followups(account: Account) -> list[sa.Select[Any]]:
    return [
        followups.rows(clock.today())
        .add_columns(sa.literal(name).label("section"))
        .where(*_followup_conditions(args, account))
        .order_by(Followup.current_due_last.nulls_last(), Followup.id)
        .limit(FIRST_ROWS)
        for name, args in OWN_FOLLOWUPS.items()
    ]


def _first_records(account: Account, wanted: dict[str, sa.Select[Any]]) -> list[sa.Select[Any]]:
    """The first rows of each section that spans several nouns, all with the same columns."""
    legs: dict[str, sa.Select[Any]] = {
        "returned": RETURNED.base.where(returned_to(account)).order_by(Submission.decided_at.desc()),
        "waiting": WAITING.base.where(waiting_of(account)).order_by(Submission.submitted_at),
        "to_sign": _to_sign().where(review.scope(account)).order_by(Submission.submitted_at, Submission.id),
        "changed": CHANGED.base.where(changed_since_signed_by(account)).order_by(Seal.signed_at.desc()),
        "extensions": _extensions().where(_asked_extensions(account)).order_by(DueExtension.requested_at),
        "conclusions": _drafted_conclusions(account),
    }
    return [
        rows.add_columns(sa.literal(name).label("section")).limit(FIRST_ROWS)
        for name, rows in legs.items()
        if name in wanted
    ]


def _by_section(legs: list[sa.Select[Any]]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in db.session.execute(sa.union_all(*(sa.select(leg.subquery()) for leg in legs))):
        found.setdefault(row.section, []).append(row)
    return found


def _to_sign() -> sa.Select[Any]:
    columns: tuple[Any, ...] = (
        Submission.id,
        Submission.object_type,
        Submission.reference,
        Submission.title,
        Submission.state_id,
        Submission.submitted_at.label("at"),
        Submission.note.label("reason"),
        Account.name.label("who"),
    )
    return sa.select(*columns).join(Account, Account.id == Submission.submitted_by_id)


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
    return found.join(Account, Account.id == DueExtension.requested_by_id)


def _asked_extensions(account: Account) -> Condition:
    return sa.and_(
        DueExtension.status == ExtensionStatus.REQUESTED, policy.reach(account).condition(DueExtension.state_id)
    )


def _drafted_conclusions(account: Account) -> sa.Select[Any]:
    question = conclusions.CONCLUSIONS.read(conclusion_question(account))
    return (
        sa.select(
            Conclusion.id,
            sa.literal("conclusion").label("object_type"),
            Conclusion.reference,
            sa.func.substr(Conclusion.text, 1, 241).label("title"),
            Conclusion.state_id,
            Conclusion.updated_at.label("at"),
            _NOTHING.label("reason"),
            _NOTHING.label("who"),
        )
        .where(*question.conditions, conclusions.scope(account))
        .order_by(Conclusion.updated_at.desc(), Conclusion.id)
    )
