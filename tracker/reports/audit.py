"""The log, checked and exported: does it still say what happened (R18, R19)?

Five questions, in this order: is the chain whole; does each version row say what its event vouches for; are the live
rows the open version rows; do the search rows hold the records' words; does each seal cover what it says, and each
sealed record carry its seal. Grants, submissions and who contributed are version rows like the rest. Not covered: what
accounts hold of persons, sessions and messages, and the wording of the catalogue, which ships with the program.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import groupby, pairwise
from typing import Any

import sqlalchemy as sa
from flask import current_app

from tracker import audit_head, history, seals
from tracker.database import Base
from tracker.extensions import db
from tracker.folding import fold
from tracker.models import (
    VERSION_TABLES,
    Conclusion,
    Event,
    Followup,
    Matrix,
    Measure,
    Meeting,
    Plan,
    Seal,
    SearchRow,
    Visit,
)

CHUNK = 5_000
SPAN = ("from_event", "to_event")


@dataclass(frozen=True)
class Problem:
    """The first thing found wrong: at which event, if it is one, and what."""

    message: str
    seq: int | None = None


@dataclass
class Verdict:
    """How many entries were read, the head reached, and the first problem."""

    count: int = 0
    head: str = history.FIRST_PREV
    problem: Problem | None = None


def one_moment() -> None:
    """Let everything that follows in this transaction be read as of one moment, whoever writes meanwhile. SQLite's
    transactions are so by nature; to be called before the transaction has read anything."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))


def verify(*, with_head: bool = True) -> Verdict:
    """Check everything; stops at the first problem. Reads only, in one transaction.

    The head outside the database is read first: what is written meanwhile only makes the log longer than it says.
    """
    verdict = Verdict()
    checks = [_chain(verdict)]
    if with_head:
        try:
            checks.append(_head(verdict, audit_head.read(current_app.config["SETTINGS"])))
        except ValueError:
            verdict.problem = Problem("the head kept outside the database is torn, changed, or not this installation's")
            return verdict
    for check in (*checks, _version_rows(), _search_rows(), _seals()):
        verdict.problem = next(check, None)
        if verdict.problem is not None:
            break
    return verdict


# The chain


def _chain(verdict: Verdict) -> Iterator[Problem]:
    """Walk the events in order: numbers without gaps, links that hold, columns that agree with the text, and the
    version rows that each event vouches for."""
    for chunk in _chunks(sa.select(Event.__table__).order_by(Event.seq)):
        opened = _opened_rows(chunk[0].seq, chunk[-1].seq)
        for row in chunk:
            problem = _event_problem(row, verdict, opened.get(row.seq, {}))
            if problem:
                yield Problem(problem, row.seq)
                return
            verdict.count, verdict.head = row.seq, row.hash


def _event_problem(row: Any, verdict: Verdict, opened: dict[str, str]) -> str | None:
    if row.seq != verdict.count + 1:
        return f"entry {verdict.count + 1} is missing"
    if row.prev != verdict.head:
        return "the entry does not follow the one before it"
    if history.link(row.prev, row.text) != row.hash:
        return "the entry's text is not the text that was hashed"
    said = json.loads(row.text)
    if _columns(row) != _columns_said(said):
        return "the entry's columns do not agree with its text"
    vouched = {label: digest for label, digest in said["rows"].items() if digest is not None}
    if vouched != opened:
        label = min(set(vouched.items()) ^ set(opened.items()))[0]
        return f"the version row {label} is not the one that the entry vouches for"
    for label in said["rows"].keys() - vouched.keys():
        if not _ends_with(label, row.seq):
            return f"the entry removed the row {label}, and its version row does not end there"
    return None


def _ends_with(label: str, seq: int) -> bool:
    """Whether a version of the row ends at this event."""
    name, _colon, identity = label.partition(":")
    twin = VERSION_TABLES[name]
    keys = [column for column in twin.primary_key if column.name != "from_event"]
    values = [
        int(part) if isinstance(key.type, sa.Integer) else part
        for key, part in zip(keys, identity.split("/"), strict=True)
    ]
    matches = (key == value for key, value in zip(keys, values, strict=True))
    return db.session.scalar(sa.select(sa.literal(1)).where(*matches, twin.c.to_event == seq)) is not None


