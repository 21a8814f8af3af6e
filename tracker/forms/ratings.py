"""What a browser may send of a rating level."""

from __future__ import annotations

import zlib
from typing import Any

from tracker.forms.base import Conflict, TrackerForm
from tracker.forms.fields import LineField, NumberField, TickField
from tracker.models import RatingLevel
from tracker.texts import lazy_gettext as _l


class OnScreen:
    """A level as a form shows it. Its row counts no versions: what it says stands for one (R20)."""

    def __init__(self, row: RatingLevel) -> None:
        self.label, self.position, self.is_active = row.label, row.position, row.is_active
        self.version = zlib.crc32(f"{row.label}\n{row.position}\n{row.is_active}".encode())


class RatingForm(TrackerForm):
    """The label of a level, its place in the scale, and whether it may be given."""

    label = LineField(
        _l("Label"), longest=60, required=_l("Enter the label"), hint=_l("Neutral words; they never rank a State.")
    )
    position = NumberField(
        _l("Place in the scale"),
        least=1,
        most=100,
        required=_l("Enter the place in the scale"),
        hint=_l("1 comes first; the others make room."),
    )
    is_active = TickField(
        _l("May be given"), hint=_l("Assessments that bear a level which may no longer be given keep showing it.")
    )

    def fill(self, row: Any) -> None:
        """Show the level as it is now."""
        super().fill(OnScreen(row))

    def check_version(self, row: Any) -> None:
        """Refuse a form that was opened before someone else changed the level."""
        super().check_version(OnScreen(row))

    def conflict(self, row: Any) -> list[Conflict]:
        """Both texts of each field that differs; see TrackerForm."""
        return super().conflict(OnScreen(row))
