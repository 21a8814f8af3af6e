"""Measures of a plan: one measure, a new one, edits, retiring, the status that is stated, and measures from a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.errors import Invalid, Stale
from tracker.extensions import db
from tracker.forms.fields import option
from tracker.forms.measures import MeasureForm, MeasureReasonForm, RegionalMeasureForm, StatedStatusForm
from tracker.forms.plans import MeasuresFileForm
from tracker.imports import measures as imports
from tracker.models import PILLARS, Measure, MeetingOutcome, OutcomeKind, Plan, PlanKind
from tracker.policy import Permission
from tracker.reports import catalogue, measure_links
from tracker.reports import meetings as meetings_report
from tracker.reports import plans as report
from tracker.reports.csv_file import lines
from tracker.reports.measures import OF_STATED_STATUS
from tracker.reports.timeline import Seen
from tracker.services import measures as service
from tracker.services import meetings
from tracker.texts import gettext as _
from tracker.texts import ngettext
from tracker.web import chosen, retired, timeline
from tracker.web.locale import language
from tracker.web.presentation import number
from tracker.web.request_keys import Made, once

blueprint = Blueprint("measures", __name__)

MOST_KEPT = 32 * 1024
"""Bytes of a file whose preview is kept in the session, which each request reads: about a hundred measures."""


@blueprint.get("/measures/<reference>")
def show(reference: str) -> ResponseReturnValue:
    """One measure: what it says, how far it is, what serves it, what happened to it."""
    measure = report.load_measure(reference)
    reach = policy.reach(current_user)
    may_edit = policy.can(current_user, Permission.PLAN_EDIT, measure.plan)
    hidden = () if report.holds_region(measure.plan, reach) else OF_STATED_STATUS
    return render_template(
        "measures/show.html",
        measure=measure,
        plan=measure.plan,
        told=report.measure_sheet(measure, language()),
        is_regional=measure.plan.kind is PlanKind.REGIONAL,
        may_edit=may_edit,
        links=measure_links.of_measure(current_user, measure),
        states=catalogue.states(),
        history=timeline.page(measure, Seen(reach, hidden)),
    )


# Writing


@blueprint.route("/plans/<code>/measures/new", methods=["GET", "POST"])
def create(code: str) -> ResponseReturnValue:
    """A new measure of the plan; ``?outcome=`` makes it of what a meeting recommended or discussed."""
    plan = _editable_plan(code)
    outcome = meetings_report.origin_of_a_measure(request.args["outcome"]) if "outcome" in request.args else None
    form = _form(plan)
    if not form.is_bound:
        _propose(form, outcome)

    def make() -> Made:
        measure = service.create(plan, service.Wording(**form.values()), by=current_user)
        if outcome is not None:
            meetings.become(outcome, measure, by=current_user)
        return url_for("measures.show", reference=measure.reference), _(
            "%(reference)s is added to the plan.", reference=measure.reference
        )

    def faults() -> Iterable[Invalid]:
        return service.faults(plan, service.Wording(**form.values()))

    if form.checks_out(faults) and (answer := once(form, make, lasts=True)):
        return answer
    return render_template("measures/new.html", plan=plan, form=form, outcome=outcome), _status(form)


def _propose(form: MeasureForm, outcome: MeetingOutcome | None) -> None:
    """Before anything is typed: the pillar asked for; of a recommendation its words, and the one pillar examined."""
    pillar = request.args.get("pillar")
    if outcome is not None:
        form.text.process(None, outcome.text)
        is_topic, meeting = outcome.kind is OutcomeKind.TOPIC, outcome.meeting.reference
        words = (
            _("Topic of the meeting %(meeting)s", meeting=meeting)
            if is_topic
            else _("Recommended by the meeting %(meeting)s", meeting=meeting)
        )
        form.wording_note.process(None, words)
        pillar = pillar or outcome.meeting.pillars
    if pillar in PILLARS:
        form.pillar.process(None, pillar)


@blueprint.route("/measures/<reference>/edit", methods=["GET", "POST"])
def edit(reference: str) -> ResponseReturnValue:
    """Change what the measure says."""
    measure = _editable(reference)
    if answer := retired.way_out(measure):
        return answer
    form = _form(measure.plan, measure)

    def wording() -> service.Wording:
        return service.Wording(**{"pillar": measure.pillar} | form.values())

    return _act(
        measure,
        form,
        "measures/edit.html",
        save=lambda: service.edit(measure, wording(), by=current_user),
        faults=lambda: service.faults(measure.plan, wording(), measure),
    )


def _form(plan: Plan, measure: Measure | None = None) -> MeasureForm:
    """The form that fits the plan, with its choices; the pillar of a measure of the Strategy stays."""
    regional = RegionalMeasureForm() if plan.kind is PlanKind.REGIONAL else None
    form = regional or MeasureForm()
    form.pillar.choices = [option(one, f"{one}. {title}") for one, title in report.PILLARS.items()]
    if regional is None and measure is not None:
        del form.pillar
    if regional is not None:
        offered = report.strategy_choices()
        regional.carries.choices = [
            option(key, f"{reference} {text}", _("Pillar %(number)s", number=pillar))
            for key, reference, text, pillar in [*offered, *_retired_ones(measure, offered)]
        ]
        regional.named.choices = [
            option(state_id, name) for state_id, name in report.state_names(plan, plan.participants, language())
        ]
    return form


def _retired_ones(measure: Measure | None, offered: list[Any]) -> list[Any]:
    """Measures of the Strategy that this one carries out and that were retired since: still to be ticked off."""
    known = {row[0] for row in offered}
    linked = [row.strategy_measure_id for row in measure.carries] if measure is not None else []
    gone = [db.session.get_one(Measure, key) for key in linked if key not in known]
    return [(row.id, row.reference, row.text, row.pillar) for row in gone]


# What happens to it


@blueprint.route("/measures/<reference>/retire", methods=["GET", "POST"])
def retire(reference: str) -> ResponseReturnValue:
    """Take the measure out of the plan with a reason, or put a retired one back."""
    measure, form = _editable(reference), MeasureReasonForm()

    def save() -> bool:
        act = service.reinstate if measure.retired_on else service.retire
        act(measure, form.reason.data, by=current_user)
        return True

    return _act(measure, form, "measures/retire.html", save)


@blueprint.route("/measures/<reference>/status", methods=["GET", "POST"])
def state_status(reference: str) -> ResponseReturnValue:
    """State a status with its reason and day, beside the computed one."""
    measure, form = _editable(reference), StatedStatusForm()
    if answer := retired.way_out(measure):
        return answer

    def save() -> bool:
        given = form.values()
        return service.state_status(
            measure, given["stated_status"], given["stated_on"], given["stated_reason"], by=current_user
        )

    def faults() -> Iterable[Invalid]:
        given = form.values()
        return service.faults_of_statement(given["stated_on"], given["stated_reason"])

    return _act(measure, form, "measures/status.html", save, faults)


@blueprint.route("/measures/<reference>/status/withdraw", methods=["GET", "POST"])
def withdraw_status(reference: str) -> ResponseReturnValue:
    """Take the stated status back, with a reason."""
    measure, form = _editable(reference), MeasureReasonForm()

    def save() -> bool:
        service.withdraw_status(measure, form.reason.data, by=current_user)
        return True

    return _act(measure, form, "measures/withdraw_status.html", save)


def _act(
    measure: Measure,
    form: Any,
    template: str,
    save: Callable[[], bool],
    faults: Callable[[], Iterable[Invalid]] = tuple,
) -> ResponseReturnValue:
    """Show the form, or save what was given, once, and go back to the measure.

    ``save`` says whether it changed anything, ``faults`` what the rules have against what was given.
    """
    form.fill(measure)
    stale, conflicts = None, []

    def act() -> Made:
        form.check_version(measure)
        done = _("Done. It stands in the timeline of %(reference)s.", reference=measure.reference)
        words = done if save() else _("Nothing was changed.")
        return url_for("measures.show", reference=measure.reference), words

    try:
        if form.checks_out(faults) and (answer := once(form, act)):
            return answer
    except Stale as error:
        db.session.rollback()
        stale, conflicts = error, form.conflict(measure)
    page = render_template(template, measure=measure, plan=measure.plan, form=form, stale=stale, conflicts=conflicts)
    return page, 409 if stale else _status(form)


# From a file


@blueprint.route("/plans/<code>/import", methods=["GET", "POST"])
def load(code: str) -> ResponseReturnValue:
    """Measures from a CSV file: a preview with every fault first, then all of them or none. The preview is a page of
    its own, which is drawn from what was kept of the rows; of rows that are too many to be kept, the form's answer."""
    plan = _editable_plan(code)
    form = MeasuresFileForm()
    checked = None
    if "preview" in request.args:
        chosen.show(url_for("measures.load", code=plan.code), form)
    if form.validate_on_submit():
        checked = _checked(plan, form)
        if checked and not checked.faults and (answer := _go_on(plan, form, checked)):
            return answer
    elif form.content.data and not form.is_bound:
        checked = _checked(plan, form)
    is_preview = bool(checked and checked.rows and not checked.faults)
    page = render_template(
        "measures/import.html",
        plan=plan,
        form=form,
        checked=checked,
        is_preview=is_preview,
        column_words=imports.COLUMNS,
        strategy={key: ref for key, ref, _text, _pillar in report.strategy_choices()} if is_preview else {},
        states=catalogue.states(),
        columns=imports.columns(plan),
        example=imports.example(plan),
    )
    return page, _status(form) if form.is_bound else 200


