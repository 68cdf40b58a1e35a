"""Deciding by what a judge outside has said: a decision of nobody's, to be read and undone like any other."""

from typing import Any

from descant.discussion.judging.afterwards import VERDICTS, decide_afterwards
from descant.discussion.judging.outside.classifiers import classify
from descant.discussion.judging.rules.book import in_force
from descant.discussion.judging.rules.outside import Outside
from descant.discussion.judging.rules.subjects import Finding
from descant.discussion.judging.screening import UNJUDGED, verdict_of
from descant.discussion.models import Comment
from descant.forums.models import Forum


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
    why = f"judged by {', '.join(asked)}" if asked else "judged by nobody: the rule is off"
    if not decide_afterwards(forum=forum, comment=comment, verdict=verdict, why=why):
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
    for rule in in_force.of(forum).to_ask(known):
        if not isinstance(rule.finder, Outside):
            continue
        name = rule.finder.classifier
        opinion = classify(name, forum=forum, comment=comment, address=address)
        asked.append(name)
        if opinion.is_spam:
            found.append(rule.reason(Finding(opinion.why or name, more={"classifier": name})))
    return found, asked
