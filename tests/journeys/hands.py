"""What a person does on a page: fills a field by its label, ticks, presses, follows, reads."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page

Form = Page | Locator
CONTROLS = "input:not([type=checkbox], [type=radio]), select, textarea"


def labelled(words: str) -> re.Pattern[str]:
    """A label as it stands on the page, with or without its "(optional)"."""
    return re.compile(rf"^\s*{re.escape(words)}(\s+\(optional\))?\s*$")


def field(form: Form, label: str) -> Locator:
    """The one control that takes text or a choice under this label."""
    return form.get_by_label(labelled(label)).and_(form.locator(CONTROLS))


def fill(form: Form, given: dict[str, str]) -> None:
    """Type each text under its label; a select takes the words of its choice."""
    for label, text in given.items():
        control = field(form, label)
        if control.evaluate("element => element.tagName") == "SELECT":
            control.select_option(label=text)
        else:
            control.fill(text)


def group(form: Form, legend: str) -> Locator:
    """The set of fields under this legend."""
    return form.get_by_role("group", name=labelled(legend))


def fill_date(form: Form, legend: str, *, year: str = "", month: str = "", day: str = "") -> None:
    """A date as exactly as it is known."""
    parts = group(form, legend)
    for part, text in (("Day", day), ("Month", month), ("Year", year)):
        parts.get_by_label(part, exact=True).fill(text)


def tick(form: Form, legend: str, *choices: str) -> None:
    """Tick the choices that begin with these words."""
    for choice in choices:
        box = group(form, legend).get_by_label(re.compile(rf"^\s*{re.escape(choice)}(?![\w(.])")).first
        unfold(box)
        box.check()


def unfold(control: Locator) -> None:
    """Open what it is folded in, from the outside in."""
    folded = control.locator("xpath=ancestor::details[not(@open)]")
    while folded.count():
        folded.first.locator("> summary").click()


def press(form: Form, words: str) -> None:
    """Press the one button of this name."""
    form.get_by_role("button", name=words, exact=True).click()


def follow(page: Form, words: str) -> None:
    """Follow the one link of this name."""
    page.get_by_role("link", name=words, exact=True).click()


def card(page: Page, title: str) -> Locator:
    """The part of the page under this heading."""
    return page.locator("section.card").filter(has=page.get_by_role("heading", name=title, exact=True))


def row(page: Form, words: str) -> Locator:
    """The one row of a table with these words in it."""
    return page.get_by_role("row").filter(has_text=words)


def notices(page: Page) -> str:
    """What the page says at its top after an act."""
    return page.locator(".flashes").inner_text()
