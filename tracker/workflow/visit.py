"""The stages of a visit, from its proposal to its close, as moves.

A move goes to any later stage, because a past visit may be entered at any stage and steps may be unknown; a move
back is a correction and owes a reason, as do declining, deferring, postponing and cancelling.
"""

from __future__ import annotations

from flask_babel.speaklater import LazyString

from tracker.models import VisitStage
from tracker.policy import Permission
from tracker.texts import lazy_gettext as _l
from tracker.workflow.moves import Move

S = VisitStage
LINE = tuple(VisitStage)[: list(VisitStage).index(S.CLOSED) + 1]
BEFORE = frozenset(LINE[: LINE.index(S.UNDER_WAY)])
WAITING = frozenset({S.DECLINED, S.DEFERRED, S.POSTPONED})

LABELS: dict[VisitStage, LazyString] = {
    S.PROPOSED: _l("Propose again"),
    S.CONSENT_REQUESTED: _l("Ask for the State's consent"),
    S.CONSENTED: _l("Record the State's consent"),
    S.PREPARING: _l("Start preparing"),
    S.UNDER_WAY: _l("Begin the visit"),
    S.PROVISIONAL_ISSUED: _l("Hand over the provisional conclusions"),
    S.DRAFT_REPORT: _l("Draft the report"),
    S.WITH_STATE: _l("Send the draft to the State"),
    S.FOR_ADOPTION: _l("Put before the Committee"),
    S.ADOPTED: _l("Record the adoption"),
    S.RESPONSE_DUE: _l("Record that the State received the report"),
    S.RESPONSE_RECEIVED: _l("Record the State's response"),
    S.CLOSED: _l("Close the visit"),
    S.DECLINED: _l("Record that the State declined"),
    S.DEFERRED: _l("Record that the State deferred"),
    S.POSTPONED: _l("Postpone"),
    S.CANCELLED: _l("Cancel the visit"),
}


def _forward(target: VisitStage) -> Move:
    sources = frozenset(LINE[: LINE.index(target)]) | (WAITING if target in BEFORE else frozenset())
    return Move(target.value, target.value, LABELS[target], sources, target, Permission.VISIT_EDIT)


def _aside(target: VisitStage, sources: frozenset[VisitStage]) -> Move:
    return Move(target.value, target.value, LABELS[target], sources, target, Permission.VISIT_EDIT, owes_reason=True)


def _back(target: VisitStage) -> Move:
    later = frozenset(LINE[LINE.index(target) + 1 :])
    sources = later | ({S.CANCELLED} if target is S.PROPOSED else frozenset())
    return Move(
        f"correct_to_{target.value}",
        "stage_corrected",
        _l("Correct the stage"),
        sources,
        target,
        Permission.VISIT_EDIT,
        owes_reason=True,
    )


VISIT_MOVES = (
    *(_forward(stage) for stage in LINE[1:]),
    _aside(S.DECLINED, frozenset({S.CONSENT_REQUESTED})),
    _aside(S.DEFERRED, frozenset({S.CONSENT_REQUESTED})),
    _aside(S.POSTPONED, BEFORE),
    _aside(S.CANCELLED, BEFORE | WAITING),
    *(_back(stage) for stage in LINE[:-1]),
)


def has_begun(stage: VisitStage) -> bool:
    """Whether a visit at the stage is under way or later on the line."""
    return stage in LINE and stage not in BEFORE


def next_stage(stage: VisitStage) -> VisitStage | None:
    """The stage that usually follows; None at the end of the line or beside it."""
    if stage not in LINE or stage is S.CLOSED:
        return None
    return LINE[LINE.index(stage) + 1]
