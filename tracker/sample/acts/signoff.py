"""How generated records go to the reviewers and back: submitted, returned, recalled, signed off."""

from __future__ import annotations

from tracker import history, seals
from tracker.models import Purpose, Role
from tracker.sample import vocabulary
from tracker.sample.clerk import Clerk
from tracker.sample.desk import view
from tracker.services import signoff


def submit(clerk: Clerk, noun: str, number: int, purpose: Purpose) -> None:
    """draft|returned → submitted."""
    record_id = clerk.ids[noun, number]
    again = clerk.desk.row(noun, record_id)["workflow"] == "returned"
    clerk.submit(noun, record_id, purpose, vocabulary.RESUBMITTED if again else "")


def return_(clerk: Clerk, noun: str, number: int) -> None:
    """submitted → returned, with a reason."""
    record_id, by = clerk.ids[noun, number], _signer(clerk, noun, clerk.ids[noun, number])
    submission = _decided(clerk, noun, record_id, "returned", by, vocabulary.RETURNED)
    clerk.move(noun, record_id, "return", by, target="returned", reason=vocabulary.RETURNED)
    clerk.tell(noun, record_id, "record_returned", {submission["submitted_by_id"]} - {by})


def recall(clerk: Clerk, noun: str, number: int) -> None:
    """submitted → where it was."""
    record_id = clerk.ids[noun, number]
    submission = _decided(clerk, noun, record_id, "recalled", clerk.analyst, "")
    clerk.move(noun, record_id, "recall", clerk.analyst, target=submission["previous_status"])


def sign_off(clerk: Clerk, noun: str, number: int) -> None:
    """submitted → signed_off, withdrawn or superseded, with a seal."""
    record_id = clerk.ids[noun, number]
    by = _signer(clerk, noun, record_id)
    submission = clerk.desk.row("submission", clerk.submissions[noun, record_id])
    purpose = Purpose(submission["purpose"])
    seal = _seal(clerk, noun, record_id, purpose, by)
    _decided(clerk, noun, record_id, "signed", by, "")
    clerk.move(
        noun,
        record_id,
        "sign_off",
        by,
        target=signoff.OUTCOMES[purpose],
        seal_id=seal["id"],
        sealed_sha256=seal["content_sha256"],
        seal_count=seal["number"],
        details={
            "note": seal["note"],
            "seal": seal["number"],
            "meaning": purpose.value,
            "content_version": seal["content_version"],
            "content_sha256": seal["content_sha256"],
            "seal_sha256": seal["seal_sha256"],
        },
    )
    clerk.tell(noun, record_id, "record_signed", {submission["submitted_by_id"]} - {by})


def _decided(clerk: Clerk, noun: str, record_id: int, decision: str, by: int, reason: str) -> history.Row:
    return clerk.desk.change(
        "submission",
        clerk.submissions[noun, record_id],
        decision=decision,
        decided_by_id=by,
        decided_at=clerk.desk.at,
        reason=reason,
    )


def _signer(clerk: Clerk, noun: str, record_id: int) -> int:
    """A reviewer who changed nothing since the last seal."""
    count = clerk.desk.row(noun, record_id)["seal_count"]
    return next(
        reviewer.id
        for reviewer in clerk.reviewers
        if not clerk.desk.has("contributor", noun, record_id, reviewer.id, count)
    )


def _seal(clerk: Clerk, noun: str, record_id: int, meaning: Purpose, by: int) -> history.Row:
    row, values = clerk.desk.row(noun, record_id), clerk.content(noun, record_id)
    seal = {
        "id": clerk.next_id("seal"),
        "object_type": noun,
        "object_id": record_id,
        "state_id": clerk.state_id,
        "reference": clerk.reference(noun, record_id),
        "number": row["seal_count"] + 1,
        "content_version": row["content_version"],
        "canonical": clerk.canonical[noun, record_id],
        "content_sha256": row["content_sha256"],
        "seal_sha256": None,
        "meaning": meaning.value,
        "note": "",
        "signer_id": by,
        "signer_name": next(person.name for person in clerk.reviewers if person.id == by),
        "signer_role": Role.REVIEWER.value,
        "signed_at": clerk.desk.at,
        **dict.fromkeys(("assessed_status", "assessed_on", "current_due", "current_due_last")),
        **seals.columns_of(view(row), values, is_followup=noun == "followup"),
    }
    seal["seal_sha256"] = history.digest(seals.seal_text(view(seal)))
    clerk.seals.append(seal)
    return seal
