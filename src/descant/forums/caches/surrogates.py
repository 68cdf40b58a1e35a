"""What the pages of a forum are called in caches that are told when they change, and how long these may keep them.

``Surrogate-Key`` and ``Surrogate-Control`` are the names of Varnish and Fastly, ``Cache-Tag`` and ``CDN-Cache-Control``
(RFC 9213) those of others. Caches that are told nothing keep to ``Cache-Control``, and to its second.
"""

from collections.abc import Mapping

from django.conf import settings

from descant.forums.models import Forum

# Should nobody be able to tell them, what is hidden is gone after ten minutes all the same.
KEPT_SECONDS = 600
# A page that was told of may be shown for a second more, while it is made anew, and for a day where we are down.
CONTROL = f"max-age={KEPT_SECONDS}, stale-while-revalidate=1, stale-if-error=86400"


def thread_tag(thread_id: int) -> str:
    """What all pages of a thread are called; the id says which database it was born in."""
    return f"t{thread_id}"


def forum_tag(forum_id: int) -> str:
    """What all pages of a forum are called."""
    return f"f{forum_id}"


def let_caches_keep(forum: Forum, thread_id: int | None) -> Mapping[str, str]:
    """Headers by which the caches that we tell keep a public page for long; without a thread it has no name there."""
    if not settings.PURGES or thread_id is None:
        return {}
    tags = [thread_tag(thread_id), forum_tag(forum.pk)]
    return {
        "Surrogate-Key": " ".join(tags),
        "Cache-Tag": ",".join(tags),
        "Surrogate-Control": CONTROL,
        "CDN-Cache-Control": CONTROL,
    }
