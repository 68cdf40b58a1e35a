"""Readers call a moderator: a comment flagged, once by each person; enough of them hold it."""

from django.conf import settings
from django.db import IntegrityError
from django.utils.translation import gettext as _

from descant.discussion import signals
from descant.discussion.authors import Author
from descant.discussion.judging import barring, pacing
from descant.discussion.models import Comment, Flag
from descant.discussion.posting import Refused
from descant.discussion.seeing import is_own
from descant.discussion.tree import counting
from descant.forums.models import Forum
from django_headroom.transactions import writing
from django_headroom.updates import claim, step

HELD_BY_FLAGS = "flags"


class FlagRefused(Refused):
    code = "flag_refused"


def flag_comment(*, forum: Forum, comment: Comment, author: Author, reason: str, note: str = "") -> Comment:
    """Flag a comment for a moderator; the forum says how many people's flags hold it until one has looked.

    Returns:
        The comment, as it is then.

    Raises:
        FlagRefused, pacing.TooFast, barring.Banned
    """
    _check(comment, author, reason)
    if barring.is_shut_out(forum, author):
        return comment
    with writing(forum) as alias:
        pacing.keep_pace(
            forum=forum,
            subject=f"flag/{author.address or author.voter}",
            per_minute=settings.DESCANT_VOTES_PER_MINUTE,
        )
        counting.hold(comment)
        _write(forum, comment, author, reason, note)
        step(comment, flags=1)
        claim(comment, when={"state": Comment.State.SHOWN}, needs_look=True)
        if forum.flags_to_hold and comment.flags >= forum.flags_to_hold:
            _hold(alias, comment)
    return comment


def _check(comment: Comment, author: Author, reason: str) -> None:
    if reason not in Flag.Reason.values:
        raise FlagRefused(_("Say why: %(reasons)s.") % {"reasons": ", ".join(Flag.Reason.values)})
    if not author.voter:
        raise FlagRefused(_("Say who you are first: a flag counts once for each person."))
    if not comment.is_shown:
        raise FlagRefused(_("This comment is not shown any more: a moderator knows of it."))
    if is_own(comment, author):
        raise FlagRefused(_("This comment is yours: delete it instead."))


def _write(forum: Forum, comment: Comment, author: Author, reason: str, note: str) -> None:
    flags = Flag.objects.of(forum)
    mark = None if author.user else pacing.keyed(f"flag/{comment.pk}/{author.address}")
    try:
        with writing(forum):  # a savepoint
            flags.create(
                comment=comment, flagger=author.voter, address_mark=mark, reason=reason, note=note[:500]
            )
    except IntegrityError:
        raise FlagRefused(_("You have flagged this comment already: a moderator will look at it.")) from None


def _hold(alias: str, comment: Comment) -> None:
    reasons = [*comment.reasons, HELD_BY_FLAGS]
    when = {"state": Comment.State.SHOWN, "thread": comment.thread_id}
    if claim(comment, when=when, state=Comment.State.WAITING, reasons=reasons, needs_look=False):
        counting.show_or_hide(comment, was_shown=True)
        signals.comment_changed.say(at=alias, **signals.told(comment))
