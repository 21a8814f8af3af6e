"""Sessions kept on the server: the cookie holds a random value and nothing else; the table its SHA-256 (R5, R6).

Nothing is read until the session is asked for, so files of the look cost no statement. What a request leaves in its
session is written after the answer is made and the request's own transaction is over: a GET that shows a message is
then no write of the request, and on SQLite there are never two connections at once. But what the next page says of a
deed is written in the transaction of the deed (``commit_saying``), which is one durable write less.

Whoever is not signed in needs no row: the form's token is derived from the cookie's value. A row is made only when
something must be kept, such as the text of a form whose session had ended.
"""

from __future__ import annotations

import copy
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
import structlog
from flask import Flask, Request, Response, current_app, flash, g, request
from flask import session as flask_session
from flask.sessions import SessionInterface, SessionMixin
from flask_login import login_user
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import joinedload

from tracker import clock, database, tape
from tracker.extensions import db
from tracker.models import Account, Grant, SignInSession
from tracker.services import sessions, sign_in

CSRF = "csrf_token"
CARRIED = ("language", "kept")  # what goes over from before signing in
VALUE = re.compile(r"[A-Za-z0-9_-]{43}")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
LONGEST_BROWSER = 300

log = structlog.get_logger("tracker.sessions")


def init_sessions(app: Flask) -> None:
    """Keep the sessions of ``app`` on the server."""
    bare = not app.config["SETTINGS"].is_production
    app.config["SESSION_COOKIE_NAME"] = "session" if bare else "__Host-session"
    app.config["SESSION_COOKIE_SECURE"] = not bare
    app.session_interface = ServerSessions()


class ServerSession(SessionMixin):
    """One visitor's session, read when it is first asked for."""

    modified = False

    def __init__(self, presented: str | None) -> None:
        self.presented = presented
        self.value: str | None = presented
        self.row_id: str | None = None
        self.account: Account | None = None
        self.account_language: str | None = None
        self.lapsed_account_id: int | None = None
        self.lapsed_because: str | None = None
        self.last_seen_at: datetime | None = None
        self.is_read = False
        self._held: dict[str, Any] = {}

    # What it holds

    @property
    def held(self) -> dict[str, Any]:
        """The values, from the table."""
        if not self.is_read:
            self.is_read = True
            self._read()
        return self._held

    def __getitem__(self, key: str) -> Any:
        return self.held[key]

    def __setitem__(self, key: str, value: Any) -> None:
        held = self.held
        if key == CSRF and self.row_id is None:
            self.value = self.value or new_value()
            held[CSRF] = _derived(self.value)
            return
        held[key] = value
        self.modified = True

    def __delitem__(self, key: str) -> None:
        del self.held[key]
        self.modified = True

    def __iter__(self) -> Iterator[str]:
        return iter(self.held)

    def __len__(self) -> int:
        return len(self.held)

    # Whose it is

    def _read(self) -> None:
        found = _load(digest(self.value)) if self.value else None
        if found is None:
            if self.value:
                self._held = {CSRF: _derived(self.value)}
            return
        row, account = found
        open_now = sessions.is_open(row.created_at, row.last_seen_at, row.ended_at)
        if not open_now or (row.account_id is not None and not (account and account.active)):
            self.value = None
            self.lapsed_account_id = row.account_id
            self.lapsed_because = row.data.get(sessions.ENDED)
            return
        self.row_id, self.last_seen_at, self.account = row.id, row.last_seen_at, account
        self.account_language = account.language if account else None
        self._held = dict(row.data)

    def begin(self, account: Account) -> None:
        """Start this person's session under a new value; what was there before ends. Part of the request's work."""
        carried = {key: self[key] for key in CARRIED if key in self}
        self.end()
        self.value = new_value()
        self.row_id = digest(self.value)
        self.account = account
        self.account_language = account.language
        self.last_seen_at = clock.now()
        self._held = {CSRF: secrets.token_hex(20), **carried}
        login_user(account)
        db.session.add(_row(self, self.last_seen_at))
        self.modified = False

    def end(self) -> None:
        """End the session on the server. Part of the request's work."""
        if self.is_read and self.row_id is not None:
            sessions.end(self.row_id)
        self.is_read = True
        self.value = self.row_id = self.account = self.last_seen_at = None
        self._held = {}
        self.modified = False

    def keep_ended(self) -> None:
        """Leave the cookie of a session that was ended for a reason with the browser until a page has told it."""
        if self.lapsed_because:
            self.value = self.presented

    def take_back(self, held: dict[str, Any], modified: bool, value: str | None, row_id: str | None) -> None:
        """Be again as it was before something that did not come about."""
        self._held, self.modified, self.value, self.row_id = held, modified, value, row_id

    def is_written(self, changes: dict[str, Any]) -> None:
        """Note that the table has these changes, so that they are not written again."""
        self.modified = False
        self.last_seen_at = changes.get("last_seen_at", self.last_seen_at)
        g.pop("factor_confirmed", None)
        g.pop("right_try", None)

    @property
    def must_be_kept(self) -> bool:
        """Whether a visitor without a row has left something that needs one."""
        return self.row_id is None and self.modified and bool(set(self._held) - {CSRF})


