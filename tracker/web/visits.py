"""Visits: the list, a new one, the page of one, and its way through the stages."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import clock, policy, workflow
from tracker.errors import Invalid, Stale
from tracker.extensions import db
from tracker.forms.fields import option
from tracker.forms.visits import NewVisitForm, StageForm
from tracker.models import Visit, VisitMode, VisitSequence, VisitStage, VisitType
from tracker.partial_date import PartialDate, Precision
from tracker.policy import Permission
from tracker.reports import catalogue, visit_sheet, visits
from tracker.reports.states import names_over_time
from tracker.reports.visit_sheet import TaskState
from tracker.services import request_keys
from tracker.services import visit_parts as parts
from tracker.services import visits as service
from tracker.texts import gettext as _
from tracker.texts import ngettext
from tracker.web import filters, overlaps, timeline
from tracker.web.exports import csv_response
from tracker.web.lists import FilterWords, ListPage, members
from tracker.web.locale import language
from tracker.web.presentation import number
from tracker.web.request_keys import Made, once
from tracker.web.words import stage_words
from tracker.workflow.visit import LINE, has_begun, next_stage

blueprint = Blueprint("visits", __name__)

LONG_AGO = timedelta(days=366)
"""Where the last that is known of a visit happened so long ago, its next stage is entered afterwards: today is not
offered as its day."""
COLUMNS = ("dates", "type", "sequence", "mode", "stage", "tour", "conclusions", "followups", "sharing")
SHOWN_AT_FIRST = ("dates", "type", "mode", "stage", "conclusions", "followups")
SORTED_BY = {"dates": "date", "stage": "stage"}

TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "sources": ("visit_parts.add", {"part": "sources"}),
    "visit_consent": ("visit_sections.visit_consent", {}),
    "components": ("visits.show", {"_anchor": "components"}),
    "scope": ("visit_sections.scope", {}),
    "resolutions": ("visit_sections.resolutions", {}),
    "delegation": ("visits.show", {"_anchor": "delegation"}),
    "counterparts": ("visits.show", {"_anchor": "counterparts"}),
    "checks": ("visits.show", {"_anchor": "checks"}),
    "matrix": ("visits.show", {"_anchor": "scope"}),
    "conclusions": ("visits.show", {"_anchor": "conclusions"}),
    "followups": ("visits.show", {"_anchor": "followups"}),
    "share_consent": ("visit_sections.share_consent", {}),
}
"""Where each task of a visit is done."""

TONES = {
    TaskState.DONE: "done",
    TaskState.MARKED: "neutral",
    TaskState.PROPOSED: "neutral",
    TaskState.NEXT: "info",
    TaskState.MISSING: "attention",
    TaskState.LATER: "neutral",
}


# The list


@blueprint.get("/visits")
def index() -> ResponseReturnValue:
    """The visits in the reader's scope, as the address narrows and sorts them."""
    reach = policy.reach(current_user)
    page = visits.VISITS.page(request.args, reach.condition(Visit.state_id), reach=reach)
    columns = _columns()
    extra = {"columns": [",".join(columns)]} if "columns" in request.args else None
    shown = ListPage(page, url_for("visits.index"), _counted, filter_words(), sort_words(), extra, reach)
    return render_template(
        "visits/index.html",
        list=shown,
        columns=columns,
        all_columns=column_words(),
        sorted_by=SORTED_BY,
        names=names_over_time(language()),
        regions={code: region.name for code, region in catalogue.regions().items()},
        choices=_choices(),
        sizes=filters.sizes(),
        base=f"{url_for('visits.index')}/",
        may_export=policy.can(current_user, Permission.REPORT_RUN),
        may_create=policy.can(current_user, Permission.VISIT_EDIT),
    )


HEADER = (
    "visit_id",
    "iso3",
    "member_state",
    "region",
    "visit_start",
    "visit_end",
    "visit_type",
    "visit_mode",
    "visit_sequence",
    "stage",
    "tour",
    "conclusions",
    "follow_ups",
    "sharing",
    "last_updated",
)


