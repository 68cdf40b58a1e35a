"""Every write that the toolkit offers is heard here, and the rows it was about are marked after its commit."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import models
from django.db.models.signals import post_delete, post_save

from django_headroom.homes import primary_of
from django_headroom.identity import when_written
from django_headroom.updates.rows import is_returning, returning

Forget = Callable[[Iterable[Any], str], None]

_forgetting: dict[type[models.Model], list[Forget]] = {}


class NotHeard(TypeError):
    """A model with kept rows, whose ``update()`` would leave the old ones in the cache."""


class RowsQuerySet(models.QuerySet[Any]):
    """A queryset whose writes are heard by the rows that are kept of its model.

    >>> class PersonQuerySet(RowsQuerySet, MappedQuerySet): ...
    """

    def update(self, **values: Any) -> int:
        """As Django's; the rows that it changes tell their keys in the same statement."""
        self._for_write = True
        if is_returning(self.db):  # by change(), which tells of its row itself
            return super().update(**values)
        changed: list[Any] = []
        with returning(self.db, [self.model._meta.pk], lambda found: changed.append(found[0])):
            done = super().update(**values)
        _tell(self.model, changed, self.db)
        return done

    def bulk_create(self, objs: Iterable[Any], *args: Any, **options: Any) -> list[Any]:
        """As Django's."""
        rows = super().bulk_create(objs, *args, **options)
        for alias in {row._state.db for row in rows}:
            _tell(self.model, [row.pk for row in rows if row._state.db == alias], alias or self.db)
        return rows


def hear(model: type[models.Model], forget: Forget) -> None:
    """Have the keys of rows that are written told, each with the alias of the primary in which it was.

    Raises:
        NotHeard: the model's manager is not of a ``RowsQuerySet``.
    """
    manager: Any = model._default_manager
    if not issubclass(manager._queryset_class, RowsQuerySet):
        raise NotHeard(
            f"{model.__name__}.{manager.name}.update() would not be heard by the rows that are kept of it: let its "
            f"queryset be a RowsQuerySet."
        )
    if model not in _forgetting:
        _forgetting[model] = []
        post_save.connect(_saved, sender=model, weak=False)
        post_delete.connect(_saved, sender=model, weak=False)
        when_written[model] = _written
    _forgetting[model].append(forget)


def _saved(sender: type[models.Model], instance: models.Model, using: str, **_: Any) -> None:
    _tell(sender, [instance.pk], using)


def _written(row: models.Model) -> None:
    _tell(type(row), [row.pk], row._state.db or "")


def _tell(model: Any, keys: Iterable[Any], alias: str) -> None:
    told = [key for key in keys if key is not None]
    for forget in _forgetting.get(model._meta.concrete_model, ()):
        if told:
            forget(told, primary_of(alias))
