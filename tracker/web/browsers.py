"""A browser in words, from what it says of itself; enough for its owner to know it again."""

from __future__ import annotations

from tracker.texts import gettext as _

BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("curl", "curl"),
)
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def words(said: str | None) -> str:
    """``Firefox on Linux``."""
    browser, system = _first(BROWSERS, said or ""), _first(SYSTEMS, said or "")
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or _("a browser that does not say its name")


def _first(names: tuple[tuple[str, str], ...], said: str) -> str | None:
    return next((name for sign, name in names if sign in said), None)
