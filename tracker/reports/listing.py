"""The machine behind every list: filters from the address, an order, pages by keyset, a capped count, a stream.

A noun declares one ``Listing`` in ``reports/<noun>.py``; its page, its export and its command ask that one, so that
they show the same rows in the same order::

    FOLLOWUPS = Listing(
        base=sa.select(Followup.id, Followup.reference, Followup.title, State.name.label("state_name")).join(
            State, State.id == Followup.state_id
        ),
        id_column=Followup.id,
        filters={
            "state": codes(Followup.state_id),
            "workflow": members(Followup.workflow, FollowupStatus),
            "owner": numbers(Followup.owner_id),
            "due-before": day(Followup.current_due_last, "<"),
            "overdue": flag(lambda: Followup.overdue_on(clock.today())),
            "q": words("followup", Followup.id),
        },
        sorts={"due": Sort(Followup.current_due_last, is_nullable=True), "updated": Sort(Followup.updated_at)},
        default_sort="due",
    )

    page = FOLLOWUPS.page(request.args, scope_condition)        # two statements, whatever the number of rows
    chunks = FOLLOWUPS.stream(request.args, scope_condition)    # every row of the same question, on its own connection

The filters stand in ``reports/filters.py``. Rows are Core rows (``row.title``). A filter whose value makes no sense
matches nothing and says why in ``page.problems``; a parameter that is not declared narrows nothing and stands in
``page.unknown``; a cursor that makes no sense gives the first page, and one that no row is beyond the rows at that end.
Rows without a sort key come last in both directions, on both databases.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus

import sqlalchemy as sa

from tracker.database import PartialDateType, Unindexed, UtcDateTime, as_asked
from tracker.extensions import db, read
from tracker.models.search import INDEX
from tracker.partial_date import PartialDate
from tracker.policy import Reach
from tracker.reports import csv_lines, streams
from tracker.reports.filters import BadValue, Condition, Expression, Filter, Linked, Words, asked
from tracker.reports.streams import Told
from tracker.texts import gettext as _

Args = dict[str, list[str]]
Columns = sa.Select[*tuple[Any, ...]]
Ask = Callable[..., Any]
"""What makes the rows of a file from a chunk of those read, on the connection that reads them."""

SIZES = (25, 50, 100)
DEFAULT_SIZE = 50
MOST_COUNTED = 1_000
MOST_LINKED, MOST_LINKED_TO_COUNT = 5_000, 20_000
"""How many links are looked up for the rows of a page, and for their count, which meets a thousand rows, not fifty."""
MOST_VALUES = 250
OWN = ("sort", "size", "after", "before", "count")
END = "end"
"""The place after all rows: ``before`` it stands the last page."""

_UNSEARCHABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class Problem:
    """What is wrong with one parameter of the address."""

    name: str
    message: str


@dataclass(frozen=True)
class Applied:
    """One value that the list is narrowed by."""

    name: str
    value: str


@dataclass(frozen=True)
class Sort:
    """An order that a list offers. The id decides between equals, or another number that is theirs alone: ``then``.

    ``between`` is a number that comes before that, where the order is one of two tables: the visits by their days, and
    of each visit its conclusions. An index of each then gives the rows in order.
    """

    column: Expression
    is_nullable: bool = False
    then: Expression | None = None
    between: Expression | None = None


@dataclass(frozen=True)
class Cursor:
    """The row that a page starts after (or ends before): its sort key, None where it has none, and its id (or what
    decides instead of it)."""

    key: Any
    id: int
    between: int | None = None


@dataclass
class Question:
    """What an address asks of a list, checked."""

    args: Args
    conditions: dict[str, Condition]
    sort_name: str
    is_descending: bool
    size: int
    conditions_to_count: dict[str, Condition] = field(default_factory=dict)
    words: tuple[Condition, ...] = ()
    words_to_count: tuple[Condition, ...] = ()
    count: int | None = None
    cursor: Cursor | None = None
    is_backward: bool = False
    is_exact: bool = False
    filters_applied: list[Applied] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def sort(self) -> str:
        """The order as the address writes it."""
        return ("-" if self.is_descending else "") + self.sort_name


@dataclass(frozen=True)
class Page:
    """The rows of one page, and the addresses that lead on. ``args`` are the question without its place; ``unknown``
    are the parameters of the address that the list does not declare."""

    rows: Sequence[sa.Row[Any]]
    args: Args
    first_args: Args | None
    previous_args: Args | None
    next_args: Args | None
    last_args: Args | None
    count: int
    is_capped: bool
    filters_applied: list[Applied]
    problems: list[Problem]
    sort: str
    size: int
    unknown: Sequence[str] = ()

    def without(self, name: str, value: str | None = None) -> Args:
        """The question minus one filter, or minus one value of it: what a removable tag leads to."""
        return without(self.args, name, value)

    def sorted_by(self, name: str) -> Args:
        """The question in another order, or turned round when it is in that order: what a header leads to."""
        return self.args | {"sort": [f"-{name}" if self.sort == name else name]}

    def direction(self, name: str) -> str | None:
        """How the list is sorted by this column: ``ascending``, ``descending`` or None."""
        return {name: "ascending", f"-{name}": "descending"}.get(self.sort)

    def exactly_counted(self) -> Args:
        """The question with its exact count."""
        return self.args | {"count": ["exact"]}


def without(args: Args, name: str, value: str | None = None) -> Args:
    """The arguments minus a parameter, or minus one value of it."""
    rest = [one for one in args.get(name, []) if value is not None and one != value]
    return {key: rest if key == name else values for key, values in args.items() if key != name or rest}


def address(path: str, args: Args) -> str:
    """The path with its arguments."""
    said = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, values in args.items() for value in values)
    return f"{path}?{said}" if said else path


_quoted = lru_cache(maxsize=4096)(quote_plus)  # a page writes the same dozen in each of its links


@dataclass(frozen=True)
class Listing:
    """A list of one noun. ``base`` selects plain columns, each under a name of its own; joins add no rows. The filters
    of ``narrow`` leave few rows each. Those of ``counted_by`` are made otherwise for the count, which has no order.
    ``without_index`` makes those that an index serves so that another index is read; an index of one value holds its
    rows in the orders of ``in_order``."""

    base: Columns
    id_column: Expression
    filters: Mapping[str, Filter]
    sorts: Mapping[str, Sort]
    default_sort: str
    default_size: int = DEFAULT_SIZE
    narrow: Set[str] = frozenset()
    counted_by: Mapping[str, Filter] = field(default_factory=dict)
    without_index: Mapping[str, Filter] = field(default_factory=dict)
    in_order: Set[str] = frozenset()
    is_one_table: bool = False
    """A row for each of the table of ``id_column``, whatever is joined to it; and no condition names a joined table
    within a question of its own, where ``_alone`` would not see it."""

    def page(
        self,
        query_args: Mapping[str, Any],
        scope_condition: Condition | None = None,
        *,
        base: Columns | None = None,
        on: Any = None,
        reach: Reach | None = None,
        counted: int | None = None,
    ) -> Page:
        """One page of what the address asks, within the scope: two statements, rows and count. One more where words are
        looked for, or links, and where the rows without a sort key begin. ``reach`` says the scope once more, to the
        index of the words; ``counted`` is how many rows there are, up to one more than is counted, where that is
        known."""
        question = self.read(query_args)
        question.count = None if question.is_exact else counted
        ask = read if on is None else on.execute
        self._weigh_words(question, ask, scope_condition, reach)
        self._weigh(question, ask, scope_condition)
        found = self._found(question, ask, scope_condition, base)
        least = question.size if question.is_backward else 1  # the first page is a whole one
        if question.cursor is not None and len(found) < least:
            is_beyond, turned = not found, _turned_back(question)
            found = self._found(question, ask, scope_condition, base)
            question.problems += [turned] if is_beyond and found else []
        is_all = question.cursor is None and len(found) <= question.size
        total = len(found) if is_all else question.count
        if total is None:
            total = ask(self._count_statement(question, scope_condition)).scalar_one()
        return self._page(question, found, total)

    def _found(
        self, question: Question, ask: Ask, scope_condition: Condition | None, base: Columns | None
    ) -> list[sa.Row[Any]]:
        """The rows of the page, and one more."""
        found: list[sa.Row[Any]] = []
        for leg in self._page_statements(question, scope_condition, base):
            found += ask(as_asked(leg.limit(question.size + 1 - len(found)))).all()
            if len(found) > question.size:
                break
        return found

    def stream(
        self,
        query_args: Mapping[str, Any],
        scope_condition: Condition | None = None,
        *,
        base: Columns | None = None,
        as_lines: bool = False,
        engine: sa.Engine | None = None,
    ) -> Iterator[Sequence[sa.Row[Any]]]:
        """Every row that the address asks for, in its order, in chunks; ``as_lines`` of a file, one text each.

        A connection of its own, because a streamed answer outlives the request that began it. One statement, so
        that all rows are of one moment.
        """
        return streams.chunks(engine or db.engine, self._all(self.read(query_args), scope_condition, base, as_lines))

    def counted(
        self,
        question: Question,
        scope_condition: Condition | None = None,
        *,
        base: Columns | None = None,
        as_lines: bool = False,
        told: Told | None = None,
    ) -> tuple[int, Iterator[Sequence[Any]]]:
        """How many rows a question asks for, and each of them as ``stream`` gives them, of one moment: the first are
        read when they are taken, so that whoever waits is told how many before. ``told`` makes the rows of the file
        from each chunk: what it asks on the connection that it is given is of that moment, too."""
        question.is_exact = True
        count = self._count_statement(question, scope_condition)
        found = streams.counted(db.engine, count, self._all(question, scope_condition, base, as_lines), told)
        return next(found), found

    def _all(
        self, question: Question, scope_condition: Condition | None, base: Columns | None, as_lines: bool
    ) -> sa.Select[Any]:
        sort = self.sorts[question.sort_name]
        order = [_directed(column, question.is_descending) for column in self._order_columns(sort)]
        if sort.is_nullable:
            order[0] = order[0].nulls_last()
        rows = self._narrowed(question, scope_condition, base).order_by(*order)
        if not as_lines:
            return rows
        once = rows.offset(0).subquery()  # with an offset it is worked out for itself, and each cell once
        return sa.select(csv_lines.Line(*once.columns))

    def count(self, query_args: Mapping[str, Any], scope_condition: Condition | None = None, *, on: Any = None) -> int:
        """How many rows the address asks for, exactly."""
        question = self.read(query_args)
        question.is_exact = True
        ask = read if on is None else on.execute
        return int(ask(self._count_statement(question, scope_condition)).scalar_one())

    def tally(self, query_args: Mapping[str, Any], scope_condition: Condition | None = None) -> int:
        """How many rows the address asks for, counted as far as lists count: one more says that there are more."""
        return int(read(self._count_statement(self.read(query_args), scope_condition)).scalar_one())

    def rows(self, query_args: Mapping[str, Any], scope_condition: Condition | None = None) -> sa.Select[Any]:
        """The rows that the address asks for, as a question: for counts that one statement asks with others."""
        return self._narrowed(self.read(query_args), scope_condition, None)

    # What an address asks

    def read(self, query_args: Mapping[str, Any]) -> Question:
        """Check the parameters of an address; what makes no sense is a problem, never an exception."""
        given = _given(query_args, {*self.filters, *OWN})
        problems: list[Problem] = []
        name, is_descending = self._sort(given, problems)
        question = Question(
            args=given,
            conditions={},
            sort_name=name,
            is_descending=is_descending,
            size=self._size(given, problems),
            is_exact=given.get("count") == ["exact"],
            problems=problems,
            unknown=[name for name in query_args if name not in self.filters and name not in OWN],
        )
        for filter_name in self.filters:
            self._filter(question, filter_name)
        self._place(question)
        return question

    def _sort(self, given: Args, problems: list[Problem]) -> tuple[str, bool]:
        asked = given.get("sort", [self.default_sort])[0]
        if asked.removeprefix("-") not in self.sorts:
            problems.append(
                Problem(
                    "sort",
                    _(
                        "The list cannot be sorted by “%(value)s”. It can by: %(known)s",
                        value=asked[:60],
                        known=", ".join(self.sorts),
                    ),
                )
            )
            del given["sort"]
            asked = self.default_sort
        return asked.removeprefix("-"), asked.startswith("-")

    def _size(self, given: Args, problems: list[Problem]) -> int:
        asked = given.get("size", [str(self.default_size)])[0]
        if asked.isascii() and asked.isdigit():
            wanted = int(asked[:6])
            return next((size for size in SIZES if size >= wanted), SIZES[-1])
        problems.append(Problem("size", _("“%(value)s” is not a number of rows", value=asked[:60])))
        del given["size"]
        return self.default_size

    def _filter(self, question: Question, name: str) -> None:
        values = question.args.get(name)
        if not values:
            return
        question.filters_applied += [Applied(name, value) for value in values]
        try:
            condition = self.filters[name](_searchable(values))
            if isinstance(self.filters[name], Words):
                question.words = question.words_to_count = (condition,)
            else:
                otherwise = self.counted_by.get(name)
                question.conditions[name] = condition
                question.conditions_to_count[name] = otherwise(values) if otherwise else condition
        except BadValue as problem:
            question.problems.append(Problem(name, str(problem)))
            question.conditions[name] = question.conditions_to_count[name] = sa.false()

    def _place(self, question: Question) -> None:
        """Take the place in the list out of the arguments: it belongs to one order of one question."""
        after, before = question.args.pop("after", None), question.args.pop("before", None)
        text = (after or before or [""])[0]
        if after is None and text == END:
            question.is_backward = True
            return
        if not text:
            return
        try:
            sort = self.sorts[question.sort_name]
            question.cursor = _read_cursor(text, sort, self._decider(sort))
            question.is_backward = after is None
        except (ValueError, OverflowError):
            name = "after" if after else "before"
            question.problems.append(
                Problem(name, _("The address names no place in this list, so that the list starts at its beginning"))
            )

    def _weigh_words(
        self, question: Question, ask: Ask, scope_condition: Condition | None, reach: Reach | None
    ) -> None:
        """Words that many rows hold are better met in the list's order than looked up first; neither database can tell
        which words those are."""
        name = next((one for one in question.args if isinstance(self.filters.get(one), Words)), "")
        if not question.words:
            return
        words: Any = self.filters[name]
        wanted = asked(question.args[name])
        very = [replace(one, is_prefix=False) for one in wanted]
        either: sa.ColumnElement[int] = capped(words.hits(wanted, reach, is_unseen=True))
        if very != wanted:  # where many rows hold the very words, those in which they only begin one change nothing
            many = capped(words.hits(very, reach, is_unseen=True)) > MOST_COUNTED
            either = sa.case((many, MOST_COUNTED + 1), else_=either)
        found = ask(sa.select(either)).scalar_one()
        is_whole = not question.conditions and (reach is not None or scope_condition is None)
        if is_whole and not question.is_exact:
            question.count = found
        if found > MOST_COUNTED:
            question.words = (words.beside(wanted),)
            is_narrow = self.narrow & question.args.keys()
            question.words_to_count = question.words if is_narrow else words.joined(wanted, reach)

    def _weigh(self, question: Question, ask: Ask, scope_condition: Condition | None) -> None:
        """Few rows are found by the index of a filter, or by their links, and put in order; many are met in the order
        of the list. SQLite cannot tell how many there are: it would put half of a table in order to show fifty rows.
        PostgreSQL knows by its statistics."""
        linked: dict[str, Any] = {name: self.filters[name] for name in question.args if self._is_linked(name)}
        unordered = self._unordered(question)
        if question.problems or not (linked or unordered) or db.engine.dialect.name != "sqlite":
            return
        many_links = self._weigh_links(question, linked, ask)
        if not many_links and not unordered:
            return
        if question.count is None:
            question.count = ask(self._count_statement(question, scope_condition)).scalar_one()
        if question.count > MOST_COUNTED:
            question.conditions |= many_links
            question.conditions |= {name: self.without_index[name](question.args[name]) for name in unordered}

    def _weigh_links(self, question: Question, linked: Mapping[str, Any], ask: Ask) -> dict[str, Condition]:
        """The conditions to which much is linked, made for rows that are at hand; where it is very much, the rows are
        counted by them, too."""
        if not linked:
            return {}
        sizes = ask(sa.select(*(_size(one.links(question.args[name])) for name, one in linked.items()))).one()
        size_of = dict(zip(linked, sizes, strict=True))
        beside = {name: one.beside(question.args[name]) for name, one in linked.items() if size_of[name]}
        question.conditions_to_count |= {name: one for name, one in beside.items() if size_of[name] > 1}
        return beside

    def _is_linked(self, name: str) -> bool:
        return isinstance(self.filters.get(name), Linked)

    def _unordered(self, question: Question) -> list[str]:
        """The filters that an index serves, where none of these holds the rows in the order that is asked for."""
        named = [name for name in question.args if name in self.without_index]
        conditions = (question.conditions[name] for name in named)
        return [] if question.sort_name in self.in_order and any(map(_is_one_value, conditions)) else named

    # The statements

    def _narrowed(self, question: Question, scope_condition: Condition | None, base: Columns | None) -> sa.Select[Any]:
        conditions = [*question.conditions.values(), *([] if scope_condition is None else [scope_condition])]
        return (self.base if base is None else base).where(*conditions, *question.words)

    def _decider(self, sort: Sort) -> Expression:
        """What decides between rows of one sort key."""
        return self.id_column if sort.then is None else sort.then

    def _order_columns(self, sort: Sort) -> list[Expression]:
        if sort.column is self.id_column:
            return [self.id_column]
        between = [] if sort.between is None else [sort.between]
        return [sort.column, *between, self._decider(sort)]

    def _page_statements(
        self, question: Question, scope_condition: Condition | None, base: Columns | None
    ) -> Iterator[sa.Select[Any]]:
        """What gives the rows of the page, and one more, to know whether there is a next one.

        Where sort keys may be missing, rows with and without one are two statements: each reads an index in order,
        which ``NULLS LAST`` would keep PostgreSQL from doing when descending; and few pages need the second.
        """
        sort = self.sorts[question.sort_name]
        rows = self._narrowed(question, scope_condition, base).add_columns(
            sort.column.label("list_key"),
            self._decider(sort).label("list_id"),
            (sa.null() if sort.between is None else sort.between).label("list_between"),
        )
        return self._legs(rows, sort, question)

    def _legs(self, rows: sa.Select[Any], sort: Sort, question: Question) -> Iterator[sa.Select[Any]]:
        is_descending = question.is_descending != question.is_backward
        order = [_directed(column, is_descending) for column in self._order_columns(sort)]
        keyless = [False, True] if sort.is_nullable else [False]
        if question.is_backward:
            keyless.reverse()
        cursor = question.cursor
        if cursor is not None:
            keyless = keyless[keyless.index(sort.is_nullable and cursor.key is None) :]
        for leg_is_keyless in keyless:
            leg = rows.order_by(*order)
            if sort.is_nullable:
                leg = leg.where(sort.column.is_(None) if leg_is_keyless else sort.column.is_not(None))
            if cursor is not None:
                leg = leg.where(self._beyond(cursor, sort, is_descending))
            yield leg
            cursor = None  # the second leg is wholly beyond it

    def _beyond(self, cursor: Cursor, sort: Sort, is_descending: bool) -> Condition:
        """Rows past the cursor in the direction that is read."""
        ours: Any = self._decider(sort)
        theirs: Any = sa.literal(cursor.id, ours.type)
        if sort.between is not None:
            ours = sa.tuple_(sort.column, sort.between, ours)
            between = sa.literal(cursor.between, sort.between.type)
            theirs = sa.tuple_(sa.literal(cursor.key, sort.column.type), between, theirs)
        elif cursor.key is not None:
            ours = sa.tuple_(sort.column, ours)
            theirs = sa.tuple_(sa.literal(cursor.key, sort.column.type), theirs)
        beyond: Condition = ours < theirs if is_descending else ours > theirs
        return beyond

    def _count_statement(self, question: Question, scope_condition: Condition | None) -> sa.Select[Any]:
        counted = replace(question, conditions=question.conditions_to_count, words=question.words_to_count)
        alone = self._alone(counted, scope_condition)
        if question.is_exact and alone is not None:
            return as_asked(alone.with_only_columns(sa.func.count(), maintain_column_froms=True))
        one = sa.literal(1).label("one")
        rows = self._narrowed(counted, scope_condition, None) if alone is None else alone
        rows = rows.with_only_columns(one, maintain_column_froms=True)
        if not question.is_exact:
            rows = rows.limit(MOST_COUNTED + 1)
        return as_asked(sa.select(sa.func.count()).select_from(rows.subquery()))

    def _alone(self, question: Question, scope_condition: Condition | None) -> sa.Select[Any] | None:
        """The rows of the list's own table, where no condition is about another: an index of it tells how many, and
        PostgreSQL reads none but the index only where nothing is joined."""
        if not self.is_one_table:
            return None
        conditions = [*question.conditions.values(), *question.words]
        if scope_condition is not None and not isinstance(scope_condition, sa.True_):
            conditions.append(scope_condition)
        own = self.id_column.table
        if not conditions or set(sa.select(*conditions).columns_clause_froms) <= {own}:
            return sa.select(self.id_column).select_from(own).where(*conditions)
        return None

    # The page

    def _page(self, question: Question, found: Sequence[sa.Row[Any]], counted: int) -> Page:
        is_short = len(found) <= question.size
        rows = found[: question.size]
        if question.is_backward:
            rows = rows[::-1]
        has_previous = not is_short if question.is_backward else question.cursor is not None
        has_next = question.cursor is not None if question.is_backward else not is_short
        is_capped = not question.is_exact and counted > MOST_COUNTED
        return Page(
            rows=rows,
            args=question.args,
            first_args=question.args if has_previous else None,
            previous_args=self._leading(question, "before", rows[:1]) if has_previous else None,
            next_args=self._leading(question, "after", rows[-1:]) if has_next else None,
            last_args=question.args | {"before": [END]} if has_next else None,
            count=MOST_COUNTED if is_capped else counted,
            is_capped=is_capped,
            filters_applied=question.filters_applied,
            problems=question.problems,
            sort=question.sort,
            size=question.size,
            unknown=question.unknown,
        )

    def _leading(self, question: Question, name: str, edge: Sequence[sa.Row[Any]]) -> Args:
        """The address before or after the row at the page's edge."""
        sort = self.sorts[question.sort_name]
        key = None if sort.column is self.id_column else edge[0].list_key
        return question.args | {name: [_write_cursor(Cursor(key, edge[0].list_id, edge[0].list_between))]}


