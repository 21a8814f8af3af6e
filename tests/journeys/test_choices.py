"""A Member State is found among all of them: through the groups that fold, and by a box where script runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.browser import axe
from tests.journeys.hands import press

SignIn = Callable[..., Page]
PLAN = "/plans/CA-2011/edit"


def opened(page: Page, label: str) -> Locator:
    """The choices under this label, unfolded."""
    part = page.locator("details.disclosure", has=page.locator("summary", has_text=label)).first
    part.evaluate("element => { element.open = true }")
    return part


def part_of(choices: Locator, subregion: str) -> Locator:
    return choices.locator("details.choice-group", has_text=subregion).first


def test_a_state_is_found_by_its_words_and_ticked_by_the_keyboard_alone(sign_in_as: SignIn) -> None:
    page = sign_in_as("coordinator")
    page.goto(PLAN)
    choices = opened(page, "Observers")
    box = choices.get_by_label("Find in this list")
    box.focus()
    page.keyboard.type("turkiy")
    expect(choices.get_by_role("status")).to_have_text("1 of 195 found")
    expect(choices.locator("details.choice-group:visible")).to_have_count(1)
    page.keyboard.press("Enter")
    assert page.url.endswith(PLAN), "looking for something sends nothing"
    for _stop in ("the subregion", "its button", "the Member State"):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(choices.get_by_label("Türkiye")).to_be_checked()
    expect(part_of(choices, "Western Asia").locator("summary")).to_contain_text("1 of")
    box.fill("Quorlith")
    expect(choices.get_by_role("status")).to_have_text("0 of 195 found")
    axe(page)
    box.fill("")
    expect(choices.get_by_role("status")).to_have_text("")
    assert part_of(choices, "Western Asia").evaluate("element => element.open"), "what holds a tick stays open"
    assert not part_of(choices, "Sub-Saharan Africa").evaluate("element => element.open"), "the others as they were"
    press(page, "Save")
    assert "Türkiye" in page.locator("main").inner_text()


def test_a_whole_subregion_is_found_by_its_name(sign_in_as: SignIn) -> None:
    page = sign_in_as("coordinator")
    page.goto(PLAN)
    choices = opened(page, "Observers")
    choices.get_by_label("Find in this list").fill("central asia")
    expect(choices.get_by_role("status")).to_have_text("5 of 195 found")
    expect(choices.get_by_label("Uzbekistan")).to_be_visible()
    expect(choices.locator("details.choice-group:visible")).to_have_count(1)
    group = part_of(choices, "Central Asia")
    group.get_by_role("button", name="Tick all that are shown here").click()
    expect(group.locator("summary")).to_contain_text("5 of 5 ticked")
    group.get_by_role("button", name="Take all these ticks off").click()
    expect(group.locator("summary")).to_contain_text("0 of 5 ticked")
    heading = choices.get_by_role("group", name="Observers").locator("legend").first.bounding_box()
    assert heading and heading["width"] <= 1, "the summary is the heading that is seen"
    axe(page)


@pytest.mark.parametrize(("width", "colour"), [(390, "light"), (1280, "dark")])
def test_without_script_the_groups_fold_and_every_tick_is_sent(sign_in_as: SignIn, width: int, colour: str) -> None:
    page = sign_in_as("coordinator", java_script_enabled=False, viewport={"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if colour == "dark" else "light")
    page.goto("/meetings/MTG-2011-1/edit")
    assert page.get_by_label("Find in this list").count() == 0, "nothing stands there that does nothing"
    choices = page.locator("#states-groups")
    state = choices.get_by_label("Bhutan" if width == 390 else "Nepal")
    if not state.is_visible():
        if not choices.is_visible():
            page.locator("summary", has_text="Member States taking part").click()
        part_of(choices, "Southern Asia").locator("summary").click()
    state.check()
    press(page, "Save")
    assert ("Bhutan" if width == 390 else "Nepal") in page.locator("#taking-part").inner_text()
