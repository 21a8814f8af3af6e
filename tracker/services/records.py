"""What every service does after a change: the sealed text compared, an official record reopened, the event noted."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from tracker import clock, history, seals, workflow
from tracker.errors import Stale
from tracker.extensions import db
from tracker.models import Account, Category, Followup, FollowupConclusion, Seal, SealedState
from tracker.services import notifications
from tracker.texts import gettext as _


def save(
    record: Any,
    kind: str,
    *,
    by: Account,
    reason: str = "",
    category: Category = Category.CHANGE,
    details: dict[str, Any] | None = None,
) -> None:
    """Note a change of ``record`` or its children as one event. Saving what is there leaves none.

    When a sealed field of a signed_off record changed: signed_off → draft ("changed"), and its signer is told.
    """
    if not history.has_changes(record):
        return
    with db.session.no_autoflush:  # one UPDATE for the record's own columns
        differs = seals.refresh(record, by)
        record.updated_at = clock.now()
    history.record(kind, record, by=by, reason=reason, category=category, details=details)
    if differs and record.sealed_state is SealedState.CHANGED:
        _reopen(record, by)


def conclusion_changed(conclusion: Any, by: Account) -> None:
    """A conclusion's text is sealed with each follow-up that answers it: compare those anew."""
    answering = db.session.scalars(
        sa.select(Followup)
        .join(FollowupConclusion, FollowupConclusion.followup_id == Followup.id)
        .where(FollowupConclusion.conclusion_id == conclusion.id)
        .order_by(Followup.id)
    ).all()
    for followup in answering:
        if seals.refresh(followup, by):
            followup.updated_at = clock.now()
            history.record("followup.conclusion_changed", followup, by=by, details={"conclusion": conclusion.reference})
            if followup.sealed_state is SealedState.CHANGED:
                _reopen(followup, by)


def require_version(record: Any, version: int | None) -> None:
    """Raise Stale unless the page was opened on the row as it is now (R20)."""
    if version is not None and record.version != version:
        raise Stale(
            _(
                "Someone changed this record since you opened the page."
                " Nothing of yours is lost: compare and save again."
            )
        )


def _reopen(record: Any, by: Account) -> None:
    """signed_off → draft, where it was official; a record before the reviewers stays there, at a new version."""
    if workflow.can_reopen(record):
        workflow.reopen(record, by=by)
    with db.session.no_autoflush:  # what waits to be written does not touch whom it is told
        signer = db.session.scalar(
            sa.select(Account).join(Seal, Seal.signer_id == Account.id).where(Seal.id == record.seal_id)
        )
        if signer is not None and signer.id != by.id:
            notifications.notify(signer, "sealed_record_changed", obj=record)
