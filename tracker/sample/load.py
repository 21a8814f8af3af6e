"""Loads the sample: people first, then the story, with the clock moved through the years it tells. Never in production.

The whole load is one piece of work: the door that asked for it commits.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import click
import sqlalchemy as sa
from flask import current_app

from tracker import clock
from tracker.errors import TrackerError
from tracker.extensions import db
from tracker.models import Account, Mark, OutboxMail, Scope, Visit
from tracker.reports import catalogue
from tracker.sample import chain, people, story
from tracker.services import accounts, grants, passwords, reference

MARK = "sample"
BEFORE_THE_STORY = datetime(2003, 3, 1, 9, tzinfo=UTC)
BETWEEN_STEPS = timedelta(minutes=1)

Echo = Callable[[str], object]


@dataclass(frozen=True)
class Counts:
    """What was loaded."""

    accounts: int
    visits: int
    conclusions: int
    followups: int
    meetings: int
    measures: int


def load(echo: Echo = click.echo) -> Counts:
    """Tell the whole story into an empty database and mark it; raises TrackerError where that may not be."""
    password = demo_password()
    if not is_empty():
        raise TrackerError("The sample loads into an empty database only; this one holds accounts or visits.")
    echo("Loading the sample: real visits from public sources, told year by year.")
    with clock.at(BEFORE_THE_STORY):
        reference.load()
        by_role = cast(password)
        db.session.add(Mark(name=MARK, value="loaded"))
    world = _world(by_role)
    _tell(world, echo)
    db.session.execute(sa.delete(OutboxMail))  # nobody reads mail at example.org: the inboxes hold the messages
    counts = Counts(
        accounts=len(by_role),
        visits=len(world.visits),
        conclusions=len(world.conclusions),
        followups=len(world.followups),
        meetings=len(world.meetings),
        measures=len(world.measures),
    )
    echo(
        f"Loaded {counts.visits} visits, {counts.conclusions} conclusions, {counts.followups} follow-ups,"
        f" {counts.meetings} meetings and {counts.measures} measures of a regional plan by {counts.accounts} accounts."
    )
    return counts


def load_if_empty(echo: Echo = click.echo) -> Counts | None:
    """Load the sample where there is nothing yet; None where there is."""
    return load(echo) if is_empty() else None


def is_empty() -> bool:
    """Whether nobody has an account and no visit is recorded."""
    return not any(db.session.scalar(sa.select(sa.exists().select_from(model))) for model in (Account, Visit))


def is_loaded() -> bool:
    """Whether the database is marked as holding the sample."""
    return db.session.get(Mark, MARK) is not None


def demo_password() -> str:
    """The demo's password; raises where there is none, and in production."""
    settings = current_app.config["SETTINGS"]
    if settings.is_production:
        raise TrackerError("The sample is never loaded in production: it moves the clock and its password is known.")
    if not settings.demo_password:
        raise TrackerError("The sample's accounts need a password: set TRACKER_ENV=demo.")
    return str(settings.demo_password)


def cast(password: str) -> dict[str, Account]:
    """The accounts with their grants: the administrator by command, everyone else by the administrator."""
    hashed = passwords.hashed(password)
    administrator = _person(people.ADMINISTRATOR, None, hashed)
    others = [person for person in people.PEOPLE if person is not people.ADMINISTRATOR]
    return {people.ADMINISTRATOR.local_part: administrator} | {
        person.local_part: _person(person, administrator, hashed) for person in others
    }


def _person(person: people.PersonRow, by: Account | None, hashed: str) -> Account:
    """The demo's password may be shorter than a real one: the account is made with another, then given it."""
    account = accounts.create(person.email, person.name, by=by, password=secrets.token_urlsafe(32))
    account.password = hashed
    for row in person.grants:
        scope = Scope.REGION if row.region else Scope.ALL
        grants.grant(account, row.role, scope, by=by, region_code=row.region, ends_on=row.ends_on)
    return account


def _world(by_role: dict[str, Account]) -> story.World:
    regions = {row.id: row.region_code for row in catalogue.states().values()}
    organisations = {row.acronym: row.id for row in catalogue.organisations().values()}
    return story.World(by_role, regions, organisations)


def _tell(world: story.World, echo: Echo) -> None:
    """Each step at its moment; steps of one moment follow each other by a minute, so that time never stands still."""
    moment, year = BEFORE_THE_STORY, 0
    for step in sorted([*story.steps(), *chain.steps()], key=lambda step: step.moment):
        moment = max(step.moment, moment + BETWEEN_STEPS)
        if moment.year != year:
            year = moment.year
            echo(f"  {year}")
        with clock.at(moment):
            step.act(world)
            db.session.flush()