@blueprint.get("/visits.csv")
def export() -> Response:
    """The list as a file: the same rows in the same order, the State's name as at the visit."""
    policy.require(current_user, Permission.REPORT_RUN)
    names = names_over_time(language())
    regions = {code: region.name for code, region in catalogue.regions().items()}

    def row_of(row: Any) -> tuple[Any, ...]:
        return (
            row.reference,
            row.state_id,
            names.as_at(row.state_id, row.sort_day),
            regions[row.region_code],
            row.start,
            row.end,
            row.type,
            row.mode,
            row.sequence,
            row.stage,
            row.tour,
            row.conclusions,
            row.followups,
            row.sharing,
            row.updated_at,
        )

    scope = policy.reach(current_user).condition(Visit.state_id)
    return csv_response("visits", HEADER, visits.VISITS, request.args, scope, row_of)


def _counted(count: int) -> str:
    return ngettext("%(counted)s visit", "%(counted)s visits", count, counted=number(count))


def _columns() -> tuple[str, ...]:
    """The columns that the address asks for, in the order of the list."""
    asked = {name.strip() for value in request.args.getlist("columns") for name in value[:500].split(",")}
    return tuple(name for name in COLUMNS if name in asked) or SHOWN_AT_FIRST


def column_words() -> dict[str, str]:
    """Each column that can be shown beside reference and State, in words."""
    told = (
        _("Dates"),
        _("Type"),
        _("Sequence"),
        _("Mode"),
        _("Stage"),
        _("Tour"),
        _("Conclusions"),
        _("Follow-ups"),
        _("Sharing level"),
    )
    return dict(zip(COLUMNS, told, strict=True))


def filter_words() -> dict[str, FilterWords]:
    """The filters of the list in words."""
    return {
        "q": FilterWords(_("Words")),
        "reference": FilterWords(_("Reference begins with"), str.upper),
        "state": filters.state_words(),
        "region": filters.region_words(),
        "type": FilterWords(_("Type"), members(VisitType)),
        "stage": FilterWords(_("Stage"), members(VisitStage)),
        "mode": FilterWords(_("Mode"), members(VisitMode)),
        "sequence": FilterWords(_("Sequence"), members(VisitSequence)),
        "area": filters.area_words(),
        "year-from": FilterWords(_("From")),
        "year-to": FilterWords(_("To")),
        "tour": FilterWords(_("Tour")),
    }


def sort_words() -> dict[str, str]:
    """The orders of the list in words."""
    return {
        "date": _("date"),
        "state": _("Member State"),
        "stage": _("stage"),
        "reference": _("reference"),
    }


def _choices() -> dict[str, filters.Choices]:
    """The choices of the list's filters: only States in the reader's scope."""
    reach = policy.reach(current_user)
    return {
        "state": filters.with_all(filters.states(reach)),
        "region": filters.with_all(filters.regions(reach)),
        "type": filters.with_all(members(VisitType).items()),
        "stage": filters.with_all(members(VisitStage).items()),
        "mode": filters.with_all(members(VisitMode).items()),
        "area": filters.with_all(filters.areas()),
    }


# A new visit


@blueprint.route("/visits/new", methods=["GET", "POST"])
def create() -> ResponseReturnValue:
    """Enter a visit: proposed, or a past one at any stage."""
    policy.require(current_user, Permission.VISIT_EDIT)
    form = NewVisitForm()
    reach = policy.reach(current_user, Permission.VISIT_EDIT)
    form.state.choices = [option(one.id, one.name) for one in catalogue.states().values() if reach.covers(one.id)]
    form.areas.choices = [option(*choice) for choice in catalogue.area_choices()]
    if request.method == "GET":
        _propose(form)

    def record() -> Made:
        visit = _created(form)
        overlaps.warn(visit)
        return url_for("visits.show", reference=visit.reference), _recorded_words(visit)

    if form.validate_on_submit() and (answer := once(form, record, lasts=True)):
        return answer
    page = render_template("visits/new.html", form=form)
    return page, 422 if form.errors else 200


