"""To whom a letter goes: asked when it goes out, for an address and what people like may have changed."""

from dataclasses import dataclass

from allauth.account.models import EmailAddress

from descant.accounts.models import Preferences, User
from descant.followups.models import Follow, Kind, Letter, Mailbox


class NotWanted(Exception):
    """A letter that goes to nobody: why, in a word."""


@dataclass(frozen=True)
class Recipient:
    """Where a letter goes, and in which language; ``user`` is None for a guest."""

    email: str
    language: str
    user: User | None = None
    mailbox: Mailbox | None = None


def recipient_of(letter: Letter) -> Recipient:
    """Whom a letter is for.

    Raises:
        NotWanted: she is gone, has no confirmed address, or does not like it any more.
    """
    if letter.recipient[0] == "m":
        return _guest(letter)
    user = (
        User.objects.filter(pk=int(letter.recipient[1:]), is_active=True)
        .select_related("preferences")
        .first()
    )
    if user is None:
        raise NotWanted("gone")
    likes = getattr(user, "preferences", None) or Preferences(user=user)
    if not _is_liked(letter, likes):
        raise NotWanted("not liked")
    confirmed = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary", "pk").first()
    if confirmed is None:
        raise NotWanted("no address")
    return Recipient(confirmed.email, likes.language, user=user)


def _is_liked(letter: Letter, likes: Preferences) -> bool:
    """What an owner must know of her forum comes at once to whoever takes mail at all."""
    if letter.kind in (Kind.WEBHOOK, Kind.EXPORT):
        return bool(likes.mail != Preferences.Mail.NEVER)
    wanted = Preferences.Mail.DAILY if letter.kind == Kind.DIGEST else Preferences.Mail.REPLIES
    return bool(likes.mail == wanted)


def _guest(letter: Letter) -> Recipient:
    mailbox = Mailbox.objects.filter(pk=int(letter.recipient[1:])).first()
    if mailbox is None or mailbox.ended_at:
        raise NotWanted("ended")
    if (mailbox.confirmed_at is None) != (letter.kind == Kind.CONFIRM):
        raise NotWanted("not confirmed" if mailbox.confirmed_at is None else "confirmed")
    return Recipient(mailbox.email, mailbox.language, mailbox=mailbox)


def still_follows(letter: Letter, what: str) -> bool:
    """Whether she still wants to hear of what the letter came by."""
    return Follow.objects.filter(follower=letter.recipient, what=what).exists()
