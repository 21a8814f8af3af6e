"""Grants: a role within a scope, given and taken by administrators. They hold from the next request on (R13)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from tracker import clock, history
from tracker.errors import Forbidden, Invalid
from tracker.extensions import db
from tracker.models import Account, Category, Grant, GrantState, Region, Role, Scope, State
from tracker.role_words import role_words
from tracker.services import accounts, notifications, sessions
from tracker.texts import gettext as _
from tracker.texts import listed


def grant(
    account: Account,
    role: Role,
    scope: Scope,
    *,
    by: Account | None,
    region_code: str | None = None,
    states: Sequence[str] = (),
    ends_on: date | None = None,
) -> Grant:
    """Give ``account`` a role; its sessions end, so that it signs in again with the new rights (R5)."""
    refuse_oneself(account, by)
    _check(role, scope, region_code, states, ends_on)
    given = Grant(
        role=role,
        scope=scope,
        region_code=region_code if scope is Scope.REGION else None,
        ends_on=ends_on,
        granted_by_id=by.id if by else None,
        granted_at=clock.now(),
    )
    account.grants.append(given)
    if scope is Scope.STATES:
        given.states.extend(GrantState(state_id=code) for code in sorted(set(states)))
    db.session.flush()
    _changed("account.granted", given, by)
    return given


def revoke(given: Grant, *, by: Account | None, reason: str = "") -> None:
    """Take a grant back: it holds no more. The row stays."""
    refuse_oneself(given.account, by)
    if given.revoked_at is not None:
        return
    if given.role is Role.ADMINISTRATOR:
        accounts.require_other_administrator(given.account)
    given.revoked_at = clock.now()
    _changed("account.revoked", given, by, reason)


def refuse_oneself(account: Account, by: Account | None) -> None:
    """Raise Forbidden when somebody would change their own grants."""
    if by is not None and by.id == account.id:
        who = _("another %(role)s", role=role_words([Role.ADMINISTRATOR]))
        raise Forbidden(_("Nobody changes their own grants."), who)


def _check(role: Role, scope: Scope, region_code: str | None, states: Sequence[str], ends_on: date | None) -> None:
    if role is Role.ADMINISTRATOR and scope is not Scope.ALL:
        raise Invalid(_("An administrator sees no record, so the scope is always all Member States."), "scope")
    if scope is Scope.REGION and not region_code:
        raise Invalid(_("Choose the region."), "region_code")
    if scope is Scope.REGION and db.session.get(Region, region_code) is None:
        raise Invalid(_("There is no region with the code %(code)s.", code=region_code), "region_code")
    if scope is Scope.STATES:
        _check_states(states)
    if ends_on is not None and ends_on < clock.today():
        raise Invalid(_("The last day lies in the past; choose today or later."), "ends_on")


def _check_states(states: Sequence[str]) -> None:
    if not states:
        raise Invalid(_("Choose at least one Member State."), "states")
    known = set(db.session.scalars(sa.select(State.id).where(State.id.in_(states))))
    unknown = sorted(set(states) - known)
    if unknown:
        raise Invalid(_("There is no Member State with the code %(code)s.", code=listed(unknown)), "states")


def _changed(kind: str, given: Grant, by: Account | None, reason: str = "") -> None:
    details = {
        "grant": given.id,
        "role": given.role.value,
        "scope": given.scope.value,
        "region": given.region_code,
        "states": [row.state_id for row in given.states],
        "ends_on": given.ends_on.isoformat() if given.ends_on else None,
    }
    history.record(kind, given.account, by=by, category=Category.ACCESS, details=details, reason=reason)
    sessions.end_all(given.account, sessions.Ended.ROLES)
    if given.account.password is not None:  # else the invitation says enough
        notifications.notify(given.account, "rights_changed")
