"""Reads the reference files. Pure: the rows as they stand, paragraph lists spelled out, dates parsed.

``services.reference`` puts the rows into the database.
"""

from __future__ import annotations

import csv
import hashlib
import re
from datetime import date
from pathlib import Path

DATA = Path(__file__).parent / "data"
LANGUAGES = ("en", "fr", "es", "ru", "ar", "zh")

_PARAGRAPHS = re.compile(r"(\d+)(?:\(([a-z])\))?(?:-(?:(\d+)|\(([a-z])\)))?", re.ASCII)
_LABEL = re.compile(r"(\d+)(?:\(([a-z])\))?", re.ASCII)
_LETTERS = 100  # more than any paragraph has sub-paragraphs


def rows(name: str) -> list[dict[str, str]]:
    """The rows of ``data/<name>.csv``."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def digest() -> str:
    """SHA-256 over all files: when it is the one last loaded, there is nothing to load."""
    whole = hashlib.sha256()
    for path in sorted(DATA.glob("*.csv")):
        whole.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()


def paragraphs(text: str) -> list[str]:
    """Each paragraph that ``2(f), 3(a)-(c)`` or ``2-6, 8`` names; blank is the whole resolution: ``['']``."""
    if not text.strip():
        return [""]
    return [label for part in text.split(",") for label in _expanded(part.strip())]


def position(label: str) -> int:
    """Where a paragraph stands in its resolution: the whole first, ``2`` before ``2(a)`` before ``10``."""
    if not label:
        return 0
    found = _LABEL.fullmatch(label)
    if not found:
        raise ValueError(f"{label!r} is not the label of a paragraph such as 5 or 2(e)")
    number, letter = found.groups()
    return int(number) * _LETTERS + (_place(letter) if letter else 0)


def day(text: str) -> date | None:
    """The date, or None where the file leaves it open."""
    return date.fromisoformat(text) if text else None


def _expanded(part: str) -> list[str]:
    found = _PARAGRAPHS.fullmatch(part)
    if not found:
        raise ValueError(f"{part!r} does not name paragraphs such as 5, 2(e), 3(a)-(c) or 2-6")
    number, letter, last_number, last_letter = found.groups()
    if bool(letter) == bool(last_number) and (last_number or last_letter):
        raise ValueError(f"{part!r} runs from one kind of paragraph to another")
    if last_number:
        return [str(each) for each in _run(int(number), int(last_number), part)]
    if last_letter:
        return [f"{number}({chr(each)})" for each in _run(ord(letter or "a"), ord(last_letter), part)]
    return [part]


def _run(first: int, last: int, part: str) -> range:
    if last <= first:
        raise ValueError(f"{part!r} runs backwards")
    return range(first, last + 1)


def _place(letter: str) -> int:
    return ord(letter) - ord("a") + 1
