"""Search over all nouns at once: what a reader may see of each, references first, then titles, then texts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from tracker import policy
from tracker.database import PartialDateType
from tracker.extensions import db, read
from tracker.folding import ARTICLE, MARKS, UNSPACED, Term
from tracker.models import (
    Account,
    Conclusion,
    ConclusionStatus,
    Followup,
    FollowupStatus,
    Measure,
    Meeting,
    Plan,
    SearchRow,
    Tour,
    Visit,
    VisitStage,
    search,
)
from tracker.models.search import INDEX
from tracker.reports import catalogue, filters
from tracker.reports.listing import MOST_COUNTED, Columns, capped

SHOWN = 10
EXCERPT = 240
FEW = frozenset({"plan", "measure", "meeting"})
"""Nouns that belong to no State and have hundreds of records, however many the States have."""
ANYWHERE, NAMED, TITLED = "_anywhere", "_named", "_titled"
PARTS = {ANYWHERE: None, NAMED: "reference", TITLED: "title"}
STATE_SIGNS, LAST_SIGN = 3, "\U0010ffff"
_BEGINNING = re.compile(r"[A-Z]{3}-[A-Z0-9-]{1,15}")
EXACT, IN_REFERENCE, IN_TITLE, IN_TEXT = range(4)


@dataclass(frozen=True)
class Found:
    """The first hits of one noun. ``count`` stops at one more than lists count; ``exact`` is the record named; where
    none holds the words and references only begin so, not ``by_words``."""

    noun: str
    rows: Sequence[Any]
    count: int
    by_words: bool = True

    @property
    def exact(self) -> str | None:
        first = self.rows[0] if self.rows else None
        return first.reference if first is not None and first.rank == EXACT else None


def find(q: str, account: Account, nouns: Sequence[str]) -> list[Found]:
    """What the account may see of each noun and holds all of ``q``, in two statements, or bears a reference that
    begins so, in one more where ``q`` looks like one; raises BadValue, which says why the words cannot be looked for.
    Of hits that rank alike the latest come first.

    Where more rows hold the very words than are counted, those in which they only begin a word change nothing, and to
    collect them costs most: such a noun is asked for the very words alone.
    """
    wanted = filters.asked([q])
    very = [replace(one, is_prefix=False) for one in wanted]
    reach = policy.reach(account)
    dialect = db.engine.dialect.name
    of_states = tuple(noun for noun in nouns if noun not in FEW)
    weight = _weight(very, of_states, reach, dialect)
    full = frozenset(name for name, counted in weight.items() if counted > MOST_COUNTED)
    bare = frozenset(noun for noun in of_states if very == wanted and not weight[noun + ANYWHERE])
    given = {f"term_{place}": search.pattern(term) for place, term in enumerate(wanted)}
    given |= {"reference": q.strip().upper()}
    for noun in of_states:
        given |= _given((noun,), PARTS, reach, very if noun + ANYWHERE in full else wanted)
    by_noun: dict[str, list[Any]] = {noun: [] for noun in nouns}
    for row in read(_all(tuple(nouns), reach, dialect, len(wanted), full, bare), given):
        by_noun[row.noun].append(row)
    is_named = any(row.rank == EXACT for rows in by_noun.values() for row in rows)
    begun = {} if is_named else _begun(q, nouns, reach)
    return [_found(noun, rows, begun.get(noun, [])) for noun, rows in by_noun.items()]


def _found(noun: str, rows: list[Any], begun: list[Any]) -> Found:
    held = {row.rowid for row in rows}
    every = sorted([*rows, *(row for row in begun if row.rowid not in held)], key=lambda row: (row.rank, -row.rowid))
    count = max((row.counted for row in every), default=0)
    return Found(noun, every[:SHOWN], min(count, MOST_COUNTED + 1), by_words=bool(rows))


def _begun(q: str, nouns: Sequence[str], reach: policy.Reach) -> dict[str, list[Any]]:
    """The first records of a State whose reference begins with what was typed, by noun; nothing where it is none."""
    typed = q.strip().upper()
    state_id = typed[:STATE_SIGNS]
    if not (_BEGINNING.fullmatch(typed) and state_id in catalogue.states() and reach.covers(state_id)):
        return {}
    parts = [_beginning(noun, typed, reach) for noun in nouns if noun not in FEW]
    found: dict[str, list[Any]] = {}
    for row in read(sa.union_all(*(sa.select(part.subquery()) for part in parts))):
        found.setdefault(row.noun, []).append(row)
    return found


def _beginning(noun: str, typed: str, reach: policy.Reach) -> Columns:
    """PostgreSQL puts signs in an order of its own, so that there the State's records are looked through instead."""
    model, reference = _MODELS[noun], _COLUMNS[noun].selected_columns.reference
    if db.engine.dialect.name == "sqlite":
        begins = sa.and_(reference >= typed, reference < typed + LAST_SIGN)
    else:
        begins = sa.and_(model.state_id == typed[:STATE_SIGNS], reference.startswith(typed, autoescape=True))
    conditions = (begins, reach.condition(model.state_id))
    some = sa.select(model.id).where(*conditions).limit(MOST_COUNTED + 1).subquery()
    return (
        _COLUMNS[noun]
        .add_columns(
            sa.literal(noun).label("noun"),
            _row_id(noun),
            sa.literal(IN_REFERENCE).label("rank"),
            sa.select(sa.func.count()).select_from(some).scalar_subquery().label("counted"),
        )
        .where(*conditions)
        .order_by(model.id.desc())
        .limit(SHOWN)
    )


