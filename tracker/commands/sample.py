"""``flask sample load``: the story that the program is shown with, into an empty database that is not production's."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from tracker.errors import TrackerError
from tracker.extensions import db
from tracker.sample import load as sample

command = AppGroup("sample", help="Fill an empty database with real visits from public sources.")


@command.command("load")
def load() -> None:
    """Load the sample. Refused in production and where there are accounts or visits already."""
    try:
        sample.load(click.echo)
    except TrackerError as error:
        raise click.ClickException(error.message) from error
    db.session.commit()