def _propose(form: NewVisitForm) -> None:
    """What the address names of what can be chosen: the Member State, and an area to examine."""
    state, area = (request.args.get(name, "").strip().upper() for name in ("state", "area"))
    if state in {one.value for one in form.state.choices}:
        form.state.process(None, state)
    if area in {one.value for one in form.areas.choices}:
        form.areas.process(None, [area])


def _created(form: NewVisitForm) -> Visit:
    given = form.values()
    source = parts.Source(given["source_title"], given["source_url"]) if given["source_title"] else None
    return service.create(
        given["state"],
        by=current_user,
        details=service.Details(type=given["type"], sequence=given["sequence"], summary=given["summary"]),
        components=[parts.Component(given["mode"], given["start"], given["end"])],
        areas=given["areas"],
        sources=[source] if source else [],
        year=given["year"],
        standing=service.Standing(given["stage"], given["happened"], given["reason"], given["due"], given["no_clock"]),
    )


def _recorded_words(visit: Visit) -> str:
    """What was recorded, and the first task that is open on it."""
    first = visit_sheet.first_open_task(visit_sheet.tasks(visit_sheet.sheet(visit, current_user)))
    if first is None:
        return _("%(reference)s is recorded.", reference=visit.reference)
    return _("%(reference)s is recorded. Next: %(task)s.", reference=visit.reference, task=first.name)


# The page of one


@blueprint.get("/visits/<reference>")
def show(reference: str) -> ResponseReturnValue:
    """The visit, told whole: what is done, what is missing, what is next."""
    visit = policy.load(current_user, Visit, reference=reference.upper())
    told = visit_sheet.sheet(visit, current_user)
    names = names_over_time(language())
    can_edit = policy.can(current_user, Permission.VISIT_EDIT, visit)
    return render_template(
        "visits/show.html",
        visit=visit,
        told=told,
        tasks=_tasks(told, can_edit),
        names=names,
        name_then=names.as_at(visit.state_id, visit.sort_day),
        name_now=catalogue.states()[visit.state_id].name,
        subregion=catalogue.states()[visit.state_id].subregion_code,
        stage_words=lambda stage: stage_words(visit, stage),
        is_beside=visit.stage not in LINE,
        conclusions_label=visits.conclusion_label(visit),
        new_conclusion_words=_new_conclusion_words(visit),
        new_conclusion_path=f"/visits/{visit.reference}/conclusions/new",
        matrix_path=f"/visits/{visit.reference}/matrix",
        conclusions_base=f"{request.script_root}/conclusions/",
        followups_base=f"{request.script_root}/follow-ups/",
        most_shown=visit_sheet.MOST_SHOWN,
        can_edit=can_edit,
        can_conclude=visit.is_assessment and policy.can(current_user, Permission.CONCLUSION_EDIT, visit),
        can_follow_up=policy.can(current_user, Permission.FOLLOWUP_EDIT, visit),
        no_clock=_clocks_that_never_ran(told),
        history=timeline.page(visit),
    )


def _clocks_that_never_ran(told: visit_sheet.Sheet) -> dict[str, str]:
    """Why no due date stands where the State has been given its time, by the stage that starts the clock."""
    reached = {move.to_stage: move.happened for move in told.moves if move.to_stage in service.CLOCKED}
    return {
        stage.value: _("no clock: its length was not yet laid down")
        if day and day.precision is Precision.DAY
        else _("no clock: day not known")
        for stage, day in reached.items()
    }


def _new_conclusion_words(visit: Visit) -> str:
    return _("New %(conclusion)s", conclusion=visits.conclusion_label(visit, is_plural=False).lower())


def _tasks(told: visit_sheet.Sheet, can_edit: bool) -> list[tuple[str, str | None, str, str]]:
    """The tasks as the page shows them: name, where it is done, state in words, tone."""
    said = {
        TaskState.DONE: _("Done"),
        TaskState.MARKED: _("Marked"),
        TaskState.PROPOSED: _("Proposed, not yet confirmed"),
        TaskState.NEXT: _("Next"),
        TaskState.MISSING: _("Missing"),
        TaskState.LATER: _("Later"),
    }
    return [
        (
            task.name,
            _task_href(told.visit, task.key, can_edit),
            f"{said[task.state]} ({task.note})" if task.note else said[task.state],
            TONES[task.state],
        )
        for task in visit_sheet.tasks(told)
    ]


