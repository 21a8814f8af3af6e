"""``flask audit verify`` and ``flask audit export``."""

from __future__ import annotations

import json
from typing import TextIO

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
    verdict = _verified()
    click.echo(f"The log is whole: {verdict.count} entries, head {verdict.head}.")


@command.command("sign-head")
def sign_head() -> None:
    """Check all but the head kept outside the database, then write that anew: after SECRET_KEY was changed, or when a
    crash tore it. Compare the number printed with the last one you know: a cut at the end would not show here."""
    verdict = _verified(with_head=False)
    audit_head.write(current_app.config["SETTINGS"], audit_head.Head(verdict.count, verdict.head), anew=True)
    click.echo(f"The head is written anew: {verdict.count} entries, head {verdict.head}.")


@command.command("export")
@click.option("-o", "--output", type=click.File("w", encoding="utf-8"), default="-", help="A file; standard output.")
def export(output: TextIO) -> None:
    """Write every entry as a line of JSON: its hash, the hash before it, and its text."""
    with database.read_only():
        rows = db.session.execute(sa.select(Event).order_by(Event.seq).execution_options(yield_per=1000)).scalars()
        for row in rows:
            output.write(json.dumps({"hash": row.hash, "prev": row.prev, "text": row.text}, ensure_ascii=False))
            output.write("\n")


def _verified(*, with_head: bool = True) -> audit.Verdict:
    with database.read_only():
        audit.one_moment()
        verdict = audit.verify(with_head=with_head)
    if verdict.problem is not None:
        where = f"Entry {verdict.problem.seq}: " if verdict.problem.seq else ""
        raise click.ClickException(f"{where}{verdict.problem.message}.")
    return verdict
