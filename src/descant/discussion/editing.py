"""What its author may still do to a comment, for a while: edit it, or delete it."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from descant.discussion import signals, text
from descant.discussion.authors import Author
from descant.discussion.judging import pacing, screening
from descant.discussion.models import Comment
from descant.discussion.posting import NoText, Refused, TooLong
from descant.discussion.seeing import is_own
from descant.discussion.tree import counting
from descant.forums.models import Forum
from descant.switches import check_writable
from django_headroom.transactions import writing
from django_headroom.updates import claim


class NotYours(Refused):
    code = "not_yours"


class TooLate(Refused):
    code = "too_late"


def seconds_left(comment: Comment, author: Author) -> int:
    """How long the author may still edit or delete; 0 for everybody else."""
    if not is_own(comment, author) or comment.state not in (Comment.State.SHOWN, Comment.State.WAITING):
        return 0
    age = (timezone.now() - comment.created_at).total_seconds()
    return max(0, int(settings.DESCANT_EDIT_SECONDS - age))


def edit_comment(*, forum: Forum, comment: Comment, author: Author, source: str) -> Comment:
    """Put a new text in the place of the old one, marked as edited.

    Raises:
        Refused
    """
    _check(comment, author)
    source = text.plain(source).strip()
    if not source:
        raise NoText(_("An empty comment cannot be kept: delete it instead."))
    if len(source) > settings.DESCANT_TEXT_MAX:
        raise TooLong(
            _("The comment has %(length)s characters, %(most)s are allowed: shorten it.")
            % {"length": len(source), "most": settings.DESCANT_TEXT_MAX}
        )
    verdict = screening.screen(forum=forum, author=author, text=source, comment_id=comment.pk)
    with writing(forum) as alias:
        counting.hold(comment)
        pacing.keep_pace(
            forum=forum, subject=f"edit/{author.voter}", per_minute=settings.DESCANT_COMMENTS_PER_MINUTE
        )
        before = str(comment.state)
        when = {"state": before, "thread": comment.thread_id}
        if not claim(comment, when=when, **_judged(comment, verdict), **_written(source)):
            raise NotYours(_("A moderator has decided about this comment meanwhile."))
        after = str(comment.state)
        if before == after == Comment.State.SHOWN:
            counting.show_otherwise(comment)
        counting.show_or_hide(comment, was_shown=before == Comment.State.SHOWN)
        signals.comment_changed.say(at=alias, **signals.told(comment))
        if screening.UNJUDGED in comment.reasons:
            signals.comment_unjudged.say(at=alias, **signals.told(comment), address=author.address)
    return comment


def _judged(comment: Comment, verdict: screening.Verdict) -> dict[str, Any]:
    """What waits goes on waiting, with its reasons: nobody edits a comment past its moderator.

    Where something was found in the old text is no place in the new one.
    """
    needs_look = verdict.needs_look or (comment.needs_look and verdict.state == Comment.State.SHOWN)
    columns = {"state": verdict.state, "reasons": verdict.reasons, "needs_look": needs_look}
    if comment.state != Comment.State.WAITING or verdict.state == Comment.State.SPAM:
        return columns
    found = {each["rule"] for each in verdict.reasons if isinstance(each, dict)}
    earlier = [
        {key: value for key, value in each.items() if key != "span"} if isinstance(each, dict) else each
        for each in comment.reasons
        if (each["rule"] not in found if isinstance(each, dict) else each not in verdict.reasons)
    ]
    return {**columns, "state": comment.state, "reasons": [*earlier, *verdict.reasons], "needs_look": False}


def _written(source: str) -> dict[str, Any]:
    return {
        "text": source,
        "format": Comment.Format.MARKDOWN,
        "html": text.render(source, Comment.Format.MARKDOWN),
        "html_version": text.RULES_VERSION,
        "edited_at": timezone.now(),
    }


def delete_comment(*, forum: Forum, comment: Comment, author: Author) -> Comment:
    """Take one's own comment away; if it has replies a mark stays.

    Raises:
        Refused
    """
    check_writable(forum.name)
    _check(comment, author)
    with writing(forum) as alias:
        counting.hold(comment)
        before = str(comment.state)
        if claim(comment, when={"state": before, "thread": comment.thread_id}, state=Comment.State.DELETED):
            counting.show_or_hide(comment, was_shown=before == Comment.State.SHOWN)
            signals.comment_changed.say(at=alias, **signals.told(comment))
    return comment


def _check(comment: Comment, author: Author) -> None:
    if not is_own(comment, author):
        raise NotYours(_("This comment is not yours to change."))
    if not seconds_left(comment, author):
        minutes = settings.DESCANT_EDIT_SECONDS // 60
        sentence = ngettext(
            "A comment can be changed for %(minutes)s minute: ask a moderator now.",
            "A comment can be changed for %(minutes)s minutes: ask a moderator now.",
            minutes,
        )
        raise TooLate(sentence % {"minutes": minutes})
