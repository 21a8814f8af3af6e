"""Evidence: revisions that are never replaced, digests that are sealed, bytes that an administrator may remove."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import AccountFactory, FollowupFactory
from tests.services.test_followups import complete, signed
from tracker import seals, storage
from tracker.errors import Forbidden, Invalid, Stale
from tracker.models import Account, Category, Event, Evidence, Followup, FollowupStatus, Role, SealedState
from tracker.services import evidence, followups, signoff

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def analyst(session: Any) -> Account:
    return AccountFactory()


@pytest.fixture
def followup(session: Any) -> Followup:
    made: Followup = FollowupFactory()
    return made


def attach(followup: Followup, analyst: Account, content: bytes = b"The bill, as tabled.") -> Evidence:
    return evidence.add_file(followup, BytesIO(content), "bill.txt", by=analyst, title="The bill")


def last_event(session: Any) -> Any:
    session.commit()
    return session.scalar(sa.select(Event).order_by(Event.seq.desc()).limit(1))


def test_a_file_is_kept_with_its_digest(session: Any, followup: Followup, analyst: Account) -> None:
    added = attach(followup, analyst)
    revision = added.revisions[0]
    assert revision.sha256 == hashlib.sha256(b"The bill, as tabled.").hexdigest()
    with storage.open_stored(revision.stored_as) as stored:
        assert stored.read() == b"The bill, as tabled."
    event = last_event(session)
    assert (event.kind, event.category) == ("evidence.added", Category.FILE)
    assert (revision.number, revision.added_by_id, revision.state_id) == (1, analyst.id, "PAK")


def test_a_revision_stands_beside_the_earlier_one(session: Any, followup: Followup, analyst: Account) -> None:
    added = attach(followup, analyst)
    before = followup.content_version
    evidence.add_revision(added, BytesIO(b"The bill, as amended."), "bill-2.txt", by=analyst)
    session.commit()
    assert [(row.number, row.filename) for row in added.revisions] == [(1, "bill.txt"), (2, "bill-2.txt")]
    assert followup.content_version == before + 1
    assert len(seals.content(followup)["evidence"][0][2]) == 2


def test_the_same_bytes_again_are_refused(session: Any, followup: Followup, analyst: Account) -> None:
    added = attach(followup, analyst)
    with pytest.raises(Invalid):
        evidence.add_revision(added, BytesIO(b"The bill, as tabled."), "again.txt", by=analyst)


def test_evidence_reopens_what_was_signed(session: Any, analyst: Account) -> None:
    reviewer = AccountFactory(role=Role.REVIEWER)
    followup = signed(analyst, reviewer)
    attach(followup, analyst)
    assert (followup.workflow, followup.sealed_state) == (FollowupStatus.DRAFT, SealedState.CHANGED)
    assert [change.name for change in seals.since_last_seal(followup)] == ["evidence"]


def test_none_is_added_while_the_text_is_before_the_reviewers(session: Any, analyst: Account) -> None:
    followup = followups.create("PAK", complete(), by=analyst)
    signoff.submit(followup, by=analyst)
    with pytest.raises(Forbidden):
        attach(followup, analyst)


def test_a_source_note_needs_a_title_and_a_note(session: Any, followup: Followup, analyst: Account) -> None:
    for title, note in (("", "x"), ("x", " ")):
        with pytest.raises(Invalid):
            evidence.add_source_note(followup, title, note, by=analyst)
    added = evidence.add_source_note(followup, "Official gazette", "No. 12 of 2007, p. 3", by=analyst)
    session.commit()
    assert seals.content(followup)["evidence"] == [[added.title, added.source_note, []]]


def test_withdrawn_evidence_leaves_the_sealed_text_and_stays(
    session: Any, followup: Followup, analyst: Account
) -> None:
    added = attach(followup, analyst)
    with pytest.raises(Invalid):
        evidence.withdraw(added, " ", by=analyst)
    evidence.withdraw(added, "Wrong file", by=analyst)
    assert seals.content(followup)["evidence"] == []
    assert followup.evidence == [added]
    with pytest.raises(Stale):
        evidence.add_revision(added, BytesIO(b"x"), "x.txt", by=analyst)


def test_a_file_that_lies_is_refused_at_its_field(session: Any, followup: Followup, analyst: Account) -> None:
    for content, name in ((b"MZ\x90", "bill.pdf"), (PDF, "bill.exe"), (b"", "bill.pdf")):
        with pytest.raises(Invalid) as refused:
            evidence.add_file(followup, BytesIO(content), name, by=analyst)
        assert refused.value.field == "file"


def test_only_an_administrator_removes_bytes_and_the_digest_stays(
    session: Any, followup: Followup, analyst: Account
) -> None:
    revision = attach(followup, analyst).revisions[0]
    with pytest.raises(Forbidden):
        evidence.remove_bytes(revision, "Personal data", by=analyst)
    administrator = AccountFactory(role=Role.ADMINISTRATOR)
    before = followup.content_sha256
    stored_as = evidence.remove_bytes(revision, "Personal data", by=administrator)
    event = last_event(session)
    assert (event.kind, event.actor_id) == ("evidence.bytes_removed", administrator.id)
    assert stored_as == revision.stored_as
    assert (revision.bytes_removed_reason, followup.content_sha256) == ("Personal data", before)
    with pytest.raises(Stale):
        evidence.remove_bytes(revision, "Again", by=administrator)


def test_a_download_is_an_event_of_its_own(session: Any, followup: Followup, analyst: Account) -> None:
    revision = attach(followup, analyst).revisions[0]
    session.commit()
    evidence.note_download(revision, by=analyst)
    event = last_event(session)
    assert (event.kind, event.category, event.object_id) == ("evidence.downloaded", Category.FILE, followup.id)


def test_the_quota_counts_what_is_kept(session: Any, followup: Followup, analyst: Account) -> None:
    revision = attach(followup, analyst).revisions[0]
    assert evidence.bytes_used(analyst) == revision.size
    evidence.remove_bytes(revision, "x", by=AccountFactory(role=Role.ADMINISTRATOR))
    assert evidence.bytes_used(analyst) == 0
