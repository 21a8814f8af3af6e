"""Conclusions: numbered per visit, sealed fields that reopen, the State's comment, withdrawal by two roads."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.factories import AccountFactory, FollowupFactory, VisitFactory
from tracker import clock, history
from tracker.errors import Forbidden, Invalid, Stale
from tracker.extensions import db
from tracker.models import (
    Account,
    Basis,
    Conclusion,
    ConclusionKind,
    ConclusionStatus,
    ConsentScope,
    Event,
    Followup,
    FollowupConclusion,
    FollowupStatus,
    Purpose,
    Role,
    SealedState,
    Sharing,
    Submission,
    Visit,
)
from tracker.partial_date import PartialDate
from tracker.reports import catalogue
from tracker.services import conclusions, signoff


@pytest.fixture
def analyst(session: Any) -> Any:
    return AccountFactory(role=Role.ANALYST)


@pytest.fixture
def reviewer(session: Any) -> Any:
    return AccountFactory(role=Role.REVIEWER)


def written(by: Any, visit: Any = None, **changes: Any) -> Conclusion:
    """A draft that can be submitted."""
    given: dict[str, Any] = {
        "kind": ConclusionKind.SHORTFALL,
        "area_code": "FIN-02",
        "text": "A bill waits for Parliament.",
        "paragraph_ids": [row.id for row in catalogue.paragraphs_of_area("FIN-02")],
    }
    return conclusions.create(visit or VisitFactory(), by=by, **(given | changes))


def edited(conclusion: Conclusion, by: Any, **changes: Any) -> Conclusion:
    """The conclusion after an edit that leaves all else as it is."""
    given: dict[str, Any] = {
        "kind": conclusion.kind,
        "area_code": conclusion.area_code,
        "text": conclusion.text,
        "basis": conclusion.basis,
        "paragraph_ids": [link.paragraph_id for link in conclusion.paragraphs],
        "source": conclusion.source,
        "sharing": conclusion.sharing,
    }
    return conclusions.edit(conclusion, by=by, **(given | changes))


def signed(conclusion: Conclusion, analyst: Any, reviewer: Any) -> Conclusion:
    signoff.submit(conclusion, by=analyst)
    signoff.sign_off(conclusion, by=reviewer, content_version=conclusion.content_version)
    db.session.commit()
    return conclusion


def kinds(conclusion: Conclusion) -> list[str]:
    where = Event.object_type == "conclusion", Event.object_id == conclusion.id
    return list(db.session.scalars(sa.select(Event.kind).where(*where).order_by(Event.seq)))


def test_a_conclusion_is_numbered_within_its_visit(session: Any, analyst: Any) -> None:
    visit, other = VisitFactory(), VisitFactory(year=2010)
    references = [written(analyst, place).reference for place in (visit, visit, other)]
    session.commit()
    assert references == ["PAK-2006-1-C1", "PAK-2006-1-C2", "PAK-2010-1-C1"]


def test_a_new_conclusion_is_an_internal_draft_under_the_current_edition(session: Any, analyst: Any) -> None:
    row = written(analyst)
    session.commit()
    assert (row.workflow, row.sharing, row.area_edition) == (ConclusionStatus.DRAFT, Sharing.INTERNAL, 1)
    assert (row.drafted_by_id, kinds(row)) == (analyst.id, ["conclusion.created"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"area_code": "FIN"}, "area_code"), ({"area_code": "X"}, "area_code"), ({"paragraph_ids": [0]}, "paragraph_ids")],
)
def test_what_the_catalogue_does_not_know_is_refused(session: Any, analyst: Any, changes: Any, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        written(analyst, **changes)
    assert refused.value.field == field


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.COORDINATOR, Role.AUDITOR, Role.ADMINISTRATOR])
def test_only_analysts_write(session: Any, role: Role) -> None:
    with pytest.raises(Forbidden):
        written(AccountFactory(role=role))


@pytest.mark.parametrize("sharing", [Sharing.PARTNERS, Sharing.PUBLIC])
def test_nothing_goes_beyond_the_state_without_its_consent(session: Any, analyst: Any, sharing: Sharing) -> None:
    row = written(analyst)
    with pytest.raises(Invalid) as refused:
        edited(row, analyst, sharing=sharing)
    assert refused.value.field == "sharing"
    with pytest.raises(Invalid):
        written(analyst, sharing=sharing)
    consented = VisitFactory(year=2010, share_consent=ConsentScope.FULL)
    assert written(analyst, consented, sharing=sharing).sharing is sharing


def test_editing_a_draft_raises_the_content_version_only_for_sealed_fields(session: Any, analyst: Any) -> None:
    row = written(analyst)
    session.commit()
    edited(row, analyst, source="UN News", sharing=Sharing.STATE_ONLY)
    assert row.content_version == 1
    edited(row, analyst, text="The bill waits.")
    assert row.content_version == 2
    edited(row, analyst, basis=Basis.OBLIGATION)
    assert row.content_version == 3
    edited(row, analyst, paragraph_ids=[])
    assert row.content_version == 4
    session.commit()
    assert kinds(row) == ["conclusion.created"] + ["conclusion.edited"] * 4


def test_saving_the_same_leaves_no_entry(session: Any, analyst: Any) -> None:
    row = written(analyst)
    session.commit()
    edited(row, analyst)
    session.commit()
    assert kinds(row) == ["conclusion.created"]


def test_links_that_stay_are_not_told_again(session: Any, analyst: Any) -> None:
    row = written(analyst, paragraph_ids=[1, 2])
    session.commit()
    edited(row, analyst, paragraph_ids=[2, 3])
    session.commit()
    text = session.scalar(sa.select(Event.text).where(Event.kind == "conclusion.edited"))
    assert [mark in text for mark in (f"{row.id}/1", f"{row.id}/2", f"{row.id}/3")] == [True, False, True]


def test_an_edit_of_a_signed_conclusion_makes_it_a_draft(session: Any, analyst: Any, reviewer: Any) -> None:
    row = signed(written(analyst), analyst, reviewer)
    edited(row, analyst, text="Another text.")
    session.commit()
    assert (row.workflow, row.sealed_state) == (ConclusionStatus.DRAFT, SealedState.CHANGED)


def test_a_source_may_be_added_without_touching_the_seal(session: Any, analyst: Any, reviewer: Any) -> None:
    row = signed(written(analyst), analyst, reviewer)
    edited(row, analyst, source="UN News")
    session.commit()
    assert (row.workflow, row.sealed_state) == (ConclusionStatus.SIGNED_OFF, SealedState.SIGNED)


def test_a_submitted_conclusion_is_locked(session: Any, analyst: Any) -> None:
    row = written(analyst)
    signoff.submit(row, by=analyst)
    with pytest.raises(Forbidden, match="before the reviewers"):
        edited(row, analyst, text="Another text.")


def test_follow_ups_that_answer_it_are_compared_anew(session: Any, analyst: Any) -> None:
    row = written(analyst)
    followup = FollowupFactory()
    followup.conclusions.append(FollowupConclusion(conclusion_id=row.id, state_id="PAK"))
    history.record("followup.edited", followup, by=analyst)
    session.commit()
    before = followup.content_version
    edited(row, analyst, text="Another text.")
    session.commit()
    assert session.get_one(Followup, followup.id).content_sha256 is not None
    edited(row, analyst, text="Yet another text.")
    session.commit()
    assert followup.content_version == before + 1
    assert followup.workflow is FollowupStatus.DRAFT


def test_a_page_that_is_out_of_date_is_refused(session: Any, analyst: Any) -> None:
    row = written(analyst)
    session.commit()
    opened = row.version
    edited(row, analyst, text="First.")
    session.commit()
    with pytest.raises(Stale):
        edited(row, analyst, text="Second.", version=opened)


# With the State


def test_the_road_to_final(session: Any, analyst: Any, reviewer: Any) -> None:
    row = signed(written(analyst), analyst, reviewer)
    conclusions.share_with_state(row, by=analyst, happened=PartialDate(2006, 11))
    assert row.workflow is ConclusionStatus.SHARED_WITH_STATE
    conclusions.record_comment(row, by=analyst, text="We note it.", date=PartialDate(2006, 12, 4))
    assert (row.workflow, row.state_comment, row.state_commented_on) == (
        ConclusionStatus.COMMENTED,
        "We note it.",
        PartialDate(2006, 12, 4),
    )
    conclusions.finalise(row, by=analyst)
    session.commit()
    assert (row.workflow, row.sealed_state) == (ConclusionStatus.FINAL, SealedState.SIGNED)
    assert kinds(row)[-3:] == ["conclusion.shared", "conclusion.commented", "conclusion.finalised"]
    with pytest.raises(Forbidden):
        edited(row, analyst, text="Too late.")


def test_a_draft_is_not_shared(session: Any, analyst: Any) -> None:
    with pytest.raises(Stale):
        conclusions.share_with_state(written(analyst), by=analyst, happened=PartialDate(2006))


def test_what_has_not_happened_yet_is_not_recorded(session: Any, analyst: Any, reviewer: Any) -> None:
    row = signed(written(analyst), analyst, reviewer)
    with pytest.raises(Invalid) as refused:
        conclusions.share_with_state(row, by=analyst, happened=PartialDate(clock.today().year + 1))
    assert refused.value.field == "happened"


def test_a_comment_of_the_state_has_words(session: Any, analyst: Any, reviewer: Any) -> None:
    row = signed(written(analyst), analyst, reviewer)
    conclusions.share_with_state(row, by=analyst, happened=PartialDate(2006))
    with pytest.raises(Invalid) as refused:
        conclusions.record_comment(row, by=analyst, text=" ", date=PartialDate(2006))
    assert refused.value.field == "text"


def test_reviewers_do_not_share(session: Any, analyst: Any, reviewer: Any) -> None:
    row = signed(written(analyst), analyst, reviewer)
    with pytest.raises(Forbidden):
        conclusions.share_with_state(row, by=reviewer, happened=PartialDate(2006))


# Withdrawing


def test_what_was_never_sealed_is_withdrawn_at_once(session: Any, analyst: Any) -> None:
    row = written(analyst)
    conclusions.withdraw(row, by=analyst, reason="Said twice.")
    session.commit()
    assert row.workflow is ConclusionStatus.WITHDRAWN


def test_what_was_sealed_needs_a_seal_to_its_withdrawal(session: Any, analyst: Any, reviewer: Any) -> None:
    row = signed(written(analyst), analyst, reviewer)
    conclusions.withdraw(row, by=analyst, reason="Said twice.")
    session.commit()
    assert row.workflow is ConclusionStatus.SUBMITTED
    asked = session.scalar(sa.select(Submission).where(Submission.decision.is_(None)))
    assert (asked.purpose, asked.note) == (Purpose.WITHDRAW, "Said twice.")
    signoff.sign_off(row, by=reviewer, content_version=row.content_version)
    session.commit()
    assert row.workflow is ConclusionStatus.WITHDRAWN


def test_a_withdrawal_owes_a_reason(session: Any, analyst: Any) -> None:
    with pytest.raises(Invalid) as refused:
        conclusions.withdraw(written(analyst), by=analyst, reason=" \n")
    assert refused.value.field == "reason"


# Two at once


def test_two_who_write_at_once_get_two_numbers(own_app: Flask) -> None:
    with own_app.app_context():
        account_id, visit_id = AccountFactory(role=Role.ANALYST).id, VisitFactory().id
        db.session.commit()
    start = threading.Barrier(4)
    failures: list[Exception] = []

    def write() -> None:
        with own_app.app_context():
            try:
                start.wait(10)
                by, visit = db.session.get_one(Account, account_id), db.session.get_one(Visit, visit_id)
                written(by, visit)
                db.session.commit()
            except Exception as failure:  # told below, in the test's own thread
                failures.append(failure)

    threads = [threading.Thread(target=write) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with own_app.app_context():
        numbers = db.session.scalars(sa.select(Conclusion.number).order_by(Conclusion.number)).all()
    assert (failures, numbers) == ([], [1, 2, 3, 4])
