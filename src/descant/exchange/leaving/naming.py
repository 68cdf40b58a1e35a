"""By which id a row is known outside: the one it came with, else its own; no two rows of a forum by the same."""

from collections.abc import Iterable
from typing import Any

from descant.forums.models import Forum

# Added to the id of a row where another row came with that number: no service counts so far.
BEYOND = 10**18


def outer_ids(alias: str, forum: Forum, model: type[Any], keys: Iterable[int], source: str) -> dict[int, str]:
    """The ids of rows in a file of the format of ``source``.

    A row that came from this very service has the id that it had there. Of another service's, and of another site's of
    ours, a number is kept, for links may name it. Every other row has its own.
    """
    asked = model.objects.using(alias).filter(pk__in=set(keys)).values_list("pk", "source", "source_id")
    found: dict[int, tuple[str, str]] = {pk: (came, own or "") for pk, came, own in asked}
    wanted = {
        pk: own if own and (came == source or own.isdecimal()) else str(pk)
        for pk, (came, own) in found.items()
    }
    holders = _holders(alias, forum, model, set(wanted.values()), source)
    return {
        pk: number if holders.get(number, pk) == pk else str(BEYOND + pk) for pk, number in wanted.items()
    }


def _holders(alias: str, forum: Forum, model: type[Any], numbers: set[str], source: str) -> dict[str, int]:
    """Which row has a number, of those that came with it: the format's own service goes first."""
    came = model.objects.using(alias).filter(forum_id=forum.pk, source_id__in=numbers)
    told = sorted(
        came.values_list("source", "source_id", "pk"), key=lambda each: (each[0] != source, each[0], each[2])
    )
    holders: dict[str, int] = {}
    for _, number, pk in told:
        holders.setdefault(number, pk)
    return holders
