"""Each move of each noun, written out: from which statuses, where to, whose permission, what it owes."""

from __future__ import annotations

from typing import Any

import pytest

from tracker.models import (
    Conclusion,
    ConclusionStatus,
    Followup,
    FollowupStatus,
    Matrix,
    MatrixStatus,
    Visit,
    VisitStage,
)
from tracker.workflow import MOVES

FOLLOWUP = {
    "submit": ("draft returned", "submitted", "submit", False),
    "recall": ("submitted", None, "recall", False),
    "return": ("submitted", None, "return", True),
    "sign_off": ("submitted", None, "sign_off", False),
    "reopen": ("signed_off", "draft", "followup_edit", False),
    "withdraw": ("draft returned", "withdrawn", "followup_edit", True),
    "ask_withdrawal": ("draft returned signed_off", "submitted", "submit", True),
    "supersede": ("draft returned", "superseded", "followup_edit", True),
    "ask_supersession": ("draft returned signed_off", "submitted", "submit", True),
}
CONCLUSION = {
    "submit": ("draft returned", "submitted", "submit", False),
    "recall": ("submitted", None, "recall", False),
    "return": ("submitted", None, "return", True),
    "sign_off": ("submitted", None, "sign_off", False),
    "reopen": ("signed_off shared_with_state commented", "draft", "conclusion_edit", False),
    "share": ("signed_off", "shared_with_state", "conclusion_share", False),
    "comment": ("shared_with_state commented", "commented", "conclusion_share", False),
    "finalise": ("shared_with_state commented", "final", "conclusion_share", False),
    "withdraw": ("draft returned", "withdrawn", "conclusion_edit", True),
    "ask_withdrawal": ("draft returned signed_off shared_with_state commented", "submitted", "submit", True),
}
MATRIX = {
    "submit": ("draft returned", "submitted", "submit", False),
    "recall": ("submitted", None, "recall", False),
    "return": ("submitted", None, "return", True),
    "sign_off": ("submitted", None, "sign_off", False),
    "reopen": ("signed_off", "draft", "assessment_edit", False),
}
BEFORE = "proposed consent_requested consented preparing"
LINE = [
    "proposed",
    "consent_requested",
    "consented",
    "preparing",
    "under_way",
    "provisional_issued",
    "draft_report",
    "with_state",
    "for_adoption",
    "adopted",
    "response_due",
    "response_received",
    "closed",
]


@pytest.mark.parametrize(
    ("noun", "statuses", "expected"),
    [(Followup, FollowupStatus, FOLLOWUP), (Conclusion, ConclusionStatus, CONCLUSION), (Matrix, MatrixStatus, MATRIX)],
)
def test_the_moves_of_a_sealable_noun(noun: type[Any], statuses: Any, expected: dict[str, Any]) -> None:
    moves = {move.action: move for move in MOVES[noun]}
    assert set(moves) == set(expected)
    for action, (sources, target, permission, owes_reason) in expected.items():
        move = moves[action]
        assert move.sources == frozenset(statuses(value) for value in sources.split()), action
        assert move.target == target, action
        assert move.permission == permission, action
        assert move.owes_reason is owes_reason, action


def visit_moves() -> dict[str, Any]:
    return {move.action: move for move in MOVES[Visit]}


@pytest.mark.parametrize("stage", LINE[1:])
def test_a_visit_moves_on_from_any_earlier_stage(stage: str) -> None:
    earlier = set(LINE[: LINE.index(stage)])
    waiting = {"declined", "deferred", "postponed"} if stage in BEFORE.split() else set()
    assert {source.value for source in visit_moves()[stage].sources} == earlier | waiting
    assert not visit_moves()[stage].owes_reason


@pytest.mark.parametrize(
    ("stage", "sources"),
    [
        ("declined", "consent_requested"),
        ("deferred", "consent_requested"),
        ("postponed", BEFORE),
        ("cancelled", BEFORE + " declined deferred postponed"),
    ],
)
def test_leaving_the_line_owes_a_reason(stage: str, sources: str) -> None:
    move = visit_moves()[stage]
    assert {source.value for source in move.sources} == set(sources.split())
    assert move.owes_reason


@pytest.mark.parametrize("stage", LINE[:-1])
def test_a_correction_back_owes_a_reason(stage: str) -> None:
    move = visit_moves()[f"correct_to_{stage}"]
    later = set(LINE[LINE.index(stage) + 1 :]) | ({"cancelled"} if stage == "proposed" else set())
    assert {source.value for source in move.sources} == later
    assert move.target == VisitStage(stage)
    assert move.owes_reason
