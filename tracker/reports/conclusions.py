"""What the tracker can tell of conclusions: the list, its file, and one conclusion with what hangs on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from tracker import policy
from tracker.database import Unindexed
from tracker.errors import NotFound
from tracker.extensions import db
from tracker.models import (
    Account,
    Area,
    AreaEdition,
    Conclusion,
    ConclusionKind,
    ConclusionParagraph,
    ConclusionStatus,
    Decision,
    Followup,
    FollowupConclusion,
    Paragraph,
    Purpose,
    Seal,
    Submission,
    Visit,
)
from tracker.models.followup import ENDED
from tracker.reports.assessments import NAME_AT_VISIT, last_return
from tracker.reports.filters import (
    Condition,
    as_condition,
    beginning,
    codes,
    each,
    flag,
    known_area,
    members,
    numbers,
    paragraphs,
    region,
    sealed,
    state,
    words,
)
from tracker.reports.joined import joined
from tracker.reports.listing import Listing, Sort
from tracker.texts import gettext as _

EXCERPT = 160
"""Characters of a text that a list shows."""


# The list


def is_answered() -> Condition:
    """A follow-up in force answers the conclusion: the one definition, of the list, the gaps and the chain."""
    return sa.exists().where(
        FollowupConclusion.conclusion_id == Conclusion.id,
        Followup.id == FollowupConclusion.followup_id,
        Followup.workflow.not_in(ENDED),
    )


_columns: tuple[Any, ...] = (
    Conclusion.id,
    Conclusion.reference,
    Conclusion.state_id,
    NAME_AT_VISIT.label("state_name"),
    Visit.reference.label("visit_reference"),
    Visit.start.label("visit_start"),
    Visit.end.label("visit_end"),
    Visit.sort_day,
    Conclusion.kind,
    Conclusion.area_code,
    AreaEdition.title.label("area_title"),
    Conclusion.workflow,
    sa.type_coerce(Conclusion.sealed_state, sa.String).label("sealed_state"),
)

_source = sa.join(Conclusion, Visit, Visit.id == Conclusion.visit_id).join(
    AreaEdition,
    sa.and_(AreaEdition.area_code == Conclusion.area_code, AreaEdition.edition == Conclusion.area_edition),
)


def _in_area(code: str, column: Any = Conclusion.area_code) -> Condition:
    """The area itself, or any area under it."""
    wanted = known_area(code)
    within = sa.select(Area.code).where(sa.or_(Area.code == wanted, Area.parent_code == wanted))
    return as_condition(column.in_(within))


CONCLUSIONS = Listing(
    base=sa.select(*_columns, sa.func.substr(Conclusion.text, 1, 2 * EXCERPT).label("text")).select_from(_source),
    id_column=Conclusion.id,
    filters={
        "state": state(Conclusion.state_id),
        "region": region(Conclusion.state_id),
        "reference": beginning(Conclusion.reference, Conclusion.state_id),
        "area": each(_in_area),
        "kind": members(Conclusion.kind, ConclusionKind),
        "workflow": members(Conclusion.workflow, ConclusionStatus),
        "sealed": each(lambda value: sealed(Conclusion, value)),
        "visit": codes(Visit.reference),
        "paragraph": paragraphs(
            Conclusion.id, sa.select(ConclusionParagraph.conclusion_id), ConclusionParagraph.paragraph_id
        ),
        "answered": flag(is_answered),
        "drafter": numbers(Conclusion.drafted_by_id),
        "q": words("conclusion", Conclusion.id),
    },
    sorts={
        "visit": Sort(Visit.sort_day, between=Visit.id, then=Conclusion.number),
        "reference": Sort(Visit.reference, then=Conclusion.number),
        "area": Sort(Conclusion.area_code),
        "workflow": Sort(Conclusion.workflow),
        "updated": Sort(Conclusion.updated_at),
    },
    default_sort="-visit",
    is_one_table=True,
    without_index={
        "state": state(Unindexed(Conclusion.state_id)),
        "area": each(lambda code: _in_area(code, Unindexed(Conclusion.area_code))),
        "workflow": members(Unindexed(Conclusion.workflow), ConclusionStatus),
    },
)


def scope(account: Account) -> Condition:
    """The conclusions that the account may see."""
    return policy.reach(account).condition(Conclusion.state_id)


# The file

HEADER = (
    "conclusion_id",
    "iso3",
    "member_state",
    "visit_id",
    "visit_start",
    "visit_end",
    "kind",
    "area_code",
    "area_title",
    "paragraphs",
    "conclusion",
    "basis",
    "workflow_status",
    "sealed_state",
    "state_comment",
    "state_commented_on",
    "followup_refs",
    "source",
    "sharing",
    "last_updated",
)


_paragraph_words = sa.func.trim(sa.cast(Paragraph.resolution_number, sa.String) + " " + Paragraph.label)
_paragraphs = joined(
    sa.select(_paragraph_words)
    .join(ConclusionParagraph, ConclusionParagraph.paragraph_id == Paragraph.id)
    .where(ConclusionParagraph.conclusion_id == Conclusion.id)
    .order_by(Paragraph.resolution_number, Paragraph.position),
    Conclusion,
)
_followups = joined(
    sa.select(Followup.reference)
    .join(FollowupConclusion, FollowupConclusion.followup_id == Followup.id)
    .where(FollowupConclusion.conclusion_id == Conclusion.id)
    .order_by(Followup.id),
    Conclusion,
)

FILE: sa.Select[Any] = sa.select(
    Conclusion.reference,
    Conclusion.state_id,
    NAME_AT_VISIT.label("state_name"),
    Visit.reference.label("visit_reference"),
    Visit.start,
    Visit.end,
    Conclusion.kind,
    Conclusion.area_code,
    AreaEdition.title.label("area_title"),
    _paragraphs.label("paragraphs"),
    Conclusion.text,
    Conclusion.basis,
    Conclusion.workflow,
    sa.type_coerce(Conclusion.sealed_state, sa.String).label("sealed_state"),
    Conclusion.state_comment,
    Conclusion.state_commented_on,
    _followups.label("followups"),
    Conclusion.source,
    Conclusion.sharing,
    Conclusion.updated_at,
).select_from(_source)
"""The columns of ``HEADER``, in its order, for the list's own rows."""


