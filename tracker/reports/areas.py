"""Obligation areas and the resolutions that they rest on: the catalogue as its pages show it, with what the reader's
scope holds of each area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from tracker import clock, policy
from tracker.database import Unindexed
from tracker.errors import NotFound
from tracker.extensions import db
from tracker.models import (
    Account,
    AreaEdition,
    Assessment,
    Conclusion,
    ConclusionParagraph,
    Followup,
    FollowupParagraph,
    Paragraph,
    RatingLevel,
    Resolution,
    Visit,
)
from tracker.reports import area_pillars, catalogue, conclusions, examinations, followups, kept, measures, neighbours
from tracker.reports.catalogue import AreaEntry, ParagraphEntry
from tracker.reports.filters import Condition, as_condition
from tracker.reports.listing import MOST_COUNTED
from tracker.reports.neighbours import Served
from tracker.texts import gettext as _

FIRST_ROWS = 8
LAST_EXAMINED = 8
MOST_NUMBER = 2**31 - 1


@dataclass(frozen=True)
class Edition:
    """The wording of an area, and from when; None: from the beginning."""

    edition: int
    title: str
    description: str
    valid_from: date | None


@dataclass(frozen=True)
class Counted:
    """The first rows of a list, and how many it has, counted up to a thousand and one."""

    rows: Sequence[Any]
    count: int

    @property
    def is_capped(self) -> bool:
        return self.count > MOST_COUNTED


@dataclass(frozen=True)
class Sheet:
    """An area with all that its page shows, within the reader's scope."""

    area: AreaEntry
    parent: AreaEntry | None
    children: list[AreaEntry]
    editions: list[Edition]
    paragraphs: list[ParagraphEntry]
    followups: Counted
    conclusions: Counted
    examined: Sequence[Any]
    measures: Served
    pillars: list[str]


@dataclass(frozen=True)
class ParagraphSheet:
    """A paragraph, the areas that rest on it, and how much in the reader's scope was found under it and came of it:
    conclusions and follow-ups, counted as far as lists count; and of follow-ups that could all be counted, how many
    serve a measure."""

    paragraph: ParagraphEntry
    areas: list[AreaEntry]
    conclusions: int = 0
    followups: int = 0
    serving: int = 0

    @property
    def is_counted(self) -> bool:
        return self.followups <= MOST_COUNTED


def sheet(account: Account, code: str) -> Sheet:
    """The area of this code; the figures are of what the account may see."""
    known = catalogue.areas()
    area = known.get(code)
    if area is None:
        raise NotFound(_("There is no such area. The list of areas shows those that there are."))
    children = [one for one in known.values() if one.parent_code == code]
    codes = [one.code for one in children] or [code]
    followups, conclusions, pillars = _figures(account, area.code, codes)
    return Sheet(
        area=area,
        parent=known.get(area.parent_code or ""),
        children=children,
        editions=_editions(code),
        paragraphs=catalogue.paragraphs_of_area(area.code),
        followups=Counted(_followups(account, codes), followups),
        conclusions=Counted(_conclusions(account, codes), conclusions),
        examined=_examined(account, codes),
        measures=_served(account, code, codes),
        pillars=pillars,
    )


REST_ON_PARAGRAPHS = ("conclusion", "followup", "measure")


def resolutions() -> list[tuple[Resolution, int]]:
    """Every resolution of the catalogue, by number, with how many areas rest on it."""
    resting: dict[int, set[str]] = {}
    for code in catalogue.areas():
        for row in catalogue.paragraphs_of_area(code):
            resting.setdefault(row.resolution_number, set()).add(code)
    found = db.session.scalars(sa.select(Resolution).order_by(Resolution.number)).all()
    return [(one, len(resting.get(one.number, ()))) for one in found]


def resolution(number: int, account: Account) -> tuple[Resolution, list[ParagraphSheet]]:
    """The resolution of this number and its paragraphs in their order, each with what rests on it in scope."""
    found = db.session.get(Resolution, number) if number <= MOST_NUMBER else None
    if found is None:
        raise NotFound(_("There is no such resolution in the catalogue."))
    resting: dict[int, list[AreaEntry]] = {}
    for area in catalogue.areas().values():
        for row in catalogue.paragraphs_of_area(area.code):
            resting.setdefault(row.id, []).append(area)
    own = [row for row in catalogue.paragraphs().values() if row.resolution_number == number]
    reach = policy.reach(account)
    counts = kept.answer(("paragraphs", number, reach), lambda: _on_paragraphs(number, reach), REST_ON_PARAGRAPHS)
    return found, [ParagraphSheet(row, resting.get(row.id, []), *counts.get(row.id, ())) for row in own]


def _on_paragraphs(number: int, reach: policy.Reach) -> dict[int, tuple[int, int, int]]:
    """How many conclusions and follow-ups rest on each paragraph of the resolution, and how many of the follow-ups that
    are counted serve a measure, in one statement."""
    rows = db.session.execute(
        sa.select(
            Paragraph.id,
            _counted(_resting(ConclusionParagraph.conclusion_id, reach)).label("conclusions"),
            _counted(_resting(FollowupParagraph.followup_id, reach)).label("followups"),
            _serving(_resting(FollowupParagraph.followup_id, reach)).label("serving"),
        ).where(Paragraph.resolution_number == number)
    )
    return {row.id: (row.conclusions, row.followups, row.serving) for row in rows}


