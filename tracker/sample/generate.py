"""Generates a large, plausible database: ``flask sample generate``. Never in production, into an empty one only.

After the accounts comes a joint plan of all States. Three steps keep the rest small and quick. The stories are planned
and all their events numbered in the order of time. Each visit is then told on its own, in a process beside this one, as
rows that are final. Events wait by period and are chained as soon as no earlier one can come. It commits as it goes,
and indexes and triggers stand again at the end only: after an interruption start with an empty database.

The same seed and number give the same events, records and version rows. What may differ: the accounts' password hashes
and session keys, which the log does not hold.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import time
from array import array
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from itertools import count, groupby, pairwise
from multiprocessing import get_context
from pathlib import Path
from random import Random
from uuid import UUID

import sqlalchemy as sa
from flask import current_app

from tracker import audit_head, clock, database, history
from tracker.database import Base
from tracker.errors import TrackerError
from tracker.extensions import db
from tracker.models import (
    Account,
    Followup,
    FollowupCounter,
    Mark,
    Measure,
    Notification,
    OutboxMail,
    Resolution,
    SearchRow,
    State,
    search,
)
from tracker.reports import catalogue
from tracker.sample import acts, bulk, joint_plan, load, people, vocabulary
from tracker.sample import plan as plans
from tracker.sample.bulk import Rows
from tracker.sample.clerk import Clerk, Notice
from tracker.sample.desk import Desk
from tracker.services import reference

MOST = 5_000_000
PERIOD = 30  # days
BEFOREHAND = 130  # days: no event on a visit lies earlier
WRITE_EVERY, COMMIT_EVERY = 10, 500  # visits
OUTLINES = 20  # visits that are outlined in one go
SMALL = 500  # follow-ups whose visits are told in this process: starting others would take longer
AHEAD = 40  # visits that wait to be told or written, so that nobody waits while this process writes to the disk
PROCESSES = min(4, os.cpu_count() or 1)  # this one waits for the database half of the time
GIVE_WAY = 5  # niceness of those who tell: the one that writes has most to do, and comes first
UNREAD_FOR = 60 * plans.DAY  # seconds
EMPTY_DETAILS = "{}"  # JSON, as both databases take it

BEGUN, ENDED = "generating", "generated"
STEPS = 20  # lines that tell of progress
LAST_PERIOD = plans.LAST_SECOND // (PERIOD * plans.DAY)
WITHOUT_ID = (Notification.__tablename__,)
SUCCESSOR = list(Followup.__table__.columns.keys()).index("superseded_by_id")

Echo = Callable[[str], object]
Tellers = ProcessPoolExecutor | None


@dataclass(frozen=True)
class Generated:
    """What was generated."""

    visits: int
    followups: int
    events: int
    head: str


@dataclass(frozen=True)
class Told:
    """A visit's rows as they are inserted, packed: those of each table, and its events by period."""

    followups: int
    rows: bytes
    events: dict[int, bytes]


@dataclass(frozen=True)
class Task:
    """A visit to be told: its plan, the numbers of its events and the first ids of its rows."""

    ground: plans.Ground
    plan: plans.VisitPlan
    numbers: array[int]
    first: dict[str, int]
    dialect: str


def generate(followups: int, seed: int, echo: Echo) -> Generated:
    """Fill the empty database; raises TrackerError where that may not be."""
    password = load.demo_password()
    if not 1 <= followups <= MOST:
        raise TrackerError(f"The number of follow-ups must lie between 1 and {MOST:,}.")
    if not load.is_empty():
        mark = db.session.get(Mark, load.MARK)
        held = "what an interrupted run has left" if mark and mark.value == BEGUN else "accounts or visits"
        raise TrackerError(f"Data is generated into an empty database only; this one holds {held}.")
    echo(f"Generating {followups:,} follow-ups from seed {seed}; nothing in them is true of any State.")
    with _no_collector(), _tellers(followups) as tellers:
        return _generate(password, followups, seed, tellers, echo)


