"""Canonical JSON: one text for ever, whichever library writes it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import example, given
from hypothesis import strategies as st

from tracker import history
from tracker.models import VERSION_TABLES, Category
from tracker.partial_date import PartialDate

# Signs beyond Unicode's text (lone halves of pairs) and numbers beyond 64 bits are among them.
TEXTS = st.text(st.characters(exclude_categories=()))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)


def by_the_standard_library(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@given(PLAIN)
@example({"\ud800": "\udfff"})
@example([2**64, -(2**63) - 1])
@example({1: "a"})
def test_the_text_is_that_of_the_standard_library(value: Any) -> None:
    assert history.canonical(value) == by_the_standard_library(value)


@given(st.dictionaries(TEXTS, PLAIN, max_size=4))
def test_a_rows_digest_is_that_of_its_text(row: dict[str, Any]) -> None:
    assert history.row_digest("visit", row) == history.digest("visit" + by_the_standard_library(row))


def test_the_text_never_changes() -> None:
    controls = "".join(map(chr, range(0x20)))
    value = {"b": 'é\u2028\x7f"\\/', "a": [1, None, (True,)], "ё": {}, "Z": controls, "😀": -7, Category.FILE: 1}
    written = (
        r"\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f"
        r"\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f"
    )
    assert history.canonical(value) == (
        f'{{"Z":"{written}","a":[1,null,[true]],"b":"é\u2028\x7f\\"\\\\/","file":1,"ё":{{}},"😀":-7}}'
    )


@pytest.mark.parametrize("beside", ["a", "\ud800"])  # the second is written by the standard library
def test_columns_stand_in_it_as_they_are_told(beside: str) -> None:
    row = {
        "a": beside,
        "at": datetime(2026, 3, 5, 9, 30, tzinfo=UTC),
        "day": date(2026, 3, 5),
        "due": PartialDate(2026, 3),
        "kind": Category.SIGN_OFF,
        "none": None,
    }
    assert history.canonical(row) == (
        f'{{"a":"{beside}",'
        '"at":"2026-03-05T09:30:00.000000+00:00","day":"2026-03-05","due":"2026-03","kind":"sign_off","none":null}'
    )


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes"])
def test_what_has_no_place_in_it_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        history.canonical({"a": value})


def test_no_column_that_is_kept_holds_a_fraction() -> None:
    """Of these alone the two libraries would write different texts."""
    for table in VERSION_TABLES.values():
        for column in table.columns:
            kind = getattr(column.type, "impl_instance", column.type)
            assert not isinstance(kind, sa.Numeric | sa.Float | sa.Uuid | sa.JSON), (table.name, column.name)