# One conclusion


@dataclass(frozen=True)
class Sheet:
    """A conclusion with all that its page shows beside it; a paragraph is its resolution and its words."""

    conclusion: Conclusion
    visit: Visit
    state_name: str
    area: AreaEdition
    seal: Seal | None
    drafted_by: str | None
    returned_because: str | None
    paragraphs: list[tuple[int, str]]
    pending: Submission | None
    submitter: str | None
    refused_because: str | None
    """Why a reviewer returned the request to withdraw it, where that is the last that a reviewer decided."""


def _is_of_it(submission: Any) -> sa.ColumnElement[bool]:
    return sa.and_(submission.object_type == Conclusion.__tablename__, submission.object_id == Conclusion.id)


_submitter, _decided, _last = aliased(Account), aliased(Submission), aliased(Submission)
_last_decided = (
    sa.select(sa.func.max(_last.id))
    .where(_is_of_it(_last), _last.decision.in_((Decision.SIGNED, Decision.RETURNED)))
    .correlate(Conclusion)
    .scalar_subquery()
)
_refused = (
    sa.select(_decided.reason)
    .where(_decided.id == _last_decided, _decided.decision == Decision.RETURNED, _decided.purpose != Purpose.SIGN_OFF)
    .correlate(Conclusion)
    .scalar_subquery()
)


def sheet(account: Account, reference: str) -> Sheet:
    """The visible conclusion of this reference, in one statement; NotFound when there is none (R9)."""
    found = db.session.execute(
        sa.select(
            Conclusion,
            Visit,
            AreaEdition,
            Seal,
            NAME_AT_VISIT,
            Account.name,
            last_return(Conclusion),
            _paragraphs,
            Submission,
            _submitter.name,
            _refused,
        )
        .select_from(_source)
        .outerjoin(Seal, Seal.id == Conclusion.seal_id)
        .outerjoin(Account, Account.id == Conclusion.drafted_by_id)
        .outerjoin(Submission, sa.and_(_is_of_it(Submission), Submission.decision.is_(None)))
        .outerjoin(_submitter, _submitter.id == Submission.submitted_by_id)
        .where(Conclusion.reference == reference, scope(account))
        .options(joinedload(Conclusion.paragraphs))
    )
    row = found.unique().one_or_none()
    if row is None:
        raise NotFound(_("There is no such record, or it lies outside your scope."))
    conclusion, visit, area, seal, state_name, drafted_by, reason, said, pending, submitter, refused = row
    paragraphs = [(int(words.partition(" ")[0]), words) for words in (said or "").split(";") if words]
    return Sheet(conclusion, visit, state_name, area, seal, drafted_by, reason, paragraphs, pending, submitter, refused)


def answering(conclusion: Conclusion) -> list[Any]:
    """The follow-ups that answer it: reference, title, workflow and the status we assess."""
    return list(
        db.session.execute(
            sa.select(Followup.reference, Followup.title, Followup.workflow, Followup.assessed_status)
            .join(FollowupConclusion, FollowupConclusion.followup_id == Followup.id)
            .where(FollowupConclusion.conclusion_id == conclusion.id)
            .order_by(Followup.id)
        )
    )
