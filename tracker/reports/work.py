"""My work: what waits for one person, as conditions, and the lists of those sections that span several nouns.

Each figure is counted by the conditions of the list that it leads to, up to a thousand and one, so that it is exactly
the rows found there. The conditions are worded for indexes that hold all that is asked, so that a figure costs the same
whatever there is: hence a section with two ways into it is two legs, each with an index of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

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
from tracker.reports import catalogue, followups, review, sealables
from tracker.reports.filters import Condition
from tracker.reports.listing import MOST_COUNTED, Args, Columns, Listing, Page, Sort
from tracker.workflow.visit import BEFORE

RECENT_DAYS = 7
FEW_CHANGED = 300
UNSETTLED = ("draft", "submitted", "returned")
LISTS = ("returned", "waiting", "asked", "changed", "visits")
"""The sections with a list of their own, because they span several nouns or no list asks their question."""
SEALABLE: dict[str, Any] = {"followup": Followup, "conclusion": Conclusion, "matrix": Matrix}

# The questions of the list of follow-ups, by section.
OWN_FOLLOWUPS: dict[str, Args] = {
    "to_write": {"person": [followups.ME], "workflow": [FollowupStatus.DRAFT.value]},
    "late": {"owner": [followups.ME], "overdue": ["1"]},
    "without_next_step": {"owner": [followups.ME], "open": ["1"], "next-step": [followups.NOBODY]},
}
ALL_FOLLOWUPS: dict[str, Args] = {"open": {"open": ["1"]}, "overdue": {"overdue": ["1"]}}

Leg = list[Condition]


@dataclass(frozen=True)
class Asker:
    """Who asks, and on which day: by value, or by parameters where one statement serves many."""

    me: Any
    today: Any
    today_iso: Any
    sees: Callable[[Any], Condition]
    edits: Callable[[Any], Condition]


@dataclass(frozen=True)
class Mine:
    """A section's own list as one person has it: the list, which of its rows, and what is read of each, where that is
    more than the list's own columns."""

    listing: Listing
    scope: Condition
    base: Columns | None = None


def mine(name: str, account: Account) -> Mine:
    """All that a section's own list holds for the person: what its file has. Its page asks this one, too, but for
    ``changed``, which a page finds in another way where they are many."""
    by = _asker(account)
    match name:
        case "visits":
            return Mine(VISITS, visits(by), VISITS.base.add_columns(need(by)))
        case "changed":
            return Mine(CHANGED, changed_since_signed(by, are_many=False))
        case "asked":
            return Mine(ASKED, own_extensions(by))
        case "returned":
            return Mine(RETURNED, returned(by))
        case "waiting":
            return Mine(WAITING, waiting(by))
    raise ValueError(f"{name} is no list of somebody's own")


def page(name: str, args: Mapping[str, Any], account: Account) -> Page:
    """One page of a section's own list."""
    if name == "changed":
        return _changed_page(args, _asker(account))
    found = mine(name, account)
    return found.listing.page(args, found.scope, base=found.base)


def _changed_page(args: Mapping[str, Any], by: Asker) -> Page:
    """A page reads the latest alone, and finds them in another way where they are many; a file reads all."""
    counted = db.session.execute(count(changed_seals(by))).scalar_one()
    return CHANGED.page(args, changed_since_signed(by, counted > FEW_CHANGED), counted=counted)


def conclusion_question(account: Account) -> Args:
    """The question of the list of conclusions for those that the person has to write."""
    return {"workflow": [ConclusionStatus.DRAFT.value], "drafter": [str(account.id)]}


def recent_refusals() -> Args:
    """The question of the log for what was lately refused or failed."""
    since = clock.today() - timedelta(days=RECENT_DAYS - 1)
    return {"from": [since.isoformat()], "outcome": [Outcome.REFUSED.value, Outcome.FAILED.value]}


def _asker(account: Account) -> Asker:
    """Somebody by their own number and scope, today."""
    today, edited = clock.today(), policy.reach(account, Permission.VISIT_EDIT)
    return Asker(account.id, today, today.isoformat(), policy.reach(account).condition, edited.condition)


def count(rows: Any) -> sa.Select[int]:
    """How many rows there are, up to a thousand and one."""
    return sa.select(sa.func.count()).select_from(rows.limit(MOST_COUNTED + 1).subquery())


# The conditions of each section


def _literally(value: str) -> Any:
    """A value of ours as an index of some rows only says it: SQLite does not look for it behind a parameter."""
    return sa.literal_column(f"'{value}'")


