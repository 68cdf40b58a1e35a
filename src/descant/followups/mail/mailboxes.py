"""Guests' addresses: a guest is asked once by mail whether hers is hers, and hears of replies when she has said yes."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from descant.discussion.models import Comment
from descant.followups.mail.letters import letter, post_letters
from descant.followups.models import Follow, Kind, Mailbox
from descant.forums.directory import forum_with_id
from descant.switches import check_writable
from django_headroom.transactions import writing

ASKED_AGAIN_AFTER = timedelta(days=1)
LEFT_ALONE_FOR = timedelta(days=180)  # who said no is not asked before
A_DAY_MOST = 3  # of one address, on all forums together
ASKED_MOST = 100  # on one forum within an hour: nobody can have us write to the whole world


def ask_guest(*, comment: Comment, language: str) -> None:
    """Let a guest hear of replies to her comment, once her address is confirmed; ask her if it is not."""
    now = timezone.now()
    email, forum_id = comment.author_email.lower(), comment.forum_id
    with writing("default"):
        mailbox, _made = Mailbox.objects.get_or_create(
            email=email,
            forum_id=forum_id,
            guest=comment.guest,
            defaults={"language": language, "asked_at": now - ASKED_AGAIN_AFTER},
        )
        Follow.objects.get_or_create(
            follower=f"m{mailbox.pk}", what=f"c{comment.pk}", defaults={"forum_id": forum_id}
        )
        if mailbox.confirmed_at or not _may_ask(mailbox, now):
            return
        Mailbox.objects.filter(pk=mailbox.pk).update(asked_at=now, ended_at=None)
        about = f"ask {now.date()}"
        place = {"forum_id": forum_id, "comment_id": comment.pk}
        post_letters([letter(f"m{mailbox.pk}", about, Kind.CONFIRM, **place)])


def _may_ask(mailbox: Mailbox, now: datetime) -> bool:
    """An address is asked now and then, whoever gives it, and nobody has the whole world asked."""
    of_address = Mailbox.objects.filter(email=mailbox.email)
    lately, refused = Q(asked_at__gt=now - ASKED_AGAIN_AFTER), Q(ended_at__gt=now - LEFT_ALONE_FOR)
    if of_address.filter(lately | refused, forum_id=mailbox.forum_id).exists():
        return False
    if of_address.filter(lately).count() >= A_DAY_MOST:
        return False
    asked = Mailbox.objects.filter(forum_id=mailbox.forum_id, asked_at__gte=now - timedelta(hours=1))
    return asked.count() < ASKED_MOST


def confirm_mailbox(mailbox: Mailbox) -> None:
    """She says that it is hers; confirmed twice, it is the same.

    Raises:
        SwitchedOff
    """
    check_writable(forum_with_id(mailbox.forum_id).name)
    with writing("default"):
        Mailbox.objects.filter(pk=mailbox.pk).update(confirmed_at=timezone.now(), ended_at=None)


def end_mailbox(mailbox: Mailbox) -> None:
    """No more mail to an address from a forum, whoever gave it, and no question either for half a year."""
    of_address = Mailbox.objects.filter(email=mailbox.email, forum_id=mailbox.forum_id)
    with writing("default"):
        keys = of_address.values_list("pk", flat=True)
        Follow.objects.filter(follower__in=[f"m{key}" for key in keys]).delete()
        of_address.update(confirmed_at=None, ended_at=timezone.now())
