"""Finding the rows that a request names, within the forum of its key."""

from descant.api.arguments import ThreadName
from descant.discussion.addressing.finding import find_thread
from descant.discussion.models import Thread
from descant.forums.models import Forum


def thread_named(forum: Forum, name: ThreadName, *, using: str = "") -> Thread:
    """The thread that is named.

    Args:
        using: the copy of the forum's partition to ask; by default the primary.

    Raises:
        Thread.DoesNotExist: there is none.
    """
    if name.id is not None:
        found = Thread.objects.of(forum).using(using or forum.partition).filter(pk=name.id).first()
    else:
        found = find_thread(forum, name.page, using=using)
    if found is None:
        raise Thread.DoesNotExist("Invalid argument, 'thread': there is no such thread in this forum.")
    return found
