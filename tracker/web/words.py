"""The words of everything that has a name in code: enum members, fields, nouns and kinds of events.

One place, so that one thing has one name on every page. What is missing here fails a test, and raises
outside production; there the name in code is written out instead, because a page that says "due extension"
serves its reader better than none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum, StrEnum
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from babel import Locale
from flask import current_app, has_app_context

from tracker import texts
from tracker.database import Base, PartialDateType, UtcDateTime
from tracker.models import (
    Basis,
    Category,
    ConclusionKind,
    ConclusionStatus,
    ConsentScope,
    Decision,
    DelegateKind,
    Disposition,
    ExtensionStatus,
    FollowupStatus,
    Implementation,
    MatrixStatus,
    MeasureStatus,
    MeetingPart,
    Outcome,
    OutcomeKind,
    PlanKind,
    PlanPart,
    Position,
    Priority,
    Purpose,
    RegionRule,
    Role,
    Scope,
    SealedState,
    Sharing,
    StateKind,
    VisitMode,
    VisitSequence,
    VisitStage,
    VisitType,
)
from tracker.partial_date import PartialDate, Precision
from tracker.policy import Permission
from tracker.reports.visits import conclusion_label
from tracker.role_words import ROLE_WORDS
from tracker.texts import gettext as _
from tracker.texts import lazy_gettext as _l
from tracker.web.dates import date_words, moment_words, partial_words

WORDS: dict[type[StrEnum], Mapping[Any, Any]] = {
    Role: ROLE_WORDS,
    Scope: {
        Scope.ALL: _l("All Member States"),
        Scope.REGION: _l("A region"),
        Scope.STATES: _l("Named Member States"),
    },
    StateKind: {
        StateKind.MEMBER: _l("Member State"),
        StateKind.OBSERVER: _l("Observer"),
    },
    VisitType: {
        VisitType.NOT_STATED: _l("Type not stated"),
        VisitType.COMPREHENSIVE: _l("Comprehensive"),
        VisitType.FOCUSED: _l("Focused"),
        VisitType.REGIONAL: _l("Regional"),
        VisitType.FOLLOW_UP: _l("Follow-up visit"),
        VisitType.ADVOCACY: _l("Advocacy"),
        VisitType.HIGH_LEVEL: _l("High-level (political)"),
    },
    VisitMode: {
        VisitMode.ON_SITE: _l("On site"),
        VisitMode.VIRTUAL: _l("Virtual"),
        VisitMode.HYBRID: _l("Hybrid"),
    },
    VisitSequence: {
        VisitSequence.NOT_STATED: _l("Not stated"),
        VisitSequence.FIRST: _l("First visit"),
        VisitSequence.FIRST_FOLLOW_UP: _l("First follow-up visit"),
        VisitSequence.SECOND_FOLLOW_UP: _l("Second follow-up visit"),
        VisitSequence.LATER_FOLLOW_UP: _l("Later follow-up visit"),
    },
    VisitStage: {
        VisitStage.PROPOSED: _l("Proposed"),
        VisitStage.CONSENT_REQUESTED: _l("Consent requested"),
        VisitStage.CONSENTED: _l("Consented"),
        VisitStage.PREPARING: _l("Preparing"),
        VisitStage.UNDER_WAY: _l("Under way"),
        VisitStage.PROVISIONAL_ISSUED: _l("Conclusions or observations issued"),  # true of both eras: see stage_words
        VisitStage.DRAFT_REPORT: _l("Draft report"),
        VisitStage.WITH_STATE: _l("With the Member State"),
        VisitStage.FOR_ADOPTION: _l("For adoption"),
        VisitStage.ADOPTED: _l("Adopted"),
        VisitStage.RESPONSE_DUE: _l("Response due"),
        VisitStage.RESPONSE_RECEIVED: _l("Response received"),
        VisitStage.CLOSED: _l("Closed"),
        VisitStage.DECLINED: _l("Declined"),
        VisitStage.DEFERRED: _l("Deferred"),
        VisitStage.POSTPONED: _l("Postponed"),
        VisitStage.CANCELLED: _l("Cancelled"),
    },
    ConsentScope: {
        ConsentScope.NOT_ASKED: _l("Not asked"),
        ConsentScope.ASKED: _l("Asked, no answer yet"),
        ConsentScope.FULL: _l("Full consent to share"),
        ConsentScope.PARTIAL: _l("Consent to share in part"),
        ConsentScope.REFUSED: _l("No consent to share"),
    },
    DelegateKind: {
        DelegateKind.HEAD: _l("Head of delegation"),
        DelegateKind.MEMBER: _l("Member"),
        DelegateKind.PARTNER: _l("Partner organisation"),
        DelegateKind.TEAM: _l("Team"),
    },
    MatrixStatus: {
        MatrixStatus.DRAFT: _l("Draft"),
        MatrixStatus.SUBMITTED: _l("Submitted"),
        MatrixStatus.RETURNED: _l("Returned"),
        MatrixStatus.SIGNED_OFF: _l("Signed off"),
    },
    ConclusionKind: {
        ConclusionKind.PROGRESS: _l("Progress"),
        ConclusionKind.STRENGTH: _l("Strength"),
        ConclusionKind.GOOD_PRACTICE: _l("Good practice"),
        ConclusionKind.SHORTFALL: _l("Shortfall"),
        ConclusionKind.CONCERN: _l("Concern"),
        ConclusionKind.TECHNICAL_ASSISTANCE_NEED: _l("Technical assistance need"),
    },
    ConclusionStatus: {
        ConclusionStatus.DRAFT: _l("Draft"),
        ConclusionStatus.SUBMITTED: _l("Submitted"),
        ConclusionStatus.RETURNED: _l("Returned"),
        ConclusionStatus.SIGNED_OFF: _l("Signed off"),
        ConclusionStatus.SHARED_WITH_STATE: _l("Shared with the Member State"),
        ConclusionStatus.COMMENTED: _l("Commented on by the Member State"),
        ConclusionStatus.FINAL: _l("Final"),
        ConclusionStatus.WITHDRAWN: _l("Withdrawn"),
    },
    FollowupStatus: {
        FollowupStatus.DRAFT: _l("Draft"),
        FollowupStatus.SUBMITTED: _l("Submitted"),
        FollowupStatus.RETURNED: _l("Returned"),
        FollowupStatus.SIGNED_OFF: _l("Signed off"),
        FollowupStatus.WITHDRAWN: _l("Withdrawn"),
        FollowupStatus.SUPERSEDED: _l("Superseded"),
    },
    Implementation: {
        Implementation.NOT_ASSESSED: _l("Not assessed"),
        Implementation.NOT_STARTED: _l("Not started"),
        Implementation.IN_PROGRESS: _l("In progress"),
        Implementation.PARTIALLY_IMPLEMENTED: _l("Partially implemented"),
        Implementation.IMPLEMENTED: _l("Implemented"),
        Implementation.OVERTAKEN: _l("Overtaken by events"),
    },
    Position: {
        Position.NONE_YET: _l("No position yet"),
        Position.ACCEPTS: _l("Accepts"),
        Position.PARTLY: _l("Accepts in part"),
        Position.NOTES: _l("Takes note"),
        Position.DISPUTES: _l("Disputes"),
    },
    Priority: {
        Priority.HIGH: _l("High"),
        Priority.MEDIUM: _l("Medium"),
        Priority.LOW: _l("Low"),
    },
    ExtensionStatus: {
        ExtensionStatus.REQUESTED: _l("Asked for"),
        ExtensionStatus.APPROVED: _l("Approved"),
        ExtensionStatus.REFUSED: _l("Refused"),
    },
    Disposition: {
        Disposition.PENDING: _l("To be looked at"),
        Disposition.STILL_OPEN: _l("Still open"),
        Disposition.PARTLY_MET: _l("Met in part"),
        Disposition.MET: _l("Met"),
        Disposition.OVERTAKEN: _l("Overtaken by events"),
    },
    Sharing: {
        Sharing.INTERNAL: _l("Internal"),
        Sharing.STATE_ONLY: _l("Member State only"),
        Sharing.PARTNERS: _l("Partners"),
        Sharing.PUBLIC: _l("Public"),
    },
    Basis: {
        Basis.OBLIGATION: _l("Obligation"),
        Basis.STANDARD: _l("Standard"),
        Basis.GOOD_PRACTICE: _l("Good practice"),
    },
    SealedState: {
        SealedState.UNSIGNED: _l("Not signed off"),
        SealedState.SIGNED: _l("Signed off"),
        SealedState.CHANGED: _l("Changed since it was signed off"),
    },
    Purpose: {
        Purpose.SIGN_OFF: _l("Sign-off"),
        Purpose.WITHDRAW: _l("Withdrawal"),
        Purpose.SUPERSEDE: _l("Replacement by another"),
    },
    Decision: {
        Decision.SIGNED: _l("Signed off"),
        Decision.RETURNED: _l("Returned"),
        Decision.RECALLED: _l("Recalled"),
    },
    Category: {
        Category.CHANGE: _l("Changes"),
        Category.COMMENT: _l("Comments"),
        Category.SIGN_OFF: _l("Sign-offs"),
        Category.FILE: _l("Files"),
        Category.ACCESS: _l("Access"),
    },
    Outcome: {
        Outcome.DONE: _l("Done"),
        Outcome.REFUSED: _l("Refused"),
        Outcome.FAILED: _l("Failed"),
    },
    PlanKind: {
        PlanKind.STRATEGY: _l("Global strategy"),
        PlanKind.REGIONAL: _l("Regional plan of action"),
    },
    Precision: {
        Precision.YEAR: _l("Year"),
        Precision.MONTH: _l("Month"),
        Precision.DAY: _l("Day"),
    },
    Permission: {
        Permission.RECORD_READ: _l("Read records"),
        Permission.VISIT_EDIT: _l("Create, edit and move visits"),
        Permission.ASSESSMENT_EDIT: _l("Edit assessments"),
        Permission.CONCLUSION_EDIT: _l("Write and edit provisional conclusions"),
        Permission.CONCLUSION_SHARE: _l("Record that conclusions were shared, commented on, made final"),
        Permission.FOLLOWUP_EDIT: _l("Write and edit follow-ups"),
        Permission.FOLLOWUP_TRACK: _l("Record progress, responses, priority and owners"),
        Permission.EXTENSION_ASK: _l("Ask for a later due date"),
        Permission.SUBMIT: _l("Submit for sign-off"),
        Permission.RECALL: _l("Recall what one submitted"),
        Permission.REVIEW: _l("See the reviewers' queue"),
        Permission.SIGN_OFF: _l("Sign off"),
        Permission.RETURN: _l("Return with a reason"),
        Permission.EXTENSION_DECIDE: _l("Approve or refuse a later due date"),
        Permission.COMMENT: _l("Comment"),
        Permission.REPORT_RUN: _l("Run and export reports"),
        Permission.CATALOGUE_READ: _l("Read the catalogue and plans"),
        Permission.LOG_READ: _l("Read the log"),
        Permission.PEOPLE_MANAGE: _l("Manage people and grants"),
        Permission.CATALOGUE_MANAGE: _l("Manage the catalogue and settings"),
        Permission.FILE_REMOVE: _l("Remove a file's content"),
        Permission.PLAN_EDIT: _l("Write plans and their measures"),
        Permission.CELL_EDIT: _l("Say how far a Member State is with a measure"),
        Permission.MEASURE_LINK: _l("Link follow-ups and measures"),
        Permission.MEETING_EDIT: _l("Record meetings and what they produced"),
    },
    PlanPart: {PlanPart.PARTICIPANT: _l("Participant"), PlanPart.OBSERVER: _l("Observer")},
    MeasureStatus: {
        MeasureStatus.PLANNED: _l("Planned"),
        MeasureStatus.UNDER_WAY: _l("Under way"),
        MeasureStatus.COMPLETED: _l("Completed"),
        MeasureStatus.DELAYED: _l("Delayed"),
        MeasureStatus.SUSPENDED: _l("Suspended"),
    },
    RegionRule: {
        RegionRule.ALL: _l("All participating Member States"),
        RegionRule.MAJORITY: _l("More than half of the participating Member States"),
        RegionRule.NAMED: _l("The Member States named here"),
    },
    MeetingPart: {
        MeetingPart.HOST: _l("Host"),
        MeetingPart.CO_ORGANISER: _l("Co-organiser"),
        MeetingPart.PARTICIPANT: _l("Participant"),
    },
    OutcomeKind: {
        OutcomeKind.GAP: _l("Gap"),
        OutcomeKind.GOOD_PRACTICE: _l("Good practice"),
        OutcomeKind.RECOMMENDATION: _l("Recommendation"),
        OutcomeKind.TOPIC: _l("Topic"),
    },
}

NOUNS: dict[str, Any] = {
    "access": _l("Access"),
    "account": _l("Account"),
    "account_grant": _l("Grant"),
    "grant": _l("Grant"),
    "area": _l("Area"),
    "assessment": _l("Assessment"),
    "authority": _l("Authority"),
    "carry_over": _l("Carry-over"),
    "comment": _l("Comment"),
    "component": _l("Component"),
    "conclusion": _l("Conclusion"),
    "conclusion_paragraph": _l("Paragraph"),
    "due_extension": _l("Extension of the due date"),
    "extension": _l("Extension of the due date"),
    "evidence": _l("Evidence"),
    "evidence_revision": _l("File"),
    "export": _l("Export"),
    "followup": _l("Follow-up"),
    "followup_area": _l("Further area"),
    "followup_authority": _l("Responsible authority"),
    "followup_conclusion": _l("Conclusion answered"),
    "followup_paragraph": _l("Paragraph"),
    "matrix": _l("Assessments of the visit"),
    "measure": _l("Measure"),
    "measure_carries": _l("Measure of the Strategy carried out"),
    "measure_cell": _l("Cell of a Member State"),
    "measure_state": _l("Member State that counts"),
    "followup_measure": _l("Measure served"),
    "meeting": _l("Meeting"),
    "meeting_organisation": _l("Organisation taking part"),
    "meeting_outcome": _l("Outcome of the meeting"),
    "meeting_state": _l("Member State taking part"),
    "outcome_followup": _l("What the recommendation became"),
    "organisation": _l("Organisation"),
    "plan": _l("Plan"),
    "plan_host": _l("Host body"),
    "plan_phase": _l("Phase"),
    "plan_review": _l("Review"),
    "plan_state": _l("Member State in the plan"),
    "progress": _l("Progress entry"),
    "progress_entry": _l("Progress entry"),
    "rating": _l("Rating level"),
    "rating_level": _l("Rating level"),
    "reference": _l("Reference data"),
    "report": _l("Report"),
    "response": _l("Response of the Member State"),
    "sample": _l("Sample"),
    "session": _l("Session"),
    "state": _l("Member State"),
    "state_response": _l("Response of the Member State"),
    "tour": _l("Tour"),
    "visit": _l("Visit"),
    "contributor": _l("Contribution"),
    "submission": _l("Submission"),
    "visit_area": _l("Area in scope"),
    "visit_check": _l("On-site check"),
    "visit_component": _l("Component"),
    "visit_component_area": _l("Area of a component"),
    "visit_counterpart": _l("Counterpart met"),
    "visit_delegate": _l("Delegation"),
    "visit_delegate_area": _l("Area covered by the delegation"),
    "visit_move": _l("Stage"),
    "visit_resolution": _l("Applicable resolution"),
    "visit_source": _l("Source"),
}

FIELDS: dict[str, Any] = {
    "adopted_on": _l("Adopted on"),
    "attendance": _l("Attendance"),
    "code": _l("Code"),
    "deadline": _l("Deadline"),
    "description": _l("Description"),
    "held_on": _l("Date of the review"),
    "lead_body": _l("Lead body"),
    "linked_at": _l("Linked"),
    "linked_by_id": _l("Linked by"),
    "measure_cell.evidence": _l("What it rests on"),
    "measure_id": _l("Measure"),
    "measure.position": _l("Place in the order"),
    "measure.source": _l("Source"),
    "meeting_id": _l("Meeting"),
    "meeting_outcome.position": _l("Place in the order"),
    "outcome_id": _l("Recommendation"),
    "part": _l("Part"),
    "partners": _l("Partners"),
    "pillar": _l("Pillar"),
    "pillars": _l("Pillars"),
    "plan_id": _l("Plan"),
    "plan_phase.position": _l("Place in the order"),
    "region": _l("Region"),
    "retired_on": _l("Retired on"),
    "retired_reason": _l("Reason for retiring it"),
    "measure.rule": _l("When it counts as done in the region"),
    "series": _l("Series"),
    "stated_by_id": _l("Stated by"),
    "stated_on": _l("Stated on"),
    "stated_reason": _l("Reason for the stated status"),
    "stated_status": _l("Stated status"),
    "status_on": _l("Date of the status"),
    "strategy_measure_id": _l("Measure of the Strategy"),
    "symbol": _l("Symbol"),
    "topics": _l("Topics"),
    "wording_note": _l("Whose words the text is"),
    "account_id": _l("Account"),
    "acronym": _l("Acronym"),
    "active": _l("May sign in"),
    "added_at": _l("Added"),
    "added_by_id": _l("Added by"),
    "area_code": _l("Area"),
    "area": _l("Area"),
    "area_edition": _l("Edition of the area"),
    "areas": _l("Areas"),
    "assessments": _l("Assessments"),
    "assessed_on": _l("Assessed on"),
    "assessed_source": _l("Source of our assessment"),
    "assessed_status": _l("Status we assess"),
    "authorities": _l("Responsible authorities"),
    "authority_id": _l("Authority"),
    "basis": _l("Basis"),
    "bytes_removed_at": _l("File content removed"),
    "bytes_removed_reason": _l("Reason for removing the file content"),
    "checked_on": _l("Date of the check"),
    "checks": _l("On-site checks"),
    "comments_due": _l("Comments of the Member State due"),
    "component_id": _l("Component"),
    "components": _l("Components"),
    "conclusion_id": _l("Conclusion"),
    "conclusions": _l("Conclusions answered"),
    "conclusions_due": _l("Conclusions due"),
    "content_sha256": _l("SHA-256 of the sealed fields"),
    "content_type": _l("File type"),
    "content_version": _l("Version of the sealed fields"),
    "counterparts": _l("Counterparts met"),
    "created_at": _l("Created"),
    "created_by_id": _l("Created by"),
    "current_due": _l("Current due date"),
    "current_due_last": _l("Last day of the due date"),
    "decided_at": _l("Decided"),
    "decided_by_id": _l("Decided by"),
    "decision": _l("Decision"),
    "decision_note": _l("Note on the decision"),
    "delegate_id": _l("Delegate"),
    "delegates": _l("Delegation"),
    "disposition": _l("Finding of the later visit"),
    "drafted_by_id": _l("Drafted by"),
    "email": _l("E-mail address"),
    "end": _l("End"),
    "ends_on": _l("Last day of the grant"),
    "evidence": _l("Evidence"),
    "evidence_id": _l("Evidence"),
    "explanation": _l("Explanation"),
    "fields": _l("Fields"),
    "filename": _l("File name"),
    "followup_id": _l("Follow-up"),
    "followup.area_code": _l("Main area"),
    "from_stage": _l("From stage"),
    "function": _l("Function"),
    "further_areas": _l("Further areas"),
    "happened": _l("Happened on"),
    "indicator": _l("Indicator of completion"),
    "is_withdrawn": _l("Withdrawn"),
    "kind": _l("Kind"),
    "language": _l("Language"),
    "level": _l("Level"),
    "matrix_id": _l("Assessments of the visit"),
    "met_on": _l("Met on"),
    "mode": _l("Mode"),
    "moves": _l("Stage moves"),
    "name": _l("Name"),
    "new_due": _l("New due date"),
    "next_step": _l("Next step"),
    "no_conclusion_reason": _l("Reason for no conclusion"),
    "no_due_reason": _l("Reason for no due date"),
    "no_indicator_reason": _l("Reason for no indicator"),
    "note": _l("Note"),
    "number": _l("Number"),
    "object_id": _l("Number of the record"),
    "object_type": _l("Kind of record"),
    "old_due": _l("Earlier due date"),
    "organisation_id": _l("Organisation"),
    "original_due": _l("Original due date"),
    "owner_id": _l("Owner"),
    "paragraph_id": _l("Paragraph"),
    "paragraphs": _l("Paragraphs"),
    "password": _l("Password"),
    "place": _l("Place"),
    "position": _l("Position of the Member State"),
    "position_on": _l("Date of the position"),
    "position_source": _l("Source of the position"),
    "previous_status": _l("Earlier status"),
    "priority": _l("Priority"),
    "purpose": _l("Asked for"),
    "rating": _l("Rating"),
    "reason": _l("Reason"),
    "received": _l("Received"),
    "recorded_at": _l("Recorded"),
    "recorded_by_id": _l("Recorded by"),
    "reference": _l("Reference"),
    "region_code": _l("Region"),
    "reported_on": _l("Reported on"),
    "reported_source": _l("Source of the reported status"),
    "reported_status": _l("Status the Member State reports"),
    "requested_at": _l("Asked for"),
    "requested_by_id": _l("Asked for by"),
    "resolution_number": _l("Resolution"),
    "resolutions": _l("Applicable resolutions"),
    "response_due": _l("Response due"),
    "response_received": _l("Response received"),
    "role": _l("Role"),
    "round": _l("Round"),
    "scope": _l("Scope"),
    "seal_count": _l("Number of seals"),
    "seal_id": _l("Seal"),
    "seal_sha256": _l("SHA-256 of the seal"),
    "sealed_sha256": _l("SHA-256 of the last seal"),
    "second_factor": _l("Second factor"),
    "sequence": _l("Sequence"),
    "sha256": _l("SHA-256"),
    "share_consent": _l("Consent to share"),
    "share_consent_by": _l("Consent to share given by"),
    "share_consent_on": _l("Date of the consent to share"),
    "share_excluded": _l("Parts excluded from sharing"),
    "sharing": _l("Sharing level"),
    "size": _l("Size"),
    "sort_day": _l("Day in the order of lists"),
    "source": _l("Source"),
    "source_note": _l("Note of the source"),
    "sources": _l("Sources"),
    "stage": _l("Stage"),
    "start": _l("Start"),
    "state_comment": _l("Comment of the Member State"),
    "state_commented_on": _l("Date of the comment"),
    "state_id": _l("Member State"),
    "states": _l("Member States"),
    "status": _l("Status"),
    "status_reason": _l("Reason for the status"),
    "stored_as": _l("Stored under"),
    "subject": _l("Subject"),
    "submitted_at": _l("Submitted"),
    "submitted_by_id": _l("Submitted by"),
    "summary": _l("Summary"),
    "superseded_by_id": _l("Superseded by"),
    "text": _l("Text"),
    "title": _l("Title"),
    "to_stage": _l("To stage"),
    "tour_id": _l("Tour"),
    "type": _l("Type"),
    "updated_at": _l("Last changed"),
    "updated_by_id": _l("Last changed by"),
    "url": _l("Address"),
    "version": _l("Version"),
    "visit_consent_by": _l("Consent to the visit given by"),
    "visit_consent_on": _l("Date of the consent to the visit"),
    "visit_id": _l("Visit"),
    "workflow": _l("Workflow status"),
    "written_at": _l("Written"),
    "written_by_id": _l("Written by"),
    "year": _l("Year"),
}

EVENTS: dict[str, Any] = {
    "followup.measure_linked": _l("linked a measure"),
    "followup.measure_unlinked": _l("took off a measure"),
    "measure.cell_changed": _l("said how far a Member State is"),
    "measure.cells_set": _l("set the cells of the Member States that take part"),
    "measure.moved": _l("moved the measure in the order"),
    "measure.reinstated": _l("put the measure back into the plan"),
    "measure.retired": _l("retired the measure"),
    "measure.status_stated": _l("stated the status"),
    "measure.status_withdrawn": _l("took back the stated status"),
    "meeting.link_carried_over": _l("carried what an outcome became over when the tables changed"),
    "meeting.outcome_added": _l("added an outcome"),
    "meeting.outcome_became": _l("made an outcome a measure or a follow-up"),
    "meeting.outcome_removed": _l("took an outcome off the list"),
    "plan.reordered": _l("reordered the measures"),
    "access.refused": _l("was refused"),
    "account.changed": _l("changed the account"),
    "account.created": _l("created the account"),
    "account.disabled": _l("disabled the account"),
    "account.enabled": _l("enabled the account"),
    "account.factor_refused": _l("gave a wrong second factor"),
    "account.factor_removed": _l("removed the second factor"),
    "account.factor_reset": _l("reset the second factor"),
    "account.factor_set_up": _l("set up the second factor"),
    "account.granted": _l("granted a role"),
    "account.invited": _l("sent an invitation"),
    "account.password_changed": _l("changed the password"),
    "account.password_reset": _l("reset the password"),
    "account.recovery_codes_renewed": _l("renewed the recovery codes"),
    "account.reset_asked": _l("asked for a new password"),
    "account.revoked": _l("revoked a grant"),
    "account.session_ended": _l("ended a session"),
    "account.sign_in_failed": _l("tried to sign in and failed"),
    "account.sign_in_throttled": _l("tried to sign in too often"),
    "account.signed_in": _l("signed in"),
    "account.signed_out": _l("signed out"),
    "comment.written": _l("commented"),
    "conclusion.commented": _l("recorded the comment of the Member State"),
    "conclusion.finalised": _l("made it final"),
    "conclusion.made_final": _l("made it final"),
    "conclusion.shared": _l("shared it with the Member State"),
    "conclusion.shared_with_state": _l("shared it with the Member State"),
    "carry_over.recorded": _l("recorded what a later visit found"),
    "evidence.added": _l("added evidence"),
    "evidence.revised": _l("added a revision of evidence"),
    "evidence.withdrawn": _l("withdrew evidence"),
    "progress.added": _l("noted progress"),
    "response.recorded": _l("recorded a response of the Member State"),
    "evidence.bytes_removed": _l("removed the content of a file"),
    "evidence.downloaded": _l("downloaded a file"),
    "export.ended": _l("finished an export"),
    "export.started": _l("began an export"),
    "extension.approved": _l("approved a later due date"),
    "extension.refused": _l("refused a later due date"),
    "extension.requested": _l("asked for a later due date"),
    "followup.assessed": _l("assessed how far it has come"),
    "followup.carried_over": _l("carried it over to a later visit"),
    "followup.conclusion_changed": _l("changed a conclusion that it answers"),
    "followup.position_recorded": _l("recorded the position of the Member State"),
    "followup.tracked": _l("changed how it is tracked"),
    "matrix.assessed": _l("assessed an area"),
    "visit.check_added": _l("added an on-site check"),
    "visit.check_edited": _l("edited an on-site check"),
    "visit.check_removed": _l("removed an on-site check"),
    "visit.component_added": _l("added a component"),
    "visit.component_edited": _l("edited a component"),
    "visit.component_removed": _l("removed a component"),
    "visit.counterpart_added": _l("added a counterpart met"),
    "visit.counterpart_edited": _l("edited a counterpart met"),
    "visit.counterpart_removed": _l("removed a counterpart met"),
    "visit.delegate_added": _l("added to the delegation"),
    "visit.delegate_edited": _l("edited the delegation"),
    "visit.delegate_removed": _l("removed from the delegation"),
    "rating.edited": _l("edited a rating level"),
    "area_pillars.edited": _l("edited the map of areas and pillars"),
    "visit.moved": _l("moved it to another stage"),
    "visit.resolutions_set": _l("set the applicable resolutions"),
    "visit.scope_set": _l("set the areas in scope"),
    "visit.share_consent_recorded": _l("recorded the consent to share"),
    "visit.sharing_set": _l("set the sharing level"),
    "visit.source_added": _l("added a source"),
    "visit.source_edited": _l("edited a source"),
    "visit.source_removed": _l("removed a source"),
    "visit.stage_corrected": _l("corrected the stage"),
    "visit.tour_set": _l("set the tour"),
    "visit.visit_consent_recorded": _l("recorded the consent to the visit"),
}

DETAILS: dict[str, Any] = {
    "code": _l("Code"),
    "endpoint": _l("Page"),
    "label": _l("Label"),
    "may_be_given": _l("May be given"),
    "method": _l("Way of asking"),
    "path": _l("Address"),
    "place": _l("Place on the scale"),
    "question": _l("Narrowed by"),
    "report": _l("File"),
    "rows": _l("Rows"),
    "rule": _l("Rule"),
    "seal_sha256": _l("SHA-256 of the seal"),
    "sort": _l("Order"),
}
"""What stands in an entry of the log beside the changes, by its name; what is not here is written out."""

_VERBS: dict[str, Any] = {
    "added": _l("added"),
    "approved": _l("approved"),
    "changed": _l("changed"),
    "commented": _l("commented"),
    "created": _l("created"),
    "deleted": _l("deleted"),
    "downloaded": _l("downloaded"),
    "edited": _l("edited"),
    "exported": _l("exported"),
    "loaded": _l("loaded"),
    "moved": _l("moved"),
    "recalled": _l("recalled"),
    "recorded": _l("recorded"),
    "refused": _l("refused"),
    "removed": _l("removed"),
    "reopened": _l("opened it again for changes"),
    "requested": _l("asked for"),
    "returned": _l("returned"),
    "signed_off": _l("signed off"),
    "stage_corrected": _l("corrected the stage"),
    "submitted": _l("submitted"),
    "superseded": _l("superseded"),
    "supersession_submitted": _l("asked to replace it by another"),
    "updated": _l("updated"),
    "withdrawal_submitted": _l("asked to withdraw it"),
    "withdrawn": _l("withdrawn"),
}


def words(member: Enum | None) -> str:
    """``FollowupStatus.SIGNED_OFF`` → "Signed off"; ``None`` → ""."""
    return "" if member is None else _member_words(member, type(member), texts.locale())


@lru_cache(maxsize=4096)
def _member_words(member: Enum, _members: type[Enum], _language: Locale) -> str:
    """Kept for each language. The class is part of the key, because members of two enums with one value are equal."""
    known = WORDS.get(type(member), {}) if isinstance(member, StrEnum) else {}
    return _known(known, member, str(member))


def field_words(name: str, table: str | None = None) -> str:
    """``current_due`` → "Current due date"; ``table`` decides where one column name has two meanings."""
    return _field_words(name, table, texts.locale())


@lru_cache(maxsize=4096)
def _field_words(name: str, table: str | None, _language: Locale) -> str:
    specific = f"{table}.{name}"
    return _known(FIELDS, specific if specific in FIELDS else name, name)


def noun_words(object_type: str) -> str:
    """``followup`` → "Follow-up"."""
    return _noun_words(object_type, texts.locale())


@lru_cache(maxsize=1024)
def _noun_words(object_type: str, _language: Locale) -> str:
    return _known(NOUNS, object_type, object_type)


def stage_words(visit: Any, stage: VisitStage) -> str:
    """A stage of that visit, or of a row with its ``sort_day``: from 8 October 2018 on, observations are issued.

    Where no visit is known (a filter, the log, the help) the words are true of visits before and since.
    """
    if stage == VisitStage.PROVISIONAL_ISSUED and visit is not None:
        return _("%(conclusions)s issued", conclusions=conclusion_label(visit))
    return words(stage)


def event_words(kind: str, visit: Any = None) -> str:
    """``followup.signed_off`` → "signed off": its own words, its verb's, or the verb written out.

    With the visit that it happened to, a stage bears its name of the time.
    """
    noun, _dot, verb = kind.rpartition(".")
    if noun == "visit" and verb in WORDS[VisitStage]:
        return _("moved it to the stage “%(stage)s”", stage=stage_words(visit, VisitStage(verb)))
    return _event_words(kind, verb, texts.locale())


@lru_cache(maxsize=4096)
def _event_words(kind: str, verb: str, _language: Locale) -> str:
    found = EVENTS.get(kind) or _VERBS.get(verb)
    return str(found) if found else _written_out(verb)


def reported_words(status: Implementation) -> str:
    """What a Member State reports: where it reported nothing, nobody has said "not assessed"."""
    return _("None reported") if status == Implementation.NOT_ASSESSED else words(status)


def detail_name(name: str) -> str:
    """``may_be_given`` → "May be given"."""
    return str(DETAILS.get(name) or FIELDS.get(name) or _written_out(name).capitalize())


def detail_words(value: Any) -> str:
    """A value of an entry's details without brackets and quotation marks, whatever it is made of."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(detail_words(one) for one in value)
    if isinstance(value, dict):
        return "; ".join(f"{detail_name(name)}: {detail_words(one)}" for name, one in value.items()) or _("nothing")
    return "" if value is None else str(value)


