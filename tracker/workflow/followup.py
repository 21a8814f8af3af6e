"""The life of a follow-up, as moves, and what it must hold before it is submitted (design 4)."""

from __future__ import annotations

from tracker.errors import Missing
from tracker.models import Category, Followup, FollowupStatus
from tracker.policy import Permission
from tracker.texts import gettext as _
from tracker.texts import lazy_gettext as _l
from tracker.workflow.moves import Move, review_moves

DRAFTS = frozenset({FollowupStatus.DRAFT, FollowupStatus.RETURNED})

FOLLOWUP_MOVES = (
    *review_moves(
        DRAFTS,
        FollowupStatus.SUBMITTED,
        _l(
            "title, text, main area, paragraph, basis, priority, authority; a conclusion or a reason for none;"
            " a due date and an indicator, or a reason for none"
        ),
    ),
    Move(
        "reopen",
        "reopened",
        _l("Change a sealed field"),
        frozenset({FollowupStatus.SIGNED_OFF}),
        FollowupStatus.DRAFT,
        Permission.FOLLOWUP_EDIT,
        needs=_l("happens by itself when a sealed field is changed; the seal stays in the history"),
        category=Category.SIGN_OFF,
    ),
    Move(
        "withdraw",
        "withdrawn",
        _l("Withdraw"),
        DRAFTS,
        FollowupStatus.WITHDRAWN,
        Permission.FOLLOWUP_EDIT,
        owes_reason=True,
        needs=_l("never sealed; once sealed, a reviewer's seal"),
    ),
    Move(
        "ask_withdrawal",
        "withdrawal_submitted",
        _l("Ask for withdrawal"),
        DRAFTS | {FollowupStatus.SIGNED_OFF},
        FollowupStatus.SUBMITTED,
        Permission.SUBMIT,
        owes_reason=True,
        needs=_l("sealed before: a reviewer puts a seal to the withdrawal"),
        category=Category.SIGN_OFF,
    ),
    Move(
        "supersede",
        "superseded",
        _l("Supersede"),
        DRAFTS,
        FollowupStatus.SUPERSEDED,
        Permission.FOLLOWUP_EDIT,
        owes_reason=True,
        needs=_l("the follow-up that takes its place; never sealed; once sealed, a reviewer's seal"),
    ),
    Move(
        "ask_supersession",
        "supersession_submitted",
        _l("Ask for supersession"),
        DRAFTS | {FollowupStatus.SIGNED_OFF},
        FollowupStatus.SUBMITTED,
        Permission.SUBMIT,
        owes_reason=True,
        needs=_l("the follow-up that takes its place; a reviewer puts a seal to it"),
        category=Category.SIGN_OFF,
    ),
)


def missing(followup: Followup) -> list[Missing]:
    """What the follow-up lacks before it can be submitted, each with the place where it is given."""
    edit = f"/follow-ups/{followup.reference}/edit"
    wanted = (
        (followup.title.strip(), _("Give it a title in the imperative"), "title"),
        (followup.text.strip(), _("Write the text"), "text"),
        (followup.area_code, _("Choose the main area"), "area"),
        (followup.paragraphs, _("Choose at least one paragraph"), "paragraphs"),
        (followup.basis, _("Choose the basis"), "basis"),
        (followup.priority, _("Choose the priority"), "priority"),
        (followup.authorities, _("Name the responsible authority"), "authorities"),
        (
            followup.conclusions or followup.no_conclusion_reason.strip(),
            _("Name the conclusion it answers, or say why there is none"),
            "conclusions",
        ),
        (
            followup.current_due or followup.no_due_reason.strip(),
            _("Give the due date, or say why none is agreed"),
            "due",
        ),
        (
            followup.indicator.strip() or followup.no_indicator_reason.strip(),
            _("Give the indicator of completion, or say why none is agreed"),
            "indicator",
        ),
    )
    return [Missing(message, f"{edit}#{field}") for value, message, field in wanted if not value]
