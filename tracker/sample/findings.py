"""Turns the 29 rows of ``data/findings.csv`` into conclusions and the follow-ups that answer them. Pure.

What the sources do not tell is said in words: no due date agreed, no indicator. Without a responsible authority a
recommendation cannot be submitted and stays a draft.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tracker.models import Basis, ConclusionKind, Priority
from tracker.partial_date import PartialDate
from tracker.sample.visits import VisitRow, rows_of

NO_DUE = "The source names no due date."
NO_INDICATOR = "The source names no indicator of completion."

_DAY = re.compile(r"\b(\d{1,2} [A-Z][a-z]+ \d{4})\b")


@dataclass(frozen=True)
class FollowupRow:
    """What the State is recommended to do."""

    title: str
    text: str
    authorities: tuple[str, ...]
    due: PartialDate | None
    priority: Priority
    no_indicator_reason: str = NO_INDICATOR

    @property
    def no_due_reason(self) -> str:
        return "" if self.due else NO_DUE

    @property
    def is_complete(self) -> bool:
        """Whether it can be submitted: the one thing that a public source may lack is the authority."""
        return bool(self.authorities)


@dataclass(frozen=True)
class FindingRow:
    """What a visit found on one area, from a public source, known on a day."""

    visit: VisitRow
    area_code: str
    kind: ConclusionKind
    text: str
    source: str
    known_on: date
    followup: FollowupRow | None


def findings(visits: list[VisitRow]) -> list[FindingRow]:
    """All findings, in the file's order, each with its visit."""
    by_start = {(visit.state_id, str(visit.start)): visit for visit in visits}
    return [_finding(row, by_start[row["iso3"], row["visit_start"]]) for row in rows_of("findings")]


def basis(paragraphs: list[tuple[int, str]]) -> Basis:
    """An obligation where each paragraph is one of 1 to 3 of resolution 1373 (2001), which bind; a standard else."""
    binding = all(number == 1373 and label[:1] in {"1", "2", "3"} for number, label in paragraphs)
    return Basis.OBLIGATION if paragraphs and binding else Basis.STANDARD


def _finding(row: dict[str, str], visit: VisitRow) -> FindingRow:
    kind = ConclusionKind(row["kind"])
    return FindingRow(
        visit=visit,
        area_code=row["area_code"],
        kind=kind,
        text=row["conclusion"],
        source=f"{row['source']}, {row['source_url']}",
        known_on=max(visit.known_on, _published(row["source"]) + timedelta(days=1)),
        followup=_followup(row, kind) if row["recommendation"] else None,
    )


def _followup(row: dict[str, str], kind: ConclusionKind) -> FollowupRow:
    return FollowupRow(
        title=row["recommendation"],
        text=f"{row['recommendation']}. {row['conclusion']}",
        authorities=tuple(name.strip() for name in row["responsible_authority"].split(";") if name.strip()),
        due=PartialDate.parse(row["due"]) if row["due"] else None,
        priority=Priority.HIGH if kind is ConclusionKind.SHORTFALL else Priority.MEDIUM,
    )


def _published(source: str) -> date:
    """The day that the source names, the last when there are several; the beginning of time when it names none."""
    days = [datetime.strptime(day, "%d %B %Y").date() for day in _DAY.findall(source)]  # noqa: DTZ007  # a day only
    return max(days, default=date.min)
