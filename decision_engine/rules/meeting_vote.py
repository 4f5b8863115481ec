"""How a deciding body votes, decides and keeps its minutes (domain book 3.2)."""

from __future__ import annotations

from decision_engine.language import Text
from decision_engine.rules.counting import ballot_proves_dissent, needed_to_pass
from decision_engine.rules.facts import Facts
from decision_engine.rules.law import DECREE_713, PARTY_RULES, SANCTIONS_LAW
from decision_engine.rules.matter import collective_category, incomplete
from decision_engine.rules.meeting import (
    Meeting,
    base_of,
    body_value,
    departure_from_the_majority_is_explained,
    meeting,
    names,
    principal_may_override,
    principal_speaks_last,
    tallies_of,
    tally_of,
)
from decision_engine.rules.rule import NOT_APPLICABLE, UNDECIDABLE, Verdict, rule

OUTCOMES = frozenset({"APPROVE", "REJECT", "AMEND", "DEFER", "REDISCUSS"})


# -- the vote ------------------------------------------------------------------------------------------------


@rule(
    "R-MTG-08",
    "缺席人员的书面意见不计入票数",
    gate="vote",
    law=PARTY_RULES,
    article="表决",
    mark="M",
)
def absent_members_do_not_vote(facts: Facts) -> Verdict:
    """Written opinions of absent members are read out but not counted."""
    held = meeting(facts)
    if held is None:
        return NOT_APPLICABLE
    voters = frozenset(one.text("member") for one in facts.act.entries("ballots"))
    absent = voters & (held.due - held.present - held.gone)
    if not absent:
        return None
    who = names(facts, absent)
    return Text(
        f"缺席人员不参加表决，其书面意见不计票：{who.zh}。请删去其表决。",
        f"Absent members do not vote, their written opinions are not counted: {who.en}. Remove their ballots.",
    )


@rule(
    "R-MTG-09",
    "一事一议，逐项表决，每人一票",
    gate="vote",
    law=PARTY_RULES,
    article="表决",
    mark="v:SSMC",
)
def one_item_one_vote(facts: Facts) -> Verdict:
    """One item, one discussion, one vote for each member."""
    voters = [(one.text("member"), one.text("subject")) for one in facts.act.entries("ballots")]
    twice = frozenset(one[0] for one in voters if voters.count(one) > 1)
    if not twice:
        return None
    who = names(facts, twice)
    return Text(
        f"有人重复表决：{who.zh}。每人只有一票，请核对。",
        f"Somebody voted twice: {who.en}. Each member has one vote; check the ballots.",
    )


@rule(
    "R-MTG-10",
    "记录表决方式和赞成、反对、弃权票数；无记名投票只限人事议题",
    gate="vote",
    law=PARTY_RULES,
    article="表决",
    mark="v:NOM; v:YZ",
)
def vote_is_counted_by_its_method(facts: Facts) -> Verdict:
    """The method is stated, every member present has voted, and a secret ballot is used only where it may be."""
    held = meeting(facts)
    if held is None:
        return NOT_APPLICABLE
    method = facts.act.text("method")
    if not method:
        return Text("没有写明表决方式。请填写。", "The method of voting is not stated. Enter it.")
    if ballot_proves_dissent(method):
        unvoted = _unvoted(facts, held)
        if not unvoted:
            return None
        who = names(facts, unvoted)
        return Text(
            f"到会人员没有表决记录：{who.zh}。弃权的也须记录。",
            f"Members present have no ballot: {who.en}. An abstention is recorded as well.",
        )
    allowed = body_value(facts, held.body, "secret_ballot_allowed")
    if allowed != "PERSONNEL" or collective_category(facts) != "IMPORTANT_PERSONNEL":
        return Text(
            "本议题不得采用无记名投票，否则无法证明不同意见。请采用记名方式。",
            "This item is not voted in secret, for dissent could not be proved. Use a method with names.",
        )
    if all(
        tally.is_possible and tally.yes + tally.no + tally.abstain == tally.present
        for tally in tallies_of(held, facts.act)
    ):
        return None
    return Text(
        "无记名投票的票数之和与到会人数不符。请核对。",
        "The votes of the secret ballot do not add up to the members present. Check them.",
    )


