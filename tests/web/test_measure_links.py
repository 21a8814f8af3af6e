"""Links of follow-ups and measures in the browser, from either side."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.counting import statements
from tests.factories import AccountFactory, FollowupFactory, MeasureFactory, PlanFactory
from tests.forms_of_pages import forms
from tests.pages import text_of
from tracker import clock, history
from tracker.forms import choice_fields
from tracker.models import Event, Followup, FollowupMeasure, FollowupStatus, Measure, Role
from tracker.web import measure_links as pages

SignIn = Callable[[Any], FlaskClient]
PATH = "/follow-ups/PAK-F001/measures"
BULK = "/measures/GCTS-II-10/follow-ups"
WHY = "The bill is what the measure asks for."
KEY = "0d0f5f5c-6b8a-4a53-9f0f-8b1f6a1f2a3b"


@pytest.fixture
def browser(session: Any, sign_in: SignIn) -> FlaskClient:
    FollowupFactory()
    return sign_in(AccountFactory(states=["PAK"]))


def linked(session: Any) -> list[tuple[str, str]]:
    rows = session.execute(
        sa.select(Followup.reference, Measure.reference)
        .join(FollowupMeasure, FollowupMeasure.followup_id == Followup.id)
        .join(Measure, Measure.id == FollowupMeasure.measure_id)
        .order_by(Followup.id, Measure.position)
    )
    return [tuple(row) for row in rows]


def offered(page: str, name: str) -> list[str]:
    return re.findall(rf'name="{name}" id="[^"]*" value="([^"]*)"', page)


def link(browser: FlaskClient, *measures: str) -> Any:
    return browser.post(PATH, data={"measures": list(measures), "reason": WHY})


def test_measures_are_chosen_from_the_follow_up(session: Any, browser: FlaskClient) -> None:
    page = browser.get(PATH).text
    suggested = offered(page, "measures")
    assert "GCTS-II-10" in suggested, "terrorist financing, under the pillar of the area"
    data = {"measures": ["GCTS-II-10", "GCTS-II-1"], "reason": WHY, "request_key": KEY}
    assert len({browser.post(PATH, data=data).location for _time in range(3)}) == 1
    assert linked(session) == [("PAK-F001", "GCTS-II-1"), ("PAK-F001", "GCTS-II-10")]
    page = browser.get("/follow-ups/PAK-F001").text
    assert "Measures it serves" in page and WHY in page
    assert 'href="/measures/GCTS-II-10"' in page
    assert 'href="/follow-ups/PAK-F001/measures/GCTS-II-10/remove"' in page
    assert not {"GCTS-II-1", "GCTS-II-10"} & set(offered(browser.get(PATH).text, "measures"))


def test_common_words_suggest_nothing(session: Any, sign_in: SignIn) -> None:
    FollowupFactory(title="Work with the United Nations against these", text="With them, within this.")
    page = sign_in(AccountFactory(states=["PAK"])).get(PATH).text
    shared = re.findall(r"Like words: ([^<]*)", page.replace("<bdi>", ""))
    assert not {"with", "nations", "against"} & set(re.split(", | and ", ", ".join(shared)))


def test_measures_are_found_by_words_reference_and_pillar(session: Any, browser: FlaskClient) -> None:
    assert offered(browser.get(f"{PATH}?q=money-laundering").text, "measures") == [
        "GCTS-II-5",
        "GCTS-II-10",
        "GCTS-III-8",
    ]
    assert offered(browser.get(f"{PATH}?q=GCTS-IV-3").text, "measures") == ["GCTS-IV-3"]
    assert len(offered(browser.get(f"{PATH}?pillar=III").text, "measures")) == 13
    assert "No measure is like that" in browser.get(f"{PATH}?q=Quorlith").text
    assert "holds no word to look for" in browser.get(f"{PATH}?q=%3F%3F").text


def test_what_is_wrong_is_said_and_what_was_typed_stays(session: Any, browser: FlaskClient) -> None:
    wrong: list[dict[str, Any]] = [
        {"measures": [], "reason": WHY},
        {"measures": ["GCTS-II-10"], "reason": ""},
        {"measures": ["GCTS-II-99"], "reason": WHY},
        {"measures": ["GCTS-II-10"], "reason": "a\u202eb"},
        {"measures": ["GCTS-II-10"], "reason": "a" * 2001},
    ]
    for data in wrong:
        answer = browser.post(PATH, data=data)
        assert answer.status_code == 422, data
        assert "There is a problem" in answer.text
    assert WHY in browser.post(PATH, data=wrong[0]).text
    assert linked(session) == []


def test_a_measure_is_taken_off_with_a_reason(session: Any, browser: FlaskClient) -> None:
    link(browser, "GCTS-II-10")
    path = f"{PATH}/GCTS-II-10/remove"
    assert browser.post(path, data={"reason": ""}).status_code == 422
    assert browser.post(path, data={"reason": "Another measure fits."}).status_code == 303
    assert linked(session) == []
    page = browser.get("/follow-ups/PAK-F001").text
    assert "took off a measure" in page and "Another measure fits." in page
    assert browser.get(path).status_code == 404, "it is served no more"
    assert browser.get(f"{PATH}/GCTS-II-99/remove").status_code == 404


def test_a_doubled_click_on_taking_a_measure_off_is_told_that_it_is_done(session: Any, browser: FlaskClient) -> None:
    link(browser, "GCTS-II-10")
    data = {"reason": "Another measure fits.", "request_key": KEY}
    answers = [browser.post(f"{PATH}/GCTS-II-10/remove", data=data) for _click in range(2)]
    assert {(one.status_code, one.location) for one in answers} == {(303, "/follow-ups/PAK-F001#measures")}
    assert "This was done already" in browser.get("/follow-ups/PAK-F001").text
    taken_off = Event.kind == "followup.measure_unlinked"
    assert session.scalar(sa.select(sa.func.count()).where(taken_off)) == 1


def taken_off_by_another(session: Any, sign_in: SignIn) -> None:
    other = sign_in(AccountFactory(states=["PAK"]))
    assert other.post(f"{PATH}/GCTS-II-10/remove", data={"reason": "Another fits."}).status_code == 303
    assert linked(session) == []


def test_what_another_undid_is_done_again_from_a_fresh_page(
    session: Any, browser: FlaskClient, sign_in: SignIn
) -> None:
    for _time in range(2):
        (form,) = [one for one in forms(browser.get(PATH).text) if "reason" in one.controls]
        assert browser.post(PATH, data=form.data() | {"measures": "GCTS-II-10", "reason": WHY}).status_code == 303
        assert linked(session) == [("PAK-F001", "GCTS-II-10")]
        assert "This was done already" not in browser.get("/follow-ups/PAK-F001").text
        taken_off_by_another(session, sign_in)


def test_what_another_undid_is_done_again_from_a_page_that_stayed_open(
    session: Any, browser: FlaskClient, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = {"measures": "GCTS-II-10", "reason": WHY, "request_key": KEY}
    assert browser.post(PATH, data=data).status_code == 303
    taken_off_by_another(session, sign_in)
    browser.get("/follow-ups/PAK-F001")
    soon = clock.now() + timedelta(minutes=6)
    monkeypatch.setattr(clock, "now", lambda: soon)
    assert browser.post(PATH, data=data).status_code == 303
    assert linked(session) == [("PAK-F001", "GCTS-II-10")]
    assert "This was done already" not in browser.get("/follow-ups/PAK-F001").text


def test_who_may_not(session: Any, browser: FlaskClient, sign_in: SignIn) -> None:
    link(browser, "GCTS-II-10")
    remove = f"{PATH}/GCTS-II-10/remove"
    for path in (PATH, remove, BULK):
        for role in (Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR):
            assert sign_in(AccountFactory(role=role)).post(path, data={}).status_code in (403, 404), (path, role)
    elsewhere = sign_in(AccountFactory(states=["IND"]))
    assert elsewhere.get(PATH).status_code == elsewhere.get(remove).status_code == 404
    assert sign_in(AccountFactory(role=Role.COORDINATOR)).get(PATH).status_code == 200
    page = sign_in(AccountFactory(role=Role.AUDITOR)).get("/follow-ups/PAK-F001").text
    assert "GCTS-II-10" in page and "/remove" not in page


def confirming(browser: FlaskClient, address: str, data: dict[str, Any]) -> str:
    """The page that asks to confirm what was chosen: the form leads to it."""
    answer = browser.post(address, data=data)
    assert answer.status_code == 303, answer.text
    return browser.get(answer.location).text


def test_follow_ups_are_added_in_bulk_after_their_number_was_read(session: Any, browser: FlaskClient) -> None:
    FollowupFactory()
    data = {"followups": ["PAK-F001", "PAK-F002"], "reason": WHY}
    answer = browser.post(BULK, data=data)
    assert (answer.status_code, answer.location) == (303, f"{BULK}/confirm"), "going back sends no form again"
    assert "Link 2 follow-ups to GCTS-II-10?" in browser.get(answer.location).text
    assert linked(session) == [], "nothing before it was agreed to"
    confirmed = data | {"confirmed": "2", "request_key": KEY}
    answers = [browser.post(BULK, data=confirmed) for _time in range(3)]
    assert {(one.status_code, one.location) for one in answers} == {(303, "/measures/GCTS-II-10")}
    assert linked(session) == [("PAK-F001", "GCTS-II-10"), ("PAK-F002", "GCTS-II-10")]
    kind = Event.kind == "followup.measure_linked"
    assert session.scalar(sa.select(sa.func.count()).where(kind)) == 2


def test_all_that_the_filters_find(session: Any, browser: FlaskClient) -> None:
    FollowupFactory(title="Guard the border")
    FollowupFactory(title="Guard the harbour", area_code="BOR-01")
    FollowupFactory(title="Guard the ended", workflow=FollowupStatus.WITHDRAWN)
    session.commit()
    page = browser.get(f"{BULK}?q=guard").text
    assert offered(page, "followups") == ["PAK-F002", "PAK-F003"]
    assert "All 2 that the filters find" in page
    data = {"everything": "y", "reason": WHY}
    answer = browser.post(f"{BULK}?q=guard", data=data)
    assert answer.location == f"{BULK}/confirm?q=guard"
    read = browser.get(answer.location).text
    assert f'action="{BULK}?q=guard"' in read
    named = re.findall(r'name="followups" value="([^"]*)"', read)
    assert "Link 2 follow-ups to" in read and named == ["PAK-F002", "PAK-F003"]
    agreed = {"followups": named, "reason": WHY, "confirmed": "2"}
    assert browser.post(f"{BULK}?q=guard", data=agreed).status_code == 303
    assert [followup for followup, _measure in linked(session)] == ["PAK-F002", "PAK-F003"]
    assert offered(browser.get(f"{BULK}?area=BOR").text, "followups") == []


def test_applying_a_filter_keeps_ticks_and_reason(session: Any, browser: FlaskClient) -> None:
    FollowupFactory(title="Guard the harbour", area_code="BOR-01")
    session.commit()
    data = {"followups": ["PAK-F001"], "reason": WHY, "q": "harbour", "narrow": "1"}
    answer = browser.post(BULK, data=data)
    assert (answer.status_code, answer.location) == (303, f"{BULK}?q=harbour"), "going back sends no form again"
    page = browser.get(answer.location)
    assert linked(session) == [] and WHY in page.text
    assert offered(page.text, "followups") == ["PAK-F001", "PAK-F002"]
    assert re.search(r'value="PAK-F001"[^>]* checked', page.text)
    assert f'action="{BULK}?q=harbour"' in page.text and "Read and confirm what will be linked" in page.text


def test_ticks_and_reason_go_along_from_page_to_page(session: Any, browser: FlaskClient) -> None:
    for number in range(29):
        FollowupFactory(title=f"Guard the harbour {number}", area_code="ASY-01", text="")
    session.commit()
    first = browser.get(f"{BULK}?state=PAK&size=25").text
    here, away = offered(first, "followups")[:2]
    turn = unescape(re.findall(r'name="turn" value="1" formaction="([^"]+)">Next', first)[0])
    data = {"followups": [here, away], "reason": WHY, "q": "", "state": "PAK", "area": "", "turn": "1"}
    end = unescape(re.findall(r'name="turn" value="1" formaction="([^"]+)">Last', first)[0])
    at_end = browser.get(browser.post(end, data=data).location).text
    assert len(re.findall(r'name="followups"[^>]* checked', at_end)) == 2 and WHY in at_end
    answer = browser.post(turn, data=data)
    assert answer.status_code == 303 and parse_qs(urlsplit(answer.location).query) == parse_qs(urlsplit(turn).query)
    second = browser.get(answer.location)
    assert linked(session) == [] and WHY in second.text
    on_page = offered(second.text, "followups")
    assert on_page[:2] == [here, away] and len(on_page) == 2 + 5
    assert len(re.findall(r'name="followups"[^>]* checked', second.text)) == 2
    assert "2 follow-ups chosen so far; not on this page: 2." in second.text
    chosen = data | {"followups": on_page[:3], "reason": ""}
    del chosen["turn"]
    action = unescape(re.findall(r'<form class="form" method="post" action="([^"]+)"', second.text)[0])
    refused = browser.post(action, data=chosen)
    assert refused.status_code == 422 and offered(refused.text, "followups") == on_page, "the page that was open"
    assert "Link 3 follow-ups to" in confirming(browser, action, chosen | {"reason": WHY})
    back = unescape(re.findall(r'name="turn" value="1" formaction="([^"]+)">Clear', second.text)[0])
    assert "3 follow-ups chosen so far" in browser.get(back).text, "those that were sent last"
    assert "2 follow-ups chosen so far" in browser.post(back, data=data, follow_redirects=True).text


def test_going_back_finds_the_ticks_made_so_far(session: Any, browser: FlaskClient) -> None:
    FollowupFactory(title="Guard the harbour", area_code="BOR-01")
    session.commit()
    data = {"followups": ["PAK-F001"], "reason": WHY, "q": "harbour", "narrow": "1"}
    narrowed = browser.post(BULK, data=data).location
    assert "1 follow-up chosen so far" in browser.get(narrowed).text
    before = browser.get(BULK).text
    assert WHY in before and re.search(r'value="PAK-F001"[^>]* checked', before)
    other = browser.get("/measures/GCTS-II-1/follow-ups").text
    assert "chosen so far" not in other and WHY not in other, "each measure has its own"


def test_ticks_are_kept_until_they_are_linked_or_taken_off(session: Any, browser: FlaskClient, sign_in: SignIn) -> None:
    FollowupFactory()
    session.commit()
    data = {"followups": ["PAK-F001", "PAK-F002"], "everything": "y", "reason": WHY, "q": "", "narrow": "1"}
    browser.post(BULK, data=data)
    elsewhere = sign_in(AccountFactory(states=["PAK"])).get(BULK).text
    assert "chosen so far" not in elsewhere and WHY not in elsewhere, "nobody else's"
    page = browser.get(BULK).text
    assert "2 follow-ups chosen so far" in page and re.search(r'<input checked[^>]*name="everything"', page)
    assert 'name="turn" value="afresh"' in page
    page = browser.post(BULK, data=data | {"turn": "afresh"}, follow_redirects=True).text
    assert "chosen so far" not in page and " checked" not in page and WHY in page
    assert "Link 1 follow-up to" in confirming(browser, BULK, {"followups": ["PAK-F001"], "reason": WHY})
    assert "1 follow-up chosen so far" in browser.get(BULK).text, "going back from the confirmation"
    browser.post(BULK, data={"followups": ["PAK-F001"], "reason": WHY, "confirmed": "1"})
    page = browser.get(BULK).text
    assert "chosen so far" not in page and WHY not in page


def test_what_cannot_be_kept_is_said_at_once(session: Any, browser: FlaskClient) -> None:
    for path, ticks in ((BULK, {"followups": ["PAK-F001"]}), (PATH, {"measures": ["GCTS-II-10"]})):
        for reason in ("a" * 2001, "a\u202eb", "a\x07b"):
            answer = browser.post(path, data=ticks | {"reason": reason, "q": "x", "narrow": "1"})
            assert answer.status_code == 422 and "There is a problem" in answer.text, (path, reason[:5])
            assert " checked" in answer.text
        assert "checked" not in browser.get(path).text


def test_ticks_of_a_few_pages_are_kept(session: Any, browser: FlaskClient) -> None:
    paths = [f"/measures/GCTS-II-{number}/follow-ups" for number in range(1, 8)]
    for path in paths:
        browser.post(path, data={"followups": ["PAK-F001"], "reason": "", "q": "", "narrow": "1"})
    assert ["chosen so far" in browser.get(path).text for path in paths] == [False] * 2 + [True] * 5


def test_more_ticks_than_can_be_kept_are_not_dropped_without_a_word(
    session: Any, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice_fields, "MOST_CODES", 1)
    FollowupFactory()
    session.commit()
    data = {"followups": ["PAK-F001", "PAK-F002"], "reason": WHY}
    said = "1 can be chosen at once. The last 1 tick was not kept"
    answer = browser.post(BULK, data=data | {"turn": "1"})
    assert answer.status_code == 422 and said in answer.text
    answer = browser.post(BULK, data=data)
    assert answer.status_code == 422 and said in answer.text
    assert linked(session) == []


def test_nothing_ticked_and_no_reason_are_told_together(session: Any, browser: FlaskClient) -> None:
    page = browser.post(BULK, data={"reason": ""}).text
    assert "Tick a follow-up at least" in page and "Enter the reason" in page


def test_finding_other_measures_keeps_ticks_and_reason(session: Any, browser: FlaskClient) -> None:
    data: dict[str, Any] = {"measures": ["GCTS-II-10"], "reason": WHY, "q": "GCTS-I-1", "pillar": "", "narrow": "1"}
    answer = browser.post(PATH, data=data)
    assert (answer.status_code, answer.location) == (303, f"{PATH}?q=GCTS-I-1")
    page = browser.get(answer.location)
    assert linked(session) == [] and WHY in page.text
    assert offered(page.text, "measures")[0] == "GCTS-II-10" and "Ticked before" in page.text
    assert "GCTS-I-1" in offered(page.text, "measures")
    assert re.search(r'value="GCTS-II-10"[^>]* checked', page.text)
    del data["narrow"]
    data["measures"] = ["GCTS-II-10", "GCTS-I-1"]
    assert browser.post(f"{PATH}?q=GCTS-I-1", data=data).status_code == 303
    assert linked(session) == [("PAK-F001", "GCTS-I-1"), ("PAK-F001", "GCTS-II-10")]
    assert WHY not in browser.get(PATH).text, "what was linked is not offered again"


def test_what_is_linked_already_is_said(session: Any, browser: FlaskClient) -> None:
    link(browser, "GCTS-II-10")
    data = {"followups": ["PAK-F001"], "reason": WHY, "confirmed": "1"}
    browser.post(BULK, data=data)
    assert "Nothing was changed: they serve GCTS-II-10 already." in browser.get("/measures/GCTS-II-10").text
    link(browser, "GCTS-II-10")
    assert "Nothing was changed: PAK-F001 serves them already." in browser.get("/follow-ups/PAK-F001").text


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (1, "Of 3 follow-ups 2 were linked to GCTS-II-10; the rest served it already."),
        (2, "Of 3 follow-ups 1 was linked to GCTS-II-10; the rest served it already."),
        (0, "3 follow-ups now serve GCTS-II-10."),
    ],
)
def test_how_many_of_several_were_linked_is_one_sentence(
    session: Any, browser: FlaskClient, before: int, said: str
) -> None:
    FollowupFactory.create_batch(2)
    data = {"reason": WHY, "confirmed": "3", "followups": ["PAK-F001", "PAK-F002", "PAK-F003"]}
    browser.post(BULK, data=data | {"confirmed": str(before), "followups": data["followups"][:before]})
    browser.get("/measures/GCTS-II-10")
    browser.post(BULK, data=data)
    assert said in browser.get("/measures/GCTS-II-10").text


def test_follow_ups_are_suggested_with_the_reason(session: Any, browser: FlaskClient) -> None:
    FollowupFactory(area_code="ASY-01", title="Shelter", text="")
    session.commit()
    page = browser.get(BULK).text
    assert page.index('id="suggested"') < page.index('id="followup-PAK-F001"') < page.index('id="followups"')
    assert page.index('id="followups"') < page.index('id="followup-PAK-F002"')
    assert "The area relates to this pillar." in page
    unmapped = "The map of areas and pillars gives no pillar for"
    assert f"{unmapped} ASY-01<" in re.sub("</?bdi[^>]*>", "", page), "the others have no follow-up here"
    assert "So follow-ups on them are suggested by their words alone." in page
    assert "Administrators keep the map" in page and "/help" not in page[page.index(unmapped) :].partition("</p>")[0]
    narrowed = browser.get(f"{BULK}?state=PAK").text
    assert 'id="suggested"' not in narrowed and unmapped not in narrowed, "nothing is suggested there"
    said = browser.get("/follow-ups/PAK-F002/measures").text
    assert f"{unmapped} ASY-01" in re.sub("</?bdi[^>]*>", "", said)


def test_areas_without_a_pillar_are_told_only_where_a_follow_up_is_on_one(session: Any, browser: FlaskClient) -> None:
    FollowupFactory(area_code=None, title="Shelter", text="")
    session.commit()
    for path in (BULK, "/follow-ups/PAK-F002/measures"):
        assert "gives no pillar for" not in browser.get(path).text, path


def test_the_page_to_confirm_stays_until_it_is_done(session: Any, browser: FlaskClient) -> None:
    nothing = browser.get(f"{BULK}/confirm?q=bill")
    assert (nothing.status_code, nothing.location) == (303, f"{BULK}?q=bill"), "nothing waits"
    page = confirming(browser, BULK, {"followups": ["PAK-F001"], "reason": WHY})
    assert "Link 1 follow-up to" in browser.get(f"{BULK}/confirm").text, "asked for again"
    read = next(one for one in forms(page) if one.action == BULK).data()
    assert browser.post(BULK, data=read).location == "/measures/GCTS-II-10"
    assert linked(session) == [("PAK-F001", "GCTS-II-10")]
    assert browser.get(f"{BULK}/confirm").location == BULK, "it is done"


def test_another_number_than_was_read_is_read_again(session: Any, browser: FlaskClient) -> None:
    data = {"everything": "y", "reason": WHY, "confirmed": "1"}
    FollowupFactory()
    session.commit()
    assert "Link 2 follow-ups to GCTS-II-10?" in confirming(browser, BULK, data)
    assert linked(session) == []


def test_what_was_agreed_to_holds_for_what_was_read_alone(session: Any, browser: FlaskClient) -> None:
    FollowupFactory()
    session.commit()
    page = confirming(browser, BULK, {"followups": ["PAK-F001"], "reason": WHY})
    read = next(one for one in forms(page) if one.action == BULK).data()
    assert read["confirmed"] == ["1"] and "Change what is chosen" in page
    page = browser.post(BULK, data=read | {"turn": "1"}, follow_redirects=True).text
    again = next(one for one in forms(page) if one.action == BULK).data()
    assert (again["followups"], again["reason"]) == (["PAK-F001"], [WHY])
    page = confirming(browser, BULK, again | {"followups": ["PAK-F002"]})
    assert "Link 1 follow-up to GCTS-II-10?" in page and "PAK-F002" in page and "PAK-F001" not in page
    assert linked(session) == []


def test_too_many_at_once_are_refused(session: Any, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST_AT_ONCE", 1)
    FollowupFactory()
    session.commit()
    assert "The filters find 2 follow-ups" in browser.get(BULK).text
    answer = browser.post(BULK, data={"everything": "y", "reason": WHY, "confirmed": "2"})
    assert answer.status_code == 422 and "or fewer at once" in answer.text
    assert linked(session) == []


def test_nothing_ticked_and_no_reason(session: Any, browser: FlaskClient) -> None:
    answer = browser.post(BULK, data={"reason": WHY})
    assert answer.status_code == 422 and "Tick a follow-up at least" in answer.text
    answer = browser.post(BULK, data={"followups": ["PAK-F001"], "reason": ""})
    assert answer.status_code == 422 and "Enter the reason" in answer.text
    assert offered(answer.text, "followups") == ["PAK-F001"] and "checked" in answer.text


def test_every_reference_opens_its_record(session: Any, browser: FlaskClient) -> None:
    link(browser, "GCTS-II-1")
    data = {"followups": ["PAK-F001"], "reason": WHY}
    for page, paths in (
        (browser.get(PATH), ("/follow-ups/PAK-F001", "/measures/GCTS-II-1", "/measures/GCTS-II-10")),
        (browser.get(f"{PATH}?q=GCTS-II-10"), ("/measures/GCTS-II-10",)),
        (browser.get(BULK), ("/follow-ups/PAK-F001", "/measures/GCTS-II-10")),
        (browser.post(BULK, data=data, follow_redirects=True), ("/follow-ups/PAK-F001", "/measures/GCTS-II-10")),
        (browser.get(f"{PATH}/GCTS-II-1/remove"), ("/follow-ups/PAK-F001", "/measures/GCTS-II-1")),
    ):
        for path in paths:
            assert re.search(rf'href="{path}["#]', page.text), path
    page = browser.get(BULK).text
    assert 'aria-labelledby="name-PAK-F001 title-PAK-F001"' in page, "the box is named by the link and the title"
    assert 'id="name-PAK-F001"' in page and '<label for="followup-PAK-F001" id="title-PAK-F001">' in page


def test_out_of_scope_is_neither_offered_nor_linked(session: Any, browser: FlaskClient) -> None:
    FollowupFactory(state_id="IND")
    session.commit()
    assert offered(browser.get(BULK).text, "followups") == ["PAK-F001"]
    answer = browser.post(BULK, data={"followups": ["IND-F001"], "reason": WHY, "confirmed": "1"})
    unknown = browser.post(BULK, data={"followups": ["IND-F999"], "reason": WHY, "confirmed": "1"})
    assert answer.status_code == unknown.status_code == 422
    assert "“IND-F001” is not one of the choices" in answer.text
    assert "Link 1 follow-up to" in confirming(browser, BULK, {"everything": "y", "reason": WHY})


def test_a_regional_measure_takes_follow_ups_of_its_states(session: Any, browser: FlaskClient) -> None:
    plan = PlanFactory(participants=("KGZ",))
    measure = MeasureFactory(plan=plan)
    history.record("plan.edited", plan, by=None)
    session.commit()
    path = f"/measures/{measure.reference}/follow-ups"
    page = browser.get(path).text
    assert offered(page, "followups") == [] and 'value="PAK"' not in page
    assert browser.post(path, data={"everything": "y", "reason": WHY}).status_code == 422


def test_follow_ups_are_added_by_those_who_have_a_state_that_takes_part(session: Any, sign_in: SignIn) -> None:
    measure = MeasureFactory(plan=PlanFactory(participants=("KGZ",), observers=("UZB",)))
    session.commit()
    regional, strategy = f"/measures/{measure.reference}", "/measures/GCTS-II-10"
    for states, is_offered in ((["PAK", "UZB"], False), (["PAK", "KGZ"], True)):
        browser = sign_in(AccountFactory(states=states))
        assert (f'href="{regional}/follow-ups"' in browser.get(regional).text) is is_offered, states
        assert f'href="{strategy}/follow-ups"' in browser.get(strategy).text, "all States carry out the Strategy"


def test_an_unknown_measure_is_not_there(session: Any, browser: FlaskClient) -> None:
    assert browser.get("/measures/GCTS-II-99/follow-ups").status_code == 404


def test_more_rows_take_no_more_statements(session: Any, browser: FlaskClient) -> None:
    paths = (PATH, f"{PATH}?q=terror", BULK, f"{BULK}?q=bill")
    few = {path: statements(browser, path) for path in paths}
    for _each in range(30):
        FollowupFactory()
    session.commit()
    assert {path: statements(browser, path) for path in paths} == few
    assert max(few.values()) <= 10


def test_another_choice_on_an_old_page_is_another_request(session: Any, browser: FlaskClient) -> None:
    for reference, reason in (("GCTS-II-10", WHY), ("GCTS-II-13", "Customs are meant, too.")):
        data = {"measures": [reference], "reason": reason, "request_key": KEY}
        assert browser.post(PATH, data=data).status_code == 303
    assert len(linked(session)) == 2
    assert "Customs are meant, too." in browser.get("/follow-ups/PAK-F001").text


def test_plan_and_pillar_are_one_reference_in_every_direction(session: Any, browser: FlaskClient) -> None:
    assert re.search(r"<bdi[^>]*>GCTS II</bdi>", browser.get(PATH).text)
    link(browser, "GCTS-II-10")
    assert re.search(r"<bdi[^>]*>GCTS II</bdi></a>", browser.get("/states/PAK").text)


@pytest.mark.parametrize("path", [PATH, BULK])
def test_words_that_no_address_can_hold_are_refused_on_the_page_itself(browser: FlaskClient, path: str) -> None:
    ticks = {"measures": "GCTS-II-1", "followups": "PAK-F001"}
    answer = browser.post(path, data={**ticks, "q": "Ж" * 20_000, "narrow": "1"})
    assert answer.status_code == 200, "an address of that length comes back from a server on the way as its fault"
    assert "500 characters or less" in text_of(answer.text)
    ticked = re.findall(r'value="([^"]*)"[^>]* checked', answer.text)
    assert ticked == (["PAK-F001"] if path == BULK else ["GCTS-II-1"])
