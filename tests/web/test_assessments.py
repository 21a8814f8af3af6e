"""The matrix in the browser: one screen, area by area, two at once, the seal, who may not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.factories import AccountFactory, VisitFactory
from tests.pages import text_of
from tracker import history
from tracker.extensions import db
from tracker.models import Assessment, Matrix, MatrixStatus, Role, VisitArea, VisitType
from tracker.services import assessments, signoff

SignIn = Callable[[Any], FlaskClient]
HREF = "/visits/PAK-2006-1/matrix"
SCOPE = ("FIN-01", "FIN-02", "BOR-01")


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL statements sent while the block runs, without the test's own savepoints."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


@pytest.fixture
def analyst(session: Any) -> Any:
    return AccountFactory(role=Role.ANALYST)


@pytest.fixture
def reviewer(session: Any) -> Any:
    return AccountFactory(role=Role.REVIEWER)


@pytest.fixture
def browser(sign_in: SignIn, analyst: Any) -> FlaskClient:
    return sign_in(analyst)


@pytest.fixture
def visit(session: Any) -> Any:
    """``PAK-2006-1`` with three areas in scope."""
    row = VisitFactory()
    row.areas.extend(VisitArea(area_code=code, state_id="PAK") for code in SCOPE)
    history.record("visit.scope_changed", row, by=None)
    session.commit()
    return row


@pytest.fixture
def signed(session: Any, visit: Any, analyst: Any, reviewer: Any) -> Any:
    for code in SCOPE:
        row = assessments.assess(visit, code, by=analyst, rating="partially", explanation=f"On {code}.")
    signoff.submit(row.matrix, by=analyst)
    signoff.sign_off(row.matrix, by=reviewer, content_version=row.matrix.content_version)
    session.commit()
    return row.matrix


def version_on(page: str) -> str:
    found = re.search(r'name="version"[^>]*value="(\d*)"', page)
    assert found, "the form carries its version"
    return found.group(1)


def test_the_matrix_shows_scope_progress_and_the_visit_before(browser: FlaskClient, visit: Any, analyst: Any) -> None:
    assessments.assess(VisitFactory(year=2001), "FIN-02", by=analyst, rating="marginally", explanation="Then.")
    assessments.assess(visit, "FIN-01", by=analyst, rating="largely", explanation="Now.")
    page = browser.get(HREF).text
    assert "1 of 3 areas entered" in page
    for words in ("Financing offence", "Largely in place", "Marginally in place", "PAK-2001-1", "not official"):
        assert words in page
    assert f'href="{HREF}/FIN-02"' in page


def test_assessing_area_by_area(browser: FlaskClient, session: Any, visit: Any) -> None:
    page = browser.get(f"{HREF}/FIN-02").text
    assert "1373 1(b)" in page and "Wilful provision" in page
    answer = browser.post(f"{HREF}/FIN-02", data={"rating": "partially", "explanation": "So far.", "next": "1"})
    assert (answer.status_code, answer.location) == (303, f"{HREF}/BOR-01")
    answer = browser.post(f"{HREF}/BOR-01", data={"rating": "largely"})
    assert answer.location == f"{HREF}#BOR-01"
    answer = browser.post(f"{HREF}/FIN-01", data={"rating": "largely", "next": "1"})
    assert answer.location == f"{HREF}#FIN-01"
    assert "3 of 3 areas entered" in browser.get(HREF).text and "of them as" not in browser.get(HREF).text


def test_an_area_that_was_not_assessed_is_told_apart(browser: FlaskClient, visit: Any, analyst: Any) -> None:
    assessments.assess(visit, "FIN-01", by=analyst, rating="not_assessed", explanation="No time was left.")
    assert "1 of 3 areas entered · 1 of them as “not assessed”" in text_of(browser.get(HREF).text)


def test_an_area_beyond_the_scope(browser: FlaskClient, visit: Any) -> None:
    answer = browser.get(f"{HREF}/other?area=LEG-01")
    assert answer.location == f"{HREF}/LEG-01"
    browser.post(f"{HREF}/LEG-01", data={"rating": "largely"})
    assert "Beyond the scope" in browser.get(HREF).text


@pytest.mark.parametrize("area", ["FIN", "ZZZ-01", "%27", "9" * 60])
def test_an_area_that_cannot_be_assessed_is_not_found(browser: FlaskClient, visit: Any, area: str) -> None:
    assert browser.get(f"{HREF}/{area}").status_code == 404
    assert browser.get(f"{HREF}/other?area={area}").status_code == 404


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"rating": ""}, "Choose a rating"),
        ({"rating": "excellent"}, "excellent"),
        ({"rating": "largely", "explanation": "a\x07b"}, "control character"),
        ({"rating": "largely", "explanation": "x" * 100_000}, "50,000"),
    ],
)
def test_bad_input_is_told_at_the_field_and_kept(
    browser: FlaskClient, session: Any, visit: Any, given: dict[str, str], message: str
) -> None:
    answer = browser.post(f"{HREF}/FIN-02", data={"explanation": "Kept words"} | given)
    assert answer.status_code == 422
    assert message in answer.text and "There is a problem" in answer.text
    assert session.scalar(sa.select(sa.func.count()).select_from(Assessment)) == 0


def test_two_who_assess_the_same_area_for_the_first_time(sign_in: SignIn, session: Any, visit: Any) -> None:
    first, second = sign_in(AccountFactory()), sign_in(AccountFactory())
    first.get(f"{HREF}/FIN-02")
    second.get(f"{HREF}/FIN-02")
    assert first.post(f"{HREF}/FIN-02", data={"rating": "largely", "explanation": "Ours."}).status_code == 303
    refused = second.post(f"{HREF}/FIN-02", data={"rating": "partially", "explanation": "Theirs."})
    assert refused.status_code == 409
    assert "Ours." in refused.text and "Theirs." in refused.text and "Largely in place" in refused.text
    again = {"rating": "partially", "explanation": "Theirs.", "version": version_on(refused.text)}
    assert second.post(f"{HREF}/FIN-02", data=again).status_code == 303
    assert session.scalar(sa.select(Assessment.explanation)) == "Theirs."


def test_two_who_edit_different_areas_do_not_collide(sign_in: SignIn, session: Any, visit: Any, signed: Any) -> None:
    first, second = sign_in(AccountFactory()), sign_in(AccountFactory())
    one, two = version_on(first.get(f"{HREF}/FIN-01").text), version_on(second.get(f"{HREF}/FIN-02").text)
    assert first.post(f"{HREF}/FIN-01", data={"rating": "largely", "version": one}).status_code == 303
    assert second.post(f"{HREF}/FIN-02", data={"rating": "largely", "version": two}).status_code == 303


def test_the_matrix_is_submitted_recalled_and_locked(browser: FlaskClient, session: Any, visit: Any) -> None:
    for code in SCOPE[:2]:
        browser.post(f"{HREF}/{code}", data={"rating": "largely"})
    page = browser.get(HREF).text
    assert "Missing before it can be submitted" in page and f'href="{HREF}#BOR-01"' in page
    browser.post(f"{HREF}/BOR-01", data={"rating": "largely"})
    assert "/review/matrix/PAK-2006-1-M/submit" in browser.get(HREF).text
    assert browser.post("/review/matrix/PAK-2006-1-M/submit").location == HREF
    page = browser.get(HREF).text
    assert "/review/matrix/PAK-2006-1-M/recall" in page and f'href="{HREF}/FIN-02"' not in page
    assert browser.get(f"{HREF}/FIN-02").status_code == 403
    browser.post("/review/matrix/PAK-2006-1-M/recall")
    assert session.scalar(sa.select(Matrix.workflow)) is MatrixStatus.DRAFT


def test_a_returned_matrix_says_why(browser: FlaskClient, visit: Any, analyst: Any, reviewer: Any) -> None:
    for code in SCOPE:
        row = assessments.assess(visit, code, by=analyst, rating="partially")
    signoff.submit(row.matrix, by=analyst)
    signoff.return_(row.matrix, by=reviewer, reason="Explain the ratings.")
    page = browser.get(HREF).text
    assert "Explain the ratings." in page[: page.index('id="timeline"')]


def test_the_page_tells_which_areas_changed_since_the_seal(browser: FlaskClient, signed: Any, reviewer: Any) -> None:
    page = browser.get(HREF).text
    assert reviewer.name in page and signed.sealed_sha256 in page
    version = version_on(browser.get(f"{HREF}/FIN-02").text)
    browser.post(f"{HREF}/FIN-02", data={"rating": "in_place", "explanation": "It passed.", "version": version})
    page = browser.get(HREF).text
    changed = page[page.index('id="changed"') : page.index("Assessments by area")]
    assert "FIN-02" in changed and "FIN-01" not in changed and "passed" in changed


def test_a_high_level_visit_says_that_it_assesses_nothing(browser: FlaskClient, session: Any) -> None:
    VisitFactory(type=VisitType.HIGH_LEVEL)
    assert "assesses nothing" in browser.get(HREF).text
    answer = browser.post(f"{HREF}/FIN-02", data={"rating": "largely"})
    assert answer.status_code == 422 and "political" in answer.text


def test_a_visit_without_scope_says_what_to_do(browser: FlaskClient, session: Any) -> None:
    VisitFactory()
    assert "No area is in the scope" in browser.get(HREF).text


@pytest.mark.parametrize("rows", [1, 40])
def test_the_page_takes_eight_statements_at_most(
    sign_in: SignIn, session: Any, signed: Any, visit: Any, analyst: Any, reviewer: Any, rows: int
) -> None:
    codes = [row.area_code for row in session.scalars(sa.select(VisitArea))] * 40
    for number, code in enumerate(codes[:rows]):
        assessments.assess(visit, code, by=analyst, rating="largely", explanation=f"Again {number}.")
    session.commit()
    both = AccountFactory(role=Role.ANALYST)
    for who in (analyst, reviewer, both):
        browser = sign_in(who)
        with statements() as sent:
            assert browser.get(HREF).status_code == 200
        assert len(sent) <= 8, "\n".join(sent)
    signoff.submit(signed, by=analyst)
    browser = sign_in(analyst)
    with statements() as sent:
        assert browser.get(HREF).status_code == 200
    assert len(sent) <= 8, "\n".join(sent)


@pytest.mark.parametrize("address", [HREF, f"{HREF}/FIN-02", f"{HREF}/other?area=FIN-02"])
def test_out_of_scope_does_not_exist(sign_in: SignIn, visit: Any, address: str) -> None:
    assert sign_in(AccountFactory(states=["IND"])).get(address).status_code == 404


def test_a_reviewer_reads_and_is_told_who_may_edit(sign_in: SignIn, visit: Any, signed: Any, reviewer: Any) -> None:
    browser = sign_in(reviewer)
    assert f'href="{HREF}/FIN-02"' not in browser.get(HREF).text
    answer = browser.post(f"{HREF}/FIN-02", data={"rating": ""})
    assert answer.status_code == 403
    assert "Who may" in answer.text and "Choose a rating" not in answer.text
