"""The catalogue as administrators edit it: the labels, order and activity of the rating levels."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.errors import Invalid, Stale
from tracker.extensions import db
from tracker.forms.base import Conflict
from tracker.forms.ratings import RatingForm
from tracker.policy import Permission
from tracker.services import ratings
from tracker.texts import gettext as _

blueprint = Blueprint("catalogue", __name__, url_prefix="/admin/ratings")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """The rating scale as it is."""
    policy.require(current_user, Permission.CATALOGUE_MANAGE)
    return render_template("catalogue/ratings.html", levels=ratings.levels())


@blueprint.route("/<code>", methods=["GET", "POST"])
def edit_rating(code: str) -> ResponseReturnValue:
    """Change one level."""
    policy.require(current_user, Permission.CATALOGUE_MANAGE)
    level = ratings.level(code)
    form = RatingForm()
    form.fill(level)
    conflicts: list[Conflict] = []
    stale = None
    if form.validate_on_submit():
        try:
            form.check_version(level)
            ratings.edit(level, **form.values(), by=current_user)
            db.session.commit()
        except Stale as error:
            db.session.rollback()
            stale, conflicts = error, form.conflict(ratings.level(code))
        except Invalid as error:
            db.session.rollback()
            form.refuse(error)
        else:
            flash(_("The rating level is saved."))
            return redirect(url_for("catalogue.index"), 303)
    page = render_template(
        "catalogue/rating.html", form=form, level=ratings.level(code), stale=stale, conflicts=conflicts
    )
    return page, 409 if stale else 422 if form.errors else 200
