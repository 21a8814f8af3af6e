"""``flask audit verify``: whole when it is, and the first bad entry named after any one changed row (R19)."""

from __future__ import annotations

import os
import threading
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from tests.factories import AccountFactory, FollowupFactory
from tests.submittable import submittable
from tracker import audit_head, database, history
from tracker.extensions import db
from tracker.models import VERSION_TABLES, Account, Event, FollowupArea, Role, triggers
from tracker.partial_date import PartialDate
from tracker.reports import audit, versions
from tracker.services import records, signoff


@pytest.fixture
def told(session: Any) -> Any:
    """A log with a draft, a signature and a later change."""
    analyst, reviewer = AccountFactory(role=Role.ANALYST), AccountFactory(role=Role.REVIEWER)
    FollowupFactory()
    followup = submittable(analyst)
    signoff.submit(followup, by=analyst)
    signoff.sign_off(followup, by=reviewer, content_version=followup.content_version)
    followup.title = "Table the bill"
    records.save(followup, "followup.edited", by=analyst)
    session.commit()
    return followup


def tamper(session: Any, as_owner: Any, *statements: str) -> None:
    """Change rows as somebody with the whole database in hand could: triggers off, then on again."""
    with as_owner():
        names = sorted(triggers.names())
        for name in names:
            table = name.rsplit("_no_", 1)[0]
            on = "" if db.engine.dialect.name == "sqlite" else f" ON {table}"
            session.execute(sa.text(f"DROP TRIGGER IF EXISTS {name}{on}"))
        for statement in statements:
            assert session.execute(sa.text(statement)).rowcount, statement


def test_a_log_that_nobody_touched_is_whole(session: Any, told: Any) -> None:
    verdict = audit.verify()
    assert verdict.problem is None
    assert verdict.count == session.scalar(sa.select(sa.func.max(Event.seq)))


LAST = "(SELECT max(seq) FROM event)"
TAMPERING = {
    "a column of an entry": "UPDATE event SET kind = 'followup.nothing' WHERE seq = 3",
    "who did it": "UPDATE event SET actor_id = NULL WHERE actor_id IS NOT NULL",
    "the text of an entry": "UPDATE event SET text = replace(text, 'Table the bill', 'Drop the bill')",
    "the hash of an entry": f"UPDATE event SET hash = 'f' WHERE seq = {LAST}",
    "an entry in the middle": "DELETE FROM event WHERE seq = 3",
    "the entry at the end": f"DELETE FROM event WHERE seq = {LAST}",
    "a live title": "UPDATE followup SET title = 'Drop the bill' WHERE title = 'Table the bill'",
    "a live status": "UPDATE followup SET assessed_status = 'implemented' WHERE seal_count = 1",
    "a live link": "DELETE FROM followup_paragraph",
    "a version row": "UPDATE followup_version SET title = 'Drop the bill' WHERE title = 'Table the bill'",
    "a version row closed": "UPDATE followup_version SET to_event = 3 WHERE to_event IS NULL AND title LIKE 'Table%'",
    "a version row gone": "DELETE FROM followup_paragraph_version",
    "who signed": "UPDATE seal SET signer_name = 'Somebody else'",
    "when it was signed": "UPDATE seal SET note = 'Backdated'",
    "the sealed text": "UPDATE seal SET canonical = replace(canonical, 'obligation', 'good_practice')",
    "a reportable sealed value": "UPDATE seal SET assessed_status = 'implemented'",
    "who contributed": "DELETE FROM contributor",
    "the scope of a seal": "UPDATE seal SET state_id = 'AFG'",
    "a grant": "UPDATE account_grant SET role = 'reviewer' WHERE role = 'analyst'",
    "what a search finds": "UPDATE search_row SET title = 'drop the bill'",
    "a live value emptied": "UPDATE followup SET text = '' WHERE seal_count = 1",
    "a live value gone": "UPDATE followup SET area_code = NULL, area_edition = NULL WHERE seal_count = 1",
    "a live value from nothing": "UPDATE followup SET assessed_on = '2020' WHERE assessed_on IS NULL",
    "a live row that nobody wrote": "INSERT INTO followup_area SELECT id, 'LEG-02', state_id FROM followup",
    "a live row gone": "DELETE FROM submission",
    "the moment of an entry": "UPDATE event SET at = '2001-02-03 04:05:06.000000' WHERE seq = 3",
    "the moment of a signature": "UPDATE seal SET signed_at = '2001-02-03 04:05:06.000000'",
    "the last day of a sealed date": "UPDATE seal SET current_due_last = '2001-02-03'",
    "the decision": "UPDATE submission SET reason = 'Never said'",
}


