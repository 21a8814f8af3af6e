"""A move: what may happen next to a record, by whom, and what it needs. Plain tables, one per noun."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel.speaklater import LazyString

from tracker.models import Category
from tracker.policy import Permission
from tracker.texts import lazy_gettext as _l


@dataclass(frozen=True)
class Move:
    """From one of ``sources`` to ``target`` (None: said by the service, such as "back to where it was").

    ``past`` names the event; ``label`` is the verb on the button; ``needs`` says in words what it asks for.
    """

    action: str
    past: str
    label: LazyString
    sources: frozenset[str]
    target: str | None
    permission: Permission
    owes_reason: bool = False
    needs: LazyString | None = None
    category: Category = Category.CHANGE


def review_moves(drafts: frozenset[str], submitted: str, needs: LazyString) -> tuple[Move, ...]:
    """The way to the reviewers and back, alike for all that is sealed; ``needs`` says what a submission asks for."""
    before_reviewers = frozenset({submitted})
    return (
        Move(
            "submit",
            "submitted",
            _l("Submit for sign-off"),
            drafts,
            submitted,
            Permission.SUBMIT,
            needs=needs,
            category=Category.SIGN_OFF,
        ),
        Move(
            "recall",
            "recalled",
            _l("Recall"),
            before_reviewers,
            None,
            Permission.RECALL,
            needs=_l("only the person who submitted it"),
            category=Category.SIGN_OFF,
        ),
        Move(
            "return",
            "returned",
            _l("Return"),
            before_reviewers,
            None,
            Permission.RETURN,
            owes_reason=True,
            category=Category.SIGN_OFF,
        ),
        Move(
            "sign_off",
            "signed_off",
            _l("Sign off"),
            before_reviewers,
            None,
            Permission.SIGN_OFF,
            needs=_l("a factor again (password or one-time code); nobody who drafted, submitted or changed it"),
            category=Category.SIGN_OFF,
        ),
    )
