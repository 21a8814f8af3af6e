"""Puts everything that has a name in code into words: enum members, fields, nouns and kinds of events.

The words themselves stand in ``vocabulary``. What is missing there fails a test, and raises outside production; in
production the name in code is written out instead, because a page that says "due extension" serves its reader better
than none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum, StrEnum
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from babel import Locale
from flask import current_app, has_app_context

from tracker import day_words, texts
from tracker.database import Base, PartialDateType, UtcDateTime
from tracker.models import Implementation, VisitStage
from tracker.partial_date import PartialDate
from tracker.reports.visits import conclusion_label
from tracker.texts import gettext as _
from tracker.web.dates import moment_words
from tracker.web.vocabulary import DETAILS, EVENTS, FIELDS, NOUNS, VERBS, WORDS


def words(member: Enum | None) -> str:
    """``FollowupStatus.SIGNED_OFF`` → "Signed off"; ``None`` → ""."""
    return "" if member is None else _member_words(member, type(member), texts.locale())


@lru_cache(maxsize=4096)
def _member_words(member: Enum, _members: type[Enum], _language: Locale) -> str:
    """Kept for each language. The class is part of the key, because members of two enums with one value are equal."""
    known = WORDS.get(type(member), {}) if isinstance(member, StrEnum) else {}
    return _known(known, member, str(member))


def field_words(name: str, table: str | None = None) -> str:
    """``current_due`` → "Current due date"; ``table`` decides where one column name has two meanings."""
    return _field_words(name, table, texts.locale())


@lru_cache(maxsize=4096)
def _field_words(name: str, table: str | None, _language: Locale) -> str:
    specific = f"{table}.{name}"
    return _known(FIELDS, specific if specific in FIELDS else name, name)


def noun_words(object_type: str) -> str:
    """``followup`` → "Follow-up"."""
    return _noun_words(object_type, texts.locale())


@lru_cache(maxsize=1024)
def _noun_words(object_type: str, _language: Locale) -> str:
    return _known(NOUNS, object_type, object_type)


def stage_words(visit: Any, stage: VisitStage) -> str:
    """A stage of that visit, or of a row with its ``sort_day``: from 8 October 2018 on, observations are issued.

    Where no visit is known (a filter, the log, the help) the words are true of visits before and since.
    """
    if stage == VisitStage.PROVISIONAL_ISSUED and visit is not None:
        return _("%(conclusions)s issued", conclusions=conclusion_label(visit))
    return words(stage)


def event_words(kind: str, visit: Any = None) -> str:
    """``followup.signed_off`` → "signed off": its own words, its verb's, or the verb written out.

    With the visit that it happened to, a stage bears its name of the time.
    """
    noun, _dot, verb = kind.rpartition(".")
    if noun == "visit" and verb in WORDS[VisitStage]:
        return _("moved it to the stage “%(stage)s”", stage=stage_words(visit, VisitStage(verb)))
    return _event_words(kind, verb, texts.locale())


@lru_cache(maxsize=4096)
def _event_words(kind: str, verb: str, _language: Locale) -> str:
    found = EVENTS.get(kind) or VERBS.get(verb)
    return str(found) if found else _written_out(verb)


def reported_words(status: Implementation) -> str:
    """What a Member State reports: where it reported nothing, nobody has said "not assessed"."""
    return _("None reported") if status == Implementation.NOT_ASSESSED else words(status)


def detail_name(name: str) -> str:
    """``may_be_given`` → "May be given"."""
    return str(DETAILS.get(name) or FIELDS.get(name) or _written_out(name).capitalize())


def detail_words(value: Any) -> str:
    """A value of an entry's details without brackets and quotation marks, whatever it is made of."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return texts.listed(detail_words(one) for one in value)
    if isinstance(value, dict):
        return "; ".join(f"{detail_name(name)}: {detail_words(one)}" for name, one in value.items()) or _("nothing")
    return "" if value is None else str(value)


def value_words(table: str, column: str, value: Any, visit: Any = None) -> str:
    """What a column holds, in words, also from the plain text of a version row or an event; ``None`` → "".

    With the visit whose column it is, a stage bears its name of the time.
    """
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return _teller(table, column)(value, visit)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list | tuple | set | frozenset):
        return "; ".join(value_words(table, column, item) for item in value)
    if isinstance(value, PartialDate):
        return day_words.of_partial(value)
    if isinstance(value, datetime):
        return moment_words(value)
    return day_words.of_day(value) if isinstance(value, date) else str(value)


@lru_cache(maxsize=4096)
def _teller(table: str, column: str) -> Callable[[str, Any], str]:
    """What puts the plain text of a column into words, for the visit whose column it is. A page asks for hundreds."""
    kind = _column_type(table, column)
    if (table, column) == ("visit", "stage"):
        return _stage_of
    if isinstance(kind, sa.Enum) and kind.enum_class is not None:
        members, say = kind.enum_class, reported_words if column == "reported_status" else words
        return lambda text, _visit: _enum_words(members, text, say, texts.locale())
    if isinstance(kind, PartialDateType):
        return lambda text, _visit: day_words.of_partial(PartialDate.parse(text))
    if isinstance(kind, sa.Date):
        return lambda text, _visit: day_words.of_day(date.fromisoformat(text))
    if isinstance(kind, UtcDateTime):
        return lambda text, _visit: moment_words(datetime.fromisoformat(text))
    return lambda text, _visit: text


@lru_cache(maxsize=4096)
def _enum_words(members: type[Enum], text: str, say: Callable[[Any], str], _language: Locale) -> str:
    try:
        return say(members(text))
    except ValueError:  # a version row may outlive the member that it names
        return _written_out(text)


def _stage_of(text: str, visit: Any) -> str:
    return stage_words(visit, VisitStage(text)) if text in list(VisitStage) else _written_out(text)


def _column_type(table: str, column: str) -> Any:
    found = Base.metadata.tables.get(table)
    return found.c[column].type if found is not None and column in found.c else None


def _known(known: Mapping[Any, Any], key: Any, name: str) -> str:
    if key in known:
        return str(known[key])
    if has_app_context() and current_app.config["SETTINGS"].is_production:
        return _written_out(name)
    raise KeyError(f"{key!r} has no words; add them to tracker/web/vocabulary.py")


def _written_out(name: str) -> str:
    return name.replace("_", " ")
