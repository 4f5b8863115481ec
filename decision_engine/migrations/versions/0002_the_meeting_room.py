"""The meeting room: meetings, agendas, attendance, statements, ballots, minutes."""

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
