"""The trail (domain book 9.3): who did what in which post, dissent that keeps its worth, delay, exceptions used.

What the log, the database and the doors hold is stated here with the tests that show it; what can be read from a
case file is computed. Nothing here finds anybody guilty.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise

from decision_engine.language import Text
from decision_engine.rules.facts import Facts, Record
from decision_engine.rules.law import (
    ARCHIVES_LAW,
    CIVIL_SERVANT_LAW,
    DECREE_713,
    PARTY_RULES,
    SANCTIONS_LAW,
)
from decision_engine.rules.liability import decided_on
from decision_engine.rules.matter import incomplete
from decision_engine.rules.meeting import Meeting, meeting, names
from decision_engine.rules.rule import NOT_APPLICABLE, UNDECIDABLE, Strength, Verdict, declared, rule, stated

MACHINE = frozenset({"clock"})
"""Roles that are nobody's post."""
CONSENT = frozenset({"AGREE", "NO_FURTHER_OPINION"})
PASSED = frozenset({"APPROVE", "AMEND"})
ENDED = ("archive_dossier", "adjust_or_terminate")


@rule(
    "R-ACC-01",
    "每一办理环节记录办理人、角色、当时职务、委托、时间和规则版本",
    checks="A",
    law=DECREE_713,
    article="33",
    strength="D",
    mark="D",
    held=(
        "tests/api/test_trail.py::test_somebody_answers_for_every_completed_step_with_the_entry_that_proves_it",
    ),
)
def every_act_names_its_author_and_post(facts: Facts) -> Verdict:
    """Every act on file names who did it and in which post; the log adds hashes and the rules in force."""
    acts = [one for one in facts.all(*{record.kind for record in facts.records}) if one.role not in MACHINE]
    if not acts:
        return NOT_APPLICABLE
    nameless = [one for one in acts if not one.author or not (one.post or "").strip()]
    if not nameless:
        return None
    return Text(
        f"案卷第{nameless[0].seq}号记录没有载明办理人或者当时职务（共{len(nameless)}条）。请核查。",
        f"Record {nameless[0].seq} lacks its author or the post held then ({len(nameless)} in all). Look into it.",
    )


# The database refuses it by triggers; a correction is a new record.
stated(
    "R-ACC-02",
    Text(
        "历史记录不得修改、删除，更正另行记录",
        "History is neither changed nor deleted; a correction is a new event",
    ),
    law=ARCHIVES_LAW,
    article="48",
    strength="D",
    checks="G",
    mark="D",
    since=DECREE_713.since,
    held=(
        "tests/test_db.py::test_sqlite_refuses_to_change_the_log",
        "tests/test_db.py::test_postgresql_refuses_to_change_the_log",
        "tests/test_db.py::test_every_append_only_table_is_guarded",
    ),
)


# -- dissent -------------------------------------------------------------------------------------------------


@rule(
    "R-ACC-03",
    "不同意见以本人会上明确表示、原文记录并经本人确认为准，弃权不等于不同意见",
    gate="sign_minutes",
    law=DECREE_713,
    article="38",
    strength="D",
    mark="v:713-38; D",
)
def dissent_is_verbatim_and_confirmed(facts: Facts) -> Verdict:
    """Dissent is explicit, verbatim and confirmed by its author before the minutes close; abstaining alone is none."""
    dissents = facts.act.entries("dissents")
    held = meeting(facts)
    if not dissents or held is None:
        return NOT_APPLICABLE
    open_ones = {
        one.text("member")
        for one in dissents
        if not one.text("statement") or one.flag("confirmed") is not True
    }
    if open_ones:
        who = names(facts, open_ones)
        return Text(
            f"以下人员的不同意见没有原文或者未经本人确认：{who.zh}。请本人确认后再签署会议记录。",
            f"These dissents are not verbatim or not confirmed by their authors: {who.en}. Have them confirmed first.",
        )
    only_abstained = ({one.text("member") for one in dissents} & _abstained(facts, held)) - _voiced(
        facts, held
    )
    if not only_abstained:
        return None
    who = names(facts, only_abstained)
    return Text(
        f"以下人员仅投弃权票，会上没有表示不同意见：{who.zh}。弃权不等于不同意见，请删去。",
        f"These members only abstained and voiced no differing opinion: {who.en}. Abstaining is no dissent; remove it.",
    )


@rule(
    "R-ACC-04",
    "会后提出的意见不得作为会上不同意见补记，另行注明日期",
    gate="sign_minutes",
    law=DECREE_713,
    article="38",
    strength="D",
    mark="D",
)
def dissent_was_voiced_in_the_meeting(facts: Facts) -> Verdict:
    """A later statement is not entered as dissent: who is named differed in this very meeting."""
    dissents = facts.act.entries("dissents")
    held = meeting(facts)
    if not dissents or held is None:
        return NOT_APPLICABLE
    afterwards = {one.text("member") for one in dissents} - _voiced(facts, held) - _abstained(facts, held)
    if not afterwards:
        return None
    who = names(facts, afterwards)
    return Text(
        f"以下人员没有在本次会议上表示不同意见：{who.zh}。会后意见请另行注明日期，不得补记为会上不同意见。",
        f"These persons did not differ in this meeting: {who.en}. A later statement is kept with its own date, not as "
        "dissent.",
    )


