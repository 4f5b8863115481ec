"""What of BPMN 2.0 is executed, what only describes, and what is refused: one table for code and README.

`SUPPORTED` names every element of the BPMN model namespace. What is not in it is refused too: nothing in
a diagram is ignored silently. A treatment is one of

* `executed`: read, proved and run as BPMN 2.0 chapter 13 says;
* `described`: for people only; it changes neither the order of steps nor who acts;
* `refused`: finding `U-ELEMENT` (not supported) or `X-CODE` (could carry code).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from decision_engine.language import Text

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DECISION = "urn:decision-engine:bpmn"
DRAWING = "http://www.omg.org/spec/BPMN/20100524/DI"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

EXECUTED, DESCRIBED, REFUSED = "executed", "described", "refused"


@dataclass(frozen=True, slots=True)
class Treatment:
    """How one BPMN element is treated; *rule* is the finding's rule where it is refused."""

    how: str
    note: Text
    rule: str | None = None


def _all(how: str, zh: str, en: str, names: str, rule: str | None = None) -> dict[str, Treatment]:
    return dict.fromkeys(names.split(), Treatment(how, Text(zh, en), rule))


def _refused(zh: str, en: str, names: str, rule: str = "U-ELEMENT") -> dict[str, Treatment]:
    return _all(REFUSED, zh, en, names, rule)


SUPPORTED: dict[str, Treatment] = {
    **_all(
        EXECUTED,
        "流程及其结构",
        "the process and its structure",
        "process sequenceFlow laneSet childLaneSet lane",
    ),
    **_all(EXECUTED, "由人办理的任务", "a task for a person", "userTask manualTask task"),
    **_all(EXECUTED, "等待消息", "waits for its message", "receiveTask"),
    **_all(
        EXECUTED,
        "可嵌套；多实例、边界事件均可；不得置于可能同时进行两次的旁支上",
        "may be nested, repeated and carry boundary events; not on a side branch that may run twice at once",
        "subProcess callActivity",
    ),
    **_all(
        EXECUTED,
        "循环中的汇合也正确",
        "joins are right inside loops too",
        "exclusiveGateway parallelGateway inclusiveGateway",
    ),
    **_all(
        EXECUTED,
        "其后只能是定时、消息、信号事件或接收任务",
        "followed by timer, message or signal events or receive tasks",
        "eventBasedGateway",
    ),
    **_all(EXECUTED, "每个流程一个空开始事件", "one none start event per process", "startEvent"),
    **_all(EXECUTED, "空、终止、信号", "none, terminate, signal", "endEvent"),
    **_all(EXECUTED, "定时、消息、信号", "timer, message, signal", "intermediateCatchEvent"),
    **_all(EXECUTED, "空、信号", "none, signal", "intermediateThrowEvent"),
    **_all(
        EXECUTED,
        "定时、消息、信号；中断或不中断",
        "timer, message, signal; interrupting or not",
        "boundaryEvent",
    ),
    **_all(
        EXECUTED,
        "日期、期限、周期；或规则参数名",
        "date, duration or cycle; or a parameter of the rules",
        "timerEventDefinition timeDate timeDuration timeCycle",
    ),
    **_all(
        EXECUTED,
        "按名称对应",
        "matched by name",
        "messageEventDefinition signalEventDefinition terminateEventDefinition message signal",
    ),
    **_all(
        EXECUTED,
        "对“步骤.字段”和案件事实的比较",
        "comparisons on step.field and case facts",
        "conditionExpression",
    ),
    **_all(
        EXECUTED,
        "按名单或固定次数，并行或依次",
        "over a list or a number, parallel or sequential",
        "multiInstanceLoopCharacteristics loopCardinality loopDataInputRef inputDataItem",
    ),
    **_all(
        DESCRIBED,
        "仅供阅读",
        "for readers only",
        "definitions documentation text textAnnotation association group category categoryValue "
        "extensionElements collaboration participant participantMultiplicity messageFlow flowNodeRef "
        "incoming outgoing auditing monitoring",
    ),
    **_all(
        DESCRIBED,
        "数据仅作说明，不由引擎传递",
        "data is drawn, not moved by the engine",
        "dataObject dataObjectReference dataStore dataStoreReference dataState property itemDefinition "
        "dataInputAssociation dataOutputAssociation sourceRef targetRef",
    ),
    **_refused(
        "流程图中不得有代码", "no code in a diagram", "scriptTask script completionCondition", "X-CODE"
    ),
    **_refused(
        "不执行数据映射和表达式",
        "no data mapping or expressions",
        "ioSpecification dataInput dataOutput inputSet outputSet assignment transformation from to "
        "formalExpression expression ioBinding loopDataOutputRef outputDataItem resourceAssignmentExpression",
        "X-CODE",
    ),
    **_refused(
        "系统自动调用不在流程图中",
        "no calls of other systems from a diagram",
        "serviceTask sendTask businessRuleTask globalScriptTask globalBusinessRuleTask globalUserTask "
        "globalManualTask globalTask interface operation endPoint import extension",
    ),
    **_refused(
        "不支持",
        "not supported",
        "complexGateway transaction adHocSubProcess standardLoopCharacteristics loopCondition "
        "compensateEventDefinition errorEventDefinition escalationEventDefinition cancelEventDefinition "
        "conditionalEventDefinition linkEventDefinition eventDefinitionRef condition activationCondition "
        "complexBehaviorDefinition supportedInterfaceRef implicitThrowEvent",
    ),
    **_refused(
        "办理人由泳道角色决定",
        "who acts is said by the lane's role",
        "resource resourceRole performer humanPerformer potentialOwner rendering partitionElement",
    ),
    **_refused(
        "不支持编排与会话图",
        "no choreographies or conversations",
        "choreography choreographyTask subChoreography callChoreography globalChoreographyTask "
        "conversation subConversation callConversation conversationNode conversationLink "
        "conversationAssociation globalConversation correlationProperty correlationKey "
        "correlationSubscription correlationPropertyBinding correlationPropertyRetrievalExpression "
        "messagePath messageFlowAssociation participantAssociation relationship",
    ),
    **_all(
        DESCRIBED, "未使用的定义", "definitions nothing uses", "error escalation partnerEntity partnerRole"
    ),
}

