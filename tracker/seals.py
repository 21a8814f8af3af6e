"""What is official: the sealed fields of each noun, their canonical text and digest, and how two of them differ.

The reviewer signs the digest of exactly what was on the screen (R14). The same function makes the text for the
record as it is now, for the seal and for the difference between them, so that they cannot disagree.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from tracker import history
from tracker.extensions import db
from tracker.models import (
    Account,
    Authority,
    Conclusion,
    ConclusionParagraph,
    Contributor,
    Evidence,
    EvidenceRevision,
    Followup,
    FollowupArea,
    FollowupAuthority,
    FollowupConclusion,
    FollowupParagraph,
    Matrix,
    Paragraph,
    Seal,
    SealedState,
)
from tracker.partial_date import PartialDate

# The sealed fields, in the order in which a reviewer reads them. Only they raise ``content_version``.
FOLLOWUP_FIELDS = (
    "title",
    "text",
    "area",
    "further_areas",
    "paragraphs",
    "basis",
    "conclusions",
    "assessed_status",
    "assessed_on",
    "current_due",
    "authorities",
    "indicator",
    "evidence",
)
CONCLUSION_FIELDS = ("kind", "area", "paragraphs", "text", "basis")
MATRIX_FIELDS = ("assessments",)

Content = dict[str, Any]


@dataclass(frozen=True)
class FieldChange:
    """One sealed field that differs: its name, and both values as plain values or lists."""

    name: str
    old: Any
    new: Any


def content(record: Any) -> Content:
    """The sealed fields of ``record`` as plain values, ready for canonical JSON."""
    if isinstance(record, Followup):
        return _followup(record)
    if isinstance(record, Conclusion):
        return _conclusion(record)
    if isinstance(record, Matrix):
        return _matrix(record)
    raise TypeError(f"{type(record).__name__} is not sealed")


def canonical(record: Any) -> str:
    """The text that a seal keeps and a signature covers."""
    return canonical_text(record.__tablename__, record.reference, content(record))


def canonical_text(object_type: str, reference: str, values: Content) -> str:
    """The text of these sealed fields."""
    return history.canonical({"object": object_type, "reference": reference, **values})


def refresh(record: Any, by: Account | None) -> bool:
    """After a change: when the sealed fields differ from before, raise ``content_version``, note who changed them
    and, if the record was official, make it a draft again ("changed"). Returns whether they differed."""
    if not history.waits_alone(record):
        db.session.flush()
    db.session.expire(record, _links(record))
    fresh = history.digest(canonical(record))
    if fresh == record.content_sha256:
        return False
    record.content_version += record.content_sha256 is not None
    record.content_sha256 = fresh
    if by is not None:
        _note_contributor(record, by)
    return True


def seal_text(seal: Seal | sa.Row[Any]) -> str:
    """What ``seal_sha256`` covers: the signature's circumstances with the digest of the content."""
    return history.canonical(
        {
            "object": [seal.object_type, seal.object_id],
            "state": seal.state_id,
            "reference": seal.reference,
            "number": seal.number,
            "content_version": seal.content_version,
            "content_sha256": seal.content_sha256,
            "meaning": history.plain(seal.meaning),
            "note": seal.note,
            "signer": [seal.signer_id, seal.signer_name, history.plain(seal.signer_role)],
            "signed_at": history.plain(seal.signed_at),
        }
    )


def reportable(record: Any, values: Content) -> dict[str, Any]:
    """The seal's columns beside its canonical text, for these sealed fields: what reports of sealed values read."""
    return columns_of(record, values, is_followup=isinstance(record, Followup))


def columns_of(record: Any, values: Content, *, is_followup: bool) -> dict[str, Any]:
    """The seal's columns for these sealed fields of ``record``, a row or something with its columns as attributes."""
    columns = {
        "title": values.get("title"),
        "text": values.get("text"),
        "area_code": (values.get("area") or [None, None])[0],
        "area_edition": (values.get("area") or [None, None])[1],
        "further_areas": _joined(values.get("further_areas")),
        "paragraphs": _joined(values.get("paragraphs")),
        "conclusion_refs": _joined([reference for reference, _text in values.get("conclusions", [])]),
        "basis": values.get("basis"),
        "authorities": _joined(values.get("authorities")),
        "indicator": values.get("indicator"),
    }
    if is_followup:
        columns |= {
            "assessed_status": history.plain(record.assessed_status),
            "assessed_on": record.assessed_on,
            "current_due": record.current_due,
            "current_due_last": record.current_due_last,
        }
    return columns


