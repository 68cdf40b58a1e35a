"""``posts/create``: a comment from a program or a page, by the forum's public key, with a guest's rights."""

from django.http import HttpRequest, HttpResponse, QueryDict

from descant.api.answering import BadArgument, endpoint, envelope
from descant.api.asking import address_of, arguments, forum_asked, page_asked, thread_asked
from descant.api.objects import post_object
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.authors import Author
from descant.discussion.models import Thread
from descant.discussion.posting import Draft, post_comment
from descant.discussion.seeing import as_its_author_sees
from descant.forums.models import Forum

KEY_MOST = 255


@endpoint("POST")
def create(request: HttpRequest) -> HttpResponse:
    """Write a comment; with an ``Idempotency-Key`` a repeated request gets the same one."""
    asked = arguments(request)
    forum = forum_asked(request, asked)
    key = request.META.get("HTTP_IDEMPOTENCY_KEY", "")
    if len(key) > KEY_MOST:
        raise BadArgument(f"Idempotency-Key has at most {KEY_MOST} characters.")
    author = Author(
        name=asked.get("author_name", ""),
        email=asked.get("author_email", ""),
        url=asked.get("author_url", ""),
        address=address_of(request),
    )
    draft = Draft(text=asked.get("message", ""), parent_id=_parent(asked.get("parent", "")), key=key)
    comment = post_comment(forum=forum, thread=_where(forum, asked), author=author, draft=draft)
    return envelope(0, post_object(as_its_author_sees(comment), forum))


def _where(forum: Forum, asked: QueryDict) -> Thread | PageAddress:
    """The thread, or the page where one may have to be made."""
    page = page_asked(asked)
    if page.identifier or page.url:
        return page
    return thread_asked(forum, asked)


def _parent(written: str) -> int | None:
    if not written:
        return None
    if not (written.isascii() and written.isdecimal() and len(written) < 19):
        raise BadArgument("Invalid argument, 'parent': give the id of a comment.")
    return int(written)
