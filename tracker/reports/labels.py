"""Areas, resolutions and paragraphs by their words: a few hundred, and the same for everyone who is signed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import sqlalchemy as sa

from tracker.extensions import db
from tracker.folding import fold, holds
from tracker.models import Resolution
from tracker.reports import catalogue, filters
from tracker.reports.catalogue import AreaEntry, ParagraphEntry

SHOWN = 10


@dataclass(frozen=True)
class ResolutionEntry:
    number: int
    symbol: str
    title: str


@dataclass(frozen=True)
class Found:
    """What bears the words, what is called so first. ``exact`` is the area whose code was typed."""

    areas: list[AreaEntry] = field(default_factory=list)
    resolutions: list[ResolutionEntry] = field(default_factory=list)
    paragraphs: list[ParagraphEntry] = field(default_factory=list)
    exact: str | None = None

    def __bool__(self) -> bool:
        return bool(self.areas or self.resolutions or self.paragraphs)


def find(q: str) -> Found:
    """The areas and resolutions that hold all of ``q``, and the paragraphs that it names: ``1373 2`` names all of
    paragraph 2. Two statements; raises BadValue where the words cannot be looked for."""
    wanted = filters.asked([q])
    code = q.strip().upper()
    areas = [one for one in catalogue.areas().values() if _is_meant(one, code) or holds(_area_words(one), wanted)]
    resolutions = [one for one in _resolutions() if holds(_folded(f"{one.number} {one.symbol} {one.title}"), wanted)]
    return Found(
        areas=sorted(areas, key=lambda one: not _is_meant(one, code))[:SHOWN],
        resolutions=sorted(resolutions, key=lambda one: str(one.number) != code)[:SHOWN],
        paragraphs=_paragraphs(q)[:SHOWN],
        exact=code if code in catalogue.areas() else None,
    )


def _is_meant(area: AreaEntry, typed: str) -> bool:
    """Whether the code is, or begins with, what was typed: ``FIN-0``."""
    return ("-" in typed and area.code.startswith(typed)) or area.code == typed


def _area_words(area: AreaEntry) -> str:
    return _folded(f"{area.code} {area.title} {area.description}")


def _resolutions() -> list[ResolutionEntry]:
    rows = db.session.execute(
        sa.select(Resolution.number, Resolution.symbol, Resolution.title).order_by(Resolution.number)
    )
    return [ResolutionEntry(*row) for row in rows]


def _paragraphs(q: str) -> list[ParagraphEntry]:
    said = catalogue.paragraph_said(q)
    if said is None or not said[1]:
        return []
    number, label = said
    known = [one for one in catalogue.paragraphs().values() if one.resolution_number == number]
    return [one for one in known if one.label == label or one.label.startswith(f"{label}(")]


_folded = lru_cache(maxsize=1_000)(fold)
"""The words of a label: the same few hundred at each search."""
