"""The machine behind the lists, on a table of its own, and on a table of the tracker's for texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from werkzeug.datastructures import MultiDict

from tracker.database import Base, PartialDateType, UtcDateTime, choice, open_properly
from tracker.folding import fold
from tracker.models import Region, SearchRow, State, StateKind, search
from tracker.partial_date import PartialDate
from tracker.reports import listing, streams
from tracker.reports.filters import BadValue, asked, codes, day, each, flag, members, numbers, words
from tracker.reports.listing import Applied, Listing, Sort


class Level(StrEnum):
    HIGH = "high"
    LOW = "low"


class OwnBase(DeclarativeBase):
    pass


class Item(OwnBase):
    __tablename__ = "item"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    state_id: Mapped[str]
    level: Mapped[Level] = mapped_column(choice(Level, "level"))
    due: Mapped[date | None]
    happened: Mapped[PartialDate | None] = mapped_column(PartialDateType)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    rank: Mapped[int | None]


START = datetime(2026, 1, 1, 12, tzinfo=UTC)
STATES = ("PAK", "IRQ", "KAZ")
LAST = 137


def a_row(number: int) -> dict[str, Any]:
    """Ties, gaps and odd texts in every column."""
    return {
        "id": number,
        "title": f"Item ~ {number % 11} “é”",
        "state_id": STATES[number % 3],
        "level": Level.HIGH if number % 4 else Level.LOW,
        "due": None if number % 5 == 0 else date(2026, 1 + number % 7, 1 + number % 3),
        "happened": None if number % 6 == 0 else PartialDate(2000 + number % 4, number % 3 or None),
        "changed_at": START + timedelta(minutes=number % 13, microseconds=number % 2),
        "rank": None if number % 2 else number % 9 - 4,
    }


ROWS = [a_row(number) for number in range(1, LAST + 1)]

ITEMS = Listing(
    base=sa.select(Item.id, Item.title, Item.state_id, Item.level, Item.due),
    id_column=Item.id,
    filters={
        "state": codes(Item.state_id, lambda _wanted: STATES),
        "level": members(Item.level, Level),
        "id": numbers(Item.id),
        "due-before": day(Item.due, "<"),
        "due-after": day(Item.due, ">"),
        "changed-until": day(Item.changed_at, "<="),
        "changed-since": day(Item.changed_at, ">="),
        "late": flag(lambda: Item.due < date(2026, 4, 1)),
        "begins": each(lambda value: Item.title.startswith(value, autoescape=True)),
        "q": words("visit", Item.id),
    },
    sorts={
        "id": Sort(Item.id),
        "title": Sort(Item.title),
        "level": Sort(Item.level),
        "due": Sort(Item.due, is_nullable=True),
        "happened": Sort(Item.happened, is_nullable=True),
        "changed": Sort(Item.changed_at),
        "rank": Sort(Item.rank, is_nullable=True),
        "late": Sort(sa.case((Item.due < date(2026, 4, 1), "late"), else_="early")),
    },
    default_sort="due",
    is_one_table=True,
)


@pytest.fixture(scope="module")
def engine(database_server: Any) -> Iterator[sa.Engine]:
    place = database_server.create()
    engine = sa.create_engine(place.owner_url)
    open_properly(engine)
    OwnBase.metadata.create_all(engine)
    Base.metadata.create_all(engine, tables=[model.__table__ for model in (Region, State, SearchRow)])
    with engine.begin() as connection:
        search.install(connection)
        connection.execute(sa.insert(Region), {"code": "142", "name": "Asia"})
        pakistan = {"id": "PAK", "m49": "586", "kind": StateKind.MEMBER, "name": "Pakistan"}
        connection.execute(sa.insert(State), pakistan | {"region_code": "142", "subregion_code": "142"})
        connection.execute(sa.insert(Item), ROWS)
        for number in (1, 2, 3):
            title = ("Adopt the bill", "100 % of ports", "反恐怖主义 Résumé")[number - 1]
            connection.execute(
                sa.insert(SearchRow),
                {
                    "id": search.row_id("visit", number),
                    "object_type": "visit",
                    "object_id": number,
                    "state_id": "PAK",
                    "places": "#pak #142 #142",
                    "reference": fold(f"PAK-F{number:03}"),
                    "title": fold(title),
                    "text": fold("Customs and ports_at_sea" if number == 2 else ""),
                },
            )
    yield engine
    engine.dispose()
    database_server.drop(place)


@pytest.fixture
def session(engine: sa.Engine) -> Iterator[Session]:
    with Session(engine) as session:
        yield session


def expected(sort: str) -> list[int]:
    """The order written out in Python: rows without a key last, the id between equals."""
    keys = {"changed": "changed_at", "late": "due"}
    name = sort.removeprefix("-")

    def key(row: dict[str, Any]) -> Any:
        value = row[keys.get(name, name)]
        if name == "late":
            return "late" if value and value < date(2026, 4, 1) else "early"
        return value.value if isinstance(value, Level) else value

    down = sort.startswith("-")
    with_key = sorted(
        (row for row in ROWS if key(row) is not None), key=lambda row: (key(row), row["id"]), reverse=down
    )
    without_key = sorted((row for row in ROWS if key(row) is None), key=lambda row: row["id"], reverse=down)
    return [row["id"] for row in [*with_key, *without_key]]


SORTS = [sign + name for sign, name in product(("", "-"), ITEMS.sorts)]


@pytest.mark.parametrize("sort", SORTS)
def test_pages_lead_through_every_row_and_back(session: Session, sort: str) -> None:
    page = ITEMS.page({"sort": sort, "size": "25"}, on=session)
    seen, pages = [row.id for row in page.rows], [page]
    while page.next_args:
        page = ITEMS.page(page.next_args, on=session)
        seen += [row.id for row in page.rows]
        pages.append(page)
    assert seen == expected(sort)
    assert not any(page.problems for page in pages)
    for earlier in reversed(pages[:-1]):
        assert page.previous_args
        page = ITEMS.page(page.previous_args, on=session)
        assert [row.id for row in page.rows] == [row.id for row in earlier.rows]
        assert page.next_args
    assert page.previous_args is None


@pytest.mark.parametrize("sort", SORTS)
def test_a_page_leads_to_the_last_rows_at_once_and_these_lead_back(session: Session, sort: str) -> None:
    first = ITEMS.page({"sort": sort, "size": "25"}, on=session)
    last = ITEMS.page(first.last_args or {}, on=session)
    assert first.last_args == {"sort": [sort], "size": ["25"], "before": ["end"]}
    assert [row.id for row in last.rows] == expected(sort)[-25:]
    assert (last.next_args, last.last_args, last.first_args) == (None, None, first.args)
    before = ITEMS.page(last.previous_args or {}, on=session)
    assert [row.id for row in before.rows] == expected(sort)[-50:-25]
    assert before.last_args == first.last_args


@pytest.mark.parametrize("sort", SORTS)
def test_whoever_walks_back_from_the_last_page_ends_at_the_whole_first_one(session: Session, sort: str) -> None:
    page = ITEMS.page({"sort": sort, "size": "25", "before": "end"}, on=session)
    seen = [row.id for row in page.rows]
    while page.previous_args:
        page = ITEMS.page(page.previous_args, on=session)
        seen = [row.id for row in page.rows if row.id not in seen] + seen
        assert (len(page.rows), page.problems) == (25, [])
    assert seen == expected(sort)
    assert page.next_args and page.first_args is None


def test_a_list_of_one_page_leads_to_no_other(session: Session) -> None:
    for place in ({}, {"before": "end"}):
        page = ITEMS.page({"size": "100", "state": "PAK", **place}, on=session)
        assert [row.id for row in page.rows] == [one for one in expected("due") if a_row(one)["state_id"] == "PAK"]
        assert (page.first_args, page.previous_args, page.next_args, page.last_args) == (None,) * 4
        assert page.count == 45
        assert not page.problems


@pytest.mark.parametrize("sort", SORTS)
def test_a_stream_gives_the_same_rows_in_the_same_order(engine: sa.Engine, sort: str) -> None:
    chunks = list(ITEMS.stream({"sort": sort, "after": "7"}, engine=engine))
    assert [row.id for chunk in chunks for row in chunk] == expected(sort)


def test_a_stream_comes_in_chunks(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "FIRST_CHUNK", 20)
    monkeypatch.setattr(streams, "CHUNK", 50)
    assert [len(chunk) for chunk in ITEMS.stream({}, engine=engine)] == [20, 50, 50, 17]


def test_an_exact_count_leaves_out_the_tables_that_it_is_not_about(engine: sa.Engine, session: Session) -> None:
    wide = replace(ITEMS, base=ITEMS.base.outerjoin(State, State.id == Item.state_id))
    statements: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    assert wide.count({"state": "PAK"}, sa.true(), on=session) == ITEMS.count({"state": "PAK"}, on=session)
    assert wide.count({}, State.name == "Pakistan", on=session) == sum(row["state_id"] == "PAK" for row in ROWS)
    alone, _other, about_both = (statement for statement in statements if statement.startswith("SELECT"))
    assert ("JOIN" in alone, "JOIN" in about_both) == (False, True)


def test_so_does_the_count_of_a_page(engine: sa.Engine, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_COUNTED", 30)
    wide = replace(ITEMS, base=ITEMS.base.outerjoin(State, State.id == Item.state_id))
    statements: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    page = wide.page({"state": "PAK", "size": "25"}, sa.true(), on=session)
    assert (page.count, page.is_capped) == (30, True)
    assert wide.page({"size": "25"}, State.name == "Pakistan", on=session).is_capped
    counts = [statement for statement in statements if "count(*)" in statement]
    assert ["JOIN" in statement for statement in counts] == [False, True]


def test_the_first_chunk_of_a_stream_is_small(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "FIRST_CHUNK", 7)
    assert [len(chunk) for chunk in ITEMS.stream({}, engine=engine)] == [7, 130]
    assert list(ITEMS.stream({"id": "999"}, engine=engine)) == []


@pytest.mark.parametrize("sort", SORTS)
def test_a_stream_of_lines_gives_the_same_rows_in_the_same_order(engine: sa.Engine, sort: str) -> None:
    base = sa.select(Item.id, Item.title)
    chunks = list(ITEMS.stream({"sort": sort}, base=base, as_lines=True, engine=engine))
    assert [int(line.partition(b",")[0]) for chunk in chunks for (line,) in chunk] == expected(sort)


def test_a_stream_leaves_the_writers_alone(engine: sa.Engine) -> None:
    stream = ITEMS.stream({"level": "low"}, engine=engine)
    next(stream)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE item SET rank = rank WHERE id = 1"))
    list(stream)


def test_an_export_may_select_other_columns_of_the_same_rows(engine: sa.Engine) -> None:
    wide = sa.select(Item.id, sa.func.upper(Item.title).label("title"))
    chunks = list(ITEMS.stream({"id": "3"}, base=wide, engine=engine))
    assert [(row.id, row.title) for chunk in chunks for row in chunk] == [(3, "ITEM ~ 3 “é”")]


@pytest.mark.parametrize(
    ("args", "most"),
    [
        ({}, 2),
        ({"state": "PAK", "sort": "-due"}, 2),
        ({"size": "100", "count": "exact"}, 2),
        ({"q": "bill"}, 3),  # how many rows hold the words, those with a date, those without
        ({"q": "bill", "state": "PAK"}, 3),
    ],
)
def test_a_page_takes_two_statements_and_one_more_for_words(
    engine: sa.Engine, session: Session, args: dict[str, str], most: int
) -> None:
    statements: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    ITEMS.page(args, on=session)
    assert len([statement for statement in statements if statement.startswith("SELECT")]) <= most


def ids(session: Session, *args: tuple[str, str], **more: str) -> set[int]:
    page = ITEMS.page(MultiDict([*args, *more.items(), ("size", "100")]), on=session)
    assert not page.problems
    found = {row.id for row in page.rows}
    while page.next_args:
        page = ITEMS.page(page.next_args, on=session)
        found |= {row.id for row in page.rows}
    return found


def where(test: Any) -> set[int]:
    return {row["id"] for row in ROWS if test(row)}


def test_filters_narrow_the_list(session: Session) -> None:
    assert ids(session, state="pak") == where(lambda row: row["state_id"] == "PAK")
    assert ids(session, ("state", "PAK"), ("state", "IRQ")) == where(lambda row: row["state_id"] != "KAZ")
    assert ids(session, state="PAK", level="low") == where(lambda row: row["id"] % 12 == 0)
    assert ids(session, ("id", "3"), ("id", "5"), ("id", "2147483647")) == {3, 5}
    assert ids(session, ("begins", "Item ~ 2"), ("begins", "Item ~ 3")) == where(lambda row: row["id"] % 11 in (2, 3))


def test_days_are_compared_at_the_precision_given(session: Session) -> None:
    due = [row for row in ROWS if row["due"]]
    assert ids(session, **{"due-before": "2026-03-02"}) == {r["id"] for r in due if r["due"] < date(2026, 3, 2)}
    assert ids(session, **{"due-after": "2026-03"}) == {r["id"] for r in due if r["due"] > date(2026, 3, 31)}
    assert ids(session, **{"due-after": "2026"}) == set()
    assert ids(session, **{"changed-until": "2026-01-01"}) == where(lambda row: True)
    assert ids(session, **{"changed-since": "2026-01-02"}) == set()


def test_a_no_to_a_flag_gives_every_other_row(session: Session) -> None:
    late = where(lambda row: row["due"] and row["due"] < date(2026, 4, 1))
    assert ids(session, late="1") == late
    assert ids(session, late="no") == where(lambda row: True) - late


def test_the_scope_goes_before_every_filter(session: Session) -> None:
    page = ITEMS.page({"state": "IRQ"}, Item.state_id == "PAK", on=session)
    assert (page.rows, page.count) == ([], 0)


def test_words_are_looked_for_by_their_folded_form(session: Session) -> None:
    assert ids(session, q="ADOPT") == {1}
    assert ids(session, q="pak-f00 ports") == {2}
    assert ids(session, q="resume 恐怖") == {3}
    assert ids(session, q="adopt ports") == set()


def test_wildcards_in_words_mean_nothing(session: Session) -> None:
    assert ids(session, q="100 %") == {2}
    assert ids(session, q="s_at") == set()
    assert ids(session, q="ports_at") == {2}
    assert ids(session, q="a_opt") == set()
    assert [problem.name for problem in ITEMS.page({"q": "%"}, on=session).problems] == ["q"]


def test_empty_and_unknown_parameters_are_ignored(session: Session) -> None:
    page = ITEMS.page(MultiDict([("state", ""), ("level", "  "), ("nonsense", "1"), ("utm", "x")]), on=session)
    assert (page.count, page.args, page.problems) == (LAST, {}, [])


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("state", "ZZZ", "“ZZZ” is no code that is known here"),
        ("level", "urgent", "“urgent” is not one of: high, low"),
        ("level", "HIGH\x00", "The value holds a character that no text here can hold"),
        ("level", "\ud800", "The value holds a character that no text here can hold"),
        ("late", "maybe", "“maybe” is not one of: 1, yes, true, 0, no, false"),
        ("id", "9" * 26, "is no number that a record can have"),
        ("id", "٣", "is no number that a record can have"),
        ("id", "2147483648", "is no number that a record can have"),
        ("due-before", "2026-02-30", "“2026-02-30” is not a day that can be"),
        ("due-before", "0001-01-01", "is not a day that can be"),
        ("changed-until", "9999-12-31", "is not a day that can be"),
        ("q", "x" * 10_000, "The words to look for must be 500 characters or less; they have 10,000"),
        ("q", "a b c d e f g h i j k l m n o p q r s t u", "Look for 20 words or fewer"),
    ],
)
def test_a_value_that_makes_no_sense_matches_nothing_and_says_why(
    session: Session, name: str, value: str, said: str
) -> None:
    page = ITEMS.page({name: value}, on=session)
    assert (page.rows, page.count) == ([], 0)
    assert [problem.name for problem in page.problems] == [name]
    assert said in page.problems[0].message
    assert page.filters_applied == [Applied(name, value)]
    assert page.without(name) == {}


def test_too_many_values_are_refused(session: Session) -> None:
    page = ITEMS.page(MultiDict([("id", str(number)) for number in range(300)]), on=session)
    assert page.problems[0].message == "Choose 250 values or fewer"


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "~",
        "2026-02-30~1",
        "0001-01-01T00:00~1",
        "2026-01-01~",
        "2026-01-01~--1",
        "2026-01-01~" + "9" * 30,
        "2026-01-01~2147483648",
        "2026-01-01~9223372036854775808",
        "2026-01-01~٣",
        "';drop table item~1",
        "\x00~1",
        "9" * 5000,
    ],
)
@pytest.mark.parametrize("name", ["after", "before"])
def test_a_hostile_cursor_gives_the_first_page_and_says_so(session: Session, name: str, cursor: str) -> None:
    page = ITEMS.page({name: cursor}, on=session)
    assert [row.id for row in page.rows] == expected("due")[:50]
    assert [problem.name for problem in page.problems] == [name]
    assert page.previous_args is None


@given(
    sort=st.sampled_from(SORTS) | st.text(max_size=5),
    cursor=st.text(max_size=12) | st.builds("{}~{}".format, st.text(max_size=8) | st.integers(), st.integers()),
    name=st.sampled_from(["after", "before", "size", "count", "q", "state", "due-after", "late"]),
)
@settings(max_examples=300, deadline=None)
def test_nothing_in_an_address_raises(engine: sa.Engine, sort: str, cursor: str, name: str) -> None:
    with Session(engine) as session:
        ITEMS.page({"sort": sort, name: cursor}, on=session)


@pytest.mark.parametrize(
    ("sort", "cursor"),
    [
        ("rank", "9" * 19 + "~1"),
        ("rank", "2147483648~1"),
        ("rank", "x~1"),
        ("changed", "0001-01-01T00:00+23:59~1"),
        ("level", "urgent~1"),
        ("happened", "2026-13~1"),
        ("id", "3~3"),
        ("title", "3"),
        ("title", "\ud800~1"),
    ],
)
def test_a_cursor_of_another_order_is_none(session: Session, sort: str, cursor: str) -> None:
    page = ITEMS.page({"sort": sort, "after": cursor}, on=session)
    assert [problem.name for problem in page.problems] == ["after"]


def test_cursors_can_be_read(session: Session) -> None:
    assert ITEMS.page({"size": "25"}, on=session).next_args == {"size": ["25"], "after": ["2026-02-02~106"]}
    assert ITEMS.page({"after": "35"}, on=session).rows[0].id == 40


def test_an_unknown_order_is_the_usual_one_and_says_so(session: Session) -> None:
    page = ITEMS.page({"sort": "-password"}, on=session)
    assert page.sort == "due"
    assert page.problems[0].message.startswith("The list cannot be sorted by “-password”. It can by: id, title")
    assert page.args == {}


@pytest.mark.parametrize(("asked", "given_"), [("25", 25), ("26", 50), ("100", 100), ("9" * 30, 100), ("0", 25)])
def test_a_page_is_never_longer_than_its_cap(session: Session, asked: str, given_: int) -> None:
    assert len(ITEMS.page({"size": asked}, on=session).rows) == given_


def test_a_size_that_is_no_number_is_the_usual_one(session: Session) -> None:
    page = ITEMS.page({"size": "-5"}, on=session)
    assert (page.size, len(page.problems)) == (50, 1)


def test_counts_are_exact_up_to_the_cap_then_on_request(
    session: Session, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_COUNTED", 100)
    page = ITEMS.page({}, on=session)
    assert (page.count, page.is_capped) == (100, True)
    exact = ITEMS.page(page.exactly_counted(), on=session)
    assert (exact.count, exact.is_capped) == (LAST, False)
    assert ITEMS.count({"after": "3"}, on=session) == LAST
    assert ITEMS.page({"state": "PAK"}, on=session).count == 45


@pytest.mark.parametrize(("name", "place", "begin"), [("after", "999999", -25), ("before", "0001-01-01~1", 0)])
def test_a_place_that_no_row_is_beyond_shows_the_rows_at_that_end_and_says_so(
    session: Session, name: str, place: str, begin: int
) -> None:
    page = ITEMS.page({name: place, "state": "PAK", "size": "25"}, on=session)
    those = [one for one in expected("due") if a_row(one)["state_id"] == "PAK"]
    assert [row.id for row in page.rows] == those[begin:][:25]
    assert [problem.name for problem in page.problems] == [name]
    assert (page.previous_args is None, page.next_args is None) == (begin == 0, begin != 0)
    assert page.count == 45


def test_of_a_list_without_rows_no_place_is_missed(session: Session) -> None:
    page = ITEMS.page({"after": "5", "id": "999"}, on=session)
    assert (page.rows, page.problems, page.previous_args, page.next_args) == ([], [], None, None)


def test_rows_that_went_between_two_pages_shift_nothing(engine: sa.Engine) -> None:
    with Session(engine) as session:
        first = ITEMS.page({"sort": "id", "size": "25"}, on=session)
        session.execute(sa.delete(Item).where(Item.id.in_([3, 4])))
        assert ITEMS.page(first.next_args or {}, on=session).rows[0].id == 26
        session.rollback()


def test_tags_and_headers_lead_to_the_question_less_or_turned(session: Session) -> None:
    given_ = MultiDict([("state", "PAK"), ("state", "IRQ"), ("level", "low"), ("sort", "-due"), ("after", "10")])
    page = ITEMS.page(given_, on=session)
    assert page.filters_applied == [Applied("state", "PAK"), Applied("state", "IRQ"), Applied("level", "low")]
    assert page.without("state", "PAK") == {"state": ["IRQ"], "level": ["low"], "sort": ["-due"]}
    assert page.without("level") == {"state": ["PAK", "IRQ"], "sort": ["-due"]}
    assert page.sorted_by("due")["sort"] == ["due"]
    assert page.sorted_by("title")["sort"] == ["title"]
    assert (page.direction("due"), page.direction("title")) == ("descending", None)
    assert listing.address("/items", page.without("level")) == "/items?state=PAK&state=IRQ&sort=-due"
    assert listing.address("/items", {}) == "/items"


def plan_of(session: Session, engine: sa.Engine, statement: sa.Select[Any] | sa.CompoundSelect[Any]) -> str:
    """How the database would run it; PostgreSQL is told that reading a whole table is dear, as it is at size."""
    written = statement.compile(engine, compile_kwargs={"literal_binds": True})
    if engine.dialect.name == "sqlite":
        return "\n".join(row[3] for row in session.execute(sa.text(f"EXPLAIN QUERY PLAN {written}")))
    session.execute(sa.text("SET LOCAL enable_seqscan = off"))
    session.execute(sa.text("SET LOCAL enable_bitmapscan = off"))
    return "\n".join(row[0] for row in session.execute(sa.text(f"EXPLAIN {written}")))


def test_the_index_gives_the_order_in_both_directions(engine: sa.Engine, session: Session) -> None:
    session.execute(sa.text("CREATE INDEX ix_item_state_due ON item (state_id, due, id)"))
    for sort in ("due", "-due"):
        for after in ({}, {"after": "2026-03-02~12"}, {"before": "12"}):
            question = ITEMS.read({"state": "PAK", "sort": sort, **after})
            for leg in ITEMS._page_statements(question, None, None):
                plan = plan_of(session, engine, leg.limit(50))
                assert "ix_item_state_due" in plan
                assert not [word for word in ("TEMP B-TREE", "SCAN item", "Sort", "Seq Scan") if word in plan]
    session.rollback()


def test_a_text_that_is_too_long_is_a_bad_value() -> None:
    with pytest.raises(BadValue):
        asked(["x" * 501])
