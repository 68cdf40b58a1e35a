"""Deciding about a comment that is there already, by what was found later: a decision of nobody's, undone like any."""

from descant.discussion import signals
from descant.discussion.judging.screening import Verdict
from descant.discussion.models import Comment, Decision
from descant.discussion.tree import counting
from descant.forums.models import Forum
from django_headroom.transactions import writing
from django_headroom.updates import claim

VERDICTS = {Comment.State.SHOWN: "approve", Comment.State.WAITING: "hold", Comment.State.SPAM: "spam"}


def decide_afterwards(*, forum: Forum, comment: Comment, verdict: Verdict, why: str) -> bool:
    """Let a comment become what a verdict says, with its reasons, if nothing has happened to it meanwhile.

    Not over a moderator's head: where one has decided, the reasons alone are kept.

    Args:
        comment: with its thread, as it was when it was judged.

    Returns:
        Whether it was still as it was.
    """
    before = str(comment.state)
    with writing(forum) as alias:
        counting.hold(comment)
        when = {"state": before, "edited_at": comment.edited_at, "thread": comment.thread_id}
        decisions = Decision.objects.of(forum).filter(comment=comment.pk)
        if decisions.exclude(by=None).exists():
            return claim(comment, when=when, reasons=verdict.reasons)
        looked = {"needs_look": comment.needs_look}
        needs_look = verdict.needs_look or (comment.needs_look and verdict.state == before)
        reasons = verdict.reasons
        if not claim(comment, when=when, state=verdict.state, reasons=reasons, needs_look=needs_look):
            return False
        if verdict.state != before:
            counting.show_or_hide(comment, was_shown=before == Comment.State.SHOWN)
            row = Decision(comment=comment, verdict=VERDICTS[Comment.State(verdict.state)], before=before)
            row.forum_id, row.after, row.kept, row.reason = comment.forum_id, str(verdict.state), looked, why
            row.save(force_insert=True, using=alias)
            signals.comment_changed.say(at=alias, **signals.told(comment))
    return True
