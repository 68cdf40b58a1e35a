"""What people do with kinds of errors: seen, resolved, ignored for a while, open again; merged and split."""

from datetime import datetime
from typing import Any

from django.db.models import F
from django.db.models.functions import Greatest, Least
from django.utils import timezone

from django_headroom.operations.errors.models import Group, Hour, Merged, Occurrence, State, Touched
from django_headroom.operations.errors.storing import (
    RELEASES_KEPT,
    add_hours,
    drop_spare,
    store_at,
    touch,
)
from django_headroom.transactions import writing


class NotIgnoredForever(Exception):
    """A time until which to ignore that is over already, a number that is none, or neither."""


class NoSuchKind(Exception):
    """A kind of errors that is not there, or that was to be merged into itself."""


def mark_seen(groups: list[int]) -> int:
    """Say that somebody is at these kinds; only what is new or has come back can be seen.

    Returns:
        How many were changed.
    """
    return _change(groups, (State.NEW, State.REGRESSED), state=State.SEEN)


def resolve(groups: list[int], *, release: str = "") -> int:
    """Say that these kinds are mended; one that is counted again has come back.

    Args:
        groups: the keys of the kinds.
        release: in which it is mended: what an older one still does wrong is no news then. ``"next"``: any that
            comes after those that had it. Without one, all that is counted from now on has come back.
    """
    return _change(
        groups,
        (State.NEW, State.REGRESSED, State.SEEN, State.IGNORED),
        state=State.RESOLVED,
        resolved_in=release,
    )


def ignore(groups: list[int], *, until: datetime | None = None, more: int | None = None) -> int:
    """Say nothing of these kinds until then, or until so many more were counted; they are counted all the same.

    Raises:
        NotIgnoredForever: that is over, or is neither a time nor a number.
    """
    is_over = until is not None and until <= timezone.now()
    if is_over or (more is not None and more < 1) or (until is None and more is None):
        raise NotIgnoredForever("Ignore it until a time that is still to come, or a number of more of it.")
    return _change(
        groups,
        (State.NEW, State.REGRESSED, State.SEEN, State.IGNORED),
        state=State.IGNORED,
        ignored_until=until,
        ignored_until_count=None if more is None else F("count") + more,
    )


def reopen(groups: list[int]) -> int:
    """Take back that these kinds are resolved or ignored."""
    return _change(groups, (State.RESOLVED, State.IGNORED), state=State.SEEN)


def merge(groups: list[int], *, into: int) -> int:
    """Say that these kinds are one with another, also whatever is counted of them from now on.

    Returns:
        How many were merged.

    Raises:
        NoSuchKind: there is no kind to merge them into, or it is among them.
    """
    with writing(store_at()) as alias:
        locked = Group.objects.using(alias).select_for_update().filter(pk__in={*groups, into}).order_by("pk")
        found = {each.pk: each for each in locked}
        if into not in found or into in groups:
            raise NoSuchKind(f"There is no other kind of errors {into} to merge into.")
        home = found.pop(into)
        for group in found.values():
            _pour(alias, group, home)
        drop_spare(alias, home)
    return len(found)


def split(merged: list[int]) -> int:
    """Take back that these, rows of ``Merged``, are one with others: what is counted from now on is of its own kind.

    Returns:
        How many were split off; what was counted of them stays where it is.
    """
    gone, _ = Merged.objects.using(store_at()).filter(pk__in=merged).delete()
    return gone


def _pour(alias: str, group: Group, home: Group) -> None:
    add_hours(alias, home, dict(Hour.objects.using(alias).filter(group=group).values_list("hour", "count")))
    for kind in Touched.Kind:
        rows = Touched.objects.using(alias).filter(group=group, kind=kind)
        touch(alias, home, kind, rows.values_list("key", flat=True))
    Occurrence.objects.using(alias).filter(group=group).update(group=home)
    Merged.objects.using(alias).filter(group=group).update(group=home)
    told = {"title": group.title, "culprit": group.culprit}
    Merged.objects.using(alias).create(fingerprint=group.fingerprint, group=home, **told)
    home.releases = [*(each for each in group.releases if each not in home.releases), *home.releases]
    Group.objects.using(alias).filter(pk=home.pk).update(
        count=F("count") + group.count,
        first_at=Least(F("first_at"), group.first_at),
        last_at=Greatest(F("last_at"), group.last_at),
        releases=home.releases[-RELEASES_KEPT:],
    )
    group.delete(using=alias)


def _change(groups: list[int], states: tuple[State, ...], **changes: Any) -> int:
    fresh = {"state_at": timezone.now(), "resolved_in": "", "is_told": True}
    fresh |= {"ignored_until": None, "ignored_until_count": None}
    found = Group.objects.using(store_at()).filter(pk__in=groups, state__in=states)
    return int(found.update(**{**fresh, **changes}))
