"""How many comments the threads of some pages have: one query for all."""

from collections.abc import Mapping, Sequence

from descant.discussion.addressing.addresses import PageAddress, digest
from descant.discussion.addressing.finding import find_thread
from descant.discussion.models import Comment, Thread, ThreadAddress
from descant.discussion.reading.shown import comments_in, read_shown
from descant.forums.models import Forum
from django_headroom import replicas
from django_headroom.joins import attach

MOST_RECENT = 50


def count_comments(*, forum: Forum, wanted: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
    """Comments shown, for each (kind, value) of an address; 0 where there is no thread."""
    keys = {each: digest(*each) for each in wanted}

    def reading(alias: str) -> dict[str, int]:
        rows = ThreadAddress.objects.of(forum).using(alias).filter(digest__in=set(keys.values()))
        return dict(rows.values_list("digest", "thread__comments_shown"))

    found = replicas.read(forum.partition, reading)
    return {each: found.get(key, 0) for each, key in keys.items()}


def recent_comments(
    *, forum: Forum, page: PageAddress | None = None
) -> tuple[Thread | None, Sequence[Comment]]:
    """The latest comments that everybody may read, of a forum or of one page's thread, newest first; and the thread.

    Raises:
        NoAddress: the page names nothing to look up.
    """

    def reading(alias: str) -> tuple[Thread | None, Sequence[Comment]]:
        rows = Comment.objects.of(forum).using(alias).shown().select_related("thread")
        thread = None
        if page is not None:
            thread = find_thread(forum, page, using=alias)
            if thread is None:
                return None, []
            rows = comments_in(thread, alias).shown().select_related("thread")
        latest = rows.defer("author_email").order_by("-created_at", "-id")[:MOST_RECENT]
        return thread, attach(latest, "author")

    return read_shown(forum, reading)
