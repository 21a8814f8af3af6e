"""Lists within a row, joined by the database: the same way for every column of every file."""

from __future__ import annotations

from functools import reduce
from typing import Any

import sqlalchemy as sa

SEPARATOR = ";"
NEXT_CELL = ","


def joined(items: sa.Select[Any], *records: Any, by: str = SEPARATOR) -> sa.ScalarSelect[Any]:
    """The values of ``items``, a question of one column, in one text and in their order; ``records`` are the tables of
    the row that they belong to."""
    ordered = (items.correlate(*records) if records else items).subquery()
    return sa.select(sa.func.aggregate_strings(ordered.c[0], by)).scalar_subquery()


def side_by_side(items: sa.Select[Any], *records: Any) -> sa.ScalarSelect[Any]:
    """The same for ``items`` of several columns, each a text of its own, as neighbouring cells of a file: what is read
    for one of them is read for all. They must be such that no cell needs quotes."""
    ordered = items.correlate(*records).subquery()
    texts: list[Any] = [sa.func.coalesce(sa.func.aggregate_strings(column, SEPARATOR), "") for column in ordered.c]
    cells = reduce(lambda line, text: line + NEXT_CELL + text, texts)
    return sa.select(cells).scalar_subquery()
