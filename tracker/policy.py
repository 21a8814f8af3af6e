"""Who may do what, and which rows they see: every rule once (R8-R13). ``docs/permissions.md`` shows it as a table.

Deny by default. A right is role × permission × scope × status of the record, plus separation of duties for
signing. Out of scope does not exist: ``visible`` gives no row of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_babel.speaklater import LazyString

from tracker import clock
from tracker.database import of_codes
from tracker.errors import Forbidden, NotFound
from tracker.extensions import db, read
from tracker.models import (
    Account,
    Conclusion,
    ConclusionStatus,
    Contributor,
    DueExtension,
    Followup,
    FollowupStatus,
    Grant,
    Matrix,
    MatrixStatus,
    Plan,
    Role,
    Scope,
    Sealable,
    State,
    Submission,
)
from tracker.role_words import role_words
from tracker.texts import gettext as _
from tracker.texts import lazy_gettext as _l


class Permission(StrEnum):
    """What a person may be allowed to do."""

    RECORD_READ = "record_read"
    VISIT_EDIT = "visit_edit"
    ASSESSMENT_EDIT = "assessment_edit"
    CONCLUSION_EDIT = "conclusion_edit"
    CONCLUSION_SHARE = "conclusion_share"
    FOLLOWUP_EDIT = "followup_edit"
    FOLLOWUP_TRACK = "followup_track"
    EXTENSION_ASK = "extension_ask"
    SUBMIT = "submit"
    RECALL = "recall"
    REVIEW = "review"
    SIGN_OFF = "sign_off"
    RETURN = "return"
    EXTENSION_DECIDE = "extension_decide"
    COMMENT = "comment"
    REPORT_RUN = "report_run"
    CATALOGUE_READ = "catalogue_read"
    LOG_READ = "log_read"
    PEOPLE_MANAGE = "people_manage"
    CATALOGUE_MANAGE = "catalogue_manage"
    FILE_REMOVE = "file_remove"
    PLAN_EDIT = "plan_edit"
    CELL_EDIT = "cell_edit"
    MEASURE_LINK = "measure_link"
    MEETING_EDIT = "meeting_edit"


READERS = frozenset({Role.ANALYST, Role.REVIEWER, Role.COORDINATOR, Role.AUDITOR})
ANALYST = frozenset({Role.ANALYST})
REVIEWER = frozenset({Role.REVIEWER})
COORDINATOR = frozenset({Role.COORDINATOR})
ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})

ROLES: dict[Permission, frozenset[Role]] = {
    Permission.RECORD_READ: READERS,
    Permission.VISIT_EDIT: ANALYST,
    Permission.ASSESSMENT_EDIT: ANALYST,
    Permission.CONCLUSION_EDIT: ANALYST,
    Permission.CONCLUSION_SHARE: ANALYST,
    Permission.FOLLOWUP_EDIT: ANALYST,
    Permission.FOLLOWUP_TRACK: ANALYST,
    Permission.EXTENSION_ASK: ANALYST,
    Permission.SUBMIT: ANALYST,
    Permission.RECALL: ANALYST,
    Permission.REVIEW: REVIEWER,
    Permission.SIGN_OFF: REVIEWER,
    Permission.RETURN: REVIEWER,
    Permission.EXTENSION_DECIDE: REVIEWER,
    Permission.COMMENT: frozenset({Role.ANALYST, Role.REVIEWER, Role.COORDINATOR}),
    Permission.REPORT_RUN: READERS,
    Permission.CATALOGUE_READ: frozenset(Role),
    Permission.LOG_READ: frozenset({Role.AUDITOR}),
    Permission.PEOPLE_MANAGE: ADMINISTRATOR,
    Permission.CATALOGUE_MANAGE: ADMINISTRATOR,
    Permission.FILE_REMOVE: ADMINISTRATOR,
    Permission.PLAN_EDIT: COORDINATOR,
    Permission.CELL_EDIT: COORDINATOR,
    Permission.MEASURE_LINK: frozenset({Role.ANALYST, Role.COORDINATOR}),
    Permission.MEETING_EDIT: COORDINATOR,
}

# In which status of the record the permission holds; a permission that is not here holds in each.
STATUSES: dict[tuple[Permission, type[Any]], frozenset[str]] = {
    (Permission.ASSESSMENT_EDIT, Matrix): frozenset(
        {MatrixStatus.DRAFT, MatrixStatus.RETURNED, MatrixStatus.SIGNED_OFF}
    ),
    (Permission.CONCLUSION_EDIT, Conclusion): frozenset(
        {
            ConclusionStatus.DRAFT,
            ConclusionStatus.RETURNED,
            ConclusionStatus.SIGNED_OFF,
            ConclusionStatus.SHARED_WITH_STATE,
            ConclusionStatus.COMMENTED,
        }
    ),
    (Permission.FOLLOWUP_EDIT, Followup): frozenset(
        {FollowupStatus.DRAFT, FollowupStatus.RETURNED, FollowupStatus.SIGNED_OFF}
    ),
    (Permission.FOLLOWUP_TRACK, Followup): frozenset(
        set(FollowupStatus) - {FollowupStatus.WITHDRAWN, FollowupStatus.SUPERSEDED}
    ),
    (Permission.EXTENSION_ASK, Followup): frozenset(
        {FollowupStatus.DRAFT, FollowupStatus.RETURNED, FollowupStatus.SIGNED_OFF}
    ),
} | {
    (permission, noun): frozenset({"submitted"})
    for permission in (Permission.RECALL, Permission.SIGN_OFF, Permission.RETURN)
    for noun in (Matrix, Conclusion, Followup)
}

# The rules that refuse.
NOT_THE_ROLE = _l("Your role does not allow this.")
NOT_THE_STATE = _l("Your role does not allow this for this Member State.")
NOT_ALL_OF_THE_PLAN = _l("A plan is kept by coordinators whose grant holds every Member State that takes part.")
LOCKED = _l("It is before the reviewers and locked. Whoever submitted it may recall it; a reviewer may return it.")
NOT_SUBMITTED = _l("It is not before the reviewers.")
ENDED = _l("It has ended or is final, and is changed no more.")
INVOLVED = _l("Nobody signs who drafted it, submitted it, or changed a sealed field or evidence since the last seal.")
"""R12."""
SUBMITTED_BY_ANOTHER = _l("Only the person who submitted it may recall it; a reviewer may return it.")
ASKED_THEMSELVES = _l("Whoever asked for an extension does not decide on it.")


@dataclass(frozen=True)
class Reach:
    """The States that a person's grants cover."""

    is_all: bool
    states: frozenset[str]

    def covers(self, state_id: str) -> bool:
        return self.is_all or state_id in self.states

    def condition(self, column: sa.ColumnElement[str] | Any) -> sa.ColumnElement[bool]:
        """The SQL condition that keeps rows of these States only."""
        if self.is_all:
            return sa.true()
        return of_codes(column, self.states) if self.states else sa.false()


