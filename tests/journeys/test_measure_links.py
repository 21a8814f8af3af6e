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


def test_going_back_after_the_confirmation_asks_to_send_nothing_again(sign_in_as: Callable[..., Page]) -> None:
    page = sign_in_as("analyst")
    page.goto("/measures/GCTS-II-9/follow-ups")
    page.locator("input[name=followups]").first.check()
    field(page.locator("main"), "Reason").fill("It asks for the same.")
    press(page, "Read and confirm what will be linked")
    expect(page.get_by_role("heading", level=1)).to_have_text("Link 1 follow-up to GCTS-II-9?")
    axe(page)
    page.reload()
    press(page, "Link them")
    page.wait_for_url("**/measures/GCTS-II-9")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Add follow-ups to")
    expect(page.get_by_text("chosen so far")).to_have_count(0)


def test_going_back_after_an_import_asks_to_send_nothing_again(sign_in_as: Callable[..., Page]) -> None:
    page = sign_in_as("coordinator")
    page.goto("/plans/CA-2011/import")
    page.get_by_label("Rows").fill("pillar,text\nII,Exchange lists of stolen documents")
    press(page, "Check the rows")
    expect(page.get_by_role("heading", name="1 measure would be added")).to_be_visible()
    page.reload()
    press(page, "Load them")
    page.wait_for_url("**/plans/CA-2011")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Import measures")
    expect(page.get_by_text("would be added")).to_have_count(0)
