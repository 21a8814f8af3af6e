"""``flask mail send``: what waits in the outbox, sent once. Run it from a timer."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from tracker import mail

command = AppGroup("mail", help="The outbox.")


@command.command("send")
def send() -> None:
    """Send what waits. Exit 1 when the server cannot be reached, or a mail was given up or is in doubt."""
    if not current_app.config["SETTINGS"].mail_server:
        click.echo(f"MAIL_SERVER is not set: {mail.waiting()} mail(s) wait in the outbox.")
        return
    try:
        done = mail.send_waiting()
    except OSError as error:
        raise click.ClickException(
            f"The mail server did not answer ({type(error).__name__}); what was not sent waits."
        ) from error
    finally:
        _name_doubtful()
    click.echo(f"Sent {done.sent}, put off {done.put_off}, given up {done.given_up}.")
    if done.given_up:
        raise SystemExit(1)


def _name_doubtful() -> None:
    """Mails that may or may not have arrived are never sent twice: a person looks."""
    for row in mail.in_doubt():
        click.echo(f"Mail {row.id} of {row.created_at:%Y-%m-%d %H:%M} UTC may not have arrived.", err=True)
