"""Voting a comment or a whole thread up or down, and taking the vote back."""

from django.conf import settings
from django.db import IntegrityError
from django.utils.translation import gettext as _

from descant.discussion import signals
from descant.discussion.authors import Author
from descant.discussion.judging import barring, pacing
from descant.discussion.judging.scoring import score
from descant.discussion.models import Comment, Thread, ThreadVote, Vote
from descant.forums.models import Forum
from descant.switches import SwitchedOff, is_on
from django_headroom.transactions import writing
from django_headroom.updates import change, step


class VoteRefused(Exception):
    """A vote that does not count; the message says why."""

    code = "vote_refused"


def cast_vote(*, forum: Forum, comment: Comment, author: Author, value: int) -> Comment:
    """Count a person's vote once: 1 up, -1 down, 0 takes it back. The thread's version stays as it is.

    Returns:
        The comment with its new totals.

    Raises:
        VoteRefused, SwitchedOff, pacing.TooFast, barring.Banned
    """
    _check_on(forum, author, value)
    _check(comment, author)
    if barring.is_shut_out(forum, author):
        return comment
    with writing(forum) as alias:
        _keep_pace(forum, author)
        step(comment, ups=0, downs=0)  # locks the row: one person's two clicks come one after the other
        before = _replace(forum, comment, author, value)
        likes = (value == 1) - (before == 1)
        step(comment, ups=likes, downs=(value == -1) - (before == -1))
        change(comment, score=score(comment.ups, comment.downs))
        if likes and comment.author_id is not None:
            signals.comment_voted.say(at=alias, forum_id=forum.pk, comment_id=str(comment.pk))
        signals.say_scored(at=alias, forum_id=forum.pk, thread_id=comment.thread_id)
    return comment


def cast_thread_vote(*, forum: Forum, thread: Thread, author: Author, value: int) -> Thread:
    """Count an account's vote on a thread once: 1 up, -1 down, 0 takes it back. Pages do not show it.

    Returns:
        The thread with its new totals.

    Raises:
        VoteRefused, SwitchedOff, pacing.TooFast, barring.Banned
    """
    _check_on(forum, author, value)
    if author.user is None:
        raise VoteRefused(_("Say who you are first: a vote counts once for each person."))
    if thread.state not in (Thread.State.OPEN, Thread.State.CLOSED):
        raise VoteRefused(_("This thread is gone: open the page again."))
    if barring.is_shut_out(forum, author):
        return thread
    with writing(forum):
        _keep_pace(forum, author)
        step(thread, ups=0, downs=0)  # locks the row, as above
        before = _replace_on_thread(forum, thread, author.voter, value)
        step(thread, ups=(value == 1) - (before == 1), downs=(value == -1) - (before == -1))
    return thread


def _check_on(forum: Forum, author: Author, value: int) -> None:
    if not is_on("votes", actor=author.actor, forum=forum.name):
        raise SwitchedOff(_("Nobody can vote just now; what was voted is kept. Please come back in a while."))
    if value not in (-1, 0, 1):
        raise VoteRefused(_("A vote is 1, -1 or 0."))


def _keep_pace(forum: Forum, author: Author) -> None:
    pacing.keep_pace(
        forum=forum,
        subject=f"vote/{author.address or author.voter}",
        per_minute=settings.DESCANT_VOTES_PER_MINUTE,
    )


def _check(comment: Comment, author: Author) -> None:
    if not comment.is_shown:
        raise VoteRefused(_("This comment takes no votes: it is not shown."))
    if author.user is not None and comment.author_id == author.user.pk:
        raise VoteRefused(_("Your own comment takes no vote of yours."))
    if not author.voter:
        raise VoteRefused(_("Say who you are first: a vote counts once for each person."))
    if comment.guest and comment.guest == author.guest:
        raise VoteRefused(_("Your own comment takes no vote of yours."))


def _replace(forum: Forum, comment: Comment, author: Author, value: int) -> int:
    """Put the new vote in the place of the old one; returns what the old one was, 0 for none."""
    votes = Vote.objects.of(forum)
    own = votes.filter(comment=comment, voter=author.voter).first()
    if own is not None:
        return _change_own(own, value)
    if value:
        mark = None if author.user else pacing.keyed(f"{comment.pk}/{author.address}")
        try:
            with writing(forum):  # a savepoint
                votes.create(comment=comment, voter=author.voter, address_mark=mark, value=value)
        except IntegrityError:
            raise VoteRefused(
                _("A guest at your address has voted on this comment: sign in to vote.")
            ) from None
    return 0


def _replace_on_thread(forum: Forum, thread: Thread, voter: str, value: int) -> int:
    """Put the new vote in the place of the old one; returns what the old one was, 0 for none."""
    votes = ThreadVote.objects.of(forum)
    own = votes.filter(thread=thread, voter=voter).first()
    if own is not None:
        return _change_own(own, value)
    if value:
        votes.create(thread=thread, voter=voter, value=value)
    return 0


def _change_own(own: Vote | ThreadVote, value: int) -> int:
    before = int(own.value)
    if value == 0:
        own.delete()
    elif value != before:
        change(own, value=value)
    return before
