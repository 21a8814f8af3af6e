"""Follow-ups and the measures that they serve, seen from either side, and what may be linked next."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tracker import clock, policy
from tracker.errors import NotFound
from tracker.extensions import db, read
from tracker.folding import Term, fold
from tracker.models import (
    Account,
    Followup,
    FollowupMeasure,
    FollowupParagraph,
    Measure,
    Meeting,
    MeetingOutcome,
    OutcomeFollowup,
    OutcomeKind,
    Paragraph,
    Plan,
    PlanKind,
    PlanPart,
    PlanState,
    SearchRow,
    search,
)
from tracker.models.followup import ENDED
from tracker.models.search import INDEX
from tracker.policy import Permission, Reach
from tracker.reports import area_pillars, catalogue, filters, followups, measures
from tracker.reports.filters import Condition, as_condition
from tracker.reports.listing import MOST_COUNTED, Columns, Page, capped
from tracker.texts import gettext as _

SUGGESTED = 8
FOUND = 50
SHOWN = 50
SHORTEST_WORD = 4
STEM = 6
MOST_STEMS = 40
COMMON = frozenset(
    {"about", "against", "also", "among", "been", "between", "from", "have", "into", "more", "nations", "other", "over"}
    | {"such", "than", "that", "their", "them", "these", "they", "this", "those", "through", "under", "united", "which"}
    | {"while", "with", "within", "without", "build", "effective", "ensure", "help", "make", "state", "states", "work"}
)
"""Words that say nothing of what a measure is about, folded."""
COMMON_STEMS = frozenset(
    {"acts", "addres", "assist", "basis", "buildi", "capaci", "combat", "condit", "conduc", "counte", "fundam", "human"}
    | {"nation", "preven", "respec", "rights", "role", "rule", "spread", "streng", "suppor", "system", "terror"}
    | {"agains", "consid", "each", "every", "intern", "keep", "measur", "need", "needs", "only", "part", "remain"}
    | {"throug", "where", "will", "would"}
)
"""The beginnings that stand in the most measures of the Strategy, and of further words of every text."""
CANDIDATES = 600
"""Texts that are ranked, the nearest by what the database tells: half of them of either kind, so that measures of a
State's own plans leave room to the Strategy's, and follow-ups in like words to those on an area alone."""
MOST_OFTEN = 0.1  # of the texts compared: a word in more of them says nothing of one
MOST_TEXTS = 10 * MOST_COUNTED  # are counted: whatever their number, a word that says something is in few
SELDOM = 3  # texts that hold a word: so few are never too many
ENOUGH = 2  # words in common that suggest something by themselves
RARELY = 0.07  # of the texts compared: a word in so few is a likeness alone, where the area is near as well
BY_AREA = 5  # are suggested at the most without a likeness in words
FILTERS = ("state", "area", "q", "after", "before", "size")
"""What the follow-ups to link can be narrowed by, with the place in their list."""


class Frequency(dict[str, int]):
    """Of each beginning of a word that says something, how many texts hold it; ``few``: in so many it is rare."""

    few: float = 1


# From the follow-up

_OF_FOLLOWUP = (
    sa.select(
        Measure.reference,
        Measure.text,
        Measure.pillar,
        Measure.retired_on,
        Plan.code.label("plan_code"),
        FollowupMeasure.reason,
        FollowupMeasure.linked_at,
        Account.name.label("linked_by"),
    )
    .select_from(FollowupMeasure)
    .join(Measure, Measure.id == FollowupMeasure.measure_id)
    .join(Plan, Plan.id == Measure.plan_id)
    .outerjoin(Account, Account.id == FollowupMeasure.linked_by_id)
    .where(FollowupMeasure.followup_id == sa.bindparam("followup_id"))
    .order_by(Plan.kind.desc(), Plan.code, Measure.position)
)


def of_followup(followup: Followup) -> Sequence[Any]:
    """The measures that the follow-up serves, the Strategy's first, in one statement."""
    return read(_OF_FOLLOWUP, {"followup_id": followup.id}).all()


