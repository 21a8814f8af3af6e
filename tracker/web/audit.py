"""The log, for auditors: a list with filters, its file, and one entry with its hash."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.models import Category, Outcome
from tracker.policy import Permission
from tracker.reports import catalogue, log
from tracker.texts import gettext as _
from tracker.texts import ngettext
from tracker.web import filters
from tracker.web.exports import csv_response
from tracker.web.lists import FilterWords, ListPage, members
from tracker.web.presentation import number
from tracker.web.vocabulary import NOUNS
from tracker.web.words import event_words, noun_words

blueprint = Blueprint("audit", __name__)


@blueprint.get("/audit")
def index() -> ResponseReturnValue:
    """What happened, newest first, as the address narrows it."""
    policy.require(current_user, Permission.LOG_READ)
    page = log.LOG.page(request.args, log.scope(current_user))
    reach = policy.reach(current_user, Permission.LOG_READ)
    sorts = {"number": _("time, newest first")}
    shown = ListPage(page, url_for("audit.index"), _counted, _filter_words(), sorts, reach=reach)
    return render_template(
        "audit/index.html",
        list=shown,
        entries=log.tell(page.rows),
        states=catalogue.states(),
        choices=_choices(),
        base=f"{url_for('audit.index')}/",
        export_href=shown.export_href(url_for("audit.export")),
    )


@blueprint.get("/audit.csv")
def export() -> Response:
    """The same entries as a file, each with its text exactly as hashed."""
    policy.require(current_user, Permission.LOG_READ)
    return csv_response(
        "log",
        log.HEADER,
        log.LOG,
        request.args,
        log.scope(current_user),
        told=log.file_rows,
        bom=request.args.get("bom") != "0",
    )


@blueprint.get("/audit/<int:seq>")
def entry(seq: int) -> ResponseReturnValue:
    """One entry whole: its text, its hash, and the hash of the one before."""
    policy.require(current_user, Permission.LOG_READ)
    return render_template("audit/entry.html", found=log.whole(current_user, seq), states=catalogue.states())


def _counted(count: int) -> str:
    return ngettext("%(counted)s entry", "%(counted)s entries", count, counted=number(count))


def _filter_words() -> dict[str, FilterWords]:
    return {
        "kind": FilterWords(_("What"), _kind_words),
        "actor": FilterWords(_("Who"), {log.COMMAND_LINE: _("the command line")}),
        "state": filters.state_words(),
        "object": FilterWords(_("Record")),
        "category": FilterWords(_("Category"), members(Category)),
        "outcome": FilterWords(_("Outcome"), members(Outcome)),
        "from": FilterWords(_("From")),
        "to": FilterWords(_("To")),
    }


def _kind_words(value: str) -> str:
    """A noun, or a noun with what happened to it."""
    noun, divided, _verb = value.partition(".")
    said = str(noun_words(noun)) if noun in NOUNS else noun
    return f"{said}: {event_words(value)}" if divided else said


def _choices() -> dict[str, list[tuple[str, str]]]:
    covered = policy.reach(current_user, Permission.LOG_READ)
    return {
        "kind": filters.with_all((kind, str(noun_words(kind))) for kind in log.KINDS),
        "state": filters.with_all(filters.states(covered)),
        "category": filters.with_all(members(Category).items()),
        "outcome": filters.with_all(members(Outcome).items()),
        "size": filters.sizes(),
    }
