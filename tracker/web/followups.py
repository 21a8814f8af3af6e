"""Follow-ups: the list, one follow-up at a glance, and what is written of it, tracked and ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import clock, history, policy, seals, workflow
from tracker.errors import Invalid, NotFound, Stale
from tracker.extensions import db
from tracker.forms.fields import option
from tracker.forms.followups import (
    AssessForm,
    ChooseStateForm,
    FollowupForm,
    PositionForm,
    SupersedeForm,
    TrackForm,
    WithdrawForm,
    lines_of,
)
from tracker.forms.measure_links import MeasuresForm
from tracker.forms.progress import ProgressForm
from tracker.forms.review import SubmitForm
from tracker.models import (
    Account,
    Conclusion,
    ConclusionStatus,
    Followup,
    FollowupStatus,
    MeetingOutcome,
    SealedState,
    Sharing,
    Visit,
)
from tracker.models.followup import ENDED
from tracker.partial_date import PartialDate
from tracker.policy import Permission
from tracker.reports import catalogue, measure_links, visits
from tracker.reports import followups as report
from tracker.reports import meetings as meetings_report
from tracker.reports.followup_sheet import Sheet, sheet
from tracker.services import followups, meetings
from tracker.services.followups import FollowupInput
from tracker.texts import gettext as _
from tracker.web import filters, sealed, timeline
from tracker.web import sharing as sharing_levels
from tracker.web.dates import period_words
from tracker.web.followup_cells import rows
from tracker.web.followup_list import filters_form, list_page, sentence
from tracker.web.request_keys import Made, once
from tracker.web.sessions import commit_saying
from tracker.web.words import field_words
from tracker.workflow.followup import DRAFTS
from tracker.workflow.moves import Move

blueprint = Blueprint("followups", __name__, url_prefix="/follow-ups")

COLUMNS: dict[str, Any] = {
    "state": lambda: _("Member State"),
    "title": lambda: _("Title"),
    "area": lambda: _("Main area"),
    "priority": lambda: _("Priority"),
    "authority": lambda: _("Authority"),
    "owner": lambda: _("Owner"),
    "due": lambda: _("Due"),
    "original-due": lambda: _("Original due date"),
    "workflow": lambda: _("Workflow"),
    "position": lambda: _("Position"),
    "reported": lambda: _("Reported"),
    "assessed": lambda: _("Assessed"),
    "visit": lambda: _("Visit"),
    "basis": lambda: _("Basis"),
    "next-step": lambda: _("Next step"),
    "sharing": lambda: _("Sharing level"),
    "updated": lambda: _("Last change"),
}
USUAL_COLUMNS = ("state", "title", "area", "due", "workflow", "reported", "assessed", "owner", "priority")
SORTED_BY = {"due": "due", "updated": "updated"}
ENDING = {
    "withdraw": "withdraw",
    "ask_withdrawal": "withdraw",
    "supersede": "supersede",
    "ask_supersession": "supersede",
}
REVIEWERS_MOVES = ("return", "sign_off")
"""They stand on the reviewers' page: this one does not ask who may make them."""
LONGEST_CHOICE = 120


# The list


@blueprint.get("")
def index() -> ResponseReturnValue:
    """The follow-ups in the reader's scope, as the address narrows and sorts them."""
    columns = _columns()
    page = report.page(request.args, current_user, columns)
    extra = {"columns": [",".join(columns)]} if columns != list(USUAL_COLUMNS) else {}
    shown = list_page(page, url_for("followups.index"), extra)
    column_words = {name: say() for name, say in COLUMNS.items()}
    return render_template(
        "followups/index.html",
        list=shown,
        sentence=sentence(shown),
        columns=columns,
        column_words=column_words,
        sorted_by=SORTED_BY,
        rows=rows(shown.rows, columns, column_words, is_chosen=bool(extra)),
        filters=filters_form(shown, columns=[(name, said, name in columns) for name, said in column_words.items()]),
        may_write=policy.can(current_user, Permission.FOLLOWUP_EDIT),
        export_href=shown.export_href(f"{request.script_root}/reports/status.csv"),
    )


