"""Every page in every dress: wide, narrow and very narrow, light and dark, from right to left, and on paper (R36).

Everywhere the cheap checks: no sideways scroll, one h1, a silent console. Axe looks at each page wide and light, and
where colours and targets change: in the dark, and very narrow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.browser import axe
from tests.journeys.hands import press

SignIn = Callable[..., Page]

NO_PAGE = "/no/such/page"
OF_ANALYST = (
    "/",
    "/my-work/returned",
    "/my-work/asked",
    "/visits",
    "/visits?region=142&columns=dates,type,sequence,mode,stage,tour,conclusions,followups,sharing",
    "/visits/new",
    "/visits/PAK-2006-1",
    "/visits/PAK-2006-1/edit",
    "/visits/PAK-2006-1/stage",
    "/visits/PAK-2006-1/scope",
    "/visits/PAK-2006-1/resolutions",
    "/visits/PAK-2006-1/delegation/new",
    "/visits/PAK-2006-1/matrix",
    "/visits/PAK-2006-1/matrix/FIN-02",
    "/visits/PAK-2006-1/conclusions/new",
    "/conclusions",
    "/conclusions/PAK-2006-1-C1",
    "/follow-ups",
    "/follow-ups/new",
    "/follow-ups/new?state=PAK",
    "/follow-ups/PAK-F001",
    "/follow-ups/PAK-F001/edit",
    "/follow-ups/PAK-F001/evidence",
    "/follow-ups/PAK-F001/responses",
    "/review/followup/PAK-F001",
    "/states",
    "/states/PAK",
    "/areas",
    "/areas/FIN-02",
    "/resolutions",
    "/resolutions/1373",
    "/plans",
    "/reports",
    "/reports/status",
    "/inbox",
    "/account",
    "/account/password",
    "/account/sessions",
    "/account/factor",
    "/help",
    NO_PAGE,
)
OF_REVIEWER = ("/", "/review", "/review/extensions")
OF_AUDITOR = ("/", "/audit")
OF_COORDINATOR = (
    "/coverage",
    "/coverage?region=142",
    "/coverage?region=034&area=INC",
    "/coverage?by=pillar",
    "/gaps",
    "/gaps?region=143&years=10",
    "/gaps/areas?state=PAK&years=10",
    "/gaps/scope",
    "/gaps/cells",
    "/plans",
    "/plans/GCTS",
    "/plans/CA-2011",
    "/plans/new",
    "/plans/CA-2011/edit",
    "/plans/CA-2011/order",
    "/plans/CA-2011/phases/new",
    "/plans/CA-2011/measures/new",
    "/plans/CA-2011/import",
    "/measures/CA-2011-M08",
    "/measures/CA-2011-M08/edit",
    "/measures/CA-2011-M08/status",
    "/measures/CA-2011-M08/retire",
    "/measures/CA-2011-M08/cells/KGZ",
    "/gaps/plans",
    "/my-work/past-deadline",
    "/",
    "/measures/GCTS-II-10",
    "/measures/GCTS-II-10/follow-ups",
    "/plans/CA-2011/board",
    "/meetings",
    "/meetings/new",
    "/meetings/MTG-2011-1",
    "/meetings/MTG-2011-1/outcomes/new",
    "/reports/action-plan",
)
OF_ADMINISTRATOR = ("/", "/admin/people", "/admin/people/new")
PAGES = {
    "analyst": OF_ANALYST,
    "reviewer": OF_REVIEWER,
    "coordinator": OF_COORDINATOR,
    "auditor": OF_AUDITOR,
    "administrator": OF_ADMINISTRATOR,
}
PUBLIC = ("/login", "/login/forgotten")
LOOKED_AT_CLOSELY = (
    "/",
    "/visits/PAK-2006-1",
    "/follow-ups",
    "/follow-ups/PAK-F001",
    "/reports/status",
    "/coverage",
    "/measures/CA-2011-M08",
)
"""Pages that axe reads from right to left, where what stands beside each other is another."""

WIDTHS = (1280, 390, 320)
SCROLLS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SIGN_THAT_EMPTIES = 18  # in a field to search with, at its end
ROOM_BESIDE_PLACEHOLDER = f"""(field) => {{
    const style = getComputedStyle(field), pen = document.createElement("canvas").getContext("2d");
    pen.font = style.font;
    const room = field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    return room - {SIGN_THAT_EMPTIES} - pen.measureText(field.placeholder).width;
}}"""
GAPS = """(fields) => {
    let bottom = document.querySelector(".filter-form").getBoundingClientRect().top;
    return fields.filter((field) => {
        const box = field.getBoundingClientRect(), gap = box.top - bottom;
        bottom = Math.max(bottom, box.bottom);
        return gap > 16;
    }).map((field) => field.innerText);
}"""
WIDEST = """() => [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > innerWidth + 1
        || element.getBoundingClientRect().left < -1)
    .slice(0, 5).map((element) => element.outerHTML.slice(0, 160))"""


def opens(page: Page, address: str) -> None:
    """Go there; the page must be the one that is meant."""
    answer = page.goto(address)
    assert answer and answer.status == (404 if address == NO_PAGE else 200), f"{address}: {answer and answer.status}"


def look_at(page: Page, where: str, faults: list[str]) -> None:
    """The cheap checks of a page as it stands."""
    beyond = page.evaluate(SCROLLS)
    if beyond > 0:
        faults.append(f"{where}: scrolls sideways by {beyond} px: {page.evaluate(WIDEST)}")
    if page.locator("h1").count() != 1:
        faults.append(f"{where}: {page.locator('h1').count()} h1")


def axe_at(page: Page, where: str, faults: list[str]) -> None:
    try:
        axe(page)
    except AssertionError as found:
        faults.append(f"{where}: {found}")


@pytest.mark.parametrize("role", PAGES)
def test_pages_in_every_width_and_colour(sign_in_as: SignIn, role: str) -> None:
    page = sign_in_as(role, reduced_motion="reduce")  # else axe may look while a colour is on its way
    faults: list[str] = []
    for address in PAGES[role]:
        page.set_viewport_size({"width": 1280, "height": 800})
        page.emulate_media(color_scheme="light")
        opens(page, address)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            for colour in ("light", "dark"):
                page.emulate_media(color_scheme=colour)
                where = f"{address} at {width}, {colour}"
                look_at(page, where, faults)
                if (width, colour) in ((1280, "light"), (320, "dark")):
                    axe_at(page, where, faults)
    assert not faults, "\n".join(faults)


def test_in_a_low_window_the_way_out_stays_in_sight(sign_in_as: SignIn) -> None:
    page = sign_in_as("coordinator")
    page.set_viewport_size({"width": 1280, "height": 640})
    for address in ("/", "/plans/CA-2011"):
        opens(page, address)
        expect(page.get_by_role("button", name="Sign out")).to_be_in_viewport(ratio=1)
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Help").focus()
        expect(page.get_by_role("link", name="Help").first).to_be_in_viewport(ratio=1)
        expect(page.get_by_role("button", name="Sign out")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("role", ["analyst", "reviewer", "auditor"])
def test_in_the_window_of_a_small_laptop_every_line_of_the_menu_is_in_sight(sign_in_as: SignIn, role: str) -> None:
    page = sign_in_as(role)
    page.set_viewport_size({"width": 1280, "height": 680})
    opens(page, "/")
    lines = page.get_by_role("navigation", name="Main")
    assert lines.evaluate("(nav) => nav.scrollHeight - nav.clientHeight") <= 0


def test_the_columns_that_the_follow_ups_open_with_fit_a_small_laptop(sign_in_as: SignIn) -> None:
    page = sign_in_as("coordinator")
    page.set_viewport_size({"width": 1280, "height": 800})
    opens(page, "/follow-ups")
    expect(page.get_by_text("November 2024"), "the widest of the due dates").to_be_visible()
    assert page.locator(".table-cards").evaluate("(box) => box.scrollWidth - box.clientWidth") <= 0


@pytest.mark.parametrize("width", [1280, 390])
def test_all_columns_that_may_be_chosen_are_in_sight(sign_in_as: SignIn, width: int) -> None:
    page = sign_in_as("analyst")
    page.set_viewport_size({"width": width, "height": 800})
    for address in ("/follow-ups", "/visits"):
        opens(page, address)
        page.locator(".filter-form summary", has_text="olumns").click()
        columns = page.get_by_role("group", name="Columns").locator(".choice-list")
        assert columns.evaluate("(list) => list.scrollHeight - list.clientHeight") <= 0, address


@pytest.mark.parametrize("width", [1280, 390])
def test_the_words_in_an_empty_filter_are_whole(sign_in_as: SignIn, width: int) -> None:
    page = sign_in_as("analyst")
    page.set_viewport_size({"width": width, "height": 800})
    for address in ("/follow-ups", "/conclusions", "/visits", "/meetings"):
        opens(page, address)
        assert page.locator("main input[type=search]").evaluate(ROOM_BESIDE_PLACEHOLDER) >= 0, address


def test_the_filters_of_a_board_leave_no_gap_on_a_narrow_screen(sign_in_as: SignIn) -> None:
    page = sign_in_as("coordinator")
    page.set_viewport_size({"width": 390, "height": 800})
    opens(page, "/plans/CA-2011/board")
    assert page.locator(".filter-form .field").evaluate_all(GAPS) == []


@pytest.fixture
def right_to_left(sign_in_as: SignIn) -> Iterator[SignIn]:
    """Signs in and turns the pages round; afterwards back, because the account remembers its language."""
    turned: list[Page] = []

    def turn(role: str) -> Page:
        page = sign_in_as(role)
        page.goto("/account")
        press(page.locator("main"), "⟦Right to left⟧")
        turned.append(page)
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        return page

    yield turn
    for page in turned:
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto("/account/password")
        page.locator(".sidebar-account").get_by_role("button", name="English").click()
        expect(page.locator("html")).to_have_attribute("dir", "ltr")


@pytest.mark.parametrize("role", PAGES)
def test_pages_from_right_to_left(right_to_left: SignIn, role: str) -> None:
    page = right_to_left(role)
    faults: list[str] = []
    for address in PAGES[role]:
        page.set_viewport_size({"width": 1280, "height": 800})
        opens(page, address)
        assert page.locator("html").get_attribute("dir") == "rtl"
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 800})
            look_at(page, f"{address} at {width}, from right to left", faults)
        if address in LOOKED_AT_CLOSELY:
            axe_at(page, f"{address}, from right to left", faults)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("address", PUBLIC)
def test_the_way_in_in_every_width_and_colour(window: Callable[..., Page], address: str) -> None:
    faults: list[str] = []
    page = window()
    page.goto(address)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 640})
        for colour in ("light", "dark"):
            page.emulate_media(color_scheme=colour)
            look_at(page, f"{address} at {width}, {colour}", faults)
    axe_at(page, address, faults)
    assert not faults, "\n".join(faults)


def test_paper_has_no_sidebar_and_no_buttons(sign_in_as: SignIn) -> None:
    page = sign_in_as("analyst")
    for address in ("/visits", "/visits/PAK-2006-1", "/follow-ups", "/follow-ups/PAK-F001", "/reports/status"):
        page.goto(address)
        assert page.locator(".sidebar").is_visible()
        page.emulate_media(media="print", color_scheme="dark")
        for gone in (".sidebar", ".page-actions", ".filter-form", ".skip-link", "form button"):
            assert page.locator(f"{gone}:visible").count() == 0, f"{address} prints {gone}"
        assert page.locator("h1").is_visible()
        ink, sheet = (page.evaluate(f"getComputedStyle(document.body).{name}") for name in ("color", "backgroundColor"))
        assert sheet == "rgb(255, 255, 255)" and max(map(int, re.findall(r"\d+", ink))) < 80, "dark on white"
        page.emulate_media(media="screen", color_scheme="light")


HANDS = ("Tasks", "Change", "Edit", "Remove", "Add a counterpart", "Change the sharing level", "On this page")


@pytest.mark.parametrize("address", ["/visits/PAK-2006-1", "/conclusions/PAK-2006-1-C1", "/follow-ups/PAK-F001"])
def test_paper_holds_the_record_and_nothing_for_the_hand(sign_in_as: SignIn, address: str) -> None:
    page = sign_in_as("analyst")
    page.goto(address)
    page.emulate_media(media="print")
    for words in (*HANDS, "New follow-up from this conclusion", "Read it as it was signed", "Note progress"):
        assert page.locator("main").get_by_text(words, exact=True).locator("visible=true").count() == 0, words
    assert page.locator("main .btn:visible, main input:visible, main textarea:visible").count() == 0
    assert page.get_by_text("Sharing level: Internal").is_visible()
    for table in page.locator("main table").all():
        columns = table.locator("thead th:visible").count()
        for row in table.locator("tbody tr").all():
            assert row.locator("th:visible, td:visible").count() == columns, table.inner_text()


@pytest.mark.parametrize("address", ["/visits/PAK-2006-1", "/help"])
def test_what_is_folded_on_the_screen_is_told_on_paper(sign_in_as: SignIn, address: str) -> None:
    page = sign_in_as("analyst")
    page.goto(address)
    folded = page.locator("main details:not([open]) > :not(summary)")
    assert folded.count() >= 3
    hidden = "one => !one.checkVisibility({contentVisibilityAuto: true}) || !one.getBoundingClientRect().height"
    assert all(one.evaluate(hidden) for one in folded.all()), "folded on the screen"
    page.emulate_media(media="print")
    assert not any(one.evaluate(hidden) for one in folded.all()), "told on paper"


@pytest.mark.parametrize("address", ["/visits/PAK-2006-1", "/help"])
def test_a_long_page_says_at_its_top_what_it_holds(sign_in_as: SignIn, address: str) -> None:
    page = sign_in_as("analyst", java_script_enabled=False, reduced_motion="reduce")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(address)
    contents = page.get_by_role("navigation", name="On this page")
    top = contents.bounding_box()
    assert top and top["y"] < 300
    for link in contents.get_by_role("link").all():
        link.click()
        place = page.locator(str(link.get_attribute("href")))
        box = place.bounding_box()
        assert box and place.is_visible() and box["y"] < 800, f"{link.inner_text()} leads to what is in sight"
        beside = contents.bounding_box()
        assert beside and 0 <= beside["y"] < 300, "it stays in sight"
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(address)
    above = contents.bounding_box()
    assert above and above["y"] < 500 and above["height"] < 400


@pytest.mark.parametrize("address", ["/follow-ups", "/visits", "/conclusions"])
def test_a_row_of_a_list_takes_few_lines_on_a_telephone(sign_in_as: SignIn, address: str) -> None:
    page = sign_in_as("auditor", viewport={"width": 390, "height": 800})
    page.goto(address)
    rows = page.locator("main tbody tr").all()
    assert rows
    line, around = 21.75, 13  # 15 px at 1.45; padding and border
    lines = [(box["height"] - around) / line for row in rows if (box := row.bounding_box())]
    assert sum(lines) / len(lines) < 4.5 and max(lines) < 5.5, lines
    first = rows[-1]
    tops = [box["y"] for name in (".record-link", ".tag") if (box := first.locator(name).first.bounding_box())]
    assert abs(tops[0] - tops[1]) < 12, "the tags stand beside the reference"


OVERLAID = """() => [...document.querySelectorAll(".table-cards td[data-label]")]
    .filter((cell) => cell.checkVisibility())
    .filter((cell) => parseFloat(getComputedStyle(cell, "::before").height) > cell.getBoundingClientRect().height + 1)
    .map((cell) => cell.dataset.label)"""


@pytest.mark.parametrize("address", ["/plans/CA-2011", "/reports/action-plan?plan=CA-2011", "/measures/CA-2011-M08"])
def test_no_label_of_a_card_lies_over_the_next(sign_in_as: SignIn, address: str) -> None:
    page = sign_in_as("coordinator", viewport={"width": 390, "height": 800})
    page.goto(address)
    assert page.evaluate(OVERLAID) == []


def test_the_buttons_of_a_preview_stand_apart_from_what_follows(sign_in_as: SignIn) -> None:
    page = sign_in_as("coordinator", viewport={"width": 1280, "height": 800})
    page.goto("/plans/CA-2011/import")
    page.get_by_label("Rows").fill("pillar,text\nII,Exchange lists of documents that were lost")
    press(page, "Check the rows")
    box, after = (page.locator(f".form > .form-buttons{more}").first.bounding_box() for more in ("", " + .card"))
    assert box and after and after["y"] - box["y"] - box["height"] >= 8


def test_the_signature_is_on_paper(sign_in_as: SignIn) -> None:
    page = sign_in_as("auditor")
    page.goto("/follow-ups/PAK-F001")
    page.emulate_media(media="print")
    for words in ("Signed by", "Role", "Time", "Meaning", "SHA-256 of the seal"):
        assert page.locator("#signature").get_by_text(words, exact=True).is_visible()


def test_the_menu_opens_over_a_narrow_page(sign_in_as: SignIn) -> None:
    page = sign_in_as("analyst", viewport={"width": 320, "height": 640})
    assert not page.get_by_role("navigation", name="Main").is_visible()
    press(page, "Menu")
    assert page.get_by_role("navigation", name="Main").is_visible()
    axe(page)
    page.keyboard.press("Escape")
    assert not page.get_by_role("navigation", name="Main").is_visible()