def _turned_back(question: Question) -> Problem:
    """From a place that no row is beyond, such as one kept from when there were more, to the rows at that end; from one
    that too few are before, to the first."""
    question.cursor, question.is_backward = None, not question.is_backward
    if question.is_backward:
        return Problem("after", _("No row stands after this place any more: these are the last"))
    return Problem("before", _("No row stands before this place any more: these are the first"))


def capped(matching: Condition) -> sa.ScalarSelect[int]:
    """How many rows of the index of words, counted as far as lists count."""
    return at_most(sa.select(INDEX.c.rowid).where(matching))


def at_most(rows: sa.Select[Any], most: int | None = None) -> sa.ScalarSelect[int]:
    """How many rows there are, counted as far as lists count, or to one more than ``most``."""
    some = rows.limit((MOST_COUNTED if most is None else most) + 1).subquery()
    return sa.select(sa.func.count()).select_from(some).scalar_subquery()


def _given(query_args: Mapping[str, Any], known: Collection[str]) -> Args:
    """The known parameters that say something, each value once."""
    given: Args = {}
    for name in query_args:
        values = query_args.getlist(name) if hasattr(query_args, "getlist") else query_args[name]
        values = [values] if isinstance(values, str) else values
        said = list(dict.fromkeys(value.strip() for value in values if value.strip()))
        if name in known and said:
            given[name] = said
    return given


