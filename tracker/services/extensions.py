"""A later due date: asked for with a reason, approved or refused by a reviewer. The original date is always kept.

requested → approved | refused. An approval changes a sealed field: a signed_off follow-up becomes a draft ("changed").
"""

from __future__ import annotations

import sqlalchemy as sa

from tracker import clock, history, policy
from tracker.errors import Invalid, Stale
from tracker.extensions import db
from tracker.models import Account, DueExtension, ExtensionStatus, Followup, FollowupStatus
from tracker.models.followup import ENDED
from tracker.partial_date import PartialDate
from tracker.policy import Permission
from tracker.services import notifications, records, signoff
from tracker.texts import gettext as _


def request(followup: Followup, new_due: PartialDate, reason: str, *, by: Account) -> DueExtension:
    """Ask for a later due date. One request waits at a time."""
    policy.require(by, Permission.EXTENSION_ASK, followup)
    if not reason.strip():
        raise Invalid(_("Give a reason."), "reason")
    if followup.current_due is None:
        raise Invalid(_("No due date is agreed yet: give one by editing the follow-up."), "new_due")
    _require_later(followup, new_due)
    signoff.lock(followup)
    if pending(followup) is not None:
        raise Stale(_("An extension has been asked for already and waits for a decision."))
    extension = DueExtension(
        followup_id=followup.id,
        state_id=followup.state_id,
        status=ExtensionStatus.REQUESTED,
        old_due=followup.current_due,
        new_due=new_due,
        reason=reason,
        requested_by_id=by.id,
        requested_at=clock.now(),
    )
    db.session.add(extension)
    records.save(followup, "extension.requested", by=by, reason=reason)
    db.session.expire(followup, ["extensions"])
    return extension


def approve(extension: DueExtension, *, by: Account, note: str = "") -> None:
    """requested → approved: the follow-up's current due date moves, the original stays."""
    followup = _take(extension, by)
    if followup.workflow is FollowupStatus.SUBMITTED:
        raise Invalid(
            _("The follow-up is before the reviewers and locked. Sign or return it first, then approve this."),
            "decision",
        )
    if followup.workflow in ENDED:
        raise Stale(_("The follow-up has ended; its due date moves no more."))
    if followup.current_due is not None and followup.current_due.last_day >= extension.new_due.last_day:
        raise Stale(_("The due date has moved meanwhile and is no earlier than the one asked for."))
    _decide(extension, ExtensionStatus.APPROVED, by, note)
    followup.set_current_due(extension.new_due)
    records.save(followup, "extension.approved", by=by, reason=note)
    _tell(extension, "extension_approved", by, followup)


def refuse(extension: DueExtension, *, by: Account, note: str) -> None:
    """requested → refused, with a reason."""
    followup = _take(extension, by)
    if not note.strip():
        raise Invalid(_("Say why it is refused."), "note")
    _decide(extension, ExtensionStatus.REFUSED, by, note)
    followup.updated_at = clock.now()
    history.record("extension.refused", followup, by=by, reason=note)
    _tell(extension, "extension_refused", by, followup)


def decide(extension: DueExtension, decision: ExtensionStatus, *, by: Account, note: str = "") -> None:
    """Approve or refuse."""
    if decision is ExtensionStatus.APPROVED:
        approve(extension, by=by, note=note)
    else:
        refuse(extension, by=by, note=note)


def pending(followup: Followup) -> DueExtension | None:
    """The request that waits for a decision."""
    return db.session.scalar(
        sa.select(DueExtension).where(
            DueExtension.followup_id == followup.id, DueExtension.status == ExtensionStatus.REQUESTED
        )
    )


def _take(extension: DueExtension, by: Account) -> Followup:
    """Whoever decides must be allowed to, must not have asked, and must be the first (R12, R22)."""
    policy.require(by, Permission.EXTENSION_DECIDE, extension)
    followup = db.session.get_one(Followup, extension.followup_id)
    signoff.lock(followup)
    db.session.refresh(extension)
    if extension.status is not ExtensionStatus.REQUESTED:
        raise Stale(_who_decided(extension))
    return followup


def _who_decided(extension: DueExtension) -> str:
    decider = db.session.get(Account, extension.decided_by_id)
    who = decider.name if decider else ""
    if extension.status is ExtensionStatus.APPROVED:
        return _("%(who)s has approved it already.", who=who)
    return _("%(who)s has refused it already.", who=who)


def _decide(extension: DueExtension, status: ExtensionStatus, by: Account, note: str) -> None:
    extension.status = status
    extension.decided_by_id = by.id
    extension.decided_at = clock.now()
    extension.decision_note = note


def _require_later(followup: Followup, new_due: PartialDate) -> None:
    if followup.current_due is not None and new_due.last_day <= followup.current_due.last_day:
        raise Invalid(_("The new due date must lie after the present one."), "new_due")


def _tell(extension: DueExtension, kind: str, by: Account, followup: Followup) -> None:
    if extension.requested_by_id != by.id:
        asker = db.session.get_one(Account, extension.requested_by_id)
        notifications.notify(asker, kind, obj=followup, note=extension.decision_note)
