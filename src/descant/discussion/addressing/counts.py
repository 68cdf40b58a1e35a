"""How many comments the threads of some pages have: one query for all."""

from collections.abc import Mapping, Sequence

from descant.discussion.addressing.addresses import digest
from descant.discussion.models import Comment, ThreadAddress
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


def recent_comments(*, forum: Forum, thread_id: int | None = None) -> Sequence[Comment]:
    """The latest comments that everybody may read, of a forum or of one thread, newest first."""

    def reading(alias: str) -> Sequence[Comment]:
        rows = Comment.objects.of(forum).using(alias).shown().select_related("thread")
        if thread_id is not None:
            rows = rows.filter(thread_id=thread_id)
        latest = rows.defer("author_email").order_by("-created_at", "-id")[:MOST_RECENT]
        return attach(latest, "author")

    return replicas.read(forum.partition, reading)
