"""plans, measures and meetings, and search by an index

Plans and measures were part of the reference data, and nothing referred to them. They become records with a history:
what was there is taken out with the mark that it was loaded, and ``flask reference load``, which follows each upgrade,
writes it anew and tells of it in the log. No versioned table gains or loses a column, so all that the log vouches for
stays as it is.

Search rows are numbered by their record and say where it belongs. The upgrade leaves none: ``migrations/env.py`` has
them made from the records when the tables are those of the program, with the words as it folds them.

Down: the tables before cannot hold what people wrote of plans, measures and meetings; where there is any, nothing is
changed. The log is told that the records of the reference data went, and their version rows outlive the downgrade,
because it vouches for them: this program finds it whole after the next upgrade. The program before reads it up to the
first entry on a plan, of whose rows it does not know.

Revision: 0002, after 0001
"""

import hashlib
import json
import unicodedata
import uuid
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

CHAIN_LOCK = 1373
AT_ONCE = 1_000
STRATEGY = "GCTS"
REASON = "The tables were brought back to those in which plans and measures had no history"
# Tables with a history, each before those that it refers to: the columns of its key.
KEPT = {
    "meeting_outcome": ("id",),
    "meeting_organisation": ("meeting_id", "organisation_id", "part"),
    "meeting_state": ("meeting_id", "state_id"),
    "followup_measure": ("followup_id", "measure_id"),
    "measure_carries": ("measure_id", "strategy_measure_id"),
    "measure_cell": ("id",),
    "measure_state": ("measure_id", "state_id"),
    "meeting": ("id",),
    "measure": ("id",),
    "plan_host": ("plan_id", "organisation_id"),
    "plan_phase": ("id",),
    "plan_review": ("id",),
    "plan_state": ("plan_id", "state_id"),
    "plan": ("id",),
}
# What the tables before cannot hold.
LOST = (
    f"SELECT 1 FROM plan WHERE code <> '{STRATEGY}'",
    "SELECT 1 FROM meeting",
    "SELECT 1 FROM followup_measure",
    "SELECT 1 FROM event WHERE object_type IN ('plan', 'measure') AND category = 'change' AND outcome = 'done'"
    " AND actor_id IS NOT NULL",
    "SELECT 1 FROM event WHERE kind = 'area_pillars.edited'",
)
# Each: name, table, columns, and which rows if not all.
INDEXES_BEFORE = (
    ("ix_conclusion_version_area_code_id", "conclusion_version", ["area_code", "id", "from_event"], None),
    (
        "ix_followup_version_state_id_assessed_status_workflow_current_d",
        "followup_version",
        ["state_id", "assessed_status", "workflow", "current_due_last", "from_event"],
        None,
    ),
    (
        "ix_submission_version_decision_submitted_at_id",
        "submission_version",
        ["decision", "submitted_at", "id", "from_event"],
        None,
    ),
    (
        "ix_submission_version_state_id_decision_submitted_at_id",
        "submission_version",
        ["state_id", "decision", "submitted_at", "id", "from_event"],
        None,
    ),
    (
        "ix_submission_version_submitted_by_id_decision_id",
        "submission_version",
        ["submitted_by_id", "decision", "id", "from_event"],
        None,
    ),
    ("ix_seal_signer_id", "seal", ["signer_id", "object_type", "object_id"], None),
    ("ix_submission_queue", "submission", ["decision", "submitted_at", "id"], None),
    ("ix_submission_state", "submission", ["state_id", "decision", "submitted_at", "id"], None),
    ("ix_submission_submitter", "submission", ["submitted_by_id", "decision", "id"], None),
    ("ix_conclusion_area_code_id", "conclusion", ["area_code", "id"], None),
    ("ix_followup_tally", "followup", ["state_id", "assessed_status", "workflow", "current_due_last"], None),
)
INDEXES = (
    (
        "ix_conclusion_version_area_code_id_state_id",
        "conclusion_version",
        ["area_code", "id", "state_id", "from_event"],
        None,
    ),
    (
        "ix_followup_version_assessed_status_current_due_last_id",
        "followup_version",
        ["assessed_status", "current_due_last", "id", "from_event"],
        None,
    ),
    (
        "ix_followup_version_position_current_due_last_id",
        "followup_version",
        ["position", "current_due_last", "id", "from_event"],
        None,
    ),
    (
        "ix_followup_version_reported_status_current_due_last_id",
        "followup_version",
        ["reported_status", "current_due_last", "id", "from_event"],
        None,
    ),
    (
        "ix_followup_version_state_id_area_code_assessed_status_workflow",
        "followup_version",
        ["state_id", "area_code", "assessed_status", "workflow", "current_due_last", "from_event"],
        None,
    ),
    (
        "ix_followup_version_state_id_assessed_status_reported_status_wo",
        "followup_version",
        ["state_id", "assessed_status", "reported_status", "workflow", "position", "current_due_last", "from_event"],
        None,
    ),
    ("ix_seal_id_signer_id", "seal", ["id", "signer_id"], None),
    ("ix_seal_signer_id", "seal", ["signer_id", "signed_at", "id", "state_id"], None),
    (
        "ix_submission_queue",
        "submission",
        ["submitted_at", "id", "state_id", "object_type", "purpose", "submitted_by_id", "decision"],
        "decision IS NULL",
    ),
    ("ix_submission_state", "submission", ["state_id", "submitted_at", "id"], "decision IS NULL"),
    (
        "ix_submission_submitter",
        "submission",
        ["submitted_by_id", "submitted_at", "id", "state_id", "decision"],
        "decision IS NULL",
    ),
    ("ix_visit_open", "visit", ["sort_day", "id", "stage", "state_id"], "stage != 'closed'"),
    ("ix_conclusion_area_code_id", "conclusion", ["area_code", "id", "state_id"], None),
    (
        "ix_conclusion_begun_draft",
        "conclusion",
        ["drafted_by_id", "updated_at", "id", "state_id", "workflow"],
        "workflow = 'draft'",
    ),
    (
        "ix_conclusion_changed",
        "conclusion",
        ["seal_id", "workflow", "state_id", "content_sha256", "sealed_sha256"],
        "content_sha256 != sealed_sha256",
    ),
    (
        "ix_followup_begun_draft",
        "followup",
        ["drafted_by_id", "current_due_last", "id", "state_id", "workflow"],
        "workflow = 'draft'",
    ),
    (
        "ix_followup_changed",
        "followup",
        ["seal_id", "workflow", "state_id", "content_sha256", "sealed_sha256"],
        "content_sha256 != sealed_sha256",
    ),
    (
        "ix_followup_coverage",
        "followup",
        ["state_id", "area_code", "assessed_status", "workflow", "current_due_last"],
        None,
    ),
    (
        "ix_followup_owned",
        "followup",
        ["owner_id", "current_due_last", "id", "workflow", "assessed_status", "state_id"],
        "owner_id IS NOT NULL",
    ),
    (
        "ix_followup_owned_draft",
        "followup",
        ["owner_id", "current_due_last", "id", "state_id", "workflow", "drafted_by_id"],
        "workflow = 'draft'",
    ),
    ("ix_followup_position_due", "followup", ["position", "current_due_last", "id"], None),
    ("ix_followup_reported_due", "followup", ["reported_status", "current_due_last", "id"], None),
    ("ix_followup_status_due", "followup", ["assessed_status", "current_due_last", "id"], None),
    (
        "ix_followup_stepless",
        "followup",
        ["owner_id", "current_due_last", "id", "workflow", "assessed_status", "state_id", "next_step"],
        "next_step = ''",
    ),
    ("ix_followup_superseded_by", "followup", ["superseded_by_id"], "superseded_by_id IS NOT NULL"),
    (
        "ix_followup_tally",
        "followup",
        ["state_id", "assessed_status", "reported_status", "workflow", "position", "current_due_last"],
        None,
    ),
    (
        "ix_matrix_changed",
        "matrix",
        ["seal_id", "workflow", "state_id", "content_sha256", "sealed_sha256"],
        "content_sha256 != sealed_sha256",
    ),
)
EVENT = sa.table(
    "event",
    sa.column("seq"),
    sa.column("at", sa.DateTime(timezone=True)),
    *(sa.column(name) for name in ("kind", "category", "actor_id", "object_type", "object_id", "state_id", "outcome")),
    *(sa.column(name) for name in ("request_id", "format", "text", "prev", "hash")),
)


