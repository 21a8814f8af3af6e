"""The board of a plan and what leads to it, as they are looked at and pressed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.journeys.browser import axe

SignIn = Callable[..., Page]


@pytest.mark.parametrize("width", [1280, 390])
def test_each_number_of_the_board_can_be_hit(sign_in_as: SignIn, width: int) -> None:
    page = sign_in_as("coordinator", viewport={"width": width, "height": 800})
    page.goto("/plans/CA-2011/board")
    assert page.locator(".board-counts a").count()
    axe(page)


@pytest.mark.parametrize("address", ["/measures/CA-2011-M08", "/follow-ups/KGZ-F001", "/visits/KGZ-2016-1"])
def test_one_sign_stands_between_the_steps_of_a_trail(sign_in_as: SignIn, address: str) -> None:
    page = sign_in_as("analyst")
    page.goto(address)
    assert "·" not in page.locator(".trail").inner_text()


def test_words_found_hide_no_line_above_them(sign_in_as: SignIn) -> None:
    page = sign_in_as("analyst", viewport={"width": 390, "height": 800})
    page.goto("/search?q=border")
    mark = page.locator("mark").first
    assert mark.evaluate("one => getComputedStyle(one).paddingBlock") == "0px"


def test_the_cards_of_a_form_stand_apart(sign_in_as: SignIn) -> None:
    page = sign_in_as("analyst")
    page.goto("/follow-ups/KGZ-F001/measures")
    upper, lower = (one.bounding_box() for one in page.locator("form > .card").all())
    assert upper and lower and lower["y"] - upper["y"] - upper["height"] >= 12
