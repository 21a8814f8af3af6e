"""Follow-ups chosen for a measure, with a look at one of them in between."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journeys.browser import axe
from tests.journeys.hands import field, press


def test_going_back_shows_the_list_and_the_ticks_made_so_far(sign_in_as: Callable[..., Page]) -> None:
    page = sign_in_as("analyst")
    page.goto("/measures/GCTS-II-10/follow-ups")
    ticked = page.locator("input[name=followups]").first
    reference = ticked.get_attribute("value") or ""
    ticked.check()
    field(page.locator("main"), "Words").fill("law")
    press(page, "Apply")
    page.wait_for_url("**q=law")
    expect(page.get_by_text("1 follow-up chosen so far")).to_be_visible()
    axe(page)
    page.locator("main th .record-link").first.click()
    page.wait_for_url("**/follow-ups/*-F*")
    page.go_back()
    page.wait_for_url("**q=law")
    expect(page.get_by_text("1 follow-up chosen so far")).to_be_visible()
    page.go_back()
    page.wait_for_url("**/measures/GCTS-II-10/follow-ups")
    expect(page.locator(f"#followup-{reference}")).to_be_checked()
