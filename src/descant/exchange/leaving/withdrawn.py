"""What an author has deleted herself: its row goes along, for others answer it, and not one of its words."""

from collections.abc import Sequence
from typing import Any

from descant.discussion.deciding.comments import withdrawn
from descant.discussion.models import Comment, Decision


def leave_words_behind(alias: str, chunk: Sequence[Any]) -> None:
    """Blank them in rows of one kind that are about to be written: in comments, and in what was kept of edits."""
    comments = [row for row in chunk if isinstance(row, Comment)]
    edits = [row for row in chunk if isinstance(row, Decision) and "text" in row.kept]
    if edits:
        comments = list(Comment.objects.using(alias).filter(pk__in={edit.comment_id for edit in edits}))
    deleted = [comment for comment in comments if comment.state == Comment.State.DELETED]
    if not deleted:
        return
    theirs = withdrawn(Decision.objects.using(alias).filter(forum_id=deleted[0].forum_id), deleted)
    for comment in deleted:
        if comment.pk in theirs:
            comment.text, comment.html, comment.reasons = "", "", []
    for edit in edits:
        if edit.comment_id in theirs:
            edit.kept = {**edit.kept, "text": "", "now": ""}
