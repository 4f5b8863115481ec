"""The OpenAPI document: what flask-smorest knows of the routes, completed with what every route has in common.

Who may come in (a bearer token, or nobody asked), the Idempotency-Key of acts, and every refusal as a problem.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from flask import Flask, Response
from flask_smorest import Api
from marshmallow import Schema, fields

from decision_engine.api import identity, problems
from decision_engine.api.fields import OPENAPI_TYPES, Sentence
from decision_engine.api.room import KEYED
from decision_engine.forms.fields import Group, Kind, Listing

WRITING = ("post", "put", "delete")
OPERATIONS = ("get", "post", "put", "patch", "delete")
BEARER = "bearer"


class ProblemSchema(Schema):
    """Why something was refused (RFC 9457), in the language asked for by Accept-Language."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(required=True)
    findings = fields.List(fields.Dict())
    fields_ = fields.Dict(
        keys=fields.String(), values=fields.List(fields.String()), data_key="fields", attribute="fields"
    )
    by = fields.String()
    at = fields.String()
    rule = fields.String()
    incident = fields.String()


def information(version: str) -> dict[str, str]:
    """Return what the document says of itself."""
    return {
        "description": (
            "重大行政决策程序引擎接口。错误以 application/problem+json 返回，默认中文，Accept-Language: en 为英文。"
            f"时间为 ISO 8601（+08:00）。/ The JSON door of decision_engine {version}. Errors are problem details, in "
            "Chinese unless Accept-Language asks for English. Moments are ISO 8601 with offset."
        )
    }


class Document(Api):  # type: ignore[misc]
    """Flask-smorest's Api, with this house's refusals and a completed document."""

    ERROR_SCHEMA = ProblemSchema

    def init_app(self, app: Flask, *, spec_kwargs: dict[str, Any] | None = None) -> None:
        """Begin the document, and teach it the kinds of fields this house uses."""
        super().init_app(app, spec_kwargs=spec_kwargs)
        for field, kind, form in OPENAPI_TYPES:
            self.register_field(field, kind, form)
        self.ma_plugin.converter.add_attribute_function(kind_attributes)

    def _register_error_handlers(self) -> None:
        """Leave refusals to `problems`."""

    def _openapi_json(self) -> Response:
        return Response(self.text, content_type="application/json")

    @cached_property
    def text(self) -> str:
        """The document as JSON, made at its first reading: routes no longer change then."""
        return json.dumps(completed(self.spec.to_dict(), self._app), ensure_ascii=False)


def kind_attributes(self: Any, field: fields.Field[Any], **_: Any) -> dict[str, Any]:
    """Return what OpenAPI says of one of our kinds: label, limits, choices, items. *self* is apispec's."""
    if isinstance(field, Sentence):
        text = {"type": "string"}
        return {"type": "object", "properties": {"zh": text, "en": text}}
    if not isinstance(field, Kind):
        return {}
    told: dict[str, Any] = {"description": f"{field.label.zh} / {field.label.en}"}
    if isinstance(field, Listing):
        return told | {
            "type": "array", "items": self.field2property(field.item), "minItems": field.least, "maxItems": field.most,
        }  # fmt: skip
    if isinstance(field, Group):
        return told | {"allOf": [self.resolve_nested_schema(field.part)]}
    limits = field.describe()
    if "choices" in limits:
        return told | {"type": "string", "enum": [one["value"] for one in limits["choices"]]}
    names = {"max_length": "maxLength", "minimum": "minimum", "maximum": "maximum"}
    return told | {names[name]: value for name, value in limits.items() if name in names}


def completed(document: dict[str, Any], app: Flask) -> dict[str, Any]:
    """Return *document* with security, idempotency and refusals at each operation of *app*."""
    document["components"].setdefault("securitySchemes", {})[BEARER] = {
        "type": "http", "scheme": "bearer", "description": "Token from POST /api/v1/session / 登录所得令牌",
    }  # fmt: skip
    document["security"] = [{BEARER: []}]
    document["components"].setdefault("responses", {}).update(_refusals())
    open_routes = {
        (_as_documented(rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.endpoint in identity.OPEN
        for method in rule.methods or ()
    }
    for path, operations in document["paths"].items():
        for method in set(operations) & set(OPERATIONS):
            _complete(operations[method], path, method, is_open=(path, method) in open_routes)
    return document


def _complete(operation: dict[str, Any], path: str, method: str, *, is_open: bool) -> None:
    statuses = {429} if is_open and method in WRITING else set()
    if is_open:
        operation["security"] = []
        statuses |= {401} if operation["operationId"] == "sign_in" else set()  # a wrong password
    else:
        statuses |= {401, 403}
    if "{" in path or ("requestBody" in operation and not is_open):  # a body names organs, people, cases too
        statuses.add(404)
    if operation.get("parameters") or "requestBody" in operation:
        statuses |= {400, 422}
    if method in WRITING:
        statuses |= {400, 409, 422}
    if operation.pop(KEYED):
        operation.setdefault("parameters", []).append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "minLength": 32 if is_open else 1, "maxLength": 200},
                "description": "同一键同一请求只办理一次，再次提交得到相同答复 / done once, answered alike",
            }
        )
    if "requestBody" in operation:
        statuses |= {413, 415}
        content = operation["requestBody"]["content"]
        if operation["operationId"] == "propose_definition":
            content["multipart/form-data"] = {
                "schema": {
                    "type": "object",
                    "properties": {
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}}
                    },
                }
            }
    for status in sorted(statuses):
        operation["responses"][str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    operation["responses"]["default"] = {"$ref": "#/components/responses/Problem"}


def _refusals() -> dict[str, Any]:
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    told = {kind.status: kind.title for kind in reversed(list(problems.TABLE.values()))} | {
        status: title for status, (_, title, _) in problems.PLAIN.items()
    }
    named = {
        f"Problem{status}": {"description": f"{title.zh} / {title.en}", "content": content}
        for status, title in told.items()
    }
    return named | {"Problem": {"description": "其他拒绝 / any other refusal", "content": content}}


def _as_documented(rule: str) -> str:
    """Return a Flask rule as the document writes it: `/cases/<id:case_id>` is `/cases/{case_id}`."""
    parts = [
        "{" + part[1:-1].rpartition(":")[2] + "}" if part.startswith("<") else part
        for part in rule.split("/")
    ]
    return "/".join(parts)