def _unvoted(facts: Facts, held: Meeting) -> frozenset[str]:
    """Return the members present who lack a ballot on some subject."""
    voted: dict[str, set[str]] = {}
    for one in facts.act.entries("ballots"):
        voted.setdefault(one.text("subject"), set()).update({one.text("member")} if one.has("vote") else ())
    return frozenset().union(*(held.deliberating - members for members in voted.values() or (set(),)))


@rule(
    "R-MTG-14",
    "主持人末位表态",
    gate="vote",
    law=PARTY_RULES,
    article="表决",
    mark="M",
)
def chair_votes_last(facts: Facts) -> Verdict:
    """The chair's vote also comes last, where the moments of voting are recorded."""
    held = meeting(facts)
    if held is None:
        return NOT_APPLICABLE
    chair, ballots = held.opened.text("chair"), facts.act.entries("ballots")
    moments = [(one.text("subject"), one.text("member"), one.moment("cast_at")) for one in ballots]
    if all(member != chair for _, member, _ in moments) or any(at is None for _, _, at in moments):
        return NOT_APPLICABLE
    chairs = {subject: at for subject, member, at in moments if member == chair and at is not None}
    if all(at is None or subject not in chairs or at <= chairs[subject] for subject, _, at in moments):
        return None
    return Text(
        "主持人先于其他人员表决。主持人应当末位表态，请核对表决时间。",
        "The chair voted before others. The chair votes last; check the times of voting.",
    )


@rule(
    "R-MTG-17",
    "列席人员可以发言，没有表决权",
    gate="vote",
    law=PARTY_RULES,
    article="列席",
    mark="v:HQ; v:SSMC",
)
def attendees_do_not_vote(facts: Facts) -> Verdict:
    """Attendees without membership may speak but not vote."""
    held = meeting(facts)
    if held is None:
        return NOT_APPLICABLE
    outsiders = frozenset(one.text("member") for one in facts.act.entries("ballots")) - held.due
    if not outsiders:
        return None
    who = names(facts, outsiders)
    return Text(
        f"非组成人员没有表决权：{who.zh}。请删去其表决。",
        f"Those who are not members have no vote: {who.en}. Remove their ballots.",
    )


# -- the decision ---------------------------------------------------------------------------------------------


@rule(
    "R-MTG-06",
    "党委会以应到会人员过半数赞成为通过",
    gate="principal_decides",
    law=PARTY_RULES,
    article="表决",
    mark="v:WBK; v:YZ; v:NOM",
)
def party_body_passes_by_majority(facts: Facts) -> Verdict:
    """In a body that decides by majority, more than half of the members due must say yes."""
    held = meeting(facts)
    if held is None or principal_may_override(facts, held.body) or facts.act.text("outcome") != "APPROVE":
        return NOT_APPLICABLE
    votes = facts.after(held.opened.seq, "vote")
    tally = tally_of(held, votes[-1] if votes else None)
    base = base_of(facts, held.body)
    if tally.passes(base):
        return None
    needed = needed_to_pass(tally.whole(base))
    return Text(
        f"赞成{tally.yes}票，应到{tally.due}人，须有{needed}票赞成方为通过。请按表决结果作出决定。",
        f"{tally.yes} yes of {tally.due} members due; {needed} are needed to pass. Decide as the vote fell.",
    )


@rule(
    "R-MTG-13",
    "主要负责人不定调，末位发言",
    gate=("member_speaks", "principal_speaks_last"),
    law=DECREE_713,
    article="30",
    mark="v:713-30; v:LAST",
)
def principal_sets_no_tone(facts: Facts) -> Verdict:
    """The principal does not set the tone; the others speak one by one, the principal last."""
    return principal_speaks_last(facts)


