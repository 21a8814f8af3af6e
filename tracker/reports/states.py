"""What a State is called, today and as at a day. A historic row never bears today's name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from flask import current_app

from tracker.extensions import db
from tracker.models import State, StateName

Span = tuple[date | None, date | None, str]


@dataclass(frozen=True)
class Names:
    """Every name of every State in one language, so that a list asks the database once."""

    spans: dict[str, list[Span]]
    english: dict[str, str]

    def as_at(self, state_id: str, day: date) -> str:
        """The name that the State bore on ``day``; today's English short name where none is known."""
        for first, until, name in self.spans.get(state_id, ()):
            if (first is None or first <= day) and (until is None or day < until):
                return name
        return self.english[state_id]


def names_over_time(language: str = "en") -> Names:
    """The names of all States with the days from and to which they hold. Shipped with the program: a process keeps
    them."""
    kept: dict[str, Names] = current_app.extensions.setdefault("tracker_state_names", {})
    if language not in kept or not kept[language].english:
        kept[language] = _read(language)
    return kept[language]


def _read(language: str) -> Names:
    rows = db.session.execute(
        sa.select(State.id, State.name, StateName.valid_from, StateName.valid_to, StateName.name)
        .outerjoin(StateName, sa.and_(StateName.state_id == State.id, StateName.language == language))
        .order_by(State.id, StateName.valid_from)
    )
    found = Names({}, {})
    for code, english, first, until, name in rows:
        found.english[code] = english
        if name is not None:
            found.spans.setdefault(code, []).append((first, until, name))
    return found


def name_as_at(state_id: str, day: date, language: str = "en") -> str:
    """The name that the State bore on ``day``, such as "The former Yugoslav Republic of Macedonia" in 2006."""
    name = db.session.scalar(
        sa.select(StateName.name).where(
            StateName.state_id == state_id,
            StateName.language == language,
            sa.or_(StateName.valid_from.is_(None), StateName.valid_from <= day),
            sa.or_(StateName.valid_to.is_(None), StateName.valid_to > day),
        )
    )
    return name or db.session.get_one(State, state_id).name


def names() -> dict[str, str]:
    """Today's English short name of each State by its code, in alphabetical order."""
    return dict(db.session.execute(sa.select(State.id, State.name).order_by(State.name)).tuples().all())
