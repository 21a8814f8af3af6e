"""What happened to a record, newest first and on to the first entry: two statements, however much it is.

An entry tells the changes as fields with their old and new values. Ids are told in words (an area's title, an
account's name); what is left is put into words by the page, which knows the reader's language.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from tracker.extensions import read
from tracker.models import (
    Account,
    Area,
    AreaEdition,
    Authority,
    Category,
    Conclusion,
    Event,
    Evidence,
    Followup,
    Measure,
    Meeting,
    MeetingOutcome,
    Organisation,
    Outcome,
    Paragraph,
    Plan,
    RatingLevel,
    Tour,
    Visit,
)
from tracker.partial_date import PartialDate
from tracker.policy import Reach
from tracker.reports import catalogue

SIZE = 50
REVOKED = "account.revoked"
BY_STRANGERS = frozenset(
    {
        "access.refused",
        "account.sign_in_failed",
        "account.sign_in_throttled",
        "account.factor_refused",
        "account.reset_asked",
    }
)
"""What is done from a browser alone: where an entry names nobody, somebody did it who was not signed in, and not the
command line."""
KEPT = 2_000
"""Entries that a process keeps. What happened never changes: a page of a record that went on has one new entry."""
LONGEST_KEPT = 20_000
"""Characters of an event beyond which it is told anew each time: what is kept has a bound."""

Name = tuple[str, Any]
"""A noun, and the id of one."""
Names = dict[tuple[str, str], str]
"""The words of ids, by noun and id."""

# Columns that hold the name of something else, and what that is.
NAMED = {
    "area_code": "area",
    "authority_id": "authority",
    "conclusion_id": "conclusion",
    "decided_by_id": "account",
    "evidence_id": "evidence",
    "followup_id": "followup",
    "linked_by_id": "account",
    "measure_id": "measure",
    "meeting_id": "meeting",
    "outcome_id": "outcome",
    "plan_id": "plan",
    "stated_by_id": "account",
    "strategy_measure_id": "measure",
    "organisation_id": "organisation",
    "owner_id": "account",
    "paragraph_id": "paragraph",
    "rating": "rating",
    "requested_by_id": "account",
    "superseded_by_id": "followup",
    "tour_id": "tour",
    "visit_id": "visit",
}

# What keeps the books and tells a reader nothing that the entry does not tell already.
UNTOLD_TABLES = frozenset({"submission", "contributor", "account_grant", "account_grant_state"})
UNTOLD = frozenset(
    {
        "area_edition",
        "component_id",
        "created_by_id",
        "current_due_last",
        "delegate_id",
        "drafted_by_id",
        "matrix_id",
        "linked_at",
        "linked_by_id",
        "number",
        "object_id",
        "object_type",
        "recorded_at",
        "recorded_by_id",
        "reference",
        "requested_at",
        "requested_by_id",
        "added_at",
        "added_by_id",
        "seal_count",
        "seal_id",
        "sort_day",
        "state_id",
        "stored_as",
        "updated_by_id",
        "written_at",
        "written_by_id",
    }
)
# Rows that say no more than which Member State takes part or counts.
OF_STATES = frozenset({"plan_state", "measure_state", "meeting_state"})
UNTOLD_OF_TABLE = {
    "assessment": frozenset({"visit_id"}),
    "conclusion": frozenset({"visit_id"}),
    "visit_move": frozenset({"from_stage", "to_stage", "reason", "visit_id"}),
}


class FieldChange(NamedTuple):
    """A column of a row: ``table`` and ``column`` name it, ids are already words."""

    table: str
    column: str
    old: Any
    new: Any


class RowChange(NamedTuple):
    """A row of the record or of what belongs to it: a progress entry, an area, an assessment.

    ``name`` tells rows of one kind apart, where the entry says more than their kind: the area of an assessment.
    """

    table: str
    name: str
    is_new: bool
    is_gone: bool
    fields: tuple[FieldChange, ...]


class Moved(NamedTuple):
    """A measure that was given another place in its pillar."""

    reference: str
    old: int
    new: int


@dataclass(frozen=True, eq=False)
class Entry:
    """One event. ``actor`` is None for the command line and for strangers; ``note`` is a comment, or was given with a
    submission. That of a plan names the measures that were moved, and those that a file brought. What says the same is
    the same entry, for as long as it is kept."""

    seq: int
    at: datetime
    actor: str | None
    kind: str
    category: Category
    outcome: Outcome
    reason: str
    note: str
    rows: tuple[RowChange, ...]
    moved: tuple[Moved, ...] = ()
    added: tuple[str, ...] = ()
    is_kept: bool = True


@dataclass(frozen=True)
class Seen:
    """What a reader may see of a record that belongs to no State: entries on States in scope, and none of ``but``."""

    reach: Reach
    but: tuple[str, ...] = ()


@dataclass(frozen=True)
class Timeline:
    """Some entries; ``next_before`` continues towards the first, None when that is among them."""

    entries: list[Entry]
    next_before: int | None


def entries(
    object_type: str,
    object_id: int,
    *,
    category: Category | None = None,
    before: int | None = None,
    size: int = SIZE,
    seen: Seen | None = None,
) -> Timeline:
    """The newest ``size`` events on the record, or the newest before the event ``before``."""
    given = {"object_type": object_type, "object_id": object_id, "before": before, "limit": size + 1}
    question = _question(category, object_type == "account", before is not None, seen)
    found = list(read(question, given).all())
    shown = found[:size]
    return Timeline(tell(shown), shown[-1].seq if len(found) > size else None)


def tell(rows: Sequence[Any]) -> list[Entry]:
    """Events in words, of one record or of many: one statement for the names that they need."""
    names = _names(row.text for row in rows)
    return [
        (_entry if _is_kept(row.text) else _entry.__wrapped__)(
            row.seq,
            row.at,
            row.name,
            row.kind,
            row.category,
            row.outcome,
            row.object_type or "",
            row.text,
            tuple([names.get((noun, str(one))) for noun, one in _ids(row.text)]),
        )
        for row in rows
    ]


@lru_cache
def _question(category: Category | None, is_account: bool, goes_on: bool, seen: Seen | None) -> sa.Select[Any]:
    """The newest events on a record; built once for each way to ask."""
    event, account = Event.__table__.c, Account.__table__.c
    query = (
        sa.select(
            event.seq, event.at, event.kind, event.category, event.outcome, event.object_type, event.text, account.name
        )
        .outerjoin_from(Event.__table__, Account.__table__, account.id == event.actor_id)
        .where(event.object_type == sa.bindparam("object_type"), event.object_id == sa.bindparam("object_id"))
        .order_by(event.seq.desc())
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )
    if category is not None:
        query = query.where(event.category == category)
    elif not is_account:  # an account has nothing but access to tell
        query = query.where(event.category != Category.ACCESS)
    if seen is not None:
        in_scope = sa.or_(event.state_id.is_(None), seen.reach.condition(event.state_id))
        query = query.where(in_scope, event.kind.not_in(seen.but))
    return query.where(event.seq < sa.bindparam("before")) if goes_on else query


@lru_cache(maxsize=KEPT)
def _entry(
    seq: int,
    at: datetime,
    actor: str | None,
    kind: str,
    category: Category,
    outcome: Outcome,
    root: str,
    said: str,
    named: tuple[str | None, ...],
) -> Entry:
    """Kept by all that it tells, the words of the ids in it included."""
    text: dict[str, Any] = json.loads(said)
    names = {(noun, str(one)): words for (noun, one), words in zip(_ids(said), named, strict=True) if words}
    changes = [_row_change(label, columns, text, root, names) for label, columns in text["changes"].items()]
    told = [change for change in changes if change.fields and change.table != "comment"]
    details = _details(kind, text["details"], root)
    return Entry(
        seq=seq,
        at=at,
        actor=actor,
        kind=kind,
        category=category,
        outcome=outcome,
        reason=text["reason"],
        note=_comment(text["changes"]) or str(text["details"].get("note") or ""),
        rows=(*details, *sorted(told, key=lambda one: one.table != root)),
        moved=tuple(Moved(one["measure"], one["from"], one["to"]) for one in text["details"].get("measures_moved", ())),
        added=tuple(text["details"].get("measures_added", ())),
        is_kept=_is_kept(said),
    )


def _is_kept(text: str) -> bool:
    return len(text) <= LONGEST_KEPT


def _details(kind: str, details: dict[str, Any], root: str) -> tuple[RowChange, ...]:
    """What stands in no column: the day on which it happened, the digest of a seal."""
    fields = []
    if isinstance(details.get("happened"), str):
        fields.append(FieldChange(root, "happened", None, PartialDate.parse(details["happened"])))
    if "grant" in details and "role" in details:
        return (RowChange("account_grant", "", is_new=False, is_gone=False, fields=tuple(_granted(kind, details))),)
    if "seal_sha256" in details:
        fields.append(FieldChange(root, "sha256", None, details["seal_sha256"]))
    return (RowChange(root, "", is_new=False, is_gone=False, fields=tuple(fields)),) if fields else ()


def _granted(kind: str, details: dict[str, Any]) -> Iterator[FieldChange]:
    """Which role was granted, or taken away, and where: the scope, then the region or the Member States by name."""
    regions, states = catalogue.regions(), catalogue.states()
    region = details["region"]
    told = {
        "role": details["role"],
        "scope": details["scope"],
        "region_code": regions[region].name if region in regions else region,
        "states": [states[code].name if code in states else code for code in details["states"]],
        "ends_on": details["ends_on"],
    }
    for name, value in told.items():
        if value:
            before, now = (value, None) if kind == REVOKED else (None, value)
            yield FieldChange("account_grant", name, before, now)


def _comment(changes: dict[str, Any]) -> str:
    """The words of a comment; an entry tells of one at most."""
    texts = (columns["text"][1] for label, columns in changes.items() if label.startswith("comment:"))
    return next(texts, None) or ""


def _row_change(label: str, columns: dict[str, list[Any]], text: dict[str, Any], root: str, names: Names) -> RowChange:
    table = label.partition(":")[0]
    told = [(name, *columns[name]) for name in columns if _is_told(table, name, root)]
    return RowChange(
        table,
        name=_row_name(table, columns, text),
        is_new=all(old is None for old, _new in columns.values()),
        is_gone=all(new is None for _old, new in columns.values()),
        fields=tuple(
            [
                FieldChange(table, name, _named(name, old, names), _named(name, new, names))
                if name in NAMED or name == "state_id"
                else FieldChange(table, name, old, new)
                for name, old, new in told
            ]
        ),
    )


def _row_name(table: str, columns: dict[str, list[Any]], text: dict[str, Any]) -> str:
    """What tells the row from others of its kind, where no column says it: an area, a Member State."""
    if table == "assessment" and "area_code" not in columns:
        return str(text["details"].get("area") or "")
    if table == "carry_over" and "visit_id" not in columns:
        return str(text["details"].get("visit") or "")
    if table == "measure_cell" and text["state"]:
        return _state_name(text["state"])
    return ""


@lru_cache(maxsize=1024)
def _is_told(table: str, column: str, root: str) -> bool:
    """A child does not tell whose child it is."""
    if table in OF_STATES and column == "state_id":
        return True
    is_parent = table != root and column == f"{root}_id"
    hidden = column in UNTOLD or column in UNTOLD_OF_TABLE.get(table, ())
    return table not in UNTOLD_TABLES and not hidden and not is_parent


# Names of what ids stand for


def _state_name(code: str) -> str:
    states = catalogue.states()
    return states[code].name if code in states else code


def _named(column: str, value: Any, names: Names) -> Any:
    """The words of an id; ``column`` is one of NAMED, or says which Member State."""
    if value is None:
        return None
    if column == "state_id":
        return _state_name(value)
    return names.get((NAMED[column], str(value)), value)


def _names(texts: Iterable[str]) -> Names:
    """The words of each id that the events name, by noun and id, in one statement."""
    asked: dict[str, set[Any]] = {}
    for text in texts:
        for noun, one in _ids(text):
            asked.setdefault(noun, set()).add(one)
    if not asked:
        return {}
    given = {noun: list(ids) for noun, ids in asked.items()}
    return {(noun, key): words for noun, key, words in read(_naming(tuple(sorted(asked))), given)}


def _ids(text: str) -> tuple[Name, ...]:
    return (_named_in if _is_kept(text) else _named_in.__wrapped__)(text)


@lru_cache(maxsize=KEPT)
def _named_in(text: str) -> tuple[Name, ...]:
    """What the text of an event names by id."""
    found: dict[Name, None] = {}
    for columns in json.loads(text)["changes"].values():
        for column in columns.keys() & NAMED.keys():
            found |= {(NAMED[column], value): None for value in columns[column] if value is not None}
    return tuple(found)


@lru_cache
def _naming(nouns: tuple[str, ...]) -> Any:
    """The words of ids of these nouns; built once for each mixture of them."""
    return sa.union_all(*(_select(noun) for noun in nouns))


def _select(noun: str) -> Any:
    key, words, source = _SOURCES[noun]
    text = sa.cast(key, sa.String)
    asked = key.in_(sa.bindparam(noun, expanding=True))
    return sa.select(sa.literal(noun), text, sa.cast(words, sa.Text)).select_from(source).where(asked)


_AREAS = sa.join(
    Area, AreaEdition, sa.and_(AreaEdition.area_code == Area.code, AreaEdition.edition == Area.current_edition)
)
_SOURCES: dict[str, tuple[Any, Any, Any]] = {
    "account": (Account.id, Account.name, Account),
    "area": (Area.code, Area.code + " " + AreaEdition.title, _AREAS),
    "authority": (Authority.id, Authority.name, Authority),
    "conclusion": (Conclusion.id, Conclusion.reference, Conclusion),
    "evidence": (Evidence.id, Evidence.title, Evidence),
    "followup": (Followup.id, Followup.reference, Followup),
    "measure": (Measure.id, Measure.reference, Measure),
    "meeting": (Meeting.id, Meeting.reference, Meeting),
    "outcome": (MeetingOutcome.id, MeetingOutcome.text, MeetingOutcome),
    "plan": (Plan.id, Plan.code, Plan),
    "organisation": (Organisation.id, Organisation.acronym, Organisation),
    "paragraph": (
        Paragraph.id,
        sa.func.trim(sa.cast(Paragraph.resolution_number, sa.String) + " " + Paragraph.label),
        Paragraph,
    ),
    "rating": (RatingLevel.code, RatingLevel.label, RatingLevel),
    "tour": (Tour.id, Tour.title, Tour),
    "visit": (Visit.id, Visit.reference, Visit),
}
