"""What it costs to hold an act against the law: every gate, on a case file of 2,000 records.

The case files are the jurists' situations (`tests/rules/cases`), each behind 2,000 earlier records; for each gate the
dearest situation counts. CPU time, best of several.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from time import thread_time

from decision_engine import rules
from tests.rules.situations import Situation, situations

RECORDS, ROUNDS = 2000, 3
BUDGET = 5.0  # ms


def milliseconds(situation: Situation) -> float:
    """Return what examining the situation's gate takes."""
    facts = situation.facts
    kinds = ("report_execution", "member_speaks", "publish_notice", "adjust_draft")
    many = tuple(
        rules.Record(no, kinds[no % len(kinds)], {"status": "IN_PROGRESS", "stance": "AGREE"}, facts.now)
        for no in range(1, RECORDS + 1)
    )
    records = (*many, *(replace(one, seq=one.seq + RECORDS) for one in facts.records))
    times = []
    for _ in range(ROUNDS):
        fresh = replace(facts, records=records)
        began = thread_time()
        rules.examine(facts.gate, fresh)
        times.append((thread_time() - began) * 1000)
    return min(times)


def main() -> bool:
    """Print the dearest gates beside the budget; return whether all are within it."""
    dearest: dict[str, float] = {}
    for situation in situations():
        gate = situation.facts.gate
        dearest[gate] = max(dearest.get(gate, 0.0), milliseconds(situation))
    worst = sorted(dearest.items(), key=lambda one: -one[1])
    print(f"\nholding an act against the rules of its gate, {RECORDS} records, {len(dearest)} gates")
    for gate, taken in worst[:5]:
        print(
            f"  {gate:45} {taken:8.2f} ms   budget {BUDGET:7.0f} ms   {'ok' if taken <= BUDGET else 'MISSED'}"
        )
    return worst[0][1] <= BUDGET


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
