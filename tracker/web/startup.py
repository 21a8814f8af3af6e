"""What must hold before production serves, beyond its settings: no debug, and a database fit for it (R40)."""

from __future__ import annotations

from functools import cache

import click
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from tracker import database
from tracker.config import ROOT, sqlite_file
from tracker.errors import RefusedToStart
from tracker.extensions import db
from tracker.models import Mark

MIGRATIONS = ROOT / "migrations"


def check(app: Flask) -> None:
    """Raise RefusedToStart when production must not serve so.

    A command may meet any database: ``flask db upgrade`` is what brings a schema to head.
    """
    if not app.config["SETTINGS"].is_production:
        return
    if app.debug:
        raise RefusedToStart("Debug is on, which shows the inside of the program to anyone: unset FLASK_DEBUG.")
    if click.get_current_context(silent=True) is None:
        with app.app_context():
            check_database()


def check_database() -> None:
    """Refuse a schema that is behind and a database that holds the sample."""
    try:
        if not is_at_head():
            raise RefusedToStart("The database is not at the program's schema. Run: flask db upgrade")
        if db.session.get(Mark, "sample") is not None:
            raise RefusedToStart("This database holds the sample. Give production a database of its own.")
        database.analyse(db.engine)
    except SQLAlchemyError as error:
        raise RefusedToStart("The database cannot be read; look at DATABASE_URL.") from error
    finally:
        db.session.remove()
        db.engine.dispose()  # a server that forks must not share a connection


def is_at_head() -> bool:
    """Whether the last migration was run on the database."""
    file = sqlite_file(current_app.config["SETTINGS"].database_url)
    if file is not None and not file.exists():  # to look would make it, readable by others
        return False
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
