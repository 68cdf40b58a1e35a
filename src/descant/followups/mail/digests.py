"""The letter of the day: what somebody was told of since the last one and has not seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from descant.discussion import text
from descant.discussion.addressing.leading import page_of
from descant.discussion.models import Comment
from descant.discussion.seeing import may_see
from descant.followups.mail.wording import sentence_about
from descant.followups.models import Kind, Letter, Notice
from descant.forums.directory import forums_with_ids
from django_headroom.joins import attach
from django_headroom.transactions import writing

LINES_MOST = 50
LOOKED_BACK = timedelta(days=7)


@dataclass(frozen=True)
class Line:
    """One thing that happened: in a sentence, with the beginning of the comment."""

    notice: Notice
    sentence: str
    excerpt: str
    link: str


def lines_of_digest(letter: Letter, user_id: int) -> Sequence[Line]:
    """What a digest tells. The first try takes the notices; a later one tells the same."""
    since = timezone.now() - LOOKED_BACK
    rows = Notice.objects.filter(user_id=user_id)
    with writing("default"):
        free = rows.filter(digest=None, seen_at=None, made_at__gte=since).order_by("-made_at", "-id")
        if not rows.filter(digest=letter.pk).exists():
            taken = list(free.values_list("pk", flat=True)[:LINES_MOST])
            Notice.objects.filter(pk__in=taken).update(digest=letter.pk)
    return lines_of(list(rows.filter(digest=letter.pk).order_by("-made_at", "-id")))


def lines_of(notices: Sequence[Notice]) -> Sequence[Line]:
    """Notices in words; what cannot be seen any more is left out, but for what was decided about one's own."""
    forums = forums_with_ids({notice.forum_id for notice in notices})
    comments: dict[int, Comment] = {}
    for forum_id in forums:
        ids = [notice.comment_id for notice in notices if notice.forum_id == forum_id]
        rows = Comment.objects.of(forum_id).select_related("thread").filter(pk__in=ids)
        comments |= {comment.pk: comment for comment in attach(rows, "author", missing="none")}
    told = []
    for notice in notices:
        comment, forum = comments.get(notice.comment_id), forums.get(notice.forum_id)
        if comment is None or forum is None or not (notice.kind == Kind.DECISION or may_see(comment, None)):
            continue
        excerpt = text.excerpt(text.shown_html(comment), 200)
        link = page_of(comment.thread, forum, f"#{comment.anchor}")
        told.append(Line(notice, sentence_about(notice.kind, comment), excerpt, link))
    return told
