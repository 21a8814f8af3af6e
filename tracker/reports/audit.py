"""The log, checked and exported: does it still say what happened (R18, R19)?

Five questions, in this order: is the chain whole; does each version row say what its event vouches for; are the live
rows the open version rows; do the search rows hold the records' words; does each seal cover what it says, and each
sealed record carry its seal. Grants, submissions and who contributed are version rows like the rest. Not covered: what
accounts hold of persons, sessions and messages, and the wording of the catalogue, which ships with the program.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from flask import current_app

from tracker import audit_head, history, seals
from tracker.database import as_said
from tracker.extensions import db
from tracker.folding import fold
from tracker.models import (
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
from tracker.partial_date import PartialDate
from tracker.reports import versions

CHUNK = 5_000
# The columns that index an event's text, and what the text calls all but the last two, which it holds together.
INDEXING = (
    *("seq", "at", "kind", "category", "actor_id", "state_id", "outcome", "request_id", "format"),
    *("object_type", "object_id"),
)
_said = itemgetter("seq", "at", "kind", "category", "actor", "state", "outcome", "request", "format")


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
    for check in (*checks, map(Problem, versions.problems()), _search_rows(), _seals()):
        verdict.problem = next(check, None)
        if verdict.problem is not None:
            break
    return verdict


# The chain


def _chain(verdict: Verdict) -> Iterator[Problem]:
    """Walk the events in order: numbers without gaps, links that hold, columns that agree with the text, and the
    version rows that each event vouches for."""
    for chunk in _chunks(_events()):
        opened = versions.opened(chunk[0].seq, chunk[-1].seq)
        removed: list[versions.Ended] = []
        problem = None
        for row in chunk:
            message = _event_problem(row, verdict, opened.get(row.seq, {}), removed)
            if message:
                problem = Problem(message, row.seq)
                break
            verdict.count, verdict.head = row.seq, row.hash
        unended = versions.first_unended(removed)
        if unended:
            seq, label = unended
            problem = Problem(f"the entry removed the row {label}, and its version row does not end there", seq)
        if problem:
            yield problem
            return


def _events() -> sa.Select[Any]:
    """The events in order: first the columns that index the text, in the order of ``_said``."""
    table = Event.__table__
    indexing = (as_said(table.c[name], db.engine.dialect.name).label(name) for name in INDEXING)
    return sa.select(*indexing, table.c.text, table.c.prev, table.c.hash).order_by(table.c.seq)


def _event_problem(row: Any, verdict: Verdict, opened: dict[str, str], removed: list[versions.Ended]) -> str | None:
    """What is wrong with the event; rows that it removed are noted in ``removed``, to be looked for together."""
    if row.seq != verdict.count + 1:
        return f"entry {verdict.count + 1} is missing"
    if row.prev != verdict.head:
        return "the entry does not follow the one before it"
    if history.link(row.prev, row.text) != row.hash:
        return "the entry's text is not the text that was hashed"
    said = json.loads(row.text)
    if row[: len(INDEXING)] != (*_said(said), *said["object"]):
        return "the entry's columns do not agree with its text"
    if said["rows"] == opened:
        return None
    vouched = {label: digest for label, digest in said["rows"].items() if digest is not None}
    if vouched != opened:
        label = min(set(vouched.items()) ^ set(opened.items()))[0]
        return f"the version row {label} is not the one that the entry vouches for"
    removed += [(row.seq, label) for label in said["rows"].keys() - vouched.keys()]
    return None


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
    table = Seal.__table__
    columns = (as_said(column, db.engine.dialect.name).label(column.name) for column in table.columns)
    for chunk in _chunks(sa.select(*columns).order_by(table.c.id)):
        for seal in chunk:
            problem = _seal_problem(seal, logged)
            if problem:
                yield Problem(f"seal {seal.number} of {seal.reference}: {problem}")
                return
    if logged:
        yield Problem("a seal that the log tells of is gone", min(logged.values()))
        return
    yield from _sealed_records()


def _seal_problem(seal: Any, logged: dict[str, int]) -> str | None:
    if history.digest(seal.canonical) != seal.content_sha256:
        return "the sealed text is not the text that was signed"
    if history.digest(seals.seal_text(seal)) != seal.seal_sha256:
        return "the signature does not cover these circumstances"
    if logged.pop(seal.seal_sha256, None) is None:
        return "the log does not tell of it"
    return _reportable_problem(seal)


def _reportable_problem(seal: Any) -> str | None:
    said = json.loads(seal.canonical)
    area, edition = said.get("area") or [None, None]
    due = said.get("current_due")
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
        "current_due": due,
        "current_due_last": PartialDate.parse(due).last_day.isoformat() if due else None,
    }
    for name, value in expected.items():
        if getattr(seal, name) != value:
            return f"its column {name} does not agree with the text that was signed"
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
