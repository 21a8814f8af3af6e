"""Conclusions: the list and its file, one conclusion, and everything that is done to it but its sign-off."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy, workflow
from tracker.errors import Invalid, Stale
from tracker.extensions import db
from tracker.forms.conclusions import ConclusionForm, FinaliseForm, ShareForm, StateCommentForm, WithdrawForm
from tracker.forms.fields import option
from tracker.forms.review import SubmitForm
from tracker.models import Conclusion, ConclusionKind, ConclusionStatus, SealedState, Sharing, Visit
from tracker.policy import Permission
from tracker.reports import catalogue, neighbours
from tracker.reports import conclusions as report
from tracker.reports.visits import conclusion_label, is_before
from tracker.services import conclusions
from tracker.texts import gettext as _
from tracker.texts import ngettext
from tracker.web import filters, sealed, timeline
from tracker.web import sharing as sharing_levels
from tracker.web.exports import csv_response
from tracker.web.lists import FilterWords, ListPage, members
from tracker.web.presentation import number
from tracker.web.request_keys import Made, once
from tracker.workflow.moves import Move

blueprint = Blueprint("conclusions", __name__)

NEXT = {
    "share": "share",
    "comment": "comment",
    "finalise": "finalise",
    "withdraw": "withdraw",
    "ask_withdrawal": "withdraw",
}
"""The moves that have a page of their own here, by action; submitting and recalling are the review's."""

REVIEWERS = ("sign_off", "return")
"""The moves that are made on the review's page."""


# The list


@blueprint.get("/conclusions")
def index() -> ResponseReturnValue:
    """The conclusions in the reader's scope, as the address narrows and sorts them."""
    reach = policy.reach(current_user)
    page = report.CONCLUSIONS.page(request.args, report.scope(current_user), reach=reach)
    shown = ListPage(page, url_for("conclusions.index"), _counted, _filter_words(), _sort_words(), reach=reach)
    return render_template(
        "conclusions/index.html",
        list=shown,
        export_href=shown.export_href(url_for("conclusions.export")),
        state_choices=filters.with_all(filters.states(reach)),
        region_choices=filters.with_all(filters.regions(reach)),
        area_choices=filters.with_all(filters.areas()),
        kind_choices=filters.with_all(members(ConclusionKind).items()),
        workflow_choices=filters.with_all(members(ConclusionStatus).items()),
        sealed_choices=filters.with_all(members(SealedState).items()),
        SealedState=SealedState,
        EXCERPT=report.EXCERPT,
    )


@blueprint.get("/conclusions.csv")
def export() -> ResponseReturnValue:
    """The rows of the list as a file."""
    return csv_response(
        "conclusions",
        report.HEADER,
        report.CONCLUSIONS,
        request.args,
        report.scope(current_user),
        tuple,
        base=report.FILE,
        bom=request.args.get("bom") != "0",
    )


def _counted(count: int) -> str:
    return ngettext("%(counted)s conclusion", "%(counted)s conclusions", count, counted=number(count))


def _filter_words() -> dict[str, FilterWords]:
    return {
        "state": filters.state_words(),
        "region": filters.region_words(),
        "area": filters.area_words(),
        "reference": FilterWords(_("Reference begins with"), str.upper),
        "kind": FilterWords(_("Kind"), members(ConclusionKind)),
        "workflow": FilterWords(_("Workflow status"), members(ConclusionStatus)),
        "sealed": FilterWords(_("Sign-off"), members(SealedState)),
        "visit": FilterWords(_("Visit")),
        "paragraph": FilterWords(_("Paragraph")),
        "answered": FilterWords(_("Follow-up"), {"1": _("has one"), "0": _("has none")}),
        "drafter": FilterWords(_("Drafted by"), {str(current_user.id): current_user.name}),
        "q": FilterWords(_("Words")),
    }


def _sort_words() -> dict[str, str]:
    return {
        "visit": _("day of the visit"),
        "reference": _("reference"),
        "area": _("area"),
        "workflow": _("workflow status"),
        "updated": _("last change"),
    }


# One conclusion


