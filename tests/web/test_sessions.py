"""R5, R6, R7: sessions on the server, their cookie, how they end, and what a form's text survives."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.client import COOKIE
from tests.factories import PASSWORD, AccountFactory
from tracker import clock
from tracker.extensions import db
from tracker.models import Account, Role, SignInSession
from tracker.services import accounts, grants
from tracker.services import sessions as session_rows
from tracker.web import security, sessions


@pytest.fixture
def analyst(session: Any) -> Account:
    made: Account = AccountFactory()
    session.commit()
    return made


def log_in(client: FlaskClient, account: Account, **more: Any) -> Any:
    return client.post("/login", data={"email": account.email, "password": PASSWORD}, **more)


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie(COOKIE)
    assert found is not None
    return str(found.value)


def rows() -> list[SignInSession]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(SignInSession)))


def test_the_cookie_is_opaque_and_the_table_holds_its_digest(client: FlaskClient, analyst: Account) -> None:
    answer = log_in(client, analyst)
    assert answer.status_code == 303
    header = answer.headers["Set-Cookie"]
    assert "HttpOnly" in header and "SameSite=Lax" in header and "Path=/" in header
    assert "Secure" not in header  # tests and demo, on loopback
    value = cookie(client)
    assert sessions.VALUE.fullmatch(value)
    assert [row.id for row in rows()] == [sessions.digest(value)]
    assert value not in str(rows()[0].data)


def test_in_production_the_cookie_is_bound_to_the_host(app: Flask) -> None:
    bare = Flask("bare")
    bare.config["SETTINGS"] = type("Production", (), {"is_production": True})()
    sessions.init_sessions(bare)
    assert bare.config["SESSION_COOKIE_NAME"] == "__Host-session"
    assert bare.config["SESSION_COOKIE_SECURE"] is True


def test_signing_in_gives_a_new_value(client: FlaskClient, analyst: Account) -> None:
    client.get("/login")
    before = cookie(client)
    log_in(client, analyst)
    assert cookie(client) != before
    again = cookie(client)
    log_in(client, analyst)
    assert cookie(client) != again
    client.set_cookie(COOKIE, again)
    assert client.get("/account").status_code == 302


def test_a_value_that_somebody_else_chose_is_never_signed_in(client: FlaskClient, analyst: Account) -> None:
    client.set_cookie(COOKIE, "A" * 43)
    log_in(client, analyst)
    assert cookie(client) != "A" * 43


def test_visitors_need_no_row(client: FlaskClient, session: Any) -> None:
    for _ in range(3):
        client.get("/login")
        client.get("/account")
    assert rows() == []


def test_the_form_of_a_visitor_carries_a_token_of_their_own(app: Flask, analyst: Account) -> None:
    one, other = app.test_client(), app.test_client()
    one.get("/login")
    other.get("/login")
    data = {"email": analyst.email, "password": PASSWORD}
    assert one.post("/login", data=data, token=other.form_token()).status_code == 400
    assert one.post("/login", data=data, token=None).status_code == 400
    assert one.post("/login", data=data, token="x").status_code == 400
    assert one.post("/login", data=data).status_code == 303


def test_signing_out_ends_it_on_the_server(client: FlaskClient, analyst: Account) -> None:
    log_in(client, analyst)
    value = cookie(client)
    answer = client.post("/logout")
    assert answer.status_code == 303
    assert "cache" in answer.headers["Clear-Site-Data"]
    assert client.get_cookie(COOKIE) is None
    client.set_cookie(COOKIE, value)
    assert client.get("/account").status_code == 302
    assert rows()[0].ended_at is not None and rows()[0].data == {}


def test_half_an_hour_without_use_ends_it(sign_in: Any, analyst: Account) -> None:
    client = sign_in(analyst)
    now = clock.now()
    with clock.at(now + timedelta(minutes=29)):
        assert client.get("/account").status_code == 200
    with clock.at(now + timedelta(minutes=58)):
        assert client.get("/account").status_code == 200
    with clock.at(now + timedelta(minutes=89)):
        assert client.get("/account").status_code == 302


def test_twelve_hours_end_it_whatever_happens(sign_in: Any, analyst: Account) -> None:
    client = sign_in(analyst)
    now = clock.now()
    for quarter in range(1, 48):
        with clock.at(now + timedelta(minutes=15 * quarter)):
            assert client.get("/account").status_code == 200
    with clock.at(now + timedelta(hours=12, minutes=1)):
        assert client.get("/account").status_code == 302


def test_last_use_is_written_once_a_minute_at_most(sign_in: Any, analyst: Account) -> None:
    client = sign_in(analyst)
    began = rows()[0].last_seen_at
    with clock.at(began + timedelta(seconds=59)):
        client.get("/account")
    assert rows()[0].last_seen_at == began
    with clock.at(began + timedelta(seconds=61)):
        client.get("/account")
    assert rows()[0].last_seen_at == began + timedelta(seconds=61)


REASONS = {
    "disable": "an administrator disabled your account",
    "password": "your password was changed",
    "grant": "your roles were changed",
    "revoke": "your roles were changed",
    "factor": "your second factor was changed",
    "elsewhere": "you ended it from another one",
}


def end_by(act: str, account: Account) -> None:
    if act == "disable":
        accounts.disable(account, by=None)
    elif act == "password":
        accounts.reset_password(account, "nine egrets under the bridge")
    elif act == "grant":
        grants.grant(account, Role.AUDITOR, account.grants[0].scope, by=None)
    elif act == "revoke":
        grants.revoke(account.grants[0], by=None)
    elif act == "factor":
        accounts.reset_factor(account, by=None)
    else:
        session_rows.end_others(account, None)
    db.session.commit()


@pytest.mark.parametrize("act", REASONS)
def test_a_change_of_rights_or_password_ends_it_and_says_why(
    sign_in: Any, app: Flask, analyst: Account, act: str
) -> None:
    client = sign_in(analyst)
    assert client.get("/account").status_code == 200
    end_by(act, analyst)
    answer = client.get("/account")
    assert answer.status_code == 302
    assert f"Your session has ended because {REASONS[act]}." in client.get(answer.location).text
    assert "Your session has ended" not in client.get(answer.location).text, "it is told once"
    assert "Your session has ended" not in app.test_client().get(answer.location).text, "and to nobody else"


def test_whoever_sends_a_form_after_the_end_is_told_why_and_keeps_the_text(sign_in: Any, analyst: Account) -> None:
    client = sign_in(analyst)
    end_by("revoke", analyst)
    page = client.post("/inbox/7/read", data={"title": "Bring the bill"}, token=None).text
    assert "because your roles were changed. Sign in again." in page and "Bring the bill" in page
    assert log_in(client, analyst).location == "/account/kept"


def test_a_session_that_grew_old_or_was_signed_out_of_is_told_no_reason(client: FlaskClient, analyst: Account) -> None:
    log_in(client, analyst)
    lapse(client)
    assert "Your session has ended" not in client.get(client.get("/account").location).text
    log_in(client, analyst)
    value = cookie(client)
    client.post("/logout")
    end_by("revoke", analyst)
    client.set_cookie(COOKIE, value)
    assert "Your session has ended" not in client.get(client.get("/account").location).text


def test_a_closed_account_is_out_even_if_its_session_were_left_open(sign_in: Any, analyst: Account) -> None:
    client = sign_in(analyst)
    analyst.active = False
    db.session.commit()
    assert client.get("/account").status_code == 302


def test_the_session_and_the_rights_cost_one_statement(sign_in: Any, analyst: Account, app: Flask) -> None:
    client = sign_in(analyst)
    said: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        said.append(statement)

    engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        assert client.get("/account/password").status_code == 200
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    about = [text for text in said if "sign_in_session" in text or "account_grant" in text]
    assert len(about) == 1, said
    assert not [text for text in said if text.startswith(("INSERT", "UPDATE", "DELETE"))], said


def test_files_of_the_look_ask_nothing_of_the_database(sign_in: Any, analyst: Account) -> None:
    client = sign_in(analyst)
    said: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    client.get("/healthz")
    assert said == []


def test_confirming_a_factor_gives_a_new_value_and_keeps_the_rest(client: FlaskClient, analyst: Account) -> None:
    log_in(client, analyst)
    before, began = cookie(client), rows()[0].created_at
    answer = client.post(
        "/account/password", data={"password": PASSWORD, "new_password": "passwordpassword"}
    )  # the factor is right, the new password is not
    assert answer.status_code == 422
    assert cookie(client) != before
    assert rows()[0].created_at == began
    assert client.get("/account").status_code == 200
    client.set_cookie(COOKIE, before)
    assert client.get("/account").status_code == 302


# Another site's requests


def test_another_sites_form_neither_signs_out_nor_replaces_the_cookie(client: FlaskClient, analyst: Account) -> None:
    answer = client.post(
        "/account/password", data={"password": "x"}, token=None, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers
    assert rows() == []


@pytest.mark.parametrize(
    "value", ["", "x", "A" * 42, "A" * 44, "A" * 42 + "=", "é" * 43, "'; DROP TABLE account; --", "A" * 100_000]
)
def test_a_strange_cookie_is_no_session(client: FlaskClient, value: str) -> None:
    answer = client.get("/account", headers={"Cookie": f"{COOKIE}={value}".encode().decode("latin-1")})
    assert answer.status_code == 302


# The text of a form whose session had ended


def lapse(client: FlaskClient) -> None:
    """Let the session of this browser end while a form is open in it."""
    row = db.session.get_one(SignInSession, sessions.digest(cookie(client)))
    row.last_seen_at = clock.now() - timedelta(hours=2)
    db.session.commit()


def test_a_forms_text_survives_the_end_of_its_session(client: FlaskClient, analyst: Account) -> None:
    log_in(client, analyst)
    token = client.form_token()
    lapse(client)
    own = {"version": "7", "request_key": "a" * 36, "owner_id": "4711"}
    typed = {"title": "Bring the bill before Parliament", "password": "never kept", "csrf_token": token, **own}
    answer = client.post("/account/language?x=1", data=typed, token=None)
    assert answer.status_code == 400  # a public form: nothing is kept for it
    answer = client.post("/inbox/7/read?x=1", data=typed, token=None)
    assert answer.status_code == 400
    assert "Bring the bill before Parliament" in answer.text and "Sign in" in answer.text
    assert "never kept" not in answer.text
    assert not any("never kept" in str(row.data) for row in rows())
    answer = log_in(client, analyst)
    assert answer.location == "/account/kept"
    page = client.get("/account/kept").text
    assert 'action="/inbox/7/read?x=1"' in page
    assert 'value="Bring the bill before Parliament"' in page
    shown = re.sub(r"<[^>]+>", " ", page)
    assert "Bring the bill" in shown and "request key" not in shown and "4711" not in shown, "what people read alone"
    assert 'name="owner_id" value="4711"' in page
    client.post("/account/kept/forget")
    assert client.get("/account/kept").status_code == 404


def test_it_is_shown_to_nobody_else(client: FlaskClient, analyst: Account) -> None:
    log_in(client, analyst)
    lapse(client)
    client.post("/inbox/read-all", data={"title": "Mine alone"}, token=None)
    other = AccountFactory()
    db.session.commit()
    assert log_in(client, other).location == "/"
    assert client.get("/account/kept").status_code == 404


def test_a_visitor_who_sends_a_form_is_asked_to_sign_in(client: FlaskClient, analyst: Account) -> None:
    answer = client.post("/inbox/read-all", data={"title": "Typed before signing in"})
    assert answer.status_code == 401
    assert "Typed before signing in" in answer.text
    assert log_in(client, analyst).location == "/account/kept"


def test_one_address_leaves_only_so_many_texts(app: Flask, session: Any) -> None:
    for _ in range(security.KEPT_BY_ADDRESS + 3):
        app.test_client().post("/inbox/read-all", data={"title": "Much"})
    assert len(rows()) == security.KEPT_BY_ADDRESS


def test_a_page_is_shown_after_signing_in(client: FlaskClient, analyst: Account) -> None:
    asked = client.get("/account/sessions?x=1")
    assert asked.status_code == 302
    answer = client.post(asked.location, data={"email": analyst.email, "password": PASSWORD})
    assert answer.location == "/account/sessions?x=1"


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "evil", "/a\tb", "\\\\evil"],
)
def test_nobody_is_sent_elsewhere(client: FlaskClient, analyst: Account, elsewhere: str) -> None:
    answer = client.post(
        "/login", query_string={"next": elsewhere}, data={"email": analyst.email, "password": PASSWORD}
    )
    assert answer.location == "/"


def test_old_rows_are_forgotten_at_sign_in(client: FlaskClient, analyst: Account) -> None:
    log_in(client, analyst)
    with clock.at(clock.now() + timedelta(days=31)):
        log_in(client, analyst)
    assert len(rows()) == 1
