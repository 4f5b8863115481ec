"""After the decision: execution under supervision (articles 34 to 37) and post-evaluation (article 36)."""

from __future__ import annotations

from tools.diagrams.sheet import Lane, Sheet


def execution() -> Sheet:
    """Return articles 34 to 37: reports, problems, suspension by the head, evaluation and what follows."""
    sheet = Sheet("execution", "决策执行与调整", "execution", public="社会公众")
    executor = sheet.lane("executing_officer", "决策执行单位")
    principal = sheet.lane("principal", "决策机关主要负责人")
    evaluator = sheet.lane("post_evaluator", "后评估机构")
    office = sheet.lane("secretary", "政府办公室经办人")
    _reports(sheet, executor)
    _suspension(sheet, principal)
    _evaluation(sheet, principal, evaluator, office)
    sheet.wider |= {3: 24, 9: 10}
    return sheet


def _reports(sheet: Sheet, executor: Lane) -> None:
    sheet.start("start", "开始执行", executor, 0)
    sheet.merge("continue", executor, 1)
    sheet.task("report_execution", "报告决策执行情况", executor, 2)
    sheet.choice("status", "执行状况", executor, 3)
    sheet.end("completed", "执行完毕", executor, 2, 1)
    sheet.task("report_problem", "报告执行中的问题", executor, 4)
    sheet.choice("urgent", "情况是否紧急", executor, 5)
    sheet.note("report_problem", "第三十五条\n发现问题及时报告", executor, 4, 1)
    sheet.path("start", "continue", "report_execution", "status")
    sheet.flow("status", "continue", "继续执行", "report_execution.status == 'IN_PROGRESS'")
    sheet.flow("status", "report_problem", "出现问题", "report_execution.status == 'PROBLEM'")
    sheet.flow("status", "completed", "执行完成", "report_execution.status == 'COMPLETED'")
    sheet.path("report_problem", "urgent")
    sheet.flow("urgent", "continue", "不紧急", "report_problem.urgent == false")
    sheet.message("report_execution", "意见反映", outward=False)


def _suspension(sheet: Sheet, principal: Lane) -> None:
    sheet.merge("suspend", principal, 5)
    sheet.task("suspend_execution", "先行决定中止执行", principal, 6)
    sheet.choice("suspended", "是否中止", principal, 7)
    sheet.task("confirm_suspension", "会议确认中止执行", principal, 8)
    sheet.boundary(
        "confirmation_overdue",
        "15日内未确认",
        "confirm_suspension",
        timer="parameter('suspension_confirmation_days')",
        interrupting=True,
    )
    sheet.throw("lapse", "中止失效", principal, 9, 1)
    sheet.choice("confirmed", "确认或者解除", principal, 9)
    sheet.merge("evaluate", principal, 10)
    sheet.note("suspend_execution", "第三十七条\n情况紧急的，行政首长\n可以先决定中止执行", principal, 6, 1)
    sheet.flow("urgent", "suspend", "紧急", "report_problem.urgent == true")
    sheet.path("suspend", "suspend_execution", "suspended")
    sheet.flow("suspended", "confirm_suspension", "中止", "suspend_execution.outcome == 'SUSPEND'")
    sheet.flow("suspended", "continue", "不中止", "suspend_execution.outcome == 'CONTINUE'")
    sheet.path("confirm_suspension", "confirmed")
    sheet.flow("confirmed", "evaluate", "确认", "confirm_suspension.outcome == 'CONFIRMED'")
    sheet.flow("confirmed", "continue", "解除", "confirm_suspension.outcome == 'LIFTED'")
    sheet.flow("confirmation_overdue", "lapse", leave="b", enter="l")
    sheet.flow("lapse", "continue", leave="r")


def _evaluation(sheet: Sheet, principal: Lane, evaluator: Lane, office: Lane) -> None:
    decided = "decide_evaluation_outcome.outcome"
    sheet.task("order_evaluation", "决定组织后评估", principal, 11)
    sheet.call("post_evaluation", "决策后评估", evaluator, 12)
    sheet.task("decide_evaluation_outcome", "决定评估处理方式", principal, 13)
    sheet.choice("evaluation_outcome", "评估处理", principal, 14, step="evaluation_outcome")
    sheet.task("adjust_minor", "实施一般调整", office, 13, step="adjust_or_terminate")
    sheet.task("adjust_or_terminate", "启动新的决策程序", office, 15)
    sheet.end("ended", "转入新的程序", office, 16)
    sheet.note("order_evaluation", "第三十六条\n可以组织决策后评估", principal, 11, 1)
    sheet.note("adjust_or_terminate", "第三十七条\n重大调整重新履行\n法定程序", evaluator, 15)
    sheet.flow("status", "evaluate", "需要评估", "report_execution.status == 'EVALUATE'")
    sheet.path("evaluate", "order_evaluation", "post_evaluation")
    sheet.path("post_evaluation", "decide_evaluation_outcome", "evaluation_outcome")
    sheet.flow("evaluation_outcome", "continue", "继续实施", f"{decided} == 'CONTINUE'")
    sheet.flow("evaluation_outcome", "suspend", "中止", f"{decided} == 'SUSPEND'")
    sheet.flow("evaluation_outcome", "adjust_minor", "一般调整", f"{decided} == 'ADJUST_MINOR'")
    renewed = f"{decided} in ('ADJUST_MAJOR', 'TERMINATE')"
    sheet.flow("evaluation_outcome", "adjust_or_terminate", "重大调整或者终止", renewed)
    sheet.path("adjust_minor", "continue")
    sheet.path("adjust_or_terminate", "ended")


def post_evaluation() -> Sheet:
    """Return article 36: plan, investigation with the public, report; the organ decides, not the evaluator."""
    sheet = Sheet("post_evaluation", "决策后评估", "evaluation")
    evaluator = sheet.lane("post_evaluator", "后评估机构")
    sheet.start("start", "开始评估", evaluator, 0)
    sheet.task("plan_evaluation", "制定后评估方案", evaluator, 1)
    sheet.task("investigate_effects", "调查并听取意见", evaluator, 2)
    sheet.task("report_evaluation", "形成后评估报告", evaluator, 3)
    sheet.end("end", "提交评估报告", evaluator, 4)
    sheet.note("plan_evaluation", "第三十六条\n不得委托决策前主要的\n论证、评估单位", evaluator, 1, 1)
    sheet.note("investigate_effects", "听取公众意见，吸收代表、\n委员和社会组织参加", evaluator, 2, 1)
    sheet.path("start", "plan_evaluation", "investigate_effects", "report_evaluation", "end")
    return sheet