def upgrade():
    _refuse_what_cannot_be_brought_on()
    for table in ("search_row", "measure", "plan"):
        op.drop_table(table)
    op.execute("DELETE FROM mark WHERE name = 'reference'")
    _create()
    _create_version_tables()
    _change_indexes(INDEXES_BEFORE, INDEXES)


def downgrade():
    if any(_rows(f"{lost} LIMIT 1") for lost in LOST):
        raise RuntimeError(
            "plans, measures or meetings were written, which the tables before this migration cannot hold: "
            "nothing was changed"
        )
    _tell_of_what_goes()
    _change_indexes(INDEXES, INDEXES_BEFORE)
    op.execute("DROP TABLE IF EXISTS search_index")
    op.drop_table("search_row")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS tracker_index(), tracker_words(text)")
    for table in KEPT:
        op.drop_table(table)
        if not _rows(f"SELECT 1 FROM {table}_version LIMIT 1"):
            op.drop_table(f"{table}_version")
    op.drop_table("area_pillar")
    op.execute("DELETE FROM mark WHERE name = 'reference'")
    _create_as_before()
    _write_words_as_before()


def _refuse_what_cannot_be_brought_on():
    if "meeting" in sa.inspect(op.get_bind()).get_table_names():
        raise RuntimeError(
            "the tables of plans and meetings are there already: the database was made between two deliveries of the "
            "program, and no migration leads on from it. Make a new one; nothing was changed"
        )
    if _rows("SELECT 1 FROM plan WHERE code <> :code LIMIT 1", code=STRATEGY):
        raise RuntimeError(
            "there is a plan that the reference data does not hold, and that would be lost: nothing was changed"
        )


