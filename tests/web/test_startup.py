"""Production refuses debug, a schema that is behind and a database with the sample; commands meet any (R28, R40)."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests import databases
from tests.conftest import settings_for
from tracker import create_app
from tracker.config import ROOT, Settings
from tracker.errors import RefusedToStart
from tracker.extensions import db
from tracker.models import Mark


@pytest.fixture
def production(database_server: Any, shipped: databases.Place, tmp_path: Path) -> Settings:
    """Settings of a production whose database is as it should be."""
    place = database_server.create(shipped)
    return settings_for(place, tmp_path, env="production", secret_key=secrets.token_hex(32))


def test_production_starts_on_a_database_at_head(production: Settings) -> None:
    app = create_app(production)
    answer = app.test_client().get("/readyz", base_url="https://localhost")
    assert answer.status_code == 200
    _close(app)


def test_production_refuses_debug(production: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    with pytest.raises(RefusedToStart, match="Debug is on"):
        create_app(production)


def test_production_refuses_a_schema_that_is_behind(database_server: Any, production: Settings) -> None:
    empty = database_server.create()
    with pytest.raises(RefusedToStart, match="Run: flask db upgrade"):
        create_app(replace(production, database_url=empty.url, migration_url=empty.owner_url))


def test_production_refuses_the_sample(production: Settings) -> None:
    app = create_app(production)
    with app.app_context():
        db.session.add(Mark(name="sample", value="1"))
        db.session.commit()
    _close(app)
    with pytest.raises(RefusedToStart, match="holds the sample"):
        create_app(production)


def test_production_refuses_a_database_that_is_not_there(production: Settings) -> None:
    address = "postgresql+psycopg://nobody:hunter2@127.0.0.1:1/none"
    with pytest.raises(RefusedToStart, match="cannot be read") as refusal:
        create_app(replace(production, database_url=address))
    assert "hunter2" not in str(refusal.value)


def test_a_command_brings_the_schema_to_head_and_gunicorn_then_starts(database_server: Any, tmp_path: Path) -> None:
    place = database_server.create()
    environ = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": secrets.token_hex(32),
        "DATABASE_URL": place.url,
        "MIGRATION_DATABASE_URL": place.owner_url,
        "TRACKER_INSTANCE": str(tmp_path),
    }
    before = _run(["gunicorn", "--check-config", "wsgi:app"], environ)
    assert before.returncode != 0
    assert "The database is not at the program's schema. Run: flask db upgrade" in before.stderr
    assert _run(["flask", "db", "upgrade"], environ).returncode == 0
    after = _run(["gunicorn", "--check-config", "wsgi:app"], environ)
    assert after.returncode == 0, after.stderr


@pytest.mark.parametrize("command", [["audit", "verify"], ["serve"], ["db", "current"], ["--help"]])
def test_who_types_a_command_reads_one_sentence(tmp_path: Path, command: list[str]) -> None:
    environ = {"PATH": os.environ["PATH"], "TRACKER_INSTANCE": str(tmp_path)}
    ended = _run(["flask", *command], environ)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert ended.stderr.strip().startswith("Error: SECRET_KEY is not set.") and len(ended.stderr.splitlines()) == 1


def test_serve_says_in_one_sentence_that_the_schema_is_behind(database_server: Any, tmp_path: Path) -> None:
    place = database_server.create()
    environ = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": secrets.token_hex(32),
        "DATABASE_URL": place.url,
        "TRACKER_INSTANCE": str(tmp_path),
    }
    ended = _run(["flask", "serve", "--port", "1"], environ)
    assert ended.returncode == 1
    assert "Run: flask db upgrade" in ended.stderr and "Traceback" not in ended.stderr


def test_a_web_server_has_the_refusal_raised(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "TRACKER_INSTANCE": str(tmp_path)}
    ended = _run(["gunicorn", "--check-config", "wsgi:app"], environ)
    assert ended.returncode != 0
    assert "tracker.errors.RefusedToStart: SECRET_KEY is not set." in ended.stderr


def _run(command: list[str], environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120
    )


def _close(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
