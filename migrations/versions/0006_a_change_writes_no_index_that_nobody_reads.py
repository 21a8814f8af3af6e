"""a change writes no index that nobody reads

Version rows were indexed like the rows that they keep: each change of a follow-up wrote into thirteen more indexes, by
which no list reads the past yet. What a version is found by stays: its row, its event, the record it belongs to.

Revision: 0006, after 0005
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

UNREAD = (
    ("ix_assessment_version_state_id_area_code", "assessment_version", ["state_id", "area_code", "from_event"]),
    ("ix_carry_over_version_visit_id", "carry_over_version", ["visit_id", "from_event"]),
    (
        "ix_comment_version_object_type_object_id_id",
        "comment_version",
        ["object_type", "object_id", "id", "from_event"],
    ),
    ("ix_conclusion_paragraph_version_paragraph_id", "conclusion_paragraph_version", ["paragraph_id", "from_event"]),
    (
        "ix_conclusion_version_area_code_id_state_id",
        "conclusion_version",
        ["area_code", "id", "state_id", "from_event"],
    ),
    ("ix_conclusion_version_state_id_id", "conclusion_version", ["state_id", "id", "from_event"]),
    ("ix_conclusion_version_workflow_id", "conclusion_version", ["workflow", "id", "from_event"]),
    (
        "ix_due_extension_version_status_requested_at_id",
        "due_extension_version",
        ["status", "requested_at", "id", "from_event"],
    ),
    ("ix_evidence_revision_version_sha256", "evidence_revision_version", ["sha256", "from_event"]),
    ("ix_followup_area_version_area_code", "followup_area_version", ["area_code", "from_event"]),
    ("ix_followup_authority_version_authority_id", "followup_authority_version", ["authority_id", "from_event"]),
    ("ix_followup_conclusion_version_conclusion_id", "followup_conclusion_version", ["conclusion_id", "from_event"]),
    (
        "ix_followup_measure_version_measure_id_state_id_followup_id",
        "followup_measure_version",
        ["measure_id", "state_id", "followup_id", "from_event"],
    ),
    ("ix_followup_paragraph_version_paragraph_id", "followup_paragraph_version", ["paragraph_id", "from_event"]),
    (
        "ix_followup_version_area_code_current_due_last_id",
        "followup_version",
        ["area_code", "current_due_last", "id", "from_event"],
    ),
    (
        "ix_followup_version_assessed_status_current_due_last_id",
        "followup_version",
        ["assessed_status", "current_due_last", "id", "from_event"],
    ),
    ("ix_followup_version_current_due_last_id", "followup_version", ["current_due_last", "id", "from_event"]),
    ("ix_followup_version_drafted_by_id_workflow", "followup_version", ["drafted_by_id", "workflow", "from_event"]),
    (
        "ix_followup_version_owner_id_current_due_last_id",
        "followup_version",
        ["owner_id", "current_due_last", "id", "from_event"],
    ),
    (
        "ix_followup_version_position_current_due_last_id",
        "followup_version",
        ["position", "current_due_last", "id", "from_event"],
    ),
    (
        "ix_followup_version_reported_status_current_due_last_id",
        "followup_version",
        ["reported_status", "current_due_last", "id", "from_event"],
    ),
    (
        "ix_followup_version_state_id_area_code_assessed_status_workflow",
        "followup_version",
        ["state_id", "area_code", "assessed_status", "workflow", "current_due_last", "from_event"],
    ),
    (
        "ix_followup_version_state_id_assessed_status_reported_status_wo",
        "followup_version",
        ["state_id", "assessed_status", "reported_status", "workflow", "position", "current_due_last", "from_event"],
    ),
    (
        "ix_followup_version_state_id_current_due_last_id",
        "followup_version",
        ["state_id", "current_due_last", "id", "from_event"],
    ),
    ("ix_followup_version_updated_at_id", "followup_version", ["updated_at", "id", "from_event"]),
    (
        "ix_followup_version_visit_id_current_due_last_id",
        "followup_version",
        ["visit_id", "current_due_last", "id", "from_event"],
    ),
    (
        "ix_followup_version_workflow_current_due_last_id",
        "followup_version",
        ["workflow", "current_due_last", "id", "from_event"],
    ),
    (
        "ix_measure_carries_version_strategy_measure_id",
        "measure_carries_version",
        ["strategy_measure_id", "from_event"],
    ),
    ("ix_measure_cell_version_state_id", "measure_cell_version", ["state_id", "from_event"]),
    ("ix_measure_version_plan_id_position", "measure_version", ["plan_id", "position", "from_event"]),
    ("ix_meeting_outcome_version_followup_id", "meeting_outcome_version", ["followup_id", "from_event"]),
    ("ix_meeting_outcome_version_measure_id", "meeting_outcome_version", ["measure_id", "from_event"]),
    ("ix_meeting_state_version_state_id", "meeting_state_version", ["state_id", "from_event"]),
    ("ix_meeting_version_plan_id", "meeting_version", ["plan_id", "from_event"]),
    ("ix_meeting_version_sort_day_id", "meeting_version", ["sort_day", "id", "from_event"]),
    ("ix_outcome_followup_version_followup_id", "outcome_followup_version", ["followup_id", "from_event"]),
    ("ix_plan_state_version_state_id", "plan_state_version", ["state_id", "from_event"]),
    (
        "ix_submission_version_object_type_object_id_id",
        "submission_version",
        ["object_type", "object_id", "id", "from_event"],
    ),
    ("ix_visit_area_version_area_code", "visit_area_version", ["area_code", "from_event"]),
    ("ix_visit_counterpart_version_authority_id", "visit_counterpart_version", ["authority_id", "from_event"]),
    ("ix_visit_delegate_version_organisation_id", "visit_delegate_version", ["organisation_id", "from_event"]),
    ("ix_visit_version_sort_day_id", "visit_version", ["sort_day", "id", "from_event"]),
    ("ix_visit_version_stage_sort_day_id", "visit_version", ["stage", "sort_day", "id", "from_event"]),
    ("ix_visit_version_state_id_sort_day_id", "visit_version", ["state_id", "sort_day", "id", "from_event"]),
    ("ix_visit_version_tour_id", "visit_version", ["tour_id", "from_event"]),
)


def upgrade():
    for name, table, _columns in UNREAD:
        op.drop_index(name, table)


def downgrade():
    for name, table, columns in UNREAD:
        op.create_index(name, table, columns)
