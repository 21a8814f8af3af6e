"""What the database must be like before production serves from it (R40)."""

from __future__ import annotations

from functools import cache

import click
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from tracker.config import ROOT
from tracker.errors import RefusedToStart
from tracker.extensions import db
from tracker.models import Mark

MIGRATIONS = ROOT / "migrations"


def check(app: Flask) -> None:
    """Raise RefusedToStart when production must not serve from this database.

    A command is let through: ``flask db upgrade`` is what brings a schema to head.
    """
    if app.config["SETTINGS"].is_production and click.get_current_context(silent=True) is None:
        with app.app_context():
            check_database()


def check_database() -> None:
    """Refuse a schema that is behind and a database that holds the sample."""
    try:
        if not is_at_head():
            raise RefusedToStart("The database is not at the program's schema. Run: flask db upgrade")
        if db.session.get(Mark, "sample") is not None:
            raise RefusedToStart("This database holds the sample. Give production a database of its own.")
    except SQLAlchemyError as error:
        raise RefusedToStart("The database cannot be read; look at DATABASE_URL.") from error
    finally:
        db.session.remove()


def is_at_head() -> bool:
    """Whether the last migration was run on the database."""
    with db.engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == {head()}


@cache
def head() -> str:
    """The last migration that ships with the program."""
    script = ScriptDirectory.from_config(_alembic())
    return str(script.get_current_head())


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
