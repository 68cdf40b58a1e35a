"""``FarKey``: a column that points into another database; a number there, the row itself once attached."""

from collections.abc import Sequence
from typing import Any, NoReturn

from django.apps import apps
from django.db import models

from django_headroom.homes import CrossPartitionJoin


class NotAttached(Exception):
    """A far row that was read before ``attach()`` fetched it: this would have been one query per row.

    No ``AttributeError``, which templates and ``hasattr`` swallow.
    """


class FarKey(models.BigIntegerField):  # type: ignore[type-arg]  # not generic when it runs
    """A key of a row in another database: a plain number there, the row itself once attached.

    ``author = FarKey("accounts.User")`` gives ``comment.author_id``, and ``comment.author`` after
    ``attach([comment], "author")``.
    """

    def __init__(self, to: str, **options: Any) -> None:
        self.to = to
        super().__init__(**options)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _, positional, options = super().deconstruct()
        return name, "django_headroom.joins.FarKey", [self.to, *positional], options

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

    def refuse_join(self, how: str) -> NoReturn:
        """Refuse what would follow the key in the database, such as ``select_related``."""
        raise CrossPartitionJoin(
            f"{how} would join {self.model.__name__} with {self.to}, which lives in another database: "
            f"call attach(rows, {self.name!r}) on the list."
        )

    def target(self) -> type[models.Model]:
        """The model at the far end."""
        return apps.get_model(self.to)


class Tombstone:
    """What stands where a far row was: false, with the ``pk`` it had; reading anything else raises ``DoesNotExist``.

    Django's templates show that as nothing.
    """

    def __init__(self, model: type[models.Model], pk: Any) -> None:
        self.model = model
        self.pk = pk

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return f"{self.model._meta.label} {self.pk}"

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # Python's own questions, as copying asks them
            raise AttributeError(name)
        model: Any = self.model
        raise model.DoesNotExist(f"There is no {self} any more.")


class _Gone(Tombstone):
    """Raises already when the far key is read."""


class _Nobody(Tombstone):
    """Is read as None."""


STANDS_FOR: dict[str, type[Tombstone]] = {"raise": _Gone, "none": _Nobody, "tombstone": Tombstone}


class _FarRow(property):
    """What ``comment.author`` is: the attached row, or a refusal that names the cure."""

    def __init__(self, key: FarKey) -> None:
        super().__init__(self._read, self._write)
        self.key = key

    def _read(self, row: models.Model) -> Any:
        key = getattr(row, self.key.attname)
        if key is None:
            return None
        found = row._state.fields_cache.get(self.key.name)
        if found is None or (found.pk != key and found.pk != self.key.to_python(key)):
            raise NotAttached(
                f"{type(row).__name__}.{self.key.name} is not attached: "
                f"call attach(rows, {self.key.name!r}) on the whole list first."
            )
        if isinstance(found, _Gone):
            raise found.model.DoesNotExist(f"There is no {found} any more.")  # type: ignore[attr-defined]
        return None if isinstance(found, _Nobody) else found

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
