"""Where a model's rows are, and who says so, in a few lines for a person."""

from django.apps import apps
from django.conf import settings
from django.db.models import Model

from django_headroom.conf import EVERYWHERE, PARTITIONED, headroom
from django_headroom.homes.map import declared, home_of, in_words, lives_in


def explain(model: str | type[Model]) -> str:
    """Where a model is read, written and migrated, and why.

    Args:
        model: the model, or its label such as ``"shops.Shop"``.

    Raises:
        LookupError: there is no such model.
        UnknownHome: it has no home.

    >>> print(explain("people.Person"))
    people.Person lives in 'people': HEADROOM['HOMES'] has 'people' for the app people.
    It is read in people, written in people, migrated in people.
    """
    if isinstance(model, str) and model.count(".") != 1:
        raise LookupError(f"{model!r} names no model: write its app and name, such as 'shops.Shop'.")
    found = apps.get_model(model) if isinstance(model, str) else model
    meta, home = found._meta, home_of(found)
    by = f"the model {meta.label}" if meta.label_lower in declared() else f"the app {meta.app_label}"
    lines = [f"{meta.label} lives in {in_words(home)}: HEADROOM['HOMES'] has {home!r} for {by}."]
    places = [alias for alias in settings.DATABASES if lives_in(found, alias)]
    copies = [copy for alias in places for copy in headroom().replicas.get(alias, ())]
    many = "one of " if home in (PARTITIONED, EVERYWHERE) else ""
    read, written = ", ".join(places + copies), ", ".join(places)
    lines.append(f"It is read in {many}{read}, written in {many}{written}, migrated in {written}.")
    if home == PARTITIONED:
        key = getattr(found, "partition_key", None)
        lines.append(
            f"Its tenant decides: {key}, by the directory {headroom().directory or '(none is set)'}."
            if key
            else "It is not Partitioned, so nothing tells its tenant: name a database with using()."
        )
    if home == EVERYWHERE:
        lines.append("A query on it names its database with using().")
    return "\n".join(lines)
