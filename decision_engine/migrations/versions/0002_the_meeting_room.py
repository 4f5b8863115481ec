"""The meeting room: meetings, agendas, attendance, statements, ballots, minutes; and its order, kept by the database.

`GUARDS` are the constraints of order (models/meetings.py) as triggers: a condition in SQL that both databases
read, on the row about to be written (`NEW`). On PostgreSQL each first locks the meeting, so that two writers
cannot slip past each other.
"""

# ruff: noqa: S608  the SQL is put together from this file alone

from typing import NamedTuple

import sqlalchemy as sa
from alembic import op

from decision_engine.db import Moment, guard_append_only

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "agenda_change",
    "emergency_consent",
    "material_delivery",
    "material_opening",
    "statement",
    "statement_confirmation",
    "elector",
    "ballot",
    "minutes_version",
    "minutes_signature",
    "minutes_correction",
    "annotation",
    "dissent_confirmation",
)


class Guard(NamedTuple):
    """Refuse to *verb* a row of *table* where *wrong* holds, saying *why*; *item* finds its agenda item."""

    name: str
    verb: str
    table: str
    wrong: str
    why: str
    item: str


ITEM = "NEW.item_id"
VOTED_ITEM = "(SELECT v.item_id FROM vote v WHERE v.id = NEW.vote_id)"
POSITION = "NEW.kind IN ('OPINION', 'WAIVER')"


def _recused(item: str, person: str) -> str:
    return (
        f"EXISTS (SELECT 1 FROM recusal r WHERE r.item_id = {item} AND r.person_id = {person} "
        "AND r.ended_at IS NULL)"
    )


def _deliberates(item: str, person: str) -> str:
    """Whether a person is a member due, in the room, and not recused from the item."""
    return (
        "(EXISTS (SELECT 1 FROM agenda_item j JOIN meeting_member n ON n.meeting_id = j.meeting_id "
        "JOIN attendance a ON a.meeting_id = j.meeting_id AND a.person_id = n.person_id AND a.left_at IS NULL "
        f"WHERE j.id = {item} AND n.person_id = {person}) AND NOT {_recused(item, person)})"
    )


def _member(item: str, where: str) -> str:
    return (
        "EXISTS (SELECT 1 FROM agenda_item i JOIN meeting_member m ON m.meeting_id = i.meeting_id "
        f"WHERE i.id = {item} AND {where})"
    )


def _has_position(item: str, person: str) -> str:
    return (
        f"EXISTS (SELECT 1 FROM statement s WHERE s.item_id = {item} AND s.person_id = {person} "
        "AND s.kind IN ('OPINION', 'WAIVER'))"
    )


def _in_state(item: str, *states: str) -> str:
    named = ", ".join(f"'{one}'" for one in states)
    return f"EXISTS (SELECT 1 FROM agenda_item k WHERE k.id = {item} AND k.state IN ({named}))"


IS_PRINCIPAL = _member(ITEM, "m.person_id = NEW.person_id AND m.is_principal")
SOMEBODY_SILENT = _member(
    ITEM,
    f"NOT m.is_principal AND {_deliberates(ITEM, 'm.person_id')} AND NOT {_has_position(ITEM, 'm.person_id')}",
)
PRINCIPAL_NOT_LAST = f"""NOT EXISTS (
    SELECT 1 FROM statement p JOIN agenda_item i ON i.id = p.item_id
    JOIN meeting_member m ON m.meeting_id = i.meeting_id AND m.person_id = p.person_id AND m.is_principal
    WHERE p.item_id = {ITEM} AND p.kind = 'OPINION' AND NOT EXISTS (
        SELECT 1 FROM statement s WHERE s.item_id = p.item_id AND s.seq > p.seq AND s.person_id <> p.person_id
        AND s.kind IN ('OPINION', 'WAIVER')))"""
