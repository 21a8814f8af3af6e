"""What may happen next: a table of moves per noun, and the one function in which a status changes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from tracker import clock, history, policy
from tracker.errors import Invalid, Missing, Stale
from tracker.models import Account, Category, Conclusion, Followup, Matrix, Visit
from tracker.texts import gettext as _
from tracker.workflow import assessment, conclusion, followup
from tracker.workflow.assessment import MATRIX_MOVES
from tracker.workflow.conclusion import CONCLUSION_MOVES
from tracker.workflow.followup import FOLLOWUP_MOVES
from tracker.workflow.moves import Move
from tracker.workflow.visit import VISIT_MOVES

MOVES: dict[type[Any], tuple[Move, ...]] = {
    Visit: VISIT_MOVES,
    Followup: FOLLOWUP_MOVES,
    Conclusion: CONCLUSION_MOVES,
    Matrix: MATRIX_MOVES,
}


def status_of(record: Any) -> str:
    """The record's workflow status, or the visit's stage."""
    return str(record.stage if isinstance(record, Visit) else record.workflow)


def available(record: Any, account: Account, but: Collection[str] = ()) -> list[Move]:
    """The moves that the account may make now, in the table's order; none is asked about that is named in ``but``."""
    status = status_of(record)
    return [
        move
        for move in MOVES[type(record)]
        if move.action not in but
        and status in move.sources
        and _fits(record, move)
        and policy.can(account, move.permission, record)
    ]


def is_available(record: Any, action: str, account: Account) -> bool:
    return any(move.action == action for move in available(record, account))


def missing(record: Any) -> list[Missing]:
    """What the record lacks before it can be submitted."""
    if isinstance(record, Followup):
        return followup.missing(record)
    if isinstance(record, Conclusion):
        return conclusion.missing(record)
    return assessment.missing(record)


@dataclass(frozen=True)
class Start:
    """A move that this person may make with this record, from where it is: ``start`` has asked."""

    record: Any
    move: Move
    by: Account


def start(record: Any, action: str, *, by: Account) -> Start:
    """Ask once for a move that is made after other work: raises Stale when the record is not where it starts, and
    Forbidden."""
    found = _find(record, action)
    policy.require(by, found.permission, record)
    return Start(record, found, by)


def move(
    record: Any,
    action: str | Start,
    *,
    by: Account,
    reason: str = "",
    target: str | None = None,
    details: dict[str, Any] | None = None,
) -> Move:
    """Make a move: source → target, with its event. Raises what ``start`` does; where that was asked of this record
    for this person, whether the record still stands where the move starts."""
    begun = start(record, action, by=by) if isinstance(action, str) else action
    if begun.record is not record or begun.by is not by:
        raise ValueError("a move is made with the record, and by the person, that were asked for")
    found = _find(record, begun.move.action)
    if found.owes_reason and not reason.strip():
        raise Invalid(_("Give a reason."), "reason")
    status = target or found.target
    if status is None:
        raise ValueError(f"the service that makes the move {found.action} must say where to")
    _set_status(record, status)
    record.updated_at = clock.now()
    history.record(
        f"{record.__tablename__}.{found.past}",
        record,
        by=by,
        reason=reason,
        category=found.category,
        details=details,
    )
    return found


def can_reopen(record: Any) -> bool:
    """Whether the record is official, so that a change of a sealed field makes it a draft again."""
    status = status_of(record)
    return any(move.action == "reopen" and status in move.sources for move in MOVES[type(record)])


def reopen(record: Any, *, by: Account) -> None:
    """signed_off → draft, by itself, after a change that ``by`` was allowed to make. Asks for no right of its own:
    a conclusion that changes reopens the follow-ups that answer it."""
    _set_status(record, "draft")
    history.record(f"{record.__tablename__}.reopened", record, by=by, category=Category.SIGN_OFF)


def _find(record: Any, action: str) -> Move:
    status = status_of(record)
    named = [move for move in MOVES[type(record)] if move.action == action]
    for move in named:
        if status in move.sources and _fits(record, move):
            return move
    if not named:
        raise ValueError(f"no move {action} on {type(record).__name__}")
    raise Stale(_("This cannot be done now: the record has moved on. Look at where it stands and try again."))


def _fits(record: Any, move: Move) -> bool:
    """Once sealed, withdrawing and superseding go by way of the reviewers; before that they must not."""
    if move.action in ("withdraw", "supersede"):
        return not record.seal_count
    if move.action in ("ask_withdrawal", "ask_supersession"):
        return bool(record.seal_count)
    return True


def _set_status(record: Any, status: str) -> None:
    if isinstance(record, Visit):
        record.stage = type(record.stage)(status)
    else:
        record.workflow = type(record.workflow)(status)