def _voiced(facts: Facts, held: Meeting) -> frozenset[str]:
    """Return who differed in the meeting from what was decided: by a speech, or by a vote against."""
    decided = facts.after(held.opened.seq, "principal_decides")
    passed = not decided or decided[-1].text("outcome") in PASSED
    spoken = {
        one.item or one.person or ""
        for one in held.speeches
        if not passed or one.text("stance") not in {*CONSENT, ""}
    }
    against = {member for member, vote in _ballots(facts, held) if vote == ("NO" if passed else "YES")}
    return frozenset(spoken | against) - {""}


def _abstained(facts: Facts, held: Meeting) -> frozenset[str]:
    return frozenset(member for member, vote in _ballots(facts, held) if vote == "ABSTAIN")


def _ballots(facts: Facts, held: Meeting) -> tuple[tuple[str, str], ...]:
    votes = facts.after(held.opened.seq, "vote")
    cast = votes[-1].entries("ballots") if votes else ()
    return tuple((one.text("member"), one.text("vote")) for one in cast)


@rule(
    "R-MTG-26",
    "会议记录与会议纪要是两份文件",
    gate="sign_minutes",
    law=PARTY_RULES,
    article="会议记录",
    mark="v:OD; M",
)
def minutes_and_summary_are_two_papers(facts: Facts) -> Verdict:
    """The minutes are distinct from the published summary: one paper does not serve as both."""
    minutes, summary = facts.act.text("minutes_ref"), facts.act.text("summary_ref")
    if not summary:
        return NOT_APPLICABLE
    if minutes != summary:
        return None
    return Text(
        "会议记录和会议纪要填写为同一份文件。请分别上传会议记录（签字件）和会议纪要。",
        "Minutes and summary are given as one paper. Upload the signed minutes and the summary separately.",
    )


# -- objection to a superior ---------------------------------------------------------------------------------


@rule(
    "R-ACC-05",
    "下级对上级决定或者命令的不同意见单独记录，载明对象和答复",
    gate="raise_objection",
    law=CIVIL_SERVANT_LAW,
    article="60",
    checks="GA",
    strength="D",
    mark="v:CSL-60; D",
)
def objection_names_its_addressee_and_is_answered(facts: Facts) -> Verdict:
    """A subordinate's objection is a record of its own with its addressee, and it is answered."""
    objections = facts.all("raise_objection")
    if not objections:
        return NOT_APPLICABLE
    for objection in objections:
        lacking = incomplete(
            objection,
            {
                "addressee": Text("提出的对象", "whom it is addressed to"),
                "objected_order": Text("所针对的决定或者命令", "the decision or order"),
                "objection": Text("不同意见", "the objection"),
            },
        )
        if lacking is not None:
            return lacking
    if facts.gate == "raise_objection":
        return None
    return _unanswered(facts, objections)


def _unanswered(facts: Facts, objections: tuple[Record, ...]) -> Text | None:
    for objection in objections:
        replies = [one for one in facts.after(objection.seq, "answer_objection") if one.has("reply")]
        limit = facts.calendar.add(
            objection.local_day, facts.period("objection_reply_days", objection.local_day)
        ).day
        answered = min((one.local_day for one in replies), default=facts.today)
        if answered > limit:
            return Text(
                f"第{objection.seq}号记录提出的不同意见，应当不迟于{limit}答复，没有按期答复。请答复并记录。",
                f"The objection in record {objection.seq} was to be answered by {limit}. Answer it and record that.",
            )
    return None


# -- reports and readers -------------------------------------------------------------------------------------

# Computed from the log on each reading, with no verb that writes it.
stated(
    "R-ACC-06",
    Text(
        "责任清单由系统生成、不可编辑，只列事实和规则",
        "The responsibility report is generated, and lists facts and rules only",
    ),
    law=DECREE_713,
    article="38",
    strength="D",
    checks="A",
    mark="D",
    held=(
        "tests/api/test_trail.py::test_accountability_reads_the_log_and_not_the_tables",
        "tests/api/test_trail.py::test_accountability_as_of_a_day_ends_with_that_day",
    ),
)
stated(
    "R-ACC-07",
    Text(
        "审计人员可查阅全部案卷、查阅留痕、不得办理",
        "Auditors read everything, their reading is logged, they write nothing",
    ),
    law=DECREE_713,
    article="8",
    strength="D",
    checks="G",
    mark="D",
    held=(
        "tests/api/test_identity.py::test_an_auditor_reads_everything_and_writes_nothing",
        "tests/api/test_documents.py::test_reading_what_is_not_public_is_noted",
        "tests/test_access.py::test_an_auditor_writes_nothing_whatever_other_post_they_hold",
    ),
)
stated(
    "R-ACC-08",
    Text(
        "人员离任后身份保留，只停用账号、不删除人员",
        "Identity survives staff change: accounts are closed, persons never deleted",
    ),
    law=SANCTIONS_LAW,
    article="27",
    strength="D",
    checks="G",
    mark="v:DIS-27; D",
    held=(
        "tests/access/test_leaving.py::test_a_closed_account_signs_nobody_in_and_the_person_stays",
        "tests/access/test_leaving.py::test_a_person_who_held_a_post_cannot_be_deleted",
    ),
)


