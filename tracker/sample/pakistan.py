"""The visit to Pakistan of November 2006, told whole. Pure data, from one public source.

UN News, November 2006, story 200582. The item says that the delegation hands over its provisional conclusions "on
Friday": the weekday is known, the date is not, and stays open. Which partner worked on which area is recorded only
where it is stated; for INTERPOL and UNODC it is not.
"""

from __future__ import annotations

from dataclasses import dataclass

from tracker.models import DelegateKind
from tracker.partial_date import PartialDate

REFERENCE = "PAK-2006-1"
MONTH = PartialDate(2006, 11)
CONCLUSIONS_DUE = MONTH

SUMMARY = """\
Eighth mission of 2006, after the United Republic of Tanzania, the former Yugoslav Republic of Macedonia, Jordan, \
Malaysia, the Philippines, Mali and India.

In Islamabad the head of the delegation met senior officials of foreign affairs, the interior, finance and \
inter-services intelligence on their efforts against terrorism, and called the dialogue productive and useful. \
Separate teams worked on refugee issues, aspects of border control, financial regulation, customs and port security.

The provisional conclusions, on all aspects of future cooperation, were to be handed to the Government on the Friday \
of the visit. The source names the weekday; the date is not established.

The visit followed the adoption of the United Nations Global Counter-Terrorism Strategy in September 2006. Asked \
about claims made by another State, the head of the delegation recalled that the Directorate is not an intelligence \
agency: it looks at a State's performance against the resolutions and its own mandate."""

HANDED_OVER = "Due to the Government on the Friday of the visit; the source names the weekday, not the date."


@dataclass(frozen=True)
class DelegateRow:
    """The head, a partner organisation or a team of the delegation, with the areas it worked on."""

    kind: DelegateKind
    function: str = ""
    organisation: str | None = None
    areas: tuple[str, ...] = ()


@dataclass(frozen=True)
class CounterpartRow:
    """An authority met."""

    authority: str
    level: str
    subject: str


DELEGATION = (
    DelegateRow(
        DelegateKind.HEAD,
        "Executive Director of the Counter-Terrorism Executive Directorate (Assistant Secretary-General)",
    ),
    DelegateRow(DelegateKind.PARTNER, "Representatives", "World Bank", ("FIN-01",)),
    DelegateRow(DelegateKind.PARTNER, "Representatives; the area is not stated", "INTERPOL"),
    DelegateRow(DelegateKind.PARTNER, "Representatives", "WCO", ("BOR-06",)),
    DelegateRow(DelegateKind.PARTNER, "Representatives, based in Vienna; the area is not stated", "UNODC"),
    DelegateRow(DelegateKind.TEAM, "Team on refugee issues", areas=("ASY-01",)),
    DelegateRow(DelegateKind.TEAM, "Team on aspects of border control", areas=("BOR-01",)),
    DelegateRow(DelegateKind.TEAM, "Team on financial regulation", areas=("FIN-01",)),
    DelegateRow(DelegateKind.TEAM, "Team on customs", areas=("BOR-06",)),
    DelegateRow(DelegateKind.TEAM, "Team on port security", areas=("BOR-08",)),
)

_SUBJECT = "The State's efforts against terrorism"

COUNTERPARTS = (
    CounterpartRow("Ministry of Foreign Affairs", "Senior officials", _SUBJECT),
    CounterpartRow("Ministry of the Interior", "Senior officials", _SUBJECT),
    CounterpartRow("Secretary of Finance", "Secretary", _SUBJECT),
    CounterpartRow("Inter-Services Intelligence", "Director General", _SUBJECT),
)

# The bill before Parliament: drafted by an analyst, returned once, then signed.
BILL_AREA = "FIN-02"
BILL_FIRST_TEXT = "Pass the anti-money-laundering bill."
BILL_RETURNED = (
    "The text does not say what the bill is for or that it has waited for a long time. Take both from the conclusion,"
    " so that whoever reads this years from now knows what was asked and why."
)
BILL_RESUBMITTED = "The text now says what the bill is for and that it has waited for a long time."
BILL_PROGRESS = (
    "The head of the delegation encouraged officials to promote the passage of the bill, which has been before"
    " Parliament for a long time."
)
SCHOOLS_AREA = "INC-05"
SCHOOLS_PROGRESS = (
    "The State has begun to register all religious schools and to revise their curricula, so that they join the"
    " educational mainstream."
)
PROGRESS_SOURCE = "UN News, November 2006, story 200582"

# The matrix: what a team examined is recorded; the source rates nothing, and nothing is rated here.
NOT_RATED = "Taken up during the visit; the public source gives no rating."
