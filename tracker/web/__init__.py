"""The pages. Every request goes the same road: headers, CSRF, session, access table, view, one commit. The view of a
page that was made before may be spared (``again``)."""

from __future__ import annotations

from collections.abc import MutableMapping
from importlib import import_module
from keyword import iskeyword
from typing import Any

from flask import Flask, templating
from jinja2.compiler import CodeGenerator, Frame
from jinja2.nodes import Call, Expr, Name
from markupsafe import Markup, escape

from tracker import database

PAGES = (
    "account",
    "action_plan",
    "admin",
    "area_pillars",
    "areas",
    "assessments",
    "assets",
    "audit",
    "boards",
    "carry_overs",
    "catalogue",
    "cells",
    "comments",
    "conclusions",
    "coverage",
    "evidence",
    "extensions",
    "followups",
    "gaps",
    "health",
    "help",
    "home",
    "inbox",
    "measure_links",
    "measures",
    "meetings",
    "plan_parts",
    "plans",
    "progress",
    "reports",
    "resolutions",
    "responses",
    "review",
    "search",
    "states",
    "trace",
    "visit_parts",
    "visit_sections",
    "visits",
)
"""The modules with pages, each with a ``blueprint``."""


TEXTS = ("_", "ngettext")
"""What gives a template its texts: functions of ours, to which the page is nothing."""


class Writing(CodeGenerator):
    """Templates as Python. What is markup already is written as it stands: a page has hundreds of such pieces, and to
    have each made markup once more takes five calls. Texts are asked for without Jinja looking first whether they want
    to know the page, which takes seven."""

    def visit_Call(self, node: Call, frame: Frame, forward_caller: bool = False) -> None:  # noqa: N802  # Jinja's
        name = node.node.name if isinstance(node.node, Name) else ""
        is_plain = not (node.dyn_args or node.dyn_kwargs or any(iskeyword(given.key) for given in node.kwargs))
        if name not in TEXTS or not is_plain:
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.visit(node.node, frame)
        self.write("(")
        for arg in node.args:
            self.visit(arg, frame)
            self.write(", ")
        for given in node.kwargs:
            self.write(f"{given.key}=")
            self.visit(given.value, frame)
            self.write(", ")
        self.write(")")

    def _output_child_pre(self, node: Expr, frame: Frame, finalize: Any) -> None:
        is_escaped = frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None
        if not is_escaped:
            super()._output_child_pre(node, frame, finalize)
            return
        self.write("environment.escaped(")


class Environment(templating.Environment):
    """The templates' surroundings, with globals that are all there before the first template is loaded.

    Jinja looks through them all at each import of macros; in a dict that takes a tenth of what its chain of dicts does.
    """

    code_generator_class = Writing

    @staticmethod
    def escaped(value: Any) -> Markup:
        """The value as a template writes it."""
        return value if type(value) is Markup else escape(value)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The globals of a template, with its own on top."""
        return {**self.globals, **(d or {})}


def init(app: Flask) -> None:
    """Wire the pages to the application, in the order in which a request meets them."""
    from tracker.web import (
        access,
        again,
        errors,
        headers,
        intake,
        lists,
        measure_status,
        presentation,
        rates,
        security,
        sessions,
        startup,
        timeline_entries,
    )

    _tell_database(app)
    intake.init_intake(app)
    headers.init_headers(app)
    again.init_again(app)
    sessions.init_sessions(app)
    security.init_security(app)
    presentation.init_presentation(app)
    errors.init_errors(app)
    access.init_access(app)
    rates.init_rates(app)
    lists.init_lists(app)
    timeline_entries.init_entries(app)
    measure_status.init_measure_status(app)
    register(app)
    again.wrap(app)
    startup.check(app)


def register(app: Flask) -> None:
    """Register every blueprint."""
    for name in PAGES:
        app.register_blueprint(import_module(f"{__name__}.{name}").blueprint)


def _tell_database(app: Flask) -> None:
    """A request that only reads must not take the writers' lock on SQLite.

    Set before the session is opened, which is the first to use the database: hence around the application.
    """
    inner = app.wsgi_app

    def with_intent(environ: dict[str, Any], start_response: Any) -> Any:
        token = database.set_may_write(environ.get("REQUEST_METHOD") not in ("GET", "HEAD", "OPTIONS"))
        try:
            return inner(environ, start_response)
        finally:
            database.reset_may_write(token)

    app.wsgi_app = with_intent  # type: ignore[method-assign]  # as Flask's documentation does
