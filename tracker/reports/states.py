"""Member States: what each is called, today and as at a day; the list of those in scope; one State with its records.

A historic row never bears today's name. States are listed by name, never by a figure: no State is ranked.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from flask import current_app

from tracker import clock, policy
from tracker.errors import NotFound
from tracker.extensions import read
from tracker.folding import Term, fold, holding, terms
from tracker.models import (
    Account,
    AreaEdition,
    Assessment,
    Authority,
    Conclusion,
    Followup,
    FollowupAuthority,
    FollowupStatus,
    Implementation,
    Position,
    RatingLevel,
    Region,
    State,
    StateKind,
    StateName,
    Visit,
)
from tracker.models.followup import ENDED, is_open
from tracker.models.state import BY_NAME
from tracker.policy import Reach
from tracker.reports import catalogue, examinations, followups, kept, neighbours
from tracker.reports.filters import BadValue, Condition, each, region
from tracker.reports.listing import Args, Columns, Listing, Sort
from tracker.reports.neighbours import OfState
from tracker.texts import gettext as _

Span = tuple[date | None, date | None, str]

FIRST_ROWS = 8
MOST_VISITS = 20


# Names


@dataclass(frozen=True)
class Names:
    """Every name of every State in one language, so that a list asks the database once."""

    spans: dict[str, list[Span]]
    english: dict[str, str]

    def as_at(self, state_id: str, day: date) -> str:
        """The name that the State bore on ``day``; today's English short name where none is known."""
        for first, until, name in self.spans.get(state_id, ()):
            if (first is None or first <= day) and (until is None or day < until):
                return name
        return self.english[state_id]


def names_over_time(language: str = "en") -> Names:
    """The names of all States with the days from and to which they hold. Shipped with the program: a process keeps
    them."""
    kept: dict[str, Names] = current_app.extensions.setdefault("tracker_state_names", {})
    if language not in kept or not kept[language].english:
        kept[language] = _read(language)
    return kept[language]


def _read(language: str) -> Names:
    rows = read(
        sa.select(State.id, State.name, StateName.valid_from, StateName.valid_to, StateName.name)
        .outerjoin(StateName, sa.and_(StateName.state_id == State.id, StateName.language == language))
        .order_by(State.id, StateName.valid_from)
    )
    found = Names({}, {})
    for code, english, first, until, name in rows:
        found.english[code] = english
        if name is not None:
            found.spans.setdefault(code, []).append((first, until, name))
    return found


# The list


def _named(words: str) -> Condition:
    """Any name that the State bears or bore, in any language, or its code: case and accents mean nothing."""
    wanted = list(terms(words))
    if not wanted:
        raise BadValue(_("“%(value)s” holds no word to look for", value=words[:60]))
    return State.id.in_(sorted(holding(_folded_names(), wanted)))


def _folded_names() -> dict[str, str]:
    """All names of each State as search compares them. Shipped with the program: a process keeps them."""
    kept: dict[str, str] = current_app.extensions.setdefault("tracker_folded_state_names", {})
    if not kept:
        further = _further_names()
        known = catalogue.states().items()
        kept.update({code: " | ".join(map(fold, (row.name, code, *further.get(code, ())))) for code, row in known})
    return kept


def _further_names() -> dict[str, list[str]]:
    """The names of each State in all languages, at all times. A process keeps them, too."""
    kept: dict[str, list[str]] = current_app.extensions.setdefault("tracker_further_state_names", {})
    if not kept:
        found: defaultdict[str, list[str]] = defaultdict(list)
        for code, name in read(sa.select(StateName.state_id, StateName.name).order_by(StateName.id)):
            found[code].append(name)
        kept.update(found)
    return kept


_columns: tuple[Any, ...] = (
    State.id,
    State.name,
    State.kind,
    State.region_code,
    State.subregion_code,
    Region.name.label("region"),
)
_last_visit = (
    sa.select(Visit.reference)
    .where(Visit.state_id == State.id)
    .order_by(Visit.sort_day.desc(), Visit.id.desc())
    .limit(1)
    .correlate(State)
    .scalar_subquery()
)


