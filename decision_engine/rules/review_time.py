"""How long a review took (domain book 4.3, R-LEG-02 to 04): shown to the auditor, blocking nobody."""

from __future__ import annotations

from datetime import date

from decision_engine.language import Text
from decision_engine.rules.facts import Facts, Record
from decision_engine.rules.law import DECREE_713, LEGAL_ADVISERS
from decision_engine.rules.matter import written
from decision_engine.rules.rule import NOT_APPLICABLE, UNDECIDABLE, Verdict, rule


def pauses(facts: Facts, since: Record) -> tuple[tuple[date, date], ...]:
    """Return the spans after *since* in which the package was being supplemented: they are not review time."""
    found: list[tuple[date, date]] = []
    asked: date | None = None
    for one in facts.after(since.seq, "check_review_package", "supplement_package"):
        if one.kind == "check_review_package" and one.text("outcome") == "SUPPLEMENT":
            asked = one.local_day
        elif one.kind == "supplement_package" and asked is not None:
            found.append((asked, one.local_day))
            asked = None
    return tuple(found)


def review_days(facts: Facts) -> int | None:
    """Return the working days the last review took from submission to opinion, without the pauses."""
    opinion, submitted = facts.latest("issue_legality_opinion"), facts.latest("submit_review_package")
    if opinion is None or submitted is None or opinion.seq < submitted.seq:
        return None
    if (opinion.local_day - submitted.local_day).days > 3660:  # noqa: PLR2004 - ten years: no review
        return None
    between = facts.calendar.working_days_between
    paused = sum(between(begun, ended).days for begun, ended in pauses(facts, submitted))
    return between(submitted.local_day, opinion.local_day).days - paused


@rule(
    "R-LEG-02",
    "补正材料、征求意见、专家咨询的时间不计入审查时间",
    checks="A",
    law=DECREE_713,
    article="26",
    strength="X",
    mark="v:LQ",
)
def supplements_are_not_review_time(facts: Facts) -> Verdict:
    """Time for supplements does not count as review time, so the package is checked again after each."""
    submitted = facts.latest("submit_review_package")
    if submitted is None or not facts.after(submitted.seq, "supplement_package"):
        return NOT_APPLICABLE
    supplied = facts.after(submitted.seq, "supplement_package")[-1]
    checked = facts.after(supplied.seq, "check_review_package")
    if checked or not facts.after(supplied.seq, "issue_legality_opinion"):
        return None
    return Text(
        "材料补正后没有再次核验即出具意见，审查时间无法起算。请说明情况。",
        "After the supplement the package was not checked again, so review time has no start. Explain.",
    )


@rule(
    "R-LEG-03",
    "规范性文件合法性审核时间为5至15个工作日",
    checks="A",
    law=DECREE_713,
    article="26",
    strength="X",
    mark="M; v:LQ",
)
def review_time_fits_the_profile(facts: Facts) -> Verdict:
    """A normative document is reviewed in five to fifteen working days."""
    days = review_days(facts)
    if days is None or written(facts, "profile", "submit_review_package") != "NORMATIVE_DOCUMENT":
        return NOT_APPLICABLE
    shortest, longest = facts.value("normative_review_min_days"), facts.value("normative_review_max_days")
    if isinstance(shortest, int) and isinstance(longest, int) and shortest <= days <= longest:
        return None
    return Text(
        f"规范性文件审核用时{days}个工作日，应当在{shortest}至{longest}个工作日之间。请说明原因。",
        f"The review of the normative document took {days} working days, not {shortest} to {longest}. Explain.",
    )


@rule(
    "R-LEG-04",
    "送审材料3个工作日内核验并转交审查",
    checks="A",
    law=DECREE_713,
    article="26",
    strength="X",
    mark="v:JX",
)
def package_is_passed_on_quickly(facts: Facts) -> Verdict:
    """The package is checked for completeness within three working days."""
    submitted = facts.latest("submit_review_package")
    if submitted is None:
        return NOT_APPLICABLE
    checks = facts.after(submitted.seq, "check_review_package")
    done = checks[0].local_day if checks else facts.today
    limit = facts.calendar.add(submitted.local_day, facts.period("package_check_days")).day
    if done <= limit:
        return None
    return Text(
        f"送审材料应当在{limit}前核验，实际（或者至今）为{done}。请说明原因。",
        f"The package was to be checked by {limit}; it was, or is still open, on {done}. Explain.",
    )


@rule(
    "R-LEG-08",
    "应当听取、采纳法律顾问意见而未听取采纳造成重大损失的追责",
    checks="A",
    law=LEGAL_ADVISERS,
    article="追责",
    strength="L",
    mark="v:LA30",
)
def advice_was_sought_and_weighed(facts: Facts) -> Verdict:
    """Advice that should have been heard, or adopted, and was not: the file shows at least whether it was heard."""
    if facts.latest("issue_legality_opinion") is None:
        return NOT_APPLICABLE
    advice = facts.all("legal_adviser_opinion")
    if not advice:
        return Text(
            "案卷没有法律顾问意见。这是事实记录，不是责任认定，请核实。",
            "The file holds no legal adviser's opinion. This states a fact, not guilt; look into it.",
        )
    return None if all(one.text("conclusion") == "LAWFUL" for one in advice) else UNDECIDABLE
