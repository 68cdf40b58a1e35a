"""What an identity map knows of one row: its object, and what each column was when the database was last asked."""

import weakref
from collections.abc import Collection
from copy import deepcopy
from typing import Any

from django.db import models

_NEVER = object()
_CHANGE_IN_PLACE = frozenset({list, dict, set})


class Conflict(Exception):
    """A column that somebody else has written while a change of it was not saved here; the change was kept."""

    def __init__(self, row: models.Model, column: str, mine: Any, theirs: Any) -> None:
        super().__init__(
            f"{type(row).__name__} {row.pk}: {column} is {theirs!r} in the database by now, and {mine!r} here, not "
            f"saved: save it to overwrite theirs, or take theirs with refresh_from_db()."
        )
        self.model, self.pk, self.column, self.mine, self.theirs = type(row), row.pk, column, mine, theirs


class Kept:
    """What is known of one row: its object, and what each column was when the database was last asked."""

    __slots__ = ("at_primary", "columns", "expired", "row", "sure")

    def __init__(self, row: weakref.ref[models.Model], told: dict[str, Any], at_primary: bool) -> None:
        self.row = row
        self.columns = told
        if not _CHANGE_IN_PLACE.isdisjoint(map(type, told.values())):
            self.columns = {name: still(value) for name, value in told.items()}
        self.at_primary = at_primary  # then a copy that lags tells nothing new
        self.sure = True  # nothing was written past the object
        self.expired: set[str] = set()

    def merge(self, row: models.Model, told: dict[str, Any], at_primary: bool) -> Conflict | None:
        """Take over what a row's columns are by now, but for those with an unsaved change."""
        if told == self.columns:  # nobody else has written anything
            self.sure = self.sure or at_primary or not self.at_primary
            self.at_primary = self.at_primary or at_primary
            return None
        fill_only, conflict = self.at_primary and not at_primary, None
        for name, value in told.items():
            mine, was = row.__dict__.get(name, _NEVER), self.columns.get(name, _NEVER)
            if mine is not _NEVER and fill_only:
                continue
            if mine is _NEVER or (mine == was and mine != value):
                setattr(row, name, value)
            elif was is not _NEVER and value not in (was, mine):
                conflict = Conflict(row, name, mine, value)
            self.columns[name] = still(value)
        self.expired -= told.keys()
        self.sure = self.sure or (not fill_only and len(told) == len(row._meta.concrete_fields))
        self.at_primary = self.at_primary or at_primary
        return conflict

    def expire(self, row: models.Model, names: Collection[str]) -> None:
        """Have columns read again when they are next asked for."""
        self.sure = False
        for field in row._meta.concrete_fields:
            if field.attname in names and not field.primary_key:
                row.__dict__.pop(field.attname, None)
                row._state.fields_cache.pop(field.name, None)
                self.columns.pop(field.attname, None)
                self.expired.add(field.attname)


def still(value: Any) -> Any:
    """A value as it is now, also if somebody changes it in place."""
    return deepcopy(value) if type(value) in _CHANGE_IN_PLACE else value
