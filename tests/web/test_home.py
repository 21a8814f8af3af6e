"""My work: what waits for whom, and that each figure leads to exactly the rows that it counts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from html import unescape
from itertools import product
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.counting import sent_by, statements
from tests.factories import (
    AccountFactory,
    ConclusionFactory,
    FollowupFactory,
    MeasureFactory,
    PlanFactory,
    VisitFactory,
    cell,
    grant,
    serve,
)
from tests.pages import export_href, listed, rows_of
from tests.submittable import submittable
from tracker import clock, history, policy
from tracker.extensions import db
from tracker.models import FollowupStatus, Implementation, MeasureStatus, Role, VisitStage
from tracker.partial_date import PartialDate
from tracker.reports import followups, work, work_desk
from tracker.services import extensions, grants, records, signoff

SignIn = Callable[[Any], FlaskClient]
LONG_AGO = PartialDate(2007, 1, 31)
FIGURE = re.compile(
    r'<a class="count-link"\s+href="([^"]+)"><span class="count">([^<]+)</span> <span[^>]*>([^<]+)</span>'
)


@pytest.fixture
def analyst(session: Any) -> Any:
    return AccountFactory(role=Role.ANALYST)


@pytest.fixture
def reviewer(session: Any) -> Any:
    return AccountFactory(role=Role.REVIEWER)


def figures(page: str) -> dict[str, tuple[str, str]]:
    """Each figure of the page by its words: how many, and where its rows are."""
    return {unescape(words): (count, unescape(href)) for href, count, words in FIGURE.findall(page)}


def signed(analyst: Any, reviewer: Any) -> Any:
    followup = submittable(analyst)
    signoff.submit(followup, by=analyst)
    signoff.sign_off(followup, by=reviewer, content_version=followup.content_version)
    return followup


def busy_desk(analyst: Any, reviewer: Any) -> None:
    """Something of each kind, mine and another's."""
    other = AccountFactory(role=Role.ANALYST)
    for person in (analyst, other):
        FollowupFactory(drafted_by_id=person.id)
        FollowupFactory(owner_id=person.id, current_due=LONG_AGO, next_step="Write to the ministry")
        ConclusionFactory(drafted_by_id=person.id, visit=VisitFactory(stage=VisitStage.UNDER_WAY))
        returned, waiting = submittable(person), submittable(person)
        signoff.submit(returned, by=person)
        signoff.return_(returned, by=reviewer, reason="Name the article")
        signoff.submit(waiting, by=person)
        changed = signed(person, reviewer)
        changed.title = "Table the bill"
        records.save(changed, "followup.edited", by=person)


def test_each_figure_leads_to_exactly_its_rows(analyst: Any, reviewer: Any, sign_in: SignIn) -> None:
    busy_desk(analyst, reviewer)
    for person in (analyst, reviewer):
        browser = sign_in(person)
        found = figures(browser.get("/").text)
        for words, (count, href) in found.items():
            if words == "Extensions asked for":
                continue
            page = browser.get(href)
            assert page.status_code == 200, (words, href)
            assert len(listed(page.text)) == int(count), (words, href)


# The coordinator's


OF_PLANS = (
    "Measures past their deadline",
    "Measures whose stated status differs",
    "Measures without a follow-up",
    "Cells without a word for 12 months",
)


def busy_plan() -> Any:
    """Measures of which two are late, two differ, and some have neither follow-up nor word."""
    plan = PlanFactory(code="JP-1", participants=("KGZ", "TJK"))
    late, done, stated, differing, ahead, retired = (MeasureFactory(plan=plan) for _each in range(6))
    deadlines = {late: "2013", done: "2013-06", differing: "2013-06-30", ahead: "2190", retired: "2013"}
    for one, deadline in deadlines.items():
        one.deadline = PartialDate.parse(deadline)
    said = {done: MeasureStatus.COMPLETED, stated: MeasureStatus.PLANNED, differing: MeasureStatus.UNDER_WAY}
    for one, status in said.items():
        one.stated_status, one.stated_on, one.stated_reason = status, date(2024, 5, 1), "Told at the meeting"
    retired.retired_on, retired.retired_reason = date(2020, 1, 1), "Merged"
    for one in (late, done, stated, differing, ahead, retired):
        history.record("measure.edited", one, by=None)
    serve(FollowupFactory(state_id="KGZ"), late)
    long_ago, lately = (cell(late, state, MeasureStatus.UNDER_WAY) for state in ("KGZ", "TJK"))
    cell(done, "KGZ")
    long_ago.status_on, lately.status_on = PartialDate(2013), PartialDate.of(clock.today())
    history.record("measure.cell_changed", late, by=None, state_id="KGZ")
    history.record("measure.cell_changed", late, by=None, state_id="TJK")
    db.session.commit()
    return plan


