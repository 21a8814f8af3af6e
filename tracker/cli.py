"""The commands: ``flask user …``, ``flask audit …``, ``flask sample …``, ``flask report …``, ``flask mail …``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pkgutil import iter_modules

import click
from flask import Flask

from tracker import commands
from tracker.errors import RefusedToStart


def register(app: Flask) -> None:
    """Add the ``command`` of each module in ``tracker/commands``."""
    for module in iter_modules(commands.__path__):
        command: click.Command = import_module(f"{commands.__name__}.{module.name}").command
        app.cli.add_command(command)


@contextmanager
def refusals_in_one_sentence() -> Iterator[None]:
    """To whoever types ``flask …`` a refusal to start is one sentence and exit 1; a web server has it raised.

    SystemExit, because Flask prints any Exception met while it looks for the application as a traceback.
    """
    try:
        yield
    except RefusedToStart as refusal:
        if click.get_current_context(silent=True) is None:
            raise
        click.echo(f"Error: {refusal}", err=True)
        raise SystemExit(1) from None
