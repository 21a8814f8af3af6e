"""One follow-up with everything that is attached to it, in two statements, however much that is.

The second statement is a union of one select for each kind of row, all columns as text; they are read back by their
types. Both are built once: building them took longer than asking them. What the list of missing things asks of a draft
is put in its place, so that it asks the database no more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from tracker import policy
from tracker.database import PartialDateType, UtcDateTime
from tracker.errors import NotFound
from tracker.extensions import db, read
from tracker.models import (
    Account,
    Area,
    AreaEdition,
    Authority,
    CarryOver,
    Conclusion,
    DueExtension,
    Evidence,
    EvidenceRevision,
    Followup,
    FollowupArea,
    FollowupAuthority,
    FollowupConclusion,
    FollowupParagraph,
    FollowupStatus,
    Meeting,
    MeetingOutcome,
    OutcomeFollowup,
    Paragraph,
    ProgressEntry,
    Seal,
    StateResponse,
    Submission,
    Visit,
)
from tracker.partial_date import PartialDate
from tracker.texts import gettext as _
from tracker.workflow.followup import DRAFTS

Row = Any  # a SimpleNamespace with the columns of its part
LINKS = {
    "paragraphs": FollowupParagraph,
    "authorities": FollowupAuthority,
    "conclusions": FollowupConclusion,
}


@dataclass(frozen=True)
class Sheet:
    """A follow-up as its page shows it. ``parts`` holds the attached rows by kind, each in the order of the page."""

    followup: Followup
    seal: Seal | None
    visit: Visit | None
    owner: str | None
    drafted_by: str | None
    successor: str | None
    parts: dict[str, list[Row]]

    @property
    def area_titles(self) -> dict[str, str]:
        """The titles of the areas that the follow-up or its last seal names."""
        return {row.code: row.title for row in self.parts["area_titles"]}

    @property
    def pending(self) -> Row | None:
        """The submission that waits for a decision."""
        return next((row for row in self.parts["submissions"] if row.decision is None), None)

    @property
    def last_decision(self) -> Row | None:
        """The last submission that a reviewer decided."""
        return next((row for row in self.parts["submissions"] if row.decision in ("signed", "returned")), None)

    @property
    def pending_extension(self) -> Row | None:
        """The later due date that waits for a decision."""
        return next((row for row in self.parts["extensions"] if row.status == "requested"), None)


_owner, _drafter, _successor = aliased(Account), aliased(Account), aliased(Followup)
_ONE = (
    sa.select(Followup, Seal, Visit, _owner.name, _drafter.name, _successor.reference)
    .outerjoin(Seal, Seal.id == Followup.seal_id)
    .outerjoin(Visit, Visit.id == Followup.visit_id)
    .outerjoin(_owner, _owner.id == Followup.owner_id)
    .outerjoin(_drafter, _drafter.id == Followup.drafted_by_id)
    .outerjoin(_successor, _successor.id == Followup.superseded_by_id)
    .where(Followup.reference == sa.bindparam("reference"))
)


def sheet(account: Account, reference: str) -> Sheet:
    """The visible follow-up of that reference; NotFound when there is none or it is out of scope (R9)."""
    found = db.session.execute(_ONE, {"reference": reference}).one_or_none()
    if found is None or not policy.may_see_state(account, found[0].state_id):
        raise NotFound(_("There is no such record, or it lies outside your scope."))
    followup, seal, visit, owner, drafter, successor = found
    parts = _parts(followup, seal)
    if followup.workflow in DRAFTS:
        _put_in_place(followup, parts)
    return Sheet(followup, seal, visit, owner, drafter, successor, parts)


# The union


@dataclass(frozen=True)
class Part:
    """One kind of row: its columns by name, where they come from, which of them belong to the follow-up."""

    columns: Mapping[str, Any]
    source: Any
    where: Any
    order: Callable[[Row], Any]
    is_newest_first: bool = False


_ID: Any = sa.bindparam("followup_id", type_=sa.Integer)
_CODES: Any = sa.bindparam("codes", expanding=True, type_=sa.String)


def _of(model: Any, *names: str) -> dict[str, Any]:
    """These columns, or all, where the row is put in its place."""
    return {name: getattr(model, name) for name in names or model.__table__.columns.keys()}


_asker, _decider = aliased(Account), aliased(Account)

PARTS: dict[str, Part] = {
    "area_titles": Part(
        {"code": Area.code, "title": AreaEdition.title},
        sa.join(
            Area, AreaEdition, sa.and_(AreaEdition.area_code == Area.code, AreaEdition.edition == Area.current_edition)
        ),
        sa.or_(
            Area.code.in_(_CODES),
            Area.code.in_(sa.select(FollowupArea.area_code).where(FollowupArea.followup_id == _ID)),
        ),
        lambda row: row.code,
    ),
    "further_areas": Part(
        _of(FollowupArea, "area_code"), FollowupArea, FollowupArea.followup_id == _ID, lambda row: row.area_code
    ),
    "paragraphs": Part(
        _of(FollowupParagraph) | _of(Paragraph, "resolution_number", "label") | {"place": Paragraph.position},
        sa.join(FollowupParagraph, Paragraph, Paragraph.id == FollowupParagraph.paragraph_id),
        FollowupParagraph.followup_id == _ID,
        lambda row: (row.resolution_number, row.place),
    ),
    "authorities": Part(
        _of(FollowupAuthority) | {"name": Authority.name},
        sa.join(FollowupAuthority, Authority, Authority.id == FollowupAuthority.authority_id),
        FollowupAuthority.followup_id == _ID,
        lambda row: row.name,
    ),
    "conclusions": Part(
        _of(FollowupConclusion) | _of(Conclusion, "reference", "kind", "text", "workflow"),
        sa.join(FollowupConclusion, Conclusion, Conclusion.id == FollowupConclusion.conclusion_id),
        FollowupConclusion.followup_id == _ID,
        lambda row: row.conclusion_id,
    ),
    "progress": Part(
        _of(ProgressEntry, "id", "happened", "source", "text", "written_at") | {"writer": Account.name},
        sa.outerjoin(ProgressEntry, Account, Account.id == ProgressEntry.written_by_id),
        ProgressEntry.followup_id == _ID,
        lambda row: row.id,
        is_newest_first=True,
    ),
    "responses": Part(
        _of(StateResponse, "id", "received", "reported_status", "position", "source", "text")
        | {"recorder": Account.name},
        sa.outerjoin(StateResponse, Account, Account.id == StateResponse.recorded_by_id),
        StateResponse.followup_id == _ID,
        lambda row: (row.received, row.id),
        is_newest_first=True,
    ),
    "extensions": Part(
        _of(DueExtension, "id", "new_due", "status", "reason", "decided_at", "decision_note")
        | {"asker": _asker.name, "decider": _decider.name},
        sa.outerjoin(
            sa.join(DueExtension, _asker, _asker.id == DueExtension.requested_by_id),
            _decider,
            _decider.id == DueExtension.decided_by_id,
        ),
        DueExtension.followup_id == _ID,
        lambda row: row.id,
        is_newest_first=True,
    ),
    "carry_overs": Part(
        _of(CarryOver, "id", "disposition", "note") | {"visit": Visit.reference, "day": Visit.sort_day},
        sa.join(CarryOver, Visit, Visit.id == CarryOver.visit_id),
        CarryOver.followup_id == _ID,
        lambda row: (row.day, row.id),
    ),
    "evidence": Part(
        _of(Evidence, "id", "title", "source_note", "is_withdrawn"),
        Evidence,
        Evidence.followup_id == _ID,
        lambda row: row.id,
    ),
    "revisions": Part(
        _of(EvidenceRevision, "id", "evidence_id", "number", "filename", "size", "sha256", "added_at")
        | _of(EvidenceRevision, "bytes_removed_at", "bytes_removed_reason")
        | {"adder": Account.name},
        sa.outerjoin(EvidenceRevision, Account, Account.id == EvidenceRevision.added_by_id),
        EvidenceRevision.followup_id == _ID,
        lambda row: (row.evidence_id, row.number),
    ),
    "submissions": Part(
        _of(Submission, "id", "purpose", "note", "decision", "reason", "submitted_at", "decided_at")
        | {"submitter": _asker.name, "decider": _decider.name},
        sa.outerjoin(
            sa.join(Submission, _asker, _asker.id == Submission.submitted_by_id),
            _decider,
            _decider.id == Submission.decided_by_id,
        ),
        sa.and_(Submission.object_type == "followup", Submission.object_id == _ID),
        lambda row: row.id,
        is_newest_first=True,
    ),
    # What this one takes the place of, or is to: a request that was recalled leaves its trace, and counts no more.
    "replaced": Part(
        _of(Followup, "reference", "title", "workflow"),
        Followup,
        sa.and_(
            Followup.superseded_by_id == _ID,
            Followup.workflow.in_((FollowupStatus.SUPERSEDED, FollowupStatus.SUBMITTED)),
        ),
        lambda row: row.reference,
    ),
    "origins": Part(
        {
            "id": OutcomeFollowup.outcome_id,
            "reference": Meeting.reference,
            "title": Meeting.title,
            "kind": MeetingOutcome.kind,
        },
        sa.join(
            sa.join(OutcomeFollowup, Meeting, Meeting.id == OutcomeFollowup.meeting_id),
            MeetingOutcome,
            MeetingOutcome.id == OutcomeFollowup.outcome_id,
        ),
        OutcomeFollowup.followup_id == _ID,
        lambda row: row.id,
    ),
}
WIDTH = max(len(part.columns) for part in PARTS.values())


def _select(name: str, part: Part) -> Any:
    """One kind of row, as wide as the widest."""
    texts = [sa.cast(column, sa.Text) for column in part.columns.values()]
    padding = [sa.cast(sa.null(), sa.Text) for _column in range(WIDTH - len(texts))]
    labelled = [column.label(f"c{at}") for at, column in enumerate([*texts, *padding])]
    return sa.select(sa.literal(name).label("part"), *labelled).select_from(part.source).where(part.where)


_ATTACHED = sa.union_all(*(_select(name, part) for name, part in PARTS.items()))


def _parts(followup: Followup, seal: Seal | None) -> dict[str, list[Row]]:
    """Everything attached, in one statement."""
    found: dict[str, list[Row]] = {name: [] for name in PARTS}
    for name, *values in read(_ATTACHED, {"followup_id": followup.id, "codes": _codes(followup, seal)}):
        found[name].append(_row(READERS[name], values))
    for name, part in PARTS.items():
        found[name].sort(key=part.order, reverse=part.is_newest_first)
    return found


def _codes(followup: Followup, seal: Seal | None) -> list[str]:
    """The areas to be named beside the further ones: the main one, and those that the last seal names."""
    sealed = [seal.area_code, *(seal.further_areas or "").split(";")] if seal else []
    return [code for code in (followup.area_code, *sealed) if code]


def _reader(kind: Any) -> Callable[[str], Any]:
    """What makes a column's value of the text that either database makes of it."""
    if isinstance(kind, sa.Enum) and kind.enum_class is not None:
        return kind.enum_class
    if isinstance(kind, PartialDateType):
        return PartialDate.parse
    if isinstance(kind, UtcDateTime):
        return _moment
    if isinstance(kind, sa.Boolean):
        return ("1", "true").__contains__
    return int if isinstance(kind, sa.Integer) else str


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


Readers = list[tuple[str, Callable[[str], Any]]]
READERS: dict[str, Readers] = {
    name: [(key, _reader(column.type)) for key, column in part.columns.items()] for name, part in PARTS.items()
}


def _row(readers: Readers, values: list[str | None]) -> Row:
    pairs = zip(readers, values, strict=False)
    return SimpleNamespace(**{name: None if value is None else read(value) for (name, read), value in pairs})


# What a draft is asked for


def _put_in_place(followup: Followup, parts: dict[str, list[Row]]) -> None:
    """Give the record its links as if it had read them."""
    for name, model in LINKS.items():
        set_committed_value(followup, name, [_persistent(model, row) for row in parts[name]])


def _persistent(model: Any, row: Row) -> Any:
    """The row as the session would hold it; no statement is sent for it."""
    made = model(**{name: getattr(row, name) for name in model.__table__.columns.keys()})  # noqa: SIM118  # not a dict
    make_transient_to_detached(made)
    return db.session.merge(made, load=False)
