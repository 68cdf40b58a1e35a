"""People kept from writing on a forum, and bans lifted; each ban is a row that says who, why and until when."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from descant.accounts.models import User
from descant.discussion.authors import Author
from descant.discussion.deciding.abilities import check_may
from descant.discussion.judging.origins import mailbox_of
from descant.discussion.models import Comment
from descant.discussion.posting import Refused
from descant.forums import bans
from descant.forums.models import Ban, Forum, Role
from django_headroom.transactions import writing
from django_headroom.updates import claim

RANGE = "range"  # besides the kinds of bans: the neighbourhood of an address
WIDEST = {4: 8, 6: 16}


class CannotBan(Refused):
    code = "cannot_ban"


@dataclass(frozen=True)
class Whom:
    """Who is meant: what a ban looks for, and how it is shown."""

    kind: str
    value: str
    shown: str


def author_of(comment: Comment, kind: str) -> Whom:
    """Whoever wrote a comment, by her account or guest's name, e-mail, or the address it came from.

    Raises:
        CannotBan: nothing of this kind is known of her.
    """
    name = {"name": comment.shown_name}
    known = {
        Ban.Kind.ACCOUNT.value: (comment.author_id, comment.shown_name),
        Ban.Kind.GUEST.value: (comment.guest, comment.shown_name),
        Ban.Kind.EMAIL.value: (mailbox_of(comment.author_email), _("the e-mail of %(name)s") % name),
        Ban.Kind.ADDRESS.value: (comment.origin, _("the address of %(name)s") % name),
        RANGE: (comment.origin_range, _("the neighbourhood of the address of %(name)s") % name),
    }
    value, shown = known.get(kind, ("", ""))
    if not value:
        raise CannotBan(_("Nothing of this kind is known of the author: ban by something else."))
    return Whom(Ban.Kind.ADDRESS.value if kind == RANGE else kind, str(value), shown)


def account(forum: Forum, user_id: int) -> Whom:
    """An account, by its id; by its name only where she has written on the forum: others' people are not told of.

    Raises:
        CannotBan: there is none.
    """
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise CannotBan(_("There is no such account."))
    is_known = Comment.objects.of(forum).filter(author=user).exists()
    return Whom(Ban.Kind.ACCOUNT.value, str(user.pk), str(user) if is_known else f"u{user.pk}")


def mailbox(email: str) -> Whom:
    """Whoever writes with an e-mail address; only a digest of it is kept.

    Raises:
        CannotBan: it is none.
    """
    try:
        validate_email(email.strip())
    except ValidationError:
        raise CannotBan(_("This is no e-mail address.")) from None
    name, _at, host = email.strip().rpartition("@")
    return Whom(Ban.Kind.EMAIL.value, mailbox_of(email), f"{name[:1]}…@{host}")


def address_range(written: str) -> Whom:
    """A range of addresses, as somebody types it: ``192.0.2.0/24``.

    Raises:
        CannotBan: it is none, or so wide that it would shut out a country.
    """
    try:
        network = ip_network(written.strip(), strict=False)
    except ValueError:
        raise CannotBan(_("This is no range of addresses: write 192.0.2.0/24 or 2001:db8::/32.")) from None
    if network.prefixlen < WIDEST[network.version]:
        raise CannotBan(_("This range is too wide: write a longer prefix."))
    return Whom(Ban.Kind.ADDRESS.value, str(network), str(network))


def ban_person(
    *,
    forum: Forum,
    whom: Whom,
    by: Author,
    reason: str,
    until: datetime | None = None,
    is_shadow: bool = False,
) -> Ban:
    """Keep somebody from writing on a forum, for good or until a time.

    Raises:
        NotAModerator, CannotBan
    """
    check_may(by, "ban", forum)
    if not reason.strip():
        raise CannotBan(_("Say why: she is told, and so is who lifts the ban."))
    if is_shadow and not forum.shadow_bans:
        raise CannotBan(_("The public policy of this forum does not allow secret bans: ban openly."))
    staff = Role.objects.filter(forum=forum, kind__in=(Role.Kind.OWNER, Role.Kind.MODERATOR))
    if whom.kind == Ban.Kind.ACCOUNT and staff.filter(user=int(whom.value)).exists():
        raise CannotBan(_("She moderates this forum: take her role away first."))
    with writing("default"):
        made = Ban(forum=forum, kind=whom.kind, value=whom.value, shown=whom.shown[:200], is_shadow=is_shadow)
        made.reason, made.by, made.until = reason.strip()[:500], by.user, until
        made.save(force_insert=True)
    bans.in_force.tell_changed()
    return made


def lift_ban(*, forum: Forum, ban: Ban, by: Author) -> bool:
    """End a ban before its time; the row stays.

    Returns:
        Whether it was in force.

    Raises:
        NotAModerator
    """
    check_may(by, "ban", forum)
    if ban.forum_id != forum.pk:
        raise Ban.DoesNotExist
    with writing("default"):
        done = claim(ban, when={"lifted_at": None}, lifted_at=timezone.now(), lifted_by=by.user)
    bans.in_force.tell_changed()
    return done
