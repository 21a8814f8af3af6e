"""Which tables keep version rows, and those tables.

Each live table of a ``Versioned`` model has a twin, ``<table>_version``: the same columns without constraints,
and the span of events for which the row held: ``from_event`` (inclusive) to ``to_event`` (exclusive, NULL while
it still holds). Link tables are versioned like any other, so that any list can be asked as at a past date.
``history.record`` alone writes them.
"""

from __future__ import annotations

from typing import Any, ClassVar

import sqlalchemy as sa

SUFFIX = "_version"


class Versioned:
    """A model whose every state is kept. ``__root__`` names the record that its history belongs to.

    A root names itself; a child names the root's table, whose id it holds in ``<root>_id``.
    """

    __root__: ClassVar[str]
    __tablename__: Any

    @property
    def root_key(self) -> tuple[str, int]:
        """The table and id of the record in whose timeline this row's changes stand."""
        if self.__root__ == self.__tablename__:
            return self.__root__, self.id  # type: ignore[attr-defined]  # each root has an id
        return self.__root__, getattr(self, f"{self.__root__}_id")


def index_of_some(name: str, *columns: str, where: str) -> sa.Index:
    """An index of some rows of a live table; version rows have none like it."""
    some = sa.text(where)
    return sa.Index(name, *columns, sqlite_where=some, postgresql_where=some)


def add_version_tables(metadata: sa.MetaData, models: list[type[Versioned]]) -> dict[str, sa.Table]:
    """Make the twin of each model's table; returns them by the live table's name."""
    return {
        model.__tablename__: _twin(metadata, metadata.tables[model.__tablename__], model.__root__) for model in models
    }


def _twin(metadata: sa.MetaData, live: sa.Table, root: str) -> sa.Table:
    """A version is found by its row, by its event and by the record that the row belongs to. The indexes by which lists
    are read are the live table's alone: each would be written with every change."""
    keys = {column.name for column in live.primary_key}
    columns = [
        sa.Column(column.name, _plain(column.type), primary_key=column.name in keys, autoincrement=False)
        for column in live.columns
    ]
    twin = sa.Table(
        live.name + SUFFIX,
        metadata,
        *columns,
        sa.Column("from_event", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("to_event", sa.BigInteger),
    )
    sa.Index(f"ix_{twin.name}_from_event", twin.c.from_event)
    for index in live.indexes:
        names = [getattr(expression, "name", None) for expression in index.expressions]
        if names[0] == f"{root}_id" and all(names) and index.dialect_options["sqlite"].get("where") is None:
            label = f"ix_{twin.name}_" + "_".join(str(name) for name in names)
            sa.Index(label[:63], *(twin.c[str(name)] for name in names), twin.c.from_event)
    return twin


def _plain(kind: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
    """An enum becomes text: a version row may outlive the member that it names."""
    return sa.String(32) if isinstance(kind, sa.Enum) else kind
