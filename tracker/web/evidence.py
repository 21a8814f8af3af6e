"""Evidence on a follow-up: added, revised, withdrawn, handed out; its bytes removed by an administrator."""

from __future__ import annotations

from typing import Any, BinaryIO

from flask import Blueprint, Response, flash, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy, storage
from tracker.errors import NotFound, Stale
from tracker.extensions import db
from tracker.forms.base import OnScreen
from tracker.forms.evidence import EvidenceForm, RemoveBytesForm, RevisionForm, WithdrawEvidenceForm
from tracker.models import Evidence, EvidenceRevision, Followup, FollowupStatus
from tracker.policy import Permission
from tracker.services import evidence
from tracker.texts import gettext as _
from tracker.web.request_keys import Made, once

blueprint = Blueprint("evidence", __name__)

SANDBOX = "default-src 'none'; sandbox"


@blueprint.route("/follow-ups/<reference>/evidence", methods=["GET", "POST"])
def add(reference: str) -> ResponseReturnValue:
    """A file, or the note of a source; sent twice it stands there once (R21)."""
    followup = _load(reference)
    policy.require(current_user, Permission.FOLLOWUP_EDIT, followup)
    form = EvidenceForm()

    def attach() -> Made:
        _keep(followup, form)
        return _back(followup), _("The evidence stands on %(reference)s.", reference=reference)

    if form.validate_on_submit() and (answer := once(form, attach, lasts=True)):
        return answer
    return _page("followups/evidence.html", followup, form)


def _keep(followup: Followup, form: EvidenceForm) -> Evidence:
    title, note, file = form.title.data, form.source_note.data, form.file.data
    if file is None:
        return evidence.add_source_note(followup, title, note, by=current_user)
    stream, name = _sent(file)
    return evidence.add_file(followup, stream, name, by=current_user, title=title, source_note=note)


@blueprint.route("/follow-ups/<reference>/evidence/<int:evidence_id>/revisions", methods=["GET", "POST"])
def add_revision(reference: str, evidence_id: int) -> ResponseReturnValue:
    """A newer file beside the earlier ones."""
    followup = _load(reference)
    item = _item(followup, evidence_id)
    policy.require(current_user, Permission.FOLLOWUP_EDIT, followup)
    form = RevisionForm()

    def attach() -> Made:
        stream, name = _sent(form.file.data)
        evidence.add_revision(item, stream, name, by=current_user)
        return _back(followup), _("The new revision stands beside the earlier ones.")

    if form.validate_on_submit() and (answer := once(form, attach, lasts=True)):
        return answer
    return _page("followups/evidence_revision.html", followup, form, item=item)


@blueprint.route("/follow-ups/<reference>/evidence/<int:evidence_id>/withdraw", methods=["GET", "POST"])
def withdraw(reference: str, evidence_id: int) -> ResponseReturnValue:
    """Take it out of the sealed text, with a reason."""
    followup = _load(reference)
    item = _item(followup, evidence_id)
    policy.require(current_user, Permission.FOLLOWUP_EDIT, followup)
    form = WithdrawEvidenceForm()
    form.fill(OnScreen(item, followup))
    if form.validate_on_submit():
        try:
            form.check_version(followup)
            evidence.withdraw(item, form.reason.data, by=current_user, version=form.version.data)
            db.session.commit()
        except Stale as stale:
            db.session.rollback()
            conflicts = form.conflict(OnScreen(item, followup))
            page = _page(
                "followups/evidence_withdraw.html", followup, form, item=item, stale=stale, conflicts=conflicts
            )
            return page[0], 409
        flash(_("The evidence is withdrawn. It stays in the history."))
        return redirect(_back(followup), 303)
    return _page("followups/evidence_withdraw.html", followup, form, item=item)


@blueprint.get("/follow-ups/<reference>/evidence/<int:evidence_id>/<int:number>")
def download(reference: str, evidence_id: int, number: int) -> ResponseReturnValue:
    """The bytes of one revision, as an attachment that a browser must not run (R33); noted in the log first (R17)."""
    followup = _load(reference)
    revision = policy.load(
        current_user, EvidenceRevision, evidence_id=evidence_id, number=number, followup_id=followup.id
    )
    if revision.bytes_removed_at is not None:
        raise NotFound(_("The content of this file was removed by an administrator. Its SHA-256 stays."))
    file = storage.open_stored(revision.stored_as)
    name, content_type, digest = revision.filename, revision.content_type, revision.sha256
    evidence.note_download(revision, by=current_user._get_current_object())
    answer: Response = send_file(
        file, mimetype=content_type, as_attachment=True, download_name=storage.download_name(name), etag=digest
    )
    answer.headers["Content-Security-Policy"] = SANDBOX
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.route("/evidence/<int:revision_id>/remove", methods=["GET", "POST"])
def remove_bytes(revision_id: int) -> ResponseReturnValue:
    """For administrators, who see no record: the file by its number and digest alone. The digest and the act stay."""
    policy.require(current_user, Permission.FILE_REMOVE)
    revision = db.session.get(EvidenceRevision, revision_id)
    if revision is None:
        raise NotFound(_("There is no file with this number."))
    form = RemoveBytesForm()
    if form.validate_on_submit():
        stored_as = evidence.remove_bytes(revision, form.reason.data, by=current_user)
        db.session.commit()
        storage.remove_bytes(stored_as)
        flash(_("The content is removed. The digest and this act stay."))
        return redirect(url_for("evidence.remove_bytes", revision_id=revision_id), 303)
    page = render_template("followups/evidence_remove.html", revision=revision, form=form)
    return page, 422 if form.errors else 200


def _sent(file: Any) -> tuple[BinaryIO, str]:
    """What a file field holds: the bytes as a stream, and the name."""
    return file.stream, file.filename or ""


def _load(reference: str) -> Followup:
    found: Followup = policy.load(current_user, Followup, reference=reference)
    return found


def _item(followup: Followup, evidence_id: int) -> Evidence:
    found: Evidence = policy.load(current_user, Evidence, id=evidence_id, followup_id=followup.id)
    return found


def _back(followup: Followup) -> str:
    return url_for("followups.page", reference=followup.reference, _anchor="evidence")


def _page(template: str, followup: Followup, form: Any, **more: Any) -> tuple[str, int]:
    page = render_template(
        template,
        followup=followup,
        form=form,
        back=_back(followup),
        is_official=followup.workflow is FollowupStatus.SIGNED_OFF,
        **more,
    )
    return page, form.http_status if form.errors or form.form_errors else 200
