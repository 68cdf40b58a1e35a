"""Refused at start-up: a partitioned model without a partition key, or with nobody who knows where its tenants are."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core import checks
from django.core.exceptions import FieldDoesNotExist

from django_headroom.conf import PARTITIONED, headroom
from django_headroom.homes import UnknownHome, home_of
from django_headroom.homes.map import in_words
from django_headroom.partitions.rows import Partitioned


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
    if key.null:
        yield checks.Error(
            f"The partition key {label}.{key.name} may be null: such a row would be nobody's.",
            hint="Take null=True away.",
            obj=model,
            id="headroom.E009",
        )
