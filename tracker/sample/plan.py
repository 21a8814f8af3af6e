"""What happens to generated visits and when: the visits laid out over States and years, and the story of each. Pure.

A story is a list of acts with their moments; how many events each act leaves is known beforehand, so that all events
can be numbered in the order of time before one record is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple

from tracker.models import Purpose, VisitStage
from tracker.sample import people, vocabulary

EPOCH = date(2006, 1, 1)
END = date(2025, 12, 31)  # the last day of the analysts' dated grants
FIRST_VISIT, LAST_VISIT = date(2006, 6, 1), date(2025, 10, 15)
DAY = 86_400
LAST_SECOND = (END - EPOCH).days * DAY + 20 * 3_600
FOLLOWUPS_A_VISIT = 50

# The rows with a number of their own that each act makes; the plan gives each visit its ranges.
NEW_ROWS: dict[str, tuple[str, ...]] = {
    "create_visit": ("visit_component", "visit_source", "visit_move"),
    "add_component": ("visit_component",),
    "move_visit": ("visit_move",),
    "add_delegate": ("visit_delegate",),
    "add_counterpart": ("visit_counterpart",),
    "add_check": ("visit_check",),
    "open_matrix": ("matrix", "assessment"),
    "assess_area": ("assessment",),
    "create_conclusion": ("conclusion",),
    "create_followup": ("followup",),
    "submit": ("submission",),
    "end": ("submission",),
    "sign_off": ("seal",),
    "comment": ("comment",),
    "add_progress": ("progress_entry",),
    "record_response": ("state_response",),
    "ask_extension": ("due_extension",),
    "carry_over": ("carry_over",),
}
NUMBERED = sorted({table for tables in NEW_ROWS.values() for table in tables})

STAGES = (
    (-110, VisitStage.CONSENT_REQUESTED),
    (-80, VisitStage.CONSENTED),
    (-40, VisitStage.PREPARING),
    (0, VisitStage.UNDER_WAY),
    (5, VisitStage.PROVISIONAL_ISSUED),
    (60, VisitStage.DRAFT_REPORT),
    (95, VisitStage.WITH_STATE),
    (150, VisitStage.FOR_ADOPTION),
    (200, VisitStage.ADOPTED),
    (215, VisitStage.RESPONSE_DUE),
    (390, VisitStage.RESPONSE_RECEIVED),
    (520, VisitStage.CLOSED),
)


@dataclass(frozen=True)
class Person:
    """An account of the sample's cast."""

    id: int
    name: str


@dataclass(frozen=True)
class Ground:
    """What all stories rest on: the seed, the cast and the reference data."""

    seed: int
    cast: dict[str, Person]
    regions: dict[str, str]
    places: dict[str, str]
    editions: dict[str, int]
    paragraphs_of: dict[str, tuple[int, ...]]
    paragraphs: dict[int, str]
    resolutions: tuple[tuple[int, date], ...]
    ratings: tuple[str, ...]
    organisations: tuple[int, ...]
    measures: tuple[tuple[int, str], ...]

    def random(self, *what: object) -> Random:
        """Chance of its own for each purpose: the same in every process and on every run."""
        return Random("/".join(map(str, (self.seed, *what))))  # noqa: S311  # chance, not secrecy

    def analyst(self, state_id: str) -> Person:
        return self.cast[people.analyst_for(self.regions[state_id]).local_part]

    def reviewers(self, state_id: str) -> tuple[Person, ...]:
        """Who signs for the State, whoever usually does first."""
        first, second = self.cast[people.REVIEWER.local_part], self.cast[people.REVIEWER_ASIA.local_part]
        return (second, first) if self.regions[state_id] == people.ASIA else (first,)

    def owner(self, state_id: str) -> Person | None:
        """The analyst who still covers the State today; nobody where the grant has ended."""
        return self.analyst(state_id) if self.regions[state_id] in (people.ASIA, people.AFRICA) else None


@dataclass(frozen=True)
class Later:
    """The next visit to the State, which may take follow-ups up again."""

    id: int
    reference: str
    day: date


@dataclass(frozen=True)
class VisitPlan:
    """One visit and where its records stand among all: identities and numbers."""

    id: int
    state_id: str
    day: date
    number: int
    followups: int
    first_followup_number: int
    first_authority: int
    is_first: bool
    later: Later | None

    @property
    def reference(self) -> str:
        return f"{self.state_id}-{self.day.year}-{self.number}"