@rule(
    "R-MTG-18",
    "作出同意、不同意、修改、暂缓或者再次讨论的决定",
    gate="principal_decides",
    law=PARTY_RULES,
    article="决定",
    mark="v:CZ; v:LQ",
)
def decision_is_one_of_five(facts: Facts) -> Verdict:
    """A meeting agrees, disagrees, amends, defers, or discusses again."""
    if facts.act.text("outcome") in OUTCOMES:
        return None
    return Text(
        "会议决定须为同意、不同意、修改、暂缓、再次讨论之一。请选择。",
        "A meeting agrees, disagrees, amends, defers or discusses again. Choose one.",
    )


@rule(
    "R-MTG-19",
    "意见分歧较大的，除紧急情况外应当暂缓",
    gate="principal_decides",
    law=PARTY_RULES,
    article="决定",
    mark="v:HQ; v:STR",
)
def divided_meetings_defer(facts: Facts) -> Verdict:
    """Widely divided: defer except in an emergency; after too many deferrals the matter goes to the higher level."""
    held = meeting(facts)
    outcome = facts.act.text("outcome")
    if held is None or (facts.act.flag("divided") is not True and outcome != "DEFER"):
        return NOT_APPLICABLE
    if outcome == "DEFER":
        return _not_deferred_for_ever(facts, held)
    agenda = facts.latest("confirm_agenda")
    urgent = agenda is not None and any(item.flag("emergency") is True for item in agenda.entries("items"))
    if outcome in {"REDISCUSS", "AMEND", "REJECT"} or urgent:
        return None
    return Text(
        "意见分歧较大，除紧急情况外应当暂缓，交换意见或者请示上级后再议。请选择暂缓或者再次讨论。",
        "Views are widely divided; except in an emergency the item is deferred and discussed again. Defer it.",
    )


def _not_deferred_for_ever(facts: Facts, held: Meeting) -> Verdict:
    most = body_value(facts, held.body, "max_deferrals")
    before = (facts.case.number("deferred_before") or 0) + sum(
        one.text("outcome") == "DEFER" for one in facts.all("principal_decides") if one.seq != facts.act.seq
    )
    if not isinstance(most, int) or before < most:
        return None
    return Text(
        f"本议题已暂缓{before}次，不得再次暂缓。请报请上级或者作出决定。",
        f"The item was deferred {before} times already and is not deferred again. Ask the higher level, or decide.",
    )


@rule(
    "R-MTG-20",
    "首长决定与多数意见不一致的说明理由",
    gate="principal_decides",
    law=DECREE_713,
    article="30",
    mark="v:713-30",
)
def head_explains_an_override(facts: Facts) -> Verdict:
    """A head who departs from the majority gives the reasons in the meeting (government bodies only)."""
    return departure_from_the_majority_is_explained(facts)


@rule(
    "R-MTG-21",
    "党委会少数服从多数，书记不得改变表决结果",
    gate="principal_decides",
    law=SANCTIONS_LAW,
    article="30",
    mark="v:BG3; v:DIS-30",
)
def nobody_overrides_a_party_majority(facts: Facts) -> Verdict:
    """In a party committee the majority decides: the principal can neither override a yes nor a no."""
    held = meeting(facts)
    if held is None or principal_may_override(facts, held.body):
        return NOT_APPLICABLE
    votes, base = facts.after(held.opened.seq, "vote"), base_of(facts, held.body)
    last = votes[-1] if votes else None
    passed = all(one.passes(base) for one in tallies_of(held, last))
    outcome = facts.act.text("outcome")
    some = any(one.passes(base) for one in tallies_of(held, last))
    if outcome not in {"APPROVE", "REJECT"} or (passed if outcome == "APPROVE" else not some):
        return None
    return Text(
        "决定与表决结果不一致。党委会实行少数服从多数，任何人不得改变表决结果。请按表决结果作出决定。",
        "The decision is not what the vote says. In a party committee the majority decides and nobody overrides it.",
    )


