"""The digest: which kinds are new or have come back since the last one, as one letter, never one for each error."""

from dataclasses import dataclass

from django_headroom.operations.errors.models import Group, State
from django_headroom.operations.errors.storing import store_at
from django_headroom.transactions import writing

MOST_NAMED = 20


@dataclass(frozen=True)
class Digest:
    """The kinds to tell of: the first twenty of them, and how many they are."""

    groups: list[Group]
    new: int
    regressed: int


def take_digest() -> Digest | None:
    """What nobody was told of yet; it counts as told from now on, so that two who ask do not both tell it.

    Returns:
        None if there is no news.
    """
    with writing(store_at()) as alias:
        untold = Group.objects.using(alias).untold()
        found = list(untold.select_for_update().order_by("-count", "pk"))
        if not found:
            return None
        Group.objects.using(alias).filter(pk__in=[each.pk for each in found]).update(is_told=True)
    regressed = sum(each.state == State.REGRESSED for each in found)
    return Digest(found[:MOST_NAMED], len(found) - regressed, regressed)


def give_back(digest: Digest) -> None:
    """A letter that could not be sent: its kinds come into the next one."""
    keys = [each.pk for each in digest.groups]
    Group.objects.using(store_at()).filter(pk__in=keys).update(is_told=False)
