"""An author's word against what was decided about her comment, and a moderator's answer to it."""

import uuid

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from descant.discussion import signals, text
from descant.discussion.authors import Author
from descant.discussion.deciding.abilities import check_may
from descant.discussion.deciding.comments import decide
from descant.discussion.judging import pacing
from descant.discussion.models import Appeal, Comment, Decision
from descant.discussion.posting import Refused
from descant.discussion.seeing import is_own
from descant.forums.models import Forum
from descant.switches import check_writable
from django_headroom.transactions import writing
from django_headroom.updates import claim

AGAINST = (Comment.State.SPAM, Comment.State.HIDDEN, Comment.State.DELETED)
SAID_MOST = 1_000


class CannotAppeal(Refused):
    code = "cannot_appeal"


class AnsweredAlready(Refused):
    code = "answered"


def appeal_against(*, forum: Forum, comment: Comment, author: Author, said: str) -> Appeal:
    """Ask a moderator to look again at what was decided about one's own comment; once for each comment.

    Raises:
        CannotAppeal, pacing.TooFast, SwitchedOff
    """
    check_writable(forum.name)
    said = text.plain(said).strip()[:SAID_MOST]
    _check(forum, comment, author, said)
    with writing(forum):
        pacing.keep_pace(
            forum=forum, subject=f"appeal/{author.voter}", per_minute=settings.DESCANT_COMMENTS_PER_MINUTE
        )
        try:
            with writing(forum):  # a savepoint
                made: Appeal = Appeal.objects.of(forum).create(comment=comment, said=said)
        except IntegrityError:
            raise CannotAppeal(
                _("You have asked about this comment before: a comment is looked at again once.")
            ) from None
    return made


def answer_appeal(
    *, forum: Forum, appeal: Appeal, by: Author, answer: str, granted: bool = False
) -> uuid.UUID:
    """Answer an appeal; if it is granted its comment is shown again.

    Args:
        appeal: with its comment and the thread of that.

    Returns:
        The batch of what was decided.

    Raises:
        NotAModerator, CannotAppeal: nothing is answered.
        AnsweredAlready: somebody was faster.
    """
    check_may(by, "decide", forum)
    answer = text.plain(answer).strip()[:500]
    if not answer:
        raise CannotAppeal(_("Say something to the author: she reads your answer."))
    batch, comment = uuid.uuid4(), appeal.comment
    with writing(forum) as alias:
        if not claim(appeal, when={"answered_at": None}, answer=answer, answered_at=timezone.now()):
            raise AnsweredAlready(_("Somebody has answered this meanwhile."))
        if granted:
            decide(forum=forum, comments=[comment], verdict="restore", by=by, reason=answer, batch=batch)
        else:
            row = Decision(comment=comment, verdict="uphold", before=comment.state, after=comment.state)
            row.forum_id, row.by, row.reason, row.batch = forum.pk, by.user, answer, batch
            row.kept = {"needs_look": comment.needs_look}
            row.save(force_insert=True, using=alias)
            signals.comment_changed.say(at=alias, **signals.told(comment))
    return batch


def _check(forum: Forum, comment: Comment, author: Author, said: str) -> None:
    if not is_own(comment, author):
        raise CannotAppeal(_("This comment is not yours: flag it if a moderator should see it."))
    if not said:
        raise CannotAppeal(_("Say what a moderator should know."))
    # Without a decision there is none to speak against; and of a secret ban nobody is told.
    last = Decision.objects.of(forum).filter(comment=comment).order_by("-decided_at", "-id").first()
    if comment.state not in AGAINST or last is None or last.after != comment.state:
        raise CannotAppeal(_("No moderator has taken this comment away: there is nothing to look at again."))
