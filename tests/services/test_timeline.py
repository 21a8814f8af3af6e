"""The timeline: newest first and on to the first, in words, in two statements."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories import AccountFactory, FollowupFactory, VisitFactory
from tracker.extensions import db
from tracker.models import Basis, Category, ConclusionKind, Disposition, Role, Sharing
from tracker.partial_date import PartialDate
from tracker.reports import timeline
from tracker.services import assessments, carry_overs, comments, conclusions, evidence, signoff


@pytest.fixture
def analyst(session: Any) -> Any:
    return AccountFactory(role=Role.ANALYST)


@pytest.fixture
def reviewer(session: Any) -> Any:
    return AccountFactory(role=Role.REVIEWER)


@pytest.fixture
def conclusion(analyst: Any) -> Any:
    row = conclusions.create(
        VisitFactory(),
        by=analyst,
        kind=ConclusionKind.SHORTFALL,
        area_code="FIN-02",
        text="A bill waits.",
        paragraph_ids=[1],
    )
    db.session.commit()
    return row


def told(entry: timeline.Entry) -> dict[tuple[str, str], tuple[Any, Any]]:
    """The changes of an entry by table and column."""
    return {(row.table, one.column): (one.old, one.new) for row in entry.rows for one in row.fields}


def test_ids_are_told_in_words(session: Any, conclusion: Any, analyst: Any) -> None:
    conclusions.edit(
        conclusion,
        by=analyst,
        kind=ConclusionKind.CONCERN,
        area_code="FIN-01",
        text="A bill waits.",
        basis=Basis.OBLIGATION,
        paragraph_ids=[2],
        source="",
        sharing=Sharing.INTERNAL,
    )
    session.commit()
    edit = timeline.entries("conclusion", conclusion.id).entries[0]
    assert (edit.kind, edit.actor, edit.category) == ("conclusion.edited", analyst.name, Category.CHANGE)
    assert told(edit)["conclusion", "area_code"] == (
        "FIN-02 Financing offence",
        "FIN-01 Prevention and suppression of terrorist financing",
    )
    assert told(edit)["conclusion", "kind"] == ("shortfall", "concern")
    links = [(row.is_new, row.is_gone, row.fields[0].old, row.fields[0].new) for row in edit.rows[1:]]
    assert sorted(links) == [(False, True, "1373 1", None), (True, False, None, "1373 1(a)")]


def test_what_keeps_the_books_is_not_told(session: Any, conclusion: Any) -> None:
    created = timeline.entries("conclusion", conclusion.id).entries[-1]
    columns = {column for _table, column in told(created)}
    assert columns == {"kind", "area_code", "text", "workflow", "sharing", "paragraph_id"}


def test_the_day_it_happened_and_the_seal_are_told(session: Any, conclusion: Any, analyst: Any, reviewer: Any) -> None:
    signoff.submit(conclusion, by=analyst, note="Please look.")
    seal = signoff.sign_off(conclusion, by=reviewer, content_version=1)
    conclusions.share_with_state(conclusion, by=analyst, happened=PartialDate(2006, 11))
    session.commit()
    shared, sealed, submitted, _created = timeline.entries("conclusion", conclusion.id).entries
    assert told(shared)["conclusion", "happened"] == (None, PartialDate(2006, 11))
    assert told(sealed)["conclusion", "sha256"] == (None, seal.seal_sha256)
    assert (submitted.note, submitted.reason) == ("Please look.", "")


def test_a_comment_is_a_note(session: Any, conclusion: Any, reviewer: Any) -> None:
    comments.add(conclusion, "When is the vote?", by=reviewer)
    session.commit()
    entry = timeline.entries("conclusion", conclusion.id, category=Category.COMMENT).entries[0]
    assert (entry.note, entry.actor, entry.rows) == ("When is the vote?", reviewer.name, ())


def test_an_assessment_is_told_with_its_area(session: Any, analyst: Any) -> None:
    visit = VisitFactory()
    assessments.assess(visit, "FIN-02", by=analyst, rating="partially")
    row = assessments.assess(visit, "FIN-02", by=analyst, rating="largely")
    session.commit()
    edit, first = timeline.entries("matrix", row.matrix_id).entries
    assert [(change.table, change.name) for change in edit.rows] == [("assessment", "FIN-02")]
    assert told(edit) == {("assessment", "rating"): ("Partially in place", "Largely in place")}
    assert told(first)["assessment", "area_code"] == (None, "FIN-02 Financing offence")


def test_what_a_later_visit_found_is_told_with_the_visit(session: Any, analyst: Any) -> None:
    followup, visit = FollowupFactory(), VisitFactory(year=2012)
    row = carry_overs.add(visit, followup, by=analyst)
    carry_overs.set_disposition(row, Disposition.MET, by=analyst, note="Seen on site.")
    session.commit()
    found, added = timeline.entries("followup", followup.id).entries[:2]
    assert [(change.name, change.is_new) for change in found.rows] == [("PAK-2012-1", False)]
    assert [(change.name, change.is_new) for change in added.rows] == [("", True)]


def test_what_is_written_into_an_empty_place_is_not_called_added(session: Any, analyst: Any) -> None:
    """A row that stood there already: a note on it, and evidence that is withdrawn."""
    followup = FollowupFactory()
    row = carry_overs.add(VisitFactory(year=2012), followup, by=analyst)
    carry_overs.set_disposition(row, row.disposition, by=analyst, note="Seen on site.")
    attached = evidence.add_source_note(followup, "A letter", "In the archive.", by=analyst)
    evidence.withdraw(attached, "The wrong letter.", by=analyst)
    session.commit()
    withdrawn, _attached, noted = timeline.entries("followup", followup.id).entries[:3]
    assert [change.is_new for change in (*withdrawn.rows, *noted.rows)] == [False, False]


def test_an_entry_is_told_once_unless_it_is_long(session: Any, analyst: Any) -> None:
    """Else a few thousand long texts would fill the memory of a process."""
    short, long = FollowupFactory(), FollowupFactory()
    comments.add(short, "Remark", by=analyst)
    comments.add(long, "Remark " * timeline.LONGEST_KEPT, by=analyst)
    session.commit()
    for followup, is_kept in ((short, True), (long, False)):
        first, again = (timeline.entries("followup", followup.id).entries[0] for _each in range(2))
        assert (first.note, first.seq) == (again.note, again.seq)
        assert (first is again) is is_kept is first.is_kept


def test_it_goes_on_to_the_first_entry(session: Any, conclusion: Any, reviewer: Any) -> None:
    for number in range(7):
        comments.add(conclusion, f"Remark {number}", by=reviewer)
    session.commit()
    seen, before = [], None
    for _page in range(4):
        page = timeline.entries("conclusion", conclusion.id, before=before, size=3)
        seen += [entry.note or entry.kind for entry in page.entries]
        before = page.next_before
        if before is None:
            break
    assert seen == [f"Remark {number}" for number in range(6, -1, -1)] + ["conclusion.created"]


def test_it_can_be_narrowed(session: Any, conclusion: Any, analyst: Any, reviewer: Any) -> None:
    comments.add(conclusion, "Hm.", by=reviewer)
    signoff.submit(conclusion, by=analyst)
    session.commit()
    kinds = {
        category: [entry.kind for entry in timeline.entries("conclusion", conclusion.id, category=category).entries]
        for category in (Category.CHANGE, Category.COMMENT, Category.SIGN_OFF, Category.FILE)
    }
    assert kinds == {
        Category.CHANGE: ["conclusion.created"],
        Category.COMMENT: ["comment.written"],
        Category.SIGN_OFF: ["conclusion.submitted"],
        Category.FILE: [],
    }


def test_the_command_line_has_no_name(session: Any) -> None:
    visit = VisitFactory()
    session.commit()
    assert timeline.entries("visit", visit.id).entries[0].actor is None


@pytest.mark.parametrize("entries", [1, 30])
def test_two_statements_whatever_it_holds(session: Any, conclusion: Any, analyst: Any, entries: int) -> None:
    for number in range(entries):
        conclusions.edit(
            conclusion,
            by=analyst,
            kind=conclusion.kind,
            area_code=("FIN-01", "FIN-02")[number % 2],
            text=f"Text {number}",
            basis=None,
            paragraph_ids=[1 + number % 3],
            source="",
            sharing=Sharing.INTERNAL,
        )
    session.commit()
    conclusion_id = conclusion.id
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    timeline.entries("conclusion", conclusion_id)
    sa.event.remove(db.engine, "before_cursor_execute", note)
    assert len(sent) == 2
