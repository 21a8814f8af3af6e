"""``flask audit verify`` and ``flask audit export``."""

from __future__ import annotations

import json
from typing import Any, TextIO

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import AppGroup

from tracker import audit_head, database
from tracker.extensions import db
from tracker.models import Event
from tracker.reports import audit

command = AppGroup("audit", help="Check the log, or copy it out of the database.")


@command.command("verify")
def verify() -> None:
    """Check the log, the version rows, the live rows and the seals: exit 0, or 1 naming the first bad entry."""
    with database.read_only():
        verdict = audit.verify()
    if verdict.problem is not None:
        where = f"Entry {verdict.problem.seq}: " if verdict.problem.seq else ""
        raise click.ClickException(f"{where}{verdict.problem.message}.")
    click.echo(f"The log is whole: {verdict.count} entries, head {verdict.head}.")


@command.command("export")
@click.option("-o", "--output", type=click.File("w", encoding="utf-8"), default="-", help="A file; standard output.")
def export(output: TextIO) -> None:
    """Write every entry as a line of JSON, and note the head outside the database anew."""
    last: Any = None
    with database.read_only():
        rows = db.session.execute(sa.select(Event).order_by(Event.seq).execution_options(yield_per=1000)).scalars()
        for last in rows:
            output.write(json.dumps({"hash": last.hash, "prev": last.prev, "text": last.text}, ensure_ascii=False))
            output.write("\n")
    if last is not None:
        audit_head.write(current_app.config["SETTINGS"], last.seq, last.hash)
