"""``NoBareSave``: models whose existing rows are changed by name, and never saved whole."""

from typing import Any

from django.db import models

from django_headroom.conf import headroom


class BareSave(Exception):
    """``save()`` of a row that is there already, without ``update_fields``: it would undo what others wrote."""


class NoBareSave(models.Model):
    """A model whose rows are changed by name: a bare ``save()`` of an existing one is refused.

    >>> class Forum(NoBareSave):
    ...     title = models.CharField(max_length=200)
    """

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        """As Django's.

        Raises:
            BareSave: see ``refuse_bare_save()``.
        """
        refuse_bare_save(self, *args, **options)
        super().save(*args, **options)


def refuse_bare_save(row: models.Model, *positional: Any, **options: Any) -> None:
    """What a model's ``save()`` asks first, where ``HEADROOM["REFUSE_BARE_SAVE"]`` is on.

    Raises:
        BareSave: the row is there already, or may be, and neither ``update_fields`` nor ``force_insert`` is named.
    """
    told = dict(zip(("force_insert", "force_update", "using", "update_fields"), positional, strict=False))
    told.update(options)
    is_new = row._state.adding and (row.pk is None or row._meta.pk.has_default())
    if is_new or told.get("force_insert") or told.get("update_fields") is not None:
        return
    if headroom().refuse_bare_save:
        name = type(row).__name__
        raise BareSave(
            f"save() would write every column of {name} {row.pk} back as it was read, and undo what others "
            f"wrote since: use change(row, column=value), or save(update_fields=[…]); a new row is made with "
            f"{name}.objects.create() or save(force_insert=True)."
        )