@dataclass(frozen=True)
class Offered:
    """A measure that a follow-up may serve. ``shared`` are the words that both hold; ``is_near``: the follow-up's area
    relates to its pillar."""

    reference: str
    text: str
    pillar: str
    plan_code: str
    shared: tuple[str, ...] = ()
    is_near: bool = False


def pillars_of(followup: Followup) -> set[str]:
    """The pillars that the map gives the areas of the follow-up."""
    return area_pillars.pillars_of(_areas_of(followup))


def _areas_of(followup: Followup) -> list[str]:
    return [code for code in (followup.area_code, *(one.area_code for one in followup.further_areas)) if code]


def suggestions(followup: Followup, pillars: Collection[str]) -> list[Offered]:
    """The measures that are nearest to the follow-up: under one of these pillars, in words like its own. Two
    statements."""
    titles = (catalogue.areas()[code].title for code in _areas_of(followup))
    stems = _stems("\n".join([followup.title, *titles, followup.text]))
    if not pillars and not stems:
        return []
    frequency = _in_measures(followup, stems)
    found = db.session.execute(
        _open_to(followup, Measure.id.in_(_nearest_measures(followup, frequency, pillars)))
        .add_columns(Plan.kind, SearchRow.text.label("words"))
        .join(SearchRow, _OF_MEASURE)
        .order_by(Plan.kind, Measure.position, Measure.id)
    ).all()
    return _ranked(found, frequency, pillars)[:SUGGESTED]


_OF_MEASURE = sa.and_(SearchRow.object_type == "measure", SearchRow.object_id == Measure.id)


def _holds(stem: str, value: float = 1) -> Any:
    """This much where the measure holds a word that begins so. Measures are read one by one: the index would collect
    the words of all nouns first."""
    return sa.case(((" " + SearchRow.text).like(search.pattern(Term((stem,), is_prefix=True))), value), else_=0)


def _in_measures(followup: Followup, stems: Sequence[str]) -> Frequency:
    """How many of the measures that the follow-up may serve hold each of these beginnings, if it says something."""
    if not stems:
        return Frequency()
    counts = (sa.func.sum(_holds(stem)) for stem in stems)
    looked = _open_to(followup).join(SearchRow, _OF_MEASURE).with_only_columns(sa.func.count(), *counts)
    total, *held = db.session.execute(looked).one()
    return _telling(stems, held, total)


