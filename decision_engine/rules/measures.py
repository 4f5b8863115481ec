"""What an assessment of risk promised is carried out: every preventive measure becomes a task, and is done (5.6)."""

from __future__ import annotations

from collections.abc import Iterable

from decision_engine.language import Text
from decision_engine.rules.facts import Facts, Record
from decision_engine.rules.law import DECREE_713
from decision_engine.rules.rule import NOT_APPLICABLE, Verdict, rule


@rule(
    "R-RSK-07",
    "防范措施转为执行任务并跟踪办结",
    gate=("name_executor", "report_execution"),
    law=DECREE_713,
    article="23",
    strength="D",
    mark="D",
)
def measures_become_tasks_and_are_done(facts: Facts) -> Verdict:
    """Preventive measures become execution tasks, and execution is complete when each of them was done."""
    assessment = facts.latest("assess_risk")
    promised = range(1, assessment.count("measures") + 1) if assessment else range(0)
    if not promised:
        return NOT_APPLICABLE
    if facts.gate == "name_executor":
        wanting = set(promised) - _tasks(facts.act)
        return _not_a_task(wanting) if wanting else None
    named = facts.latest("name_executor")
    if named is None or facts.act.text("status") != "COMPLETED":
        return NOT_APPLICABLE
    done = {number for one in facts.all("report_execution") for number in _numbers(one.get("measures_done"))}
    undone = (_tasks(named) & set(promised)) - done
    if not undone:
        return None
    listed = _listed(undone)
    return Text(
        f"以下风险防范措施没有办结记录：第{listed.zh}项，不能报告执行完毕。请办结后填写已落实的措施。",
        f"These preventive measures are not recorded as done: {listed.en}, so execution is not complete. Do them and "
        "enter their numbers.",
    )


def _not_a_task(wanting: set[int]) -> Text:
    listed = _listed(wanting)
    return Text(
        f"风险评估报告的以下防范措施没有列为执行任务：第{listed.zh}项。请列为任务，写明责任人和期限。",
        f"These preventive measures of the risk report are no execution tasks: {listed.en}. Make them tasks with an "
        "owner and a day.",
    )


def _tasks(named: Record) -> set[int]:
    numbers = (one.number("risk_measure") for one in named.entries("tasks"))
    return {number for number in numbers if number is not None}


def _numbers(value: object) -> Iterable[int]:
    listed = value if isinstance(value, list | tuple) else ()
    return (one for one in listed if isinstance(one, int) and not isinstance(one, bool))


def _listed(numbers: set[int]) -> Text:
    ordered = sorted(numbers)
    return Text("、".join(map(str, ordered)), ", ".join(map(str, ordered)))
