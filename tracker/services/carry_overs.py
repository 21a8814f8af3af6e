"""Follow-ups that a later visit takes up again, and what it found of each. Their assessed status stays our own act."""

from __future__ import annotations

import sqlalchemy as sa

from tracker import clock, policy
from tracker.errors import Invalid
from tracker.extensions import db
from tracker.models import Account, CarryOver, Disposition, Followup, Visit
from tracker.policy import Permission
from tracker.services import records
from tracker.texts import gettext as _


def add(visit: Visit, followup: Followup, *, by: Account, note: str = "") -> CarryOver:
    """Let the visit take the follow-up up again; what it finds is still to be said."""
    policy.require(by, Permission.FOLLOWUP_TRACK, followup)
    if visit.state_id != followup.state_id:
        raise Invalid(_("The visit is not one to this Member State."), "visit_id")
    if visit.id == followup.visit_id:
        raise Invalid(_("This visit raised the follow-up; a later one carries it over."), "visit_id")
    if _is_earlier(visit, followup):
        raise Invalid(_("This visit was before the one that raised the follow-up."), "visit_id")
    if _is_there(visit, followup):
        raise Invalid(_("This visit has taken it up already."), "visit_id")
    row = CarryOver(
        followup_id=followup.id,
        visit_id=visit.id,
        state_id=followup.state_id,
        disposition=Disposition.PENDING,
        note=note,
    )
    db.session.add(row)
    records.save(followup, "followup.carried_over", by=by, details={"visit": visit.reference})
    db.session.expire(followup, ["carry_overs"])
    return row


def set_disposition(
    carry_over: CarryOver, disposition: Disposition, *, by: Account, note: str = "", version: int | None = None
) -> None:
    """Say what the later visit found. ``version`` is the follow-up's that was on the screen."""
    followup = db.session.get_one(Followup, carry_over.followup_id)
    policy.require(by, Permission.FOLLOWUP_TRACK, followup)
    records.require_version(followup, version)
    start = carry_over.visit.start
    if disposition is not Disposition.PENDING and start is not None and start.first_day > clock.today():
        raise Invalid(_("The visit has not begun, and has found nothing yet."), "disposition")
    carry_over.disposition = disposition
    carry_over.note = note
    records.save(followup, "carry_over.recorded", by=by, details={"visit": carry_over.visit.reference})


def _is_earlier(visit: Visit, followup: Followup) -> bool:
    if followup.visit_id is None:
        return False
    raised = db.session.get_one(Visit, followup.visit_id)
    return (visit.sort_day, visit.id) < (raised.sort_day, raised.id)


def _is_there(visit: Visit, followup: Followup) -> bool:
    return (
        db.session.scalar(
            sa.select(CarryOver.id).where(CarryOver.followup_id == followup.id, CarryOver.visit_id == visit.id)
        )
        is not None
    )
