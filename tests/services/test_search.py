"""The words of the records, made anew, and the index that follows every change of them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from tests.factories import AccountFactory, FollowupFactory, VisitFactory
from tracker import history
from tracker.extensions import db
from tracker.models import Role, SearchRow
from tracker.reports import search as report
from tracker.services import search


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
    search.rebuild()
    assert found("harbour") == [followup.reference]
    assert report.find(visit.reference, AccountFactory(role=Role.AUDITOR), ["visit"])[0].exact == visit.reference
    assert report.find("GCTS-II-10", AccountFactory(role=Role.AUDITOR), ["visit"])[0].rows == []
