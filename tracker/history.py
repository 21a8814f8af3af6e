"""The past, kept: one function writes the event, the version rows and the search row of each change.

``record()`` is called by the services after the change. What it notes is chained at the very end of the
transaction (``before_commit``), so that the lock on the chain's head is taken last and held shortest. A commit
that would leave a versioned change without an event raises ``Unrecorded`` (R17).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any

import orjson
import sqlalchemy as sa
import structlog
from flask import current_app, g, has_request_context
from sqlalchemy import event as hooks
from sqlalchemy import inspect
from sqlalchemy.orm import Mapper, ORMExecuteState, Session, SessionTransaction, object_session

from tracker import audit_head, clock, database
from tracker.extensions import db
from tracker.folding import fold
from tracker.models import VERSION_TABLES, Account, Category, Event, Outcome, SearchRow, State, Versioned, search
from tracker.partial_date import PartialDate

log = structlog.get_logger("tracker.history")

FORMAT = 1
FIRST_PREV = "0" * 64
CHAIN_LOCK = 1373
# Kept like the rest; the event itself tells of them.
SILENT = frozenset({"submission", "contributor", "account_grant", "account_grant_state"})
QUIET = frozenset({"id", "version", "content_version", "content_sha256", "sealed_sha256", "updated_at", "created_at"})

Row = dict[str, Any]
Key = tuple[str, tuple[Any, ...]]


class Unrecorded(RuntimeError):
    """A versioned row was changed and no event tells of it."""


@dataclass
class Noted:
    """An event that waits for its place in the chain, with the version rows it opens (None: the row is gone) and the
    keys of those it ends."""

    fields: Row
    rows: dict[Key, Row | None] = field(default_factory=dict)
    ended: list[Key] = field(default_factory=list)


@dataclass
class Ledger:
    """What a session has changed and noted since its last commit."""

    touched: dict[Key, tuple[tuple[str, int], Row | None]] = field(default_factory=dict)
    known: dict[Key, Row | None] = field(default_factory=dict)
    noted: list[Noted] = field(default_factory=list)
    indexed: dict[Any, tuple[str, str, str]] = field(default_factory=dict)
    head: audit_head.Head | None = None
    is_broken: bool = False


def record(
    kind: str,
    obj: Any = None,
    *,
    by: Account | None,
    reason: str = "",
    category: Category = Category.CHANGE,
    details: Row | None = None,
    outcome: Outcome = Outcome.DONE,
    state_id: str | None = None,
) -> None:
    """Note one event on ``obj``, with the old and new values of all its rows changed since the last call.

    ``kind`` is past tense: ``followup.created``. Events on accounts give ``details`` with field names only; raises
    TypeError for details that JSON has no one text for.
    """
    _require_one_text(details)
    db.session.flush()
    ledger = _ledger(db.session())
    object_type, object_id = _name_of(obj)
    rows = _take(ledger, (object_type, object_id))
    before = {key: _before(ledger, key) for key in rows}
    ledger.noted.append(
        Noted(
            {
                "at": clock.now(),
                "kind": kind,
                "category": category,
                "actor_id": by.id if by else None,
                "object_type": object_type,
                "object_id": object_id,
                "state_id": state_id or getattr(obj, "state_id", None),
                "outcome": outcome,
                "request_id": request_id(),
                "reason": reason,
                "changes": changes_between(before, rows),
                "details": details or {},
            },
            rows,
            [key for key, row in before.items() if row is not None],
        )
    )
    ledger.known.update(rows)
    if isinstance(obj, Versioned) and hasattr(obj, "searched") and not _is_worded_as_before(obj, before, rows):
        _index(obj)


def has_changes(obj: Versioned) -> bool:
    """Whether a row of ``obj`` differs from what its last event left. One written as it was needs no event."""
    if waits_alone(obj):
        return True
    db.session.flush()
    ledger = _ledger(db.session())
    different = _take(ledger, obj.root_key)
    ledger.touched.update({key: (obj.root_key, row) for key, row in different.items()})
    return bool(different)


def has_noted() -> bool:
    """Whether an event waits to be committed: saving what is there leaves none."""
    return bool(_ledger(db.session()).noted)


def waits_alone(obj: Versioned) -> bool:
    """Whether columns of ``obj`` differ from what was read, and nothing else waits to be written: then nothing has to
    be written before it is known what else changes with them."""
    session, state = db.session, inspect(obj)
    if session.new or session.deleted or list(session.dirty) != [obj]:
        return False
    is_of_links = not state.unmodified.issuperset(state.mapper.relationships.keys())
    return not is_of_links and session.is_modified(obj)


def record_alone(
    kind: str,
    *,
    by: Account | None = None,
    obj: Any = None,
    state_id: str | None = None,
    outcome: Outcome = Outcome.REFUSED,
    category: Category = Category.ACCESS,
    details: Row | None = None,
) -> None:
    """Take back whatever was under way, then commit just this event: refusals, failed sign-ins, exports (R17)."""
    actor_id = account_id(by) if by else None
    object_type, object_id = _name_of(obj)
    state = state_id or getattr(obj, "state_id", None)
    db.session.rollback()
    with database.writing():
        _ledger(db.session()).noted.append(
            Noted(
                {
                    "at": clock.now(),
                    "kind": kind,
                    "category": category,
                    "actor_id": actor_id,
                    "object_type": object_type,
                    "object_id": object_id,
                    "state_id": state,
                    "outcome": outcome,
                    "request_id": request_id(),
                    "reason": "",
                    "changes": {},
                    "details": details or {},
                }
            )
        )
        db.session.connection()  # a commit without a transaction would write nothing
        db.session.commit()


def account_id(account: Account) -> int:
    """Whose it is, without reading an account anew that a commit or a rollback has let go."""
    identity = inspect(account).identity
    return account.id if identity is None else int(identity[0])


_told_ids: ContextVar[Iterator[str] | None] = ContextVar("told_request_ids", default=None)


@contextmanager
def request_ids(ids: Iterator[str]) -> Iterator[None]:
    """Tell the log the ids of the requests to come: for generated data, whose chain is the same each time."""
    token = _told_ids.set(ids)
    try:
        yield
    finally:
        _told_ids.reset(token)


def request_id() -> str:
    """The id of the request under way; work outside a request gets one of its own per call."""
    told = _told_ids.get()
    if told is not None:
        return next(told)
    if has_request_context():
        if "request_id" not in g:
            g.request_id = str(uuid.uuid4())
        return str(g.request_id)
    return str(uuid.uuid4())


# Canonical text


AS_THEY_ARE = frozenset({type(None), str, int})


def plain(value: Any) -> Any:
    """A column's value as canonical JSON holds it."""
    if type(value) in AS_THEY_ARE:
        return value
    if isinstance(value, StrEnum):
        return value._value_  # as ``value``, which is looked up through two functions
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return value.iso if isinstance(value, PartialDate) else value


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces, columns' values in it as ``plain`` gives them: the same value gives the same
    text for ever."""
    return _json(value).decode("utf-8", "surrogatepass")


def _json(value: Any) -> bytes:
    """The library writes what is in UTF-8 and in numbers of 64 bits, and refuses the rest; of all that is recorded both
    write one text. Of fractions they would not, and no column that is kept holds any."""
    try:
        return orjson.dumps(value, _plainly, _OPTIONS)
    except orjson.JSONEncodeError:
        return _ENCODER.encode(value).encode("utf-8", "surrogatepass")


def _require_one_text(value: Any) -> None:
    """Of texts, whole numbers, truth and nothing, in lists and under names, every library writes the same."""
    if isinstance(value, dict):
        if not all(isinstance(name, str) for name in value):
            raise TypeError("a name that is no text has no place in the log")
        for inner in value.values():
            _require_one_text(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _require_one_text(inner)
    elif not isinstance(value, str | int | None):
        raise TypeError(f"{type(value).__name__} has no place in the log")


def _plainly(value: Any) -> Any:
    found = plain(value)
    if found is value:
        raise TypeError(f"{type(value).__name__} has no place in canonical JSON")
    return found


_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plainly)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def row_digest(table: str, row: Row) -> str:
    """The digest under which an event names a version row."""
    return hashlib.sha256(table.encode() + _json(row)).hexdigest()


def entry(seq: int, noted: Noted) -> Row:
    """The columns of an event in the log, all but the two that bind it to the one before."""
    digests = {label(key): row_digest(key[0], row) if row is not None else None for key, row in noted.rows.items()}
    columns = {name: noted.fields[name] for name in noted.fields if name not in ("reason", "changes", "details")}
    return {**columns, "seq": seq, "format": FORMAT, "text": event_text(seq, noted.fields, digests)}


def event_text(seq: int, noted: Row, rows: dict[str, str | None]) -> str:
    """The canonical text of an event, exactly as hashed."""
    return canonical(
        {
            "format": FORMAT,
            "seq": seq,
            "at": noted["at"],
            "kind": noted["kind"],
            "category": noted["category"],
            "actor": noted["actor_id"],
            "object": [noted["object_type"], noted["object_id"]],
            "state": noted["state_id"],
            "outcome": noted["outcome"],
            "request": noted["request_id"],
            "reason": noted["reason"],
            "changes": noted["changes"],
            "details": noted["details"],
            "rows": rows,
        }
    )


def changes_between(before: dict[Key, Row | None], now: dict[Key, Row | None]) -> Row:
    """The old and new values that an event tells of: row → column → both."""
    changes = {label(key): change_of(key[0], before[key], row) for key, row in now.items()}
    return {name: change for name, change in changes.items() if change}


def change_of(table: str, old: Row | None, new: Row | None, names: Iterable[str] | None = None) -> dict[str, list[Any]]:
    """The values of a row that an event tells of, before and after, by column; ``names``: those that may differ."""
    if table in SILENT:
        return {}
    if old is None:
        told = {name: now for name, now in (new or {}).items() if now and name not in QUIET}
        return {name: [None, now if type(now) in AS_THEY_ARE else plain(now)] for name, now in told.items()}
    after = new or {}
    found: dict[str, list[Any]] = {}
    for name in names or after or old:
        was, now = old.get(name), after.get(name)
        if was is now or name in QUIET:
            continue
        pair = [
            was if type(was) in AS_THEY_ARE else plain(was),
            now if type(now) in AS_THEY_ARE else plain(now),
        ]
        if (pair[0] or None) != (pair[1] or None):
            found[name] = pair
    return found


def label(key: Key) -> str:
    """How an event names a row: ``followup:12``."""
    table, parts = key
    return f"{table}:{parts[0]}" if len(parts) == 1 else f"{table}:{'/'.join(map(str, parts))}"


def link(prev: str, text: str) -> str:
    """The hash that binds an event's text to all that came before."""
    return digest(f"{prev}\n{text}")