@blueprint.get("/plans/<code>/import.csv")
def template(code: str) -> Response:
    """A file of measures to start from."""
    plan = _editable_plan(code)
    name = f"measures-{plan.code.lower()}.csv"
    return Response(
        b"".join(lines(imports.template(plan))),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _checked(plan: Plan, form: MeasuresFileForm) -> imports.Checked | None:
    """What the file or the pasted rows hold; the rows then stand in the form, to be put right or loaded."""
    try:
        if form.file.data is not None:
            form.content.data = imports.decoded(form.file.data.stream)
        if not form.content.data.strip():
            raise Invalid(_("Choose a file, or paste the rows."), "content")
    except Invalid as error:
        form.refuse(error)
        return None
    checked = imports.check(plan, form.content.data)
    if checked.faults:
        form.refuse(
            Invalid(
                ngettext(
                    "%(count)s fault, listed under “What is wrong”. Nothing was loaded.",
                    "%(count)s faults, listed under “What is wrong”. Nothing was loaded.",
                    len(checked.faults),
                    count=number(len(checked.faults)),
                ),
                "content",
            )
        )
    return checked


def _go_on(plan: Plan, form: MeasuresFileForm, checked: imports.Checked) -> ResponseReturnValue | None:
    """Load what was shown, or lead to the page that shows it; None where that is too large to be kept."""
    path = url_for("measures.load", code=plan.code)
    if "load" in request.form:
        if answer := once(form, lambda: _loaded(plan, checked)):
            chosen.forget(path)
        return answer
    if not checked.rows or len(form.content.data.encode()) > MOST_KEPT:
        return None
    chosen.keep(path, {"content": form.content.data})
    return redirect(url_for("measures.load", code=plan.code, preview=1), 303)


def _loaded(plan: Plan, checked: imports.Checked) -> Made:
    count = imports.load(plan, checked, by=current_user)
    words = (
        ngettext("%(count)s measure was added.", "%(count)s measures were added.", count, count=number(count))
        if count
        else _("Nothing was added: all of it is in the plan already.")
    )
    return url_for("plans.show", code=plan.code), words


def _editable_plan(code: str) -> Plan:
    plan = report.load(code)
    policy.require(current_user, Permission.PLAN_EDIT, plan)
    return plan


def _editable(reference: str) -> Measure:
    measure = report.load_measure(reference)
    policy.require(current_user, Permission.PLAN_EDIT, measure.plan)
    return measure


def _status(form: Any) -> int:
    return 422 if form.errors or form.form_errors else 200
