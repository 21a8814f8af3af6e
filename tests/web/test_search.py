"""Search over all nouns: what is found and in which order, what is out of scope, odd words, and what it costs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.counting import statements
from tests.factories import AccountFactory, ConclusionFactory, FollowupFactory, VisitFactory
from tracker.models import Role

SignIn = Callable[[Any], FlaskClient]


@pytest.fixture
def browser(session: Any, sign_in: SignIn) -> FlaskClient:
    return sign_in(AccountFactory(role=Role.COORDINATOR, states=["PAK", "KAZ"]))


def found(browser: FlaskClient, q: str) -> list[str]:
    page = browser.get("/search", query_string={"q": q}).text
    return re.findall(r'<th scope="row"><a class="record-link"[^>]*><bdi[^>]*>([^<]+)<', page)


def test_every_kind_of_record_is_found_within_the_scope(browser: FlaskClient) -> None:
    visit = VisitFactory(summary="The delegation saw the harbour.")
    conclusion = ConclusionFactory(visit=visit, text="The harbour has no register.")
    followup = FollowupFactory(title="Keep a register of the harbour")
    FollowupFactory(state_id="KEN", title="Guard the harbour")
    assert set(found(browser, "HARBOUR")) == {visit.reference, conclusion.reference, followup.reference}
    page = browser.get("/search?q=harbour").text
    assert 'href="/follow-ups?q=harbour">All 1<' in page
    assert "Guard the harbour" not in page


def test_references_come_first_then_titles_then_texts(browser: FlaskClient) -> None:
    FollowupFactory(title="Adopt the act", text="As kaz wrote.", state_id="PAK")
    FollowupFactory(title="Ask Kaz", text="", state_id="PAK")
    FollowupFactory(title="Adopt the act", text="", state_id="KAZ")
    assert found(browser, "kaz") == ["KAZ-F001", "PAK-F002", "PAK-F001"]


def test_a_phrase_is_found_as_it_stands_here_and_in_the_list_it_leads_to(browser: FlaskClient) -> None:
    FollowupFactory(title="Adopt the bill")
    FollowupFactory(title="Bill the adopter of the act, then adopt")
    assert found(browser, "adopt bill") == ["PAK-F002", "PAK-F001"]
    assert found(browser, '"adopt the bill"') == ["PAK-F001"]
    assert found(browser, "“Adopt the bill”") == ["PAK-F001"]
    assert "1 follow-up" in browser.get("/follow-ups", query_string={"q": '"adopt the bill"'}).text
    assert found(browser, 'adopt "bill') == ["PAK-F002", "PAK-F001"], "a mark without its pair is none"


@pytest.mark.parametrize("typed", ["PAK-F001", "pak-f001", "  Pak-F001 "])
def test_a_reference_leads_to_its_record(browser: FlaskClient, typed: str) -> None:
    FollowupFactory()
    answer = browser.get("/search", query_string={"q": typed})
    assert (answer.status_code, answer.location) == (302, "/follow-ups/PAK-F001")


def test_a_reference_of_each_noun_leads_to_its_page(browser: FlaskClient) -> None:
    conclusion = ConclusionFactory()
    for reference, page in ((conclusion.reference, "conclusions"), (conclusion.visit.reference, "visits")):
        assert browser.get("/search", query_string={"q": reference}).location == f"/{page}/{reference}"


def test_a_reference_out_of_scope_leads_nowhere(browser: FlaskClient) -> None:
    FollowupFactory(state_id="KEN")
    page = browser.get("/search?q=KEN-F001")
    assert page.status_code == 200
    assert "Nothing in your scope holds all of these words" in page.text


@pytest.mark.parametrize("q", ["пакистан", "pakistan", '"Pakistan"'])
def test_a_member_state_is_found_by_any_of_its_names(browser: FlaskClient, q: str) -> None:
    assert 'href="/states/PAK">' in browser.get("/search", query_string={"q": q}).text
    assert 'href="/states/KEN">' not in browser.get("/search?q=kenya").text


@pytest.mark.parametrize(
    "q",
    [
        '"',
        "“”",
        "%",
        "_",
        "\\",
        "' or 1=1 --",
        "\u0301",
        "<b>x</b>",
        "x" * 501,
        " ".join(map(str, range(21))),
        "\u202e",
    ],
)
def test_odd_words_find_nothing_politely(browser: FlaskClient, q: str) -> None:
    FollowupFactory()
    answer = browser.get("/search", query_string={"q": q})
    assert answer.status_code == 200
    assert found(browser, q) == []
    assert browser.get("/follow-ups", query_string={"q": q}).status_code == 200


def test_words_that_cannot_be_looked_for_say_why(browser: FlaskClient) -> None:
    assert "must be 500 characters or less" in browser.get("/search", query_string={"q": "x" * 501}).text
    assert "holds no word to look for" in browser.get("/search", query_string={"q": '"'}).text


def test_an_empty_search_asks_for_words(browser: FlaskClient) -> None:
    page = browser.get("/search").text
    assert 'name="q"' in page and "Nothing in your scope" not in page


def test_the_box_stands_beside_every_page_for_those_who_may_read_records(browser: FlaskClient, sign_in: SignIn) -> None:
    assert 'action="/search"' in browser.get("/help").text
    assert 'action="/search"' not in sign_in(AccountFactory(role=Role.ADMINISTRATOR)).get("/help").text


def test_a_search_costs_the_same_whatever_it_finds(browser: FlaskClient) -> None:
    for _row in range(25):
        FollowupFactory()
    page = browser.get("/search?q=terrorist").text
    assert page.count('data-label="Text"') == 10 and ">All 25<" in page
    assert statements(browser, "/search?q=terrorist") <= 8
