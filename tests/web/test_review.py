"""The reviewers' pages: the queue, an item with what was rewritten, a signature, the record as it was signed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from passlib.totp import TOTP

from tests import world
from tests.counting import sent_by
from tests.factories import PASSWORD, AccountFactory, ConclusionFactory, FollowupFactory, grant
from tests.pages import export_href, listed, rows_of
from tests.submittable import submittable
from tracker import clock, history, policy
from tracker.extensions import db
from tracker.models import ConclusionStatus, Followup, FollowupConclusion, FollowupStatus, Role, Seal
from tracker.services import factors, followups, records, signoff
from tracker.web import sessions


@pytest.fixture
def analyst(session: Any) -> Any:
    return AccountFactory(role=Role.ANALYST)


@pytest.fixture
def reviewer(session: Any) -> Any:
    return AccountFactory(role=Role.REVIEWER)


@pytest.fixture
def followup(session: Any, analyst: Any) -> Any:
    made = submittable(analyst)
    signoff.submit(made, by=analyst, note="Please look at the indicator.")
    session.commit()
    return made


def item(followup: Any) -> str:
    return f"/review/followup/{followup.reference}"


def test_the_queue_says_whose_move_it_is(
    session: Any, sign_in: Any, reviewer: Any, analyst: Any, followup: Any
) -> None:
    page = sign_in(reviewer).get("/review").text
    assert followup.reference in page
    assert "Yours" in page
    grant(analyst, Role.REVIEWER)
    session.commit()
    assert "Another reviewer" in sign_in(analyst).get("/review").text


def test_a_signature_needs_the_factor_again(sign_in: Any, reviewer: Any, followup: Any) -> None:
    browser = sign_in(reviewer)
    wrong = browser.post(
        f"{item(followup)}/sign", data={"content_version": 1, "factor": "not it", "note": "Kept words"}
    )
    assert wrong.status_code == 422
    assert "Kept words" in wrong.text
    right = browser.post(f"{item(followup)}/sign", data={"content_version": 1, "factor": PASSWORD})
    assert (right.status_code, right.location) == (303, "/review")


def test_the_right_password_is_no_wrong_try_whatever_becomes_of_the_signature(
    sign_in: Any, reviewer: Any, followup: Any
) -> None:
    browser = sign_in(reviewer)
    stale = {"content_version": 99, "factor": PASSWORD}
    said = [browser.post(f"{item(followup)}/sign", data=stale).status_code for _time in range(12)]
    assert said == [409] * 12
    right = browser.post(f"{item(followup)}/sign", data={"content_version": 1, "factor": PASSWORD})
    assert right.status_code == 303


@pytest.mark.parametrize("purpose", ["withdraw", "supersede"])
def test_whoever_signs_an_end_reads_what_the_signature_does(
    session: Any, sign_in: Any, reviewer: Any, analyst: Any, followup: Any, purpose: str
) -> None:
    signoff.sign_off(followup, by=reviewer, content_version=followup.content_version)
    successor = FollowupFactory(title="The wider one")
    if purpose == "withdraw":
        followups.withdraw(followup, "Said twice.", by=analyst)
    else:
        followups.supersede(followup, successor.reference, "Said twice.", by=analyst)
    session.commit()
    browser = sign_in(reviewer)
    page = browser.get(item(followup)).text
    assert "it ends, and stays in the history" in page
    assert ("The wider one" in page) is (purpose == "supersede")
    assert "Sign off</button>" not in page
    data = {"content_version": followup.content_version, "factor": PASSWORD}
    answer = browser.get(browser.post(f"{item(followup)}/sign", data=data).location).text
    ended = "is withdrawn" if purpose == "withdraw" else f"is superseded by {successor.reference}"
    assert f"{followup.reference} {ended}" in answer
    inbox = sign_in(analyst).get("/inbox").text
    assert ("was withdrawn" if purpose == "withdraw" else "was superseded") in inbox


def test_whoever_signs_sees_where_the_conclusions_stand_that_are_answered(
    session: Any, sign_in: Any, reviewer: Any, analyst: Any
) -> None:
    made = submittable(analyst)
    draft = ConclusionFactory(workflow=ConclusionStatus.DRAFT)
    session.add(FollowupConclusion(followup_id=made.id, conclusion_id=draft.id, state_id="PAK"))
    records.save(made, "followup.edited", by=analyst)
    signoff.submit(made, by=analyst)
    session.commit()
    page = sign_in(reviewer).get(item(made)).text
    card = page.split('id="conclusions"')[1].split("</section>")[0]
    assert f'href="/conclusions/{draft.reference}"' in card and "Draft" in card
    assert "this needs a new signature" in card
    draft.workflow = ConclusionStatus.FINAL
    history.record("conclusion.made_final", draft, by=reviewer)
    session.commit()
    card = sign_in(reviewer).get(item(made)).text.split('id="conclusions"')[1].split("</section>")[0]
    assert "Final" in card and "this needs a new signature" not in card


def test_what_was_signed_can_be_read_as_it_was(
    session: Any, sign_in: Any, reviewer: Any, analyst: Any, followup: Any
) -> None:
    signed = followup.title
    signoff.sign_off(followup, by=reviewer, content_version=followup.content_version)
    followup.title = "Something else"
    records.save(followup, "followup.edited", by=analyst)
    session.commit()
    page = sign_in(reviewer).get(f"{item(followup)}/seals/1").text
    assert signed in page
    assert "Something else" not in page
    assert sign_in(reviewer).get(f"{item(followup)}/seals/2").status_code == 404


def test_the_next_round_opens_on_what_was_rewritten(
    session: Any, sign_in: Any, reviewer: Any, analyst: Any, followup: Any
) -> None:
    signoff.return_(followup, by=reviewer, reason="Name the chamber.")
    followup.title = "Bring the bill on terrorist financing before the National Assembly"
    records.save(followup, "followup.edited", by=analyst)
    signoff.submit(followup, by=analyst)
    session.commit()
    page = sign_in(reviewer).get(item(followup)).text
    assert "What was rewritten since it was returned" in page
    assert "Name the chamber." in page


def test_what_was_handed_in_again_as_it_was_is_said_to_be(
    session: Any, sign_in: Any, reviewer: Any, analyst: Any, followup: Any
) -> None:
    browser = sign_in(reviewer)
    assert "since it was returned" not in browser.get(item(followup)).text
    signoff.return_(followup, by=reviewer, reason="Name the chamber.")
    signoff.submit(followup, by=analyst)
    session.commit()
    assert "Nothing: the sealed fields are as they were when it was returned." in browser.get(item(followup)).text


def test_a_page_of_an_older_text_is_not_submitted(session: Any, sign_in: Any, analyst: Any) -> None:
    made = submittable(analyst)
    seen = made.content_version
    made.title = "Table the bill"
    records.save(made, "followup.edited", by=analyst)
    session.commit()
    answer = sign_in(analyst).post(f"{item(made)}/submit", data={"content_version": seen})
    assert answer.status_code == 409
    assert session.get(Followup, made.id).workflow is FollowupStatus.DRAFT


def test_a_doubled_click_returns_or_submits_once_and_says_so(
    sign_in: Any, reviewer: Any, analyst: Any, followup: Any
) -> None:
    browser, sent = sign_in(reviewer), {"reason": "Name the law", "request_key": "a" * 32}
    answers = [browser.post(f"{item(followup)}/return", data=sent) for _click in range(2)]
    assert [(one.status_code, one.location) for one in answers] == [(303, "/review")] * 2
    page = browser.get("/review").text
    assert page.count("is returned") == 1 and "This was done already, with the first click" in page
    browser, sent = sign_in(analyst), {"note": "Now it does", "request_key": "b" * 32}
    answers = [browser.post(f"{item(followup)}/submit", data=sent) for _click in range(2)]
    assert [(one.status_code, one.location) for one in answers] == [(303, f"/follow-ups/{followup.reference}")] * 2


def test_who_comes_too_late_is_led_to_the_record_and_sees_only_what_was_typed(
    sign_in: Any, reviewer: Any, followup: Any
) -> None:
    browser = sign_in(reviewer)
    sent = {"content_version": 1, "factor": PASSWORD, "note": "Well done", "request_key": "c" * 32}
    assert browser.post(f"{item(followup)}/sign", data=sent).status_code == 303
    late = browser.post(f"{item(followup)}/sign", data=sent)
    assert late.status_code == 409 and f'href="/follow-ups/{followup.reference}"' in late.text
    assert "You have decided on it already" in late.text and "Well done" in late.text
    assert 'href="/review">Back to what waits for a signature' in late.text
    typed = late.text.split("What you typed")[1]
    assert "<bdi>Note</bdi>" in typed
    assert "request key" not in typed and "content version" not in typed and "c" * 32 not in typed


def test_who_typed_nothing_is_shown_nothing_of_it(sign_in: Any, reviewer: Any, followup: Any) -> None:
    browser = sign_in(reviewer)
    sent = {"content_version": 1, "factor": PASSWORD, "note": ""}
    assert browser.post(f"{item(followup)}/sign", data=sent).status_code == 303
    late = browser.post(f"{item(followup)}/sign", data=sent)
    assert late.status_code == 409 and "What you typed" not in late.text


def test_who_may_not_sign_sees_no_validation(session: Any, sign_in: Any, analyst: Any, followup: Any) -> None:
    grant(analyst, Role.REVIEWER)
    session.commit()
    answer = sign_in(analyst).post(f"{item(followup)}/sign", data={})
    assert answer.status_code == 403
    assert "Nobody signs who drafted it" in answer.text


def test_a_locked_record_says_so_and_leads_to_its_page(sign_in: Any, analyst: Any, followup: Any) -> None:
    answer = sign_in(analyst).get(f"/follow-ups/{followup.reference}/edit")
    assert answer.status_code == 403
    assert "may recall it" in answer.text
    assert f'href="/follow-ups/{followup.reference}"' in answer.text
    assert "Who may" not in answer.text


def test_what_is_out_of_scope_is_not_there(session: Any, sign_in: Any, followup: Any) -> None:
    elsewhere = AccountFactory(role=Role.REVIEWER, states=["KEN"])
    assert sign_in(elsewhere).get(item(followup)).status_code == 404
    assert followup.reference not in sign_in(elsewhere).get("/review").text


@pytest.mark.parametrize("rows", [1, 30])
def test_the_queue_takes_as_many_statements_whatever_it_holds(
    session: Any, sign_in: Any, reviewer: Any, analyst: Any, rows: int
) -> None:
    from tests.counting import statements

    for _row in range(rows):
        signoff.submit(submittable(analyst), by=analyst)
    FollowupFactory()
    session.commit()
    browser = sign_in(reviewer)
    browser.get("/review")
    assert statements(browser, "/review") <= 6


def test_a_signature_that_cannot_be_kept_is_not_said(
    session: Any, sign_in: Any, reviewer: Any, followup: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = sign_in(reviewer)
    data = {"content_version": 1, "factor": PASSWORD}
    commit = type(db.session()).commit

    def fails(own: Any) -> None:
        if any(isinstance(one, Seal) for one in own.identity_map.values()):
            raise sa.exc.OperationalError("COMMIT", {}, Exception("disk I/O error"))
        commit(own)

    monkeypatch.setattr(type(db.session()), "commit", fails)
    assert browser.post(f"{item(followup)}/sign", data=data).status_code == 503
    monkeypatch.undo()
    page = browser.get("/review").text
    assert "is signed off" not in page
    assert followup.reference in page, "it still waits"
    assert browser.post(f"{item(followup)}/sign", data=data).status_code == 303
    assert "is signed off" in browser.get("/review").text


def test_a_code_is_not_spent_where_nothing_can_be_signed(
    session: Any, sign_in: Any, reviewer: Any, followup: Any
) -> None:
    secret = factors.new_secret()
    reviewer.tf_totp_secret = secret
    code = TOTP(factors._totp().key(secret).base32_key, format="base32").generate().token
    signed = submittable(AccountFactory(role=Role.ANALYST))
    signoff.submit(signed, by=AccountFactory(role=Role.ANALYST))
    signoff.sign_off(signed, by=AccountFactory(role=Role.REVIEWER), content_version=signed.content_version)
    session.commit()
    browser = sign_in(reviewer)
    data = {"content_version": 1, "factor": code}
    assert browser.post(f"{item(signed)}/sign", data=data).status_code == 409
    assert browser.post("/review/followup/PAK-F999/sign", data=data).status_code == 404
    assert browser.post("/review/visit/PAK-2006-1/sign", data=data).status_code == 404
    assert browser.post(f"{item(followup)}/sign", data=data).status_code == 303, "it is good for what can be signed"


def test_a_wrong_password_does_not_count_where_nothing_can_be_signed(
    session: Any, sign_in: Any, analyst: Any, followup: Any
) -> None:
    grant(analyst, Role.REVIEWER)
    session.commit()
    browser = sign_in(analyst)
    data = {"content_version": 1, "factor": "not it"}
    said = [browser.post(f"{item(followup)}/sign", data=data).status_code for _time in range(12)]
    assert said == [403] * 12, "one's own work"


def test_words_that_cannot_be_kept_with_the_deed_are_kept_after_it(
    sign_in: Any, reviewer: Any, followup: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = sign_in(reviewer)
    update = sessions._update

    def held(session: Any, changes: Any, *, waits: bool) -> bool:
        return waits and update(session, changes, waits=True)

    monkeypatch.setattr(sessions, "_update", held)
    data = {"content_version": 1, "factor": PASSWORD}
    assert browser.post(f"{item(followup)}/sign", data=data).status_code == 303
    assert browser.get("/review").text.count("is signed off") == 1


def test_a_signature_and_its_message_are_one_durable_write(sign_in: Any, reviewer: Any, followup: Any) -> None:
    browser = sign_in(reviewer)
    data = {"content_version": 1, "factor": PASSWORD}
    written: list[object] = []

    def count(connection: object) -> None:
        written.append(connection)

    sa.event.listen(db.engine, "commit", count)
    try:
        assert browser.post(f"{item(followup)}/sign", data=data).status_code == 303
    finally:
        sa.event.remove(db.engine, "commit", count)
    _tests_own, _try_with_the_password, _act = written


# The file of the queue

MOMENT = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)


@pytest.fixture
def queue(session: Any, analyst: Any, reviewer: Any, told: world.World) -> None:
    """Follow-ups of two Member States, one of them to be withdrawn, beside what waits in the world."""
    ending, *others = (submittable(analyst, state_id=state) for state in ("PAK", "KEN", "PAK", "KEN"))
    signoff.submit(ending, by=analyst)
    signoff.sign_off(ending, by=reviewer, content_version=ending.content_version)
    followups.withdraw(ending, "Said twice.", by=analyst)
    for one in others:
        signoff.submit(one, by=analyst)
    session.commit()


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("", 6),
        ("?sort=-submitted", 6),
        ("?state=KEN&sort=-submitted", 2),
        ("?noun=conclusion", 1),
        ("?purpose=withdraw", 1),
        ("?state=FRA", 0),
        ("?size=25", 6),
    ],
)
def test_the_file_of_the_queue_holds_what_the_queue_shows_in_its_order(
    sign_in: Any, reviewer: Any, queue: None, question: str, count: int
) -> None:
    browser = sign_in(reviewer)
    page = browser.get(f"/review{question}").text
    href = export_href(page)
    assert href == f"/review/queue.csv{question}"
    found = [row["reference"] for row in rows_of(browser.get(href))]
    assert found == listed(page.partition('id="extensions-title"')[0])
    assert len(found) == count


def test_a_row_of_the_queue_is_told_in_full_and_no_cell_is_a_formula(session: Any, sign_in: Any, reviewer: Any) -> None:
    analyst = AccountFactory(name="=Analyst")
    made = submittable(analyst, state_id="KEN", title="=1+1")
    with clock.at(MOMENT):
        signoff.submit(made, by=analyst)
    grant(analyst, Role.REVIEWER)
    session.commit()
    answer = sign_in(reviewer).get("/review/queue.csv")
    assert 'filename="review-queue-' in answer.headers["Content-Disposition"]
    assert rows_of(answer) == [
        {
            "reference": "KEN-F001",
            "object_type": "followup",
            "iso3": "KEN",
            "member_state": "Kenya",
            "text": "'=1+1",
            "purpose": "sign_off",
            "submitted_by": "'=Analyst",
            "submitted_on": "2031-05-06T07:08:09Z",
            "whose_move": "yours",
        }
    ]
    (row,) = rows_of(sign_in(analyst).get("/review/queue.csv"))
    assert row["whose_move"] == "another", "nobody signs what they submitted"


def test_the_file_of_the_queue_keeps_to_the_scope(session: Any, sign_in: Any, queue: None) -> None:
    browser = sign_in(AccountFactory(role=Role.REVIEWER, states=["KEN"]))
    assert [row["iso3"] for row in rows_of(browser.get("/review/queue.csv"))] == ["KEN", "KEN"]
    assert rows_of(browser.get("/review/queue.csv?state=PAK")) == []


FILES = {"/review": "/review/queue.csv", "/review/extensions": "/review/extensions.csv"}


@pytest.mark.parametrize("role", [Role.ANALYST, Role.COORDINATOR, Role.AUDITOR, Role.ADMINISTRATOR])
@pytest.mark.parametrize("file", FILES.values())
def test_whoever_is_no_reviewer_has_no_file_of_what_waits(session: Any, sign_in: Any, file: str, role: Role) -> None:
    assert sign_in(AccountFactory(role=role)).get(file).status_code == 403


@pytest.mark.parametrize(("page", "file"), FILES.items())
def test_a_reviewer_who_may_run_no_reports_has_the_page_without_the_file(
    sign_in: Any, reviewer: Any, monkeypatch: pytest.MonkeyPatch, page: str, file: str
) -> None:
    monkeypatch.setitem(policy.ROLES, policy.Permission.REPORT_RUN, frozenset())
    browser = sign_in(reviewer)
    answer = browser.get(page)
    assert answer.status_code == 200 and export_href(answer.text) is None
    assert browser.get(file).status_code == 403


@pytest.mark.parametrize(("page", "file"), FILES.items())
def test_an_address_that_makes_no_sense_has_no_file(sign_in: Any, reviewer: Any, page: str, file: str) -> None:
    browser = sign_in(reviewer)
    assert export_href(browser.get(f"{page}?state=QQQ").text) is None
    assert browser.get(f"{file}?state=QQQ").status_code == 400


def test_the_file_of_the_queue_takes_as_many_statements_whatever_it_holds(
    session: Any, sign_in: Any, reviewer: Any, analyst: Any, followup: Any
) -> None:
    browser = sign_in(reviewer)
    rows_of(browser.get("/review/queue.csv"))  # what a process keeps is there by then
    few = sent_by(lambda: rows_of(browser.get("/review/queue.csv")))
    for _row in range(30):
        signoff.submit(submittable(analyst), by=analyst)
    session.commit()
    assert len(sent_by(lambda: rows_of(browser.get("/review/queue.csv")))) == len(few)