def last(record: Any) -> Seal | None:
    """The seal that holds, or held until the record was changed."""
    return db.session.get(Seal, record.seal_id) if record.seal_id else None


def since_last_seal(record: Any, now: Content | None = None) -> list[FieldChange]:
    """The sealed fields that differ from the last seal; all of them when there is none. ``now`` is their content,
    where it is known already."""
    seal = last(record)
    return compare(json.loads(seal.canonical) if seal else {}, content(record) if now is None else now, names(record))


def compare(old: Content, new: Content, fields: tuple[str, ...]) -> list[FieldChange]:
    """The fields whose values differ between two contents."""
    return [
        FieldChange(name, old.get(name), new.get(name))
        for name in fields
        if (old.get(name) or None) != (new.get(name) or None)
    ]


def names(record: Any) -> tuple[str, ...]:
    """The sealed fields of the record's noun."""
    return {Followup: FOLLOWUP_FIELDS, Conclusion: CONCLUSION_FIELDS, Matrix: MATRIX_FIELDS}[type(record)]


def content_and_standing(record: Any) -> tuple[Content, dict[str, str]]:
    """What ``content`` gives, and where each conclusion stands that a follow-up answers: in one statement."""
    if not isinstance(record, Followup):
        return content(record), {}
    links = _followup_links(record.id)
    return followup_content(record, links), links.standing


def is_changed(record: Any) -> bool:
    """Changed since it was signed off."""
    return record.sealed_state is SealedState.CHANGED


@dataclass(frozen=True)
class Links:
    """What stands in rows beside the record's own, in the words and the order in which it is sealed."""

    further_areas: list[str] = field(default_factory=list)
    paragraphs: list[str] = field(default_factory=list)
    conclusions: list[list[str]] = field(default_factory=list)
    authorities: list[str] = field(default_factory=list)
    evidence: list[list[Any]] = field(default_factory=list)
    standing: dict[str, str] = field(default_factory=dict)
    """The status of each conclusion, by its reference: not sealed, but read by whoever signs."""


def followup_content(record: Any, links: Links) -> Content:
    """The sealed fields of a follow-up, from its columns and links."""
    return {
        "title": record.title,
        "text": record.text,
        "area": [record.area_code, record.area_edition],
        "further_areas": links.further_areas,
        "paragraphs": links.paragraphs,
        "basis": history.plain(record.basis),
        "conclusions": links.conclusions,
        "assessed_status": history.plain(record.assessed_status),
        "assessed_on": _iso(record.assessed_on),
        "current_due": _iso(record.current_due),
        "authorities": links.authorities,
        "indicator": record.indicator,
        "evidence": links.evidence,
    }


def conclusion_content(record: Any, links: Links) -> Content:
    """The sealed fields of a conclusion, from its columns and links."""
    return {
        "kind": history.plain(record.kind),
        "area": [record.area_code, record.area_edition],
        "paragraphs": links.paragraphs,
        "text": record.text,
        "basis": history.plain(record.basis),
    }


def matrix_content(assessments: Iterable[Any]) -> Content:
    """The sealed fields of a matrix: its assessments."""
    return {
        "assessments": [
            [row.area_code, row.area_edition, row.rating, row.explanation]
            for row in sorted(assessments, key=lambda row: str(row.area_code))
        ]
    }


def _followup(record: Followup) -> Content:
    return followup_content(record, _followup_links(record.id))


