"""one index finds what happened to a record

There were two, with the category and without it. With the category at its end one serves both: a timeline of one
category passes by the others without reading their rows, and each event writes an index less. Nobody reads or writes the
log meanwhile: a few seconds at 100,000 follow-ups.

Revision: 0010, after 0009
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_event_object_category", "event")
    op.drop_index("ix_event_object", "event")
    op.create_index("ix_event_object", "event", ["object_type", "object_id", "seq", "category"])


def downgrade() -> None:
    op.drop_index("ix_event_object", "event")
    op.create_index("ix_event_object", "event", ["object_type", "object_id", "seq"])
    op.create_index("ix_event_object_category", "event", ["object_type", "object_id", "category", "seq"])
