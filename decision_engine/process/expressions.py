"""The language of conditions: comparisons on answers and facts, and nothing else.

    issue_legality_opinion.outcome in ("LEGAL", "EXPLORATORY_RISK_STATED")
    determine_procedure.is_technical and not determine_procedure.non_public
    budget >= 5000000 or assess.level == '高'

    condition  = any { "or" any }                 any    = one { "and" one }
    one        = "not" one | "(" condition ")" | operand [ comparison ]
    comparison = ("==" | "!=" | "<" | "<=" | ">" | ">=") operand
               | ["not"] "in" "(" literal { "," literal } ")"
    operand    = literal | name | name "." name   (a case fact, or a field of a step's answers)
    literal    = quoted text | number | true | false | True | False

What is guaranteed:

* Nothing is called, computed or imported. There is no way from an expression to Python: the text is
  read by the parser below into small frozen values, and those are all that is ever evaluated.
* Truth has three values (Kleene's logic): true, false and unknown (`None`). A comparison is unknown when
  a value is missing or when the two values are not of one kind (text, number, truth value). Unknown
  stays unknown under `not`, and under `and` and `or` unless the other side decides alone. A condition
  is satisfied only when it is true. So a missing value satisfies neither `x == 1` nor `x != 1` nor
  `not (x == 1)`: it never opens a way.
* A bare `step.field` is true when the answer is true, false when it is false, else unknown.
* Evaluation never raises, whatever the values are. Length, depth and size are bounded when read.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import isfinite
from typing import Any, NoReturn

from decision_engine.language import Text

MAX_LENGTH = 2_000  # characters
MAX_DEPTH = 30  # parentheses and `not` within each other
MAX_PARTS = 300  # words and signs

Value = bool | int | float | str
Lookup = Callable[[str | None, str], object]
"""`lookup(step, field)` gives an answer's field, `lookup(None, name)` a case fact; `None` is *missing*."""


class NotAnExpression(ValueError):
    """The text is not in the language; *message* says why, *column* (from 1) where."""

    def __init__(self, message: Text, column: int) -> None:
        super().__init__(f"{message.en} (column {column})")
        self.message = message
        self.column = column


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written in the expression."""

    value: Value


@dataclass(frozen=True, slots=True)
class Variable:
    """`step.field`, or a bare case fact when *step* is none."""

    step: str | None
    field: str

    def __str__(self) -> str:
        return self.field if self.step is None else f"{self.step}.{self.field}"


Operand = Literal | Variable


@dataclass(frozen=True, slots=True)
class Comparison:
    """*left* `sign` *right*; the sign is one of `== != < <= > >=`."""

    left: Operand
    sign: str
    right: Operand


@dataclass(frozen=True, slots=True)
class Membership:
    """*left* is one of *items*, or with *negated* none of them."""

    left: Operand
    items: tuple[Literal, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Truth:
    """An operand standing alone."""

    operand: Operand


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of *part*."""

    part: Condition


@dataclass(frozen=True, slots=True)
class Both:
    """Every part (`and`)."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part (`or`)."""

    parts: tuple[Condition, ...]


Condition = Comparison | Membership | Truth | Not | Both | Either


