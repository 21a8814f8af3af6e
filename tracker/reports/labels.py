"""Areas, resolutions and paragraphs by their words: a few hundred, and the same for everyone who is signed in.

A process keeps the folded words for as long as the catalogue is the same (``catalogue.edition``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import sqlalchemy as sa
from flask import current_app

from tracker.extensions import read
from tracker.folding import fold, holding
from tracker.models import Resolution
from tracker.reports import catalogue, filters
from tracker.reports.catalogue import AreaEntry, Edition, ParagraphEntry

SHOWN = 10
_LABEL = re.compile(r"[0-9]{1,3}\([a-z]{1,3}\)", re.IGNORECASE)


@dataclass(frozen=True)
class ResolutionEntry:
    number: int
    symbol: str
    title: str


@dataclass(frozen=True)
class Found:
    """What bears the words, what is called so first. ``exact`` is the area whose code was typed; a top area's code may
    be a word that is looked for (``law``), so that it only stands first."""

    areas: list[AreaEntry] = field(default_factory=list)
    resolutions: list[ResolutionEntry] = field(default_factory=list)
    paragraphs: list[ParagraphEntry] = field(default_factory=list)
    exact: str | None = None

    def __bool__(self) -> bool:
        return bool(self.areas or self.resolutions or self.paragraphs)


@dataclass(frozen=True)
class Kept:
    """Every area and resolution, and the folded words of each, by code and number; ``edition`` tells when they are
    others."""

    edition: Edition
    areas: dict[str, AreaEntry]
    resolutions: dict[int, ResolutionEntry]
    area_words: dict[str, str]
    resolution_words: dict[int, str]


def find(q: str) -> Found:
    """The areas and resolutions that hold all of ``q``, and the paragraphs that it names: ``1373 2`` names all of
    paragraph 2. One statement where the areas are known; raises BadValue where the words cannot be looked for."""
    wanted, typed, kept = filters.asked([q]), q.strip().upper(), _kept()
    meant = [code for code in kept.areas if code == typed or ("-" in typed and code.startswith(typed))]
    areas = dict.fromkeys(meant + holding(kept.area_words, wanted))
    resolutions = sorted(holding(kept.resolution_words, wanted), key=lambda number: str(number) != typed)
    return Found(
        areas=[kept.areas[code] for code in areas][:SHOWN],
        resolutions=[kept.resolutions[number] for number in resolutions][:SHOWN],
        paragraphs=_paragraphs(q)[:SHOWN],
        exact=typed if "-" in typed and typed in kept.areas else None,
    )


def _kept() -> Kept:
    """The words that this process keeps, read anew where the catalogue is another one since."""
    edition = catalogue.edition()
    kept: Kept | None = current_app.extensions.get("tracker_labels")
    if kept is None or kept.edition != edition:
        kept = _read(edition)
        if kept.areas:
            current_app.extensions["tracker_labels"] = kept
    return kept


def _read(edition: Edition) -> Kept:
    areas, resolutions = catalogue.areas(), {one.number: one for one in _resolutions()}
    return Kept(
        edition,
        areas,
        resolutions,
        area_words={one.code: fold(f"{one.code} {one.title} {one.description}") for one in areas.values()},
        resolution_words={one.number: fold(f"{one.number} {one.symbol} {one.title}") for one in resolutions.values()},
    )


def _resolutions() -> list[ResolutionEntry]:
    rows = read(sa.select(Resolution.number, Resolution.symbol, Resolution.title).order_by(Resolution.number))
    return [ResolutionEntry(*row) for row in rows]


def _paragraphs(q: str) -> list[ParagraphEntry]:
    said = catalogue.paragraph_said(q)
    if said is None:
        return _labelled(q.strip().lower()) if _LABEL.fullmatch(q.strip()) else []
    number, label = said
    if not label:
        return []
    return [one for one in _labelled(label) if one.resolution_number == number]


def _labelled(label: str) -> list[ParagraphEntry]:
    """The paragraphs of that label, and those within it, whichever the resolution: ``2(b)``, ``2``."""
    known = catalogue.paragraphs().values()
    return [one for one in known if one.label == label or one.label.startswith(f"{label}(")]
