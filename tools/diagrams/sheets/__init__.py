"""The eight shipped processes, each drawn by one function."""

from __future__ import annotations

from tools.diagrams.sheet import Sheet
from tools.diagrams.sheets.execution import execution, post_evaluation
from tools.diagrams.sheets.main import major_decision
from tools.diagrams.sheets.stages import (
    collective_meeting,
    expert_argumentation,
    legality_review,
    public_participation,
    risk_assessment,
)


def all_sheets() -> tuple[Sheet, ...]:
    """Return the main process and every process it calls."""
    return (
        major_decision(),
        public_participation(),
        expert_argumentation(),
        risk_assessment(),
        legality_review(),
        collective_meeting(),
        execution(),
        post_evaluation(),
    )
