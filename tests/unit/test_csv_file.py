"""CSV files: what is written can be read again, computes nothing, and is counted as it leaves."""

from __future__ import annotations

import csv
import hashlib
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.partial_date import PartialDate
from tracker.reports.csv_file import CHUNK, LEADS, Tally, cell, guard, lines, logged, unguard

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
ODD = st.text(st.sampled_from("=+-@＝＋－＠'\t\r\n \u00a0\",;aé反"))


class Colour(StrEnum):
    RED = "red"


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("lead", LEADS)
def test_a_cell_that_would_start_a_formula_is_guarded(lead: str) -> None:
    assert guard(f"{lead}cmd|' /C calc'!A0") == f"'{lead}cmd|' /C calc'!A0"
    assert guard(f" \u00a0{lead}1") == f"' \u00a0{lead}1"


@pytest.mark.parametrize("text", ["", "a=b", "1-2", "x'y", " plain", "反恐", "(=1)", "PAK-F012"])
def test_other_cells_are_left_alone(text: str) -> None:
    assert guard(text) == unguard(text) == text


@given(TEXTS | ODD)
def test_a_guard_comes_off_again(text: str) -> None:
    assert unguard(guard(text)) == text


@given(TEXTS | ODD)
def test_no_guarded_cell_starts_a_formula(text: str) -> None:
    assert not guard(text).lstrip(" \u00a0").startswith(tuple("=+-@＝＋－＠\t\r\n"))


@given(st.lists(st.lists(TEXTS | ODD, min_size=2, max_size=4), max_size=20), st.booleans())
def test_what_is_written_can_be_read_again(rows: list[list[str]], bom: bool) -> None:
    content = b"".join(lines(rows, bom))
    assert [[unguard(text) for text in row] for row in read(content)] == rows


def test_the_file_is_utf_8_with_a_mark_and_crlf() -> None:
    rows = [["item_id", "title"], ["PAK-F001", 'Two\nlines, "quoted"']]
    assert b"".join(lines(rows)) == b'\xef\xbb\xbfitem_id,title\r\nPAK-F001,"Two\nlines, ""quoted"""\r\n'
    assert b"".join(lines(rows, bom=False)).startswith(b"item_id")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        (-5, -5),
        (Colour.RED, "red"),
        (date(2026, 3, 31), "2026-03-31"),
        (PartialDate(2006, 11), "2006-11"),
        (datetime(2026, 3, 31, 23, 30, 1, 5, tzinfo=UTC), "2026-03-31T23:30:01Z"),
        (datetime(2026, 3, 31, 1, tzinfo=timezone(timedelta(hours=2))), "2026-03-30T23:00:00Z"),
        (["FIN-01", "LAW-02"], "FIN-01;LAW-02"),
        (["=1", "2"], "'=1;2"),
        ([], ""),
    ],
)
def test_a_value_is_written_as_data(value: Any, written: Any) -> None:
    assert cell(value) == written


def test_a_long_file_comes_in_chunks_of_whole_rows() -> None:
    rows = [["n", "text"]] + [[str(number), 'one\r\n"two", three' * 20] for number in range(2_000)]
    chunks = list(lines(rows))
    assert len(chunks) > 5
    assert all(CHUNK <= len(chunk) < 2 * CHUNK for chunk in chunks[:-1])
    assert [row for chunk in chunks for row in read(chunk)] == rows


def test_rows_are_asked_for_only_as_they_are_written() -> None:
    asked = []

    def endless() -> Any:
        while True:
            asked.append(1)
            yield ["x" * 1000]

    next(lines(endless()))
    assert len(asked) < 70


@given(st.lists(st.lists(TEXTS | ODD, min_size=2, max_size=3), max_size=20))
def test_what_left_is_counted(rows: list[list[str]]) -> None:
    ends: list[Tally] = []
    content = b"".join(logged(lines([["a", "b"], *rows]), ends.append))
    (tally,) = ends
    assert (tally.rows, tally.size, tally.is_complete) == (len(rows), len(content), True)
    assert tally.sha256 == hashlib.sha256(content).hexdigest()


def test_a_reader_who_goes_away_is_noted() -> None:
    ends: list[Tally] = []
    stream = logged(lines([["x" * 1000]] * 1000), ends.append)
    first = next(stream)
    assert not ends
    stream.close()
    assert (ends[0].is_complete, ends[0].size) == (False, len(first))


def test_an_empty_file_has_no_rows() -> None:
    ends: list[Tally] = []
    assert b"".join(logged(lines([], bom=False), ends.append)) == b""
    assert (ends[0].rows, ends[0].is_complete) == (0, True)
