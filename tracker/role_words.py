"""The roles in words: here because rules name them in their refusals, below the layer that shows enums."""

from __future__ import annotations

from collections.abc import Iterable

from tracker.models import Role
from tracker.texts import lazy_gettext as _l
from tracker.texts import listed

ROLE_WORDS = {
    Role.ANALYST: _l("Analyst"),
    Role.REVIEWER: _l("Reviewer"),
    Role.COORDINATOR: _l("Coordinator"),
    Role.AUDITOR: _l("Auditor"),
    Role.ADMINISTRATOR: _l("Administrator"),
}


def role_words(roles: Iterable[Role]) -> str:
    """``Analyst and Reviewer``, in the order of the enum."""
    wanted = set(roles)
    return listed(ROLE_WORDS[role] for role in Role if role in wanted)
