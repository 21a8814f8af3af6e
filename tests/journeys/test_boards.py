"""The board of a plan and what leads to it, as they are looked at and pressed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Literal

import pytest
from playwright.sync_api import Locator, Page

from tests.journeys.browser import axe

SignIn = Callable[..., Page]
Look = tuple[Literal["screen", "print"], int]
"""What a page is shown on, and how wide that is."""

SCREEN: Look = "screen", 1280
PHONE: Look = "screen", 390
PAPER: Look = "print", 720


@pytest.mark.parametrize("width", [1280, 390])
def test_each_number_of_the_board_can_be_hit(sign_in_as: SignIn, width: int) -> None:
    page = sign_in_as("coordinator", viewport={"width": width, "height": 800})
    page.goto("/plans/CA-2011/board")
    assert page.locator(".board-counts a").count()
    axe(page)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_word_without_end_pushes_nothing_out(sign_in_as: SignIn, width: int) -> None:
    page = sign_in_as("coordinator", viewport={"width": width, "height": 800})
    page.goto("/plans/CA-2011/measures/new")
    page.get_by_label("Text", exact=True).fill(f"w{width}" * 75)
    page.get_by_label("Pillar").first.select_option("I")
    page.get_by_role("main").locator("button[type=submit]").last.click()
    measure = page.url.split("?")[0]
    for address in (measure, "/plans/CA-2011"):
        page.goto(address)
        spilled = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert spilled <= 0, address
    status = page.locator("tr", has_text=f"w{width}").first.get_by_text("Planned")
    assert within(status, page.locator(".card", has=status).first), "the status of the measure stays in sight"
    page.goto("/plans/CA-2011/board")
    first = page.locator("tr", has_text=f"w{width}").locator("th").bounding_box()
    assert first and first["width"] <= 450, "the status and the Member States stay in sight"
    axe(page)


@pytest.mark.parametrize("address", ["/measures/CA-2011-M08", "/follow-ups/KGZ-F001", "/visits/KGZ-2016-1"])
def test_one_sign_stands_between_the_steps_of_a_trail(sign_in_as: SignIn, address: str) -> None:
    page = sign_in_as("analyst")
    page.goto(address)
    assert "·" not in page.locator(".trail").inner_text()
    boxes = [box for link in page.locator(".trail a").all() if (box := link.bounding_box())]
    apart = {round(after["x"] - before["x"] - before["width"]) for before, after in pairwise(boxes)}
    assert len(apart) == 1, "all stand as far apart, whatever white space the page was written with"


def test_words_found_hide_no_line_above_them(sign_in_as: SignIn) -> None:
    page = sign_in_as("analyst", viewport={"width": 390, "height": 800})
    page.goto("/search?q=border")
    mark = page.locator("mark").first
    assert mark.evaluate("one => getComputedStyle(one).paddingBlock") == "0px"


def test_the_cards_of_a_form_stand_apart(sign_in_as: SignIn) -> None:
    page = sign_in_as("analyst")
    page.goto("/follow-ups/KGZ-F001/measures")
    boxes = [one.bounding_box() for one in page.locator("form > .card").all()]
    assert len(boxes) == 3
    for upper, lower in pairwise(boxes):
        assert upper and lower and lower["y"] - upper["y"] - upper["height"] >= 12


def test_the_action_plan_report_is_whole_in_sight_on_every_screen_and_on_paper(sign_in_as: SignIn) -> None:
    page = sign_in_as("coordinator", viewport={"width": 1280, "height": 800})
    page.goto("/reports/action-plan?plan=CA-2011")
    table = page.locator("main table")
    state = table.get_by_role("link", name="Kyrgyzstan").first
    served = table.get_by_role("link", name="KGZ-F001").first
    for media, width in (SCREEN, PHONE, PAPER):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(media=media)
        for one in (state, served):
            assert one.is_visible() and within(one, page.locator("main")), (media, width)


def test_the_rows_of_a_file_are_whole_on_a_narrow_screen_and_on_paper(sign_in_as: SignIn) -> None:
    page = sign_in_as("coordinator", viewport={"width": 1280, "height": 800})
    page.goto("/reports/status?state=KGZ")
    region = page.locator(".table-file")
    record, state = region.locator("tbody th").first, region.locator('td[data-label="member_state"]').first
    region.evaluate("one => one.scrollTo(one.scrollWidth, 0)")
    assert within(record, region), "the record stays in sight, however far the row is followed"
    for media, width in (PHONE, PAPER):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(media=media)
        assert within(record, region) and within(state, region), media
        assert not region.locator('td[data-label="assistance_need"]:visible').count(), "what is empty takes no room"


def within(inner: Locator, outer: Locator) -> bool:
    """Whether nothing of it lies beyond the sides."""
    one, other = inner.bounding_box(), outer.bounding_box()
    assert one and other
    return one["x"] >= other["x"] - 1 and one["x"] + one["width"] <= other["x"] + other["width"] + 1


def test_a_board_is_walked_by_the_keyboard_alone_and_a_row_is_skipped(sign_in_as: SignIn) -> None:
    page = sign_in_as("coordinator", java_script_enabled=False)
    page.goto("/plans/CA-2011/board")
    page.get_by_role("button", name="Apply").focus()
    focused = page.locator(":focus")
    measures = [text for text in page.locator("main tbody a").all_inner_texts() if text.startswith("CA-2011-M")]
    reached: list[str] = []
    for _step in range(40):
        page.keyboard.press("Tab")
        reached.append(focused.inner_text().strip())
        if reached[-1] == "Skip to the next measure":
            page.keyboard.press("Enter")
            break
    assert reached[-2:] == [measures[0], "Skip to the next measure"]
    page.keyboard.press("Tab")
    assert focused.inner_text() == measures[1], "the next row, without its cells before"
    page.goto("/plans/GCTS/board?measures=all")
    assert page.locator(".skip-row").count() == page.locator("tbody th[scope=row]").count() - 1, "but the last"
    page.goto("/plans/CA-2011/board")
    cell = page.locator("#CA-2011-M02-KGZ")
    cell.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/measures/CA-2011-M02/cells/KGZ?*")
