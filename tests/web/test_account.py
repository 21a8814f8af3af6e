"""Signing in and out, and one's own account, as a browser sees it (R1-R5)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from passlib.totp import TOTP

from tests.factories import PASSWORD, AccountFactory
from tracker import clock, create_app
from tracker.extensions import db
from tracker.models import Account, Event, OutboxMail, Role, Scope, SignInSession
from tracker.services import accounts, factors, grants

NEW = "nine egrets under the bridge"


@pytest.fixture
def analyst(session: Any) -> Account:
    made: Account = AccountFactory()
    session.commit()
    return made


def log_in(client: FlaskClient, account: Account, password: str = PASSWORD) -> Any:
    return client.post("/login", data={"email": account.email, "password": password})


def code_for(secret: str) -> str:
    key = factors._totp().key(secret).base32_key
    return str(TOTP(key, format="base32").generate(time=int(clock.now().timestamp())).token)


def enrol(client: FlaskClient, account: Account) -> list[str]:
    """Set up a second factor in the browser; returns the recovery codes on the page."""
    client.get("/account/factor")
    row = db.session.scalars(sa.select(SignInSession).where(SignInSession.account_id == account.id)).first()
    assert row is not None
    page = client.post("/account/factor", data={"code": code_for(row.data["secret"]), "factor": PASSWORD})
    assert page.status_code == 200, page.text
    return re.findall(r"(?:[a-z2-9]{4}-){5}[a-z2-9]{4}", page.text)


def kinds() -> list[str]:
    return list(db.session.scalars(sa.select(Event.kind).order_by(Event.seq)))


def test_signing_in_and_out(client: FlaskClient, analyst: Account) -> None:
    assert "Sign in" in client.get("/login").text
    assert log_in(client, analyst).location == "/"
    page = client.get("/account")
    assert analyst.email in page.text and "Analyst" in page.text
    assert client.post("/logout").location == "/login?out=1"
    assert client.get("/account").status_code == 302
    assert kinds()[-2:] == ["account.signed_in", "account.signed_out"]


def test_whoever_signs_in_with_a_recovery_code_is_told_how_many_are_left(client: FlaskClient, analyst: Account) -> None:
    log_in(client, analyst)
    codes = enrol(client, analyst)
    left = "That recovery code is used up."
    for code, number in ((codes[0], factors.RECOVERY_CODES - 1), (codes[1], factors.RECOVERY_CODES - 2)):
        client.post("/logout")
        log_in(client, analyst)
        answer = client.post("/login/factor", data={"code": code})
        assert f"{left} {number} recovery codes are left." in client.get(answer.location).text
    client.post("/logout")
    log_in(client, analyst)
    with clock.at(clock.now() + timedelta(seconds=30)):
        answer = client.post("/login/factor", data={"code": code_for(analyst.tf_totp_secret)})
        assert left not in client.get(answer.location).text


def test_a_wrong_password_keeps_the_name_and_shows_no_password(client: FlaskClient, analyst: Account) -> None:
    page = log_in(client, analyst, "seven herons over the sea")
    assert page.status_code == 401
    assert f'value="{analyst.email}"' in page.text
    assert "seven herons" not in page.text
    assert kinds()[-1] == "account.sign_in_failed"


def test_known_and_unknown_names_look_the_same(client: FlaskClient, analyst: Account) -> None:
    unknown = client.post("/login", data={"email": "nobody@example.org", "password": "seven herons over the sea"})
    known = log_in(client, analyst, "seven herons over the sea")
    assert unknown.status_code == known.status_code

    def plain(page: Any, email: str) -> str:
        return re.sub(r'name="(?:csrf_token|request_key)"[^>]*|<bdi>[0-9a-f-]{36}</bdi>', "", page.text).replace(
            email, ""
        )

    assert plain(unknown, "nobody@example.org") == plain(known, analyst.email)


def test_known_and_unknown_names_take_as_long(own_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a hash as dear as in production: medians within 30 ms, at log-in and at reset.

    The processor's time is compared, which other work on the machine does not lengthen.
    """
    from passlib.context import CryptContext

    from tracker.services import passwords, sign_in
    from tracker.web.security import ARGON2

    dear = CryptContext(["argon2"], **{f"argon2__{name}": value for name, value in ARGON2.items()})
    monkeypatch.setattr(own_app.extensions["security"], "pwd_context", dear)
    monkeypatch.setattr(sign_in, "MOST", 1000)
    with own_app.app_context():
        AccountFactory(email="known@example.org", password=passwords.hashed(PASSWORD))
        db.session.commit()
    for path, fields in (("/login", {"password": "seven herons over the sea"}), ("/login/forgotten", {})):
        times: dict[str, list[float]] = {"known@example.org": [], "unknown@example.org": []}
        client = own_app.test_client()
        for _ in range(7):
            for email, taken in times.items():
                began = process_time()
                client.post(path, data={"email": email, **fields})
                taken.append(process_time() - began)
        known, unknown = (median(taken) for taken in times.values())
        assert abs(known - unknown) < 0.030, (path, known, unknown)


