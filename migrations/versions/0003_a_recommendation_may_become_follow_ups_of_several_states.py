"""a recommendation may become follow-ups of several States

Each follow-up that an outcome became has a row of its own, with its State, so that a scope can hide it; an outcome that
was taken off the list stays, without a place in it. Every row that moves is told of in the log, so that
``flask audit verify`` holds before and after, both ways. The version rows of the new table outlive a downgrade: the log
vouches for them.

Revision: 0003, after 0002
"""

import hashlib
import json
import uuid
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CHAIN_LOCK = 1373
LINK = ("outcome_id", "state_id", "followup_id", "meeting_id")
OUTCOME = ("id", "meeting_id", "position", "kind", "text", "measure_id", "followup_id")
KEYS = {"meeting_outcome": ("id",), "outcome_followup": ("outcome_id", "state_id")}
EVENT = sa.table(
    "event",
    sa.column("seq"),
    sa.column("at", sa.DateTime(timezone=True)),
    *(sa.column(name) for name in ("kind", "category", "actor_id", "object_type", "object_id", "state_id", "outcome")),
    *(sa.column(name) for name in ("request_id", "format", "text", "prev", "hash")),
)


def upgrade():
    _create()
    _let_position_be_empty(True)
    for outcome, state_id in _became():
        link = dict(
            zip(LINK, (outcome["id"], state_id, outcome["followup_id"], outcome["meeting_id"]), strict=True)
        )
        _write(
            outcome["meeting_id"],
            state_id,
            [("meeting_outcome", outcome, {**outcome, "followup_id": None}), ("outcome_followup", None, link)],
        )


def downgrade():
    several = "SELECT outcome_id FROM outcome_followup GROUP BY outcome_id HAVING count(*) > 1"
    if _rows(several):
        raise RuntimeError(
            "a recommendation has become follow-ups of several Member States, which the tables before this migration "
            "cannot hold: nothing was changed"
        )
    for link in _rows("SELECT * FROM outcome_followup ORDER BY outcome_id"):
        (outcome,) = _rows("SELECT * FROM meeting_outcome WHERE id = :id", id=link["outcome_id"])
        _write(
            outcome["meeting_id"],
            link["state_id"],
            [
                ("meeting_outcome", outcome, {**outcome, "followup_id": link["followup_id"]}),
                ("outcome_followup", link, None),
            ],
        )
    for outcome in _rows("SELECT * FROM meeting_outcome WHERE position IS NULL ORDER BY id"):
        (last,) = _rows("SELECT max(position) AS at FROM meeting_outcome WHERE meeting_id = :id", id=outcome["meeting_id"])
        again = {**outcome, "position": (last["at"] or 0) + 1}  # it was no row of the tables before: it is listed again
        _write(outcome["meeting_id"], None, [("meeting_outcome", outcome, again)])
    _let_position_be_empty(False)
    op.drop_index("ix_outcome_followup_followup_id", "outcome_followup")
    op.drop_table("outcome_followup")
    if not _rows("SELECT 1 FROM outcome_followup_version LIMIT 1"):
        op.drop_table("outcome_followup_version")