def _columns() -> list[str]:
    """The columns that the address asks for, in the order of the table; the usual ones where it names none."""
    asked = {name.strip() for value in request.args.getlist("columns") for name in value[:500].split(",")}
    return [name for name in COLUMNS if name in asked] or list(USUAL_COLUMNS)


# One follow-up


@blueprint.get("/<reference>")
def page(reference: str) -> ResponseReturnValue:
    """The follow-up at a glance: four statuses side by side, what is missing, what may be done, what happened."""
    account = current_user._get_current_object()  # asked for a dozen rights: not through the proxy each time
    found = sheet(account, reference.upper())
    followup = found.followup
    if reference != followup.reference:
        return redirect(url_for("followups.page", reference=followup.reference), 302)
    moves = workflow.available(followup, account, REVIEWERS_MOVES)
    may_edit = policy.can(account, Permission.FOLLOWUP_EDIT, followup)
    may_track = policy.can(account, Permission.FOLLOWUP_TRACK, followup)
    may_link = policy.can(account, Permission.MEASURE_LINK, followup) and followup.workflow not in ENDED
    led_to = measure_links.of_its_meeting(followup) if may_link and found.parts["origins"] else []
    missing = workflow.missing(followup) if followup.workflow in DRAFTS else []
    since, moved_by = _last_move(found)
    return render_template(
        "followups/page.html",
        sheet=found,
        followup=followup,
        parts=found.parts,
        visit=found.visit,
        state_name=filters.state_name(followup.state_id),
        is_overdue=followup.is_overdue(clock.today()),
        since=since,
        moved_by=moved_by,
        missing=missing,
        changes=_changes(found),
        submit_form=SubmitForm.of(followup) if _has(moves, "submit") and not missing else None,
        may_recall=_has(moves, "recall"),
        endings=_endings(moves, reference),
        may_edit=may_edit,
        may_track=may_track,
        measures=measure_links.of_followup(followup),
        may_link=may_link,
        led_to=led_to,
        link_form=_link_form(led_to) if led_to else None,
        may_extend=_may_extend(found, account),
        may_decide_extension=policy.can(account, Permission.EXTENSION_DECIDE, followup.state_id),
        may_review=followup.workflow is FollowupStatus.SUBMITTED and policy.can(account, Permission.REVIEW, followup),
        progress_form=_progress_form() if may_track else None,
        history=timeline.page(followup),
    )


def _last_move(found: Sheet) -> tuple[datetime, str | None]:
    """Since when the text stands where it stands, and who brought it there, as far as the record itself tells."""
    followup, decided, seal = found.followup, found.last_decision, found.seal
    if found.pending is not None:
        return found.pending.submitted_at, found.pending.submitter
    if followup.workflow is FollowupStatus.SIGNED_OFF and seal is not None:
        return seal.signed_at, seal.signer_name  # whoever refused to withdraw it since did not sign it
    if decided is not None and followup.workflow is not FollowupStatus.DRAFT:
        return decided.decided_at, decided.decider
    if followup.workflow is FollowupStatus.DRAFT and not followup.seal_count:
        return followup.created_at, found.drafted_by
    return followup.updated_at, None


def _progress_form() -> ProgressForm:
    """The small form on the page; its ids are its own, because other forms stand on the page as well."""
    form = ProgressForm(formdata=None)
    for name in form.names():
        form[name].id = f"progress-{name}"
    return form


def _link_form(led_to: Sequence[Any]) -> MeasuresForm:
    """The small form that links a measure which the meeting of the follow-up leads to: with a reason to begin with, and
    ids of its own."""
    form = MeasuresForm(formdata=None)
    form.reason.id = "led-to-reason"
    meeting = led_to[0].meeting
    form.reason.data = _("Recommended by the meeting %(meeting)s, which led to this measure.", meeting=meeting)
    return form


