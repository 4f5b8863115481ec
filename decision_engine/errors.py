"""Everything that can be refused, in words the person affected may read.

Each error is one reason for saying no. Its message says what is so, why, and what to do next, in Chinese
and English (`Text`). Errors know nothing of HTTP: one table in `api/` gives each its status.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from decision_engine.language import Text

Fields = Mapping[str, tuple[Text, ...]]
"""Path of a field (`points.2.reason`) -> what is wrong with it."""


class DecisionEngineError(Exception):
    """Something was refused."""

    default = Text("操作未能完成。", "The act could not be completed.")

    def __init__(self, message: Text | None = None) -> None:
        self.message = message or self.default
        super().__init__(self.message.en)


# -- who asks ---------------------------------------------------------------------------------------


class NotSignedIn(DecisionEngineError):
    """Nobody is known to be asking."""

    default = Text("请先登录后再操作。", "Sign in first.")


class SignInFailed(DecisionEngineError):
    """Login name or password is wrong; which of the two is not said."""

    default = Text("登录名或密码不正确。", "The login name or the password is not correct.")


class TooManyAttempts(DecisionEngineError):
    """Too many tries from one account or address in a short time; *retry_after* says when to come again."""

    default = Text("尝试次数过多，请稍后再试。", "Too many attempts. Try again later.")

    def __init__(self, message: Text | None = None, *, retry_after: int = 900) -> None:
        super().__init__(message)
        self.retry_after = retry_after  # seconds


class Forbidden(DecisionEngineError):
    """The person may not do this here and now; *rule* cites a duty or separation of duties."""

    default = Text("您没有办理此事项的权限。", "You are not entitled to do this.")

    def __init__(self, message: Text | None = None, *, rule: str | None = None) -> None:
        super().__init__(message)
        self.rule = rule


# -- what is asked for --------------------------------------------------------------------------------


class NotFound(DecisionEngineError):
    """There is no such thing, or not for this person."""

    default = Text("没有找到，或者您无权查看。", "Not found, or not open to you.")


class Malformed(DecisionEngineError):
    """The request cannot be read at all."""

    default = Text("请求内容无法识别，请检查格式。", "The request cannot be read. Check its format.")


class TooLarge(DecisionEngineError):
    """More bytes than are taken."""

    default = Text("提交的内容过大。", "What was sent is too large.")


class InvalidAnswers(DecisionEngineError):
    """Fields are missing, unknown or of the wrong kind."""

    default = Text("填写的内容有误，请按提示修改。", "Some fields are not right. Correct them as indicated.")

    def __init__(self, fields: Fields, message: Text | None = None) -> None:
        super().__init__(message)
        self.fields: dict[str, tuple[Text, ...]] = dict(fields)


# -- state of things ------------------------------------------------------------------------------------


class Conflict(DecisionEngineError):
    """Somebody or something was faster; *by* and *at* say who and when where it is known."""

    default = Text(
        "该事项刚刚被他人更新，请刷新后重试。",
        "This was just changed by somebody else. Reload and try again.",
    )

    def __init__(
        self, message: Text | None = None, *, by: str | None = None, at: datetime | None = None
    ) -> None:
        super().__init__(message)
        self.by = by
        self.at = at


class Overtaken(Conflict):
    """Another transaction was faster in the database and nothing was written: the same act may be tried again."""


class Unavailable(DecisionEngineError):
    """The database cannot be reached, or cannot write now; *retry_after* (seconds) says when to come again."""

    default = Text(
        "系统暂时无法保存，请稍后用同一请求重试；已办结的不会重复办理。",
        "Nothing can be saved at the moment. Send the same request again later: what was done is not done twice.",
    )

    def __init__(self, message: Text | None = None, *, retry_after: int = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StorageFull(Unavailable):
    """No room is left for what should be kept: in the database, its journal, or where papers lie."""

    default = Text(
        "存储空间已满，本次操作没有保存。请联系管理员腾出空间，然后用同一请求重试；已保存的内容仍可查看。",
        "The storage is full and nothing of this was saved. Tell an administrator, and send the same request again "
        "when there is room; what was saved before can still be read.",
    )

    def __init__(self, message: Text | None = None, *, retry_after: int = 60) -> None:
        super().__init__(message, retry_after=retry_after)


class NotReady(Conflict):
    """The step does not wait to be done: it is finished, withdrawn, or not yet reached."""

    default = Text(
        "该步骤当前不可办理（已办结、已撤回或尚未到达）。",
        "This step does not wait to be done: it is finished, withdrawn or not yet reached.",
    )


class KeyReused(DecisionEngineError):
    """An idempotency key came back with another request."""

    default = Text(
        "同一幂等键已用于另一请求，请更换 Idempotency-Key。",
        "This Idempotency-Key was used for another request. Use a new one.",
    )


# -- the law and the machine -------------------------------------------------------------------------------


class Unlawful(DecisionEngineError):
    """A rule forbids the act; *findings* name the rules with their articles."""

    default = Text("该操作不符合法定程序。", "The act does not satisfy the statutory procedure.")

    def __init__(self, findings: Sequence[Any], message: Text | None = None) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


class Undeployable(DecisionEngineError):
    """A diagram is unreadable, unsafe, unsupported, unsound or unlawful; *findings* say where and why."""

    default = Text(
        "流程图不能部署，请按所列问题修改。", "The diagram cannot be deployed. Mend what is listed."
    )

    def __init__(self, findings: Sequence[Any], message: Text | None = None) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


class EngineDisagrees(DecisionEngineError):
    """The engine's position is not what the proved semantics allow; the step was refused."""

    default = Text(
        "流程引擎与已验证的流程不一致，本步骤未执行，已通知管理员。",
        "The engine and the proved procedure disagree. The step was not executed; an administrator is told.",
    )


class CorruptState(DecisionEngineError):
    """A stored case state cannot be read: unknown format, damaged bytes, or another definition."""

    default = Text("案件运行状态无法读取，已通知管理员。", "The stored state of the case cannot be read.")
