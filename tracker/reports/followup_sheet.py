"""One follow-up with everything that is attached to it, in two statements, however much that is.

The second statement is a union of one select for each kind of row, all columns as text; they are read back by their
types. What the sealed text and the list of missing things ask of the record is put in its place, so that they ask the
database no more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import aliased, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from tracker import policy
from tracker.database import PartialDateType, UtcDateTime
from tracker.errors import NotFound
from tracker.extensions import db
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
    Paragraph,
    ProgressEntry,
    Seal,
    StateResponse,
    Submission,
    Visit,
)
from tracker.partial_date import PartialDate

Row = Any  # a SimpleNamespace with the columns of its part
LINKS = {
    "further_areas": FollowupArea,
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


def sheet(account: Account, reference: str) -> Sheet:
    """The visible follow-up of that reference; NotFound when there is none or it is out of scope (R9)."""
    owner, drafter, successor = aliased(Account), aliased(Account), aliased(Followup)
    found = db.session.execute(
        sa.select(Followup, Seal, Visit, owner.name, drafter.name, successor.reference)
        .outerjoin(Seal, Seal.id == Followup.seal_id)
        .outerjoin(Visit, Visit.id == Followup.visit_id)
        .outerjoin(owner, owner.id == Followup.owner_id)
        .outerjoin(drafter, drafter.id == Followup.drafted_by_id)
        .outerjoin(successor, successor.id == Followup.superseded_by_id)
        .where(Followup.reference == reference, policy.reach(account).condition(Followup.state_id))
    ).one_or_none()
    if found is None:
        raise NotFound(_("There is no such record, or it lies outside your scope."))
    followup, seal, visit, owner_name, drafter_name, successor_reference = found
    parts = _parts(followup, seal)
    _put_in_place(followup, parts)
    return Sheet(followup, seal, visit, owner_name, drafter_name, successor_reference, parts)


# The union


@dataclass(frozen=True)
class Part:
    """One kind of row: its columns by name, where they come from, which of them belong to the follow-up."""

    columns: Mapping[str, Any]
    source: Any
    where: Callable[[Followup, Seal | None], Any]
    order: Callable[[Row], Any]
    is_newest_first: bool = False


def _own(model: Any, **more: Any) -> dict[str, Any]:
    return {column.key: column for column in model.__table__.columns} | more


def _of(model: Any) -> Callable[[Followup, Seal | None], Any]:
    return lambda followup, _seal: model.followup_id == followup.id


def _codes(followup: Followup, seal: Seal | None) -> Any:
    """The areas to be named: those of the record as it is, and as it was sealed."""
    sealed = [seal.area_code, *(seal.further_areas or "").split(";")] if seal else []
    further = sa.select(FollowupArea.area_code).where(FollowupArea.followup_id == followup.id)
    return sa.or_(Area.code.in_([code for code in [followup.area_code, *sealed] if code]), Area.code.in_(further))


def _replaced_by(followup: Followup, _seal: Seal | None) -> Any:
    """What this one takes the place of, or is to: a request that was recalled leaves its trace, and counts no more."""
    in_question = (FollowupStatus.SUPERSEDED, FollowupStatus.SUBMITTED)
    return sa.and_(Followup.superseded_by_id == followup.id, Followup.workflow.in_(in_question))


def _submissions(followup: Followup, _seal: Seal | None) -> Any:
    return sa.and_(Submission.object_type == "followup", Submission.object_id == followup.id)


_asker, _decider = aliased(Account), aliased(Account)

PARTS: dict[str, Part] = {
    "area_titles": Part(
        {"code": Area.code, "title": AreaEdition.title},
        sa.join(
            Area, AreaEdition, sa.and_(AreaEdition.area_code == Area.code, AreaEdition.edition == Area.current_edition)
        ),
        _codes,
        lambda row: row.code,
    ),
    "further_areas": Part(_own(FollowupArea), FollowupArea, _of(FollowupArea), lambda row: row.area_code),
    "paragraphs": Part(
        _own(
            FollowupParagraph,
            resolution_number=Paragraph.resolution_number,
            label=Paragraph.label,
            place=Paragraph.position,
        ),
        sa.join(FollowupParagraph, Paragraph, Paragraph.id == FollowupParagraph.paragraph_id),
        _of(FollowupParagraph),
        lambda row: (row.resolution_number, row.place),
    ),
    "authorities": Part(
        _own(FollowupAuthority, name=Authority.name),
        sa.join(FollowupAuthority, Authority, Authority.id == FollowupAuthority.authority_id),
        _of(FollowupAuthority),
        lambda row: row.name,
    ),
    "conclusions": Part(
        _own(
            FollowupConclusion,
            reference=Conclusion.reference,
            kind=Conclusion.kind,
            text=Conclusion.text,
            workflow=Conclusion.workflow,
        ),
        sa.join(FollowupConclusion, Conclusion, Conclusion.id == FollowupConclusion.conclusion_id),
        _of(FollowupConclusion),
        lambda row: row.conclusion_id,
    ),
    "progress": Part(
        _own(ProgressEntry, writer=Account.name),
        sa.outerjoin(ProgressEntry, Account, Account.id == ProgressEntry.written_by_id),
        _of(ProgressEntry),
        lambda row: row.id,
        is_newest_first=True,
    ),
    "responses": Part(
        _own(StateResponse, recorder=Account.name),
        sa.outerjoin(StateResponse, Account, Account.id == StateResponse.recorded_by_id),
        _of(StateResponse),
        lambda row: (row.received, row.id),
        is_newest_first=True,
    ),
    "extensions": Part(
        _own(DueExtension, asker=_asker.name, decider=_decider.name),
        sa.outerjoin(
            sa.join(DueExtension, _asker, _asker.id == DueExtension.requested_by_id),
            _decider,
            _decider.id == DueExtension.decided_by_id,
        ),
        _of(DueExtension),
        lambda row: row.id,
        is_newest_first=True,
    ),
    "carry_overs": Part(
        _own(CarryOver, visit=Visit.reference, day=Visit.sort_day),
        sa.join(CarryOver, Visit, Visit.id == CarryOver.visit_id),
        _of(CarryOver),
        lambda row: (row.day, row.id),
    ),
    "evidence": Part(_own(Evidence), Evidence, _of(Evidence), lambda row: row.id),
    "revisions": Part(
        _own(EvidenceRevision, adder=Account.name),
        sa.outerjoin(EvidenceRevision, Account, Account.id == EvidenceRevision.added_by_id),
        _of(EvidenceRevision),
        lambda row: (row.evidence_id, row.number),
    ),
    "submissions": Part(
        {
            **{name: getattr(Submission, name) for name in ("id", "purpose", "note", "decision", "reason")},
            **{name: getattr(Submission, name) for name in ("submitted_at", "submitted_by_id", "decided_at")},
            "submitter": _asker.name,
            "decider": _decider.name,
        },
        sa.outerjoin(
            sa.join(Submission, _asker, _asker.id == Submission.submitted_by_id),
            _decider,
            _decider.id == Submission.decided_by_id,
        ),
        _submissions,
        lambda row: row.id,
        is_newest_first=True,
    ),
    "replaced": Part(
        {"reference": Followup.reference, "title": Followup.title, "workflow": Followup.workflow},
        Followup,
        _replaced_by,
        lambda row: row.reference,
    ),
}
WIDTH = max(len(part.columns) for part in PARTS.values())


def _parts(followup: Followup, seal: Seal | None) -> dict[str, list[Row]]:
    """Everything attached, in one statement."""
    selects = [_select(name, part, followup, seal) for name, part in PARTS.items()]
    found: dict[str, list[Row]] = {name: [] for name in PARTS}
    for name, *values in db.session.execute(sa.union_all(*selects)):
        found[name].append(_row(PARTS[name], values))
    for name, part in PARTS.items():
        found[name].sort(key=part.order, reverse=part.is_newest_first)
    return found


def _select(name: str, part: Part, followup: Followup, seal: Seal | None) -> Any:
    texts = [sa.cast(column, sa.Text) for column in part.columns.values()]
    padding = [sa.cast(sa.null(), sa.Text) for _column in range(WIDTH - len(texts))]
    labelled = [column.label(f"c{at}") for at, column in enumerate([*texts, *padding])]
    return (
        sa.select(sa.literal(name).label("part"), *labelled).select_from(part.source).where(part.where(followup, seal))
    )


def _row(part: Part, values: list[str | None]) -> Row:
    pairs = zip(part.columns.items(), values, strict=False)
    return SimpleNamespace(**{name: _read(column.type, value) for (name, column), value in pairs})


def _read(kind: Any, text: str | None) -> Any:
    """A column's value from the text that either database makes of it."""
    if text is None:
        return None
    if isinstance(kind, sa.Enum) and kind.enum_class is not None:
        return kind.enum_class(text)
    if isinstance(kind, PartialDateType):
        return PartialDate.parse(text)
    if isinstance(kind, UtcDateTime):
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if isinstance(kind, sa.Boolean):
        return text in ("1", "true")
    return int(text) if isinstance(kind, sa.Integer) else text


# What the record itself is asked for


def _put_in_place(followup: Followup, parts: dict[str, list[Row]]) -> None:
    """Give the record its links and evidence as if it had read them."""
    for name, model in LINKS.items():
        set_committed_value(followup, name, [_persistent(model, row) for row in parts[name]])
    for_evidence: dict[int, list[Any]] = {row.id: [] for row in parts["evidence"]}
    for row in parts["revisions"]:
        for_evidence[row.evidence_id].append(_persistent(EvidenceRevision, row))
    items = [_persistent(Evidence, row) for row in parts["evidence"]]
    for item in items:
        set_committed_value(item, "revisions", for_evidence[item.id])
    set_committed_value(followup, "evidence", items)


def _persistent(model: Any, row: Row) -> Any:
    """The row as the session would hold it; no statement is sent for it."""
    names = [column.key for column in model.__table__.columns]
    made = model(**{name: getattr(row, name) for name in names})
    make_transient_to_detached(made)
    return db.session.merge(made, load=False)
