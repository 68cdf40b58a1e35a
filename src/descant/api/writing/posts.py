"""Comments written, changed, voted on and reported."""

from dataclasses import replace
from datetime import UTC, datetime

from django.utils import timezone

from descant.api.arguments import THREAD, VOTE, idempotency_key
from descant.api.asking import NotAllowed
from descant.api.declaring import Asked, Standing, endpoint
from descant.api.declaring.parameters import address, bad, moment, one_of, row_id, row_id_or_none, text
from descant.api.finding import comments_named, thread_named
from descant.api.objects.deeds import Voted
from descant.api.objects.posts import post_object
from descant.api.objects.shapes import Post
from descant.discussion.addressing.addresses import URL_MAX
from descant.discussion.authors import Author
from descant.discussion.deciding import edit_for_author
from descant.discussion.editing import edit_comment, seconds_left
from descant.discussion.flagging import flag_comment
from descant.discussion.models import Comment, Flag
from descant.discussion.posting import Draft, post_comment
from descant.discussion.seeing import as_its_author_sees
from descant.discussion.voting import cast_vote
from descant.forums.signing_on.messages import LONGEST
from django_headroom.joins import attach

MESSAGE = text("message", "The text, in Markdown.", most=100_000)
NAME = text("author_name", "The name to show.", most=1_000)
EMAIL = text("author_email", "Never shown.", most=1_000)
URL = text("author_url", "The author's web address; only programs are told it.", most=URL_MAX)
# `ask` reads it, for every endpoint; it is declared where it is good for something, so that the reference tells of it.
SIGNED_IN = text("remote_auth", "Who writes, as the forum's own site has signed it.", most=LONGEST)
TITLE = text("title", "The title of a thread that is made by this.", most=10_000)
POST = row_id("post", "The id of a comment.")
NEW_MESSAGE = text("message", "The new text, in Markdown.", most=100_000, needed=True)
REASON = text("reason", "Why; the log keeps it.", most=500)
WHY = one_of("reason", "What is wrong with it.", Flag.Reason.values, Flag.Reason.OTHER)
NOTE = text("note", "What the moderator shall know.", most=500)
PARENT = row_id_or_none("parent", "The id of the comment it answers.")
STATES: dict[str, str] = {
    "approved": Comment.State.SHOWN,
    "unapproved": Comment.State.WAITING,
    "spam": Comment.State.SPAM,
    "killed": Comment.State.HIDDEN,
}
STATE = one_of("state", "In which state it is to be, unjudged; for moderators and the secret key.", [*STATES])
DATE = moment("date", "When it was written, 1970 or later; for moderators and the secret key.")
ADDRESS = address("ip_address", "From which address it came; for moderators and the secret key.")
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


@endpoint(
    "posts/create",
    method="POST",
    takes=(THREAD, MESSAGE, SIGNED_IN, NAME, EMAIL, URL, TITLE, PARENT, STATE, DATE, ADDRESS),
    example={"thread:ident": "bread", "author_name": "Ada", "message": "How *wet* do you make it?"},
)
def create(asked: Asked) -> Post:
    """Write a comment, in the thread of a page, which is made if there is none."""
    author = replace(_writer(asked), name=asked[NAME], email=asked[EMAIL], url=asked[URL])
    draft = Draft(text=asked[MESSAGE], parent_id=asked[PARENT], key=idempotency_key(asked.request))
    draft = replace(draft, state=STATES.get(asked[STATE], ""), said_at=_date(asked))
    name = asked[THREAD]
    page = replace(name.page, title=asked[TITLE])
    where = thread_named(asked.forum, name) if name.id is not None else page
    comment = post_comment(forum=asked.forum, thread=where, author=author, draft=draft)
    return post_object(as_its_author_sees(comment), asked.forum, own=True)


@endpoint(
    "posts/update",
    method="POST",
    who=Standing.PERSON,
    takes=(POST, NEW_MESSAGE, REASON),
    example={"post": "{reply}", "message": "Rye and *wheat*."},
)
def update(asked: Asked) -> Post:
    """Put another text in the place of a comment's: one's own for a while, anybody's as a moderator."""
    forum, by = asked.forum, asked.author
    (comment,) = comments_named(forum, [asked[POST]])
    if seconds_left(comment, by) or not by.moderates:
        edit_comment(forum=forum, comment=comment, author=by, source=asked[NEW_MESSAGE])
    else:
        edit_for_author(forum=forum, comment=comment, source=asked[NEW_MESSAGE], by=by, reason=asked[REASON])
    return _told(asked, comment)


@endpoint(
    "posts/vote",
    method="POST",
    who=Standing.PERSON,
    takes=(POST, VOTE),
    example={"post": "{reply}", "vote": "1"},
)
def vote(asked: Asked) -> Voted:
    """Vote a comment up or down, or take the vote back."""
    (comment,) = comments_named(asked.forum, [asked[POST]])
    ups, downs = comment.ups, comment.downs
    cast_vote(forum=asked.forum, comment=comment, author=asked.author, value=asked[VOTE])
    likes, dislikes = comment.ups - ups, comment.downs - downs
    return {
        "vote": asked[VOTE],
        "likesDelta": likes,
        "dislikesDelta": dislikes,
        "delta": likes - dislikes,
        "post": _told(asked, comment),
    }


@endpoint(
    "posts/report",
    method="POST",
    who=Standing.PERSON,
    takes=(POST, WHY, NOTE),
    example={"post": "{reply}", "reason": "spam"},
)
def report(asked: Asked) -> Post:
    """Ask a moderator to look at a comment; so many different people's reports as the forum says hold it."""
    (comment,) = comments_named(asked.forum, [asked[POST]])
    flag_comment(forum=asked.forum, comment=comment, author=asked.author, reason=asked[WHY], note=asked[NOTE])
    return _told(asked, comment)


def _writer(asked: Asked) -> Author:
    """Who writes; what only moderators may say is said with the standing of the secret key, or not at all."""
    if not (asked[STATE] or asked[DATE] or asked[ADDRESS]):
        return asked.author
    author = asked.viewer or asked.author
    if asked[ADDRESS] and not author.moderates:
        raise NotAllowed("Only moderators, and the secret key, say from where a comment came.")
    return replace(author, address=asked[ADDRESS] or author.address)


def _date(asked: Asked) -> datetime | None:
    """Raises: BadArgument: nobody has written then."""
    at = asked[DATE]
    if at is not None and not _FIRST <= at <= timezone.now():
        raise bad("date", "a time that is over, from 1970 on")
    return at


def _told(asked: Asked, comment: Comment) -> Post:
    attach([comment], "author", missing="none")
    return post_object(comment, asked.forum, asked.viewer)
