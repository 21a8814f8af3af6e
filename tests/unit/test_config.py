"""Settings are read once, and production refuses what is unsafe with a sentence (R40)."""

from __future__ import annotations

import os
import secrets
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tracker import config
from tracker.errors import RefusedToStart

GOOD = secrets.token_hex(32)


def production(folder: Path, **environ: str) -> config.Settings:
    return config.read({"SECRET_KEY": GOOD, **environ}, instance=folder)


def test_forgetting_to_say_means_production(tmp_path: Path) -> None:
    assert config.read({}, instance=tmp_path).is_production


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"TRACKER_ENV": "staging"}, "TRACKER_ENV is 'staging'"),
        ({"TRACKER_TZ": "Mars/Olympus"}, "TRACKER_TZ"),
        ({"TRACKER_TZ": "/etc/passwd"}, "TRACKER_TZ"),
        ({"MAIL_PORT": "many"}, "MAIL_PORT"),
        ({"DATABASE_URL": "mysql://localhost/tracker"}, "SQLite or PostgreSQL"),
        ({"DATABASE_URL": "nonsense"}, "cannot be read"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(tmp_path: Path, environ: dict[str, str], sentence: str) -> None:
    with pytest.raises(RefusedToStart, match=sentence):
        config.read(environ, instance=tmp_path)


def test_an_address_that_cannot_be_read_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(RefusedToStart) as refusal:
        config.read({"DATABASE_URL": "nonsense:hunter2"}, instance=tmp_path)
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("spelling", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_usual_spelling_of_postgresql_means_psycopg(spelling: str) -> None:
    assert config.database_address(f"{spelling}://host/name") == "postgresql+psycopg://host/name"


@pytest.mark.parametrize(
    ("secret", "sentence"),
    [
        ("", "not set"),
        ("b7e1c0", "shorter"),
        ("a" * 40, "from an example"),
        ("please-change-me-please-change-me-please", "from an example"),
        ("this-is-the-secret-key-of-the-tracker-1373", "from an example"),
    ],
)
def test_production_refuses_a_missing_short_or_known_secret(tmp_path: Path, secret: str, sentence: str) -> None:
    with pytest.raises(RefusedToStart, match=sentence):
        config.check(replace(production(tmp_path), secret_key=secret))


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_production_refuses_a_database_that_others_can_read(tmp_path: Path, mode: int) -> None:
    settings = production(tmp_path)
    file = tmp_path / "tracker.sqlite3"
    file.touch(0o600)
    config.check(settings)
    file.chmod(mode)
    with pytest.raises(RefusedToStart, match="chmod 600"):
        config.check(settings)


def test_the_demo_makes_its_secret_and_password_once_for_its_owner_alone(tmp_path: Path) -> None:
    first, second = (config.read({"TRACKER_ENV": "demo"}, instance=tmp_path / "instance") for _time in range(2))
    assert (first.secret_key, first.demo_password) == (second.secret_key, second.demo_password)
    assert len(first.secret_key) >= config.SHORTEST_SECRET
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "instance").iterdir()}
    assert modes == {"demo-secret": 0o600, "demo-password": 0o600}


def test_a_demo_password_of_ones_own_is_kept_nowhere(tmp_path: Path) -> None:
    settings = config.read({"TRACKER_ENV": "demo", "TRACKER_DEMO_PASSWORD": "of my own"}, instance=tmp_path)
    assert settings.demo_password == "of my own"
    assert not (tmp_path / "demo-password").exists()


def test_gunicorn_ends_with_the_sentence_and_a_code(tmp_path: Path) -> None:
    """``sys.exit`` in a worker would start the next for ever: an exception ends the server."""
    environ = {"PATH": os.environ["PATH"], "TRACKER_INSTANCE": str(tmp_path), "SECRET_KEY": "short"}
    ended = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "wsgi:app"],
        cwd=config.ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode != 0
    assert "RefusedToStart: SECRET_KEY is shorter than 32 characters." in ended.stderr
