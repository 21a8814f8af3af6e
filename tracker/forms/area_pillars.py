"""What a browser may send of the map of areas and pillars."""

from __future__ import annotations

import zlib
from collections.abc import Collection
from typing import Any

from tracker.forms.base import TrackerForm
from tracker.forms.choice_fields import CodesField
from tracker.texts import lazy_gettext as _l


class MapOnScreen:
    """The map as a form shows it. Its rows count no versions: what they say stands for one (R20)."""

    def __init__(self, pairs: Collection[tuple[str, str]]) -> None:
        self.pairs = [f"{code}:{pillar}" for code, pillar in sorted(pairs)]
        self.version = zlib.crc32("\n".join(self.pairs).encode()) & 0x7FFFFFFF


class AreaPillarsForm(TrackerForm):
    """Which areas relate to which pillars: ``FIN:II`` is one pair. The view sets the choices."""

    pairs = CodesField(_l("Areas and pillars"))

    def chosen(self) -> list[tuple[str, str]]:
        """The pairs that were ticked."""
        return [(code, pillar) for code, _colon, pillar in (pair.partition(":") for pair in self.pairs.data)]

    def stored(self, row: Any) -> dict[str, Any]:
        return {"pairs": row.pairs}
