"""What a browser may not send: characters that cannot be kept or that mislead, texts that are too long,
numbers and addresses out of bounds (R29, R30). Each message says what is wrong, where, and the remedy.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from wtforms import ValidationError

from tracker.errors import NotFound
from tracker.texts import gettext as _
from tracker.texts import ngettext

Validator = Callable[[Any, Any], None]

LARGEST_ID = 2**31 - 1
LONGEST_TEXT = 50_000
SPACES = "\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
WHITE = " \t\n" + SPACES  # str.strip would also take control characters off, which must be reported
WORDS_AROUND, LONGEST_AROUND = 5, 60  # of what is shown on each side of a character that is not seen
DIRECTION_MARKS = {
    "\u202a": "left-to-right embedding",
    "\u202b": "right-to-left embedding",
    "\u202c": "pop directional formatting",
    "\u202d": "left-to-right override",
    "\u202e": "right-to-left override",
    "\u2066": "left-to-right isolate",
    "\u2067": "right-to-left isolate",
    "\u2068": "first strong isolate",
    "\u2069": "pop directional isolate",
}
# control characters but tab and line feed; direction marks; lone surrogates and what stands for broken input
_SUSPECT = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff\\ufffd-\\uffff]")


def trimmed(text: str) -> str:
    """The text as typed, with line ends as ``\\n`` and without white space around it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip(WHITE)


def fault_in_characters(text: str, label: str) -> str | None:
    """The sentence for the first character that cannot be taken, or None."""
    found = _SUSPECT.search(text)
    if not found:
        return None
    sign = found.group()
    said = {"label": label, "code": f"U+{ord(sign):04X}", "place": found.start() + 1}
    if sign in DIRECTION_MARKS:
        return _(
            "%(label)s holds the invisible direction mark %(code)s (%(mark)s) at character %(place)d, marked here: "
            "“%(around)s”. Delete it: the direction of a text is found without it",
            mark=DIRECTION_MARKS[sign],
            around=_around(text, found.start()),
            **said,
        )
    if sign >= "\ud800":
        return _(
            "%(label)s holds a character that could not be read (%(code)s) at character %(place)d. Type it again",
            **said,
        )
    return _(
        "%(label)s holds an invisible control character (%(code)s) at character %(place)d, marked here: "
        "“%(around)s”. Delete it, or type the words around it again",
        around=_around(text, found.start()),
        **said,
    )


def _around(text: str, place: int) -> str:
    """The words around a character that is not seen, and where among them it stands."""
    before, after = (_SUSPECT.sub("", part) for part in (text[:place], text[place + 1 :]))
    start = " ".join(before[-LONGEST_AROUND:].split(" ")[-WORDS_AROUND - 1 :])
    end = " ".join(after[:LONGEST_AROUND].split(" ")[: WORDS_AROUND + 1])
    return " ".join(f"{start}⟨{_('here')}⟩{end}".split("\n"))


def fault_in_length(text: str, label: str, longest: int) -> str | None:
    """The sentence for a text that is too long, with both figures, or None."""
    if len(text) <= longest:
        return None
    return ngettext(
        "%(label)s must be %(longest)s character or less; it has %(length)s",
        "%(label)s must be %(longest)s characters or less; it has %(length)s",
        longest,
        label=label,
        longest=f"{longest:,}",
        length=f"{len(text):,}",
    )


def fault_in_text(text: str, label: str, longest: int = LONGEST_TEXT) -> str | None:
    """What is wrong with a text of several lines, or None. Imports ask the same."""
    return fault_in_length(text, label, longest) or fault_in_characters(text, label)


def fault_in_line(text: str, label: str, longest: int = 300) -> str | None:
    """What is wrong with a text of one line, or None."""
    if "\n" in text:
        return _("%(label)s must stand on one line. Delete the line break", label=label)
    return fault_in_text(text, label, longest)


def is_ascii_number(text: str) -> bool:
    """Whether the text is a whole number in the digits 0 to 9."""
    return text.isascii() and text.isdigit()


def has_other_digits(text: str) -> bool:
    """Whether the text holds digits other than 0 to 9, such as Arabic-Indic ones."""
    return any(sign.isdigit() and not sign.isascii() for sign in text)


def known_id(text: str | int) -> int:
    """The id of a row, when it can be one; a number that no row can have does not exist (R29)."""
    typed = str(text)
    if not is_ascii_number(typed) or len(typed) > len(str(LARGEST_ID)) or int(typed) > LARGEST_ID:
        raise NotFound(_("There is no record with the number %(number)s.", number=typed[:40]))
    return int(typed)


def web_address() -> Validator:
    """A validator: an address that starts with http:// or https:// and names a host; empty passes."""

    def check(form: Any, field: Any) -> None:
        if field.data and not _is_web_address(field.data):
            raise ValidationError(
                _(
                    "%(label)s must be a full web address, such as https://www.un.org/securitycouncil/ctc/",
                    label=field.label.text,
                )
            )

    return check


def _is_web_address(text: str) -> bool:
    if any(sign.isspace() for sign in text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
