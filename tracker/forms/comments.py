"""What a browser may send of a comment."""

from __future__ import annotations

from tracker.forms.base import TrackerForm
from tracker.forms.fields import TextField
from tracker.texts import lazy_gettext as _l

COMMENT = "comment"
"""The prefix of the form's names: it stands on pages beside other forms."""


class CommentForm(TrackerForm):
    """A remark for colleagues."""

    text = TextField(
        _l("Comment"),
        longest=10_000,
        required=_l("Write the comment"),
        hint=_l("For colleagues. It stands in the timeline, is never part of a sign-off and cannot be changed."),
    )
