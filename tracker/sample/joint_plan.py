"""A generated regional plan that all Member States carry out, so that a board can be as big as boards get.

It is told on a desk in memory, as the stories of the visits are: the rows and events that the services would leave.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from tracker import history
from tracker.models import PILLARS, Measure, MeasureCell, MeasureStatus, Plan, PlanKind, PlanPart, PlanState, search
from tracker.partial_date import PartialDate
from tracker.sample import vocabulary
from tracker.sample.desk import Desk, search_row, view
from tracker.services import measures

PLAN, MEASURE, CELL = Plan.__tablename__, Measure.__tablename__, MeasureCell.__tablename__
NUMBERED = (PLAN, MEASURE, CELL)

CODE = "GEN-1"
MOST_MEASURES = 200
FOLLOWUPS_A_MEASURE = 50
WORDS_A_MEASURE = 8
"""Cells that say something; the others say "no word yet"."""

SINCE = PartialDate(2003).iso
SAID = (MeasureStatus.PLANNED, MeasureStatus.UNDER_WAY, MeasureStatus.UNDER_WAY, MeasureStatus.COMPLETED)


def size(followups: int) -> int:
    """How many measures the plan has: a small database has few."""
    return max(len(PILLARS), min(MOST_MEASURES, followups // FOLLOWUPS_A_MEASURE))


def events(followups: int) -> int:
    """How many events the plan leaves: itself, its measures, and each cell that says something."""
    return 1 + size(followups) * (1 + WORDS_A_MEASURE)


@dataclass
class Teller:
    """Tells the plan on the desk, all of it at one ``second`` of the story, ``by`` one account, which all ``states``
    carry out. ``next_ids``: those of its rows, by table."""

    desk: Desk
    second: int
    next_ids: dict[str, int]
    states: Sequence[str]
    by: int

    def tell(self, followups: int, rng: Random) -> None:
        """The plan with its measures and what some cells say."""
        plan = self._create_plan()
        for number, wording in enumerate(wordings(size(followups), rng), start=1):
            for cell_id in rng.sample(self._create_measure(plan, number, wording), WORDS_A_MEASURE):
                self._say(cell_id, SAID[int(rng.random() * len(SAID))])

    def searched(self) -> Iterator[tuple[object, ...]]:
        """The search rows of the plan and its measures, which belong to no State."""
        for model in (Plan, Measure):
            for row in self.desk.rows(model.__tablename__):
                yield search_row(model, row, None, search.NOWHERE)

    def _create_plan(self) -> history.Row:
        self.desk.begin(self.second)
        plan = self.desk.add(
            PLAN,
            id=self._next_id(PLAN),
            code=CODE,
            kind=PlanKind.REGIONAL.value,
            title=vocabulary.PLAN,
            description=vocabulary.ENGLISH.said,
            source=vocabulary.SOURCE,
        )
        for state_id in self.states:
            self.desk.add(
                PlanState.__tablename__, plan_id=plan["id"], state_id=state_id, part=PlanPart.PARTICIPANT.value
            )
        self.desk.record("plan.created", (PLAN, plan["id"]), None, by=self.by)
        return plan

    def _create_measure(self, plan: history.Row, number: int, wording: measures.Wording) -> list[int]:
        """The ids of its cells."""
        self.desk.begin(self.second)
        measure_id = self._next_id(MEASURE)
        self.desk.add(
            MEASURE,
            id=measure_id,
            reference=measures.reference(view({**plan, "kind": PlanKind.REGIONAL}), wording.pillar, number),
            plan_id=plan["id"],
            pillar=wording.pillar,
            number=number,
            position=number,
            text=wording.text,
            wording_note=wording.wording_note,
            indicator=wording.indicator,
        )
        cells = [
            self.desk.add(CELL, id=self._next_id(CELL), measure_id=measure_id, state_id=state_id)["id"]
            for state_id in self.states
        ]
        self.desk.record("measure.created", (MEASURE, measure_id), None, by=self.by)
        return cells

    def _say(self, cell_id: int, status: MeasureStatus) -> None:
        """How far a State is."""
        self.desk.begin(self.second)
        cell = self.desk.row(CELL, cell_id)
        said = {"status": status.value, "status_on": SINCE, "evidence": vocabulary.SAID_BY_CHANCE}
        self.desk.change(CELL, cell_id, **said, version=cell["version"] + 1)
        self.desk.record("measure.cell_changed", (MEASURE, cell["measure_id"]), cell["state_id"], by=self.by)

    def _next_id(self, table: str) -> int:
        found = self.next_ids[table]
        self.next_ids[table] = found + 1
        return found


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
