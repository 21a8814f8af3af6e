"""The words of the records, made anew: after a change of how words are folded, or when ``flask audit verify`` says that
a search row does not hold its record's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from typing import Any

import sqlalchemy as sa

from tracker.extensions import db
from tracker.folding import fold
from tracker.models import Conclusion, Followup, Measure, Meeting, Plan, SearchRow, State, Visit, search

AT_ONCE = 1_000


def rebuild() -> int:
    """Write every search row and the whole index anew; returns how many records are searched."""
    db.session.execute(sa.delete(SearchRow))
    count = 0
    for model in (Visit, Conclusion, Followup, Plan, Measure, Meeting):
        made = _rows(model)
        while rows := list(islice(made, AT_ONCE)):
            db.session.execute(sa.insert(SearchRow), rows)
            count += len(rows)
    search.rebuild(db.session.connection())
    return count


def _rows(model: Any) -> Iterator[dict[str, Any]]:
    noun = model.__tablename__
    places: dict[str | None, str] = {one.id: search.places(one) for one in db.session.scalars(sa.select(State))}
    places[None] = search.places(None)
    records = db.session.scalars(sa.select(model).order_by(model.id).execution_options(yield_per=AT_ONCE))
    with closing(records):
        for record in records:
            reference, title, text = map(fold, record.searched)
            yield {
                "id": search.row_id(noun, record.id),
                "object_type": noun,
                "object_id": record.id,
                "state_id": getattr(record, "state_id", None),
                "places": places[getattr(record, "state_id", None)],
                "reference": reference,
                "title": title,
                "text": text,
            }