def test_the_throttle_answers_politely(client: FlaskClient, analyst: Account) -> None:
    for _ in range(10):
        log_in(client, analyst, "seven herons over the sea")
    page = client.post(
        "/login",
        data={"email": analyst.email, "password": PASSWORD},
        headers={"X-Forwarded-For": "198.51.100.9", "Forwarded": "for=198.51.100.9"},
    )
    assert page.status_code == 429
    assert 0 < int(page.headers["Retry-After"]) <= 300
    assert f'value="{analyst.email}"' in page.text
    assert kinds()[-1] == "account.sign_in_throttled"


def test_the_throttle_holds_on_other_pages_too(client: FlaskClient, analyst: Account) -> None:
    log_in(client, analyst)
    for _ in range(10):
        client.post("/account/password", data={"password": "seven herons over the sea", "new_password": NEW})
    page = client.post("/account/password", data={"password": PASSWORD, "new_password": NEW})
    assert page.status_code == 429
    assert int(page.headers["Retry-After"]) > 0
    assert NEW not in page.text and PASSWORD not in page.text


@pytest.mark.parametrize("given", ["", "\0", "‮", "x" * 100_000, "é" * 300, "a@b", "'"])
def test_no_name_or_password_breaks_it(client: FlaskClient, session: Any, given: str) -> None:
    assert client.post("/login", data={"email": given, "password": given or "x"}).status_code in (401, 422)
    assert client.post("/login/forgotten", data={"email": given}).status_code in (200, 422)


# The second factor


def test_setting_up_a_second_factor_and_signing_in_with_it(client: FlaskClient, app: Flask, analyst: Account) -> None:
    log_in(client, analyst)
    picture = client.get("/account/factor")
    assert "otpauth://totp/" in picture.text
    svg = client.get("/account/factor/code.svg")
    assert svg.mimetype == "image/svg+xml" and b"style=" not in svg.data and b"<script" not in svg.data
    codes = enrol(client, analyst)
    assert len(codes) == 10
    assert client.get("/account/factor/code.svg").status_code == 404
    assert not any("secret" in row.data for row in db.session.scalars(sa.select(SignInSession)))

    other = app.test_client()
    assert log_in(other, analyst).location == "/login/factor"
    assert other.get("/account").status_code == 302  # the password alone opens nothing
    assert other.post("/login/factor", data={"code": "000000"}).status_code == 401
    assert other.post("/login/factor", data={"code": codes[0]}).location == "/"
    assert other.get("/account").status_code == 200
    third = app.test_client()
    log_in(third, analyst)
    assert third.post("/login/factor", data={"code": codes[0]}).status_code == 401


def test_a_used_code_does_not_sign_in_again(client: FlaskClient, app: Flask, analyst: Account) -> None:
    log_in(client, analyst)
    enrol(client, analyst)
    code = code_for(analyst.tf_totp_secret or "")
    other = app.test_client()
    log_in(other, analyst)
    assert other.post("/login/factor", data={"code": code}).status_code == 401  # it set the factor up


def test_the_second_step_needs_the_first(client: FlaskClient, session: Any) -> None:
    assert client.get("/login/factor").location == "/login"
    assert client.post("/login/factor", data={"code": "000000"}).location == "/login"


def test_the_second_step_waits_ten_minutes(client: FlaskClient, app: Flask, analyst: Account) -> None:

    log_in(client, analyst)
    enrol(client, analyst)
    other = app.test_client()
    log_in(other, analyst)
    with clock.at(clock.now() + timedelta(minutes=11)):
        assert other.get("/login/factor").location == "/login"


def test_a_wrong_first_code_sets_nothing_up(client: FlaskClient, analyst: Account) -> None:
    log_in(client, analyst)
    client.get("/account/factor")
    page = client.post("/account/factor", data={"code": "000000", "factor": PASSWORD})
    assert page.status_code == 422 and not analyst.has_factor
    page = client.post("/account/factor", data={"code": "000000", "factor": "seven herons over the sea"})
    assert page.status_code == 422 and not analyst.has_factor


