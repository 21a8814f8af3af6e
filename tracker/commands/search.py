"""``flask search rebuild``: the words of every record and the index over them, made anew from the records."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from tracker.extensions import db
from tracker.services import search

command = AppGroup("search", help="The words that searches find.")


@command.command("rebuild")
def rebuild() -> None:
    """Make the search rows and their index anew; nothing else is changed, and people may go on working."""
    count = search.rebuild()
    db.session.commit()
    click.echo(f"The words of {count:,} records are indexed.")
