"""The permission table: which endpoint asks for what. Deny by default: an endpoint that is not here answers nobody (R8).

A permission here is asked for anywhere; the view asks again for the record at hand. ``docs/permissions.md`` shows it.
"""

from __future__ import annotations

from enum import StrEnum

from flask import Flask, abort, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.policy import Permission as P
from tracker.web import security


class Open(StrEnum):
    """What needs no permission: the sign-in pages and files of the look; and what any signed-in person may open."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"


PUBLIC, SIGNED_IN = Open.PUBLIC, Open.SIGNED_IN

ACCESS: dict[str, Open | P] = {
    # the product itself
    "assets.serve": PUBLIC,
    "health.healthz": PUBLIC,
    "health.readyz": PUBLIC,
    # sign-off
    "review.index": P.REVIEW,
    "review.item": P.RECORD_READ,
    "review.sign_off": P.REVIEW,
    "review.return_": P.REVIEW,
    "review.submit": P.SUBMIT,
    "review.recall": P.SUBMIT,
}


def init_access(app: Flask) -> None:
    """Ask the table before every view."""
    app.before_request(_refuse)


def _refuse() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None  # no such address: the 404 page
    needed = ACCESS.get(request.endpoint)
    if needed is None:
        abort(404)
    if needed is PUBLIC:
        return None
    if not current_user.is_authenticated:
        return security.ask_to_sign_in()
    if isinstance(needed, P):
        policy.require(current_user, needed)
    return None
