"""The chain to the Strategy as it is walked by its links: down from a meeting to a paragraph, and back."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

SignIn = Callable[..., Page]
PARTICIPANTS = ["Kazakhstan", "Kyrgyzstan", "Tajikistan", "Turkmenistan"]


def go(link: Locator, heading: str) -> None:
    """Follow the link to the page with this heading."""
    page = link.page
    link.click()
    expect(page.locator("h1")).to_contain_text(heading)


def test_the_chain_is_walked_from_a_meeting_to_a_paragraph_and_back(sign_in_as: SignIn) -> None:
    page = sign_in_as("analyst")
    main = page.locator("main")
    page.goto("/meetings?q=Dushanbe")
    go(main.get_by_role("link", name="MTG-2011-1"), "Second expert meeting")
    go(main.get_by_role("link", name="CA-2011-M07"), "CA-2011-M07")
    cells = main.locator("#cells")
    assert [one.inner_text().split("\n")[0] for one in cells.locator("tbody th a:first-child").all()] == PARTICIPANTS
    assert main.locator("#paragraphs li").inner_text().startswith("1373 2(g)")
    go(cells.get_by_role("link", name="Kyrgyzstan", exact=True), "Kyrgyzstan")
    assert "JP" not in main.locator("#plans").inner_text() and "CA-2011" in main.locator("#plans").inner_text()
    go(main.locator("#measures").get_by_role("link", name="CA-2011-M07", exact=True), "CA-2011-M07")
    go(main.locator("#follow-ups").get_by_role("link", name="KGZ-F002"), "Build border capacity")
    assert main.locator("aside").get_by_role("link", name="KGZ-2016-1").is_visible()
    go(main.locator("aside").get_by_role("link", name="1373 2(g)"), "Resolution 1373")
    paragraph = main.locator("#p-2g")
    go(paragraph.get_by_role("link", name="Follow-ups that serve a measure"), "Follow-ups")
    assert main.get_by_role("link", name="KGZ-F002").is_visible()
    page.go_back()
    go(paragraph.get_by_role("link", name="Trace"), "The chain of 1373-2(g)")
    go(main.get_by_role("link", name="CA-2011-M07").first, "CA-2011-M07")
    go(main.locator("aside").get_by_role("link", name="MTG-2011-1"), "Second expert meeting")


def test_an_area_is_walked_up_and_down(sign_in_as: SignIn) -> None:
    page = sign_in_as("analyst")
    main = page.locator("main")
    page.goto("/areas/BOR-01")
    go(main.locator("#measures").get_by_role("link", name="1 follow-up that serves CA-2011-M07"), "Follow-ups")
    assert main.locator("tbody tr").count() == 1
    page.goto("/areas/BOR-01")
    go(main.get_by_role("link", name="Trace"), "The chain of BOR-01")
    go(main.get_by_role("link", name="KGZ-2016-1-C3"), "KGZ-2016-1-C3")
    go(main.locator("#measures").get_by_role("link", name="CA-2011 II", exact=True), "Central Asia")


def test_the_deepest_step_of_a_chain_has_room_for_its_words_on_a_small_screen(sign_in_as: SignIn) -> None:
    page = sign_in_as("coordinator", viewport={"width": 390, "height": 800})
    page.goto("/trace/CA-2011-M07")
    steps = page.locator("main li").all()
    narrowest = min(box["width"] for box in (step.bounding_box() for step in steps) if box)
    assert narrowest >= 195, f"{narrowest} of 390 pixels"
