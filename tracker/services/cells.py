"""The cell of a Member State in a regional plan: how far it is with one measure, since when, and what says so."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from tracker import history, policy
from tracker.errors import Invalid
from tracker.models import Account, MeasureCell, MeasureStatus
from tracker.partial_date import PartialDate
from tracker.policy import Permission
from tracker.services import dates


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
    _check(cell, word)
    cell.status, cell.status_on = word.status, word.status_on
    cell.evidence, cell.note = word.evidence, word.note
    is_changed = history.has_changes(cell.measure)
    if is_changed:
        history.record("measure.cell_changed", cell.measure, by=by, state_id=cell.state_id)
    return is_changed


def _check(cell: MeasureCell, word: Word) -> None:
    if cell.measure.retired_on is not None:
        raise Invalid(_("The measure is retired and counts nowhere. Put it back into the plan first."))
    if word.status is not None and word.status_on is None:
        raise Invalid(_("Enter since when this holds, as far as it is known: a year will do."), "status_on")
    if word.status is None and (word.status_on is not None or word.evidence):
        raise Invalid(_("Choose the status that the date and the evidence are about."), "status")
    dates.refuse_future(word.status_on, "status_on")
