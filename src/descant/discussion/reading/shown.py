"""Reading what a forum shows: from a copy of its partition, but from none that may not know what was hidden since."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from descant.discussion.models import Comment, Thread
from descant.discussion.reading import marks
from descant.forums.models import Forum
from django_headroom import replicas

Found = TypeVar("Found")


def read_shown(
    forum: Forum, reading: Callable[[str], Found], *, enough: Callable[[Found], bool] | None = None
) -> Found:
    """Call ``reading(alias)`` with a copy of the forum's partition, which gives comments to be shown.

    What this machine has hidden is hidden in it; what another has, as soon as its replicas know.

    Args:
        enough: as for ``replicas.read``.
    """

    def heard_of_all() -> bool:
        return marks.hides_what_is_hidden(forum.pk)

    def reading_it(alias: str) -> Found | None:
        return reading(alias) if alias == forum.partition or heard_of_all() else None

    def is_enough(found: Found | None) -> bool:  # asked again: something may have been hidden meanwhile
        return found is not None and heard_of_all() and (enough is None or enough(found))

    return cast(Found, replicas.read(forum.partition, reading_it, enough=is_enough))


def comments_in(thread: Thread | int, alias: str) -> Any:
    """The comments of a thread of this copy, asked for by nothing else.

    Beside its forum SQLite, which keeps no statistics, would walk all comments of the forum by the index of that.
    """
    return Comment.objects.using(alias).filter(thread=thread)
