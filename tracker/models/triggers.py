"""Triggers that keep the past: the log and the seals are append-only, version rows may only be closed (R18).

Made anew after every migration, because a batch ALTER on SQLite drops a table's triggers without a word.
"""

from __future__ import annotations

import sqlalchemy as sa

from tracker.models import VERSION_TABLES

# The append-only tables, with the keys by which a row could be replaced.
APPEND_ONLY = {
    "event": [["seq"], ["prev"], ["hash"]],
    "seal": [["id"], ["object_type", "object_id", "number"], ["seal_sha256"]],
}


def install(connection: sa.Connection) -> None:
    """Create every trigger anew on the tables that exist."""
    present = set(sa.inspect(connection).get_table_names())
    statements = _sqlite(present) if connection.dialect.name == "sqlite" else _postgresql(present)
    for statement in statements:
        connection.exec_driver_sql(statement)


def names() -> set[str]:
    """The triggers that must exist on a database at head, for the test that says so."""
    tables = {*APPEND_ONLY, *(table.name for table in VERSION_TABLES.values())}
    return {f"{table}_no_{act}" for table in tables for act in ("update", "delete")}


def _sqlite(present: set[str]) -> list[str]:
    statements = []
    for table, keys in APPEND_ONLY.items():
        if table in present:
            statements += _sqlite_pair(table, "1") + _sqlite_no_replace(table, keys)
    for twin in VERSION_TABLES.values():
        if twin.name in present:
            others = [column.name for column in twin.columns if column.name != "to_event"]
            changed = " OR ".join(f'NEW."{name}" IS NOT OLD."{name}"' for name in others)
            keys = [[column.name for column in twin.primary_key]]
            statements += _sqlite_pair(twin.name, f"OLD.to_event IS NOT NULL OR {changed}")
            statements += _sqlite_no_replace(twin.name, keys)
    return statements


def _sqlite_no_replace(table: str, keys: list[list[str]]) -> list[str]:
    """INSERT OR REPLACE deletes without firing the trigger on deletion; so it must not find anything to replace."""
    matches = " OR ".join("(" + " AND ".join(f'"{name}" = NEW."{name}"' for name in key) + ")" for key in keys)
    there = f"EXISTS (SELECT 1 FROM {table} WHERE {matches})"  # noqa: S608  # names of our own tables
    return [
        f"DROP TRIGGER IF EXISTS {table}_no_replace",
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {there}"
        f" BEGIN SELECT RAISE(ABORT, '{table} keeps the past and is never changed'); END",
    ]


def _sqlite_pair(table: str, when: str) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} keeps the past and is never changed'); END"
    return [
        f"DROP TRIGGER IF EXISTS {table}_no_update",
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} WHEN {when} {refuse}",
        f"DROP TRIGGER IF EXISTS {table}_no_delete",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
    ]


# "%%" is one "%": the driver reads placeholders.
_POSTGRESQL_FUNCTIONS = [
    """CREATE OR REPLACE FUNCTION tracker_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '%% keeps the past and is never changed', TG_TABLE_NAME; END $$""",
    """CREATE OR REPLACE FUNCTION tracker_close_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF OLD.to_event IS NOT NULL
         OR (to_jsonb(NEW) - 'to_event') IS DISTINCT FROM (to_jsonb(OLD) - 'to_event') THEN
        RAISE EXCEPTION '%% keeps the past and is never changed', TG_TABLE_NAME;
      END IF;
      RETURN NEW;
    END $$""",
]


def _postgresql(present: set[str]) -> list[str]:
    statements = list(_POSTGRESQL_FUNCTIONS)
    for table in APPEND_ONLY:
        if table in present:
            statements += _postgresql_pair(table, "tracker_refuse")
    for twin in VERSION_TABLES.values():
        if twin.name in present:
            statements += _postgresql_pair(twin.name, "tracker_close_only")
    return statements


def _postgresql_pair(table: str, on_update: str) -> list[str]:
    return [
        f"DROP TRIGGER IF EXISTS {table}_no_update ON {table}",
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {on_update}()",
        f"DROP TRIGGER IF EXISTS {table}_no_delete ON {table}",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION tracker_refuse()",
        f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION tracker_refuse()",
    ]
