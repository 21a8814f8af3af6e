"""Every refusal becomes a page with its status, says what happened, and keeps what was typed (R7, R20, R25, R29)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from flask import Flask, Response, current_app, g, make_response, render_template, request, url_for
from flask.globals import request_ctx
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy import exc as database_errors
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.wsgi import get_input_stream

from tracker import history, policy
from tracker.database import Base, set_may_write
from tracker.errors import Forbidden, Missing, Stale, TrackerError
from tracker.extensions import db
from tracker.models import Sealable
from tracker.policy import Permission
from tracker.reports import sealables
from tracker.texts import gettext as _

SECRET_FIELD = re.compile(r"passw|passcode|passphrase|secret|token|otp|recovery|^code$|factor", re.IGNORECASE)
OWN_FIELD = re.compile(r"(?:[a-z]+-)?(?:request_key|version|content_version|shown)")
"""What a form sends beside what people fill in: marks of the program's own."""
CHOSEN = re.compile(r".*_ids?")
"""What a form sends by number, and shows in words."""
SENDABLE_AGAIN = (400, 429, 500, 503)
RETRY_SECONDS = 15
TWICE = ("23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")  # as PostgreSQL and SQLite call it
LARGEST_LOOKED_THROUGH = 128 * 1024 * 1024  # of a body that is too large, to keep the fields typed beside the file

log = structlog.get_logger("tracker.errors")


@dataclass(frozen=True)
class Refusal:
    """What the page says: the status, a sentence, what is missing, who may act."""

    status: int
    title: str
    message: str
    missing: tuple[Missing, ...] = ()
    who_may: str = ""
    without_database: bool = False


@dataclass(frozen=True)
class Kept:
    """What was typed into a form that was refused, without passwords, codes and tokens; and the files' names."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    @property
    def typed(self) -> list[tuple[str, str]]:
        """The fields that people fill in, by their labels, and choices in words; the others are the program's own, sent
        again with them. Where the form was never read, its bare names stand for labels, and choices are left out."""
        told = [_told(name, value) for name, value in self.fields if not OWN_FIELD.fullmatch(name)]
        return list(dict.fromkeys(one for one in told if one[1]))


def _told(name: str, value: str) -> tuple[str, str]:
    """A field's label and what was typed: a choice and the parts of a date by the words of their field."""
    form = g.get("bound_form")
    known = getattr(form, "_fields", {})
    short = name.removeprefix(getattr(form, "_prefix", ""))
    whole = short.rpartition("-")[0]  # of the part of a date
    field: Any = known.get(short) or known.get(whole)
    label = str(field.label.text) if field and field.label.text else re.sub("[_-]", " ", name)
    if field and (short not in known or hasattr(field, "options")):
        said = str(field.typed())
        return label, "" if said == value and CHOSEN.fullmatch(short) else said
    return label, "" if CHOSEN.fullmatch(short) else value


