"""Runs the migrations: on both databases, as the migration role, whole or not at all (R28, R42).

After each run the triggers are made anew (a batch ALTER on SQLite drops them without a word), the index of the words
is there and, on PostgreSQL, the application's role is granted what it needs and no more. Where a migration left no
search rows they are made from the records, once the tables are those of the program.
"""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import context
from flask import current_app
from sqlalchemy import event

from tracker.config import Settings, sqlite_file
from tracker.database import PartialDateType, UtcDateTime
from tracker.extensions import db
from tracker.models import VERSION_TABLES, Event, Followup, SearchRow, Visit, search, triggers
from tracker.services.search import rebuild

APPEND_ONLY = {"event": "SELECT, INSERT", "seal": "SELECT, INSERT", "alembic_version": "SELECT"}
EVERYTHING = "SELECT, INSERT, UPDATE, DELETE"


def run() -> None:
    """Upgrade or downgrade, then triggers, index and grants, in one transaction."""
    settings: Settings = current_app.config["SETTINGS"]
    engine = _engine(settings.migration_url)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.Model.metadata,
            render_as_batch=True,
            render_item=_render_item,
            transactional_ddl=True,
            compare_server_default=True,
            include_name=_is_ours,
        )
        with context.begin_transaction():
            context.run_migrations()
            _drop_versions_without_a_log(connection)
            triggers.install(connection)
            _install_index(connection)
            _grant(connection, settings)
            _check_foreign_keys(connection)
            is_wordless = _is_wordless(connection)
    engine.dispose()
    if is_wordless:  # one that is broken off here is made up for by the next run
        for _done in rebuild():
            db.session.commit()


def _engine(url: str) -> sa.Engine:
    """An engine of our own: SQLite rebuilds tables, which needs its foreign keys off until the end."""
    file = sqlite_file(url)
    if file is not None:
        _make_private(file)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _open_sqlite)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _make_private(file: Path) -> None:
    """A new database is readable by its owner alone (R40); its journal takes the same mode."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        file.touch(mode=0o600)


def _open_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we send BEGIN ourselves
    connection.execute("PRAGMA foreign_keys=OFF")
    connection.execute("PRAGMA busy_timeout=10000")
    connection.execute("PRAGMA journal_mode=WAL")


def _drop_versions_without_a_log(connection: sa.Connection) -> None:
    """Version rows outlive their table for the sake of the log; they go with it."""
    present = set(sa.inspect(connection).get_table_names())
    if Event.__tablename__ not in present:
        for table in present & {twin.name for twin in VERSION_TABLES.values()}:
            connection.exec_driver_sql(f"DROP TABLE {table}")


def _install_index(connection: sa.Connection) -> None:
    """The index of the words, on search rows that say what it holds: the first ones did not."""
    look = sa.inspect(connection)
    columns = look.get_columns(SearchRow.__tablename__) if look.has_table(SearchRow.__tablename__) else []
    if not columns or "places" in {column["name"] for column in columns}:
        search.install(connection)


def _is_wordless(connection: sa.Connection) -> bool:
    """Whether the tables are the program's, and there are records of which no search row tells."""
    if context.get_context().get_current_revision() != context.get_head_revision():
        return False
    words, *records = (connection.scalar(sa.select(model.id).limit(1)) for model in (SearchRow, Visit, Followup))
    return words is None and any(records)


def _check_foreign_keys(connection: sa.Connection) -> None:
    """With foreign keys off nothing refused an orphan while tables were rebuilt, so look for one now."""
    if connection.dialect.name == "sqlite":
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if orphans:
            raise RuntimeError(f"the migration leaves rows without their parents, the first in {orphans[0][0]}")


def _grant(connection: sa.Connection, settings: Settings) -> None:
    """Give the application's role the rows but none of the tables (R42)."""
    role = sa.make_url(settings.database_url).username
    if connection.dialect.name != "postgresql" or role in (None, sa.make_url(settings.migration_url).username):
        return
    quoted = connection.dialect.identifier_preparer.quote(str(role))
    for table in sa.inspect(connection).get_table_names():
        connection.exec_driver_sql(f'REVOKE ALL ON "{table}" FROM {quoted}')
        connection.exec_driver_sql(f'GRANT {APPEND_ONLY.get(table, EVERYTHING)} ON "{table}" TO {quoted}')
    connection.exec_driver_sql(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}")


def _is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Whether the models describe it: the index of the words is made by ``search.install``."""
    return kind != "table" or not (name or "").startswith("search_index")


def _render_item(kind: str, item: Any, _context: Any) -> str | bool:
    """Migrations name plain column types: ours may change long after they were written."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, PartialDateType):
        return "sa.String(length=10)"
    return False


run()