def _generate(password: str, followups: int, seed: int, tellers: Tellers, echo: Echo) -> Generated:
    with _before_the_story(seed) as request_ids:
        coordinator = _cast(password).id
        ground = _ground(seed)
        visits = plans.lay_out(ground, followups)
        outlines = _outlines(tellers, ground, visits)  # made beside this process
        head = _begun()
    db.session.remove()  # another connection writes from here on
    with (
        bulk.opened(db.engine) as writer,
        tempfile.TemporaryDirectory(prefix="tracker-generate-") as folder,
    ):
        head = _write_plan(writer, followups, ground, head, request_ids, by=coordinator)
        tasks, last = _tasks(replace(ground, measures=_measures(writer)), visits, outlines, head[0])
        head = _write(writer, bulk.Spool(Path(folder)), _told(tellers, tasks), visits, head, echo)
        _finish(writer, visits, last)
        echo("  The rows are written; what finds them is made.")
    audit_head.write(current_app.config["SETTINGS"], audit_head.Head(*head))
    database.settle(db.engine)
    echo(f"Generated {len(visits):,} visits and {followups:,} follow-ups with {head[0]:,} events in the log.")
    return Generated(len(visits), followups, *head)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Rows by the million hold no cycles; looking for some among them takes a tenth of the time. The few among accounts
    and reference data stay until the end."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def _before_the_story(seed: int) -> Iterator[Iterator[str]]:
    """Work through the services, at one moment and in requests whose ids the seed gives: these ids."""
    rng = Random(f"{seed}/accounts")  # noqa: S311  # chance, not secrecy
    ids = (str(UUID(int=rng.getrandbits(128), version=4)) for _request in count())
    with clock.at(load.BEFORE_THE_STORY), history.request_ids(ids):
        yield ids


def _cast(password: str) -> Account:
    """Reference data and accounts; who keeps the plan."""
    reference.load()
    return load.cast(password)[people.COORDINATOR.local_part]


def _begun() -> tuple[int, str]:
    """Mark and commit what the services wrote; the head of the log so far."""
    db.session.add(Mark(name=load.MARK, value=BEGUN))
    db.session.execute(sa.delete(OutboxMail))  # nobody reads mail at example.org
    db.session.commit()
    last = db.session.execute(history.HEAD).one()
    return last.seq, last.hash


def _measures(writer: bulk.Bulk) -> tuple[tuple[int, str], ...]:
    return tuple((row.id, row.reference) for row in writer.connection.execute(_MEASURES))


_MEASURES = sa.select(Measure.id, Measure.reference).order_by(Measure.id)


def _ground(seed: int) -> plans.Ground:
    words = {row.id: row.words for row in catalogue.paragraphs().values()}
    areas = {code: area.edition for code, area in catalogue.areas().items() if area.is_assessable}
    accounts = db.session.scalars(sa.select(Account).order_by(Account.id))
    resolutions = db.session.scalars(sa.select(Resolution).order_by(Resolution.number))
    return plans.Ground(
        seed=seed,
        cast={row.email.partition("@")[0]: plans.Person(row.id, row.name) for row in accounts},
        regions={row.id: row.region_code for row in catalogue.states().values()},
        places={row.id: search.places(row) for row in db.session.scalars(sa.select(State))},
        editions=dict(sorted(areas.items())),
        paragraphs_of={code: tuple(row.id for row in catalogue.paragraphs_of_area(code)) for code in areas},
        paragraphs=words,
        resolutions=tuple((row.number, row.adopted_on) for row in resolutions),
        ratings=tuple(code for code, row in catalogue.ratings().items() if row.is_active),
        organisations=tuple(sorted(catalogue.organisations())),
        measures=(),  # not yet
    )


# Planning


@dataclass
class Outline:
    """What a visit's story will need: how many rows by table, and the moments of its events by period, each with the
    event's place in the story."""

    events: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    moments: defaultdict[int, array[int]] = field(default_factory=lambda: defaultdict(_numbers_of_64_bits))


@dataclass
class Planned:
    """What all stories will need: the first ids by table, and the moments of all events by period."""

    first: list[dict[str, int]] = field(default_factory=list)
    events: list[int] = field(default_factory=list)
    place: int = 0
    ids: Counter[str] = field(default_factory=Counter)
    moments: defaultdict[int, array[int]] = field(default_factory=lambda: defaultdict(_numbers_of_64_bits))


def _numbers_of_64_bits() -> array[int]:
    return array("Q")


def _outlines(tellers: Tellers, ground: plans.Ground, visits: list[plans.VisitPlan]) -> Iterator[Outline]:
    """The outlines of the visits in their order, from now on made beside this process."""
    if tellers is None:
        return map(partial(outline, ground), visits)
    return tellers.map(partial(outline, ground), visits, chunksize=OUTLINES)


def outline(ground: plans.Ground, visit: plans.VisitPlan) -> Outline:
    """Note how many rows and events the visit's story makes, and when. Runs in a process of its own."""
    found = Outline()
    acts = plans.story(ground, visit)
    for period, within in groupby(acts, _period_of):
        moments = found.moments[period]
        for act in within:
            moments.extend([act.second << 32 | place for place in range(found.events, found.events + act.events)])
            found.events += act.events
    for name, times in Counter(act.name for act in acts).items():
        found.rows.update(dict.fromkeys(plans.NEW_ROWS.get(name, ()), times))
    return found


