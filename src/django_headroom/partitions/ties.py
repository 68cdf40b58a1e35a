"""Ties of a row: what it points to is its own tenant's, refused here and kept by the database."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from django_headroom.partitions.tenants import AnotherTenant


class SameTenant(models.BaseConstraint):
    """The row that a foreign key leads to has the same tenant: the database keeps both columns as one key.

    It stands in the stead of the foreign key's own constraint, so that one says ``db_constraint=False``; and the table
    that it leads to has a unique key of its tenant and its primary key.

    Args:
        key: the field that holds the tenant, of the same name in both models.
        tie: the foreign key.
        name: of the constraint.

    >>> class Meta:
    ...     constraints = [SameTenant("shop", "sale", name="line_of_own_sale")]
    """

    def __init__(self, key: str, tie: str, *, name: str, **options: Any) -> None:
        super().__init__(name=name, **options)
        self.key, self.tie = key, tie

    def constraint_sql(self, model: Any, schema_editor: Any) -> str:
        """The constraint as it stands in ``CREATE TABLE``."""
        field, quoted = model._meta.get_field(self.tie), schema_editor.quote_name
        target = field.remote_field.model._meta
        ours = [quoted(each.column) for each in (model._meta.get_field(self.key), field)]
        theirs = [quoted(each.column) for each in (target.get_field(self.key), field.target_field)]
        deferred = schema_editor.connection.features.can_defer_constraint_checks
        return (
            f"CONSTRAINT {quoted(self.name)} FOREIGN KEY ({', '.join(ours)}) REFERENCES {quoted(target.db_table)} "
            f"({', '.join(theirs)}){' DEFERRABLE INITIALLY DEFERRED' if deferred else ''}"
        )

    def create_sql(self, model: Any, schema_editor: Any) -> str:
        """The statement that adds the constraint; on SQLite Django makes the table anew instead."""
        table = schema_editor.quote_name(model._meta.db_table)
        return f"ALTER TABLE {table} ADD {self.constraint_sql(model, schema_editor)}"

    def remove_sql(self, model: Any, schema_editor: Any) -> str:
        """The statement that takes it away."""
        table, name = schema_editor.quote_name(model._meta.db_table), schema_editor.quote_name(self.name)
        return f"ALTER TABLE {table} DROP CONSTRAINT {name}"

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: str = "default") -> None:
        """As Django asks of a constraint: whether a row that is not written yet would be refused.

        Raises:
            ValidationError: it would.
        """
        field = model._meta.get_field(self.tie)
        key, whose = (
            getattr(instance, field.attname),
            getattr(instance, model._meta.get_field(self.key).attname),
        )
        if key is None or {self.key, self.tie} & set(exclude or ()):
            return
        there = field.remote_field.model._base_manager.using(using)
        if not there.filter(**{field.target_field.name: key, self.key: whose}).exists():
            raise ValidationError(self.get_violation_error_message(), code=self.violation_error_code)

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """How a migration writes it down."""
        _path, _none, named = super().deconstruct()
        return "django_headroom.partitions.SameTenant", (self.key, self.tie), named

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SameTenant) and self.deconstruct() == other.deconstruct()

    __hash__ = None  # type: ignore[assignment]


def check_ties(row: Any) -> None:
    """Refuse a row that is tied to a loaded row of somebody else.

    Raises:
        AnotherTenant: it is.
    """
    key, whose = row.partition_key, getattr(row, row.partition_key)
    for field in row._meta.concrete_fields:
        tied = row._state.fields_cache.get(field.name) if field.is_relation else None
        if whose is not None and int(getattr(tied, key, None) or whose) != int(whose):
            raise AnotherTenant(
                f"This {type(row).__name__} has {key} {whose}, and its {field.name} is of {getattr(tied, key)}: "
                f"tie it to a row of its own tenant."
            )