def init_errors(app: Flask) -> None:
    """Register the one handler for each kind of refusal."""
    app.register_error_handler(TrackerError, _tracker_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(StaleDataError, _stale)
    app.register_error_handler(database_errors.IntegrityError, _broken_constraint)
    app.register_error_handler(database_errors.DataError, _wrong_data)
    app.register_error_handler(database_errors.OperationalError, _unavailable)
    app.register_error_handler(database_errors.InterfaceError, _unavailable)
    app.register_error_handler(database_errors.TimeoutError, _unavailable)
    app.register_error_handler(Exception, _unforeseen)


def _tracker_error(error: TrackerError) -> Response:
    missing = error.missing
    if isinstance(error, Stale):
        db.session.rollback()  # nothing half-made is written by what is asked here
        missing = (*missing, *_way_on())
    if isinstance(error, Forbidden):
        missing = (*missing, *_way_back(error.thing))
        _record_refusal(error.message, error.thing)
    db.session.rollback()
    who_may = getattr(error, "who_may", "")
    answer = page(Refusal(error.http_status, _title(error.http_status), error.message, missing, who_may))
    if wait := getattr(error, "retry_after", None):
        answer.headers["Retry-After"] = str(wait)
    return answer


def _way_back(thing: object) -> tuple[Missing, ...]:
    """The page of the record that the refusal is about: there stands what may be done instead."""
    if not isinstance(thing, Sealable):
        return ()
    reference: str = thing.reference  # type: ignore[attr-defined]  # each sealable noun has one
    address = request.script_root + sealables.address(thing.__tablename__, reference)  # type: ignore[attr-defined]  # and a table
    return (Missing(_("Open %(reference)s, to see what may be done now", reference=reference), address),)


def _way_on() -> tuple[Missing, ...]:
    """The record in the address of an act that came too late, as it stands now; and for a reviewer, the queue."""
    asked = request.view_args or {}
    reference = str(asked.get("reference", ""))
    if not reference:
        return _page_here()
    words = _("Open %(reference)s, to see where it stands now", reference=reference)
    if "object_type" not in asked:
        of_record, _slash, further = request.path.partition(f"/{reference}")
        return _leading(words, f"{of_record}/{reference}") + (_page_here() if further else ())
    way_on = Missing(words, request.script_root + sealables.address(asked["object_type"], reference))
    if not policy.can(current_user, Permission.REVIEW):
        return (way_on,)
    return way_on, Missing(_("Back to what waits for a signature"), url_for("review.index"))


def _page_here() -> tuple[Missing, ...]:
    """The page that stands at the address of a form, as it is now."""
    return _leading(_("Open the page, to see how it stands now"), request.path)


def _page_above() -> tuple[Missing, ...]:
    """The nearest page over an address that only takes a form: somebody came back to it, or followed it by hand."""
    path = request.path
    while path := path.rpartition("/")[0]:
        if found := _leading(_("Open the page over it"), path):
            return found
    return ()


def page_asked() -> tuple[Missing, ...]:
    """The page of the address, without what is asked of it."""
    return _leading(_("Open the page without the question"), request.path)


def _leading(words: str, path: str) -> tuple[Missing, ...]:
    """A link to a page of this host, where one stands: never ``//elsewhere``, and of a file the page that offers it."""
    path = path.removesuffix(".csv")
    if not _is_page(path):
        return ()
    return (Missing(words, request.script_root + "/" + quote(path.lstrip("/\\"))),)


def _is_page(path: str) -> bool:
    """Whether the address is that of a page: not one that is led elsewhere for a slash."""
    try:
        return request_ctx.url_adapter is not None and bool(request_ctx.url_adapter.match(path, method="GET"))
    except HTTPException:
        return False


def _csrf_error(_error: CSRFError) -> Response:
    if not current_user.is_authenticated and request.endpoint not in current_app.config["PUBLIC_FORMS"]:
        return make_response(current_app.login_manager.unauthorized())  # type: ignore[attr-defined]  # Flask-Login's
    return page(
        Refusal(
            400,
            _("This form could not be checked"),
            _("The page was open for too long, or you signed in or out meanwhile. Nothing was saved."),
        )
    )


def _http_error(error: HTTPException) -> Any:
    status = error.code or 500
    if error.response is not None or status < 400:
        return error
    if isinstance(original := getattr(error, "original_exception", None), Exception):
        return _unforeseen(original)
    if status == 403:
        _record_refusal(request.endpoint or request.method)
    db.session.rollback()
    way_on = () if status != 405 else _page_above() if request.method in ("GET", "HEAD") else _page_here()
    answer = page(Refusal(status, _title(status), _sentence(status), way_on))
    answer.headers.extend((name, value) for name, value in error.get_headers() if name in ("Allow", "Retry-After"))
    return answer


def _stale(error: Exception) -> Response:
    """Two at once reached the database together: one won, this is the other (R22)."""
    log.warning("two at once", exc_info=error)
    db.session.rollback()
    return page(Refusal(409, _title(409), _sentence(409)))


def _broken_constraint(error: database_errors.IntegrityError) -> Response:
    """A key, a reference or a version that is there already: two at once. Any other constraint is kept by the forms and
    services, so that a value which breaks one is a fault of ours (R29)."""
    return _stale(error) if _is_twice(error.orig) else _unforeseen(error)


def _is_twice(fault: object) -> bool:
    return (getattr(fault, "sqlstate", None) or getattr(fault, "sqlite_errorname", None)) in TWICE


def _wrong_data(error: Exception) -> Response:
    """A value that the database cannot hold and no form caught."""
    log.warning("data refused by the database", exc_info=error)
    db.session.rollback()
    return page(Refusal(400, _title(400), _sentence(400)))


def _unavailable(error: Exception) -> Response:
    """Locked, full or missing database (R25)."""
    log.error("database unavailable", exc_info=error)
    _roll_back_if_possible()
    answer = page(Refusal(503, _title(503), _sentence(503), without_database=True))
    answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer


def _unforeseen(error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return make_response(_http_error(error))
    if isinstance(error, (database_errors.OperationalError, database_errors.InterfaceError)):
        return _unavailable(error)
    if current_app.testing:
        raise error  # a test sees the fault itself
    log.error("unforeseen", exc_info=error)
    _roll_back_if_possible()
    return page(Refusal(500, _title(500), _sentence(500), without_database=True))


def _roll_back_if_possible() -> None:
    try:
        db.session.rollback()
    except database_errors.SQLAlchemyError as error:
        log.warning("no rollback", exc_info=error)


def _record_refusal(rule: str, thing: object = None) -> None:
    """A refusal is an entry of its own; what was under way is taken back first (R17)."""
    history.record_alone(
        "access.refused",
        by=current_user._get_current_object() if current_user.is_authenticated else None,
        obj=thing if isinstance(thing, Base) else None,
        state_id=thing if isinstance(thing, str) else None,
        details={"rule": rule, "endpoint": request.endpoint, "method": request.method, "path": request.path},
    )


# The page


def page(refusal: Refusal) -> Response:
    """The refusal as a page, in the fullest frame that can be drawn: without the database there is less of it."""
    kept = kept_text()
    if request_ctx.url_adapter is None:  # the request named no host that could be: no address can be made
        return make_response(_render("errors/bare.html", refusal, kept, has_session=False), refusal.status)
    if not refusal.without_database:
        try:
            return make_response(_render("base.html", refusal, kept), refusal.status)
        except database_errors.SQLAlchemyError as error:
            log.warning("no page", exc_info=error)
    g.bare_page = True
    set_may_write(False)  # the session may still be read where it cannot be written
    try:
        return make_response(_render("base.html", refusal, kept), refusal.status)
    except database_errors.SQLAlchemyError as error:
        log.warning("no bare page", exc_info=error)
    return make_response(_render("errors/bare.html", refusal, kept, has_session=False), refusal.status)


def _render(layout: str, refusal: Refusal, kept: Kept, *, has_session: bool = True) -> str:
    may_send_again = has_session and refusal.status in SENDABLE_AGAIN and not _is_from_elsewhere()
    return str(
        render_template(
            "errors/refused.html",
            layout=layout,
            refusal=refusal,
            kept=kept,
            address=_address(),
            is_upload=request.mimetype == "multipart/form-data",
            may_send_again=may_send_again,
            request_id=history.request_id(),
        )
    )


def _address() -> str:
    """Where the form was going, on this host: never ``//elsewhere``."""
    return "/" + request.full_path.rstrip("?").lstrip("/\\")


def _is_from_elsewhere() -> bool:
    """Whether another site sent the form: then one click must not send it again in the reader's name."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")


def kept_text() -> Kept:
    """What was typed, to be shown again."""
    if request.method != "POST":
        return Kept()
    form, files = _posted()
    fields = [(name, value) for name, value in form.items(multi=True) if not SECRET_FIELD.search(name)]
    names = [file.filename for file in files.values() if file.filename]
    return Kept([(name, value) for name, value in fields if value], names)


def _posted() -> tuple[Any, Any]:
    if g.get("is_unreadable"):
        return MultiDict(), MultiDict()
    try:
        return request.form, request.files
    except RequestEntityTooLarge:
        return _look_through() if request.mimetype == "multipart/form-data" else (MultiDict(), MultiDict())


class _Discard:
    """Takes the bytes of a file that is too large and keeps none of them."""

    def write(self, data: bytes) -> int:
        return len(data)

    def seek(self, *_where: int) -> int:
        return 0

    def close(self) -> None:
        """Nothing was opened."""


def _look_through() -> tuple[Any, Any]:
    """The fields of a body that is too large, read past its file; nothing when even that goes too far."""
    parser = FormDataParser(
        stream_factory=lambda *_args, **_more: _Discard(),  # type: ignore[arg-type]  # it writes and nothing else
        max_form_memory_size=current_app.config["MAX_FORM_MEMORY_SIZE"],
        max_form_parts=current_app.config["MAX_FORM_PARTS"],
    )
    options = request.mimetype_params
    try:
        stream = get_input_stream(request.environ, max_content_length=LARGEST_LOOKED_THROUGH)
        _stream, form, files = parser.parse(stream, request.mimetype, request.content_length, options)
    except (RequestEntityTooLarge, ValueError, OSError):
        return MultiDict(), MultiDict()
    return form, files


def _title(status: int) -> str:
    titles = {
        400: _("This request could not be understood"),
        403: _("This is not allowed"),
        404: _("There is no such page"),
        405: _("This address takes no such request"),
        409: _("It has changed meanwhile"),
        413: _("This is too large"),
        422: _("Something is missing"),
        429: _("Too many requests"),
        500: _("Something went wrong"),
        503: _("The tracker cannot answer just now"),
    }
    return titles.get(status) or HTTPStatus(status).phrase


def _sentence(status: int) -> str:
    sentences = {
        403: _("Your rights do not cover this."),
        404: _("The address is wrong, or what stood here lies outside your scope."),
        405: _("It takes what a form sends and shows no page, or the other way round."),
        409: _("Somebody else saved it at the same moment. Nothing of yours was saved; open it again and compare."),
        413: _("A file may have 25 MB at most. Nothing was saved."),
        429: _("Wait a minute, then try again."),
        500: _("Nothing was saved. The fault has been noted; give its number below when you report it."),
        503: _("Nothing was saved. Try again in a moment; what you typed is kept below."),
    }
    return sentences.get(status) or _("Nothing was saved. Go back and try again.")