def _of_state(model: Any, *conditions: Any) -> sa.ScalarSelect[int]:
    """How many rows of ``model`` the State has."""
    counted = sa.select(sa.func.count()).where(model.state_id == State.id, *conditions)
    return counted.correlate(State).scalar_subquery()


def file_rows(today: date) -> Columns:
    """The columns of the file: those of the list with the figures of each State as at ``today``."""
    return STATES.base.add_columns(
        _of_state(Followup, Followup.is_open).label("open"),
        _of_state(Followup, Followup.overdue_on(today)).label("overdue"),
    )


@dataclass(frozen=True)
class Figures:
    """How many of a State's follow-ups are open, and how many of these overdue."""

    open: int = 0
    overdue: int = 0


def figures(codes: Sequence[str], today: date) -> dict[str, Figures]:
    """The figures of the States on one page; a State without any is not there. A process keeps them."""
    told = kept.parts(("figures", today), ("followup",), codes, lambda states: _figures(states, today))
    return {code: told[code] for code in codes if code in told}


def _figures(codes: Sequence[str], today: date) -> dict[str, Figures]:
    """In one pass over the States' follow-ups."""
    late = sa.case((Followup.overdue_on(today), 1), else_=0)
    rows = read(
        sa.select(Followup.state_id, sa.func.count(), sa.func.sum(late))
        .where(Followup.state_id.in_(codes), Followup.is_open)
        .group_by(Followup.state_id)
    )
    return {code: Figures(count, overdue) for code, count, overdue in rows}


STATES = Listing(
    base=sa.select(*_columns, _of_state(Visit).label("visits"), _last_visit.label("last_visit")).join(
        Region, Region.code == State.region_code
    ),
    id_column=sa.cast(State.m49, sa.Integer),
    filters={
        "q": each(_named),
        "region": region(State.id),
        "examined": each(lambda code: examinations.states(State.id, code)),
        "rated": each(lambda code: examinations.states(State.id, code, is_rated=True)),
    },
    sorts={"name": Sort(BY_NAME), "region": Sort(Region.name)},
    default_sort="name",
)


def observers(args: Args, reach: Reach) -> list[str]:
    """The names of the observers among the States that the list is asked for; the database is asked only where there
    are some in scope and the list is narrowed."""
    known = [one for one in catalogue.states().values() if not one.is_member and reach.covers(one.id)]
    asked = {name: values for name, values in args.items() if name in STATES.filters}
    if not known or not asked:
        return [one.name for one in known]
    ids = [one.id for one in known]
    return [row.name for row in STATES.page(asked, State.id.in_(ids)).rows]


HEADER = ("iso3", "member_state", "region", "visits", "last_visit", "open_followups", "overdue_followups")


def row_of(row: Any) -> Sequence[Any]:
    """A row of the file, in the order of ``HEADER``."""
    return row.id, row.name, row.region, row.visits, row.last_visit, row.open, row.overdue


def named(words: str, account: Account) -> list[tuple[str, str, str]]:
    """Of the visible States that bear or bore such a name: code, today's name, and the name that was meant where this
    is another. States that the process knows are found without asking the database."""
    wanted, covered = list(terms(words)), policy.reach(account)
    known = catalogue.states()
    found = holding(_folded_names(), wanted) if wanted else []
    told = [(code, known[code].name, _meant(code, wanted)) for code in found if covered.covers(code)]
    return sorted(told, key=lambda one: fold(one[1]))


def _meant(code: str, wanted: list[Term]) -> str:
    """Another name than today's that holds the words: nothing where today's or the code does, or only several names
    together."""
    names = (catalogue.states()[code].name, code, *_further_names().get(code, ()))
    held = holding({name: fold(name) for name in names}, wanted)
    return "" if not held or held[0] in names[:2] else held[0]


def scope(account: Account) -> Condition:
    """The States that the account may see."""
    return policy.reach(account).condition(State.id)


# One State


@dataclass(frozen=True)
class Name:
    """A name in one language, with the days from and to which it holds; None is open."""

    language: str
    name: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True)