@pytest.mark.parametrize("what", TAMPERING)
def test_any_one_changed_row_is_found(session: Any, told: Any, as_owner: Any, what: str) -> None:
    tamper(session, as_owner, TAMPERING[what])
    assert audit.verify().problem is not None


def test_an_emptied_log_is_found(session: Any, told: Any, as_owner: Any) -> None:
    tamper(session, as_owner, "DELETE FROM event")
    assert audit.verify().problem is not None


def test_the_first_bad_entry_is_named(session: Any, told: Any, as_owner: Any) -> None:
    tamper(session, as_owner, "UPDATE event SET kind = 'followup.nothing' WHERE seq = 3")
    problem = audit.verify().problem
    assert problem is not None
    assert (problem.seq, problem.message) == (3, "the entry's columns do not agree with its text")


def test_the_end_of_a_link_cannot_be_moved(session: Any, told: Any, as_owner: Any) -> None:
    link = FollowupArea(area_code="FIN-01", state_id="PAK")
    analyst = session.get(Account, told.drafted_by_id)
    for areas in ([link], [], [FollowupArea(area_code="FIN-01", state_id="PAK")]):
        told.further_areas[:] = areas
        records.save(told, "followup.edited", by=analyst)
    session.commit()
    assert audit.verify().problem is None
    tamper(session, as_owner, f"UPDATE followup_area_version SET to_event = {LAST} WHERE to_event IS NOT NULL")
    assert "does not end there" in str(audit.verify().problem)


def linked(told: Any, areas: list[str], session: Any) -> None:
    """Give the follow-up these further areas, as one entry of the log."""
    told.further_areas[:] = [FollowupArea(area_code=code, state_id="PAK") for code in areas]
    records.save(told, "followup.edited", by=session.get(Account, told.drafted_by_id))
    session.commit()


AREAS = ["FIN-01", "FIN-02", "FIN-03", "FIN-04", "FIN-05"]


@pytest.mark.parametrize("area", AREAS)
def test_of_many_rows_removed_at_once_each_must_end_there(
    session: Any, told: Any, as_owner: Any, monkeypatch: pytest.MonkeyPatch, area: str
) -> None:
    monkeypatch.setattr(versions, "BATCH", 2)
    for areas in (AREAS, [], AREAS, []):
        linked(told, areas, session)
    assert audit.verify().problem is None
    second = "(SELECT max(from_event) FROM followup_area_version)"
    tamper(
        session,
        as_owner,
        f"UPDATE followup_area_version SET to_event = 3 WHERE area_code = '{area}' AND from_event = {second}",
    )
    problem = audit.verify().problem
    assert problem is not None
    assert problem.message == (
        f"the entry removed the row followup_area:{told.id}/{area}, and its version row does not end there"
    )
    assert problem.seq == session.scalar(sa.select(sa.func.max(Event.seq)))


SPANS = {
    "a row that no entry tells of": "INSERT INTO followup_area SELECT id, 'LEG-02', state_id FROM followup",
    "the row is gone, and no entry tells of that": "DELETE FROM submission",
    "the row is not as the last entry on it left it": "UPDATE followup SET text = '' WHERE seal_count = 1",
    "the row lives, but its last version is closed": (
        f"UPDATE followup_version SET to_event = {LAST} WHERE to_event IS NULL AND title LIKE 'Table%'"
    ),
    "does not end where the next begins": (
        "UPDATE followup_version SET to_event = to_event + 1 WHERE from_event ="
        " (SELECT max(from_event) FROM followup_version WHERE to_event IS NOT NULL)"
    ),
}


@pytest.mark.parametrize("message", SPANS)
def test_what_is_wrong_with_a_row_is_said(session: Any, told: Any, as_owner: Any, message: str) -> None:
    tamper(session, as_owner, SPANS[message])
    assert message in str(audit.verify().problem)


def test_an_end_that_no_entry_tells_of_is_found(session: Any, told: Any, as_owner: Any) -> None:
    tamper(
        session,
        as_owner,
        f"UPDATE submission_version SET to_event = {LAST} WHERE to_event IS NULL",
        "DELETE FROM submission",
    )
    assert "its last version was closed by no entry" in str(audit.verify().problem)


@pytest.mark.parametrize("column", ["title", "created_at"])
def test_bytes_are_not_the_text_that_they_spell(session: Any, told: Any, as_owner: Any, column: str) -> None:
    is_sqlite = db.engine.dialect.name == "sqlite"
    turned = f"SET {column} = CAST({column} AS {'BLOB' if is_sqlite else 'BYTEA'}) WHERE {column} IS NOT NULL"
    acts = f"UPDATE followup {turned}", f"UPDATE followup_version {turned}"
    if not is_sqlite and column == "created_at":
        with pytest.raises(DatabaseError, match="bytea"):  # a moment there is a moment, whoever writes it
            tamper(session, as_owner, *acts)
        return
    tamper(session, as_owner, *acts)
    assert "is not the one that the entry vouches for" in str(audit.verify().problem)


