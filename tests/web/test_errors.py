"""Each refusal is a page with its status that says what happened and keeps what was typed (R7, R17, R25, R29, R33)."""

from __future__ import annotations

import gc
import io
from collections.abc import Callable
from html import unescape
from re import findall, search
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import TooManyRequests
from werkzeug.routing import ValidationError

from tests import factories
from tracker import clock, logs
from tracker.errors import Forbidden, Invalid, Missing, NotFound, NotReady, Stale, TrackerError
from tracker.extensions import db
from tracker.models import Account, Authority, Event, Outcome, RequestKey

ENDPOINT, ADDRESS = "account.sign_in", "/login"  # a form that anybody may send
TYPED = {"title": "A bill before Parliament", "text": "مشروع قانون\nsecond line", "area_code": "FIN-02"}
SECRETS = {"password": "hunter2-1", "new_password": "hunter2-2", "code": "hunter2-3", "recovery_code": "hunter2-4"}


@pytest.fixture
def answers(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """``answers(error)`` makes the form's view raise it."""

    def view_that_raises(error: Any) -> None:
        def view(**_values: Any) -> Any:
            if request.method == "POST":
                raise error
            return "", 204

        monkeypatch.setitem(app.view_functions, ENDPOINT, view)

    return view_that_raises


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (TrackerError("It cannot be."), 400, "It cannot be."),
        (Forbidden("Your role does not allow this.", "a reviewer"), 403, "Who may: a reviewer."),
        (NotFound("There is no such record."), 404, "There is no such record."),
        (Stale("Someone changed it."), 409, "Someone changed it."),
        (NotReady("Not yet.", [Missing("A title", "/follow-ups/PAK-F001/edit#title")]), 422, "A title"),
        (Invalid("That is no date.", "due"), 422, "That is no date."),
        (TooManyRequests(), 429, "Wait a minute"),
        (StaleDataError(), 409, "at the same moment"),
        (sa.exc.DataError("INSERT", {}, Exception("NUL")), 400, "Go back and try again"),
        (sa.exc.OperationalError("INSERT", {}, Exception("database is locked")), 503, "Try again in a moment"),
        (sa.exc.TimeoutError("the pool is empty"), 503, "Try again in a moment"),
    ],
)
def test_each_refusal_is_a_page_that_keeps_what_was_typed(
    client: FlaskClient, answers: Any, error: Exception, status: int, words: str
) -> None:
    answers(error)
    answer = client.post(ADDRESS, data=TYPED | SECRETS)
    assert answer.status_code == status
    assert words in answer.text
    assert "مشروع قانون" in answer.text
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text


def test_a_database_that_is_away_says_when_to_come_back(client: FlaskClient, answers: Any) -> None:
    answers(sa.exc.OperationalError("INSERT", {}, Exception("database is locked")))
    assert client.post(ADDRESS, data=TYPED).headers["Retry-After"] == "15"


def test_a_fault_of_ours_is_a_page_too(app: Flask, client: FlaskClient, answers: Any, caplog: Any) -> None:
    answers(RuntimeError("the text of a record"))
    app.testing = False
    try:
        answer = client.post(ADDRESS, data=TYPED)
    finally:
        app.testing = True
    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] in answer.text
    assert "the text of a record" not in answer.text
    assert "Content-Security-Policy" in answer.headers


USED = {"key": "one", "url": "/", "used_at": clock.now()}


def broken(statement: Any, **values: Any) -> sa.exc.IntegrityError:
    """What the database says to the statement."""
    with pytest.raises(sa.exc.IntegrityError) as refused:
        db.session.execute(statement, values)
    db.session.rollback()
    return refused.value


def test_what_is_there_already_is_told_as_two_at_once(session: Any, client: FlaskClient, answers: Any) -> None:
    account = factories.AccountFactory()
    session.execute(sa.insert(RequestKey), USED | {"account_id": account.id})
    email = {"email": account.email}
    session.commit()
    key, address = sa.insert(RequestKey), sa.update(Account).where(Account.id != account.id)
    factories.AccountFactory()
    session.commit()
    for error in (broken(key, **USED, account_id=account.id), broken(address, **email)):
        answers(error)
        answer = client.post(ADDRESS, data=TYPED)
        assert answer.status_code == 409
        assert "at the same moment" in answer.text


