"""The words of the records, made anew: after a change of how words are folded, or when ``flask audit verify`` says that
a search row does not hold its record's words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tracker.database import read_only
from tracker.extensions import db
from tracker.folding import fold
from tracker.models import Conclusion, Followup, Measure, Meeting, Plan, SearchRow, State, Visit, search

AT_ONCE = 200
"""Of so few records the rows are written that whoever saves one of them meanwhile does not notice."""
MODELS: tuple[Any, ...] = (Visit, Conclusion, Followup, Plan, Measure, Meeting)

Row = dict[str, Any]


def rebuild() -> Iterator[int]:
    """Make every search row and the index anew, step by step; each step says of how many records it made the words.

    The door commits after each, so that people may go on working. Whoever writes the words of a record meanwhile writes
    newer ones: a row that somebody holds is left to them, and looked at again when they are done.
    """
    is_sqlite = db.engine.dialect.name == "sqlite"
    _take_strays_away()
    yield 0
    for model in MODELS:
        with read_only():
            ids = db.session.scalars(sa.select(model.id).order_by(model.id)).all()
        yield 0  # what only reads ends here: on SQLite it could not go on to write once somebody else has
        for begin in range(0, len(ids), AT_ONCE):
            some = ids[begin : begin + AT_ONCE]
            with read_only():
                wrong = _wrong(model, some) if is_sqlite else some  # there a row that is written is indexed anew
            yield len(some)
            held_by_others = _write(model, wrong) if wrong else []
            yield 0
            for record_id in held_by_others:
                _write(model, [record_id], is_patient=True)
                yield 0
    if is_sqlite:
        search.rebuild(db.session.connection())
        yield 0


def _take_strays_away() -> None:
    """Search rows without a record, or under another number than the record's; and what is indexed of no row."""
    db.session.execute(sa.delete(SearchRow).where(SearchRow.object_type.not_in(search.NOUNS)))
    for model in MODELS:
        noun = model.__tablename__
        has_record = sa.exists().where(model.id == SearchRow.object_id)
        number = SearchRow.object_id.op("<<")(search.BITS).op("|")(search.NOUNS[noun])
        is_stray = sa.or_(~has_record, SearchRow.id != number)
        db.session.execute(sa.delete(SearchRow).where(SearchRow.object_type == noun, is_stray))
    if db.engine.dialect.name != "sqlite":
        is_indexed = sa.exists().where(SearchRow.id == search.INDEX.c.rowid)
        db.session.execute(sa.delete(search.INDEX).where(~is_indexed))


def _wrong(model: Any, ids: Sequence[int]) -> list[int]:
    """Of these records those whose row is not there or does not hold their words."""
    made = _rows(model, ids)
    there = {row["id"]: dict(row) for row in db.session.execute(_of(made)).mappings()}
    return [row["object_id"] for row in made.values() if there.get(row["id"]) != row]


def _write(model: Any, ids: Sequence[int], is_patient: bool = False) -> list[int]:
    """Write the rows of these records. Gives the records whose row somebody is writing, unless told to wait for them.

    A row is held before its record is read: nobody can then write newer words before these.
    """
    numbers = {search.row_id(model.__tablename__, record_id): record_id for record_id in ids}
    there = set(db.session.scalars(sa.select(SearchRow.id).where(SearchRow.id.in_(numbers))))
    held = set(db.session.scalars(_holding(numbers, is_patient)))
    made = _rows(model, ids)
    if changed := [row for number, row in made.items() if number in held]:
        db.session.execute(sa.update(SearchRow), changed)
    if missing := [row for number, row in made.items() if number not in there | held]:
        dialect: Any = sqlite if db.engine.dialect.name == "sqlite" else postgresql
        db.session.execute(dialect.insert(SearchRow.__table__).on_conflict_do_nothing(), missing)
    return [numbers[number] for number in sorted(there - held)]


def _holding(numbers: Any, is_patient: bool) -> sa.Select[int]:
    found = sa.select(SearchRow.id).where(SearchRow.id.in_(numbers)).order_by(SearchRow.id)
    return found.with_for_update(skip_locked=not is_patient)


def _of(numbers: Any) -> sa.Select[Any]:
    return sa.select(SearchRow.__table__).where(SearchRow.id.in_(numbers))


def _rows(model: Any, ids: Sequence[int]) -> dict[int, Row]:
    """The rows as they should be, by their numbers."""
    noun = model.__tablename__
    records = db.session.scalars(sa.select(model).where(model.id.in_(ids)).order_by(model.id)).all()
    states = {one.state_id for one in records if hasattr(one, "state_id")}
    places: dict[str | None, str] = {
        one.id: search.places(one) for one in db.session.scalars(sa.select(State).where(State.id.in_(states)))
    }
    return {search.row_id(noun, one.id): _row(noun, one, places) for one in records}


def _row(noun: str, record: Any, places: dict[str | None, str]) -> Row:
    reference, title, text = map(fold, record.searched)
    state_id = getattr(record, "state_id", None)
    return {
        "id": search.row_id(noun, record.id),
        "object_type": noun,
        "object_id": record.id,
        "state_id": state_id,
        "places": places.get(state_id) or search.places(None),
        "reference": reference,
        "title": title,
        "text": text,
    }
