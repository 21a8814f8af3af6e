"""The follow-up that takes a superseded one's place: it must still stand when a reviewer signs the supersession."""

from __future__ import annotations

from tracker.errors import Stale
from tracker.extensions import db
from tracker.models import Followup
from tracker.models.followup import ENDED
from tracker.texts import gettext as _


def check(followup: Followup) -> None:
    """Raise Stale unless the named successor exists, is another one and has not ended since it was named.

    Keeps others from ending it until this transaction ends; SQLite's writers take turns anyway.
    """
    successor = db.session.get(Followup, followup.superseded_by_id) if followup.superseded_by_id is not None else None
    if successor is None or successor.id == followup.id:
        raise Stale(_("The follow-up that takes its place is not named. Return it, with a reason."))
    is_postgresql = db.engine.dialect.name == "postgresql"
    db.session.refresh(successor, with_for_update={"read": True} if is_postgresql else None)
    if successor.workflow in ENDED:
        raise Stale(
            _(
                "%(reference)s, which was to take its place, has ended meanwhile. Return it, with a reason.",
                reference=successor.reference,
            )
        )
