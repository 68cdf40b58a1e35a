"""The judgement before a comment is shown: shown at once, or held, with the reasons."""

from dataclasses import dataclass, field

from descant.discussion.authors import Author
from descant.discussion.models import Comment
from descant.forums.models import Forum, Premoderation


@dataclass(frozen=True)
class Verdict:
    """The state a comment gets, and why, as codes that surfaces put in words."""

    state: str
    reasons: list[str] = field(default_factory=list)


SHADOWED = Verdict(Comment.State.SPAM, ["shadow_ban"])


def screen(*, forum: Forum, author: Author) -> Verdict:
    """Judge by the forum's rule on whose comments wait; moderators and trusted people never wait."""
    if author.is_trusted or not _waits(forum, author):
        return Verdict(Comment.State.SHOWN)
    return Verdict(Comment.State.WAITING, [f"premoderation_{forum.premoderation}"])


def _waits(forum: Forum, author: Author) -> bool:
    if forum.premoderation == Premoderation.EVERYBODY:
        return True
    if forum.premoderation == Premoderation.GUESTS:
        return author.user is None
    return forum.premoderation == Premoderation.FIRST and not _was_shown_before(forum, author)


def _was_shown_before(forum: Forum, author: Author) -> bool:
    """Only an account can have a past: a guest's name or address proves nothing."""
    if author.user is None:
        return False
    return bool(Comment.objects.of(forum).shown().filter(author=author.user.pk).exists())
