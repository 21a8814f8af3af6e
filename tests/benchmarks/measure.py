"""Measuring: hello and a page in turns, so that noise falls on both; writes, each on another record; crowds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.benchmarks import figures
from tests.benchmarks.browser import Answer, Browser, WrongPage, at_once, crowd, expect
from tests.benchmarks.figures import Result
from tests.benchmarks.pages import Address, Page
from tests.benchmarks.servers import Server
from tracker.models import Implementation

WARMING = 12  # requests
AT_ONCE = 4  # clients who ask twice each, so that no worker meets the page only while it is measured
WRITES = 5  # a round
AFTER = 0.005  # seconds until a worker has put away what it answered
CROWDS = 3  # rounds
ASSESSED = {
    "assessed_status": Implementation.IN_PROGRESS.value,
    "assessed_on-year": "2024",
    "assessed_on-month": "",
    "assessed_on-day": "",
}

Timed = Callable[[int], Answer]


@dataclass
class Bench:
    """Both servers and whoever is signed in to the product."""

    tracker: Server
    hello: Server
    readers: dict[str, Browser]
    rounds: int
    requests: int
    yardstick: Browser = field(init=False)

    def __post_init__(self) -> None:
        self.yardstick = Browser(self.hello.port)
        for _time in range(50):
            self._hello()

    def page(self, page: Page) -> Result:
        """A page's time and CPU, made for each request and asked for again, after each of its addresses was seen to
        hold what it should."""
        browser = self.readers[page.reader]
        for address in page.addresses:
            address.check(browser.get_anew(address.path))
            address.check(browser.get(address.path))
        for _time in range(WARMING // 2):
            for address in page.addresses:
                browser.get_anew(address.path)
                browser.get(address.path)
        for address in page.addresses:
            for anew in (True, False):
                at_once(self.tracker.port, address.path, browser.headers(), AT_ONCE, 2, anew=anew)
        places = page.addresses
        anew = self._rounds(page.name, page.target, lambda at: _asked(browser.get_anew, places[at % len(places)]))
        again = self._rounds(page.name, page.target, lambda at: _asked(browser.get, places[at % len(places)]))
        told = {f"again_{name}": again[name] for name in ("ms", "multiple", "cpu_ms", "cpu_multiple")}
        return anew | told | {"path": places[0].path}

    def _rounds(self, name: str, target: float | None, ask: Timed) -> Result:
        rounds, at = [], 0
        before = self.hello.cpu(), self.tracker.cpu()
        for _round in range(self.rounds):
            hello, ours = [], []
            for _request in range(self.requests):
                hello.append(self._hello())
                ours.append(ask(at).seconds)
                at += 1
            rounds.append((hello, ours))
        time.sleep(AFTER)
        used = self.hello.cpu() - before[0], self.tracker.cpu() - before[1]
        return figures.page_result(name, target, rounds) | _cpu(used[0] / at, used[1] / at)

    def write(self, name: str, target: float | None, prepared: Iterator[Callable[[], Answer]]) -> Result:
        """A form's time: the page with the form is asked for before, and its time does not count."""
        for _time in range(WARMING):
            next(prepared)()
        rounds = []
        hello_cpu = our_cpu = 0.0
        for _round in range(self.rounds):
            hello, ours = [], []
            for _write in range(WRITES):
                send = next(prepared)
                time.sleep(AFTER)
                before = self.hello.cpu(), self.tracker.cpu()
                hello.append(self._hello())
                ours.append(send().seconds)
                time.sleep(AFTER)
                hello_cpu += self.hello.cpu() - before[0]
                our_cpu += self.tracker.cpu() - before[1]
            rounds.append((hello, ours))
        writes = self.rounds * WRITES
        return figures.page_result(name, target, rounds) | _cpu(hello_cpu / writes, our_cpu / writes)

    def crowd(self, page: Page, target: float, clients: int, seconds: float) -> list[Result]:
        """The page's answers per second to so many clients, as a part of hello's: of a warm page, which they all ask
        for again, and without a target of one that is made anew for each of them."""
        reader = self.readers[page.reader]
        path, headers = page.addresses[0].path, reader.headers()
        hello, ours, made = [], [], []
        for _round in range(CROWDS):
            hello.append(crowd(self.hello.port, "/", {}, clients, seconds))
            ours.append(crowd(self.tracker.port, path, headers, clients, seconds))
            made.append(crowd(self.tracker.port, path, headers, clients, seconds, anew=True))
        of_hello = figures.median(hello)
        found = []
        for words, rates, bound in (("asked for again", ours, target), ("each made anew", made, None)):
            rate = figures.median(rates)
            name = f"{page.name}: {clients} clients, {words}, {rate:,.1f} of hello's {of_hello:,.0f} requests a second"
            found.append(figures.check(name, rate / of_hello, "of hello", bound, at_least=True))
        return found

    def _hello(self) -> float:
        return self.yardstick.get("/").seconds


def _asked(get: Callable[[str], Answer], address: Address) -> Answer:
    answer = get(address.path)
    expect(answer, address.status, (), address.path)
    return answer


def _cpu(hello: float, ours: float) -> Result:
    return {
        "cpu_ms": round(ours * 1000, 3),
        "hello_cpu_ms": round(hello * 1000, 3),
        "cpu_multiple": round(figures.ratio(ours, hello), 2),
    }


# Writes


def assessments(browser: Browser, references: list[str]) -> Iterator[Callable[[], Answer]]:
    """For each follow-up: what sets the status that we assess, as its form sends it."""
    for reference in references:
        path = f"/follow-ups/{reference}/status"
        form = browser.form(path)
        if form:
            yield _sending(browser, path, form | ASSESSED)
    raise WrongPage("there are no more follow-ups to assess: generate the database anew")


def signatures(browser: Browser, references: list[str], password: str) -> Iterator[Callable[[], Answer]]:
    """For each submission: what signs it off, as its form sends it, with the version that it shows."""
    for reference in references:
        path = f"/review/followup/{reference}"
        form = browser.form(path, f"{path}/sign")
        if form.get("content_version"):
            yield _sending(browser, f"{path}/sign", form | {"factor": password})
    raise WrongPage("nothing more waits for a signature: generate the database anew")


def _sending(browser: Browser, path: str, fields: dict[str, Any]) -> Callable[[], Answer]:
    def send() -> Answer:
        answer = browser.post(path, fields)
        expect(answer, 303, (), path)
        return answer

    return send
