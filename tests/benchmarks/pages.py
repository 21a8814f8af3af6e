"""What is measured, with what each page must hold before its time counts, and its target as a multiple of hello's.

The expected rows are asked of the database here, in other words than the product's lists use.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa

from tests.benchmarks.browser import Answer, Browser, WrongPage, expect
from tracker import clock
from tracker.extensions import db
from tracker.models import (
    Area,
    Conclusion,
    DueExtension,
    Event,
    ExtensionStatus,
    Followup,
    FollowupMeasure,
    FollowupStatus,
    Implementation,
    Measure,
    Plan,
    Region,
    State,
    Submission,
)
from tracker.sample import joint_plan

ROWS = 50
ROW = '<th scope="row"'
RECORDS = 20  # follow-ups whose pages take turns
STATES = 5
LEAST_EVENTS = 15
RARE = "quinquereme"
REVIEWER, ANALYST = "reviewer@example.org", "analyst@example.org"
ASIA = "142"
ENDED = (FollowupStatus.WITHDRAWN, FollowupStatus.SUPERSEDED)
SETTLED = (Implementation.IMPLEMENTED, Implementation.OVERTAKEN)


@dataclass(frozen=True)
class Address:
    """An address and what is known of its answer: the words in their order, and how many rows at least."""

    path: str
    words: tuple[str, ...] = ()
    rows: int = 0
    status: int = 200

    def check(self, answer: Answer) -> None:
        """Raise WrongPage unless the answer is what it should be."""
        expect(answer, self.status, self.words, self.path)
        found = answer.text.count(ROW) if self.rows else 0
        if found < self.rows:
            raise WrongPage(f"{self.path} shows {found} rows; there should be {self.rows}")


@dataclass(frozen=True)
class Page:
    """A kind of page: the addresses that take turns, who reads them, and the target; without one it is measured for
    how it grows."""

    name: str
    target: float | None
    reader: str
    addresses: tuple[Address, ...]


def pages(browser: Browser) -> list[Page]:
    """All pages that are only read. ``browser`` is an analyst's: it plants the rare word where there is none yet."""
    planted = _planted(browser)
    total = db.session.scalar(sa.select(sa.func.count()).select_from(Followup)) or 0
    common, phrase = _words()
    by_due = urlencode({"sort": "due"})
    some = _one(sa.select(Followup.reference).order_by(Followup.id).offset(total // 3))
    hits = min(10, total // 20)
    return [
        narrowed(REVIEWER),
        Page("All by due date, first page", 12, REVIEWER, (_place(by_due, 0),)),
        Page("All by due date, in the middle", 12, REVIEWER, (_place(by_due, total // 2),)),
        Page("All by due date, last page", 12, REVIEWER, (_end(by_due, total),)),
        Page("List, of an analyst", 12, ANALYST, (_within_scope(),)),
        Page("List of a status, by last change", 15, REVIEWER, (_by_last_change(),)),
        Page("List of a plan, by last change", None, REVIEWER, (_of_plan(),)),
        followups(REVIEWER),
        Page("Member State", 25, REVIEWER, _states()),
        _search("Search, a rare word", RARE, (planted, RARE), 1),
        _search("Search, a common word", common, ('id="found-followup"', "/follow-ups/"), hits),
        _search("Search, a phrase", f'"{phrase}"', ('id="found-followup"', "/follow-ups/"), 1),
        Page("Search, a reference", 13, REVIEWER, (Address(f"/search?{urlencode({'q': some})}", status=302),)),
        Page("List, a rare word", 13, REVIEWER, (_listed(RARE, (planted,), 1),)),
        Page("List, a common word", 13, REVIEWER, (_listed(common, ("/follow-ups/",), min(ROWS, total // 20)),)),
        Page("Review queue", 12, REVIEWER, (_queue(),)),
        Page("My work, analyst", 20, ANALYST, (Address("/", ("<h1", "My work", "Late"), 1),)),
        Page("My work, reviewer", 20, REVIEWER, (Address("/", ("<h1", "My work", "To sign"), 1),)),
        Page("Coverage, as it opens", 25, REVIEWER, (_coverage(),)),
        Page("Board, as it opens", 25, REVIEWER, (_board(),)),
        Page("Conclusions, by last change", None, REVIEWER, (_conclusions(),)),
        Page("Member States", None, REVIEWER, (Address("/states", ("<h1", "Member States"), 1),)),
        Page("Inbox", None, REVIEWER, (Address("/inbox", ("<h1", "Inbox"), 1),)),
        Page("Gaps", None, REVIEWER, (Address("/gaps", ("<h1", "Gaps", "Shortfalls without a follow-up")),)),
        Page("Areas never examined", None, REVIEWER, (Address("/gaps/areas", ("<h1", "/areas/")),)),
        Page("An area", None, REVIEWER, (Address("/areas/FIN-02", ("<h1", "FIN-02")),)),
        Page("A resolution", None, REVIEWER, (Address("/resolutions/1373", ("<h1", "1373")),)),
    ]


def narrowed(reader: str) -> Page:
    """The list as people narrow it: one State, one status, overdue, by due date."""
    conditions = _overdue(clock.today())
    state, status, count = db.session.execute(
        sa.select(Followup.state_id, Followup.assessed_status, sa.func.count().label("rows"))
        .where(*conditions)
        .group_by(Followup.state_id, Followup.assessed_status)
        .order_by(sa.desc("rows"))
        .limit(1)
    ).one()
    expected = db.session.scalars(
        sa.select(Followup.reference)
        .where(*conditions, Followup.state_id == state, Followup.assessed_status == status)
        .order_by(Followup.current_due_last, Followup.id)
        .limit(ROWS)
    ).all()
    asked = urlencode({"state": state, "status": status.value, "overdue": "1", "sort": "due"})
    address = Address(f"/follow-ups?{asked}", _references(expected), min(count, ROWS))
    return Page("List: State, status, overdue", 15, reader, (address,))


def followups(reader: str) -> Page:
    """Follow-ups with a timeline as long as most have, spread over all of them."""
    last = db.session.scalar(sa.select(sa.func.max(Followup.id))) or 1
    found: list[Address] = []
    for start in range(1, last + 1, max(1, last // RECORDS)):
        row = db.session.execute(
            sa.select(Followup.reference, Followup.title)
            .where(Followup.id >= start, Followup.workflow == FollowupStatus.SIGNED_OFF, _events() >= LEAST_EVENTS)
            .order_by(Followup.id)
            .limit(1)
        ).first()
        if row is not None:
            found.append(Address(f"/follow-ups/{row.reference}", ("<h1", row.reference, 'id="timeline"')))
    return Page("Follow-up with its timeline", 10, reader, tuple(found))


def _events() -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.func.count())
        .where(Event.object_type == "followup", Event.object_id == Followup.id)
        .correlate(Followup)
        .scalar_subquery()
    )


def _overdue(day: date) -> tuple[Any, ...]:
    is_live = Followup.workflow.not_in(ENDED), Followup.assessed_status.not_in(SETTLED)
    return (*is_live, Followup.current_due_last < day)


def _place(asked: str, before: int) -> Address:
    """The page of the list by due date that begins after so many rows; rows without a date come last."""
    in_order = sa.select(Followup.id, Followup.reference, Followup.current_due_last).order_by(
        sa.case((Followup.current_due_last.is_(None), 1), else_=0), Followup.current_due_last, Followup.id
    )
    rows = db.session.execute(in_order.offset(max(0, before - 1)).limit(ROWS + 1)).all()
    path = f"/follow-ups?{asked}"
    if before:
        last, *rows = rows
        after = str(last.id) if last.current_due_last is None else f"{last.current_due_last.isoformat()}~{last.id}"
        path += "&" + urlencode({"after": after})
    return Address(path, _references([row.reference for row in rows[:ROWS]]), len(rows[:ROWS]))


def _end(asked: str, total: int) -> Address:
    """The page that "Last" leads to."""
    return replace(_place(asked, max(0, total - ROWS)), path=f"/follow-ups?{asked}&before=end")


def _within_scope() -> Address:
    """The list as whoever sees the States of one region only has it before them."""
    in_asia = sa.select(State.id).where(State.region_code == ASIA)
    return _shown(
        sa.select(Followup.reference)
        .where(Followup.state_id.in_(in_asia), Followup.current_due_last.is_not(None))
        .order_by(Followup.current_due_last, Followup.id),
        "/follow-ups?sort=due",
    )


def _by_last_change() -> Address:
    """The status that most follow-ups have, which an index finds, in an order that it does not give."""
    counted = sa.select(Followup.assessed_status).group_by(Followup.assessed_status).order_by(sa.func.count().desc())
    status = _one(counted)
    return _shown(
        sa.select(Followup.reference)
        .where(Followup.assessed_status == status)
        .order_by(Followup.updated_at.desc(), Followup.id.desc()),
        f"/follow-ups?status={status}&sort=-updated",
    )


def _of_plan() -> Address:
    """The follow-ups of the plan that most are linked to."""
    linked = sa.exists().where(
        FollowupMeasure.followup_id == Followup.id,
        Measure.id == FollowupMeasure.measure_id,
        Measure.retired_on.is_(None),
        Plan.id == Measure.plan_id,
        Plan.code == joint_plan.CODE,
    )
    in_order = sa.select(Followup.reference).where(linked).order_by(Followup.updated_at.desc(), Followup.id.desc())
    return _shown(in_order, f"/follow-ups?plan={joint_plan.CODE}&sort=-updated")


def _conclusions() -> Address:
    in_order = sa.select(Conclusion.reference).order_by(Conclusion.updated_at.desc(), Conclusion.id.desc())
    return _shown(in_order, "/conclusions?sort=-updated")


def _shown(in_order: sa.Select[Any], path: str) -> Address:
    """The first page of a list of these references."""
    found = db.session.scalars(in_order.limit(ROWS)).all()
    return Address(path, _references(found), len(found))


def _references(found: Sequence[str]) -> tuple[str, ...]:
    return tuple(f">{reference}<" for reference in found)


def _states() -> tuple[Address, ...]:
    """The States with the most follow-ups."""
    found = db.session.execute(
        sa.select(State.id, State.name)
        .join(Followup, Followup.state_id == State.id)
        .group_by(State.id, State.name)
        .order_by(sa.func.count().desc(), State.id)
        .limit(STATES)
    )
    return tuple(Address(f"/states/{row.id}", ("<h1", row.id, "follow-ups?state="), ROWS // 5) for row in found)


def _queue() -> Address:
    waiting = (
        sa.select(Submission.reference)
        .where(Submission.decision.is_(None))
        .order_by(Submission.submitted_at, Submission.id)
        .limit(ROWS)
    )
    expected = db.session.scalars(waiting).all()
    return Address("/review", _references(expected), len(expected))


def _coverage() -> Address:
    """Open and overdue follow-ups by subregion and top area, counted here one by one."""
    opened, late = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    rows = db.session.execute(
        sa.select(
            Followup.area_code,
            Followup.workflow,
            Followup.assessed_status,
            Followup.current_due_last,
            State.subregion_code,
        ).join(State, State.id == Followup.state_id)
    )
    for area, workflow, status, due, subregion in rows:
        if area and workflow not in ENDED and status not in SETTLED:
            opened[subregion, area[:3]] += 1
            late[subregion, area[:3]] += due is not None and due < clock.today()
    over = sa.orm.aliased(Region)
    in_order = sa.select(Region.code).join(over, over.code == Region.parent_code).order_by(over.name, Region.name)
    tops = _many(sa.select(Area.code).where(Area.parent_code.is_(None)).order_by(Area.position))
    words = []
    for cell in product(_many(in_order), tops):
        link = f"region={cell[0]}&amp;open=1&amp;area={cell[1]}"
        words += [f'{link}"><bdi>{opened[cell]:,}</bdi> open<'] if opened[cell] else []
        words += [f'{link}&amp;overdue=1"><bdi>{late[cell]:,}</bdi> overdue<'] if late[cell] else []
    return Address("/coverage", ("<h1", *words), len({subregion for subregion, _area in opened}))


def _board() -> Address:
    """The generated plan of all States: the open links of each pillar's measures by region, counted here one by one."""
    counted: dict[str, Counter[str]] = {}
    rows = db.session.execute(
        sa.select(Measure.pillar, Region.name, Followup.workflow, Followup.assessed_status)
        .join(Plan, Plan.id == Measure.plan_id)
        .join(FollowupMeasure, FollowupMeasure.measure_id == Measure.id)
        .join(Followup, Followup.id == FollowupMeasure.followup_id)
        .join(State, State.id == Followup.state_id)
        .join(Region, Region.code == State.region_code)
        .where(Plan.code == joint_plan.CODE)
    )
    for pillar, region, workflow, status in rows:
        own = counted.setdefault(pillar, Counter())
        own[region] += workflow not in ENDED and status not in SETTLED
    words = []
    for pillar, own in sorted(counted.items()):
        words += [f"?pillar={pillar}", *(f">{own[region]:,} open<" for region in sorted(own) if own[region])]
    return Address(f"/plans/{joint_plan.CODE}/board", ("<h1", *words), len(counted))


# Search


def _search(name: str, q: str, words: tuple[str, ...], rows: int) -> Page:
    return Page(name, 13, REVIEWER, (Address(f"/search?{urlencode({'q': q})}", words, rows),))


def _listed(q: str, words: tuple[str, ...], rows: int) -> Address:
    return Address(f"/follow-ups?{urlencode({'q': q})}", words, rows)


def _words() -> tuple[str, str]:
    """A word that stands in most English titles, and three words in a row out of a title."""
    titles = db.session.scalars(sa.select(Followup.title).order_by(Followup.id).limit(2_000)).all()
    english = [title for title in titles if title.isascii() and title.count(" ") > 2]
    counted = Counter(word for title in english for word in set(title.lower().split()) if len(word) > 4)
    return counted.most_common(1)[0][0], " ".join(english[len(english) // 2].split()[:3])


def _planted(browser: Browser) -> str:
    """The reference of the one follow-up that holds the rare word, written through the product's own form."""
    there = sa.select(Followup.reference).where(Followup.title == f"Count each {RARE}")
    found = db.session.scalar(there)
    if found is None:
        state = _one(sa.select(State.id).where(State.region_code == ASIA).order_by(State.id))
        path = f"/follow-ups/new?state={state}"
        answer = browser.post(path, browser.form(path) | {"title": f"Count each {RARE}", "text": "Before the summer"})
        expect(answer, 303, (), path)
        db.session.rollback()
        found = db.session.scalar(there)
    return str(found)


# Records that are written on: each round takes another one


def to_assess(most: int) -> list[str]:
    """Follow-ups of Asia's analyst that are signed off and not yet assessed as in progress."""
    return _many(
        sa.select(Followup.reference)
        .join(State, State.id == Followup.state_id)
        .join(Region, Region.code == State.region_code)
        .where(
            Region.code == ASIA,
            Followup.workflow == FollowupStatus.SIGNED_OFF,
            Followup.assessed_status != Implementation.IN_PROGRESS,
        )
        .order_by(Followup.id)
        .limit(most)
    )


def to_sign() -> list[str]:
    """Follow-ups that wait for a signature and for nothing else, the oldest first."""
    asked = sa.exists().where(
        DueExtension.followup_id == Submission.object_id, DueExtension.status == ExtensionStatus.REQUESTED
    )
    return _many(
        sa.select(Submission.reference)
        .where(Submission.decision.is_(None), Submission.object_type == "followup", ~asked)
        .order_by(Submission.submitted_at, Submission.id)
    )


def _one(statement: sa.Select[Any]) -> str:
    return str(db.session.scalars(statement.limit(1)).one())


def _many(statement: sa.Select[str]) -> list[str]:
    return list(db.session.scalars(statement))
