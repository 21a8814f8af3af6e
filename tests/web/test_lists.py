"""What holds for every list: an address that makes no sense says so, and empty fields leave no trace in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import parse_qs

import pytest
from flask.testing import FlaskClient

from tests.factories import AccountFactory, FollowupFactory
from tests.forms_of_pages import forms
from tracker.extensions import db
from tracker.models import Role

SignIn = Callable[[Any], FlaskClient]


@pytest.fixture
def browser(session: Any, sign_in: SignIn) -> FlaskClient:
    return sign_in(AccountFactory(role=Role.AUDITOR))


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/audit?from=31-02-2026", "From: “31-02-2026” is not a day that can be"),
        ("/visits?year-from=abcd", "“abcd” is not a day that can be"),
        ("/follow-ups?due-after=soon", "Due after: “soon” is not a day that can be"),
        ("/reports/status?due-after=soon", "Due after: “soon” is not a day that can be"),
        ("/conclusions?kind=guess", "Kind: “guess” is not one of"),
        ("/states?region=999", "Region: “999” is no region"),
        ("/my-work/returned?size=many", "“many” is not a number of rows"),
    ],
)
def test_a_filter_that_makes_no_sense_is_said(browser: FlaskClient, address: str, said: str) -> None:
    page = browser.get(address).text
    assert said in page
    is_offered = bool(re.search("Export as CSV|Download CSV", page))
    assert is_offered is ("size=" in address), "no file answers a filter at fault; a size is none"
    assert re.search("Export as CSV|Download CSV", browser.get(address.partition("?")[0]).text)


@pytest.mark.parametrize("path", ["/follow-ups", "/conclusions", "/visits", "/states", "/audit", "/reports/status"])
def test_a_place_that_is_none_is_said_and_no_filter_blamed(browser: FlaskClient, path: str) -> None:
    page = browser.get(f"{path}?before=END").text
    assert "Place in the list: The address names no place" in page
    assert "Correct the filter" not in page


def test_a_list_leads_to_its_last_rows_and_back(browser: FlaskClient) -> None:
    for _each in range(30):
        FollowupFactory()
    first = browser.get("/follow-ups?sort=reference&size=25").text
    last = browser.get(unescape(re.findall(r'href="([^"]+)">Last<', first)[0])).text
    assert re.findall(r'href="/follow-ups/(PAK-F\d+)"', last) == [f"PAK-F{number:03}" for number in range(6, 31)]
    assert ">Last<" not in last and ">Next<" not in last and ">First<" in last
    back = browser.get(unescape(re.findall(r'href="([^"]+)"[^>]*>Previous<', last)[0])).text
    assert re.findall(r'href="/follow-ups/(PAK-F\d+)"', back) == [f"PAK-F{number:03}" for number in range(1, 26)]


def test_a_filter_that_is_wrong_comes_with_what_to_do(session: Any, sign_in: SignIn) -> None:
    inside = sign_in(AccountFactory(role=Role.ANALYST, states=["PAK"]))
    for asked in ("state=ZZZ", "state=KEN"):
        assert "Correct the filter below, or take it off." in inside.get(f"/follow-ups?{asked}").text, asked


def test_a_place_past_the_end_shows_the_last_rows(browser: FlaskClient) -> None:
    FollowupFactory()
    page = browser.get("/follow-ups?sort=updated&after=2999-01-01T00:00:00%2B00:00~9").text
    assert "Place in the list: No row stands after this place any more: these are the last" in page
    assert 'href="/follow-ups/PAK-F001"' in page and "Showing 1 of 1 follow-up<" in page


@pytest.mark.parametrize(
    "path", ["/audit", "/visits", "/follow-ups", "/reports/status", "/conclusions", "/states", "/my-work/returned"]
)
def test_a_filter_that_the_list_has_not_is_said_to_narrow_nothing(browser: FlaskClient, path: str) -> None:
    asked = browser.get(f"{path}?due_before=2026-01-01&size=25")
    assert "“due_before” is no filter of this list and narrows nothing" in unescape(asked.text)
    assert "“size”" not in unescape(asked.text)
    assert re.search("Export as CSV|Download CSV", asked.text), "the file holds what the page shows"


@pytest.mark.parametrize(
    "address", ["/follow-ups?columns=state", "/visits?columns=state", "/reports/action-plan?unsigned=1"]
)
def test_what_says_how_a_list_is_shown_is_no_filter(browser: FlaskClient, address: str) -> None:
    page = browser.get(address)
    assert page.status_code == 200 and "is no filter" not in unescape(page.text)


OF_STATES = (
    "/follow-ups",
    "/reports/status",
    "/conclusions",
    "/visits",
    "/gaps/areas",
    "/gaps/scope",
    "/reports/action-plan",
)


@pytest.mark.parametrize("path", OF_STATES)
def test_a_member_state_outside_the_scope_is_said_to_be_outside(session: Any, sign_in: SignIn, path: str) -> None:
    inside = sign_in(AccountFactory(states=["PAK"]))
    assert "Kenya lies outside your scope" in inside.get(f"{path}?state=KEN").text
    assert "outside your scope" not in inside.get(f"{path}?state=PAK").text
    assert "outside your scope" not in sign_in(AccountFactory()).get(f"{path}?state=KEN").text


def test_a_member_state_outside_a_reviewers_scope_is_said_to_be_outside(session: Any, sign_in: SignIn) -> None:
    inside = sign_in(AccountFactory(role=Role.REVIEWER, states=["PAK"]))
    for path in ("/review", "/review/extensions"):
        assert "Kenya lies outside your scope" in inside.get(f"{path}?state=KEN").text, path
    auditor = sign_in(AccountFactory(role=Role.AUDITOR, states=["PAK"]))
    assert "Kenya lies outside your scope" in auditor.get("/audit?state=KEN").text


def test_member_states_stand_in_an_order_that_knows_no_accents(browser: FlaskClient) -> None:
    offered = unescape(browser.get("/follow-ups").text)
    places = [offered.index(f">{name}</option>") for name in ("Costa Rica", "Côte d'Ivoire", "Croatia", "Czechia")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (
            "/follow-ups?q=&state=PAK&status=&columns=title&columns=due",
            "/follow-ups?state=PAK&columns=title&columns=due",
        ),
        ("/visits?q=&state=&year-from=+", "/visits"),
        ("/reports/status?content=sealed&q=", "/reports/status?content=sealed"),
        ("/audit?from=&to=2026-01-01", "/audit?to=2026-01-01"),
    ],
)
def test_fields_left_empty_leave_the_address(browser: FlaskClient, typed: str, kept: str) -> None:
    answer = browser.get(typed)
    assert (answer.status_code, answer.location) == (302, kept)
    assert browser.get(kept).status_code == 200


def test_the_owner_is_chosen_among_those_in_scope(session: Any, sign_in: SignIn) -> None:
    mine, theirs, outside = AccountFactory(name="Owner here"), AccountFactory(name="Second"), AccountFactory(name="Far")
    reader = AccountFactory(role=Role.COORDINATOR, states=["PAK"])
    FollowupFactory(owner_id=mine.id)
    FollowupFactory(owner_id=theirs.id)
    FollowupFactory(owner_id=outside.id, state_id="KEN")
    db.session.commit()
    browser = sign_in(reader)
    page = browser.get("/follow-ups").text
    assert f'<option value="{mine.id}">Owner here</option>' in page
    assert ">me</option>" in page and ">nobody</option>" in page
    assert "Far" not in page
    assert f'<option value="{theirs.id}" selected>Second</option>' in browser.get(f"/follow-ups?owner={theirs.id}").text
    assert "selected>me</option>" in browser.get("/follow-ups?owner=me").text
    assert "selected>here</option>" in browser.get("/follow-ups?owner=here").text, "an old address keeps its filter"


UNKNOWN = [
    *(f"/visits?{asked}" for asked in ("state=QQQ", "region=999", "area=ZZZ")),
    *(f"/conclusions?{asked}" for asked in ("state=QQQ", "region=999", "area=ZZZ")),
    *(f"/follow-ups?{asked}" for asked in ("state=QQQ", "region=999", "area=ZZZ", "plan=NOPE", "party=NOPE")),
    *(f"/follow-ups?{asked}" for asked in ("measure=NOPE-1", "pillar=V", "pillar=NOPE-II")),
    *(f"/states?{asked}" for asked in ("region=999", "examined=ZZZ", "rated=ZZZ")),
    *(f"/meetings?{asked}" for asked in ("state=QQQ", "plan=NOPE", "organisation=NOPE", "series=Nope")),
    *(f"/reports/action-plan?{asked}" for asked in ("state=QQQ", "region=999", "plan=NOPE", "pillar=V")),
    "/reports/action-plan?measure=NOPE-1",
    *(f"/gaps/measures?{asked}" for asked in ("state=QQQ", "region=999", "plan=NOPE", "pillar=V")),
    *(f"/gaps/cells?{asked}" for asked in ("state=QQQ", "plan=NOPE", "pillar=V")),
    "/gaps/areas?area=ZZZ",
    "/audit?state=QQQ",
    *(f"/review?{asked}" for asked in ("state=QQQ", "noun=nothing")),
]


@pytest.mark.parametrize("asked", UNKNOWN)
def test_what_the_catalogue_does_not_know_is_a_told_problem_and_no_empty_list(
    session: Any, sign_in: Any, asked: str
) -> None:
    role = {"/audit": Role.AUDITOR, "/review": Role.REVIEWER}.get(asked.partition("?")[0], Role.ANALYST)
    page = sign_in(AccountFactory(role=role)).get(asked).text
    value = asked.partition("=")[2]
    assert re.search(f"“{value.removesuffix('-II')}” is (no|not one of)\\b", page), "the value is told"


@pytest.mark.parametrize("asked", UNKNOWN)
def test_its_file_is_refused(session: Any, sign_in: Any, asked: str) -> None:
    path, _mark, question = asked.partition("?")
    file = {"/follow-ups": "/reports/status", "/review": "/review/queue"}.get(path, path)
    reader = AccountFactory(role=Role.REVIEWER if path == "/review" else Role.AUDITOR)
    assert sign_in(reader).get(f"{file}.csv?{question}").status_code == 400


@pytest.mark.parametrize(
    "asked",
    [
        "/meetings?organisation=unodc",
        "/follow-ups?measure=gcts-ii-10&plan=gcts&party=gcts&pillar=gcts-ii",
        "/conclusions?state=pak&area=fin&region=034",
        "/review?state=pak&noun=matrix",
    ],
)
def test_what_it_knows_is_none_written_large_or_small(session: Any, sign_in: Any, asked: str) -> None:
    page = sign_in(AccountFactory(role=Role.REVIEWER)).get(asked).text
    assert not re.search("” is (no|not one of)\\b", page)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/follow-ups?overdue=1", "Overdue"),
        ("/follow-ups?overdue=0", "Not overdue"),
        ("/follow-ups?open=no", "Settled or ended"),
        ("/reports/status?overdue=0", "Not overdue"),
        ("/follow-ups?overdue=perhaps", "Overdue: perhaps"),
        ("/follow-ups?q=1", "Words: 1"),
        ("/gaps/areas?state=PAK&years=1", "Not examined for (years): 1"),
    ],
)
def test_a_filter_that_can_be_taken_off_says_what_it_asks(browser: FlaskClient, address: str, said: str) -> None:
    tags = re.findall(r'<li><a href="[^"]*">([^<]*?) <svg', browser.get(address).text)
    assert said in [" ".join(unescape(tag).split()) for tag in tags]


def test_several_values_of_a_filter_are_told_as_alternatives(browser: FlaskClient) -> None:
    page = browser.get("/follow-ups?state=PAK&state=IRQ&overdue=1").text
    assert "Follow-ups of Pakistan or of Iraq that are overdue, by due date" in page


@pytest.mark.parametrize(
    "address",
    [
        "/follow-ups?person=2&workflow=draft",
        "/follow-ups?state=LBN&state=PAK&workflow=draft&workflow=submitted&workflow=returned&reported=in_progress",
        "/follow-ups?plan=GCTS&pillar=II&counted=1&next-step=none&conclusion=PAK-2024-01%2FC01&count=exact",
        "/follow-ups?authority=bank&authority=customs&q=border+control&due-before=2027&sort=-updated&size=25",
        "/reports/status?content=sealed&status=not_started&status=in_progress&person=2",
        "/conclusions?kind=shortfall&answered=0&workflow=draft&workflow=submitted&workflow=final&drafter=2",
        "/visits?stage=closed&stage=adopted&state=PAK",
        "/states?examined=1&rated=0",
        "/audit?outcome=done&outcome=failed&actor=analyst&actor=reviewer",
        "/reports/action-plan?measure=GCTS-II-10&plan=GCTS&state=PAK&state=LBN",
        "/gaps/scope?state=PAK&state=LBN",
        "/meetings?plan=GCTS&state=PAK&state=LBN",
    ],
)
def test_to_apply_the_filters_loses_none_of_the_address(browser: FlaskClient, address: str) -> None:
    page = browser.get(address, follow_redirects=True)
    path, _mark, question = address.partition("?")
    form = next(one for one in forms(page.text) if one.action == path and one.method == "get")
    sent = {name: sorted(values) for name, values in form.data().items()}
    for name, values in parse_qs(question).items():
        assert sent.get(name) == sorted(values), name


@pytest.mark.parametrize("address", ["/follow-ups?q=border&q=control", "/conclusions?q=border&q=control"])
def test_words_of_several_parameters_stand_in_one_line(browser: FlaskClient, address: str) -> None:
    form = next(one for one in forms(browser.get(address).text) if one.action == address.partition("?")[0])
    assert form.data()["q"] == ["border control"]


def test_several_values_of_a_filter_are_all_shown(browser: FlaskClient) -> None:
    page = browser.get("/follow-ups?workflow=draft&workflow=returned").text
    shown = re.search(r'<select[^>]*id="workflow" multiple[^>]*>(.*?)</select>', page, re.DOTALL)
    assert shown is not None
    assert re.findall(r'value="(\w*)" selected', shown[1]) == ["draft", "returned"]
    assert 'value=""' not in shown[1]
    assert 'id="status" multiple' not in page
