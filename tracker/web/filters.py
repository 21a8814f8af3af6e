"""The filters that several lists share: what they are called, how their values read, and what their selects offer
within a reader's scope."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from tracker.policy import Reach
from tracker.reports import catalogue
from tracker.reports.listing import SIZES
from tracker.texts import gettext as _
from tracker.web.lists import FilterWords

Choices = list[tuple[str, str]]


def state_words() -> FilterWords:
    return FilterWords(_("Member State"), state_name)


def region_words() -> FilterWords:
    return FilterWords(_("Region"), lambda code: _name_of(catalogue.regions().get(code), code))


def area_words(label: str | None = None) -> FilterWords:
    return FilterWords(label or _("Area"), area_name)


def state_name(code: str) -> str:
    return _name_of(catalogue.states().get(code.upper()), code)


def area_name(code: str) -> str:
    known = catalogue.areas().get(code.upper())
    return known.words if known else code


def with_all(choices: Iterable[tuple[str, str]]) -> Choices:
    """The choices of a select, and before them the one that narrows nothing."""
    return [("", _("All")), *choices]


def states(reach: Reach) -> Choices:
    """The Member States of the scope."""
    return [(one.id, one.name) for one in _seen(reach)]


def _seen(reach: Reach) -> Collection[catalogue.StateEntry]:
    known = catalogue.states().values()
    return known if reach.is_all else [one for one in known if one.id in reach.states]


def regions(reach: Reach) -> Choices:
    """The regions and subregions in which a State of the scope lies."""
    codes = {code for one in _seen(reach) for code in (one.region_code, one.subregion_code)}
    known = [one for one in catalogue.regions().values() if one.code in codes]
    return [(one.code, f"– {one.name}" if one.parent_code else one.name) for one in known]


def areas() -> Choices:
    """Every area, each top area before those under it."""
    return [(one.code, one.words) for one in catalogue.areas().values()]


def sizes() -> Choices:
    """How many rows a page may have."""
    return [(str(size), str(size)) for size in SIZES]


def _name_of(found: Any, code: str) -> str:
    return str(found.name) if found else code
