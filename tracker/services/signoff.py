"""The road to a seal and back: submit, recall, return, sign off. One code for follow-ups, conclusions, matrices.

draft|returned → submitted → signed_off | returned; a sealed record may be submitted for withdrawal or supersession.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from tracker import clock, history, policy, seals, workflow
from tracker.errors import NotReady, Stale
from tracker.extensions import db
from tracker.models import (
    Account,
    Decision,
    Followup,
    Purpose,
    Role,
    Seal,
    Submission,
)
from tracker.policy import Permission
from tracker.services import notifications, succession
from tracker.texts import gettext as _

ACTIONS = {
    Purpose.SIGN_OFF: "submit",
    Purpose.WITHDRAW: "ask_withdrawal",
    Purpose.SUPERSEDE: "ask_supersession",
}
OUTCOMES = {Purpose.SIGN_OFF: "signed_off", Purpose.WITHDRAW: "withdrawn", Purpose.SUPERSEDE: "superseded"}
TOLD = {
    Purpose.SIGN_OFF: "record_signed",
    Purpose.WITHDRAW: "record_withdrawn",
    Purpose.SUPERSEDE: "record_superseded",
}


def submit(
    record: Any,
    *,
    by: Account,
    note: str = "",
    purpose: Purpose = Purpose.SIGN_OFF,
    content_version: int | None = None,
) -> Submission:
    """draft|returned → submitted. Raises NotReady with what is missing, each linked, and Stale when the text is no
    longer at the ``content_version`` that was on the screen."""
    policy.require(by, Permission.SUBMIT, record)
    lock(record)
    if content_version is not None and content_version != record.content_version:
        raise Stale(_("The text changed after you opened it. Read what is there now, then submit."))
    missing = workflow.missing(record) if purpose is Purpose.SIGN_OFF else []
    if missing:
        raise NotReady(_("It cannot be submitted yet. These are missing:"), missing)
    before = workflow.status_of(record)
    seals.refresh(record, None)
    submission = Submission(
        object_type=record.__tablename__,
        object_id=record.id,
        state_id=record.state_id,
        reference=record.reference,
        title=title_of(record),
        purpose=purpose,
        previous_status=before,
        content_version=record.content_version,
        canonical=seals.canonical(record),
        round=record.seal_count,
        drafted_by_id=record.drafted_by_id,
        submitted_by_id=by.id,
        submitted_at=clock.now(),
        note=note,
    )
    db.session.add(submission)
    is_reason = purpose is not Purpose.SIGN_OFF
    workflow.move(
        record, ACTIONS[purpose], by=by, reason=note if is_reason else "", details={} if is_reason else {"note": note}
    )
    return submission


def recall(record: Any, *, by: Account) -> None:
    """submitted → where it was, by the person who submitted it."""
    lock(record)
    submission = _pending(record, by)
    policy.require(by, Permission.RECALL, record)
    _decide(submission, Decision.RECALLED, by, "")
    _take_back(record, submission)
    workflow.move(record, "recall", by=by, target=submission.previous_status)


def return_(record: Any, *, by: Account, reason: str) -> None:
    """submitted → returned, with a reason; a request to withdraw or supersede goes back to where it was."""
    lock(record)
    submission = _pending(record, by)
    policy.require(by, Permission.RETURN, record)
    target = "returned" if submission.purpose is Purpose.SIGN_OFF else submission.previous_status
    _decide(submission, Decision.RETURNED, by, reason)
    _take_back(record, submission)
    workflow.move(record, "return", by=by, reason=reason, target=target)
    _tell(submission, "record_returned", by, record)


def sign_off(record: Any, *, by: Account, content_version: int, note: str = "") -> Seal:
    """submitted → signed_off (or withdrawn, superseded): seal the fields at the version that was on the screen.

    Raises Stale when the text changed meanwhile or somebody decided first (R14, R22), Forbidden on one's own work
    (R12). The caller has confirmed a factor again (R16).
    """
    lock(record)
    submission = _pending(record, by)
    signing = workflow.start(record, "sign_off", by=by)
    if content_version != record.content_version:
        raise Stale(_("The text changed after you opened it. Read what is there now, then sign."))
    if submission.purpose is Purpose.SUPERSEDE:
        succession.check(record)
        note = f"{_('Superseded by %(reference)s.', reference=record.superseded_by.reference)} {note}".strip()
    seal = _seal(record, submission.purpose, by, note)
    _decide(submission, Decision.SIGNED, by, note)
    with db.session.no_autoflush:  # the seal and the way it went are one change of the record
        workflow.move(
            record,
            signing,
            by=by,
            target=OUTCOMES[submission.purpose],
            details={
                "note": note,
                "seal": seal.number,
                "meaning": submission.purpose.value,
                "content_version": content_version,
                "content_sha256": seal.content_sha256,
                "seal_sha256": seal.seal_sha256,
            },
        )
    _tell(submission, TOLD[submission.purpose], by, record)
    return seal


def _take_back(record: Any, submission: Submission) -> None:
    """What was asked for and not signed leaves nothing on the record."""
    if isinstance(record, Followup) and submission.purpose is not Purpose.SIGN_OFF:
        record.superseded_by_id = None
        record.status_reason = ""


def require_pending(record: Any, by: Account) -> Submission:
    """The submission that waits; raises Stale, saying who decided, when there is none (R22)."""
    return _pending(record, by)


def title_of(record: Any) -> str:
    """What the queue calls a record: a follow-up's title, the beginning of a conclusion, a visit's matrix."""
    if hasattr(record, "title"):
        return str(record.title)
    if hasattr(record, "text"):
        text = str(record.text)
        return text if len(text) <= 300 else text[:299] + "…"
    return str(record.reference)


def lock(record: Any) -> None:
    """Take the row as it is now, and keep others from deciding on it until this transaction ends (R22). On SQLite
    whoever may write keeps all others from it since the transaction began: what it has read is as it is now."""
    if db.engine.dialect.name == "postgresql":
        db.session.refresh(record, with_for_update=True)


def _pending(record: Any, by: Account) -> Submission:
    submission = policy.pending_submission(record)
    if submission is None:
        raise Stale(_who_decided(record, by))
    return submission


def _who_decided(record: Any, by: Account) -> str:
    last = db.session.scalar(
        sa.select(Submission)
        .where(Submission.object_type == record.__tablename__, Submission.object_id == record.id)
        .order_by(Submission.id.desc())
        .limit(1)
    )
    if last is None or last.decided_by_id is None:
        return _("It is not before the reviewers.")
    if last.decided_by_id == by.id:
        return _("You have decided on it already: it stands as you decided.")
    who = db.session.get_one(Account, last.decided_by_id).name
    if last.decision is Decision.SIGNED:
        return _("%(who)s has signed it off already.", who=who)
    if last.decision is Decision.RETURNED:
        return _("%(who)s has returned it already.", who=who)
    return _("%(who)s has recalled it.", who=who)


def _decide(submission: Submission, decision: Decision, by: Account, reason: str) -> None:
    submission.decision = decision
    submission.decided_by_id = by.id
    submission.decided_at = clock.now()
    submission.reason = reason


def _seal(record: Any, meaning: Purpose, by: Account, note: str) -> Seal:
    values = seals.content(record)
    text = seals.canonical_text(record.__tablename__, record.reference, values)
    seal = Seal(
        object_type=record.__tablename__,
        object_id=record.id,
        state_id=record.state_id,
        reference=record.reference,
        number=record.seal_count + 1,
        content_version=record.content_version,
        canonical=text,
        content_sha256=history.digest(text),
        meaning=meaning,
        note=note,
        signer_id=by.id,
        signer_name=by.name,
        signer_role=Role.REVIEWER,
        signed_at=clock.now(),
        **seals.reportable(record, values),
    )
    if seal.content_sha256 != record.content_sha256:
        raise Stale(_("The text changed after you opened it. Read what is there now, then sign."))
    seal.seal_sha256 = history.digest(seals.seal_text(seal))
    db.session.add(seal)
    db.session.flush()
    record.seal_id, record.sealed_sha256, record.seal_count = seal.id, seal.content_sha256, seal.number
    return seal


def _tell(submission: Submission, kind: str, by: Account, record: Any) -> None:
    """Tell whoever drafted and submitted it; nobody is told of one's own act."""
    people = {submission.submitted_by_id, record.drafted_by_id} - {by.id, None}
    for account_id in sorted(people):
        notifications.notify(db.session.get_one(Account, account_id), kind, obj=record, note=submission.reason)
