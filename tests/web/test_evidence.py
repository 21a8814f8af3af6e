"""Evidence in the browser: files in and out, what is refused, who may not."""

from __future__ import annotations

import gc
import hashlib
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import AccountFactory, FollowupFactory
from tests.web.test_carry_overs import version_on
from tracker import clock, storage
from tracker.errors import NotFound
from tracker.models import Account, Category, Event, Evidence, EvidenceRevision, FollowupStatus, Role

PATH = "/follow-ups/PAK-F001/evidence"
BILL = b"The bill, as tabled."


@pytest.fixture
def analyst(session: Any) -> Account:
    return AccountFactory(states=["PAK"])


@pytest.fixture
def browser(analyst: Account, sign_in: Any) -> Any:
    FollowupFactory()
    return sign_in(analyst)


def send(browser: Any, content: bytes = BILL, name: str = "bill.txt", path: str = PATH, **more: str) -> Any:
    return browser.post(path, data={"file": (BytesIO(content), name), **more}, content_type="multipart/form-data")


def test_a_file_goes_in_and_comes_out_as_it_was(session: Any, browser: Any, analyst: Account) -> None:
    answer = send(browser, title="The bill")
    assert answer.status_code == 303
    page = browser.get(answer.location).text
    assert hashlib.sha256(BILL).hexdigest() in page
    row = session.scalar(sa.select(EvidenceRevision))
    out = browser.get(f"{PATH}/{row.evidence_id}/1")
    assert out.data == BILL
    assert out.headers["Content-Disposition"].startswith("attachment")
    assert out.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in out.headers["Content-Security-Policy"]
    assert "no-store" in out.headers["Cache-Control"]
    event = session.scalar(sa.select(Event).order_by(Event.seq.desc()).limit(1))
    assert (event.kind, event.category, event.actor_id) == ("evidence.downloaded", Category.FILE, analyst.id)
    assert "downloaded a file" in browser.get("/follow-ups/PAK-F001?category=file").text


def test_a_revision_stands_beside_the_earlier_one(session: Any, browser: Any) -> None:
    send(browser)
    number = session.scalar(sa.select(Evidence.id))
    answer = send(browser, b"The bill, as amended.", "bill-2.txt", f"{PATH}/{number}/revisions")
    page = browser.get(answer.location).text
    assert "bill.txt" in page
    assert "bill-2.txt" in page
    assert browser.get(f"{PATH}/{number}/1").data == BILL
    again = send(browser, BILL, "again.txt", f"{PATH}/{number}/revisions")
    assert again.status_code == 422
    assert "there already" in again.text


def test_without_a_file_or_a_source_both_ways_are_said(browser: Any) -> None:
    answer = browser.post(PATH, data={})
    assert answer.status_code == 422
    assert "Choose a file, or say what the source is and where it stands." in answer.text
    assert 'href="#file"' in answer.text


def test_a_source_note_stands_without_a_file(session: Any, browser: Any) -> None:
    answer = browser.post(PATH, data={"title": "Official gazette", "source_note": "No. 12 of 2007"})
    assert "No. 12 of 2007" in browser.get(answer.location).text
    empty = browser.post(PATH, data={"title": "Official gazette"})
    assert empty.status_code == 422
    assert "Attach a file" in empty.text


def test_sent_six_times_it_stands_there_once(session: Any, browser: Any) -> None:
    key = "0d0f5f5c-6b8a-4a53-9f0f-8b1f6a1f2a3b"
    assert len({send(browser, request_key=key).location for _time in range(6)}) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(Evidence)) == 1


def test_sent_again_much_later_it_stands_there_once(session: Any, browser: Any) -> None:
    note = {"title": "Official gazette", "source_note": "No. 12", "request_key": "0d0f5f5c-6b8a-4a53-9f0f-8b1f6a1f2a3b"}
    first = browser.post(PATH, data=note)
    with clock.at(clock.now() + timedelta(minutes=20)):
        assert browser.post(PATH, data=note).location == first.location
    assert session.scalar(sa.select(sa.func.count()).select_from(Evidence)) == 1, "nobody can take a second one away"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"MZ\x90\x00", "bill.pdf"),
        (b"%PDF-1.4", "bill.exe"),
        (b"<html><script>", "bill.html"),
        (b"", "bill.txt"),
        (b"x", "\u202etxt.exe"),
        (b"x", "a" * 300 + ".txt"),
        (b"\x00\x01", "bill.txt"),
    ],
)
def test_a_file_that_lies_is_refused_and_the_rest_is_kept(
    session: Any, browser: Any, content: bytes, name: str
) -> None:
    answer = send(browser, content, name, title="Kept words", source_note="Kept note")
    assert answer.status_code == 422
    assert 'id="file-error"' in answer.text
    assert "Kept words" in answer.text
    assert "Kept note" in answer.text
    assert session.scalar(sa.select(sa.func.count()).select_from(Evidence)) == 0


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # Werkzeug leaves its file to be collected
def test_a_file_that_is_too_large_is_refused(session: Any, browser: Any) -> None:
    answer = send(browser, b"a" * (27 * 1024 * 1024), title="Kept words")
    assert answer.status_code == 413
    assert "Kept words" in answer.text
    del answer
    gc.collect()