def _weight(very: list[Term], nouns: tuple[str, ...], reach: policy.Reach, dialect: str) -> dict[str, int]:
    """How many rows of each noun, and of each of their parts, hold the very words; one more than is counted stands for
    any more. SQLite, which gives the latest rows of any number as quickly, need not know it of the parts."""
    parts = (ANYWHERE,) if dialect == "sqlite" else tuple(PARTS)
    row = read(_weighed(nouns, parts), _given(nouns, parts, reach, very)).one()
    return dict(row._mapping)


@lru_cache
def _weighed(nouns: tuple[str, ...], parts: tuple[str, ...]) -> Any:
    """How many of each name there are; built once, as ``_all`` is."""
    names = [noun + part for noun in nouns for part in parts]
    return sa.select(*(capped((search.Matching(name),)).label(name) for name in names))


def _given(nouns: Iterable[str], parts: Iterable[str], reach: policy.Reach, wanted: list[Term]) -> dict[str, str]:
    """What is asked of the index for each noun: the words anywhere, in the reference, in the title."""
    given: dict[str, str] = {}
    for noun in nouns:
        scope = _scope(noun, reach)
        for part in parts:
            name = PARTS[part]
            words = [search.within(name, one) for one in wanted] if name else wanted
            given |= search.wanted_as(noun + part, [*scope, *words])
    return given


def _scope(noun: str, reach: policy.Reach) -> list[search.Wanted]:
    return [search.noun_term(noun), *filters.within(reach)]


@lru_cache
def _all(
    nouns: tuple[str, ...],
    reach: policy.Reach,
    dialect: str,
    terms: int,
    full: frozenset[str],
    bare: frozenset[str],
) -> Any:
    """The hits of each noun; built once for each scope and number of terms. What is looked for are its parameters."""
    parts = (
        _of_few(noun, terms) if noun in FEW else _statement(noun, reach, dialect, full, noun in bare) for noun in nouns
    )
    return sa.union_all(*(sa.select(part.subquery()) for part in parts))


def _of_few(noun: str, terms: int) -> Columns:
    """The first hits of a noun with few records, read one by one: the index would collect words of all nouns first."""
    model, reference = _MODELS[noun], _COLUMNS[noun].selected_columns.reference
    patterns = [sa.bindparam(f"term_{place}", type_=sa.String) for place in range(terms)]

    def holds(words: Any) -> Any:
        return sa.and_(*((" " + words + " ").like(pattern) for pattern in patterns))

    rank = sa.case(
        (reference == sa.bindparam("reference", type_=sa.String), EXACT),
        (holds(SearchRow.reference), IN_REFERENCE),
        (holds(SearchRow.title), IN_TITLE),
        else_=IN_TEXT,
    ).label("rank")
    return (
        _COLUMNS[noun]
        .join(SearchRow, sa.and_(SearchRow.object_type == noun, SearchRow.object_id == model.id))
        .add_columns(
            sa.literal(noun).label("noun"),
            SearchRow.id.label("rowid"),
            rank,
            sa.func.count().over().label("counted"),
        )
        .where(holds(search.ALL_WORDS))
        .order_by(rank, SearchRow.id.desc())
        .limit(SHOWN)
    )


def _statement(noun: str, reach: policy.Reach, dialect: str, full: frozenset[str], is_bare: bool) -> Columns:
    """The first hits of one noun, in the columns that all nouns have. A bare one holds the words nowhere, so that only
    a reference can be meant."""
    model, reference = _MODELS[noun], _COLUMNS[noun].selected_columns.reference
    anywhere = _latest(noun + ANYWHERE, dialect, full)
    named = _ranked(sa.select(_row_id(noun)).where(reference == sa.bindparam("reference", type_=sa.String)), EXACT)
    words = (
        _ranked(_shown(_latest(noun + NAMED, dialect, full, anywhere)), IN_REFERENCE),
        _ranked(_shown(_latest(noun + TITLED, dialect, full, anywhere)), IN_TITLE),
        _ranked(_shown(anywhere), IN_TEXT),
    )
    hits = sa.union_all(named, *(() if is_bare else words)).subquery()
    best = sa.select(hits.c.rowid, sa.func.min(hits.c.rank).label("rank")).group_by(hits.c.rowid).subquery()
    counted = sa.literal(0) if is_bare else sa.select(sa.func.count()).select_from(anywhere).scalar_subquery()
    return (
        _COLUMNS[noun]
        .join(best, model.id == best.c.rowid.op(">>")(search.BITS))
        .add_columns(
            sa.literal(noun).label("noun"),
            best.c.rowid,
            best.c.rank,
            (sa.literal(MOST_COUNTED + 1) if noun + ANYWHERE in full else counted).label("counted"),
        )
        .where(reach.condition(model.state_id))
        .order_by(best.c.rank, best.c.rowid.desc())
        .limit(SHOWN)
    )


