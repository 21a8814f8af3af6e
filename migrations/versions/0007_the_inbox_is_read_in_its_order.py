"""the inbox is read in its order

Whoever has thousands of messages had them all sorted for each look at the latest.

Revision: 0007, after 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_notification_latest", "notification", ["account_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_notification_latest", "notification")
