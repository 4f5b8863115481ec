"""The OpenAPI document is whole: every route, its words, its inputs, its refusals, who may come in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from decision_engine.api import identity
from tests.api.conftest import Caller
from tests.api.test_identity import operations

METHODS = {"get", "post", "put", "patch", "delete", "head", "options"}


@pytest.fixture
def document(stranger: Caller) -> dict[str, Any]:
    answer = stranger.get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json
    return found


def documented(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS & set(item):
            yield path, method, item[method]


def as_documented(rule: str) -> str:
    return re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule)


def test_every_route_is_in_the_document_and_nothing_else(app: Flask, document: dict[str, Any]) -> None:
    served = {
        (as_documented(rule.rule), method.lower())
        for rule, method, _ in operations(app)
        if rule.endpoint != "api-docs.openapi_json"
    }
    assert served == {(path, method) for path, method, _ in documented(document)}


def test_every_operation_is_described_in_both_languages(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in documented(document)]
    assert len(names) == len(set(names))
    for path, method, operation in documented(document):
        chinese, _, english = operation["summary"].partition(" / ")
        assert re.search("[\u4e00-\u9fff]", chinese), (path, method)
        assert re.fullmatch("[ -~]+", english), (path, method)
        assert operation["tags"]
        assert any(status.startswith("2") for status in operation["responses"])
    described = {tag["name"] for tag in document["tags"]}
    assert described >= {tag for _, _, operation in documented(document) for tag in operation["tags"]}


def test_every_operation_says_who_may_come_in(app: Flask, document: dict[str, Any]) -> None:
    scheme = document["components"]["securitySchemes"]
    assert scheme["bearer"]["scheme"] == "bearer"
    assert document["security"] == [{"bearer": []}]
    endpoints = {
        (as_documented(rule.rule), method.lower()): rule.endpoint for rule, method, _ in operations(app)
    }
    for path, method, operation in documented(document):
        is_open = endpoints[path, method] in identity.OPEN
        assert (operation.get("security") == []) == is_open, (path, method)
        signs_in = operation["operationId"] == "sign_in"  # open, and refuses a wrong password
        assert ("401" in operation["responses"]) == (not is_open or signs_in), (path, method)


def test_every_refusal_is_a_problem(document: dict[str, Any]) -> None:
    problem = document["components"]["schemas"]["Problem"]["properties"]
    assert {"type", "title", "status", "detail", "instance", "findings", "fields", "by", "at"} <= set(problem)
    for path, method, operation in documented(document):
        for status, response in operation["responses"].items():
            if status == "default" or int(status) >= 400:
                told = resolve(document, response)
                assert set(told["content"]) == {"application/problem+json"}, (path, method, status)
        names = [one["name"] for one in operation.get("parameters", ())]
        secret = path.endswith(("/session", "/accounts", "/secret-ballots", "/password-reset", "/reopening"))
        assert ("Idempotency-Key" in names) == (method in {"post", "put", "delete"} and not secret), path
        if "Idempotency-Key" in names:
            assert {"409", "422"} <= set(operation["responses"])
            assert "404" in operation["responses"], (
                path
            )  # whoever writes names something: a case, a person, an organ


def test_the_document_is_well_formed(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.0.3"
    assert {"title", "version"} <= set(document["info"])
    for path, method, operation in documented(document):
        item = document["paths"][path]
        parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
        parameters = [resolve(document, one) for one in parameters]
        in_path = {one["name"] for one in parameters if one["in"] == "path"}
        assert in_path == set(re.findall(r"\{([^}]+)\}", path)), path
        assert all(one["required"] for one in parameters if one["in"] == "path")
        assert all({"name", "in", "schema"} <= set(one) for one in parameters)
        assert len({(one["name"], one["in"]) for one in parameters}) == len(parameters), (path, method)
        for body in [operation["requestBody"]] if "requestBody" in operation else []:
            assert all("schema" in media for media in body["content"].values())
            assert method != "get"
        for response in operation["responses"].values():
            assert resolve(document, response)["description"]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = list(references(document))
    assert len(found) > 100
    for one in found:
        resolve(document, {"$ref": one})


def test_every_property_has_a_type(document: dict[str, Any]) -> None:
    """A field whose kind is not mapped would be documented as anything at all."""
    loose = {
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, kind in schema.get("properties", {}).items()
        if not set(kind) & {"type", "$ref", "allOf", "anyOf"}
    }
    assert loose <= {"EventOut.said"}


def test_a_document_with_a_hole_would_be_found(document: dict[str, Any]) -> None:
    """Negative controls of the two checks above."""
    document["paths"]["/x"] = {"get": {"responses": {"200": {"$ref": "#/components/responses/Nowhere"}}}}
    with pytest.raises(KeyError):
        test_every_reference_leads_somewhere(document)
    document["components"]["schemas"]["Loose"] = {"properties": {"a": {}}}
    with pytest.raises(AssertionError):
        test_every_property_has_a_type(document)


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def resolve(document: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in value:
        found: Any = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        value = found
    return value
