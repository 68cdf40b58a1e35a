"""The declared map: app or model to database, one answer for reading, writing, relating and migrating."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.db.models import Model

from django_headroom.conf import EVERYWHERE, PARTITIONED, headroom


class UnknownHome(ImproperlyConfigured):
    """An app or model that stands nowhere in ``HEADROOM["HOMES"]``."""


def home_of(what: str | type[Model]) -> str:
    """The home of an app or a model: a database alias, or PARTITIONED, or EVERYWHERE.

    Args:
        what: an app's label, a model's (``"shops.Shop"``), or the model itself. A model that the map does not name
            lives with its app; a proxy, or a table of a many-to-many field, with the model it belongs to.

    Raises:
        UnknownHome: the map names neither; a forgotten app never lands silently in ``default``.

    >>> home_of("accounts")
    'default'
    """
    if isinstance(what, str):
        return _home(*what.lower().split(".")) if "." in what else _home(what)
    meta: Any = what._meta
    source: Any = getattr(
        meta, "auto_created", False
    )  # the stand-in of Django's database cache has less than a model
    if source or meta.proxy:
        meta = (source or meta.concrete_model)._meta
    return _home(meta.app_label, meta.model_name)


def lives_in(what: str | type[Model], alias: str) -> bool:
    """Whether tables of an app or a model stand in the database ``alias``; never in a replica, which copies them."""
    if primary_of(alias) != alias:
        return False
    if isinstance(what, str) and "." not in what:
        return any(_is_in(home, alias) for home in _homes_in(what))
    return _is_in(home_of(what), alias)


def primary_of(alias: str) -> str:
    """The alias to write to: the primary's, for a replica; any other alias is its own.

    >>> primary_of("p1_replica")
    'p1'
    """
    return _primaries().get(alias, alias)


def reads_from(what: str | type[Model], alias: str) -> bool:
    """Whether rows of an app or a model can be read in the database ``alias``: its home, or a replica of it."""
    return lives_in(what, primary_of(alias))


def in_words(home: str) -> str:
    """A home as it is said in a message."""
    return {PARTITIONED: "the partitions", EVERYWHERE: "every database"}.get(home, repr(home))


def declared() -> Mapping[str, str]:
    """``HEADROOM["HOMES"]`` with the models' names in lower case, as Django compares them."""
    return _declared()


@cache
def _declared() -> dict[str, str]:
    return {name.lower() if "." in name else name: home for name, home in headroom().homes.items()}


@cache
def _home(app_label: str, model_name: str = "") -> str:
    homes = _declared()
    found = homes.get(f"{app_label.lower()}.{model_name}") or homes.get(app_label)
    if found is None:
        raise UnknownHome(
            f"The app {app_label!r} has no home: add it to HEADROOM['HOMES'], with a database alias, "
            f"{PARTITIONED!r} or {EVERYWHERE!r}."
        )
    return found


def _homes_in(app_label: str) -> set[str]:
    """The homes of an app's models; a migration without a model may be meant for any of them."""
    homes = {home for name, home in _declared().items() if name.split(".")[0] == app_label.lower()}
    return homes | {_declared()[app_label]} if app_label in _declared() else homes or {_home(app_label)}


def _is_in(home: str, alias: str) -> bool:
    if home == PARTITIONED:
        return alias in headroom().slots
    return home in (EVERYWHERE, alias)


@cache
def _primaries() -> dict[str, str]:
    return {copy: primary for primary, copies in headroom().replicas.items() for copy in copies}


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "HEADROOM":
        for each in (_declared, _home, _primaries):
            each.cache_clear()


setting_changed.connect(_forget)