class Act(NamedTuple):
    """Something that happens: the second since the epoch, the events that it leaves, what, and to whom."""

    second: int
    events: int
    name: str
    args: tuple[Any, ...] = ()


def lay_out(ground: Ground, count: int) -> list[VisitPlan]:
    """``count`` follow-ups on visits of about fifty, in the order of the visits' days. Some States have many."""
    rng = ground.random("visits")
    visits = max(1, round(count / FOLLOWUPS_A_VISIT), min(count, 2))
    days = sorted(_days(rng, _visits_by_state(rng, sorted(ground.regions), visits)))
    sizes = _sizes(rng, count, visits)
    references = _numbers(days)
    identities = {key: index for index, key in enumerate(days, start=1)}
    later = _later(days, identities, references)
    authorities: dict[str, int] = {}
    numbers: Counter[str] = Counter()
    plans = []
    for (day, state_id), size in zip(days, sizes, strict=True):
        is_first = state_id not in authorities
        authorities.setdefault(state_id, len(authorities) * len(vocabulary.AUTHORITIES) + 1)
        plans.append(
            VisitPlan(
                id=identities[day, state_id],
                state_id=state_id,
                day=day,
                number=references[day, state_id],
                followups=size,
                first_followup_number=numbers[state_id] + 1,
                first_authority=authorities[state_id],
                is_first=is_first,
                later=later.get((day, state_id)),
            )
        )
        numbers[state_id] += size
    return plans


