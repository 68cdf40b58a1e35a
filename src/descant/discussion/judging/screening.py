"""The judgement before a comment is shown: shown at once, or held, or spam, with the reasons."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from descant.discussion.authors import Author
from descant.discussion.judging import barring, origins
from descant.discussion.judging.rules.book import STRENGTH, in_force, strongest
from descant.discussion.judging.rules.subjects import Subject
from descant.discussion.models import SHADOW_BAN, Comment
from descant.forums.models import Forum, Premoderation, WhenUnjudged

UNJUDGED = (
    "unjudged"  # a judge outside has not been asked yet; also a reason to hold, where the forum says so
)


@dataclass(frozen=True)
class Verdict:
    """The state a comment gets, and why: codes, and what rules have found (see ``rules.book``)."""

    state: str
    reasons: list[Any] = field(default_factory=list)
    needs_look: bool = False  # shown, and a moderator is to look at it
    is_unjudged: bool = False


SHADOWED = Verdict(Comment.State.SPAM, [SHADOW_BAN])


def screen(*, forum: Forum, author: Author, text: str, comment_id: int = 0) -> Verdict:
    """Judge a text by the forum's rules, and by whose comments wait there; moderators and trusted people pass.

    Args:
        comment_id: of the comment that the text is to be the new text of.

    Raises:
        barring.Banned
    """
    if barring.is_shut_out(forum, author):
        return SHADOWED
    if author.is_trusted:
        return Verdict(Comment.State.SHOWN)
    waits = [f"premoderation_{forum.premoderation}"] if _waits(forum, author) else []
    book = in_force.of(forum)
    if not book.rules:
        return Verdict(Comment.State.WAITING if waits else Comment.State.SHOWN, waits)
    reasons = [*waits, *book.judge(_subject(forum, author, text, comment_id))]
    is_unjudged = bool(book.to_ask(reasons))
    return verdict_of(forum, reasons, is_unjudged=is_unjudged)


def verdict_of(forum: Forum, reasons: Sequence[Any], *, is_unjudged: bool) -> Verdict:
    """What follows from reasons; the strongest wins."""
    strength = strongest(reasons)
    held_for_it = is_unjudged and forum.when_unjudged == WhenUnjudged.HOLD
    if strength == STRENGTH["spam"]:
        state = Comment.State.SPAM
    elif strength == STRENGTH["hold"] or held_for_it:
        state = Comment.State.WAITING
    else:
        state = Comment.State.SHOWN
    needs_look = state == Comment.State.SHOWN and strength == STRENGTH["mark"]
    kept = [*reasons, UNJUDGED] if is_unjudged else list(reasons)
    return Verdict(state, kept, needs_look=needs_look, is_unjudged=is_unjudged)


def _subject(forum: Forum, author: Author, text: str, comment_id: int) -> Subject:
    user = author.user
    return Subject(
        forum_id=forum.pk,
        text=text,
        at=timezone.now(),
        name=str(user) if user else author.name,
        url="" if user else author.url,
        author_id=user.pk if user else None,
        joined_at=user.date_joined if user else None,
        guest="" if user else author.guest,
        address=author.address,
        origin=origins.origin_of(author.address),
        comment_id=comment_id,
    )


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
