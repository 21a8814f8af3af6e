"""The cell of a Member State and a measure of a regional plan, as coordinators write it."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.errors import Stale
from tracker.extensions import db
from tracker.forms.cells import CellForm
from tracker.models import MeasureCell
from tracker.policy import Permission
from tracker.reports import boards, catalogue, measures
from tracker.reports.listing import address
from tracker.services import cells
from tracker.services.cells import Word
from tracker.texts import gettext as _
from tracker.web import retired
from tracker.web.request_keys import Made, once

blueprint = Blueprint("cells", __name__)


@blueprint.route("/measures/<reference>/cells/<state>", methods=["GET", "POST"])
def edit(reference: str, state: str) -> ResponseReturnValue:
    """Say how far the State is with the measure."""
    cell = measures.cell(current_user, reference.upper(), state.upper())
    policy.require(current_user, Permission.CELL_EDIT, cell.state_id)
    if answer := retired.way_out(cell.measure):
        return answer
    form = CellForm()
    form.fill(cell)
    stale, conflicts = None, []

    def save() -> Made:
        form.check_version(cell)
        is_changed = cells.edit(cell, Word(**form.values()), by=current_user)
        name = catalogue.states()[cell.state_id].name
        return _back(cell), _("%(state)s: saved.", state=name) if is_changed else _("Nothing was changed.")

    try:
        if form.checks_out(lambda: cells.faults(cell, Word(**form.values()))) and (answer := once(form, save)):
            return answer
    except Stale as error:
        db.session.rollback()
        stale, conflicts = error, form.conflict(cell)
    page = render_template(
        "cells/edit.html",
        cell=cell,
        form=form,
        state_name=catalogue.states()[cell.state_id].name,
        back=_back(cell),
        from_board=_is_from_board(),
        stale=stale,
        conflicts=conflicts,
    )
    return page, 409 if stale else 422 if form.errors or form.form_errors else 200


def _back(cell: MeasureCell) -> str:
    """Where the reader came from: the board as it was narrowed, or the measure."""
    if _is_from_board():
        path = url_for("boards.index", code=cell.measure.plan.code)
        return f"{address(path, boards.asked(request.args).args)}#{cell.measure.reference}-{cell.state_id}"
    return url_for("measures.show", reference=cell.measure.reference, _anchor=f"cell-{cell.state_id}")


def _is_from_board() -> bool:
    return request.args.get("from") == "board"
