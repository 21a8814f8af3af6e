"""A page of a list in words and addresses: what every list's template shows around its rows.

A page writer gives the ``Page`` of a ``Listing``, the path of the list, the words for its number of rows, and the
filters in words; templates take ``rows``, ``sentence``, ``tags``, ``problems``, ``sort_href``, ``direction`` and what
the pager needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from babel import Locale
from flask import Flask, redirect, request
from flask.typing import ResponseReturnValue

from tracker import texts
from tracker.policy import Reach
from tracker.reports import catalogue
from tracker.reports.filters import ANSWERS
from tracker.reports.listing import Applied, Args, Page, address
from tracker.texts import gettext as _
from tracker.web.presentation import number
from tracker.web.words import words

LISTS = ("reports.status_preview", "admin.people", "gaps.show", "home.rows", "review.extensions")
"""The lists beside those that are their blueprint's ``index``."""

OF_PAGES = frozenset({"columns", "unsigned"})
"""What the address of a list may say beside its filters: how its page shows the rows."""
MOST_NAMED = 3


def init_lists(app: Flask) -> None:
    """Keep the addresses of lists short."""
    app.before_request(_drop_empty)


def _drop_empty() -> ResponseReturnValue | None:
    """A form sends each field that was left empty (``?q=&state=PAK``): lead once to the address without them."""
    endpoint = request.endpoint or ""
    if request.method != "GET" or not (endpoint.endswith(".index") or endpoint in LISTS):
        return None
    if all(value.strip() for _name, value in request.args.items(multi=True)):
        return None
    kept = {name: [value for value in values if value.strip()] for name, values in request.args.lists()}
    return redirect(address(request.script_root + request.path, {name: v for name, v in kept.items() if v}), 302)


def members(enum: type[StrEnum]) -> dict[str, str]:
    """The words of each member by its value: for filters and their selects."""
    return dict(_members(enum, texts.locale()))


@lru_cache(maxsize=512)
def _members(enum: type[StrEnum], _language: Locale) -> dict[str, str]:
    return {member.value: str(words(member)) for member in enum}


@dataclass(frozen=True)
class FilterWords:
    """A filter in words: its label, and how to say one of its values (None: as it is typed). Of a question with two
    answers the label is the yes, and ``denied`` the no."""

    label: Any
    say: Mapping[str, Any] | Callable[[str], Any] | None = None
    denied: Any = None

    def said(self, value: str) -> str:
        """The filter with its value."""
        if self.denied is not None and (answer := ANSWERS.get(value.lower())) is not None:
            return str(self.label if answer else self.denied)
        return _("%(label)s: %(value)s", label=self.label, value=self.value(value)[:80])

    def value(self, value: str) -> str:
        if isinstance(self.say, Mapping):
            return str(self.say.get(value, value))
        return str(self.say(value)) if self.say is not None else value


def _own_words() -> dict[str, str]:
    """The parameters that each list has beside its filters."""
    place = _("Place in the list")
    return {"sort": _("Order"), "size": _("Rows a page"), "after": place, "before": place}


def shown_value(name: str, values: Sequence[str]) -> str:
    """What one line of text shows of the values of a filter: all words; of days and answers the last counts."""
    return " ".join(values) if name == "q" else values[-1] if values else ""


