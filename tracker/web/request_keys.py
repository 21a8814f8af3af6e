"""What a form does is done once: a repeat of the request, shortly after, lands where the first one did (R21)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker.errors import Invalid
from tracker.extensions import db
from tracker.forms.base import TrackerForm
from tracker.services import request_keys
from tracker.texts import gettext as _
from tracker.web.sessions import commit_saying

Made = tuple[str, str]
"""Where to go after it, and what to say there."""


def once(form: TrackerForm, make: Callable[[], Made], *, lasts: bool = False) -> ResponseReturnValue | None:
    """Make what the form asks for and commit it, unless a request with its key has done so shortly before; where that
    makes a record, which nobody can take away again, it ``lasts``, and a repeat is known as one for as long as keys
    are kept.

    None when the service refused what was typed: its words then stand beside the fields, and nothing was made.
    """
    key = _key(form)
    landed = request_keys.claim(key, current_user, request_keys.KEPT if lasts else request_keys.SHORTLY)
    if landed is not None:
        return _back_to(landed)
    try:
        address, words = make()
    except Invalid as error:
        db.session.rollback()
        form.refuse(error)
        return None
    request_keys.land(key, current_user, address)
    commit_saying(words)
    return redirect(address, 303)


def repeated(form: TrackerForm) -> ResponseReturnValue | None:
    """Where a request with the form's key ended shortly before, for an act whose object is gone once it is done."""
    landed = request_keys.landed(_key(form), current_user) if form.is_bound else None
    return None if landed is None else _back_to(landed)


def _key(form: TrackerForm) -> str | None:
    """The form's key with what it says: a repeat says the same. Whoever went back and typed or chose something else
    sends another request, and nothing of that may be lost."""
    key: str | None = form.request_key.data
    if not key:
        return key
    said = sorted((name, text) for name, text in request.form.items(multi=True) if name != "csrf_token")
    files = sorted((name, file.filename or "") for name, file in request.files.items(multi=True))
    return hashlib.sha256(repr((key, said, files)).encode(errors="surrogatepass")).hexdigest()[:40]


def _back_to(landed: str) -> ResponseReturnValue:
    flash(_("This was done already, with the first click; nothing was done twice."))
    return redirect(landed, 303)
