"""The reviewers' queue: what waits for a signature, oldest first; extensions asked for; notes of earlier rounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from tracker import policy
from tracker.database import Unindexed
from tracker.errors import NotFound
from tracker.extensions import db, read
from tracker.models import (
    Account,
    Contributor,
    Decision,
    DueExtension,
    Evidence,
    EvidenceRevision,
    ExtensionStatus,
    Followup,
    Purpose,
    Seal,
    Submission,
)
from tracker.policy import Permission
from tracker.reports import catalogue, filters, sealables
from tracker.reports.listing import MOST_COUNTED, Listing, Sort
from tracker.texts import gettext as _

FIRST_EXTENSIONS = 10
"""The oldest, which stand under the queue of signatures; their own list has all."""
NOUNS = ("followup", "conclusion", "matrix")
"""What waits for a signature, by the names of addresses."""

QUEUE = Listing(
    base=sa.select(
        Submission.id,
        Submission.object_type,
        Submission.object_id,
        Submission.reference,
        Submission.title,
        Submission.state_id,
        Submission.purpose,
        Submission.submitted_at,
        Submission.submitted_by_id,
        Submission.drafted_by_id,
        Account.name.label("submitted_by"),
    ).join(Account, Account.id == Submission.submitted_by_id),
    id_column=Submission.id,
    filters={
        "state": filters.state(Submission.state_id),
        "noun": filters.among(Unindexed(Submission.object_type), NOUNS),
        "purpose": filters.members(Submission.purpose, Purpose),
    },
    sorts={"submitted": Sort(Submission.submitted_at)},
    default_sort="submitted",
)
EXTENSIONS = Listing(
    base=sa.select(
        DueExtension.id,
        DueExtension.state_id,
        DueExtension.old_due,
        DueExtension.new_due,
        DueExtension.reason,
        DueExtension.requested_at,
        Followup.reference,
        Account.name.label("requested_by"),
    )
    .join(Followup, Followup.id == DueExtension.followup_id)
    .outerjoin(Account, Account.id == DueExtension.requested_by_id),  # each has one: but read the queue first
    id_column=DueExtension.id,
    filters={"state": filters.state(Unindexed(DueExtension.state_id))},
    sorts={"asked": Sort(DueExtension.requested_at)},
    default_sort="asked",
)


def scope(account: Account) -> sa.ColumnElement[bool]:
    """What the queue holds for this person: undecided, and within scope."""
    return undecided(policy.reach(account).condition)


def undecided(in_scope: Callable[[Any], sa.ColumnElement[bool]]) -> sa.ColumnElement[bool]:
    """The queue within a scope. Few submissions are undecided: the index that has them in order finds all."""
    return sa.and_(Submission.decision.is_(None), in_scope(Unindexed(Submission.state_id)))


@lru_cache(maxsize=256)
def queue(account_id: int) -> sa.Select[Any]:
    """What the queue shows, with what the account may not sign."""
    return QUEUE.base.add_columns(_is_theirs(account_id).label("is_own"))


def may_sign(account: Account, object_type: str, reference: str) -> bool:
    """Whether the record waits for a signature that the account may give: asked before its factor, because a code is
    spent by being asked for, and a wrong one counts."""
    if object_type not in NOUNS:
        return False
    statement = _to_sign(object_type, account.id, policy.reach(account, Permission.SIGN_OFF))
    return read(statement, {"reference": reference.removesuffix(sealables.MATRIX_SUFFIX)}).first() is not None


@lru_cache(maxsize=256)
def _to_sign(object_type: str, account_id: int, reach: policy.Reach) -> sa.Select[Any]:
    return sa.select(Submission.id).where(
        Submission.object_type == object_type,
        Submission.object_id == sealables.id_of(object_type).scalar_subquery(),
        undecided(reach.condition),
        sa.not_(_is_theirs(account_id)),
    )


def _is_theirs(account_id: int) -> sa.ColumnElement[bool]:
    """What the account drafted, submitted or changed (R12).

    What it changed is asked of each row by its key: PostgreSQL, asked whether there is such a change, would first
    collect all that the account ever made."""
    change = sa.select(Contributor.account_id).where(
        Contributor.object_type == Submission.object_type,
        Contributor.object_id == Submission.object_id,
        Contributor.round == Submission.round,
        Contributor.account_id == account_id,
    )
    has_changed = change.limit(1).scalar_subquery().is_not(None)
    is_drafted = sa.func.coalesce(Submission.drafted_by_id, 0) == account_id
    return sa.or_(Submission.submitted_by_id == account_id, is_drafted, has_changed)


# The files

QUEUE_HEADER = (*sealables.IDENTITY, "purpose", "submitted_by", "submitted_on", "whose_move")
EXTENSIONS_HEADER = ("reference", "iso3", "member_state", "old_due", "new_due", "reason", "asked_by", "asked_on")


def queue_row_maker() -> Callable[[Any], Sequence[Any]]:
    """What turns a row of ``queue`` into one of its file."""
    states = catalogue.states()
    return lambda row: (
        *sealables.identity(row, states),
        row.purpose,
        row.submitted_by,
        row.submitted_at,
        "another" if row.is_own else "yours",
    )


def extension_row_maker() -> Callable[[Any], Sequence[Any]]:
    """What turns a row of ``EXTENSIONS`` into one of its file."""
    states = catalogue.states()
    return lambda row: (
        row.reference,
        row.state_id,
        states[row.state_id].name,
        row.old_due,
        row.new_due,
        row.reason,
        row.requested_by,
        row.requested_at,
    )


# One item


@dataclass(frozen=True)
class Rounds:
    """A record's trips to the reviewers: the one that waits, those decided (newest first), and who took part."""

    pending: Submission | None
    decided: list[Submission]
    people: dict[int | None, str]


