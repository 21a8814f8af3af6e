"""The cell of a Member State: a coordinator says how far it is; nobody out of its scope learns of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories import AccountFactory, MeasureFactory, PlanFactory, cell, grant
from tracker import history
from tracker.extensions import db
from tracker.models import Event, Measure, MeasureCell, MeasureStatus, Role
from tracker.partial_date import PartialDate

SignIn = Callable[[Any], FlaskClient]
PATH = "/measures/JP-1-M01/cells/KGZ"


@pytest.fixture
def measure(session: Any) -> Measure:
    made: Measure = MeasureFactory(plan=PlanFactory(code="JP-1"))
    cell(made, "KGZ")
    cell(made, "TJK")
    session.commit()
    return made


@pytest.fixture
def coordinator(session: Any, sign_in: SignIn) -> FlaskClient:
    return sign_in(AccountFactory(role=Role.COORDINATOR, states=["KGZ"]))


def given(browser: FlaskClient, **typed: str) -> dict[str, str]:
    """What the form sends: the version on the page, and what is typed."""
    version = re.search(r'name="version" value="(\d+)"', browser.get(PATH).text)
    assert version
    return {"version": version[1], "status": "under_way", "status_on-year": "2013", **typed}


def test_a_coordinator_says_how_far_the_state_is(session: Any, measure: Measure, coordinator: FlaskClient) -> None:
    typed = given(coordinator, evidence="Letter of the mission", note="Second workshop held")
    answer = coordinator.post(PATH, data=typed)
    assert (answer.status_code, answer.location) == (303, "/measures/JP-1-M01#cell-KGZ")
    session.expire_all()
    said = session.query(MeasureCell).filter_by(state_id="KGZ").one()
    assert (said.status, said.status_on) == (MeasureStatus.UNDER_WAY, PartialDate(2013))
    assert (said.evidence, said.note) == ("Letter of the mission", "Second workshop held")
    event = session.query(Event).filter_by(kind="measure.cell_changed").order_by(Event.seq.desc()).first()
    assert (event.state_id, event.object_type, event.object_id) == ("KGZ", "measure", measure.id)


def test_the_same_word_again_leaves_no_event(session: Any, measure: Measure, coordinator: FlaskClient) -> None:
    coordinator.post(PATH, data=given(coordinator))
    before = session.query(Event).count()
    said = coordinator.post(PATH, data=given(coordinator), follow_redirects=True).text
    assert session.query(Event).count() == before
    assert "Nothing was changed." in said and ": saved." not in said


def test_a_word_is_taken_back(session: Any, measure: Measure, coordinator: FlaskClient) -> None:
    coordinator.post(PATH, data=given(coordinator))
    empty = given(coordinator) | {"status": "", "status_on-year": ""}
    assert coordinator.post(PATH, data=empty).status_code == 303
    session.expire_all()
    assert session.query(MeasureCell).filter_by(state_id="KGZ").one().status is None


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"status_on-year": ""}, "Enter since when this holds"),
        ({"status": ""}, "Choose the status that the date and the evidence are about"),
        ({"status_on-year": "2190"}, "This date lies in the future"),
        ({"status": "finished"}, "Status"),
        ({"status": "completed", "evidence": ""}, "Say what it rests on"),
        ({"status_on-year": "2011"}, "The plan was adopted on 1 March 2012"),
    ],
)
def test_what_cannot_be_is_refused(
    session: Any, measure: Measure, coordinator: FlaskClient, typed: dict[str, str], said: str
) -> None:
    measure.plan.adopted_on = date(2012, 3, 1)
    history.record("plan.edited", measure.plan, by=None)
    answer = coordinator.post(PATH, data=given(coordinator, note="Typed text") | typed)
    assert answer.status_code == 422
    assert said in answer.text and "Typed text" in answer.text


def test_the_hints_say_what_a_status_needs(measure: Measure, coordinator: FlaskClient) -> None:
    page = coordinator.get(PATH).text
    assert "As far as it is known. Needed once a status is chosen." in page
    assert "Needed where a date or evidence is given." in page
    assert "Needed when the status is “Completed”." in page
    assert page.count("(optional)") == 1, "only the note is optional whatever else is typed"


def test_everything_wrong_with_a_cell_is_said_at_once(measure: Measure, coordinator: FlaskClient) -> None:
    typed = given(coordinator, note="Typed text") | {"status": "completed", "status_on-year": ""}
    page = coordinator.post(PATH, data=typed).text
    assert "Enter since when this holds" in page and "Say what it rests on" in page and "Typed text" in page
    page = coordinator.post(PATH, data=typed | {"status_on-month": "13", "status_on-year": "2013"}).text
    assert "from 1 to 12" in page and "Say what it rests on" in page
    assert "Enter since when this holds" not in page


def test_a_doubled_click_on_a_cell_is_no_conflict(measure: Measure, coordinator: FlaskClient) -> None:
    typed = given(coordinator, note="Second workshop") | {"request_key": "f" * 36}
    answers = [coordinator.post(PATH, data=typed) for _click in range(2)]
    assert {(one.status_code, one.location) for one in answers} == {(303, "/measures/JP-1-M01#cell-KGZ")}
    assert "This was done already" in coordinator.get("/measures/JP-1-M01").text


def test_who_came_from_the_board_goes_back_to_its_cell(measure: Measure, coordinator: FlaskClient) -> None:
    board = "/plans/JP-1/board?pillar=II"
    link = re.search(r'id="JP-1-M01-KGZ" href="([^"]+)"', coordinator.get(board).text)
    assert link
    address, back = unescape(link[1]), f"{board}#JP-1-M01-KGZ"
    assert f'href="{back}">Cancel' in coordinator.get(address).text
    assert coordinator.post(address, data=given(coordinator)).location == back
    elsewhere = coordinator.get(f"{PATH}?from=//example.org").text
    assert "example.org" not in elsewhere.split("<main")[1]
    assert 'href="/measures/JP-1-M01#cell-KGZ">Cancel' in elsewhere


def test_what_the_word_rests_on_stands_apart_from_the_note(measure: Measure, coordinator: FlaskClient) -> None:
    coordinator.post(PATH, data=given(coordinator, note="As told by telephone"))
    page = coordinator.get("/measures/JP-1-M01").text
    assert "Rests on nothing yet." in page and "Note: <bdi>As told by telephone" in page


def test_a_page_that_is_out_of_date_shows_both_words(measure: Measure, coordinator: FlaskClient) -> None:
    stale = given(coordinator, note="Mine")
    coordinator.post(PATH, data=given(coordinator, note="Theirs"))
    answer = coordinator.post(PATH, data=stale)
    assert answer.status_code == 409
    assert "Theirs" in answer.text and "Mine" in answer.text
    version = re.search(r'name="version" value="(\d+)"', answer.text)
    assert version and coordinator.post(PATH, data=stale | {"version": version[1]}).status_code == 303


def test_a_retired_measure_is_not_written_to(
    session: Any, measure: Measure, coordinator: FlaskClient, sign_in: SignIn
) -> None:
    measure.retired_on, measure.retired_reason = date(2020, 1, 1), "Merged"
    history.record("measure.retired", measure, by=None)
    session.commit()
    answer = coordinator.post(PATH, data={"version": "1", "status": "under_way", "status_on-year": "2013"})
    assert answer.status_code == 422 and "The measure is retired" in answer.text
    everywhere = sign_in(AccountFactory(role=Role.COORDINATOR))
    for form in ("cells/KGZ", "edit", "status", "follow-ups"):
        answer = everywhere.get(f"/measures/JP-1-M01/{form}")
        assert (answer.status_code, answer.location) == (303, "/measures/JP-1-M01"), form
    assert everywhere.get("/measures/JP-1-M01/retire").status_code == 200


def test_out_of_scope_and_not_taking_part_there_is_no_cell(
    session: Any, measure: Measure, coordinator: FlaskClient, sign_in: SignIn
) -> None:
    for path in ("/measures/JP-1-M01/cells/TJK", "/measures/JP-1-M01/cells/PAK", "/measures/XX/cells/KGZ"):
        assert coordinator.get(path).status_code == 404, path
    analyst = sign_in(AccountFactory(role=Role.ANALYST))
    assert analyst.get(PATH).status_code == 403
    assert analyst.post(PATH, data={"status": "finished"}).status_code == 403
    assert db.session.query(MeasureCell).filter_by(state_id="KGZ").one().status is None


def test_a_coordinator_elsewhere_who_may_read_here_may_not_write(
    session: Any, measure: Measure, sign_in: SignIn
) -> None:
    account = AccountFactory(role=Role.COORDINATOR, states=["PAK"])
    grant(account, Role.AUDITOR, ["KGZ"])
    session.commit()
    assert sign_in(account).get(PATH).status_code == 403
