"""How long a hostile file holds the house up: each file of `tests/process/test_hostile.py`, at most a second of CPU."""

from __future__ import annotations

import sys
from time import process_time

from decision_engine import process, rules
from tests.process.test_hostile import HOSTILE

BUDGET = 1.0  # s


def main() -> bool:
    """Print the dearest files beside the budget; return whether all are within it."""
    taken: dict[str, float] = {}
    for name, (_, data) in HOSTILE.items():
        began = process_time()
        process.check({"hostile.bpmn": data}, rules.STATUTES)
        taken[name] = process_time() - began
    worst = sorted(taken.items(), key=lambda one: -one[1])
    print(f"\nrefusing a hostile file, {len(HOSTILE)} files")
    for name, seconds in worst[:5]:
        print(
            f"  {name:45} {seconds * 1000:8.0f} ms   budget {BUDGET * 1000:7.0f} ms   "
            f"{'ok' if seconds <= BUDGET else 'MISSED'}"
        )
    return worst[0][1] <= BUDGET


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