def test_any_other_broken_constraint_is_a_fault_of_ours(
    app: Flask, session: Any, client: FlaskClient, answers: Any, capsys: Any
) -> None:
    account, followup = factories.AccountFactory(), factories.FollowupFactory()
    account_id, followup_id = account.id, followup.id
    session.commit()
    logs.configure()  # to the standard error that this test reads
    nothing = broken(sa.text("UPDATE followup SET title = NULL WHERE id = :id"), id=followup_id)
    unknown = broken(sa.text("UPDATE followup SET workflow = 'lost' WHERE id = :id"), id=followup_id)
    nobody = broken(sa.insert(RequestKey), **USED, account_id=account_id + 10**6)
    app.testing = False
    try:
        for error in (nothing, unknown, nobody):
            answers(error)
            answer = client.post(ADDRESS, data=TYPED)
            assert answer.status_code == 500
            assert "The fault has been noted" in answer.text
            assert answer.headers["X-Request-Id"] in answer.text
            written = capsys.readouterr().err
            assert '"event": "unforeseen", "level": "error"' in written
            assert answer.headers["X-Request-Id"] in written
    finally:
        app.testing = True


@pytest.mark.parametrize("token", [None, "wrong", "IjEyMyI.aaaa.bbbb"])
def test_a_form_without_a_good_token_is_refused_before_anything_else(
    client: FlaskClient, answers: Any, token: str | None
) -> None:
    answers(AssertionError("the view was reached"))
    answer = client.post(ADDRESS, data=TYPED, token=token)
    assert answer.status_code == 400
    assert "مشروع قانون" in answer.text


def test_anothers_token_is_refused(app: Flask, client: FlaskClient, sign_in: Any, session: Any) -> None:
    other = sign_in(factories.AccountFactory())
    assert client.post(ADDRESS, data=TYPED, token=other.form_token()).status_code == 400


def test_what_was_typed_can_be_sent_again_with_a_fresh_token(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = client.post(f"{ADDRESS}?next=/visits", data=TYPED, token="outdated").text
    form = _form(page)
    assert form.pop("action") == f"{ADDRESS}?next=/visits"
    token = form.pop("csrf_token")
    assert form == {name: value.replace("\n", "\r\n") for name, value in TYPED.items()} or form == TYPED
    monkeypatch.setitem(app.view_functions, ENDPOINT, lambda: {"got": request.form["text"]})
    assert client.post(ADDRESS, data=form | {"csrf_token": token}, token=None).json == {"got": TYPED["text"]}


def test_a_form_that_another_site_sent_is_not_offered_again(client: FlaskClient) -> None:
    answer = client.post(ADDRESS, data=TYPED, token=None, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 400
    assert "Send again" not in answer.text


def test_a_refusal_takes_back_what_was_under_way_and_is_logged(
    app: Flask, session: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = factories.AccountFactory()
    browser = sign_in(account)

    def view() -> None:
        factories.AuthorityFactory(name="Half done")
        raise Forbidden("Nobody signs who drafted it.", "another reviewer")

    monkeypatch.setitem(app.view_functions, ENDPOINT, view)
    assert browser.post(ADDRESS, data=TYPED).status_code == 403
    event = session.scalars(sa.select(Event).order_by(Event.seq.desc())).first()
    assert (event.kind, event.outcome, event.actor_id) == ("access.refused", Outcome.REFUSED, account.id)
    assert "Nobody signs who drafted it." in event.text
    assert session.scalar(sa.select(Authority).where(Authority.name == "Half done")) is None


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/no/such/page", 404),
        ("/login%00", 404),
        ("/visits/%ff%fe", 404),
        ("/visits/%ed%a0%80", 404),
        ("/login?q=%00", 400),
        ("/login?q=%ed%a0%80", 400),
        ("/login?%ff=1", 400),
        ("/visits/" + "9" * 5000, 404),
        ("/assets/" + "x" * 100_000 + "/theme.css", 200),
    ],
)
def test_wrong_bytes_and_absurd_ids_are_no_fault_of_ours(client: FlaskClient, address: str, status: int) -> None:
    found = client.get(address).status_code
    assert found == status or 300 <= found < 500


def test_an_id_is_plain_digits_that_a_row_can_have(app: Flask) -> None:
    app_map = app.url_map
    convert = app_map.converters["int"](app_map)
    assert convert.to_python("2147483647") == 2**31 - 1
    for absurd in ("2147483648", "9223372036854775808"):
        with pytest.raises(ValidationError):
            convert.to_python(absurd)
    assert convert.regex == "[0-9]{1,10}"


def test_the_wrong_method_says_which_are_right(client: FlaskClient) -> None:
    answer = client.post("/healthz")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("address", "page"),
    [("/review/followup/PAK-F001/sign", "/review/followup/PAK-F001"), ("/logout", None), ("/inbox/read-all", "/inbox")],
)
def test_an_address_that_only_takes_a_form_leads_to_the_page_over_it(
    sign_in: Any, session: Any, address: str, page: str | None
) -> None:
    answer = sign_in(factories.AccountFactory()).get(address)
    assert answer.status_code == 405
    assert findall('<a href="([^"]+)">Open the page over it', answer.text) == ([page] if page else [])


