"""``flask search rebuild``: the words of every record and the index over them, made anew from the records."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from tracker.extensions import db
from tracker.services import search

command = AppGroup("search", help="The words that searches find.")


@command.command("rebuild")
def rebuild() -> None:
    """Make the search rows and their index anew. People may go on working: what they save waits a moment at most, on
    SQLite at the end some seconds for every 100,000 records."""
    count = 0
    for done in search.rebuild():
        db.session.commit()  # each step alone: nobody waits for the whole
        count += done
    click.echo(f"The words of {count:,} records are indexed.")
