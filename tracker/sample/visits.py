"""Turns the 97 rows of ``data/visits.csv`` into 92 visits. Pure; nothing is guessed where a date is unknown.

The virtual and the physical half of a hybrid visit become two components of one visit; a tour stays one visit per
State, linked; what the source does not state (type, sequence) stays not stated.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from tracker.models import VisitMode, VisitSequence, VisitType
from tracker.partial_date import PartialDate

DATA = Path(__file__).parent / "data"

TYPES = {
    "initial": VisitType.NOT_STATED,
    "assessment": VisitType.NOT_STATED,
    "hybrid-virtual": VisitType.NOT_STATED,
    "comprehensive": VisitType.COMPREHENSIVE,
    "focused": VisitType.FOCUSED,
    "regional": VisitType.REGIONAL,
    "follow-up": VisitType.FOLLOW_UP,
    "high-level": VisitType.HIGH_LEVEL,
}

# Visits of one trip, as the sources state it: State and start as the file gives them.
TOURS = {
    "Visits to India and Pakistan on one trip, 2006": {("IND", "2006"), ("PAK", "2006-11")},
    "Subregional set of visits to Botswana, Mozambique and Zambia, 2012": {
        ("BWA", "2012"),
        ("MOZ", "2012"),
        ("ZMB", "2012"),
    },
    "Regional high-level visit to four Lake Chad Basin States, February 2017": {
        ("CMR", "2017-02-13"),
        ("NER", "2017-02-13"),
        ("NGA", "2017-02-13"),
        ("TCD", "2017-02-13"),
    },
}

PUBLISHERS = {
    "www.un.org": "Counter-Terrorism Committee, notice on its site",
    "news.un.org": "UN News",
    "unis.unvienna.org": "United Nations Information Service",
    "armenianclub.com": "Armenian Club, copy of a release",
    "caert.org.dz": "African Centre for the Study and Research on Terrorism",
    "civil.ge": "Civil Georgia",
    "dfa.gov.ph": "Department of Foreign Affairs of the Philippines",
    "eurasiangroup.org": "Eurasian Group (EAG)",
    "psmnews.mv": "PSM News, Maldives",
    "tacticsinstitute.com": "Tactics Institute",
    "www.stabroeknews.com": "Stabroek News",
}

_PHYSICAL = "Physical component"
_FOLLOW_UP = re.compile(r"\b(first|second) follow-up", re.IGNORECASE)
_RELEASE = re.compile(r"/sc(\d+)\.html$")
_ADDRESS = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class SourceRow:
    """Where a row comes from."""

    title: str
    url: str


@dataclass(frozen=True)
class ComponentRow:
    """One row of the file: a part of a visit, with its dates as far as they are public."""

    mode: VisitMode
    start: PartialDate | None
    end: PartialDate
    note: str

    @property
    def known_on(self) -> date:
        """The first day after the period known: when this can have been entered at the earliest."""
        return self.end.last_day + timedelta(days=1)


@dataclass(frozen=True)
class VisitRow:
    """One visit to one State; ``country`` is the State's name as the source of the time has it."""

    state_id: str
    country: str
    number: int
    type: VisitType
    sequence: VisitSequence
    components: tuple[ComponentRow, ...]
    partners: tuple[str, ...]
    tour: str | None
    sources: tuple[SourceRow, ...]

    @property
    def start(self) -> PartialDate | None:
        return self.components[0].start

    @property
    def end(self) -> PartialDate:
        return self.components[-1].end

    @property
    def year(self) -> int:
        """The year of the first component; of its end, when only that is public."""
        return (self.start or self.components[0].end).year

    @property
    def reference(self) -> str:
        return f"{self.state_id}-{self.year}-{self.number}"

    @property
    def mode(self) -> VisitMode:
        modes = {component.mode for component in self.components}
        return VisitMode.HYBRID if len(modes) > 1 else modes.pop()

    @property
    def known_on(self) -> date:
        """The day on which the visit is entered: the first after its first component."""
        return self.components[0].known_on


def visits() -> list[VisitRow]:
    """All visits, in the order in which they begin."""
    numbers: Counter[tuple[str, int]] = Counter()
    return [_visit(rows, numbers) for rows in _paired(rows_of("visits"))]


def rows_of(name: str) -> list[dict[str, str]]:
    """The rows of ``data/<name>.csv``."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def publisher(url: str) -> str:
    """Who published the page, with the number of a press release."""
    parts = urlsplit(url)
    release = _RELEASE.search(parts.path)
    number = f", press release SC/{release.group(1)}" if release else ""
    return PUBLISHERS[parts.netloc] + number


def _paired(rows: list[dict[str, str]]) -> list[list[dict[str, str]]]:
    """Rows grouped to visits: a virtual half with the physical half that names itself so, all others alone."""
    groups: list[list[dict[str, str]]] = []
    waiting: dict[str, list[dict[str, str]]] = {}
    for row in sorted(rows, key=_begin):
        if row["note"].startswith(_PHYSICAL):
            waiting.pop(row["iso3"]).append(row)
            continue
        groups.append([row])
        if row["visit_type"] == "hybrid-virtual":
            waiting[row["iso3"]] = groups[-1]
    return groups


def _begin(row: dict[str, str]) -> tuple[date, str]:
    return PartialDate.parse(row["start_date"] or row["end_date"]).first_day, row["iso3"]


def _visit(rows: list[dict[str, str]], numbers: Counter[tuple[str, int]]) -> VisitRow:
    first, last = rows[0], rows[-1]
    state_id = first["iso3"]
    year = PartialDate.parse(first["start_date"] or first["end_date"]).year
    numbers[state_id, year] += 1
    return VisitRow(
        state_id=state_id,
        country=first["country"],
        number=numbers[state_id, year],
        type=TYPES[last["visit_type"]],
        sequence=_sequence(last["visit_type"], " ".join(row["note"] for row in rows)),
        components=tuple(_component(row) for row in rows),
        partners=tuple(dict.fromkeys(name for row in rows for name in _split(row["partner_organisations"]))),
        tour=_tour(state_id, first["start_date"]),
        sources=tuple(dict.fromkeys(source for row in rows for source in _sources(row))),
    )


def _component(row: dict[str, str]) -> ComponentRow:
    return ComponentRow(
        mode=VisitMode.VIRTUAL if row["visit_type"] == "hybrid-virtual" else VisitMode.ON_SITE,
        start=PartialDate.parse(row["start_date"]) if row["start_date"] else None,
        end=PartialDate.parse(row["end_date"]),
        note=row["note"],
    )


def _sequence(kind: str, notes: str) -> VisitSequence:
    """First for an initial visit; which follow-up, where the note states it; otherwise not stated."""
    if kind == "initial":
        return VisitSequence.FIRST
    found = _FOLLOW_UP.search(notes)
    if not found:
        return VisitSequence.NOT_STATED
    is_first = found.group(1).lower() == "first"
    return VisitSequence.FIRST_FOLLOW_UP if is_first else VisitSequence.SECOND_FOLLOW_UP


def _tour(state_id: str, start: str) -> str | None:
    return next((title for title, members in TOURS.items() if (state_id, start) in members), None)


def _sources(row: dict[str, str]) -> list[SourceRow]:
    """The row's own source, then the pages that its note names."""
    urls = [row["source_url"], *_ADDRESS.findall(row["note"])]
    return [SourceRow(publisher(url), url) for url in urls]


def _split(text: str) -> list[str]:
    return [name.strip() for name in text.split(";") if name.strip()]