class ServerSessions(SessionInterface):
    """Opens and saves ``ServerSession``."""

    def open_session(self, app: Flask, request: Request) -> ServerSession:
        presented = request.cookies.get(self.get_cookie_name(app), "")
        return ServerSession(presented if VALUE.fullmatch(presented) else None)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not isinstance(session, ServerSession) or not session.is_read:
            return
        response.vary.add("Cookie")
        if is_from_another_site():
            return  # such a request comes without our cookie: an answer to it must not replace the real one
        _store(session)
        self._tell_browser(app, session, response)

    def _tell_browser(self, app: Flask, session: ServerSession, response: Response) -> None:
        name, secure = self.get_cookie_name(app), bool(app.config["SESSION_COOKIE_SECURE"])
        if session.value and session.value != session.presented:
            response.set_cookie(name, session.value, path="/", secure=secure, httponly=True, samesite="Lax")
        elif session.value is None and name in request.cookies:
            response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="Lax")


def commit_saying(words: str) -> None:
    """Commit what the request did; the next page says these words of it. What cannot be committed is not said.

    Where somebody else holds the session's row, such as another tab's request, the words are written afterwards, as
    ``save_session`` does: nobody who holds other rows waits for this one.
    """
    session = current()
    if session.row_id is None:
        db.session.commit()
        flash(words)
        return
    before = copy.deepcopy(session.held), session.modified, session.value, session.row_id
    flash(words)
    changes = _changes(session)
    try:
        db.session.flush()
        is_written = _update(session, changes, waits=False)
        db.session.commit()
    except BaseException:
        session.take_back(*before)
        raise
    if is_written:
        session.is_written(changes)


def current() -> ServerSession:
    """The session of this request."""
    return flask_session._get_current_object()  # type: ignore[attr-defined, no-any-return]  # the proxy's own object


def new_value() -> str:
    """A cookie's value: 256 random bits."""
    return secrets.token_urlsafe(32)


def digest(value: str) -> str:
    """What the table knows a cookie's value by."""
    return hashlib.sha256(value.encode()).hexdigest()


def is_from_another_site() -> bool:
    """Whether another site's page sent this request to change something."""
    return request.method not in SAFE_METHODS and request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")


def _derived(value: str) -> str:
    """The form token of a visitor without a row: nobody can work it out from the cookie without our key."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, b"form token" + value.encode(), hashlib.sha256).hexdigest()


def _load(row_id: str) -> tuple[Any, Account | None] | None:
    """The session's row and its account with grants, in one statement: every request asks it."""
    found = db.session.execute(_LOADED, {"row_id": row_id}).unique(lambda found: found.id).one_or_none()
    if (taken := tape.current()) is not None:
        taken.leave_out(_LAST_SEEN)
    return (found, found.Account) if found else None


_ROW = SignInSession.__table__
_LAST_SEEN = list(_ROW.c).index(_ROW.c.last_seen_at)
_LOADED = (
    sa.select(*_ROW.c, Account)
    .select_from(_ROW.outerjoin(Account.__table__, _ROW.c.account_id == Account.id))
    .where(_ROW.c.id == sa.bindparam("row_id"))
    .options(joinedload(Account.grants).joinedload(Grant.states))
)


def _store(session: ServerSession) -> None:
    """Write what is new in the session, in a transaction after the request's own."""
    changes = _changes(session)
    if not changes and not session.must_be_kept:
        return
    token = database.set_may_write(True)
    try:
        db.session.rollback()  # what the view did not commit is not kept
        if session.must_be_kept:
            session.value = new_value()  # never one that somebody else may have set
            session.row_id = digest(session.value)
            db.session.add(_row(session, clock.now()))
        else:
            _update(session, changes, waits=True)
        db.session.commit()
    except SQLAlchemyError as error:  # the answer stands; only the note of it is lost
        log.warning("session not written", exc_info=error)
        db.session.rollback()
    finally:
        database.reset_may_write(token)


def _changes(session: ServerSession) -> dict[str, Any]:
    if session.row_id is None:
        return {}
    changes: dict[str, Any] = {"data": dict(session.held)} if session.modified else {}
    if session.last_seen_at and clock.now() - session.last_seen_at >= sessions.SEEN_EVERY:
        changes["last_seen_at"] = clock.now()
    if g.get("factor_confirmed"):
        changes["id"] = None
    return changes


def _update(session: ServerSession, changes: dict[str, Any], *, waits: bool) -> bool:
    """Write the changes, and tell whether they are written; a factor confirmed again gives the session a new value
    (R5)."""
    value = new_value() if "id" in changes else None
    told = {f"new_{name}": digest(value) if value and name == "id" else changes[name] for name in changes}
    statement = _writing(frozenset(changes), waits)
    is_written = db.session.connection().execute(statement, {"row_id": session.row_id, **told}).rowcount == 1
    if value and (is_written or waits):
        sign_in.settle_try()
    if value and is_written:
        session.value, session.row_id = value, digest(value)
    return is_written


@cache
def _writing(names: frozenset[str], waits: bool) -> sa.Update:
    """Writes these columns of a session that has not ended; built once, because each form asks for it."""
    new = {name: sa.bindparam(f"new_{name}", type_=_ROW.c[name].type) for name in sorted(names)}
    table: Any = _ROW
    there = sa.select(_ROW.c.id).where(_ROW.c.id == sa.bindparam("row_id"), _ROW.c.ended_at.is_(None))
    free = there.with_for_update(skip_locked=not waits).scalar_subquery()
    return sa.update(table).where(_ROW.c.id == free).values(new)


def _row(session: ServerSession, now: datetime) -> SignInSession:
    return SignInSession(
        id=session.row_id,
        account_id=session.account.id if session.account else None,
        data=dict(session.held),
        address=request.remote_addr,
        browser=request.user_agent.string[:LONGEST_BROWSER],
        created_at=now,
        last_seen_at=now,
    )
