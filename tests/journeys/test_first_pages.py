"""Each role signs in and sees pages that are accessible, in light, dark, narrow and right to left."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.journeys.browser import axe


def test_the_way_in_is_accessible(window: Callable[..., Page]) -> None:
    page = window()
    page.goto("/login")
    axe(page)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("Enter your e-mail address").first.wait_for()
    axe(page)


@pytest.mark.parametrize("role", ["analyst", "reviewer", "coordinator", "auditor", "administrator"])
def test_each_role_has_a_first_page(sign_in_as: Callable[..., Page], role: str) -> None:
    page = sign_in_as(role)
    assert page.locator("h1").count() == 1
    axe(page)


@pytest.mark.parametrize(
    "options",
    [
        {"color_scheme": "dark"},
        {"viewport": {"width": 320, "height": 640}},
        {"java_script_enabled": False},
    ],
    ids=["dark", "narrow", "without script"],
)
def test_the_first_page_holds_in_every_dress(sign_in_as: Callable[..., Page], options: dict[str, object]) -> None:
    page = sign_in_as("analyst", **options)
    if options.get("java_script_enabled", True):
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_page_that_does_not_exist_is_accessible_too(sign_in_as: Callable[..., Page]) -> None:
    page = sign_in_as("analyst")
    page.goto("/no/such/page")
    assert page.locator("h1").inner_text() == "There is no such page"
    axe(page)
