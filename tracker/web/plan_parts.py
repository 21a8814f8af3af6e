"""The rows of a plan: phases of a regional one, reviews of the Strategy. One table says what each part is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.errors import Invalid, NotFound, Stale
from tracker.extensions import db
from tracker.forms.plans import PhaseForm, PlanPartForm, RemovePartForm, ReviewForm
from tracker.models import Plan, PlanKind, PlanPhase, PlanReview
from tracker.policy import Permission
from tracker.reports import plans as report
from tracker.services import plans as service
from tracker.texts import gettext as _
from tracker.texts import lazy_gettext as _l
from tracker.web.request_keys import Made, once, repeated

blueprint = Blueprint("plan_parts", __name__, url_prefix="/plans/<code>/<any(phases, reviews):part>")


@dataclass(frozen=True)
class Part:
    """What a part is: its rows, its form, the words on its pages, and what the service does with it."""

    kind: PlanKind
    model: type[Any]
    form: type[PlanPartForm]
    given: type[Any]
    add_words: Any
    edit_words: Any
    remove_words: Any
    add: Callable[..., Any]
    edit: Callable[[Plan, Any, Any, Any], bool]
    remove: Callable[[Plan, Any, Any], None]
    called: Callable[[Any], str]
    faults: Callable[[Plan, Any, Any], Iterable[Invalid]]
    """Of what was given of a row (None: a new one), as far as the rules of the house go."""


PARTS: dict[str, Part] = {
    "phases": Part(
        PlanKind.REGIONAL,
        PlanPhase,
        PhaseForm,
        service.Phase,
        _l("Add a phase"),
        _l("Edit the phase"),
        _l("Remove the phase"),
        service.add_phase,
        lambda _plan, row, given, by: service.edit_phase(row, given, by=by),
        lambda _plan, row, by: service.remove_phase(row, by=by),
        lambda row: str(row.title),
        lambda plan, row, given: service.faults_of_phase(given, [one for one in plan.phases if one is not row]),
    ),
    "reviews": Part(
        PlanKind.STRATEGY,
        PlanReview,
        ReviewForm,
        service.Review,
        _l("Add a review"),
        _l("Edit the review"),
        _l("Remove the review"),
        service.add_review,
        lambda plan, row, given, by: service.edit_review(plan, row, given, by=by),
        lambda plan, row, by: service.remove_review(plan, row, by=by),
        lambda row: str(row.symbol),
        lambda _plan, _row, _given: (),
    ),
}


@blueprint.route("/new", methods=["GET", "POST"])
def add(code: str, part: str) -> ResponseReturnValue:
    """Add a row to a part of the plan."""
    plan, kind = _editable(code, part)
    form: Any = kind.form()

    def put() -> Made:
        kind.add(plan, kind.given(**form.values()), by=current_user)
        return _back(plan, part), _("Added.")

    if form.checks_out(_faults(kind, form, plan)) and (answer := once(form, put)):
        return answer
    return _page(plan, form, kind.add_words, _back(plan, part))


@blueprint.route("/<int:row_id>", methods=["GET", "POST"])
def edit(code: str, part: str, row_id: int) -> ResponseReturnValue:
    """Change a row of a part of the plan."""
    plan, kind = _editable(code, part)
    row = _row(plan, kind, row_id)
    form = kind.form()
    form.show(row, plan)
    stale, conflicts = None, []

    def save() -> Made:
        form.check_version(plan)
        is_changed = kind.edit(plan, row, kind.given(**form.values()), current_user)
        return _back(plan, part), _("Saved.") if is_changed else _("Nothing was changed.")

    try:
        if form.checks_out(_faults(kind, form, plan, row)) and (answer := once(form, save)):
            return answer
    except Stale as error:
        db.session.rollback()
        stale, conflicts = error, form.conflict_in(row, plan)
    remove = url_for("plan_parts.remove", code=plan.code, part=part, row_id=row.id), kind.remove_words
    return _page(plan, form, kind.edit_words, _back(plan, part), remove, stale, conflicts)


@blueprint.route("/<int:row_id>/remove", methods=["GET", "POST"])
def remove(code: str, part: str, row_id: int) -> ResponseReturnValue:
    """Take a row off the plan, once it is confirmed. The history keeps it."""
    plan, kind = _editable(code, part)
    form = RemovePartForm()
    if answer := repeated(form):
        return answer
    row = _row(plan, kind, row_id)
    form.show(row, plan)

    def take_off() -> Made:
        form.check_version(plan)
        kind.remove(plan, row, current_user)
        return _back(plan, part), _("Removed. The timeline keeps what it said.")

    stale = None
    try:
        if form.validate_on_submit() and (answer := once(form, take_off)):
            return answer
    except Stale as error:
        db.session.rollback()
        stale = error
        form.conflict_in(row, plan)
    page = render_template(
        "plans/remove.html",
        plan=plan,
        stale=stale,
        form=form,
        title=kind.remove_words,
        called=kind.called(row),
        back=_back(plan, part),
    )
    return page, 409 if stale else 200


def _editable(code: str, part: str) -> tuple[Plan, Part]:
    plan, kind = report.load(code), PARTS[part]
    policy.require(current_user, Permission.PLAN_EDIT, plan)
    if plan.kind is not kind.kind:
        raise NotFound(_("The Strategy has reviews, a regional plan has phases."))
    return plan, kind


def _faults(kind: Part, form: Any, plan: Plan, row: Any = None) -> Callable[[], Iterable[Invalid]]:
    return lambda: kind.faults(plan, row, kind.given(**form.values()))


def _row(plan: Plan, kind: Part, row_id: int) -> Any:
    row = db.session.get(kind.model, row_id)
    if row is None or row.plan_id != plan.id:
        raise NotFound(_("This is no longer in the plan: somebody removed it, or the address is wrong."))
    return row


def _back(plan: Plan, part: str) -> str:
    return url_for("plans.show", code=plan.code, _anchor=part)


def _page(
    plan: Plan,
    form: Any,
    title: Any,
    back: str,
    remove: tuple[str, Any] | None = None,
    stale: Stale | None = None,
    conflicts: Any = (),
) -> ResponseReturnValue:
    page = render_template(
        "plans/part.html", plan=plan, form=form, title=title, back=back, remove=remove, stale=stale, conflicts=conflicts
    )
    return page, 409 if stale else 422 if form.errors or form.form_errors else 200
