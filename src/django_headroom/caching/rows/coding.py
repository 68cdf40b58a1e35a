"""How a row is kept: its declared columns as JSON, with a sum over what they are, so that none is misread."""

import json
from collections import namedtuple
from collections.abc import Callable, Sequence
from dataclasses import astuple
from datetime import date, datetime, time
from decimal import Decimal
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

from django.db import models

from django_headroom.replicas.positions import Position

_MAGIC = b"hrR1"
_ROW, _NOTHING, _MARK = b"r", b"n", b"m"
_SCHEMA_BYTES = 8

_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "DateField": date.fromisoformat,
    "DateTimeField": datetime.fromisoformat,
    "DecimalField": Decimal,
    "TimeField": time.fromisoformat,
    "UUIDField": UUID,
}
_AS_IT_IS = {
    "AutoField", "BigAutoField", "BigIntegerField", "BooleanField", "CharField", "FloatField", "IntegerField",
    "PositiveBigIntegerField", "PositiveIntegerField", "PositiveSmallIntegerField", "SlugField", "SmallAutoField",
    "SmallIntegerField", "TextField",
}  # fmt: skip
SECRET_WORDS = ("password", "secret", "token")
OURS = ("django.db.", "django_headroom.")


class NotKeepable(TypeError):
    """A column that cannot, or must not, be kept in a cache."""


class Mark(NamedTuple):
    """In place of a row: it was written; in the log of its database that was before this place."""

    position: Position | None


class Nothing(NamedTuple):
    """In place of a row: there is none."""


class Coding:
    """How the rows of one declaration become bytes, and bytes rows."""

    def __init__(self, model: type[models.Model], columns: Sequence[Any]) -> None:
        self.names = [column.attname for column in columns]
        self._model, self._columns = model, columns
        self._row_type: Any = namedtuple(model.__name__, self.names)  # type: ignore[misc]  # its names are told
        self._from_text = {
            place: _FROM_TEXT[kind] for place, kind in enumerate(map(_kind, columns)) if kind in _FROM_TEXT
        }
        told = [model._meta.label_lower, *((column.attname, _kind(column)) for column in columns)]
        self._schema = blake2b(repr(told).encode(), digest_size=_SCHEMA_BYTES).digest()

    def row(self, values: Sequence[Any]) -> Any:
        """The row that a reader gets."""
        return self._row_type._make(values)

    def pack(self, kept: Any) -> bytes:
        """A row, ``Nothing`` or a ``Mark`` as bytes."""
        if isinstance(kept, Mark):
            return _MAGIC + _MARK + json.dumps(kept.position and astuple(kept.position)).encode()
        if isinstance(kept, Nothing):
            return _MAGIC + _NOTHING
        texts = [
            str(value) if place in self._from_text and value is not None else value
            for place, value in enumerate(kept)
        ]
        return _MAGIC + _ROW + self._schema + json.dumps(texts, separators=(",", ":")).encode()

    def unpack(self, held: bytes) -> Any:
        """What bytes say; None if they are somebody else's, or of a row that has other columns."""
        kind, told = held[4:5], held[5:]
        if held[:4] != _MAGIC:
            return None
        if kind == _NOTHING:
            return Nothing()
        try:
            if kind == _MARK:
                position = json.loads(told)
                return Mark(position and Position(*position))
            if kind == _ROW and told[:_SCHEMA_BYTES] == self._schema:
                values = json.loads(told[_SCHEMA_BYTES:])
                for place, from_text in self._from_text.items():
                    if values[place] is not None:
                        values[place] = from_text(values[place])
                return self.row(values)
        except (ValueError, TypeError, LookupError, ArithmeticError):
            pass
        return None


def check_columns(model: Any, columns: Sequence[Any]) -> None:
    """Refuse columns that cannot be kept, or that somebody has said must not.

    Raises:
        NotKeepable: with the reason, and what to do.
    """
    for column in columns:
        name = f"{model.__name__}.{column.name}"
        kind = column.get_internal_type()
        own = [getattr(type(column), method) for method in ("get_prep_value", "to_python")]
        own += [column.from_db_value] if hasattr(column, "from_db_value") else []
        if column.name in getattr(model, "never_kept", ()):
            raise NotKeepable(f"{name} stands in never_kept of its model: leave it out.")
        if any(word in column.name.lower() for word in SECRET_WORDS):
            raise NotKeepable(f"{name} sounds like a secret, which no cache should hold: leave it out.")
        if not _is_plain(kind) or not all(method.__module__.startswith(OURS) for method in own):
            raise NotKeepable(f"{name} is a {type(column).__name__}, which is no plain value: leave it out.")


def _is_plain(kind: str) -> bool:
    return kind in _AS_IT_IS or kind in _FROM_TEXT or kind in ("ForeignKey", "OneToOneField")


def _kind(column: Any) -> str:
    kind: str = column.get_internal_type()
    return _kind(column.target_field) if kind in ("ForeignKey", "OneToOneField") else kind
