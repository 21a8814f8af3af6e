"""The catalogue as forms and pages look things up in it: areas, paragraphs, ratings, organisations, States.

Each look-up is one statement, asked once a request (``flask.g``), so that no page shows what is no longer true.
States and regions are shipped with the program and never change while it runs: a process keeps those. Areas and
paragraphs come with the program and are reworded by new editions alone: a process keeps them, too, and one small
statement a request tells whether they still hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from flask import current_app, g

from tracker.errors import Invalid
from tracker.extensions import read
from tracker.folding import fold
from tracker.models import (
    Area,
    AreaEdition,
    AreaEditionParagraph,
    Mark,
    Organisation,
    Paragraph,
    RatingLevel,
    Region,
    State,
    StateKind,
)
from tracker.texts import gettext as _

_PARAGRAPH = re.compile(r"([0-9]{1,5})(?:[- ]([0-9]{1,3}(?:\([a-z]{1,3}\))?))?", re.IGNORECASE)

Found = TypeVar("Found", bound="dict[Any, Any]")


class AreaEntry(NamedTuple):
    """An area under its current edition. Only the second level is assessed and linked."""

    code: str
    parent_code: str | None
    edition: int
    title: str
    description: str

    @property
    def is_assessable(self) -> bool:
        return self.parent_code is not None

    @property
    def words(self) -> str:
        """``FIN-02 Financing offence``."""
        return f"{self.code} {self.title}"


class ParagraphEntry(NamedTuple):
    """A paragraph: ``1373 2(e)``; an empty label stands for the resolution as a whole."""

    id: int
    resolution_number: int
    label: str

    @property
    def words(self) -> str:
        return f"{self.resolution_number} {self.label}".strip()

    @property
    def reference(self) -> str:
        """``1373-2(e)``, as addresses say it; ``1373`` for the resolution as a whole."""
        return paragraph_reference(self.resolution_number, self.label)


class RatingEntry(NamedTuple):
    """A step of the tracker's own rating scale, or one of the two that stand beside it."""

    code: str
    label: str
    on_scale: bool
    is_active: bool


class OrganisationEntry(NamedTuple):
    """An organisation. One that was recorded with a meeting bears its acronym as its name until somebody gives one."""

    id: int
    acronym: str
    name: str
    kind: str

    @property
    def words(self) -> str:
        """Acronym and name; what is known of it, once."""
        return self.acronym if self.name == self.acronym else f"{self.acronym} – {self.name}"


class StateEntry(NamedTuple):
    """A State by its name of today; records show the name that it bore at the time."""

    id: str
    name: str
    region_code: str
    subregion_code: str
    kind: StateKind

    @property
    def is_member(self) -> bool:
        """Whether it is a Member State, and no observer."""
        return self.kind is StateKind.MEMBER


class RegionEntry(NamedTuple):
    code: str
    parent_code: str | None
    name: str


Edition = tuple[str, int]

Choice = tuple[str, str, str]
"""Value, words, words of the group."""


def areas() -> dict[str, AreaEntry]:
    """Each area by code, both levels, a top area before those under it."""
    return _of_edition("areas", _read_areas)


def assessable(code: str) -> AreaEntry:
    """The area, when it may be assessed and linked; raises Invalid for the field ``area_code`` otherwise."""
    area = areas().get(code)
    if area is None or not area.is_assessable:
        raise Invalid(_("Choose an area of the second level, such as FIN-02."), "area_code")
    return area


def area_groups() -> list[tuple[AreaEntry, list[AreaEntry]]]:
    """The top areas, each with the assessable areas under it."""
    known = areas()
    return [
        (top, [area for area in known.values() if area.parent_code == top.code])
        for top in known.values()
        if not top.is_assessable
    ]


def area_choices() -> list[Choice]:
    """The assessable areas for a select: code, words, words of the top area."""
    return [(area.code, area.words, top.words) for top, under in area_groups() for area in under]


def area_titles() -> dict[str, str]:
    """The title of each area by code, both levels."""
    return {code: area.title for code, area in areas().items()}


def paragraphs() -> dict[int, ParagraphEntry]:
    """Each paragraph by id, by resolution and in the resolution's order."""
    return _of_edition("paragraphs", _read_paragraphs)


def paragraph_choices() -> list[Choice]:
    """The paragraphs for checkboxes: id, ``1373 2(e)``, ``Resolution 1373``."""
    return [
        (str(row.id), row.words, _("Resolution %(number)s", number=row.resolution_number))
        for row in paragraphs().values()
    ]


def paragraphs_of_area(code: str) -> list[ParagraphEntry]:
    """The paragraphs that the current edition of the area rests on."""
    return _of_edition("paragraphs_of_areas", _read_paragraphs_of_areas).get(code, [])


def paragraph_reference(resolution_number: int, label: str) -> str:
    """How addresses say a paragraph: ``1373-2(e)``."""
    return f"{resolution_number}-{label}" if label else str(resolution_number)


def paragraph_said(reference: str) -> tuple[int, str] | None:
    """The resolution's number and the label that a reference says; None where it is none."""
    found = _PARAGRAPH.fullmatch(reference.strip())
    return (int(found[1]), (found[2] or "").lower()) if found else None


def areas_on_paragraphs() -> dict[str, list[AreaEntry]]:
    """The areas that rest on each paragraph under their current edition, by the paragraph's id as a form posts it."""
    found: dict[str, list[AreaEntry]] = {}
    for area in areas().values():
        for row in paragraphs_of_area(area.code):
            found.setdefault(str(row.id), []).append(area)
    return found


def ratings() -> dict[str, RatingEntry]:
    """Each rating level by code in the scale's order, retired ones included: old assessments still show them."""
    return _once("ratings", _read_ratings)