def holds(grant: Grant, day: date | None = None) -> bool:
    """Whether the grant holds on ``day`` (today): not revoked, not past its last day. See ``holding``."""
    return grant.revoked_at is None and (grant.ends_on is None or grant.ends_on >= (day or clock.today()))


def holding(day: date | None = None) -> sa.ColumnElement[bool]:
    """``holds`` as a condition for the database."""
    ends_later = sa.or_(Grant.ends_on.is_(None), Grant.ends_on >= (day or clock.today()))
    return sa.and_(Grant.revoked_at.is_(None), ends_later)


def active_grants(account: Account, day: date | None = None) -> list[Grant]:
    """The grants of an account in use that hold on ``day`` (today)."""
    if not account.is_authenticated or not account.active:
        return []
    return [grant for grant in account.grants if holds(grant, day)]


def has_role(account: Account, *roles: Role) -> bool:
    """Whether one of the account's grants that hold today gives one of ``roles``, wherever."""
    return any(grant.role in roles for grant in active_grants(account))


def roles_of(account: Account) -> frozenset[Role]:
    """The roles that the account's grants give today, wherever."""
    return frozenset(grant.role for grant in active_grants(account))


def reach(account: Account, permission: Permission = Permission.RECORD_READ) -> Reach:
    """Where the account holds the permission."""
    grants = [grant for grant in active_grants(account) if grant.role in ROLES[permission]]
    if any(grant.scope is Scope.ALL for grant in grants):
        return Reach(True, frozenset())
    covered: set[str] = set()
    for grant in grants:
        covered |= _region(grant.region_code) if grant.region_code else {row.state_id for row in grant.states}
    return Reach(False, frozenset(covered))


def may_see_state(account: Account, state_id: str) -> bool:
    return reach(account).covers(state_id)


def visible(account: Account, model: Any) -> sa.Select[Any]:
    """Every row of ``model`` that the account may see; start each query on records from it."""
    return sa.select(model).where(reach(account).condition(model.state_id))


def load(account: Account, model: Any, **keys: Any) -> Any:
    """The one visible row with these column values, or NotFound: out of scope does not exist (R9)."""
    found = db.session.scalar(_with(model, tuple(keys)), keys)
    if found is None or not reach(account).covers(found.state_id):
        raise NotFound(_("There is no such record, or it lies outside your scope."))
    return found