def _change_indexes(old, new):
    for name, table, _columns, _where in old:
        op.drop_index(name, table)
    for name, table, columns, where in new:
        some = where and sa.text(where)
        op.create_index(name, table, columns, sqlite_where=some, postgresql_where=some)


def _rows(statement, **values):
    return [dict(row) for row in op.get_bind().execute(sa.text(statement), values).mappings()]


# The tables


def _create():
    op.create_table(
        "area_pillar",
        sa.Column("area_code", sa.String(length=10), nullable=False),
        sa.Column("pillar", sa.String(length=3), nullable=False),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_area_pillar_area_code")),
        sa.PrimaryKeyConstraint("area_code", "pillar", name=op.f("pk_area_pillar")),
    )
    op.create_table(
        "plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("strategy", "regional", name="kind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("symbol", sa.String(length=40), nullable=True),
        sa.Column("adopted_on", sa.Date(), nullable=True),
        sa.Column("region", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
        sa.UniqueConstraint("code", name=op.f("uq_plan_code")),
    )
    op.create_table(
        "measure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=30), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("pillar", sa.String(length=3), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("wording_note", sa.String(length=300), nullable=False),
        sa.Column("lead_body", sa.String(length=300), nullable=False),
        sa.Column("partners", sa.Text(), nullable=False),
        sa.Column("deadline", sa.String(length=10), nullable=True),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column(
            "rule",
            sa.Enum("all", "majority", "named", name="rule", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "stated_status",
            sa.Enum(
                "planned",
                "under_way",
                "completed",
                "delayed",
                "suspended",
                name="stated_status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("stated_on", sa.Date(), nullable=True),
        sa.Column("stated_reason", sa.Text(), nullable=False),
        sa.Column("stated_by_id", sa.Integer(), nullable=True),
        sa.Column("retired_on", sa.Date(), nullable=True),
        sa.Column("retired_reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_measure_plan_id")),
        sa.ForeignKeyConstraint(["stated_by_id"], ["account.id"], name=op.f("fk_measure_stated_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure")),
        sa.UniqueConstraint("reference", name=op.f("uq_measure_reference")),
    )
    op.create_index("ix_measure_plan_position", "measure", ["plan_id", "position"])
    op.create_table(
        "meeting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("series", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("start", sa.String(length=10), nullable=False),
        sa.Column("end", sa.String(length=10), nullable=True),
        sa.Column("sort_day", sa.Date(), nullable=False),
        sa.Column("attendance", sa.String(length=300), nullable=False),
        sa.Column("pillars", sa.String(length=20), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_meeting_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
        sa.UniqueConstraint("reference", name=op.f("uq_meeting_reference")),
        sa.UniqueConstraint("year", "number", name=op.f("uq_meeting_year_number")),
    )
    op.create_index("ix_meeting_plan_id", "meeting", ["plan_id"])
    op.create_index("ix_meeting_sort_day_id", "meeting", ["sort_day", "id"])
    op.create_table(
        "plan_host",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_plan_host_organisation_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_host_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", "organisation_id", name=op.f("pk_plan_host")),
    )
    op.create_table(
        "plan_phase",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("start", sa.String(length=10), nullable=True),
        sa.Column("end", sa.String(length=10), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_phase_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_phase")),
    )
    op.create_index("ix_plan_phase_plan_id", "plan_phase", ["plan_id"])
    op.create_table(
        "plan_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("symbol", sa.String(length=40), nullable=False),
        sa.Column("held_on", sa.String(length=10), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_review_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_review")),
    )
    op.create_index("ix_plan_review_plan_id", "plan_review", ["plan_id"])
    op.create_table(
        "plan_state",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("state_id", sa.String(length=3), nullable=False),
        sa.Column(
            "part",
            sa.Enum("participant", "observer", name="part", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_state_plan_id")),
        sa.ForeignKeyConstraint(["state_id"], ["state.id"], name=op.f("fk_plan_state_state_id")),
        sa.PrimaryKeyConstraint("plan_id", "state_id", name=op.f("pk_plan_state")),
    )
    op.create_index("ix_plan_state_state_id", "plan_state", ["state_id"])
    op.create_table(
        "measure_carries",
        sa.Column("measure_id", sa.Integer(), nullable=False),
        sa.Column("strategy_measure_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["measure_id"], ["measure.id"], name=op.f("fk_measure_carries_measure_id")),
        sa.ForeignKeyConstraint(
            ["strategy_measure_id"], ["measure.id"], name=op.f("fk_measure_carries_strategy_measure_id")
        ),
        sa.PrimaryKeyConstraint("measure_id", "strategy_measure_id", name=op.f("pk_measure_carries")),
    )
    op.create_index("ix_measure_carries_strategy_measure_id", "measure_carries", ["strategy_measure_id"])
    op.create_table(
        "measure_cell",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("measure_id", sa.Integer(), nullable=False),
        sa.Column("state_id", sa.String(length=3), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "planned",
                "under_way",
                "completed",
                "delayed",
                "suspended",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("status_on", sa.String(length=10), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["measure_id"], ["measure.id"], name=op.f("fk_measure_cell_measure_id")),
        sa.ForeignKeyConstraint(["state_id"], ["state.id"], name=op.f("fk_measure_cell_state_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure_cell")),
        sa.UniqueConstraint("measure_id", "state_id", name=op.f("uq_measure_cell_measure_id_state_id")),
    )
    op.create_index("ix_measure_cell_state_id", "measure_cell", ["state_id"])
    op.create_table(
        "measure_state",
        sa.Column("measure_id", sa.Integer(), nullable=False),
        sa.Column("state_id", sa.String(length=3), nullable=False),
        sa.ForeignKeyConstraint(["measure_id"], ["measure.id"], name=op.f("fk_measure_state_measure_id")),
        sa.ForeignKeyConstraint(["state_id"], ["state.id"], name=op.f("fk_measure_state_state_id")),
        sa.PrimaryKeyConstraint("measure_id", "state_id", name=op.f("pk_measure_state")),
    )
    op.create_table(
        "meeting_organisation",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column(
            "part",
            sa.Enum(
                "host", "co_organiser", "participant", name="part", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_organisation_meeting_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_meeting_organisation_organisation_id")
        ),
        sa.PrimaryKeyConstraint("meeting_id", "organisation_id", "part", name=op.f("pk_meeting_organisation")),
    )
    op.create_table(
        "meeting_state",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("state_id", sa.String(length=3), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_state_meeting_id")),
        sa.ForeignKeyConstraint(["state_id"], ["state.id"], name=op.f("fk_meeting_state_state_id")),
        sa.PrimaryKeyConstraint("meeting_id", "state_id", name=op.f("pk_meeting_state")),
    )
    op.create_index("ix_meeting_state_state_id", "meeting_state", ["state_id"])
    op.create_table(
        "followup_measure",
        sa.Column("followup_id", sa.Integer(), nullable=False),
        sa.Column("measure_id", sa.Integer(), nullable=False),
        sa.Column("state_id", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("linked_by_id", sa.Integer(), nullable=True),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["followup_id"], ["followup.id"], name=op.f("fk_followup_measure_followup_id")),
        sa.ForeignKeyConstraint(["linked_by_id"], ["account.id"], name=op.f("fk_followup_measure_linked_by_id")),
        sa.ForeignKeyConstraint(["measure_id"], ["measure.id"], name=op.f("fk_followup_measure_measure_id")),
        sa.ForeignKeyConstraint(["state_id"], ["state.id"], name=op.f("fk_followup_measure_state_id")),
        sa.PrimaryKeyConstraint("followup_id", "measure_id", name=op.f("pk_followup_measure")),
    )
    op.create_index("ix_followup_measure_measure", "followup_measure", ["measure_id", "state_id", "followup_id"])
    op.create_table(
        "meeting_outcome",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "gap",
                "good_practice",
                "recommendation",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("measure_id", sa.Integer(), nullable=True),
        sa.Column("followup_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["followup_id"], ["followup.id"], name=op.f("fk_meeting_outcome_followup_id")),
        sa.ForeignKeyConstraint(["measure_id"], ["measure.id"], name=op.f("fk_meeting_outcome_measure_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_outcome_meeting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_outcome")),
    )
    op.create_index("ix_meeting_outcome_followup_id", "meeting_outcome", ["followup_id"])
    op.create_index("ix_meeting_outcome_measure_id", "meeting_outcome", ["measure_id"])
    op.create_index("ix_meeting_outcome_meeting_id", "meeting_outcome", ["meeting_id"])
    op.create_table(
        "search_row",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("object_type", sa.String(length=20), nullable=False),
        sa.Column("object_id", sa.Integer(), nullable=False),
        sa.Column("state_id", sa.String(length=3), nullable=True),
        sa.Column("places", sa.String(length=60), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["state_id"], ["state.id"], name=op.f("fk_search_row_state_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_row")),
        sa.UniqueConstraint("object_type", "object_id", name=op.f("uq_search_row_object_type_object_id")),
    )


def _create_version_tables():
    _keep(
        "followup_measure",
        sa.Column("followup_id", sa.Integer()),
        sa.Column("measure_id", sa.Integer()),
        sa.Column("state_id", sa.String(length=3)),
        sa.Column("reason", sa.Text()),
        sa.Column("linked_by_id", sa.Integer()),
        sa.Column("linked_at", sa.DateTime(timezone=True)),
        indexes=[["measure_id", "state_id", "followup_id"]],
    )
    _keep(
        "measure_carries",
        sa.Column("measure_id", sa.Integer()),
        sa.Column("strategy_measure_id", sa.Integer()),
        indexes=[["strategy_measure_id"]],
    )
    _keep(
        "measure_cell",
        sa.Column("id", sa.Integer()),
        sa.Column("measure_id", sa.Integer()),
        sa.Column("state_id", sa.String(length=3)),
        sa.Column("status", sa.String(length=32)),
        sa.Column("status_on", sa.String(length=10)),
        sa.Column("evidence", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("version", sa.Integer()),
        indexes=[["state_id"]],
    )
    _keep(
        "measure_state",
        sa.Column("measure_id", sa.Integer()),
        sa.Column("state_id", sa.String(length=3)),
    )
    _keep(
        "measure",
        sa.Column("id", sa.Integer()),
        sa.Column("reference", sa.String(length=30)),
        sa.Column("plan_id", sa.Integer()),
        sa.Column("pillar", sa.String(length=3)),
        sa.Column("number", sa.Integer()),
        sa.Column("position", sa.Integer()),
        sa.Column("text", sa.Text()),
        sa.Column("wording_note", sa.String(length=300)),
        sa.Column("lead_body", sa.String(length=300)),
        sa.Column("partners", sa.Text()),
        sa.Column("deadline", sa.String(length=10)),
        sa.Column("indicator", sa.Text()),
        sa.Column("rule", sa.String(length=32)),
        sa.Column("stated_status", sa.String(length=32)),
        sa.Column("stated_on", sa.Date()),
        sa.Column("stated_reason", sa.Text()),
        sa.Column("stated_by_id", sa.Integer()),
        sa.Column("retired_on", sa.Date()),
        sa.Column("retired_reason", sa.Text()),
        sa.Column("version", sa.Integer()),
        indexes=[["plan_id", "position"]],
    )
    _keep(
        "meeting_organisation",
        sa.Column("meeting_id", sa.Integer()),
        sa.Column("organisation_id", sa.Integer()),
        sa.Column("part", sa.String(length=32)),
    )
    _keep(
        "meeting_outcome",
        sa.Column("id", sa.Integer()),
        sa.Column("meeting_id", sa.Integer()),
        sa.Column("position", sa.Integer()),
        sa.Column("kind", sa.String(length=32)),
        sa.Column("text", sa.Text()),
        sa.Column("measure_id", sa.Integer()),
        sa.Column("followup_id", sa.Integer()),
        indexes=[["followup_id"], ["measure_id"], ["meeting_id"]],
    )
    _keep(
        "meeting_state",
        sa.Column("meeting_id", sa.Integer()),
        sa.Column("state_id", sa.String(length=3)),
        indexes=[["state_id"]],
    )
    _keep(
        "meeting",
        sa.Column("id", sa.Integer()),
        sa.Column("reference", sa.String(length=20)),
        sa.Column("year", sa.Integer()),
        sa.Column("number", sa.Integer()),
        sa.Column("series", sa.String(length=200)),
        sa.Column("title", sa.String(length=300)),
        sa.Column("place", sa.String(length=200)),
        sa.Column("start", sa.String(length=10)),
        sa.Column("end", sa.String(length=10)),
        sa.Column("sort_day", sa.Date()),
        sa.Column("attendance", sa.String(length=300)),
        sa.Column("pillars", sa.String(length=20)),
        sa.Column("topics", sa.Text()),
        sa.Column("source", sa.Text()),
        sa.Column("plan_id", sa.Integer()),
        sa.Column("version", sa.Integer()),
        indexes=[["plan_id"], ["sort_day", "id"]],
    )
    _keep(
        "plan_host",
        sa.Column("plan_id", sa.Integer()),
        sa.Column("organisation_id", sa.Integer()),
    )
    _keep(
        "plan_phase",
        sa.Column("id", sa.Integer()),
        sa.Column("plan_id", sa.Integer()),
        sa.Column("position", sa.Integer()),
        sa.Column("title", sa.String(length=200)),
        sa.Column("start", sa.String(length=10)),
        sa.Column("end", sa.String(length=10)),
        sa.Column("note", sa.Text()),
        indexes=[["plan_id"]],
    )
    _keep(
        "plan_review",
        sa.Column("id", sa.Integer()),
        sa.Column("plan_id", sa.Integer()),
        sa.Column("symbol", sa.String(length=40)),
        sa.Column("held_on", sa.String(length=10)),
        sa.Column("note", sa.Text()),
        indexes=[["plan_id"]],
    )
    _keep(
        "plan_state",
        sa.Column("plan_id", sa.Integer()),
        sa.Column("state_id", sa.String(length=3)),
        sa.Column("part", sa.String(length=32)),
        indexes=[["state_id"]],
    )
    _keep(
        "plan",
        sa.Column("id", sa.Integer()),
        sa.Column("code", sa.String(length=20)),
        sa.Column("kind", sa.String(length=32)),
        sa.Column("title", sa.String(length=300)),
        sa.Column("symbol", sa.String(length=40)),
        sa.Column("adopted_on", sa.Date()),
        sa.Column("region", sa.String(length=200)),
        sa.Column("description", sa.Text()),
        sa.Column("source", sa.Text()),
        sa.Column("version", sa.Integer()),
    )


def _keep(table, *columns, indexes=()):
    """The version rows of a table: they are there still after a downgrade of which the log had to tell."""
    if f"{table}_version" in sa.inspect(op.get_bind()).get_table_names():
        return
    for column in columns:
        column.nullable = column.name not in KEPT[table]
        column.autoincrement = False
    op.create_table(
        f"{table}_version",
        *columns,
        sa.Column("from_event", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_event", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint(*KEPT[table], "from_event", name=op.f(f"pk_{table}_version")),
    )
    op.create_index(f"ix_{table}_version_from_event", f"{table}_version", ["from_event"])
    for index in indexes:
        op.create_index(f"ix_{table}_version_{'_'.join(index)}", f"{table}_version", [*index, "from_event"])


def _create_as_before():
    op.create_table(
        "plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("strategy", "regional", name="kind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("symbol", sa.String(length=40), nullable=True),
        sa.Column("adopted_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
        sa.UniqueConstraint("code", name=op.f("uq_plan_code")),
    )
    op.create_table(
        "measure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=30), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("pillar", sa.String(length=3), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_measure_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure")),
        sa.UniqueConstraint("reference", name=op.f("uq_measure_reference")),
    )
    op.create_index("ix_measure_plan_id", "measure", ["plan_id"])
    op.create_table(
        "search_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("object_type", sa.String(length=20), nullable=False),
        sa.Column("object_id", sa.Integer(), nullable=False),
        sa.Column("state_id", sa.String(length=3), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["state_id"], ["state.id"], name=op.f("fk_search_row_state_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_row")),
        sa.UniqueConstraint("object_type", "object_id", name=op.f("uq_search_row_object_type_object_id")),
    )
    op.create_index("ix_search_row_state", "search_row", ["state_id", "object_type"])


# The log, in its first format


def _tell_of_what_goes():
    """One entry ends the open version rows."""
    ending = {table: _open(table, keys) for table, keys in KEPT.items()}
    rows = {f"{table}:{'/'.join(map(str, key))}": None for table, keys in ending.items() for key in keys}
    if not rows:
        return
    seq = _write(ending["plan"][0][0], rows)
    for table, keys in ending.items():
        if keys:
            op.execute(f"UPDATE {table}_version SET to_event = {seq} WHERE to_event IS NULL")


def _open(table, keys):
    names = ", ".join(keys)
    found = op.get_bind().execute(
        sa.text(f"SELECT {names} FROM {table}_version WHERE to_event IS NULL ORDER BY {names}"),
    )
    return [tuple(row) for row in found]


def _write(plan_id, rows):
    """Tell that these rows are gone; returns the entry's number."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(CHAIN_LOCK)))
    (last,) = _rows("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1")
    seq, at, request_id = last["seq"] + 1, datetime.now(UTC), str(uuid.uuid4())
    text = json.dumps(
        {
            "format": 1,
            "seq": seq,
            "at": at.isoformat(timespec="microseconds"),
            "kind": "plan.removed",
            "category": "change",
            "actor": None,
            "object": ["plan", plan_id],
            "state": None,
            "outcome": "done",
            "request": request_id,
            "reason": REASON,
            "changes": {},
            "details": {},
            "rows": rows,
        },
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    event = {
        "seq": seq,
        "at": at,
        "kind": "plan.removed",
        "category": "change",
        "actor_id": None,
        "object_type": "plan",
        "object_id": plan_id,
        "state_id": None,
        "outcome": "done",
        "request_id": request_id,
        "format": 1,
        "text": text,
        "prev": last["hash"],
        "hash": hashlib.sha256(f"{last['hash']}\n{text}".encode("utf-8", "surrogatepass")).hexdigest(),
    }
    connection.execute(sa.insert(EVENT), event)
    return seq


# The words of each record, as they were folded before

SEARCHED = (
    "SELECT 'visit' AS noun, visit.id, visit.state_id, visit.reference, coalesce(tour.title, '') AS title,"
    " visit.summary AS text FROM visit LEFT JOIN tour ON tour.id = visit.tour_id",
    "SELECT 'conclusion' AS noun, id, state_id, reference, '' AS title, text FROM conclusion",
    "SELECT 'followup' AS noun, id, state_id, reference, title, text || '\n' || indicator AS text FROM followup",
)
SEARCH_ROW = sa.table(
    "search_row", *map(sa.column, ("object_type", "object_id", "state_id", "reference", "title", "text"))
)


def _write_words_as_before():
    for statement in SEARCHED:
        for rows in op.get_bind().execute(sa.text(f"{statement} ORDER BY 2")).mappings().partitions(AT_ONCE):
            op.bulk_insert(SEARCH_ROW, [_words_as_before(row) for row in rows])


def _words_as_before(row):
    return {
        "object_type": row["noun"],
        "object_id": row["id"],
        "state_id": row["state_id"],
        **{part: _fold_as_before(row[part]) for part in ("reference", "title", "text")},
    }


def _fold_as_before(text):
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    words, run = [], ""
    for sign in plain:
        if "㐀" <= sign <= "鿿" or "぀" <= sign <= "ヿ" or "豈" <= sign <= "\ufaff":
            run += sign
            continue
        words.append(_bigrams(run) + sign)
        run = ""
    return " ".join(("".join(words) + _bigrams(run)).split())


def _bigrams(run):
    if len(run) < 2:
        return f" {run} " if run else ""
    return " " + " ".join(run[at : at + 2] for at in range(len(run) - 1)) + " "
