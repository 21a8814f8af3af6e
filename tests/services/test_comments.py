"""Comments: on four nouns, in the record's timeline, never a change of the record."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import AccountFactory, ConclusionFactory, FollowupFactory, VisitFactory
from tracker.errors import Forbidden, Invalid
from tracker.models import Category, Comment, Event, Role
from tracker.services import assessments, comments


@pytest.fixture
def analyst(session: Any) -> Any:
    return AccountFactory(role=Role.ANALYST)


@pytest.mark.parametrize("noun", ["visit", "conclusion", "followup", "matrix"])
def test_a_comment_stands_in_the_timeline_of_its_record(session: Any, analyst: Any, noun: str) -> None:
    record = {
        "visit": VisitFactory,
        "conclusion": ConclusionFactory,
        "followup": FollowupFactory,
        "matrix": lambda: assessments.matrix_of(VisitFactory(), by=analyst),
    }[noun]()
    session.commit()
    version = record.version
    comment = comments.add(record, "Ask for the date of the vote.", by=analyst)
    session.commit()
    event = session.scalar(sa.select(Event).order_by(Event.seq.desc()).limit(1))
    assert (event.kind, event.category) == ("comment.written", Category.COMMENT)
    assert (event.object_type, event.object_id, event.state_id) == (noun, record.id, "PAK")
    assert (comment.written_by_id, record.version) == (analyst.id, version)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
def test_auditors_and_administrators_do_not_comment(session: Any, role: Role) -> None:
    with pytest.raises(Forbidden):
        comments.add(VisitFactory(), "Hm.", by=AccountFactory(role=role))


def test_a_reviewer_may_comment_on_what_is_not_open_to_change(session: Any) -> None:
    comments.add(ConclusionFactory(), "Well said.", by=AccountFactory(role=Role.REVIEWER))
    session.commit()
    assert session.scalar(sa.select(sa.func.count()).select_from(Comment)) == 1


def test_out_of_scope_is_refused(session: Any) -> None:
    with pytest.raises(Forbidden):
        comments.add(VisitFactory(), "Hm.", by=AccountFactory(states=["IND"]))


def test_a_comment_has_words(session: Any, analyst: Any) -> None:
    with pytest.raises(Invalid):
        comments.add(VisitFactory(), " \n ", by=analyst)