@blueprint.get("/conclusions/<reference>")
def page(reference: str) -> ResponseReturnValue:
    """The text, what is signed of it, what the State says to it, what answers it, what may be done, what happened."""
    sheet = report.sheet(current_user, reference)
    conclusion = sheet.conclusion
    moves = workflow.available(conclusion, current_user, but=REVIEWERS)
    missing = workflow.missing(conclusion) if any(move.action == "submit" for move in moves) else []
    return render_template(
        "conclusions/page.html",
        sheet=sheet,
        conclusion=conclusion,
        visit=sheet.visit,
        noun=conclusion_label(sheet.visit, is_plural=False),
        followups=report.answering(conclusion),
        measures=neighbours.of_conclusion(conclusion),
        seal=sheet.seal,
        changes=sealed.changes(conclusion) if conclusion.sealed_state is SealedState.CHANGED else [],
        missing=missing,
        submit_form=SubmitForm.of(conclusion) if _has(moves, "submit") and not missing else None,
        may_recall=_has(moves, "recall"),
        acts=[
            (move.label, url_for(f"conclusions.{NEXT[move.action]}", reference=reference))
            for move in moves
            if move.action in NEXT
        ],
        may_edit=policy.can(current_user, Permission.CONCLUSION_EDIT, conclusion),
        may_review=conclusion.workflow is ConclusionStatus.SUBMITTED
        and policy.can(current_user, Permission.REVIEW, conclusion),
        may_follow_up=policy.can(current_user, Permission.FOLLOWUP_EDIT, conclusion.state_id),
        history=timeline.page(conclusion),
    )


def _has(moves: list[Move], action: str) -> bool:
    return any(move.action == action for move in moves)


# Writing


@blueprint.route("/visits/<reference>/conclusions/new", methods=["GET", "POST"])
def create(reference: str) -> ResponseReturnValue:
    """A new conclusion of the visit. ``?area=`` proposes the area with its paragraphs."""
    visit = policy.load(current_user, Visit, reference=reference)
    policy.require(current_user, Permission.CONCLUSION_EDIT, visit)
    form = ConclusionForm()
    _offer(form, visit)
    _propose(form, request.args.get("area", "").upper())

    def draft() -> Made:
        reference = conclusions.create(visit, by=current_user, **form.values()).reference
        words = _("%(reference)s is a draft. Submit it when it is complete.", reference=reference)
        return url_for("conclusions.page", reference=reference), words

    if not _only_shows_paragraphs() and form.validate_on_submit() and (answer := once(form, draft, lasts=True)):
        return answer
    noun = conclusion_label(visit, is_plural=False)
    page = render_template("conclusions/new.html", form=form, visit=visit, noun=noun, **_paragraphs(form))
    return page, _status(form)


@blueprint.route("/conclusions/<reference>/edit", methods=["GET", "POST"])
def edit(reference: str) -> ResponseReturnValue:
    """Change what it says; two who edit at once are shown both texts (R20)."""
    conclusion = policy.load(current_user, Conclusion, reference=reference)
    policy.require(current_user, Permission.CONCLUSION_EDIT, conclusion)
    form = ConclusionForm()
    _offer(form, conclusion.visit)
    form.fill(conclusion)
    if not _only_shows_paragraphs() and form.validate_on_submit():
        try:
            form.check_version(conclusion)
            conclusions.edit(conclusion, by=current_user, version=form.version.data, **form.values())
            db.session.commit()
        except Stale as stale:
            return _conflict("conclusions/edit.html", reference, form, stale)
        except Invalid as error:
            db.session.rollback()
            form.refuse(error)
        else:
            flash(_("%(reference)s is saved.", reference=reference))
            return redirect(url_for("conclusions.page", reference=reference), 303)
    return render_template("conclusions/edit.html", **_about(conclusion, form)), _status(form)


def _offer(form: ConclusionForm, visit: Visit) -> None:
    """The catalogue as choices, the areas in the visit's scope first."""
    scope = {link.area_code for link in visit.areas}
    areas = catalogue.area_choices()
    near = [option(code, said, _("In scope")) for code, said, _top in areas if code in scope]
    form.area_code.choices = near + [option(*choice) for choice in areas if choice[0] not in scope]
    form.paragraph_ids.choices = [option(*choice) for choice in catalogue.paragraph_choices()]
    sharing_levels.limit(form.sharing, visit)


def _only_shows_paragraphs() -> bool:
    """Whether the form was sent to see the paragraphs of the area chosen, not to be saved."""
    return "show-paragraphs" in request.form


