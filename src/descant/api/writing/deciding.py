"""What moderators decide about comments: one call for one of them or for a hundred, each told what became of it."""

from collections.abc import Callable

from descant.api.declaring import Asked, Standing, endpoint
from descant.api.declaring.parameters import row_ids, text
from descant.api.finding import comments_named
from descant.api.objects.deeds import Decided
from descant.discussion.deciding import decide, pin_comment
from descant.discussion.deciding.abilities import check_ability
from descant.discussion.models import Comment

POSTS_MOST = 100
POSTS = row_ids("post", "The ids of comments; repeat the name for several.", most=POSTS_MOST, needed=True)
REASON = text("reason", "Why; the log keeps it.", most=500)
Deciding = Callable[[Asked], list[Decided]]


def _verdict(name: str, verdict: str, about: str) -> Deciding:
    """An endpoint that gives a verdict on comments. One id that is nobody's, and nothing is decided about any."""

    def decided(asked: Asked) -> list[Decided]:
        comments = comments_named(asked.forum, asked[POSTS])
        before = [_look(comment) for comment in comments]
        decide(forum=asked.forum, comments=comments, verdict=verdict, by=asked.author, reason=asked[REASON])
        return [
            _told(comment, changed=_look(comment) != was)
            for comment, was in zip(comments, before, strict=True)
        ]

    decided.__doc__ = about
    return endpoint(
        name, method="POST", who=Standing.PERSON, takes=(POSTS, REASON), example={"post": "{reply}"}
    )(decided)


approve = _verdict("posts/approve", "approve", "Show comments that wait, are spam or were flagged.")
remove = _verdict("posts/remove", "delete", "Delete comments, as a moderator.")
restore = _verdict(
    "posts/restore", "restore", "Show again what a moderator has hidden, deleted or called spam."
)
spam = _verdict("posts/spam", "spam", "Call comments spam.")


@endpoint("posts/highlight", method="POST", who=Standing.PERSON, takes=(POSTS,), example={"post": "{reply}"})
def highlight(asked: Asked) -> list[Decided]:
    """Pin a comment to the top of its thread, in the place of the one that was; of several in a thread the last."""
    return [_pinned(asked, comment, is_on=True) for comment in comments_named(asked.forum, asked[POSTS])]


@endpoint(
    "posts/unhighlight", method="POST", who=Standing.PERSON, takes=(POSTS,), example={"post": "{reply}"}
)
def unhighlight(asked: Asked) -> list[Decided]:
    """Take the pin off a comment."""
    return [_pinned(asked, comment, is_on=False) for comment in comments_named(asked.forum, asked[POSTS])]


def _pinned(asked: Asked, comment: Comment, *, is_on: bool) -> Decided:
    check_ability(asked.author, "threads")
    thread = comment.thread
    before = thread.pinned_id == comment.pk
    if before != is_on:
        pin_comment(forum=asked.forum, thread=thread, comment=comment if is_on else None, by=asked.author)
    return _told(comment, changed=before != is_on)


def _look(comment: Comment) -> tuple[str, bool]:
    return str(comment.state), comment.needs_look


def _told(comment: Comment, *, changed: bool) -> Decided:
    return {
        "id": str(comment.pk),
        "changed": changed,
        "isApproved": comment.is_shown,
        "isSpam": comment.state == Comment.State.SPAM,
        "isDeleted": comment.state in (Comment.State.DELETED, Comment.State.HIDDEN),
        "isHighlighted": comment.thread.pinned_id == comment.pk,
    }
