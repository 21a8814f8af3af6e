"""A visit's matrix on one screen, and its areas one by one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from tracker import policy, seals, workflow
from tracker.errors import Invalid, NotFound, Stale
from tracker.extensions import db
from tracker.forms.assessments import AssessmentForm
from tracker.forms.fields import option
from tracker.forms.review import SubmitForm
from tracker.models import Assessment, Matrix, MatrixStatus, Visit
from tracker.policy import Permission
from tracker.reports import assessments as report
from tracker.reports import catalogue, states
from tracker.reports.catalogue import AreaEntry
from tracker.services import assessments
from tracker.web import sealed, timeline

blueprint = Blueprint("assessments", __name__, url_prefix="/visits/<reference>/matrix")


@blueprint.get("")
def index(reference: str) -> ResponseReturnValue:
    """Every area in scope or assessed, with its rating and that of the visit before."""
    visit = policy.load(current_user, Visit, reference=reference)
    sheet = report.sheet(visit)
    may_edit = visit.is_assessment and policy.can(current_user, Permission.ASSESSMENT_EDIT, sheet.matrix or visit)
    return render_template(
        "assessments/index.html",
        visit=visit,
        state_name=states.name_as_at(visit.state_id, visit.sort_day),
        sheet=sheet,
        matrix=sheet.matrix,
        ratings=catalogue.rating_labels(),
        may_edit=may_edit,
        next_code=sheet.next_after(""),
        other_areas=_other_areas(sheet),
        **_signing(sheet.matrix),
    )


def _signing(matrix: Matrix | None) -> dict[str, Any]:
    """What may be done about the matrix as a whole, and what happened to it; nothing before there is one."""
    if matrix is None:
        return dict.fromkeys(("submit_form", "seal", "history"), None) | {
            "may_recall": False,
            "may_review": False,
            "missing": [],
            "changes": [],
        }
    moves = {move.action for move in workflow.available(matrix, current_user)}
    missing = workflow.missing(matrix) if "submit" in moves else []
    return {
        "submit_form": SubmitForm(formdata=None) if "submit" in moves and not missing else None,
        "may_recall": "recall" in moves,
        "may_review": matrix.workflow is MatrixStatus.SUBMITTED and policy.can(current_user, Permission.REVIEW, matrix),
        "missing": missing,
        "seal": seals.last(matrix),
        "changes": sealed.changes(matrix) if seals.is_changed(matrix) else [],
        "history": timeline.page(matrix),
    }


@blueprint.get("/other")
def other(reference: str) -> ResponseReturnValue:
    """From the select of areas beyond the scope to the page of the one chosen."""
    visit = policy.load(current_user, Visit, reference=reference)
    area = _area(request.args.get("area", ""))
    return redirect(url_for("assessments.edit", reference=visit.reference, area_code=area.code), 303)


@blueprint.route("/<area_code>", methods=["GET", "POST"])
def edit(reference: str, area_code: str) -> ResponseReturnValue:
    """Rate one area: save, or save and go to the next one that is not assessed."""
    visit = policy.load(current_user, Visit, reference=reference)
    policy.require(current_user, Permission.ASSESSMENT_EDIT, report.matrix_for(visit) or visit)
    area = _area(area_code)
    row = report.assessment_for(visit, area.code)
    form = AssessmentForm()
    form.rating.choices = _rating_choices(row)
    if row is not None:
        form.fill(row)
    if form.validate_on_submit():
        try:
            assessments.assess(visit, area.code, by=current_user, version=form.version.data or 0, **form.values())
            db.session.commit()
        except Stale as stale:
            db.session.rollback()
            return _conflict(visit, area, form, stale)
        except Invalid as error:
            db.session.rollback()
            form.refuse(error)
        else:
            flash(_("%(area)s is assessed.", area=area.code))
            return redirect(_onward(visit, area), 303)
    return _edit_page(visit, area, form, row), 422 if form.errors or form.form_errors else 200


def _area(code: str) -> AreaEntry:
    area = catalogue.areas().get(code.upper())
    if area is None or not area.is_assessable:
        raise NotFound(_("There is no such area that can be assessed."))
    return area


def _rating_choices(row: Assessment | None) -> list[Any]:
    """The scale as it is now, and the level given, should it be retired since."""
    given = row.rating if row else None
    return [
        option(level.code, level.label)
        for level in catalogue.ratings().values()
        if level.is_active or level.code == given
    ]


def _onward(visit: Visit, area: AreaEntry) -> str:
    """Where "Save and go to next area" leads: the next area that is not assessed, or the matrix at the end."""
    if "next" in request.form:
        following = report.sheet(visit).next_after(area.code)
        if following is not None:
            return url_for("assessments.edit", reference=visit.reference, area_code=following)
    return url_for("assessments.index", reference=visit.reference, _anchor=area.code)


def _conflict(visit: Visit, area: AreaEntry, form: AssessmentForm, stale: Stale) -> ResponseReturnValue:
    """Two people assessed the area: both texts, and what was typed still in the form (R20)."""
    visit = policy.load(current_user, Visit, id=visit.id)
    row = report.assessment_for(visit, area.code)
    conflicts = form.conflict(row) if row is not None else []
    return _edit_page(visit, area, form, row, stale=stale, conflicts=conflicts), 409


def _edit_page(
    visit: Visit,
    area: AreaEntry,
    form: AssessmentForm,
    row: Assessment | None,
    stale: Stale | None = None,
    conflicts: Any = (),
) -> str:
    return render_template(
        "assessments/edit.html",
        visit=visit,
        area=area,
        paragraphs=catalogue.paragraphs_of_area(area.code),
        form=form,
        row=row,
        previous=report.previous_ratings(visit).get(area.code),
        ratings=catalogue.rating_labels(),
        stale=stale,
        conflicts=conflicts,
    )


def _other_areas(sheet: report.MatrixSheet) -> list[tuple[str, str]]:
    """The areas beyond scope and matrix, for a select."""
    shown = {row.area.code for row in sheet.rows}
    return [(code, words) for code, words, _group in catalogue.area_choices() if code not in shown]
