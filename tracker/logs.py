"""The log of the running program: one JSON object a line, in UTC, with the id of its request (R39).

Never a password, code, token, cookie or word of a record: so an exception is logged by its type and the places it
passed through, not by its message, which may quote a row. JSON escapes control characters and whatever is not ASCII.
"""

from __future__ import annotations

import logging
import sys
import traceback
from types import TracebackType
from typing import Any

import structlog
from flask import g, has_request_context
from sqlalchemy.exc import OperationalError
from structlog.typing import EventDict, WrappedLogger

DEEPEST = 30  # frames of a traceback


def configure() -> None:
    """Send structlog's lines and the standard library's through one formatter to standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_request_id,
        _tell_exception,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    handler.set_name("tracker")
    root = logging.getLogger()
    root.handlers = [other for other in root.handlers if other.get_name() != "tracker"] + [handler]
    root.setLevel(logging.INFO)
    for chatty in ("alembic", "flask_wtf", "waitress"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _add_request_id(_logger: WrappedLogger, _name: str, line: EventDict) -> EventDict:
    line["request_id"] = g.get("request_id", "-") if has_request_context() else "-"
    return line


def _tell_exception(_logger: WrappedLogger, _name: str, line: EventDict) -> EventDict:
    """Replace an exception by its type and the places it passed through."""
    given = line.pop("exc_info", None)
    error = _exception(given)
    record = line.get("_record")
    if record is not None:  # else the standard library's formatter adds the traceback with its message
        record.exc_info = record.exc_text = None
    if error is not None:
        line["error"] = type(error).__qualname__
        line["where"] = places(error.__traceback__)
        if isinstance(error, OperationalError):
            line["database"] = str(error.orig).splitlines()[:1]  # locked, full, refused: the database's own words
    return line


def _exception(given: Any) -> BaseException | None:
    if isinstance(given, tuple):
        given = given[1]
    if isinstance(given, BaseException):
        return given
    return sys.exc_info()[1] if given else None


def places(trace: TracebackType | None) -> list[str]:
    """The frames of a traceback as ``file:line function``, the deepest last; no values."""
    frames = traceback.extract_tb(trace)[-DEEPEST:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
