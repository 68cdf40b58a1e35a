"""The join no database can do: a column that points into another database, and ``attach()`` that follows it.

From the talk's "Pythonic joins" (slides 17 and 18): collect the keys, ask once, hand the rows out.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NoReturn

from django.apps import apps
from django.db import models

CHUNK = 999  # what SQLite takes in one query


class NotAttached(Exception):
    """A far row that was read before ``attach()`` fetched it: this would have been one query per row.

    No ``AttributeError``, which templates and ``hasattr`` swallow.
    """


class CrossPartitionJoin(Exception):
    """A look-up that would join tables of two databases; no database can, and Django would answer with nothing."""


class FarKey(models.BigIntegerField):  # type: ignore[type-arg]  # not generic when it runs
    """A key of a row in another database: a plain number there, the row itself once attached.

    ``author = FarKey("accounts.User")`` gives ``comment.author_id``, and ``comment.author`` after
    ``attach([comment], "author")``.
    """

    def __init__(self, to: str, **options: Any) -> None:
        self.to = to
        super().__init__(**options)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, positional, options = super().deconstruct()
        return name, path, [self.to, *positional], options

    def get_attname(self) -> str:
        return f"{self.name}_id"

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, name, _FarRow(self))

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(value.pk if isinstance(value, models.Model) else value)

    def get_transform(self, lookup_name: str) -> NoReturn:
        raise CrossPartitionJoin(
            f"{self.model.__name__}.{self.name}__{lookup_name} would join {self.model.__name__} with {self.to}, "
            f"which lives in another database: ask {self.to} for its keys first, then filter by {self.attname}."
        )

    def target(self) -> type[models.Model]:
        """The model at the far end."""
        return apps.get_model(self.to)


class _FarRow(property):
    """What ``comment.author`` is: the attached row, or a refusal that names the cure."""

    def __init__(self, key: FarKey) -> None:
        super().__init__(self._read, self._write)
        self.key = key

    def _read(self, row: models.Model) -> models.Model | None:
        if getattr(row, self.key.attname) is None:
            return None
        if not _is_attached(row, self.key):
            raise NotAttached(
                f"{type(row).__name__}.{self.key.name} is not attached: "
                f"call attach(rows, {self.key.name!r}) on the whole list first."
            )
        found: models.Model | None = row._state.fields_cache[self.key.name]
        if found is None:
            target: Any = self.key.target()
            raise target.DoesNotExist(f"There is no {self.key.to} {getattr(row, self.key.attname)} any more.")
        return found

    def _write(self, row: models.Model, far: models.Model | int | None) -> None:
        if not isinstance(far, models.Model):  # a bare key, as fixtures have it
            setattr(row, self.key.attname, far)
            row._state.fields_cache.pop(self.key.name, None)
            return
        if not isinstance(far, self.key.target()) or far.pk is None:
            raise ValueError(
                f"{type(row).__name__}.{self.key.name} takes a saved {self.key.to}, not {far!r}."
            )
        setattr(row, self.key.attname, far.pk)
        row._state.fields_cache[self.key.name] = far


def attach(rows: Iterable[Any], *names: str) -> list[Any]:
    """Fetch the far rows of a list: one query per name and 999 keys, however many databases the list is from.

    Args:
        rows: objects with far keys; a generator will do, and the order is kept.
        names: names of far keys, as ``"author"``; ``"thread.forum"`` follows a loaded relation first.

    Returns:
        The rows, each with its far rows; equal keys share one object. A row that is missing at the far end
        raises ``DoesNotExist`` of its class when it is read.

    Raises:
        NotAttached: a relation on the way is not loaded, so following it would cost a query per row.
        TypeError: the name is no far key.

    >>> attach(Comment.objects.of(gazette)[:25], "author")
    """
    found = list(rows)
    for name in names:
        *steps, last = name.split(".")
        holders = list(_follow(found, steps))
        _attach_one(holders, last)
    return found


def _follow(rows: Iterable[Any], steps: Sequence[str]) -> Iterator[Any]:
    for row in rows:
        for step in steps:
            row = _loaded(row, step)
            if row is None:
                break
        else:
            yield row


def _loaded(row: Any, step: str) -> Any:
    field = row._meta.get_field(step)
    if step not in row._state.fields_cache and getattr(row, field.attname, None) is not None:
        cure = "attach it first" if isinstance(field, FarKey) else f"use select_related({step!r})"
        raise NotAttached(f"{type(row).__name__}.{step} is not loaded: {cure}, else each row costs a query.")
    return getattr(row, step)


def _attach_one(rows: Sequence[Any], name: str) -> None:
    waiting: dict[str, list[tuple[Any, FarKey]]] = defaultdict(list)
    for row in rows:
        field = row._meta.get_field(name)
        if not isinstance(field, FarKey):
            raise TypeError(f"{type(row).__name__}.{name} is no far key: select_related({name!r}) joins it.")
        if not _is_attached(row, field):
            waiting[field.to].append((row, field))
    for to, pairs in waiting.items():
        far = _fetch(apps.get_model(to), {_key(row, field) for row, field in pairs} - {None})
        for row, field in pairs:
            row._state.fields_cache[name] = far.get(_key(row, field))


def _fetch(model: type[models.Model], keys: set[Any]) -> dict[Any, models.Model]:
    far: dict[Any, models.Model] = {}
    walk = iter(sorted(keys))
    while chunk := list(islice(walk, CHUNK)):
        far.update(model._base_manager.in_bulk(chunk))
    return far


def _is_attached(row: Any, field: FarKey) -> bool:
    """Whether the far row was fetched, and the key still is the one it was fetched for."""
    if field.name not in row._state.fields_cache:
        return False
    found = row._state.fields_cache[field.name]
    return found is None or found.pk == _key(row, field)


def _key(row: Any, field: FarKey) -> Any:
    return field.to_python(getattr(row, field.attname))
