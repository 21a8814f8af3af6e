"""What lists can be narrowed by: each filter turns the values of one parameter into a condition, or says in a
sentence why they make no sense. The noun's ``Listing`` names them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from flask import current_app, has_app_context

from tracker.database import Unindexed, UtcDateTime, of_codes
from tracker.extensions import db
from tracker.folding import Term, terms
from tracker.models import PILLARS, Measure, Paragraph, Plan, SealedState, SearchRow, search
from tracker.partial_date import PartialDate
from tracker.policy import Reach
from tracker.reports import catalogue
from tracker.texts import gettext as _

Condition = sa.ColumnElement[bool]
Expression = Any  # a column, a model's attribute or an expression: their common base does not tell its type
Filter = Callable[[list[str]], Condition]

MOST_WORDS = 20
LONGEST_SEARCH = 500
LARGEST_NUMBER = 2**31 - 1
ANSWERS = {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}


_TERMS = re.compile(r'["“”„«»]([^"“”„«»]+)["“”„«»]|([^\s"“”„«»]+)')


STATE_SIGNS = 3
BEGINNING = re.compile(r"[A-Z]{3}-[A-Z0-9-]{1,15}")
"""How the reference of a record of a Member State begins."""


class BadValue(ValueError):
    """A filter's value makes no sense: the message is a sentence for the reader."""


def members(column: Expression, enum: type[StrEnum]) -> Filter:
    """Any of these members of an enum."""

    def condition(values: list[str]) -> Condition:
        known = {member.value: member for member in enum}
        return _any_of(column, [_known(value, known) for value in values])

    return condition


def codes(column: Expression, known: Callable[[list[str]], Collection[str]] | None = None) -> Filter:
    """Any of these codes, written large or small; ``known`` gives those that exist, of these at least."""

    def condition(values: list[str]) -> Condition:
        wanted = [value.upper() for value in values]
        existing = known(wanted) if known else wanted
        for value, given in zip(wanted, values, strict=True):
            if value not in existing:
                raise BadValue(_("“%(value)s” is no code that is known here", value=given[:60]))
        return _any_of(column, wanted)

    return condition


def state(column: Expression) -> Filter:
    """Any of these Member States, by their ISO codes."""
    return codes(column, lambda _wanted: catalogue.states())


def plan(column: Expression) -> Filter:
    """Any of these plans, by their codes."""
    return codes(column, lambda wanted: _met(Plan.code, wanted))


def measure(column: Expression) -> Filter:
    """Any of these measures, retired or not, by their references."""
    return codes(column, lambda wanted: _met(Measure.reference, wanted))


def _met(name: Any, wanted: list[str]) -> Set[str]:
    """The names of plans, or of measures, that this process has met, with those wanted that exist. None is ever changed
    or taken away, so that a statement is sent only for those that it has not met."""
    met: set[str] = current_app.extensions.setdefault("tracker_names", {}).setdefault(str(name), set())
    if missing := set(wanted) - met:
        met.update(db.session.scalars(sa.select(name).where(name.in_(sorted(missing)))))
    return met


def pillar(column: Expression) -> Filter:
    """Any of these pillars of the Strategy: ``II``."""
    return each(lambda value: as_condition(column == known_pillar(value)))


def known_pillar(value: str) -> str:
    """The pillar of that number, written large or small; raises BadValue where there is none."""
    return str(_known(value.upper(), dict(zip(PILLARS, PILLARS, strict=True)), said=value))


def known_area(code: str) -> str:
    """The code of an area, written large or small; raises BadValue where there is none."""
    if code.upper() not in catalogue.areas():
        raise BadValue(_("“%(value)s” is no area that is known here", value=code[:60]))
    return code.upper()


def among(column: Expression, known: Collection[str]) -> Filter:
    """Any of these few words."""
    return lambda values: _any_of(column, [_known(value, {one: one for one in known}) for value in values])


def numbers(column: Expression) -> Filter:
    """Any of these ids."""

    def condition(values: list[str]) -> Condition:
        return _any_of(column, [_number(value) for value in values])

    return condition


def day(column: Expression, comparison: str) -> Filter:
    """``<``, ``<=``, ``>`` or ``>=`` a day, month or year. Moments are compared by the tracker's days."""

    def condition(values: list[str]) -> Condition:
        try:
            given = PartialDate.parse(values[-1])
        except ValueError:
            raise BadValue(
                _("“%(value)s” is not a day that can be: write it like 2026-03-31", value=values[-1][:60])
            ) from None
        if isinstance(column.type, UtcDateTime):
            return _compared_moments(column, comparison, given)
        return _compared_days(column, comparison, given)

    return condition


