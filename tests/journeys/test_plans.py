"""The order of a plan's measures, put right by the keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journeys.browser import axe
from tests.journeys.hands import notices

FOCUSED = "document.activeElement.getAttribute('aria-label')"


def test_a_measure_goes_up_under_the_finger_and_the_timeline_says_so(sign_in_as: Callable[..., Page]) -> None:
    page = sign_in_as("coordinator")
    page.goto("/plans/CA-2011/order")
    page.get_by_role("button", name=re.compile("^Up: CA-2011-M05")).focus()
    for place in (3, 2, 1):
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert f"CA-2011-M05 is at place {place} of pillar II." in notices(page)
        assert page.evaluate(FOCUSED).startswith("Up: CA-2011-M05" if place > 1 else "Down: CA-2011-M05")
    axe(page)
    page.get_by_role("spinbutton", name="CA-2011-M08").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "Nothing was changed." in notices(page), "the Enter key in a box takes no step"
    newest = page.locator("ol.timeline > li").first
    expect(newest).to_contain_text("CA-2011-M05 moved from place 2 to place 1")
    expect(newest.get_by_role("link", name="CA-2011-M05")).to_be_visible()
    axe(page)


def test_what_a_file_brought_is_named_one_below_the_other_for_a_finger_to_hit(sign_in_as: Callable[..., Page]) -> None:
    page = sign_in_as("coordinator")
    page.goto("/plans/CA-2011/import")
    page.get_by_label("Rows").fill("pillar,text\nI,First of the file\nI,Second of the file\nII,Third of the file")
    page.get_by_role("button", name="Check the rows").click()
    page.get_by_role("button", name="Load them").click()
    expect(page.locator(".timeline").get_by_text("3 measures added")).to_be_visible()
    axe(page)


def test_boxes_side_by_side_stand_on_one_line(sign_in_as: Callable[..., Page]) -> None:
    page = sign_in_as("coordinator")
    for address, one, other in (
        ("/plans/new", "adopted_on", "symbol"),
        ("/measures/CA-2011-M08/status", "stated_status", "stated_on"),
    ):
        page.goto(address)
        tops = [page.locator(f"main [name={name}]").bounding_box() for name in (one, other)]
        assert tops[0] and tops[1] and abs(tops[0]["y"] - tops[1]["y"]) < 1, address
