"""One command from an empty folder to a running demo; the second start changes nothing (R26, R40)."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import sqlalchemy as sa

from tests.databases import Place
from tracker.config import ROOT
from tracker.database import Base

LONGEST_START = 120


def test_the_demo_starts_from_nothing_and_the_second_start_changes_no_data(
    database_server: Any, tmp_path: Path
) -> None:
    place = database_server.create()
    with _served(place, tmp_path) as (address, first):
        assert _get(f"{address}/readyz") == b"ok\n"
        assert b"E-mail address" in _get(f"{address}/login")
    password = (tmp_path / "demo-password").read_text()
    assert f"with the password: {password}" in first.read_text()
    assert "reviewer@example.org" in first.read_text()
    assert (tmp_path / "demo-secret").read_text() not in first.read_text()
    before = _rows(place)
    assert before["visit"] > 0
    began = time.monotonic()
    with _served(place, tmp_path) as (_address, second):
        assert time.monotonic() - began < 30
    assert f"with the password: {password}" in second.read_text()
    assert _rows(place) == before
    database_server.drop(place)


def test_the_demo_listens_on_this_machine_alone(database_server: Any, tmp_path: Path) -> None:
    for host in ("0.0.0.0", "192.0.2.1", "tracker.example.org"):  # noqa: S104  # what is refused
        ended = subprocess.run(
            [sys.executable, "-m", "flask", "serve", "--host", host],
            cwd=ROOT,
            env=_environ(Place("sqlite://", "sqlite://"), tmp_path),
            capture_output=True,
            text=True,
            timeout=LONGEST_START,
        )
        assert ended.returncode != 0
        assert "The demo serves this machine alone" in ended.stderr
        assert "Traceback" not in ended.stderr


@contextmanager
def _served(place: Place, folder: Path) -> Iterator[tuple[str, Path]]:
    """A running ``flask serve`` and what it printed; ends it as an operator would, and sees it end well."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = folder / f"said-{port}"
    with said.open("wb") as output:
        command = [sys.executable, "-m", "flask", "serve"]
        environ = _environ(place, folder) | {"PORT": str(port)}
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=output, stderr=subprocess.STDOUT)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(address, process, said)
        yield address, said
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()


def _environ(place: Place, folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "TRACKER_ENV": "demo",
        "TRACKER_INSTANCE": str(folder),
        "DATABASE_URL": place.url,
        "MIGRATION_DATABASE_URL": place.owner_url,
        "PYTHONUNBUFFERED": "1",
    }


def _wait(address: str, process: subprocess.Popen[bytes], said: Path) -> None:
    deadline = time.monotonic() + LONGEST_START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            _get(f"{address}/healthz")
            return
        except URLError:
            time.sleep(0.2)
    raise AssertionError(said.read_text())


def _get(address: str) -> bytes:
    with urlopen(address) as answer:  # noqa: S310  # an address of our own
        return bytes(answer.read())


def _rows(place: Place) -> dict[str, int]:
    """How many rows each table holds."""
    engine = sa.create_engine(place.url)
    with engine.connect() as connection:
        found = {
            table.name: int(connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0)
            for table in Base.metadata.sorted_tables
        }
    engine.dispose()
    return found
