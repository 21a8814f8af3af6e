"""The map of areas and pillars, as an administrator edits it."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from tracker import history, policy
from tracker.errors import Invalid
from tracker.extensions import db
from tracker.models import Account, Area, AreaPillar
from tracker.models.plan import PILLARS
from tracker.policy import Permission
from tracker.reports import area_pillars
from tracker.reports.area_pillars import Pair
from tracker.services import turns
from tracker.texts import gettext as _


def edit(wanted: Iterable[Pair], *, by: Account) -> None:
    """Bring the map to these pairs; the event tells what came and what went."""
    policy.require(by, Permission.CATALOGUE_MANAGE)
    turns.take("area_pillars", "map")
    pairs, present = set(wanted), set(area_pillars.pairs())
    _guard(pairs - present)
    for code, pillar in sorted(present - pairs):
        db.session.delete(db.session.get_one(AreaPillar, (code, pillar)))
    db.session.add_all(AreaPillar(area_code=code, pillar=pillar) for code, pillar in sorted(pairs - present))
    if pairs != present:
        details = {"added": _said(pairs - present), "removed": _said(present - pairs)}
        history.record("area_pillars.edited", None, by=by, details=details)


def _guard(new: set[Pair]) -> None:
    known = set(db.session.scalars(sa.select(Area.code)))
    if any(code not in known or pillar not in PILLARS for code, pillar in new):
        raise Invalid(_("Choose from the areas and pillars that there are."), "pairs")


def _said(pairs: set[Pair]) -> list[str]:
    return [f"{code} {pillar}" for code, pillar in sorted(pairs)]
