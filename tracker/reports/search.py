"""Search over all nouns at once: what a reader may see of each, references first, then titles, then texts."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from itertools import accumulate, chain
from typing import Any, NamedTuple

import sqlalchemy as sa

from tracker import policy
from tracker.database import PartialDateType
from tracker.extensions import db, read
from tracker.folding import ARTICLE, LETTER, UNSPACED, Term, spelled
from tracker.models import (
    Account,
    Conclusion,
    ConclusionStatus,
    Followup,
    FollowupStatus,
    Measure,
    Meeting,
    Plan,
    Tour,
    Visit,
    VisitStage,
    search,
)
from tracker.models.search import INDEX
from tracker.reports import catalogue, filters, sealables
from tracker.reports.listing import MOST_COUNTED, Columns

SHOWN = 10
EXCERPT = 240
OF_NO_STATE = frozenset({"plan", "measure", "meeting"})
"""Nouns that belong to no State."""
LAST_SIGN = "\U0010ffff"
_REFERENCE = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*")  # as ``services/plans.CODE``
LONGEST_REFERENCE = 40
IN_REFERENCE, IN_TITLE, IN_TEXT = range(3)
PARTS = {IN_REFERENCE: "reference", IN_TITLE: "title", IN_TEXT: None}
"""The part in which the index looks for what ranks so; None for all of them."""
VERY, BEGINNING = "very", "beginning"
"""Two ways of looking: for the words as they stand, and for those that the last may only begin."""
BEGUN = "_begun"
Question = tuple[str, list[search.Wanted]]


@dataclass(frozen=True)
class Found:
    """The first hits of one noun. ``count`` stops at one more than lists count. ``by_words``: the list narrowed by the
    words has the same; ``by_beginning``: the one narrowed by how references begin has."""

    noun: str
    rows: Sequence[Any]
    count: int
    by_words: bool
    by_beginning: bool


def named(q: str, account: Account, nouns: Sequence[str]) -> tuple[str, str] | None:
    """The noun and the reference of the record that bears the reference ``q``, where the account may see it: found by
    its key, before any word is looked for."""
    typed = q.strip().upper()
    if len(typed) > LONGEST_REFERENCE or not _REFERENCE.fullmatch(typed):
        return None
    bearing = _bearing(tuple(nouns), policy.reach(account))
    found = [(row.noun, row.reference) for row in read(bearing, {"reference": typed})]
    whole = typed.removesuffix(sealables.MATRIX_SUFFIX)
    if not found and whole != typed:  # a matrix bears the reference of its visit
        of_visit = any(row.noun == "visit" for row in read(bearing, {"reference": whole}))
        return ("matrix", typed) if of_visit else None
    return min(found, key=lambda one: nouns.index(one[0]), default=None)


@lru_cache
def _bearing(nouns: tuple[str, ...], reach: policy.Reach) -> Any:
    """The record of each noun that bears the reference; built once for each scope."""
    return sa.union_all(*(_bearer(noun, reach) for noun in nouns))


def _bearer(noun: str, reach: policy.Reach) -> sa.Select[Any]:
    reference = _COLUMNS[noun].selected_columns.reference
    said = sa.select(sa.literal(noun).label("noun"), reference.label("reference"))
    return said.where(reference == sa.bindparam("reference", type_=sa.String), _seen(noun, reach))


def find(q: str, account: Account, nouns: Sequence[str]) -> list[Found]:
    """What the account may see of each noun and holds all of ``q``, or bears a reference that begins so, where ``q``
    looks like one; raises BadValue, which says why the words cannot be looked for. Of hits that rank alike the latest
    come first.

    The index is asked once which records these are, and one statement reads those that are shown.
    """
    wanted = filters.asked([q])
    reach = policy.reach(account)
    typed = q.strip().upper()
    hits = _hits(tuple(nouns), reach, wanted)
    full = tuple((noun, *one.full) for noun, one in hits.items() if one.full)
    given: dict[str, Any] = {"reference": typed, "state": typed[: filters.STATE_SIGNS], "end": typed + LAST_SIGN}
    given["like"] = typed + "%"
    for noun, one in hits.items():
        given |= {**one.given} | {f"{noun}_id_{place}": record for place, record in enumerate(one.padded)}
    asked = tuple(noun for noun in nouns if hits[noun].count)
    begun = tuple(noun for noun in nouns if noun not in OF_NO_STATE) if _is_beginning(typed, reach) else ()
    by_name: dict[str, list[Any]] = {name: [] for noun in nouns for name in (noun, noun + BEGUN)}
    if asked or begun:
        for row in read(_records(asked, reach, db.engine.dialect.name, full, begun), given).all():
            by_name[row.noun].append(row)
    return [_found(noun, by_name[noun], by_name[noun + BEGUN], typed, hits[noun]) for noun in nouns]


def _found(noun: str, rows: list[Any], begun: list[Any], typed: str, hits: Hits) -> Found:
    """The rows of a noun in their order; ``begun`` are those whose references only begin as was typed."""
    ranks = {row.id: IN_REFERENCE for row in begun}
    ranks |= {row.id: hits.ranks.get(row.id, row.rank) for row in rows}
    by_id = {row.id: row for row in [*begun, *rows]}
    shown = [by_id[one] for one in _first(ranks)]
    beside = sum(not row.reference.startswith(typed) for row in rows) if begun else 0
    count = max([hits.count, len(shown), *(row.counted + beside for row in begun)])
    held = {row.id for row in rows}
    by_words = bool(rows) and all(row.id in held for row in begun)
    return Found(noun, shown, min(count, MOST_COUNTED + 1), by_words, bool(begun) and not beside)


def _first(ranks: Mapping[int, int]) -> list[int]:
    """The ids that are shown: by rank, and of one rank the latest first."""
    return sorted(ranks, key=lambda one: (ranks[one], -one))[:SHOWN]


# Which records the index names


@dataclass(frozen=True)
class Hits:
    """The records of a noun that hold the words ``given``: how many, up to one more than is counted, and of each rank
    the latest, by id. Of the way and rank ``full`` there are more than were collected, so that its latest are not known
    yet; what ranks below it is not shown."""

    count: int
    ranks: Mapping[int, int]
    full: tuple[str, int] | None
    given: Mapping[str, Question]

    @property
    def padded(self) -> list[int]:
        """The ids of those that may be shown, filled up with one that no record has."""
        first = _first(self.ranks)
        return first + [0] * (SHOWN - len(first))


def _hits(nouns: tuple[str, ...], reach: policy.Reach, wanted: list[Term]) -> dict[str, Hits]:
    """The hits of each noun. Where more rows hold the very words than are counted, those in which they only begin a
    word are left out, in whichever part: they change nothing of the count, and to collect them costs most."""
    very = [replace(one, is_prefix=False) for one in wanted]
    ways = {VERY: very} if very == wanted else {VERY: very, BEGINNING: wanted}
    given = {noun: _given(noun, reach, ways) for noun in nouns}
    said = {name: question for one in given.values() for name, question in one.items()}
    rows: dict[str, list[Any]] = {noun: [] for noun in nouns}
    for row in read(_indexed(nouns, db.engine.dialect.name, len(ways) > 1), said).all():
        rows[row.noun].append(row)
    return {noun: _heard_of(rows[noun], given[noun], db.engine.dialect.name) for noun in nouns}


def _heard_of(rows: list[Any], given: Mapping[str, Question], dialect: str) -> Hits:
    many = [row for row in rows if row.counted > MOST_COUNTED] if dialect != "sqlite" else []
    full = min(many, key=lambda row: row.rank, default=None)
    ranks: dict[int, int] = {}
    for row in sorted(rows, key=lambda one: one.rank):
        if full is None or row.rank < full.rank:
            ranks.setdefault(row.rowid >> search.BITS, row.rank)
    count = max((row.counted for row in rows), default=0)  # what is in a title or a reference is in the whole, too
    return Hits(count, ranks, full and (full.way, full.rank), given)


def _given(noun: str, reach: policy.Reach, ways: Mapping[str, list[Term]]) -> dict[str, Question]:
    """What is asked of the index for a noun: the words in the reference, in the title, anywhere."""
    scope: list[search.Wanted] = [] if noun in OF_NO_STATE else [*filters.within(reach)]
    return {
        _name(noun, way, rank): (noun, [*scope, *([search.within(part, one) for one in wanted] if part else wanted)])
        for way, wanted in ways.items()
        for rank, part in PARTS.items()
    }


def _name(noun: str, way: str, rank: int) -> str:
    return f"{noun}_{way}_{rank}"


@lru_cache
def _indexed(nouns: tuple[str, ...], dialect: str, has_beginnings: bool) -> Any:
    """The latest rows that were collected of each rank, with how many were; built once. What is looked for are its
    parameters."""
    parts = (part for noun in nouns for part in _heard(noun, dialect, has_beginnings))
    return sa.union_all(*(sa.select(part.subquery()) for part in parts))


def _heard(noun: str, dialect: str, has_beginnings: bool) -> Iterator[sa.Select[Any]]:
    """Of one way of looking alone there are rows. SQLite would look before it asked a condition; a limit of none keeps
    it from it. PostgreSQL collects all rows that hold the words before it gives the first, so that it looks in the
    titles first: where these are more than are counted, the texts are not looked through."""
    titled = None if dialect == "sqlite" else _ranked(noun, dialect, VERY, IN_TITLE, MOST_COUNTED + 1)
    are_titles = sa.false() if titled is None else _counted(titled) > MOST_COUNTED
    very = _ranked(noun, dialect, VERY, IN_TEXT, _unless(are_titles, MOST_COUNTED + 1))
    if not has_beginnings:
        condition = sa.or_(are_titles, sa.select(very.c.rowid).exists())
        yield from _collected(noun, dialect, VERY, condition, very, titled)
        return
    are_many = sa.or_(are_titles, _counted(very) > MOST_COUNTED)
    beginning = _ranked(noun, dialect, BEGINNING, IN_TEXT, _unless(are_many, MOST_COUNTED + 1))
    yield from _collected(noun, dialect, VERY, are_many, very, titled)
    yield from _collected(noun, dialect, BEGINNING, sa.select(beginning.c.rowid).exists(), beginning, None)


def _collected(
    noun: str, dialect: str, way: str, condition: Any, anywhere: sa.CTE, titled: sa.CTE | None
) -> Iterator[sa.Select[Any]]:
    """The rows of each rank, on the condition."""
    most = _unless(~condition, SHOWN if dialect == "sqlite" else MOST_COUNTED + 1)
    shown = _unless(~condition, SHOWN)
    yield _said(noun, way, IN_REFERENCE, _ranked(noun, dialect, way, IN_REFERENCE, most), shown)
    titled = _ranked(noun, dialect, way, IN_TITLE, most) if titled is None else titled
    yield _said(noun, way, IN_TITLE, titled, shown)
    yield _said(noun, way, IN_TEXT, anywhere, shown)


def _unless(condition: Any, most: int) -> Any:
    """A limit, of none on the condition."""
    return most if isinstance(condition, sa.sql.elements.False_) else sa.case((condition, 0), else_=most)


def _ranked(noun: str, dialect: str, way: str, rank: int, most: Any) -> sa.CTE:
    """As many rows of a rank as are wanted."""
    return _some(noun, dialect, way, rank).limit(most).cte(_name(noun, way, rank))


def _some(noun: str, dialect: str, way: str, rank: int) -> sa.Select[Any]:
    """The latest rows on SQLite, whose index is in their order; elsewhere as they come: to look for the last few of all
    costs more, where there are few, than to collect them."""
    return _latest(noun, way, rank) if dialect == "sqlite" else _matching(noun, way, rank, is_unseen=True)


def _latest(noun: str, way: str, rank: int) -> sa.Select[Any]:
    return _matching(noun, way, rank).order_by(INDEX.c.rowid.desc())


def _matching(noun: str, way: str, rank: int, *, is_unseen: bool = False) -> sa.Select[Any]:
    return sa.select(INDEX.c.rowid).where(search.Matching(noun, _name(noun, way, rank), is_unseen=is_unseen))


def _said(noun: str, way: str, rank: int, some: sa.CTE, most: Any) -> sa.Select[Any]:
    marks: list[Any] = [sa.literal(mark).label(name) for name, mark in (("noun", noun), ("way", way), ("rank", rank))]
    said: sa.Select[Any] = sa.select(*marks, some.c.rowid, _counted(some).label("counted"))
    return said.order_by(some.c.rowid.desc()).limit(most)


def _counted(some: sa.CTE) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).select_from(some).scalar_subquery()


# The records themselves


@lru_cache
def _records(
    nouns: tuple[str, ...],
    reach: policy.Reach,
    dialect: str,
    full: tuple[tuple[str, str, int], ...],
    begun: tuple[str, ...],
) -> Any:
    """What is shown of the hits of each noun; built once for each scope. The ids and the words are its parameters."""
    parts = [_named(noun, reach) for noun in nouns]
    parts += [_latest_of(noun, reach, way, rank) for noun, way, rank in full]
    parts += [_begun(noun, reach, dialect) for noun in begun]
    return sa.union_all(*(sa.select(part.subquery()) for part in parts))


def _named(noun: str, reach: policy.Reach) -> Columns:
    """The records that the index named."""
    model = _MODELS[noun]
    ids = [sa.bindparam(f"{noun}_id_{place}", type_=sa.Integer) for place in range(SHOWN)]
    marked = _marked(noun, noun, sa.literal(IN_TEXT), sa.literal(0))
    return marked.where(model.id.in_(ids), _seen(noun, reach))


def _latest_of(noun: str, reach: policy.Reach, way: str, rank: int) -> Columns:
    """The latest records of a rank of which more were collected than are counted, and not the latest. PostgreSQL reads
    the index back from its end, where only the nouns with most records are: this one begins at its own newest."""
    model = _MODELS[noun]
    newest = sa.select(sa.func.max(model.id)).scalar_subquery()
    is_own = INDEX.c.rowid <= newest.op("<<", return_type=sa.Integer())(search.BITS).op("|")(search.NOUNS[noun])
    latest = _latest(noun, way, rank).where(is_own).with_only_columns(search.object_ids()).limit(SHOWN)
    marked = _marked(noun, noun, sa.literal(rank), sa.literal(0))
    return marked.where(model.id.in_(latest), _seen(noun, reach))


def _seen(noun: str, reach: policy.Reach) -> Any:
    """What the account may see: whoever is signed in sees what belongs to no State."""
    return sa.true() if noun in OF_NO_STATE else reach.condition(_MODELS[noun].state_id)


def _is_beginning(typed: str, reach: policy.Reach) -> bool:
    """Whether this may be how references of a State within reach begin."""
    state_id = typed[: filters.STATE_SIGNS]
    return bool(filters.BEGINNING.fullmatch(typed)) and state_id in catalogue.states() and reach.covers(state_id)


def _begun(noun: str, reach: policy.Reach, dialect: str) -> Columns:
    """The latest records whose reference begins with what was typed. PostgreSQL puts signs in an order of its own, so
    that there the State's records are looked through instead."""
    model, reference = _MODELS[noun], _COLUMNS[noun].selected_columns.reference

    def typed(name: str) -> Any:
        return sa.bindparam(name, type_=sa.String)

    if dialect == "sqlite":
        begins = sa.and_(reference >= typed("reference"), reference < typed("end"))
    else:
        begins = sa.and_(model.state_id == typed("state"), reference.like(typed("like")))
    conditions = (begins, reach.condition(model.state_id))
    some = sa.select(model.id).where(*conditions).limit(MOST_COUNTED + 1).subquery()
    counted = sa.select(sa.func.count()).select_from(some).scalar_subquery()
    marked = _marked(noun, noun + BEGUN, sa.literal(IN_REFERENCE), counted)
    return marked.where(*conditions).order_by(model.id.desc()).limit(SHOWN)