def _nearest_measures(followup: Followup, frequency: Frequency, pillars: Collection[str]) -> Columns:
    """The ids of those to rank: what may be suggested first, of that what shares the rarest words; of the Strategy as
    many as of other plans."""
    is_near = Measure.pillar.in_(sorted(pillars))
    shared = sum((_holds(stem) for stem in frequency), sa.literal(0))
    weight = sum((_holds(stem, 1 / count) for stem, count in frequency.items()), sa.literal(0.0))
    order = (
        sa.case((sa.or_(is_near, shared >= ENOUGH), 0), else_=1),
        (weight * sa.case((is_near, 1.0), else_=0.5)).desc(),
        Measure.position,
        Measure.id,
    )
    place = sa.func.row_number().over(partition_by=Plan.kind, order_by=order).label("place")
    placed = _open_to(followup).join(SearchRow, _OF_MEASURE).with_only_columns(Measure.id, place).subquery()
    return sa.select(placed.c.id).where(placed.c.place <= CANDIDATES // 2)


def of_its_meeting(followup: Followup) -> Sequence[Any]:
    """The measures that the meeting leads to which recommended the follow-up, in one statement.

    The one that the recommendation became, then those by which the topics are recorded, the nearest in words first; of
    them, what the follow-up may serve and does not yet.
    """
    is_own = MeetingOutcome.id == OutcomeFollowup.outcome_id
    found = db.session.execute(
        _open_to(followup)
        .join(MeetingOutcome, MeetingOutcome.measure_id == Measure.id)
        .join(OutcomeFollowup, OutcomeFollowup.meeting_id == MeetingOutcome.meeting_id)
        .join(Meeting, Meeting.id == MeetingOutcome.meeting_id)
        .where(
            OutcomeFollowup.followup_id == followup.id,
            MeetingOutcome.position.is_not(None),
            sa.or_(is_own, MeetingOutcome.kind == OutcomeKind.TOPIC),
        )
        .add_columns(Meeting.reference.label("meeting"), is_own.label("is_own"))
        .order_by(Plan.code, Measure.position, MeetingOutcome.id)
    )
    each = {row.reference: row for row in found}.values()  # two topics may be recorded by one measure
    stems = _stems(f"{followup.title} {followup.text}")
    return sorted(each, key=lambda row: (not row.is_own, -len(_shared(fold(row.text), stems))))


def unmapped(followup: Followup, pillars: Collection[str]) -> list[str]:
    """The areas of the follow-up that the map gives no pillar, where it gives none of them one."""
    return [] if pillars else _areas_of(followup)


def offered(followup: Followup, q: str, pillar: str) -> list[Offered]:
    """The measures that hold these words or stand under this pillar, by plan; raises BadValue."""
    conditions: list[Condition] = []
    if q:
        holds = search.Matching("measure", filters.asked([q]))
        conditions.append(Measure.id.in_(sa.select(search.object_ids()).where(holds)))
    if pillar:
        conditions.append(as_condition(Measure.pillar == pillar))
    found = db.session.execute(
        _open_to(followup, *conditions).order_by(Plan.kind.desc(), Plan.code, Measure.position).limit(FOUND)
    )
    return [Offered(row.reference, row.text, row.pillar, row.code) for row in found]


def chosen(followup: Followup, references: Collection[str]) -> list[Measure]:
    """Those of these measures that the follow-up may serve, or does."""
    ids = _for_state(followup.state_id, Measure.reference.in_(sorted(references))).with_only_columns(Measure.id)
    return list(db.session.scalars(sa.select(Measure).where(Measure.id.in_(ids)).order_by(Measure.position)))


def as_offered(found: Measure) -> Offered:
    """A measure that was chosen, as it is offered."""
    return Offered(found.reference, found.text, found.pillar, found.plan.code)


def _open_to(followup: Followup, *conditions: Condition) -> Columns:
    """Measures that the follow-up may serve and does not yet."""
    serves = sa.exists().where(FollowupMeasure.followup_id == followup.id, FollowupMeasure.measure_id == Measure.id)
    return _for_state(followup.state_id, ~serves, *conditions)


def _for_state(state_id: str, *conditions: Condition) -> Columns:
    """Measures in use, of the Strategy or of a plan that the State carries out."""
    takes_part = sa.exists().where(
        PlanState.plan_id == Plan.id, PlanState.state_id == state_id, PlanState.part == PlanPart.PARTICIPANT
    )
    return (
        sa.select(Measure.reference, Measure.text, Measure.pillar, Plan.code)
        .join(Plan, Plan.id == Measure.plan_id)
        .where(Measure.retired_on.is_(None), sa.or_(Plan.kind == PlanKind.STRATEGY, takes_part), *conditions)
    )


def _stems(text: str) -> list[str]:
    """The beginnings of the longer words of a text, each once."""
    words = (
        word for word in fold(text).split() if len(word) >= SHORTEST_WORD and word not in COMMON and not word.isdigit()
    )
    stems = (word[:STEM] for word in words)
    return list(dict.fromkeys(stem for stem in stems if stem not in COMMON_STEMS))[:MOST_STEMS]


def _telling(stems: Sequence[str], held: Sequence[int | None], total: int) -> Frequency:
    """Those of the beginnings that some texts hold, and not a large part of them all."""
    most = max(SELDOM, MOST_OFTEN * total)
    found = Frequency({stem: count for stem, count in zip(stems, held, strict=True) if count and count <= most})
    found.few = max(1, RARELY * total)
    return found


def _ranked(rows: Sequence[Any], frequency: Frequency, pillars: Collection[str]) -> list[Offered]:
    """The nearest first: what shares words before what only lies under a pillar of the areas, and of either the
    measures of the State's own plans first. A word weighs as much as it is rare; one alone suggests nothing where the
    area does not."""
    shared = {row.reference: _alike_in(row.words, frequency) for row in rows}

    def rank(row: Any) -> tuple[bool, bool, float]:
        words = shared[row.reference]
        near = 1.0 if row.pillar in pillars else 0.5
        return not words, row.kind is PlanKind.STRATEGY, -near * sum(1 / frequency[stem] for stem in words)

    kept = [row for row in rows if row.pillar in pillars or len(shared[row.reference]) >= ENOUGH]
    found = [
        Offered(
            row.reference,
            row.text,
            row.pillar,
            row.code,
            tuple(_rarest(shared[row.reference], frequency)),
            row.pillar in pillars,
        )
        for row in sorted(kept, key=rank)
    ]
    by_area = [one for one in found if not one.shared]
    return [*(one for one in found if one.shared), *by_area[:BY_AREA]]


def _alike_in(folded: str, frequency: Frequency) -> dict[str, str]:
    """The words that make a text like another: none where it is a single one that is not rare."""
    found = _shared(folded, frequency)
    is_like = len(found) >= ENOUGH or any(frequency[stem] <= frequency.few for stem in found)
    return found if is_like else {}


def _shared(folded: str, stems: Collection[str]) -> dict[str, str]:
    """The words of a measure that begin like one of the follow-up's, by that beginning."""
    found: dict[str, str] = {}
    for word in folded.split():
        for stem in stems:
            if word.startswith(stem):
                found.setdefault(stem, word)
    return found


def _rarest(shared: Mapping[str, str], frequency: Mapping[str, int]) -> list[str]:
    return [shared[stem] for stem in sorted(shared, key=lambda stem: frequency[stem])][:4]


# From the measure


@dataclass(frozen=True)
class Links:
    """What a measure's page shows of its follow-ups: the first rows, how many there are in the reader's scope (counted
    as far as lists count), and the paragraphs that the measure rests on through them."""

    measure: Measure
    rows: Sequence[Any]
    count: int
    paragraphs: Sequence[Any]
    may_link: bool
    may_read: bool

    @property
    def is_capped(self) -> bool:
        return self.count > MOST_COUNTED


def measure(reference: str) -> Measure:
    """The measure of this reference with its plan; its text is no secret."""
    found = db.session.scalar(
        sa.select(Measure)
        .where(Measure.reference == reference.upper())
        .options(sa.orm.joinedload(Measure.plan).selectinload(Plan.states))
    )
    if found is None:
        raise NotFound(_("There is no such measure. The pages of the plans show those that there are."))
    return found


def of_measure(account: Account, found: Measure) -> Links:
    """The follow-ups that serve the measure and the paragraphs that it so rests on, in scope: two statements."""
    reach = policy.reach(account)
    serving = (FollowupMeasure.measure_id == found.id, reach.condition(FollowupMeasure.state_id))
    some = sa.select(sa.literal(1).label("one")).select_from(FollowupMeasure).where(*serving).limit(MOST_COUNTED + 1)
    counted = sa.select(sa.func.count()).select_from(some.subquery()).scalar_subquery()
    rows = db.session.execute(
        sa.select(
            Followup.reference,
            Followup.state_id,
            Followup.title,
            Followup.workflow,
            Followup.sealed_state.label("sealed_state"),
            Followup.assessed_status,
            FollowupMeasure.reason,
            counted.label("counted"),
        )
        .select_from(FollowupMeasure)
        .join(Followup, Followup.id == FollowupMeasure.followup_id)
        .where(*serving)
        .order_by(FollowupMeasure.state_id, FollowupMeasure.followup_id)
        .limit(SHOWN)
    ).all()
    may_link = found.retired_on is None and policy.can(account, Permission.MEASURE_LINK) and _has_part(found, account)
    may_read = policy.can(account, Permission.RECORD_READ)
    return Links(found, rows, rows[0].counted if rows else 0, _paragraphs(serving), may_link, may_read)


def _has_part(found: Measure, account: Account) -> bool:
    """Whether some State may have follow-ups that this account links to the measure."""
    reach = _looking(found, account)
    return reach.is_all or bool(reach.states)


def _paragraphs(serving: tuple[Condition, ...]) -> Sequence[Any]:
    """The paragraphs under the follow-ups that count for the measure, with how many of them rest on each."""
    return db.session.execute(
        sa.select(Paragraph.resolution_number, Paragraph.label, sa.func.count().label("followups"))
        .select_from(FollowupMeasure)
        .join(Followup, Followup.id == FollowupMeasure.followup_id)
        .join(FollowupParagraph, FollowupParagraph.followup_id == FollowupMeasure.followup_id)
        .join(Paragraph, Paragraph.id == FollowupParagraph.paragraph_id)
        .where(*serving, measures.counts())
        .group_by(Paragraph.id, Paragraph.resolution_number, Paragraph.label, Paragraph.position)
        .order_by(Paragraph.resolution_number, Paragraph.position)
    ).all()


def linkable(found: Measure, reach: Reach) -> Condition:
    """The follow-ups in these States that may serve the measure and do not yet."""
    serves = sa.exists().where(FollowupMeasure.followup_id == Followup.id, FollowupMeasure.measure_id == found.id)
    return sa.and_(_allowed(found, reach), ~serves)


def _allowed(found: Measure, reach: Reach) -> Condition:
    """The follow-ups in these States that may serve the measure, or do."""
    conditions = [reach.condition(Followup.state_id), Followup.workflow.not_in(ENDED)]
    if found.plan.kind is not PlanKind.STRATEGY:
        conditions.append(Followup.state_id.in_(found.plan.participants))
    return sa.and_(*conditions)


def page(found: Measure, args: Mapping[str, Any], account: Account) -> Page:
    """One page of the follow-ups that may be linked, as the address narrows them."""
    reach = policy.reach(account, Permission.MEASURE_LINK)
    return followups.FOLLOWUPS.page(narrowing(args), linkable(found, reach), base=followups.rows(clock.today(), ()))


@dataclass(frozen=True)
class OfferedFollowup:
    """A follow-up that may serve a measure: the words that both hold, and whether its area is one of the pillar."""

    row: Any
    shared: tuple[str, ...]
    is_near: bool


Mapped = Mapping[str, Collection[str]]
"""The pillars of each area, as the map has them."""


def suggested_followups(found: Measure, account: Account, mapped: Mapped) -> list[OfferedFollowup]:
    """The follow-ups nearest to the measure: in words like its own, on an area of its pillar. Two statements."""
    reach = _looking(found, account)
    near = {code for code, pillars in mapped.items() if found.pillar in pillars}
    frequency = _in_followups(reach, _stems(found.text))
    rows = db.session.execute(
        sa.select(
            Followup.reference,
            Followup.state_id,
            Followup.title,
            Followup.area_code,
            Followup.workflow,
            Followup.assessed_status,
            (SearchRow.title + " " + SearchRow.text).label("words"),
        )
        .join(SearchRow, sa.and_(SearchRow.object_type == "followup", SearchRow.object_id == Followup.id))
        .where(Followup.id.in_(_nearest_followups(linkable(found, reach), reach, frequency, near)))
        .order_by(Followup.id.desc())
    ).all()
    shared = {row.reference: _alike_in(row.words, frequency) for row in rows}

    def rank(row: Any) -> tuple[float, bool]:
        words = shared[row.reference]
        return -sum(1 / frequency[stem] for stem in words), row.area_code not in near

    ranked = sorted(rows, key=rank)
    like = [row for row in ranked if len(shared[row.reference]) >= (1 if row.area_code in near else ENOUGH)]
    by_area = [row for row in ranked if row.area_code in near and not shared[row.reference]]
    return [
        OfferedFollowup(row, tuple(_rarest(shared[row.reference], frequency)), row.area_code in near)
        for row in [*like, *by_area[:BY_AREA]][:SUGGESTED]
    ]


def _looking(found: Measure, account: Account) -> Reach:
    """The States among whose follow-ups is looked: of a regional plan those that take part."""
    reach = policy.reach(account, Permission.MEASURE_LINK)
    if found.plan.kind is PlanKind.STRATEGY:
        return reach
    return Reach(False, frozenset(one for one in found.plan.participants if reach.covers(one)))


def _in_followups(reach: Reach, stems: Sequence[str]) -> Frequency:
    """How many follow-ups of these States hold each of these beginnings, if it says something."""
    if not stems:
        return Frequency()
    some = sa.select(INDEX.c.rowid).where(_alike(reach)).limit(MOST_TEXTS).subquery()
    total = sa.select(sa.func.count()).select_from(some).scalar_subquery()
    counts = (capped(_alike(reach, stem)).label(f"held_{place}") for place, stem in enumerate(stems))
    counted, *held = db.session.execute(sa.select(total.label("total"), *counts)).one()
    return _telling(stems, held, counted)


def _nearest_followups(allowed: Condition, reach: Reach, frequency: Frequency, near: Collection[str]) -> Any:
    """The ids of those to rank: half by words, what may be suggested first and of that what shares the rarest; half by
    area alone, the newest."""
    is_near = Followup.area_code.in_(sorted(near))
    parts = [sa.select(Followup.id).where(allowed, is_near).order_by(Followup.id.desc()).limit(CANDIDATES // 2)]
    if frequency:
        alike = _weighed(reach, frequency)
        parts.append(
            sa.select(Followup.id)
            .join(alike, alike.c.id == Followup.id)
            .where(allowed)
            .order_by(
                sa.case((sa.or_(is_near, alike.c.shared >= ENOUGH), 0), else_=1),
                alike.c.weight.desc(),
                Followup.id.desc(),
            )
            .limit(CANDIDATES // 2)
        )
    return sa.union(*(sa.select(part.subquery()) for part in parts))


def _weighed(reach: Reach, frequency: Frequency) -> sa.Subquery:
    """The follow-ups that hold some of these beginnings, with how many and what they weigh: the rarer, the more."""
    hits = sa.union_all(
        *(
            sa.select(search.object_ids().label("id"), sa.literal(1 / count).label("weight")).where(_alike(reach, stem))
            for stem, count in frequency.items()
        )
    ).subquery()
    shared, weight = sa.func.count().label("shared"), sa.func.sum(hits.c.weight).label("weight")
    return sa.select(hits.c.id, shared, weight).group_by(hits.c.id).subquery()


def _alike(reach: Reach, *stems: str) -> Condition:
    """The follow-ups of these States in the index that hold a word with each of these beginnings."""
    words = (Term((stem,), is_prefix=True) for stem in stems)
    return search.Matching("followup", [*filters.within(reach), *words])


def unmapped_areas(rows: Sequence[Any], mapped: Mapped) -> list[str]:
    """The areas of these follow-ups that the map gives no pillar, so that they are near to no measure but in words."""
    return sorted({row.area_code for row in rows if row.area_code and row.area_code not in mapped})


def narrowing(args: Mapping[str, Any]) -> dict[str, list[str]]:
    """The arguments that narrow the follow-ups to link."""
    return {name: args.getlist(name) if hasattr(args, "getlist") else args[name] for name in FILTERS if name in args}


def named(found: Measure, references: Collection[str], account: Account, most: int) -> list[Followup]:
    """The follow-ups of these references that may serve the measure, one more than ``most`` at the most."""
    allowed = _allowed(found, policy.reach(account, Permission.MEASURE_LINK))
    return _first([allowed, Followup.reference.in_(sorted(references))], most)


def asked_for(found: Measure, args: Mapping[str, Any], account: Account, most: int) -> list[Followup]:
    """All that the address finds and that may be linked, one more than ``most`` at the most."""
    question = followups.FOLLOWUPS.read(narrowing(args))
    allowed = linkable(found, policy.reach(account, Permission.MEASURE_LINK))
    return _first([allowed, *question.conditions.values(), *question.words], most)


def _first(conditions: Sequence[Condition], most: int) -> list[Followup]:
    ordered = sa.select(Followup).where(*conditions).order_by(Followup.state_id, Followup.number)
    return list(db.session.scalars(ordered.limit(most + 1)))


def count(found: Measure, args: Mapping[str, Any], account: Account) -> int:
    """How many follow-ups the address finds that may be linked, exactly."""
    allowed = linkable(found, policy.reach(account, Permission.MEASURE_LINK))
    return followups.FOLLOWUPS.count(narrowing(args), allowed)
