"""Meetings: the list and its file, one meeting with what it produced, and everything that is written of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.errors import Invalid, NotFound, Stale
from tracker.extensions import db
from tracker.forms.base import OnScreen
from tracker.forms.fields import option
from tracker.forms.meetings import MeetingForm, OutcomeForm, RemoveOutcomeForm
from tracker.models import Meeting, MeetingOutcome, MeetingPart, OutcomeKind
from tracker.policy import Permission
from tracker.reports import catalogue
from tracker.reports import meetings as report
from tracker.reports.plans import PILLARS
from tracker.reports.states import names_over_time
from tracker.reports.timeline import Seen
from tracker.services import meetings
from tracker.services.meetings import MeetingInput
from tracker.services.reference import STRATEGY
from tracker.texts import gettext as _
from tracker.texts import ngettext
from tracker.web import filters, timeline
from tracker.web.exports import csv_response
from tracker.web.lists import FilterWords, ListPage
from tracker.web.locale import language
from tracker.web.presentation import number
from tracker.web.request_keys import Made, once, repeated

blueprint = Blueprint("meetings", __name__)


# The list


@blueprint.get("/meetings")
def index() -> ResponseReturnValue:
    """The meetings, as the address narrows and sorts them."""
    page = report.MEETINGS.page(request.args)
    shown = ListPage(page, url_for("meetings.index"), _counted, _filter_words(), _sort_words())
    return render_template(
        "meetings/index.html",
        list=shown,
        choices=_choices(),
        export_href=shown.export_href(url_for("meetings.export")),
        may_export=policy.can(current_user, Permission.REPORT_RUN),
        may_create=policy.can(current_user, Permission.MEETING_EDIT),
    )


@blueprint.get("/meetings.csv")
def export() -> Response:
    """The rows of the list as a file."""
    bom = request.args.get("bom") != "0"
    return csv_response(
        "meetings", report.HEADER, report.MEETINGS, request.args, None, tuple, base=report.FILE, bom=bom
    )


def _counted(count: int) -> str:
    return ngettext("%(counted)s meeting", "%(counted)s meetings", count, counted=number(count))


def _filter_words() -> dict[str, FilterWords]:
    return {
        "q": FilterWords(_("Words")),
        "series": FilterWords(_("Series")),
        "year": FilterWords(_("Year")),
        "plan": FilterWords(_("Plan")),
        "organisation": FilterWords(_("Organisation")),
        "state": filters.state_words(),
    }


def _sort_words() -> dict[str, str]:
    return {"date": _("date"), "reference": _("reference")}


def _choices() -> dict[str, list[tuple[str, str]]]:
    """The choices of the filters: what some meeting has."""
    known = report.choices()
    return {
        "series": filters.with_all((one, one) for one in known.series),
        "year": filters.with_all((one, one) for one in known.years),
        "plan": filters.with_all((one, one) for one in known.plans),
        "organisation": filters.with_all((one, one) for one in known.organisations),
        "state": filters.with_all((one.id, one.name) for one in catalogue.states().values()),
    }


# One meeting


@blueprint.get("/meetings/<reference>")
def show(reference: str) -> ResponseReturnValue:
    """Where and when it was held and by whom, who took part, what it examined and what it produced."""
    sheet = report.sheet(current_user, reference)
    meeting = sheet.meeting
    may_edit = policy.can(current_user, Permission.MEETING_EDIT)
    reach, names = policy.reach(current_user), names_over_time(language())
    return render_template(
        "meetings/show.html",
        sheet=sheet,
        meeting=meeting,
        pillars=[(one, PILLARS[one]) for one in meetings.pillars_of(meeting)],
        states=sorted((names.as_at(row.state_id, meeting.sort_day), row.state_id) for row in meeting.states),
        reach=reach,
        plan_code=sheet.plan.code if sheet.plan else STRATEGY,
        MeetingPart=MeetingPart,
        may_edit=may_edit,
        becomes=_becomes(sheet),
        base=f"{request.script_root}/",
        history=timeline.page(meeting, Seen(reach)),
    )


def _becomes(sheet: report.Sheet) -> dict[int, list[tuple[str, str]]]:
    """What the reader may make of each recommendation and topic: words and address.

    It becomes one measure, which everyone sees; a recommendation also a follow-up of each Member State, and which have
    one shows only in part: so that stays on offer.
    """
    plan = sheet.plan
    may_measure = plan is not None and policy.can(current_user, Permission.PLAN_EDIT, plan)
    may_follow_up = policy.can(current_user, Permission.FOLLOWUP_EDIT)
    found: dict[int, list[tuple[str, str]]] = {}
    for row in sheet.outcomes:
        outcome, acts = row.outcome, []
        if outcome.kind not in (OutcomeKind.RECOMMENDATION, OutcomeKind.TOPIC):
            continue
        if plan is not None and may_measure and outcome.measure_id is None:
            acts.append((_("Make it a measure of %(plan)s", plan=plan.code), _measure_href(plan.code, outcome)))
        if may_follow_up and outcome.kind is OutcomeKind.RECOMMENDATION:
            acts.append((_("Make it a follow-up"), url_for("followups.create", outcome=outcome.id)))
        found[outcome.id] = acts
    return found


def _measure_href(code: str, outcome: MeetingOutcome) -> str:
    return f"{request.script_root}/plans/{code}/measures/new?outcome={outcome.id}"


# Writing


@blueprint.route("/meetings/new", methods=["GET", "POST"])
def create() -> ResponseReturnValue:
    """Record a meeting."""
    policy.require(current_user, Permission.MEETING_EDIT)
    form = MeetingForm()
    _offer(form)

    def record() -> Made:
        meeting = meetings.create(MeetingInput(**form.values()), by=current_user)
        words = _("%(reference)s is recorded.", reference=meeting.reference)
        return url_for("meetings.show", reference=meeting.reference), words

    if form.checks_out(_faults(form)) and (answer := once(form, record, lasts=True)):
        return answer
    return render_template("meetings/new.html", form=form, **_known()), _status(form)


@blueprint.route("/meetings/<reference>/edit", methods=["GET", "POST"])
def edit(reference: str) -> ResponseReturnValue:
    """Change what is recorded; two who edit at once are shown both texts (R20)."""
    policy.require(current_user, Permission.MEETING_EDIT)
    meeting = report.load(reference)
    form = MeetingForm()
    _offer(form)
    form.fill(meeting)

    def save() -> Made:
        form.check_version(meeting)
        given = MeetingInput(**form.values())
        is_changed = meetings.edit(meeting, given, by=current_user, version=form.version.data)
        words = _("%(reference)s is saved.", reference=meeting.reference)
        return _page(meeting), words if is_changed else _("Nothing was changed.")

    try:
        if form.checks_out(_faults(form)) and (answer := once(form, save)):
            return answer
    except Stale as stale:
        db.session.rollback()
        conflicts = form.conflict(report.load(reference))
        return _edit_page(meeting, form, stale=stale, conflicts=conflicts), 409
    return _edit_page(meeting, form), _status(form)


def _faults(form: MeetingForm) -> Callable[[], Iterable[Invalid]]:
    """What the rules have against what was typed."""
    return lambda: meetings.faults(MeetingInput(**form.values()))


def _edit_page(meeting: Meeting, form: MeetingForm, **more: Any) -> str:
    return render_template("meetings/edit.html", meeting=meeting, form=form, back=_page(meeting), **_known(), **more)


def _offer(form: MeetingForm) -> None:
    """Pillars, plans, and the States by subregion as choices."""
    form.pillars.choices = [option(one, f"{one}: {title}") for one, title in PILLARS.items()]
    form.plan_id.choices = [option(row_id, f"{code}: {title}") for row_id, code, title in report.plans_to_choose()]
    form.states.choices = [option(*choice) for choice in catalogue.state_choices()]


def _known() -> dict[str, Any]:
    """What the form offers for what is typed: the organisations by acronym, and the series in use."""
    organisations = sorted(catalogue.organisations().values(), key=lambda one: one.acronym.casefold())
    return {"organisations": organisations, "series": report.choices().series}


# Outcomes


@blueprint.route("/meetings/<reference>/outcomes/new", methods=["GET", "POST"])
def add_outcome(reference: str) -> ResponseReturnValue:
    """Add a gap, a good practice or a recommendation."""
    policy.require(current_user, Permission.MEETING_EDIT)
    meeting = report.load(reference)
    form = OutcomeForm()

    def added() -> Made:
        meetings.add_outcome(meeting, form.kind.data, form.text.data, by=current_user)
        return f"{_page(meeting)}#outcomes", _(
            "The outcome stands on the page of %(meeting)s.", meeting=meeting.reference
        )

    if form.validate_on_submit() and (answer := once(form, added)):
        return answer
    return _outcome_page(meeting, form, _page(meeting)), _status(form)


@blueprint.route("/meetings/<reference>/outcomes/<int:outcome_id>/edit", methods=["GET", "POST"])
def edit_outcome(reference: str, outcome_id: int) -> ResponseReturnValue:
    """Correct an outcome; two who do so at once are shown both texts (R20)."""
    policy.require(current_user, Permission.MEETING_EDIT)
    meeting, form = report.load(reference), OutcomeForm()
    outcome = _outcome(meeting, outcome_id)
    back = f"{_page(meeting)}#outcome-{outcome.id}"
    form.fill(OnScreen(outcome, meeting))
    stale, conflicts = None, []

    def save() -> Made:
        form.check_version(meeting)
        given = form.kind.data, form.text.data
        is_changed = meetings.edit_outcome(outcome, *given, by=current_user, version=form.version.data)
        return back, _("The outcome is saved.") if is_changed else _("Nothing was changed.")

    try:
        if form.validate_on_submit() and (answer := once(form, save)):
            return answer
    except Stale as error:
        db.session.rollback()
        stale, conflicts = error, form.conflict(OnScreen(outcome, meeting))
    page = _outcome_page(meeting, form, back, is_there=True, stale=stale, conflicts=conflicts)
    return page, 409 if stale else _status(form)


def _outcome_page(meeting: Meeting, form: OutcomeForm, back: str, **more: Any) -> str:
    given = {"is_there": False, "stale": None, "conflicts": [], **more}
    return render_template("meetings/outcome.html", meeting=meeting, form=form, back=back, **given)


@blueprint.route("/meetings/<reference>/outcomes/<int:outcome_id>/remove", methods=["GET", "POST"])
def remove_outcome(reference: str, outcome_id: int) -> ResponseReturnValue:
    """Take an outcome off, with a reason."""
    policy.require(current_user, Permission.MEETING_EDIT)
    meeting, form = report.load(reference), RemoveOutcomeForm()
    if answer := repeated(form):
        return answer
    outcome = _outcome(meeting, outcome_id)

    def removed() -> Made:
        meetings.remove_outcome(outcome, form.reason.data, by=current_user)
        return f"{_page(meeting)}#outcomes", _("The outcome is taken off. Your reason stands in the timeline.")

    if form.validate_on_submit() and (answer := once(form, removed)):
        return answer
    page = render_template("meetings/remove.html", meeting=meeting, outcome=outcome, form=form, back=_page(meeting))
    return page, _status(form)


def _outcome(meeting: Meeting, outcome_id: int) -> MeetingOutcome:
    """The outcome, where it stands on the list of this meeting."""
    found = report.listed_outcome(outcome_id)
    if found is None or found.meeting_id != meeting.id:
        raise NotFound(_("This outcome is not there, or was taken off."))
    return found


def _page(meeting: Meeting) -> str:
    return url_for("meetings.show", reference=meeting.reference)


def _status(form: Any) -> int:
    return 422 if form.errors or form.form_errors else 200
