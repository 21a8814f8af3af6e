"""The map of areas and pillars, as an administrator edits it: which measures are suggested for a follow-up."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.errors import Invalid, Stale
from tracker.extensions import db
from tracker.forms.area_pillars import AreaPillarsForm, MapOnScreen
from tracker.forms.base import Conflict
from tracker.forms.fields import option
from tracker.models.plan import PILLARS
from tracker.policy import Permission
from tracker.reports import area_pillars as report
from tracker.reports import catalogue
from tracker.services import area_pillars
from tracker.texts import gettext as _

blueprint = Blueprint("area_pillars", __name__, url_prefix="/admin/pillars")


@blueprint.route("", methods=["GET", "POST"])
def edit() -> ResponseReturnValue:
    """The whole map on one screen; two who edit it at once are shown both (R20)."""
    policy.require(current_user, Permission.CATALOGUE_MANAGE)
    form = AreaPillarsForm()
    form.pairs.choices = [
        option(f"{area.code}:{pillar}", f"{area.code} {pillar}")
        for area in catalogue.areas().values()
        for pillar in PILLARS
    ]
    form.fill(MapOnScreen(report.pairs()))
    stale: Stale | None = None
    conflicts: list[Conflict] = []
    if form.validate_on_submit():
        try:
            form.check_version(MapOnScreen(report.pairs()))
            area_pillars.edit(form.chosen(), by=current_user)
            db.session.commit()
        except Stale as error:
            db.session.rollback()
            stale, conflicts = error, form.conflict(MapOnScreen(report.pairs()))
        except Invalid as error:
            db.session.rollback()
            form.refuse(error)
        else:
            flash(_("The map of areas and pillars is saved."))
            return redirect(url_for("area_pillars.edit"), 303)
    page = render_template(
        "area_pillars/edit.html",
        form=form,
        groups=catalogue.area_groups(),
        pillars=PILLARS,
        stale=stale,
        conflicts=conflicts,
    )
    return page, 409 if stale else 422 if form.errors or form.form_errors else 200
