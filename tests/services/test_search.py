"""The words of the records, made anew, and the index that follows every change of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread, Timer
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.client import _without_application
from tests.factories import AccountFactory, FollowupFactory, VisitFactory
from tests.services.test_plans import made
from tracker import history
from tracker.extensions import db
from tracker.folding import fold
from tracker.models import Account, Plan, Role, SearchRow
from tracker.models.search import row_id
from tracker.reports import search as report
from tracker.services import plans, search


def rebuilt() -> int:
    return sum(search.rebuild())


def found(q: str) -> list[str]:
    reader = AccountFactory(role=Role.AUDITOR)
    return [row.reference for row in report.find(q, reader, ["followup"])[0].rows]


def test_a_changed_text_is_found_by_its_new_words_alone(session: Any) -> None:
    followup = FollowupFactory(title="Guard the harbour")
    followup.title = "Guard the gate"
    history.record("followup.edited", followup, by=None)
    db.session.flush()
    assert found("gate") == [followup.reference]
    assert found("harbour") == []


def test_a_rebuild_finds_what_was_lost(session: Any) -> None:
    visit = VisitFactory()
    followup = FollowupFactory(title="Guard the harbour")
    db.session.flush()
    db.session.execute(sa.delete(SearchRow))
    assert found("harbour") == []
    rebuilt()
    assert found("harbour") == [followup.reference]
    auditor = AccountFactory(role=Role.AUDITOR)
    assert [row.reference for row in report.find(visit.reference, auditor, ["visit"])[0].rows] == [visit.reference]
    assert report.find("GCTS-II-10", auditor, ["visit"])[0].rows == []
    assert report.named(visit.reference.lower(), auditor, ["followup", "visit"]) == ("visit", visit.reference)
    assert report.named(visit.reference, auditor, ["followup", "plan"]) is None


def test_a_rebuild_puts_right_what_is_wrong_and_takes_away_what_is_of_no_record(session: Any) -> None:
    right, wrong = FollowupFactory(title="Guard the harbour"), FollowupFactory(title="Guard the gate")
    db.session.flush()
    before = words()
    db.session.execute(sa.update(SearchRow).where(SearchRow.object_id == wrong.id).values(title="quay", places="#"))
    for stray in ({"object_id": 999}, {"object_id": right.id, "object_type": "conclusion"}, {"object_type": "dream"}):
        number = 16 * 999 + len(stray.get("object_type", ""))
        row = {"id": number, "object_type": "followup", "object_id": 999, "places": "#", "reference": "x"}
        db.session.execute(sa.insert(SearchRow).values(row | {"title": "quay", "text": "quay"} | stray))
    assert found("quay") == [wrong.reference]
    assert rebuilt() == len(before)
    assert words() == before
    assert (found("quay"), found("gate")) == ([], [wrong.reference])


def words() -> dict[int, tuple[Any, ...]]:
    return {row.id: tuple(row) for row in db.session.execute(sa.select(SearchRow.__table__))}


# While people work


@dataclass
class Person:
    """Somebody at work beside the rebuild, in a thread and a transaction of their own."""

    app: Flask
    plan_id: int
    account_id: int
    said: list[str] = field(default_factory=list)

    def does(self, act: Callable[[Account], object]) -> Thread:
        thread = Thread(target=_without_application().run, args=(self._do, act))
        thread.start()
        return thread

    def _do(self, act: Callable[[Account], object]) -> None:
        with self.app.app_context():
            try:
                act(db.session.get_one(Account, self.account_id))
                db.session.commit()
                self.said.append("saved")
            except Exception as problem:
                self.said.append(repr(problem))
            db.session.remove()

    def retitles(self, title: str) -> Thread:
        def act(by: Account) -> None:
            plan = db.session.get_one(Plan, self.plan_id)
            plans.edit(plan, plans.Details(title=title), by=by)

        return self.does(act)


@pytest.fixture
def person(own_app: Flask) -> Person:
    with own_app.app_context():
        coordinator = AccountFactory(role=Role.COORDINATOR)
        plan = made(coordinator)
        db.session.commit()
        return Person(own_app, plan.id, coordinator.id)


def title(plan_id: int) -> str:
    row = db.session.get_one(SearchRow, row_id("plan", plan_id))
    db.session.refresh(row)
    return row.title


def test_an_edit_after_any_step_of_a_rebuild_is_saved_and_stays(own_app: Flask, person: Person) -> None:
    with own_app.app_context():
        for number, _done in enumerate(search.rebuild()):
            edit = person.retitles(f"The title number {number}")  # it may have to wait for this step, not for the next
            edit.join(0.2)
            db.session.commit()
            edit.join(5)
            assert (person.said.pop(), title(person.plan_id)) == ("saved", f"the title number {number}")
            db.session.commit()
        assert title(person.plan_id) == f"the title number {number}"


def test_words_written_while_a_rebuild_has_read_older_ones_stay(
    own_app: Flask, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, edits = search._rows, []

    def read_and_then_overtaken(model: Any, ids: Any) -> Any:
        rows = real(model, ids)
        if model is Plan and person.plan_id in ids:
            edits.append(person.retitles(f"Another title {len(edits)}"))
            edits[-1].join(1)
        return rows

    monkeypatch.setattr(search, "_rows", read_and_then_overtaken)
    with own_app.app_context():
        damage(person.plan_id)
        for _done in search.rebuild():
            db.session.commit()
        for edit in edits:
            edit.join(15)
        assert edits and person.said == ["saved"] * len(edits)
        plan = db.session.get_one(Plan, person.plan_id)
        assert title(person.plan_id) == fold(plan.title) != "bill"


@pytest.mark.parametrize("is_taken_back", [False, True])
def test_a_rebuild_leaves_a_row_to_whoever_holds_it_and_looks_at_it_again(
    own_app: Flask, person: Person, is_taken_back: bool
) -> None:
    done, held = Event(), Event()

    def act(by: Account) -> None:
        plans.edit(db.session.get_one(Plan, person.plan_id), plans.Details(title="The newest title"), by=by)
        db.session.flush()
        held.set()
        done.wait(20)
        if is_taken_back:
            raise RuntimeError("taken back")

    with own_app.app_context():
        damage(person.plan_id)
        edit = person.does(act)
        assert held.wait(10)
        Timer(1, done.set).start()
        for _done in search.rebuild():
            db.session.commit()
        edit.join(15)
        plan = db.session.get_one(Plan, person.plan_id)
        assert title(person.plan_id) == fold(plan.title) != "bill"
        assert (plan.title == "The newest title") is not is_taken_back


def damage(plan_id: int) -> None:
    row = sa.update(SearchRow).where(SearchRow.id == row_id("plan", plan_id))
    db.session.execute(row.values(title="bill"))
    db.session.commit()


def test_a_record_made_during_a_rebuild_is_no_obstacle(own_app: Flask, person: Person) -> None:
    with own_app.app_context():
        count = 0
        for number, _done in enumerate(search.rebuild()):
            db.session.commit()
            person.does(lambda by, number=number: made(by, f"NEW-{number:04}")).join(10)
            count += 1
        assert person.said == ["saved"] * count
        kept = db.session.scalar(sa.select(sa.func.count()).where(SearchRow.reference.startswith("new ")))
        assert kept == count


def test_a_rebuild_ends_what_only_read_before_it_writes(own_app: Flask, person: Person) -> None:
    """On SQLite a transaction that began by reading cannot go on to write once somebody else has written."""
    steps = 0
    with own_app.app_context():
        for _done in search.rebuild():
            db.session.commit()
            steps += 1
    assert steps > len(search.MODELS), "one after each noun's numbers were read, whether there are any"
