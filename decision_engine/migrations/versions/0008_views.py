"""Views a person keeps of the list of cases."""

import sqlalchemy as sa
from alembic import op

from decision_engine.db import Moment

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_view",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_kept_view_person_id")),
        sa.PrimaryKeyConstraint("person_id", "name", name=op.f("pk_kept_view")),
    )
