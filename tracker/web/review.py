"""Sign-off: the reviewers' queue, one item with its difference from the last seal, sign or return; submit, recall."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy, seals
from tracker.errors import Invalid, TrackerError
from tracker.forms.review import ReturnForm, SignForm, SubmitForm
from tracker.models import Account, Conclusion, ConclusionStatus, Purpose, Role, Seal
from tracker.policy import Permission
from tracker.reports import catalogue, review, sealables
from tracker.reports.listing import Page
from tracker.services import sign_in, signoff
from tracker.texts import gettext as _
from tracker.texts import ngettext
from tracker.web import filters, sealed
from tracker.web.exports import csv_response
from tracker.web.lists import FilterWords, ListPage, members
from tracker.web.presentation import number
from tracker.web.record_rows import extension_rows, queue_rows
from tracker.web.request_keys import Made, once, repeated
from tracker.web.sessions import commit_saying
from tracker.web.words import noun_words

CHANGEABLE = policy.STATUSES[Permission.CONCLUSION_EDIT, Conclusion] | {ConclusionStatus.SUBMITTED}
"""The statuses of a conclusion whose words may change yet: by an edit, or after it is returned."""

blueprint = Blueprint("review", __name__, url_prefix="/review")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """The queue: what waits for a signature, oldest first, and whose move it is."""
    account: Account = current_user._get_current_object()
    policy.require(account, Permission.REVIEW)
    page = review.QUEUE.page(request.args, review.scope(account), base=review.queue(account.id))
    states, extensions = catalogue.states(), review.extensions(account)
    shown = _list_page(page)
    return render_template(
        "review/index.html",
        list=shown,
        may_export=policy.can(account, Permission.REPORT_RUN),
        export_href=shown.export_href(url_for("review.export")),
        queue=queue_rows(page.rows, states),
        extensions=extension_rows(extensions[: review.FIRST_EXTENSIONS], states),
        extension_count=review.extension_count(account) if len(extensions) > review.FIRST_EXTENSIONS else 0,
        state_choices=filters.with_all(filters.states(policy.reach(account, Permission.REVIEW))),
        noun_choices=filters.with_all((noun, noun_words(noun)) for noun in review.NOUNS),
        purpose_choices=filters.with_all(members(Purpose).items()),
    )


@blueprint.get("/queue.csv")
def export() -> ResponseReturnValue:
    """The rows of the queue as a file."""
    account = _exporting()
    return csv_response(
        "review-queue",
        review.QUEUE_HEADER,
        review.QUEUE,
        request.args,
        review.scope(account),
        review.queue_row_maker(),
        base=review.queue(account.id),
        bom=request.args.get("bom") != "0",
    )


@blueprint.get("/extensions")
def extensions() -> ResponseReturnValue:
    """All later due dates that are asked for, oldest first."""
    account: Account = current_user._get_current_object()
    policy.require(account, Permission.REVIEW)
    page = review.EXTENSIONS.page(request.args, review.extension_scope(account))
    shown = _extensions_page(page)
    return render_template(
        "review/extensions.html",
        list=shown,
        may_export=policy.can(account, Permission.REPORT_RUN),
        export_href=shown.export_href(url_for("review.export_extensions")),
        rows=extension_rows(page.rows, catalogue.states()),
        state_choices=filters.with_all(filters.states(policy.reach(account, Permission.REVIEW))),
    )


@blueprint.get("/extensions.csv")
def export_extensions() -> ResponseReturnValue:
    """The rows of the list as a file."""
    account = _exporting()
    return csv_response(
        "review-extensions",
        review.EXTENSIONS_HEADER,
        review.EXTENSIONS,
        request.args,
        review.extension_scope(account),
        review.extension_row_maker(),
        bom=request.args.get("bom") != "0",
    )


def _exporting() -> Account:
    """Whoever asks for a file of what waits for the reviewers: who may open the page, and may run reports."""
    account: Account = current_user._get_current_object()
    policy.require(account, Permission.REVIEW)
    policy.require(account, Permission.REPORT_RUN)
    return account


@blueprint.get("/<object_type>/<reference>")
def item(object_type: str, reference: str) -> ResponseReturnValue:
    """One item: what would be signed, and how it differs from the last seal."""
    record = sealables.load(current_user, object_type, reference)
    return _item_page(record, SignForm.of(record), ReturnForm(formdata=None))


@blueprint.get("/<object_type>/<reference>/seals/<int:number>")
def as_signed(object_type: str, reference: str, number: int) -> ResponseReturnValue:
    """The record exactly as it was signed, with its signature."""
    record = sealables.load(current_user, object_type, reference)
    seal = review.seal(record, number)
    return render_template(
        "review/as_signed.html",
        record=record,
        object_type=object_type,
        record_href=sealables.address(object_type, reference),
        seal=seal,
        fields=sealed.fields(record, json.loads(seal.canonical)),
    )


@blueprint.post("/<object_type>/<reference>/sign")
def sign_off(object_type: str, reference: str) -> ResponseReturnValue:
    """submitted → signed_off, at the version that was on the screen, with a factor again.

    The factor is asked for before the record is read: the try is committed, and what was read would be read again. So
    whether there is something to sign is asked by itself, and once more with the signature."""
    account: Account = current_user._get_current_object()
    policy.require(account, Permission.REVIEW)
    form = SignForm()
    may_sign = form.validate_on_submit() and review.may_sign(account, object_type, reference)
    is_confirmed = may_sign and _confirms(form)
    record = sealables.load(account, object_type, reference)
    policy.require(account, Permission.REVIEW, record)
    if not is_confirmed:
        signoff.require_pending(record, account)
        policy.require(account, Permission.SIGN_OFF, record)
        return _item_page(record, form, ReturnForm(formdata=None), 422)
    seal = signoff.sign_off(record, by=account, content_version=form.seen_version(), note=form.note.data)
    commit_saying(_signed_words(record, seal))
    return redirect(url_for("review.index"), 303)


def _confirms(form: SignForm) -> bool:
    try:
        sign_in.confirm_factor(current_user, form.factor.data)
    except Invalid as wrong:
        form.refuse(wrong)
        return False
    return True


@blueprint.post("/<object_type>/<reference>/return")
def return_(object_type: str, reference: str) -> ResponseReturnValue:
    """submitted → returned, with a reason."""
    record = sealables.load(current_user, object_type, reference)
    policy.require(current_user, Permission.REVIEW, record)
    form = ReturnForm()
    if answer := repeated(form):
        return answer
    signoff.require_pending(record, current_user)

    def send_back() -> Made:
        signoff.return_(record, by=current_user, reason=form.reason.data)
        return url_for("review.index"), _(
            "%(reference)s is returned; whoever submitted it is told.", reference=reference
        )

    if form.validate_on_submit() and (answer := once(form, send_back)):
        return answer
    return _item_page(record, SignForm.of(record), form, 422)


@blueprint.post("/<object_type>/<reference>/submit")
def submit(object_type: str, reference: str) -> ResponseReturnValue:
    """draft or returned → submitted."""
    record = sealables.load(current_user, object_type, reference)
    form = SubmitForm()
    if answer := repeated(form):
        return answer
    policy.require(current_user, Permission.SUBMIT, record)

    def hand_in() -> Made:
        seen = form.seen_version() if form.content_version.data else None
        signoff.submit(record, by=current_user, note=form.note.data, content_version=seen)
        words = _("%(reference)s is submitted and locked until a reviewer decides.", reference=reference)
        return request.script_root + sealables.address(object_type, reference), words

    if form.validate_on_submit() and (answer := once(form, hand_in)):
        return answer
    raise TrackerError(" ".join(f"{fault}." for faults in form.errors.values() for fault in faults))


@blueprint.post("/<object_type>/<reference>/recall")
def recall(object_type: str, reference: str) -> ResponseReturnValue:
    """submitted → where it was, by the person who submitted it."""
    record = sealables.load(current_user, object_type, reference)
    policy.require(current_user, Permission.SUBMIT, record)
    signoff.recall(record, by=current_user)
    commit_saying(_("%(reference)s is recalled; you can change it again.", reference=reference))
    return redirect(request.script_root + sealables.address(object_type, reference), 303)


def _signed_words(record: Any, seal: Seal) -> str:
    """What the signature did: signed off, withdrawn, or superseded by another."""
    given = {"reference": record.reference, "digest": seal.seal_sha256[:12]}
    if seal.meaning is Purpose.WITHDRAW:
        return _("%(reference)s is withdrawn. Seal %(digest)s.", **given)
    if seal.meaning is Purpose.SUPERSEDE:
        by = record.superseded_by.reference
        return _("%(reference)s is superseded by %(by)s. Seal %(digest)s.", by=by, **given)
    return _("%(reference)s is signed off. Seal %(digest)s.", **given)


def _list_page(page: Page) -> ListPage:
    return ListPage(
        page,
        url_for("review.index"),
        lambda n: ngettext("%(counted)s record", "%(counted)s records", n, counted=number(n)),
        {
            "state": filters.state_words(),
            "noun": FilterWords(_("Record"), {noun: noun_words(noun) for noun in review.NOUNS}),
            "purpose": FilterWords(_("What for"), members(Purpose)),
        },
        {"submitted": _("day submitted")},
        reach=policy.reach(current_user, Permission.REVIEW),
    )


def _extensions_page(page: Page) -> ListPage:
    return ListPage(
        page,
        url_for("review.extensions"),
        lambda n: ngettext("%(counted)s extension", "%(counted)s extensions", n, counted=number(n)),
        {"state": filters.state_words()},
        {"asked": _("day asked")},
        reach=policy.reach(current_user, Permission.REVIEW),
    )


def _item_page(record: Any, sign: SignForm, return_form: ReturnForm, status: int = 200) -> ResponseReturnValue:
    rounds = review.rounds(record)
    seal, (now, standing) = seals.last(record), seals.content_and_standing(record)
    answered = [(reference, ConclusionStatus(status)) for reference, status in standing.items()]
    is_signing = rounds.pending is not None and rounds.pending.purpose is Purpose.SIGN_OFF
    return (
        render_template(
            "review/item.html",
            record=record,
            object_type=record.__tablename__,
            record_href=sealables.address(record.__tablename__, record.reference),
            pending=rounds.pending,
            people=rounds.people,
            notes=rounds.decided,
            seal=seal,
            fields=sealed.fields(record, now),
            beside=sealed.beside(record),
            changes=sealed.changes(record, now) if record.seal_count else [],
            rewritten=sealed.since_returned(record, rounds.decided, now),
            files=review.files(record),
            answered=answered,
            may_change=is_signing and any(status in CHANGEABLE for _reference, status in answered),
            extension=review.waiting_extension(record),
            refusal=policy.refusal(current_user, Permission.SIGN_OFF, record),
            may_return=policy.can(current_user, Permission.RETURN, record),
            is_reviewer=policy.has_role(current_user, Role.REVIEWER),
            sees_queue=policy.can(current_user, Permission.REVIEW),
            sign=sign,
            return_form=return_form,
        ),
        status,
    )
