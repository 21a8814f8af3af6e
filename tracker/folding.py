"""Words as search compares them: without case, accents and punctuation, in any script.

A folded text is its words with one blank between them. What is written without blanks (Chinese, Japanese) is cut into
overlapping pairs of signs, and its last sign stands once more alone, so that every single sign begins some word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

Key = TypeVar("Key")

LONGEST_WORD = 60
SHORTEST_PREFIX = 3

# CJK ideographs, kana; not the marks among them, such as the dot between words.
_UNSPACED_SIGNS = "㐀-鿿぀-ヿ豈-\ufaff\U00020000-\U0003ffff"
UNSPACED = re.compile(rf"(?:(?=\w)[{_UNSPACED_SIGNS}])+")
LETTER = rf"[^\W_{_UNSPACED_SIGNS}]"
"""A sign of a word that ends where its letters end; one that is written without blanks is none."""
_WORD = re.compile(r"[^\W_]+")
# The Arabic article, alone or after "and" or "so", "with" or "like"; and "for the".
ARTICLE = "(?:[وف]?(?:[بك]?ال|لل))"
_ARTICLE = re.compile(f"(?<![ء-ي]){ARTICLE}(?=[ء-ي]{{3}})")
_TATWEEL = "\u0640"


class _Letters(dict[int, str | None]):
    """What each sign is without marks, looked up once: nothing where the sign is a mark itself."""

    def __missing__(self, code: int) -> str | None:
        self[code] = None if unicodedata.combining(chr(code)) else chr(code)
        return self[code]


# Letters with a stroke or without a dot, which Unicode does not take apart.
_LETTERS = _Letters({**dict(zip(map(ord, "øłđħıŧ"), "oldhit", strict=True)), ord(_TATWEEL): None})


class _Signs(dict[str, str]):
    """What each sign is in a folded text, looked up once: no letter, one, or several, as ``ß`` is ``ss``."""

    def __missing__(self, sign: str) -> str:
        self[sign] = unicodedata.normalize("NFKD", sign).casefold().translate(_LETTERS)
        return self[sign]


_SIGNS = _Signs()


@dataclass(frozen=True)
class Term:
    """Words that stand one after the other; of the last, the beginning is enough where ``is_prefix``."""

    words: tuple[str, ...]
    is_prefix: bool

    @property
    def text(self) -> str:
        return " ".join(self.words)


def fold(text: str) -> str:
    """The words of a text."""
    plain = _plain(text)
    if not plain.isascii():
        plain = UNSPACED.sub(lambda found: f" {' '.join((*_pairs(found.group()), found.group()[-1]))} ", plain)
    return " ".join(word[:LONGEST_WORD] for word in _WORD.findall(plain))


def terms(text: str, is_phrase: bool = False) -> Iterator[Term]:
    """What a text to look for asks: each run of words, each run written without blanks. A phrase is found as it
    stands; else the beginning of the last word is enough, when it has letters enough to say something."""
    rest = _plain(text)
    for run in UNSPACED.findall(rest):
        yield Term(_pairs(run) or (run,), is_prefix=len(run) == 1)
    for part in UNSPACED.split(rest):
        words = tuple(word[:LONGEST_WORD] for word in _WORD.findall(part))
        if words:
            yield Term(words, is_prefix=not is_phrase and len(words[-1]) >= SHORTEST_PREFIX)


def spelled(text: str) -> list[str]:
    """What each sign of a text is when it is folded, so that the letters of a word lead back to the signs that it is
    written with. Articles stay."""
    return list(map(_SIGNS.__getitem__, text))


def holding(folded: Mapping[Key, str], wanted: Iterable[Term]) -> list[Key]:
    """Which of the folded texts hold every term: term by term, because the first rules out nearly all."""
    found = list(folded)
    for term in wanted:
        said = f" {term.text}" if term.is_prefix else f" {term.text} "
        found = [key for key in found if said in f" {folded[key]} "]
    return found


def _plain(text: str) -> str:
    """Small letters without marks."""
    if text.isascii():
        return text.lower()
    return _ARTICLE.sub("", unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS))


def _pairs(run: str) -> tuple[str, ...]:
    return tuple(run[at : at + 2] for at in range(len(run) - 1))
