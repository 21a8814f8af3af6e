"""``flask report status``: the report of the page, from the command line."""

from __future__ import annotations

from typing import Any, BinaryIO
from urllib.parse import parse_qs

import click
import sqlalchemy as sa
from flask.cli import AppGroup

from tracker import clock, history
from tracker.extensions import db
from tracker.models import Account, Category, Outcome
from tracker.reports import csv_file, followups, status
from tracker.reports.filters import BadValue
from tracker.reports.listing import Args

command = AppGroup("report", help="Reports as files.")


@command.command("status")
@click.option("--as", "email", help="Give this person's rows; without it all rows, logged as the command line.")
@click.option("--filter", "query", default="", help="As in the page's address: 'state=PAK&overdue=1&content=sealed'.")
@click.option("--bom/--no-bom", default=True, help="Begin with a byte order mark, as spreadsheets like it.")
@click.option("-o", "--output", type=click.File("wb"), default="-", help="A file; standard output.")
def status_report(email: str | None, query: str, bom: bool, output: BinaryIO) -> None:
    """One row per follow-up: the rows, order and columns of /reports/status."""
    account = _person(email)
    args = parse_qs(query.lstrip("?"))
    try:
        content = status.content_asked(args)
    except BadValue as problem:
        raise click.ClickException(str(problem)) from None
    args.pop("content", None)
    _refuse_nonsense(args, account)
    asked = followups.asked(args, account) if account else args
    listing = followups.listing(asked)
    scope = followups.scope(account) if account else sa.true()
    _log("export.started", account, Outcome.DONE, {"question": query, "content": content})
    chunks = listing.stream(asked, scope, base=status.base(content, clock.today(), as_lines=True), as_lines=True)
    for chunk in csv_file.logged(csv_file.joined(status.HEADER, chunks, bom), lambda tally: _log_end(account, tally)):
        output.write(chunk)


def _person(email: str | None) -> Account | None:
    if email is None:
        return None
    account = db.session.scalar(sa.select(Account).where(Account.email == email.strip().lower()))
    if account is None:
        raise click.ClickException(f"There is no account {email}.")
    return account


def _refuse_nonsense(args: Args, account: Account | None) -> None:
    """A filter that makes no sense gives no file: nobody would see the sentence beside it."""
    known = {*followups.FOLLOWUPS.filters, "sort", "size"}
    unknown = sorted(set(args) - known)
    if unknown:
        raise click.ClickException(f"There is no filter {unknown[0]}. Known: {', '.join(sorted(known))}.")
    oneself = followups.asks_for_me(args)
    if account is None and oneself:
        raise click.ClickException(f"{oneself}=me needs --as.")
    for problem in followups.listing(args).read(args).problems:
        raise click.ClickException(f"{problem.name}: {problem.message}")


def _log_end(account: Account | None, tally: csv_file.Tally) -> None:
    outcome = Outcome.DONE if tally.is_complete else Outcome.FAILED
    _log("export.ended", account, outcome, {"rows": tally.rows, "sha256": tally.sha256})


def _log(kind: str, account: Account | None, outcome: Outcome, details: dict[str, Any]) -> None:
    history.record_alone(
        kind,
        by=account,
        outcome=outcome,
        category=Category.FILE,
        details={"report": "status", "door": "command line", **details},
    )