def _searchable(values: list[str]) -> list[str]:
    if len(values) > MOST_VALUES:
        raise BadValue(_("Choose %(most)d values or fewer", most=MOST_VALUES))
    if any(_UNSEARCHABLE.search(value) for value in values):
        raise BadValue(_("The value holds a character that no text here can hold"))
    return values


def _size(links: sa.Select[Any]) -> sa.Case[int]:
    """0 for few links, 1 for more than are looked up for a page, 2 for more than are looked up to count: no number,
    which would change with every link, and pages that are kept rest on what it says."""
    is_few = at_most(links, MOST_LINKED) <= MOST_LINKED
    return sa.case((is_few, 0), (at_most(links, MOST_LINKED_TO_COUNT) <= MOST_LINKED_TO_COUNT, 1), else_=2)


def _is_one_value(condition: Condition) -> bool:
    """Whether a column that an index may be read by is that value."""
    if not isinstance(condition, sa.BinaryExpression) or isinstance(condition.left, Unindexed):
        return False
    return condition.operator is sa.sql.operators.eq or condition.operator is sa.sql.operators.is_


def _directed(column: Expression, is_descending: bool) -> sa.UnaryExpression[Any]:
    directed: sa.UnaryExpression[Any] = column.desc() if is_descending else column.asc()
    return directed


