"""Countersigning, copies and urging; a step's agreed day, its pause, and who passed it on."""

import sqlalchemy as sa
from alembic import op

from decision_engine.db import Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("task", sa.Column("due_on", sa.Date(), nullable=True))
    op.add_column("task", sa.Column("paused_on", sa.Date(), nullable=True))
    op.add_column("task", sa.Column("countersigning", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("task", sa.Column("passed_on_by", sa.String(), nullable=True))
    op.create_table(
        "countersign",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("stance", sa.String(), nullable=True),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.Column("entry", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_countersign_task_id")),
        sa.ForeignKeyConstraint(["case_id"], ["decision_case.id"], name=op.f("fk_countersign_case_id")),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_countersign_asked_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_countersign_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_countersign")),
    )
    op.create_index("ix_countersign_person_id_answered_at", "countersign", ["person_id", "answered_at"])
    op.create_index("ix_countersign_task_id", "countersign", ["task_id"])
    op.create_table(
        "circulation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=True),
        sa.Column("from_id", sa.String(), nullable=False),
        sa.Column("to_id", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("sent_at", Moment(), nullable=False),
        sa.Column("read_at", Moment(), nullable=True),
        sa.Column("withdrawn_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["decision_case.id"], name=op.f("fk_circulation_case_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_circulation_task_id")),
        sa.ForeignKeyConstraint(["from_id"], ["person.id"], name=op.f("fk_circulation_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["person.id"], name=op.f("fk_circulation_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circulation")),
    )
    op.create_index(op.f("ix_circulation_case_id"), "circulation", ["case_id"])
    op.create_index("ix_circulation_to_id_read_at", "circulation", ["to_id", "read_at"])
    op.create_table(
        "urging",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("by_id", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_urging_task_id")),
        sa.ForeignKeyConstraint(["case_id"], ["decision_case.id"], name=op.f("fk_urging_case_id")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_urging_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_urging")),
    )
    op.create_index(op.f("ix_urging_task_id"), "urging", ["task_id"])
