"""Evidence on a follow-up: files in revisions that are never replaced, or the note of a source.

The digests are sealed: evidence is added and withdrawn only while the text may be edited, and reopens what was signed.
An administrator may remove the bytes of a file with a reason; its digest and the act stay.
"""

from __future__ import annotations

from typing import BinaryIO

import sqlalchemy as sa

from tracker import clock, history, policy, storage
from tracker.errors import Invalid, Stale
from tracker.extensions import db
from tracker.models import Account, Category, Evidence, EvidenceRevision, Followup, Outcome
from tracker.policy import Permission
from tracker.services import records
from tracker.texts import gettext as _


def add_file(
    followup: Followup, stream: BinaryIO, filename: str, *, by: Account, title: str = "", source_note: str = ""
) -> Evidence:
    """Attach a file as the first revision of a new piece of evidence. Its bytes are safe before the row commits."""
    policy.require(by, Permission.FOLLOWUP_EDIT, followup)
    stored = _store(stream, filename, by)
    evidence = _new(followup, title.strip() or stored.filename, source_note)
    _add_row(evidence, stored, by)
    _save(followup, "evidence.added", by, {"sha256": stored.sha256})
    return evidence


def add_revision(evidence: Evidence, stream: BinaryIO, filename: str, *, by: Account) -> EvidenceRevision:
    """Add a newer file beside the earlier ones, which stay as they are."""
    followup = evidence.followup
    policy.require(by, Permission.FOLLOWUP_EDIT, followup)
    _require_current(evidence)
    stored = _store(stream, filename, by)
    if any(row.sha256 == stored.sha256 for row in evidence.revisions):
        storage.remove_bytes(stored.stored_as)
        raise Invalid(_("This very file is there already: its SHA-256 is that of an earlier revision."), "file")
    revision = _add_row(evidence, stored, by)
    _save(followup, "evidence.revised", by, {"sha256": stored.sha256})
    return revision


def add_source_note(followup: Followup, title: str, source_note: str, *, by: Account) -> Evidence:
    """Note a source that cannot be attached: where it stands and who keeps it."""
    policy.require(by, Permission.FOLLOWUP_EDIT, followup)
    if not title.strip() and not source_note.strip():
        raise Invalid(_("Choose a file, or say what the source is and where it stands."), "file")
    if not title.strip():
        raise Invalid(_("Say what the source is."), "title")
    if not source_note.strip():
        raise Invalid(_("Attach a file, or note where the source stands."), "source_note")
    evidence = _new(followup, title, source_note)
    _save(followup, "evidence.added", by, {})
    return evidence


def withdraw(evidence: Evidence, reason: str, *, by: Account, version: int | None = None) -> None:
    """Take evidence out of the sealed text, with a reason. It stays in the history, and its files stay readable.

    ``version`` is the follow-up's that was on the screen: nobody withdraws a revision that they have not seen.
    """
    followup = evidence.followup
    policy.require(by, Permission.FOLLOWUP_EDIT, followup)
    records.require_version(followup, version)
    if not reason.strip():
        raise Invalid(_("Give a reason."), "reason")
    _require_current(evidence)
    evidence.is_withdrawn = True
    _save(followup, "evidence.withdrawn", by, {}, reason)


def remove_bytes(revision: EvidenceRevision, reason: str, *, by: Account) -> str:
    """Mark the bytes as removed; returns the stored name, whose bytes the door removes once this is committed."""
    policy.require(by, Permission.FILE_REMOVE)
    if not reason.strip():
        raise Invalid(_("Give a reason."), "reason")
    if revision.bytes_removed_at is not None:
        raise Stale(_("The content of this file has been removed already."))
    revision.bytes_removed_at = clock.now()
    revision.bytes_removed_reason = reason
    followup = db.session.get_one(Followup, revision.followup_id)
    history.record("evidence.bytes_removed", followup, by=by, reason=reason, category=Category.FILE)
    return revision.stored_as


def note_download(revision: EvidenceRevision, *, by: Account) -> None:
    """Note in the log that a file is handed out, before its first byte is: an entry that commits by itself (R17)."""
    history.record_alone(
        "evidence.downloaded",
        by=by,
        obj=db.session.get_one(Followup, revision.followup_id),
        outcome=Outcome.DONE,
        category=Category.FILE,
        details={"evidence": revision.evidence_id, "revision": revision.number, "sha256": revision.sha256},
    )


def bytes_used(by: Account) -> int:
    """How much the account has stored: what its quota is counted by."""
    kept = sa.select(sa.func.coalesce(sa.func.sum(EvidenceRevision.size), 0)).where(
        EvidenceRevision.added_by_id == by.id, EvidenceRevision.bytes_removed_at.is_(None)
    )
    return int(db.session.execute(kept).scalar_one())


def _store(stream: BinaryIO, filename: str, by: Account) -> storage.Stored:
    return storage.save(stream, filename, room=storage.quota_left(bytes_used(by)))


def _new(followup: Followup, title: str, source_note: str) -> Evidence:
    evidence = Evidence(state_id=followup.state_id, title=title[:300], source_note=source_note)
    followup.evidence.append(evidence)
    db.session.flush()
    return evidence


def _add_row(evidence: Evidence, stored: storage.Stored, by: Account) -> EvidenceRevision:
    revision = EvidenceRevision(
        followup_id=evidence.followup_id,
        state_id=evidence.state_id,
        number=len(evidence.revisions) + 1,
        filename=stored.filename,
        content_type=stored.content_type,
        size=stored.size,
        sha256=stored.sha256,
        stored_as=stored.stored_as,
        added_by_id=by.id,
        added_at=clock.now(),
    )
    evidence.revisions.append(revision)
    return revision


def _save(followup: Followup, kind: str, by: Account, details: dict[str, str], reason: str = "") -> None:
    records.save(followup, kind, by=by, reason=reason, category=Category.FILE, details=details)


def _require_current(evidence: Evidence) -> None:
    if evidence.is_withdrawn:
        raise Stale(_("This evidence has been withdrawn."))
