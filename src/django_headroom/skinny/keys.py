"""The key by which a table is walked: its columns, the order they make, and the places in it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.db import models
from django.db.models import Q


class WalkRefused(ValueError):
    """A queryset that cannot be walked by its key, or a place in it that is none."""


Place = tuple[Any, ...]


@dataclass(frozen=True)
class Key:
    """Columns that give each row of a table a place of its own."""

    model: type[models.Model]
    names: Sequence[str]
    place_of: Callable[[Any], Place]

    @classmethod
    def of(cls, model: type[models.Model], asked: str | Sequence[str]) -> "Key":
        """Raises: WalkRefused: rows could be left out, as two may have one place, or some none."""
        primary = [field.name for field in model._meta.pk_fields]
        names = [
            each
            for name in ([asked] if isinstance(asked, str) else asked)
            for each in (primary if name == "pk" else [name])
        ]
        fields: list[Any] = [model._meta.get_field(name) for name in names]
        nullable = [field.name for field in fields if field.null]
        if nullable:
            raise WalkRefused(
                f"{model.__name__}.{nullable[0]} may be null, and null has no place in an order."
            )
        if not (set(primary) <= set(names) or any(field.unique for field in fields)):
            raise WalkRefused(
                f"{model.__name__}.{', '.join(names)} is not unique, so rows could be left out: add the primary key, "
                f"as key=({', '.join(map(repr, [*names, *primary]))})."
            )
        read = attrgetter(*(field.attname for field in fields))
        return cls(model, names, read if len(fields) > 1 else lambda row: (read(row),))

    def order(self, reverse: bool) -> list[str]:
        """What ``order_by()`` takes."""
        return [f"-{name}" if reverse else name for name in self.names]

    def place(self, written: Any) -> Place:
        """The place that a token or values say.

        Raises:
            WalkRefused: they say none.
        """
        values: Any = written if isinstance(written, tuple | list) else (written,)
        if isinstance(written, str):
            try:
                values = json.loads(written)
            except json.JSONDecodeError:
                values = ()
        if not isinstance(values, tuple | list) or len(values) != len(self.names):
            raise WalkRefused(
                f"{written!r} is no place in a walk by {', '.join(self.names)}: give a token, or a tuple of as many "
                "values."
            )
        fields: list[Any] = [self.model._meta.get_field(name) for name in self.names]
        return tuple(field.to_python(value) for field, value in zip(fields, values, strict=True))

    def beyond(self, place: Place, reverse: bool, or_equal: str = "") -> Q:
        """Behind a place in the order of the columns: the first differs, or it is equal and the next differs …"""
        side = "lt" if reverse else "gt"
        *before, (last, value) = zip(self.names, place, strict=True)
        beyond = Q(**{f"{last}__{side}{or_equal}": value})
        for name, value in reversed(before):
            beyond = Q(**{f"{name}__{side}": value}) | Q(**{name: value}) & beyond
        if before:  # said once more in a way that an index on the first column understands
            beyond &= Q(**{f"{self.names[0]}__{side}e": place[0]})
        return beyond


def token_of(place: Place) -> str:
    """A place as a text, which ``Key.place`` reads."""
    return json.dumps([each.isoformat() if hasattr(each, "isoformat") else str(each) for each in place])
