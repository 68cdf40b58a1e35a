"""Which database an application lives in (vertical partitioning): one declared map, and no silent default."""

from django.core.exceptions import ImproperlyConfigured

from django_headroom.conf import EVERYWHERE, PARTITIONED, headroom


class UnknownHome(ImproperlyConfigured):
    """An app label that stands nowhere in ``HEADROOM["HOMES"]``."""


def home_of(app_label: str) -> str:
    """The home of an app: a database alias, or PARTITIONED, or EVERYWHERE.

    Raises:
        UnknownHome: the label is not in the map; a forgotten app never lands silently in ``default``.

    >>> home_of("accounts")
    'default'
    """
    try:
        return headroom().homes[app_label]
    except KeyError:
        raise UnknownHome(
            f"The app {app_label!r} has no home: add it to HEADROOM['HOMES'], with a database alias, "
            f"{PARTITIONED!r} or {EVERYWHERE!r}."
        ) from None


def lives_in(app_label: str, alias: str) -> bool:
    """Whether the tables of an app stand in the database ``alias``; never in a replica, which copies them."""
    if primary_of(alias) != alias:
        return False
    home = home_of(app_label)
    if home == EVERYWHERE:
        return True
    if home == PARTITIONED:
        return alias in headroom().slots
    return alias == home


def primary_of(alias: str) -> str:
    """The alias to write to: the primary's, for a replica; any other alias is its own.

    >>> primary_of("p1_replica")
    'p1'
    """
    return next((primary for primary, copies in headroom().replicas.items() if alias in copies), alias)
