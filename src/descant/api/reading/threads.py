"""Reading threads, and the comments of one."""

from descant.api.arguments import PAGING, THREAD, related
from descant.api.declaring import Asked, Page, endpoint
from descant.api.finding import thread_named
from descant.api.objects.posts import post_object
from descant.api.objects.shapes import Post
from descant.api.objects.threads import thread_object
from descant.api.reading.paging import page_of, some_of
from descant.discussion.models import Comment, Thread, ThreadAddress
from descant.forums.models import Forum
from django_headroom import replicas
from django_headroom.joins import attach

RELATED = related("forum", "thread")


@endpoint(
    "threads/listPosts", takes=(THREAD, *PAGING, RELATED), example={"thread:ident": "bread", "order": "asc"}
)
def list_posts(asked: Asked) -> Page[Post]:
    """The comments of a thread that everybody may read."""

    def reading(alias: str) -> tuple[Thread, list[Comment], list[str]]:
        thread = thread_named(asked.forum, asked[THREAD], using=alias)
        rows = Comment.objects.of(asked.forum).using(alias).shown().filter(thread=thread)
        found = attach(some_of(rows.defer("author_email"), asked), "author")
        return thread, found, _identifiers(asked.forum, thread) if "thread" in asked[RELATED] else []

    thread, found, identifiers = replicas.read(asked.forum.partition, reading)
    for comment in found:
        comment.thread = thread
    page = page_of(found, asked, lambda comment: post_object(comment, asked.forum))
    if "thread" in asked[RELATED]:
        whole = thread_object(thread, asked.forum, identifiers)
        for post in page.items:
            post["thread"] = whole
    return page


def _identifiers(forum: Forum, thread: Thread) -> list[str]:
    addresses = ThreadAddress.objects.of(forum).using(thread._state.db)
    addresses = addresses.filter(thread=thread, kind=ThreadAddress.Kind.IDENTIFIER)
    return list(addresses.order_by("value", "id").values_list("value", flat=True))
