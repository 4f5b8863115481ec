"""Rules no function of this room decides, and where each is held instead.

Some are properties of the diagram, which the prover holds; some of the log, the case file and the access rules,
which other rooms hold; and some are powers, not duties: the form offers them and nothing can be broken. They are
declared so that every rule of the domain book has a place.
"""

from __future__ import annotations

from decision_engine.language import Text
from decision_engine.rules.law import (
    ARCHIVES_LAW,
    ARCHIVES_REGULATIONS,
    DECREE_713,
    EVALUATION_RULES,
    OPEN_GOVERNMENT,
    RISK_MEASURES,
    SANCTIONS_LAW,
)
from decision_engine.rules.rule import stated

# -- powers the forms offer ------------------------------------------------------------------------------

stated(
    "R-713-14-2",
    Text(
        "听取意见可以采取座谈、听证、走访、征求、问卷、民意调查等方式",
        "Seven forms of hearing the public are open",
    ),
    law=DECREE_713,
    article="14",
    strength="O",
)
stated(
    "R-713-15-4",
    Text("对专业性问题可以通过专家访谈等方式解释说明", "Technical questions may be explained to the public"),
    law=DECREE_713,
    article="15",
    strength="O",
)
stated(
    "R-713-20-1",
    Text("论证可以采取论证会、书面咨询、委托咨询等方式", "Experts may meet, write, or be commissioned"),
    law=DECREE_713,
    article="20",
    strength="O",
)
stated(
    "R-713-21-1",
    Text("没有专家库的可以使用上级专家库", "Without a pool of its own the organ may use the higher level's"),
    law=DECREE_713,
    article="21",
    strength="O",
)
stated(
    "R-713-23-3",
    Text("可以委托第三方机构开展风险评估", "A third party may be commissioned to assess the risk"),
    law=DECREE_713,
    article="23",
    strength="O",
)
stated(
    "R-RSK-08",
    Text("地方可以规定一般程序和简易程序", "Ordinary and simplified assessments may exist locally"),
    law=RISK_MEASURES,
    article="评估程序",
    strength="O",
    mark="v:SSR-C",
)
stated(
    "R-EVA-09",
    Text("可以整体评估或者部分评估", "An evaluation may be whole or partial"),
    law=EVALUATION_RULES,
    article="评估范围",
    strength="O",
    mark="v:PE-CQ",
)

# -- the diagram (prover) ----------------------------------------------------------------------------------

stated(
    "R-713-36-4",
    Text("后评估结果作为调整决策的重要依据", "The result of an evaluation is a basis for adjusting"),
    law=DECREE_713,
    article="36",
    held=("tests/process/test_mutants.py::test_an_unlawful_or_unsound_variant_is_refused_by_its_rule",),
)
stated(
    "R-EVA-06",
    Text(
        "后评估经工作组、方案、调查、报告四步", "Evaluation in four steps: group, plan, investigation, report"
    ),
    law=EVALUATION_RULES,
    article="评估步骤",
    strength="X",
    mark="v:PE-CQ",
    held=("tests/process/test_mutants.py::test_an_unlawful_or_unsound_variant_is_refused_by_its_rule",),
)

# -- the log, the case file, the access rules ------------------------------------------------------------------

stated(
    "R-MTG-28",
    Text("会议未公开事项不得泄露", "Open items, positions and undecided matters are not leaked"),
    law=SANCTIONS_LAW,
    article="39",
    mark="v:MIN; v:HQ; v:YZ",
    held=(
        "tests/api/test_identity.py::test_people_of_another_organ_find_nothing",
        "tests/api/test_identity.py::test_only_the_listed_routes_are_open",
        "tests/api/test_trail.py::test_the_log_is_not_for_everybody",
        "tests/api/test_meetings.py::test_who_is_not_in_the_room_learns_of_no_position",
    ),
)
stated(
    "R-DIS-08",
    Text("公文格式适用GB/T 9704—2012", "The lay-out of official documents follows GB/T 9704-2012"),
    law=OPEN_GOVERNMENT,
    article="公文格式",
    strength="D",
    mark="v:OD",
)
stated(
    "R-ARC-06",
    Text(
        "来源可靠、程序规范、要素合规的电子档案与纸质档案具有同等效力",
        "Sound electronic files equal paper as evidence",
    ),
    law=ARCHIVES_LAW,
    article="37",
    held=(
        "tests/api/test_trail.py::test_somebody_answers_for_every_completed_step_with_the_entry_that_proves_it",
        "tests/api/test_documents.py::test_what_is_put_in_comes_back_byte_for_byte",
    ),
)
stated(
    "R-ARC-07",
    Text("业务系统具备归档功能", "Business systems have a filing function"),
    law=ARCHIVES_LAW,
    article="36",
    held=("tests/test_stories.py::test_a_secretary_carries_a_decision_lawfully_from_proposal_to_archive",),
)
stated(
    "R-ARC-08",
    Text("不得篡改、损毁、伪造、擅自销毁档案", "Archives are not altered, damaged, forged or destroyed"),
    law=ARCHIVES_LAW,
    article="48",
    strength="L",
    held=(
        "tests/test_db.py::test_sqlite_refuses_to_change_the_log",
        "tests/api/test_documents.py::test_bytes_changed_behind_our_back_are_not_handed_out",
        "tests/api/test_trail.py::test_a_changed_event_is_found_at_its_place",
    ),
)
stated(
    "R-ARC-09",
    Text(
        "只增不改、哈希链接的事件和不可变的文件版本",
        "Events are append-only and hash-chained, versions immutable",
    ),
    law=ARCHIVES_REGULATIONS,
    article="39",
    strength="D",
    mark="D",
    held=(
        "tests/audit/test_event.py::test_any_tampering_with_one_event_is_found",
        "tests/test_db.py::test_every_append_only_table_is_guarded",
    ),
)
stated(
    "R-ARC-11",
    Text("保管期满经鉴定后方可销毁", "Disposal only after appraisal at the end of retention"),
    law=ARCHIVES_REGULATIONS,
    article="24",
    held=("tests/test_db.py::test_every_append_only_table_is_guarded",),
)
