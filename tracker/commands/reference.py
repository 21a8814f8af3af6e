"""``flask reference load``: the States, areas, resolutions, measures and organisations that ship with the program."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from tracker.extensions import db
from tracker.services import reference

command = AppGroup("reference", help="Reference data.")


@command.command("load")
def load() -> None:
    """Bring the reference data up to date; changes nothing when it is, and never what an administrator edited."""
    reference.load()
    db.session.commit()
    click.echo("The reference data is up to date.")
