"""Tours: the visits of one trip, such as a regional visit to several States."""

from __future__ import annotations

import sqlalchemy as sa

from tracker import history
from tracker.errors import Invalid
from tracker.extensions import db
from tracker.models import Account, Tour
from tracker.services import turns
from tracker.texts import gettext as _


def named(title: str, *, by: Account) -> Tour:
    """The tour of that title; entered if there is none. Whoever may edit one of its visits may name it."""
    wanted = " ".join(title.split())
    if not wanted:
        raise Invalid(_("Name the tour."), "tour")
    turns.take("tour", wanted)
    found = db.session.scalar(sa.select(Tour).where(Tour.title == wanted))
    if found is None:
        found = Tour(title=wanted)
        db.session.add(found)
        db.session.flush()
        history.record("tour.created", found, by=by)
    return found
