"""Remarks among colleagues on a visit, a matrix, a conclusion or a follow-up: never part of a seal, never changed."""

from __future__ import annotations

from tracker import clock, history, policy
from tracker.errors import Invalid
from tracker.extensions import db
from tracker.models import Account, Category, Comment, Conclusion, Followup, Matrix, Visit
from tracker.policy import Permission
from tracker.texts import gettext as _

Commented = Visit | Matrix | Conclusion | Followup


def add(obj: Commented, text: str, *, by: Account) -> Comment:
    """Leave a remark in the record's timeline. The record itself stays as it is."""
    policy.require(by, Permission.COMMENT, obj)
    if not text.strip():
        raise Invalid(_("Write the comment."), "text")
    comment = Comment(
        object_type=obj.__tablename__,
        object_id=obj.id,
        state_id=obj.state_id,
        text=text,
        written_by_id=by.id,
        written_at=clock.now(),
    )
    db.session.add(comment)
    history.record("comment.written", obj, by=by, category=Category.COMMENT)
    return comment