def _resting(owner: Any, reach: policy.Reach) -> sa.Subquery:
    """The ids of the records that rest on the paragraph, as many as are counted."""
    link = owner.class_
    on_it = (link.paragraph_id == Paragraph.id, reach.condition(link.state_id))
    return sa.select(owner.label("id")).where(*on_it).correlate(Paragraph).limit(MOST_COUNTED + 1).subquery()


def _counted(some: sa.Subquery) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).select_from(some).scalar_subquery()


def _serving(some: sa.Subquery) -> sa.ScalarSelect[int]:
    """How many of them serve a measure and count for it."""
    links = sa.select(sa.func.count()).select_from(some).join(Followup, Followup.id == some.c.id)
    return links.where(measures.counts(), followups.serves_a_measure(some.c.id)).scalar_subquery()


def _editions(code: str) -> list[Edition]:
    """Newest first."""
    rows = db.session.execute(
        sa.select(AreaEdition.edition, AreaEdition.title, AreaEdition.description, AreaEdition.valid_from)
        .where(AreaEdition.area_code == code)
        .order_by(AreaEdition.edition.desc())
    )
    return [Edition(*row) for row in rows]


def within(column: Any, codes: Sequence[str]) -> Condition:
    """One area by its index. Those under a top area hold a good part of all rows: read these in the order that is
    asked for, or all of them are sorted for the first few."""
    wanted = column == codes[0] if len(codes) == 1 else Unindexed(column).in_(codes)
    return as_condition(wanted)


def _followups(account: Account, codes: list[str]) -> Sequence[Any]:
    """The follow-ups whose main area it is, as the list with ``area=`` has them."""
    covered = followups.scope(account)
    return db.session.execute(
        followups.rows(clock.today(), ())
        .where(within(Followup.area_code, codes), covered)
        .order_by(Followup.current_due_last.nulls_last(), Followup.id)
        .limit(FIRST_ROWS)
    ).all()


def _served(account: Account, code: str, codes: list[str]) -> Served:
    """The measures that these follow-ups serve: read like their number, in no order. A process keeps them: a thousand
    follow-ups are read to say what they serve."""
    reach, edition = policy.reach(account), catalogue.edition()
    asked = _of_areas(account, Followup, codes)
    return kept.answer(("served", code, reach, edition), lambda: neighbours.served(asked))


def _conclusions(account: Account, codes: list[str]) -> Sequence[Any]:
    covered = conclusions.scope(account)
    return db.session.execute(
        sa.select(
            Conclusion.reference,
            Conclusion.state_id,
            Conclusion.kind,
            sa.func.substr(Conclusion.text, 1, 241).label("text"),
            Conclusion.workflow,
            Visit.sort_day,
        )
        .outerjoin(Visit, Visit.id == Conclusion.visit_id)  # each has one: but read conclusions first, in their order
        .where(within(Conclusion.area_code, codes), covered)
        .order_by(Conclusion.id.desc())
        .limit(FIRST_ROWS)
    ).all()


def _examined(account: Account, codes: list[str]) -> Sequence[Any]:
    """The latest visits that examined it, newest first: by date, never by rating. Read from the newest visit on."""
    newest = (
        sa.select(Visit.id)
        .where(
            examinations.IS_HELD,
            examinations.by_visit(lambda code: as_condition(code.in_(codes))),
            policy.reach(account).condition(Unindexed(Visit.state_id)),
        )
        .order_by(Visit.sort_day.desc(), Visit.id.desc())
        .limit(LAST_EXAMINED)
    )
    taken_up = examinations.taken_up(newest, codes).subquery()
    rated = sa.and_(Assessment.visit_id == Visit.id, Assessment.area_code == taken_up.c.area_code)
    return db.session.execute(
        sa.select(
            Visit.state_id,
            taken_up.c.area_code,
            Visit.reference,
            Visit.start,
            Visit.end,
            Visit.sort_day,
            sa.case((examinations.IS_RATED, RatingLevel.label)).label("label"),
        )
        .select_from(taken_up)
        .join(Visit, Visit.id == taken_up.c.visit_id)
        .outerjoin(Assessment, rated)
        .outerjoin(RatingLevel, RatingLevel.code == Assessment.rating)
        .order_by(Visit.sort_day.desc(), Visit.id.desc(), taken_up.c.area_code)
        .limit(LAST_EXAMINED)
    ).all()


def _figures(account: Account, code: str, codes: list[str]) -> tuple[int, int, list[str]]:
    """How many follow-ups and conclusions it has, and its pillars on the map, in one statement."""
    counts = (_count(account, model, codes) for model in (Followup, Conclusion))
    row = db.session.execute(sa.select(*counts, area_pillars.as_column(code).label("pillars"))).one()
    return row[0], row[1], (row.pillars or "").split()


def _count(account: Account, model: Any, codes: list[str]) -> sa.ScalarSelect[int]:
    """Up to one more than is counted."""
    capped = _of_areas(account, model, codes).limit(MOST_COUNTED + 1).subquery()
    return sa.select(sa.func.count()).select_from(capped).scalar_subquery()


def _of_areas(account: Account, model: Any, codes: list[str]) -> sa.Select[Any]:
    """The ids of the records on it in scope, from an index that holds area and State."""
    return sa.select(model.id).where(model.area_code.in_(codes), policy.reach(account).condition(model.state_id))
