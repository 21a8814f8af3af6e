"""The words of each record, folded, and the index over them.

``search_row`` holds the words; ``search_index`` finds them: an FTS5 table on SQLite, a ``tsvector`` with a GIN index on
PostgreSQL, each with the two columns ``rowid`` and ``words``, kept by triggers. An indexed text begins with marked
words: ``@`` the record itself, ``#pak #142 #034`` the State and its regions, ``^f012`` a word of the reference,
``~bill`` one of the title. Before each word stands the number of the noun: ``3bill`` in a follow-up, ``3~bill`` in its
title. So one index answers "in the title", "in this scope" and "anywhere", none of these questions reads a record, and
the words of one noun are found without those of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column

from tracker.database import Base
from tracker.folding import Term
from tracker.models.state import State

# The number of each noun that is searched; a record's row is numbered by its id and this. One digit: it stands before
# each word, and "10bill" would be a word of noun 1 too.
NOUNS = {"visit": 1, "conclusion": 2, "followup": 3, "plan": 4, "measure": 5, "meeting": 6}
BITS = 4
PARTS = {"reference": "^", "title": "~"}
NOWHERE = "#"
BREAK = "^"  # stands between reference, title and text, so that no phrase runs from one into the next


class SearchRow(Base):
    """The folded words of one record: reference, title and text apart, so that hits can be ranked.

    ``id`` is ``row_id(noun, id of the record)``, so that a hit names its record without being read.
    """

    __tablename__ = "search_row"
    __table_args__ = (sa.UniqueConstraint("object_type", "object_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    object_type: Mapped[str] = mapped_column(sa.String(20))
    object_id: Mapped[int]
    state_id: Mapped[str | None] = mapped_column(sa.ForeignKey("state.id"))
    places: Mapped[str] = mapped_column(sa.String(60))
    reference: Mapped[str] = mapped_column(sa.String(60))
    title: Mapped[str] = mapped_column(sa.Text)
    text: Mapped[str] = mapped_column(sa.Text)


Wanted = Term | tuple[Term, ...]
EACH = Term(("@",), is_prefix=False)
"""Every record of a noun."""
_CLAUSE = sa.sql.visitors.InternalTraversal.dp_clauseelement

INDEX = sa.table("search_index", sa.column("rowid", sa.Integer), sa.column("words", sa.Text))


def row_id(noun: str, object_id: int) -> int:
    """The number of a record's search row."""
    return (object_id << BITS) | NOUNS[noun]


def object_ids() -> Any:
    """The records' ids of hits in the index."""
    return INDEX.c.rowid.op(">>", return_type=sa.Integer())(BITS)


