"""The log as a list: who did what to which record, when, with what came of it. One entry whole, with its hash."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from tracker import history, policy
from tracker.database import Unindexed
from tracker.errors import NotFound
from tracker.extensions import db
from tracker.models import (
    Account,
    Category,
    Conclusion,
    Event,
    Followup,
    Matrix,
    Measure,
    Meeting,
    Outcome,
    Plan,
    PlanPart,
    PlanState,
    Visit,
)
from tracker.partial_date import PartialDate
from tracker.policy import Permission
from tracker.reports import sealables, timeline
from tracker.reports.filters import BadValue, Condition, Filter, as_condition, day, each, members, state
from tracker.reports.listing import Listing, Sort
from tracker.reports.measures import OF_STATED_STATUS
from tracker.reports.timeline import BY_STRANGERS, Entry
from tracker.texts import gettext as _

COMMAND_LINE = "none"
LARGEST = 2**63 - 1
SLACK = timedelta(days=3)
"""More than time zones differ and a transaction stays open: up to this, numbers follow the moments of entries."""

OF_GRANTS = frozenset({"grant", "role", "scope", "region", "states", "ends_on"})

NOUNS: dict[str, Any] = {
    "followup": Followup.reference,
    "conclusion": Conclusion.reference,
    "visit": Visit.reference,
    "plan": Plan.code,
    "measure": Measure.reference,
    "meeting": Meeting.reference,
}
"""The records that have a page, by what they are called."""

KINDS = (
    "visit",
    "matrix",
    "conclusion",
    "followup",
    "progress",
    "response",
    "evidence",
    "extension",
    "carry_over",
    "comment",
    "plan",
    "measure",
    "meeting",
    "account",
    "access",
    "export",
    "authority",
    "tour",
    "rating",
    "area_pillars",
    "reference",
    "sample",
)
"""The nouns that the kinds of entries begin with: what the list can be narrowed to, in the order of its filter."""


def scope(account: Account) -> Condition:
    """The entries on States in the auditor's scope, and those on no State; of a region's stated status only where the
    scope holds every State that takes part."""
    covered = policy.reach(account, Permission.LOG_READ)
    if covered.is_all:
        return sa.true()
    outside = sa.exists().where(
        Measure.id == Event.object_id,
        PlanState.plan_id == Measure.plan_id,
        PlanState.part == PlanPart.PARTICIPANT,
        sa.not_(covered.condition(PlanState.state_id)),
    )
    of_region = sa.and_(Event.kind.in_(OF_STATED_STATUS), outside)
    in_scope = sa.or_(Event.state_id.is_(None), covered.condition(Event.state_id))
    return sa.and_(in_scope, sa.not_(of_region))


# What the list is narrowed by


def _of_kind(value: str) -> Condition:
    """One kind (``followup.signed_off``), or all kinds on a noun (``followup``)."""
    noun, divided, _verb = value.partition(".")
    if noun not in KINDS:
        known = ", ".join(KINDS)
        raise BadValue(_("“%(value)s” is not one of: %(known)s", value=value[:60], known=known))
    if divided:
        return as_condition(Event.kind == value)
    return Event.kind.startswith(f"{value}.", autoescape=True)


def _by(value: str, column: Any = Event.actor_id) -> Condition:
    """An account's number, a part of its name or address; ``none`` for the command line."""
    if value == COMMAND_LINE:
        return sa.and_(column.is_(None), Event.kind.not_in(sorted(BY_STRANGERS)))
    if value.isascii() and value.isdigit() and len(value) < 10:
        return as_condition(column == int(value))
    named = sa.or_(Account.name.icontains(value, autoescape=True), Account.email.icontains(value, autoescape=True))
    return as_condition(column.in_(sa.select(Account.id).where(named)))


def _on(value: str) -> Condition:
    """A record by its reference, ``PAK-F012``; ``account:12`` where it has none."""
    noun, divided, number = value.partition(":")
    if divided:
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            raise BadValue(_("“%(value)s” is no number that a record can have", value=value[:60]))
        return sa.and_(Event.object_type == noun.lower(), Event.object_id == int(number))
    reference = value.upper()
    if reference.endswith(sealables.MATRIX_SUFFIX):
        visit = reference.removesuffix(sealables.MATRIX_SUFFIX)
        found = sa.select(Matrix.id).join(Visit, Visit.id == Matrix.visit_id).where(Visit.reference == visit)
        return sa.and_(Event.object_type == "matrix", Event.object_id == found.scalar_subquery())
    return sa.or_(
        *(
            sa.and_(
                Event.object_type == name,
                Event.object_id == sa.select(called.class_.id).where(called == reference).scalar_subquery(),
            )
            for name, called in NOUNS.items()
        )
    )


def _since(values: list[str]) -> Condition:
    """From a day on. The numbers say where to begin, so that older entries are not read."""
    exact = day(Event.at, ">=")(values)
    return sa.and_(exact, Event.seq >= _number_at(PartialDate.parse(values[-1]).first_day - SLACK))


def _until(values: list[str]) -> Condition:
    """To a day, which counts. The numbers say where to begin, so that newer entries are not read."""
    exact = day(Event.at, "<=")(values)
    last = _number_at(PartialDate.parse(values[-1]).last_day + SLACK)
    return sa.and_(exact, sa.or_(last.is_(None), Event.seq <= last))


def _number_at(edge: date) -> sa.ScalarSelect[int]:
    """The number of the first entry from this day on."""
    moment = datetime.combine(edge, time(), tzinfo=UTC)
    first = sa.select(Event.seq).where(Event.at >= moment).order_by(Event.at, Event.seq).limit(1)
    return first.scalar_subquery()