def _has(moves: list[Move], action: str) -> bool:
    return any(move.action == action for move in moves)


def _endings(moves: list[Move], reference: str) -> list[tuple[Any, str]]:
    return [
        (move.label, url_for(f"followups.{ENDING[move.action]}", reference=reference))
        for move in moves
        if move.action in ENDING
    ]


def _may_extend(found: Sheet, account: Account) -> bool:
    return (
        found.followup.current_due is not None
        and found.pending_extension is None
        and policy.can(account, Permission.EXTENSION_ASK, found.followup)
    )


def _changes(found: Sheet) -> list[sealed.Shown]:
    """What differs from the last seal. While it is before the reviewers, their page shows it."""
    followup = found.followup
    if followup.sealed_state is not SealedState.CHANGED or followup.workflow is FollowupStatus.SUBMITTED:
        return []
    return [_shown(change, found.area_titles) for change in seals.since_last_seal(followup)]


def _shown(change: seals.FieldChange, titles: Mapping[str, str]) -> sealed.Shown:
    """A sealed field that differs; areas by the titles that the page has read already."""
    if change.name not in ("area", "further_areas"):
        return sealed.show(change)
    old, new = (_areas(change.name, value, titles) for value in (change.old, change.new))
    return sealed.Shown(change.name, field_words(change.name), old, new)


def _areas(name: str, value: Any, titles: Mapping[str, str]) -> str:
    codes = [code for code in (value or []) if code]
    shown = codes[:1] if name == "area" else codes
    return "\n".join(f"{code} {titles.get(code, '')}".strip() for code in shown)


# Writing


@blueprint.route("/new", methods=["GET", "POST"])
def create() -> ResponseReturnValue:
    """A new draft: free-standing, of a visit (``?visit=``), or in one step from a conclusion (``?conclusion=``) or from
    what a meeting recommended (``?outcome=``)."""
    outcome = meetings_report.recommendation(request.args["outcome"]) if "outcome" in request.args else None
    conclusion, visit, state_id = _starting_point()
    if state_id is None:
        return _choose_state(outcome)
    policy.require(current_user, Permission.FOLLOWUP_EDIT, state_id)
    form = FollowupForm()
    del form.reason
    _offer(form, state_id)
    _propose(form, conclusion, visit, outcome)
    sharing_levels.limit(form.sharing, _visit_chosen(form))

    def draft() -> Made:
        followup = followups.create(state_id, _given(form), by=current_user)
        if outcome is not None:
            meetings.become(outcome, followup, by=current_user)
        reference = followup.reference
        words = _("%(reference)s is a draft. Submit it when it is complete.", reference=reference)
        if outcome is not None and measure_links.of_its_meeting(followup):
            words += " " + _("Under “Measures it serves” stands what the meeting leads to; link what fits.")
        words += _early_words(followup.current_due, _visit_chosen(form))
        return url_for("followups.page", reference=reference), words

    if form.validate_on_submit() and (answer := once(form, draft, lasts=True)):
        return answer
    return (
        render_template(
            "followups/new.html",
            form=form,
            conclusion=conclusion,
            visit=visit,
            outcome=outcome,
            state_id=state_id,
            state_name=filters.state_name(state_id),
            near=_near(form),
            has_free_due_date=True,
        ),
        _status(form),
    )


def _starting_point() -> tuple[Conclusion | None, Visit | None, str | None]:
    """What the address starts from, each within the reader's scope; the Member State is None when it is not said."""
    conclusion, visit = None, None
    if reference := request.args.get("conclusion", "").strip().upper():
        conclusion = policy.load(current_user, Conclusion, reference=reference)
        if conclusion.workflow is ConclusionStatus.WITHDRAWN:
            raise NotFound(_("This conclusion was withdrawn."))
        return conclusion, conclusion.visit, conclusion.state_id
    if reference := request.args.get("visit", "").strip().upper():
        visit = policy.load(current_user, Visit, reference=reference)
        return None, visit, visit.state_id
    code = request.args.get("state", "").strip().upper()
    if not code:
        return None, None, None
    if code not in catalogue.states() or not policy.may_see_state(current_user, code):
        raise NotFound(_("There is no such Member State, or it lies outside your scope."))
    return None, None, code


