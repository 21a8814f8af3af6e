"""Member States: the list in scope, its file, and the page of one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.counting import pages_made_anew, statements
from tests.factories import (
    AccountFactory,
    AuthorityFactory,
    ConclusionFactory,
    FollowupFactory,
    MeasureFactory,
    MeetingFactory,
    PlanFactory,
    VisitFactory,
    cell,
    serve,
)
from tracker import history
from tracker.models import FollowupStatus, Implementation, MeasureStatus, MeetingState, Position, Role
from tracker.models.state import BY_NAME
from tracker.partial_date import PartialDate
from tracker.services import followups as services

SignIn = Callable[[Any], FlaskClient]
LONG_AGO = PartialDate(2007, 1, 31)


@pytest.fixture
def browser(session: Any, sign_in: SignIn) -> FlaskClient:
    return sign_in(AccountFactory(role=Role.ANALYST, states=["PAK", "MKD", "KAZ"]))


def followups(**columns: Any) -> Any:
    return FollowupFactory(**{"current_due": LONG_AGO, **columns})


def names(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/states/([A-Z]{3})">', page)


def test_the_list_holds_the_states_in_scope_by_name_and_by_region(browser: FlaskClient) -> None:
    assert names(browser.get("/states").text) == ["KAZ", "MKD", "PAK"]
    assert names(browser.get("/states?sort=-name").text) == ["PAK", "MKD", "KAZ"]
    assert names(browser.get("/states?sort=region").text)[-1] == "MKD"
    assert names(browser.get("/states?region=142").text) == ["KAZ", "PAK"]


def test_an_accent_moves_no_state_to_the_end(session: Any, sign_in: SignIn) -> None:
    browser = sign_in(AccountFactory(role=Role.ANALYST, states=["HRV", "CIV", "CRI", "TKM", "TUR", "TUN"]))
    assert names(browser.get("/states").text) == ["CRI", "CIV", "HRV", "TUN", "TUR", "TKM"]
    assert all(name.isascii() for name in session.scalars(sa.select(BY_NAME)))


@pytest.mark.parametrize("sort", ["overdue", "open", "visits", "-overdue"])
def test_no_figure_sorts_the_states(browser: FlaskClient, sort: str) -> None:
    page = browser.get(f"/states?sort={sort}").text
    assert names(page) == ["KAZ", "MKD", "PAK"]
    assert "cannot be sorted by" in page


@pytest.mark.parametrize("q", ["pakistan", "PAKIST", "Пакистан", "باكستان", "pak"])
def test_a_state_is_found_by_any_of_its_names(browser: FlaskClient, q: str) -> None:
    assert names(browser.get("/states", query_string={"q": q}).text) == ["PAK"]


def test_a_state_is_found_by_its_former_name(browser: FlaskClient) -> None:
    assert names(browser.get("/states?q=former+Yugoslav").text) == ["MKD"]


def test_figures_lead_to_the_rows_they_count(browser: FlaskClient) -> None:
    VisitFactory()
    followups()
    followups(assessed_status=Implementation.IMPLEMENTED)
    page = browser.get("/states").text
    assert 'href="/follow-ups?open=1&amp;state=PAK" aria-label="1 Open follow-ups"' in page
    assert 'href="/follow-ups?overdue=1&amp;state=PAK" aria-label="1 Overdue"' in page
    assert 'href="/visits?state=PAK" aria-label="1 Visits"' in page
    assert "1 follow-up" in browser.get("/follow-ups?open=1&state=PAK").text


def test_the_file_holds_the_rows_of_the_list(browser: FlaskClient) -> None:
    VisitFactory()
    followups()
    answer = browser.get("/states.csv?region=142&bom=0")
    assert answer.mimetype == "text/csv"
    assert answer.text.splitlines() == [
        "iso3,member_state,region,visits,last_visit,open_followups,overdue_followups",
        "KAZ,Kazakhstan,Asia,0,,0,0",
        "PAK,Pakistan,Asia,1,PAK-2006-1,1,1",
    ]


@pytest.mark.parametrize("code", ["FRA", "ZZZ", "P", "PAK2", "%00", "9" * 30])
def test_a_state_out_of_scope_or_unknown_is_not_there(browser: FlaskClient, code: str) -> None:
    assert browser.get(f"/states/{code}").status_code == 404


def test_who_may_read_no_record_has_no_states(session: Any, sign_in: SignIn) -> None:
    administrator = sign_in(AccountFactory(role=Role.ADMINISTRATOR))
    assert administrator.get("/states").status_code == 403
    assert administrator.get("/states/PAK").status_code == 403


def test_the_page_tells_a_state_whole(browser: FlaskClient) -> None:
    visit = VisitFactory()
    ConclusionFactory(visit=visit)
    AuthorityFactory(name="Ministry of Finance")
    followups(title="Pass the bill")
    page = browser.get("/states/pak").text
    for said in ("PAK-2006-1", "PAK-2006-1-C1", "PAK-F001", "Pass the bill", "Ministry of Finance", "باكستان"):
        assert said in page


def test_a_former_name_stands_with_its_days(browser: FlaskClient) -> None:
    page = browser.get("/states/MKD").text
    assert "North Macedonia" in page
    assert "The former Yugoslav Republic of Macedonia" in page


def test_reported_and_assessed_stand_side_by_side_and_lead_to_their_rows(browser: FlaskClient) -> None:
    differing = {"reported_status": Implementation.IMPLEMENTED, "assessed_status": Implementation.IN_PROGRESS}
    followups(**differing, position=Position.ACCEPTS)
    followups(**differing)
    followups(**differing, workflow=FollowupStatus.WITHDRAWN)
    page = browser.get("/states/PAK").text
    cell = re.search(r'href="([^"]+)" aria-label="2 reported “Implemented”, assessed “In progress”"', page)
    assert cell, "the two that are not withdrawn"
    listed = browser.get(cell[1].replace("&amp;", "&")).text
    assert "PAK-F001" in listed and "PAK-F002" in listed and "PAK-F003" not in listed
    assert 'aria-label="1 Accepts"' in page


def test_statements_do_not_grow_with_the_rows(browser: FlaskClient) -> None:
    visit = VisitFactory()
    followups(visit_id=visit.id)
    few = statements(browser, "/states/PAK"), statements(browser, "/states")
    for _each in range(12):
        ConclusionFactory(visit=visit)
        followups(visit_id=visit.id)
        AuthorityFactory()
    assert (statements(browser, "/states/PAK"), statements(browser, "/states")) == few
    assert few[0] <= 14
    assert few[1] <= 8


def section(page: str, name: str) -> str:
    found = re.search(rf'<section class="card" id="{name}".*?</section>', page, re.S)
    assert found, name
    return found[0]


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_a_states_plans_cells_measures_and_meetings_stand_on_its_page(browser: FlaskClient, session: Any) -> None:
    plan = PlanFactory(code="JP-1", participants=("KAZ", "KGZ"), observers=("PAK",))
    first, second, third, retired = (MeasureFactory(plan=plan) for _each in range(4))
    for measure, status in ((first, MeasureStatus.COMPLETED), (second, None), (third, None), (retired, None)):
        cell(measure, "KAZ", status)
        cell(measure, "KGZ", MeasureStatus.DELAYED)
    retired.retired_on, retired.retired_reason = date(2020, 1, 1), "Merged"
    history.record("measure.retired", retired, by=None)
    for _each in range(2):
        serve(followups(state_id="KAZ"), second)
    for more in ({}, {"workflow": FollowupStatus.WITHDRAWN}, {"assessed_status": Implementation.OVERTAKEN}):
        serve(followups(state_id="KAZ", **more), first)
    serve(followups(state_id="KAZ", workflow=FollowupStatus.WITHDRAWN), retired)
    serve(followups(state_id="KGZ"), third)
    meeting, elsewhere = MeetingFactory(title="In Almaty"), MeetingFactory(title="Elsewhere")
    for one, state in ((meeting, "KAZ"), (elsewhere, "KGZ")):
        one.states.append(MeetingState(state_id=state))
        history.record("meeting.edited", one, by=None)
    session.commit()
    page = browser.get("/states/KAZ").text
    plans = section(page, "plans")
    assert "JP-1" in plans and "What its cells say: Completed (1) and No word yet (2) ." in words(plans), (
        "those of measures in use"
    )
    for word, rows in (("completed", 1), ("none", 2)):
        href = f"/reports/action-plan?state=KAZ&amp;plan=JP-1&amp;word={word}"
        assert f'href="{href}"' in plans
        listed = browser.get(href.replace("&amp;", "&")).text
        assert f"{rows} row" in listed
        assert len(re.findall(r'<th [^>]*scope="row"[^>]*><a class="record-link" href="/measures/', listed)) == rows
    measures = section(page, "measures")
    assert [first.reference, second.reference] == sorted(set(re.findall(r"JP-1-M\d+", words(measures))))
    assert measures.index(second.reference) < measures.index(first.reference), "what most serve comes first"
    for served, said in ((second, "2 follow-ups that serve"), (first, "1 follow-up that serves")):
        href = f"/follow-ups?state=KAZ&amp;counted=1&amp;measure={served.reference}"
        assert f'href="{href}" aria-label="{said} {served.reference}"' in measures, "withdrawn ones do not count"
        assert f"of {said.partition(' that')[0]}<" in browser.get(href.replace("&amp;", "&")).text
    assert 'href="/plans/JP-1#pillar-' in measures
    meetings = section(page, "meetings")
    assert "In Almaty" in meetings and "Elsewhere" not in meetings
    assert "In Almaty" in (listed := browser.get("/meetings?state=KAZ").text) and "Elsewhere" not in listed
    assert 'href="/coverage?region=143#KAZ"' in page
    assert '<tr id="KAZ">' in browser.get("/coverage?region=143").text
    observer = section(browser.get("/states/PAK").text, "plans")
    assert "An observer has no cells." in observer and "What its cells say" not in observer
    nothing = browser.get("/states/MKD").text
    for said in ("takes part in no regional plan", "No follow-up serves a measure yet", "None is recorded."):
        assert said in nothing


def test_what_is_counted_of_a_state_follows_each_change_of_it(browser: FlaskClient, session: Any) -> None:
    """The counts are kept by the process, and nothing that was counted before a change may show."""
    plan = PlanFactory(participants=("KAZ", "KGZ"))
    measure = MeasureFactory(plan=plan)

    def shown() -> tuple[bool, bool, bool]:
        with pages_made_anew():
            page = browser.get("/states/KAZ").text
        measures, meetings = section(page, "measures"), section(page, "meetings")
        return 'aria-label="1 Accepts"' in page, measure.reference in measures, "In Almaty" in meetings

    assert shown() == (False, False, False)
    followup = followups(state_id="KAZ", position=Position.ACCEPTS)
    assert shown() == (True, False, False)
    serve(followup, measure)
    assert shown() == (True, True, False)
    meeting = MeetingFactory(title="In Almaty")
    assert shown() == (True, True, False)
    meeting.states.append(MeetingState(state_id="KAZ"))
    history.record("meeting.edited", meeting, by=None)
    assert shown() == (True, True, True)
    services.withdraw(followup, "Entered twice", by=AccountFactory(role=Role.ANALYST))
    assert shown() == (False, False, True)


def test_of_many_measures_and_meetings_the_first_are_shown_with_the_way_to_all(
    browser: FlaskClient, session: Any
) -> None:
    plan = PlanFactory(code="JP-1", participants=("KAZ",))
    for _each in range(9):
        serve(followups(state_id="KAZ"), MeasureFactory(plan=plan))
        meeting = MeetingFactory()
        meeting.states.append(MeetingState(state_id="KAZ"))
        history.record("meeting.edited", meeting, by=None)
    session.commit()
    page = browser.get("/states/KAZ").text
    assert len(re.findall(r'href="/measures/', section(page, "measures"))) == 8
    assert 'href="/reports/action-plan?state=KAZ">All measures' in section(page, "measures")
    assert len(re.findall(r'href="/meetings/MTG', section(page, "meetings"))) == 8
    assert "All meetings that it took part in" in section(page, "meetings")
