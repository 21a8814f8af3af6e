"""lists of a scope, and by their last change, read an index

A list says whose follow-ups it can be narrowed to. Within a scope every follow-up of everybody outside it was read to
find that none lies within: thirty milliseconds of each list at a hundred thousand. Conclusions by their last change had
all of them put in order.

Revision: 0011, after 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

IS_OWNED = sa.text("owner_id IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_followup_owner_state",
        "followup",
        ["owner_id", "state_id"],
        sqlite_where=IS_OWNED,
        postgresql_where=IS_OWNED,
    )
    op.create_index("ix_conclusion_updated", "conclusion", ["updated_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_conclusion_updated", "conclusion")
    op.drop_index("ix_followup_owner_state", "followup")
