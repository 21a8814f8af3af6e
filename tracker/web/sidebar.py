"""The sidebar of every page: where whoever is signed in may go, what waits there, and the way out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from secrets import token_hex
from typing import Any

import sqlalchemy as sa
from flask import current_app, g, get_template_attribute, request
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape
from werkzeug.exceptions import HTTPException

from tracker import policy
from tracker.extensions import read
from tracker.models import Account, Notification, Role, Submission
from tracker.policy import Permission
from tracker.reports import notifications
from tracker.texts import lazy_gettext as _l
from tracker.web import access, locale

MOST_COUNTED = 100


@dataclass(frozen=True)
class NavItem:
    """A line of the sidebar: shown when a page answers at ``path`` and the reader may open it."""

    path: str
    label: Any
    icon: str
    count: str | None = None


NAVIGATION = [
    [
        NavItem("/", _l("My work"), "inbox"),
        NavItem("/visits", _l("Visits"), "geo-alt"),
        NavItem("/conclusions", _l("Conclusions"), "journal-text"),
        NavItem("/follow-ups", _l("Follow-ups"), "card-checklist"),
        NavItem("/review", _l("Review"), "pen", count="review"),
    ],
    [
        NavItem("/states", _l("Member States"), "flag"),
        NavItem("/areas", _l("Areas"), "diagram-3"),
        NavItem("/coverage", _l("Coverage"), "grid-3x3"),
        NavItem("/gaps", _l("Gaps"), "search"),
        NavItem("/plans", _l("Plans"), "map"),
        NavItem("/meetings", _l("Meetings"), "people"),
        NavItem("/reports", _l("Reports"), "bar-chart"),
    ],
    [
        NavItem("/inbox", _l("Inbox"), "envelope", count="inbox"),
        NavItem("/audit", _l("Log"), "shield-check"),
        NavItem("/admin", _l("Administration"), "gear"),
        NavItem("/help", _l("Help"), "question-circle"),
    ],
]

LINES = frozenset(item.path for group in NAVIGATION for item in group)

_PATH, _TOKEN = (Markup(f"here{token_hex(16)}") for _each in range(2))  # noqa: S704  # our own
"""They stand for what each page has of its own."""


def viewer() -> Account | None:
    """Who is signed in; nobody on a page that must not ask the database."""
    if g.get("bare_page") or not getattr(current_user, "is_authenticated", False):
        return None
    return current_user._get_current_object()  # type: ignore[no-any-return]  # the proxy's own object: asked much


def sidebar() -> Markup:
    """The sidebar of this page: only what its reader may open, only pages that exist."""
    account = viewer()
    if account is None:
        return _drawn(None, frozenset(), (), "", False, request.script_root, ())
    language = locale.language()
    others = tuple((code, name) for code, name in locale.spoken().items() if code != language)
    counts = tuple(_waiting(account).items())
    place = _place(request.path)
    drawn = _kept(account.name, policy.roles_of(account), counts, *place, request.script_root, others, language)
    return Markup(drawn.replace(_TOKEN, generate_csrf()).replace(_PATH, escape(_here())))  # noqa: S704  # escaped


@lru_cache(maxsize=512)
def _kept(
    name: str,
    roles: frozenset[Role],
    counts: tuple[tuple[str, int], ...],
    at: str,
    is_page: bool,
    root: str,
    others: tuple[tuple[str, str], ...],
    _language: str,
) -> str:
    """Kept by all that it says, the language included: every page has it."""
    return str(_drawn(name, roles, counts, at, is_page, root, others))


def _drawn(
    name: str | None,
    roles: frozenset[Role],
    counts: tuple[tuple[str, int], ...],
    at: str,
    is_page: bool,
    root: str,
    others: tuple[tuple[str, str], ...],
) -> Markup:
    draw = get_template_attribute("macros/sidebar.html", "sidebar")
    lines, may_look = _open_to(roles), _may_open(roles, "/search")
    return Markup(  # noqa: S704  # what a template rendered
        draw(name, lines, dict(counts), at, is_page, root, may_look, others, _PATH, _TOKEN)
    )


def _here() -> str:
    """This page with all that its address asks, so that whoever turns its language stays where they are."""
    return request.full_path.removesuffix("?")


def may_search() -> bool:
    """Whether whoever is signed in may read records, so that a search can find any."""
    account = viewer()
    return account is not None and _may_open(policy.roles_of(account), "/search")


def page_exists(path: str, method: str = "GET") -> bool:
    """Whether a page answers at this address."""
    return _endpoint(path, method) is not None


def _place(path: str) -> tuple[str, bool]:
    """The line whose page this is, or in whose part of the site it lies, and whether it is the page itself."""
    top = "/" + path.split("/", 2)[1]
    return (top, path == top) if top in LINES else ("", False)


@lru_cache
def _open_to(roles: frozenset[Role]) -> list[list[NavItem]]:
    """The lines for whoever holds these roles: as few as there are kinds of people."""
    groups = [[item for item in group if _may_open(roles, item.path)] for group in NAVIGATION]
    return [group for group in groups if group]


def _may_open(roles: frozenset[Role], path: str) -> bool:
    """As the permission table says, so that no line leads to a refusal."""
    needed = access.ACCESS.get(_endpoint(path) or "")
    return not roles.isdisjoint(policy.ROLES[needed]) if isinstance(needed, Permission) else needed is not None


def _endpoint(path: str, method: str = "GET") -> str | None:
    known: dict[tuple[str, str], str | None] = current_app.extensions.setdefault("tracker_endpoints", {})
    if (path, method) not in known:
        try:
            known[path, method] = current_app.url_map.bind("localhost").match(path, method)[0]
        except HTTPException:
            known[path, method] = None
    return known[path, method]


def _waiting(account: Account) -> dict[str, int]:
    """How much waits for this person, in one statement, each counted only up to a hundred."""
    statement = _counts(policy.reach(account), policy.reach(account, Permission.REVIEW))
    return dict(read(statement, {"me": account.id}).one()._mapping)


@lru_cache
def _counts(reach: policy.Reach, reviewed: policy.Reach) -> sa.Select[int, int]:
    """Built once for each scope: every page asks it."""
    unread = notifications.within(reach).with_only_columns(Notification.id).where(Notification.read_at.is_(None))
    queue = sa.select(Submission.id).where(Submission.decision.is_(None), reviewed.condition(Submission.state_id))
    return sa.select(_capped(unread).label("inbox"), _capped(queue).label("review"))


def _capped(rows: sa.Select[Any]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).select_from(rows.limit(MOST_COUNTED).subquery()).scalar_subquery()