# What changed


def _ledger(session: Session) -> Ledger:
    ledger: Ledger = session.info.setdefault("ledger", Ledger())
    return ledger


def _ledger_of(obj: Any) -> Ledger:
    session = object_session(obj)
    if session is None:
        raise Unrecorded(f"{type(obj).__name__} was written outside a session")
    return _ledger(session)


def _name_of(obj: Any) -> tuple[str | None, int | None]:
    if obj is None:
        return None, None
    if isinstance(obj, Versioned):
        return obj.root_key
    return str(obj.__tablename__), getattr(obj, "id", None)


def _take(ledger: Ledger, root: tuple[str | None, int | None]) -> dict[Key, Row | None]:
    """The rows of ``root`` that were touched since the last event, as they are now."""
    keys = [key for key, (owner, _row) in ledger.touched.items() if owner == root]
    taken = {}
    for key in keys:
        row = ledger.touched.pop(key)[1]
        before = _before(ledger, key)
        if row is None or before is None or _plain_row(before) != _plain_row(row):
            taken[key] = row
    return taken


def _before(ledger: Ledger, key: Key) -> Row | None:
    """The row as the last event left it: noted in this transaction, or the open version row."""
    if key not in ledger.known:
        row = db.session.connection().execute(_open_row(key[0]), _named(key)).mappings().one_or_none()
        ledger.known[key] = (
            {name: value for name, value in row.items() if name not in ("from_event", "to_event")} if row else None
        )
    return ledger.known[key]