def test_a_coordinators_figures_lead_to_exactly_their_rows(session: Any, sign_in: SignIn) -> None:
    busy_plan()
    browser = sign_in(AccountFactory(role=Role.COORDINATOR))
    found = figures(browser.get("/").text)
    assert [found[words][0] for words in OF_PLANS] == ["2", "2", "51", "2"]
    for words in OF_PLANS:
        count, href = found[words]
        page = browser.get(f"{href}{'&' if '?' in href else '?'}size=100").text
        assert page.partition("<tbody>")[2].count("<tr>") == int(count), (words, href)
    late = browser.get("/my-work/past-deadline").text
    assert "JP-1-M01" in late and "JP-1-M04" in late and "2 measures" in late and "30 June 2013" in late
    differing = browser.get("/my-work/differing").text
    assert "JP-1-M02" in differing and "JP-1-M04" in differing and "JP-1-M03" not in differing
    assert found[OF_PLANS[3]][1] == "/gaps/cells?months=12"


def test_of_plans_a_coordinator_has_those_that_the_grant_holds(session: Any, sign_in: SignIn) -> None:
    busy_plan()
    whole, part = (
        figures(sign_in(AccountFactory(role=Role.COORDINATOR, states=states)).get("/").text)
        for states in (["KGZ", "TJK"], ["KGZ"])
    )
    assert [whole[words][0] for words in OF_PLANS[:2]] == ["2", "2"]
    assert [part[words][0] for words in OF_PLANS[:2]] == ["0", "0"], "how the region stands is not theirs to know"
    assert part[OF_PLANS[3]][0] == "2", "two cells of Kyrgyzstan"


def test_a_plan_in_order_teaches_what_would_stand_there(session: Any, sign_in: SignIn) -> None:
    page = sign_in(AccountFactory(role=Role.COORDINATOR, states=["KGZ"])).get("/").text
    assert "stands here from the day after its deadline" in page.partition("Nothing waits here")[2]


