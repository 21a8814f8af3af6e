"""The cell of a Member State in a regional plan: how far it is with one measure, since when, and what says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tracker import day_words, history, policy
from tracker.errors import Invalid, refuse_all
from tracker.models import Account, MeasureCell, MeasureStatus
from tracker.partial_date import PartialDate
from tracker.policy import Permission
from tracker.services import dates
from tracker.texts import gettext as _


@dataclass(frozen=True)
class Word:
    """What a cell says; without a status it says "no word yet"."""

    status: MeasureStatus | None = None
    status_on: PartialDate | None = None
    evidence: str = ""
    note: str = ""


def edit(cell: MeasureCell, word: Word, *, by: Account) -> bool:
    """Say how far the State is, or take it back; whether that changed anything.

    The event is the State's: nobody out of its scope reads it.
    """
    policy.require(by, Permission.CELL_EDIT, cell.state_id)
    refuse_all(faults(cell, word))
    cell.status, cell.status_on = word.status, word.status_on
    cell.evidence, cell.note = word.evidence, word.note
    is_changed = history.has_changes(cell.measure)
    if is_changed:
        history.record("measure.cell_changed", cell.measure, by=by, state_id=cell.state_id)
    return is_changed


def faults(cell: MeasureCell, word: Word) -> Iterator[Invalid]:
    """Everything that keeps the cell from saying this."""
    if cell.measure.retired_on is not None:
        yield Invalid(_("The measure is retired and counts nowhere. Put it back into the plan first."))
    if word.status is not None and word.status_on is None:
        yield Invalid(_("Enter since when this holds, as far as it is known: a year will do."), "status_on")
    if word.status is None and (word.status_on is not None or word.evidence):
        yield Invalid(_("Choose the status that the date and the evidence are about."), "status")
    yield from dates.in_future(word.status_on, "status_on")
    yield from _before_the_plan(cell, word.status_on)
    if word.status is MeasureStatus.COMPLETED and not word.evidence.strip():
        yield Invalid(_("Say what it rests on: a document, a letter, a statement. A note is not enough."), "evidence")


def _before_the_plan(cell: MeasureCell, day: PartialDate | None) -> Iterator[Invalid]:
    """Nothing was done for a plan before there was one."""
    adopted_on = cell.measure.plan.adopted_on
    if day is not None and adopted_on is not None and day.last_day < adopted_on:
        yield Invalid(
            _(
                "The plan was adopted on %(day)s, after this date. Enter since when it holds under the plan, and "
                "write in the note what was there before.",
                day=day_words.of_day(adopted_on),
            ),
            "status_on",
        )