def test_withdrawn_evidence_stays_readable(session: Any, browser: Any) -> None:
    send(browser)
    number = session.scalar(sa.select(Evidence.id))
    assert browser.post(f"{PATH}/{number}/withdraw", data={"reason": ""}).status_code == 422
    reason = {"reason": "Wrong file", "version": version_on(browser.get(f"{PATH}/{number}/withdraw"))}
    answer = browser.post(f"{PATH}/{number}/withdraw", data=reason)
    assert "Withdrawn" in browser.get(answer.location).text
    assert browser.get(f"{PATH}/{number}/1").data == BILL
    again = {"reason": "Again", "version": version_on(browser.get(f"{PATH}/{number}/withdraw"))}
    assert browser.post(f"{PATH}/{number}/withdraw", data=again).status_code == 409


def test_nothing_is_withdrawn_by_a_page_that_is_out_of_date(session: Any, browser: Any) -> None:
    send(browser)
    number = session.scalar(sa.select(Evidence.id))
    reason = {"reason": "Wrong file", "version": version_on(browser.get(f"{PATH}/{number}/withdraw"))}
    send(browser, b"The bill, as amended.", "bill-2.txt", f"{PATH}/{number}/revisions")
    answer = browser.post(f"{PATH}/{number}/withdraw", data=reason)
    assert answer.status_code == 409
    assert "Wrong file" in answer.text
    assert session.scalar(sa.select(Evidence.is_withdrawn)) is False
    assert browser.post(f"{PATH}/{number}/withdraw", data=reason | {"version": version_on(answer)}).status_code == 303


def test_out_of_scope_nothing_comes_out(session: Any, browser: Any, sign_in: Any) -> None:
    send(browser)
    number = session.scalar(sa.select(Evidence.id))
    stranger = sign_in(AccountFactory(states=["IND"]))
    for place in (f"{number}/1", f"{number}/revisions", f"{number}/withdraw"):
        assert stranger.get(f"{PATH}/{place}").status_code == 404
    FollowupFactory()
    assert browser.get(f"/follow-ups/PAK-F002/evidence/{number}/1").status_code == 404
    for odd in (f"{number}/2", f"{10**26}/1", f"{number}/{2**63}", "0/0"):
        assert browser.get(f"{PATH}/{odd}").status_code == 404


def test_before_the_reviewers_evidence_is_locked(session: Any, browser: Any, sign_in: Any) -> None:
    FollowupFactory(workflow=FollowupStatus.SUBMITTED)
    assert send(browser, path="/follow-ups/PAK-F002/evidence").status_code == 403
    assert send(sign_in(AccountFactory(role=Role.REVIEWER))).status_code == 403


def test_an_administrator_removes_the_bytes_and_sees_no_record(session: Any, browser: Any, sign_in: Any) -> None:
    send(browser, title="The bill")
    row = session.scalar(sa.select(EvidenceRevision))
    administrator = sign_in(AccountFactory(role=Role.ADMINISTRATOR))
    assert administrator.get(f"{PATH}/{row.evidence_id}/1").status_code == 403
    path = f"/evidence/{row.id}/remove"
    page = administrator.get(path).text
    assert row.sha256 in page
    for hidden in ("The bill", "bill.txt", "PAK"):
        assert hidden not in page
    assert browser.get(path).status_code == 403
    assert administrator.post(path, data={"reason": ""}).status_code == 422
    stored_as = row.stored_as
    answer = administrator.post(path, data={"reason": "Personal data"})
    assert answer.status_code == 303
    with pytest.raises(NotFound):
        storage.open_stored(stored_as)
    assert browser.get(f"{PATH}/{row.evidence_id}/1").status_code == 404
    page = browser.get("/follow-ups/PAK-F001").text
    assert "content removed" in page
    assert row.sha256 in page
    assert administrator.post(path, data={"reason": "Again"}).status_code == 409
    assert administrator.get(f"/evidence/{10**9}/remove").status_code == 404
