"""Rules on repeats, asked again once a comment's likeness is known: a fast flood is over before the worker has told."""

from typing import Any

from descant.discussion.judging.afterwards import decide_afterwards
from descant.discussion.judging.rules.book import ReadyRule, in_force
from descant.discussion.judging.rules.repeats import Double, Many
from descant.discussion.judging.rules.subjects import subject_of
from descant.discussion.judging.screening import UNJUDGED, verdict_of
from descant.discussion.models import Comment
from descant.forums.models import Forum, Role


def judge_repeats(*, forum: Forum, comment_id: int) -> bool:
    """Judge a shown comment by the forum's rules on what was said before.

    Returns:
        Whether one of them met it that had not when it was written.
    """
    rules = [rule for rule in in_force.of(forum).rules if isinstance(rule.finder, Double | Many)]
    comment = _shown(forum, comment_id) if rules else None
    if comment is None:
        return False
    known = [reason for reason in comment.reasons if reason != UNJUDGED]
    found = _found(rules, comment, known)
    if not found:
        return False
    verdict = verdict_of(forum, [*known, *found], is_unjudged=len(known) < len(comment.reasons))
    why = f"met by the rule {found[0]['title']}"
    return decide_afterwards(forum=forum, comment=comment, verdict=verdict, why=why)


def _shown(forum: Forum, comment_id: int) -> Comment | None:
    """The comment, unless it is of somebody who is judged by no rule."""
    rows = Comment.objects.of(forum).shown().select_related("thread")
    comment: Comment | None = rows.filter(pk=comment_id).first()
    if comment is None or comment.author_id is None:
        return comment
    has_role = Role.objects.filter(forum=forum, user=comment.author_id).exists()
    return None if has_role else comment


def _found(rules: list[ReadyRule], comment: Comment, known: list[Any]) -> list[dict[str, Any]]:
    had = {reason["rule"] for reason in known if isinstance(reason, dict)}
    subject = subject_of(comment)
    findings = [(rule, rule.finder.find(subject)) for rule in rules if rule.pk not in had]
    return [rule.reason(finding) for rule, finding in findings if finding is not None]
