"""Whether the process lives, and whether it can serve: for a load balancer, without log-in and without detail (R38)."""

from __future__ import annotations

import shutil

import structlog
from flask import Blueprint, Response, current_app
from sqlalchemy.exc import SQLAlchemyError

from tracker.web import startup

LEAST_FREE = 100 * 1024 * 1024  # bytes on the disk of the evidence folder

blueprint = Blueprint("health", __name__)
log = structlog.get_logger("tracker.health")


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return _answer(True)


@blueprint.get("/readyz")
def readyz() -> Response:
    """The database answers and is at head, and the disk has room."""
    try:
        ready = startup.is_at_head() and _has_room()
    except (SQLAlchemyError, OSError) as error:
        log.error("not ready", exc_info=error)
        ready = False
    return _answer(ready)


def _has_room() -> bool:
    folder = current_app.config["SETTINGS"].data
    while not folder.exists():  # it is made with the first file
        folder = folder.parent
    return shutil.disk_usage(folder).free >= LEAST_FREE


def _answer(is_well: bool) -> Response:
    return Response("ok\n" if is_well else "not ready\n", 200 if is_well else 503, mimetype="text/plain")
