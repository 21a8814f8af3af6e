"""The demo's accounts, by role, with what each was granted and until when. Pure data; nobody is a real person.

Visits to Europe, the Americas and Oceania were written up by the analyst for Asia, who held dated grants for these
regions; they have ended, so that today's scope is Asia alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tracker.models import Role

AFRICA, AMERICAS, ASIA, EUROPE, OCEANIA = "002", "019", "142", "150", "009"
STAND_IN_ENDED = date(2025, 12, 31)


@dataclass(frozen=True)
class GrantRow:
    """A role in a region (None: all States), until its last day."""

    role: Role
    region: str | None = None
    ends_on: date | None = None


@dataclass(frozen=True)
class PersonRow:
    """An account, named by role."""

    local_part: str
    name: str
    grants: tuple[GrantRow, ...]

    @property
    def email(self) -> str:
        return f"{self.local_part}@example.org"


ADMINISTRATOR = PersonRow("administrator", "Administrator", (GrantRow(Role.ADMINISTRATOR),))
ANALYST = PersonRow(
    "analyst",
    "Analyst (Asia)",
    (
        GrantRow(Role.ANALYST, ASIA),
        *(GrantRow(Role.ANALYST, region, STAND_IN_ENDED) for region in (EUROPE, AMERICAS, OCEANIA)),
    ),
)
ANALYST_AFRICA = PersonRow("analyst2", "Analyst (Africa)", (GrantRow(Role.ANALYST, AFRICA),))
REVIEWER = PersonRow("reviewer", "Reviewer", (GrantRow(Role.REVIEWER),))
REVIEWER_ASIA = PersonRow("reviewer2", "Reviewer (Asia)", (GrantRow(Role.REVIEWER, ASIA),))
COORDINATOR = PersonRow("coordinator", "Coordinator", (GrantRow(Role.COORDINATOR),))
AUDITOR = PersonRow("auditor", "Auditor", (GrantRow(Role.AUDITOR),))

PEOPLE = (ADMINISTRATOR, ANALYST, ANALYST_AFRICA, REVIEWER, REVIEWER_ASIA, COORDINATOR, AUDITOR)


def analyst_for(region: str) -> PersonRow:
    """Who writes up a visit to a State of the region."""
    return ANALYST_AFRICA if region == AFRICA else ANALYST


def reviewer_for(region: str) -> PersonRow:
    """Who signs what belongs to a State of the region."""
    return REVIEWER_ASIA if region == ASIA else REVIEWER
