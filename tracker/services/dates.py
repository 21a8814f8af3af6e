"""What holds of every day that is entered: what happened did not happen after today."""

from __future__ import annotations

from tracker import clock
from tracker.errors import Invalid
from tracker.partial_date import PartialDate
from tracker.texts import gettext as _


def refuse_future(day: PartialDate | None, field: str) -> None:
    """Raise Invalid on a day, month or year that has not begun."""
    if day is not None and day.first_day > clock.today():
        raise Invalid(_("This date lies in the future. Record what has happened."), field)
