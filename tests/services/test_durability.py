"""What was acknowledged is there after ``kill -9``, whole and once, and the next start serves at once (R23)."""

from __future__ import annotations

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from http.client import HTTPException
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import sqlalchemy as sa

from tests import databases, world
from tests.conftest import SECRET, settings_for
from tests.factories import PASSWORD
from tracker import create_app
from tracker.config import ROOT
from tracker.extensions import db
from tracker.models import Comment
from tracker.reports import audit

KILLS = 4
WRITERS = 4
SERVER = """
import sys
import waitress
from tracker import create_app
waitress.serve(create_app(), host="127.0.0.1", port=int(sys.argv[1]), threads=6, ident=None)
"""
TOKEN = re.compile(r'name="csrf_token"\s+value="([^"]+)"|name="csrf_token" value="([^"]+)"')


def test_acknowledged_writes_survive_kill_9(database_server: Any, shipped: databases.Place, tmp_path: Path) -> None:
    place = database_server.create(shipped)
    told, email = _tell(place, tmp_path)
    acknowledged: list[str] = []
    sent: list[str] = []
    browser = None
    for round_number in range(KILLS):
        port = _free_port()
        process = _serve(place, tmp_path, port)
        address = f"http://127.0.0.1:{port}"
        began = time.monotonic()
        _wait(f"{address}/readyz", process)
        assert time.monotonic() - began < 30
        browser = browser or _signed_in(address, email)  # later rounds: the session of the first survives
        stop = threading.Event()
        page = f"{address}/comments/visit/{told.names['visit']}"
        writers = [
            threading.Thread(target=_write, args=(browser, page, f"{round_number}.{writer}", acknowledged, sent, stop))
            for writer in range(WRITERS)
        ]
        before = len(acknowledged)
        for writer in writers:
            writer.start()
        while len(acknowledged) < before + 6 and time.monotonic() - began < 40:
            time.sleep(0.05)
        time.sleep(secrets.randbelow(200) / 1000)  # any moment will do
        process.send_signal(signal.SIGKILL)
        process.wait()
        stop.set()
        for writer in writers:
            writer.join(timeout=30)
        assert len(acknowledged) > before, "nothing was written before the kill"
    _look(place, tmp_path, acknowledged, sent)
    database_server.drop(place)


def _tell(place: databases.Place, folder: Path) -> tuple[world.World, str]:
    app = create_app(settings_for(place, folder))
    with app.app_context():
        people = world.cast()
        told = world.build(people)
        email = people.analyst.email
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return told, email


def _look(place: databases.Place, folder: Path, acknowledged: list[str], sent: list[str]) -> None:
    """Everything acknowledged is there once, nothing is there that was not sent, and the log verifies."""
    app = create_app(settings_for(place, folder))
    with app.app_context():
        written = list(db.session.scalars(sa.select(Comment.text).where(Comment.text.like("Remark %"))))
        assert sorted(set(written)) == sorted(written), "something stands there twice"
        assert set(acknowledged) <= set(written) <= set(sent)
        assert audit.verify().problem is None
        if not place.is_postgresql:
            assert db.session.scalar(sa.text("PRAGMA integrity_check")) == "ok"
        db.session.remove()
        db.engine.dispose()


def _serve(place: databases.Place, folder: Path, port: int) -> subprocess.Popen[bytes]:
    environ = {
        "PATH": os.environ["PATH"],
        "TRACKER_ENV": "test",
        "SECRET_KEY": SECRET,
        "TRACKER_INSTANCE": str(folder),
        "DATABASE_URL": place.url,
        "MIGRATION_DATABASE_URL": place.owner_url,
        "PYTHONPATH": str(ROOT),
    }
    with (folder / "served.log").open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-c", SERVER, str(port)], cwd=folder, env=environ, stdout=output, stderr=output
        )


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    for _try in range(300):
        assert process.poll() is None, "the server ended"
        try:
            build_opener().open(address, timeout=10).close()
            return
        except (URLError, OSError):
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


def _signed_in(address: str, email: str) -> OpenerDirector:
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    token = _token(browser, f"{address}/login")
    body = urlencode({"csrf_token": token, "email": email, "password": PASSWORD}).encode()
    with browser.open(f"{address}/login", body, timeout=20) as answer:
        assert "/login" not in answer.url
    return browser


def _token(browser: OpenerDirector, address: str) -> str:
    with browser.open(address, timeout=20) as answer:
        found = TOKEN.search(answer.read().decode())
    assert found is not None, address
    return found[1] or found[2]


def _write(
    browser: OpenerDirector, page: str, name: str, acknowledged: list[str], sent: list[str], stop: threading.Event
) -> None:
    """Comment after comment until the server is gone; what it answered counts."""
    try:
        token = _token(browser, page)
        for number in range(1000):
            if stop.is_set():
                return
            text = f"Remark {name}.{number}"
            sent.append(text)
            body = urlencode({"csrf_token": token, "comment-text": text}).encode()
            with browser.open(page, body, timeout=20) as answer:
                if answer.status == 200 and "/comments/" not in answer.url:
                    acknowledged.append(text)
    except HTTPError as error:
        error.close()
        if error.code < 500:
            raise
    except (URLError, OSError, HTTPException):
        return
