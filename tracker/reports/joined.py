"""Lists within a row, joined by the database: the same way for every column of every file."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

SEPARATOR = ";"


def joined(items: sa.Select[Any], *records: Any, by: str = SEPARATOR) -> sa.ScalarSelect[Any]:
    """The values of ``items``, a question of one column, in one text and in their order; ``records`` are the tables of
    the row that they belong to."""
    ordered = (items.correlate(*records) if records else items).subquery()
    return sa.select(sa.func.aggregate_strings(ordered.c[0], by)).scalar_subquery()