def value_words(table: str, column: str, value: Any, visit: Any = None) -> str:
    """What a column holds, in words, also from the plain text of a version row or an event; ``None`` → "".

    With the visit whose column it is, a stage bears its name of the time.
    """
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return _teller(table, column)(value, visit)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list | tuple | set | frozenset):
        return "; ".join(value_words(table, column, item) for item in value)
    if isinstance(value, PartialDate):
        return partial_words(value)
    if isinstance(value, datetime):
        return moment_words(value)
    return date_words(value) if isinstance(value, date) else str(value)


@lru_cache(maxsize=4096)
def _teller(table: str, column: str) -> Callable[[str, Any], str]:
    """What puts the plain text of a column into words, for the visit whose column it is. A page asks for hundreds."""
    kind = _column_type(table, column)
    if (table, column) == ("visit", "stage"):
        return _stage_of
    if isinstance(kind, sa.Enum) and kind.enum_class is not None:
        members, say = kind.enum_class, reported_words if column == "reported_status" else words
        return lambda text, _visit: _enum_words(members, text, say, texts.locale())
    if isinstance(kind, PartialDateType):
        return lambda text, _visit: partial_words(PartialDate.parse(text))
    if isinstance(kind, sa.Date):
        return lambda text, _visit: date_words(date.fromisoformat(text))
    if isinstance(kind, UtcDateTime):
        return lambda text, _visit: moment_words(datetime.fromisoformat(text))
    return lambda text, _visit: text


@lru_cache(maxsize=4096)
def _enum_words(members: type[Enum], text: str, say: Callable[[Any], str], _language: Locale) -> str:
    try:
        return say(members(text))
    except ValueError:  # a version row may outlive the member that it names
        return _written_out(text)


def _stage_of(text: str, visit: Any) -> str:
    return stage_words(visit, VisitStage(text)) if text in list(VisitStage) else _written_out(text)


def _column_type(table: str, column: str) -> Any:
    found = Base.metadata.tables.get(table)
    return found.c[column].type if found is not None and column in found.c else None


def _known(known: Mapping[Any, Any], key: Any, name: str) -> str:
    if key in known:
        return str(known[key])
    if has_app_context() and current_app.config["SETTINGS"].is_production:
        return _written_out(name)
    raise KeyError(f"{key!r} has no words; add them to tracker/web/words.py")


def _written_out(name: str) -> str:
    return name.replace("_", " ")
