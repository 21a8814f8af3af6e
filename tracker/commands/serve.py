"""``flask serve``: one command from an empty folder to a running tracker; what ``make run`` starts."""

from __future__ import annotations

import ipaddress
import logging
import signal
from typing import Any

import click
import sqlalchemy as sa
import waitress
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade

from tracker import database
from tracker.config import Settings
from tracker.errors import RefusedToStart
from tracker.extensions import db
from tracker.models import Account
from tracker.sample import load as sample
from tracker.services import reference
from tracker.web import startup

LARGEST_BODY = 256 * 1024 * 1024  # the server's own bound; the tracker's, far below, answers with a page
THREADS = 8


@click.command("serve")
@click.option("--host", envvar="HOST", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", envvar="PORT", type=click.IntRange(1, 65535), default=8000, show_default=True)
@with_appcontext
def command(host: str, port: int) -> None:
    """Serve the tracker. The demo first brings its database up to date and, when empty, loads the sample."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # a proxy of Flask's
    settings: Settings = app.config["SETTINGS"]
    if settings.is_production:
        _check_database()
    else:
        _refuse_open_address(host)
        prepare()
    click.echo(_greeting(settings, host, port))
    db.session.remove()
    signal.signal(signal.SIGTERM, _stop)
    waitress.serve(app, host=host, port=port, threads=THREADS, ident=None, max_request_body_size=LARGEST_BODY)


def _check_database() -> None:
    try:
        startup.check_database()
    except RefusedToStart as refusal:
        raise click.ClickException(str(refusal)) from None


def prepare() -> None:
    """Schema, reference data, and the sample where there is nothing yet; each does nothing the second time."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    if not startup.is_at_head():
        upgrade()
    sample.load_if_empty()  # with the reference data first, at the beginning of its story: the log never goes back
    reference.load()
    db.session.commit()
    database.analyse(db.engine)


def _refuse_open_address(host: str) -> None:
    """The demo's password is printed and its cookie plain: it serves this machine alone."""
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise click.ClickException(
            f"The demo serves this machine alone: HOST must be 127.0.0.1 or localhost, not {host}."
        )


def _greeting(settings: Settings, host: str, port: int) -> str:
    lines = [f"1373 Tracker on http://{f'[{host}]' if ':' in host else host}:{port}"]
    if settings.is_demo:
        people = db.session.scalars(sa.select(Account.email).where(Account.active).order_by(Account.id))
        lines += ["Sign in as one of:", *(f"  {email}" for email in people)]
        lines += [f"with the password: {settings.demo_password}", "Stop with Ctrl+C."]
    return "\n".join(lines)


def _stop(_signal: int, _frame: Any) -> None:
    """End as Ctrl+C does: requests in flight are answered first (R26)."""
    raise SystemExit(0)
