"""The past, kept: every state can be had again, nothing is written without its event or rewritten (R17, R18)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from tests.factories import AccountFactory, ConclusionFactory, FollowupFactory
from tests.submittable import submittable
from tracker import history
from tracker.database import Base
from tracker.models import VERSION_TABLES, Event, Followup, FollowupArea, Role, SearchRow
from tracker.reports import audit
from tracker.services import records, signoff


@pytest.fixture
def analyst(session: Any) -> Any:
    return AccountFactory(role=Role.ANALYST)


def live_rows(session: Any, name: str) -> list[dict[str, Any]]:
    rows = session.execute(sa.select(Base.metadata.tables[name])).mappings()
    return sorted((history._plain_row(dict(row)) for row in rows), key=history.canonical)


def rebuilt_rows(session: Any, name: str, at: int) -> list[dict[str, Any]]:
    """The table as it was after event ``at``, from its version rows alone."""
    twin = VERSION_TABLES[name]
    holds = sa.and_(twin.c.from_event <= at, sa.or_(twin.c.to_event.is_(None), twin.c.to_event > at))
    rows = session.execute(sa.select(twin).where(holds)).mappings()
    plain = ({key: row[key] for key in row if key not in ("from_event", "to_event")} for row in rows)
    return sorted((history._plain_row(row) for row in plain), key=history.canonical)


def last_event(session: Any) -> int:
    return int(session.scalar(sa.select(sa.func.max(Event.seq))) or 0)


def test_every_live_table_can_be_rebuilt_from_its_version_rows(session: Any, analyst: Any) -> None:
    reviewer = AccountFactory(role=Role.REVIEWER)
    ConclusionFactory()
    followup = submittable(analyst)
    session.commit()
    after_draft = last_event(session)
    at_draft = {name: live_rows(session, name) for name in VERSION_TABLES}
    followup.title = "Table the bill"
    followup.further_areas.append(FollowupArea(area_code="FIN-01", state_id="PAK"))
    records.save(followup, "followup.edited", by=analyst)
    signoff.submit(followup, by=analyst)
    session.commit()
    followup.further_areas.clear()
    signoff.recall(followup, by=analyst)
    records.save(followup, "followup.edited", by=analyst)
    signoff.submit(followup, by=analyst)
    signoff.sign_off(followup, by=reviewer, content_version=followup.content_version)
    session.commit()
    now = last_event(session)
    for name in VERSION_TABLES:
        assert rebuilt_rows(session, name, now) == live_rows(session, name), name
        assert rebuilt_rows(session, name, after_draft) == at_draft[name], name


@pytest.mark.parametrize("told_between", [False, True])
def test_a_link_taken_off_and_put_back_at_once_has_one_open_version(
    session: Any, analyst: Any, told_between: bool
) -> None:
    followup = submittable(analyst)
    followup.further_areas.append(FollowupArea(area_code="FIN-01", state_id="PAK"))
    history.record("followup.edited", followup, by=analyst)
    session.commit()
    followup.further_areas.clear()
    session.flush()
    if told_between:
        history.record("followup.edited", followup, by=analyst)
    followup.further_areas.append(FollowupArea(area_code="FIN-01", state_id="PAK"))
    history.record("followup.edited", followup, by=analyst)
    session.commit()
    twin = VERSION_TABLES["followup_area"]
    assert session.scalar(sa.select(sa.func.count()).where(twin.c.to_event.is_(None))) == 1
    assert rebuilt_rows(session, "followup_area", last_event(session)) == live_rows(session, "followup_area")


def test_a_change_without_an_event_cannot_be_committed(session: Any) -> None:
    followup = FollowupFactory()
    session.commit()
    followup.title = "Unseen"
    with pytest.raises(history.Unrecorded, match=f"followup:{followup.id}"):
        session.commit()
    session.rollback()
    assert session.get(Followup, followup.id).title != "Unseen"


@pytest.mark.parametrize("table", [Followup, Followup.__table__])
def test_a_bulk_update_that_would_pass_by_the_history_is_refused(session: Any, table: Any) -> None:
    with pytest.raises(history.Unrecorded):
        session.execute(sa.update(table).values(title="Unseen"))


@pytest.mark.parametrize(
    "details", [{"share": 0.5}, {"of": [{"id": UUID(int=1)}]}, {"on": date(2026, 3, 5)}, {"at": {1: "a"}}]
)
def test_details_that_have_no_one_text_are_refused(session: Any, analyst: Any, details: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="has no place in the log"):
        history.record("followup.edited", FollowupFactory(), by=analyst, details=details)


def test_versions_that_begin_and_end_in_one_commit_follow_upon_each_other(session: Any, analyst: Any) -> None:
    followup = FollowupFactory()
    session.commit()
    before = last_event(session)
    for title, has_further in (("First", True), ("Second", False), ("Third", True)):
        followup.title = title
        followup.further_areas[:] = [FollowupArea(area_code="FIN-01", state_id="PAK")] if has_further else []
        records.save(followup, "followup.edited", by=analyst)
    session.commit()
    spans = {}
    for name in ("followup", "followup_area"):
        twin = VERSION_TABLES[name]
        rows = session.execute(sa.select(twin.c.from_event, twin.c.to_event).order_by(twin.c.from_event))
        spans[name] = [(row[0] - before, row[1] and row[1] - before) for row in rows if (row[1] or before + 1) > before]
    own = [span for span in spans["followup"] if span[0] > 0 or span[1]]
    assert own == [(own[0][0], 1), (1, 2), (2, 3), (3, None)]
    assert [span for span in spans["followup_area"] if span[0] > 0] == [(1, 2), (3, None)]
    assert audit.verify().problem is None


def test_a_savepoint_that_was_rolled_back_cannot_lose_an_event(session: Any) -> None:
    followup = FollowupFactory()
    session.commit()
    followup.title = "Unseen"
    session.flush()
    session.begin_nested().rollback()
    with pytest.raises(history.Unrecorded, match="savepoint"):
        session.commit()
    session.rollback()


def test_nothing_of_a_rolled_back_act_is_left(session: Any, analyst: Any) -> None:
    session.commit()
    before = last_event(session)
    FollowupFactory()
    session.rollback()
    session.commit()
    assert last_event(session) == before


@pytest.mark.parametrize("statement", ["UPDATE event SET kind = 'x'", "DELETE FROM event"])
def test_the_log_cannot_be_rewritten(session: Any, as_owner: Any, statement: str) -> None:
    FollowupFactory()
    session.commit()
    with pytest.raises(DatabaseError, match="keeps the past"), as_owner():
        session.execute(sa.text(statement))
    session.rollback()


def test_the_log_cannot_be_replaced(session: Any) -> None:
    if session.get_bind().dialect.name == "postgresql":
        return  # has no INSERT OR REPLACE
    FollowupFactory()
    session.commit()
    with pytest.raises(DatabaseError, match="keeps the past"):
        session.execute(sa.text("INSERT OR REPLACE INTO event SELECT * FROM event"))
    session.rollback()


@pytest.mark.parametrize("statement", ["UPDATE followup_version SET title = 'x'", "DELETE FROM followup_version"])
def test_version_rows_cannot_be_rewritten(session: Any, as_owner: Any, statement: str) -> None:
    FollowupFactory()
    session.commit()
    with pytest.raises(DatabaseError, match="keeps the past"), as_owner():
        session.execute(sa.text(statement))
    session.rollback()


def test_an_event_holds_old_and_new_in_its_hashed_text(session: Any, analyst: Any) -> None:
    followup = FollowupFactory(title="Before")
    followup.title = "After"
    records.save(followup, "followup.edited", by=analyst, reason="The State asked for it.")
    session.commit()
    event = session.scalars(sa.select(Event).order_by(Event.seq.desc())).first()
    assert '"title":["Before","After"]' in event.text
    assert '"reason":"The State asked for it."' in event.text
    assert history.link(event.prev, event.text) == event.hash
    assert (event.actor_id, event.object_type, event.object_id, event.state_id) == (
        analyst.id,
        "followup",
        followup.id,
        "PAK",
    )


def test_each_record_keeps_one_folded_search_row(session: Any, analyst: Any) -> None:
    followup = FollowupFactory(title="Réviser la législation 反恐怖主义")
    followup.text = "Второй текст"
    records.save(followup, "followup.edited", by=analyst)
    session.commit()
    row = session.scalars(sa.select(SearchRow).where(SearchRow.object_type == "followup")).one()
    assert (row.reference, row.state_id) == (followup.reference.lower().replace("-", " "), "PAK")
    assert row.title == "reviser la legislation 反恐 恐怖 怖主 主义 义"
    assert "второи" in row.text


def test_a_refusal_is_an_entry_of_its_own(session: Any, analyst: Any) -> None:
    followup = FollowupFactory()
    session.commit()
    followup.title = "Half done"
    history.record_alone("access.refused", by=analyst, obj=followup, details={"rule": "R12"})
    event = session.scalars(sa.select(Event).order_by(Event.seq.desc())).first()
    assert (event.kind, event.outcome, event.state_id) == ("access.refused", "refused", "PAK")
    session.expire_all()
    assert session.get(Followup, followup.id).title != "Half done"
