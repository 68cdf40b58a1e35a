"""The endpoints as a page to read."""

from collections.abc import Mapping
from functools import cache
from itertools import groupby
from typing import Any, get_args, get_origin
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from descant.api.declaring import ENDPOINTS, Endpoint, Page, Parameter
from descant.api.reference.openapi import FRESH_SECONDS, REFUSALS
from descant.api.reference.schemas import fields_of, shapes
from descant.forums.caches.sending import cacheable

# What stands for ids in examples, as the page shows it.
IDS = {
    name: str(2065409 + 1024 * at)
    for at, name in enumerate(
        ("thread", "comment", "reply", "user", "category", "import", "moderator", "subscription", "export")
    )
}


@require_safe
def reference_page(request: HttpRequest) -> HttpResponse:
    """Every endpoint: what it takes, who may ask, an example, what it gives."""
    return cacheable(request, _html(), "text/html; charset=utf-8", FRESH_SECONDS)


@cache
def _html() -> str:
    """Nothing of who asks can come into it."""
    endpoints = sorted(ENDPOINTS.values(), key=lambda each: each.name)
    by_resource = groupby(endpoints, key=lambda each: each.name.partition("/")[0])
    shown = {
        "resources": [(name, [_endpoint(each) for each in some]) for name, some in by_resource],
        "shapes": [
            {
                "name": name,
                "about": shape.__doc__,
                "fields": [_field(*each) for each in fields_of(shape).items()],
            }
            for name, shape in shapes().items()
        ],
        "refusals": REFUSALS,
    }
    return render_to_string("api/reference.html", shown)


def _endpoint(endpoint: Endpoint) -> Mapping[str, Any]:
    return {
        "name": endpoint.name,
        "anchor": endpoint.name.replace("/", "-"),
        "method": endpoint.method,
        "about": _marked(endpoint.about),
        "key": endpoint.keys[0],
        "takes": [line for parameter in endpoint.takes for line in _lines(parameter)],
        "gives": _named(endpoint.gives),
        "many": get_origin(endpoint.gives) in (Page, list),
        "paged": get_origin(endpoint.gives) is Page,
        "example": _example(endpoint),
    }


def _lines(parameter: Parameter[Any]) -> list[Mapping[str, Any]]:
    schema = parameter.schema
    choices = schema.get("enum") or schema.get("items", {}).get("enum", [])
    first = {
        "name": parameter.name,
        "about": _marked(parameter.about),
        "needed": parameter.needed,
        "many": schema["type"] == "array",
        "default": schema.get("default", ""),
        "choices": choices,
        "least": schema.get("minimum"),
        "most": schema.get("maximum"),
    }
    return [first, *({"name": name, "about": _marked(about)} for name, about in parameter.also.items())]


def _example(endpoint: Endpoint) -> str:
    asked = {endpoint.keys[0]: "KEY", **{name: _filled(value) for name, value in endpoint.example.items()}}
    address = f"https://comments.example/{endpoint.path}"
    written = urlencode(asked, doseq=True, safe=":")
    if endpoint.method == "GET":
        return f"curl '{address}?{written}'"
    return f"curl {address} --data '{written}'"


def _filled(value: Any) -> Any:
    return value.format(**IDS) if isinstance(value, str) else [_filled(each) for each in value]


def _marked(text: str) -> SafeString:
    """What stands between backticks is code."""
    parts = escape(text).split("`")
    return mark_safe("".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts)))


def _named(kind: Any) -> str:
    """The shape that is given, by its name."""
    inner = get_args(kind)
    return _named(inner[0]) if inner else str(kind.__name__)


def _field(name: str, schema: Mapping[str, Any]) -> Mapping[str, str]:
    return {"name": name, "kind": _kind(schema), "about": _marked(schema.get("description", ""))}


def _kind(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}" if schema["items"] else "list"
    return str(schema.get("type", "id or object"))