def _to_write(by: Asker) -> list[Leg]:
    """Drafts that the person began; drafts of others that the person owns."""
    is_draft = sa.and_(Followup.workflow == _literally(FollowupStatus.DRAFT), by.sees(Unindexed(Followup.state_id)))
    is_anothers = sa.or_(Unindexed(Followup.drafted_by_id).is_(None), Unindexed(Followup.drafted_by_id) != by.me)
    return [[Followup.drafted_by_id == by.me, is_draft], [Followup.owner_id == by.me, is_anothers, is_draft]]


def _late(by: Asker) -> list[Leg]:
    """What the person owns and is overdue."""
    return [[Followup.owner_id == by.me, Followup.overdue_on(by.today), by.sees(Unindexed(Followup.state_id))]]


def _without_next_step(by: Asker) -> list[Leg]:
    """What the person owns, is open and has no next step."""
    is_stepless = Followup.next_step == _literally("")
    is_open = sa.type_coerce(Followup.is_open, sa.Boolean)
    return [[Followup.owner_id == by.me, is_open, is_stepless, by.sees(Unindexed(Followup.state_id))]]


OWN: dict[str, Callable[[Asker], list[Leg]]] = {
    "to_write": _to_write,
    "late": _late,
    "without_next_step": _without_next_step,
}


def drafted_conclusions(by: Asker) -> Condition:
    """Conclusions that the person drafted and has not submitted."""
    return sa.and_(
        Conclusion.drafted_by_id == by.me,
        Conclusion.workflow == _literally(ConclusionStatus.DRAFT),
        by.sees(Unindexed(Conclusion.state_id)),
    )


def returned(by: Asker) -> Condition:
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
        Unindexed(Submission.submitted_by_id) == by.me,
        by.sees(Unindexed(Submission.state_id)),
    )


def waiting(by: Asker) -> Condition:
    """What the person submitted and no reviewer has decided on."""
    return sa.and_(review.undecided(by.sees), Submission.submitted_by_id == by.me)


def changed_since_signed(by: Asker, are_many: bool) -> Condition:
    """The seals of the person whose records have changed since: a changed record stands as a draft or on its way. Where
    they are many, the latest are found sooner by asking each seal for its record than by putting all in order, which
    SQLite cannot tell."""
    if not are_many:
        return Seal.id.in_(changed_seals(by))
    of_seal = [sa.exists(_changed(model).where(model.seal_id == Seal.id)) for model in SEALABLE.values()]
    return sa.and_(Seal.signer_id == by.me, sa.or_(*of_seal), by.sees(Unindexed(Seal.state_id)))


def changed_seals(by: Asker) -> sa.Select[Any]:
    """The last seals of changed records that are the person's."""
    in_scope = [_changed(model).where(by.sees(Unindexed(model.state_id))) for model in SEALABLE.values()]
    signed, changed = aliased(Seal), sa.union_all(*in_scope).subquery()
    is_mine = sa.and_(signed.id == changed.c.seal_id, Unindexed(signed.signer_id) == by.me)
    return sa.select(changed.c.seal_id).join(signed, is_mine)


def _changed(model: Any) -> sa.Select[Any]:
    return sa.select(model.seal_id).where(
        model.content_sha256 != model.sealed_sha256, Unindexed(model.workflow).in_(UNSETTLED)
    )


def asked_extensions(by: Asker) -> Condition:
    """The extensions that wait for a decision."""
    in_scope = by.sees(Unindexed(DueExtension.state_id))
    return sa.and_(DueExtension.status == ExtensionStatus.REQUESTED, in_scope)


def own_extensions(by: Asker) -> Condition:
    """The extensions that the person asked for and nobody has decided on."""
    return sa.and_(asked_extensions(by), DueExtension.requested_by_id == by.me)


def visits(by: Asker) -> Condition:
    """Visits that the person may edit and whose dates or clocks have passed: none is closed."""
    return sa.and_(
        Visit.stage != _literally(VisitStage.CLOSED),
        sa.or_(*(condition for condition, _said in _needs(by))),
        by.edits(Unindexed(Visit.state_id)),
    )


def need(by: Asker) -> Any:
    """The column that says what a visit needs."""
    return sa.case(*_needs(by), else_="").label("need")