class _Question(sa.types.TypeDecorator[tuple[str, Sequence[Wanted]]]):
    """A noun and what is wanted of its words, written in the language of the database's index."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, Sequence[Wanted]] | None, dialect: Any) -> str:
        noun, wanted = value or ("", ())
        sign, clauses = str(NOUNS[noun]), [one if isinstance(one, tuple) else (one,) for one in wanted or (EACH,)]
        return _fts(sign, clauses) if dialect.name == "sqlite" else _tsquery(sign, clauses)


class Matching(sa.ColumnElement[bool]):
    """The index holds all that is wanted of a record of this noun, and of each tuple one; of nothing, each record.

    With a name instead, what is wanted is a parameter of the statement: the noun and what is wanted of it.
    ``is_unseen`` keeps PostgreSQL from planning for it: the index is read, whatever is wanted, where the table might be
    for words that many rows hold, and the statement is planned once. All rows that hold them are then met in the index
    (6 ms for each hundred thousand), also where the first thousand would do.
    """

    inherit_cache = True
    _traverse_internals = [("question", _CLAUSE), ("is_unseen", sa.sql.visitors.InternalTraversal.dp_boolean)]
    type = sa.Boolean()
    _is_implicitly_boolean = True  # not to be compared with 1

    def __init__(self, noun: str, wanted: str | Sequence[Wanted], *, is_unseen: bool = False) -> None:
        self.is_unseen = is_unseen
        if isinstance(wanted, str):
            self.question: sa.BindParameter[Any] = sa.bindparam(wanted, type_=_Question)
        else:
            self.question = sa.literal((noun, wanted), _Question)


@compiles(Matching)
def _by_tsquery(element: Matching, compiler: Any, **kwargs: Any) -> str:
    question = f"CAST({compiler.process(element.question, **kwargs)} AS tsquery)"
    return f"{_words(compiler)} @@ {f'(SELECT {question})' if element.is_unseen else question}"


@compiles(Matching, "sqlite")
def _by_fts(element: Matching, compiler: Any, **kwargs: Any) -> str:
    return f"{_words(compiler)} MATCH {compiler.process(element.question, **kwargs)}"


def _words(compiler: Any) -> str:
    return str(compiler.process(INDEX.c.words, include_table=True))


def within(part: str, term: Term) -> Term:
    """The term, looked for in one part of the records: ``reference`` or ``title``."""
    return Term(tuple(PARTS[part] + word for word in term.words), term.is_prefix)


def places(state: State | None) -> str:
    """Where a record belongs, as its row says it: the State and its regions."""
    return " ".join(_place(code) for code in (state.id, state.region_code, state.subregion_code)) if state else NOWHERE


def place_terms(codes: Iterable[str]) -> tuple[Term, ...]:
    """The records of these States or regions, and those that belong to no State."""
    return tuple(Term((word,), is_prefix=False) for word in [NOWHERE, *map(_place, sorted(codes))])


def _place(code: str) -> str:
    return f"#{code.lower()}"


ALL_WORDS = SearchRow.reference + f" {BREAK} " + SearchRow.title + f" {BREAK} " + SearchRow.text


def holding(term: Term) -> sa.ColumnElement[bool]:
    """The search row holds the term: the same question, asked of the words of one row that is known already."""
    return (" " + ALL_WORDS + " ").like(pattern(term))


def pattern(term: Term) -> str:
    """What the words of a row that holds the term are like, with a blank before and after them."""
    return f"% {term.text}%" if term.is_prefix else f"% {term.text} %"


# Words are letters and digits, and marks: nothing in them needs to be quoted from the syntax of either index.


def _fts(sign: str, clauses: list[tuple[Term, ...]]) -> str:
    return " AND ".join(f"({' OR '.join([_fts_term(sign, term) for term in clause])})" for clause in clauses)


def _fts_term(sign: str, term: Term) -> str:
    return f'"{sign}{f" {sign}".join(term.words)}"' + (" *" if term.is_prefix else "")


def _tsquery(sign: str, clauses: list[tuple[Term, ...]]) -> str:
    return " & ".join(f"({' | '.join([_tsquery_term(sign, term) for term in clause])})" for clause in clauses)


def _tsquery_term(sign: str, term: Term) -> str:
    return " <-> ".join([f"'{sign}{word}'" for word in term.words]) + (":*" if term.is_prefix else "")


# The index itself


def install(connection: sa.Connection) -> None:
    """Make the index and its triggers where they are missing; without search rows there is nothing to index."""
    present = set(sa.inspect(connection).get_table_names())
    is_sqlite = connection.dialect.name == "sqlite"
    if "search_row" not in present:
        connection.exec_driver_sql("DROP TABLE IF EXISTS search_index")
        return
    for statement in _SQLITE if is_sqlite else _POSTGRESQL:
        connection.exec_driver_sql(statement)
    if "search_index" not in present:
        rebuild(connection)


def rebuild(connection: sa.Connection) -> None:
    """Index every search row anew."""
    is_sqlite = connection.dialect.name == "sqlite"
    for statement in _SQLITE_REBUILD if is_sqlite else _POSTGRESQL_REBUILD:
        connection.exec_driver_sql(statement)


def triggers() -> set[str]:
    """The triggers that must exist on a database at head."""
    return {"search_row_indexed", "search_row_indexed_anew", "search_row_no_more_indexed"}


def _indexed(row: str) -> str:
    """The text that is indexed of a row, in SQL that both databases read. Folded words have one blank between them."""
    words = (
        f"' @ ' || {row}places"
        f" || ' ^' || replace({row}reference, ' ', ' ^') || ' ~' || replace({row}title, ' ', ' ~')"
        f" || ' ' || {row}reference || ' {BREAK} ' || {row}title || ' {BREAK} ' || {row}text"
    )
    return f"replace({words}, ' ', ' ' || ({row}id & {(1 << BITS) - 1}))"


_ADD = f"INSERT INTO search_index (rowid, words) VALUES (NEW.id, {_indexed('NEW.')});"  # noqa: S608  # our own names
_TAKE = (
    "INSERT INTO search_index (search_index, rowid, words)"  # noqa: S608  # our own names
    f" VALUES ('delete', OLD.id, {_indexed('OLD.')});"
)

_SQLITE = [
    "CREATE VIRTUAL TABLE IF NOT EXISTS search_index USING"
    """ fts5(words, content='', columnsize=0, prefix='4', tokenize="ascii tokenchars '@#^~'")""",
    "DROP TRIGGER IF EXISTS search_row_indexed",
    f"CREATE TRIGGER search_row_indexed AFTER INSERT ON search_row BEGIN {_ADD} END",
    "DROP TRIGGER IF EXISTS search_row_indexed_anew",
    f"CREATE TRIGGER search_row_indexed_anew AFTER UPDATE ON search_row BEGIN {_TAKE} {_ADD} END",
    "DROP TRIGGER IF EXISTS search_row_no_more_indexed",
    f"CREATE TRIGGER search_row_no_more_indexed AFTER DELETE ON search_row BEGIN {_TAKE} END",
]
# Words are collected in memory before they are sorted into the index. With the usual mebibyte all that is there would
# be merged again and again; for this once it is 64 MB, by an option of FTS5 that its manual leaves out.
_SQLITE_REBUILD = [
    "INSERT INTO search_index (search_index) VALUES ('delete-all')",
    "INSERT INTO search_index (search_index, rank) VALUES ('hashsize', 64000000)",
    f"INSERT INTO search_index (rowid, words) SELECT id, {_indexed('')} FROM search_row",  # noqa: S608  # our own names
    "INSERT INTO search_index (search_index) VALUES ('optimize')",
    "INSERT INTO search_index (search_index, rank) VALUES ('hashsize', 1048576)",
]

# Positions beyond the largest that a tsvector holds are all that one. "%%" is one "%": the driver reads placeholders.
_POSTGRESQL = [
    "CREATE TABLE IF NOT EXISTS search_index (rowid integer PRIMARY KEY, words tsvector NOT NULL)",
    "CREATE INDEX IF NOT EXISTS ix_search_index_words ON search_index USING gin (words)",
    """CREATE OR REPLACE FUNCTION tracker_words(words text) RETURNS tsvector LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(string_agg('''' || word || ''':' || least(number, 16383), ' ')::tsvector, ''::tsvector)
    FROM unnest(string_to_array(words, ' ')) WITH ORDINALITY AS split (word, number) WHERE word <> '' $$""",
    f"""CREATE OR REPLACE FUNCTION tracker_index() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP <> 'INSERT' THEN DELETE FROM search_index WHERE rowid = OLD.id; END IF;
      IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
      INSERT INTO search_index (rowid, words) VALUES (NEW.id, tracker_words({_indexed("NEW.")}));
      RETURN NEW;
    END $$""",  # noqa: S608  # our own names
    *(
        statement
        for name, act in (("indexed", "INSERT"), ("indexed_anew", "UPDATE"), ("no_more_indexed", "DELETE"))
        for statement in (
            f"DROP TRIGGER IF EXISTS search_row_{name} ON search_row",
            f"CREATE TRIGGER search_row_{name} AFTER {act} ON search_row FOR EACH ROW EXECUTE FUNCTION tracker_index()",
        )
    ),
]
_POSTGRESQL_REBUILD = [
    "DELETE FROM search_index",
    f"INSERT INTO search_index (rowid, words) SELECT id, tracker_words({_indexed('')}) FROM search_row",  # noqa: S608  # our own names
]
