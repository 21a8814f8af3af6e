"""R1: which passwords are refused, and how the others are kept."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from flask import Flask
from flask_babel import Babel
from passlib.context import CryptContext

from tracker.errors import Invalid
from tracker.services import passwords
from tracker.web.security import ARGON2


@pytest.fixture(autouse=True)
def bare_app() -> object:
    app = Flask(__name__)
    Babel(app)
    app.extensions["security"] = SimpleNamespace(
        pwd_context=CryptContext(["argon2"], argon2__time_cost=1, argon2__memory_cost=64, argon2__parallelism=1)
    )
    with app.app_context():
        yield app


@pytest.mark.parametrize(
    "password",
    [
        "x",
        "fourteen chars",
        "aaaaaaaaaaaaaaaaaaaaaaaa",
        "passwordpassword",
        "Password123456789",
        "P@ssw0rdP@ssw0rd!",
        "1373tracker1373tracker",
        "counter-terrorism committee",
        "resolution1373!!",
        "qwertyuiop1234567890",
        "analyst-asia-2026",
        "correct horse battery staple",
        "12345678901234567",
        "x" * 600 + "y" * 600,
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        passwords.check(password, name="Analyst Asia", email="analyst.asia@example.org")
    assert refused.value.field == "new_password"


@pytest.mark.parametrize(
    "password",
    [
        "seven herons over the estuary",
        "семь цапель над устьем",
        "七只苍鹭飞过河口然后又飞回来了啊",
        "سبعة طيور فوق مصب النهر",
        "z9-Kd0 qq7!vB2..m",
        "herons " * 20,
        "a91f3c-e07b52-d4486b",
    ],
)
def test_long_and_unusual_ones_are_taken(password: str) -> None:
    passwords.check(password, name="Analyst Asia", email="analyst.asia@example.org")


def test_a_password_is_the_same_from_every_keyboard() -> None:
    composed, decomposed = "sept hérons sur l’estuaire", "sept he\u0301rons sur l’estuaire"
    assert composed != decomposed
    assert passwords.is_right(decomposed, passwords.hashed(composed))


def test_all_of_a_long_password_counts() -> None:
    stored = passwords.hashed("herons and egrets " * 10 + "a")
    assert passwords.is_right("herons and egrets " * 10 + "a", stored)
    assert not passwords.is_right("herons and egrets " * 10 + "b", stored)


@pytest.mark.parametrize("given", ["", "\0", "\ud800", "x" * 100_000, "seven herons"])
def test_nothing_is_right_where_no_password_is_stored(given: str) -> None:
    assert not passwords.is_right(given, None)


def test_the_hash_is_argon2id_at_no_less_than_promised() -> None:
    assert ARGON2["type"] == "ID"
    assert ARGON2["memory_cost"] >= 19 * 1024
    assert ARGON2["time_cost"] >= 2
    assert passwords.hashed("seven herons").startswith("$argon2id$")


def test_the_decoy_costs_what_a_real_hash_costs() -> None:
    real, decoy = passwords.hashed("seven herons"), passwords._decoy()
    assert decoy.rsplit("$", 2)[0] == real.rsplit("$", 2)[0]
    assert not passwords.is_right("", None)


def test_a_hash_with_weaker_parameters_is_outdated() -> None:
    weaker = CryptContext(["argon2"], argon2__time_cost=1, argon2__memory_cost=8, argon2__parallelism=1)
    assert passwords.is_outdated(weaker.hash("seven herons"))
    assert not passwords.is_outdated(passwords.hashed("seven herons"))