class AreaHistory:
    """An area with its rating in words at each visit that assessed it, by the visit's reference."""

    code: str
    title: str
    ratings: dict[str, str]


@dataclass
class Tally:
    """The State's follow-ups that are not withdrawn or superseded, counted by what is said of them."""

    total: int = 0
    open: int = 0
    overdue: int = 0
    unsigned: int = 0
    positions: Counter[Position] = field(default_factory=Counter)
    statuses: Counter[tuple[Implementation, Implementation]] = field(default_factory=Counter)
    """(reported, assessed) → how many."""

    def reported(self, status: Implementation) -> int:
        return sum(n for (said, _assessed), n in self.statuses.items() if said is status)

    def assessed(self, status: Implementation) -> int:
        return sum(n for (_said, found), n in self.statuses.items() if found is status)


@dataclass(frozen=True)
class Sheet:
    """A State with all that its page shows: a fixed number of statements, whatever it has."""

    id: str
    name: str
    kind: StateKind
    region: str
    subregion: str
    subregion_code: str
    current_names: list[Name]
    former_names: list[Name]
    visits: Sequence[Any]
    has_more_visits: bool
    assessed_at: list[str]
    areas: list[AreaHistory]
    conclusions: Sequence[Any]
    has_more_conclusions: bool
    followups: Sequence[Any]
    has_more_followups: bool
    tally: Tally
    authorities: Sequence[Any]
    beside: OfState


LIVE = tuple(status for status in FollowupStatus if status not in ENDED)


def sheet(account: Account, code: str) -> Sheet:
    """The State of this code with its records; NotFound out of scope, though its name is public (R9)."""
    entry = catalogue.states().get(code)
    if entry is None or not policy.may_see_state(account, code):
        raise NotFound(_("There is no such Member State, or it lies outside your scope."))
    regions = catalogue.regions()
    named = _rows(_KIND_AND_NAMES, code)
    names = [Name(*row[1:]) for row in named if row.language is not None]
    found_visits, found_conclusions, found_followups = _rows(_VISITS, code), _rows(_CONCLUSIONS, code), _followups(code)
    assessed_at, areas = _assessments(found_visits)
    return Sheet(
        id=entry.id,
        name=entry.name,
        kind=named[0].kind,
        region=regions[entry.region_code].name,
        subregion=regions[entry.subregion_code].name,
        subregion_code=entry.subregion_code,
        current_names=[name for name in names if name.valid_to is None],
        former_names=[name for name in names if name.valid_to is not None],
        visits=found_visits[:MOST_VISITS],
        has_more_visits=len(found_visits) > MOST_VISITS,
        assessed_at=assessed_at,
        areas=areas,
        conclusions=found_conclusions[:FIRST_ROWS],
        has_more_conclusions=len(found_conclusions) > FIRST_ROWS,
        followups=found_followups[:FIRST_ROWS],
        has_more_followups=len(found_followups) > FIRST_ROWS,
        tally=_tally(code),
        authorities=_rows(_AUTHORITIES, code),
        beside=neighbours.of_state(code),
    )