def _tasks(
    ground: plans.Ground, visits: list[plans.VisitPlan], outlines: Iterable[Outline], head: int
) -> tuple[Iterator[Task], Counter[str]]:
    """The visits to be told, with their numbers; and the last id of each table."""
    planned = Planned()
    for each in outlines:
        _plan(planned, each)
    numbers = _numbers(planned, head)
    dialect = db.engine.dialect.name
    starts = [0]
    for events in planned.events:
        starts.append(starts[-1] + events)
    tasks = (
        Task(ground, visit, numbers[start:end], first, dialect)
        for visit, first, (start, end) in zip(visits, planned.first, pairwise(starts), strict=True)
    )
    return tasks, planned.ids


def _plan(planned: Planned, each: Outline) -> None:
    """Add the outline to those before it."""
    planned.first.append({table: planned.ids[table] + 1 for table in plans.NUMBERED})
    planned.ids.update(each.rows)
    for period, moments in each.moments.items():
        planned.moments[period].extend(moment + planned.place for moment in moments)
    planned.events.append(each.events)
    planned.place += each.events


def _numbers(planned: Planned, head: int) -> array[int]:
    """The number of each event in the chain, in the order of time; events of one moment stay in the story's order."""
    numbers = array("Q", bytes(8 * planned.place))
    for period in sorted(planned.moments):
        for moment in sorted(planned.moments.pop(period)):
            head += 1
            numbers[moment & 0xFFFFFFFF] = head
    return numbers


def _period_of(act: plans.Act) -> int:
    return _period(act.second)


def _period(second: int) -> int:
    return second // (PERIOD * plans.DAY)


# Telling


