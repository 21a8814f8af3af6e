"""What a form makes is made once: a repeat of the request lands where the first one did (R21)."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker.errors import Invalid
from tracker.extensions import db
from tracker.forms.base import TrackerForm
from tracker.services import request_keys

Made = tuple[str, str]
"""Where to go after it, and what to say there."""


def once(form: TrackerForm, make: Callable[[], Made]) -> ResponseReturnValue | None:
    """Make what the form asks for and commit it, unless an earlier request with its key has.

    None when the service refused what was typed: its word then stands beside the field, and nothing was made.
    """
    landed = request_keys.claim(form.request_key.data, current_user)
    if landed is not None:
        return redirect(landed, 303)
    try:
        address, words = make()
    except Invalid as error:
        db.session.rollback()
        form.refuse(error)
        return None
    request_keys.land(form.request_key.data, current_user, address)
    db.session.commit()
    flash(words)
    return redirect(address, 303)
