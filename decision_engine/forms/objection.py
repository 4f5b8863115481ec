"""A subordinate's objection to a superior's decision or order, and the reply (Civil Servant Law, art. 60)."""

from __future__ import annotations

from decision_engine.forms.choices import HANDLING, WHY_NOT_ADOPTED
from decision_engine.forms.fields import Choice, DocumentId, LongText, Moment, PersonId
from decision_engine.forms.form import Form, form
from decision_engine.language import Text

CIVIL_SERVANT_LAW = Text("公务员法", "Civil Servant Law")


@form(
    "raise_objection", "提出不同意见", "Objection to a decision or order", article="60", law=CIVIL_SERVANT_LAW
)
class RaiseObjection(Form):
    """Who objects to which order of whom, in the objector's own words."""

    addressee = PersonId("提出的对象（上级）", "Addressed to the superior", required=True)
    objected_order = LongText("所针对的决定或者命令", "The decision or order objected to", required=True)
    objection = LongText("不同意见和理由", "The objection and its reasons", required=True)
    raised_at = Moment("提出时间", "Raised at")
    objection_ref = DocumentId("书面意见", "Written objection")


@form("answer_objection", "答复不同意见", "Reply to an objection", article="60", law=CIVIL_SERVANT_LAW)
class AnswerObjection(Form):
    """The superior's reply: the order is corrected, or to be carried out all the same."""

    reply = LongText("答复意见", "Reply", required=True)
    handling = Choice("采纳情况", "Handling", HANDLING, required=True)
    reason = LongText("理由", "Reason", hint=WHY_NOT_ADOPTED)
    reply_ref = DocumentId("书面答复", "Written reply")
