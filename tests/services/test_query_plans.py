"""How the databases read what the pages ask: no list reads a whole table of records or sorts one.

Asked of real pages on generated data, because a plan is as good as the statement that is sent. Statistics are taken, as
in real use; PostgreSQL is told that reading a whole table is dear, as it is at size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any
from urllib.parse import parse_qs

import pytest
import sqlalchemy as sa
from flask import Flask
from psycopg.sql import Literal

from tests.client import COOKIE, begin_session
from tests.services.test_generate import emptied, quiet
from tracker import database, history
from tracker.extensions import db
from tracker.models import Account
from tracker.reports import listing
from tracker.reports.conclusions import CONCLUSIONS
from tracker.reports.followups import FOLLOWUPS
from tracker.reports.log import LOG
from tracker.reports.visits import VISITS
from tracker.sample import generate
from tracker.tape import AS_ASKED

MANY, SEED = 300, 11
BIG = ("followup", "conclusion", "event", "seal", "submission", "search_row", "assessment", "notification")

# Who asks, and the address. The rows of one State, visit, owner or record may be sorted: they are few.
LISTS = [
    ("reviewer", "/follow-ups"),
    ("reviewer", "/follow-ups?sort=-due"),
    ("reviewer", "/follow-ups?before=end"),
    ("reviewer", "/follow-ups?sort=updated"),
    ("reviewer", "/follow-ups?sort=updated&before=end"),
    ("analyst", "/follow-ups?sort=-due&before=end"),
    ("reviewer", "/follow-ups?sort=reference"),
    ("reviewer", "/follow-ups?state=PAK"),
    ("reviewer", "/follow-ups?overdue=1"),
    ("reviewer", "/follow-ups?workflow=signed_off"),
    ("reviewer", "/follow-ups?status=in_progress"),
    ("reviewer", "/follow-ups?position=accepts"),
    ("reviewer", "/follow-ups?reported=implemented"),
    ("reviewer", "/follow-ups?area=FIN-02"),
    ("reviewer", "/follow-ups?sealed=changed"),
    ("reviewer", "/follow-ups?state=PAK&status=in_progress&overdue=1"),
    ("analyst", "/follow-ups"),
    ("analyst", "/follow-ups?overdue=1"),
    ("analyst", "/follow-ups?owner=me"),
    ("reviewer", "/conclusions"),
    ("reviewer", "/conclusions?sort=visit"),
    ("reviewer", "/conclusions?before=end"),
    ("reviewer", "/conclusions?sort=updated"),
    ("reviewer", "/conclusions?workflow=signed_off&sort=workflow"),
    ("reviewer", "/visits"),
    ("reviewer", "/visits?stage=closed"),
    ("reviewer", "/review"),
    ("reviewer", "/review/extensions"),
    ("reviewer", "/inbox"),
    ("analyst", "/my-work/asked"),
    ("reviewer", "/follow-ups/EGY-F001"),
    ("reviewer", "/follow-ups/EGY-F001?category=sign_off"),
    ("auditor", "/audit"),
]


@pytest.fixture(scope="module")
def generated(database_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    app = emptied(database_server.create(), tmp_path_factory.mktemp("plans"))
    with app.app_context():
        generate.generate(MANY, SEED, quiet)
        database.analyse(db.engine)
        db.session.remove()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize(("who", "address"), LISTS, ids=[f"{who} {address}" for who, address in LISTS])
def test_a_list_reads_an_index(generated: Flask, who: str, address: str) -> None:
    faults = []
    for statement, parameters in asked(generated, who, address):
        plan = planned(generated, statement, parameters)
        faults += [f"{line}\n  in {statement[:300]}" for line in plan.splitlines() if is_dear(line)]
    assert faults == []


def test_words_that_many_rows_hold_are_met_in_the_order_of_the_list(
    generated: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_COUNTED", 5)
    rows, parameters = next(
        (statement, given)
        for statement, given in asked(generated, "reviewer", "/follow-ups?q=the")
        if "ORDER BY followup.current_due_last" in statement
    )
    plan = planned(generated, rows, parameters)
    assert [line for line in plan.splitlines() if is_dear(line)] == []
    assert "search_index" not in plan


# Each is narrowed by what an index finds, in an order that this index does not give.
ORDERED = [
    "/follow-ups?workflow=signed_off&sort=-updated",
    "/follow-ups?status=not_started&sort=reference",
    "/follow-ups?status=not_started&status=in_progress",
    "/follow-ups?workflow=draft&workflow=signed_off&status=not_started",
    "/follow-ups?area=FIN&sort=-due",
    "/follow-ups?owner=none&sort=updated",
    "/follow-ups?person=2",
    "/follow-ups?state=EGY&state=FRA&sort=-updated",
    "/follow-ups?q=the&status=not_started&sort=updated",
    "/conclusions?workflow=signed_off",
    "/conclusions?workflow=signed_off&sort=updated",
    "/conclusions?area=FIN&sort=reference",
]


@pytest.mark.parametrize("address", ORDERED)
def test_many_rows_are_met_in_the_order_of_the_list_and_are_the_same(
    generated: Flask, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    few = shown(generated, address)
    monkeypatch.setattr(listing, "MOST_COUNTED", 0)
    assert few == shown(generated, address) != []
    statements = [one for one in asked(generated, "reviewer", address) if "list_key" in one[0]]
    plans = [planned(generated, *one) for one in statements]
    assert [line for plan in plans for line in plan.splitlines() if is_dear(line)] == []


@pytest.mark.parametrize(
    "address",
    [
        "/follow-ups?plan=GEN-1&sort=-updated",
        "/follow-ups?plan=GEN-1&plan=GCTS&status=not_started",
        "/follow-ups?pillar=II&paragraph=1373-2(e)",
        "/follow-ups?pillar=GEN-1-II&state=EGY",
        "/conclusions?paragraph=1373-2(e)&paragraph=1373-1(a)",
    ],
)
def test_links_are_looked_up_or_met_with_the_same_rows_and_count(
    generated: Flask, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    looked_up = shown(generated, address), counted(generated, address)
    monkeypatch.setattr(listing, "MOST_LINKED", 0)
    monkeypatch.setattr(listing, "MOST_LINKED_TO_COUNT", 0)
    assert looked_up == (shown(generated, address), counted(generated, address))
    assert all(looked_up)


# The address; whether its rows and links pass for many; which indexes SQLite is not to choose; whether links are met.
INDEXES = [
    ("/follow-ups?workflow=signed_off", True, [], False),  # an index holds these by due date
    ("/follow-ups?workflow=signed_off&sort=updated", True, ["workflow"], False),
    ("/follow-ups?workflow=signed_off&sort=updated", False, [], False),
    ("/follow-ups?workflow=signed_off&workflow=draft", True, ["workflow"], False),
    ("/follow-ups?workflow=signed_off&workflow=draft", False, [], False),
    ("/follow-ups?person=2&state=EGY", False, ["owner_id", "drafted_by_id"], False),
    ("/follow-ups?workflow=signed_off&workflow=draft&status=overtaken", False, ["workflow"], False),
    ("/follow-ups?workflow=returned&status=not_started&status=not_assessed", False, ["assessed_status"], False),
    ("/follow-ups?plan=GEN-1", True, [], True),
    ("/follow-ups?plan=GEN-1", False, [], False),
    ("/follow-ups?paragraph=1373-2(e)", True, [], True),
]


@pytest.mark.parametrize(("address", "are_many", "unindexed", "is_met"), INDEXES)
def test_sqlite_is_told_which_index_to_read(
    generated: Flask, monkeypatch: pytest.MonkeyPatch, address: str, are_many: bool, unindexed: list[str], is_met: bool
) -> None:
    for limit in ("MOST_COUNTED", "MOST_LINKED") if are_many else ():
        monkeypatch.setattr(listing, limit, 0)
    rows = next(one for one, _given in asked(generated, "reviewer", address) if "list_key" in one)
    with generated.app_context():
        knows = db.engine.dialect.name == "postgresql"
    assert set(re.findall(r"\+followup\.(\w+)", rows)) == (set() if knows else set(unindexed))
    assert ("EXISTS (SELECT followup_" in rows) == (is_met and not knows)


def test_a_page_that_an_index_holds_in_order_is_not_counted_first(generated: Flask) -> None:
    statements = [one for one, _given in asked(generated, "reviewer", "/follow-ups?workflow=signed_off")]
    assert "list_key" in statements[0]


@pytest.mark.parametrize("limits", [{}, {"MOST_COUNTED": 0, "MOST_LINKED": 0, "MOST_LINKED_TO_COUNT": 0}])
@pytest.mark.parametrize("address", ["?status=not_started&sort=-updated", "?plan=GEN-1&plan=GCTS&size=25"])
def test_pages_go_on_and_the_file_holds_all_of_them(
    generated: Flask, monkeypatch: pytest.MonkeyPatch, address: str, limits: dict[str, int]
) -> None:
    for name, limit in limits.items():
        monkeypatch.setattr(listing, name, limit)
    with generated.app_context():
        args: dict[str, list[str]] | None = parse_qs(address.removeprefix("?"))
        whole = [row.reference for chunk in FOLLOWUPS.stream(args or {}) for row in chunk]
        found: list[str] = []
        while args is not None:
            page = FOLLOWUPS.page(args)
            found += [row.reference for row in page.rows]
            args = page.next_args
    assert found == whole
    assert len(found) > 25


# A value of each filter.
VALUES: dict[str, tuple[Any, dict[str, str]]] = {
    "follow-ups": (
        FOLLOWUPS,
        {
            "state": "EGY",
            "region": "002",
            "reference": "EGY-F0",
            "area": "FIN",
            "workflow": "signed_off",
            "status": "not_started",
            "reported": "implemented",
            "position": "accepts",
            "priority": "high",
            "owner": "none",
            "person": "a",
            "authority": "none",
            "visit": "EGY-2006-1",
            "conclusion": "EGY-2006-1-C01",
            "paragraph": "1373-2(e)",
            "measure": "any",
            "plan": "GEN-1",
            "pillar": "II",
            "counted": "1",
            "party": "GEN-1",
            "due-after": "2015",
            "due-before": "2015",
            "overdue": "1",
            "open": "1",
            "next-step": "none",
            "sealed": "changed",
            "q": "the",
        },
    ),
    "conclusions": (
        CONCLUSIONS,
        {
            "state": "EGY",
            "region": "002",
            "reference": "EGY-20",
            "area": "FIN",
            "kind": "shortfall",
            "workflow": "signed_off",
            "sealed": "signed",
            "visit": "EGY-2006-1",
            "paragraph": "1373-2(e)",
            "answered": "0",
            "drafter": "2",
            "q": "the",
        },
    ),
    "visits": (
        VISITS,
        {
            "state": "EGY",
            "region": "002",
            "reference": "EGY-20",
            "type": "comprehensive",
            "stage": "closed",
            "mode": "on_site",
            "sequence": "first",
            "area": "FIN",
            "year-from": "2010",
            "year-to": "2010",
            "tour": "1",
            "q": "the",
        },
    ),
    "log": (
        LOG,
        {
            "kind": "followup",
            "actor": "2",
            "state": "EGY",
            "object": "EGY-F001",
            "category": "change",
            "outcome": "done",
            "from": "2010",
            "to": "2010",
        },
    ),
}


@pytest.mark.parametrize("noun", VALUES)
def test_a_count_that_leaves_out_what_is_joined_is_that_of_the_rows(generated: Flask, noun: str) -> None:
    found, values = VALUES[noun]
    assert set(values) == set(found.filters), "each filter is tried"
    with generated.app_context():
        for one, other in product(values, repeat=2):
            asked = {"count": ["exact"], "size": ["25"]} | {name: [values[name]] for name in (one, other)}
            joined = replace(found, is_one_table=False)
            assert found.page(asked).count == joined.page(asked).count, asked
            assert not found.page(asked).problems


def counted(app: Flask, address: str) -> int:
    with app.app_context():
        noun, question = address.removeprefix("/").split("?")
        found = {"follow-ups": FOLLOWUPS, "conclusions": CONCLUSIONS}[noun]
        return found.page(parse_qs(question)).count


def shown(app: Flask, address: str) -> list[str]:
    """The references of the rows of a page, in their order."""
    page = visitor(app, "reviewer").get(address).get_data(as_text=True)
    return re.findall(r'<th[^>]*scope="row".*?href="/(?:follow-ups|conclusions)/([^"?]+)', page, re.DOTALL)


VERSIONS = ["followup", "submission", "measure_cell", "followup_area"]  # two of them known by two columns


@pytest.mark.parametrize("table", VERSIONS)
def test_a_change_reads_the_last_version_of_a_row_and_no_other(generated: Flask, table: str) -> None:
    faults = []
    for make in (history._open_row, history._closing):
        with generated.app_context():
            compiled = make(table).compile(db.engine, compile_kwargs={"render_postcompile": True})
        values = dict.fromkeys(compiled.params, 1)
        parameters = tuple(values[name] for name in compiled.positiontup) if compiled.positiontup else values
        plan = planned(generated, str(compiled), parameters)
        reads = next(line for line in plan.splitlines() if re.search(rf"(SEARCH|Scan.* on) {table}_version\b", line))
        named = plan if "Index Cond" in plan else reads
        faults += [plan] if not re.search(r"from_event = |from_event=\?", named) else []
    assert faults == []


def is_dear(line: str) -> bool:
    """Whether the line of a plan reads all rows of a big table, or puts rows in order that an index would give so."""
    whole = re.search(r"SCAN (\w+)(?! USING)|Seq Scan on (\w+)", line)
    if whole and (whole.group(1) or whole.group(2)) in BIG and " USING " not in line:
        return True
    return "TEMP B-TREE FOR ORDER BY" in line or re.match(r"[\s>-]*Sort  \(", line) is not None


def asked(app: Flask, who: str, address: str) -> list[tuple[str, Any]]:
    """The statements on records that the page sends, with their parameters."""
    browser = visitor(app, who)
    sent: list[tuple[str, Any]] = []
    with app.app_context():
        engine = db.engine

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if re.search(rf"FROM ({'|'.join(BIG)})\b", statement) and "sign_in_session" not in statement:
            sent.append((statement, parameters))

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        assert browser.get(address).status_code == 200
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    assert sent
    return sent


def visitor(app: Flask, who: str) -> Any:
    """A browser in which that account is signed in."""
    browser = app.test_client()
    with app.app_context():
        account = db.session.scalars(sa.select(Account).where(Account.email == f"{who}@example.org")).one()
        browser.set_cookie(COOKIE, begin_session(account))
        db.session.remove()
    return browser


def planned(app: Flask, statement: str, parameters: Any) -> str:
    with app.app_context(), db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            return "\n".join(row[3] for row in rows)
        for dear in ("enable_seqscan", "enable_bitmapscan", "enable_sort"):
            connection.exec_driver_sql(f"SET LOCAL {dear} = off")
        plan = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)]
        if AS_ASKED not in statement:
            plan += planned_for_all(connection.connection.cursor(), statement, parameters)
        return "\n".join(plan)


def planned_for_all(cursor: Any, statement: str, parameters: Any) -> list[str]:
    """How PostgreSQL reads what it has planned once, whatever values are given."""
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", statement)))
    numbered = re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", statement).replace("%%", "%")
    given = ", ".join(Literal(parameters[name]).as_string(cursor.connection) for name in names)
    cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    cursor.execute("PREPARE asked AS " + numbered)
    try:
        cursor.execute(f"EXPLAIN EXECUTE asked ({given})" if names else "EXPLAIN EXECUTE asked")
        return [row[0] for row in cursor.fetchall()]
    finally:
        cursor.execute("DEALLOCATE asked")
