"""The stages of a decision as officials count them, and how a case stands at each (the bar above a case).

Told from the case file and the open steps alone: a stage is done when its last step was done and none of its steps
waits, in progress when one waits, not applicable when the lead unit's statement or the case's end excuses it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select

from decision_engine.language import Text, articles
from decision_engine.models import Case, Record, Task
from decision_engine.work import Work


class State(StrEnum):
    """How a case stands at a stage; the words of the stage bar."""

    TODO = "todo"
    ACTIVE = "active"
    LATE = "late"
    DONE = "done"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage with the steps that lie in it; *excuse*: (field of `determine_procedure`, answer) that makes it idle."""

    id: str
    name: Text
    article: str
    steps: frozenset[str]
    excuse: tuple[str, bool] | None = None

    @property
    def citation(self) -> Text:
        """The articles of the Decree the stage rests on."""
        cited = articles(self.article)
        return Text(f"国务院令第713号{cited.zh}", f"State Council Decree 713, {cited.en}")


@dataclass(frozen=True, slots=True)
class Standing:
    """A stage of a case: its state, when its last step was done, and the reason where it does not apply."""

    stage: Stage
    state: State
    since: datetime | None = None
    done_at: datetime | None = None
    reason: str | None = None


def _stage(
    name: str, zh: str, en: str, article: str, steps: str, excuse: tuple[str, bool] | None = None
) -> Stage:
    return Stage(name, Text(zh, en), article, frozenset(steps.split()), excuse)


STAGES: tuple[Stage, ...] = (
    _stage(
        "initiation", "决策启动", "Initiation", "11、12",
        "register_proposal study_proposal decide_initiation assign_lead_unit",
    ),
    _stage("drafting", "草案拟订", "Drafting", "13", "draft_decision consult_units determine_procedure"),
    _stage(
        "participation", "公众参与", "Public participation", "14—18",
        "publish_notice comment_period hold_hearing run_survey hold_symposium hold_villagers_meeting handle_comments "
        "publish_feedback", ("non_public", True),
    ),
    _stage(
        "argumentation", "专家论证", "Experts", "19—21",
        "select_experts expert_opinion summarise_argumentation", ("is_technical", False),
    ),
    _stage(
        "risk", "风险评估", "Risk assessment", "22—24", "commission_assessment assess_risk determine_risk",
        ("risk_trigger", False),
    ),
    _stage(
        "competition", "公平竞争审查", "Fair competition", "13", "fair_competition_review", ("market_players", False)
    ),
    _stage(
        "legality", "合法性审查", "Legality review", "25—28",
        "finalize_draft submit_review_package check_review_package supplement_package legal_adviser_opinion "
        "issue_legality_opinion handle_refused_draft adjust_draft",
    ),
    _stage(
        "deliberation", "集体讨论", "Collective discussion", "29、30",
        "assemble_meeting_package confirm_agenda open_meeting report_item member_speaks principal_speaks_last vote "
        "principal_decides sign_minutes report_party_committee report_npc external_approval sign_decision",
    ),
    _stage(
        "publication", "决策公布", "Publication", "31—33",
        "publish_decision record_non_publication interpret_policy name_executor archive_dossier",
    ),
    _stage(
        "execution", "执行和评估", "Execution", "34—37",
        "report_execution report_problem suspend_execution confirm_suspension order_evaluation plan_evaluation "
        "investigate_effects report_evaluation decide_evaluation_outcome adjust_or_terminate",
    ),
)  # fmt: skip
_OF = {step: stage.id for stage in STAGES for step in stage.steps}


def stage_of(step: str | None) -> Stage | None:
    """Return the stage *step* lies in."""
    found = _OF.get(step or "")
    return next((stage for stage in STAGES if stage.id == found), None)


def of_case(work: Work, case: Case) -> tuple[Standing, ...]:
    """Return every stage of *case* with its state; two statements."""
    rows = work.session.execute(
        select(Record.kind, Record.at, Record.data).where(Record.case_id == case.id).order_by(Record.seq)
    ).all()
    done: dict[str, datetime] = {}
    procedure: Mapping[str, object] = {}
    for kind, at, data in rows:
        done[kind] = at
        if kind == "determine_procedure":
            procedure = data
    waiting = work.session.execute(
        select(Task.step, Task.opened_at, Task.due_on, Task.paused_on).where(
            Task.case_id == case.id, Task.status == "OPEN"
        )
    ).all()
    open_steps: dict[str, list[tuple[datetime, bool]]] = {}
    for step, opened_at, due_on, paused_on in waiting:
        stage = _OF.get(step or "")
        late = due_on is not None and paused_on is None and work.today > due_on
        open_steps.setdefault(stage or "", []).append((opened_at, late))
    ended = case.status == "ENDED"
    return tuple(_standing(stage, done, open_steps, procedure, ended=ended) for stage in STAGES)


def before_meeting(stages: Sequence[Standing]) -> tuple[Standing, ...]:
    """Return the stages that come before the collective discussion while it has not begun; nothing afterwards."""
    place = next(index for index, one in enumerate(stages) if one.stage.id == "deliberation")
    return tuple(stages[:place]) if stages[place].state is State.TODO else ()


def current(stages: Sequence[Standing]) -> Standing | None:
    """Return the stage that is the case's present one: the furthest in progress."""
    return next((one for one in reversed(stages) if one.state in {State.ACTIVE, State.LATE}), None)


def _standing(
    stage: Stage,
    done: Mapping[str, datetime],
    open_steps: Mapping[str, Sequence[tuple[datetime, bool]]],
    procedure: Mapping[str, object],
    *,
    ended: bool,
) -> Standing:
    if waiting := open_steps.get(stage.id):
        late = any(one for _, one in waiting)
        return Standing(stage, State.LATE if late else State.ACTIVE, since=min(at for at, _ in waiting))
    reached = [done[step] for step in stage.steps if step in done]
    if reached:
        return Standing(stage, State.DONE, done_at=max(reached))
    if stage.excuse is not None and procedure.get(stage.excuse[0]) is stage.excuse[1]:
        reason = next(
            (str(procedure[name]) for name in _REASONS.get(stage.excuse[0], ()) if procedure.get(name)), None
        )
        return Standing(stage, State.SKIPPED, reason=reason)
    return Standing(stage, State.SKIPPED if ended else State.TODO)


_REASONS: Mapping[str, tuple[str, ...]] = {
    "non_public": ("non_public_basis",),
    "is_technical": ("not_technical_reason",),
    "risk_trigger": ("no_risk_trigger_reason",),
    "market_players": ("no_market_players_reason",),
}
