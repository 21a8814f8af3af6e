"""Search over all nouns: what is found and in which order, what is out of scope, odd words, and what it costs."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.counting import sent_by, statements
from tests.factories import (
    AccountFactory,
    ConclusionFactory,
    FollowupFactory,
    MeasureFactory,
    MeetingFactory,
    PlanFactory,
    VisitFactory,
)
from tracker.extensions import db
from tracker.models import Area, AreaEdition, Mark, Resolution, Role
from tracker.reports import listing, search

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


@pytest.mark.parametrize("most", [1_000, 11])
@pytest.mark.parametrize("part", ["title", "text"])
def test_of_hits_that_rank_alike_the_latest_are_shown(
    browser: FlaskClient, monkeypatch: pytest.MonkeyPatch, part: str, most: int
) -> None:
    for module in (listing, search):
        monkeypatch.setattr(module, "MOST_COUNTED", most)
    for name in ("_indexed", "_records"):
        monkeypatch.setattr(search, name, getattr(search, name).__wrapped__)
    for _each in range(12):
        FollowupFactory(**{"title": "Guard the gate", part: "Guard the harbour"})
    FollowupFactory(state_id="KAZ", title="Guard the gate", text="")
    latest = [f"PAK-F{number:03}" for number in range(12, 2, -1)]
    for typed in ("harbour", "harb", '"the harbour"', "guard harb"):
        assert found(browser, typed) == latest, typed
        assert ">All 12<" in browser.get("/search", query_string={"q": typed}).text, typed


def test_postgresql_looks_through_no_text_where_the_titles_suffice(
    session: Any, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    if db.engine.dialect.name == "sqlite":  # its index is in order, so that it stops by itself
        return
    monkeypatch.setattr(search, "MOST_COUNTED", 3)
    monkeypatch.setattr(search, "_indexed", search._indexed.__wrapped__)
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        sent.append((statement, parameters))

    for _each in range(4):
        FollowupFactory(title="Guard the harbour", text="")
    FollowupFactory(title="Guard the gate", text="In the harbour")
    sa.event.listen(db.engine, "before_cursor_execute", note)
    for words, are_texts_left in (("harbour", True), ("gate", False)):
        sent.clear()
        browser.get("/search", query_string={"q": words})
        statement, parameters = next(one for one in sent if "followup_very_1" in one[0])
        plan = session.connection().exec_driver_sql(f"EXPLAIN ANALYZE {statement}", parameters).scalars().all()
        texts = "\n".join(plan).partition("CTE followup_very_2")[2].partition("\n  CTE ")[0]
        scan = texts.partition("Scan on search_index")[2].partition("\n")[0]
        assert ("never executed" in scan) is are_texts_left, words
    sa.event.remove(db.engine, "before_cursor_execute", note)


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
    matrix = f"{conclusion.visit.reference}-M"
    assert browser.get("/search", query_string={"q": matrix}).location == f"/visits/{conclusion.visit.reference}/matrix"
    PlanFactory(code="CA-M")
    assert browser.get("/search?q=ca-m").location == "/plans/CA-M", "a plan may be called so"


def test_plans_measures_and_meetings_are_found_by_everyone(session: Any, sign_in: SignIn) -> None:
    plan = PlanFactory(code="CA-2011", title="Joint plan of the valleys")
    measure = MeasureFactory(plan=plan, text="Watch the valleys together.")
    meeting = MeetingFactory(title="Meeting on the valleys")
    browser = sign_in(AccountFactory(role=Role.ANALYST, states=["PAK"]))
    assert found(browser, "valleys") == [measure.reference, plan.code, meeting.reference]
    page = browser.get("/search?q=valleys").text
    assert 'href="/meetings?q=valleys">All 1<' in page
    assert "29 March 2011" in page and 'All 1<span class="visually-hidden">: Plans' not in page


@pytest.mark.parametrize(
    ("typed", "page"), [("ca-2011", "plans"), ("CA-2011-M01", "measures"), ("MTG-2011-1", "meetings")]
)
def test_a_reference_of_what_belongs_to_no_state_leads_to_its_page(browser: FlaskClient, typed: str, page: str) -> None:
    MeasureFactory(plan=PlanFactory(code="CA-2011"))
    MeetingFactory()
    assert browser.get("/search", query_string={"q": typed}).location == f"/{page}/{typed.upper()}"


def test_where_there_is_no_list_the_page_says_how_many_there_are(browser: FlaskClient) -> None:
    plan = PlanFactory()
    for _number in range(12):
        MeasureFactory(plan=plan, text="Guard the quay.")
    assert "The first 10 of 12" in browser.get("/search?q=quay").text


def test_a_reference_out_of_scope_leads_nowhere(browser: FlaskClient) -> None:
    FollowupFactory(state_id="KEN")
    page = browser.get("/search?q=KEN-F001")
    assert page.status_code == 200
    assert "Nothing in your scope holds all of these words" in page.text


@pytest.mark.parametrize("q", ["пакистан", "pakistan", '"Pakistan"'])
def test_a_member_state_is_found_by_any_of_its_names(browser: FlaskClient, q: str) -> None:
    assert 'href="/states/PAK">' in browser.get("/search", query_string={"q": q}).text
    assert 'href="/states/KEN">' not in browser.get("/search?q=kenya").text


@pytest.mark.parametrize(("q", "meant"), [("пакистан", "Пакистан"), ("pakistan", ""), ("PAK", ""), ("MAR", "")])
def test_a_member_state_that_was_asked_for_by_another_name_shows_it(browser: FlaskClient, q: str, meant: str) -> None:
    page = re.sub(r"<[^>]+>", "", browser.get("/search", query_string={"q": q}).text)
    assert (f"Pakistan ({meant})" in page) if meant else not re.search(r"(Pakistan|Morocco) \(", page)


@pytest.mark.parametrize("address", ["/search?q=%00", "/follow-ups?q=bill%00&sort=due", "/search?q=%ff"])
def test_a_character_that_no_text_can_hold_is_named_and_a_way_on_offered(browser: FlaskClient, address: str) -> None:
    answer = browser.get(address)
    assert answer.status_code == 400
    assert "a character that no text here can hold" in answer.text
    assert f'<a href="{address.partition("?")[0]}">Open the page without the question</a>' in answer.text


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
    first = page.partition('id="found-measure"')[0]
    assert first.count('data-label="Text"') == 10 and ">All 25<" in first
    assert statements(browser, "/search?q=terrorist") == 6
    assert statements(browser, "/search?q=nothing") == 5  # no record is read
    assert statements(browser, "/search?q=PAK-G") == 6, "a reference, but no word that only begins so is looked for"
    assert statements(browser, '/search?q="the act"') == 4, "nor is it a reference"


def test_a_reference_is_found_without_looking_for_words(browser: FlaskClient) -> None:
    followup = FollowupFactory()
    answer = browser.get(f"/search?q={followup.reference.lower()}")
    assert answer.headers["Location"].endswith(f"/follow-ups/{followup.reference}")
    assert browser.get("/search?q=gcts").headers["Location"].endswith("/plans/GCTS")
    sent = sent_by(lambda: browser.get(f"/search?q={followup.reference}"))
    assert not any("search_" in statement for statement in sent)


def labelled(browser: FlaskClient, q: str) -> list[str]:
    """The links to areas, resolutions and paragraphs."""
    page = browser.get("/search", query_string={"q": q}).text
    card = page.partition('id="catalogue-title"')[2].partition("</section>")[0]
    return re.findall(r'<a href="(/[^"]+)"', card)


@pytest.mark.parametrize(
    ("q", "first"),
    [
        ("financing offence", "/areas/FIN-02"),
        ("FIN-0", "/areas/FIN-01"),
        ("1373", "/resolutions/1373"),
        ("S/RES/1373", "/resolutions/1373"),
        ("1373 2(e)", "/resolutions/1373#p-2e"),
        ("1373-2(E)", "/resolutions/1373#p-2e"),
        ("1373 2", "/resolutions/1373#p-2a"),
        ("2(e)", "/resolutions/1373#p-2e"),
    ],
)
def test_areas_resolutions_and_paragraphs_are_found(browser: FlaskClient, q: str, first: str) -> None:
    assert labelled(browser, q)[0] == first
    assert "Nothing in your scope" not in browser.get("/search", query_string={"q": q}).text


def test_the_code_of_an_area_leads_to_its_page(browser: FlaskClient) -> None:
    for typed in ("FIN-02", "fin-02 "):
        assert browser.get("/search", query_string={"q": typed}).location == "/areas/FIN-02"


def test_the_code_of_a_top_area_is_a_word_like_any_other_and_its_area_stands_first(browser: FlaskClient) -> None:
    FollowupFactory(title="Adopt the law on asset freezing")
    for typed in ("law", "LAW", "fin", "sup", "leg"):
        assert labelled(browser, typed)[0] == f"/areas/{typed.upper()}", typed
    assert "PAK-F001" in found(browser, "law")


def test_an_area_is_found_by_its_new_words_as_soon_as_it_is_reworded(session: Any, browser: FlaskClient) -> None:
    assert labelled(browser, "bankers") == []
    area = session.get(Area, "FIN-02")
    area.editions.append(AreaEdition(edition=2, title="The bankers’ offence", description="", valid_from=None))
    area.current_edition = 2
    assert labelled(browser, "bankers") == ["/areas/FIN-02"]
    assert "The <mark>bankers</mark>’ offence" in browser.get("/search?q=bankers").text
    assert "/areas/FIN-02" not in labelled(browser, "financing offence")


def test_a_resolution_is_found_as_soon_as_it_is_loaded(session: Any, browser: FlaskClient) -> None:
    assert labelled(browser, "9999") == []
    session.add(Resolution(number=9999, symbol="S/RES/9999", title="Bankers", adopted_on=date(2026, 11, 1)))
    session.get(Mark, "reference").value = "other files"
    assert labelled(browser, "9999") == labelled(browser, "bankers") == ["/resolutions/9999"]


def test_a_text_names_no_paragraph(browser: FlaskClient) -> None:
    assert labelled(browser, "quay") == labelled(browser, "1373 99") == []


def beginning(browser: FlaskClient, q: str, noun: str) -> list[str]:
    page = browser.get("/search", query_string={"q": q}).text
    card = page.partition(f'id="found-{noun}"')[2].partition("</section>")[0]
    return re.findall(r'<th scope="row"><a class="record-link"[^>]*><bdi[^>]*>([^<]+)<', card)


def test_the_beginning_of_a_reference_finds_the_records_whose_reference_begins_so(browser: FlaskClient) -> None:
    visit = VisitFactory(year=2006)
    conclusion = ConclusionFactory(visit=visit)
    VisitFactory(year=2010)
    for state in ("PAK", "KAZ", "KEN"):
        for _each in range(12):
            FollowupFactory(state_id=state)
    first_ten = [f"PAK-F{number:03}" for number in range(12, 2, -1)]
    for typed in ("PAK-F", "pak-f", "PAK-F0"):
        assert beginning(browser, typed, "followup") == first_ten, typed
    assert beginning(browser, "PAK-F01", "followup")[:3] == ["PAK-F012", "PAK-F011", "PAK-F010"]
    assert beginning(browser, "PAK-20", "visit") == ["PAK-2010-1", "PAK-2006-1"]
    assert beginning(browser, "PAK-2006", "visit") == [visit.reference]
    assert beginning(browser, "PAK-2006-1-C", "conclusion") == [conclusion.reference]
    for typed in ("KEN-F", "PAK-G", "PAK-F%", "PA-F"):
        assert beginning(browser, typed, "followup") == [], typed


def test_the_beginning_of_a_reference_leads_to_the_list_that_says_the_same(browser: FlaskClient) -> None:
    conclusion = ConclusionFactory()
    for _each in range(12):
        FollowupFactory(state_id="PAK")
    visit = conclusion.visit.reference
    for typed, href, count in (
        ("pak-f", "/follow-ups?reference=PAK-F", 12),
        ("PAK-F0", "/follow-ups?reference=PAK-F0", 12),
        ("PAK-F01", "/follow-ups?reference=PAK-F01", 3),
        (f"{visit}-c", f"/conclusions?reference={visit}-C", 1),
        ("PAK-20", "/visits?reference=PAK-20", 1),
    ):
        assert f'<a href="{href}">All {count}<' in browser.get(f"/search?q={typed}").text, typed
        page = browser.get(href).text
        assert page.count('<th scope="row">') == count, href
        assert "egins with" in page, "the list says how it is narrowed"
    assert "is no beginning of a reference: write it like PAK-F0" in browser.get("/follow-ups?reference=F0").text


LANGUAGES = {
    "Contrôle des frontières maritimes": ["controle", "FRONTIÈRES", '"des frontieres maritimes"'],
    "Пограничный контроль в портах": ["контрол", "ПОГРАНИЧНЫЙ"],
    "مكافحة تمويل الإرهاب": ["الارهاب", "إرهاب", "تمويل"],
    "加强边境管理机构之间的信息交流": ["边境", "信息交流", "流"],
    "Sınır kontrolü": ["sinir", "KONTROLU"],
}


@pytest.mark.parametrize("title", LANGUAGES)
def test_words_are_found_in_any_script_without_accents_and_shown_where_they_stand(
    browser: FlaskClient, title: str
) -> None:
    FollowupFactory(title=title)
    FollowupFactory(title="Something else")
    for typed in LANGUAGES[title]:
        page = browser.get("/search", query_string={"q": typed}).text
        assert found(browser, typed) == ["PAK-F001"], typed
        assert "<mark>" in page, typed
        assert "1 follow-up" in browser.get("/follow-ups", query_string={"q": typed}).text


@pytest.mark.parametrize(
    ("typed", "title", "marked"),
    [
        ("strasse", "Die Straße sperren", ["Straße"]),
        ("stras", "Die Straßen sperren", ["Straßen"]),
        ("straße sperren", "STRASSE sperren, Grosse Straße", ["STRASSE", "sperren", "Straße"]),
        ("office", "The o\ufb03ce of the prosecutor", ["o\ufb03ce"]),
        ("fence", "The F\N{COMBINING ACUTE ACCENT}e\N{COMBINING CEDILLA}nce\N{COMBINING ACUTE ACCENT}!", 1),
        ("km2", "An area of 12 km² or 3 ㎢", ["km²", "㎢"]),
        ('"guard the port"', "Guard, the –PORT", ["Guard, the –PORT"]),
        ("istanbul", "İstanbul and ISTANBUL", ["İstanbul", "ISTANBUL"]),
        ('"مكافحة الإرهاب"', "قانون مكافحة الإرهاب", ["مكافحة الإرهاب"]),
        ("port", "Airport_port-side", ["port"]),
    ],
)
def test_the_marks_stand_on_the_letters_as_they_were_typed(
    browser: FlaskClient, typed: str, title: str, marked: list[str] | int
) -> None:
    FollowupFactory(title=title)
    page = browser.get("/search", query_string={"q": typed}).text
    shown = re.findall(r"<div><bdi>(.*?)</bdi></div>", page)
    assert re.sub("</?mark>", "", shown[0]) == title, "nothing of the title is changed"
    marks = re.findall("<mark>(.*?)</mark>", shown[0])
    assert marks == ([title[4:-1]] if marked == 1 else marked)


def test_an_area_says_which_words_of_its_description_were_found(browser: FlaskClient) -> None:
    page = browser.get("/search?q=crowdfunding").text
    area = re.search(r'<a href="/areas/FIN-06">(.*?)</li>', page, re.DOTALL)
    assert area is not None and "virtual assets and <mark>crowdfunding</mark> are supervised" in area[1]
    by_title = browser.get("/search?q=cash+couriers").text
    assert "Remittance, <mark>cash</mark> <mark>couriers</mark> and" in by_title


def test_words_are_found_in_any_order_and_by_their_beginning(browser: FlaskClient) -> None:
    FollowupFactory(title="Inspect ports", text="Every container from abroad is to be declared.")
    for typed in ("container inspect", "PORTS contain", "decl abroad ports", "pak contain"):
        assert found(browser, typed) == ["PAK-F001"], typed
    assert found(browser, "tainer") == []
    assert found(browser, '"to declared"') == []


def test_the_text_is_shown_around_the_first_word_that_matches(browser: FlaskClient) -> None:
    FollowupFactory(
        title="Adopt the act", text="Much is said before. " * 40 + "The quay has no fence. " + "And after. " * 40
    )
    page = browser.get("/search?q=quay").text
    assert re.search(r"… [^<]*<mark>quay</mark> has no fence\.[^<]* …", page)


@pytest.mark.parametrize(
    "q",
    [
        "AND OR NOT NEAR",
        'words:x" OR "y',
        "@followup #pak ^f001 ~bill",
        "'); DROP TABLE search_row; --",
        "(((((",
        "a*b*c*",
        "x:* & !y | z <-> w",
        "{reference}: x",
        "﷽",
        "🙂",
        "\u200e\u200f",
        "²³¹ ½",
        "ａｂｃ",
    ],
)
def test_a_hostile_query_is_answered_politely(browser: FlaskClient, q: str) -> None:
    FollowupFactory()
    for path in ("/search", "/follow-ups", "/conclusions", "/visits", "/states"):
        assert browser.get(path, query_string={"q": q}).status_code == 200, (path, q)


@pytest.mark.parametrize("narrowed", [{}, {"state": "PAK"}, {"overdue": "1"}, {"state": "KAZ", "sort": "updated"}])
def test_words_of_many_records_give_the_same_rows_as_words_of_few(
    browser: FlaskClient, monkeypatch: pytest.MonkeyPatch, narrowed: dict[str, str]
) -> None:
    for number in range(6):
        state = "PAK" if number % 2 else "KAZ"
        FollowupFactory(title="Guard the harbour" if number % 3 else "Guard the gate", state_id=state)
    FollowupFactory(title="Guard the harbour", state_id="KEN")
    listed = re.compile(r'href="/follow-ups/([A-Z]{3}-F\d+)"')
    address = {"q": "guard harb", "count": "exact"} | narrowed
    by_index = browser.get("/follow-ups", query_string=address).text
    monkeypatch.setattr(listing, "MOST_COUNTED", 1)
    in_order = browser.get("/follow-ups", query_string=address).text
    assert listed.findall(by_index) == listed.findall(in_order)
    assert re.findall(r"\d+ follow-ups?", by_index) == re.findall(r"\d+ follow-ups?", in_order)


@pytest.mark.parametrize(
    ("typed", "text", "marked"),
    [("2006", "自2006年反恐", ["2006"]), ("200", "2006年反恐 12006", ["2006"]), ("反恐", "2006年反恐法", ["反恐"])],
)
def test_words_are_marked_among_those_that_are_written_without_blanks(typed: str, text: str, marked: list[str]) -> None:
    assert [piece.text for piece in search.highlighter(typed).pieces(text) if piece.is_match] == marked


def test_no_list_is_offered_that_holds_but_the_words_where_references_only_begin_so(browser: FlaskClient) -> None:
    FollowupFactory(title="As PAK F1 said")
    for number in range(100, 112):
        FollowupFactory(number=number, reference=f"PAK-F{number}")
    page = browser.get("/search?q=PAK-F1").text
    assert "/follow-ups?q=" not in page
    assert found(browser, "PAK-F1")[0] == "PAK-F111"
    assert "The first 10 of 13" in page


def test_a_sign_that_holds_two_words_is_shown_once() -> None:
    for typed, text in (("1 2", "In ½ a year"), ("株式 会社", "The ㍿ bank")):
        assert "".join(piece.text for piece in search.highlighter(typed).pieces(text)) == text