def rounds(record: Any) -> Rounds:
    """What was asked and decided; a submission that was recalled is left out."""
    asker, decider = aliased(Account), aliased(Account)
    rows = db.session.execute(
        sa.select(Submission, asker.name, decider.name)
        .join(asker, asker.id == Submission.submitted_by_id)
        .outerjoin(decider, decider.id == Submission.decided_by_id)
        .where(
            Submission.object_type == record.__tablename__,
            Submission.object_id == record.id,
            sa.or_(Submission.decision.is_(None), Submission.decision != Decision.RECALLED),
        )
        .order_by(Submission.id.desc())
    ).all()
    people: dict[int | None, str] = {}
    for submission, asked, decided in rows:
        people |= {submission.submitted_by_id: asked, submission.decided_by_id: decided}
    found = [row[0] for row in rows]
    pending = next((one for one in found if one.decision is None), None)
    return Rounds(pending, [one for one in found if one.decision is not None], people)


def extensions(account: Account) -> list[Any]:
    """The first extensions that wait for a decision within the account's scope, oldest first, and one more to know
    whether there are more."""
    return list(db.session.execute(_first_extensions(policy.reach(account))))


@lru_cache
def _first_extensions(reach: policy.Reach) -> sa.Select[Any]:
    oldest = EXTENSIONS.base.where(_asked(reach)).order_by(DueExtension.requested_at, DueExtension.id)
    return oldest.limit(FIRST_EXTENSIONS + 1)


def extension_count(account: Account) -> int:
    """How many extensions wait for a decision within the account's scope, as far as lists count."""
    return int(read(_extension_count(policy.reach(account))).scalar_one())


@lru_cache
def _extension_count(reach: policy.Reach) -> sa.Select[Any]:
    """Counted in the index alone: each extension has its follow-up."""
    some = sa.select(DueExtension.id).where(_asked(reach)).limit(MOST_COUNTED + 1).subquery()
    return sa.select(sa.func.count()).select_from(some)


def extension_scope(account: Account) -> sa.ColumnElement[bool]:
    """What the list of extensions holds for this person: undecided, and within scope."""
    return _asked(policy.reach(account))


def _asked(reach: policy.Reach) -> sa.ColumnElement[bool]:
    is_asked = DueExtension.status == ExtensionStatus.REQUESTED
    return sa.and_(is_asked, reach.condition(Unindexed(DueExtension.state_id)))


def seal(record: Any, number: int) -> Seal:
    """One of the record's seals; NotFound when it has none of that number."""
    found = db.session.scalar(
        sa.select(Seal).where(
            Seal.object_type == record.__tablename__, Seal.object_id == record.id, Seal.number == number
        )
    )
    if found is None:
        raise NotFound(_("%(reference)s has no seal of that number.", reference=record.reference))
    return found


def files(record: Any) -> list[EvidenceRevision]:
    """The files that would be signed with a follow-up, so that they can be opened before."""
    if not isinstance(record, Followup):
        return []
    return list(
        db.session.scalars(
            sa.select(EvidenceRevision)
            .join(Evidence, Evidence.id == EvidenceRevision.evidence_id)
            .where(Evidence.followup_id == record.id, Evidence.is_withdrawn.is_(False))
            .order_by(Evidence.id, EvidenceRevision.number)
        )
    )


def waiting_extension(record: Any) -> DueExtension | None:
    """An extension that waits: deciding on it first saves another round, because the due date is sealed."""
    waiting = (one for one in getattr(record, "extensions", []) if one.status is ExtensionStatus.REQUESTED)
    return next(waiting, None)
