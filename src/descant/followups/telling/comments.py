"""Those whom a comment concerns are told when it can be read; asked twice or late, nobody is told twice."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from descant.discussion.models import Comment, Decision
from descant.discussion.seeing import may_see
from descant.discussion.signals import comment_changed, comment_posted, reply_wanted
from descant.followups.mail.mailboxes import ask_guest
from descant.followups.telling.hearers import hearers_of, named_in
from descant.followups.telling.writing import tell

NEWS = timedelta(days=7)  # what is shown again later is no news


def connect() -> None:
    """Listen to comments that are posted, and to those that are shown later, or say something else."""
    comment_posted.connect(tell_of_comment, dispatch_uid="followups.telling")
    comment_changed.connect(tell_of_change, dispatch_uid="followups.telling")
    reply_wanted.connect(ask_who_wrote, dispatch_uid="followups.mailboxes", queue="high")
    comment_posted.connect(ask_who_wrote, dispatch_uid="followups.mailboxes")  # as the release before said it


def tell_of_comment(data: dict[str, Any], *, event_id: str) -> None:
    """Tell those whom a comment concerns; the comment itself is asked whether everybody may see it."""
    comment = _news(data)
    if comment is None:
        return
    for hearers in hearers_of(comment):
        if hearers:
            tell(about=f"c{comment.pk}", comment=comment, hearers=hearers)


def tell_of_change(data: dict[str, Any], *, event_id: str) -> None:
    """All of them of one that was held first; of an edit those whom it names, for the others have heard of it.

    Who edits often in a thread with a hundred thousand followers has them all gone through once.
    """
    rows = Decision.objects.of(data["forum_id"]).filter(comment=int(data["comment_id"]))
    if rows.filter(after=Comment.State.SHOWN).exclude(before=Comment.State.SHOWN).exists():
        tell_of_comment(data, event_id=event_id)
    elif (comment := _news(data)) and (hearers := named_in(comment)):
        tell(about=f"c{comment.pk}", comment=comment, hearers=hearers)


def _news(data: dict[str, Any]) -> Comment | None:
    rows = Comment.objects.of(data["forum_id"]).select_related("thread", "parent")
    comment: Comment | None = rows.filter(pk=int(data["comment_id"])).first()
    if comment is None or not may_see(comment, None) or comment.created_at < timezone.now() - NEWS:
        return None
    return comment


def ask_who_wrote(data: dict[str, Any], *, event_id: str) -> None:
    """A guest who would like to hear of replies is asked, by mail, whether that is her address."""
    if not data.get("mail"):
        return
    comment = Comment.objects.of(data["forum_id"]).filter(pk=int(data["comment_id"])).first()
    if (
        comment is not None
        and comment.author_email
        and comment.state in (Comment.State.SHOWN, Comment.State.WAITING)
    ):
        ask_guest(comment=comment, language=str(data["mail"]))
