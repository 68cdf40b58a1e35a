"""Deciding by what a judge outside has said: a decision of nobody's, to be read and undone like any other."""

from typing import Any

from descant.discussion import signals
from descant.discussion.judging.outside.classifiers import classify
from descant.discussion.judging.rules.book import rules_in_force
from descant.discussion.judging.rules.outside import Outside
from descant.discussion.judging.rules.subjects import Finding
from descant.discussion.judging.screening import UNJUDGED, Verdict, verdict_of
from descant.discussion.models import Comment, Decision
from descant.discussion.tree import counting
from descant.forums.models import Forum
from django_headroom.transactions import writing
from django_headroom.updates import claim

VERDICTS = {Comment.State.SHOWN: "approve", Comment.State.WAITING: "hold", Comment.State.SPAM: "spam"}


def judge_outside(*, forum: Forum, comment_id: int, address: str) -> str:
    """Have a comment judged that was not yet; asked twice, the second time does nothing.

    Args:
        address: which it came from.

    Returns:
        The state it has then; empty if there was nothing to judge.

    Raises:
        classifiers.NotJudged: one of the judges has not told; nothing is decided until all have.
    """
    comment = _unjudged(forum, comment_id)
    if comment is None:
        return ""
    known = [reason for reason in comment.reasons if reason != UNJUDGED]
    found, asked = _found(forum, comment, known, address)
    verdict = verdict_of(forum, [*known, *found], is_unjudged=False)
    if not _decide(forum, comment, verdict, asked):
        return ""
    return str(comment.state)


def _unjudged(forum: Forum, comment_id: int) -> Comment | None:
    rows = Comment.objects.of(forum).select_related("thread")
    comment: Comment | None = rows.filter(pk=comment_id).first()
    if comment is None or UNJUDGED not in comment.reasons or comment.state not in VERDICTS:
        return None
    return comment


def _found(
    forum: Forum, comment: Comment, known: list[Any], address: str
) -> tuple[list[dict[str, Any]], list[str]]:
    """What the judges have found, and which were asked: those of rules that are on now."""
    found, asked = [], []
    for rule in rules_in_force(forum).to_ask(known):
        if not isinstance(rule.finder, Outside):
            continue
        name = rule.finder.classifier
        opinion = classify(name, forum=forum, comment=comment, address=address)
        asked.append(name)
        if opinion.is_spam:
            found.append(rule.reason(Finding(opinion.why or name, more={"classifier": name})))
    return found, asked


def _decide(forum: Forum, comment: Comment, verdict: Verdict, asked: list[str]) -> bool:
    """Not over a moderator's head, and not about another text than was judged."""
    before = str(comment.state)
    when = {"state": before, "edited_at": comment.edited_at}
    with writing(forum) as alias:
        counting.lock(comment.thread)
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
            row.forum_id, row.after, row.kept = comment.forum_id, str(verdict.state), looked
            row.reason = f"judged by {', '.join(asked)}" if asked else "judged by nobody: the rule is off"
            row.save(force_insert=True, using=alias)
            signals.comment_changed.say(at=alias, **signals.told(comment))
    return True