def _visits_by_state(rng: Random, states: list[str], visits: int) -> Counter[str]:
    """Each State once, if there are enough for that; of the rest, States early in a shuffled row have more."""
    rng.shuffle(states)
    given = Counter(states) if visits >= 2 * len(states) else Counter[str]()
    states = states if given else states[: max(1, visits * 3 // 5)]
    weights = [1 / (10 + rank) for rank in range(len(states))]
    given.update(rng.choices(states, weights, k=visits - given.total()))
    return given


def _days(rng: Random, given: Counter[str]) -> Iterator[tuple[date, str]]:
    """The visits to each State spread over the years, with some time between two of them."""
    span = (LAST_VISIT - FIRST_VISIT).days
    for state_id, visits in sorted(given.items()):
        for place in range(visits):
            yield FIRST_VISIT + timedelta(days=int((place + 0.1 + 0.6 * rng.random()) * span / visits)), state_id


def _sizes(rng: Random, count: int, visits: int) -> list[int]:
    """How many follow-ups each visit has: about as many, together ``count``."""
    weights = [0.6 + 0.8 * rng.random() for _visit in range(visits)]
    total, reached, sizes = sum(weights), 0.0, []
    for weight in weights:
        before = round(reached)
        reached += weight * count / total
        sizes.append(round(reached) - before)
    sizes[-1] += count - sum(sizes)
    return sizes


def _numbers(days: list[tuple[date, str]]) -> dict[tuple[date, str], int]:
    counted: Counter[tuple[str, int]] = Counter()
    numbers = {}
    for day, state_id in days:
        counted[state_id, day.year] += 1
        numbers[day, state_id] = counted[state_id, day.year]
    return numbers


def _later(
    days: list[tuple[date, str]], ids: dict[tuple[date, str], int], numbers: dict[tuple[date, str], int]
) -> dict[tuple[date, str], Later]:
    by_state: dict[str, list[date]] = {}
    for day, state_id in days:
        by_state.setdefault(state_id, []).append(day)
    return {
        (day, state_id): Later(
            ids[following, state_id], f"{state_id}-{following.year}-{numbers[following, state_id]}", following
        )
        for state_id, its_days in by_state.items()
        for day, following in pairwise(its_days)
    }


# Stories


def story(ground: Ground, plan: VisitPlan) -> list[Act]:
    """All acts on the visit, its conclusions, its matrix and its follow-ups, in the order of time."""
    rng = ground.random("story", plan.id)
    start = (plan.day - EPOCH).days
    acts = list(_visit_acts(rng, plan, start))
    scope = 8 + int(9 * rng.random())
    conclusions = 8 + int(9 * rng.random())
    acts += _matrix_acts(_Thread(rng, start + 15), scope)
    for number in range(conclusions):
        acts += _conclusion_acts(_Thread(rng, start + 5), number)
    two_reviewers = len(ground.reviewers(plan.state_id)) > 1
    for number in range(plan.followups):
        acts += _FollowupStory(_Thread(rng, start + 20), plan, number, two_reviewers).acts()
    acts.sort(key=_second)
    return [acts[0]._replace(args=(scope,)), *acts[1:]]


def _second(act: Act) -> int:
    return act.second


class _Thread:
    """Acts on one record, one after the other in office hours; what would fall after the end does not happen."""

    def __init__(self, rng: Random, day: int) -> None:
        self.rng = rng
        self.now = day * DAY
        self.acts: list[Act] = []
        self.has_ended = False

    def then(self, soonest: int, latest: int, name: str, *args: Any, events: int = 1) -> None:
        """An act between ``soonest`` and ``latest`` days after the one before."""
        if self.has_ended:
            return
        day = self.now // DAY + soonest + int(self.rng.random() * (latest - soonest + 1))
        weekday = (day + 6) % 7  # the epoch is a Sunday
        day += max(0, 7 - weekday) if weekday > 4 else 0
        second = day * DAY + 28_800 + int(self.rng.random() * 32_400)
        self.now = second if second > self.now else self.now + 300
        self.has_ended = self.now > LAST_SECOND
        if not self.has_ended:
            self.acts.append(Act(self.now, events, name, args))

    def chance(self, share: float) -> bool:
        return self.rng.random() < share


def _visit_acts(rng: Random, plan: VisitPlan, start: int) -> Iterator[Act]:
    thread = _Thread(rng, start - 125)
    thread.then(0, 3, "create_visit")
    planned: list[tuple[int, int, str, tuple[Any, ...]]] = [(day, 1, "move_visit", (stage,)) for day, stage in STAGES]
    planned += [(-35, 1, "add_delegate", (place,)) for place in range(4 + int(4 * rng.random()))]
    planned += [(4, 1, "add_check", ()) for _check in range(1 + int(2 * rng.random()))]
    if rng.random() < 0.15:
        planned.append((30, 1, "add_component", ()))
    if plan.is_first:
        planned += [(2, 2, "add_counterpart", (place,)) for place in range(len(vocabulary.AUTHORITIES))]
    else:
        some = rng.sample(range(len(vocabulary.AUTHORITIES)), 3)
        planned += [(3, 1, "add_counterpart", (place,)) for place in some]
    for day, events, name, args in sorted(planned, key=lambda row: row[0]):
        gap = max(0, start + day - thread.now // DAY)
        thread.then(gap, gap, name, *args, events=events)
    yield from thread.acts


def _matrix_acts(thread: _Thread, scope: int) -> list[Act]:
    for place in range(scope):
        thread.then(0, 3, "assess_area" if place else "open_matrix", place)
    _sign(thread, "matrix", 0)
    return thread.acts


def _conclusion_acts(thread: _Thread, number: int) -> list[Act]:
    """Written before the follow-ups that answer it; signed, told to the State, made final."""
    thread.then(1, 9, "create_conclusion", number)
    if thread.chance(0.08) or not _sign(thread, "conclusion", number):
        return thread.acts
    if thread.chance(0.8):
        thread.then(20, 60, "share_conclusion", number)
        if thread.chance(0.4):
            thread.then(20, 90, "comment_conclusion", number)
        if thread.chance(0.7):
            thread.then(30, 120, "finalise_conclusion", number)
    return thread.acts


def _sign(thread: _Thread, noun: str, number: int, purpose: Purpose = Purpose.SIGN_OFF) -> bool:
    """To the reviewers and back, until it is signed; a few wait there for ever. Whether it was signed."""
    thread.then(1, 6, "submit", noun, number, purpose)
    if thread.chance(0.10):
        thread.then(1, 5, "return_", noun, number)
        thread.then(1, 4, "submit", noun, number, purpose)
    elif thread.chance(0.03):
        thread.then(0, 2, "recall", noun, number)
        thread.then(1, 4, "submit", noun, number, purpose)
    if thread.chance(0.02):
        return False
    thread.then(1, 5, "sign_off", noun, number)
    return not thread.has_ended


@dataclass
class _FollowupStory:
    """The life of one follow-up. ``is_official``: signed and not changed since."""

    thread: _Thread
    plan: VisitPlan
    number: int
    two_reviewers: bool
    is_official: bool = field(default=False, init=False)
    may_be_signed: bool = field(default=True, init=False)
    may_be_extended: bool = field(default=True, init=False)
    progress: int = field(default=0, init=False)

    def acts(self) -> list[Act]:
        """The whole life. The first follow-up of a visit never ends early: others may be superseded by it."""
        thread = self.thread
        self.may_be_extended = thread.chance(0.9)  # the rest have no due date
        thread.then(0, 20 if self.number else 0, "create_followup", self.number, self.may_be_extended)
        for place in range(1 + thread.chance(0.3) if thread.chance(0.6) else 0):
            thread.then(0, 3, "link_measure", self.number, place)
        if thread.chance(0.4):
            thread.then(0, 4, "edit_followup", self.number)
        if thread.chance(0.3):
            thread.then(0, 4, "comment", self.number)
        if self.number and thread.chance(0.02):
            thread.then(2, 30, "withdraw", self.number)
            return thread.acts
        if not thread.chance(0.03) and self._sign():
            self._live()
        else:
            self._track_only(3 + int(10 * thread.rng.random()))
        return thread.acts

    def _live(self) -> None:
        """Years of tracking, responses, assessments and changes, each signed again; then, for some, an early end."""
        thread, taken_up = self.thread, self.plan.later is None
        for _year in range(4 + int(10 * thread.rng.random())):
            if not taken_up and self._days_to_later_visit() < 0:
                taken_up = True
                self._take_up(0)
            if not self._one_step():
                self._track_only(4)
                return
        if not taken_up:
            self._take_up(self._days_to_later_visit())
        if self.number and self.is_official and thread.chance(0.08):
            purpose = Purpose.SUPERSEDE if thread.chance(0.4) else Purpose.WITHDRAW
            thread.then(20, 200, "end", self.number, purpose)
            thread.then(1, 5, "sign_off", "followup", self.number)

    def _one_step(self) -> bool:
        """One thing happens; False when the follow-up stays before the reviewers."""
        share = self.thread.rng.random()
        if share < 0.72 or (share < 0.80 and not self.may_be_extended):
            self._tracked(40, 130)
            return True
        if share < 0.80:
            self._extension()
        elif share < 0.95 or not self.progress:
            self._sealed_change("assess_followup", self.number, min(self.progress, 3))
            self.progress += 1 + self.thread.chance(0.5)
        else:
            self._sealed_change("edit_followup", self.number)
        return self._sign() if self.may_be_signed and not self.is_official and self.thread.chance(0.9) else True

    def _sealed_change(self, name: str, *args: Any) -> None:
        self.thread.then(40, 140, name, *args, events=2 if self.is_official else 1)
        self.is_official = False

    def _extension(self) -> None:
        """Whoever approves has changed a sealed field, and cannot sign it: only where there is a second reviewer."""
        thread = self.thread
        thread.then(30, 120, "ask_extension", self.number)
        if thread.chance(0.05):
            self.may_be_extended = False  # this one waits for a decision
        elif thread.chance(0.7 if self.two_reviewers else 0.2):
            thread.then(1, 10, "approve_extension", self.number, events=2 if self.is_official else 1)
            self.is_official = False
            self.may_be_signed = self.two_reviewers
        else:
            thread.then(1, 10, "refuse_extension", self.number)

    def _sign(self) -> bool:
        self.is_official = _sign(self.thread, "followup", self.number)
        return self.is_official

    def _track_only(self, steps: int) -> None:
        for _step in range(steps):
            self._tracked(40, 200)

    def _tracked(self, soonest: int, latest: int) -> None:
        names = ("add_progress", "record_response", "track", "comment", "set_position", "add_progress", "track")
        self.thread.then(soonest, latest, names[int(self.thread.rng.random() * len(names))], self.number)

    def _days_to_later_visit(self) -> int:
        return (self.plan.later.day - EPOCH).days - self.thread.now // DAY if self.plan.later else 0

    def _take_up(self, days: int) -> None:
        if self.thread.chance(0.4):
            self.thread.then(days + 5, days + 40, "carry_over", self.number)
            if self.thread.chance(0.8):
                self.thread.then(10, 60, "set_disposition", self.number)


def moment_of(second: int) -> datetime:
    """The moment that a second of the story stands for."""
    return _BEGINNING + timedelta(seconds=second)


def second_of(moment: datetime) -> int:
    """The second of the story at that moment; before its beginning they are negative."""
    return int((moment - _BEGINNING).total_seconds())


def text_of(second: int) -> str:
    """The same moment as canonical JSON holds it; the library takes three times as long."""
    day, rest = divmod(second, DAY)
    return f"{_day(day)}T{_MINUTES[rest // 60]}:{rest % 60:02}.000000+00:00"


@cache
def _day(days: int) -> str:
    return (EPOCH + timedelta(days=days)).isoformat()


_MINUTES = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(24 * 60)]
_BEGINNING = datetime(EPOCH.year, EPOCH.month, EPOCH.day, tzinfo=UTC)
