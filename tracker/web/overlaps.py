"""Overlapping visits of one State are allowed, and said, wherever the dates of a visit are given."""

from __future__ import annotations

from flask import flash

from tracker.models import Visit
from tracker.reports import visits
from tracker.texts import gettext as _
from tracker.texts import listed


def warn(visit: Visit) -> None:
    """Name the visits whose dates overlap with this one's."""
    others = visits.overlapping(visit)
    if others:
        words = _(
            "The dates overlap with %(others)s. That is allowed; check that it is not the same visit.",
            others=listed(others),
        )
        flash(words, "warning")
