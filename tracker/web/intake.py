"""What comes in: an id and a log line for each request, and what is refused before any view sees it (R29, R39)."""

from __future__ import annotations

import ipaddress
from time import perf_counter
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import structlog
from flask import Flask, Response, abort, g, request, request_started
from werkzeug.routing import IntegerConverter

from tracker import history, logs
from tracker.errors import TrackerError
from tracker.texts import gettext as _
from tracker.web import errors

LARGEST_ID = 2**31 - 1  # what an id's column holds on both databases
ENCODED = 3  # bytes that percent-encoding makes of one
QUIET_PATHS = ("/static/", "/assets/", "/healthz", "/readyz")
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")

log = structlog.get_logger("tracker.request")


class RowId(IntegerConverter):
    """An id in an address, in plain digits; one that no row can have is not found."""

    regex = "[0-9]{1,10}"

    def __init__(self, map: Any, **options: Any) -> None:
        super().__init__(map, **{"max": LARGEST_ID, **options})


def init_intake(app: Flask) -> None:
    """Number, check and log the requests of ``app``."""
    logs.configure()
    app.url_map.converters["int"] = RowId
    request_started.connect(_begin, app)
    app.before_request(_refuse_wrong_bytes)
    if app.config["SETTINGS"].is_demo:
        app.before_request(_refuse_strangers)
    app.after_request(_log_request)


def _begin(app: Flask, **_more: Any) -> None:
    """Before anything else, the check of the form's token included, which reads the form."""
    history.request_id()
    g.started = perf_counter()
    if request.method != "GET" and request.mimetype == "application/x-www-form-urlencoded":
        _bound_fields(app)


def _bound_fields(app: Flask) -> None:
    """Werkzeug bounds the fields of a form with files, not of one without, and cuts one sent in chunks (R34)."""
    request.max_content_length = limit = ENCODED * app.config["MAX_FORM_MEMORY_SIZE"]
    body = request.get_data()
    if len(body) >= limit or body.count(b"&") >= app.config["MAX_FORM_PARTS"]:
        g.is_unreadable = True
        abort(413)


def _refuse_wrong_bytes() -> None:
    """Text that is not UTF-8, or holds NUL, is no address of ours."""
    if not _is_clean(request.environ.get("PATH_INFO", "").encode("latin-1", "replace")):
        abort(404)
    if not _is_clean(unquote_to_bytes(request.query_string)):
        raise TrackerError(
            _("The address asks with a character that no text here can hold. Ask again without it."),
            errors.page_asked(),
        )


def _is_clean(raw: bytes) -> bool:
    try:
        return "\0" not in raw.decode("utf-8")
    except UnicodeDecodeError:
        return False


def _refuse_strangers() -> None:
    """The demo's password is printed and its cookie plain: it answers this machine alone."""
    if not ipaddress.ip_address(request.remote_addr or "127.0.0.1").is_loopback:
        abort(403)
    if urlsplit(request.host_url).hostname not in LOOPBACK_NAMES:
        abort(400)  # a name of somebody else's that leads here


def _log_request(response: Response) -> Response:
    """One line for each request: where to and how it went, never what was asked or sent."""
    if not request.path.startswith(QUIET_PATHS) or response.status_code >= 500:
        log.info(
            "request",
            method=request.method,
            path=request.path[:200],
            status=response.status_code,
            milliseconds=round((perf_counter() - g.get("started", perf_counter())) * 1000),
        )
    return response