@pytest.mark.parametrize("role", [Role.ANALYST, Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_for_others_nothing_of_plans_is_on_the_desk(session: Any, sign_in: SignIn, role: Role) -> None:
    busy_plan()
    browser = sign_in(AccountFactory(role=role))
    assert not set(OF_PLANS) & figures(browser.get("/").text).keys()
    assert browser.get("/my-work/differing").status_code in (403, 404)


def test_a_coordinator_is_told_that_plans_are_more_than_the_strategy(session: Any, sign_in: SignIn) -> None:
    page = sign_in(AccountFactory(role=Role.COORDINATOR)).get("/").text
    assert "the Strategy and the regional plans" in page


def test_a_coordinators_desk_costs_the_same_whatever_there_is(session: Any, sign_in: SignIn) -> None:
    browser = sign_in(AccountFactory(role=Role.COORDINATOR))
    few = {address: statements(browser, address) for address in ("/", "/my-work/past-deadline")}
    busy_plan()
    many = {address: statements(browser, address) for address in few}
    assert max(many.values()) <= 6, many


@pytest.mark.parametrize("states", [None, ["PAK", "FRA"]])
def test_own_follow_ups_are_counted_and_ordered_as_their_lists(session: Any, states: list[str] | None) -> None:
    analyst = AccountFactory(role=Role.ANALYST, **({"states": states} if states else {}))
    people = [analyst.id, AccountFactory(role=Role.ANALYST).id, None]
    dues = [LONG_AGO, PartialDate(2006), PartialDate(2199), None]
    for owner, drafter, due in product(people, people, dues):
        for state, workflow, assessed, step in (
            ("PAK", FollowupStatus.DRAFT, Implementation.NOT_ASSESSED, ""),
            ("FRA", FollowupStatus.SIGNED_OFF, Implementation.IN_PROGRESS, ""),
            ("PAK", FollowupStatus.SUBMITTED, Implementation.NOT_STARTED, "Write to the ministry"),
            ("PAK", FollowupStatus.SIGNED_OFF, Implementation.IMPLEMENTED, ""),
            ("PAK", FollowupStatus.WITHDRAWN, Implementation.NOT_STARTED, ""),
            ("KEN", FollowupStatus.DRAFT, Implementation.NOT_STARTED, ""),
        ):
            FollowupFactory(
                state_id=state,
                owner_id=owner,
                drafted_by_id=drafter,
                current_due=due,
                workflow=workflow,
                assessed_status=assessed,
                next_step=step,
            )
    desk = work_desk.desk(analyst)
    for name, question in work.OWN_FOLLOWUPS.items():
        page = followups.page(question, analyst)
        assert desk.counts[name] == page.count > work_desk.FIRST_ROWS, name
        first = [row.reference for row in page.rows[: work_desk.FIRST_ROWS]]
        assert [row.reference for row in desk.followups[name]] == first, name


def test_what_changed_is_found_alike_whether_few_or_many(
    analyst: Any, reviewer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = AccountFactory(role=Role.REVIEWER)
    for signer in (reviewer, other, reviewer):
        changed = signed(analyst, signer)
        changed.title = "Table the bill"
        records.save(changed, "followup.edited", by=analyst)
    signed(analyst, reviewer)
    few = work_desk.desk(reviewer).records["changed"]
    monkeypatch.setattr(work, "FEW_CHANGED", 0)
    many = work_desk.desk(reviewer).records["changed"]
    assert [tuple(row) for row in few] == [tuple(row) for row in many]
    assert len(few) == 2 and few[0].at >= few[1].at


def test_an_analyst_finds_what_is_theirs(analyst: Any, reviewer: Any, sign_in: SignIn) -> None:
    busy_desk(analyst, reviewer)
    page = sign_in(analyst).get("/").text
    counts = {words: int(count) for words, (count, _href) in figures(page).items()}
    assert counts == {
        "Follow-ups to write": 3,
        "Conclusions to write": 1,
        "Returned to me": 1,
        "Waiting for the reviewers": 1,
        "Extensions that I asked for": 0,
        "Late": 1,
        "Without a next step": 0,
        "Visits that need something": 2,
    }
    assert "Name the article" in page


def test_a_reviewer_finds_what_waits_for_a_signature_and_what_changed(
    analyst: Any, reviewer: Any, sign_in: SignIn
) -> None:
    busy_desk(analyst, reviewer)
    followup = FollowupFactory(current_due=LONG_AGO)
    extensions.request(followup, new_due=PartialDate(2030), reason="Parliament sits in spring", by=analyst)
    page = sign_in(reviewer).get("/").text
    counts = {words: int(count) for words, (count, _href) in figures(page).items()}
    assert counts == {"To sign": 2, "Extensions asked for": 1, "Changed since I signed it": 2}
    assert "Parliament sits in spring" in page


def test_an_extension_asked_for_stands_on_the_desk_of_whoever_asked_until_it_is_decided(
    analyst: Any, reviewer: Any, sign_in: SignIn
) -> None:
    mine, anothers = (FollowupFactory(current_due=LONG_AGO) for _each in range(2))
    asked = extensions.request(mine, new_due=PartialDate(2030), reason="Parliament sits in spring", by=analyst)
    extensions.request(anothers, new_due=PartialDate(2031), reason="No", by=AccountFactory(role=Role.ANALYST))
    db.session.commit()
    browser = sign_in(analyst)
    page = browser.get("/").text
    count, href = figures(page)["Extensions that I asked for"]
    assert count == "1" and "Parliament sits in spring" in page
    assert listed(browser.get(href).text) == [mine.reference]
    assert browser.get(f"/follow-ups/{mine.reference}/extension/{asked.id}").status_code == 200
    extensions.refuse(asked, by=reviewer, note="It may sit sooner")
    db.session.commit()
    assert figures(browser.get("/").text)["Extensions that I asked for"][0] == "0"
    assert listed(browser.get(href).text) == []


def test_a_record_signed_again_has_not_changed_since(analyst: Any, reviewer: Any, sign_in: SignIn) -> None:
    followup = signed(analyst, reviewer)
    followup.title = "Table the bill"
    records.save(followup, "followup.edited", by=analyst)
    signoff.submit(followup, by=analyst)
    browser = sign_in(reviewer)
    assert figures(browser.get("/").text)["Changed since I signed it"][0] == "1"
    signoff.sign_off(followup, by=reviewer, content_version=followup.content_version)
    assert figures(browser.get("/").text)["Changed since I signed it"][0] == "0"


def test_what_was_returned_and_submitted_again_waits_and_is_returned_no_more(
    analyst: Any, reviewer: Any, sign_in: SignIn
) -> None:
    followup = submittable(analyst)
    signoff.submit(followup, by=analyst)
    signoff.return_(followup, by=reviewer, reason="Name the article")
    signoff.submit(followup, by=analyst)
    found = figures(sign_in(analyst).get("/").text)
    assert (found["Returned to me"][0], found["Waiting for the reviewers"][0]) == ("0", "1")


def test_out_of_scope_is_neither_counted_nor_shown(session: Any, reviewer: Any, sign_in: SignIn) -> None:
    analyst = AccountFactory(role=Role.ANALYST)
    busy_desk(analyst, reviewer)
    session.commit()
    elsewhere = AccountFactory(role=Role.ANALYST, states=["FRA"])
    page = sign_in(elsewhere).get("/").text
    assert {count for count, _href in figures(page).values()} == {"0"}
    assert "PAK" not in page


@pytest.mark.parametrize(
    ("columns", "is_listed"),
    [
        ({"start": PartialDate(2006, 11, 13), "end": PartialDate(2006, 11, 17)}, True),
        ({"start": PartialDate(2006), "end": None}, True),
        ({"start": PartialDate(2199), "end": None}, False),
        ({"start": PartialDate(clock.today().year), "end": None}, False),
        ({"stage": VisitStage.WITH_STATE, "comments_due": date(2007, 1, 1)}, True),
        ({"stage": VisitStage.WITH_STATE, "comments_due": date(2199, 1, 1)}, False),
        ({"stage": VisitStage.RESPONSE_DUE, "response_due": date(2007, 1, 1)}, True),
        (
            {
                "stage": VisitStage.RESPONSE_DUE,
                "response_due": date(2007, 1, 1),
                "response_received": PartialDate(2006),
            },
            False,
        ),
        ({"stage": VisitStage.CLOSED}, False),
        ({"stage": VisitStage.POSTPONED}, False),
    ],
    ids=str,
)
def test_a_visit_needs_something_when_its_clock_has_passed(
    analyst: Any, sign_in: SignIn, columns: dict[str, Any], is_listed: bool
) -> None:
    visit = VisitFactory(**{"stage": VisitStage.PREPARING, **columns})
    page = sign_in(analyst).get("/my-work/visits").text
    assert (visit.reference in page) is is_listed


@pytest.mark.parametrize(
    ("role", "words"),
    [
        (Role.COORDINATOR, [*OF_PLANS, "Open follow-ups", "Overdue follow-ups"]),
        (Role.AUDITOR, ["Open follow-ups", "Overdue follow-ups"]),
        (Role.ADMINISTRATOR, ["Active accounts", "Disabled accounts"]),
        (None, []),
    ],
)
def test_each_role_finds_what_is_theirs(session: Any, sign_in: SignIn, role: Role | None, words: list[str]) -> None:
    browser = sign_in(AccountFactory(role=role))
    page = browser.get("/").text
    found = figures(page)
    assert list(found) == words
    assert all(browser.get(href).status_code == 200 for _count, href in found.values())
    if role is None:
        assert "Nothing is granted to you today" in page


def test_an_auditor_is_led_to_what_was_refused(session: Any, sign_in: SignIn) -> None:
    browser = sign_in(AccountFactory(role=Role.AUDITOR))
    found = re.search(r'href="(/audit\?from=[^"]+)"', browser.get("/").text)
    assert found
    assert browser.get(unescape(found[1])).status_code == 200


def test_an_empty_desk_teaches(analyst: Any, sign_in: SignIn) -> None:
    page = sign_in(analyst).get("/").text
    assert "Nothing waits here" in page and "it stands here with the reason" in page


def test_a_list_that_is_none_is_not_there(analyst: Any, sign_in: SignIn) -> None:
    assert sign_in(analyst).get("/my-work/nothing").status_code == 404
    assert sign_in(AccountFactory(role=Role.ADMINISTRATOR)).get("/my-work/visits").status_code == 403


def test_statements_do_not_grow_with_the_work(session: Any, reviewer: Any, sign_in: SignIn) -> None:
    everything = AccountFactory(role=Role.ANALYST)
    for role in (Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR):
        grant(everything, role)
    session.commit()
    browser = sign_in(everything)
    busy_desk(everything, reviewer)
    few = statements(browser, "/")
    busy_desk(everything, reviewer)
    assert statements(browser, "/") == few <= 6


# The files


def at(second: int) -> Any:
    """A moment of which a file tells the second."""
    return clock.at(datetime(2031, 5, 6, 7, 8, second, tzinfo=UTC))


def two_of_each(analyst: Any, reviewer: Any, state: str = "PAK", **columns: Any) -> None:
    """Two records for each list of an analyst and of a reviewer, the later one of a higher number."""
    for second in (10, 20):
        with at(second):
            returned, waiting = (submittable(analyst, state_id=state, **columns) for _each in range(2))
            asked = FollowupFactory(state_id=state, current_due=LONG_AGO, **columns)
            signoff.submit(returned, by=analyst)
            signoff.return_(returned, by=reviewer, reason="=Name the article")
            signoff.submit(waiting, by=analyst, note="=Please look")
            extensions.request(asked, new_due=PartialDate(2030), reason="=Elections", by=analyst)
            changed = submittable(analyst, state_id=state, **columns)
            signoff.submit(changed, by=analyst)
            signoff.sign_off(changed, by=reviewer, content_version=changed.content_version, note="Agreed")
            changed.text = "Table the bill"
            records.save(changed, "followup.edited", by=analyst)
            VisitFactory(state_id=state, year=2000 + second, stage=VisitStage.PREPARING)
    db.session.commit()


FILES = {
    "returned": {
        "reference": "PAK-F005",
        "object_type": "followup",
        "iso3": "PAK",
        "member_state": "Pakistan",
        "text": "'=1+1",
        "reason": "'=Name the article",
        "returned_by": "'=Reviewer",
        "returned_on": "2031-05-06T07:08:20Z",
    },
    "waiting": {
        "reference": "PAK-F002",
        "object_type": "followup",
        "iso3": "PAK",
        "member_state": "Pakistan",
        "text": "'=1+1",
        "note": "'=Please look",
        "submitted_on": "2031-05-06T07:08:10Z",
    },
    "asked": {
        "reference": "PAK-F003",
        "object_type": "followup",
        "iso3": "PAK",
        "member_state": "Pakistan",
        "text": "'=1+1",
        "reason": "'=Elections",
        "asked_on": "2031-05-06T07:08:10Z",
    },
    "changed": {
        "reference": "PAK-F008",
        "object_type": "followup",
        "iso3": "PAK",
        "member_state": "Pakistan",
        "text": "'=1+1",
        "signed_on": "2031-05-06T07:08:20Z",
    },
    "visits": {
        "visit_id": "PAK-2010-1",
        "iso3": "PAK",
        "member_state": "Pakistan",
        "visit_start": "2010-11-13",
        "visit_end": "2010-11-17",
        "stage": "preparing",
        "need": "dates_passed",
    },
}
"""Of each list the first row, as its file tells it."""


@pytest.fixture
def desks(session: Any, sign_in: SignIn) -> dict[str, FlaskClient]:
    """For each list whoever has two rows in it."""
    analyst = AccountFactory(role=Role.ANALYST)
    reviewer = AccountFactory(role=Role.REVIEWER, name="=Reviewer")
    two_of_each(analyst, reviewer, title="=1+1")
    return dict.fromkeys(FILES, sign_in(analyst)) | {"changed": sign_in(reviewer)}


@pytest.mark.parametrize("name", FILES)
def test_the_file_of_a_list_holds_what_the_list_shows_in_its_order(desks: dict[str, FlaskClient], name: str) -> None:
    browser, key = desks[name], next(iter(FILES[name]))
    by = "date" if name == "visits" else "day"
    for question in ("", f"?sort={by}", f"?sort=-{by}&size=25"):
        page = browser.get(f"/my-work/{name}{question}").text
        href = export_href(page)
        assert href == f"/my-work/{name}.csv{question}"
        found = [row[key] for row in rows_of(browser.get(href))]
        assert found == listed(page) and len(found) == 2
    answer = browser.get(f"/my-work/{name}.csv")
    assert f'filename="my-work-{name}-' in answer.headers["Content-Disposition"]
    first, _second = rows_of(answer)
    assert first == FILES[name], "and no cell is a formula"


def test_the_file_of_what_changed_is_that_of_the_list_where_they_are_many(
    desks: dict[str, FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "FEW_CHANGED", 0)
    page = desks["changed"].get("/my-work/changed").text
    assert [row["reference"] for row in rows_of(desks["changed"].get("/my-work/changed.csv"))] == listed(page)
    assert len(listed(page)) == 2


def test_a_visit_in_the_file_names_the_state_as_on_its_day(analyst: Any, sign_in: SignIn) -> None:
    VisitFactory(state_id="CZE", stage=VisitStage.PREPARING, year=2013)
    (row,) = rows_of(sign_in(analyst).get("/my-work/visits.csv"))
    assert row["member_state"] == "Czech Republic"


@pytest.mark.parametrize("name", FILES)
def test_the_file_of_a_list_keeps_to_the_scope_and_to_the_person(session: Any, sign_in: SignIn, name: str) -> None:
    analyst, reviewer = (AccountFactory(role=role, states=["PAK"]) for role in (Role.ANALYST, Role.REVIEWER))
    elsewhere = [grant(analyst, Role.ANALYST, ["KEN"]), grant(reviewer, Role.REVIEWER, ["KEN"])]
    two_of_each(analyst, reviewer)
    two_of_each(analyst, reviewer, state="KEN")
    person = reviewer if name == "changed" else analyst
    assert len(rows_of(sign_in(person).get(f"/my-work/{name}.csv"))) == 4
    for given in elsewhere:
        grants.revoke(given, by=AccountFactory(role=Role.ADMINISTRATOR))
    session.commit()
    assert [row["iso3"] for row in rows_of(sign_in(person).get(f"/my-work/{name}.csv"))] == ["PAK", "PAK"]
    other = sign_in(AccountFactory(role=person.grants[0].role, states=["PAK"]))
    assert len(rows_of(other.get(f"/my-work/{name}.csv"))) == (2 if name == "visits" else 0)


MEASURES = {
    "past-deadline": [
        ("JP-1-M01", "2013", "under_way", ""),
        ("JP-1-M04", "2013-06-30", "delayed", "under_way"),
        ("JP-1-M07", "2014", "delayed", ""),
    ],
    "differing": [
        ("JP-1-M02", "2013-06", "delayed", "completed"),
        ("JP-1-M04", "2013-06-30", "delayed", "under_way"),
    ],
}


@pytest.fixture
def measured(session: Any) -> None:
    MeasureFactory(plan=busy_plan(), text="=1+1", deadline=PartialDate(2014))
    session.commit()


@pytest.mark.parametrize("name", MEASURES)
def test_the_file_of_measures_holds_what_the_list_shows_in_its_order(
    measured: None, sign_in: SignIn, name: str
) -> None:
    browser = sign_in(AccountFactory(role=Role.COORDINATOR))
    for question in ("", "?sort=-plan"):
        page = browser.get(f"/my-work/{name}{question}").text
        href = export_href(page)
        assert href == f"/my-work/{name}.csv{question}"
        assert [row["measure"] for row in rows_of(browser.get(href))] == listed(page)
    answer = browser.get(f"/my-work/{name}.csv")
    assert f'filename="my-work-{name}-' in answer.headers["Content-Disposition"]
    told = rows_of(answer)
    assert list(told[0]) == ["measure", "plan", "pillar", "text", "deadline", "computed_status", "stated_status"]
    states = [(row["measure"], row["deadline"], row["computed_status"], row["stated_status"]) for row in told]
    assert states == MEASURES[name]
    assert {(row["plan"], row["pillar"]) for row in told} == {("JP-1", "II")}
    assert [row["text"] for row in told if row["measure"] == "JP-1-M07"] == ["'=1+1"] * (name == "past-deadline")


@pytest.mark.parametrize("name", MEASURES)
def test_the_file_of_measures_is_for_whoever_keeps_the_plan(measured: None, sign_in: SignIn, name: str) -> None:
    whole, part = (AccountFactory(role=Role.COORDINATOR, states=states) for states in (["KGZ", "TJK"], ["KGZ"]))
    assert len(rows_of(sign_in(whole).get(f"/my-work/{name}.csv"))) == len(MEASURES[name])
    assert rows_of(sign_in(part).get(f"/my-work/{name}.csv")) == [], "how the region stands is not theirs to know"
    for role, status in ((Role.ANALYST, 404), (Role.AUDITOR, 404), (Role.ADMINISTRATOR, 403)):
        assert sign_in(AccountFactory(role=role)).get(f"/my-work/{name}.csv").status_code == status, role


def test_a_list_that_is_none_has_no_file_and_nobody_without_records_has_one(analyst: Any, sign_in: SignIn) -> None:
    assert sign_in(analyst).get("/my-work/nothing.csv").status_code == 404
    for name in FILES:
        administrator = sign_in(AccountFactory(role=Role.ADMINISTRATOR))
        assert administrator.get(f"/my-work/{name}.csv").status_code == 403


@pytest.mark.parametrize("name", ["returned", "visits", "differing"])
def test_whoever_may_run_no_reports_has_the_list_without_its_file(
    session: Any, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(policy.ROLES, policy.Permission.REPORT_RUN, frozenset())
    browser = sign_in(AccountFactory(role=Role.COORDINATOR))
    answer = browser.get(f"/my-work/{name}")
    assert answer.status_code == 200 and export_href(answer.text) is None
    assert browser.get(f"/my-work/{name}.csv").status_code == 403


@pytest.mark.parametrize("name", ["returned", "visits", "differing"])
def test_an_order_that_makes_no_sense_is_left_out_of_the_address_of_the_file(
    session: Any, sign_in: SignIn, name: str
) -> None:
    browser = sign_in(AccountFactory(role=Role.COORDINATOR))
    for asked in ("", "?sort=colour"):
        assert export_href(browser.get(f"/my-work/{name}{asked}").text) == f"/my-work/{name}.csv"
    assert browser.get(f"/my-work/{name}.csv?sort=colour").status_code == 400


def test_the_files_take_as_many_statements_whatever_they_hold(analyst: Any, reviewer: Any, sign_in: SignIn) -> None:
    browsers = dict.fromkeys(FILES, sign_in(analyst)) | {"changed": sign_in(reviewer)}
    browsers["past-deadline"] = sign_in(AccountFactory(role=Role.COORDINATOR))

    def sent() -> dict[str, int]:
        return {
            name: len(sent_by(lambda name=name: rows_of(browsers[name].get(f"/my-work/{name}.csv"))))
            for name in browsers
        }

    two_of_each(analyst, reviewer)
    plan = busy_plan()
    sent()  # what a process keeps is there by then
    few = sent()
    for _time in range(4):
        two_of_each(analyst, reviewer)
        MeasureFactory(plan=plan, deadline=PartialDate(2013))
    db.session.commit()
    assert sent() == few