def _marked(noun: str, name: str, rank: Any, counted: Any) -> Columns:
    """The columns of a noun, with what tells its rows from those of others."""
    return _COLUMNS[noun].add_columns(
        sa.literal(name).label("noun"), _MODELS[noun].id.label("id"), rank.label("rank"), counted.label("counted")
    )


_MODELS: dict[str, Any] = {
    "followup": Followup,
    "conclusion": Conclusion,
    "visit": Visit,
    "plan": Plan,
    "measure": Measure,
    "meeting": Meeting,
}


def _columns(
    reference: Any,
    *,
    title: Any,
    text: Any,
    state_id: Any = None,
    sort_day: Any = None,
    status: Any = None,
    start: Any = None,
    end: Any = None,
) -> Columns:
    """What a hit shows. ``sort_day`` is the day whose name the State bears in the row; None for today's."""

    def column(value: Any, kind: Any, name: str) -> Any:
        return (sa.cast(sa.null(), kind) if value is None else value).label(name)

    return sa.select(
        reference.label("reference"),
        column(state_id, sa.String, "state_id"),
        column(sort_day, sa.Date, "sort_day"),
        title.label("title"),
        text.label("text"),
        column(None if status is None else sa.type_coerce(status, sa.String), sa.String, "status"),
        column(start, PartialDateType, "start"),
        column(end, PartialDateType, "end"),
    )


