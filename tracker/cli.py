"""The commands: ``flask user …``, ``flask audit …``, ``flask sample …``, ``flask report …``, ``flask mail …``."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import click
from flask import Flask

from tracker import commands


def register(app: Flask) -> None:
    """Add the ``command`` of each module in ``tracker/commands``."""
    for module in iter_modules(commands.__path__):
        command: click.Command = import_module(f"{commands.__name__}.{module.name}").command
        app.cli.add_command(command)
