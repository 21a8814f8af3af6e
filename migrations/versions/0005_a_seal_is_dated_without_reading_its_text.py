"""a seal is dated without reading its text

Coverage asks for the newest signature of each State in each area; the sealed texts, which lie between, are not read.

Revision: 0005, after 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade():
    op.drop_index("ix_seal_id_signer_id", "seal")
    op.create_index("ix_seal_id_signer_id_signed_at", "seal", ["id", "signer_id", "signed_at"])


def downgrade():
    op.drop_index("ix_seal_id_signer_id_signed_at", "seal")
    op.create_index("ix_seal_id_signer_id", "seal", ["id", "signer_id"])