# -- delay, exceptions, exemption ----------------------------------------------------------------------------


@rule(
    "R-ACC-09",
    "办理停滞的，列明停滞期间和环节",
    checks="A",
    law=DECREE_713,
    article="38",
    strength="D",
    mark="D",
)
def nothing_lies_idle(facts: Facts) -> Verdict:
    """A proposal or draft on which nobody acts for too long is shown, with the act it waited on."""
    before = [one for one in facts.all(*{record.kind for record in facts.records}) if one.kind != "audit"]
    if not before:
        return NOT_APPLICABLE
    decided = next((one.seq for one in before if one.kind == "sign_decision"), None)
    course = [one for one in before if decided is None or one.seq <= decided]
    days = [(one.seq, one.local_day) for one in course]
    if decided is None and not _is_closed(facts):
        days.append((course[-1].seq, facts.today))
    pause = _longest_pause(days)
    if pause is None:
        return None
    after, begun, ended = pause
    length, limit = (ended - begun).days, facts.period("idle_days").amount
    if length <= limit:
        return None
    return Text(
        f"第{after}号记录之后，自{begun}至{ended}共{length}日无人办理（提示线{limit}日）。请说明原因和责任环节。",
        f"After record {after}, from {begun} to {ended}, nobody acted for {length} days (line of "
        f"attention {limit}). Explain why, and whose step it was.",
    )


def _is_closed(facts: Facts) -> bool:
    started = facts.latest("decide_initiation")
    refused = facts.latest("handle_refused_draft")
    return (
        facts.latest(*ENDED) is not None
        or (started is not None and started.text("outcome") == "NOT_START")
        or (refused is not None and refused.text("outcome") in {"TRANSFER", "TERMINATE"})
    )


def _longest_pause(days: list[tuple[int, date]]) -> tuple[int, date, date] | None:
    pauses = [(seq, begun, ended) for (seq, begun), (_, ended) in pairwise(days)]
    return max(pauses, key=lambda one: one[2] - one[1], default=None)


@rule(
    "R-ACC-10",
    "例外情形逐项登记规则、理由、批准人和日期",
    checks="A",
    law=DECREE_713,
    article="33",
    strength="D",
    mark="D",
    held=(
        "tests/test_stories.py::test_an_exception_is_possible_where_the_law_knows_one_and_stands_on_the_register",
    ),
)
def exceptions_are_registered_whole(facts: Facts) -> Verdict:
    """Every exception used names its rule, a reason and who approved it, and the rule is one that knows exceptions."""
    used = [
        (one, departure)
        for one in facts.all(*{r.kind for r in facts.records})
        for departure in one.departures
    ]
    if not used:
        return NOT_APPLICABLE
    excusable = {one.id for one in declared() if one.strength is Strength.EXCEPTION}
    for record, departure in used:
        if departure.rule not in excusable:
            return Text(
                f"第{record.seq}号记录登记了{departure.rule}的例外，该规则不允许例外。请核查。",
                f"Record {record.seq} claims an exception from {departure.rule}, which knows none. Look into it.",
            )
        if not departure.reason.strip() or not departure.approver.strip():
            return Text(
                f"第{record.seq}号记录的例外（{departure.rule}）没有理由或者批准人。请核查。",
                f"The exception from {departure.rule} in record {record.seq} lacks a reason or approver. Look into it.",
            )
    return None


@rule(
    "R-ACC-11",
    "尽职免责的有关事实列示为证据，不作结论",
    checks="A",
    law=DECREE_713,
    article="38",
    strength="D",
    mark="D",
)
def exemption_facts_are_shown_not_judged(facts: Facts) -> Verdict:
    """Facts that speak for exemption are shown as evidence, never as a verdict: only the competent organ judges."""
    if decided_on(facts) is None:
        return NOT_APPLICABLE
    facts.latest("issue_legality_opinion")
    facts.latest("determine_risk")
    facts.all("sign_minutes")
    facts.all("report_problem", "suspend_execution", "adjust_or_terminate")
    return UNDECIDABLE