def tell(task: Task) -> Told:
    """Tell one visit: its rows in the form of the database. Runs in a process of its own."""
    clerk = Clerk(task.ground, task.plan, task.numbers, task.first)
    acts.carry_out(clerk, plans.story(task.ground, task.plan))
    rows = _rows(clerk.desk, task.dialect)
    rows["seal"] = bulk.stored("seal", _in_order("seal", clerk.seals), task.dialect)
    notices = ((*_notification(notice, task.plan.state_id),) for notice in clerk.notices)
    rows[Notification.__tablename__] = bulk.stored("notification", notices, task.dialect, without_id=True)
    rows[SearchRow.__tablename__] = list(clerk.searched())
    events: dict[int, Rows] = {}
    for event, row in zip(clerk.desk.events, bulk.stored("event", clerk.desk.events, task.dialect), strict=True):
        days = (date.fromisoformat(event[bulk.AT][:10]) - plans.EPOCH).days
        events.setdefault(days // PERIOD, []).append(row)
    return Told(task.plan.followups, bulk.packed(rows), {period: bulk.packed(told) for period, told in events.items()})


def _rows(desk: Desk, dialect: str) -> dict[str, Rows]:
    """All that stands on the desk, and its versions."""
    tables = (
        desk.close() | desk.versions
    )  # SQLAlchemy's names of tables are texts of its own kind, which are not packed
    # SQLAlchemy's names of tables are texts of its own kind, which cannot be packed.
    return {str(table): bulk.stored(table, rows, dialect) for table, rows in tables.items()}


def _in_order(table: str, rows: Iterable[history.Row]) -> Iterator[tuple[object, ...]]:
    names = [column.name for column in Base.metadata.tables[table].columns]
    for row in rows:
        yield tuple(row[name] for name in names)


def _notification(notice: Notice, state_id: str) -> tuple[object, ...]:
    """A message without its id; older ones were read on the day after."""
    was_read = notice.second < plans.LAST_SECOND - UNREAD_FOR
    return (
        notice.account_id,
        notice.kind,
        notice.noun,
        notice.record_id,
        notice.reference,
        state_id,
        EMPTY_DETAILS,
        plans.text_of(notice.second),
        plans.text_of(notice.second + plans.DAY) if was_read else None,
    )


@contextmanager
def _tellers(followups: int) -> Iterator[Tellers]:
    """The processes that outline and tell visits; None where this one is quicker alone. They start while the rest is
    prepared, and after an error leave what was not begun."""
    if followups <= SMALL:
        yield None
        return
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn"), initializer=_give_way) as pool:
        for _each in range(PROCESSES):
            pool.submit(gc.isenabled)
        try:
            yield pool
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _give_way() -> None:
    """Whoever tells is ahead of the writer, and works while that waits."""
    gc.disable()
    if sys.platform != "win32":  # where no process can be nice
        os.nice(GIVE_WAY)


def _told(tellers: Tellers, tasks: Iterator[Task]) -> Iterator[Told]:
    """Each visit's rows in the order of the visits, told beside this process and never far ahead of it."""
    if tellers is None:
        yield from map(tell, tasks)
        return
    waiting: deque[Future[Told]] = deque()
    for task in tasks:
        waiting.append(tellers.submit(tell, task))
        if len(waiting) > AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


# Writing


def _write_plan(
    writer: bulk.Bulk,
    followups: int,
    ground: plans.Ground,
    head: tuple[int, str],
    request_ids: Iterator[str],
    *,
    by: int,
) -> tuple[int, str]:
    """Tell and insert the plan that all States carry out; the new head."""
    desk = Desk(range(head[0] + 1, head[0] + 1 + joint_plan.events(followups)), request_ids)
    next_ids = {table: _last_id(writer, table) + 1 for table in joint_plan.NUMBERED}
    second = plans.second_of(load.BEFORE_THE_STORY)
    teller = joint_plan.Teller(desk, second, next_ids, sorted(ground.regions), by)
    teller.tell(followups, ground.random("plan"))
    rows = {SearchRow.__tablename__: list(teller.searched()), **_rows(desk, writer.dialect)}
    for table in joint_plan.NUMBERED:
        writer.take_ids(table, len(rows[table]))
    _insert(writer, rows)
    events, head = bulk.chained(bulk.stored("event", desk.events, writer.dialect), head)
    writer.insert("event", events)
    writer.commit()
    return head


def _last_id(writer: bulk.Bulk, table: str) -> int:
    return int(writer.connection.scalar(sa.select(sa.func.max(Base.metadata.tables[table].c.id))) or 0)


def _write(
    writer: bulk.Bulk,
    spool: bulk.Spool,
    tellings: Iterator[Told],
    visits: list[plans.VisitPlan],
    head: tuple[int, str],
    echo: Echo,
) -> tuple[int, str]:
    """Insert what is told, visit by visit, and chain the events of each period that is complete; the new head."""
    total, done, began, said = sum(visit.followups for visit in visits), 0, time.monotonic(), 0
    waiting: defaultdict[str, Rows] = defaultdict(list)
    carried: Rows = []
    period = 0
    for place, told in enumerate(tellings, start=1):
        tables = bulk.unpacked(told.rows)
        carried += tables.pop("carry_over", [])  # they point at later visits
        for table, rows in tables.items():
            waiting[table] += rows
        for when, events in told.events.items():
            spool.add(when, events)
        complete = _complete(visits[place].day) if place < len(visits) else LAST_PERIOD + 1
        while period < complete:
            rows, head = bulk.chained(spool.take(period), head)
            writer.insert("event", rows)
            period += 1
        if place % WRITE_EVERY == 0:
            _insert(writer, waiting)
        if place % COMMIT_EVERY == 0:
            writer.commit()
        done += told.followups
        if done * STEPS // total > said:
            said = done * STEPS // total
            echo(f"  {done:,} of {total:,} follow-ups after {time.monotonic() - began:.0f} seconds")
    _insert(writer, waiting)
    writer.insert("carry_over", carried)
    writer.commit()
    return head


def _insert(writer: bulk.Bulk, waiting: dict[str, Rows]) -> None:
    """The rows that wait, what others point at first; a follow-up that was superseded points at one that was not."""
    if "followup" in waiting:
        waiting["followup"].sort(key=_has_successor)
    for table in Base.metadata.sorted_tables:
        writer.insert(table.name, waiting.pop(table.name, []), without_id=table.name in WITHOUT_ID)


def _has_successor(row: tuple[object, ...]) -> bool:
    return isinstance(row[SUCCESSOR], int)


def _complete(day: date) -> int:
    """The first period in which a visit on that day may have events: those before it are complete."""
    return max(0, _period(((day - plans.EPOCH).days - BEFOREHAND) * plans.DAY))


def _finish(writer: bulk.Bulk, visits: list[plans.VisitPlan], last: Counter[str]) -> None:
    """The counters of follow-ups, and the databases' own numbering."""
    numbers: Counter[str] = Counter()
    for visit in visits:
        numbers[visit.state_id] += visit.followups
    writer.insert(FollowupCounter.__tablename__, sorted(numbers.items()))
    authorities = len(numbers) * len(vocabulary.AUTHORITIES)
    for table, highest in (last | {"visit": len(visits), "authority": authorities}).items():
        writer.take_ids(table, highest)
    writer.connection.execute(sa.update(Mark).where(Mark.name == load.MARK).values(value=ENDED))
    writer.commit()
