"""each noun has its own words in the index

Whoever looked for a word had the words of every noun collected, and those of one taken out of them. The index is made
anew by ``search.install`` at the end of the migration: less than a minute for 100,000 follow-ups. Whoever goes down
with it runs ``flask search rebuild`` of the program that comes back: this one makes the index as it reads it.

Revision: 0009, after 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


TRIGGERS = ("search_row_indexed", "search_row_indexed_anew", "search_row_no_more_indexed")


def upgrade() -> None:
    _drop_index()


def downgrade() -> None:
    _drop_index()


def _drop_index() -> None:
    """With what writes to it: SQLite renames no table while a trigger names one that is not there."""
    of_table = "" if op.get_bind().dialect.name == "sqlite" else " ON search_row"
    for name in TRIGGERS:
        op.execute(f"DROP TRIGGER IF EXISTS {name}{of_table}")
    op.execute("DROP TABLE IF EXISTS search_index")