def _columns(row: Any) -> tuple[Any, ...]:
    return (
        row.seq,
        history.plain(row.at),
        row.kind,
        history.plain(row.category),
        row.actor_id,
        [row.object_type, row.object_id],
        row.state_id,
        history.plain(row.outcome),
        row.request_id,
        row.format,
    )


def _columns_said(said: dict[str, Any]) -> tuple[Any, ...]:
    names = ("seq", "at", "kind", "category", "actor", "object", "state", "outcome", "request", "format")
    return tuple(said[name] for name in names)


def _opened_rows(first: int, last: int) -> dict[int, dict[str, str]]:
    """The digests of the version rows opened by these events, as they are now: event → row → digest."""
    found: dict[int, dict[str, str]] = {}
    for live, twin in VERSION_TABLES.items():
        rows = db.session.execute(sa.select(twin).where(twin.c.from_event.between(first, last))).mappings()
        for row in rows:
            found.setdefault(row["from_event"], {})[_label(live, twin, row)] = history.row_digest(live, _values(row))
    return found


def _head(verdict: Verdict, outside: audit_head.Head | None) -> Iterator[Problem]:
    """Compare with the head kept outside the database: what was cut off at the end shows here."""
    if outside is None:
        if verdict.count:
            yield Problem("no head is kept outside the database, so a cut at the end would not show")
        return
    if outside.count > verdict.count:
        yield Problem("the log ends before the head kept outside the database", verdict.count + 1)
        return
    there = db.session.scalar(sa.select(Event.hash).where(Event.seq == outside.count))
    if there != outside.hash:
        yield Problem("the entry is not the head kept outside the database", outside.count)


# Version rows and live rows


def _version_rows() -> Iterator[Problem]:
    """Each row's spans must touch, end only where an event says so, and the open one must be the live row."""
    for name, twin in VERSION_TABLES.items():
        table = Base.metadata.tables[name]
        keys = [column.name for column in twin.primary_key if column.name != "from_event"]
        with (
            closing(_mappings(sa.select(table).order_by(*(table.c[key] for key in keys)))) as living,
            closing(_mappings(sa.select(twin).order_by(*(twin.c[key] for key in keys), twin.c.from_event))) as told,
        ):
            problem = _table_problem(name, twin, living, told)
        if problem:
            yield Problem(problem)
            return


def _table_problem(name: str, twin: sa.Table, living: Iterator[Any], told: Iterator[Any]) -> str | None:
    """Both come in the order of the key, so that neither table is ever held whole."""
    live = next(living, None)
    for identity, versions in groupby(told, key=partial(_identity, twin)):
        is_live = live is not None and _identity(twin, live) == identity
        problem = _spans_problem(name, list(versions), live if is_live else None)
        if problem:
            return f"{name}:{'/'.join(map(str, identity))}: {problem}"
        live = next(living, None) if is_live else live
    return f"{_label(name, twin, live)}: a row that no entry tells of" if live is not None else None


def _spans_problem(name: str, versions: list[Any], live: Any) -> str | None:
    for row, following in pairwise(versions):
        if row["to_event"] != following["from_event"] and not _is_removal(name, row):
            return f"the version of entry {row['from_event']} does not end where the next begins"
    last = versions[-1]
    if last["to_event"] is not None:
        if live is not None:
            return "the row lives, but its last version is closed"
        return None if _is_removal(name, last) else "its last version was closed by no entry"
    if live is None:
        return "the row is gone, and no entry tells of that"
    if history.row_digest(name, _values(last)) != history.row_digest(name, dict(live)):
        return "the row is not as the last entry on it left it"
    return None


def _is_removal(name: str, row: Any) -> bool:
    """Whether the event that closed this version says that the row was removed."""
    if row["to_event"] is None:
        return False
    text = db.session.scalar(sa.select(Event.text).where(Event.seq == row["to_event"]))
    label = _label(name, VERSION_TABLES[name], row)
    rows = json.loads(text)["rows"] if text else {}
    return label in rows and rows[label] is None


# Search rows


