"""Lines that the database writes are those of ``csv_file``, to the byte, whatever they hold."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tracker.database import PartialDateType, UtcDateTime, choice
from tracker.models import Priority
from tracker.partial_date import PartialDate
from tracker.reports import csv_file
from tracker.reports.csv_file import BLANKS, LEADS
from tracker.reports.csv_lines import Line, code, written

SIGNS = "".join(sorted(LEADS)) + BLANKS + "\",;'%\\{}[]^*?~_\u2028\u202eaé反😀"
HOSTILE = st.text(st.sampled_from(SIGNS), max_size=12)
ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
CELLS = st.none() | HOSTILE | ANY

on_the_database = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def told(session: Any, *columns: Any) -> bytes:
    """The line of the columns, which come out of a subquery as a report's do."""
    cells = sa.select(*(column.label(f"c{number}") for number, column in enumerate(columns))).offset(0).subquery()
    line: bytes = session.execute(sa.select(Line(*cells.columns))).scalar_one()
    return line


@pytest.mark.parametrize("lead", sorted(LEADS))
@pytest.mark.parametrize("before", ["", *BLANKS, BLANKS])
def test_each_lead_is_guarded_and_nothing_else(session: Any, lead: str, before: str) -> None:
    texts = [before + lead, before + lead + "1", before + "a" + lead]
    assert told(session, *map(sa.literal, texts)) == b"".join(csv_file.lines([texts], bom=False))


@given(st.lists(CELLS, min_size=2, max_size=6))
@example(["", None, "-", "]", "^", "%s", '"', "''"])
@on_the_database
def test_texts_are_guarded_and_quoted_as_by_csv_file(session: Any, texts: list[str | None]) -> None:
    columns = [sa.literal(text, sa.Text) for text in texts]
    assert told(session, *columns) == b"".join(csv_file.lines([texts], bom=False))


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (-5, sa.Integer()),
        (Priority.HIGH, choice(Priority, "priority")),
        (date(2026, 3, 31), sa.Date()),
        (PartialDate(2006, 11), PartialDateType()),
        (datetime(2026, 3, 31, 23, 59, 59, 999_999, tzinfo=UTC), UtcDateTime()),
        (datetime(1999, 12, 31, tzinfo=UTC), UtcDateTime()),
    ],
)
def test_values_are_written_as_by_csv_file(session: Any, value: Any, kind: Any) -> None:
    stored = sa.select(sa.literal(value, kind).label("value"), sa.literal(None, kind).label("missing")).subquery()
    columns = [written(column) for column in stored.columns]
    assert told(session, *columns) == b"".join(csv_file.lines([[value, None]], bom=False))
    assert str(session.execute(sa.select(columns[0])).scalar_one()) == str(csv_file.cell(value))


def test_a_code_is_taken_as_it_is(session: Any) -> None:
    assert told(session, code(sa.literal("PAK-F001")), code(sa.null())) == b"PAK-F001,\r\n"


def test_the_file_begins_with_its_header() -> None:
    rows: Any = [[(b"1,2\r\n", 2), (b"3,4\r\n", 2)], [(b"5,6\r\n", 2)]]
    assert list(csv_file.joined(["a", "b"], rows)) == [b"\xef\xbb\xbfa,b\r\n", b"1,2\r\n3,4\r\n", b"5,6\r\n"]
    assert next(csv_file.joined(["a", "b"], rows, bom=False)) == b"a,b\r\n"
