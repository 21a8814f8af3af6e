"""Load balancers ask without log-in and are told no detail (R38)."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tracker.web import health, startup


def test_the_process_answers(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_it_is_ready_at_head(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_it_is_not_ready_on_another_schema(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(startup, "head", lambda: "a later one")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "not ready\n")


def test_it_is_not_ready_on_a_full_disk(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LEAST_FREE", 2**62)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "not ready\n")
