"""An author is told what a moderator decided about her comment; of a secret ban she is not."""

from typing import Any

from descant.discussion.models import SHADOW_BAN, Comment, Decision
from descant.discussion.signals import comment_changed
from descant.followups.models import Kind
from descant.followups.telling.writing import tell

# What she is told of. What was shown and stays so is no news to her.
TOLD = ("approve", "restore", "hide", "spam", "delete", "edit", "uphold")


def connect() -> None:
    """Listen to comments that were decided about."""
    comment_changed.connect(tell_of_decision, dispatch_uid="followups.decisions")


def tell_of_decision(data: dict[str, Any], *, event_id: str) -> None:
    """Tell the author of the last decision; the rows are asked, so an event that comes late tells what is so."""
    if data["author_id"] is None:
        return
    rows = Decision.objects.of(data["forum_id"]).filter(comment=int(data["comment_id"]))
    last: Decision | None = rows.select_related("comment").order_by("-decided_at", "-id").first()
    if last is None or last.comment is None or not _is_news(last, last.comment):
        return
    author = f"u{last.comment.author_id}"
    tell(about=f"d{last.pk}", comment=last.comment, hearers={author: Kind.DECISION})


def _is_news(decision: Decision, comment: Comment) -> bool:
    if decision.by_id in (None, comment.author_id) or comment.reasons == [SHADOW_BAN]:
        return False
    stays = decision.before == decision.after and decision.verdict in ("approve", "restore")
    return decision.verdict in TOLD and not stays
