"""No input to any form, address, query or header gives a 5xx; what is wrong is said, what was typed is kept
(R29, R30, R33, R34).
"""

from __future__ import annotations

import codecs
import csv
import gc
import io
import re
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any
from urllib.parse import quote, quote_from_bytes, unquote_to_bytes

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests import snapshots, world
from tests.doors import DOORS, may
from tests.forms_of_pages import PageForm, form_for
from tests.rolled_back import RolledBack
from tests.submissions import FILES, forms_to_send, page_form, poster, submission
from tracker.extensions import db
from tracker.models import EvidenceRevision, Visit

pytestmark = pytest.mark.usefixtures("unchecked_pages")
SignIn = Callable[[Any], FlaskClient]

# Percent-encoded, so that what no text can hold is sent as well.
REFUSED_TEXTS = {
    "NUL": "a%00b",
    "bell": "a%07b",
    "escape": "a%1Bb",
    "C1 control": "a%C2%85b",
    "bidi override": "a%E2%80%AEb",
    "bidi isolate": "a%E2%81%A6b",
    "noncharacter": "a%EF%BF%BFb",
    "100,000 characters": "x" * 100_000,
}
ODD_TEXTS = {
    # no UTF-8: read as the percent-encoding that was sent, which shows what it was
    "lone surrogate": "a%ED%A0%80b",
    "broken UTF-8": "a%FF%FE%C3(b",
    "overlong": "a%C0%AFb",
    "markup": quote("<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"),
    "template": quote("{{ 7*7 }}${7*7}<%= 7*7 %>"),
    "formula": quote('=HYPERLINK("http://example.org")'),
    "SQL": quote("'; DROP TABLE visit; --"),
    "year 1": "0001-01-01",
    "year 9999": "9999-12-31",
    "no such day": "2026-02-30",
    "Arabic digits": quote("٢٠٢٦"),
    "superscript": quote("²"),
    "2^63": str(2**63),
    "10^26": str(10**26),
    "negative": "-1",
    "a fraction": "1.5",
    "infinity": "1e999",
    "unknown code": "no_such_code",
    "empty": "",
    "spaces": "+++",
    "astral": quote("𝕏👩‍👩‍👧‍👦"),
    "a path": quote("../../../etc/passwd"),
    "a line break": "a%0D%0Ab",
}
VALUES = REFUSED_TEXTS | ODD_TEXTS
ANSWERS = (200, 302, 303, 400, 401, 403, 404, 409, 410, 413, 422)

# Exactly as typed in the six official languages, with what a careless page would take for markup.
TYPED = {
    "ar": "تجريم تمويل الإرهاب بوصفه جريمة قائمة بذاتها (القرار 1373)، الفقرة ١(ب)",
    "zh": "将资助恐怖主义行为定为独立罪行——第1373(2001)号决议第1(b)段",
    "en": "Criminalise “terrorist financing” – 50% < 100% & Q&A &amp; <b>done</b>",
    "fr": "Ériger en infraction le financement du terrorisme ; l’œuvre n’est pas achevée",
    "ru": "Признать финансирование терроризма отдельным преступлением — ёж, Ъ",
    "es": "¿Tipificar la financiación del terrorismo? ¡Sí! El niño añadió «acción»",
    "mixed": "e\u0301 é \u05e9\u05dc\u05d5\u05dd ABC 123 \u0627\u0644 {{ 7*7 }} %s %(name)s \\n 👩🏽‍⚖️ a  b",
}


def encoded(data: dict[str, Any], wrong: dict[str, str]) -> bytes:
    """A form's body, with some fields given as raw bytes."""
    pairs = []
    for name, given in data.items():
        if name not in wrong:
            pairs += [f"{quote(name)}={quote(str(one))}" for one in (given if isinstance(given, list) else [given])]
    pairs += [f"{quote(name)}={raw}" for name, raw in wrong.items()]
    return "&".join(pairs).encode()


def post(browser: FlaskClient, address: str, body: bytes, kind: str = "application/x-www-form-urlencoded") -> Any:
    return browser.post(address, data=body, content_type=kind)


def kept(page: str, address: str, raw: str) -> set[str]:
    """The fields of the form that came back in which the text stands as it was typed."""
    form = form_for(page, address) or PageForm("", "post")
    text = _as_read(raw)
    return {name for name, control in form.controls.items() if control.values and _as_read(control.values[0]) == text}


