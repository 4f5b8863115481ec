"""The proof: signed events, the pending queue, the tree and its checkpoints."""

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
