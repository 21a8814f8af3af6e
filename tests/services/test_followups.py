"""Follow-ups: each verb, what it changes, what it writes in the log, and whom it refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import AccountFactory, ConclusionFactory, FollowupFactory, VisitFactory
from tracker import clock, seals
from tracker.errors import Forbidden, Invalid, NotReady, Stale
from tracker.models import (
    Account,
    Basis,
    Event,
    Followup,
    FollowupStatus,
    Implementation,
    Notification,
    Position,
    Priority,
    Purpose,
    Role,
    Seal,
    SealedState,
    SearchRow,
    Sharing,
    Submission,
)
from tracker.partial_date import PartialDate
from tracker.reports import catalogue
from tracker.services import extensions, followups, signoff
from tracker.services.followups import FollowupInput


@pytest.fixture
def analyst(session: Any) -> Account:
    return AccountFactory(role=Role.ANALYST)


@pytest.fixture
def reviewer(session: Any) -> Account:
    return AccountFactory(role=Role.REVIEWER)


def complete(**changes: Any) -> FollowupInput:
    """Everything that a submission asks for."""
    paragraph = catalogue.paragraphs_of_area("FIN-02")[0]
    given = FollowupInput(
        title="Adopt the anti-money-laundering bill",
        text="Parliament should adopt the bill.",
        area_code="FIN-02",
        further_areas=["FIN-01"],
        paragraph_ids=[paragraph.id],
        basis=Basis.OBLIGATION,
        priority=Priority.HIGH,
        authorities=["Ministry of Finance"],
        no_conclusion_reason="Raised by letter.",
        indicator="The act is published.",
        due=PartialDate(2007, 6),
    )
    return replace(given, **changes)


def signed(analyst: Account, reviewer: Account, **changes: Any) -> Followup:
    followup = followups.create("PAK", complete(**changes), by=analyst)
    signoff.submit(followup, by=analyst)
    signoff.sign_off(followup, by=reviewer, content_version=followup.content_version)
    return followup


def events_of(session: Any, followup: Followup) -> list[str]:
    session.commit()
    return list(
        session.scalars(
            sa.select(Event.kind)
            .where(Event.object_type == "followup", Event.object_id == followup.id)
            .order_by(Event.seq)
        )
    )


class TestCreate:
    def test_takes_the_next_number_of_the_state(self, session: Any, analyst: Account) -> None:
        first = followups.create("PAK", complete(), by=analyst)
        second = followups.create("PAK", complete(), by=analyst)
        other = followups.create("IND", complete(), by=analyst)
        assert (first.reference, second.reference, other.reference) == ("PAK-F001", "PAK-F002", "IND-F001")

    def test_a_number_beyond_three_digits_is_written_out(self, session: Any, analyst: Account) -> None:
        session.execute(sa.text("INSERT INTO followup_counter (state_id, last_number) VALUES ('PAK', 1233)"))
        assert followups.create("PAK", complete(), by=analyst).reference == "PAK-F1234"

    def test_leaves_one_event_a_search_row_and_a_draft(self, session: Any, analyst: Account) -> None:
        followup = followups.create("PAK", complete(), by=analyst)
        assert events_of(session, followup) == ["followup.created"]
        assert followup.workflow is FollowupStatus.DRAFT
        assert followup.drafted_by_id == analyst.id
        assert followup.content_version == 1
        assert followup.original_due == followup.current_due == PartialDate(2007, 6)
        assert followup.current_due_last == PartialDate(2007, 6).last_day
        row = session.scalar(sa.select(SearchRow).where(SearchRow.object_id == followup.id))
        assert "anti money laundering" in row.title

    def test_out_of_scope_is_refused(self, session: Any) -> None:
        stranger = AccountFactory(states=["IND"])
        with pytest.raises(Forbidden):
            followups.create("PAK", complete(), by=stranger)

    def test_a_reviewer_writes_none(self, session: Any, reviewer: Account) -> None:
        with pytest.raises(Forbidden):
            followups.create("PAK", complete(), by=reviewer)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"title": "  "}, "title"),
            ({"area_code": "FIN"}, "area_code"),
            ({"area_code": "ZZZ-99"}, "area_code"),
            ({"further_areas": ["FIN"]}, "further_areas"),
            ({"paragraph_ids": [10**6]}, "paragraph_ids"),
            ({"conclusion_ids": [10**6]}, "conclusion_ids"),
            ({"visit_id": 10**6}, "visit_id"),
            ({"owner_id": 10**6}, "owner_id"),
        ],
    )
    def test_what_does_not_exist_is_refused_at_its_field(
        self, session: Any, analyst: Account, changes: Any, field: str
    ) -> None:
        with pytest.raises(Invalid) as refused:
            followups.create("PAK", complete(**changes), by=analyst)
        assert refused.value.field == field

    def test_a_conclusion_or_visit_of_another_state_is_refused(self, session: Any, analyst: Account) -> None:
        elsewhere = ConclusionFactory(visit=VisitFactory(state_id="IND"))
        for changes in ({"conclusion_ids": [elsewhere.id]}, {"visit_id": elsewhere.visit_id}):
            with pytest.raises(Invalid):
                followups.create("PAK", complete(**changes), by=analyst)

    @pytest.mark.parametrize(
        "granted",
        [
            {"states": ["IND"]},
            {"role": Role.REVIEWER},
            {"role": Role.COORDINATOR},
            {"role": Role.AUDITOR},
            {"role": None},
            {"active": False},
        ],
    )
    def test_an_owner_must_be_able_to_work_on_it(self, session: Any, analyst: Account, granted: Any) -> None:
        stranger = AccountFactory(**granted)
        with pytest.raises(Invalid) as refused:
            followups.create("PAK", complete(owner_id=stranger.id), by=analyst)
        assert refused.value.field == "owner_id"
        assert "must be able to work on follow-ups of this Member State (Analyst)" in refused.value.message
        followup = followups.create("PAK", complete(), by=analyst)
        with pytest.raises(Invalid):
            followups.track(followup, owner_id=stranger.id, by=analyst)

    def test_an_owner_whose_rights_were_narrowed_stays_until_another_is_named(
        self, session: Any, analyst: Account
    ) -> None:
        colleague = AccountFactory()
        followup = followups.create("PAK", complete(owner_id=colleague.id), by=analyst)
        colleague.active = False
        followups.track(followup, owner_id=colleague.id, next_step="Write a letter", by=analyst)
        assert (followup.owner_id, followup.next_step) == (colleague.id, "Write a letter")


class TestFromConclusion:
    def test_all_but_its_words_is_prefilled(self, session: Any, analyst: Account) -> None:
        conclusion = ConclusionFactory(text="The bill is stalled. It should move.", basis=Basis.OBLIGATION)
        given = followups.from_conclusion(conclusion)
        assert (given.title, given.text) == ("", "")
        assert given.visit_id == conclusion.visit_id
        followup = followups.create("PAK", replace(given, title="Move the bill"), by=analyst)
        assert [link.conclusion_id for link in followup.conclusions] == [conclusion.id]
        assert followup.area_code == conclusion.area_code
        assert followup.sharing is Sharing.INTERNAL


class TestEdit:
    def test_a_sealed_field_raises_the_content_version(self, session: Any, analyst: Account) -> None:
        followup = followups.create("PAK", complete(), by=analyst)
        followups.edit(followup, complete(title="Adopt the bill"), by=analyst, reason="Shorter")
        assert followup.content_version == 2
        assert events_of(session, followup)[-1] == "followup.edited"

    def test_other_fields_do_not(self, session: Any, analyst: Account) -> None:
        followup = followups.create("PAK", complete(), by=analyst)
        followups.edit(followup, complete(priority=Priority.LOW, next_step="Call"), by=analyst)
        assert followup.content_version == 1

    def test_links_are_full_sets(self, session: Any, analyst: Account) -> None:
        conclusion = ConclusionFactory()
        followup = followups.create("PAK", complete(conclusion_ids=[conclusion.id]), by=analyst)
        followups.edit(followup, complete(further_areas=["LEG-01"], authorities=["State Bank"]), by=analyst)
        assert [link.area_code for link in followup.further_areas] == ["LEG-01"]
        assert [link.authority.name for link in followup.authorities] == ["State Bank"]
        assert followup.conclusions == []

    def test_a_signed_record_becomes_a_draft_that_is_changed_and_its_signer_is_told(
        self, session: Any, analyst: Account, reviewer: Account
    ) -> None:
        followup = signed(analyst, reviewer)
        followups.edit(followup, complete(title="Adopt the bill"), by=analyst)
        assert followup.workflow is FollowupStatus.DRAFT
        assert followup.sealed_state is SealedState.CHANGED
        assert [change.name for change in seals.since_last_seal(followup)] == ["title"]
        told = session.scalar(sa.select(Notification.kind).where(Notification.account_id == reviewer.id))
        assert told == "sealed_record_changed"
        assert session.scalar(sa.select(Seal.title)) == "Adopt the anti-money-laundering bill"

    def test_a_field_that_is_not_sealed_leaves_it_signed(
        self, session: Any, analyst: Account, reviewer: Account
    ) -> None:
        followup = signed(analyst, reviewer)
        followups.edit(followup, complete(priority=Priority.LOW), by=analyst)
        assert followup.workflow is FollowupStatus.SIGNED_OFF
        assert followup.sealed_state is SealedState.SIGNED

    def test_submitted_is_locked(self, session: Any, analyst: Account) -> None:
        followup = followups.create("PAK", complete(), by=analyst)
        signoff.submit(followup, by=analyst)
        with pytest.raises(Forbidden):
            followups.edit(followup, complete(), by=analyst)

    def test_a_page_that_is_out_of_date_is_refused(self, session: Any, analyst: Account) -> None:
        followup = followups.create("PAK", complete(), by=analyst)
        with pytest.raises(Stale):
            followups.edit(followup, complete(), by=analyst, version=followup.version - 1)

    def test_a_signed_due_date_moves_by_extension_only(self, session: Any, analyst: Account, reviewer: Account) -> None:
        followup = signed(analyst, reviewer)
        with pytest.raises(Invalid) as refused:
            followups.edit(followup, complete(due=PartialDate(2008)), by=analyst)
        assert refused.value.field == "due"

    def test_an_area_that_stays_keeps_its_edition(self, session: Any, analyst: Account) -> None:
        followup = followups.create("PAK", complete(), by=analyst)
        edition = followup.area_edition
        followups.edit(followup, complete(text="Other words"), by=analyst)
        assert followup.area_edition == edition == catalogue.areas()["FIN-02"].edition


class TestStatuses:
    def test_the_assessed_status_is_sealed(self, session: Any, analyst: Account, reviewer: Account) -> None:
        followup = signed(analyst, reviewer)
        followups.assess_status(followup, Implementation.IN_PROGRESS, PartialDate(2008), "Visit", by=analyst)
        assert followup.workflow is FollowupStatus.DRAFT
        assert [change.name for change in seals.since_last_seal(followup)] == ["assessed_status", "assessed_on"]
        assert followup.reported_status is Implementation.NOT_ASSESSED

    def test_an_assessment_needs_its_date_and_not_a_future_one(self, session: Any, analyst: Account) -> None:
        followup = followups.create("PAK", complete(), by=analyst)
        tomorrow = PartialDate.of(clock.today() + timedelta(days=1))
        for on in (None, tomorrow):
            with pytest.raises(Invalid) as refused:
                followups.assess_status(followup, Implementation.IMPLEMENTED, on, by=analyst)
            assert refused.value.field == "assessed_on"

    def test_the_assessed_status_is_locked_before_the_reviewers(self, session: Any, analyst: Account) -> None:
        followup = followups.create("PAK", complete(), by=analyst)
        signoff.submit(followup, by=analyst)
        with pytest.raises(Forbidden):
            followups.assess_status(followup, Implementation.IN_PROGRESS, PartialDate(2008), by=analyst)

    def test_the_rest_is_tracked_even_then(self, session: Any, analyst: Account) -> None:
        followup = followups.create("PAK", complete(), by=analyst)
        signoff.submit(followup, by=analyst)
        version = followup.content_version
        followups.track(followup, priority=Priority.LOW, by=analyst)
        followups.track(followup, owner_id=analyst.id, by=analyst)
        followups.track(followup, next_step="Write to the ministry", by=analyst)
        followups.track(followup, sharing=Sharing.STATE_ONLY, by=analyst)
        followups.set_position(followup, Position.ACCEPTS, PartialDate(2008, 2), "Note verbale", by=analyst)
        assert (followup.priority, followup.owner_id) == (Priority.LOW, analyst.id)
        assert (followup.sharing, followup.position) == (Sharing.STATE_ONLY, Position.ACCEPTS)
        assert followup.content_version == version
        assert followup.workflow is FollowupStatus.SUBMITTED
        kinds = events_of(session, followup)
        assert kinds.count("followup.tracked") == 4
        assert kinds[-1] == "followup.position_recorded"

    def test_nothing_is_tracked_once_it_has_ended(self, session: Any, analyst: Account) -> None:
        followup = followups.create("PAK", complete(), by=analyst)
        followups.withdraw(followup, "Entered twice", by=analyst)
        with pytest.raises(Forbidden):
            followups.track(followup, priority=Priority.LOW, by=analyst)


class TestSavingWhatIsThere:
    """Saving a page on which nothing was changed leaves no event, no version and no other day of change."""

    def test_of_the_text(self, session: Any, analyst: Account, reviewer: Account) -> None:
        followup = signed(analyst, reviewer)
        assert self.leaves_nothing(session, followup, lambda: followups.edit(followup, complete(), by=analyst))
        assert followup.workflow is FollowupStatus.SIGNED_OFF

    def test_of_the_status_the_position_and_what_is_tracked(self, session: Any, analyst: Account) -> None:
        followup = followups.create("PAK", complete(), by=analyst)

        def write() -> None:
            followups.assess_status(followup, Implementation.IN_PROGRESS, PartialDate(2008), "Visit", by=analyst)
            followups.set_position(followup, Position.ACCEPTS, PartialDate(2008), "Note verbale", by=analyst)
            followups.track(followup, by=analyst, owner_id=analyst.id, priority=Priority.LOW, next_step="Ask")

        write()
        assert self.leaves_nothing(session, followup, write)

    def test_of_what_was_read_back(self, session: Any, analyst: Account) -> None:
        followup = followups.create("PAK", complete(), by=analyst)
        read = followups.input_of(followup)
        assert self.leaves_nothing(session, followup, lambda: followups.edit(followup, read, by=analyst))

    def test_a_change_of_one_link_is_one(self, session: Any, analyst: Account) -> None:
        followup = followups.create("PAK", complete(), by=analyst)
        further = complete(further_areas=["FIN-01", "FIN-03"])
        assert not self.leaves_nothing(session, followup, lambda: followups.edit(followup, further, by=analyst))

    @staticmethod
    def leaves_nothing(session: Any, followup: Followup, act: Any) -> bool:
        before = (events_of(session, followup), followup.version, followup.updated_at)
        act()
        return (events_of(session, followup), followup.version, followup.updated_at) == before


class TestEnding:
    def test_a_draft_is_withdrawn_at_once(self, session: Any, analyst: Account) -> None:
        followup = followups.create("PAK", complete(), by=analyst)
        followups.withdraw(followup, "Entered twice", by=analyst)
        assert followup.workflow is FollowupStatus.WITHDRAWN
        assert followup.status_reason == "Entered twice"
        assert not followup.is_open

    def test_a_reason_is_owed(self, session: Any, analyst: Account) -> None:
        followup = followups.create("PAK", complete(), by=analyst)
        with pytest.raises(Invalid):
            followups.withdraw(followup, " ", by=analyst)

    def test_once_sealed_a_reviewer_seals_the_withdrawal(
        self, session: Any, analyst: Account, reviewer: Account
    ) -> None:
        followup = signed(analyst, reviewer)
        followups.withdraw(followup, "No longer applies", by=analyst)
        assert followup.workflow is FollowupStatus.SUBMITTED
        assert followup.status_reason == "No longer applies"
        assert session.scalar(sa.select(Submission.purpose).order_by(Submission.id.desc())) is Purpose.WITHDRAW
        signoff.sign_off(followup, by=reviewer, content_version=followup.content_version)
        assert followup.workflow is FollowupStatus.WITHDRAWN

    def test_a_draft_is_superseded_at_once(self, session: Any, analyst: Account) -> None:
        followup = followups.create("PAK", complete(), by=analyst)
        successor = followups.create("PAK", complete(), by=analyst)
        followups.supersede(followup, successor.reference.lower(), "Merged", by=analyst)
        assert followup.workflow is FollowupStatus.SUPERSEDED
        assert followup.superseded_by_id == successor.id

    def test_once_sealed_a_reviewer_seals_the_supersession(
        self, session: Any, analyst: Account, reviewer: Account
    ) -> None:
        followup = signed(analyst, reviewer)
        successor = followups.create("PAK", complete(), by=analyst)
        followups.supersede(followup, successor.reference, "Merged", by=analyst)
        assert followup.workflow is FollowupStatus.SUBMITTED
        signoff.sign_off(followup, by=reviewer, content_version=followup.content_version)
        assert followup.workflow is FollowupStatus.SUPERSEDED
        assert followup.superseded_by_id == successor.id

    def test_the_successor_must_be_another_open_one_of_the_state(self, session: Any, analyst: Account) -> None:
        followup = followups.create("PAK", complete(), by=analyst)
        elsewhere = followups.create("IND", complete(), by=analyst)
        ended = followups.create("PAK", complete(), by=analyst)
        followups.withdraw(ended, "Entered twice", by=analyst)
        for reference in (followup.reference, elsewhere.reference, ended.reference, "PAK-F999", "x" * 1000):
            with pytest.raises(Invalid) as refused:
                followups.supersede(followup, reference, "Merged", by=analyst)
            assert refused.value.field == "by_reference"


class TestSubmission:
    def test_what_is_missing_is_listed_and_linked(self, session: Any, analyst: Account) -> None:
        followup = FollowupFactory(text="")
        with pytest.raises(NotReady) as refused:
            signoff.submit(followup, by=analyst)
        assert f"/follow-ups/{followup.reference}/edit#text" in [item.href for item in refused.value.missing]

    def test_a_later_due_date_reopens_what_was_signed(self, session: Any, analyst: Account, reviewer: Account) -> None:
        followup = signed(analyst, reviewer)
        extension = extensions.request(followup, PartialDate(2008), "The session ended.", by=analyst)
        extensions.approve(extension, by=reviewer)
        assert followup.sealed_state is SealedState.CHANGED
        assert followup.workflow is FollowupStatus.DRAFT
