"""The words of an entry of the case file may be erased, by an event of its case and not otherwise."""

from alembic import op

from decision_engine import guard

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    guard.let_words_be_erased(op.get_bind())


def downgrade() -> None:
    raise NotImplementedError("what is erased is not to be had again")
