"""`python -m tools.diagrams`: writes every shipped diagram into `bpmn/`."""

from __future__ import annotations

from pathlib import Path

from tools.diagrams.document import document
from tools.diagrams.sheets import all_sheets

BPMN = Path(__file__).resolve().parents[2] / "bpmn"


def main() -> None:
    """Write the files; nothing else lives in the folder."""
    BPMN.mkdir(exist_ok=True)
    for sheet in all_sheets():
        (BPMN / f"{sheet.process}.bpmn").write_bytes(document(sheet))


if __name__ == "__main__":
    main()
