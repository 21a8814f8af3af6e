"""What was ticked and typed beside a list that is narrowed and turned before anything is done with it.

It is kept in the session under the path of the page. So each page of the list is asked for by its address alone: going
back to one sends no form again, and finds the ticks made so far.
"""

from __future__ import annotations

from typing import Any

from flask import session

from tracker.forms.base import TrackerForm

KEY = "chosen"
MOST_PAGES = 5
"""Pages whose ticks are kept at once; of more, those that were used last."""


def keep(path: str, given: dict[str, Any]) -> None:
    """Keep these values by the names of their fields in the stead of what was kept of the page."""
    others = {key: values for key, values in session.get(KEY, {}).items() if key != path}
    every = {**others, path: given} if any(given.values()) else others
    if every != session.get(KEY, {}):
        session[KEY] = dict(list(every.items())[-MOST_PAGES:])


def kept(path: str) -> dict[str, Any]:
    """What is kept of the page, by name."""
    found: dict[str, Any] = session.get(KEY, {}).get(path, {})
    return found


def show(path: str, form: TrackerForm) -> None:
    """Draw what was kept of the page; what was posted to the form stays as it is."""
    if form.is_bound:
        return
    for name, value in kept(path).items():
        if name in form:  # not what was read before it is agreed to, nor what an earlier version of the page kept
            form[name].process(None, value)


def forget(path: str) -> None:
    """It is done."""
    keep(path, {})
