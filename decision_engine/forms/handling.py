"""The view of a colleague who was asked before a step is completed (加签)."""

from __future__ import annotations

from decision_engine.forms.choices import STANCES
from decision_engine.forms.fields import Choice, DocumentId, LongText
from decision_engine.forms.form import Form, form
from decision_engine.language import Text

OFFICIAL_PAPERS = Text("党政机关公文处理工作条例", "Regulations on the Handling of Official Documents")


@form("countersign_opinion", "加签意见", "View of a countersigner", article="19", law=OFFICIAL_PAPERS)
class CountersignOpinion(Form):
    """What the colleague thinks; it advises whoever does the step and binds nobody."""

    stance = Choice("意见", "Position", STANCES, required=True)
    opinion = LongText(
        "具体意见", "View", required=True, hint=Text("供承办人参考。", "For whoever does the step.")
    )
    opinion_ref = DocumentId("书面意见", "Written view")
