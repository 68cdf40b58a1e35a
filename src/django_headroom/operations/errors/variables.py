"""Local variables as text, without running anybody's code: no ``__repr__`` is called, so none can be slow or raise.

Containers are looked into some levels deep, each object once; what is long is cut; what is secret is not shown.
"""

import dataclasses
import datetime
import decimal
import enum
import fractions
import ipaddress
import pathlib
import re
import types
import uuid
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from django.db import models
from django.views.debug import SafeExceptionReporterFilter

from django_headroom.operations.errors.scrubbing import HIDDEN, is_secret

LONGEST = 500
MOST_NAMES = 40
MOST_ITEMS = 12
DEEPEST = 3
MOST_OF_A_FRAME = 150
MOST_NODES = 1_500
"""How many values of one error are written out, so that it costs its request about a millisecond at most."""

_PLAIN = (int, float, complex, bool, type(None), type(Ellipsis), range, slice, re.Pattern)
_PLAIN_TEXT = (
    datetime.date,
    datetime.time,
    datetime.timedelta,
    datetime.timezone,
    decimal.Decimal,
    fractions.Fraction,
    ipaddress.IPv4Address,
    ipaddress.IPv6Address,
    pathlib.PurePath,
    uuid.UUID,
)
_PLAIN_TYPES = frozenset({*_PLAIN, *_PLAIN_TEXT, datetime.datetime, pathlib.PosixPath, pathlib.PurePosixPath})
_BRACKETS: dict[type, tuple[str, str]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("{", "}"),
    frozenset: ("{", "}"),
}
_CALLABLE = (types.FunctionType, types.MethodType, types.BuiltinFunctionType)


class Teller:
    """Writes out the variables of one error's frames; what is written is taken off what may be."""

    def __init__(self) -> None:
        self.left = MOST_NODES

    def variables_of(self, frame: types.FrameType) -> dict[str, str]:
        """The local variables of a frame, as ``@sensitive_variables`` allows."""
        shown = [each for each in _FILTER.get_traceback_frame_variables(None, frame) if _is_telling(*each)]
        rest, self.left = max(self.left - MOST_OF_A_FRAME, 0), min(self.left, MOST_OF_A_FRAME)
        told = {name: self.told(name, value) for name, value in shown[:MOST_NAMES] if self.left > 0}
        self.left += rest
        return told

    def told(self, name: str, value: Any) -> str:
        """One variable."""
        if value is _FILTER.cleansed_substitute or is_secret(name):
            return HIDDEN
        return _cut(self._written(value, 0, ()))

    def _written(self, value: Any, depth: int, inside: tuple[int, ...]) -> str:
        self.left -= 1
        kind = type(value)
        if kind is str:
            return (
                repr(value[:LONGEST])
                if len(value) <= LONGEST
                else f"{value[:LONGEST]!r}… ({len(value)} characters)"
            )
        if kind in (bytes, bytearray, memoryview):
            return f"<{len(value)} bytes>"
        if kind in _PLAIN_TYPES:
            return _plain(value)
        if issubclass(kind, type):  # not isinstance(): that asks the value what it says it is
            return f"<class {_name(value)}>"
        if depth >= DEEPEST or id(value) in inside or self.left <= 0:
            return f"<{_name(kind)} …>"
        return self._looked_into(value, depth + 1, (*inside, id(value)))

    def _looked_into(self, value: Any, depth: int, inside: tuple[int, ...]) -> str:
        kind = type(value)
        if kind is dict:
            pairs = (f"{_key(key)}: {self._held(key, each, depth, inside)}" for key, each in _pairs(value))
            return "{" + _some(pairs, len(value)) + "}"
        if kind in _BRACKETS:
            opening, closing = _BRACKETS[kind]
            items = (self._written(each, depth, inside) for each in _items(value))
            return opening + _some(items, len(value)) + closing
        if issubclass(kind, models.Model):
            return f"<{_name(kind)} {_kept(value).get(kind._meta.pk.attname)}>"
        if issubclass(kind, models.QuerySet):
            return f"<{_name(kind)} of {_name(_kept(value)['model'])}>"
        if issubclass(kind, enum.Enum):
            return f"{_name(kind)}.{_kept(value).get('_name_')}"
        if kind is types.ModuleType:
            return "<module>"
        if kind in _CALLABLE:
            return f"<function {value.__qualname__}>"
        return self._object(value, depth, inside)

    def _object(self, value: Any, depth: int, inside: tuple[int, ...]) -> str:
        kind = type(value)
        if issubclass(kind, BaseException):
            held: Mapping[str, Any] = {"args": object.__getattribute__(value, "args")}
        elif issubclass(kind, tuple) and hasattr(kind, "_fields"):
            held = dict(zip(kind._fields, tuple.__iter__(value), strict=False))
        else:
            held = _attributes(value)
        if not held:
            return f"<{_name(kind)}>"
        pairs = (f"{name}={self._held(name, each, depth, inside)}" for name, each in _pairs(held))
        return f"<{_name(kind)} {_some(pairs, len(held))}>"

    def _held(self, name: Any, value: Any, depth: int, inside: tuple[int, ...]) -> str:
        return HIDDEN if type(name) is str and is_secret(name) else self._written(value, depth, inside)


def _is_telling(name: str, value: Any) -> bool:
    """What a module has imported and defined, the frame of a module would tell of at length."""
    return not (
        name.startswith("__")
        or type(value) in (types.ModuleType, *_CALLABLE)
        or issubclass(type(value), type)
    )


class _AlwaysActive(SafeExceptionReporterFilter):
    """Django's own, which knows what ``@sensitive_variables`` hides; it holds on a developer's machine as well."""

    def is_active(self, request: Any) -> bool:
        return True

    def cleanse_special_types(self, request: Any, value: Any) -> Any:
        return value


_FILTER = _AlwaysActive()


def _attributes(value: Any) -> Mapping[str, Any]:
    """What an object keeps under names that are no secret of its class."""
    hidden: set[str] = set()
    if isinstance(type(value).__dict__.get("__dataclass_fields__"), dict):
        hidden = {field.name for field in dataclasses.fields(type(value)) if not field.repr}
    return {
        name: each
        for name, each in islice(_kept(value).items(), MOST_NAMES)
        if type(name) is str and not name.startswith("_") and name not in hidden
    }


def _kept(value: Any) -> Mapping[str, Any]:
    """The attributes of an object, read past any ``__getattribute__`` and property of its class."""
    try:
        held = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return held if type(held) is dict else {}


def _pairs(value: Mapping[Any, Any]) -> Iterator[tuple[Any, Any]]:
    return iter(list(islice(value.items(), MOST_ITEMS)))


def _items(value: Any) -> Iterator[Any]:
    return iter(list(islice(value, MOST_ITEMS)))


def _key(key: Any) -> str:
    if type(key) is str:
        return repr(key[:100])
    return _plain(key) if type(key) in _PLAIN_TYPES else f"<{_name(type(key))}>"


def _plain(value: Any) -> str:
    if type(value) is int and value.bit_length() > 2_000:
        return f"<int of {value.bit_length()} bits>"
    return _cut(repr(value) if isinstance(value, _PLAIN) else f"{_name(type(value))}({str(value)!r})")


def _some(items: Iterator[str], count: int) -> str:
    more = [f"… ({count})"] if count > MOST_ITEMS else []
    return ", ".join([*items, *more])


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST + 50 else f"{text[:LONGEST]}…"


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}" if kind.__module__ != "builtins" else kind.__qualname__