def _needs(by: Asker) -> list[tuple[Condition, str]]:
    """What a visit can need, as conditions: its dates, the State's comments or response are overdue, no clock."""
    last = sa.type_coerce(sa.func.coalesce(Visit.end, Visit.start), sa.String)
    has_passed = sa.func.substr(by.today_iso, 1, sa.func.length(last)) > last  # at the precision known
    is_with_state = Unindexed(Visit.stage) == VisitStage.WITH_STATE
    is_awaited = sa.and_(Unindexed(Visit.stage) == VisitStage.RESPONSE_DUE, Visit.response_received.is_(None))
    return [
        (sa.and_(Unindexed(Visit.stage).in_([*BEFORE, VisitStage.UNDER_WAY]), has_passed), "dates_passed"),
        (sa.and_(is_with_state, Visit.comments_due < by.today), "comments_late"),
        (sa.and_(is_awaited, Visit.response_due < by.today), "response_late"),
        (
            sa.or_(
                sa.and_(is_with_state, Visit.comments_due.is_(None)),
                sa.and_(is_awaited, Visit.response_due.is_(None)),
            ),
            "no_clock",
        ),
    ]


# The lists of sections that span several nouns, and of visits: each has a page of its own

NOTHING: Any = sa.literal("")
SUBMISSION: tuple[Any, ...] = (
    Submission.id,
    Submission.object_type,
    Submission.reference,
    Submission.title,
    Submission.state_id,
)

RETURNED = Listing(
    base=sa.select(
        *SUBMISSION, Submission.decided_at.label("at"), Submission.reason, Account.name.label("who")
    ).outerjoin(Account, Account.id == Submission.decided_by_id),
    id_column=Submission.id,
    filters={},
    sorts={"day": Sort(Submission.decided_at)},
    default_sort="-day",
)
WAITING = Listing(
    base=sa.select(
        *SUBMISSION, Submission.submitted_at.label("at"), Submission.note.label("reason"), NOTHING.label("who")
    ),
    id_column=Submission.id,
    filters={},
    sorts={"day": Sort(Submission.submitted_at)},
    default_sort="day",
)
ASKED = Listing(
    base=sa.select(
        DueExtension.id,
        sa.literal("followup").label("object_type"),
        Followup.reference,
        Followup.title,
        DueExtension.state_id,
        DueExtension.requested_at.label("at"),
        DueExtension.reason,
        NOTHING.label("who"),
    )
    .select_from(DueExtension)
    .join(Followup, Followup.id == DueExtension.followup_id),
    id_column=DueExtension.id,
    filters={},
    sorts={"day": Sort(DueExtension.requested_at)},
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
        NOTHING.label("who"),
    ),
    id_column=Seal.id,
    filters={},
    sorts={"day": Sort(Seal.signed_at)},
    default_sort="-day",
)
VISITS = Listing(
    base=sa.select(Visit.id, Visit.reference, Visit.state_id, Visit.start, Visit.end, Visit.sort_day, Visit.stage),
    id_column=Visit.id,
    filters={},
    sorts={"date": Sort(Visit.sort_day)},
    default_sort="date",
)


# Their files

HEADERS: dict[str, Sequence[str]] = {
    "returned": (*sealables.IDENTITY, "reason", "returned_by", "returned_on"),
    "waiting": (*sealables.IDENTITY, "note", "submitted_on"),
    "asked": (*sealables.IDENTITY, "reason", "asked_on"),
    "changed": (*sealables.IDENTITY, "signed_on"),
    "visits": ("visit_id", "iso3", "member_state", "visit_start", "visit_end", "stage", "need"),
}
_LAST = {
    "returned": ("reason", "who", "at"),
    "waiting": ("reason", "at"),
    "asked": ("reason", "at"),
    "changed": ("at",),
}
"""What a file holds of a row after that which the records of all sections have."""


def row_maker(name: str, names: Any) -> Callable[[Any], Sequence[Any]]:
    """What turns a row of a section's list into one of its file; ``names``: the names of States over time, which a
    visit bears as on its day."""
    return _visit_line(names) if name == "visits" else _record_line(_LAST[name])


def _visit_line(names: Any) -> Callable[[Any], Sequence[Any]]:
    return lambda row: (
        row.reference,
        row.state_id,
        names.as_at(row.state_id, row.sort_day),
        row.start,
        row.end,
        row.stage,
        row.need,
    )


def _record_line(last: Sequence[str]) -> Callable[[Any], Sequence[Any]]:
    states = catalogue.states()
    return lambda row: (*sealables.identity(row, states), *(getattr(row, column) for column in last))
