"""``flask sample load`` and ``generate``: a story from public sources, or a great deal of invented text, into an empty
database that is not production's."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from tracker.errors import TrackerError
from tracker.extensions import db
from tracker.sample import generate as generator
from tracker.sample import load as sample

command = AppGroup(
    "sample", help="Fill an empty database: with real visits from public sources, or with generated data."
)


@command.command("load")
def load() -> None:
    """Load the sample. Refused in production and where there are accounts or visits already."""
    try:
        sample.load(click.echo)
    except TrackerError as error:
        raise click.ClickException(error.message) from error
    db.session.commit()


@command.command("generate")
@click.option("--follow-ups", type=int, required=True, help="How many follow-ups.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same data.")
def generate(follow_ups: int, seed: int) -> None:
    """Generate visits, follow-ups and twenty years of events. Refused in production and where there are any already."""
    try:
        generator.generate(follow_ups, seed, click.echo)
    except TrackerError as error:
        raise click.ClickException(error.message) from error