AWKWARD = (
    "",
    'a "quoted" \\ word',
    "lines\nand\ttabs\r\x08\x0c\x1b\x7f",
    "null",
    "100%s",
    "反恐 مكافحة \u202eno\u2028 \U0001f3f4",
)


def awkward(column: sa.Column[Any], number: int) -> Any:
    """A value of the column's type, another for each number; at 0 none at all, unless it is a key."""
    if number == 0 and not column.primary_key:
        return None
    if isinstance(column.type, database.UtcDateTime):
        return datetime(2026, 2, 3, 4, 5, 6, number * 1000, UTC)
    if isinstance(column.type, database.PartialDateType):
        return PartialDate(*(2026, 2, 3)[: number % 3 + 1])
    if isinstance(column.type, sa.Date):
        return date(2026, 2, number + 1)
    if isinstance(column.type, sa.Boolean):
        return number % 2 == 0
    if isinstance(column.type, sa.Integer):
        return -number if number % 2 else 2**31 - 1 - number
    return AWKWARD[number % len(AWKWARD)][: getattr(column.type, "length", None)]


@pytest.mark.parametrize("name", sorted(VERSION_TABLES))
def test_a_version_row_is_hashed_as_it_was_written(session: Any, name: str) -> None:
    """The text made of stored values is the one that the log made of the record's."""
    twin, first, expected = VERSION_TABLES[name], 1_000_000, {}
    for number in range(len(AWKWARD)):
        row = {
            column.name: awkward(column, number)
            for column in twin.columns
            if column.name not in ("from_event", "to_event")
        }
        session.execute(sa.insert(twin).values(**row, from_event=first + number, to_event=None))
        key = tuple(row[column.name] for column in twin.primary_key if column.name != "from_event")
        expected[first + number] = {history.label((name, key)): history.row_digest(name, row)}
    assert versions.opened(first, first + len(AWKWARD)) == expected


def test_who_writes_meanwhile_does_not_make_the_log_look_broken(own_app: Any) -> None:
    stop = threading.Event()

    def write_one() -> None:
        with own_app.app_context():
            FollowupFactory()
            db.session.commit()
            db.session.remove()

    def write() -> None:
        while not stop.is_set():
            write_one()

    write_one()
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _round in range(8):
            with own_app.app_context():
                with database.read_only():
                    audit.one_moment()
                    assert audit.verify().problem is None
                db.session.remove()
    finally:
        stop.set()
        writer.join()


def test_a_torn_head_fails_no_act_and_is_told(own_app: Any) -> None:
    run = own_app.test_cli_runner().invoke
    place = audit_head.path(own_app.config["SETTINGS"])
    place.parent.mkdir(parents=True)
    place.write_text("")
    with own_app.app_context():
        FollowupFactory()
        db.session.commit()
        db.session.remove()
    told = run(args=["audit", "verify"])
    assert (told.exit_code, "torn" in told.output) == (1, True)
    assert run(args=["audit", "sign-head"]).exit_code == 0
    assert run(args=["audit", "verify"]).exit_code == 0


def test_a_head_that_finds_no_room_leaves_the_one_before(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = app.config["SETTINGS"]
    audit_head.write(settings, audit_head.Head(1_000_001, "a" * 64))
    write = os.write
    monkeypatch.setattr(audit_head.os, "write", lambda handle, content: write(handle, content[:20]))
    with pytest.raises(OSError, match="full"):
        audit_head.write(settings, audit_head.Head(1_000_002, "b" * 64))
    monkeypatch.undo()
    assert audit_head.read(settings) == audit_head.Head(1_000_001, "a" * 64)
    audit_head.write(settings, audit_head.Head(1_000_002, "b" * 64))
    assert audit_head.read(settings) == audit_head.Head(1_000_002, "b" * 64), "what the crash left is no hindrance"


def test_the_head_never_goes_back(app: Any) -> None:
    settings = app.config["SETTINGS"]
    audit_head.write(settings, audit_head.Head(1_000_011, "b" * 64))
    audit_head.write(settings, audit_head.Head(1_000_010, "a" * 64))
    assert audit_head.read(settings) == audit_head.Head(1_000_011, "b" * 64)


def test_a_head_that_another_key_made_is_refused(app: Any, session: Any, told: Any) -> None:
    place = audit_head.path(app.config["SETTINGS"])
    place.write_text(place.read_text().replace('"count": ', '"count": 1'))
    assert "not this installation's" in str(audit.verify().problem)