_OPENING = {name: sa.insert(twin) for name, twin in VERSION_TABLES.items()}

# Statements on version tables are built once: for so many columns that takes longer than to execute them.


@cache
def _open_row(table: str) -> sa.Select[Any]:
    """The version of a row that holds now."""
    twin = VERSION_TABLES[table]
    return sa.select(twin).where(*_is_open(twin))


@cache
def _closing(table: str) -> sa.Update:
    """Ends the version of a row that holds now."""
    twin = VERSION_TABLES[table]
    return sa.update(twin).where(*_is_open(twin)).values(to_event=sa.bindparam("ended_by"))


def _is_open(twin: sa.Table) -> list[sa.ColumnElement[bool]]:
    """The row's last version, while it holds: the key tells which that is, so that none of the others is read."""
    every = twin.alias()
    last = sa.select(sa.func.max(every.c.from_event)).where(*_is_of(every)).scalar_subquery()
    return [*_is_of(twin), twin.c.from_event == last, twin.c.to_event.is_(None)]


def _is_of(twin: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    """Versions of the row whose key the statement is given."""
    keys = [column.name for column in twin.primary_key if column.name != "from_event"]
    return [twin.c[name] == sa.bindparam(f"key_{place}") for place, name in enumerate(keys)]


def _named(key: Key) -> Row:
    """The identity of a row as these statements take it."""
    return {f"key_{place}": value for place, value in enumerate(key[1])}


def _plain_row(row: Row) -> Row:
    """The row as JSON holds it. Most values are plain already; each column is asked for in every event."""
    return {name: value if type(value) in AS_THEY_ARE else plain(value) for name, value in row.items()}


def _is_worded_as_before(obj: Any, before: dict[Key, Row | None], rows: dict[Key, Row | None]) -> bool:
    """Whether the event leaves alone the columns that the record's words are made of. Where they are made of more than
    its own columns, that cannot be told here."""
    columns, key = getattr(obj, "__searched__", ()), _identity(obj)
    was, now = before.get(key), rows.get(key)
    if not columns or was is None or now is None:
        return False
    return all(was[name] == now[name] for name in columns)


def _index(obj: Any) -> None:
    """Write the folded words of ``obj``, where they changed."""
    searched = obj.searched
    row_id = search.row_id(obj.__tablename__, obj.id)
    ledger = _ledger(db.session())
    if ledger.indexed.get(row_id) == searched:
        return
    ledger.indexed[row_id] = searched
    reference, title, text = map(fold, searched)
    row = db.session.get(SearchRow, row_id)
    if row is None:
        state_id = getattr(obj, "state_id", None)
        places = search.places(db.session.get(State, state_id) if state_id else None)
        row = SearchRow(id=row_id, object_type=obj.__tablename__, object_id=obj.id, state_id=state_id, places=places)
        db.session.add(row)
    row.reference, row.title, row.text = reference, title, text


# The session's hooks


def _snapshot(obj: Any) -> Row:
    return {prop.columns[0].name: getattr(obj, prop.key) for prop in inspect(obj).mapper.column_attrs}


def _identity(obj: Any) -> Key:
    mapper = inspect(obj).mapper
    return obj.__tablename__, tuple(mapper.primary_key_from_instance(obj))


@hooks.listens_for(Mapper, "after_insert")
def _notice_new(mapper: Any, connection: sa.Connection, obj: Any) -> None:
    """A row that was not there has no version to look for, unless it went in the same transaction."""
    if isinstance(obj, Versioned):
        ledger, key = _ledger_of(obj), _identity(obj)
        if key not in ledger.touched:
            ledger.known[key] = None
        _notice(mapper, connection, obj)


@hooks.listens_for(Mapper, "after_update")
def _notice(_mapper: Any, _connection: sa.Connection, obj: Any) -> None:
    if isinstance(obj, Versioned):
        _ledger_of(obj).touched[_identity(obj)] = (obj.root_key, _snapshot(obj))


@hooks.listens_for(Mapper, "after_delete")
def _notice_gone(_mapper: Any, _connection: sa.Connection, obj: Any) -> None:
    if isinstance(obj, Versioned):
        _ledger_of(obj).touched[_identity(obj)] = (obj.root_key, None)


@hooks.listens_for(Session, "do_orm_execute")
def _refuse_bulk_changes(state: ORMExecuteState) -> None:
    """A bulk UPDATE or DELETE passes by the session, and with it the history: refused on versioned tables."""
    table = getattr(getattr(state.statement, "table", None), "name", None)
    if (state.is_insert or state.is_update or state.is_delete) and table in VERSION_TABLES:
        raise Unrecorded(f"{table} is changed row by row, never in bulk")


@hooks.listens_for(Session, "before_commit")
def _chain(session: Session) -> None:
    ledger = _ledger(session)
    session.flush()
    if ledger.is_broken:
        raise Unrecorded("a savepoint was rolled back, and with it what was noted: start the transaction over")
    if ledger.touched:
        raise Unrecorded(f"no event tells of the change to {', '.join(map(label, ledger.touched))}")
    if not ledger.noted:
        return
    connection = session.connection()
    seq, prev = _lock_head(connection)
    first, events = seq + 1, []
    for noted in ledger.noted:
        seq += 1
        columns = entry(seq, noted)
        linked = link(prev, columns["text"])
        events.append({**columns, "prev": prev, "hash": linked})
        prev = linked
    connection.execute(_EVENT, events)
    _turn_over(connection, first, ledger.noted)
    ledger.noted.clear()
    ledger.known.clear()
    ledger.indexed.clear()
    ledger.head = audit_head.Head(seq, prev)


def _lock_head(connection: sa.Connection) -> tuple[int, str]:
    """The chain's last number and hash; nobody else appends until this transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(CHAIN_LOCK)))
    last = connection.execute(HEAD).one_or_none()
    return (last.seq, last.hash) if last else (0, FIRST_PREV)


HEAD = sa.select(Event.seq, Event.hash).order_by(Event.seq.desc()).limit(1)
"""The log's last entry: its number and its hash."""


_EVENT = sa.insert(Event.__table__)  # type: ignore[arg-type]  # a table, typed as a from clause


def _turn_over(connection: sa.Connection, first: int, noted: Sequence[Noted]) -> None:
    """Close the version rows that are open and, where the live row is not gone, open the next: all of a table at once.
    A version that a later event of the same commit ends is written as ended."""
    closed: defaultdict[str, list[Row]] = defaultdict(list)
    opened: defaultdict[str, list[Row]] = defaultdict(list)
    last: dict[Key, Row] = {}
    for seq, one in enumerate(noted, first):
        for key in one.ended:
            if key in last:
                last.pop(key)["to_event"] = seq
            else:
                closed[key[0]].append({**_named(key), "ended_by": seq})
        for key, row in one.rows.items():
            if row is not None:
                last[key] = _opened(row, seq)
                opened[key[0]].append(last[key])
    for table, keys in closed.items():
        connection.execute(_closing(table), keys)
    for table, rows in opened.items():
        connection.execute(_OPENING[table], rows)


def _opened(row: Row, seq: int) -> Row:
    values = {name: value.value if isinstance(value, StrEnum) else value for name, value in row.items()}
    return {**values, "from_event": seq, "to_event": None}


@hooks.listens_for(Session, "after_commit")
def _export_head(session: Session) -> None:
    """Tell the place outside the database how far the chain has come (R18).

    The act is committed, so nothing here may fail it: a head that could not be written is in the program's log, and
    ``flask audit verify`` says what is wrong with it.
    """
    ledger = _ledger(session)
    if ledger.head is None:
        return
    try:
        audit_head.write(current_app.config["SETTINGS"], ledger.head)
    except (OSError, ValueError) as error:
        log.error("the head of the log could not be exported", exc_info=error)
    ledger.head = None


@hooks.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, previous: SessionTransaction) -> None:
    """What was noted goes with the transaction. A savepoint alone cannot say what of it went: then nothing is
    committed any more."""
    if previous.nested:
        _ledger(session).is_broken = True
    else:
        session.info.pop("ledger", None)
