"""The rating scale: what an edit changes, what the log tells of it, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import AccountFactory
from tracker.errors import Forbidden, Invalid
from tracker.models import Event, Role
from tracker.services import ratings


@pytest.fixture
def administrator(session: Any) -> Any:
    return AccountFactory(role=Role.ADMINISTRATOR)


def edit(code: str, by: Any, **changes: Any) -> None:
    level = ratings.level(code)
    given = {"label": level.label, "position": level.position, "is_active": level.is_active}
    ratings.edit(level, by=by, **(given | changes))


def order() -> list[str]:
    return [level.code for level in ratings.levels()]


def test_a_level_takes_its_place_and_the_others_make_room(session: Any, administrator: Any) -> None:
    before = order()
    edit(before[2], administrator, position=1)
    session.flush()
    assert order() == [before[2], before[0], before[1], *before[3:]]
    assert [level.position for level in ratings.levels()] == list(range(1, len(before) + 1))


def test_a_place_beyond_the_end_is_the_end(session: Any, administrator: Any) -> None:
    first = order()[0]
    edit(first, administrator, position=99)
    session.flush()
    assert order()[-1] == first


def test_the_log_tells_what_was_and_what_is(session: Any, administrator: Any) -> None:
    edit("largely", administrator, label="Mostly in place")
    session.commit()
    event = session.scalars(sa.select(Event).where(Event.kind == "rating.edited")).one()
    assert event.actor_id == administrator.id
    assert json.loads(event.text)["details"] == {"code": "largely", "label": ["Largely in place", "Mostly in place"]}


def test_an_edit_that_changes_nothing_is_not_told(session: Any, administrator: Any) -> None:
    edit("largely", administrator)
    session.commit()
    assert session.scalar(sa.select(sa.func.count()).where(Event.kind == "rating.edited")) == 0


def test_two_levels_do_not_bear_one_label(session: Any, administrator: Any) -> None:
    with pytest.raises(Invalid, match="bears this label") as refused:
        edit("largely", administrator, label="IN PLACE")
    assert refused.value.field == "label"


def test_one_level_of_the_scale_may_always_be_given(session: Any, administrator: Any) -> None:
    scale = [level.code for level in ratings.levels() if level.on_scale]
    for code in scale[:-1]:
        edit(code, administrator, is_active=False)
    with pytest.raises(Invalid, match="At least one level"):
        edit(scale[-1], administrator, is_active=False)


@pytest.mark.parametrize("role", [Role.ANALYST, Role.REVIEWER, Role.COORDINATOR, Role.AUDITOR])
def test_only_an_administrator_edits_the_scale(session: Any, role: Role) -> None:
    with pytest.raises(Forbidden):
        edit("largely", AccountFactory(role=role), label="Mine")
