"""``flask user create|grant|disable|reset-mfa``: people without the pages; the first administrator is made here."""

from __future__ import annotations

from datetime import date, datetime

import click
from flask.cli import AppGroup

from tracker import mail
from tracker.errors import TrackerError
from tracker.extensions import db
from tracker.models import Account, Role, Scope
from tracker.services import accounts, grants

command = AppGroup("user", help="Make, grant, disable accounts; reset a second factor.")
ROLES = click.Choice([role.value for role in Role])


def _account(email: str) -> Account:
    found = accounts.find(email)
    if found is None:
        raise click.ClickException(f"There is no account with the address {email}.")
    return found


def _day(_context: click.Context, _parameter: click.Parameter, value: datetime | None) -> date | None:
    return value.date() if value else None


@command.command("create")
@click.argument("email")
@click.option("--name", required=True, help="The name that colleagues see.")
@click.option("--role", "roles", type=ROLES, multiple=True, help="A role for all States; may be given several times.")
@click.option("--ask-password", is_flag=True, help="Ask for a password here, instead of mailing an invitation.")
def create(email: str, name: str, roles: tuple[str, ...], ask_password: bool) -> None:
    """Make an account. Without --ask-password its owner is mailed a link that sets one."""
    password = click.prompt("Password", hide_input=True, confirmation_prompt=True) if ask_password else None
    try:
        account = accounts.create(email, name, by=None, password=password)
        for role in roles:
            grants.grant(account, Role(role), Scope.ALL, by=None)
    except TrackerError as error:
        raise click.ClickException(error.message) from error
    db.session.commit()
    click.echo(f"Made the account {account.email}" + (f" with: {', '.join(roles)}." if roles else "."))
    if password is None:
        click.echo(f"{mail.waiting()} mail(s) wait; send them with: flask mail send")


@command.command("grant")
@click.argument("email")
@click.argument("role", type=ROLES)
@click.option("--all", "everywhere", is_flag=True, help="For all States.")
@click.option("--region", help="For a region or subregion, by its M49 code: 142 is Asia.")
@click.option("--state", "states", multiple=True, help="For a State, by its alpha-3 code; may be given several times.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), callback=_day, help="The last day on which it holds.")
def grant(
    email: str, role: str, everywhere: bool, region: str | None, states: tuple[str, ...], until: date | None
) -> None:
    """Grant a role within one scope: --all, --region or --state."""
    if [everywhere, bool(region), bool(states)].count(True) != 1:
        raise click.UsageError("Give the scope once: --all, --region CODE or --state CODE.")
    scope = Scope.ALL if everywhere else Scope.REGION if region else Scope.STATES
    codes = [code.upper() for code in states]
    try:
        grants.grant(_account(email), Role(role), scope, by=None, region_code=region, states=codes, ends_on=until)
    except TrackerError as error:
        raise click.ClickException(error.message) from error
    db.session.commit()
    click.echo(f"Granted {role} to {email}.")


@command.command("disable")
@click.argument("email")
def disable(email: str) -> None:
    """Disable an account and end its sessions."""
    try:
        accounts.disable(_account(email), by=None)
    except TrackerError as error:
        raise click.ClickException(error.message) from error
    db.session.commit()
    click.echo(f"Disabled the account {email}.")


@command.command("reset-mfa")
@click.argument("email")
def reset_mfa(email: str) -> None:
    """Take the second factor from someone who lost it."""
    accounts.reset_factor(_account(email), by=None)
    db.session.commit()
    click.echo(f"The second factor of {email} is reset; a new one is set up at the next sign-in.")