@dataclass(frozen=True)
class Expression:
    """A condition as it was written (*text*) and as it was understood (*condition*)."""

    text: str
    condition: Condition

    @cached_property
    def variables(self) -> frozenset[Variable]:
        """Everything the condition reads."""
        return frozenset(_variables(self.condition))

    def holds(self, lookup: Lookup) -> bool | None:
        """Return whether the condition is true, false or unknown; only true satisfies it. Never raises."""
        return _truth(self.condition, lookup)


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Read *text* into an expression; raises `NotAnExpression`."""
    if len(text) > MAX_LENGTH:
        raise NotAnExpression(
            Text(
                f"表达式超过 {MAX_LENGTH} 个字符。", f"The expression has more than {MAX_LENGTH} characters."
            ),
            1,
        )
    return Expression(text.strip(), _Parser(text).whole())


@lru_cache(maxsize=4096)
def parse_variable(text: str) -> Variable:
    """Read *text* as one `step.field` or bare name (a multi-instance collection, say)."""
    condition = parse(text).condition
    if isinstance(condition, Truth) and isinstance(condition.operand, Variable):
        return condition.operand
    raise NotAnExpression(
        Text("此处只能写“步骤.字段”。", "Only a name such as step.field may stand here."), 1
    )


# -- evaluating -------------------------------------------------------------------------------------


def _truth(condition: Condition, lookup: Lookup) -> bool | None:
    match condition:
        case Comparison(left, sign, right):
            return _compare(_value(left, lookup), sign, _value(right, lookup))
        case Membership(left, items, negated):
            value = _value(left, lookup)
            found = _any(_compare(value, "==", item.value) for item in items)
            return _opposite(found) if negated else found
        case Truth(operand):
            value = _value(operand, lookup)
            return value if isinstance(value, bool) else None
        case Not(part):
            return _opposite(_truth(part, lookup))
        case Both(parts):
            return _opposite(_any(_opposite(_truth(part, lookup)) for part in parts))
        case Either(parts):
            return _any(_truth(part, lookup) for part in parts)


def _value(operand: Operand, lookup: Lookup) -> object:
    return operand.value if isinstance(operand, Literal) else lookup(operand.step, operand.field)


_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _compare(left: object, sign: str, right: object) -> bool | None:
    kind = _kind(left)
    if kind is None or kind != _kind(right):
        return None
    if kind == "truth" and sign not in ("==", "!="):
        return None
    return _SIGNS[sign](left, right)


def _kind(value: object) -> str | None:
    """Return the kind of a comparable value; `True` is no number and a list is not comparable."""
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, str):
        return "text"
    if isinstance(value, int) or (isinstance(value, float) and isfinite(value)):
        return "number"
    return None


def _opposite(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


def _any(truths: Iterator[bool | None]) -> bool | None:
    result: bool | None = False
    for truth in truths:
        if truth:
            return True
        if truth is None:
            result = None
    return result


def _variables(condition: Condition) -> Iterator[Variable]:
    match condition:
        case Comparison(left, _, right):
            yield from (operand for operand in (left, right) if isinstance(operand, Variable))
        case Membership(left) | Truth(left):
            if isinstance(left, Variable):
                yield left
        case Not(part):
            yield from _variables(part)
        case Both(parts) | Either(parts):
            for part in parts:
                yield from _variables(part)


# -- reading ----------------------------------------------------------------------------------------

_WORD = re.compile(
    r"""\s*(?:
      (?P<text>"[^"\\\n]*"|'[^'\\\n]*')
    | (?P<number>-?\d+(?:\.\d+)?(?![\w.]))
    | (?P<name>[^\W\d]\w*)
    | (?P<sign>==|!=|<=|>=|<|>|\(|\)|,|\.)
    )""",
    re.VERBOSE,
)
_RESERVED = frozenset(
    {"and", "or", "not", "in", "true", "false", "True", "False", "None", "is", "if", "else", "lambda"}
)
_LITERAL_WORDS = {"true": True, "True": True, "false": False, "False": False}


@dataclass(frozen=True, slots=True)
class _Word:
    kind: str  # text, number, name, sign, end
    text: str
    column: int


class _Parser:
    """Recursive descent over the words of one expression."""

    def __init__(self, text: str) -> None:
        self._words = _split(text)
        self._at = 0
        self._depth = 0

    def whole(self) -> Condition:
        condition = self._either()
        if self._word.kind != "end":
            self._refuse(self._word)
        return condition

    @property
    def _word(self) -> _Word:
        return self._words[self._at]

    def _accept(self, *texts: str) -> str | None:
        """Take the next word if it is one of the unquoted *texts*."""
        word = self._word
        if word.kind in ("name", "sign") and word.text in texts:
            self._at += 1
            return word.text
        return None

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise NotAnExpression(
                Text(f"此处应为“{text}”。", f"“{text}” is expected here."), self._word.column
            )

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._accept("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self) -> Condition:
        parts = [self._one()]
        while self._accept("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _one(self) -> Condition:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise NotAnExpression(
                Text("表达式嵌套过深。", "The expression is nested too deeply."), self._word.column
            )
        try:
            if self._accept("not"):
                return Not(self._one())
            if self._accept("("):
                condition = self._either()
                self._expect(")")
                return condition
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> Condition:
        left = self._operand()
        if sign := self._accept(*_SIGNS):
            return Comparison(left, sign, self._operand())
        negated = self._word.text == "not" and self._words[self._at + 1].text == "in"
        if negated:
            self._accept("not")
        if self._accept("in"):
            return Membership(left, self._items(), negated)
        return Truth(left)

    def _items(self) -> tuple[Literal, ...]:
        self._expect("(")
        items = [self._literal()]
        while self._accept(",") and self._word.text != ")":
            items.append(self._literal())
        self._expect(")")
        return tuple(items)

    def _literal(self) -> Literal:
        word = self._word
        operand = self._operand()
        if isinstance(operand, Literal):
            return operand
        raise NotAnExpression(
            Text("列表中只能写文字、数字或 true/false。", "A list holds only texts, numbers, true or false."),
            word.column,
        )

    def _operand(self) -> Operand:
        word = self._word
        self._at += 1
        if word.kind == "text":
            return Literal(word.text[1:-1])
        if word.kind == "number":
            return Literal(_number(word))
        if word.kind == "name" and word.text in _LITERAL_WORDS:
            return Literal(_LITERAL_WORDS[word.text])
        if word.kind != "name" or not _is_plain(word.text):
            self._refuse(word)
        if not self._accept("."):
            return Variable(None, word.text)
        field = self._word
        if field.kind != "name" or not _is_plain(field.text):
            self._refuse(field)
        self._at += 1
        return Variable(word.text, field.text)

    def _refuse(self, word: _Word) -> NoReturn:
        if word.kind == "end":
            raise NotAnExpression(Text("表达式不完整。", "The expression is not complete."), word.column)
        raise NotAnExpression(
            Text(
                f"此处不能写“{word.text}”：条件只能是对“步骤.字段”或案件事实的比较。",
                f"“{word.text}” cannot stand here: a condition only compares step.field or a case fact.",
            ),
            word.column,
        )


def _split(text: str) -> tuple[_Word, ...]:
    words: list[_Word] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _WORD.match(text, at)
        if match is None or len(words) >= MAX_PARTS:
            column = at + len(text[at:]) - len(text[at:].lstrip()) + 1
            raise NotAnExpression(
                Text(
                    f"无法识别“{text[column - 1 : column + 11]}”：不支持函数、运算或此类字符，或表达式过长。",
                    f"“{text[column - 1 : column + 11]}” is not understood: functions, arithmetic and such "
                    "characters are not part of the language, or the expression is too long.",
                ),
                column,
            )
        kind = match.lastgroup or ""
        words.append(_Word(kind, match.group(kind), match.start(kind) + 1))
        at = match.end()
    words.append(_Word("end", "", end + 1))
    return tuple(words)


def _number(word: _Word) -> int | float:
    number = float(word.text) if "." in word.text else int(word.text)
    if len(word.text) > 30 or not isfinite(number):  # noqa: PLR2004  (longer than any amount of money)
        raise NotAnExpression(Text("数字过长。", "The number is too long."), word.column)
    return number


def _is_plain(name: str) -> bool:
    """Refuse words of the language, and names that begin with an underscore, as variable names."""
    return name not in _RESERVED and not name.startswith("_")