def _conclusion(record: Conclusion) -> Content:
    rows = db.session.execute(
        sa.select(Paragraph.resolution_number, Paragraph.label)
        .join(ConclusionParagraph, ConclusionParagraph.paragraph_id == Paragraph.id)
        .where(ConclusionParagraph.conclusion_id == record.id)
        .order_by(Paragraph.resolution_number, Paragraph.position)
    )
    return conclusion_content(record, Links(paragraphs=[f"{number} {label}".strip() for number, label in rows]))


def _matrix(record: Matrix) -> Content:
    return matrix_content(record.assessments)


def _followup_links(followup_id: int) -> Links:
    """What a follow-up's sealed text names, in one statement; sorted here, because databases sort words differently."""
    found: dict[str, list[Any]] = {kind: [] for kind in ("area", "paragraph", "authority", "conclusion", "evidence")}
    rows = db.session.execute(_LINKS, {"record": followup_id}).all()
    for row in sorted(rows, key=lambda row: (row.first, row.second, row.one)):
        found[row.kind].append(row)
    evidence: dict[int, list[Any]] = {}
    for row in found["evidence"]:
        item = evidence.setdefault(row.first, [row.one, row.two, []])
        item[2] += [row.three] if row.three else []
    return Links(
        further_areas=[row.one for row in found["area"]],
        paragraphs=[f"{row.first} {row.one}".strip() for row in found["paragraph"]],
        conclusions=[[row.one, row.two] for row in found["conclusion"]],
        authorities=[row.one for row in found["authority"]],
        evidence=list(evidence.values()),
        standing={row.one: row.three for row in found["conclusion"]},
    )


def _link(kind: str, first: Any, second: Any, *texts: Any) -> sa.Select[Any]:
    """One kind of link in the shape that all share: two numbers to sort by, three texts."""
    one, two, three = (sa.cast(text, sa.Text) for text in (*texts, sa.null(), sa.null())[:3])
    return sa.select(
        sa.literal(kind).label("kind"),
        first.label("first"),
        second.label("second"),
        one.label("one"),
        two.label("two"),
        three.label("three"),
    )


_NONE = sa.literal(0)
_RECORD = sa.bindparam("record", type_=sa.Integer)
_LINKS = sa.union_all(
    _link("area", _NONE, _NONE, FollowupArea.area_code).where(FollowupArea.followup_id == _RECORD),
    _link("paragraph", Paragraph.resolution_number, Paragraph.position, Paragraph.label)
    .join(FollowupParagraph, FollowupParagraph.paragraph_id == Paragraph.id)
    .where(FollowupParagraph.followup_id == _RECORD),
    _link("authority", _NONE, _NONE, Authority.name)
    .join(FollowupAuthority, FollowupAuthority.authority_id == Authority.id)
    .where(FollowupAuthority.followup_id == _RECORD),
    _link("conclusion", Conclusion.id, _NONE, Conclusion.reference, Conclusion.text, Conclusion.workflow)
    .join(FollowupConclusion, FollowupConclusion.conclusion_id == Conclusion.id)
    .where(FollowupConclusion.followup_id == _RECORD),
    _link(
        "evidence",
        Evidence.id,
        sa.func.coalesce(EvidenceRevision.number, 0),
        Evidence.title,
        Evidence.source_note,
        EvidenceRevision.sha256,
    )
    .outerjoin(EvidenceRevision, EvidenceRevision.evidence_id == Evidence.id)
    .where(Evidence.followup_id == _RECORD, Evidence.is_withdrawn.is_(False)),
)
"""Built once: every change of a sealed field asks it."""


def _links(record: Any) -> list[str]:
    return [
        name
        for name in ("further_areas", "paragraphs", "authorities", "conclusions", "evidence", "assessments")
        if name in sa.inspect(record).mapper.relationships
    ]


def _note_contributor(record: Any, by: Account) -> None:
    key = {
        "object_type": record.__tablename__,
        "object_id": record.id,
        "account_id": by.id,
        "round": record.seal_count,
    }
    if db.session.get(Contributor, tuple(key.values())) is None:
        db.session.add(Contributor(**key))


def _iso(value: PartialDate | date | None) -> str | None:
    return None if value is None else history.plain(value)


def _joined(values: list[str] | None) -> str:
    return ";".join(values or [])
