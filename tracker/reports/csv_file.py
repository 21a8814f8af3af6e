"""CSV files as they leave the house: UTF-8 with a byte order mark unless switched off, CRLF, RFC 4180, ISO dates (R32).

A cell that a spreadsheet would take for a formula gets one leading ``'``, and so does one that starts with ``'``: an
import takes exactly one off again. Numbers and dates are never guarded. Rows are written as they come, so that
memory does not grow with them.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from io import StringIO
from typing import Any

import sqlalchemy as sa

from tracker.partial_date import PartialDate

BOM = "\ufeff"
END = "\r\n"
CHUNK = 64 * 1024
GUARD = "'"
LEADS = frozenset("=+-@＝＋－＠\t\r\n" + GUARD)
BLANKS = " \u00a0\ufeff"


def guard(text: str) -> str:
    """The text as a cell that no spreadsheet computes; leading blanks do not hide a formula from it."""
    first = text[:1]
    if first in BLANKS:
        first = text.lstrip(BLANKS)[:1]
    return GUARD + text if first in LEADS else text


def unguard(text: str) -> str:
    """The text that ``guard`` was given; one that it would not have written is as it is."""
    rest = text.removeprefix(GUARD)
    return rest if guard(rest) == text else text


def cell(value: Any) -> Any:
    """A value as a cell: texts guarded, lists joined by ``;``, dates and moments in ISO 8601, None empty."""
    if type(value) is str:  # the first question, because an export asks it millions of times
        return guard(value)
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, str):  # a member of an enum
        return guard(str(value))
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, PartialDate):
        return value.iso
    return guard(";".join(str(one) for one in value))


class Part(bytes):
    """A part of a file: whole rows, and how many; the header is none. Whoever wrote them knows: to count them in the
    bytes costs more than to hash these."""

    rows: int

    @classmethod
    def of(cls, content: bytes, rows: int) -> Part:
        part = cls(content)
        part.rows = rows
        return part


def lines(rows: Iterable[Sequence[Any]], bom: bool = True) -> Iterator[Part]:
    """The file in parts of about 64 KB. The header is the first row that is given."""
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator=END)
    if bom:
        buffer.write(BOM)
    written = -1
    for row in rows:
        writer.writerow([cell(value) for value in row])
        written += 1
        if buffer.tell() >= CHUNK:
            yield _taken(buffer, written)
            written = 0
    if buffer.tell():
        yield _taken(buffer, max(written, 0))


def joined(header: Sequence[str], chunks: Iterable[Sequence[sa.Row[Any]]], bom: bool = True) -> Iterator[Part]:
    """The file from lines that the database wrote (see ``csv_lines``), a chunk at a time."""
    yield Part.of(((BOM if bom else "") + ",".join(header) + END).encode(), 0)
    for chunk in chunks:
        yield Part.of(b"".join([row[0] for row in chunk]), len(chunk))


def _taken(buffer: StringIO, rows: int) -> Part:
    content = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return Part.of(content, rows)


@dataclass
class Tally:
    """What left: rows without the header, bytes, SHA-256; not complete when the reader went away."""

    rows: int = 0
    size: int = 0
    is_complete: bool = False
    digest: Any = field(default_factory=hashlib.sha256, repr=False)

    @property
    def sha256(self) -> str:
        """The digest of every byte that was handed over."""
        return str(self.digest.hexdigest())

    def add(self, part: Part) -> None:
        """Count one part."""
        self.size += len(part)
        self.digest.update(part)
        self.rows += part.rows


def logged(parts: Iterable[Part], on_end: Callable[[Tally], None]) -> Iterator[bytes]:
    """The parts of a file; at their end, reached or not, one call with what left: for the closing event."""
    tally = Tally()
    try:
        for part in parts:
            tally.add(part)
            yield part
        tally.is_complete = True
    finally:
        on_end(tally)
