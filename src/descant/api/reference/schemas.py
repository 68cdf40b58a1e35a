"""Python's types as JSON Schema: what an endpoint gives is told by the annotation of its function."""

from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from descant.api.declaring import ENDPOINTS, Page

_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}
CURSOR = {
    "type": "object",
    "properties": {
        "prev": {"type": ["string", "null"], "description": "What `cursor` is to be for the page before."},
        "hasPrev": {"type": "boolean"},
        "next": {"type": ["string", "null"], "description": "What `cursor` is to be for the next page."},
        "hasNext": {"type": "boolean"},
        "more": {"type": "boolean", "description": "As `hasNext`, for old programs."},
        "total": {"type": "null"},
        "id": {
            "type": ["string", "null"],
            "description": "Where this page ends: what comes later, comes after it.",
        },
    },
    "required": ["prev", "hasPrev", "next", "hasNext", "more", "total", "id"],
}


def schema_of(kind: Any) -> dict[str, Any]:
    """The schema of a type; of a shape that has a name, where to find it."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return {}
    if kind in _PLAIN:
        return {"type": _PLAIN[kind]}
    if is_typeddict(kind):
        return {"$ref": f"#/components/schemas/{kind.__name__}"}
    if origin is NotRequired:
        return schema_of(inner[0])
    if origin is Annotated:
        return {**schema_of(inner[0]), "description": inner[1]}
    if origin is list:
        return {"type": "array", "items": schema_of(inner[0])}
    if origin in (Union, UnionType):
        return {"anyOf": [schema_of(each) for each in inner]}
    raise TypeError(f"No schema is known for {kind}.")


def shapes() -> Mapping[str, Any]:
    """The named shapes that any endpoint gives, by their names."""
    found = {kind.__name__: kind for endpoint in ENDPOINTS.values() for kind in shapes_in(endpoint.gives)}
    return {name: found[name] for name in sorted(found)}


def fields_of(shape: Any) -> Mapping[str, dict[str, Any]]:
    """The fields of a shape and their schemas."""
    hints = get_type_hints(shape, include_extras=True)
    return {name: schema_of(kind) for name, kind in hints.items()}


def object_schema(shape: Any) -> dict[str, Any]:
    """A named shape as a schema."""
    return {
        "type": "object",
        "description": shape.__doc__,
        "properties": fields_of(shape),
        "required": sorted(shape.__required_keys__),
    }


def envelope_of(kind: Any) -> dict[str, Any]:
    """What stands around an answer."""
    properties: dict[str, Any] = {"code": {"const": 0}}
    if get_origin(kind) is Page:
        properties["response"] = {"type": "array", "items": schema_of(get_args(kind)[0])}
        properties["cursor"] = {"$ref": "#/components/schemas/Cursor"}
    else:
        properties["response"] = schema_of(kind)
    return {"type": "object", "properties": properties, "required": sorted(properties)}


def shapes_in(kind: Any) -> Iterator[Any]:
    """The named shapes in a type."""
    if is_typeddict(kind):
        yield kind
        for inner in get_type_hints(kind, include_extras=True).values():
            yield from shapes_in(inner)
    for inner in get_args(kind):
        yield from shapes_in(inner)
