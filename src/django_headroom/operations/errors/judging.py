"""What people do with a kind of errors: seen, resolved, ignored for a while, open again."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from django_headroom.operations.errors.models import Group, State
from django_headroom.operations.errors.storing import store_at


class NotIgnoredForever(Exception):
    """A time until which to ignore that is over already, or none."""


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


def ignore(groups: list[int], *, until: datetime) -> int:
    """Say nothing of these kinds until then; they are counted all the same.

    Raises:
        NotIgnoredForever: that is over.
    """
    if until <= timezone.now():
        raise NotIgnoredForever("Ignore it until a time that is still to come.")
    return _change(
        groups,
        (State.NEW, State.REGRESSED, State.SEEN, State.IGNORED),
        state=State.IGNORED,
        ignored_until=until,
    )


def reopen(groups: list[int]) -> int:
    """Take back that these kinds are resolved or ignored."""
    return _change(groups, (State.RESOLVED, State.IGNORED), state=State.SEEN)


def _change(groups: list[int], states: tuple[State, ...], **changes: Any) -> int:
    fresh = {"state_at": timezone.now(), "resolved_in": "", "ignored_until": None, "is_told": True}
    found = Group.objects.using(store_at()).filter(pk__in=groups, state__in=states)
    return int(found.update(**{**fresh, **changes}))
