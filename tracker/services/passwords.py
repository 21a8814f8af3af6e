"""Passwords: how they are kept (argon2id, R1), compared, and which ones are refused."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import current_app

from tracker.errors import Invalid
from tracker.texts import gettext as _

SHORTEST = 15
LONGEST = 1000
FEWEST_SIGNS = 5
FEWEST_LETTERS, FEWEST_KINDS = 5, 7  # what must remain of it without common words
ROWS = ("01234567890123456789", "98765432109876543210")
FIGURES = [row[at : at + length] for length in range(10, 2, -1) for row in ROWS for at in range(10)]
COMMON = Path(__file__).resolve().parent.parent / "reference" / "passwords" / "common_passwords.txt"
DISGUISES = str.maketrans("@4031!5$7", "aaoeiisst")


def normal(password: str) -> str:
    """The password as it is hashed: NFKC, so that it is the same from every keyboard."""
    return unicodedata.normalize("NFKC", password)


def hashed(password: str) -> str:
    """A new argon2id hash of ``password``."""
    return str(_context().hash(_bytes(password)))


def is_right(password: str, stored: str | None) -> bool:
    """Whether ``password`` is the one stored. Takes as long when there is none stored (R4)."""
    given = _bytes(password)
    if len(given) > LONGEST * 4:
        given, stored = b"", None
    right = bool(_context().verify(given, stored or _decoy()))
    return right and stored is not None


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return bool(_context().needs_update(stored))


def check(password: str, *, name: str = "", email: str = "", field: str = "new_password") -> None:
    """Raise Invalid unless ``password`` is long enough and not one that is guessed early (R1)."""
    password = normal(password)
    if len(password) < SHORTEST:
        raise Invalid(
            _("Use at least %(count)s characters. A few words in a row are easy to remember.", count=SHORTEST), field
        )
    if len(password) > LONGEST:
        raise Invalid(_("Use at most %(count)s characters.", count=LONGEST), field)
    if len(set(password)) < FEWEST_SIGNS:
        raise Invalid(_("This repeats the same few characters; choose one that is harder to guess."), field)
    if _is_common(password, name, email):
        raise Invalid(
            _("This is made of words that are guessed first: common passwords, this program's name, or your own."),
            field,
        )


def _is_common(password: str, name: str, email: str) -> bool:
    """Whether little is left of the password without the words that guessers try, plain or disguised."""
    folded = password.casefold()
    own = set(re.findall(r"\w{3,}", f"{name} {email}".casefold()))
    words = sorted(common_words() | own, key=len, reverse=True)
    return any(_is_made_of(form, words) for form in (folded, folded.translate(DISGUISES)))


def _is_made_of(password: str, words: list[str]) -> bool:
    """Whether too little remains without the words and the rows of figures: some letters, or a mixture."""
    rest = password
    for word in [*words, *FIGURES]:
        rest = rest.replace(word, " ")
    letters = sum(sign.isalpha() for sign in rest)
    return letters < FEWEST_LETTERS and len({sign for sign in rest if sign.isalnum()}) < FEWEST_KINDS


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """The list that ships with the program: one word or password a line, ``#`` for remarks."""
    lines = COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip().casefold() for line in lines if line.strip() and not line.startswith("#"))


def _bytes(password: str) -> bytes:
    return normal(password).encode("utf-8", "surrogatepass")


def _context() -> Any:
    return current_app.extensions["security"].pwd_context


def _decoy() -> str:
    """A hash that no password has, with the parameters of the real ones."""
    kept: dict[str, str] = current_app.extensions.setdefault("tracker_decoy", {})
    if "hash" not in kept:
        head = hashed("").rsplit("$", 2)[0]
        kept["hash"] = f"{head}$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    return kept["hash"]