FILTERS: Mapping[str, Filter] = {
    "kind": each(_of_kind),
    "actor": each(_by),
    "state": state(Event.state_id),
    "object": each(_on),
    "category": members(Event.category, Category),
    "outcome": members(Event.outcome, Outcome),
    "from": _since,
    "to": _until,
}

LOG = Listing(
    base=sa.select(
        Event.seq,
        Event.at,
        Event.kind,
        Event.category,
        Event.outcome,
        Event.object_type,
        Event.object_id,
        Event.state_id,
        Event.actor_id,
        Event.text,
        Event.hash,
        Account.name,
    ).outerjoin(Account, Account.id == Event.actor_id),
    id_column=Event.seq,
    filters=FILTERS,
    sorts={"number": Sort(Event.seq)},
    default_sort="-number",
    is_one_table=True,
    without_index={"actor": each(lambda value: _by(value, Unindexed(Event.actor_id)))},
    in_order={"number"},
)


# Entries in words


@dataclass(frozen=True)
class LogEntry:
    """An entry as the log shows it: what a record's timeline shows, and what it is about.

    ``reference`` names the record, ``address`` is its page; ``details`` hold what stands in no column and is not told
    by the entry already.
    """

    entry: Entry
    object_type: str | None
    reference: str
    address: str | None
    state_id: str | None
    hash: str
    details: dict[str, Any]


@dataclass(frozen=True)
class Whole:
    """One entry with all that was hashed."""

    told: LogEntry
    text: str
    prev: str
    request_id: str
    holds: bool
    previous: int | None
    following: int | None


def tell(rows: Sequence[Any]) -> list[LogEntry]:
    """The rows of the list in words: two statements, however many."""
    entries = timeline.tell(rows)
    names = _references(rows, db.session.execute)
    return [_told(row, entry, names) for row, entry in zip(rows, entries, strict=True)]


def whole(account: Account, seq: int) -> Whole:
    """The entry of this number, in four statements; NotFound when it is none or on a State out of scope (R9)."""
    row = None
    if seq <= LARGEST:
        row = db.session.execute(
            LOG.base.add_columns(Event.prev, Event.request_id).where(Event.seq == seq, scope(account))
        ).one_or_none()
    if row is None:
        raise NotFound(_("There is no such entry in the log, or it lies outside your scope."))
    beside = db.session.execute(
        sa.select(
            sa.select(sa.func.max(Event.seq)).where(Event.seq < seq, scope(account)).scalar_subquery(),
            sa.select(sa.func.min(Event.seq)).where(Event.seq > seq, scope(account)).scalar_subquery(),
        )
    ).one()
    return Whole(
        told=tell([row])[0],
        text=row.text,
        prev=row.prev,
        request_id=row.request_id,
        holds=history.link(row.prev, row.text) == row.hash,
        previous=beside[0],
        following=beside[1],
    )


def _told(row: Any, entry: Entry, names: dict[tuple[str, int], str]) -> LogEntry:
    reference = names.get((row.object_type, row.object_id), "")
    return LogEntry(
        entry=entry,
        object_type=row.object_type,
        reference=reference,
        address=_address(row, reference),
        state_id=row.state_id,
        hash=row.hash,
        details=_untold(json.loads(row.text)["details"]),
    )


def _address(row: Any, reference: str) -> str | None:
    if reference and row.object_type in (*NOUNS, "matrix"):
        return sealables.address(row.object_type, reference)
    return None


def _untold(details: dict[str, Any]) -> dict[str, Any]:
    """What the entry's own fields do not say: of a grant, and of a note, they say all."""
    told = {"note", "happened", "seal_sha256"} | (OF_GRANTS if details.keys() >= OF_GRANTS else set())
    return {name: value for name, value in details.items() if name not in told and value not in (None, "", [])}


def _references(rows: Iterable[Any], ask: Callable[..., Any]) -> dict[tuple[str, int], str]:
    """What the records are called, by kind and number, in one statement."""
    wanted: dict[str, set[int]] = {}
    for row in rows:
        if row.object_type in _CALLED and row.object_id is not None:
            wanted.setdefault(row.object_type, set()).add(row.object_id)
    selects = [
        sa.select(sa.literal(noun), key, sa.cast(called, sa.String)).select_from(source).where(key.in_(sorted(ids)))
        for noun, ids in sorted(wanted.items())
        for key, called, source in [_CALLED[noun]]
    ]
    if not selects:
        return {}
    return {(noun, key): called for noun, key, called in ask(sa.union_all(*selects))}


_CALLED: dict[str, tuple[Any, Any, Any]] = {
    **{noun: (called.class_.id, called, called.class_) for noun, called in NOUNS.items()},
    "matrix": (
        Matrix.id,
        Visit.reference + sealables.MATRIX_SUFFIX,
        sa.join(Matrix, Visit, Visit.id == Matrix.visit_id),
    ),
    "account": (Account.id, Account.name, Account),
}


# The file

HEADER = (
    "entry",
    "at",
    "actor",
    "kind",
    "category",
    "outcome",
    "object_type",
    "object_id",
    "iso3",
    "text",
    "hash",
    "reference",
    "reason",
)


def file_rows(rows: Sequence[Any], connection: sa.Connection) -> Sequence[Any]:
    """Rows of the file, in the order of ``HEADER``; the text is exactly what the hash covers. What a record is called
    stands in no entry, and is asked once for all of them."""
    names = _references(rows, connection.execute)
    return [_line(row, names.get((row.object_type, row.object_id), "")) for row in rows]


def _line(row: Any, reference: str) -> Sequence[Any]:
    return (
        row.seq,
        row.at,
        row.name,
        row.kind,
        row.category,
        row.outcome,
        row.object_type,
        row.object_id,
        row.state_id,
        row.text,
        row.hash,
        reference,
        json.loads(row.text)["reason"],
    )
