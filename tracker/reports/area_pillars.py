"""The map of areas and pillars: which measures are suggested for a follow-up on an area."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from tracker.extensions import db
from tracker.models import Area, AreaPillar
from tracker.reports import catalogue
from tracker.reports.joined import joined

Pair = tuple[str, str]
"""The code of an area, and a pillar."""


def pairs() -> list[Pair]:
    """The whole map, by area."""
    rows = db.session.execute(
        sa.select(AreaPillar.area_code, AreaPillar.pillar).order_by(AreaPillar.area_code, AreaPillar.pillar)
    )
    return [(row.area_code, row.pillar) for row in rows]


def pillars_of(codes: Collection[str]) -> set[str]:
    """The pillars that these areas mostly relate to; an area without any of its own has those of its top area."""
    rows = db.session.execute(
        sa.select(Area.code, AreaPillar.area_code, AreaPillar.pillar)
        .join(AreaPillar, sa.or_(AreaPillar.area_code == Area.code, AreaPillar.area_code == Area.parent_code))
        .where(Area.code.in_(sorted(codes)))
    ).all()
    own = {row.code for row in rows if row.area_code == row.code}
    return {row.pillar for row in rows if row.area_code == row.code or row.code not in own}


def as_column(code: str) -> Any:
    """The same of one area as a column with its pillars in one text: nothing where the map has none."""
    of_top = sa.select(Area.parent_code).where(Area.code == code).scalar_subquery()

    def mapped(area: Any) -> Any:
        ordered = sa.select(AreaPillar.pillar).where(AreaPillar.area_code == area).order_by(AreaPillar.pillar)
        return joined(ordered, by=" ")

    return sa.func.coalesce(mapped(code), mapped(of_top))


def unmapped(pillars: Collection[str]) -> list[str]:
    """Which of these pillars the map gives no area: nothing suggests their measures by an area. One statement, also
    for none, so that a page costs the same whatever stands on it."""
    mapped = set(db.session.scalars(sa.select(AreaPillar.pillar).distinct()))
    return [pillar for pillar in pillars if pillar not in mapped]


def by_area() -> dict[str, set[str]]:
    """The pillars of each area, in one statement: its own, or where it has none those of its top area."""
    own: dict[str, set[str]] = {}
    for code, pillar in pairs():
        own.setdefault(code, set()).add(pillar)
    known = {code: own.get(code) or own.get(area.parent_code or "") for code, area in catalogue.areas().items()}
    return {code: pillars for code, pillars in known.items() if pillars}
