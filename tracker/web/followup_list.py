"""The list of follow-ups in words: what the list's page and the status report's preview say around their rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

from babel import Locale
from flask import get_template_attribute
from flask_login import current_user
from markupsafe import Markup

from tracker import policy, texts
from tracker.models import FollowupStatus, Implementation, Position, Priority, SealedState
from tracker.policy import Reach
from tracker.reports import catalogue
from tracker.reports import followups as report
from tracker.reports.catalogue import Edition
from tracker.reports.listing import Applied, Args, Page
from tracker.texts import either, ngettext
from tracker.texts import gettext as _
from tracker.web import filters
from tracker.web.lists import FilterWords, ListPage, members, shown_value
from tracker.web.presentation import number
from tracker.web.words import reported_words

NO_ALTERNATIVES = ("q", "due-after", "due-before", "counted", "open", "overdue")
"""Filters of whose values not any will do: all words are looked for, and of days and answers the last counts."""


def list_page(page: Page, path: str, extra: Args | None = None) -> ListPage:
    """One page of follow-ups in words; ``extra`` are parameters that are no filters, kept in each address."""
    return ListPage(page, path, counted, filter_words(page.rows), sort_words(), extra, policy.reach(current_user))


def counted(count: int) -> str:
    return ngettext("%(counted)s follow-up", "%(counted)s follow-ups", count, counted=number(count))


def sentence(shown: ListPage) -> str:
    """What is shown, as one would say it: Follow-ups of Pakistan that are overdue, by due date."""
    said = {
        "state": lambda value: _("of %(value)s", value=value),
        "region": lambda value: _("in %(value)s", value=value),
        "area": lambda value: _("on %(value)s", value=value),
        "reference": lambda value: _("whose reference begins with %(value)s", value=value),
        "visit": lambda value: _("raised by %(value)s", value=value),
        "conclusion": lambda value: _("answering %(value)s", value=value),
        "paragraph": lambda value: _("on the paragraph %(value)s", value=value),
        "measure": lambda value: _("serving the measure %(value)s", value=value),
        "plan": lambda value: _("serving a measure of the plan %(value)s", value=value),
        "pillar": lambda value: _("serving a measure of pillar %(value)s", value=value),
        "party": lambda value: _("of Member States that take part in the plan %(value)s", value=value),
        "authority": lambda value: _("for which an authority named “%(value)s” answers", value=value),
        "owner": lambda value: _("owned by %(value)s", value=value),
        "person": lambda value: _("owned or drafted by %(value)s", value=value),
        "priority": lambda value: _("of priority “%(value)s”", value=value),
        "workflow": lambda value: _("whose text is “%(value)s”", value=value),
        "sealed": lambda value: _("whose seal is “%(value)s”", value=value),
        "status": lambda value: _("that we assess as “%(value)s”", value=value),
        "reported": lambda value: _("that the Member State reports as “%(value)s”", value=value),
        "position": lambda value: _("to which the Member State's position is “%(value)s”", value=value),
        "due-after": lambda value: _("due after %(value)s", value=value),
        "due-before": lambda value: _("due before %(value)s", value=value),
        "next-step": lambda value: _("next step: %(value)s", value=value),
        "q": lambda value: _("with the words “%(value)s”", value=value),
    }
    flags = {
        ("overdue", True): _("that are overdue"),
        ("overdue", False): _("that are not overdue"),
        ("counted", True): _("that are open or implemented"),
        ("counted", False): _("that are withdrawn, superseded or overtaken"),
        ("open", True): _("that are open"),
        ("open", False): _("that are settled or ended"),
    }
    whole = {
        ("measure", report.NOBODY): _("serving no measure"),
        ("measure", report.ANY): _("serving a measure"),
    }

    def phrase(applied: Applied) -> str:
        if (applied.name, applied.value) in whole:
            return whole[(applied.name, applied.value)]
        if applied.name in said:
            return said[applied.name](shown.filters[applied.name].value(applied.value)[:80])
        return flags[(applied.name, applied.value.lower() in ("1", "yes", "true"))]

    in_order = sorted(shown.taken, key=lambda one: list(shown.filters).index(one.name))
    phrases = []
    for name, group in groupby(in_order, key=lambda one: one.name):
        values = [phrase(applied) for applied in group]
        phrases.extend([either(values)] if name not in NO_ALTERNATIVES else values)
    order = sort_words()[shown.page.sort.removeprefix("-")]
    backwards = _("%(order)s backwards", order=order) if shown.page.sort.startswith("-") else order
    if phrases:
        return _("Follow-ups %(phrases)s, by %(order)s", phrases=" ".join(phrases), order=backwards)
    if len(shown.taken) < len(shown.page.filters_applied):
        return _("Follow-ups, by %(order)s", order=backwards)
    return _("All follow-ups in your scope, by %(order)s", order=backwards)


def _measure(value: str) -> str:
    return {report.NOBODY: _("none"), report.ANY: _("any")}.get(value) or value.upper()


def filter_words(rows: Any) -> dict[str, FilterWords]:
    owners = report.owner_names(rows) | {str(row.owner_id): row.owner for row in rows if row.owner_id}
    owners |= {report.NOBODY: _("nobody"), str(current_user.id): current_user.name}
    said = _filter_words(texts.locale())
    return said | {name: FilterWords(said[name].label, owners) for name in ("owner", "person")}


@lru_cache
def _filter_words(_language: Locale) -> dict[str, FilterWords]:
    """In the order of a sentence; the owners' names are another matter for each page."""
    return {
        "state": filters.state_words(),
        "region": filters.region_words(),
        "area": filters.area_words(_("Main area")),
        "reference": FilterWords(_("Reference begins with"), str.upper),
        "visit": FilterWords(_("Visit"), str.upper),
        "conclusion": FilterWords(_("Conclusion"), str.upper),
        "paragraph": FilterWords(_("Paragraph")),
        "measure": FilterWords(_("Measure"), _measure),
        "plan": FilterWords(_("Plan"), str.upper),
        "pillar": FilterWords(_("Pillar"), str.upper),
        "counted": FilterWords(_("Open or implemented"), denied=_("Withdrawn, superseded or overtaken")),
        "party": FilterWords(_("Taking part in the plan"), str.upper),
        "authority": FilterWords(_("Responsible authority"), {report.NOBODY: _("nobody")}),
        "owner": FilterWords(_("Owner")),
        "person": FilterWords(_("Owned or drafted by")),
        "priority": FilterWords(_("Priority"), members(Priority)),
        "workflow": FilterWords(_("Workflow status"), members(FollowupStatus)),
        "sealed": FilterWords(_("Sign-off"), members(SealedState)),
        "status": FilterWords(_("Status we assess"), members(Implementation)),
        "reported": FilterWords(
            _("Status the Member State reports"), {one.value: reported_words(one) for one in Implementation}
        ),
        "position": FilterWords(_("Position of the Member State"), members(Position)),
        "open": FilterWords(_("Open"), denied=_("Settled or ended")),
        "overdue": FilterWords(_("Overdue"), denied=_("Not overdue")),
        "due-after": FilterWords(_("Due after")),
        "due-before": FilterWords(_("Due before")),
        "next-step": FilterWords(_("Next step"), {report.NOBODY: _("none"), "any": _("any")}),
        "q": FilterWords(_("Words")),
    }


