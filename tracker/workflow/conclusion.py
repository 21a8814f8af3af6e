"""The life of a provisional conclusion, as moves, and what it must hold before it is submitted."""

from __future__ import annotations

from tracker.errors import Missing
from tracker.models import Category, Conclusion, ConclusionStatus
from tracker.policy import Permission
from tracker.texts import gettext as _
from tracker.texts import lazy_gettext as _l
from tracker.workflow.moves import Move, review_moves

DRAFTS = frozenset({ConclusionStatus.DRAFT, ConclusionStatus.RETURNED})
SIGNED = frozenset({ConclusionStatus.SIGNED_OFF, ConclusionStatus.SHARED_WITH_STATE, ConclusionStatus.COMMENTED})

CONCLUSION_MOVES = (
    *review_moves(
        DRAFTS,
        ConclusionStatus.SUBMITTED,
        _l("text and at least one paragraph"),
    ),
    Move(
        "reopen",
        "reopened",
        _l("Change a sealed field"),
        SIGNED,
        ConclusionStatus.DRAFT,
        Permission.CONCLUSION_EDIT,
        needs=_l("happens by itself when a sealed field is changed; the seal stays in the history"),
        category=Category.SIGN_OFF,
    ),
    Move(
        "share",
        "shared",
        _l("Record as shared with the State"),
        frozenset({ConclusionStatus.SIGNED_OFF}),
        ConclusionStatus.SHARED_WITH_STATE,
        Permission.CONCLUSION_SHARE,
    ),
    Move(
        "comment",
        "commented",
        _l("Record the State's comment"),
        frozenset({ConclusionStatus.SHARED_WITH_STATE, ConclusionStatus.COMMENTED}),
        ConclusionStatus.COMMENTED,
        Permission.CONCLUSION_SHARE,
        needs=_l("the State's comment and its date"),
    ),
    Move(
        "finalise",
        "finalised",
        _l("Make final"),
        frozenset({ConclusionStatus.SHARED_WITH_STATE, ConclusionStatus.COMMENTED}),
        ConclusionStatus.FINAL,
        Permission.CONCLUSION_SHARE,
    ),
    Move(
        "withdraw",
        "withdrawn",
        _l("Withdraw"),
        DRAFTS,
        ConclusionStatus.WITHDRAWN,
        Permission.CONCLUSION_EDIT,
        owes_reason=True,
        needs=_l("never sealed; once sealed, a reviewer's seal"),
    ),
    Move(
        "ask_withdrawal",
        "withdrawal_submitted",
        _l("Ask for withdrawal"),
        DRAFTS | SIGNED,
        ConclusionStatus.SUBMITTED,
        Permission.SUBMIT,
        owes_reason=True,
        needs=_l("sealed before: a reviewer puts a seal to the withdrawal"),
        category=Category.SIGN_OFF,
    ),
)


def missing(conclusion: Conclusion) -> list[Missing]:
    """What the conclusion lacks before it can be submitted."""
    edit = f"/conclusions/{conclusion.reference}/edit"
    wanted = (
        (conclusion.text.strip(), _("Write the text"), "text"),
        (conclusion.paragraphs, _("Choose at least one paragraph"), "paragraphs"),
    )
    return [Missing(message, f"{edit}#{field}") for value, message, field in wanted if not value]
