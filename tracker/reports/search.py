"""Search over all nouns at once: what a reader may see of each, references first, then titles, then texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tracker import policy
from tracker.extensions import db
from tracker.models import Account, Conclusion, Followup, SearchRow, Visit, fold
from tracker.reports import filters
from tracker.reports.listing import MOST_COUNTED, Columns

SHOWN = 20
EXCERPT = 240
EXACT, IN_REFERENCE, IN_TITLE, IN_TEXT = range(4)


@dataclass(frozen=True)
class Found:
    """The first hits of one noun. ``count`` stops at one more than lists count; ``exact`` is the record named."""

    noun: str
    rows: Sequence[Any]
    count: int

    @property
    def exact(self) -> str | None:
        first = self.rows[0] if self.rows else None
        return first.reference if first is not None and first.rank == EXACT else None


def find(q: str, account: Account, noun: str) -> Found:
    """What the account may see of this noun and holds all of ``q``, in one statement; raises BadValue, which says why
    the words cannot be looked for."""
    wanted = filters.terms(q)
    within = (
        SearchRow.object_type == noun,
        policy.reach(account).condition(SearchRow.state_id),
        *filters.holding(wanted),
    )
    counted = sa.select(sa.literal(1).label("one")).where(*within).limit(MOST_COUNTED + 1).subquery()
    count = sa.select(sa.func.count()).select_from(counted).scalar_subquery()
    rank = sa.case(
        (SearchRow.reference == fold(q), EXACT),
        (sa.and_(*filters.holding(wanted, SearchRow.reference)), IN_REFERENCE),
        (sa.and_(*filters.holding(wanted, SearchRow.title)), IN_TITLE),
        else_=IN_TEXT,
    )
    rows = db.session.execute(
        _COLUMNS[noun]
        .add_columns(rank.label("rank"), count.label("counted"))
        .where(*within)
        .order_by(rank, SearchRow.reference, SearchRow.id)
        .limit(SHOWN)
    ).all()
    return Found(noun, rows, rows[0].counted if rows else 0)


_COLUMNS: dict[str, Columns] = {
    "followup": sa.select(
        Followup.reference,
        Followup.state_id,
        sa.null().label("sort_day"),
        Followup.title.label("text"),
        Followup.workflow.label("status"),
    ).join(SearchRow, SearchRow.object_id == Followup.id),
    "conclusion": sa.select(
        Conclusion.reference,
        Conclusion.state_id,
        Visit.sort_day,
        sa.func.substr(Conclusion.text, 1, EXCERPT + 1).label("text"),
        Conclusion.workflow.label("status"),
    )
    .join(Visit, Visit.id == Conclusion.visit_id)
    .join(SearchRow, SearchRow.object_id == Conclusion.id),
    "visit": sa.select(
        Visit.reference,
        Visit.state_id,
        Visit.sort_day,
        sa.func.substr(Visit.summary, 1, EXCERPT + 1).label("text"),
        Visit.stage.label("status"),
        Visit.start,
        Visit.end,
    ).join(SearchRow, SearchRow.object_id == Visit.id),
}
"""What a hit shows. ``sort_day`` is the day whose name the State bears in the row; None for today's."""