def owner_choices(shown: ListPage) -> list[tuple[str, str]]:
    """All, me, nobody, then by name."""
    me = str(current_user.id)
    others = [(number, name) for number, name in report.owner_names(shown.rows).items() if number != me]
    return [("", _("All")), (me, _("me")), (report.NOBODY, _("nobody")), *others]


@dataclass(frozen=True)
class Asked:
    """All that the filters above the list say, beside the words of their language: what their controls hold and offer.
    ``further`` are parameters that are no filters, ``columns`` those that may be chosen."""

    path: str
    given: tuple[tuple[str, tuple[str, ...]], ...]
    sort: str
    size: int
    is_wrong: bool
    owners: tuple[tuple[str, str], ...]
    reach: Reach
    edition: Edition
    further: tuple[tuple[str, str], ...]
    columns: tuple[tuple[str, str, bool], ...]

    def value(self, name: str) -> str:
        """The value that a filter's line of text shows."""
        return shown_value(name, self.values(name))

    def values(self, name: str) -> tuple[str, ...]:
        """The values that a filter's select shows."""
        return dict(self.given).get(name, ())


def filters_form(
    shown: ListPage, further: Mapping[str, str] | None = None, columns: Iterable[tuple[str, str, bool]] = ()
) -> Markup:
    """The filters above the list. Whoever pages through it or comes back to it has the same, and to draw them takes a
    fifth of the page: they are kept by all that they say."""
    asked = Asked(
        path=shown.path,
        given=tuple([(name, tuple(values)) for name, values in shown.page.args.items()]),
        sort=shown.page.sort,
        size=shown.page.size,
        is_wrong=bool(shown.problems),
        owners=tuple(owner_choices(shown)),
        reach=policy.reach(current_user),
        edition=catalogue.edition(),
        further=tuple((further or {}).items()),
        columns=tuple(columns),
    )
    return _filters_form(asked, texts.locale())


@lru_cache(maxsize=256)
def _filters_form(asked: Asked, _language: Locale) -> Markup:
    draw = get_template_attribute("followups/_filters.html", "filters")
    return Markup(draw(asked, filter_choices(asked.reach)))  # noqa: S704  # what a template rendered


def sort_words() -> dict[str, str]:
    return {"due": _("due date"), "reference": _("reference"), "updated": _("last change")}


def filter_choices(covered: Reach) -> dict[str, list[tuple[str, str]]]:
    """What the selects above the list offer; Member States and regions only within the reader's scope."""
    return {
        "state": filters.with_all(filters.states(covered)),
        "region": filters.with_all(filters.regions(covered)),
        "area": filters.with_all(filters.areas()),
        "workflow": filters.with_all(members(FollowupStatus).items()),
        "status": filters.with_all(members(Implementation).items()),
        "position": filters.with_all(members(Position).items()),
        "priority": filters.with_all(members(Priority).items()),
        "sealed": filters.with_all(members(SealedState).items()),
        "overdue": filters.with_all([("1", _("Overdue")), ("0", _("Not overdue"))]),
        "open": filters.with_all([("1", _("Open")), ("0", _("Settled or ended"))]),
        "size": filters.sizes(),
        "sort": [(sign + name, say) for sign, name, say in _orders()],
    }


def _orders() -> list[tuple[str, str, str]]:
    back = [("-", name, _("%(order)s backwards", order=say)) for name, say in sort_words().items()]
    return [("", name, say) for name, say in sort_words().items()] + back
