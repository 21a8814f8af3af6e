"""What asks the servers: a browser that keeps its cookies and sends forms as their pages give them, and a crowd."""

from __future__ import annotations

import http.client
import itertools
import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

from tests.forms_of_pages import PageForm, forms

TOKEN = re.compile(r'name="csrf_token"[^>]*?value="([^"]+)"')
FORM = "application/x-www-form-urlencoded"
PIECE = 64 * 1024
NEVER_ASKED = "en;q=0.5{:08d}"
"""A language asked for in words that no request had before: a page is kept for the words that it was asked for in."""


class WrongPage(Exception):
    """A page that does not hold what it should: its time would say nothing."""


@dataclass(frozen=True)
class Answer:
    """What came back, and the seconds from the first byte sent to the last byte read."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def text(self) -> str:
        return self.body.decode()


class Browser:
    """Asks one server. The connection is kept where the server keeps it; sync workers close theirs after an answer."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self._anew = 0
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def get(self, path: str) -> Answer:
        return self._ask("GET", path)

    def get_anew(self, path: str) -> Answer:
        """The page, made for this request: it is asked for as by nobody before."""
        self._anew += 1
        return self._ask("GET", path, more={"Accept-Language": NEVER_ASKED.format(self._anew)})

    def post(self, path: str, fields: Mapping[str, Any]) -> Answer:
        """Send a form."""
        return self._ask("POST", path, urlencode(fields, doseq=True).encode())

    def headers(self) -> dict[str, str]:
        """What each request carries."""
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}

    def form(self, path: str, action: str = "") -> dict[str, Any]:
        """What the form at ``path`` sends untouched, its token with it; the one for ``action`` where there are several.

        Empty where the page has no such form.
        """
        page = self.get(path)
        found = next((form for form in forms(page.text) if _is_sent_to(form, action or path)), None)
        token = TOKEN.search(page.text)
        if page.status != 200 or found is None or token is None:
            return {}
        return {**found.data(), "csrf_token": token.group(1)}

    def sign_in(self, email: str, password: str) -> None:
        """Sign in as people do; raises WrongPage where that fails."""
        fields = self.form("/login") | {"email": email, "password": password}
        answer = self.post("/login", fields)
        if answer.status != 303:
            raise WrongPage(f"{email} cannot sign in: the answer is {answer.status}. Is the demo's password another?")

    def _ask(self, method: str, path: str, body: bytes | None = None, more: Mapping[str, str] | None = None) -> Answer:
        """Whoever asks for more pages than one person may is told how long to wait, and does."""
        headers = self.headers() | ({"Content-Type": FORM} if body is not None else {}) | dict(more or {})
        answer = self._asked_once(method, path, body, headers)
        while method == "GET" and answer.status == 429 and "Retry-After" in answer.headers:
            time.sleep(int(answer.headers["Retry-After"]))
            answer = self._asked_once(method, path, body, headers)
        return answer

    def _asked_once(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        began = time.perf_counter()
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        seconds = time.perf_counter() - began
        for line in response.headers.get_all("Set-Cookie") or []:
            self.cookies.update({name: morsel.value for name, morsel in SimpleCookie(line).items()})
        return Answer(response.status, dict(response.headers), content, seconds)


def _is_sent_to(form: PageForm, path: str) -> bool:
    return form.method == "post" and (form.action or path).partition("?")[0] == path.partition("?")[0]


def crowd(
    port: int, path: str, headers: Mapping[str, str], clients: int, seconds: float, *, anew: bool = False
) -> float:
    """Answers per second that so many clients get who all ask at once, again and again, or each time as nobody before.

    They send bytes made beforehand and only look at the status: they share the machine with the server.
    """
    requests = _requests(_lines(port, path, headers), anew)
    until = time.perf_counter() + seconds
    counts = [0] * clients
    faults: list[bytes] = []
    threads = [
        threading.Thread(target=_go_on, args=(port, requests, until, counts, at, faults)) for at in range(clients)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise WrongPage(f"{path} answers {faults[0]!r} to a crowd")
    return sum(counts) / (time.perf_counter() - began)


def at_once(port: int, path: str, headers: Mapping[str, str], clients: int, times: int, *, anew: bool) -> None:
    """Let so many clients ask so often each, whatever the answer: so that no worker of the server is left out."""
    requests = _requests(_lines(port, path, headers), anew)

    def ask() -> None:
        for _time in range(times):
            with _taking:
                request = next(requests)
            _first_line(port, request)

    threads = [threading.Thread(target=ask) for _client in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _lines(port: int, path: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: close"]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items())]).encode()


def _requests(lines: bytes, anew: bool) -> Iterator[bytes]:
    """The same bytes for ever; or each time other words for the language."""
    if not anew:
        return itertools.repeat(lines + b"\r\n\r\n")
    first = time.time_ns() % 10**8
    said = (NEVER_ASKED.format((first + number) % 10**8).encode() for number in itertools.count())
    return (lines + b"\r\nAccept-Language: " + words + b"\r\n\r\n" for words in said)


def _go_on(port: int, requests: Iterator[bytes], until: float, counts: list[int], at: int, faults: list[bytes]) -> None:
    while time.perf_counter() < until and not faults:
        with _taking:
            request = next(requests)
        status = _first_line(port, request)
        if status.startswith(b"HTTP/1.1 200 "):
            counts[at] += 1
        else:
            faults.append(status)


_taking = threading.Lock()


def _first_line(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
        connection.sendall(request)
        first = connection.recv(PIECE)
        while connection.recv(PIECE):
            pass
    return first.partition(b"\r\n")[0]


def download(port: int, path: str, headers: Mapping[str, str], most: int | None = None) -> tuple[float, float, int]:
    """Read a file, or go away after ``most`` bytes: seconds to the first byte and to the last, and how many bytes."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    began = time.perf_counter()
    connection.request("GET", path, headers=dict(headers))
    response = connection.getresponse()
    if response.status != 200:
        raise WrongPage(f"{path} answers {response.status}")
    size = len(response.read1(PIECE))
    first = time.perf_counter() - began
    while most is None or size < most:
        piece = response.read1(PIECE)
        if not piece:
            break
        size += len(piece)
    last = time.perf_counter() - began
    response.close()
    connection.close()
    return first, last, size


def expect(answer: Answer, status: int, words: Sequence[str], where: str) -> None:
    """Raise WrongPage unless the answer has that status and holds the words in this order."""
    if answer.status != status:
        raise WrongPage(f"{where} answers {answer.status}, not {status}")
    at = 0
    text = answer.text if words else ""
    for word in words:
        at = text.find(word, at)
        if at < 0:
            raise WrongPage(f"{where} does not hold “{word}” in its place")
        at += len(word)