def _create():
    tables = sa.inspect(op.get_bind()).get_table_names()
    if "outcome_followup" in tables:
        raise RuntimeError(
            "what recommendations became has its table already: the database was made between two deliveries of the "
            "program, and no migration leads on from it. Make a new one; nothing was changed"
        )
    op.create_table(
        "outcome_followup",
        sa.Column("outcome_id", sa.Integer(), nullable=False),
        sa.Column("state_id", sa.String(length=3), nullable=False),
        sa.Column("followup_id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["followup_id"], ["followup.id"], name=op.f("fk_outcome_followup_followup_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_outcome_followup_meeting_id")),
        sa.ForeignKeyConstraint(["outcome_id"], ["meeting_outcome.id"], name=op.f("fk_outcome_followup_outcome_id")),
        sa.ForeignKeyConstraint(["state_id"], ["state.id"], name=op.f("fk_outcome_followup_state_id")),
        sa.PrimaryKeyConstraint("outcome_id", "state_id", name=op.f("pk_outcome_followup")),
    )
    op.create_index("ix_outcome_followup_followup_id", "outcome_followup", ["followup_id"])
    if "outcome_followup_version" in tables:
        return
    op.create_table(
        "outcome_followup_version",
        sa.Column("outcome_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state_id", sa.String(length=3), autoincrement=False, nullable=False),
        sa.Column("followup_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("meeting_id", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("from_event", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_event", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("outcome_id", "state_id", "from_event", name=op.f("pk_outcome_followup_version")),
    )
    for columns in (["from_event"], ["followup_id", "from_event"]):
        op.create_index(f"ix_outcome_followup_version_{columns[0]}", "outcome_followup_version", columns)


def _let_position_be_empty(may):
    with op.batch_alter_table("meeting_outcome") as batch:
        batch.alter_column("position", existing_type=sa.Integer(), nullable=may)


def _became():
    """Each outcome that became a follow-up, with the follow-up's State."""
    rows = _rows(
        "SELECT meeting_outcome.*, followup.state_id FROM meeting_outcome"
        " JOIN followup ON followup.id = meeting_outcome.followup_id ORDER BY meeting_outcome.id"
    )
    return [({name: row[name] for name in OUTCOME}, row["state_id"]) for row in rows]


def _rows(statement, **values):
    return [dict(row) for row in op.get_bind().execute(sa.text(statement), values).mappings()]


# The log, in its first format


def _write(meeting_id, state_id, changes):
    """Change the rows (table, old, new) and tell of it in one entry, which only those see who may see the State."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(CHAIN_LOCK)))
    (last,) = _rows("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1")
    seq, at, request_id = last["seq"] + 1, datetime.now(UTC), str(uuid.uuid4())
    text = _canonical(
        {
            "format": 1,
            "seq": seq,
            "at": at.isoformat(timespec="microseconds"),
            "kind": "meeting.link_carried_over",
            "category": "change",
            "actor": None,
            "object": ["meeting", meeting_id],
            "state": state_id,
            "outcome": "done",
            "request": request_id,
            "reason": "",
            "changes": {_label(table, old or new): _difference(old, new) for table, old, new in changes},
            "details": {},
            "rows": {_label(table, old or new): new and _digest(table + _canonical(new)) for table, old, new in changes},
        }
    )
    event = {
        "seq": seq,
        "at": at,
        "kind": "meeting.link_carried_over",
        "category": "change",
        "actor_id": None,
        "object_type": "meeting",
        "object_id": meeting_id,
        "state_id": state_id,
        "outcome": "done",
        "request_id": request_id,
        "format": 1,
        "text": text,
        "prev": last["hash"],
        "hash": _digest(f"{last['hash']}\n{text}"),
    }
    connection.execute(sa.insert(EVENT), event)
    for table, old, new in changes:
        _turn_over(connection, seq, table, old, new)


def _turn_over(connection, seq, table, old, new):
    """Write the live row; close its open version and, unless it is gone, open the next."""
    row = old or new
    live = sa.table(table, *(sa.column(name) for name in row))
    twin = sa.table(f"{table}_version", *(sa.column(name) for name in (*row, "from_event", "to_event")))
    same = [sa.column(key) == row[key] for key in KEYS[table]]
    if old is None:
        connection.execute(sa.insert(live).values(new))
    elif new is None:
        connection.execute(sa.delete(live).where(*same))
    else:
        connection.execute(sa.update(live).where(*same).values(new))
    connection.execute(sa.update(twin).where(*same, twin.c.to_event.is_(None)).values(to_event=seq))
    if new is not None:
        connection.execute(sa.insert(twin).values({**new, "from_event": seq, "to_event": None}))


def _difference(old, new):
    before, after = old or {}, new or {}
    pairs = ((name, [before.get(name), after.get(name)]) for name in (after or before) if name != "id")
    return {name: pair for name, pair in pairs if pair[0] != pair[1]}


def _label(table, row):
    return f"{table}:{'/'.join(str(row[key]) for key in KEYS[table])}"


def _canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _digest(text):
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