def _task_href(visit: Visit, key: str, can_edit: bool) -> str | None:
    endpoint, values = TASKS[key]
    if endpoint != "visits.show" and not can_edit:
        return None
    return url_for(endpoint, reference=visit.reference, **values)


# The stages


@blueprint.route("/visits/<reference>/stage", methods=["GET", "POST"])
def move(reference: str) -> ResponseReturnValue:
    """Move the visit to another stage, with the day it happened and, where owed, a reason."""
    visit = policy.load(current_user, Visit, reference=reference.upper())
    policy.require(current_user, Permission.VISIT_EDIT, visit)
    form = StageForm()
    here = url_for("visits.show", reference=visit.reference)
    form.stage.choices = _stage_choices(visit)
    form.fill(visit)
    if not form.is_bound and clock.today() - _last_known(visit) < LONG_AGO:
        form.happened.process(None, PartialDate.of(clock.today()))
    stale = None
    if form.is_submitted():
        landed = request_keys.claim(form.request_key.data, current_user)
        if landed:
            return redirect(landed, 303)
        try:
            form.check_section(visit)
            if form.validate():
                return _moved(visit, form, here)
        except Stale as error:
            db.session.rollback()
            stale = error
            form.version.data = visit.version
            form.stage.choices = _stage_choices(visit)
        except Invalid as error:
            db.session.rollback()
            form.refuse(error)
    page = render_template(
        "visits/stage.html",
        form=form,
        visit=visit,
        stale=stale,
        here=stage_words(visit, visit.stage),
        state_name=names_over_time(language()).as_at(visit.state_id, visit.sort_day),
    )
    return page, 409 if stale else 422 if form.errors else 200


def _last_known(visit: Visit) -> date:
    """The latest day on which something of the visit can have happened; of a visit without dates, today."""
    dated = visit.end or visit.start
    days = [dated.last_day if dated else clock.today()]
    days += [move.happened.last_day for move in visit.moves if move.happened]
    return max(days)


def _moved(visit: Visit, form: StageForm, here: str) -> ResponseReturnValue:
    given = form.values()
    service.move_stage(
        visit,
        given["stage"],
        by=current_user,
        happened=given["happened"],
        reason=given["reason"],
        due=given["due"],
        no_clock=given["no_clock"],
    )
    request_keys.land(form.request_key.data, current_user, here)
    db.session.commit()
    if has_begun(visit.stage) and visits.is_before(visit, given["happened"]):
        flash(_("That day lies before the start of the visit. That is allowed; check both."), "warning")
    flash(_("%(reference)s is now at: %(stage)s.", reference=visit.reference, stage=stage_words(visit, visit.stage)))
    return redirect(here, 303)


def _stage_choices(visit: Visit) -> list[Any]:
    """The moves from here: the next step, later ones, those beside the line, corrections."""
    following = next_stage(visit.stage)
    groups: dict[str, list[Any]] = {_("Next step"): [], _("A later step"): [], _("Beside the line"): []}
    corrections: list[Any] = []
    for found in workflow.available(visit, current_user):
        stage = VisitStage(str(found.target))
        if found.action.startswith("correct_to"):
            corrections.append(option(stage.value, stage_words(visit, stage), _("Correct the stage back to")))
            continue
        group = _("Next step") if stage is following else _("A later step")
        group = _("Beside the line") if stage not in LINE else group
        groups[group].append(option(stage.value, _move_words(visit, stage, str(found.label)), group))
    return [one for chosen in groups.values() for one in chosen] + corrections


def _move_words(visit: Visit, stage: VisitStage, label: str) -> str:
    if stage is VisitStage.PROVISIONAL_ISSUED:
        return _("Hand over: %(conclusions)s", conclusions=visits.conclusion_label(visit))
    return label
