"""The list of follow-ups: what it can be narrowed by, its orders, its rows. Page, report and export ask this one.

``listing(args).page(asked(args, account), scope(account), base=rows(clock.today()))`` gives a page; ``page`` does that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from tracker import clock, policy
from tracker.database import Unindexed
from tracker.extensions import db, read
from tracker.models import (
    Account,
    Authority,
    CarryOver,
    Conclusion,
    ConclusionStatus,
    Followup,
    FollowupAuthority,
    FollowupConclusion,
    FollowupMeasure,
    FollowupParagraph,
    FollowupStatus,
    Implementation,
    Measure,
    Plan,
    Position,
    Priority,
    Visit,
)
from tracker.models.followup import ENDED
from tracker.policy import Permission
from tracker.reports import catalogue, filters, measures
from tracker.reports.filters import (
    BadValue,
    Condition,
    Filter,
    Linked,
    as_condition,
    day,
    each,
    flag,
    members,
    paragraphs,
    region,
    sealed,
    words,
)
from tracker.reports.listing import Args, Listing, Page, Sort, at_most
from tracker.texts import gettext as _

NOBODY = "none"
ANY = "any"
ME = "me"
BY_PERSON = ("owner", "person")  # the filters that understand ``me``
NARROW = ("visit", "state")  # filters with fewer rows than any other
MOST_WEIGHED = 5_000
FEW_STATES = 3
MOST_OFFERED = 200
SEPARATOR = "\n"  # stands in no name


def scope(account: Account) -> Condition:
    """The follow-ups that the account may see (R9)."""
    covered = policy.reach(account)
    few = len(covered.states) <= FEW_STATES
    return covered.condition(Followup.state_id if few else Unindexed(Followup.state_id))


def asked(args: Mapping[str, Any], account: Account) -> dict[str, list[str]]:
    """The arguments of an address, with ``owner=me`` and ``person=me`` said by the account's number."""
    given = {name: _values(args, name) for name in args}
    for name in BY_PERSON:
        if name in given:
            given[name] = [str(account.id) if _is_me(value) else value for value in given[name]]
    return given


def asks_for_me(args: Args) -> str | None:
    """The filter, if any, by which the arguments ask for whoever asks."""
    return next((name for name in BY_PERSON if any(map(_is_me, args.get(name, [])))), None)


def _is_me(value: str) -> bool:
    return value.strip() == ME


def page(args: Mapping[str, Any], account: Account, columns: Sequence[str] | None = None) -> Page:
    """One page of what the address asks for, within the account's scope, with what these columns show: two
    statements."""
    shown = rows(clock.today(), None if columns is None else tuple(columns))
    reach = policy.reach(account)
    given = asked(args, account)
    return listing(given).page(given, scope(account), base=shown.add_columns(owning(reach)), reach=reach)


def listing(args: Mapping[str, Any]) -> Listing:
    """The list, set to read the index of the narrowest filter in what is ``asked``: SQLite cannot tell which it is. A
    State's rows are counted from the index of its tally, whatever gives them in order."""
    named = [name for name in _WITHOUT_INDEX if name in args and any(map(str.strip, _values(args, name)))]
    if len(named) < 2 or db.engine.dialect.name != "sqlite":
        return FOLLOWUPS
    narrowest = named[0] if named[0] in NARROW else _narrowest(args, named)
    others = {name: _WITHOUT_INDEX[name] for name in named if name != narrowest}
    tallied = {name: FOLLOWUPS.filters[name] for name in others} if "state" in named else {}
    return replace(FOLLOWUPS, filters={**FOLLOWUPS.filters, **others}, counted_by=tallied)


def _narrowest(args: Mapping[str, Any], named: Sequence[str]) -> str:
    """Which of these filters has the fewest rows: all are counted as far as it matters, in one statement. It says no
    number, which would change with every record, and pages that are kept rest on what it says."""
    question = FOLLOWUPS.read(args)
    if question.problems:
        return named[0]
    few = (at_most(sa.select(Followup.id).where(question.conditions[name]), MOST_WEIGHED).label(name) for name in named)
    counts = sa.select(*few).cte()
    least = sa.func.min(*counts.columns)  # SQLite's, of several values
    return str(read(sa.select(sa.case(*((column == least, column.name) for column in counts.columns)))).scalar_one())


