"""A visit's matrix on one screen, and its areas one by one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy, seals, workflow
from tracker.errors import Invalid, NotFound, Stale
from tracker.extensions import db
from tracker.forms.assessments import AssessmentForm
from tracker.forms.fields import option
from tracker.forms.review import SubmitForm
from tracker.models import Assessment, Matrix, MatrixStatus, Seal, Visit
from tracker.policy import Permission
from tracker.reports import assessments as report
from tracker.reports import catalogue
from tracker.reports.catalogue import AreaEntry
from tracker.services import assessments
from tracker.texts import gettext as _
from tracker.web import timeline

REVIEWERS = ("sign_off", "return")
"""The moves that are made on the review's page."""

UNSIGNED: dict[str, Any] = {
    "submit_form": None,
    "may_recall": False,
    "may_review": False,
    "missing": [],
    "changes": [],
    "history": None,
}
"""The page of a visit of which nothing is assessed yet."""


@dataclass(frozen=True)
class AreaChange:
    """An area whose assessment differs from the last seal."""

    code: str
    old_rating: str
    old_explanation: str
    new_rating: str
    new_explanation: str


blueprint = Blueprint("assessments", __name__, url_prefix="/visits/<reference>/matrix")


@blueprint.get("")
def index(reference: str) -> ResponseReturnValue:
    """Every area in scope or assessed, with its rating and that of the visit before."""
    head = report.head(current_user, reference)
    visit, matrix = head.visit, head.matrix
    sheet = report.sheet(visit, matrix)
    return render_template(
        "assessments/index.html",
        head=head,
        visit=visit,
        matrix=matrix,
        sheet=sheet,
        may_edit=visit.is_assessment and policy.can(current_user, Permission.ASSESSMENT_EDIT, matrix or visit),
        next_code=sheet.next_after(""),
        other_areas=[(area.code, area.words) for area in sheet.others],
        **(_signing(matrix, head.seal) if matrix is not None else UNSIGNED),
    )


def _signing(matrix: Matrix, seal: Seal | None) -> dict[str, Any]:
    """What may be done about the matrix as a whole, and what happened to it."""
    moves = {move.action for move in workflow.available(matrix, current_user, but=REVIEWERS)}
    missing = workflow.missing(matrix) if "submit" in moves else []
    is_submitted = matrix.workflow is MatrixStatus.SUBMITTED
    return {
        "submit_form": SubmitForm.of(matrix) if "submit" in moves and not missing else None,
        "may_recall": "recall" in moves,
        "may_review": is_submitted and policy.can(current_user, Permission.REVIEW, matrix),
        "missing": missing,
        "changes": _changes(matrix, seal) if seals.is_changed(matrix) and not is_submitted else [],
        "history": timeline.page(matrix),
    }


def _changes(matrix: Matrix, seal: Seal | None) -> list[AreaChange]:
    """The areas whose assessment differs from the seal, in the order of their codes."""
    before = {row[0]: row for row in json.loads(seal.canonical)["assessments"]} if seal else {}
    after = {row[0]: row for row in seals.content(matrix)["assessments"]}
    labels = catalogue.rating_labels()
    return [
        AreaChange(code, *_words_of(before.get(code), labels), *_words_of(after.get(code), labels))
        for code in sorted(before.keys() | after.keys())
        if before.get(code) != after.get(code)
    ]


def _words_of(row: list[Any] | None, labels: dict[str, str]) -> tuple[str, str]:
    """Rating and explanation of a sealed row."""
    return ("", "") if row is None else (labels.get(row[2], row[2]), row[3])


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
        following = report.sheet(visit, None).next_after(area.code)
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
        stale=stale,
        conflicts=conflicts,
    )
