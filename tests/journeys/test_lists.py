"""Lists as people use them: by keyboard alone, page by page, as a file, and in a browser without script."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.browser import axe
from tests.journeys.hands import card, field, fill, follow, group, notices, press

SignIn = Callable[..., Page]
MOST_TABS = 80
FOCUSED = """() => {
    const element = document.activeElement;
    const label = element.labels && element.labels.length ? element.labels[0] : element;
    return (element.getAttribute("aria-label") || label.innerText || "").replace(/\\s+/g, " ").trim();
}"""
OUTLINED = """() => {
    const style = getComputedStyle(document.activeElement);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
}"""


def tab_to(page: Page, words: str) -> None:
    """Press Tab until the focus stands on what is called so; the focus shows all the way."""
    passed = []
    for _step in range(MOST_TABS):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(FOCUSED))
        assert page.evaluate(OUTLINED), f"the focus does not show on {passed[-1]!r}"
        if passed[-1] == words:
            return
    pytest.fail(f"{words!r} is not reached by Tab: {passed}")


def references(page: Page) -> list[str]:
    """The rows on the screen by their references, in their order, once the page is all there."""
    page.wait_for_load_state("load")
    return page.locator("tbody th .record-link").all_inner_texts()


def through_all_pages(page: Page) -> list[str]:
    """The rows of every page from this one on."""
    found = references(page)
    while page.get_by_role("link", name="Next", exact=True).count():
        follow(page, "Next")
        found += references(page)
    return found


def file_of(page: Page, link: str, folder: Path) -> list[dict[str, str]]:
    """The rows of the file behind this link."""
    with page.expect_download() as waiting:
        follow(page, link)
    file = folder / "list.csv"
    waiting.value.save_as(file)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


# By keyboard


def test_a_list_is_narrowed_and_widened_by_keyboard_alone(sign_in_as: SignIn) -> None:
    page = sign_in_as("auditor")
    page.goto("/follow-ups")
    everything = references(page)
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "Skip to the content"
    page.keyboard.press("Enter")
    tab_to(page, "Member State")
    page.keyboard.type("Pakistan")
    tab_to(page, "Workflow status")
    page.keyboard.press("ArrowDown")
    chosen = field(page, "Workflow status").locator("option:checked").inner_text()
    field(page, "Workflow status").evaluate("element => element.value = ''")
    tab_to(page, "Apply")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("state=PAK"))
    assert chosen, "arrows move within a select"
    narrowed = references(page)
    assert narrowed and all(reference.startswith("PAK-F") for reference in narrowed)
    expect(page.locator(".lede")).to_contain_text("Pakistan")
    axe(page)

    tab_to(page, "Member State: Pakistan (remove this filter)")
    page.keyboard.press("Enter")
    expect(page.locator(".active-filters")).to_have_count(0)
    assert references(page) == everything


def test_filters_within_a_disclosure_open_by_keyboard(sign_in_as: SignIn) -> None:
    page = sign_in_as("auditor")
    page.goto("/follow-ups")
    tab_to(page, "More filters, order and columns")
    page.keyboard.press("Enter")
    tab_to(page, "Priority")
    page.keyboard.type("High")
    page.keyboard.press("Enter")
    tab_to(page, "Apply")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("priority=high"))
    expect(page.locator(".active-filters")).to_contain_text("Priority: High")


def test_each_filter_is_a_tag_that_can_be_taken_off(sign_in_as: SignIn) -> None:
    page = sign_in_as("auditor")
    page.goto("/visits?region=142&mode=on_site&year-from=2006&year-to=2010")
    tags = page.locator(".active-filters li a")
    assert [text.split("\n")[0].strip() for text in tags.all_inner_texts()] == [
        "Region: Asia",
        "Mode: On site",
        "From: 2006",
        "To: 2010",
    ]
    shown = len(references(page))
    axe(page)
    while left := tags.count():
        tags.first.click()
        expect(tags).to_have_count(left - 1)
        assert len(references(page)) >= shown
        shown = len(references(page))


# Page by page, and as a file


def test_pages_follow_one_another_without_a_gap(sign_in_as: SignIn) -> None:
    page = sign_in_as("auditor")
    page.goto("/visits?size=25")
    first = references(page)
    assert len(first) == 25
    follow(page, "Next")
    second = references(page)
    follow(page, "Previous")
    assert references(page) == first
    follow(page, "Next")
    assert references(page) == second
    axe(page)
    found = first + through_all_pages(page)
    assert len(found) == len(set(found)) == 92
    follow(page, "First")
    assert references(page) == first


@pytest.mark.parametrize(
    ("address", "link", "column"),
    [
        ("/visits?region=142&size=25&sort=-date", "Export as CSV", "visit_id"),
        ("/visits?q=pak", "Export as CSV", "visit_id"),
        ("/conclusions?kind=shortfall&size=25", "Export as CSV", "conclusion_id"),
        ("/follow-ups?size=25&sort=-updated", "Export as CSV", "item_id"),
        ("/follow-ups?region=142&workflow=draft&size=25&sort=reference", "Export as CSV", "item_id"),
        ("/reports/status?region=142&size=25", "Download CSV", "item_id"),
    ],
)
def test_the_file_holds_the_rows_of_the_screen(
    sign_in_as: SignIn, tmp_path: Path, address: str, link: str, column: str
) -> None:
    page = sign_in_as("auditor")
    page.goto(address)
    rows = file_of(page, link, tmp_path)
    shown = through_all_pages(page)
    assert shown, "an address that shows something"
    assert [line[column] for line in rows] == shown


def test_a_choice_of_columns_stays_while_one_pages_and_filters(sign_in_as: SignIn) -> None:
    page = sign_in_as("auditor")
    page.goto("/visits?size=25")
    page.locator("summary", has_text="Columns").click()
    group(page, "Columns beside reference and Member State").get_by_label("Tour", exact=True).check()
    fill(page, {"Region": "Asia"})
    press(page, "Apply")
    for _step in range(2):
        expect(page.get_by_role("columnheader", name="Tour")).to_have_count(1)
        if page.get_by_role("link", name="Next", exact=True).count():
            follow(page, "Next")


# Without script


def test_one_whole_edit_without_script(sign_in_as: SignIn) -> None:
    page = sign_in_as("analyst", java_script_enabled=False, viewport={"width": 320, "height": 640})
    press(page, "Menu")
    follow(page.get_by_role("navigation", name="Main"), "Follow-ups")
    fill(page, {"Member State": "India"})
    press(page, "Apply")
    follow(page, "New follow-up")
    fill(page, {"Member State": "India"})
    press(page, "Go on")
    press(page, "Save as a draft")
    expect(page.get_by_role("alert")).to_contain_text("Enter the title")
    fill(page, {"Title": "Keep a register of charities", "Text": "All of them.", "Basis": "Obligation"})
    press(page, "Save as a draft")
    expect(page.locator("h1")).to_have_text("Keep a register of charities")
    page.get_by_role("group", name="Missing before it can be submitted").get_by_role("link").first.click()
    field(page, "Main area").select_option(value="FIN-06")
    fill(page, {"Priority": "Low", "Responsible authorities": "Registrar of charities\nMinistry of Finance"})
    fill(page, {"Why there is no conclusion": "Raised by letter.", "Why no due date is agreed": "None was named."})
    fill(page, {"Indicator of completion": "The register is public."})
    group(page, "Paragraphs").get_by_label(re.compile("1373 1\\(a\\)")).first.check()
    press(page, "Save")
    assert "is saved" in notices(page)
    fill(card(page, "Submit for sign-off"), {"Note to the reviewers": "Please look."})
    press(page, "Submit for sign-off")
    assert "is submitted" in notices(page)
    press(page, "Recall")
    follow(page, "Edit")
    fill(page, {"Title": "Keep a public register of charities"})
    press(page, "Save")
    expect(page.locator("h1")).to_have_text("Keep a public register of charities")
    expect(page.locator("#timeline")).to_contain_text("Keep a register of charities")
