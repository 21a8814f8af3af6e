"""Every address of the tracker, written out: who may open it, by which methods, and one address that is there.

``who`` is ``public``, ``signed_in`` or the permission asked for. The places in an address are filled from
``tests/world.py``. A new route fails ``tests/web/test_access.py`` until it stands here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Door:
    """One endpoint."""

    who: str
    methods: str
    address: str
    acts: str = ""  # what a POST asks for, where that is another permission

    @property
    def reads(self) -> bool:
        return "GET" in self.methods

    @property
    def writes(self) -> bool:
        return "POST" in self.methods


DOORS = {
    "assets.serve": Door("public", "GET", "/assets/0123456789ab/theme.css"),
    "health.healthz": Door("public", "GET", "/healthz"),
    "health.readyz": Door("public", "GET", "/readyz"),
    # signing in
    "account.sign_in": Door("public", "GET POST", "/login"),
    "account.sign_in_factor": Door("public", "GET POST", "/login/factor"),
    "account.sign_out": Door("public", "POST", "/logout"),
    "account.ask_for_reset": Door("public", "GET POST", "/login/forgotten"),
    "account.set_password": Door("public", "GET POST", "/login/new-password"),
    "account.choose_language": Door("public", "POST", "/account/language"),
    # one's own
    "account.kept": Door("signed_in", "GET", "/account/kept"),
    "account.forget_kept": Door("signed_in", "POST", "/account/kept/forget"),
    "account.show": Door("signed_in", "GET", "/account"),
    "account.change_password": Door("signed_in", "GET POST", "/account/password"),
    "account.list_sessions": Door("signed_in", "GET", "/account/sessions"),
    "account.end_session": Door("signed_in", "POST", "/account/sessions/end"),
    "account.factor": Door("signed_in", "GET", "/account/factor"),
    "account.factor_picture": Door("signed_in", "GET", "/account/factor/code.svg"),
    "account.set_up_factor": Door("signed_in", "POST", "/account/factor"),
    "account.renew_codes": Door("signed_in", "POST", "/account/factor/codes"),
    "account.remove_factor": Door("signed_in", "POST", "/account/factor/remove"),
    "inbox.index": Door("signed_in", "GET", "/inbox"),
    "inbox.read": Door("signed_in", "POST", "/inbox/{notification}/read"),
    "inbox.read_all": Door("signed_in", "POST", "/inbox/read-all"),
    # people
    "admin.index": Door("people_manage", "GET", "/admin"),
    "admin.people": Door("people_manage", "GET", "/admin/people"),
    "admin.create_person": Door("people_manage", "GET POST", "/admin/people/new"),
    "admin.person": Door("people_manage", "GET", "/admin/people/{account}"),
    "admin.edit_person": Door("people_manage", "GET POST", "/admin/people/{account}/edit"),
    "admin.disable_person": Door("people_manage", "GET POST", "/admin/people/{account}/disable"),
    "admin.enable_person": Door("people_manage", "POST", "/admin/people/{account}/enable"),
    "admin.invite_person": Door("people_manage", "POST", "/admin/people/{account}/invite"),
    "admin.reset_factor": Door("people_manage", "GET POST", "/admin/people/{account}/reset-factor"),
    "admin.grant_role": Door("people_manage", "GET POST", "/admin/people/{account}/grants/new"),
    "admin.revoke_grant": Door("people_manage", "GET POST", "/admin/people/{account}/grants/{grant}/revoke"),
    # visits
    "visits.index": Door("record_read", "GET", "/visits"),
    "visits.export": Door("report_run", "GET", "/visits.csv"),
    "visits.create": Door("visit_edit", "GET POST", "/visits/new"),
    "visits.show": Door("record_read", "GET", "/visits/{visit}"),
    "visits.move": Door("visit_edit", "GET POST", "/visits/{visit}/stage"),
    "visit_sections.edit": Door("visit_edit", "GET POST", "/visits/{visit}/edit"),
    "visit_sections.tour": Door("visit_edit", "GET POST", "/visits/{visit}/tour"),
    "visit_sections.scope": Door("visit_edit", "GET POST", "/visits/{visit}/scope"),
    "visit_sections.resolutions": Door("visit_edit", "GET POST", "/visits/{visit}/resolutions"),
    "visit_sections.visit_consent": Door("visit_edit", "GET POST", "/visits/{visit}/visit-consent"),
    "visit_sections.share_consent": Door("visit_edit", "GET POST", "/visits/{visit}/share-consent"),
    "visit_sections.sharing": Door("visit_edit", "GET POST", "/visits/{visit}/sharing"),
    "visit_parts.add": Door("visit_edit", "GET POST", "/visits/{visit}/counterparts/new"),
    "visit_parts.edit": Door("visit_edit", "GET POST", "/visits/{visit}/counterparts/{counterpart}"),
    "visit_parts.remove": Door("visit_edit", "GET POST", "/visits/{visit}/counterparts/{counterpart}/remove"),
    # assessments, conclusions, comments
    "assessments.index": Door("record_read", "GET", "/visits/{visit}/matrix"),
    "assessments.other": Door("assessment_edit", "GET", "/visits/{visit}/matrix/other?area=FIN-03"),
    "assessments.edit": Door("assessment_edit", "GET POST", "/visits/{visit}/matrix/FIN-02"),
    "conclusions.index": Door("record_read", "GET", "/conclusions"),
    "conclusions.export": Door("report_run", "GET", "/conclusions.csv"),
    "conclusions.page": Door("record_read", "GET", "/conclusions/{conclusion}"),
    "conclusions.create": Door("conclusion_edit", "GET POST", "/visits/{visit}/conclusions/new"),
    "conclusions.edit": Door("conclusion_edit", "GET POST", "/conclusions/{conclusion}/edit"),
    "conclusions.share": Door("conclusion_share", "GET POST", "/conclusions/{signed}/share"),
    "conclusions.comment": Door("conclusion_share", "GET POST", "/conclusions/{signed}/comment"),
    "conclusions.finalise": Door("conclusion_share", "GET POST", "/conclusions/{signed}/finalise"),
    "conclusions.withdraw": Door("conclusion_edit", "GET POST", "/conclusions/{conclusion}/withdraw"),
    "comments.add": Door("comment", "GET POST", "/comments/visit/{visit}"),
    # follow-ups
    "followups.index": Door("record_read", "GET", "/follow-ups"),
    "followups.create": Door("followup_edit", "GET POST", "/follow-ups/new?state={state}"),
    "followups.page": Door("record_read", "GET", "/follow-ups/{followup}"),
    "followups.edit": Door("followup_edit", "GET POST", "/follow-ups/{followup}/edit"),
    "followups.assess": Door("followup_edit", "GET POST", "/follow-ups/{followup}/status"),
    "followups.track": Door("followup_track", "GET POST", "/follow-ups/{followup}/track"),
    "followups.set_position": Door("followup_track", "GET POST", "/follow-ups/{followup}/position"),
    "followups.withdraw": Door("followup_edit", "GET POST", "/follow-ups/{followup}/withdraw"),
    "followups.supersede": Door("followup_edit", "GET POST", "/follow-ups/{followup}/supersede"),
    "progress.add": Door("followup_track", "GET POST", "/follow-ups/{followup}/progress"),
    "responses.record": Door("followup_track", "GET POST", "/follow-ups/{followup}/responses"),
    "extensions.request": Door("extension_ask", "GET POST", "/follow-ups/{sealed}/extension"),
    "extensions.decide": Door(
        "record_read", "GET POST", "/follow-ups/{followup}/extension/{extension}", "extension_decide"
    ),
    "carry_overs.add": Door("followup_track", "GET POST", "/follow-ups/{sealed}/carry-over"),
    "carry_overs.record": Door("followup_track", "GET POST", "/follow-ups/{followup}/carry-over/{carry_over}"),
    "measure_links.choose": Door("measure_link", "GET POST", "/follow-ups/{followup}/measures"),
    "measure_links.remove": Door("measure_link", "GET POST", "/follow-ups/{followup}/measures/GCTS-II-10/remove"),
    "measure_links.add_followups": Door("measure_link", "GET POST", "/measures/GCTS-II-10/follow-ups"),
    "measure_links.confirm_followups": Door("measure_link", "GET", "/measures/GCTS-II-10/follow-ups/confirm"),
    "trace.show": Door("record_read", "GET", "/trace/{followup}"),
    "evidence.add": Door("followup_edit", "GET POST", "/follow-ups/{followup}/evidence"),
    "evidence.add_revision": Door("followup_edit", "GET POST", "/follow-ups/{followup}/evidence/{evidence}/revisions"),
    "evidence.withdraw": Door("followup_edit", "GET POST", "/follow-ups/{followup}/evidence/{evidence}/withdraw"),
    "evidence.download": Door("record_read", "GET", "/follow-ups/{followup}/evidence/{evidence}/1"),
    "evidence.remove_bytes": Door("file_remove", "GET POST", "/evidence/{revision}/remove"),
    # Member States and the catalogue
    "home.index": Door("signed_in", "GET", "/"),
    "home.rows": Door("record_read", "GET", "/my-work/visits"),
    "home.export": Door("report_run", "GET", "/my-work/visits.csv"),
    "search.index": Door("record_read", "GET", "/search?q=tells"),
    "help.index": Door("signed_in", "GET", "/help"),
    "audit.index": Door("log_read", "GET", "/audit"),
    "audit.export": Door("log_read", "GET", "/audit.csv"),
    "audit.entry": Door("log_read", "GET", "/audit/1"),
    "catalogue.index": Door("catalogue_manage", "GET", "/admin/ratings"),
    "catalogue.edit_rating": Door("catalogue_manage", "GET POST", "/admin/ratings/largely"),
    "area_pillars.edit": Door("catalogue_manage", "GET POST", "/admin/pillars"),
    "coverage.index": Door("record_read", "GET", "/coverage"),
    "gaps.index": Door("record_read", "GET", "/gaps"),
    "gaps.show": Door("record_read", "GET", "/gaps/areas"),
    "gaps.export": Door("report_run", "GET", "/gaps/areas.csv"),
    "coverage.export": Door("report_run", "GET", "/coverage.csv"),
    "states.index": Door("record_read", "GET", "/states"),
    "states.export": Door("report_run", "GET", "/states.csv"),
    "states.show": Door("record_read", "GET", "/states/{state}"),
    "areas.index": Door("catalogue_read", "GET", "/areas"),
    "areas.show": Door("catalogue_read", "GET", "/areas/FIN-02"),
    "resolutions.index": Door("catalogue_read", "GET", "/resolutions"),
    "resolutions.show": Door("catalogue_read", "GET", "/resolutions/1373"),
    "plans.index": Door("catalogue_read", "GET", "/plans"),
    "plans.show": Door("catalogue_read", "GET", "/plans/GCTS"),
    "plans.create": Door("plan_edit", "GET POST", "/plans/new"),
    "plans.edit": Door("plan_edit", "GET POST", "/plans/{plan}/edit"),
    "plans.order": Door("plan_edit", "GET POST", "/plans/{plan}/order"),
    "plan_parts.add": Door("plan_edit", "GET POST", "/plans/{plan}/phases/new"),
    "plan_parts.edit": Door("plan_edit", "GET POST", "/plans/{plan}/phases/{phase}"),
    "plan_parts.remove": Door("plan_edit", "GET POST", "/plans/{plan}/phases/{phase}/remove"),
    "measures.show": Door("catalogue_read", "GET", "/measures/{measure}"),
    "measures.create": Door("plan_edit", "GET POST", "/plans/{plan}/measures/new"),
    "measures.load": Door("plan_edit", "GET POST", "/plans/{plan}/import"),
    "measures.template": Door("plan_edit", "GET", "/plans/{plan}/import.csv"),
    "measures.edit": Door("plan_edit", "GET POST", "/measures/{measure}/edit"),
    "measures.retire": Door("plan_edit", "GET POST", "/measures/{measure}/retire"),
    "measures.state_status": Door("plan_edit", "GET POST", "/measures/{measure}/status"),
    "measures.withdraw_status": Door("plan_edit", "GET POST", "/measures/{stated}/status/withdraw"),
    # meetings
    "meetings.index": Door("catalogue_read", "GET", "/meetings"),
    "meetings.export": Door("report_run", "GET", "/meetings.csv"),
    "meetings.show": Door("catalogue_read", "GET", "/meetings/{meeting}"),
    "meetings.create": Door("meeting_edit", "GET POST", "/meetings/new"),
    "meetings.edit": Door("meeting_edit", "GET POST", "/meetings/{meeting}/edit"),
    "meetings.add_outcome": Door("meeting_edit", "GET POST", "/meetings/{meeting}/outcomes/new"),
    "meetings.edit_outcome": Door("meeting_edit", "GET POST", "/meetings/{meeting}/outcomes/{outcome}/edit"),
    "meetings.remove_outcome": Door("meeting_edit", "GET POST", "/meetings/{meeting}/outcomes/{outcome}/remove"),
    "cells.edit": Door("cell_edit", "GET POST", "/measures/{measure}/cells/{state}"),
    "boards.index": Door("catalogue_read", "GET", "/plans/GCTS/board"),
    "boards.export": Door("report_run", "GET", "/plans/GCTS/board.csv"),
    # reports
    "reports.index": Door("report_run", "GET", "/reports"),
    "reports.status_preview": Door("report_run", "GET", "/reports/status"),
    "reports.status_csv": Door("report_run", "GET", "/reports/status.csv"),
    "action_plan.index": Door("report_run", "GET", "/reports/action-plan"),
    "action_plan.export": Door("report_run", "GET", "/reports/action-plan.csv"),
    # sign-off
    "review.index": Door("review", "GET", "/review"),
    "review.export": Door("review", "GET", "/review/queue.csv"),
    "review.extensions": Door("review", "GET", "/review/extensions"),
    "review.export_extensions": Door("review", "GET", "/review/extensions.csv"),
    "review.item": Door("record_read", "GET", "/review/followup/{submitted}"),
    "review.as_signed": Door("record_read", "GET", "/review/followup/{sealed}/seals/1"),
    "review.sign_off": Door("review", "POST", "/review/followup/{submitted}/sign"),
    "review.return_": Door("review", "POST", "/review/followup/{submitted}/return"),
    "review.submit": Door("submit", "POST", "/review/followup/{followup}/submit"),
    "review.recall": Door("submit", "POST", "/review/followup/{submitted}/recall"),
}

# Addresses beside those above, so that each kind of record and part is swept, too.
FURTHER = [
    *(f"/trace/{{{name}}}" for name in ("conclusion", "visit", "signed")),
    "/trace/{meeting}",
    "/trace/1373-1",
    "/trace/GCTS-II-10",
    "/trace/GCTS",
    *(
        f"/visits/{{visit}}/{part}/{{{name}}}{tail}"
        for part, name in [
            ("components", "component"),
            ("delegation", "delegate"),
            ("checks", "check"),
            ("sources", "source"),
        ]
        for tail in ("", "/remove")
    ),
    *(f"/visits/{{visit}}/{part}/new" for part in ("components", "delegation", "checks", "sources")),
    *(f"/conclusions/{{{name}}}" for name in ("waiting", "signed")),
    *(f"/conclusions/{{{name}}}/edit" for name in ("waiting", "signed")),
    *(f"/follow-ups/{{{name}}}" for name in ("submitted", "sealed", "ended")),
    *(f"/follow-ups/{{{name}}}/edit" for name in ("submitted", "sealed", "ended")),
    "/visits/{later}",
    "/visits/{later}/matrix",
    "/review/matrix/{matrix}",
    "/review/conclusion/{waiting}",
    "/review/conclusion/{signed}",
    "/review/followup/{sealed}",
    "/comments/followup/{followup}",
    "/comments/conclusion/{conclusion}",
    "/comments/matrix/{matrix}",
    "/plans/{plan}",
    "/plans/GCTS/edit",
    "/plans/GCTS/reviews/new",
    "/measures/{stated}",
    "/measures/{retired}",
    "/measures/{retired}/retire",
    "/measures/GCTS-II-10",
    "/measures/GCTS-II-10/edit",
    "/follow-ups/new?visit={visit}",
    "/follow-ups/new?conclusion={signed}",
    "/follow-ups/new?state={state}&outcome={outcome}",
    "/plans/{plan}/measures/new?outcome={outcome}",
]

HOLDERS = {
    "record_read": "analyst reviewer coordinator auditor",
    "visit_edit": "analyst",
    "assessment_edit": "analyst",
    "conclusion_edit": "analyst",
    "conclusion_share": "analyst",
    "followup_edit": "analyst",
    "followup_track": "analyst",
    "extension_ask": "analyst",
    "submit": "analyst",
    "review": "reviewer",
    "extension_decide": "reviewer",
    "comment": "analyst reviewer coordinator",
    "report_run": "analyst reviewer coordinator auditor",
    "catalogue_read": "analyst reviewer coordinator auditor administrator",
    "log_read": "auditor",
    "people_manage": "administrator",
    "catalogue_manage": "administrator",
    "measure_link": "analyst coordinator",
    "file_remove": "administrator",
    "plan_edit": "coordinator",
    "cell_edit": "coordinator",
    "meeting_edit": "coordinator",
}


def may(role: str, door: Door, method: str = "GET") -> bool:
    """Whether the role gets through the door by this method, some record or other."""
    asked = [door.who, *([door.acts] if door.acts and method == "POST" else [])]
    return all(one in ("public", "signed_in") or role in HOLDERS[one].split() for one in asked)