def _latest(name: str, dialect: str, full: frozenset[str], within: sa.CTE | None = None) -> sa.CTE:
    """The latest rows of the index: as many as are shown where there are very many, which the last rows then hold; else
    as many as are counted. PostgreSQL is not told that fewer are wanted then: it would look for the last few through
    all rows, where collecting those that hold the words costs next to nothing.

    ``within`` are the rows of which these are a part: where there are none, SQLite is told not to look, by a limit,
    because it would look before it asked a condition.
    """
    found = sa.select(INDEX.c.rowid).where(search.Matching(name)).order_by(INDEX.c.rowid.desc())
    if within is not None and dialect == "sqlite":
        return found.limit(sa.case((sa.select(within.c.rowid).exists(), SHOWN), else_=0)).cte(name)
    is_counted = name.endswith(ANYWHERE) and name not in full
    if name in full or (dialect == "sqlite" and not is_counted):
        return found.limit(SHOWN).cte(name)
    return found.limit(MOST_COUNTED + 1).cte(name).prefix_with("MATERIALIZED", dialect="postgresql")


def _shown(latest: sa.CTE) -> sa.Select[Any]:
    return sa.select(latest.c.rowid).order_by(latest.c.rowid.desc()).limit(SHOWN)


def _ranked(rows: sa.Select[Any], rank: int) -> sa.Select[Any]:
    return sa.select(rows.subquery().c.rowid, sa.literal(rank).label("rank"))


def _row_id(noun: str) -> Any:
    return _MODELS[noun].id.op("<<")(search.BITS).op("|")(search.NOUNS[noun]).label("rowid")


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
        self._pattern = re.compile("|".join(map(_pattern, wanted)), re.IGNORECASE)

    def pieces(self, text: str) -> list[Piece]:
        """The whole text."""
        return self._cut(unicodedata.normalize("NFD", text), 0, None)

    def excerpt(self, text: str) -> list[Piece]:
        """About ``EXCERPT`` characters around the first match, or the beginning; where the text is cut stands an
        ellipsis."""
        apart = unicodedata.normalize("NFD", text)
        first = self._pattern.search(apart)
        begin = _word_start(apart, first.start() - EXCERPT // 3) if first else 0
        end = begin + EXCERPT if begin + EXCERPT < len(apart) else None
        return self._cut(apart, begin, end)

    def _cut(self, text: str, begin: int, end: int | None) -> list[Piece]:
        pieces = [("… ", False)] if begin else []
        at, last = begin, len(text) if end is None else text.rfind(" ", begin + EXCERPT // 2, end)
        last = end if last < 0 and end is not None else last
        for match in self._pattern.finditer(text, begin, last):
            pieces += [(text[at : match.start()], False), (match.group(), True)]
            at = match.end()
        pieces += [(text[at:last], False), ("" if end is None else " …", False)]
        return [Piece(unicodedata.normalize("NFC", part), is_match) for part, is_match in pieces if part]


def highlighter(q: str) -> Highlighter:
    """For the words that ``find`` looks for; raises BadValue as it does."""
    return Highlighter(filters.asked([q]))


def _word_start(text: str, near: int) -> int:
    """The beginning of a word not far behind: within the text."""
    if near <= 0:
        return 0
    blank = text.find(" ", near, near + 40)
    return near if blank < 0 else blank + 1


def _pattern(term: Term) -> str:
    """The term as it may be written: any case, any marks, any punctuation between its words."""
    if UNSPACED.match(term.words[0]):  # the pairs of a run written without blanks
        return term.words[0] + "".join(pair[1:] for pair in term.words[1:])
    gap = r"[\W_]+"
    words = gap.join(_word(word) for word in term.words)
    return rf"(?<![^\W_]){ARTICLE}?{words}" + (r"(?:\w|" + MARKS + ")*" if term.is_prefix else r"(?![^\W_])")


def _word(word: str) -> str:
    return (MARKS + "*").join(_WRITTEN.get(sign, re.escape(sign)) for sign in word) + MARKS + "*"


_WRITTEN = {"o": "[oø]", "l": "[lł]", "d": "[dđð]", "h": "[hħ]", "i": "[iı]", "t": "[tŧ]"}
