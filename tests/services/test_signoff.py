"""Sign-off: who may sign what, what the seal binds, and what happens when two act at once (R12-R16, R20-R22)."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import AccountFactory, FollowupFactory, grant
from tests.submittable import submittable
from tracker import history, workflow
from tracker.errors import Forbidden, Invalid, NotReady, Stale
from tracker.models import (
    Decision,
    FollowupStatus,
    Notification,
    Purpose,
    Role,
    Seal,
    SealedState,
    Submission,
)
from tracker.services import followups, records, signoff

LACKING = [
    "Choose at least one paragraph",
    "Choose the basis",
    "Choose the priority",
    "Name the responsible authority",
    "Name the conclusion it answers, or say why there is none",
    "Give the due date, or say why none is agreed",
    "Give the indicator of completion, or say why none is agreed",
]


@pytest.fixture
def analyst(session: Any) -> Any:
    return AccountFactory(role=Role.ANALYST)


@pytest.fixture
def reviewer(session: Any) -> Any:
    return AccountFactory(role=Role.REVIEWER)


def test_what_is_missing_is_listed_and_linked(session: Any, analyst: Any) -> None:
    followup = FollowupFactory(drafted_by_id=analyst.id)
    with pytest.raises(NotReady) as refused:
        signoff.submit(followup, by=analyst)
    assert [missing.message for missing in refused.value.missing] == LACKING
    assert refused.value.missing[0].href == f"/follow-ups/{followup.reference}/edit#paragraphs"
    assert followup.workflow is FollowupStatus.DRAFT


def test_a_signature_freezes_what_was_on_the_screen(session: Any, analyst: Any, reviewer: Any) -> None:
    followup = submittable(analyst)
    signoff.submit(followup, by=analyst, note="Please look at the indicator.")
    seal = signoff.sign_off(followup, by=reviewer, content_version=followup.content_version, note="Agreed.")
    session.commit()
    assert followup.workflow is FollowupStatus.SIGNED_OFF
    assert followup.sealed_state is SealedState.SIGNED
    assert (seal.signer_name, seal.signer_role, seal.meaning) == (reviewer.name, Role.REVIEWER, Purpose.SIGN_OFF)
    assert seal.content_sha256 == history.digest(seal.canonical)
    assert (seal.title, seal.paragraphs, seal.basis) == (followup.title, "1373 1(b)", "obligation")


def test_a_later_edit_leaves_the_seal_and_says_changed(session: Any, analyst: Any, reviewer: Any) -> None:
    followup = submittable(analyst)
    signoff.submit(followup, by=analyst)
    seal = signoff.sign_off(followup, by=reviewer, content_version=followup.content_version)
    sealed_title = seal.title
    followup.title = "Table the bill"
    records.save(followup, "followup.edited", by=analyst)
    session.commit()
    assert session.get(Seal, seal.id).title == sealed_title
    assert followup.sealed_state is SealedState.CHANGED
    assert followup.workflow is FollowupStatus.DRAFT
    told = session.scalars(sa.select(Notification.kind).where(Notification.account_id == reviewer.id)).all()
    assert told == ["sealed_record_changed"]


def test_what_is_put_back_as_it_was_signed_is_signed_again(session: Any, analyst: Any, reviewer: Any) -> None:
    followup = submittable(analyst)
    signoff.submit(followup, by=analyst)
    signoff.sign_off(followup, by=reviewer, content_version=followup.content_version)
    before = followup.title
    for title in ("Table the bill", before):
        followup.title = title
        records.save(followup, "followup.edited", by=analyst)
    assert followup.sealed_state is SealedState.SIGNED


def test_an_unsealed_field_leaves_the_signature_whole(session: Any, analyst: Any, reviewer: Any) -> None:
    followup = submittable(analyst)
    signoff.submit(followup, by=analyst)
    signoff.sign_off(followup, by=reviewer, content_version=followup.content_version)
    version = followup.content_version
    followup.next_step = "Ask the focal point in June."
    records.save(followup, "followup.edited", by=analyst)
    assert (followup.sealed_state, followup.content_version) == (SealedState.SIGNED, version)
    assert followup.workflow is FollowupStatus.SIGNED_OFF


@pytest.mark.parametrize("part", ["drafted", "submitted", "changed"])
def test_nobody_signs_their_own_work(session: Any, analyst: Any, part: str) -> None:
    both = AccountFactory(role=Role.ANALYST)
    grant(both, Role.REVIEWER)
    followup = submittable(both if part == "drafted" else analyst)
    if part == "changed":
        followup.title = "Table the bill"
        records.save(followup, "followup.edited", by=both)
    signoff.submit(followup, by=both if part == "submitted" else analyst)
    with pytest.raises(Forbidden, match="Nobody signs who drafted it"):
        signoff.sign_off(followup, by=both, content_version=followup.content_version)


def test_a_changer_may_sign_again_after_the_next_seal(session: Any, analyst: Any, reviewer: Any) -> None:
    both = AccountFactory(role=Role.ANALYST)
    grant(both, Role.REVIEWER)
    followup = submittable(analyst)
    followup.title = "Table the bill"
    records.save(followup, "followup.edited", by=both)
    signoff.submit(followup, by=analyst)
    signoff.sign_off(followup, by=reviewer, content_version=followup.content_version)
    followup.title = "Table the bill in the autumn"
    records.save(followup, "followup.edited", by=analyst)
    signoff.submit(followup, by=analyst)
    assert signoff.sign_off(followup, by=both, content_version=followup.content_version).number == 2


def test_an_administrator_does_not_sign(session: Any, analyst: Any) -> None:
    administrator = AccountFactory(role=Role.ADMINISTRATOR)
    followup = submittable(analyst)
    signoff.submit(followup, by=analyst)
    with pytest.raises(Forbidden):
        signoff.sign_off(followup, by=administrator, content_version=followup.content_version)


def test_a_page_of_an_older_text_is_refused(session: Any, analyst: Any, reviewer: Any) -> None:
    followup = submittable(analyst)
    signoff.submit(followup, by=analyst)
    with pytest.raises(Stale, match="text changed"):
        signoff.sign_off(followup, by=reviewer, content_version=followup.content_version - 1)
    assert followup.workflow is FollowupStatus.SUBMITTED


def test_the_second_reviewer_is_told_who_decided(session: Any, analyst: Any, reviewer: Any) -> None:
    followup = submittable(analyst)
    signoff.submit(followup, by=analyst)
    signoff.sign_off(followup, by=reviewer, content_version=followup.content_version)
    other = AccountFactory(role=Role.REVIEWER)
    with pytest.raises(Stale, match=f"{reviewer.name} has signed it off already"):
        signoff.sign_off(followup, by=other, content_version=followup.content_version)
    assert followup.seal_count == 1


def test_a_return_owes_a_reason_and_tells_the_analyst(session: Any, analyst: Any, reviewer: Any) -> None:
    followup = submittable(analyst)
    signoff.submit(followup, by=analyst)
    session.commit()
    with pytest.raises(Invalid, match="reason"):
        signoff.return_(followup, by=reviewer, reason="  ")
    session.rollback()
    signoff.return_(followup, by=reviewer, reason="Name the chamber that has the bill.")
    assert followup.workflow is FollowupStatus.RETURNED
    decided = session.scalars(sa.select(Submission).order_by(Submission.id.desc())).first()
    assert (decided.decision, decided.reason) == (Decision.RETURNED, "Name the chamber that has the bill.")
    told = session.scalars(sa.select(Notification.kind).where(Notification.account_id == analyst.id)).all()
    assert told == ["record_returned"]


def test_only_the_submitter_recalls(session: Any, analyst: Any) -> None:
    followup = submittable(analyst)
    signoff.submit(followup, by=analyst)
    with pytest.raises(Forbidden, match="Only the person who submitted it"):
        signoff.recall(followup, by=AccountFactory(role=Role.ANALYST))
    signoff.recall(followup, by=analyst)
    assert followup.workflow is FollowupStatus.DRAFT


def test_once_sealed_a_withdrawal_needs_a_seal(session: Any, analyst: Any, reviewer: Any) -> None:
    followup = submittable(analyst)
    signoff.submit(followup, by=analyst)
    signoff.sign_off(followup, by=reviewer, content_version=followup.content_version)
    signoff.submit(followup, by=analyst, purpose=Purpose.WITHDRAW, note="Overtaken by the new act.")
    assert followup.workflow is FollowupStatus.SUBMITTED
    seal = signoff.sign_off(followup, by=reviewer, content_version=followup.content_version)
    assert (followup.workflow, seal.meaning, seal.number) == (FollowupStatus.WITHDRAWN, Purpose.WITHDRAW, 2)


def test_a_refused_withdrawal_leaves_it_signed_off(session: Any, analyst: Any, reviewer: Any) -> None:
    followup = submittable(analyst)
    signoff.submit(followup, by=analyst)
    signoff.sign_off(followup, by=reviewer, content_version=followup.content_version)
    signoff.submit(followup, by=analyst, purpose=Purpose.WITHDRAW, note="Overtaken by the new act.")
    signoff.return_(followup, by=reviewer, reason="The act is not in force.")
    assert followup.workflow is FollowupStatus.SIGNED_OFF


def test_a_recalled_supersession_leaves_nothing_on_the_record(session: Any, analyst: Any, reviewer: Any) -> None:
    followup, successor = submittable(analyst), FollowupFactory()
    signoff.submit(followup, by=analyst)
    signoff.sign_off(followup, by=reviewer, content_version=followup.content_version)
    followups.supersede(followup, successor.reference, "Taken up by the new bill.", by=analyst)
    assert followup.superseded_by_id == successor.id
    signoff.recall(followup, by=analyst)
    session.commit()
    assert (followup.superseded_by_id, followup.status_reason) == (None, "")
    assert followup.workflow is FollowupStatus.SIGNED_OFF


def test_whoever_reads_from_right_to_left_is_told_too(session: Any, analyst: Any, reviewer: Any) -> None:
    analyst.language = "ar-x-pseudo"
    followup = submittable(analyst)
    signoff.submit(followup, by=analyst)
    signoff.return_(followup, by=reviewer, reason="Name the chamber.")
    session.commit()
    told = session.scalars(sa.select(Notification).where(Notification.account_id == analyst.id)).one()
    assert (told.kind, told.details) == ("record_returned", {"note": "Name the chamber."})


def test_nobody_signs_for_a_successor_that_has_ended_meanwhile(session: Any, analyst: Any, reviewer: Any) -> None:
    followup, successor = submittable(analyst), FollowupFactory()
    signoff.submit(followup, by=analyst)
    signoff.sign_off(followup, by=reviewer, content_version=followup.content_version)
    followups.supersede(followup, successor.reference, "Taken up by the new bill.", by=analyst)
    followups.withdraw(successor, "Entered twice", by=analyst)
    with pytest.raises(Stale):
        signoff.sign_off(followup, by=reviewer, content_version=followup.content_version)


def test_the_seal_says_what_takes_the_place(session: Any, analyst: Any, reviewer: Any) -> None:
    followup, successor = submittable(analyst), FollowupFactory()
    signoff.submit(followup, by=analyst)
    signoff.sign_off(followup, by=reviewer, content_version=followup.content_version)
    followups.supersede(followup, successor.reference, "Taken up by the new bill.", by=analyst)
    seal = signoff.sign_off(followup, by=reviewer, content_version=followup.content_version, note="Agreed.")
    assert seal.note == f"Superseded by {successor.reference}. Agreed."


def test_a_move_that_was_asked_for_is_made_with_that_record_by_that_person_alone(
    session: Any, analyst: Any, reviewer: Any
) -> None:
    waiting, other = submittable(analyst), submittable(analyst)
    signoff.submit(waiting, by=analyst)
    begun = workflow.start(waiting, "sign_off", by=reviewer)
    for record, by in ((other, reviewer), (waiting, analyst)):
        with pytest.raises(ValueError, match="that were asked for"):
            workflow.move(record, begun, by=by, target="signed_off")
    with pytest.raises(Forbidden):
        workflow.start(waiting, "sign_off", by=analyst)
    workflow.move(waiting, begun, by=reviewer, target="signed_off")
    with pytest.raises(Stale):
        workflow.move(waiting, begun, by=reviewer, target="signed_off")
    with pytest.raises(Stale):
        workflow.start(other, "sign_off", by=reviewer)