def test_a_form_sent_where_only_a_page_stands_leads_to_that_page(sign_in: Any, session: Any) -> None:
    answer = sign_in(factories.AccountFactory()).post("/states/PAK")
    assert answer.status_code == 405
    assert findall('<a href="([^"]+)">Open the page', answer.text) == ["/states/PAK"]


@pytest.mark.parametrize(
    ("address", "links"),
    [
        ("/%5Cevil.example/?q=%00", []),
        ("/%5C%5Cevil.example?q=%ff", []),
        ("/nowhere?q=%00", []),
        ("/visits?q=%00", ["/visits"]),
        ("/visits/PAK%3Fx=1?q=%00", ["/visits/PAK%3Fx%3D1"]),
    ],
)
def test_a_way_on_leads_to_a_page_of_this_host_alone(client: FlaskClient, address: str, links: list[str]) -> None:
    page = client.get(address).text
    assert findall('<a href="([^"]+)">Open the page without the question', page) == links


def test_a_file_that_is_too_large_keeps_the_fields_beside_it(client: FlaskClient) -> None:
    answer = client.post(ADDRESS, data=TYPED | {"file": (_Large(40 * 1024 * 1024), "evidence.pdf")})
    assert answer.status_code == 413
    assert "مشروع قانون" in answer.text
    assert "evidence.pdf" in answer.text


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # Werkzeug leaves its file to be collected
@pytest.mark.parametrize("kind", ["multipart/form-data", "application/x-www-form-urlencoded"])
def test_a_body_in_chunks_is_bounded_too(client: FlaskClient, kind: str) -> None:
    endless = _Large(400 * 1024 * 1024)
    chunks = {"wsgi.input": endless, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    answer = client.post(ADDRESS, content_type=f"{kind}; boundary=x", environ_overrides=chunks)
    assert answer.status_code in (400, 413)
    assert endless.given <= 30 * 1024 * 1024
    gc.collect()


def test_fields_beyond_number_or_measure_are_refused(client: FlaskClient) -> None:
    many = {f"field{number}": "x" for number in range(1500)}
    assert client.post(ADDRESS, data=many | {"file": (io.BytesIO(b""), "a")}).status_code == 413
    assert client.post(ADDRESS, data=many).status_code == 413
    assert client.post(ADDRESS, data={"text": "x" * 7 * 1024 * 1024}).status_code == 413
    assert client.post(ADDRESS, data={"text": "x" * 1024 * 1024}).status_code != 413


def test_logs_hold_no_words_of_a_record(client: FlaskClient, answers: Any, capsys: Any) -> None:
    logs.configure()  # to the standard error that this test reads
    answers(sa.exc.DataError("INSERT :text", {"text": "a confidential line"}, Exception("for 'a confidential line'")))
    client.post(f"{ADDRESS}?q=confidential", data={"text": "a confidential line", "password": "hunter2"})
    written = capsys.readouterr().err
    assert '"path": "/login"' in written
    assert "confidential" not in written
    assert "hunter2" not in written


class _Large(io.RawIOBase):
    """So many bytes, made as they are read."""

    def __init__(self, size: int) -> None:
        self.left, self.given = size, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = min(self.left, len(buffer))
        buffer[:size] = b"x" * size
        self.left -= size
        self.given += size
        return size


def _form(page: str) -> dict[str, str]:
    """The fields of the form that sends again."""
    part = page[page.index('<form method="post"', page.index("What you typed")) :]
    part = part[: part.index("</form>")]
    fields = {unescape(name): unescape(value) for name, value in findall(r'name="([^"]*)" value="([^"]*)"', part)}
    action = search(r'action="([^"]*)"', part)
    assert action
    return fields | {"action": unescape(action[1])}
