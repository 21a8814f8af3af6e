"""``flask audit verify``: whole when it is, and the first bad entry named after any one changed row (R19)."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import AccountFactory, FollowupFactory
from tests.submittable import submittable
from tracker import audit_head
from tracker.extensions import db
from tracker.models import Event, Role, triggers
from tracker.reports import audit
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


def test_a_head_that_another_key_made_is_refused(app: Any, session: Any, told: Any) -> None:
    place = audit_head.path(app.config["SETTINGS"])
    place.write_text(place.read_text().replace('"count": ', '"count": 1'))
    assert "not this installation's" in str(audit.verify().problem)