@lru_cache(maxsize=64)
def _with(model: Any, names: tuple[str, ...]) -> sa.Select[Any]:
    """The rows of the model with values of these columns, built once: every page of a record asks for it."""
    return sa.select(model).where(*(getattr(model, name) == sa.bindparam(name) for name in names))


def can(account: Account, permission: Permission, thing: Any = None) -> bool:
    """Whether ``require`` would let it pass."""
    return refusal(account, permission, thing) is None


def require(account: Account, permission: Permission, thing: Any = None) -> None:
    """Raise Forbidden, naming the rule and who may act, unless the account holds the permission on ``thing``.

    ``thing`` is a record with a ``state_id``, a State's code, a plan (every State that takes part), or nothing (the
    permission anywhere).
    """
    rule = refusal(account, permission, thing)
    if rule is not None:
        who = "" if _holds(account, permission, thing) else who_may(permission)
        raise Forbidden(str(rule), who, thing)


def who_may(permission: Permission) -> str:
    """The roles that hold the permission, in words."""
    return role_words(ROLES[permission])


def refusal(account: Account, permission: Permission, thing: Any = None) -> LazyString | None:
    """The rule that forbids it, put into words when it is read: most ask only whether there is one."""
    if not has_role(account, *ROLES[permission]):
        return NOT_THE_ROLE
    if thing is None:
        return None
    if not _holds(account, permission, thing):
        return NOT_ALL_OF_THE_PLAN if isinstance(thing, Plan) else NOT_THE_STATE
    allowed = STATUSES.get((permission, type(thing)))
    if allowed is not None and thing.workflow not in allowed:
        return _status_refusal(permission, thing.workflow)
    if permission is Permission.SIGN_OFF and isinstance(thing, Sealable):
        return INVOLVED if account.id in involved(thing) else None
    if permission is Permission.RECALL and isinstance(thing, Sealable):
        return _recall_refusal(account, thing)
    if permission is Permission.EXTENSION_DECIDE and isinstance(thing, DueExtension):
        return ASKED_THEMSELVES if thing.requested_by_id == account.id else None
    return None


def _holds(account: Account, permission: Permission, thing: Any) -> bool:
    """Whether the account's grants give the permission where ``thing`` lies, whatever state it is in."""
    if isinstance(thing, Plan):
        covered = reach(account, permission)
        return covered.is_all or (bool(thing.participants) and covered.states.issuperset(thing.participants))
    state_id = thing if isinstance(thing, str) else getattr(thing, "state_id", None)
    if state_id is None:
        return has_role(account, *ROLES[permission])
    return reach(account, permission).covers(state_id)


def _status_refusal(permission: Permission, status: str) -> LazyString:
    if status == "submitted":
        return LOCKED
    return NOT_SUBMITTED if permission in (Permission.SIGN_OFF, Permission.RETURN, Permission.RECALL) else ENDED


def _recall_refusal(account: Account, record: Any) -> LazyString | None:
    pending = pending_submission(record)
    return SUBMITTED_BY_ANOTHER if pending is not None and pending.submitted_by_id != account.id else None


def pending_submission(record: Any) -> Submission | None:
    """The submission that waits for a decision on ``record``."""
    return db.session.scalar(_PENDING, {"object_type": record.__tablename__, "object_id": record.id})


_PENDING = (
    sa.select(Submission)
    .where(
        Submission.object_type == sa.bindparam("object_type"),
        Submission.object_id == sa.bindparam("object_id"),
        Submission.decision.is_(None),
    )
    .order_by(Submission.id.desc())
    .limit(1)
)


def involved(record: Any) -> set[int | None]:
    """Who drafted ``record``, submitted it, or changed a sealed field or evidence since its last seal."""
    asked = {"object_type": record.__tablename__, "object_id": record.id, "round": record.seal_count}
    return {record.drafted_by_id, *read(_INVOLVED, asked).scalars()}


_INVOLVED = sa.union(
    sa.select(Submission.submitted_by_id).where(
        Submission.object_type == sa.bindparam("object_type"),
        Submission.object_id == sa.bindparam("object_id"),
        Submission.decision.is_(None),
    ),
    sa.select(Contributor.account_id).where(
        Contributor.object_type == sa.bindparam("object_type"),
        Contributor.object_id == sa.bindparam("object_id"),
        Contributor.round == sa.bindparam("round"),
    ),
)


def _region(code: str) -> frozenset[str]:
    """The States of a region or subregion. Shipped with the program, so a process may keep it."""
    kept: dict[str, frozenset[str]] = current_app.extensions.setdefault("tracker_regions", {})
    if not kept.get(code):
        within = sa.or_(State.region_code == code, State.subregion_code == code)
        kept[code] = frozenset(db.session.scalars(sa.select(State.id).where(within)))
    return kept[code]
