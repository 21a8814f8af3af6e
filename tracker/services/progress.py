"""Progress on a follow-up, entry by entry. An entry is never edited; a correction is a new entry."""

from __future__ import annotations

from tracker import clock, policy
from tracker.errors import Invalid
from tracker.extensions import db
from tracker.models import Account, Followup, ProgressEntry
from tracker.partial_date import PartialDate
from tracker.policy import Permission
from tracker.services import dates, records
from tracker.texts import gettext as _


def add(
    followup: Followup, text: str, *, by: Account, happened: PartialDate | None = None, source: str = ""
) -> ProgressEntry:
    """Note what has moved, when, and where that is known from. Changes no status and no sealed field."""
    policy.require(by, Permission.FOLLOWUP_TRACK, followup)
    if not text.strip():
        raise Invalid(_("Say what has moved."), "text")
    dates.refuse_future(happened, "happened")
    entry = ProgressEntry(
        followup_id=followup.id,
        state_id=followup.state_id,
        happened=happened,
        text=text,
        source=source,
        written_by_id=by.id,
        written_at=clock.now(),
    )
    db.session.add(entry)
    records.save(followup, "progress.added", by=by)
    db.session.expire(followup, ["progress"])
    return entry
