"""Sealed fields in words: what a reviewer reads before signing, and what changed since the last seal."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tracker import seals
from tracker.models import Basis, ConclusionKind, Decision, Followup, Implementation, Submission
from tracker.partial_date import PartialDate
from tracker.reports import catalogue
from tracker.seals import Content, FieldChange
from tracker.texts import gettext as _
from tracker.web.dates import partial
from tracker.web.words import field_words, words

ENUMS = {"basis": Basis, "kind": ConclusionKind, "assessed_status": Implementation}
DATES = ("current_due", "assessed_on")


@dataclass(frozen=True)
class Shown:
    """A sealed field with both its values as text, lists a line each."""

    name: str
    label: str
    old: str
    new: str


def changes(record: Any, now: Content | None = None) -> list[Shown]:
    """What differs from the last seal; every field that is filled when there is none."""
    return [show(change) for change in seals.since_last_seal(record, now)]


def fields(record: Any, values: Content) -> list[tuple[str, str]]:
    """Every sealed field of the record with these values, as it is now or as it was signed: label and text."""
    return [(field_words(name), text(name, values.get(name))) for name in seals.names(record)]


def since_returned(record: Any, notes: list[Submission], now: Content) -> list[Shown] | None:
    """What was rewritten since a reviewer returned it in this round: the last reading, continued. None where it was not
    returned."""
    last = next((note for note in notes if note.round == record.seal_count and note.canonical), None)
    if last is None or last.decision is not Decision.RETURNED:
        return None
    before = json.loads(last.canonical)
    return [show(change) for change in seals.compare(before, now, seals.names(record))]


def show(change: FieldChange) -> Shown:
    return Shown(change.name, field_words(change.name), text(change.name, change.old), text(change.name, change.new))


def text(name: str, value: Any) -> str:
    """One sealed field's value as text."""
    if value in (None, "", []):
        return ""
    if name in ENUMS:
        return str(words(ENUMS[name](value)))
    if name in DATES:
        return str(partial(PartialDate.parse(value)).striptags())
    if isinstance(value, list):
        return _lines(name, value)
    return str(value)


def _lines(name: str, value: list[Any]) -> str:
    if name == "area":
        return _area(value[0])
    if name == "further_areas":
        return "\n".join(_area(code) for code in value)
    if name == "conclusions":
        return "\n".join(f"{reference}: {words_of}" for reference, words_of in value)
    if name == "evidence":
        return "\n".join(_evidence(*item) for item in value)
    if name == "assessments":
        return "\n".join(_assessment(*item) for item in value)
    return "\n".join(str(item) for item in value)


def _area(code: str | None) -> str:
    return f"{code} {catalogue.area_titles().get(code, '')}".strip() if code else ""


def _evidence(title: str, source: str, digests: list[str]) -> str:
    marks = [_("SHA-256 %(digest)s", digest=digest) for digest in digests]
    return " · ".join(part for part in [title, source, *marks] if part)


def _assessment(code: str, _edition: int, rating: str, explanation: str) -> str:
    line = f"{_area(code)}: {catalogue.rating_labels().get(rating, rating)}"
    return f"{line}. {explanation}" if explanation else line


def beside(record: Any) -> list[tuple[str, str]]:
    """What a reviewer should know although it is not signed: why something is not there, how urgent it is."""
    if not isinstance(record, Followup):
        return []
    reasons = ("no_conclusion_reason", "no_due_reason", "no_indicator_reason", "source")
    known = [("priority", str(words(record.priority)))] + [(name, getattr(record, name)) for name in reasons]
    return [(field_words(name), value) for name, value in known if value]