SECRETLY = "EXISTS (SELECT 1 FROM vote v WHERE v.id = NEW.vote_id AND v.method = 'SECRET_BALLOT')"
IS_CHAIR = (
    "EXISTS (SELECT 1 FROM vote v JOIN agenda_item i ON i.id = v.item_id JOIN meeting m ON m.id = i.meeting_id "
    "WHERE v.id = NEW.vote_id AND m.chair_id = NEW.person_id)"
)
OTHERS_TO_VOTE = (
    "EXISTS (SELECT 1 FROM elector e WHERE e.vote_id = NEW.vote_id AND e.person_id <> NEW.person_id "
    "AND NOT EXISTS (SELECT 1 FROM ballot b WHERE b.vote_id = e.vote_id AND b.person_id = e.person_id) "
    f"AND {_deliberates(VOTED_ITEM, 'e.person_id')})"
)
CHAIR_VOTED = (
    "EXISTS (SELECT 1 FROM ballot b JOIN vote v ON v.id = b.vote_id JOIN agenda_item i ON i.id = v.item_id "
    "JOIN meeting m ON m.id = i.meeting_id WHERE b.vote_id = NEW.vote_id AND b.person_id = m.chair_id)"
)

GUARDS = (
    Guard("statement_by_whom", "INSERT", "statement", f"{POSITION} AND NOT {_deliberates(ITEM, 'NEW.person_id')}",
          "a position is taken by a member who is present and not recused", ITEM),
    Guard("statement_not_recused", "INSERT", "statement", _recused(ITEM, "NEW.person_id"),
          "who is recused says nothing on the item", ITEM),
    Guard("statement_when", "INSERT", "statement",
          f"{POSITION} AND NOT {_in_state(ITEM, 'REPORTED', 'MEMBERS_SPEAKING', 'PRINCIPAL_SPOKEN')}",
          "positions are taken after the report and before the vote", ITEM),
    Guard("statement_once", "INSERT", "statement",
          f"{POSITION} AND NOT {IS_PRINCIPAL} AND {_has_position(ITEM, 'NEW.person_id')}",
          "the position of a member is not changed, only added to", ITEM),
    Guard("statement_addition", "INSERT", "statement",
          f"NEW.kind = 'ADDITION' AND {_member(ITEM, 'm.person_id = NEW.person_id')} "
          f"AND NOT {_has_position(ITEM, 'NEW.person_id')}",
          "who has taken no position has nothing to add to", ITEM),
    Guard("statement_principal_last", "INSERT", "statement", f"{POSITION} AND {IS_PRINCIPAL} AND {SOMEBODY_SILENT}",
          "the principal speaks after every member present", ITEM),
    Guard("statement_principal_once", "INSERT", "statement",
          f"{POSITION} AND {IS_PRINCIPAL} AND NOT {PRINCIPAL_NOT_LAST}",
          "the principal has spoken and nobody after", ITEM),
    Guard("vote_after_all", "INSERT", "vote", f"({SOMEBODY_SILENT} OR {PRINCIPAL_NOT_LAST})",
          "a vote follows the positions of all, the principal last", ITEM),
    Guard("vote_when", "INSERT", "vote", f"NOT {_in_state(ITEM, 'PRINCIPAL_SPOKEN', 'VOTING')}",
          "a vote follows the discussion", ITEM),
    Guard("vote_closed", "UPDATE", "vote", "OLD.state = 'CLOSED'", "a closed vote stays as it was counted", ITEM),
    Guard("elector_is_member", "INSERT", "elector", f"NOT {_deliberates(VOTED_ITEM, 'NEW.person_id')}",
          "only members present and not recused vote", VOTED_ITEM),
    Guard("elector_frozen", "INSERT", "elector",
          "EXISTS (SELECT 1 FROM ballot b WHERE b.vote_id = NEW.vote_id)",
          "the electorate is fixed when the vote opens", VOTED_ITEM),
    Guard("ballot_open", "INSERT", "ballot",
          "NOT EXISTS (SELECT 1 FROM vote v WHERE v.id = NEW.vote_id AND v.state = 'OPEN')",
          "the vote is not open", VOTED_ITEM),
    Guard("ballot_by_whom", "INSERT", "ballot",
          "(NOT EXISTS (SELECT 1 FROM elector e WHERE e.vote_id = NEW.vote_id AND e.person_id = NEW.person_id) "
          f"OR NOT {_deliberates(VOTED_ITEM, 'NEW.person_id')})",
          "only a member present and not recused votes", VOTED_ITEM),
    Guard("ballot_chair_last", "INSERT", "ballot", f"{IS_CHAIR} AND {OTHERS_TO_VOTE}",
          "the chair votes last", VOTED_ITEM),
    Guard("ballot_after_chair", "INSERT", "ballot", f"NOT {IS_CHAIR} AND {CHAIR_VOTED}",
          "nobody votes after the chair", VOTED_ITEM),
    Guard("ballot_secret", "INSERT", "ballot", f"({SECRETLY}) = (NEW.choice IS NOT NULL)",
          "a secret ballot has no choice beside the name, a named one has", VOTED_ITEM),
    Guard("secret_tally_urn", "UPDATE", "secret_tally",
          "(NEW.votes < OLD.votes OR NEW.votes + (SELECT coalesce(sum(t.votes), 0) FROM secret_tally t "
          "WHERE t.vote_id = NEW.vote_id AND t.choice <> NEW.choice) > "
          "(SELECT count(*) FROM ballot b WHERE b.vote_id = NEW.vote_id))",
          "the urn holds one vote for each who voted", VOTED_ITEM),
    Guard("secret_tally_empty", "INSERT", "secret_tally", "NEW.votes <> 0", "the urn is empty when set up", VOTED_ITEM),
    Guard("agenda_item_outcome", "UPDATE", "agenda_item",
          "OLD.outcome IS NOT NULL AND (NEW.outcome IS NULL OR NEW.outcome <> OLD.outcome)",
          "a decision taken is not changed", "NEW.id"),
)  # fmt: skip


