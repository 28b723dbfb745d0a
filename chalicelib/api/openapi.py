"""The OpenAPI 3.1 document, from the table of operations: nothing in it is written by hand twice."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from .creating import KEY_HEADER
from .errors import CRASH, KINDS
from .fields import NoBody, NoQuery
from .operation import Operation

_REF = "#/components/schemas/{model}"
_VARIABLE = re.compile(r"\{(\w+)\}")
_ABOUT = "Agent registry, task router and cron scheduler. Every refusal is an application/problem+json body."
_ID = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$"}
PROBLEM: Mapping[str, Any] = {
    "type": "object",
    "description": "Why a request was refused (RFC 9457); `errors` points at each wrong field.",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "message"],
                "properties": {"pointer": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}


@cache
def document(operations: tuple[Operation, ...], *, version: str) -> dict[str, Any]:
    """The whole document."""
    schemas, components = _schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "AINS", "version": version, "description": _ABOUT},
        "paths": paths,
        "components": {
            "schemas": {**components, "Problem": PROBLEM},
            "securitySchemes": {
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
        "security": [{"apiKey": []}, {"bearer": []}],
    }


Schemas = Mapping[tuple[Any, JsonSchemaMode], Mapping[str, Any]]


def _schemas(operations: Iterable[Operation]) -> tuple[Schemas, dict[str, Any]]:
    """A schema for each request and answer, and the components they refer to."""
    wanted: dict[tuple[Any, JsonSchemaMode], TypeAdapter[Any]] = {}
    for operation in operations:
        for model in (operation.query, operation.body):
            wanted[model, "validation"] = TypeAdapter(model)
        wanted[operation.answer, "serialization"] = TypeAdapter(operation.answer)
    inputs = [(model, mode, adapter) for (model, mode), adapter in wanted.items()]
    found, definitions = TypeAdapter.json_schemas(
        inputs, ref_template=_REF, schema_generator=GenerateJsonSchema
    )
    return found, definitions.get("$defs", {})


def _described(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": (operation.view.__doc__ or "").partition("\n")[0],
        "responses": _responses(operation, schemas[operation.answer, "serialization"]),
    }
    if parameters := [*_path_parameters(operation), *_query(operation), *_headers(operation)]:
        described["parameters"] = parameters
    if operation.body is not NoBody:
        body = schemas[operation.body, "validation"]
        described["requestBody"] = {"content": {"application/json": {"schema": body}}}
    return described | ({"security": []} if operation.is_open else {})


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    names = _VARIABLE.findall(operation.path)
    return [{"name": name, "in": "path", "required": True, "schema": _ID} for name in names]


def _query(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is NoQuery:
        return []
    schema = operation.query.model_json_schema(ref_template=_REF)
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": part}
        for name, part in schema["properties"].items()
    ]


def _headers(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "header", "description": what_for, "schema": {"type": "string"}}
        for name, what_for in operation.headers.items()
    ]


def _responses(operation: Operation, schema: Mapping[str, Any]) -> dict[str, Any]:
    answer = {"description": "Success", "content": {operation.media: {"schema": schema}}}
    titles = {kind.status: kind.title for kind in (*KINDS.values(), CRASH)} | {429: "Too many requests"}
    problem = {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}}
    return {str(status): answer for status in operation.statuses} | {
        str(status): {"description": titles[status], "content": problem}
        for status in sorted(_refusals(operation))
    }


def _refusals(operation: Operation) -> set[int]:
    """Those it may answer; 429 comes from the gateway, with Retry-After."""
    refusals = {400, 429, 500}
    if not operation.is_open:
        refusals |= {401, 403, 404}
    if operation.method != "GET":
        refusals |= {409, 413}
    return refusals | ({422} if KEY_HEADER.keys() <= operation.headers.keys() else set())