def flag(make: Callable[[], Condition]) -> Filter:
    """Yes or no to a condition, which is made when it is asked for; what cannot be told is a no."""

    def condition(values: list[str]) -> Condition:
        made = make()
        return made if _known(values[-1].lower(), ANSWERS) else made.is_not(sa.true())

    return condition


def each(make: Callable[[str], Condition]) -> Filter:
    """Any of the values, by a condition of the noun's own; ``make`` raises BadValue on one that makes no sense."""

    def condition(values: list[str]) -> Condition:
        return sa.or_(*(make(value) for value in values))

    return condition


def beginning(reference: Expression, state_column: Expression) -> Filter:
    """References that begin so: with the code of a Member State, at least, and a hyphen."""

    def condition(value: str) -> Condition:
        typed = value.upper()
        if not BEGINNING.fullmatch(typed) or typed[:STATE_SIGNS] not in catalogue.states():
            raise BadValue(
                _(
                    "“%(value)s” is no beginning of a reference: write it like %(example)s",
                    value=value[:60],
                    example="PAK-F0",
                )
            )
        return sa.and_(state_column == typed[:STATE_SIGNS], reference.like(typed + "%"))

    return each(condition)


def region(state_column: Expression) -> Filter:
    """Any of these regions or subregions, by their M49 codes: the States that lie in one today."""

    def condition(code: str) -> Condition:
        if code not in catalogue.regions():
            raise BadValue(_("“%(value)s” is no region that is known here", value=code[:60]))
        states = catalogue.states().values()
        within = [one.id for one in states if code in (one.region_code, one.subregion_code)]
        return of_codes(state_column, within)

    return each(condition)


def paragraphs(id_column: Expression, links: sa.Select[Any], paragraph_id: Expression) -> Linked:
    """Any of these paragraphs, written like ``1373-2(e)``; ``links`` give the ids of the records that rest on one."""

    def wanted(reference: str) -> sa.ScalarSelect[int]:
        said = catalogue.paragraph_said(reference)
        if said is None:
            raise BadValue(_("“%(value)s” is no paragraph: write it like 1373-2(e)", value=reference[:60]))
        number, label = said
        paragraph = sa.select(Paragraph.id).where(Paragraph.resolution_number == number, Paragraph.label == label)
        return paragraph.scalar_subquery()

    def chosen(values: list[str], column: Expression) -> sa.Select[Any]:
        return links.where(sa.or_(*(column == wanted(value) for value in values)))

    return Linked(id_column, paragraph_id, chosen)


def words(noun: str, id_column: Expression) -> Words:
    """Every word, and every phrase in quotation marks, occurs in the record's reference, title or text."""
    return Words(noun, id_column)


@dataclass(frozen=True)
class Words:
    """The filter by words: three ways to the same rows, of which a list takes the cheapest."""

    noun: str
    id_column: Expression

    def __call__(self, values: list[str]) -> Condition:
        """Where few rows hold the words: look them up in the index first."""
        hits = sa.select(search.object_ids()).where(self.hits(asked(values), None))
        return as_condition(self.id_column.in_(hits))

    def hits(self, wanted: list[Term], reach: Reach | None, *, is_unseen: bool = False) -> Condition:
        """The condition on the index alone; ``reach`` narrows it to a scope."""
        return search.Matching(self.noun, [*within(reach), *wanted], is_unseen=is_unseen)

    def beside(self, wanted: list[Term]) -> Condition:
        """Where rows are at hand: read the words of each. As one value of the row, which PostgreSQL works out for as
        many rows as are wanted; of rows that exist it would first collect all, taking them for few."""
        own = SearchRow.id == self.id_column.op("<<", return_type=sa.Integer())(search.BITS).op("|")(
            search.NOUNS[self.noun]
        )
        holds = sa.and_(*(search.holding(term) for term in wanted))
        return as_condition(sa.select(holds).where(own).scalar_subquery())

    def joined(self, wanted: list[Term], reach: Reach | None) -> tuple[Condition, ...]:
        """Where nearly every row will do: read the index and join each record to it."""
        return (self.hits(wanted, reach), as_condition(self.id_column == search.object_ids()))


