"""Guests' addresses: a guest is asked once by mail whether hers is hers, and hears of replies when she has said yes."""

from datetime import timedelta

from django.utils import timezone

from descant.discussion.models import Comment
from descant.followups.mail.letters import letter, post_letters
from descant.followups.models import Follow, Kind, Mailbox
from django_headroom.transactions import writing

ASKED_AGAIN_AFTER = timedelta(days=1)
LEFT_ALONE_FOR = timedelta(days=180)  # who said no is not asked before
ASKED_MOST = 100  # on one forum within an hour: nobody can have us write to the whole world


def ask_guest(*, comment: Comment, language: str) -> None:
    """Let a guest hear of replies to her comment, once her address is confirmed; ask her if it is not."""
    now = timezone.now()
    email, forum_id = comment.author_email.lower(), comment.forum_id
    with writing("default"):
        defaults = {"language": language, "asked_at": now - ASKED_AGAIN_AFTER}
        mailbox, _made = Mailbox.objects.get_or_create(email=email, forum_id=forum_id, defaults=defaults)
        Follow.objects.get_or_create(
            follower=f"m{mailbox.pk}", what=f"c{comment.pk}", defaults={"forum_id": forum_id}
        )
        if mailbox.confirmed_at or mailbox.asked_at > now - ASKED_AGAIN_AFTER:
            return
        if mailbox.ended_at and mailbox.ended_at > now - LEFT_ALONE_FOR:
            return
        if (
            Mailbox.objects.filter(forum_id=forum_id, asked_at__gte=now - timedelta(hours=1)).count()
            >= ASKED_MOST
        ):
            return
        Mailbox.objects.filter(pk=mailbox.pk).update(asked_at=now)
        about = f"ask {now.date()}"
        place = {"forum_id": forum_id, "comment_id": comment.pk}
        post_letters([letter(f"m{mailbox.pk}", about, Kind.CONFIRM, **place)])


def confirm_mailbox(mailbox: Mailbox) -> None:
    """She says that it is hers; confirmed twice, it is the same."""
    with writing("default"):
        Mailbox.objects.filter(pk=mailbox.pk).update(confirmed_at=timezone.now(), ended_at=None)


def end_mailbox(mailbox: Mailbox) -> None:
    """No more mail to a guest of a forum, and no question either for half a year."""
    with writing("default"):
        Follow.objects.filter(follower=f"m{mailbox.pk}").delete()
        Mailbox.objects.filter(pk=mailbox.pk).update(confirmed_at=None, ended_at=timezone.now())