@lru_cache(maxsize=64)
def rows(today: date, columns: tuple[str, ...] | None = None) -> sa.Select[Any]:
    """What the list shows, with whether each is overdue on ``today``: what these columns need, else all."""
    wanted = [name for name in _FURTHER if columns is None or name in columns]
    further = [column for name in wanted for column in _FURTHER[name]]
    base = _BASE.add_columns(*further, Followup.overdue_on(today).label("is_overdue"))
    return base.outerjoin(Visit, Visit.id == Followup.visit_id) if "visit" in wanted else base


def owners(state_id: str) -> list[Account]:
    """Who may be given a follow-up of the State: everyone who can work on it, by name."""
    accounts = db.session.scalars(
        sa.select(Account)
        .where(Account.active)
        .options(sa.orm.selectinload(Account.grants))
        .order_by(Account.name, Account.id)
    )
    return [one for one in accounts if policy.reach(one, Permission.FOLLOWUP_TRACK).covers(state_id)]


@lru_cache
def owning(reach: policy.Reach) -> Any:
    """A column with who owns a follow-up within the scope, alike in every row: what a list can be narrowed to costs no
    statement of its own. ``owner_names`` reads it."""
    is_owner = _IS_OWNER.where(reach.condition(_OWNED.state_id))
    said = (sa.cast(_PERSON.id, sa.String) + " " + _PERSON.name).label("said")
    named = sa.select(said).where(is_owner).order_by(_PERSON.id).limit(MOST_OFFERED).subquery()
    return sa.select(sa.func.aggregate_strings(named.c.said, SEPARATOR)).scalar_subquery().label("owning")


def owner_names(found: Sequence[Any]) -> dict[str, str]:
    """The names of owners by their number, from rows with the column ``owning``."""
    lines = (found[0].owning or "").split(SEPARATOR) if found else []
    pairs = [line.partition(" ") for line in lines if line]
    return {number: name for number, _space, name in sorted(pairs, key=lambda pair: pair[2])}


def others(followup: Followup) -> list[tuple[str, str]]:
    """The State's other follow-ups that have not ended, the latest first: reference and title."""
    found = db.session.execute(
        sa.select(Followup.reference, Followup.title)
        .where(Followup.state_id == followup.state_id, Followup.id != followup.id, Followup.workflow.not_in(ENDED))
        .order_by(Followup.id.desc())
        .limit(MOST_OFFERED)
    )
    return [(row.reference, row.title) for row in found]


def authorities(state_id: str) -> list[str]:
    """The names of the State's authorities."""
    named = sa.select(Authority.name).where(Authority.state_id == state_id).order_by(Authority.name)
    return list(db.session.scalars(named))


def visits(state_id: str) -> list[tuple[int, str, Any, Any]]:
    """The State's visits, the latest first: id, reference, start, end."""
    found = db.session.execute(
        sa.select(Visit.id, Visit.reference, Visit.start, Visit.end)
        .where(Visit.state_id == state_id)
        .order_by(Visit.sort_day.desc(), Visit.id.desc())
        .limit(MOST_OFFERED)
    )
    return [(row.id, row.reference, row.start, row.end) for row in found]


def later_visits(followup: Followup) -> list[tuple[int, str, Any, Any]]:
    """The visits that may take the follow-up up again, the latest first: none before the one that raised it, none that
    has taken it up already."""
    taken = sa.select(CarryOver.visit_id).where(CarryOver.followup_id == followup.id)
    offered = sa.select(Visit.id, Visit.reference, Visit.start, Visit.end).where(
        Visit.state_id == followup.state_id, Visit.id.not_in(taken)
    )
    if followup.visit is not None:
        raised = followup.visit
        is_later = sa.and_(Visit.sort_day == raised.sort_day, Visit.id > raised.id)
        offered = offered.where(sa.or_(Visit.sort_day > raised.sort_day, is_later))
    found = db.session.execute(offered.order_by(Visit.sort_day.desc(), Visit.id.desc()).limit(MOST_OFFERED))
    return [(row.id, row.reference, row.start, row.end) for row in found]


def conclusions(state_id: str) -> list[tuple[int, str, str]]:
    """The State's conclusions that were not withdrawn, the latest first: id, reference, text."""
    found = db.session.execute(
        sa.select(Conclusion.id, Conclusion.reference, Conclusion.text)
        .where(Conclusion.state_id == state_id, Conclusion.workflow != ConclusionStatus.WITHDRAWN)
        .order_by(Conclusion.id.desc())
        .limit(MOST_OFFERED)
    )
    return [(row.id, row.reference, row.text) for row in found]


def authority_names(joined: str | None) -> list[str]:
    """The authorities of a row, in the order of the alphabet."""
    return sorted(joined.split(SEPARATOR)) if joined else []