_CODE: Any = sa.bindparam("code", type_=sa.String)
_KIND_AND_NAMES = (
    sa.select(State.kind, StateName.language, StateName.name, StateName.valid_from, StateName.valid_to)
    .outerjoin(StateName, StateName.state_id == State.id)
    .where(State.id == _CODE)
    .order_by(StateName.language, StateName.valid_from)
)
_RATED = Assessment.area_code + " " + sa.cast(Assessment.area_edition, sa.String) + " " + Assessment.rating
_RATINGS = (
    sa.select(sa.func.aggregate_strings(_RATED, "\n"))
    .where(Assessment.visit_id == Visit.id)
    .correlate(Visit)
    .scalar_subquery()
)
_VISITS = (
    sa.select(Visit.reference, Visit.start, Visit.end, Visit.sort_day, Visit.type, Visit.mode, Visit.stage)
    .add_columns(_RATINGS.label("ratings"))
    .where(Visit.state_id == _CODE)
    .order_by(Visit.sort_day.desc(), Visit.id.desc())
)
_TITLE = sa.select(AreaEdition.area_code + " " + sa.cast(AreaEdition.edition, sa.String), AreaEdition.title)
_TITLES_AND_LABELS = sa.union_all(_TITLE, sa.select(RatingLevel.code, RatingLevel.label))
_CONCLUSIONS = (
    sa.select(
        Conclusion.reference,
        Conclusion.kind,
        Conclusion.area_code,
        sa.func.substr(Conclusion.text, 1, 241).label("text"),
        Conclusion.workflow,
    )
    .where(Conclusion.state_id == _CODE)
    .order_by(Conclusion.id.desc())
    .limit(FIRST_ROWS + 1)
)
_ANSWERED = (
    sa.select(sa.func.count())
    .where(FollowupAuthority.authority_id == Authority.id)
    .correlate(Authority)
    .scalar_subquery()
)
_AUTHORITIES = (
    sa.select(Authority.id, Authority.name, _ANSWERED.label("followups"))
    .where(Authority.state_id == _CODE)
    .order_by(Authority.name, Authority.id)
)


def _rows(statement: Any, code: str) -> Sequence[Any]:
    """What the State of this code has of it; each statement is built once."""
    return read(statement, {"code": code}).all()


def _assessments(visits: Sequence[Any]) -> tuple[list[str], list[AreaHistory]]:
    """The visits that assessed an area, in their order, and each such area with its ratings, in the areas' order."""
    words: dict[str, str] = dict(read(_TITLES_AND_LABELS).all())
    rated = [visit for visit in reversed(visits) if visit.ratings]
    by_area: defaultdict[str, dict[str, str]] = defaultdict(dict)
    titles: dict[str, str] = {}
    for visit in rated:
        for line in visit.ratings.split("\n"):
            edition, _space, rating = line.rpartition(" ")
            area = edition.partition(" ")[0]
            by_area[area][visit.reference] = words[rating]
            titles[area] = words[edition]  # of the latest visit
    return [visit.reference for visit in rated], [
        AreaHistory(area, titles[area], by_area[area]) for area in sorted(by_area)
    ]


def _followups(code: str) -> Sequence[Any]:
    """The open follow-ups, those due first before the others, as the list has them."""
    return _rows(_open_followups(clock.today()), code)


@lru_cache(maxsize=8)
def _open_followups(today: date) -> sa.Select[Any]:
    return (
        followups.rows(today, ("owner",))
        .where(Followup.state_id == _CODE, Followup.is_open)
        .order_by(Followup.current_due_last.nulls_last(), Followup.id)
        .limit(FIRST_ROWS + 1)
    )


_COUNTED = Followup.__table__.c
_KINDS = (_COUNTED.assessed_status, _COUNTED.reported_status, _COUNTED.workflow)
_COUNTS = (
    sa.select(
        *_KINDS,
        sa.func.count(),
        sa.func.count().filter(_COUNTED.current_due_last < sa.bindparam("today")),
        *(sa.func.count().filter(_COUNTED.position == position) for position in Position),
    )
    .where(_COUNTED.state_id == _CODE, _COUNTED.workflow.in_(LIVE))
    .group_by(*_KINDS)
)


def _tally(code: str) -> Tally:
    """All of the State's follow-ups are counted for it: a process keeps it."""
    today = clock.today()
    told = kept.parts(
        ("tally", today), ("followup",), [code], lambda states: {one: _counted(one, today) for one in states}
    )
    return told[code]


def _counted(code: str, today: date) -> Tally:
    """Counted in the order of an index that holds all of it. Which are open is asked once a group, not once a row."""
    tally = Tally()
    rows = read(_COUNTS, {"code": code, "today": today})
    for assessed, reported, workflow, count, past_due, *positions in rows.all():
        tally.total += count
        if is_open(workflow, assessed):
            tally.open += count
            tally.overdue += past_due
        tally.unsigned += count if workflow is not FollowupStatus.SIGNED_OFF else 0
        tally.statuses[reported, assessed] += count
        tally.positions.update(dict(zip(Position, positions, strict=True)))
    return tally