def test_removing_it_and_making_new_codes_asks_for_a_factor(client: FlaskClient, analyst: Account) -> None:
    log_in(client, analyst)
    codes = enrol(client, analyst)
    assert client.post("/account/factor/codes", data={"factor": "wrong"}).status_code == 422
    page = client.post("/account/factor/codes", data={"factor": PASSWORD})
    assert page.status_code == 200 and codes[0] not in page.text
    assert client.post("/account/factor/remove", data={"factor": "wrong"}).status_code == 422
    assert client.post("/account/factor/remove", data={"factor": PASSWORD}).status_code == 303
    db.session.refresh(analyst)
    assert not analyst.has_factor


@pytest.mark.parametrize("role", list(Role))
def test_reviewers_and_administrators_reach_nothing_before_they_have_one(
    client: FlaskClient, app: Flask, session: Any, monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    monkeypatch.setitem(app.config, "FACTOR_OWED", True)
    account = AccountFactory(role=role)
    session.commit()
    log_in(client, account)
    owes = role in (Role.REVIEWER, Role.ADMINISTRATOR)
    for path in ("/account", "/inbox", "/account/password", "/account/sessions"):
        answer = client.get(path)
        assert (answer.status_code, answer.location) == ((303, "/account/factor") if owes else (200, None))
    if owes:
        assert client.post("/inbox/read-all").location == "/account/factor"
        enrol(client, account)
        assert client.get("/account").status_code == 200
        assert client.post("/account/factor/remove", data={"factor": PASSWORD}).status_code == 403


def test_in_production_the_first_administrator_sets_it_up_first(own_app: Flask, tmp_path: Path) -> None:
    """On the real settings: the cookie bound to the host, HTTPS, and nothing but the second factor."""
    settings = replace(own_app.config["SETTINGS"], env="production", secret_key="q7Zr" + "vK2mXw9LpT4hNs8b" * 3)
    app = create_app(settings)
    app.test_client_class = own_app.test_client_class
    with app.app_context():
        account = accounts.create("first@example.org", "First Administrator", by=None, password=PASSWORD)
        grants.grant(account, Role.ADMINISTRATOR, Scope.ALL, by=None)
        db.session.commit()
    client = app.test_client(use_cookies=False)
    page = client.get("/login", base_url="https://localhost")
    value = page.headers["Set-Cookie"].split(";")[0]
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    answer = client.post(
        "/login",
        base_url="https://localhost",
        data={"email": "first@example.org", "password": PASSWORD},
        headers={"Cookie": value, "X-CSRFToken": token.group(1), "Referer": "https://localhost/login"},
        token=None,
    )
    assert answer.status_code == 303, answer.text
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/")) and "Domain" not in cookie
    for path in ("/inbox", "/account", "/admin/people"):
        sent = client.get(path, base_url="https://localhost", headers={"Cookie": cookie.split(";")[0]})
        assert sent.location == "/account/factor", path
    with app.app_context():
        db.engine.dispose()


# Passwords


def test_changing_the_password_keeps_this_browser_and_ends_the_others(
    client: FlaskClient, app: Flask, analyst: Account
) -> None:
    other = app.test_client()
    log_in(other, analyst)
    log_in(client, analyst)
    wrong = client.post("/account/password", data={"password": "seven herons", "new_password": NEW})
    assert wrong.status_code == 422
    short = client.post("/account/password", data={"password": PASSWORD, "new_password": "too short"})
    assert short.status_code == 422 and "at least 15" in short.text.lower()
    done = client.post("/account/password", data={"password": PASSWORD, "new_password": NEW})
    assert done.status_code == 303
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 302
    assert log_in(app.test_client(), analyst).status_code == 401
    assert log_in(app.test_client(), analyst, NEW).status_code == 303


def test_a_forgotten_password(client: FlaskClient, app: Flask, analyst: Account) -> None:
    log_in(client, analyst)
    enrol(client, analyst)
    other = app.test_client()
    known = other.post("/login/forgotten", data={"email": analyst.email})
    unknown = other.post("/login/forgotten", data={"email": "nobody@example.org"})
    assert known.status_code == unknown.status_code == 200
    assert re.sub(r"<bdi>.*?</bdi>", "", known.text) == re.sub(r"<bdi>.*?</bdi>", "", unknown.text)
    mail = db.session.scalars(sa.select(OutboxMail)).one()
    address = re.search(r"/login/new-password\?token=\S+", mail.body)
    assert address
    token = address.group().partition("=")[2]
    assert other.get(address.group()).status_code == 200
    weak = other.post("/login/new-password", data={"token": token, "new_password": "passwordpassword"})
    assert weak.status_code == 422
    done = other.post("/login/new-password", data={"token": token, "new_password": NEW})
    assert done.location == "/login?changed=1"
    assert client.get("/account").status_code == 302  # every session ended
    assert other.post("/login/new-password", data={"token": token, "new_password": NEW}).status_code == 410
    assert log_in(other, analyst, NEW).location == "/login/factor"  # the second factor stays


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "‮"])
def test_a_link_that_is_none(client: FlaskClient, session: Any, token: str) -> None:
    assert client.get("/login/new-password", query_string={"token": token}).status_code == 410


