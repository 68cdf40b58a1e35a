"""The endpoints as an OpenAPI 3.1 document."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from descant import __version__
from descant.api.arguments import FORUM, IDEMPOTENCY_KEY, IDEMPOTENCY_KEY_MOST
from descant.api.declaring import ENDPOINTS, Endpoint, Parameter, Standing
from descant.api.declaring.endpoints import KEYS
from descant.api.reference.schemas import CURSOR, envelope_of, object_schema, shapes
from descant.forums.caches.sending import cacheable

FRESH_SECONDS = 60
REFUSALS = {
    400: "An argument is missing or cannot be read.",
    401: "No forum has this key.",
    403: "The key may not do this, or not from this site; or who sends it is banned.",
    404: "There is nothing of this name here.",
    409: "The Idempotency-Key was used for something else, or its request is still being worked on.",
    429: "Too fast, or too often in this hour; Retry-After says how many seconds to wait.",
    503: "A database is out of reach; try again.",
}
_FORM = "application/x-www-form-urlencoded"
_PARTS = "multipart/form-data"


@require_safe
def openapi_json(request: HttpRequest) -> HttpResponse:
    """The document."""
    return cacheable(request, orjson.dumps(document()).decode(), "application/json", FRESH_SECONDS)


@cache
def document() -> dict[str, Any]:
    """Made of the declarations, once for each process."""
    schemas = {name: object_schema(shape) for name, shape in shapes().items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Descant", "version": __version__, "description": "Comments of many websites."},
        "servers": [{"url": "/"}],
        "paths": {f"/{each.path}": {each.method.lower(): _operation(each)} for each in ENDPOINTS.values()},
        "components": {
            "schemas": {**schemas, "Cursor": CURSOR, "Refusal": _REFUSAL},
            "securitySchemes": {
                name: {"type": "apiKey", "in": "query", "name": name} for name in KEYS[Standing.GUEST]
            },
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name.replace("/", "_"),
        "tags": [endpoint.name.partition("/")[0]],
        "summary": endpoint.about.splitlines()[0],
        "security": [{name: []} for name in endpoint.keys],
        "responses": {
            "200": _answer("The answer.", envelope_of(endpoint.gives)),
            **{
                str(status): _answer(why, {"$ref": "#/components/schemas/Refusal"})
                for status, why in REFUSALS.items()
            },
        },
    }
    arguments = list(_arguments((*endpoint.takes, FORUM)))
    if endpoint.method == "GET":
        operation["parameters"] = [
            {"name": name, "in": "query", "description": about, "required": needed, "schema": schema}
            for name, about, needed, schema in arguments
        ]
    else:
        operation["parameters"] = [_IDEMPOTENCY_KEY]
        kind = _PARTS if endpoint.takes_file else _FORM
        operation["requestBody"] = {"content": {kind: {"schema": _form(arguments)}}}
    return operation


def _arguments(takes: tuple[Parameter[Any], ...]) -> Iterator[tuple[str, str, bool, Any]]:
    """Name, what it says, whether it is needed, schema; what can be asked by several names needs none of them alone."""
    for parameter in takes:
        yield parameter.name, parameter.about, parameter.needed and not parameter.also, parameter.schema
        for name, about in parameter.also.items():
            yield name, about, False, {"type": parameter.schema["type"], **_items(parameter)}


def _items(parameter: Parameter[Any]) -> dict[str, Any]:
    return {"items": {"type": "string"}} if parameter.schema["type"] == "array" else {}


def _form(arguments: list[tuple[str, str, bool, Any]]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: {**schema, "description": about} for name, about, _, schema in arguments},
        "required": [name for name, _, needed, _ in arguments if needed],
    }


def _answer(about: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": about, "content": {"application/json": {"schema": schema}}}


_IDEMPOTENCY_KEY = {
    "name": IDEMPOTENCY_KEY,
    "in": "header",
    "description": "A name for this request: sent again with it, it is done once and answered the same.",
    "schema": {"type": "string", "maxLength": IDEMPOTENCY_KEY_MOST},
}
_REFUSAL = {
    "type": "object",
    "properties": {
        "code": {"type": "integer", "minimum": 1},
        "response": {"type": "string", "description": "What is wrong, and what to do."},
    },
    "required": ["code", "response"],
}
