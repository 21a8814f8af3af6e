"""The permission table: which endpoint asks for what. Deny by default: what is not here answers nobody (R8).

A permission here is asked for anywhere; the view asks again for the record at hand. ``docs/permissions.md`` shows it.
"""

from __future__ import annotations

from enum import StrEnum

from flask import Flask, abort, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from tracker import policy
from tracker.policy import Permission as P  # noqa: N817  # a table reads better in short words
from tracker.web import security


class Open(StrEnum):
    """What needs no permission: the sign-in pages and files of the look; and what any signed-in person may open."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"


PUBLIC, SIGNED_IN = Open.PUBLIC, Open.SIGNED_IN

ACCESS: dict[str, Open | P] = {
    # the product itself
    "assets.serve": PUBLIC,
    "health.healthz": PUBLIC,
    "health.readyz": PUBLIC,
    # signing in, and one's own account
    "account.sign_in": PUBLIC,
    "account.sign_in_factor": PUBLIC,
    "account.sign_out": PUBLIC,
    "account.ask_for_reset": PUBLIC,
    "account.set_password": PUBLIC,
    "account.choose_language": PUBLIC,
    "account.kept": SIGNED_IN,
    "account.forget_kept": SIGNED_IN,
    "account.show": SIGNED_IN,
    "account.change_password": SIGNED_IN,
    "account.list_sessions": SIGNED_IN,
    "account.end_session": SIGNED_IN,
    "account.factor": SIGNED_IN,
    "account.factor_picture": SIGNED_IN,
    "account.set_up_factor": SIGNED_IN,
    "account.renew_codes": SIGNED_IN,
    "account.remove_factor": SIGNED_IN,
    "inbox.index": SIGNED_IN,
    "inbox.read": SIGNED_IN,
    "inbox.read_all": SIGNED_IN,
    # people and grants
    "admin.index": P.PEOPLE_MANAGE,
    "admin.people": P.PEOPLE_MANAGE,
    "admin.create_person": P.PEOPLE_MANAGE,
    "admin.person": P.PEOPLE_MANAGE,
    "admin.edit_person": P.PEOPLE_MANAGE,
    "admin.disable_person": P.PEOPLE_MANAGE,
    "admin.enable_person": P.PEOPLE_MANAGE,
    "admin.invite_person": P.PEOPLE_MANAGE,
    "admin.reset_factor": P.PEOPLE_MANAGE,
    "admin.grant_role": P.PEOPLE_MANAGE,
    "admin.revoke_grant": P.PEOPLE_MANAGE,
    # visits
    "visits.index": P.RECORD_READ,
    "visits.export": P.REPORT_RUN,
    "visits.create": P.VISIT_EDIT,
    "visits.show": P.RECORD_READ,
    "visits.move": P.VISIT_EDIT,
    "visit_sections.edit": P.VISIT_EDIT,
    "visit_sections.tour": P.VISIT_EDIT,
    "visit_sections.scope": P.VISIT_EDIT,
    "visit_sections.resolutions": P.VISIT_EDIT,
    "visit_sections.visit_consent": P.VISIT_EDIT,
    "visit_sections.share_consent": P.VISIT_EDIT,
    "visit_sections.sharing": P.VISIT_EDIT,
    "visit_parts.add": P.VISIT_EDIT,
    "visit_parts.edit": P.VISIT_EDIT,
    "visit_parts.remove": P.VISIT_EDIT,
    # assessments, conclusions, comments
    "assessments.index": P.RECORD_READ,
    "assessments.other": P.ASSESSMENT_EDIT,
    "assessments.edit": P.ASSESSMENT_EDIT,
    "conclusions.index": P.RECORD_READ,
    "conclusions.export": P.REPORT_RUN,
    "conclusions.page": P.RECORD_READ,
    "conclusions.create": P.CONCLUSION_EDIT,
    "conclusions.edit": P.CONCLUSION_EDIT,
    "conclusions.share": P.CONCLUSION_SHARE,
    "conclusions.comment": P.CONCLUSION_SHARE,
    "conclusions.finalise": P.CONCLUSION_SHARE,
    "conclusions.withdraw": P.CONCLUSION_EDIT,
    "comments.add": P.COMMENT,
    # follow-ups and what is attached to them
    "followups.index": P.RECORD_READ,
    "followups.page": P.RECORD_READ,
    "followups.create": P.FOLLOWUP_EDIT,
    "followups.edit": P.FOLLOWUP_EDIT,
    "followups.assess": P.FOLLOWUP_EDIT,
    "followups.track": P.FOLLOWUP_TRACK,
    "followups.set_position": P.FOLLOWUP_TRACK,
    "followups.withdraw": P.FOLLOWUP_EDIT,
    "followups.supersede": P.FOLLOWUP_EDIT,
    "progress.add": P.FOLLOWUP_TRACK,
    "responses.record": P.FOLLOWUP_TRACK,
    "extensions.request": P.EXTENSION_ASK,
    "extensions.decide": P.RECORD_READ,
    "evidence.add": P.FOLLOWUP_EDIT,
    "evidence.add_revision": P.FOLLOWUP_EDIT,
    "evidence.withdraw": P.FOLLOWUP_EDIT,
    "evidence.download": P.RECORD_READ,
    "evidence.remove_bytes": P.FILE_REMOVE,
    "carry_overs.add": P.FOLLOWUP_TRACK,
    "carry_overs.record": P.FOLLOWUP_TRACK,
    # links to measures, and the chain
    "measure_links.choose": P.MEASURE_LINK,
    "measure_links.remove": P.MEASURE_LINK,
    "measure_links.add_followups": P.MEASURE_LINK,
    "measure_links.confirm_followups": P.MEASURE_LINK,
    "trace.show": P.RECORD_READ,
    # my work, search, help, the log
    "search.index": P.RECORD_READ,
    "home.index": SIGNED_IN,
    "home.rows": P.RECORD_READ,
    "home.export": P.REPORT_RUN,
    "help.index": SIGNED_IN,
    "audit.index": P.LOG_READ,
    "audit.export": P.LOG_READ,
    "audit.entry": P.LOG_READ,
    # the catalogue as administrators edit it
    "catalogue.index": P.CATALOGUE_MANAGE,
    "catalogue.edit_rating": P.CATALOGUE_MANAGE,
    "area_pillars.edit": P.CATALOGUE_MANAGE,
    # Member States and the catalogue
    "states.index": P.RECORD_READ,
    "states.export": P.REPORT_RUN,
    "states.show": P.RECORD_READ,
    "areas.index": P.CATALOGUE_READ,
    "areas.show": P.CATALOGUE_READ,
    "resolutions.index": P.CATALOGUE_READ,
    "resolutions.show": P.CATALOGUE_READ,
    "plans.index": P.CATALOGUE_READ,
    "plans.show": P.CATALOGUE_READ,
    "plans.create": P.PLAN_EDIT,
    "plans.edit": P.PLAN_EDIT,
    "plans.order": P.PLAN_EDIT,
    "plan_parts.add": P.PLAN_EDIT,
    "plan_parts.edit": P.PLAN_EDIT,
    "plan_parts.remove": P.PLAN_EDIT,
    "measures.show": P.CATALOGUE_READ,
    "measures.create": P.PLAN_EDIT,
    "measures.load": P.PLAN_EDIT,
    "measures.template": P.PLAN_EDIT,
    "measures.edit": P.PLAN_EDIT,
    "measures.retire": P.PLAN_EDIT,
    "measures.state_status": P.PLAN_EDIT,
    "measures.withdraw_status": P.PLAN_EDIT,
    # meetings
    "meetings.index": P.CATALOGUE_READ,
    "meetings.export": P.REPORT_RUN,
    "meetings.show": P.CATALOGUE_READ,
    "meetings.create": P.MEETING_EDIT,
    "meetings.edit": P.MEETING_EDIT,
    "meetings.add_outcome": P.MEETING_EDIT,
    "meetings.edit_outcome": P.MEETING_EDIT,
    "meetings.remove_outcome": P.MEETING_EDIT,
    "cells.edit": P.CELL_EDIT,
    "boards.index": P.CATALOGUE_READ,
    "boards.export": P.REPORT_RUN,
    # coverage and gaps
    "coverage.index": P.RECORD_READ,
    "coverage.export": P.REPORT_RUN,
    "gaps.index": P.RECORD_READ,
    "gaps.show": P.RECORD_READ,
    "gaps.export": P.REPORT_RUN,
    # reports
    "reports.index": P.REPORT_RUN,
    "reports.status_preview": P.REPORT_RUN,
    "reports.status_csv": P.REPORT_RUN,
    "action_plan.index": P.REPORT_RUN,
    "action_plan.export": P.REPORT_RUN,
    # sign-off
    "review.index": P.REVIEW,
    "review.export": P.REVIEW,
    "review.extensions": P.REVIEW,
    "review.export_extensions": P.REVIEW,
    "review.item": P.RECORD_READ,
    "review.as_signed": P.RECORD_READ,
    "review.sign_off": P.REVIEW,
    "review.return_": P.REVIEW,
    "review.submit": P.SUBMIT,
    "review.recall": P.SUBMIT,
}


def init_access(app: Flask) -> None:
    """Ask the table before every view."""
    app.before_request(_refuse)


def _refuse() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None  # no such address: the 404 page
    needed = ACCESS.get(request.endpoint)
    if needed is None:
        abort(404)
    if needed is PUBLIC:
        return None
    if not current_user.is_authenticated:
        return security.ask_to_sign_in()
    if isinstance(needed, P):
        policy.require(current_user, needed)
    return None
