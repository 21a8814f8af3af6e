"""A record's timeline and comments as its page shows them: the filters, the way on to the first, a form to comment.

A record's view calls ``page(record)`` and its template hands the answer to
``history_panel`` of ``comments/panel.html``.
The address says ``?category=`` (change, comment, sign_off, file) and ``?before=`` (an event's number).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import request, url_for
from flask_login import current_user

from tracker import policy
from tracker.forms.comments import COMMENT, CommentForm
from tracker.models import Category, Visit
from tracker.policy import Permission
from tracker.reports import timeline
from tracker.reports.timeline import Entry, Seen
from tracker.texts import gettext as _
from tracker.web.words import words

SHOWN_CATEGORIES = (Category.CHANGE, Category.COMMENT, Category.SIGN_OFF, Category.FILE)
ANCHOR = "timeline"
LONGEST_NUMBER = 18  # digits of an event's number that every database can compare


@dataclass(frozen=True)
class History:
    """What the panel at the end of a record's page needs."""

    root: str
    visit: Visit | None
    entries: list[Entry]
    more_href: str | None
    newest_href: str | None
    filters: list[tuple[str, str, bool]]
    comment_form: CommentForm | None
    comment_href: str


def page(record: Any, seen: Seen | None = None) -> History:
    """The timeline of the record as the address asks for it.

    ``seen`` is given for what belongs to no State (a plan, a measure, a meeting): nobody comments on it or signs it.
    """
    object_type, object_id = record.root_key
    category, before = (_category() if seen is None else None), _before()
    found = timeline.entries(object_type, object_id, category=category, before=before, seen=seen)
    may_comment = seen is None and policy.can(current_user, Permission.COMMENT, record)
    here = _here()
    return History(
        root=object_type,
        visit=record if isinstance(record, Visit) else None,
        entries=found.entries,
        more_href=here(category, found.next_before) if found.next_before else None,
        newest_href=here(category) if before else None,
        filters=[
            (_("Everything"), here(), category is None),
            *((words(one), here(one), category is one) for one in SHOWN_CATEGORIES),
        ]
        if seen is None
        else [],
        comment_form=CommentForm(formdata=None, prefix=COMMENT) if may_comment else None,
        comment_href=url_for("comments.add", object_type=object_type, reference=record.reference),
    )


def _category() -> Category | None:
    asked = request.args.get("category", "")
    return Category(asked) if asked in {one.value for one in SHOWN_CATEGORIES} else None


def _before() -> int | None:
    asked = request.args.get("before", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= LONGEST_NUMBER else None


def _here() -> Callable[..., str]:
    """What gives the address of this page with another part of its timeline."""
    path = url_for(request.endpoint or "", **(request.view_args or {}))

    def href(category: Category | None = None, before: int | None = None) -> str:
        asked = {name: value for name, value in (("category", category), ("before", before)) if value is not None}
        return f"{path}?{urlencode(asked)}#{ANCHOR}" if asked else f"{path}#{ANCHOR}"

    return href