def _sqlite(guard: Guard) -> tuple[str, ...]:
    return (
        f"CREATE TRIGGER {guard.name} BEFORE {guard.verb} ON {guard.table} WHEN {guard.wrong} "
        f"BEGIN SELECT RAISE(ABORT, 'meeting-order: {guard.why}'); END",
    )


def _postgresql(guard: Guard) -> tuple[str, ...]:
    return (
        f"""
CREATE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM meeting WHERE id = (SELECT x.meeting_id FROM agenda_item x WHERE x.id = {guard.item}) FOR UPDATE;
    IF {guard.wrong} THEN
        RAISE EXCEPTION 'meeting-order: {guard.why}' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$""",
        f"CREATE TRIGGER {guard.name} BEFORE {guard.verb} ON {guard.table} "
        f"FOR EACH ROW EXECUTE FUNCTION {guard.name}()",
        f"ALTER TABLE {guard.table} ENABLE ALWAYS TRIGGER {guard.name}",
    )


def _guard_order() -> None:
    connection = op.get_bind()
    render = _sqlite if connection.dialect.name == "sqlite" else _postgresql
    for guard in GUARDS:
        for statement in render(guard):
            connection.exec_driver_sql(statement)


def upgrade() -> None:
    op.add_column("decision_case", sa.Column("kind", sa.String(), nullable=False, server_default="DECISION"))
    op.create_table(
        "meeting",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organ_id", sa.String(), nullable=False),
        sa.Column("body_id", sa.String(), nullable=False),
        sa.Column("body_kind", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("planned_at", Moment(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("chair_id", sa.String(), nullable=False),
        sa.Column("recorder_id", sa.String(), nullable=False),
        sa.Column("procedure", sa.JSON(), nullable=False),
        sa.Column("called_at", Moment(), nullable=False),
        sa.Column("called_by", sa.String(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=True),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.Column("cancelled_reason", sa.String(), nullable=True),
        sa.Column("signed_at", Moment(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_meeting_body_id")),
        sa.ForeignKeyConstraint(["called_by"], ["person.id"], name=op.f("fk_meeting_called_by")),
        sa.ForeignKeyConstraint(["chair_id"], ["person.id"], name=op.f("fk_meeting_chair_id")),
        sa.ForeignKeyConstraint(["organ_id"], ["organ.id"], name=op.f("fk_meeting_organ_id")),
        sa.ForeignKeyConstraint(["recorder_id"], ["person.id"], name=op.f("fk_meeting_recorder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
        sa.UniqueConstraint("body_id", "year", "number", name=op.f("uq_meeting_body_id_year_number")),
    )
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meeting_organ_id"), ["organ_id"], unique=False)

    op.create_table(
        "attendance",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("arrived_at", Moment(), nullable=False),
        sa.Column("left_at", Moment(), nullable=True),
        sa.Column("leaving_reason", sa.String(), nullable=True),
        sa.Column("entered_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["entered_by"], ["person.id"], name=op.f("fk_attendance_entered_by")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_attendance_meeting_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_attendance_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance")),
    )
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.create_index(
            "ix_attendance_here",
            ["meeting_id", "person_id"],
            unique=True,
            sqlite_where=sa.text("left_at IS NULL AND person_id IS NOT NULL"),
            postgresql_where=sa.text("left_at IS NULL AND person_id IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_attendance_meeting_id"), ["meeting_id"], unique=False)

    op.create_table(
        "leave",
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=True),
        sa.Column("entered_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["entered_by"], ["person.id"], name=op.f("fk_leave_entered_by")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_leave_meeting_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_leave_person_id")),
        sa.PrimaryKeyConstraint("meeting_id", "person_id", name=op.f("pk_leave")),
    )
    op.create_table(
        "meeting_member",
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("is_principal", sa.Boolean(), nullable=False),
        sa.Column("noticed_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_member_meeting_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_meeting_member_person_id")),
        sa.PrimaryKeyConstraint("meeting_id", "person_id", name=op.f("pk_meeting_member")),
    )
    op.create_table(
        "minutes_signature",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("signed_at", Moment(), nullable=True),
        sa.Column("refusal_reason", sa.String(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["entered_by"], ["person.id"], name=op.f("fk_minutes_signature_entered_by")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_minutes_signature_meeting_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_minutes_signature_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_minutes_signature")),
        sa.UniqueConstraint(
            "meeting_id", "sha256", "person_id", name=op.f("uq_minutes_signature_meeting_id_sha256_person_id")
        ),
    )
    op.create_table(
        "minutes_version",
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("fk_minutes_version_by")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_minutes_version_meeting_id")),
        sa.PrimaryKeyConstraint("meeting_id", "kind", "number", name=op.f("pk_minutes_version")),
    )
    with op.batch_alter_table("minutes_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_minutes_version_sha256"), ["sha256"], unique=False)

    op.create_table(
        "agenda_item",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("leader_in_charge_id", sa.String(), nullable=True),
        sa.Column("reporter_id", sa.String(), nullable=True),
        sa.Column("announced_at", Moment(), nullable=False),
        sa.Column("emergency", sa.Boolean(), nullable=False),
        sa.Column("emergency_reason", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("previous_id", sa.String(), nullable=True),
        sa.Column("taken_up_at", Moment(), nullable=True),
        sa.Column("report", sa.String(), nullable=True),
        sa.Column("reported_at", Moment(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("override_reasons", sa.String(), nullable=True),
        sa.Column("divided", sa.Boolean(), nullable=True),
        sa.Column("deferred_until", sa.Date(), nullable=True),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("result_announced_at", Moment(), nullable=True),
        sa.Column("put_off_reason", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["decision_case.id"], name=op.f("fk_agenda_item_case_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_agenda_item_decided_by")),
        sa.ForeignKeyConstraint(
            ["leader_in_charge_id"], ["person.id"], name=op.f("fk_agenda_item_leader_in_charge_id")
        ),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_agenda_item_meeting_id")),
        sa.ForeignKeyConstraint(["previous_id"], ["agenda_item.id"], name=op.f("fk_agenda_item_previous_id")),
        sa.ForeignKeyConstraint(["reporter_id"], ["person.id"], name=op.f("fk_agenda_item_reporter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agenda_item")),
        sa.UniqueConstraint("meeting_id", "seq", name=op.f("uq_agenda_item_meeting_id_seq")),
    )
    with op.batch_alter_table("agenda_item", schema=None) as batch_op:
        batch_op.create_index(
            "ix_agenda_item_before",
            ["meeting_id"],
            unique=True,
            sqlite_where=sa.text(
                "state IN ('TAKEN_UP', 'REPORTED', 'MEMBERS_SPEAKING', 'PRINCIPAL_SPOKEN', 'VOTING', 'VOTED')"
            ),
            postgresql_where=sa.text(
                "state IN ('TAKEN_UP', 'REPORTED', 'MEMBERS_SPEAKING', 'PRINCIPAL_SPOKEN', 'VOTING', 'VOTED')"
            ),
        )
        batch_op.create_index(batch_op.f("ix_agenda_item_case_id"), ["case_id"], unique=False)

    op.create_table(
        "agenda_change",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["approved_by"], ["person.id"], name=op.f("fk_agenda_change_approved_by")),
        sa.ForeignKeyConstraint(["by"], ["person.id"], name=op.f("fk_agenda_change_by")),
        sa.ForeignKeyConstraint(["item_id"], ["agenda_item.id"], name=op.f("fk_agenda_change_item_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_agenda_change_meeting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agenda_change")),
    )
    with op.batch_alter_table("agenda_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agenda_change_meeting_id"), ["meeting_id"], unique=False)

    op.create_table(
        "candidate",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("post", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["agenda_item.id"], name=op.f("fk_candidate_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_candidate_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate")),
        sa.UniqueConstraint("item_id", "seq", name=op.f("uq_candidate_item_id_seq")),
    )
    op.create_table(
        "dissent_confirmation",
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["agenda_item.id"], name=op.f("fk_dissent_confirmation_item_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_dissent_confirmation_person_id")),
        sa.PrimaryKeyConstraint("item_id", "person_id", name=op.f("pk_dissent_confirmation")),
    )
    op.create_table(
        "emergency_consent",
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("consents", sa.Boolean(), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["entered_by"], ["person.id"], name=op.f("fk_emergency_consent_entered_by")),
        sa.ForeignKeyConstraint(["item_id"], ["agenda_item.id"], name=op.f("fk_emergency_consent_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_emergency_consent_person_id")),
        sa.PrimaryKeyConstraint("item_id", "person_id", name=op.f("pk_emergency_consent")),
    )
    op.create_table(
        "material_delivery",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("document_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("delivered_at", Moment(), nullable=False),
        sa.Column("delivered_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivered_by"], ["person.id"], name=op.f("fk_material_delivery_delivered_by")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_material_delivery_document_id")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["agenda_item.id"], name=op.f("fk_material_delivery_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_material_delivery_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_material_delivery")),
        sa.UniqueConstraint(
            "item_id",
            "person_id",
            "document_id",
            "sha256",
            name=op.f("uq_material_delivery_item_id_person_id_document_id_sha256"),
        ),
    )
    op.create_table(
        "minutes_correction",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("author_id", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_minutes_correction_author_id")),
        sa.ForeignKeyConstraint(["item_id"], ["agenda_item.id"], name=op.f("fk_minutes_correction_item_id")),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_minutes_correction_meeting_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_minutes_correction")),
    )
    with op.batch_alter_table("minutes_correction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_minutes_correction_meeting_id"), ["meeting_id"], unique=False)

    op.create_table(
        "recusal",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("explanation", sa.String(), nullable=False),
        sa.Column("initiated_by", sa.String(), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("left_at", Moment(), nullable=True),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["entered_by"], ["person.id"], name=op.f("fk_recusal_entered_by")),
        sa.ForeignKeyConstraint(["item_id"], ["agenda_item.id"], name=op.f("fk_recusal_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_recusal_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recusal")),
        sa.UniqueConstraint("item_id", "person_id", name=op.f("uq_recusal_item_id_person_id")),
    )
    op.create_table(
        "statement",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("stance", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(kind IN ('OPINION', 'WAIVER')) = (stance IS NOT NULL)", name=op.f("ck_statement_stance")
        ),
        sa.CheckConstraint(
            "kind IN ('OPINION', 'WAIVER', 'ADDITION', 'CLARIFICATION', 'LEGAL_EXPLANATION', 'ATTENDEE')",
            name=op.f("ck_statement_kind"),
        ),
        sa.ForeignKeyConstraint(["entered_by"], ["person.id"], name=op.f("fk_statement_entered_by")),
        sa.ForeignKeyConstraint(["item_id"], ["agenda_item.id"], name=op.f("fk_statement_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_statement_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
        sa.UniqueConstraint("item_id", "seq", name=op.f("uq_statement_item_id_seq")),
    )
    op.create_table(
        "written_opinion",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("given_at", Moment(), nullable=False),
        sa.Column("read_at", Moment(), nullable=True),
        sa.Column("read_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["agenda_item.id"], name=op.f("fk_written_opinion_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_written_opinion_person_id")),
        sa.ForeignKeyConstraint(["read_by"], ["person.id"], name=op.f("fk_written_opinion_read_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_written_opinion")),
        sa.UniqueConstraint("item_id", "person_id", name=op.f("uq_written_opinion_item_id_person_id")),
    )
    op.create_table(
        "annotation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("meeting_id", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=True),
        sa.Column("statement_id", sa.String(), nullable=True),
        sa.Column("author_id", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_annotation_author_id")),
        sa.ForeignKeyConstraint(["item_id"], ["agenda_item.id"], name=op.f("fk_annotation_item_id")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_annotation_meeting_id")),
        sa.ForeignKeyConstraint(["statement_id"], ["statement.id"], name=op.f("fk_annotation_statement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annotation")),
    )
    with op.batch_alter_table("annotation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_annotation_meeting_id"), ["meeting_id"], unique=False)

    op.create_table(
        "material_opening",
        sa.Column("delivery_id", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["material_delivery.id"], name=op.f("fk_material_opening_delivery_id")
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_material_opening")),
    )
    op.create_table(
        "statement_confirmation",
        sa.Column("statement_id", sa.String(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("objection", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statement.id"], name=op.f("fk_statement_confirmation_statement_id")
        ),
        sa.PrimaryKeyConstraint("statement_id", name=op.f("pk_statement_confirmation")),
    )
    op.create_table(
        "vote",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("candidate_id", sa.String(), nullable=True),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due", sa.Integer(), nullable=False),
        sa.Column("present", sa.Integer(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.Column("yes", sa.Integer(), nullable=True),
        sa.Column("no", sa.Integer(), nullable=True),
        sa.Column("abstain", sa.Integer(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["candidate_id"], ["candidate.id"], name=op.f("fk_vote_candidate_id")),
        sa.ForeignKeyConstraint(["item_id"], ["agenda_item.id"], name=op.f("fk_vote_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vote")),
        sa.UniqueConstraint("item_id", "candidate_id", name=op.f("uq_vote_item_id_candidate_id")),
    )
    with op.batch_alter_table("vote", schema=None) as batch_op:
        batch_op.create_index(
            "ix_vote_whole",
            ["item_id"],
            unique=True,
            sqlite_where=sa.text("candidate_id IS NULL"),
            postgresql_where=sa.text("candidate_id IS NULL"),
        )

    op.create_table(
        "ballot",
        sa.Column("vote_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("choice", sa.String(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=True),
        sa.CheckConstraint("choice IN ('YES', 'NO', 'ABSTAIN')", name=op.f("ck_ballot_choice")),
        sa.ForeignKeyConstraint(["entered_by"], ["person.id"], name=op.f("fk_ballot_entered_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_ballot_person_id")),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name=op.f("fk_ballot_vote_id")),
        sa.PrimaryKeyConstraint("vote_id", "person_id", name=op.f("pk_ballot")),
    )
    op.create_table(
        "elector",
        sa.Column("vote_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_elector_person_id")),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name=op.f("fk_elector_vote_id")),
        sa.PrimaryKeyConstraint("vote_id", "person_id", name=op.f("pk_elector")),
    )
    op.create_table(
        "secret_tally",
        sa.Column("vote_id", sa.String(), nullable=False),
        sa.Column("choice", sa.String(), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.CheckConstraint("choice IN ('YES', 'NO', 'ABSTAIN')", name=op.f("ck_secret_tally_choice")),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name=op.f("fk_secret_tally_vote_id")),
        sa.PrimaryKeyConstraint("vote_id", "choice", name=op.f("pk_secret_tally")),
    )

    guard_append_only(op.get_bind(), APPEND_ONLY)
    _guard_order()


def downgrade() -> None:
    raise NotImplementedError("what a meeting said and decided is not taken back")
