"""Extensions: asked for by one person, decided by another; the original due date is always kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import AccountFactory, FollowupFactory, grant
from tracker.errors import Forbidden, Invalid, Stale
from tracker.models import (
    Account,
    DueExtension,
    Event,
    ExtensionStatus,
    Followup,
    FollowupStatus,
    Notification,
    Role,
)
from tracker.partial_date import PartialDate
from tracker.services import extensions, followups

OLD, NEW = PartialDate(2007, 6), PartialDate(2008, 3)


@pytest.fixture
def analyst(session: Any) -> Account:
    return AccountFactory()


@pytest.fixture
def reviewer(session: Any) -> Account:
    return AccountFactory(role=Role.REVIEWER)


@pytest.fixture
def followup(session: Any) -> Followup:
    made: Followup = FollowupFactory(current_due=OLD)
    return made


@pytest.fixture
def asked(followup: Followup, analyst: Account) -> DueExtension:
    return extensions.request(followup, NEW, "Parliament was dissolved.", by=analyst)


def test_asking_moves_nothing(session: Any, followup: Followup, asked: DueExtension) -> None:
    session.commit()
    assert followup.current_due == OLD
    assert (asked.status, asked.old_due, asked.new_due) == (ExtensionStatus.REQUESTED, OLD, NEW)
    assert session.scalar(sa.select(Event.kind).order_by(Event.seq.desc()).limit(1)) == "extension.requested"


def test_an_approval_moves_the_current_date_and_keeps_the_original(
    session: Any, followup: Followup, asked: DueExtension, analyst: Account, reviewer: Account
) -> None:
    extensions.approve(asked, by=reviewer, note="Understood")
    session.commit()
    assert (followup.original_due, followup.current_due) == (OLD, NEW)
    assert followup.current_due_last == NEW.last_day
    assert (asked.status, asked.decided_by_id) == (ExtensionStatus.APPROVED, reviewer.id)
    told = session.scalar(sa.select(Notification.kind).where(Notification.account_id == analyst.id))
    assert told == "extension_approved"


def test_a_refusal_moves_nothing_and_owes_a_reason(
    session: Any, followup: Followup, asked: DueExtension, reviewer: Account
) -> None:
    with pytest.raises(Invalid):
        extensions.refuse(asked, by=reviewer, note=" ")
    extensions.decide(asked, ExtensionStatus.REFUSED, by=reviewer, note="Too late")
    session.commit()
    assert followup.current_due == OLD
    assert asked.decision_note == "Too late"
    told = session.scalars(sa.select(Notification).where(Notification.kind == "extension_refused")).one()
    assert told.details == {"note": "Too late"}


def test_whoever_asked_does_not_decide(session: Any, asked: DueExtension, analyst: Account) -> None:
    grant(analyst, Role.REVIEWER)
    with pytest.raises(Forbidden):
        extensions.approve(asked, by=analyst)


def test_only_reviewers_in_scope_decide(session: Any, asked: DueExtension) -> None:
    for account in (AccountFactory(), AccountFactory(role=Role.REVIEWER, states=["IND"])):
        with pytest.raises(Forbidden):
            extensions.approve(asked, by=account)


def test_the_second_decision_is_told_who_made_the_first(session: Any, asked: DueExtension, reviewer: Account) -> None:
    extensions.approve(asked, by=reviewer)
    with pytest.raises(Stale) as told:
        extensions.refuse(asked, by=AccountFactory(role=Role.REVIEWER), note="No")
    assert reviewer.name in told.value.message


def test_one_request_waits_at_a_time(session: Any, followup: Followup, asked: DueExtension, analyst: Account) -> None:
    with pytest.raises(Stale):
        extensions.request(followup, PartialDate(2009), "More", by=analyst)


@pytest.mark.parametrize("new_due", [OLD, PartialDate(2007, 6, 30), PartialDate(2006)])
def test_the_new_date_must_be_later(session: Any, followup: Followup, analyst: Account, new_due: PartialDate) -> None:
    with pytest.raises(Invalid) as refused:
        extensions.request(followup, new_due, "x", by=analyst)
    assert refused.value.field == "new_due"


def test_there_must_be_a_date_and_a_reason(session: Any, followup: Followup, analyst: Account) -> None:
    with pytest.raises(Invalid):
        extensions.request(followup, NEW, " ", by=analyst)
    with pytest.raises(Invalid) as refused:
        extensions.request(FollowupFactory(), NEW, "x", by=analyst)
    assert refused.value.field == "new_due"


def test_nothing_is_approved_while_the_text_is_before_the_reviewers(
    session: Any, followup: Followup, asked: DueExtension, reviewer: Account
) -> None:
    followup.workflow = FollowupStatus.SUBMITTED
    session.flush()
    with pytest.raises(Invalid):
        extensions.approve(asked, by=reviewer)
    assert followup.current_due == OLD


def test_a_date_that_a_reviewer_moved_is_no_longer_free(
    session: Any, followup: Followup, asked: DueExtension, analyst: Account, reviewer: Account
) -> None:
    extensions.approve(asked, by=reviewer)
    assert not followups.has_free_due_date(followup)
    with pytest.raises(Invalid) as refused:
        followups.edit(followup, replace(followups.input_of(followup), due=PartialDate(2015)), by=analyst)
    assert refused.value.field == "due"
    assert (followup.original_due, followup.current_due) == (OLD, NEW)


def test_a_date_that_a_reviewer_would_not_move_stays_free(
    session: Any, followup: Followup, asked: DueExtension, analyst: Account, reviewer: Account
) -> None:
    extensions.refuse(asked, by=reviewer, note="Too late")
    followups.edit(followup, replace(followups.input_of(followup), due=PartialDate(2007, 5)), by=analyst)
    assert (followup.original_due, followup.current_due) == (PartialDate(2007, 5), PartialDate(2007, 5))
