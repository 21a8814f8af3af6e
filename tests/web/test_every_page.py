"""Every page of the sample as each role: it answers, it is HTML, its links lead on, its figures are those of the
lists they lead to (R29; design 1 and 5).
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException

from tests.pages import check_page

pytestmark = pytest.mark.usefixtures("unchecked_pages")
Browse = Callable[[str], FlaskClient]

ROLES = ("analyst", "reviewer", "coordinator", "auditor", "administrator")
MOST = 130  # addresses a role is led through
MOST_OF_A_KIND = 4
CHECKED_OF_A_KIND = 1
LEFT_OUT = ("/static/", "/assets/", "/logout")
FIGURE = re.compile(r"^\s*(\d[\d,]*)(?!\d|[./:-]|\s*(?:[A-Z][a-z]+ )?\d{4}\b)")
SHOWN = re.compile(r"Showing [\d,]+ of ([\d,]+) ")
SPACE = re.compile(r"\s+")


@dataclass
class Link:
    href: str
    text: str = ""


@dataclass
class Visited:
    """A page that was opened: what it links to, and the ids that can be led to."""

    status: int
    text: str
    links: list[Link] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[Link] = []
        self.ids: set[str] = set()
        self._open: Link | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.add(str(given["id"]))
        if tag == "a" and given.get("href"):
            self._open = Link(str(given["href"]))
            self.links.append(self._open)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._open.text += data


def visit(browser: FlaskClient, address: str) -> Visited:
    answer = browser.get(address)
    for _hop in range(3):
        if answer.status_code not in (301, 302, 303, 308):
            break
        answer = browser.get(answer.location)
    if answer.mimetype != "text/html":
        return Visited(answer.status_code, "")
    reader = _Links()
    reader.feed(answer.text)
    return Visited(answer.status_code, answer.text, reader.links, reader.ids)


def kind_of(app: Flask, address: str) -> str:
    """The endpoint that answers, with the parameters asked of it."""
    parts = urlsplit(address)
    try:
        endpoint, _values = app.url_map.bind("localhost").match(parts.path, method="GET")
    except HTTPException:
        endpoint = parts.path
    names = sorted({pair.partition("=")[0] for pair in parts.query.split("&") if pair})
    return f"{endpoint}?{'&'.join(names)}"


@pytest.fixture(scope="module")
def crawled() -> dict[str, dict[str, Visited]]:
    """What each role was led through, opened once."""
    return {}


def crawl(app: Flask, browser: FlaskClient, faults: list[str]) -> dict[str, Visited]:
    """From the first page along every link, a few of each kind."""
    seen: dict[str, Visited] = {}
    kinds: Counter[str] = Counter()
    waiting, known = deque([("/", "")]), {"/"}
    while waiting and len(seen) < MOST:
        address, source = waiting.popleft()
        kind = kind_of(app, address)
        if kinds[kind] >= MOST_OF_A_KIND:
            continue
        kinds[kind] += 1
        page = seen[address] = visit(browser, address)
        if page.status != 200:
            faults.append(f"{source} leads to {address}: {page.status}")
            continue
        if page.text and kinds[kind] <= CHECKED_OF_A_KIND:
            try:
                check_page(page.text)
            except AssertionError as error:
                faults.append(f"{address}: {str(error)[:400]}")
        for link in page.links:
            parts = urlsplit(link.href)
            if parts.scheme or parts.netloc or not parts.path.startswith("/") or parts.path.startswith(LEFT_OUT):
                if not (parts.scheme in ("http", "https", "mailto", "otpauth") or link.href.startswith(("#", "?"))):
                    faults.append(f"{address}: a link to {link.href!r}")
                continue
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            if target not in known:
                known.add(target)
                waiting.append((target, address))
    return seen


@pytest.fixture
def led(sample_app: Flask, sample_browser: Browse, crawled: dict[str, dict[str, Visited]]) -> Callable[[str], Any]:
    """``led("auditor")`` is what that account is led through, and what was wrong on the way."""

    def of(role: str) -> tuple[dict[str, Visited], list[str]]:
        if role not in crawled:
            faults: list[str] = []
            crawled[role] = crawl(sample_app, sample_browser(role), faults)
            crawled[f"{role}, faults"] = {fault: Visited(0, "") for fault in faults}
        return crawled[role], list(crawled[f"{role}, faults"])

    return of


@pytest.mark.parametrize("role", ROLES)
def test_every_link_leads_to_a_page(role: str, led: Callable[[str], Any]) -> None:
    seen, faults = led(role)
    assert not faults, "\n".join(faults)
    assert len(seen) >= 15


@pytest.mark.parametrize("role", ROLES)
def test_every_anchor_is_on_the_page_it_names(role: str, led: Callable[[str], Any]) -> None:
    seen, _faults = led(role)
    lost = set()
    for address, page in seen.items():
        for link in page.links:
            parts = urlsplit(link.href)
            target = parts.path + (f"?{parts.query}" if parts.query else "") or address
            led_to = seen.get(target) if parts.fragment and not parts.netloc else None
            if led_to is not None and led_to.status == 200 and parts.fragment not in led_to.ids:
                lost.add(f"{address}: {link.href}")
    assert not lost, "\n".join(sorted(lost))


@pytest.mark.parametrize("role", ROLES)
def test_every_figure_is_that_of_the_list_it_leads_to(
    role: str, led: Callable[[str], Any], sample_browser: Browse
) -> None:
    seen, _faults = led(role)
    browser, wrong, compared = sample_browser(role), set(), 0
    for address, page in list(seen.items()):
        for link in page.links:
            figure, parts = FIGURE.match(SPACE.sub(" ", link.text)), urlsplit(link.href)
            if figure is None or parts.fragment or parts.netloc or not parts.query or compared > 80:
                continue
            if link.href not in seen:
                seen[link.href] = visit(browser, link.href)
            told = SHOWN.search(SPACE.sub(" ", seen[link.href].text))
            if told is not None:
                compared += 1
                if told[1] != figure[1]:
                    wrong.add(f"{address}: “{link.text.strip()[:60]}” leads to {link.href}, which shows {told[1]}")
    assert not wrong, "\n".join(sorted(wrong))
    assert compared or role == "administrator"


@pytest.mark.parametrize("role", ROLES)
def test_every_page_answers_everyone(role: str, sample_app: Flask, sample_browser: Browse, led: Any) -> None:
    """What others are led to opens, is refused or is not there: nothing else."""
    seen, _faults = led("auditor")
    browser = sample_browser(role)
    for address in list(seen)[:40]:
        assert browser.get(address).status_code in (200, 302, 303, 403, 404), address


def test_no_page_leaves_an_entity_written_twice(led: Callable[[str], Any]) -> None:
    for role in ("analyst", "auditor"):
        for address, page in led(role)[0].items():
            assert "&amp;amp;" not in page.text and "&amp;lt;" not in page.text, address
            assert "<bound method" not in page.text and "object at 0x" not in page.text, address
