"""A move: what may happen next to a record, by whom, and what it needs. Plain tables, one per noun."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel.speaklater import LazyString

from tracker.models import Category
from tracker.policy import Permission


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
