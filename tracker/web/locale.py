"""Which languages are offered, and which one this request speaks.

The right-to-left pseudo-language is there in demo and tests: it wraps every text that went through gettext in
brackets, so that a text without brackets was forgotten, and turns the page round.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from babel import Locale
from babel.support import NullTranslations
from flask import Flask, current_app, g, has_request_context, request, session
from flask_babel import Babel
from markupsafe import Markup

from tracker import texts
from tracker.texts import DOMAIN, ENGLISH, translations

DEFAULT = "en"
PSEUDO = "ar-x-pseudo"
LANGUAGES: dict[str, str] = {"en": "English", PSEUDO: "⟦Right to left⟧"}
"""Each language by its code, in its own words."""

_LOCALES = {
    "en": ENGLISH,
    PSEUDO: Locale("ar", modifier="pseudo"),
}
_ISOLATE, _END = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"  # English inside stays in order
_CODES = {str(locale): code for code, locale in _LOCALES.items()}


class PseudoTranslations(NullTranslations):
    """Every text in brackets, so that the eye and the tests see what never went through gettext."""

    def gettext(self, message: str) -> str:
        return f"⟦{_ISOLATE}{message}{_END}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def upgettext(self, context: str, message: str) -> str:
        return self.gettext(message)

    def unpgettext(self, context: str, singular: str, plural: str, num: int) -> str:
        return self.ngettext(singular, plural, num)

    ugettext = gettext
    ungettext = ngettext


DOMAIN.cache[str(_LOCALES[PSEUDO]), DOMAIN.domain[0]] = PseudoTranslations()


def init_locale(app: Flask, babel: Babel) -> None:
    """Let each request speak the language its reader chose."""
    app.config["BABEL_DEFAULT_LOCALE"] = str(_LOCALES[DEFAULT])
    babel.init_app(app, locale_selector=_selected)
    babel.domain_instance = DOMAIN
    app.jinja_env.globals.update(gettext=said, ngettext=said_by_number, _=said)


def said(text: str, /, **variables: Any) -> Markup:
    """A template's text in the reader's language, variables escaped: as Jinja's own, which takes many times as long."""
    found = translations()
    if not variables:
        return _whole(found, text)
    return Markup(found.ugettext(text)) % variables  # noqa: S704  # our own texts


@lru_cache(maxsize=4096)
def _whole(found: NullTranslations, text: str) -> Markup:
    """A text without variables, of which templates have a few thousand."""
    return Markup(found.ugettext(text)) % {}  # noqa: S704  # our own texts


def said_by_number(one: str, many: str, number: int, /, **variables: Any) -> Markup:
    """The same for a text that depends on a number."""
    text = translations().ungettext(one, many, number)
    return Markup(text) % ({"num": number} | variables)  # noqa: S704  # our own texts


def languages() -> dict[str, str]:
    """The languages offered here: the pseudo-language never in production."""
    if current_app.config["SETTINGS"].is_production:
        return {code: name for code, name in LANGUAGES.items() if code != PSEUDO}
    return LANGUAGES


def spoken() -> dict[str, str]:
    """The languages to read in: those offered but the pseudo-language, which only shows what was forgotten."""
    return {code: name for code, name in languages().items() if code != PSEUDO}


def language() -> str:
    """The code of the language that this page speaks, for ``<html lang>``."""
    return _CODES.get(str(texts.locale()), DEFAULT)


def direction() -> str:
    """``ltr`` or ``rtl``, for ``<html dir>``."""
    return str(texts.locale().text_direction)


def _selected() -> Locale:
    return _LOCALES[_chosen() or _best_match()]


def _chosen() -> str | None:
    """What the reader chose: in this session, else in the account."""
    if not has_request_context() or g.get("bare_page"):
        return None
    offered = languages()
    for code in (session.get("language"), getattr(session, "account_language", None)):
        if code in offered:
            return str(code)
    return None


def _best_match() -> str:
    if not has_request_context():
        return DEFAULT
    real = [code for code in LANGUAGES if code != PSEUDO]
    return request.accept_languages.best_match(real, DEFAULT) or DEFAULT
