"""Which follow-ups serve which measures, and why.

A link is no part of a seal: it leaves the follow-up's text, its versions and its signature as they are. It has a
history of its own in the follow-up's timeline.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from tracker import clock, history, policy
from tracker.errors import Invalid
from tracker.extensions import db
from tracker.models import Account, Followup, FollowupMeasure, Measure, PlanKind
from tracker.models.followup import ENDED
from tracker.policy import Permission
from tracker.texts import gettext as _


def link(followup: Followup, measure: Measure, *, by: Account, reason: str) -> None:
    """Let the follow-up serve the measure; refused where it does already."""
    if not link_all([followup], [measure], by=by, reason=reason):
        raise Invalid(_("%(followup)s serves this measure already.", followup=followup.reference), "measures")


def link_all(followups: Sequence[Followup], measures: Sequence[Measure], *, by: Account, reason: str) -> int:
    """Let each of the follow-ups serve each of the measures, for one reason; returns how many links are new."""
    for followup in followups:
        policy.require(by, Permission.MEASURE_LINK, followup)
    _guard(followups, measures, reason)
    present = _present(followups, measures)
    missing = [
        (followup, measure)
        for measure in measures
        for followup in followups
        if (followup.id, measure.id) not in present
    ]
    for followup, measure in missing:
        _add(followup, measure, by, reason)
    return len(missing)


def unlink(followup: Followup, measure: Measure, *, by: Account, reason: str) -> None:
    """The follow-up serves the measure no more; that it did stays in its history."""
    policy.require(by, Permission.MEASURE_LINK, followup)
    _require_reason(reason)
    key = (followup.id, measure.id)
    row = db.session.get(FollowupMeasure, key, with_for_update=True, populate_existing=True)  # whoever else does, waits
    if row is None:
        raise Invalid(_("%(followup)s does not serve this measure.", followup=followup.reference))
    db.session.delete(row)
    _note("followup.measure_unlinked", followup, measure, by, reason)


def _add(followup: Followup, measure: Measure, by: Account, reason: str) -> None:
    row = FollowupMeasure(
        followup_id=followup.id,
        measure_id=measure.id,
        state_id=followup.state_id,
        reason=reason,
        linked_by_id=by.id,
        linked_at=clock.now(),
    )
    db.session.add(row)
    _note("followup.measure_linked", followup, measure, by, reason)


def _note(kind: str, followup: Followup, measure: Measure, by: Account, reason: str) -> None:
    history.record(kind, followup, by=by, reason=reason, details={"measure": measure.reference})


def _present(followups: Sequence[Followup], measures: Sequence[Measure]) -> set[tuple[int, int]]:
    rows = db.session.execute(
        sa.select(FollowupMeasure.followup_id, FollowupMeasure.measure_id).where(
            FollowupMeasure.measure_id.in_([one.id for one in measures]),
            FollowupMeasure.followup_id.in_([one.id for one in followups]),
        )
    )
    return {(row.followup_id, row.measure_id) for row in rows}


def _guard(followups: Sequence[Followup], measures: Sequence[Measure], reason: str) -> None:
    _require_reason(reason)
    for followup in followups:
        if followup.workflow in ENDED:
            raise Invalid(_("%(followup)s has ended, and serves no further measure.", followup=followup.reference))
    for measure in measures:
        if measure.retired_on is not None:
            raise Invalid(_("%(measure)s is retired.", measure=measure.reference), "measures")
        _require_participants(followups, measure)


def _require_participants(followups: Sequence[Followup], measure: Measure) -> None:
    """A regional plan is served by the States that carry it out; the Strategy by every State."""
    if measure.plan.kind is PlanKind.STRATEGY:
        return
    participants = measure.plan.participants
    for followup in followups:
        if followup.state_id not in participants:
            raise Invalid(
                _(
                    "The Member State of %(followup)s does not carry out the plan of %(measure)s.",
                    followup=followup.reference,
                    measure=measure.reference,
                ),
                "measures",
            )


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid(_("Enter the reason: it is kept with the link."), "reason")
