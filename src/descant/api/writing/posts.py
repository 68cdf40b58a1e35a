"""Writing comments."""

from dataclasses import replace

from descant.api.arguments import THREAD
from descant.api.declaring import Asked, endpoint
from descant.api.declaring.parameters import BadArgument, row_id_or_none, text
from descant.api.finding import thread_named
from descant.api.objects.posts import post_object
from descant.api.objects.shapes import Post
from descant.discussion.addressing.addresses import URL_MAX
from descant.discussion.posting import Draft, post_comment
from descant.discussion.seeing import as_its_author_sees

KEY_MOST = 255
MESSAGE = text("message", "The text, in Markdown.", most=100_000)
NAME = text("author_name", "The name to show.", most=1_000)
EMAIL = text("author_email", "Never shown.", most=1_000)
URL = text("author_url", "The author's web address; only programs are told it.", most=URL_MAX)
TITLE = text("title", "The title of a thread that is made by this.", most=10_000)
PARENT = row_id_or_none("parent", "The id of the comment it answers.")


@endpoint(
    "posts/create",
    method="POST",
    takes=(THREAD, MESSAGE, NAME, EMAIL, URL, TITLE, PARENT),
    example={"thread:ident": "bread", "author_name": "Ada", "message": "How *wet* do you make it?"},
)
def create(asked: Asked) -> Post:
    """Write a comment, in the thread of a page, which is made if there is none."""
    author = replace(asked.author, name=asked[NAME], email=asked[EMAIL], url=asked[URL])
    draft = Draft(text=asked[MESSAGE], parent_id=asked[PARENT], key=_key(asked))
    name = asked[THREAD]
    page = replace(name.page, title=asked[TITLE])
    where = thread_named(asked.forum, name) if name.id is not None else page
    comment = post_comment(forum=asked.forum, thread=where, author=author, draft=draft)
    return post_object(as_its_author_sees(comment), asked.forum, own=True)


def _key(asked: Asked) -> str:
    """The name that a program has given this one comment, so that it can send it again."""
    key = asked.request.META.get("HTTP_IDEMPOTENCY_KEY", "")
    if len(key) > KEY_MOST:
        raise BadArgument(f"Idempotency-Key has at most {KEY_MOST} characters.")
    return str(key)
