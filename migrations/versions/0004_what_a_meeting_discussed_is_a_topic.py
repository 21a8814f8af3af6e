"""what a meeting discussed is a topic

A topic stands among what a meeting produced and may become a measure, though nobody recommended it. No column comes or
goes: the digests of the rows in the log stay as they are.

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BEFORE = ("gap", "good_practice", "recommendation")
AFTER = (*BEFORE, "topic")


def upgrade():
    _allow(AFTER)


def downgrade():
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM meeting_outcome WHERE kind = 'topic'")):
        raise RuntimeError(
            "meetings have topics, which the tables before this migration cannot hold: nothing was changed"
        )
    _allow(BEFORE)


def _allow(kinds):
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("meeting_outcome") as batch:
        batch.drop_constraint(op.f("ck_meeting_outcome_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_meeting_outcome_kind"), f"kind IN ({listed})")
