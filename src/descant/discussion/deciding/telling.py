"""What an author is told of decisions about her comments: what happened, why, and what became of her appeal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from descant.discussion.authors import Author
from descant.discussion.deciding.appealing import AGAINST
from descant.discussion.models import Appeal, Comment, Decision, Thread
from descant.discussion.seeing import own_rows

TOLD_FOR = timedelta(days=30)
TOLD_MOST = 10


@dataclass(frozen=True)
class Told:
    """A decision that took a comment away, and the author's word against it if there is one."""

    comment: Comment
    verdict: str
    reason: str
    appeal: Appeal | None


def told_of(*, thread: Thread, author: Author, using: str) -> Sequence[Told]:
    """What was taken away of an author's comments in a thread lately, the last first.

    Of a secret ban nobody is told: no decision stands behind it.

    Args:
        using: the copy of the thread's database to ask.
    """
    rows = Decision.objects.of(thread.forum_id).using(using).filter(own_rows(author, "comment__"))
    rows = rows.filter(comment__thread=thread, after__in=AGAINST, decided_at__gte=timezone.now() - TOLD_FOR)
    last: dict[Comment, Decision] = {}
    for decision in rows.select_related("comment").order_by("-decided_at", "-id")[: 5 * TOLD_MOST]:
        if decision.comment is not None:
            last.setdefault(decision.comment, decision)
    found = [(comment, each) for comment, each in last.items() if comment.state == each.after][:TOLD_MOST]
    asked = (
        Appeal.objects.of(thread.forum_id)
        .using(using)
        .filter(comment__in=[comment for comment, _each in found])
    )
    appeals = {appeal.comment_id: appeal for appeal in asked} if found else {}
    return [Told(comment, each.verdict, each.reason, appeals.get(comment.pk)) for comment, each in found]
