"""What has been examined and followed up: by State and area, by State and pillar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup

from tracker import clock, policy
from tracker.errors import TrackerError
from tracker.models.plan import PILLARS
from tracker.reports import area_pillars, catalogue, coverage
from tracker.reports.listing import address
from tracker.services.reference import STRATEGY
from tracker.texts import gettext as _
from tracker.texts import ngettext
from tracker.web import filters
from tracker.web.exports import rows_response
from tracker.web.presentation import areas_map_href, isolated, kept, number, states_counted

blueprint = Blueprint("coverage", __name__)


MOST_WIDE = 8
"""Of how many columns the cells have room for whole words."""


@blueprint.get("/coverage")
def index() -> ResponseReturnValue:
    """The matrix: subregions and top areas, or what the address opens of them."""
    asked = coverage.read(request.args)
    reach = policy.reach(current_user)
    found = coverage.coverage(asked, reach, clock.today())
    is_dense = len(found.columns) > MOST_WIDE
    return render_template(
        "coverage/index.html",
        coverage=found,
        asked=asked,
        is_dense=is_dense,
        caption=_caption(asked),
        legend=_legend(asked, is_dense),
        place=_place(asked),
        trail=_trail(asked),
        region_choices=[("", _("All, by subregion")), *filters.regions(reach)],
        area_choices=_area_choices(),
        path=url_for("coverage.index"),
        export_href=_address("coverage.export", asked.args),
        opening=_opening,
        further=f"area={asked.area}&" if asked.area and asked.by_pillar else "",
        said=_said(is_dense),
        with_latest=lambda link, year: _marked(_("%(examined)s, %(year)s", examined=link, year=isolated(year))),
        states_words=lambda row: states_counted(found.members(row), found.observers(row)),
        columns=coverage.COLUMNS,
        unmapped=area_pillars.unmapped(list(PILLARS)) if asked.by_pillar else [],
        strategy_href=url_for("plans.show", code=STRATEGY),
        map_href=areas_map_href(),
    )


@blueprint.get("/coverage.csv")
def export() -> ResponseReturnValue:
    """Every cell of the matrix as a row of a file."""
    asked = coverage.read(request.args)
    if asked.problems:
        raise TrackerError(" ".join(asked.problems))
    found = coverage.coverage(asked, policy.reach(current_user), clock.today())
    args = {name: [value] for name, value in asked.args.items()}
    return rows_response("coverage", coverage.HEADER, found.flat(), args, request.args.get("bom") != "0")


def _address(endpoint: str, args: Mapping[str, str]) -> str:
    return address(url_for(endpoint), {name: [value] for name, value in args.items()})


def _opening(heading: coverage.Heading) -> str:
    """Where a row or column leads: further into the matrix, or at its end to the State, the area, the pillar."""
    if heading.opens:
        return _address("coverage.index", heading.opens)
    pages = {"state": "/states/", "area": "/areas/", "pillar": f"/plans/{STRATEGY}#pillar-"}
    return f"{request.script_root}{pages[heading.filter]}{heading.code}"


def _caption(asked: coverage.Asked) -> str:
    if asked.by_pillar:
        return _("Member States by pillars") if asked.is_of_states else _("Subregions by pillars")
    return _("Member States by areas") if asked.is_of_states else _("Subregions by areas")


def _legend(asked: coverage.Asked, is_dense: bool) -> str:
    """What the lines of a cell mean."""
    if asked.by_pillar:
        return (
            _("In a cell: the open follow-ups, those overdue, and the year of the last seal.")
            if asked.is_of_states
            else _("In a cell: the open follow-ups, and those overdue.")
        )
    dash = _("A dash: never examined.") if is_dense else ""
    told = (
        _("In a cell: the year last examined, and the rating then; open follow-ups, overdue ones, the last seal.")
        if asked.is_of_states
        else _(
            "In a cell: the Member States examined, with the latest year, and those rated; open follow-ups, overdue."
        )
    )
    return f"{told} {dash}".strip()


def _place(asked: coverage.Asked) -> str:
    """What the matrix was opened to, in words."""
    region = catalogue.regions()[asked.region].name if asked.region else ""
    area = catalogue.areas()[asked.area].title if asked.area else ""
    return _("%(region)s, %(area)s", region=region, area=area) if region and area else region or area


def _trail(asked: coverage.Asked) -> list[tuple[str, str]]:
    """The way back, step by step: all; the region over this one."""
    if not asked.region and not asked.area:
        return []
    by = {name: value for name, value in asked.args.items() if name == "by"}
    steps = [(_address("coverage.index", by), _("Coverage"))]
    over = catalogue.regions()[asked.region].parent_code if asked.region else None
    if over:
        steps.append((_address("coverage.index", asked.args | {"region": over}), catalogue.regions()[over].name))
    return steps


def _said(is_dense: bool) -> dict[str, Callable[[Any], str]]:
    """What the lines of a cell say, each made once for what it tells. Where there is no room for the words "examined"
    and "never examined", the eye has the figure or a dash, and the ear the words."""

    def briefly(figure: Any, words: Markup) -> Markup:
        return _BRIEFLY.format(figure, words) if is_dense else words

    def examined(count: int) -> Markup:
        words = _marked(ngettext("%(count)s examined", "%(count)s examined", count, count=_figure(count)))
        return briefly(_figure(count), words)

    def examined_in(year: int) -> Markup:
        return briefly(isolated(year), _marked(_("examined %(year)s", year=isolated(year))))

    def rated(rating: str | None) -> Markup:
        return isolated(rating) if rating else Markup("{}").format(_("rated"))

    def rated_in(told: tuple[str | None, int]) -> Markup:
        rating, year = told[0], isolated(told[1])
        if rating is None:
            return _marked(_("rated %(year)s", year=year))
        return _marked(_("%(rating)s %(year)s", rating=isolated(rating), year=year))

    return {
        "never": kept(lambda _nothing: briefly("–", Markup("{}").format(_("never examined")))),
        "examined": kept(examined),
        "examined_in": kept(examined_in),
        "rated": kept(rated),
        "rated_in": kept(rated_in),
        "rated_states": kept(lambda n: _marked(ngettext("%(n)s rated", "%(n)s rated", n, n=_figure(n)))),
        "open": kept(lambda n: _marked(ngettext("%(n)s open", "%(n)s open", n, n=_figure(n)))),
        "overdue": kept(lambda n: _marked(ngettext("%(n)s overdue", "%(n)s overdue", n, n=_figure(n)))),
        "sealed": kept(lambda year: _marked(_("sealed %(year)s", year=isolated(year)))),
    }


_BRIEFLY = Markup('<span aria-hidden="true">{}</span><span class="visually-hidden">{}</span>')


def _figure(count: int) -> Markup:
    return isolated(number(count))


def _marked(said: str) -> Markup:
    """A text of the page with what was put into it, which is escaped."""
    return Markup(said)  # noqa: S704  # texts are ours, and what stands in them is escaped


def _area_choices() -> list[tuple[str, str]]:
    return [("", _("All")), *((one.code, one.words) for one in catalogue.areas().values() if not one.is_assessable)]