_COLUMNS: dict[str, Columns] = {
    "followup": _columns(
        Followup.reference,
        state_id=Followup.state_id,
        title=Followup.title,
        text=Followup.text,
        status=Followup.workflow,
    ),
    "conclusion": _columns(
        Conclusion.reference,
        state_id=Conclusion.state_id,
        sort_day=Visit.sort_day,
        title=sa.literal(""),
        text=Conclusion.text,
        status=Conclusion.workflow,
    )
    .select_from(Conclusion)
    .join(Visit, Visit.id == Conclusion.visit_id),
    "visit": _columns(
        Visit.reference,
        state_id=Visit.state_id,
        sort_day=Visit.sort_day,
        title=sa.func.coalesce(Tour.title, ""),
        text=Visit.summary,
        status=Visit.stage,
        start=Visit.start,
        end=Visit.end,
    )
    .select_from(Visit)
    .outerjoin(Tour, Tour.id == Visit.tour_id),
    "plan": _columns(Plan.code, title=Plan.title, text=Plan.description),
    "measure": _columns(Measure.reference, title=sa.literal(""), text=Measure.text),
    "meeting": _columns(
        Meeting.reference, title=Meeting.title, text=Meeting.topics, start=Meeting.start, end=Meeting.end
    ),
}


_STATUSES: dict[str, type[StrEnum]] = {"followup": FollowupStatus, "conclusion": ConclusionStatus, "visit": VisitStage}


