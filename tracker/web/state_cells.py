"""The two widest tables of a State's page: the ratings of each area at each visit, follow-ups by both their statuses.

They hold a cell for each area and visit, thousands in all, and for each pair of statuses; a template takes longer over
them than over all the rest of the page. Texts typed by people are escaped here as a template would.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from babel import Locale
from markupsafe import Markup, escape

from tracker import texts
from tracker.models import Implementation
from tracker.reports.listing import MOST_COUNTED
from tracker.reports.states import AreaHistory, Tally
from tracker.texts import gettext as _
from tracker.web.presentation import number, reference
from tracker.web.words import reported_words, words

_NONE = '<td class="numeric"><span class="muted">0</span></td>'


def visit_headings(references: Sequence[str], base: str) -> list[Markup]:
    """The columns: each visit, leading to its assessments."""
    opened = f'<th scope="col"><a class="record-link" href="{escape(base)}visits/'
    return [
        Markup(f'{opened}{escape(one)}/matrix">{reference(one)}</a></th>')  # noqa: S704  # escaped here
        for one in references
    ]


def rating_rows(areas: Sequence[AreaHistory], references: Sequence[str], base: str) -> Markup:
    """A row for each area: its rating at each of the visits."""
    opened, nothing = (
        f'<tr><th scope="row"><a href="{escape(base)}areas/',
        f'<span class="muted">{_not_assessed()}</span>',
    )
    labels = {label for area in areas for label in area.ratings.values()}
    cells = {label: f"<td><bdi>{escape(label)}</bdi></td>" for label in labels} | {None: f"<td>{nothing}</td>"}
    rows = []
    for area in areas:
        rated = area.ratings.get
        heading = f'{opened}{escape(area.code)}">{reference(area.code)}</a> <bdi>{escape(area.title)}</bdi></th>'
        rows.append(heading + "".join([cells[rated(one)] for one in references]) + "</tr>")
    return Markup("".join(rows))  # noqa: S704  # escaped above


def status_rows(tally: Tally, href: str) -> Markup:
    """Down what the Member State reports, across what we assess; ``href`` lists the live follow-ups, as narrowed."""
    language, listed = texts.locale(), escape(href)
    rows = []
    for said in Implementation:
        cells = [
            _figure(n, f"{listed}&amp;reported={said.value}&amp;status={found.value}", _both(said, found, language))
            for found, n in ((found, tally.statuses[said, found]) for found in Implementation)
        ]
        total = _figure(tally.reported(said), f"{listed}&amp;reported={said.value}", _reported(said, language))
        rows.append(f'<tr><th scope="row">{escape(reported_words(said))}</th>{"".join(cells)}{total}</tr>')
    totals = [
        _figure(tally.assessed(found), f"{listed}&amp;status={found.value}", _assessed(found, language))
        for found in Implementation
    ]
    whole = _figure(tally.total, listed, escape(_("follow-ups")))
    rows.append(f'<tr><th scope="row">{escape(_("Total assessed"))}</th>{"".join(totals)}{whole}</tr>')
    return Markup("".join(rows))  # noqa: S704  # escaped above


def _figure(n: int, href: str, said: str) -> str:
    """A figure that leads to its rows; ``href`` and ``said`` are escaped."""
    if not n:
        return _NONE
    counted = escape(_("more than %(most)s", most=number(MOST_COUNTED)) if n > MOST_COUNTED else number(n))
    return f'<td class="numeric"><a href="{href}" aria-label="{counted} {said}">{counted}</a></td>'


@lru_cache
def _both(said: Implementation, found: Implementation, _language: Locale) -> Markup:
    return escape(_("reported “%(said)s”, assessed “%(found)s”", said=reported_words(said), found=words(found)))


@lru_cache
def _reported(said: Implementation, _language: Locale) -> Markup:
    return escape(_("reported “%(said)s”", said=reported_words(said)))


@lru_cache
def _assessed(found: Implementation, _language: Locale) -> Markup:
    return escape(_("assessed “%(found)s”", found=words(found)))


def _not_assessed() -> Markup:
    return escape(_("not assessed"))
