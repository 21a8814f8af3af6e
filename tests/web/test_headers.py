"""What every answer tells the browser (R35, R36, R37)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import databases
from tests.conftest import settings_for
from tracker import create_app
from tracker.extensions import db

ANSWERS = ["/healthz", "/login", "/", "/no/such/page", "/%00", "/?q=%ff"]


@pytest.mark.parametrize("address", ANSWERS)
def test_every_answer_carries_the_policy_errors_too(client: FlaskClient, address: str) -> None:
    headers = client.get(address).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "object-src": "'none'",
        "manifest-src": "'self'",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert "Server" not in headers


def test_a_file_of_the_look_may_be_kept(client: FlaskClient) -> None:
    page = client.get("/login").text
    address = next(part for part in page.split('"') if part.startswith("/assets/") and part.endswith(".css"))
    assert "immutable" in client.get(address).headers["Cache-Control"]


def test_a_missing_file_of_the_look_is_not_kept(client: FlaskClient) -> None:
    assert client.get("/assets/0/none.css").headers["Cache-Control"] == "no-store"


def test_each_request_has_an_id_of_its_own_whatever_it_claims(client: FlaskClient) -> None:
    ids = [client.get("/healthz", headers={"X-Request-Id": "mine"}).headers["X-Request-Id"] for _time in range(2)]
    assert ids[0] != ids[1]
    assert [uuid.UUID(found).version for found in ids] == [4, 4]


def test_only_production_asks_for_https_for_a_year(client: FlaskClient, production: FlaskClient) -> None:
    name = "Strict-Transport-Security"
    assert name not in client.get("/healthz").headers
    answer = production.get("/healthz", base_url="https://localhost")
    assert answer.headers[name] == "max-age=31536000; includeSubDomains"


def test_the_demo_answers_this_machine_alone(demo: FlaskClient) -> None:
    assert demo.get("/healthz").status_code == 200
    assert demo.get("/healthz", environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 403
    assert demo.get("/healthz", base_url="http://tracker.example.org").status_code == 400


@pytest.fixture
def production(database_server: Any, shipped: databases.Place, tmp_path: Path) -> Iterator[FlaskClient]:
    yield from _browser(database_server, shipped, tmp_path, "production")


@pytest.fixture
def demo(database_server: Any, shipped: databases.Place, tmp_path: Path) -> Iterator[FlaskClient]:
    yield from _browser(database_server, shipped, tmp_path, "demo")


def _browser(server: Any, shipped: databases.Place, folder: Path, env: str) -> Iterator[FlaskClient]:
    place = server.create(shipped)
    app: Flask = create_app(settings_for(place, folder, env=env, secret_key=uuid.uuid4().hex * 2))
    yield app.test_client()
    with app.app_context():
        db.engine.dispose()
    server.drop(place)
