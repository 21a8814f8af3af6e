"""Forms of a measure that is retired: they are refused when they are opened, not after somebody filled them in."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from tracker.models import Measure
from tracker.texts import gettext as _


def way_out(measure: Measure) -> ResponseReturnValue | None:
    """The way to the measure's page, which says why it is retired and puts it back; None where it is in use.

    What was sent all the same is answered by the service, so that what was typed is shown again.
    """
    if measure.retired_on is None or request.method == "POST":
        return None
    flash(_("The measure is retired and counts nowhere. Put it back into the plan first."))
    return redirect(url_for("measures.show", reference=measure.reference), 303)
