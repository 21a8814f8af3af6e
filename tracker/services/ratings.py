"""The rating scale of the tracker: labels, order, and which levels may be given. Never presented as official."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from tracker import history, policy
from tracker.errors import Invalid, NotFound
from tracker.extensions import db
from tracker.models import Account, RatingLevel
from tracker.policy import Permission
from tracker.services import turns
from tracker.texts import gettext as _


def levels() -> list[RatingLevel]:
    """Every level in the scale's order."""
    return list(db.session.scalars(sa.select(RatingLevel).order_by(RatingLevel.position, RatingLevel.code)))


def level(code: str) -> RatingLevel:
    found = db.session.get(RatingLevel, code)
    if found is None:
        raise NotFound(_("There is no such rating level."))
    return found


def edit(found: RatingLevel, *, by: Account, label: str, position: int, is_active: bool) -> None:
    """Give the level this label and place, and say whether it may be given. Old assessments keep showing it."""
    policy.require(by, Permission.CATALOGUE_MANAGE)
    turns.take("rating", "scale")
    scale = levels()
    _guard(found, scale, label, is_active)
    before = _said(found, scale)
    found.label, found.is_active = label, is_active
    scale.remove(found)
    scale.insert(min(max(position, 1), len(scale) + 1) - 1, found)
    for place, one in enumerate(scale, start=1):
        one.position = place
    after = _said(found, scale)
    changed: dict[str, Any] = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if changed:
        history.record("rating.edited", found, by=by, details={"code": found.code} | changed)


def _guard(found: RatingLevel, scale: list[RatingLevel], label: str, is_active: bool) -> None:
    if any(one is not found and one.label.casefold() == label.casefold() for one in scale):
        raise Invalid(_("Another level bears this label already."), "label")
    if not is_active and not any(one.is_active and one.on_scale for one in scale if one is not found):
        raise Invalid(_("At least one level of the scale must remain that may be given."), "is_active")


def _said(found: RatingLevel, scale: list[RatingLevel]) -> dict[str, Any]:
    return {"label": found.label, "place": scale.index(found) + 1, "may_be_given": found.is_active}
