"""The links of a record (areas, paragraphs, authorities, resolutions): always given as the full set."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def put(links: list[Any], wanted: Iterable[Any], column: str, make: Callable[[Any], Any]) -> bool:
    """Bring a list of link rows to ``wanted``, by their ``column``. Whether anything changed.

    Rows that stay are not touched, so that the history tells only of what came and went.
    """
    keys = dict.fromkeys(wanted)
    gone = [link for link in links if getattr(link, column) not in keys]
    for link in gone:
        links.remove(link)
    present = {getattr(link, column) for link in links}
    new = [make(key) for key in keys if key not in present]
    links.extend(new)
    return bool(gone or new)
