"""Refused at start-up: a home that is not there, an app without one, and whatever would cross between two."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.module_loading import import_string

from django_headroom.conf import EVERYWHERE, PARTITIONED, headroom
from django_headroom.homes.map import UnknownHome, declared, home_of, in_words

# To a router it is an app: Django's database cache calls its table so.
LABELS_WITHOUT_AN_APP = {"django_cache"}


@checks.register("headroom")
def check_homes(app_configs: Any = None, **_: Any) -> list[checks.CheckMessage]:
    """What Django's ``check`` says of the map and of the models; nothing for a project that declares no homes.

    Args:
        app_configs: the apps whose models are looked at; by default all.
    """
    if not declared():
        return []
    faults: list[checks.CheckMessage] = [*_of_the_map(), *_of_routing()]
    for app in app_configs or apps.get_app_configs():
        for model in app.get_models():
            if not _has_home(model):
                faults.append(_homeless(model))
            elif not model._meta.proxy:
                faults += [*_of_relations(model), *_of_defaults(model)]
    return faults


def _of_the_map() -> Iterator[checks.Error]:
    known = {app.label for app in apps.get_app_configs()} | LABELS_WITHOUT_AN_APP
    known |= {model._meta.label_lower for model in apps.get_models(include_auto_created=True)}
    for name in declared():
        if name not in known:
            cure = "Correct the label, install the app, or take the line out."
            yield _error(2, f"HEADROOM['HOMES'] names {name!r}, and there is no such app or model.", cure)
    for where, alias in _aliases():
        if alias not in settings.DATABASES:
            yield _error(
                3,
                f"HEADROOM{where} names the database {alias!r}, and DATABASES has none of that name.",
                f"Name one of {', '.join(settings.DATABASES)}, or add it to DATABASES.",
            )
    if PARTITIONED in declared().values() and not headroom().slots:
        yield _error(
            3,
            "HEADROOM['HOMES'] has partitioned apps, and HEADROOM['SLOTS'] names no partition.",
            "Give each partition a slot, as in {'p1': 1}.",
        )


def _aliases() -> Iterator[tuple[str, str]]:
    for name, home in declared().items():
        if home not in (PARTITIONED, EVERYWHERE):
            yield f"['HOMES'][{name!r}]", home
    for alias in headroom().slots:
        yield "['SLOTS']", alias
    for primary, copies in headroom().replicas.items():
        for alias in (primary, *copies):
            yield "['REPLICAS']", alias


def _of_routing() -> Iterator[checks.Error]:
    named = [import_string(each) if isinstance(each, str) else each for each in settings.DATABASE_ROUTERS]
    if not any(_is_ours(each) for each in named):
        yield _error(
            4,
            "HEADROOM['HOMES'] is written, and no router of DATABASE_ROUTERS reads it: rows go to 'default'.",
            "DATABASE_ROUTERS = ['django_headroom.partitions.Router']",
        )


def _is_ours(router: Any) -> bool:
    kind = router if isinstance(router, type) else type(router)
    return any(base.__module__.startswith("django_headroom.") for base in kind.__mro__)


def _homeless(model: Any) -> checks.Error:
    label = model._meta.app_label
    return _error(
        1,
        f"{model._meta.label} has no home: HEADROOM['HOMES'] does not name {label!r}.",
        f"Add {label!r} with a database alias, {PARTITIONED!r} or {EVERYWHERE!r}.",
        model,
    )


def _of_relations(model: Any) -> Iterator[checks.Error]:
    for field in (*model._meta.local_fields, *model._meta.local_many_to_many):
        target = field.remote_field.model if field.remote_field else None
        if target is None or not _crosses(model, target):
            continue
        name, sides = f"{model._meta.label}.{field.name}", _sides(model, target)
        far = f"Make it a FarKey({target._meta.label!r}) and attach() its rows, or give both one home."
        if field.many_to_many or field.db_constraint:
            kind = "a many-to-many field" if field.many_to_many else "a foreign key"
            yield _error(
                5, f"{name} is {kind} between two homes: {sides}. No database can keep it.", far, field
            )
        elif field.remote_field.on_delete is not models.DO_NOTHING:
            rule = getattr(field.remote_field.on_delete, "__name__", "on_delete")
            yield _error(
                6,
                f"{name} is {rule} between two homes: {sides}. Deleting would look for its rows in the wrong one.",
                f"on_delete=DO_NOTHING, and delete them by a delayed signal. {far}",
                field,
            )


def _of_defaults(model: Any) -> Iterator[checks.Error]:
    for manager in model._meta.managers:
        chosen = manager.get_queryset().query.select_related
        for target in _joined(model, _every(model) if chosen is True else _paths(chosen or {})):
            yield _error(
                7,
                f"{model._meta.label}.{manager.name} has select_related between two homes: {_sides(model, target)}.",
                "Take it out of get_queryset(), and attach() the rows.",
                model,
            )
    orders = [each.lstrip("-").split("__") for each in model._meta.ordering if isinstance(each, str)]
    for target in _joined(model, orders):
        yield _error(
            7,
            f"The Meta.ordering of {model._meta.label} joins two homes: {_sides(model, target)}.",
            "Order by columns of its own.",
            model,
        )


def _every(model: Any) -> list[list[str]]:
    return [[field.name] for field in model._meta.fields if field.remote_field and not field.null]


def _paths(chosen: dict[str, Any]) -> list[list[str]]:
    """``{"shelf": {"room": {}}}``, as Django keeps it, as ``[["shelf", "room"]]``."""
    return [[name, *rest] for name, below in chosen.items() for rest in (_paths(below) or [[]])]


def _joined(model: Any, paths: Iterable[list[str]]) -> Iterator[Any]:
    """The first model on each path that another home has."""
    for path in paths:
        here = model
        for step in path:
            try:
                here = getattr(here._meta.get_field(step).remote_field, "model", None)
            except FieldDoesNotExist:
                break  # Django's own checks speak of it
            if here is None or not _has_home(here):
                break
            if _crosses(model, here):
                yield here
                break


def _crosses(model: Any, target: Any) -> bool:
    if not isinstance(target, type) or not _has_home(target):
        return False
    return home_of(target) not in (home_of(model), EVERYWHERE)


def _sides(model: Any, target: Any) -> str:
    here, there = in_words(home_of(model)), in_words(home_of(target))
    return f"{model._meta.label} lives in {here}, {target._meta.label} in {there}"


def _has_home(model: Any) -> bool:
    try:
        return bool(home_of(model))
    except UnknownHome:
        return False


def _error(number: int, text: str, cure: str, of: Any = None) -> checks.Error:
    return checks.Error(text, hint=cure, obj=of, id=f"headroom.E{number:03}")
