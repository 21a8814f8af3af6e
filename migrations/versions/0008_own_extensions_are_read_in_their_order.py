"""own extensions are read in their order

Who asked for a few extensions had all that wait for a decision read through for them at each look at their work.

Revision: 0008, after 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_due_extension_own", "due_extension", ["requested_by_id", "status", "requested_at", "id", "state_id"]
    )


def downgrade() -> None:
    op.drop_index("ix_due_extension_own", "due_extension")
