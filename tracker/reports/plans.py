"""Plans and their measures: the Global Strategy and regional plans, text by pillar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from tracker.errors import NotFound
from tracker.extensions import db
from tracker.models import Measure, Plan

# The four pillars of the Strategy's plan of action (A/RES/60/288); regional plans follow them.
PILLARS: dict[str, LazyString] = {
    "I": _l("Conditions conducive to the spread of terrorism"),
    "II": _l("Preventing and combating terrorism"),
    "III": _l("Capacity of States and the role of the United Nations"),
    "IV": _l("Human rights and the rule of law as the basis"),
}


@dataclass(frozen=True)
class Pillar:
    """A pillar of a plan, with its measures in their order."""

    number: str
    title: LazyString | str
    measures: list[Any]


def plans() -> Sequence[Any]:
    """Every plan, the Strategy first, with its number of measures."""
    measures = sa.select(sa.func.count()).where(Measure.plan_id == Plan.id).correlate(Plan).scalar_subquery()
    return db.session.execute(
        sa.select(Plan.code, Plan.kind, Plan.title, Plan.symbol, Plan.adopted_on, measures.label("measures")).order_by(
            Plan.kind.desc(), Plan.adopted_on, Plan.id
        )
    ).all()


def plan(code: str) -> tuple[Plan, list[Pillar]]:
    """The plan of this code, its measures by pillar."""
    found = db.session.scalar(sa.select(Plan).where(Plan.code == code))
    if found is None:
        raise NotFound(_("There is no such plan. The list of plans shows those that there are."))
    rows = db.session.execute(
        sa.select(Measure.reference, Measure.pillar, Measure.number, Measure.text)
        .where(Measure.plan_id == found.id)
        .order_by(Measure.position, Measure.id)
    ).all()
    by_pillar: dict[str, list[Any]] = {}
    for row in rows:
        by_pillar.setdefault(row.pillar, []).append(row)
    return found, [Pillar(number, PILLARS.get(number, number), own) for number, own in by_pillar.items()]