TASKS = frozenset({"userTask", "manualTask", "task"})
SCOPES = frozenset({"subProcess", "callActivity"})
ACTIVITIES = TASKS | SCOPES | {"receiveTask"}
CHOICES = frozenset({"exclusiveGateway", "inclusiveGateway"})
GATEWAYS = CHOICES | {"parallelGateway", "eventBasedGateway"}
EVENTS: dict[str, frozenset[str]] = {
    "startEvent": frozenset({"none"}),
    "endEvent": frozenset({"none", "terminate", "signal"}),
    "intermediateCatchEvent": frozenset({"timer", "message", "signal"}),
    "intermediateThrowEvent": frozenset({"none", "signal"}),
    "boundaryEvent": frozenset({"timer", "message", "signal"}),
}
"""Which event definitions each event may carry."""
NODES = ACTIVITIES | GATEWAYS | EVENTS.keys()
OTHER_NODES = frozenset(
    {"scriptTask", "serviceTask", "sendTask", "businessRuleTask", "complexGateway", "transaction"}
    | {"adHocSubProcess", "implicitThrowEvent"}
)
"""Flow nodes that are never executed; kept where a foreign diagram is only displayed."""

# -- attributes ----------------------------------------------------------------------------------------

_FREE = (
    "id name targetNamespace exporter exporterVersion isExecutable isClosed processType calledElement "
    "default attachedToRef cancelActivity messageRef signalRef sourceRef targetRef processRef "
    "associationDirection textFormat gatewayDirection isSequential isCollection itemSubjectRef "
    "dataObjectRef dataStoreRef structureRef itemKind capacity isUnlimited categoryValueRef value "
    "expressionLanguage typeLanguage minimum maximum partitionElementRef errorCode escalationCode "
    "definitionalCollaborationRef isImmediate schemaLocation type "
)

ATTRIBUTES: dict[str, re.Pattern[str]] = {
    **dict.fromkeys(_FREE.split(), re.compile(".*", re.DOTALL)),
    "isForCompensation": re.compile("false"),
    "startQuantity": re.compile("1"),
    "completionQuantity": re.compile("1"),
    "triggeredByEvent": re.compile("false"),
    "parallelMultiple": re.compile("false"),
    "instantiate": re.compile("false"),
    "isInterrupting": re.compile("true"),
    "eventGatewayType": re.compile("Exclusive"),
    "behavior": re.compile("All"),
    "implementation": re.compile("##.*"),
    "language": re.compile(re.escape(DECISION)),
}
"""Attributes of BPMN itself, with the values that are read; everything else is refused."""

OURS: dict[str, frozenset[str]] = {
    "step": ACTIVITIES | GATEWAYS | EVENTS.keys(),
    "profile": frozenset({"process"}),
    "role": frozenset({"lane"}),
    "reason": frozenset({"timerEventDefinition", "intermediateCatchEvent", "boundaryEvent"}),
    "collection": frozenset({"multiInstanceLoopCharacteristics"}),
    "item": frozenset({"multiInstanceLoopCharacteristics"}),
}
"""Attributes of our namespace, and where each may stand."""

HARMLESS = frozenset(
    {
        XSI,
        "http://www.w3.org/XML/1998/namespace",
        DRAWING,
        "http://www.omg.org/spec/DD/20100524/DC",
        "http://www.omg.org/spec/DD/20100524/DI",
        "http://www.omg.org/spec/BPMN/non-normative/color/1.0",
        "http://bpmn.io/schema/bpmn/biocolor/1.0",
        "http://camunda.org/schema/modeler/1.0",
        "http://www.signavio.com",
    }
)
"""Namespaces of drawing, colour and tool notes."""

_HARMLESS_VENDOR = frozenset({"historyTimeToLive", "versionTag"})
_EXECUTABLE = re.compile(
    "script|listener|class|expression|delegate|connector|operator|inputOutput|ioMapping|taskDefinition|"
    "inputParameter|outputParameter|calledDecision|decisionRef|mapping|resultVariable|formula|condition",
    re.IGNORECASE,
)


def looks_like_code(text: str | None) -> bool:
    """Say whether *text* could be meant to be executed (parentheses, braces, assignments, quotes ...)."""
    return re.search(r"""[(){}\[\];$#"'`\\<>]|^\s*=|\bimport\b|\blambda\b""", text or "") is not None


def foreign_rule(namespace: str | None, name: str, text: str | None) -> str | None:
    """Return the rule by which a foreign attribute or element is refused, `None` where it is harmless."""
    if namespace in HARMLESS or name in _HARMLESS_VENDOR:
        return None
    return "X-CODE" if _EXECUTABLE.search(name) or looks_like_code(text) else "U-ELEMENT"