def _percent(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are no UTF-8 stay as they were encoded."""
    assert isinstance(error, UnicodeDecodeError)
    return "".join(f"%{byte:02X}" for byte in error.object[error.start : error.end]), error.end


codecs.register_error("percent", _percent)


def _as_read(raw: str) -> str:
    """The text as a form gives it: decoded, line ends as one sign, without white space around it."""
    if "%" in raw or "+" in raw:
        raw = unquote_to_bytes(raw.replace("+", " ")).decode("utf-8", "percent")
    return raw.replace("\r\n", "\n").strip(" \n").replace("\0", "\ufffd")


@pytest.fixture
def each_form(
    people: world.Cast, told: world.World, sign_in: SignIn
) -> Iterator[list[tuple[str, str, FlaskClient, PageForm, dict[str, Any]]]]:
    """Each form with its address, a browser that may send it, and a submission that would be taken."""
    found = []
    browsers = {role: sign_in(people[role]) for role in world.ROLES}
    for name in forms_to_send():
        address, browser = told.address(DOORS[name].address), browsers[poster(DOORS[name])]
        form = page_form(browser, address)
        data = submission(name, told, form)
        if name in FILES:
            data.pop("file")
        found.append((name, address, browser, form, data))
    yield found


def test_every_field_at_once(each_form: Any, rolled_back: RolledBack) -> None:
    """The same absurd text in every field of a form: refused with a message, and kept."""
    faults = []
    for name, address, browser, form, data in each_form:
        fields = [field for field in {**dict.fromkeys(form.controls), **data} if not field.endswith("request_key")]
        typed = {field for field, control in form.controls.items() if control.is_typed}
        for what, raw in VALUES.items():
            with snapshots.taken_back(rolled_back):
                answer = post(browser, address, encoded(data, dict.fromkeys(fields, raw)))
                status, page = answer.status_code, answer.text
            if status not in ANSWERS:
                faults.append(f"{name}: {what}: {status}")
            elif what in REFUSED_TEXTS and typed and status == 303:
                faults.append(f"{name}: {what}: taken")
            elif status == 422 and typed:
                if "error-summary" not in page:
                    faults.append(f"{name}: {what}: no message")
                lost = typed - kept(page, address, raw)
                if lost:
                    faults.append(f"{name}: {what}: lost what was typed into {sorted(lost)}")
    assert not faults, "\n".join(faults)


SINGLE = (
    "NUL",
    "broken UTF-8",
    "bidi override",
    "100,000 characters",
    "10^26",
    "Arabic digits",
    "unknown code",
    "empty",
)


def test_one_field_at_a_time(each_form: Any, rolled_back: RolledBack) -> None:
    """Everything else is right: the one wrong field reaches as far as it can."""
    faults = []
    for name, address, browser, form, data in each_form:
        for field in {**dict.fromkeys(form.controls), **data}:
            control = form.controls.get(field)
            for what in SINGLE:
                with snapshots.taken_back(rolled_back):
                    answer = post(browser, address, encoded(data, {field: VALUES[what]}))
                    status, page = answer.status_code, answer.text
                if status not in ANSWERS:
                    faults.append(f"{name}.{field}: {what}: {status}")
                elif what in REFUSED_TEXTS and control and control.is_typed and status == 303:
                    faults.append(f"{name}.{field}: {what}: taken")
                elif status == 422 and control and control.is_typed and "is-invalid" not in page:
                    faults.append(f"{name}.{field}: {what}: the message stands at no field")
    assert not faults, "\n".join(faults)


def test_bodies_of_other_shapes(each_form: Any, rolled_back: RolledBack) -> None:
    """Twice the same field, arrays, JSON, other content types, nothing at all, and far too much."""
    faults = []
    for name, address, browser, _form, data in each_form:
        plain = encoded(data, {})
        bodies: dict[str, tuple[bytes, str]] = {
            "repeated": (plain + b"&" + plain, "application/x-www-form-urlencoded"),
            "arrays": (re.sub(rb"([&^]?)(\w+)=", rb"\1\2%5B%5D=", plain), "application/x-www-form-urlencoded"),
            "JSON": (b'{"version": [1], "title": {"a": null}, "text": 5}', "application/json"),
            "broken JSON": (b'{"version": ', "application/json"),
            "text": (plain, "text/plain"),
            "XML": (b"<a/>", "application/xml"),
            "no boundary": (plain, "multipart/form-data"),
            "wrong boundary": (b"--x\r\nnonsense", "multipart/form-data; boundary=y"),
            "cut short": (b"--y\r\nContent-Disposition: form-data; name=", "multipart/form-data; boundary=y"),
            "no such charset": (plain, "application/x-www-form-urlencoded; charset=no-such"),
            "nothing": (b"", "application/x-www-form-urlencoded"),
            "no content type": (plain, ""),
            "signs only": (b"&&&===&&", "application/x-www-form-urlencoded"),
            "1,500 fields": (b"&".join(b"f%d=1" % n for n in range(1500)), "application/x-www-form-urlencoded"),
            "a long name": (b"n" * 100_000 + b"=1", "application/x-www-form-urlencoded"),
        }
        for what, (body, kind) in bodies.items():
            with snapshots.taken_back(rolled_back):
                status = post(browser, address, body, kind).status_code
            expected = (413,) if what == "1,500 fields" else ANSWERS
            if status not in expected:
                faults.append(f"{name}: {what}: {status}")
    assert not faults, "\n".join(faults)


# Addresses


PARAMETERS = [
    *(
        "state",
        "reference",
        "region",
        "area",
        "workflow",
        "status",
        "position",
        "priority",
        "owner",
        "authority",
        "visit",
    ),
    *("conclusion", "due-after", "due-before", "overdue", "q", "sort", "after", "before", "as-at", "size", "count"),
    *("columns", "column", "open", "sealed", "next-step", "kind", "answered", "type", "stage", "mode", "sequence"),
    *("year-from", "year-to", "tour", "noun", "purpose", "category", "content", "bom", "next", "token", "role"),
    *(
        "active",
        "after-id",
        "actor",
        "object",
        "from",
        "to",
        "measure",
        "plan",
        "pillar",
        "counted",
        "party",
        "unsigned",
    ),
]


IN_ADDRESSES = ("NUL", "broken UTF-8", "bidi override", "100,000 characters", "10^26", "superscript", "a path")
LISTS = {
    "/visits": "analyst",
    "/visits.csv": "analyst",
    "/conclusions": "analyst",
    "/follow-ups": "analyst",
    "/states": "analyst",
    "/reports/status": "analyst",
    "/review": "reviewer",
    "/review/extensions": "reviewer",
    "/inbox": "analyst",
    "/follow-ups/{followup}": "analyst",
    "/audit": "auditor",
    "/admin/people": "administrator",
}


def test_every_place_in_an_address(people: world.Cast, told: world.World, sign_in: SignIn) -> None:
    browsers = {role: sign_in(people[role]) for role in world.ROLES}
    faults = []
    for door in DOORS.values():
        browser = browsers[next(role for role in world.ROLES if may(role, door))]
        for place in re.findall(r"\{\w+\}", door.address):
            others = told.address(door.address.replace(place, "\0"))
            for what in IN_ADDRESSES:
                address = others.replace("\0", VALUES[what][:3000])
                for method in door.methods.split():
                    status = browser.open(address, method=method).status_code
                    if status not in (400, 404):
                        faults.append(f"{method} {door.address}: {what}: {status}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("path", LISTS)
def test_every_parameter_of_a_list(path: str, people: world.Cast, told: world.World, sign_in: SignIn) -> None:
    """All parameters at once with each value, and each parameter alone with the worst of them."""
    browser, address = sign_in(people[LISTS[path]]), told.address(path)
    assert browser.get(address).status_code == 200
    questions = ["&".join(f"{name}={raw}" for name in PARAMETERS) for raw in VALUES.values() if len(raw) < 100]
    questions += [f"q={raw[:4000]}" for raw in REFUSED_TEXTS.values()]
    questions += [f"{name}={'9' * 27}&{name}=%D9%A2" for name in PARAMETERS]
    faults = []
    for question in questions:
        status = browser.get(f"{address}?{question}").status_code
        if status not in (200, 302, 303, 400):
            faults.append(f"?{question[:60]}: {status}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("path", ["/visits", "/conclusions", "/follow-ups", "/review", "/admin/people"])
@pytest.mark.parametrize("size", ["1000000", "-5", "0", "all"])
def test_a_page_is_never_longer_than_its_cap(path: str, size: str, people: world.Cast, sign_in: Any) -> None:
    role = {"/review": "reviewer", "/admin/people": "administrator"}.get(path, "analyst")
    answer = sign_in(people[role]).get(f"{path}?size={size}")
    assert answer.status_code == 200
    assert answer.text.count("<tr") <= 102


# Headers


HEADERS = [
    {"Cookie": "session=" + "x" * 5000},
    {"Cookie": "session=\xff\xfe; session=; =; ;;"},
    {"Accept-Language": "xx-YY;q=abc, *;q=2, " + "a" * 5000},
    {"Accept-Language": "ar-\xff"},
    {"Accept": "application/json;q=nan"},
    {"User-Agent": "\xff\xfe" + "u" * 10_000},
    {"Referer": "javascript:alert(1)"},
    {"X-Forwarded-For": "nonsense, ::1, 999.999.999.999"},
    {"Host": 'exa mple"<>.org'},
    {"Host": ""},
    {"Host": "[::1"},
    {"Range": "bytes=9999999999999999999999-1"},
    {"If-None-Match": '"' * 500},
    {"If-Modified-Since": "Thu, 32 Foo 9999"},
    {"Authorization": "Basic ////"},
    {"Content-Length": "-5"},
    {"X-CSRFToken": "\xff"},
    {"Sec-Fetch-Site": "nonsense"},
]


@pytest.mark.parametrize("headers", HEADERS, ids=lambda headers: next(iter(headers)) + str(len(str(headers))))
def test_no_header_is_a_fault_of_ours(
    headers: dict[str, str], people: world.Cast, told: world.World, sign_in: SignIn, client: FlaskClient
) -> None:
    browser = sign_in(people.analyst)
    for address in ("/login", "/visits", f"/follow-ups/{told.names['followup']}", "/no-such-page", "/visits.csv"):
        for who in (browser, client):
            assert who.get(address, headers=headers).status_code < 500
    for who in (browser, client):
        assert who.post("/visits/new", headers=headers, data={"summary": "x"}).status_code < 500


# Files


class Endless(io.RawIOBase):
    """A body that goes on and on; ``given`` counts what was taken of it."""

    def __init__(self, head: bytes, size: int, tail: bytes) -> None:
        self.head, self.left, self.tail, self.given = head, size, tail, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.head:
            part, self.head = self.head[: len(buffer)], self.head[len(buffer) :]
        elif self.left:
            part = (b"\0" * 1023 + b"\n") * 64
            part = part[: min(len(buffer), self.left)]
            self.left -= len(part)
        else:
            part, self.tail = self.tail[: len(buffer)], self.tail[len(buffer) :]
        buffer[: len(part)] = part
        self.given += len(part)
        return len(part)


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # Werkzeug leaves its file to be collected
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_file_of_100_mb_is_refused_in_little_memory(
    is_chunked: bool, people: world.Cast, told: world.World, sign_in: SignIn
) -> None:
    size = 100 * 1024 * 1024
    head = (
        b'--y\r\nContent-Disposition: form-data; name="title"\r\n\r\nTyped before the file\r\n'
        b'--y\r\nContent-Disposition: form-data; name="file"; filename="bill.pdf"\r\n'
        b"Content-Type: application/pdf\r\n\r\n%PDF-1.7\n"
    )
    tail = b"\r\n--y--\r\n"
    body = Endless(head, size, tail)
    tracemalloc.start()
    try:
        answer = sign_in(people.analyst).post(
            told.address(DOORS["evidence.add"].address),
            environ_overrides={
                "CONTENT_TYPE": "multipart/form-data; boundary=y",
                "wsgi.input": io.BufferedReader(body, 65536),
                "wsgi.input_terminated": is_chunked,
                "CONTENT_LENGTH": "" if is_chunked else str(len(head) + size + len(tail)),
            },
        )
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    gc.collect()
    assert answer.status_code == 413
    assert "25 MB" in answer.text
    assert is_chunked or "Typed before the file" in answer.text
    assert peak < 30 * 1024 * 1024, f"{peak:,} bytes"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(EvidenceRevision)) == 1


def archive(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, content)
    return file.getvalue()


LIES = {
    "a program named as a PDF": ("bill.pdf", b"MZ\x90\x00" + bytes(500)),
    "a page named as a picture": ("map.png", b"<!doctype html><script>alert(1)</script>"),
    "a page named as text": ("bill.html", b"<script>alert(1)</script>"),
    "a drawing with a script": ("map.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'),
    "text named as a document": ("bill.docx", b"just text"),
    "any archive named as a document": ("bill.docx", archive("a.txt", b"x")),
    "a bomb named as a document": ("bill.docx", archive("word/document.xml", bytes(60 * 1024 * 1024))),
    "a program": ("bill.exe", b"MZ"),
    "two endings": ("bill.pdf.exe", b"%PDF-1.7\n"),
    "no ending": ("bill", b"text"),
    "no name": (" ", b"text"),
    "nothing in it": ("bill.txt", b""),
    "binary named as text": ("bill.txt", bytes(range(256))),
    "a name that turns round": ("bill\u202etxt.pdf", b"%PDF-1.7\n%%EOF"),
    "a name of 400 characters": ("b" * 400 + ".txt", b"text"),
}


@pytest.mark.parametrize("what", LIES)
def test_a_file_that_is_not_what_it_says_is_refused_at_its_field(
    what: str, people: world.Cast, told: world.World, sign_in: SignIn
) -> None:
    filename, content = LIES[what]
    address = told.address(DOORS["evidence.add"].address)
    before = snapshots.taken()
    answer = sign_in(people.analyst).post(
        address,
        data={"title": "Typed beside it", "source_note": "Gazette", "file": (io.BytesIO(content), filename)},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 422
    assert "error-summary" in answer.text and "is-invalid" in answer.text
    assert 'value="Typed beside it"' in answer.text and "Gazette" in answer.text
    assert snapshots.taken() == before


def test_a_file_leaves_as_an_attachment_that_nothing_runs(
    people: world.Cast, told: world.World, sign_in: SignIn
) -> None:
    answer = sign_in(people.auditor).get(told.address(DOORS["evidence.download"].address))
    assert (answer.status_code, answer.data) == (200, world.TEXT_FILE)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


# Exactly as typed


@pytest.mark.parametrize("language", TYPED)
def test_what_is_typed_is_shown_exactly(
    language: str, people: world.Cast, told: world.World, sign_in: SignIn, session: Any
) -> None:
    """Typed into every text of a visit, a conclusion and a follow-up; read on their pages, lists and files."""
    text, browser = TYPED[language], sign_in(people.analyst)
    for name, fields, page in (
        ("visit_sections.edit", "summary", "/visits/{visit}"),
        ("visit_sections.visit_consent", "visit_consent_by", "/visits/{visit}"),
        ("visit_sections.tour", "tour", "/visits/{visit}"),
        ("visit_parts.edit", "authority", "/visits/{visit}"),
        ("assessments.edit", "explanation", "/visits/{visit}/matrix"),
        ("conclusions.edit", "text", "/conclusions/{conclusion}"),
        ("comments.add", "comment-text", "/visits/{visit}"),
        ("followups.edit", "title text indicator source", "/follow-ups/{followup}"),
        ("followups.track", "next_step", "/follow-ups/{followup}"),
        ("progress.add", "text", "/follow-ups/{followup}"),
        ("responses.record", "text", "/follow-ups/{followup}"),
        ("evidence.add", "title", "/follow-ups/{followup}"),
    ):
        address = told.address(DOORS[name].address)
        data = submission(name, told, page_form(browser, address)) | dict.fromkeys(fields.split(), text)
        data.pop("file", None)
        kind = "multipart/form-data" if name in FILES else "application/x-www-form-urlencoded"
        answer = browser.post(address, data=data, content_type=kind)
        assert answer.status_code == 303, f"{name}: {answer.status_code}"
        body = browser.get(told.address(page)).text
        assert unescape(body).count(text) >= len(fields.split()), f"{name} is not shown as typed"
        assert "<b>done</b>" not in body
    assert session.scalar(sa.select(Visit.summary).where(Visit.reference == told.names["visit"])) == text
    for path, rows in (("/follow-ups", "title"), ("/conclusions", "text")):
        assert text in unescape(browser.get(path).text), f"{path}: {rows}"
    for path in ("/conclusions.csv", "/reports/status.csv"):
        cells = [cell for row in csv.reader(io.StringIO(browser.get(path).text)) for cell in row]
        assert text in cells or f"'{text}" in cells, path


def test_a_search_finds_what_was_typed_in_any_language(people: world.Cast, told: world.World, sign_in: SignIn) -> None:
    browser = sign_in(people.analyst)
    address = told.address(DOORS["followups.edit"].address)
    words = {
        "ar": "الإرهاب",
        "zh": "恐怖主义",
        "fr": "ERIGER",
        "ru": "ПРЕСТУПЛЕНИЕМ",
        "es": "añadio",
        "en": "terrorist",
    }
    for language, word in words.items():
        data = submission("followups.edit", told, page_form(browser, address)) | {"title": TYPED[language]}
        assert browser.post(address, data=data).status_code == 303
        assert told.names["followup"] in browser.get(f"/follow-ups?q={quote(word)}").text, language
        assert told.names["sealed"] not in browser.get(f"/follow-ups?q={quote(word)}").text, language


def test_the_encodings_here_are_what_they_claim() -> None:
    assert quote_from_bytes("\ud800".encode("utf-8", "surrogatepass")) == "%ED%A0%80"
    assert _as_read("a%0D%0Ab") == "a\nb"