@dataclass(frozen=True)
class Linked:
    """Records that are linked to any of the values: two ways to the same rows, of which a list takes the cheaper.
    ``chosen`` select the ids of the records that are, by the column that names what they are linked to."""

    id_column: Expression
    linked_to: Expression
    chosen: Callable[[list[str], Expression], sa.Select[Any]]

    def __call__(self, values: list[str]) -> Condition:
        """Where few are linked: look them up first."""
        return as_condition(self.id_column.in_(self.links(values)))

    def links(self, values: list[str]) -> sa.Select[Any]:
        """The ids of the records that are linked."""
        return self.chosen(values, self.linked_to)

    def beside(self, values: list[str]) -> Condition:
        """Where rows are at hand: look through the few links of each, not for each of what it may be linked to."""
        links = self.chosen(values, Unindexed(self.linked_to))
        return links.where(links.selected_columns[0] == self.id_column).exists()


def within(reach: Reach | None) -> list[tuple[Term, ...]]:
    """The scope as the index of the words knows it."""
    return [] if reach is None or reach.is_all else [search.place_terms(_covering(reach.states))]


@lru_cache
def _covering(states: frozenset[str]) -> frozenset[str]:
    """The same scope in fewer words: whole regions by their codes, further States by theirs."""
    lying: dict[str, set[str]] = {}
    for one in catalogue.states().values():
        for code in (one.region_code, one.subregion_code):
            lying.setdefault(code, set()).add(one.id)
    rest, found = set(states), set()
    for code, members in sorted(lying.items(), key=lambda pair: -len(pair[1])):
        if len(members) > 1 and members <= states and members & rest:
            found.add(code)
            rest -= members
    return frozenset(found | rest)


def asked(values: list[str]) -> list[Term]:
    """What is looked for: words, and phrases in quotation marks. Case, accents and wildcards mean nothing."""
    q = " ".join(values)
    if len(q) > LONGEST_SEARCH:
        raise BadValue(
            _(
                "The words to look for must be %(most)d characters or less; they have %(length)s",
                most=LONGEST_SEARCH,
                length=f"{len(q):,}",
            )
        )
    wanted: dict[Term, None] = {}
    for phrase, word in _TERMS.findall(q):
        wanted.update(dict.fromkeys(terms(phrase, is_phrase=True) if phrase else terms(word)))
    if not wanted:
        raise BadValue(_("“%(value)s” holds no word to look for", value=q[:60]))
    if len(wanted) > MOST_WORDS:
        raise BadValue(_("Look for %(most)d words or fewer", most=MOST_WORDS))
    return list(wanted)


def sealed(model: Any, value: str) -> Condition:
    """Records that are unsigned, signed, or changed since: said so that the index of those changed serves."""
    conditions = {
        SealedState.UNSIGNED.value: model.sealed_sha256.is_(None),
        SealedState.SIGNED.value: model.sealed_sha256 == model.content_sha256,
        SealedState.CHANGED.value: model.content_sha256 != model.sealed_sha256,
    }
    return as_condition(_known(value, conditions))


def as_condition(found: Any) -> Condition:
    """What a comparison of a column of any kind gives."""
    condition: Condition = found
    return condition


def _known(value: str, known: Mapping[str, Any], said: str = "") -> Any:
    if value not in known:
        raise BadValue(_("“%(value)s” is not one of: %(known)s", value=(said or value)[:60], known=", ".join(known)))
    return known[value]


def _number(value: str) -> int:
    if not (value.isascii() and value.isdigit()) or len(value) > 10 or int(value) > LARGEST_NUMBER:
        raise BadValue(_("“%(value)s” is no number that a record can have", value=value[:60]))
    return int(value)


def _any_of(column: Expression, values: list[Any]) -> Condition:
    """Equality where it can be: an index then still gives the order."""
    return as_condition(column == values[0] if len(values) == 1 else column.in_(values))


def _compared_days(column: Expression, comparison: str, given: PartialDate) -> Condition:
    conditions: dict[str, Condition] = {
        "<": column < given.first_day,
        "<=": column <= given.last_day,
        ">": column > given.last_day,
        ">=": column >= given.first_day,
    }
    return conditions[comparison]


def _compared_moments(column: Expression, comparison: str, given: PartialDate) -> Condition:
    begins, ends = _beginning(given.first_day), _beginning(given.last_day + timedelta(days=1))
    conditions: dict[str, Condition] = {
        "<": column < begins,
        "<=": column < ends,
        ">": column >= ends,
        ">=": column >= begins,
    }
    return conditions[comparison]


def _beginning(of_day: date) -> datetime:
    zone = current_app.config["SETTINGS"].timezone if has_app_context() else UTC
    return datetime.combine(of_day, time(), tzinfo=zone).astimezone(UTC)