def rating_labels() -> dict[str, str]:
    """The words of each rating level by code."""
    return {code: level.label for code, level in ratings().items()}


def organisations() -> dict[int, OrganisationEntry]:
    """Each organisation by id, by acronym."""
    return _once("organisations", _read_organisations)


def states() -> dict[str, StateEntry]:
    """Every State by code, by name. A State's name is public; which records it has is not."""
    return _kept("states", _read_states)


def state_choices() -> list[Choice]:
    """The States for a list to choose from: code, name, name of the subregion. The subregions stand by region."""
    return [
        (one.id, one.name, region.name)
        for region in regions().values()
        for one in states().values()
        if one.subregion_code == region.code
    ]


def regions() -> dict[str, RegionEntry]:
    """Each region by code, a region before its subregions."""
    return _kept("regions", _read_regions)


def edition() -> Edition:
    """Which files were loaded last, and how often areas were reworded: editions only rise, and none is changed in
    place. Asked once a request."""
    kept: dict[str, Any] = g.setdefault("catalogue", {})
    if "edition" not in kept:
        kept["edition"] = tuple(read(_EDITION).one())
    found: Edition = kept["edition"]
    return found


_EDITION = sa.select(
    sa.func.coalesce(sa.select(Mark.value).where(Mark.name == "reference").scalar_subquery(), ""),
    sa.select(sa.func.coalesce(sa.func.sum(Area.current_edition), 0)).scalar_subquery(),
)


def _of_edition(name: str, tell: Callable[[], Found]) -> Found:
    """What ``tell`` gives, read anew where the catalogue is another one since; nothing found is asked again."""
    kept: dict[str, tuple[Edition, Any]] = current_app.extensions.setdefault("tracker_edition", {})
    now = edition()
    held = kept.get(name)
    if held is None or held[0] != now or not held[1]:
        held = kept[name] = now, tell()
    found: Found = held[1]
    return found


def _once(name: str, tell: Callable[[], Found]) -> Found:
    """What ``tell`` gives, asked once a request; nothing found is asked again."""
    kept: dict[str, Any] = g.setdefault("catalogue", {})
    if not kept.get(name):
        kept[name] = tell()
    found: Found = kept[name]
    return found


def _kept(name: str, tell: Callable[[], Found]) -> Found:
    """What ``tell`` gives, asked once a process: only for data that is shipped with the program."""
    kept: dict[str, Any] = current_app.extensions.setdefault("tracker_catalogue", {})
    if not kept.get(name):
        kept[name] = tell()
    found: Found = kept[name]
    return found


def _read_areas() -> dict[str, AreaEntry]:
    return {row.code: AreaEntry._make(row) for row in read(_AREAS)}


_parent = sa.orm.aliased(Area)
_AREAS = (
    sa.select(Area.code, Area.parent_code, AreaEdition.edition, AreaEdition.title, AreaEdition.description)
    .join(AreaEdition, sa.and_(AreaEdition.area_code == Area.code, AreaEdition.edition == Area.current_edition))
    .join(_parent, _parent.code == sa.func.coalesce(Area.parent_code, Area.code))
    .order_by(_parent.position, _parent.code, Area.parent_code.is_not(None), Area.position, Area.code)
)


def _read_paragraphs() -> dict[int, ParagraphEntry]:
    rows = read(
        sa.select(Paragraph.id, Paragraph.resolution_number, Paragraph.label).order_by(
            Paragraph.resolution_number, Paragraph.position
        )
    )
    return {row.id: ParagraphEntry._make(row) for row in rows}


def _read_paragraphs_of_areas() -> dict[str, list[ParagraphEntry]]:
    rows = read(
        sa.select(Area.code, Paragraph.id, Paragraph.resolution_number, Paragraph.label)
        .join(
            AreaEditionParagraph,
            sa.and_(AreaEditionParagraph.area_code == Area.code, AreaEditionParagraph.edition == Area.current_edition),
        )
        .join(Paragraph, Paragraph.id == AreaEditionParagraph.paragraph_id)
        .order_by(Area.code, Paragraph.resolution_number, Paragraph.position)
    )
    found: dict[str, list[ParagraphEntry]] = {}
    for row in rows:
        entry = ParagraphEntry(row.id, row.resolution_number, row.label)
        found.setdefault(row.code, []).append(entry)
    return found


def _read_ratings() -> dict[str, RatingEntry]:
    rows = read(
        sa.select(RatingLevel.code, RatingLevel.label, RatingLevel.on_scale, RatingLevel.is_active).order_by(
            RatingLevel.position, RatingLevel.code
        )
    )
    return {row.code: RatingEntry._make(row) for row in rows}


def _read_organisations() -> dict[int, OrganisationEntry]:
    rows = read(
        sa.select(Organisation.id, Organisation.acronym, Organisation.name, Organisation.kind).order_by(
            Organisation.acronym
        )
    )
    return {row.id: OrganisationEntry._make(row) for row in rows}


def _read_states() -> dict[str, StateEntry]:
    """In the order of an alphabet that knows no accents: databases put them after z."""
    rows = read(sa.select(State.id, State.name, State.region_code, State.subregion_code, State.kind)).all()
    return {row.id: StateEntry._make(row) for row in sorted(rows, key=lambda row: (fold(row.name), row.id))}


def _read_regions() -> dict[str, RegionEntry]:
    parent = sa.orm.aliased(Region)
    rows = read(
        sa.select(Region.code, Region.parent_code, Region.name)
        .join(parent, parent.code == sa.func.coalesce(Region.parent_code, Region.code))
        .order_by(parent.name, parent.code, Region.parent_code.is_not(None), Region.name, Region.code)
    )
    return {row.code: RegionEntry._make(row) for row in rows}
