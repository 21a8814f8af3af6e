"""Turns the rows of ``data/meetings.csv`` into meetings, and says what they recommended. Pure; nothing is guessed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from tracker.partial_date import PartialDate
from tracker.sample.visits import rows_of

SPECIAL_2003, ALMATY_2005 = "MTG-2003-1", "MTG-2005-1"
BRATISLAVA, DUSHANBE, ALMATY, ASHGABAT = "MTG-2010-1", "MTG-2011-1", "MTG-2011-2", "MTG-2011-3"
DIALOGUE, TASHKENT = "MTG-2017-1", "MTG-2022-1"

# What the meetings asked for, in short words of ours; each is in the page that the meeting's source names.
RECOMMENDATIONS: dict[str, tuple[str, ...]] = {
    SPECIAL_2003: (
        "Organisations share more information and avoid duplicate efforts",
        "The Committee keeps and circulates a list of contacts in all organisations",
        "Organisations communicate best practices, codes and standards to each other",
        "Organisations remain aware of the link between their activities and human rights concerns",
    ),
    ALMATY: (
        "Elaborate a joint action plan on the implementation of the Strategy in Central Asia, to be adopted at a"
        " high-level event in late 2011",
    ),
}


@dataclass(frozen=True)
class MeetingRow:
    """One meeting; organisations by acronym, attendance and topics in the source's words."""

    reference: str
    series: str
    title: str
    place: str
    start: PartialDate
    end: PartialDate
    co_organisers: tuple[str, ...]
    states: tuple[str, ...]
    organisations: tuple[str, ...]
    attendance: str
    pillars: tuple[str, ...]
    topics: str
    source: str
    recommendations: tuple[str, ...]

    @property
    def known_on(self) -> date:
        """The first day after the meeting: when this can have been entered at the earliest."""
        return self.end.last_day + timedelta(days=1)


def meetings() -> list[MeetingRow]:
    """All meetings, in the order of the file, which is that of their days."""
    numbers: Counter[int] = Counter()
    return [_meeting(row, numbers) for row in rows_of("meetings")]


def _meeting(row: dict[str, str], numbers: Counter[int]) -> MeetingRow:
    start = PartialDate.parse(row["start_date"])
    numbers[start.year] += 1
    reference = f"MTG-{start.year}-{numbers[start.year]}"
    return MeetingRow(
        reference=reference,
        series=row["series"],
        title=row["title"],
        place=row["place"],
        start=start,
        end=PartialDate.parse(row["end_date"]),
        co_organisers=_split(row["co_organisers"]),
        states=_split(row["states"]),
        organisations=_split(row["organisations"]),
        attendance=row["attendance"],
        pillars=_split(row["pillars"]),
        topics=row["outcome"],
        source=row["source"],
        recommendations=RECOMMENDATIONS.get(reference, ()),
    )


def _split(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(";") if name.strip())