def _values(args: Mapping[str, Any], name: str) -> list[str]:
    values = args.getlist(name) if hasattr(args, "getlist") else args[name]
    return [values] if isinstance(values, str) else list(values)


def _on_area(code: str, column: Any = Followup.area_code) -> Condition:
    """A main area; a top area stands for all under it."""
    known, wanted = catalogue.areas(), filters.known_area(code)
    if known[wanted].is_assessable:
        return as_condition(column == wanted)
    return as_condition(column.in_([area.code for area in known.values() if area.parent_code == wanted]))


def _owned_by(value: str, column: Any = Followup.owner_id) -> Condition:
    """Nobody, an account's number, or a part of its name."""
    if value == NOBODY:
        return as_condition(column.is_(None))
    if _is_id(value):
        return as_condition(column == int(value))
    return as_condition(column.in_(sa.select(Account.id).where(_is_part(value, Account.name))))


def _written_by(value: str, indexed: Callable[[Any], Any] = lambda column: column) -> Condition:
    """Whoever owns it or drafted it: an account's number, or a part of its name."""
    return sa.or_(*(_owned_by(value, indexed(column)) for column in (Followup.owner_id, Followup.drafted_by_id)))


def _answered_for_by(value: str) -> Condition:
    """An authority's number, or a part of its name; ``none`` for follow-ups without one."""
    links = sa.select(FollowupAuthority.followup_id)
    if value == NOBODY:
        return Followup.id.not_in(links)
    if _is_id(value):
        return Followup.id.in_(links.where(FollowupAuthority.authority_id == int(value)))
    named = sa.select(Authority.id).where(_is_part(value, Authority.name))
    return Followup.id.in_(links.where(FollowupAuthority.authority_id.in_(named)))


def _raised_by(reference: str) -> Condition:
    visit = sa.select(Visit.id).where(Visit.reference == reference.upper()).scalar_subquery()
    return Followup.visit_id == visit


def _answering(reference: str) -> Condition:
    answering = (
        sa.select(FollowupConclusion.followup_id)
        .join(Conclusion, Conclusion.id == FollowupConclusion.conclusion_id)
        .where(Conclusion.reference == reference.upper())
    )
    return Followup.id.in_(answering)


def _serving(values: list[str]) -> Condition:
    """Linked to one of these measures, retired or not; ``any`` or ``none``: of the measures that count."""
    serves = serves_a_measure(Followup.id)
    found = [serves if value == ANY else ~serves for value in values if value in (ANY, NOBODY)]
    if references := [value for value in values if value not in (ANY, NOBODY)]:
        wanted = sa.select(Measure.id).where(filters.measure(Measure.reference)(references))
        found.append(Followup.id.in_(_links(wanted)))
    return sa.or_(*found)


def serves_a_measure(followup_id: Any) -> Condition:
    """The follow-up of this id serves a measure that counts: the one definition, of list, gaps and chain."""
    return sa.exists().where(
        FollowupMeasure.followup_id == followup_id,
        Measure.id == FollowupMeasure.measure_id,
        Measure.retired_on.is_(None),
    )


def _serving_plans(codes: list[str], column: Any) -> sa.Select[Any]:
    return _links(_MEASURES.where(filters.plan(Plan.code)(codes)), column)


def _serving_pillars(values: list[str], column: Any) -> sa.Select[Any]:
    return _links(_MEASURES.where(sa.or_(*map(_of_pillar, values))), column)


def _of_pillar(value: str) -> Condition:
    """A pillar of any plan (``II``), or of one (``GCTS-II``)."""
    code, _dash, numbered = value.rpartition("-")
    is_pillar = as_condition(Measure.pillar == filters.known_pillar(numbered))
    return sa.and_(is_pillar, filters.plan(Plan.code)([code])) if code else is_pillar


def _links(wanted: sa.Select[Any], column: Any = FollowupMeasure.measure_id) -> sa.Select[Any]:
    """The follow-ups that are linked to these measures."""
    return sa.select(FollowupMeasure.followup_id).where(column.in_(wanted))


def _of_party(codes: list[str], column: Any = Followup.state_id) -> Condition:
    """Of the States that take part in one of these regional plans; an observer's do not count for it."""
    return as_condition(column.in_(measures.participating(filters.plan(Plan.code)(codes))))


# Retired measures count nowhere.
_MEASURES = sa.select(Measure.id).join(Plan, Plan.id == Measure.plan_id).where(Measure.retired_on.is_(None))


def _with_next_step(value: str) -> Condition:
    if value == NOBODY:
        return Followup.next_step == ""
    if value == ANY:
        return Followup.next_step != ""
    raise BadValue(_("“%(value)s” is not one of: %(known)s", value=value[:60], known="none, any"))