def _choose_state(outcome: MeetingOutcome | None) -> ResponseReturnValue:
    """First the Member State: none out of scope, none with a follow-up from the same recommendation."""
    covered = policy.reach(current_user, Permission.FOLLOWUP_EDIT)
    done = meetings_report.states_of(outcome) if outcome else frozenset()
    offered = [one for one in catalogue.states().values() if covered.covers(one.id) and one.id not in done]
    form = ChooseStateForm()
    form.state.choices = _states_to_choose(offered, outcome)
    if form.validate_on_submit():
        chosen = url_for("followups.create", state=form.state.data, outcome=request.args.get("outcome"))
        return redirect(chosen, 303)
    return render_template("followups/choose_state.html", form=form, outcome=outcome), _status(form)


def _states_to_choose(offered: Sequence[Any], outcome: MeetingOutcome | None) -> list[Any]:
    """Of a meeting's recommendation, the States that took part in the meeting come first, then those that carry out its
    plan."""
    took_part = {row.state_id for row in outcome.meeting.states} if outcome else set()
    plan = meetings_report.plan_of(outcome) if outcome else None
    carries_out = set(plan.participants) - took_part if plan else set()
    if not any(one.id in took_part | carries_out for one in offered):
        return [option(one.id, one.name) for one in offered]
    groups = (
        (_("Took part in the meeting"), took_part),
        (_("Take part in the plan %(code)s", code=plan.code) if plan else "", carries_out),
        (_("Others in your scope"), {one.id for one in offered} - took_part - carries_out),
    )
    return [option(one.id, one.name, label) for label, ids in groups for one in offered if one.id in ids]


@blueprint.route("/<reference>/edit", methods=["GET", "POST"])
def edit(reference: str) -> ResponseReturnValue:
    """Change the text and its links; two who edit at once are shown both texts (R20)."""
    followup = _load(reference)
    policy.require(current_user, Permission.FOLLOWUP_EDIT, followup)
    form = FollowupForm()
    has_free_due_date = followups.has_free_due_date(followup)
    if not has_free_due_date:
        del form.due
    _offer(form, followup.state_id, followup)
    form.fill(followup)
    sharing_levels.limit(form.sharing, _visit_chosen(form))
    if form.validate_on_submit():
        try:
            form.check_version(followup)
            given = _given(form)
            given = given if has_free_due_date else replace(given, due=followup.current_due)
            followups.edit(followup, given, by=current_user, reason=form.reason.data, version=form.version.data)
            is_saved = history.has_noted()
            words = _("%(reference)s is saved.", reference=reference) if is_saved else _("Nothing was changed.")
            commit_saying(words + _early_words(given.due, _visit_chosen(form)))
        except Stale as stale:
            return _conflict("followups/edit.html", reference, form, stale, **_edit_context(form, has_free_due_date))
        except Invalid as error:
            db.session.rollback()
            form.refuse(error)
        else:
            return redirect(url_for("followups.page", reference=reference), 303)
    context = _about(followup, form) | _edit_context(form, has_free_due_date)
    return render_template("followups/edit.html", **context), _status(form)


def _edit_context(form: FollowupForm, has_free_due_date: bool) -> dict[str, Any]:
    return {"near": _near(form), "has_free_due_date": has_free_due_date}


def _offer(form: FollowupForm, state_id: str, followup: Followup | None = None) -> None:
    """The catalogue and what is known of the State as choices; what the record holds already stays among them."""
    form.area_code.choices = [option(*choice) for choice in catalogue.area_choices()]
    form.further_areas.choices = [option(*choice) for choice in catalogue.area_choices()]
    form.paragraph_ids.choices = [option(*choice) for choice in catalogue.paragraph_choices()]
    form.authority_names.choices = [option(name, name) for name in report.authorities(state_id)]
    form.visit_id.choices = [
        option(row_id, f"{reference} ({period_words(start, end)})")
        for row_id, reference, start, end in report.visits(state_id)
    ]
    form.conclusion_ids.choices = [
        option(row_id, f"{reference}: {_shortened(text)}")
        for row_id, reference, text in _conclusions(state_id, followup)
    ]
    form.owner_id.choices = _owners(state_id, followup)


