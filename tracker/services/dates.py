"""What holds of every day that is entered: what happened did not happen after today."""

from __future__ import annotations

from tracker import clock
from tracker.errors import Invalid, refuse_all
from tracker.partial_date import PartialDate
from tracker.texts import gettext as _


def refuse_future(day: PartialDate | None, field: str) -> None:
    """Raise Invalid on a day, month or year that has not begun."""
    refuse_all(in_future(day, field))


def in_future(day: PartialDate | None, field: str) -> list[Invalid]:
    """What is wrong with a day, month or year that has not begun; nothing with any other."""
    if day is None or day.first_day <= clock.today():
        return []
    return [Invalid(_("This date lies in the future. Record what has happened."), field)]
