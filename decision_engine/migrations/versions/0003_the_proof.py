"""The proof: signed events, the pending queue, the tree and its checkpoints.

Events from before have no signature and name no key; all of them wait to become leaves, in the order of their ids,
that is, of time.
"""

import hashlib

import sqlalchemy as sa
from alembic import op

from decision_engine import guard
from decision_engine.db import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LARGE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("event", sa.Column("signature", sa.LargeBinary(), nullable=True))
    op.add_column("access_entry", sa.Column("event_id", sa.String(), nullable=True))
    op.create_table(
        "signing_key",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("until", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_key")),
    )
    op.create_table(
        "pending_event",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_pending_event_event_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_pending_event")),
    )
    op.create_table(
        "leaf",
        sa.Column("idx", LARGE, nullable=False, autoincrement=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_leaf_event_id")),
        sa.PrimaryKeyConstraint("idx", name=op.f("pk_leaf")),
        sa.UniqueConstraint("event_id", name=op.f("uq_leaf_event_id")),
    )
    op.create_table(
        "tile",
        sa.Column("level", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("idx", LARGE, nullable=False, autoincrement=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "idx", name=op.f("pk_tile")),
    )
    head = op.create_table(
        "log_head",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("size", LARGE, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_head")),
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", LARGE, nullable=False, autoincrement=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_checkpoint")),
    )
    op.bulk_insert(head, [{"id": 1, "size": 0, "root": hashlib.sha256().digest(), "at": None}])
    op.execute("INSERT INTO pending_event (event_id) SELECT id FROM event")
    guard.put_up(op.get_bind())


def downgrade() -> None:
    raise NotImplementedError("the log cannot be taken back")
