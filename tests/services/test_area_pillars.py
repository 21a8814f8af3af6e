"""The map of areas and pillars: what an edit changes, what the log tells of it, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import AccountFactory
from tracker.errors import Forbidden, Invalid
from tracker.models import Event, Role
from tracker.reports import area_pillars as report
from tracker.services import area_pillars


@pytest.fixture
def administrator(session: Any) -> Any:
    return AccountFactory(role=Role.ADMINISTRATOR)


def events(session: Any) -> list[Any]:
    kind = Event.kind == "area_pillars.edited"
    return [json.loads(one.text)["details"] for one in session.scalars(sa.select(Event).where(kind))]


def test_an_area_has_its_own_pillars_or_those_of_its_top_area(session: Any, administrator: Any) -> None:
    area_pillars.edit([("FIN", "II"), ("FIN-02", "III"), ("HRG", "IV")], by=administrator)
    session.flush()
    assert report.pillars_of(["FIN-01"]) == {"II"}
    assert report.pillars_of(["FIN-02"]) == {"III"}
    assert report.pillars_of(["FIN-01", "HRG-01", "BOR-01"]) == {"II", "IV"}
    assert report.pillars_of([]) == set()


def test_the_log_tells_what_came_and_what_went(session: Any, administrator: Any) -> None:
    before = report.pairs()
    assert ("FIN", "II") in before
    area_pillars.edit([*(set(before) - {("FIN", "II")}), ("FIN", "III")], by=administrator)
    session.commit()
    assert set(report.pairs()) == set(before) - {("FIN", "II")} | {("FIN", "III")}
    assert events(session) == [{"added": ["FIN III"], "removed": ["FIN II"]}]


def test_an_edit_that_changes_nothing_is_not_told(session: Any, administrator: Any) -> None:
    area_pillars.edit(report.pairs(), by=administrator)
    session.commit()
    assert events(session) == []


@pytest.mark.parametrize("wrong", [("ZZZ", "II"), ("FIN", "V"), ("FIN", "")])
def test_what_there_is_not_is_refused(session: Any, administrator: Any, wrong: tuple[str, str]) -> None:
    with pytest.raises(Invalid):
        area_pillars.edit([wrong], by=administrator)


@pytest.mark.parametrize("role", [Role.ANALYST, Role.REVIEWER, Role.COORDINATOR, Role.AUDITOR])
def test_only_an_administrator_edits_the_map(session: Any, role: Role) -> None:
    with pytest.raises(Forbidden):
        area_pillars.edit([], by=AccountFactory(role=role))
