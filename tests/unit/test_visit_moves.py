"""The stages of a visit as a table: from where to where, what owes a reason; and its two clocks."""

from __future__ import annotations

from datetime import date

import pytest

from tracker.models import VisitStage
from tracker.partial_date import PartialDate
from tracker.services import deadlines
from tracker.workflow.visit import LINE, VISIT_MOVES, next_stage

S = VisitStage


def targets(source: VisitStage) -> set[VisitStage]:
    return {VisitStage(str(move.target)) for move in VISIT_MOVES if source in move.sources}


def test_from_each_stage_on_the_line_every_other_is_within_reach() -> None:
    """Forward, because steps of a past visit may be unknown; back, as a correction."""
    for stage in LINE:
        assert set(LINE) - {stage} <= targets(stage), stage


@pytest.mark.parametrize("stage", [S.PROPOSED, S.CONSENT_REQUESTED, S.CONSENTED, S.PREPARING])
def test_a_visit_is_postponed_or_cancelled_before_it_begins(stage: VisitStage) -> None:
    assert {S.POSTPONED, S.CANCELLED} <= targets(stage)


@pytest.mark.parametrize("stage", LINE[LINE.index(S.UNDER_WAY) :])
def test_a_visit_that_has_begun_is_neither_postponed_nor_cancelled(stage: VisitStage) -> None:
    assert not {S.POSTPONED, S.CANCELLED, S.DECLINED, S.DEFERRED} & targets(stage)


def test_a_state_declines_or_defers_what_it_was_asked() -> None:
    assert {stage for stage in S if S.DECLINED in targets(stage)} == {S.CONSENT_REQUESTED}
    assert {stage for stage in S if S.DEFERRED in targets(stage)} == {S.CONSENT_REQUESTED}


def test_no_two_moves_lead_from_one_stage_to_the_same() -> None:
    """The service finds a move by where it leads."""
    for source in S:
        found = [move.target for move in VISIT_MOVES if source in move.sources]
        assert len(found) == len(set(found)), source


def test_what_owes_a_reason() -> None:
    for move in VISIT_MOVES:
        is_beside = move.target in (S.DECLINED, S.DEFERRED, S.POSTPONED, S.CANCELLED)
        assert move.owes_reason is (is_beside or move.action.startswith("correct_to_")), move.action


def test_the_next_stage() -> None:
    assert next_stage(S.PROPOSED) is S.CONSENT_REQUESTED
    assert next_stage(S.CLOSED) is None
    assert next_stage(S.POSTPONED) is None


@pytest.mark.parametrize(
    ("sent", "due"),
    [
        (PartialDate(2018, 10, 7), None),
        (PartialDate(2018, 10, 8), date(2018, 11, 7)),
        (PartialDate(2020, 1, 31), date(2020, 3, 1)),
        (PartialDate(2020, 1), None),
        (PartialDate(2020), None),
        (None, None),
    ],
)
def test_the_state_has_thirty_days_for_its_comments(sent: PartialDate | None, due: date | None) -> None:
    assert deadlines.comments_due(sent) == due


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (PartialDate(2018, 10, 7), None),
        (PartialDate(2018, 10, 8), date(2019, 4, 8)),
        (PartialDate(2019, 8, 31), date(2020, 2, 29)),
        (PartialDate(2020, 8, 31), date(2021, 2, 28)),
        (PartialDate(2020, 12, 15), date(2021, 6, 15)),
        (PartialDate(2020, 12), None),
    ],
)
def test_the_state_has_six_calendar_months_for_its_response(received: PartialDate, due: date | None) -> None:
    assert deadlines.response_due(received) == due