def _conclusions(state_id: str, followup: Followup | None) -> list[tuple[int, str, str]]:
    offered = report.conclusions(state_id)
    known = {row_id for row_id, _reference, _text in offered}
    linked = [link.conclusion for link in followup.conclusions] if followup else []
    return [*((one.id, one.reference, one.text) for one in linked if one.id not in known), *offered]


def _owners(state_id: str, followup: Followup | None) -> list[Any]:
    people = report.owners(state_id)
    if followup is not None and followup.owner is not None and followup.owner not in people:
        people = [followup.owner, *people]
    return [option(person.id, person.name) for person in people]


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_CHOICE else line[: LONGEST_CHOICE - 1] + "…"


def _propose(
    form: FollowupForm, conclusion: Conclusion | None, visit: Visit | None, outcome: MeetingOutcome | None
) -> None:
    """Before anything is typed: everything that the conclusion, the visit or the recommendation tells, and internal."""
    if form.is_bound:
        return
    given = FollowupInput("", visit_id=visit.id if visit else None)
    if conclusion is not None:
        given = followups.from_conclusion(conclusion)
    elif outcome is not None:
        given = followups.from_recommendation(outcome)
    for one in fields(given):
        if one.name in form:
            form[one.name].process(None, getattr(given, one.name))
    form.sharing.process(None, Sharing.INTERNAL)
    form.owner_id.process(None, current_user.id)


def _visit_chosen(form: FollowupForm) -> Visit | None:
    """The visit that the form names, one of those offered: under its consent the follow-up is shared."""
    chosen = form.visit_id.posted
    offered = {one.value for one in form.visit_id.choices}
    return db.session.get(Visit, int(chosen)) if chosen in offered else None


def _early_words(due: PartialDate | None, visit: Visit | None) -> str:
    """What is said of a due date before the visit that raised the follow-up: it may be so, and is rarely meant."""
    if visit is None or not visits.is_before(visit, due):
        return ""
    return " " + _("The due date lies before the visit. That is allowed; check both.")


def _near(form: FollowupForm) -> set[str]:
    """The paragraphs that stand first: those of the areas chosen, and those ticked."""
    codes = [form.area_code.posted, *form.further_areas.posted]
    near = {str(row.id) for code in codes for row in catalogue.paragraphs_of_area(code)}
    return near | set(form.paragraph_ids.posted)


def _given(form: FollowupForm) -> FollowupInput:
    values = form.values()
    names = [*values.pop("authority_names"), *lines_of(values.pop("new_authorities"))]
    return FollowupInput(authorities=names, **values)


# The statuses and what is tracked


@blueprint.route("/<reference>/status", methods=["GET", "POST"])
def assess(reference: str) -> ResponseReturnValue:
    """The status that we assess, with its date."""
    return _act("assess", reference, AssessForm(), Permission.FOLLOWUP_EDIT, _assess)


def _assess(followup: Followup, values: Mapping[str, Any], version: int | None, by: Account) -> None:
    followups.assess_status(
        followup,
        values["assessed_status"],
        values["assessed_on"],
        values["assessed_source"],
        by=by,
        version=version,
    )


@blueprint.route("/<reference>/track", methods=["GET", "POST"])
def track(reference: str) -> ResponseReturnValue:
    """Owner, priority, next step and sharing level, also while the text is before the reviewers."""
    followup = _load(reference)
    form = TrackForm()
    if policy.can(current_user, Permission.FOLLOWUP_TRACK, followup):
        form.owner_id.choices = _owners(followup.state_id, followup)
        sharing_levels.limit(form.sharing, followup.visit)
    return _act("track", reference, form, Permission.FOLLOWUP_TRACK, _track)


