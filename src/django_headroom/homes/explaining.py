"""Where a model's rows are, and who says so, in a few lines for a person."""

from django.apps import apps
from django.conf import settings
from django.db.models import Model

from django_headroom.conf import EVERYWHERE, PARTITIONED, headroom
from django_headroom.homes.map import declared, home_of, in_words, lives_in


def explain(what: str | type[Model]) -> str:
    """Where the rows of a model or an app are read, written and migrated, and why.

    Args:
        what: the model, or its label such as ``"shops.Shop"``, or that of an app.

    Raises:
        LookupError: there is no such model or app.
        UnknownHome: it has no home.

    >>> print(explain("people.Person"))
    people.Person lives in 'people': HEADROOM['HOMES'] has 'people' for the app people.
    It is read in people, written in people, migrated in people.
    """
    model = _model(what)
    if model is None:
        return _said_of(str(what), f"the app {what}", str(what))
    meta, home = model._meta, home_of(model)
    by = f"the model {meta.label}" if meta.label_lower in declared() else f"the app {meta.app_label}"
    lines = [_said_of(meta.label, by, model)]
    if home == PARTITIONED:
        key = getattr(model, "partition_key", None)
        lines.append(
            f"Its tenant decides: {key}, by the directory {headroom().directory or '(none is set)'}."
            if key
            else "It is not Partitioned, so nothing tells its tenant: name a database with using()."
        )
    if home == EVERYWHERE:
        lines.append("A query on it names its database with using().")
    return "\n".join(lines)


def explain_all() -> str:
    """What ``explain`` says of each line of the map."""
    return "\n\n".join(explain(name) for name in declared())


def _model(what: str | type[Model]) -> type[Model] | None:
    """The model that is meant; None for an app."""
    if not isinstance(what, str):
        return what
    if what.count(".") == 1:
        return apps.get_model(what)
    if what not in declared() and what not in {app.label for app in apps.get_app_configs()}:
        raise LookupError(f"{what!r} names no model: write its app and name, such as 'shops.Shop'.")
    return None


def _said_of(name: str, by: str, what: str | type[Model]) -> str:
    home = home_of(what)
    places = [alias for alias in settings.DATABASES if lives_in(what, alias)]
    copies = [copy for alias in places for copy in headroom().replicas.get(alias, ())]
    many = "one of " if home in (PARTITIONED, EVERYWHERE) else ""
    read, written = ", ".join(places + copies), ", ".join(places)
    return (
        f"{name} lives in {in_words(home)}: HEADROOM['HOMES'] has {home!r} for {by}.\n"
        f"It is read in {many}{read}, written in {many}{written}, migrated in {written}."
    )
