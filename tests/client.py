"""The browser of the tests: one application context a request, a real CSRF token, and a look at every page."""

from __future__ import annotations

from contextvars import Context, copy_context
from typing import Any

import sqlalchemy as sa
from flask import has_app_context
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from tests.pages import check_page
from tracker import clock
from tracker.extensions import db
from tracker.models import Account, SignInSession
from tracker.web import sessions

COOKIE = "session"
FORMS = ("POST", "PUT", "PATCH", "DELETE")


def begin_session(account: Account) -> str:
    """Sign somebody in by a row put straight into the table, and commit; returns the value of the cookie."""
    value, now = sessions.new_value(), clock.now()
    row = SignInSession(
        id=sessions.digest(value),
        account_id=account.id,
        data={"csrf_token": "f" * 40, "_user_id": account.fs_uniquifier, "_fresh": True},
        address="127.0.0.1",
        browser="test",
        created_at=now,
        last_seen_at=now,
    )
    db.session.add(row)
    db.session.commit()
    return value


class Client(FlaskClient):
    """Sends the form's token with each POST, unless told ``token=None`` or another one."""

    def open(self, *args: Any, token: str | None = "", **kwargs: Any) -> TestResponse:
        """Commit what the test made, send the request in a context of its own, and forget what the test had read."""
        if has_app_context():
            db.session.commit()
        if token == "" and str(kwargs.get("method", "GET")).upper() in FORMS:
            token = self.form_token()
        if token:
            kwargs["headers"] = {**dict(kwargs.get("headers") or {}), "X-CSRFToken": token}
        kwargs.setdefault("buffered", True)
        answer: TestResponse = _without_application().run(super().open, *args, **kwargs)
        answer.request.input_stream.close()  # a large upload lies in a file of its own
        if has_app_context():
            db.session.expire_all()
        if answer.mimetype == "text/html" and kwargs.get("method") != "HEAD":
            check_page(answer.text)
        return answer

    def form_token(self) -> str:
        """The token that a form on a page of this browser carries."""
        cookie = self.get_cookie(COOKIE)
        value = cookie.value if cookie else sessions.new_value()
        if cookie is None:
            self.set_cookie(COOKIE, value)
        with self.application.app_context():
            row_id = sessions.digest(value)
            data = db.session.scalar(sa.select(SignInSession.data).where(SignInSession.id == row_id))
            raw = data["csrf_token"] if data else sessions._derived(value)
            return str(URLSafeTimedSerializer(self.application.secret_key, salt="wtf-csrf-token").dumps(raw))


def _without_application() -> Context:
    """This context without Flask's variables: a request then gets an application context of its own."""
    fresh = Context()
    for variable, value in copy_context().items():
        if not variable.name.startswith("flask."):
            fresh.run(variable.set, value)
    return fresh
