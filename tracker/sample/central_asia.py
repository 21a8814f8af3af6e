"""The Joint Plan of Action for Central Asia of 30 November 2011. Pure data, from public sources.

The wording of the plan itself is not in them. Its measures are the topics of the three expert meetings that prepared
it, as the pages of the Counter-Terrorism Implementation Task Force on the meetings give them, and say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tracker.partial_date import PartialDate
from tracker.sample.meetings import ALMATY, ASHGABAT, BRATISLAVA, DIALOGUE, DUSHANBE, TASHKENT

CODE = "CA-2011"
TITLE = "Joint Plan of Action for Central Asia under the United Nations Global Counter-Terrorism Strategy"
REGION = "Central Asia"
ADOPTED_ON = date(2011, 11, 30)
KNOWN_ON = date(2011, 12, 1)
DESCRIPTION = """\
One section per pillar of the Strategy; common goals and joint actions. It builds on existing initiatives rather than \
repeating them, and is the first regional plan of its kind. Adopted at Ashgabat by four States, with Uzbekistan as \
observer.

The wording of its measures is not in the public sources used here: they are recorded by the topics of the expert \
meetings that prepared the plan."""
SOURCE = (
    "UNRCCA, high-level meeting: adoption of the Joint Plan of Action,"
    " https://unrcca.unmissions.org/high-level-meeting-adoption-jpoa; UNRCCA, joint plan of action,"
    " https://unrcca.unmissions.org/joint-plan-action"
)
PARTICIPANTS = ("KAZ", "KGZ", "TJK", "TKM")
OBSERVERS = ("UZB",)
HOSTS = ("UNRCCA", "CTITF", "EU")
PREPARED_BY = (BRATISLAVA, DUSHANBE, ALMATY)
HELD_UNDER_IT = (ASHGABAT, DIALOGUE, TASHKENT)

WORDING_NOTE = "topic of an expert meeting, not the plan's wording"


@dataclass(frozen=True)
class PhaseRow:
    """A phase, with the dates that are public and the day on which the last of it was."""

    title: str
    start: PartialDate | None
    end: PartialDate | None
    note: str
    known_on: date


PHASES = (
    PhaseRow("Phase I", PartialDate(2010), PartialDate(2011), "Drafting, by expert meetings.", KNOWN_ON),
    PhaseRow(
        "Phase II",
        PartialDate(2013, 9),
        None,
        "A project of three years, of workshops by pillar. Source: UNRCCA, counter-terrorism.",
        date(2013, 10, 1),
    ),
    PhaseRow("Phase III", PartialDate(2018), None, "Source: Pakistan Observer, 3 May 2018.", date(2019, 1, 1)),
    PhaseRow(
        "Phase IV",
        None,
        None,
        "With an early warning network; when it began is not known. Source: News Central Asia, July 2023 to"
        " September 2024.",
        date(2024, 10, 1),
    ),
)


@dataclass(frozen=True)
class MeasureRow:
    """A topic of an expert meeting, and the measures of the Strategy on the same subject."""

    meeting: str
    number: int
    pillar: str
    text: str
    carries: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        return f"{CODE}-M{self.number:02}"


MEASURES = (
    MeasureRow(BRATISLAVA, 1, "I", "The particular and prevailing conditions conducive to the spread of terrorism"),
    MeasureRow(
        DUSHANBE, 2, "II", "Enhance the implementation of regional and international counter-terrorism instruments"
    ),
    MeasureRow(
        DUSHANBE,
        3,
        "II",
        "Improve law enforcement cooperation for the prevention and combating of terrorism",
        ("GCTS-II-3",),
    ),
    MeasureRow(DUSHANBE, 4, "II", "Counter the financing of terrorism", ("GCTS-II-10",)),
    MeasureRow(DUSHANBE, 5, "II", "Counter the use of the Internet for terrorist purposes", ("GCTS-II-12",)),
    MeasureRow(DUSHANBE, 6, "II", "Respond to attacks using weapons of mass destruction", ("GCTS-II-17",)),
    MeasureRow(DUSHANBE, 7, "II", "Deny illicit trafficking of weapons", ("GCTS-II-5", "GCTS-II-13")),
    MeasureRow(ALMATY, 8, "III", "Build the capacity of States to prevent and combat terrorism"),
    MeasureRow(ALMATY, 9, "III", "The role of the United Nations in building that capacity"),
    MeasureRow(
        BRATISLAVA,
        10,
        "IV",
        "Measures and practices to safeguard human rights and the rule of law while countering terrorism",
        ("GCTS-IV-2",),
    ),
)


def topics_of(meeting: str) -> list[str]:
    """The topics on the agenda of a meeting that are recorded as measures."""
    return [row.text for row in MEASURES if row.meeting == meeting]


@dataclass(frozen=True)
class LinkRow:
    """A follow-up, by State and area, that plainly serves a measure, and why."""

    state_id: str
    area_code: str
    measure: str
    reason: str


LINKS = (
    LinkRow(
        "KGZ",
        "LAW-01",
        "CA-2011-M08",
        "Police capacity built with partners is capacity of the State to prevent and combat terrorism.",
    ),
    LinkRow(
        "KGZ",
        "BOR-01",
        "CA-2011-M08",
        "Border capacity built with partners is capacity of the State to prevent and combat terrorism.",
    ),
    LinkRow(
        "KGZ",
        "BOR-01",
        "CA-2011-M07",
        "Border capacity prevents and detects illicit traffic of weapons: the measure carries out GCTS-II-13.",
    ),
    LinkRow("KGZ", "BOR-01", "GCTS-II-13", "Border capacity serves national effort on border control."),
    LinkRow(
        "KGZ", "BOR-01", "GCTS-III-11", "The measure supports border management systems, facilities and institutions."
    ),
)
