"""Run every measurement of this directory; the exit status says whether all budgets are met."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path


def main() -> int:
    """Run `main()` of every module here that has one."""
    met = True
    for module in sorted(found.name for found in pkgutil.iter_modules([str(Path(__file__).parent)])):
        if module == "__main__":
            continue
        run = getattr(importlib.import_module(f"bench.{module}"), "main", None)
        if run is not None:
            met = run() and met
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
