"""Execution, problems and suspension (Decree 713, arts 34 to 37)."""

from __future__ import annotations

from decision_engine.forms.choices import ART_35_TYPES
from decision_engine.forms.fields import (
    CaseId,
    Choice,
    Day,
    DocumentId,
    Line,
    Listing,
    LongText,
    Moment,
    Whole,
    YesNo,
)
from decision_engine.forms.form import Form, Part, form

EXECUTION_STATUS = {
    "IN_PROGRESS": ("执行中", "In progress"),
    "PROBLEM": ("发现问题", "A problem arose"),
    "EVALUATE": ("建议开展后评估", "Evaluation is proposed"),
    "COMPLETED": ("执行完毕", "Completed"),
}
SUSPENSION = {
    "SUSPEND": ("中止执行", "Suspend"),
    "CONTINUE": ("继续执行", "Continue"),
}
CONFIRMATION = {
    "CONFIRMED": ("确认中止", "Confirmed"),
    "LIFTED": ("恢复执行", "Lifted"),
}
ADJUSTMENTS = {
    "ADJUST_MINOR": ("一般调整", "Minor adjustment"),
    "ADJUST_MAJOR": ("重大调整", "Major adjustment"),
    "TERMINATE": ("终止执行", "Termination"),
}


class _Inspection(Part):
    inspected_on = Day("督查日期", "Inspected on", required=True)
    inspector = Line("督查单位或人员", "Inspector", required=True, most=200)
    finding = LongText("督查情况", "Finding", required=True)


@form("report_execution", "报告执行情况", "Report on the execution", article="34")
class ReportExecution(Form):
    """How far the execution has come."""

    status = Choice("执行状态", "Status", EXECUTION_STATUS, required=True)
    progress = LongText("执行情况", "Progress", required=True)
    reported_on = Day("报告日期", "Reported on", required=True)
    next_report_on = Day("下次报告日期", "Next report on")
    inspections = Listing("督查记录", "Inspections", _Inspection, most=100)
    measures_done = Listing(
        "已落实的风险防范措施序号",
        "Numbers of the preventive measures done",
        Whole("措施序号", "Number of the measure", least=1, most=500),
        most=500,
    )
    feedback_count = Whole("收到公众意见数", "Opinions from the public", default=0)
    report_ref = DocumentId("执行报告", "Report")


@form("report_problem", "报告执行中的问题", "Report of a problem", article="35")
class ReportProblem(Form):
    """What seriously affects the goal, found when, and whether it is urgent."""

    urgent = YesNo("情况紧急", "Urgent", required=True)
    art35_type = Choice("情形", "Situation", ART_35_TYPES, required=True)
    found_at = Moment("发现时间", "Found at", required=True)
    reported_at = Moment("报告时间", "Reported at")
    description = LongText("问题情况", "The problem", required=True)
    effect = LongText("对决策目标的影响", "Effect on the goal", required=True)
    mitigation = LongText("已采取的止损措施", "What limits the loss")
    suggestion = LongText("处理建议", "Suggestion")
    report_ref = DocumentId("问题报告", "Report")


@form("suspend_execution", "行政首长先行中止执行", "Suspension by the head", article="37")
class SuspendExecution(Form):
    """The head's own decision in an urgent art. 35 situation, until the next meeting."""

    outcome = Choice("决定", "Decision", SUSPENSION, required=True)
    reason = LongText("理由", "Reason", required=True)
    art35_type = Choice("情形", "Situation", ART_35_TYPES)
    urgent_reason = LongText("情况紧急的理由", "Why it is urgent")
    mitigation = LongText("止损要求", "What the executor does to limit the loss")


@form("confirm_suspension", "会议确认中止执行", "Confirmation of the suspension", article="37")
class ConfirmSuspension(Form):
    """What the meeting made of the suspension."""

    outcome = Choice("会议决定", "Decision of the meeting", CONFIRMATION, required=True)
    confirm_meeting = Line("会议名称", "Meeting", required=True, most=200)
    decided_on = Day("会议日期", "Decided on", required=True)
    reasons = LongText("理由", "Reasons", required=True)
    compensation = LongText("对合法权益损失的补偿", "Compensation of lawful interests")
    minutes_ref = DocumentId("会议记录", "Minutes")


@form("adjust_or_terminate", "调整或者终止执行", "Adjustment or termination", article="37")
class AdjustOrTerminate(Form):
    """A minor adjustment, or the case that takes this one's place."""

    kind = Choice("处理方式", "Kind", ADJUSTMENTS, required=True)
    reasons = LongText("理由", "Reasons", required=True)
    content = LongText("调整或终止的内容", "Content", required=True)
    new_case = CaseId("重新履行程序的决策事项", "The new case that supersedes this one")
    mitigation = LongText("止损措施", "What limits the loss")
    compensation = LongText("对合法权益损失的补偿", "Compensation of lawful interests")
    decision_ref = DocumentId("调整或终止文件", "Document")