def _track(followup: Followup, values: Mapping[str, Any], version: int | None, by: Account) -> None:
    followups.track(followup, by=by, version=version, **values)


@blueprint.route("/<reference>/position", methods=["GET", "POST"])
def set_position(reference: str) -> ResponseReturnValue:
    """The State's position, with its date and source."""
    return _act("position", reference, PositionForm(), Permission.FOLLOWUP_TRACK, _set_position)


def _set_position(followup: Followup, values: Mapping[str, Any], version: int | None, by: Account) -> None:
    followups.set_position(
        followup,
        values["position"],
        values["position_on"],
        values["position_source"],
        by=by,
        version=version,
    )


# Its end


@blueprint.route("/<reference>/withdraw", methods=["GET", "POST"])
def withdraw(reference: str) -> ResponseReturnValue:
    """→ withdrawn, or before the reviewers once it was sealed."""
    return _act("withdraw", reference, WithdrawForm(), Permission.FOLLOWUP_EDIT, _withdraw)


def _withdraw(followup: Followup, values: Mapping[str, Any], version: int | None, by: Account) -> None:
    followups.withdraw(followup, values["reason"], by=by, version=version)


@blueprint.route("/<reference>/supersede", methods=["GET", "POST"])
def supersede(reference: str) -> ResponseReturnValue:
    """→ superseded by another, or before the reviewers once it was sealed."""
    return _act("supersede", reference, SupersedeForm(), Permission.FOLLOWUP_EDIT, _supersede)


def _supersede(followup: Followup, values: Mapping[str, Any], version: int | None, by: Account) -> None:
    followups.supersede(followup, values["by_reference"], values["reason"], by=by, version=version)


def _act(action: str, reference: str, form: Any, permission: Permission, service: Any) -> ResponseReturnValue:
    """One page for each: load, refuse, check, one service call, commit."""
    account: Account = current_user._get_current_object()
    followup = _load(reference)
    policy.require(account, permission, followup)
    form.fill(followup)
    template = f"followups/{action}.html"
    if form.validate_on_submit():
        try:
            form.check_version(followup)
            service(followup, form.values(), form.version.data, account)
            commit_saying(_done_words(action, followup))
        except Stale as stale:
            return _conflict(template, reference, form, stale)
        except Invalid as error:
            db.session.rollback()
            form.refuse(error)
        else:
            return redirect(url_for("followups.page", reference=reference), 303)
    return render_template(template, **_about(followup, form)), _status(form)


def _done_words(action: str, followup: Followup) -> str:
    if not history.has_noted():
        return _("Nothing was changed.")
    if action in ("withdraw", "supersede") and followup.workflow is FollowupStatus.SUBMITTED:
        return _("%(reference)s waits for a reviewer, who signs this or returns it.", reference=followup.reference)
    return _("Done. It stands in the timeline of %(reference)s.", reference=followup.reference)


def _load(reference: str) -> Followup:
    found: Followup = policy.load(current_user, Followup, reference=reference)
    return found


def _conflict(template: str, reference: str, form: Any, stale: Stale, **more: Any) -> ResponseReturnValue:
    """Somebody was there first: what is there now beside what was typed, which stays in the form (R20)."""
    db.session.rollback()
    followup = _load(reference)
    conflicts = form.conflict(followup)
    return render_template(template, **_about(followup, form), stale=stale, conflicts=conflicts, **more), 409


def _about(followup: Followup, form: Any) -> dict[str, Any]:
    return {
        "followup": followup,
        "form": form,
        "others": report.others(followup) if isinstance(form, SupersedeForm) else [],
        "back": url_for("followups.page", reference=followup.reference),
        "is_official": followup.workflow is FollowupStatus.SIGNED_OFF,
        "was_sealed": followup.seal_count > 0,
    }


def _status(form: Any) -> int:
    return 422 if form.errors or form.form_errors else 200
