"""Texts in the reader's language.

Flask-Babel decides which language that is and loads its texts. A page asks for hundreds, and asks which locale it has
as often: hence past Flask-Babel's own, slower questions, to what it keeps for the request.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from babel import Locale
from babel.lists import format_list
from flask import g
from flask_babel import Domain, get_locale
from flask_babel.speaklater import LazyString
from markupsafe import Markup, escape

ENGLISH = Locale("en", "GB")
"""The Organization writes "13 November 2006"; English without a territory would be American."""

_here = g._get_current_object  # not through the proxy each time


class KeptDomain(Domain):
    """Finds the translations once for each locale of a request."""

    def get_translations(self) -> Any:
        return translations()

    def find(self) -> Any:
        """The translations of the locale that is spoken here, past what is kept."""
        return super().get_translations()  # type: ignore[no-untyped-call]  # Flask-Babel's


DOMAIN = KeptDomain()  # type: ignore[no-untyped-call]  # Flask-Babel's


def translations() -> Any:
    """The texts of the locale that is spoken here."""
    try:
        told = _here()._flask_babel
        if told.kept_locale is told.babel_locale:
            return told.kept_translations
    except (AttributeError, RuntimeError):  # not asked yet, or outside the application
        pass
    found = DOMAIN.find()
    if g:
        told = _here()._flask_babel
        told.kept_locale, told.kept_translations = get_locale(), found
    return found


def locale() -> Locale:
    """The locale of this page."""
    try:
        kept = _here()._flask_babel.babel_locale
    except (AttributeError, RuntimeError):  # not asked yet, or outside the application
        kept = None
    found: Locale | None = kept or get_locale()
    return found or ENGLISH


def date_locale() -> Locale:
    """The locale in which this page writes days: the Organization's English where nothing else is said."""
    found = locale()
    return ENGLISH if found.language == "en" and found.territory is None else found


def gettext(text: str, **variables: Any) -> str:
    """The text, with ``variables`` in their places."""
    said = str(translations().ugettext(text))
    return said % variables if variables else said


def ngettext(one: str, many: str, number: int, **variables: Any) -> str:
    """The text for this number, which is also the variable ``num``."""
    said = str(translations().ungettext(one, many, number))
    return said % ({"num": number} | variables)


def lazy_gettext(text: str, **variables: Any) -> LazyString:
    """The text in the language of whoever reads it, later."""
    return LazyString(gettext, text, **variables)


def either(items: Iterable[str]) -> str:
    """Several things of which one will do: "of Pakistan or of Iraq"."""
    return format_list(list(items), style="or", locale=locale())


def listed(items: Iterable[Any]) -> str:
    """Several things in one text, as the page's language lists them: "Kazakhstan, Kyrgyzstan and Tajikistan". Marks of
    one keep their meaning, and the others are then escaped."""
    given = list(items)
    if any(isinstance(one, Markup) for one in given):
        return Markup(format_list([str(escape(one)) for one in given], locale=locale()))  # noqa: S704  # escaped
    return format_list([str(one) for one in given], locale=locale())
