"""Write the tables of README.md that come from the code: `python -m tools.readme`.

A table stands between `<!-- name -->` and `<!-- /name -->`; a test holds README.md equal to what is written here.
"""

from __future__ import annotations

import re
from pathlib import Path

from decision_engine.process.dialect import DESCRIBED, EXECUTED, REFUSED, SUPPORTED

README = Path(__file__).parent.parent / "README.md"
HEADINGS = {
    EXECUTED: "executed 执行",
    DESCRIBED: "for people only 仅供阅读",
    REFUSED: "refused at deployment 部署时拒绝",
}


def elements() -> str:
    """Return every BPMN element with its treatment, alike ones together."""
    lines = ["| | elements 元素 | why, or how 说明 |", "|---|---|---|"]
    for how, heading in HEADINGS.items():
        notes: dict[str, list[str]] = {}
        for name, treatment in SUPPORTED.items():
            if treatment.how == how:
                told = f"{treatment.note.zh} · {treatment.note.en}"
                if treatment.rule:
                    told += f" ({treatment.rule})"
                notes.setdefault(told, []).append(f"`{name}`")
        lines += [f"| {heading} | {' '.join(names)} | {note} |" for note, names in notes.items()]
    return "\n".join(lines)


TABLES = {"elements": elements}


def written(text: str) -> str:
    """Return *text* with every table written anew."""
    for name, table in TABLES.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)", re.DOTALL)
        text = pattern.sub(lambda found, table=table: f"{found[1]}{table()}{found[2]}", text)
    return text


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