def _search_rows() -> Iterator[Problem]:
    """The folded words of each record, made again: they decide what a search shows and counts."""
    models: tuple[Any, ...] = (Visit, Conclusion, Followup, Plan, Measure, Meeting)
    for model in models:
        rows = db.session.execute(
            sa.select(model, SearchRow)
            .outerjoin(
                SearchRow, sa.and_(SearchRow.object_type == model.__tablename__, SearchRow.object_id == model.id)
            )
            .order_by(model.id)
            .execution_options(yield_per=500)
        )
        with closing(rows):
            for record, found in rows:
                words = tuple(fold(part) for part in record.searched)
                if found is None or (found.reference, found.title, found.text, found.state_id) != (
                    *words,
                    getattr(record, "state_id", None),
                ):
                    yield Problem(f"the search row of {record.reference} does not hold its words")
                    return


# Seals


def _seals() -> Iterator[Problem]:
    """Each seal must cover its text, stand in the log, and be the one that its record carries."""
    logged = _logged_seals()
    for seal in db.session.scalars(sa.select(Seal).order_by(Seal.id).execution_options(yield_per=500)):
        problem = _seal_problem(seal, logged)
        if problem:
            yield Problem(f"seal {seal.number} of {seal.reference}: {problem}")
            return
    if logged:
        yield Problem("a seal that the log tells of is gone", min(logged.values()))
        return
    yield from _sealed_records()


def _seal_problem(seal: Seal, logged: dict[str, int]) -> str | None:
    if history.digest(seal.canonical) != seal.content_sha256:
        return "the sealed text is not the text that was signed"
    if history.digest(seals.seal_text(seal)) != seal.seal_sha256:
        return "the signature does not cover these circumstances"
    if logged.pop(seal.seal_sha256, None) is None:
        return "the log does not tell of it"
    return _reportable_problem(seal)


def _reportable_problem(seal: Seal) -> str | None:
    said = json.loads(seal.canonical)
    area, edition = said.get("area") or [None, None]
    expected = {
        "title": said.get("title"),
        "text": said.get("text"),
        "area_code": area,
        "area_edition": edition,
        "further_areas": ";".join(said.get("further_areas") or []),
        "paragraphs": ";".join(said.get("paragraphs") or []),
        "conclusion_refs": ";".join(reference for reference, _text in said.get("conclusions") or []),
        "basis": said.get("basis"),
        "authorities": ";".join(said.get("authorities") or []),
        "indicator": said.get("indicator"),
        "assessed_status": said.get("assessed_status"),
        "assessed_on": said.get("assessed_on"),
        "current_due": said.get("current_due"),
    }
    for name, value in expected.items():
        if history.plain(getattr(seal, name)) != value:
            return f"its column {name} does not agree with the text that was signed"
    if seal.current_due_last != (seal.current_due.last_day if seal.current_due else None):
        return "its column current_due_last does not agree with the text that was signed"
    return None


def _logged_seals() -> dict[str, int]:
    """The seals that the log tells of: digest → entry."""
    rows = db.session.execute(sa.select(Event.seq, Event.text).where(Event.kind.like("%.signed_off")))
    return {json.loads(text)["details"]["seal_sha256"]: seq for seq, text in rows}


def _sealed_records() -> Iterator[Problem]:
    """A record carries the digest of its last seal."""
    for model in (Followup, Conclusion, Matrix):
        wrong = db.session.scalar(
            sa.select(model.id)
            .outerjoin(Seal, Seal.id == model.seal_id)
            .where(model.seal_count > 0)
            .where(
                sa.or_(
                    Seal.id.is_(None),
                    Seal.content_sha256 != model.sealed_sha256,
                    Seal.number != model.seal_count,
                    Seal.object_id != model.id,
                    Seal.object_type != model.__tablename__,
                )
            )
            .limit(1)
        )
        if wrong is not None:
            yield Problem(f"{model.__tablename__}:{wrong} does not carry its last seal")
            return


# Reading


def _chunks(query: sa.Select[Any]) -> Iterator[list[Any]]:
    result = db.session.execute(query.execution_options(yield_per=CHUNK))
    with closing(result):
        yield from (list(part) for part in result.partitions())


def _mappings(query: sa.Select[Any]) -> Generator[Any, None, None]:
    result = db.session.execute(query.execution_options(yield_per=CHUNK)).mappings()
    with closing(result):
        yield from result


def _identity(twin: sa.Table, row: Any) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in twin.primary_key if column.name != "from_event")


def _label(name: str, twin: sa.Table, row: Any) -> str:
    return f"{name}:{'/'.join(str(part) for part in _identity(twin, row))}"


def _values(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in SPAN}
