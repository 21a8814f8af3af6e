"""The database that is measured: generated where there is none, or one that is given."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from tracker import config, create_app
from tracker.config import ROOT, Settings
from tracker.database import read_only
from tracker.errors import RefusedToStart
from tracker.extensions import db
from tracker.sample import load
from tracker.web import startup


@dataclass(frozen=True)
class Ground:
    """A database with its settings, as the environment of a server and as an application in this process."""

    folder: Path
    environ: Mapping[str, str]
    settings: Settings
    app: Flask


def prepare(folder: Path | None, database_url: str | None, followups: int, seed: int) -> Ground:
    """The database in ``folder`` or at ``database_url``; an empty one is filled with ``followups``.

    The product runs as the demo: production refuses generated data. Its secret, password and files are in the folder,
    unless the environment says otherwise for a database that is given.
    """
    folder = (folder or ROOT / "instance" / f"bench-{followups}").resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    environ = dict(os.environ) | {"TRACKER_ENV": "demo", "TRACKER_INSTANCE": str(folder)}
    if database_url:
        environ["DATABASE_URL"] = database_url
    else:
        for name in ("DATABASE_URL", "MIGRATION_DATABASE_URL", "TRACKER_DATA", "SECRET_KEY", "TRACKER_DEMO_PASSWORD"):
            environ.pop(name, None)
    settings = config.read(environ)
    app = create_app(settings)
    with app.app_context(), read_only():
        if not sa.inspect(db.engine).get_table_names():
            _flask(environ, "db", "upgrade")
        elif not startup.is_at_head():
            raise RefusedToStart("This database has another schema. Generate it anew, or run: flask db upgrade")
        is_empty, is_loaded = load.is_empty(), load.is_loaded()
        db.session.remove()
        db.engine.dispose()  # generating writes in a process of its own, and wants the database alone
        if is_empty:
            _flask(environ, "sample", "generate", "--follow-ups", str(followups), "--seed", str(seed))
        elif not is_loaded:
            raise RefusedToStart("This database holds no generated data: nobody could sign in to it.")
    return Ground(folder, environ, settings, app)


def _flask(environ: Mapping[str, str], *words: str) -> None:
    """A command of the product, its progress shown."""
    subprocess.run([sys.executable, "-m", "flask", *words], cwd=ROOT, env=dict(environ), check=True)
