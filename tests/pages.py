"""What holds for every page: it is HTML, has one heading, no id twice, no cell that shows a label and nothing else, and
nothing inline that the CSP refuses. And what a list shows beside the file that it leads to."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from functools import lru_cache
from html import unescape

import html5lib
from werkzeug.test import TestResponse

INLINE = re.compile(r"<style\b|<[^>]*\s(?:style|on[a-z]+)=|<script(?![^>]*\ssrc=)|href=\"javascript:", re.IGNORECASE)
ID = re.compile(r"<[^>]*\sid=\"([^\"]*)\"")
CELL = re.compile(r"<td[^>]*\sdata-label=\"([^\"]*)\"[^>]*>(.*?)</td>", re.DOTALL)
SHOWN = re.compile(r"<(?:input|select|textarea|button|svg|img)\b|[^\s<>](?![^<>]*>)")
FRAGMENT = re.compile(r"\s*<!doctype", re.IGNORECASE)
LISTED = re.compile(r'<th scope="row"><a class="record-link" href="[^"]+"><bdi[^>]*>([^<]+)</bdi>')
EXPORT = re.compile(r'<a class="btn btn-secondary"\s+href="([^"]+)"><svg(?:(?!</a>).)*Export as CSV</a>', re.DOTALL)


def check_page(html: str) -> None:
    """Fail the test unless the page is fit to be sent."""
    assert FRAGMENT.match(html), "a page starts with its doctype"
    _parse(html)
    found = INLINE.search(html)
    assert found is None, f"inline style, script or handler: {html[found.start() : found.end() + 60]!r}"
    assert html.count("<h1") == 1, f"{html.count('<h1')} headings of the first level"
    twice = [name for name, times in Counter(ID.findall(html)).items() if times > 1]
    assert not twice, f"ids used twice: {twice}"
    # ``:empty`` in the sheet takes such a cell off the card of its row, label and all; white space is not nothing.
    bare = [label for label, inside in CELL.findall(html) if inside and not SHOWN.search(inside)]
    assert not bare, f"cells that hold nothing but show their label where rows are cards: {bare}"


@lru_cache(maxsize=64)
def _parse(html: str) -> None:
    parser = html5lib.HTMLParser()
    parser.parse(html)
    # A refused control character is shown again as it was typed; browsers put their own sign for it.
    faults = [(place, fault) for place, fault, _more in parser.errors if fault != "invalid-codepoint"]
    if faults:
        (line, column), fault = faults[0]
        around = "\n".join(html.splitlines()[max(0, line - 3) : line + 1])
        raise AssertionError(f"not HTML, line {line}, column {column}: {fault}\n{around}")


def text_of(html: str) -> str:
    """A page's text, or a part's, without marks and white space in excess."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def listed(html: str) -> list[str]:
    """The references of the rows that a page, or a part of it, shows, in their order."""
    return LISTED.findall(html)


def export_href(html: str) -> str | None:
    """Where the page's "Export as CSV" leads; None where it offers none."""
    found = EXPORT.search(html)
    return unescape(found[1]) if found else None


def rows_of(answer: TestResponse) -> list[dict[str, str]]:
    """The rows of a file by its header, which its columns are in the order of."""
    assert (answer.status_code, answer.mimetype) == (200, "text/csv"), answer.status_code
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
