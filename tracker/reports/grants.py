"""What somebody is granted, as pages show it."""

from __future__ import annotations

from tracker import policy
from tracker.models import Account, Grant, Scope
from tracker.reports import catalogue
from tracker.texts import gettext as _
from tracker.texts import listed


def of(account: Account) -> list[Grant]:
    """Every grant the account ever had, those that hold first."""
    return sorted(account.grants, key=lambda grant: (not policy.holds(grant), -grant.id))


def words(given: Grant) -> str:
    """The grant's scope in words: all Member States, a region, or the States by name."""
    if given.scope is Scope.ALL:
        return _("all Member States")
    if given.scope is Scope.REGION and given.region_code:
        return catalogue.regions()[given.region_code].name
    named = {row.state_id for row in given.states}
    return listed(state.name for code, state in catalogue.states().items() if code in named)