@dataclass(frozen=True)
class ListPage:
    """One page of a list, for its template."""

    page: Page
    path: str
    count_of: Callable[[int], str]
    filters: Mapping[str, FilterWords]
    sorts: Mapping[str, Any]
    extra: Args | None = None
    reach: Reach | None = None
    """Where the reader may see the rows, where the list is one of records."""

    @property
    def rows(self) -> Sequence[Any]:
        return self.page.rows

    @property
    def problems(self) -> list[str]:
        """What is wrong with the address, in sentences that name the parameter."""
        said = [f"{self._label(problem.name)}: {problem.message}" for problem in self.page.problems]
        return said + self._outside() + self._unknown()

    @property
    def faults(self) -> list[str]:
        """What is wrong with the filters: no file answers them. An order, a place or a size that makes no sense is left
        out of the address."""
        return [problem.name for problem in self.page.problems if problem.name in self.page.args]

    @property
    def remedy(self) -> str:
        """What to do about a filter that is wrong; nothing about an order, a place or a size, which is left out."""
        return _("Correct the filter below, or take it off.") if self.faults or self._outside() else ""

    def _unknown(self) -> list[str]:
        """What the address asks for and the list cannot answer: it looks narrowed, and is not."""
        known = {*OF_PAGES, *self.filters, *(self.extra or {})}
        said = [name[:60] for name in self.page.unknown if name in request.args and name not in known]
        return [_("“%(name)s” is no filter of this list and narrows nothing", name=name) for name in said[:MOST_NAMED]]

    def _outside(self) -> list[str]:
        """The Member States asked for that the reader may not see: that no row is shown says nothing of them."""
        reach = self.reach
        if reach is None:
            return []
        codes = [value.upper() for value in self.page.args.get("state", [])]
        known = catalogue.states()
        unseen = [known[code].name for code in codes if code in known and not reach.covers(code)]
        return [_("Member State: %(name)s lies outside your scope", name=name) for name in unseen]

    @property
    def count_words(self) -> str:
        """``12 follow-ups``, or ``more than 1,000 follow-ups``."""
        counted = self.count_of(self.page.count)
        return _("more than %(counted)s", counted=counted) if self.page.is_capped else counted

    @property
    def exact_href(self) -> str | None:
        """Where the exact count is, when this one stops short of it."""
        return self._href(self.page.exactly_counted()) if self.page.is_capped else None

    @property
    def shown(self) -> str:
        return number(len(self.rows))

    @property
    def sentence(self) -> str:
        """What is shown, in one sentence: how many, narrowed by what, in which order."""
        narrowed = "; ".join(self._said(applied.name, applied.value) for applied in self.taken)
        order = str(self.sorts.get(self.page.sort.removeprefix("-"), self.page.sort))
        if narrowed:
            return _("%(count)s (%(filters)s), by %(order)s", count=self.count_words, filters=narrowed, order=order)
        return _("%(count)s, by %(order)s", count=self.count_words, order=order)

    @property
    def taken(self) -> list[Applied]:
        """The filters whose values make sense: one that is refused narrows to nothing, and its problem says so."""
        refused = {problem.name for problem in self.page.problems}
        return [applied for applied in self.page.filters_applied if applied.name not in refused]

    @property
    def tags(self) -> list[tuple[str, str]]:
        """The filters as removable tags: words, and the address without it."""
        return [
            (self._said(applied.name, applied.value), self._href(self.page.without(applied.name, applied.value)))
            for applied in self.page.filters_applied
        ]

    @property
    def clear_href(self) -> str:
        return address(self.path, self.extra or {})

    @property
    def first_href(self) -> str | None:
        return self._maybe(self.page.first_args)

    @property
    def previous_href(self) -> str | None:
        return self._maybe(self.page.previous_args)

    @property
    def next_href(self) -> str | None:
        return self._maybe(self.page.next_args)

    @property
    def last_href(self) -> str | None:
        return self._maybe(self.page.last_args)

    @property
    def args(self) -> Args:
        """The question without its place: what an export of the same rows takes."""
        return self.page.args | (self.extra or {})

    def value(self, name: str) -> str:
        """The value that a filter's control shows: all words; of days and answers the last counts."""
        return shown_value(name, self.values(name))

    def values(self, name: str) -> list[str]:
        """The values that a select shows."""
        return self.page.args.get(name, [])

    def sort_href(self, name: str) -> str:
        return self._href(self.page.sorted_by(name))

    def direction(self, name: str) -> str | None:
        return self.page.direction(name)

    def export_href(self, path: str) -> str:
        """The address at which a file holds exactly these rows, in this order."""
        return address(path, self.args)

    def _said(self, name: str, value: str) -> str:
        known = self.filters.get(name)
        return known.said(value) if known else f"{name}: {value}"

    def _label(self, name: str) -> str:
        known = self.filters.get(name)
        return str(known.label) if known else _own_words().get(name, name)

    def _maybe(self, args: Args | None) -> str | None:
        return None if args is None else self._href(args)

    def _href(self, args: Args) -> str:
        return address(self.path, args | (self.extra or {}))
