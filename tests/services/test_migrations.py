"""Migrations go up and down with rows in the tables, end at the models, keep triggers, and give the application's
role no table of its own (R18, R28, R42)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from flask import Flask

from tests import factories
from tests.conftest import settings_for
from tests.databases import APPLICATION, OWNER, Place
from tracker import create_app
from tracker.config import ROOT
from tracker.database import Base
from tracker.extensions import db
from tracker.models import (
    Account,
    Event,
    Followup,
    Measure,
    Meeting,
    MeetingOutcome,
    OutcomeFollowup,
    OutcomeKind,
    Plan,
    Role,
    search,
    triggers,
)
from tracker.partial_date import PartialDate
from tracker.reports import area_pillars as pillars
from tracker.reports import audit
from tracker.reports.search import find
from tracker.services import area_pillars, meetings, reference

DELIVERED = Path(__file__).with_name("delivered.json")
"""Rows as the program wrote them that was delivered with the first migration alone: a visit, a conclusion in three
scripts, a follow-up that was signed off and changed since, another, and of the reference data what these refer to."""
NOUNS = ("visit", "conclusion", "followup", "measure")
FOUND = {
    "2006-1": ["PAK-2006-1", "PAK-2006-1-C1"],
    "恐怖主义": ["PAK-2006-1-C1"],
    "الارهاب": ["PAK-2006-1-C1"],
    "before parliament": [],  # so it was called when it was signed off
    "table the bill": ["PAK-F001"],
    "Lodz": ["PAK-F002"],
    "GCTS-I-1": ["GCTS-I-1"],
}
"""What is typed, and the records that are found in the order of the nouns."""


@pytest.fixture
def empty_place(database_server: Any) -> Iterator[Place]:
    """A database without a table."""
    place = database_server.create()
    yield place
    database_server.drop(place)


@pytest.fixture
def empty_app(empty_place: Place, tmp_path: Path) -> Iterator[Flask]:
    """An application on it, as its context."""
    app = create_app(settings_for(empty_place, tmp_path))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def owner_engine(empty_place: Place) -> Iterator[sa.Engine]:
    engine = sa.create_engine(empty_place.owner_url)
    yield engine
    engine.dispose()


def test_there_is_one_head(empty_app: Flask) -> None:
    assert len(_script().get_heads()) == 1


def test_migrations_end_at_the_models(empty_app: Flask, owner_engine: sa.Engine, database_server: Any) -> None:
    flask_migrate.upgrade()
    place = database_server.create()
    models = sa.create_engine(place.owner_url)
    Base.metadata.create_all(models)
    expected, found = _schema(models), _schema(owner_engine)
    models.dispose()
    found.pop("alembic_version")
    found = {name: table for name, table in found.items() if not name.startswith("search_index")}  # made by install
    assert found.keys() == expected.keys()
    for table, parts in expected.items():
        assert found[table] == parts, table


def test_a_fresh_autogenerate_finds_nothing(empty_app: Flask) -> None:
    flask_migrate.upgrade()
    flask_migrate.check()


def test_they_go_down_and_up_again_with_rows(empty_app: Flask, owner_engine: sa.Engine) -> None:
    flask_migrate.upgrade()
    _fill()
    db.session.remove()
    revisions = [script.revision for script in _script().walk_revisions()]
    for revision in [*revisions[1:], "base"]:
        flask_migrate.downgrade(revision=revision)
    assert set(sa.inspect(owner_engine).get_table_names()) <= {"alembic_version"}
    flask_migrate.upgrade()
    _fill()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Followup)) == 1


def test_what_recommendations_became_is_kept_down_and_up(empty_app: Flask, owner_engine: sa.Engine) -> None:
    flask_migrate.upgrade()
    first, second, off = (outcome.id for outcome in _recommendations(3))
    analyst = factories.AccountFactory(role=Role.ANALYST)
    followup = factories.FollowupFactory()
    meetings.become(db.session.get_one(MeetingOutcome, first), followup, by=analyst)
    by = factories.AccountFactory(role=Role.COORDINATOR)
    meetings.remove_outcome(db.session.get_one(MeetingOutcome, second), "Not adopted", by=by)
    db.session.commit()
    became = (first, "PAK", followup.id)
    for expected in ([(first, 1, became[2]), (second, 4, None), (off, 3, None)],) * 2:
        db.session.remove()
        flask_migrate.downgrade(revision="0002")
        with owner_engine.connect() as connection:
            there = connection.execute(sa.text("SELECT id, position, followup_id FROM meeting_outcome ORDER BY id"))
            assert [tuple(row) for row in there] == expected
        flask_migrate.upgrade()
        assert audit.verify(with_head=False).problem is None
        (link,) = db.session.scalars(sa.select(OutcomeFollowup))
        assert (link.outcome_id, link.state_id, link.followup_id) == became


def test_what_the_tables_before_cannot_hold_is_not_lost(empty_app: Flask) -> None:
    flask_migrate.upgrade()
    (recommendation,) = _recommendations(1)
    analyst = factories.AccountFactory(role=Role.ANALYST)
    for state_id in ("PAK", "IND"):
        meetings.become(recommendation, factories.FollowupFactory(state_id=state_id), by=analyst)
    db.session.commit()
    db.session.remove()
    with pytest.raises(SystemExit):  # the sentence is in what the command prints
        flask_migrate.downgrade(revision="0002")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(OutcomeFollowup)) == 2


def test_a_topic_is_not_lost_where_the_tables_before_know_none(empty_app: Flask) -> None:
    flask_migrate.upgrade()
    (recommendation,) = _recommendations(1)
    by = factories.AccountFactory(role=Role.COORDINATOR)
    topic = meetings.add_outcome(recommendation.meeting, OutcomeKind.TOPIC, "Countering financing", by=by)
    meetings.remove_outcome(topic, "Written twice", by=by)
    db.session.commit()
    db.session.remove()
    with pytest.raises(SystemExit):  # the sentence is in what the command prints
        flask_migrate.downgrade(revision="0003")
    kinds = sa.select(MeetingOutcome.kind).order_by(MeetingOutcome.id)
    assert list(db.session.scalars(kinds)) == [OutcomeKind.RECOMMENDATION, OutcomeKind.TOPIC]
    assert audit.verify(with_head=False).problem is None


def test_what_the_delivered_program_wrote_is_brought_on(
    empty_app: Flask, owner_engine: sa.Engine, database_server: Any
) -> None:
    _deliver(owner_engine)
    flask_migrate.upgrade()
    assert audit.verify(with_head=False).problem is None
    reference.load()
    db.session.commit()
    verdict = audit.verify(with_head=False)
    assert (verdict.problem, verdict.count > len(_delivered()["event"])) == (None, True)
    strategy = db.session.scalars(sa.select(Plan)).one()
    assert (strategy.code, len(strategy.measures), len(strategy.reviews)) == ("GCTS", 47, 8)
    assert _count(Event.kind == "plan.created") == 1
    fresh = database_server.create()
    Base.metadata.create_all(models := sa.create_engine(fresh.owner_url))
    expected, found = _schema(models), _schema(owner_engine)
    models.dispose()
    assert {table: found[table] for table in expected} == expected
    assert triggers.names() | search.triggers() <= _triggers(owner_engine)


def test_search_finds_what_the_delivered_program_wrote(empty_app: Flask, owner_engine: sa.Engine) -> None:
    _deliver(owner_engine)
    flask_migrate.upgrade()
    reference.load()
    analyst = factories.AccountFactory(role=Role.ANALYST, states=["PAK"])
    found = {q: [row.reference for part in find(q, analyst, NOUNS) for row in part.rows] for q in FOUND}
    assert found == FOUND


def test_an_index_as_it_was_is_made_anew(empty_app: Flask, owner_engine: sa.Engine) -> None:
    """At 0008 the words of all nouns stood in the index together, without the number of a noun before each."""
    flask_migrate.upgrade()
    _fill()
    analyst = factories.AccountFactory(role=Role.ANALYST, states=["PAK"])
    db.session.commit()
    (word, *_words) = db.session.scalars(sa.select(Followup.title)).one().split()
    analyst_id = analyst.id
    db.session.remove()
    flask_migrate.downgrade(revision="0008")
    with owner_engine.begin() as connection:
        if owner_engine.dialect.name == "sqlite":
            connection.execute(sa.text("INSERT INTO search_index (search_index) VALUES ('delete-all')"))
        else:
            connection.execute(sa.text("DELETE FROM search_index"))
    for expected in ([], ["followup"]):
        analyst = db.session.get_one(Account, analyst_id)
        assert [part.noun for part in find(word, analyst, ("followup",)) if part.rows] == expected
        db.session.remove()
        flask_migrate.upgrade()


def test_it_goes_back_to_the_delivered_tables_and_on_again(empty_app: Flask, owner_engine: sa.Engine) -> None:
    _deliver(owner_engine)
    for _time in range(2):
        flask_migrate.upgrade()
        reference.load()
        db.session.commit()
        assert audit.verify(with_head=False).problem is None
        db.session.remove()
        flask_migrate.downgrade(revision="0001")
        assert _words(owner_engine) == _words_delivered()
        assert set(_delivered()) <= set(sa.inspect(owner_engine).get_table_names())
    flask_migrate.upgrade()
    assert audit.verify(with_head=False).problem is None
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Plan)) == 0  # until the reference data is loaded
    assert _count(Event.kind == "plan.removed") == 2


def _written_plan() -> None:
    factories.PlanFactory()


def _held_meeting() -> None:
    factories.MeetingFactory()


def _linked_measure() -> None:
    factories.serve(factories.FollowupFactory(), db.session.scalars(sa.select(Measure).limit(1)).one())


def _edited_pillars() -> None:
    area_pillars.edit(list(pillars.pairs())[1:], by=factories.AccountFactory(role=Role.ADMINISTRATOR))


@pytest.mark.parametrize("write", [_written_plan, _held_meeting, _linked_measure, _edited_pillars])
def test_what_the_delivered_tables_cannot_hold_is_not_lost(
    empty_app: Flask, write: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    flask_migrate.upgrade()
    reference.load()
    write()
    db.session.commit()
    db.session.remove()
    flask_migrate.downgrade(revision="0002")
    with pytest.raises(SystemExit):
        flask_migrate.downgrade(revision="0001")
    assert "cannot hold: nothing was changed" in caplog.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Measure)) == 47


@pytest.mark.parametrize(("made", "said"), [("0002", "0001"), ("0003", "0002")])
def test_a_database_from_between_two_deliveries_is_refused_in_a_sentence(
    empty_app: Flask, made: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    flask_migrate.upgrade(revision=made)
    flask_migrate.stamp(revision=said)
    with pytest.raises(SystemExit):
        flask_migrate.upgrade()
    assert "made between two deliveries" in caplog.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Meeting)) == 0


def test_the_triggers_are_there_after_an_upgrade_and_after_the_next(empty_app: Flask, owner_engine: sa.Engine) -> None:
    for _time in range(2):
        flask_migrate.upgrade()
        assert triggers.names() <= _triggers(owner_engine)


def test_a_new_database_is_readable_by_its_owner_alone(empty_app: Flask, empty_place: Place) -> None:
    if empty_place.is_postgresql:
        return  # who may connect is PostgreSQL's own matter
    flask_migrate.upgrade()
    file = Path(str(sa.make_url(empty_place.url).database))
    assert file.stat().st_mode & 0o077 == 0


def test_the_applications_role_owns_nothing(empty_app: Flask, empty_place: Place, owner_engine: sa.Engine) -> None:
    if not empty_place.is_postgresql:
        return  # SQLite knows no roles
    flask_migrate.upgrade()
    with owner_engine.connect() as connection:
        owners = connection.execute(sa.text("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"))
        assert owners.scalars().all() == [OWNER]
        role = sa.text(
            "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolinherit FROM pg_roles WHERE rolname = :r"
        )
        assert not any(connection.execute(role, {"r": APPLICATION}).one())


def test_the_applications_role_may_only_add_to_the_log_and_the_seals(empty_app: Flask) -> None:
    if db.engine.dialect.name != "postgresql":
        return  # there the triggers alone refuse
    flask_migrate.upgrade()
    for table in triggers.APPEND_ONLY:
        for act in ("UPDATE {} SET state_id = NULL", "DELETE FROM {}", "TRUNCATE {}", "DROP TABLE {}"):
            with pytest.raises(sa.exc.ProgrammingError, match=r"permission denied|must be owner"):
                db.session.execute(sa.text(act.format(table)))
            db.session.rollback()


def _fill() -> None:
    """The reference data and a record of each kind."""
    reference.load()
    db.session.commit()
    factories.AccountFactory(role=Role.ANALYST, states=["PAK"])
    factories.AuthorityFactory()
    factories.ConclusionFactory()
    factories.FollowupFactory()
    db.session.commit()


def _delivered() -> dict[str, Any]:
    """Table → its columns and rows."""
    return dict(json.loads(DELIVERED.read_text(encoding="utf-8")))


def _deliver(engine: sa.Engine) -> None:
    """The delivered tables, with the delivered rows."""
    flask_migrate.upgrade(revision="0001")
    tables = sa.MetaData()
    tables.reflect(engine)
    with engine.begin() as connection:
        for table in tables.sorted_tables:
            if table.name in _delivered():
                connection.execute(sa.insert(table), _rows_of(table))
                _count_on(connection, table)


def _rows_of(table: sa.Table) -> list[dict[str, Any]]:
    part = _delivered()[table.name]
    return [
        {name: _typed(table.c[name], value) for name, value in zip(part["columns"], row, strict=True)}
        for row in part["rows"]
    ]


def _typed(column: sa.Column[Any], value: Any) -> Any:
    """The value that JSON can only tell as text or number."""
    if value is None:
        return None
    if isinstance(column.type, sa.DateTime):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    if isinstance(column.type, sa.Date):
        return date.fromisoformat(value)
    return bool(value) if isinstance(column.type, sa.Boolean) else value


def _count_on(connection: sa.Connection, table: sa.Table) -> None:
    """PostgreSQL numbers the next row after these."""
    if connection.dialect.name == "postgresql" and "id" in table.c and isinstance(table.c.id.type, sa.Integer):
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM {table.name}"
        )


def _words(engine: sa.Engine) -> list[tuple[Any, ...]]:
    """What the delivered program searches."""
    words = "SELECT object_type, object_id, state_id, reference, title, text FROM search_row ORDER BY 1, 2"
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(words))]


def _words_delivered() -> list[tuple[Any, ...]]:
    part = _delivered()["search_row"]
    names = ("object_type", "object_id", "state_id", "reference", "title", "text")
    return sorted(tuple(row[part["columns"].index(name)] for name in names) for row in part["rows"])


def _count(condition: Any) -> int:
    return int(db.session.scalar(sa.select(sa.func.count()).select_from(Event).where(condition)) or 0)


def _recommendations(count: int) -> list[MeetingOutcome]:
    """Recommendations of one meeting."""
    reference.load()
    by = factories.AccountFactory(role=Role.COORDINATOR)
    meeting = meetings.create(meetings.MeetingInput("Expert meeting", PartialDate(2011), source="A page"), by=by)
    words = [f"Keep register {number}" for number in range(count)]
    return [meetings.add_outcome(meeting, OutcomeKind.RECOMMENDATION, text, by=by) for text in words]


def _script() -> Any:
    return ScriptDirectory(str(ROOT / "migrations"))


def _triggers(engine: sa.Engine) -> set[str]:
    catalogue = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if engine.dialect.name == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with engine.connect() as connection:
        return set(connection.execute(sa.text(catalogue)).scalars())


def _schema(engine: sa.Engine) -> dict[str, Any]:
    """Everything that the database says of each table, in an order of its own."""
    look = sa.inspect(engine)
    return {
        table: {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], str(column["default"]))
                for column in look.get_columns(table)
            },
            "key": (look.get_pk_constraint(table)["name"], look.get_pk_constraint(table)["constrained_columns"]),
            "foreign": _sorted(
                look.get_foreign_keys(table), "name", "constrained_columns", "referred_table", "referred_columns"
            ),
            "unique": _sorted(look.get_unique_constraints(table), "name", "column_names"),
            "checks": _sorted(look.get_check_constraints(table), "name", "sqltext"),
            "indexes": _sorted(look.get_indexes(table), "name", "column_names", "unique"),
        }
        for table in look.get_table_names()
    }


def _sorted(things: Any, *parts: str) -> list[tuple[str, ...]]:
    return sorted(tuple(str(thing.get(part)) for part in parts) for thing in things)
