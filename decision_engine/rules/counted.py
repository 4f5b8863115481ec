"""How heads and days are counted (domain book 3.4 and 11.4): rules that every other rule counts by.

None of them guards a step of its own. They are held by the functions of `counting` and `calendar`, which guards,
timers and forms all use; each names the test that fails when its function counts otherwise.
"""

from __future__ import annotations

from datetime import date

from decision_engine.language import Text
from decision_engine.rules.law import CIVIL_CODE, DECREE_713, PARTY_RULES, PENALTY_LAW, Law
from decision_engine.rules.rule import stated

HOLIDAYS = Law(
    "全国年节及纪念日放假办法",
    Text(
        "全国年节及纪念日放假办法", "Regulations on Public Holidays for National Festivals and Memorial Days"
    ),
    date(2019, 9, 1),
)
BEGIN = DECREE_713.since
_HEADS = "tests/rules/test_counting.py::test_"
_DAYS = "tests/test_calendar.py::test_"


# -- heads ---------------------------------------------------------------------------------------------------

stated(
    "R-CNT-1",
    Text("“以上”“以内”含本数，“过”“超过”不含本数", "At least includes the number itself, more than does not"),
    law=CIVIL_CODE,
    article="1259",
    checks="G",
    mark="v:CC-1259; D",
    since=BEGIN,
    held=(_HEADS + "r_cnt_1_at_least_includes_the_number_and_more_than_does_not",),
)
stated(
    "R-CNT-2",
    Text(
        "法定人数是否含本数，从会议自己的规则",
        "Whether a quorum includes the number follows the body's own rules",
    ),
    law=PARTY_RULES,
    article="法定人数",
    strength="D",
    checks="G",
    mark="v:WBK; v:STR; D",
    held=(_HEADS + "r_cnt_2_a_body_whose_text_says_more_than_half_counts_exclusively",),
)
stated(
    "R-CNT-3",
    Text(
        "表决基数为应到、实到或者表态人员，默认应到",
        "The base of a majority is a parameter; by default those due",
    ),
    law=PARTY_RULES,
    article="表决",
    strength="D",
    checks="G",
    mark="v:SSMC; D",
    held=(_HEADS + "r_cnt_3_the_base_of_the_majority_is_a_parameter",),
)
stated(
    "R-CNT-4",
    Text(
        "与应到或者实到人员任一多数意见不一致的，都须说明理由",
        "A head who departs from the majority of those due or of those present gives reasons",
    ),
    law=DECREE_713,
    article="30",
    strength="D",
    checks="G",
    mark="D",
    held=(_HEADS + "r_cnt_4_a_head_answers_to_either_majority",),
)
stated(
    "R-CNT-5",
    Text("默认记名表决，使不同意见可以证明", "Ballots are named by default, so that dissent can be proved"),
    law=DECREE_713,
    article="38",
    strength="D",
    checks="G",
    mark="D",
    held=(_HEADS + "r_cnt_5_only_a_named_method_proves_who_dissented",),
)


# -- days ----------------------------------------------------------------------------------------------------

stated(
    "R-CAL-1",
    Text("期间开始的当日不计入", "The day of the triggering event is not counted"),
    law=CIVIL_CODE,
    article="201",
    checks="G",
    mark="v:CC-201; D",
    since=BEGIN,
    held=(_DAYS + "r_cal_1_the_day_of_the_event_is_not_counted",),
)
stated(
    "R-CAL-2",
    Text("“日”为自然日，写明“工作日”的除外", "Days are calendar days unless the text says working days"),
    law=DECREE_713,
    article="15",
    checks="G",
    mark="v:713-15; v:713-26",
    held=(_DAYS + "r_cal_2_days_are_calendar_days_unless_the_text_says_working_days",),
)
stated(
    "R-CAL-3",
    Text(
        "行政处罚法中的“二日、三日、五日、七日”为工作日",
        "Two, three, five and seven days of the Penalty Law are working days",
    ),
    law=PENALTY_LAW,
    article="85",
    checks="G",
    mark="v:PEN-85",
    held=(_DAYS + "r_cal_3_short_periods_of_the_penalty_law_are_working_days",),
)
stated(
    "R-CAL-4",
    Text(
        "期间最后一日是休息日的，顺延至下一工作日",
        "A period that ends on a rest day runs on to the next working day",
    ),
    law=CIVIL_CODE,
    article="203",
    checks="G",
    mark="v:CC-203; D",
    since=BEGIN,
    held=(
        _DAYS + "thirty_days_that_end_on_a_rest_day_run_to_the_next_working_day",
        _DAYS + "r_cal_4_a_period_that_ends_on_a_working_day_does_not_roll",
    ),
)
stated(
    "R-CAL-5",
    Text("调休上班的周末是工作日", "A swapped working weekend is a working day"),
    law=HOLIDAYS,
    article="调休",
    checks="G",
    mark="v:HOL26; D",
    held=(_DAYS + "r_cal_5_a_swapped_working_weekend_is_a_working_day_and_stops_the_roll",),
)
stated(
    "R-CAL-6",
    Text(
        "最短期限以最后一日终了为届满，更长不受限制",
        "A minimum period is kept when its last day is over; longer is fine",
    ),
    law=CIVIL_CODE,
    article="203",
    strength="D",
    checks="G",
    mark="D",
    since=BEGIN,
    held=(_DAYS + "r_cal_6_a_minimum_period_is_kept_only_when_its_last_day_is_over",),
)
stated(
    "R-CAL-7",
    Text("“会前7日”按自然日倒推", "Seven days before a hearing are counted back in calendar days"),
    law=DECREE_713,
    article="16",
    strength="D",
    checks="G",
    mark="D",
    held=(_DAYS + "r_cal_7_seven_days_before_a_hearing",),
)
stated(
    "R-CAL-8",
    Text(
        "按月、年计算的，至对应日；没有对应日的至月末",
        "Months and years end on the corresponding day, else the month's last",
    ),
    law=CIVIL_CODE,
    article="202",
    checks="G",
    mark="v:CC-202",
    since=BEGIN,
    held=(
        _DAYS + "r_cal_8_months_end_on_the_corresponding_day_or_the_last_of_the_month",
        _DAYS + "r_cal_8_years_roll_like_every_period",
    ),
)
stated(
    "R-CAL-9",
    Text("只有按小时计算的期间才从具体时刻起算", "Only periods in hours start at the exact moment"),
    law=CIVIL_CODE,
    article="201",
    checks="G",
    mark="v:CC-201; v:CC-202; D",
    since=BEGIN,
    held=(_DAYS + "r_cal_9_hours_are_exact_and_days_are_not",),
)
