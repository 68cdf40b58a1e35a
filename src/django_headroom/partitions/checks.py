"""Refused at start-up: partitioned models whose tenants nobody knows, or whose keys might meet or lead to another's."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.core import checks
from django.core.exceptions import FieldDoesNotExist
from django.db.models import F, UniqueConstraint

from django_headroom.conf import PARTITIONED, headroom
from django_headroom.homes import UnknownHome, home_of
from django_headroom.homes.map import in_words
from django_headroom.ids import SteppingAutoField
from django_headroom.partitions.rows import Partitioned
from django_headroom.partitions.ties import SameTenant


@checks.register("headroom")
def check_partitions(app_configs: Any = None, **_: Any) -> list[checks.CheckMessage]:
    """What Django's ``check`` says of the partitioned models.

    Args:
        app_configs: the apps whose models are looked at; by default all.
    """
    every = [model for app in app_configs or apps.get_app_configs() for model in app.get_models()]
    models: list[Any] = [model for model in every if issubclass(model, Partitioned)]
    found: list[checks.CheckMessage] = [fault for model in models for fault in _of_model(model)]
    if models and not headroom().directory:
        found.append(
            checks.Error(
                "There are partitioned models, and HEADROOM['DIRECTORY'] is not set: no tenant can be found by its id.",
                hint="Name a Directory, or a function (tenant_id) -> alias.",
                id="headroom.E010",
            )
        )
    return found


def _of_model(model: type[Partitioned]) -> Iterator[checks.Error]:
    label = model._meta.label
    try:
        home = home_of(model)
    except UnknownHome:
        return  # check_homes speaks of it
    if home != PARTITIONED:
        yield checks.Error(
            f"{label} is Partitioned, and HEADROOM['HOMES'] says that it lives in {in_words(home)}.",
            hint=f"Give it the home {PARTITIONED!r}, or let it inherit from models.Model.",
            obj=model,
            id="headroom.E008",
        )
    try:
        key = model._meta.get_field(model.partition_key)
    except FieldDoesNotExist:
        yield checks.Error(
            f"{label} has no field {model.partition_key!r}, which its partition_key names.",
            hint="Set partition_key to the column that holds the tenant's id, as in 'shop_id'.",
            obj=model,
            id="headroom.E009",
        )
        return
    if not model._meta.proxy:
        yield from _of_unique_keys(model)
        yield from _of_ties(model)
    if key.null:
        yield checks.Error(
            f"The partition key {label}.{key.name} may be null: such a row would be nobody's.",
            hint="Take null=True away.",
            obj=model,
            id="headroom.E009",
        )


def _of_unique_keys(model: type[Partitioned]) -> Iterator[checks.Error]:
    """A key without the tenant may be given twice, in two partitions, and then these tenants can never live together.

    A row of the same tenant in the key will do as well, for no other tenant has it.
    """
    whose = {model.partition_key, model._meta.get_field(model.partition_key).name, *_kept_ties(model)}
    for name, fields in _unique_keys(model):
        if not whose & set(fields) and name not in model.kept_otherwise:
            yield checks.Error(
                f"The unique key {name!r} of {model._meta.label} holds no {model.partition_key}: two tenants may have "
                f"the same in two partitions, and can then never move together.",
                hint=f"Begin it with {model.partition_key!r}, or say in kept_otherwise why it is unique everywhere.",
                obj=model,
                id="headroom.E011",
            )


def _unique_keys(model: type[Partitioned]) -> Iterator[tuple[str, list[str]]]:
    for field in model._meta.local_concrete_fields:
        if field.unique and not isinstance(
            field, SteppingAutoField
        ):  # its ids are unique over all partitions
            yield field.name, [field.name]
    for together in model._meta.unique_together:
        yield "unique_together", list(together)
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield constraint.name, [*constraint.fields, *_named_in(constraint.expressions)]


def _named_in(expressions: Iterable[Any]) -> Iterator[str]:
    for each in expressions:
        if isinstance(each, F):
            yield str(each.name)  # type: ignore[attr-defined]
        else:
            yield from _named_in(each.get_source_expressions())


def _of_ties(model: type[Partitioned]) -> Iterator[checks.Error]:
    kept = _kept_ties(model)
    for field in model._meta.local_concrete_fields:
        target: Any = field.related_model if field.many_to_one or field.one_to_one else None
        if not hasattr(target, "partition_key") or field.name in model.kept_otherwise:
            continue
        key = target._meta.get_field(target.partition_key).name
        if field.name not in kept:
            yield checks.Error(
                f"{model._meta.label}.{field.name} may lead to a row of another tenant: the database keeps "
                f"its key alone.",
                hint=f"db_constraint=False, and SameTenant({key!r}, {field.name!r}, name=…) among the constraints; or "
                f"say in kept_otherwise why it need not be kept.",
                obj=model,
                id="headroom.E012",
            )
        elif {key, target._meta.pk.name} not in [set(fields) for _name, fields in _unique_keys(target)]:
            yield checks.Error(
                f"{model._meta.label}.{field.name} is kept with its tenant, and {target._meta.label} has no unique key "
                f"of {key!r} and {target._meta.pk.name!r} that it could lead to.",
                hint=f"UniqueConstraint(fields=[{key!r}, {target._meta.pk.name!r}], name=…), in a migration before.",
                obj=model,
                id="headroom.E012",
            )


def _kept_ties(model: type[Partitioned]) -> set[str]:
    return {each.tie for each in model._meta.constraints if isinstance(each, SameTenant)}