def status(noun: str, value: str) -> StrEnum:
    """The status of a hit, which the statement gives as text because each noun has its own."""
    return _STATUSES[noun](value)


# The matching words


class Piece(NamedTuple):
    """A piece of a text; ``is_match`` where it is what was looked for."""

    text: str
    is_match: bool


class Highlighter:
    """Cuts texts into pieces, so that what was looked for can be shown where it stands."""

    def __init__(self, wanted: Sequence[Term]) -> None:
        self._pattern = re.compile("|".join(map(_pattern, wanted)))

    def pieces(self, text: str) -> list[Piece]:
        """The whole text."""
        return _cut(text, self._matches(text), 0, len(text))

    def excerpt(self, text: str) -> list[Piece]:
        """About ``EXCERPT`` characters around the first match, or the beginning; where the text is cut stands an
        ellipsis."""
        matches = self._matches(text)
        first = next(matches, None)
        if first is None:
            return _cut(text, (), 0, _word_end(text, EXCERPT))
        begin = _word_start(text, first[0] - EXCERPT // 3)
        return _cut(text, chain([first], matches), begin, _word_end(text, begin + EXCERPT))

    def _matches(self, text: str) -> Iterator[tuple[int, int]]:
        """Where what is looked for stands. The text is folded sign by sign, so that letters lead back to the signs
        that they come from."""
        if text.isascii():
            yield from (found.span() for found in self._pattern.finditer(text.lower()))
            return
        signs = spelled(text)
        matches = list(self._pattern.finditer("".join(signs)))
        ends = list(accumulate(map(len, signs))) if matches else []  # of most texts, only the title holds the words
        for found in matches:
            last = bisect_right(ends, found.end() - 1)
            yield bisect_right(ends, found.start()), max(last + 1, bisect_right(ends, found.end()))


def _cut(text: str, matches: Iterable[tuple[int, int]], begin: int, end: int) -> list[Piece]:
    pieces, at = [("… " if begin else "", False)], begin
    for start, stop in matches:
        if start >= end:
            break
        start, stop = max(start, at), min(stop, end)  # one sign may hold two words, as ½ does
        pieces += [(text[at:start], False), (text[start:stop], True)]
        at = max(at, stop)
    pieces += [(text[at:end], False), (" …" if end < len(text) else "", False)]
    return [Piece(part, is_match) for part, is_match in pieces if part]


def highlighter(q: str) -> Highlighter:
    """For the words that ``find`` looks for; raises BadValue as it does."""
    return Highlighter(filters.asked([q]))


def _word_start(text: str, near: int) -> int:
    """The beginning of a word not far behind: within the text."""
    if near <= 0:
        return 0
    blank = text.find(" ", near, near + 40)
    return near if blank < 0 else blank + 1


def _word_end(text: str, near: int) -> int:
    """The end of a word not far before: within the text."""
    if near >= len(text):
        return len(text)
    blank = text.rfind(" ", near - EXCERPT // 2, near)
    return near if blank < 0 else blank


def _pattern(term: Term) -> str:
    """The term in a folded text: any punctuation between its words, which hold none."""
    if UNSPACED.match(term.words[0]):  # the pairs of a run written without blanks
        return term.words[0] + "".join(pair[1:] for pair in term.words[1:])
    words = rf"[\W_]+{ARTICLE}?".join(term.words)
    return rf"(?<!{LETTER}){ARTICLE}?{words}" + (f"{LETTER}*" if term.is_prefix else f"(?!{LETTER})")
