"""Coverage and gaps as they are looked at: every top area in sight, the head too when it scrolls, by keyboard too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.journeys.browser import axe

SignIn = Callable[..., Page]

MATRICES = ("/coverage", "/coverage?region=142", "/coverage?region=034&area=FIN", "/coverage?by=pillar&region=143")
BEYOND = "one => one.scrollWidth - one.clientWidth"


@pytest.mark.parametrize("address", MATRICES)
def test_every_column_is_in_sight_on_a_usual_screen(sign_in_as: SignIn, address: str) -> None:
    page = sign_in_as("auditor", viewport={"width": 1280, "height": 800})
    page.goto(address)
    assert page.locator(".table-wide").evaluate(BEYOND) <= 0
    assert page.locator(".column-title").last.is_visible()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("colour", ["light", "dark"])
def test_each_number_of_the_matrix_can_be_read_and_hit(sign_in_as: SignIn, width: int, colour: str) -> None:
    page = sign_in_as("auditor", viewport={"width": width, "height": 800}, color_scheme=colour)
    for address in (*MATRICES, "/gaps", "/gaps/scope"):
        page.goto(address)
        axe(page)


def test_head_and_first_column_stay_in_sight(sign_in_as: SignIn) -> None:
    page = sign_in_as("auditor", viewport={"width": 390, "height": 800})
    page.goto("/coverage?region=142")
    box = page.locator(".table-wide")
    corner = page.locator("thead th").first
    assert box.evaluate(BEYOND) > 0
    before = corner.bounding_box()
    box.evaluate("one => one.scrollTo(300, 600)")
    assert box.evaluate("one => [one.scrollLeft, one.scrollTop]") == [300, 600]
    assert corner.bounding_box() == before


BELOW_THE_HEAD = """() => document.activeElement.getBoundingClientRect().top
    >= document.querySelector("thead th").getBoundingClientRect().bottom - 1"""


def test_what_has_the_focus_lies_under_no_head(sign_in_as: SignIn) -> None:
    page = sign_in_as("auditor", viewport={"width": 1280, "height": 800})
    page.goto("/coverage?by=pillar&region=142")
    page.locator(".table-wide").evaluate("one => one.scrollTo(0, 700)")
    head = page.locator("thead th").first.bounding_box()
    assert head
    below = head["y"] + head["height"]
    rows = page.locator("tbody th").evaluate_all("all => all.map(one => one.getBoundingClientRect().top)")
    page.locator("tbody tr").nth(next(n for n, top in enumerate(rows) if top >= below)).locator("a").last.focus()
    for _step in range(30):
        page.keyboard.press("Shift+Tab")
        assert page.evaluate(BELOW_THE_HEAD), "the page may scroll, too, and the head with it"
