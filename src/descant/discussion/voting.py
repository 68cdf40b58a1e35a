"""Voting a comment up or down, and taking the vote back."""

from django.conf import settings
from django.db import IntegrityError
from django.utils.translation import gettext as _

from descant.discussion import signals
from descant.discussion.authors import Author
from descant.discussion.judging import barring, pacing
from descant.discussion.judging.scoring import score
from descant.discussion.models import Comment, Vote
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
    if not is_on("votes", actor=author.actor, forum=forum.name):
        raise SwitchedOff(_("Nobody can vote just now; what was voted is kept. Please come back in a while."))
    _check(comment, author, value)
    if barring.is_shut_out(forum, author):
        return comment
    with writing(forum) as alias:
        pacing.keep_pace(
            forum=forum,
            subject=f"vote/{author.address or author.voter}",
            per_minute=settings.DESCANT_VOTES_PER_MINUTE,
        )
        step(comment, ups=0, downs=0)  # locks the row: one person's two clicks come one after the other
        before = _replace(forum, comment, author, value)
        step(comment, ups=(value == 1) - (before == 1), downs=(value == -1) - (before == -1))
        change(comment, score=score(comment.ups, comment.downs))
        signals.say_scored(at=alias, forum_id=forum.pk, thread_id=comment.thread_id)
    return comment


def _check(comment: Comment, author: Author, value: int) -> None:
    if value not in (-1, 0, 1):
        raise VoteRefused(_("A vote is 1, -1 or 0."))
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
        before = own.value
        if value == 0:
            own.delete()
        elif value != before:
            change(own, value=value)
        return int(before)
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