# Cursors: ``2026-03-31~1234`` is the row 1234 with that sort key, ``1234`` one without


def _write_cursor(cursor: Cursor) -> str:
    number = str(cursor.id) if cursor.between is None else f"{cursor.between}.{cursor.id}"
    return number if cursor.key is None else f"{_written(cursor.key)}~{number}"


def _written(key: Any) -> str:
    if isinstance(key, datetime | date):
        return key.isoformat()
    return str(key)


def _read_cursor(text: str, sort: Sort, decider: Expression) -> Cursor:
    """The place that a cursor names; raises ValueError when it names none in this order."""
    key, divided, numbers = text.rpartition("~")
    between, dot, number = numbers.rpartition(".")
    if bool(dot) != (sort.between is not None):
        raise ValueError("another order's number")
    row = _whole_number(number, decider.type)
    if sort.column is decider or (sort.is_nullable and not divided):
        if divided:
            raise ValueError("a key where there is none")
        return Cursor(None, row)
    if not divided or _UNSEARCHABLE.search(key):
        raise ValueError("no key")
    middle = None if sort.between is None else _whole_number(between, sort.between.type)
    return Cursor(_read_key(key, sort.column.type), row, middle)


def _whole_number(text: str, kind: Any) -> int:
    """A number that the column can hold: PostgreSQL refuses to compare with another."""
    largest = 2**63 - 1 if isinstance(kind, sa.BigInteger) else 2**31 - 1
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 19 or int(digits) > largest:
        raise ValueError("no such number")
    return int(text)


def _read_key(text: str, kind: Any) -> Any:
    if isinstance(kind, PartialDateType):
        return PartialDate.parse(text)
    if isinstance(kind, sa.Enum) and kind.enum_class is not None:
        return kind.enum_class(text)
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(text).astimezone(UTC)
    if isinstance(kind, sa.Date):
        return date.fromisoformat(text)
    if isinstance(kind, sa.Integer):
        return _whole_number(text, kind)
    if isinstance(kind, sa.String):
        return text
    raise TypeError(f"a list cannot be sorted by {kind!r}")