@rule(
    "R-MTG-22",
    "表决结果当场宣布",
    gate="principal_decides",
    law=PARTY_RULES,
    article="决定",
    strength="X",
    mark="v:YZ",
)
def result_is_announced_on_the_spot(facts: Facts) -> Verdict:
    """The result is announced on the spot."""
    return incomplete(facts.act, {"announced_at": Text("宣布时间", "when it was announced")})


# -- the minutes ------------------------------------------------------------------------------------------------


@rule(
    "R-MTG-24",
    "会议记录载明出席、议题、每位人员的意见和决定",
    gate="sign_minutes",
    law=PARTY_RULES,
    article="会议记录",
    checks="GA",
    mark="v:MIN; v:NOM",
)
def minutes_hold_what_they_must(facts: Facts) -> Verdict:
    """The minutes hold the discussion with each member's opinion, the main questions, and the decision."""
    held, record = meeting(facts), facts.latest("sign_minutes")
    if held is None or record is None or record.seq < held.opened.seq:
        return NOT_APPLICABLE
    lacking = incomplete(
        record,
        {
            "minutes": Text("会议记录", "the minutes"),
            "main_questions": Text("主要问题和分歧", "the main questions"),
        },
    )
    if lacking is not None:
        return lacking
    heard = {one.text("speaker") for one in record.entries("speeches")}
    unheard = held.silent - heard
    if not unheard:
        return None
    who = names(facts, unheard)
    return Text(
        f"会议记录没有以下人员的意见：{who.zh}。请补记。",
        f"The minutes lack the opinion of: {who.en}. Add it.",
    )


@rule(
    "R-MTG-25",
    "专人记录、专人保管；主要负责人不担任记录人",
    gate="sign_minutes",
    law=PARTY_RULES,
    article="会议记录",
    mark="v:YZ; v:NOM",
)
def minutes_have_a_recorder_and_a_keeper(facts: Facts) -> Verdict:
    """A recorder who is not the principal takes the minutes; a named person keeps them."""
    held = meeting(facts)
    if held is not None and facts.act.author is not None and facts.act.author == held.principal:
        return Text(
            "主要负责人不得担任会议记录人。请由专人记录。",
            "The principal does not take the minutes. Let the recorder do it.",
        )
    return incomplete(facts.act, {"keeper": Text("记录保管人", "who keeps the minutes")})


@rule(
    "R-MTG-27",
    "组成人员签字确认记录，更正只能附加",
    gate="sign_minutes",
    law=DECREE_713,
    article="30",
    strength="D",
    mark="D",
)
def members_sign_the_minutes(facts: Facts) -> Verdict:
    """The members present confirm and sign the record, or it says why one did not."""
    held = meeting(facts)
    if held is None:
        return NOT_APPLICABLE
    signed = {
        one.text("member")
        for one in facts.act.entries("signatures")
        if one.flag("signed") is True or one.text("refusal_reason")
    }
    unsigned = held.deliberating - signed
    if not unsigned:
        return None
    who = names(facts, unsigned)
    return Text(
        f"到会人员没有签字，也没有注明原因：{who.zh}。请补签或者注明。",
        f"Members present did not sign and no reason is given: {who.en}. Have them sign, or note why not.",
    )


@rule(
    "R-MTG-29",
    "集体决定后个人可以保留意见，但须执行，改变须经集体",
    checks="A",
    law=SANCTIONS_LAW,
    article="30",
    mark="v:HQ; v:DIS-30",
)
def collective_decisions_bind(facts: Facts) -> Verdict:
    """Once decided, individuals may keep their view but not act against it; acts outside the file are not seen."""
    return UNDECIDABLE if facts.latest("principal_decides") is not None else NOT_APPLICABLE