def _is_id(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) < 10


def _is_part(value: str, column: Any) -> Condition:
    return as_condition(column.icontains(value, autoescape=True))


_AUTHORITIES = (
    sa.select(sa.func.aggregate_strings(Authority.name, SEPARATOR))
    .join(FollowupAuthority, FollowupAuthority.authority_id == Authority.id)
    .where(FollowupAuthority.followup_id == Followup.id)
    .correlate(Followup)
    .scalar_subquery()
)

_OWNED, _PERSON = aliased(Followup), aliased(Account)
_IS_OWNER = sa.exists().where(_OWNED.owner_id == _PERSON.id)

_BASE = sa.select(
    Followup.id,
    Followup.reference,
    Followup.state_id,
    Followup.title,
    Followup.area_code,
    Followup.priority,
    Followup.workflow,
    Followup.sealed_state.label("sealed_state"),
    Followup.reported_status,
    Followup.assessed_status,
    Followup.current_due,
    Followup.owner_id,
    Account.name.label("owner"),
).outerjoin(Account, Account.id == Followup.owner_id)

# What further columns need, by the column's name in the address.
_FURTHER: dict[str, tuple[Any, ...]] = {
    "authority": (_AUTHORITIES.label("authorities"),),
    "original-due": (Followup.original_due,),
    "position": (Followup.position,),
    "visit": (Visit.reference.label("visit"),),
    "basis": (Followup.basis,),
    "next-step": (Followup.next_step,),
    "sharing": (Followup.sharing,),
    "updated": (Followup.updated_at,),
}

# The filters that an index serves, as they are made when another one's index is to be read. Of a visit there are few.
_WITHOUT_INDEX: dict[str, Filter] = {
    "visit": each(_raised_by),
    "state": filters.state(Unindexed(Followup.state_id)),
    "owner": each(lambda value: _owned_by(value, Unindexed(Followup.owner_id))),
    "person": each(lambda value: _written_by(value, Unindexed)),
    "area": each(lambda value: _on_area(value, Unindexed(Followup.area_code))),
    "party": lambda codes: _of_party(codes, Unindexed(Followup.state_id)),
    "workflow": members(Unindexed(Followup.workflow), FollowupStatus),
    "position": members(Unindexed(Followup.position), Position),
    "reported": members(Unindexed(Followup.reported_status), Implementation),
    "status": members(Unindexed(Followup.assessed_status), Implementation),
}
FOLLOWUPS = Listing(
    base=_BASE,
    id_column=Followup.id,
    filters={
        "state": filters.state(Followup.state_id),
        "region": region(Unindexed(Followup.state_id)),
        "reference": filters.beginning(Followup.reference, Followup.state_id),
        "area": each(_on_area),
        "workflow": members(Followup.workflow, FollowupStatus),
        "status": members(Followup.assessed_status, Implementation),
        "reported": members(Followup.reported_status, Implementation),
        "position": members(Followup.position, Position),
        "priority": members(Followup.priority, Priority),
        "owner": each(_owned_by),
        "person": each(_written_by),
        "authority": each(_answered_for_by),
        "visit": each(_raised_by),
        "conclusion": each(_answering),
        "paragraph": paragraphs(Followup.id, sa.select(FollowupParagraph.followup_id), FollowupParagraph.paragraph_id),
        "measure": _serving,
        "plan": Linked(Followup.id, FollowupMeasure.measure_id, _serving_plans),
        "pillar": Linked(Followup.id, FollowupMeasure.measure_id, _serving_pillars),
        "counted": flag(measures.counts),
        "party": _of_party,
        "due-after": day(Followup.current_due_last, ">"),
        "due-before": day(Followup.current_due_last, "<"),
        "overdue": flag(lambda: Followup.overdue_on(clock.today())),
        "open": flag(lambda: sa.type_coerce(Followup.is_open, sa.Boolean)),
        "next-step": each(_with_next_step),
        "sealed": each(lambda value: sealed(Followup, value)),
        "q": words("followup", Followup.id),
    },
    sorts={
        "due": Sort(Followup.current_due_last, is_nullable=True),
        "reference": Sort(Followup.state_id, then=Followup.number),
        "updated": Sort(Followup.updated_at),
    },
    default_sort="due",
    without_index=_WITHOUT_INDEX,
    in_order={"due"},
    is_one_table=True,
    narrow={"state", "area", "owner", "person", "authority", "visit", "conclusion", "measure"},
)
