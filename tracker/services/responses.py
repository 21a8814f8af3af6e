"""What the State says on a follow-up: dated text with the status it reports, never written over our own."""

from __future__ import annotations

from tracker import clock, policy
from tracker.errors import Invalid
from tracker.extensions import db
from tracker.models import Account, Followup, Implementation, Position, StateResponse
from tracker.partial_date import PartialDate
from tracker.policy import Permission
from tracker.services import dates, records
from tracker.texts import gettext as _


def record(
    followup: Followup,
    received: PartialDate,
    text: str,
    *,
    by: Account,
    reported_status: Implementation = Implementation.NOT_ASSESSED,
    position: Position | None = None,
    source: str = "",
) -> StateResponse:
    """Keep a response. The newest one that reports a status, or a position, is what the follow-up then shows."""
    policy.require(by, Permission.FOLLOWUP_TRACK, followup)
    if not text.strip():
        raise Invalid(_("Enter what the Member State says."), "text")
    dates.refuse_future(received, "received")
    response = StateResponse(
        followup_id=followup.id,
        state_id=followup.state_id,
        received=received,
        reported_status=reported_status,
        position=position,
        text=text,
        source=source,
        recorded_by_id=by.id,
        recorded_at=clock.now(),
    )
    db.session.add(response)
    _show_newest(followup, response)
    records.save(followup, "response.recorded", by=by)
    db.session.expire(followup, ["responses"])
    return response


def _show_newest(followup: Followup, response: StateResponse) -> None:
    """A response entered late, of an earlier day, leaves what is known from a later one."""
    received = response.received
    if response.reported_status is not Implementation.NOT_ASSESSED and _is_newest(received, followup.reported_on):
        followup.reported_status = response.reported_status
        followup.reported_on = received
        followup.reported_source = response.source
    if response.position is not None and _is_newest(received, followup.position_on):
        followup.position = response.position
        followup.position_on = received
        followup.position_source = response.source


def _is_newest(received: PartialDate, known: PartialDate | None) -> bool:
    return known is None or received >= known
