"""Later due dates: asked for by an analyst, decided by a reviewer who did not ask."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.errors import Invalid
from tracker.extensions import db
from tracker.forms.extensions import DecisionForm, ExtensionForm
from tracker.models import Account, DueExtension, ExtensionStatus, Followup, FollowupStatus, Role, SealedState
from tracker.policy import Permission
from tracker.services import extensions
from tracker.texts import gettext as _
from tracker.web.request_keys import Made, once
from tracker.web.sessions import commit_saying

blueprint = Blueprint("extensions", __name__, url_prefix="/follow-ups")


@blueprint.route("/<reference>/extension", methods=["GET", "POST"])
def request(reference: str) -> ResponseReturnValue:
    """Ask for a later due date; sent twice it is asked once (R21)."""
    followup = policy.load(current_user, Followup, reference=reference)
    policy.require(current_user, Permission.EXTENSION_ASK, followup)
    form = ExtensionForm()
    back = url_for("followups.page", reference=reference, _anchor="due")

    def ask() -> Made:
        extensions.request(followup, by=current_user, **form.values())
        return back, _("A reviewer is asked to move the due date of %(reference)s.", reference=reference)

    if form.validate_on_submit() and (answer := once(form, ask, lasts=True)):
        return answer
    page = render_template(
        "followups/extension.html",
        followup=followup,
        form=form,
        back=back,
        pending=extensions.pending(followup),
        is_official=followup.workflow is FollowupStatus.SIGNED_OFF,
    )
    return page, 422 if form.errors or form.form_errors else 200


@blueprint.route("/<reference>/extension/<int:extension_id>", methods=["GET", "POST"])
def decide(reference: str, extension_id: int) -> ResponseReturnValue:
    """requested → approved | refused; what was decided stays to be read here."""
    followup = policy.load(current_user, Followup, reference=reference)
    extension = policy.load(current_user, DueExtension, id=extension_id, followup_id=followup.id)
    form = DecisionForm()
    if form.is_bound:
        policy.require(current_user, Permission.EXTENSION_DECIDE, extension)
    if form.validate_on_submit():
        try:
            extensions.decide(extension, form.decision.data, by=current_user, note=form.note.data)
        except Invalid as error:
            db.session.rollback()
            form.refuse(error)
        else:
            commit_saying(_decided_words(followup, extension))
            return redirect(url_for("review.extensions"), 303)
    is_waiting = extension.status is ExtensionStatus.REQUESTED
    page = render_template(
        "followups/extension_decision.html",
        followup=followup,
        extension=extension,
        form=form,
        back=url_for("followups.page", reference=reference, _anchor="due"),
        asker=db.session.get_one(Account, extension.requested_by_id),
        decider=db.session.get(Account, extension.decided_by_id) if extension.decided_by_id else None,
        is_waiting=is_waiting,
        is_reviewer=policy.has_role(current_user, Role.REVIEWER),
        refusal=policy.refusal(current_user, Permission.EXTENSION_DECIDE, extension) if is_waiting else None,
        is_official=followup.workflow is FollowupStatus.SIGNED_OFF,
        is_before_reviewers=followup.workflow is FollowupStatus.SUBMITTED,
    )
    return page, 422 if form.errors or form.form_errors else 200


def _decided_words(followup: Followup, extension: DueExtension) -> str:
    """What was decided and, where an approval leaves a signed text as a draft, what comes next."""
    if extension.status is ExtensionStatus.APPROVED:
        words = _(
            "The later due date of %(reference)s is approved; whoever asked is told.", reference=followup.reference
        )
    else:
        words = _(
            "The later due date of %(reference)s is refused; whoever asked is told.", reference=followup.reference
        )
    is_changed = followup.workflow is FollowupStatus.DRAFT and followup.sealed_state is SealedState.CHANGED
    return (
        f"{words} {_('It is a draft again until an analyst submits it and another reviewer signs.')}"
        if is_changed and extension.status is ExtensionStatus.APPROVED
        else words
    )
