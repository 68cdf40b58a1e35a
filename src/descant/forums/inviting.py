"""Inviting somebody to a role by her e-mail address, and her accepting it: before that nobody learns whose it is."""

from datetime import timedelta

from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from descant.accounts.models import User
from descant.forums import opening
from descant.forums.models import Forum, Invitation
from descant.forums.noting import Noted
from descant.forums.opening import BadForum
from django_headroom.delayed.signals import DelayedSignal
from django_headroom.transactions import writing
from django_headroom.updates import change, claim

A_DAY_MOST = 30  # of one forum, taken back or not: nobody can have us write to the whole world
MAILS_A_DAY_MOST = 3  # to one address, whichever forums ask; more are rows without a mail
KEPT_FOR = timedelta(days=90)
_DAY = timedelta(days=1)
_SALT = "descant.forums.inviting"

# Said of one that a mail is to tell of: its invitation_id.
invited = DelayedSignal("invited", schema=1, tenant="forum_id")


def invite(*, forum: Forum, email: str, kind: str, noted: Noted) -> None:
    """Ask who has an address to take a role. Nothing that this does depends on whether somebody has an account by it.

    Args:
        noted: by whom, who must be known.

    Raises:
        BadForum: it is no address, or too many were invited today.
    """
    email, now = email.strip().lower(), timezone.now()
    try:
        validate_email(email)
    except ValidationError as error:
        raise BadForum(_("This is not an e-mail address.")) from error
    with writing("default"):
        Invitation.objects.filter(made_at__lt=now - KEPT_FOR).delete()
        forum = Forum.objects.select_for_update().get(
            pk=forum.pk
        )  # one after the other, so that they can be counted
        hers = Invitation.objects.filter(forum=forum, email=email, ended_at=None)
        asked = hers.open().first()
        if asked is not None:  # the link that she has leads to what is offered now
            change(asked, kind=kind, by=noted.by, why=noted.why[:500])
            return
        hers.update(ended_at=now)
        today = Invitation.objects.filter(made_at__gt=now - _DAY)
        if today.filter(forum=forum).count() >= A_DAY_MOST:
            raise BadForum(_("Too many were invited today: go on tomorrow."))
        is_mailed = today.filter(email=email).count() < MAILS_A_DAY_MOST
        made = Invitation(forum=forum, email=email, kind=kind, by=noted.by, why=noted.why[:500])
        made.save(force_insert=True)
        if is_mailed:
            invited.say(at="default", forum_id=forum.pk, invitation_id=made.pk)


def accept_invitation(*, invitation: Invitation, user: User) -> bool:
    """Take the role. False if it was accepted or taken back meanwhile.

    Raises:
        BadForum: the forum would have no owner any more.
    """
    with writing("default"):
        if not claim(invitation, when={"ended_at": None}, ended_at=timezone.now()):
            return False
        noted = Noted(invitation.by, invitation.why)
        opening.name_role(forum=invitation.forum, user=user, kind=invitation.kind, noted=noted)
    return True


def withdraw_invitation(*, forum: Forum, invitation_id: int) -> bool:
    """Take an invitation back; whether there was one."""
    found = Invitation.objects.open().filter(forum=forum, pk=invitation_id).first()
    with writing("default"):
        return found is not None and bool(claim(found, when={"ended_at": None}, ended_at=timezone.now()))


def token_of(invitation: Invitation) -> str:
    """For the link of its mail: who holds it may accept."""
    return signing.dumps(invitation.pk, salt=_SALT)


def invitation_in(token: str) -> Invitation | None:
    """The invitation of a link, while it can be accepted."""
    try:
        key = signing.loads(token, salt=_SALT) if len(token) < 200 else 0
    except (signing.BadSignature, ValueError):
        return None
    return Invitation.objects.open().select_related("forum", "by").filter(pk=key).first()