# Sessions and language


def test_one_sees_and_ends_ones_own_sessions(client: FlaskClient, app: Flask, analyst: Account) -> None:
    other = app.test_client()
    other.post(
        "/login",
        data={"email": analyst.email, "password": PASSWORD},
        headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
    )
    log_in(client, analyst)
    page = client.get("/account/sessions").text
    assert "Firefox on Linux" in page and "this session" in page
    ending = re.search(r'name="session" value="([0-9a-f]{64})"', page)
    assert ending
    assert client.post("/account/sessions/end", data={"session": ending.group(1)}).status_code == 303
    assert other.get("/account").status_code == 302
    assert client.get("/account").status_code == 200


def test_nobody_ends_anothers_session(client: FlaskClient, app: Flask, analyst: Account) -> None:
    stranger = AccountFactory()
    db.session.commit()
    other = app.test_client()
    log_in(other, stranger)
    theirs = db.session.scalars(sa.select(SignInSession.id).where(SignInSession.account_id == stranger.id)).one()
    log_in(client, analyst)
    assert client.post("/account/sessions/end", data={"session": theirs}).status_code == 404
    assert other.get("/account").status_code == 200


def test_ending_all_others(client: FlaskClient, app: Flask, analyst: Account) -> None:
    other = app.test_client()
    log_in(other, analyst)
    log_in(client, analyst)
    client.post("/account/sessions/end", data={"session": "others"})
    assert other.get("/account").status_code == 302
    assert client.get("/account").status_code == 200


def test_choosing_a_language(client: FlaskClient, analyst: Account) -> None:
    log_in(client, analyst)
    assert client.post("/account/language", data={"language": "ar-x-pseudo"}).status_code == 303
    assert 'dir="rtl"' in client.get("/account").text
    db.session.refresh(analyst)
    assert analyst.language == "ar-x-pseudo"
    client.post("/account/language", data={"language": "xx"})
    assert 'dir="rtl"' in client.get("/account").text


def test_the_language_of_trials_stands_at_the_foot_of_the_account_and_in_nobodys_menu(
    client: FlaskClient, analyst: Account
) -> None:
    log_in(client, analyst)
    page = client.get("/account").text
    menu, main = page[: page.index("<main")], page[page.index("<main") :]
    assert "Right to left" not in menu
    assert main.index("⟦Right to left⟧") > main.index("</aside>"), "below everything else"
    assert "Right to left" not in client.get("/inbox").text
    client.post("/account/language", data={"language": "ar-x-pseudo"})
    turned = client.get("/inbox").text
    assert '<span lang="en">English</span>' in turned, "the way back is on every page"
    assert "Right to left" not in client.get("/account").text, "nobody is led to where one is"


def test_whoever_turns_the_language_stays_where_they_are(client: FlaskClient, analyst: Account) -> None:
    log_in(client, analyst)
    client.post("/account/language", data={"language": "ar-x-pseudo"})
    page = client.get("/follow-ups?q=bill&open=1").text
    here = re.search(r'name="next" value="([^"]*)"', page[: page.index("<main")])
    assert here
    turned = client.post("/account/language", data={"language": "en", "next": unescape(here[1])})
    assert turned.location == "/follow-ups?q=bill&open=1", "with the filters that they had"


def test_production_offers_no_language_of_trials(app: Flask, client: FlaskClient, analyst: Account) -> None:
    log_in(client, analyst)
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(settings, env="production")
    try:
        assert "Right to left" not in client.get("/account").text
    finally:
        app.config["SETTINGS"] = settings


@pytest.mark.parametrize("extra", [{"active": "1"}, {"role": "administrator"}, {"fs_uniquifier": "x"}, {"id": "1"}])
def test_extra_fields_change_nothing(client: FlaskClient, analyst: Account, extra: dict[str, str]) -> None:
    log_in(client, analyst)
    before = (analyst.id, analyst.active, analyst.fs_uniquifier, len(analyst.grants))
    client.post("/account/language", data={"language": "en", **extra})
    client.post("/account/password", data={"password": "x", "new_password": "y", **extra})
    assert (analyst.id, analyst.active, analyst.fs_uniquifier, len(analyst.grants)) == before
