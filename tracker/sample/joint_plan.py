"""A generated regional plan that all Member States carry out, so that a board can be as big as boards get."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tracker.models import PILLARS, Account, Measure, MeasureStatus
from tracker.partial_date import PartialDate
from tracker.reports import catalogue
from tracker.sample import vocabulary
from tracker.services import cells, measures, plans

CODE = "GEN-1"
MOST_MEASURES = 200
FOLLOWUPS_A_MEASURE = 50
WORDS_A_MEASURE = 8
"""Cells that say something; the others say "no word yet"."""

SINCE = 2003
SAID = (MeasureStatus.PLANNED, MeasureStatus.UNDER_WAY, MeasureStatus.UNDER_WAY, MeasureStatus.COMPLETED)


def load(followups: int, rng: Random, *, by: Account) -> None:
    """The plan with its measures, of which a small database has few, and what some cells say."""
    plan = plans.create(
        CODE,
        plans.Details(vocabulary.PLAN, description=vocabulary.ENGLISH.said, source=vocabulary.SOURCE),
        plans.Parties(participants=tuple(catalogue.states())),
        by=by,
    )
    for wording in wordings(max(len(PILLARS), min(MOST_MEASURES, followups // FOLLOWUPS_A_MEASURE)), rng):
        _say(measures.create(plan, wording, by=by), rng, by)


def wordings(count: int, rng: Random) -> Iterator[measures.Wording]:
    """So many measures, in the order of the pillars; no two say the same, which a plan may not."""
    told: set[str] = set()
    for place in range(count):
        words = vocabulary.language(rng)
        text = vocabulary.note(rng, words)
        while text in told:
            text = vocabulary.note(rng, words)
        told.add(text)
        yield measures.Wording(
            text=text,
            pillar=PILLARS[place * len(PILLARS) // count],
            wording_note=vocabulary.SOURCE,
            indicator=vocabulary.title(rng, words),
        )


def _say(measure: Measure, rng: Random, by: Account) -> None:
    for cell in rng.sample(measure.cells, WORDS_A_MEASURE):
        status = SAID[int(rng.random() * len(SAID))]
        cells.edit(cell, cells.Word(status, PartialDate(SINCE), evidence=vocabulary.SAID_BY_CHANCE), by=by)