def _paragraphs(form: ConclusionForm) -> dict[str, Any]:
    """What the paragraphs' boxes need: those that stand first, and the areas that rest on each."""
    near = {str(row.id) for row in catalogue.paragraphs_of_area(form.area_code.posted)}
    return {"near": near | set(form.paragraph_ids.posted), "resting": catalogue.areas_on_paragraphs()}


def _propose(form: ConclusionForm, area_code: str) -> None:
    """Before anything is typed: internal, and the area asked for with the paragraphs that it rests on."""
    if form.is_bound:
        return
    form.sharing.process(None, Sharing.INTERNAL)
    if area_code in catalogue.areas():
        form.area_code.process(None, area_code)
        form.paragraph_ids.process(None, [row.id for row in catalogue.paragraphs_of_area(area_code)])


# What happens to it


@blueprint.route("/conclusions/<reference>/share", methods=["GET", "POST"])
def share(reference: str) -> ResponseReturnValue:
    """signed_off → shared_with_state, with the day."""
    return _act("share", reference, ShareForm(), Permission.CONCLUSION_SHARE, conclusions.share_with_state)


@blueprint.route("/conclusions/<reference>/comment", methods=["GET", "POST"])
def comment(reference: str) -> ResponseReturnValue:
    """What the State says to it, with the date; shared_with_state → commented."""
    return _act("comment", reference, StateCommentForm(), Permission.CONCLUSION_SHARE, conclusions.record_comment)


@blueprint.route("/conclusions/<reference>/finalise", methods=["GET", "POST"])
def finalise(reference: str) -> ResponseReturnValue:
    """shared_with_state|commented → final."""
    return _act("finalise", reference, FinaliseForm(), Permission.CONCLUSION_SHARE, conclusions.finalise)


@blueprint.route("/conclusions/<reference>/withdraw", methods=["GET", "POST"])
def withdraw(reference: str) -> ResponseReturnValue:
    """→ withdrawn, or before the reviewers once it was sealed."""
    return _act("withdraw", reference, WithdrawForm(), Permission.CONCLUSION_EDIT, conclusions.withdraw)


def _act(action: str, reference: str, form: Any, permission: Permission, service: Any) -> ResponseReturnValue:
    """One page for each: load, refuse, check, one service call, commit."""
    conclusion = policy.load(current_user, Conclusion, reference=reference)
    policy.require(current_user, permission, conclusion)
    form.fill(conclusion)
    template = f"conclusions/{action}.html"
    if form.validate_on_submit():
        try:
            form.check_version(conclusion)
            service(conclusion, by=current_user, version=form.version.data, **form.values())
            db.session.commit()
        except Stale as stale:
            return _conflict(template, reference, form, stale)
        except Invalid as error:
            db.session.rollback()
            form.refuse(error)
        else:
            if action == "share" and is_before(conclusion.visit, form.happened.data):
                flash(_("That day lies before the start of the visit. That is allowed; check both."), "warning")
            if conclusion.workflow is ConclusionStatus.SUBMITTED:
                flash(_("%(reference)s waits for a reviewer, who signs this or returns it.", reference=reference))
            else:
                flash(_("Done. It stands in the timeline of %(reference)s.", reference=reference))
            return redirect(url_for("conclusions.page", reference=reference), 303)
    return render_template(template, **_about(conclusion, form)), _status(form)


def _conflict(template: str, reference: str, form: Any, stale: Stale) -> ResponseReturnValue:
    """Somebody was there first: what is there now beside what was typed, which stays in the form (R20)."""
    db.session.rollback()
    conclusion = policy.load(current_user, Conclusion, reference=reference)
    conflicts = form.conflict(conclusion)
    return render_template(template, **_about(conclusion, form), stale=stale, conflicts=conflicts), 409


def _about(conclusion: Conclusion, form: Any) -> dict[str, Any]:
    more = _paragraphs(form) if isinstance(form, ConclusionForm) else {}
    return more | {
        "conclusion": conclusion,
        "form": form,
        "noun": conclusion_label(conclusion.visit, is_plural=False),
        "back": url_for("conclusions.page", reference=conclusion.reference),
    }


def _status(form: Any) -> int:
    return 422 if form.errors or form.form_errors else 200
