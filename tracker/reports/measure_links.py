"""Follow-ups and the measures that they serve, seen from either side, and what may be linked next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tracker import clock, policy
from tracker.errors import NotFound
from tracker.extensions import db
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
from tracker.reports import area_pillars, catalogue, filters, followups
from tracker.reports.filters import Condition, as_condition
from tracker.reports.listing import MOST_COUNTED, Columns, Page
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
CANDIDATES = 600
MOST_OFTEN = 0.1  # of the texts compared: a word in more of them says nothing of one
SELDOM = 3  # texts that hold a word: so few are never too many
ENOUGH = 2  # words in common that suggest something by themselves
FILTERS = ("state", "area", "q", "after", "before", "size")
"""What the follow-ups to link can be narrowed by, with the place in their list."""


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
    return db.session.execute(_OF_FOLLOWUP, {"followup_id": followup.id}).all()


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


def suggestions(followup: Followup) -> list[Offered]:
    """The measures that are nearest to the follow-up: under a pillar of its areas, in words like its own."""
    codes = [code for code in (followup.area_code, *(one.area_code for one in followup.further_areas)) if code]
    pillars = area_pillars.pillars_of(codes)
    stems = _stems("\n".join([followup.title, *(catalogue.areas()[code].title for code in codes), followup.text]))
    if not pillars and not stems:
        return []
    rows = _open_to(followup).add_columns(Plan.kind, SearchRow.text)
    found = db.session.execute(
        rows.join(SearchRow, sa.and_(SearchRow.object_type == "measure", SearchRow.object_id == Measure.id))
        .order_by(Plan.kind, Measure.position, Measure.id)
        .limit(CANDIDATES)
    ).all()
    return _ranked(found, stems, pillars)[:SUGGESTED]


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


def unmapped(followup: Followup) -> list[str]:
    """The areas of the follow-up that the map gives no pillar, where it gives none of them one."""
    codes = [code for code in (followup.area_code, *(one.area_code for one in followup.further_areas)) if code]
    return [] if area_pillars.pillars_of(codes) else codes


def offered(followup: Followup, q: str, pillar: str) -> list[Offered]:
    """The measures that hold these words or stand under this pillar, by plan; raises BadValue."""
    conditions: list[Condition] = []
    if q:
        wanted = [search.noun_term("measure"), *filters.asked([q])]
        conditions.append(Measure.id.in_(sa.select(search.object_ids()).where(search.Matching(wanted))))
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
    return list(dict.fromkeys(word[:STEM] for word in words))[:MOST_STEMS]


def _alike(noun: str, stems: Sequence[str]) -> sa.Select[Any]:
    """The records in the index of words that hold a word with one of these beginnings."""
    some = tuple(Term((stem,), is_prefix=True) for stem in stems)
    return sa.select(search.object_ids()).select_from(INDEX).where(search.Matching([search.noun_term(noun), some]))


def _in_common(rows: Sequence[Any], stems: Sequence[str]) -> tuple[dict[str, dict[str, str]], Counter[str]]:
    """The words that each row's text (its last column) shares, by reference, without those that a large part of the
    rows hold; and how many hold each."""
    shared = {row.reference: _shared(row[-1], stems) for row in rows}
    frequency = Counter(stem for found in shared.values() for stem in found)
    most = max(SELDOM, MOST_OFTEN * len(rows))
    telling = {stem for stem, count in frequency.items() if count <= most}
    return (
        {one: {stem: word for stem, word in found.items() if stem in telling} for one, found in shared.items()},
        frequency,
    )


def _ranked(rows: Sequence[Any], stems: Sequence[str], pillars: Collection[str]) -> list[Offered]:
    """The nearest first: what shares words before what only lies under a pillar of the areas, and of either the
    measures of the State's own plans first. A word weighs as much as it is rare; one alone suggests nothing where the
    area does not."""
    shared, frequency = _in_common(rows, stems)

    def rank(row: Any) -> tuple[bool, bool, float]:
        words = shared[row.reference]
        near = 1.0 if row.pillar in pillars else 0.5
        return not words, row.kind is PlanKind.STRATEGY, -near * sum(1 / frequency[stem] for stem in words)

    kept = [row for row in rows if row.pillar in pillars or len(shared[row.reference]) >= ENOUGH]
    return [
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


def _shared(folded: str, stems: Sequence[str]) -> dict[str, str]:
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
    may_link = found.retired_on is None and policy.can(account, Permission.MEASURE_LINK)
    may_read = policy.can(account, Permission.RECORD_READ)
    return Links(found, rows, rows[0].counted if rows else 0, _paragraphs(serving), may_link, may_read)


def _paragraphs(serving: tuple[Condition, ...]) -> Sequence[Any]:
    """The paragraphs under the follow-ups, with how many of them rest on each."""
    return db.session.execute(
        sa.select(Paragraph.resolution_number, Paragraph.label, sa.func.count().label("followups"))
        .select_from(FollowupMeasure)
        .join(FollowupParagraph, FollowupParagraph.followup_id == FollowupMeasure.followup_id)
        .join(Paragraph, Paragraph.id == FollowupParagraph.paragraph_id)
        .where(*serving)
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


def suggested_followups(found: Measure, account: Account) -> list[OfferedFollowup]:
    """The follow-ups nearest to the measure: in words like its own, on an area of its pillar. Two statements."""
    allowed = linkable(found, policy.reach(account, Permission.MEASURE_LINK))
    stems = _stems(found.text)
    near = {code for code, pillars in area_pillars.by_area().items() if found.pillar in pillars}
    alike = Followup.id.in_(_alike("followup", stems)) if stems else sa.false()
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
        .where(allowed, sa.or_(alike, Followup.area_code.in_(sorted(near))))
        .order_by(Followup.id.desc())
        .limit(CANDIDATES)
    ).all()
    shared, frequency = _in_common(rows, stems)

    def rank(row: Any) -> tuple[float, bool]:
        words = shared[row.reference]
        return -sum(1 / frequency[stem] for stem in words), row.area_code not in near

    kept = [row for row in rows if row.area_code in near or len(shared[row.reference]) >= ENOUGH]
    return [
        OfferedFollowup(row, tuple(_rarest(shared[row.reference], frequency)), row.area_code in near)
        for row in sorted(kept, key=rank)[:SUGGESTED]
    ]


def unmapped_areas() -> list[str]:
    """The areas that the map gives no pillar, so that their follow-ups are near to no measure but in words; a top area
    stands for all under it."""
    mapped = area_pillars.by_area()
    found: list[str] = []
    for top, under in catalogue.area_groups():
        without = [area.code for area in under if area.code not in mapped]
        found += [top.code] if len(without) == len(under) else without
    return found


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
    return _first([allowed, *question.conditions, *question.words], most)


def _first(conditions: Sequence[Condition], most: int) -> list[Followup]:
    ordered = sa.select(Followup).where(*conditions).order_by(Followup.state_id, Followup.number)
    return list(db.session.scalars(ordered.limit(most + 1)))


def count(found: Measure, args: Mapping[str, Any], account: Account) -> int:
    """How many follow-ups the address finds that may be linked, exactly."""
    allowed = linkable(found, policy.reach(account, Permission.MEASURE_LINK))
    return followups.FOLLOWUPS.count(narrowing(args), allowed)
