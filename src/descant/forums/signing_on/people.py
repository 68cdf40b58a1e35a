"""The people of a site as accounts here: one for each of its ids, in its organisation and in no other."""

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from descant.accounts.models import Remote, User
from descant.accounts.naming import NAMES, is_reserved
from descant.accounts.tokens import Bearer
from descant.forums.models import Forum, Role
from descant.forums.opening import show_anew
from descant.forums.signing_on import keys
from descant.forums.signing_on.messages import BadMessage, Message, Person, read_message
from django_headroom import replicas
from django_headroom.caching.slots import slots
from django_headroom.transactions import writing
from django_headroom.updates import change


def signed_on(*, forum: Forum, written: str, public_key: str = "") -> tuple[User | None, Message]:
    """Whom a site's message signs in on a forum, made or brought up to date; None: she has signed out.

    Raises:
        BadMessage
    """
    message = read_message(forum=forum, written=written, public_key=public_key)
    if message.person is None:
        return None, message
    user = _account(forum, message, message.person)
    if not user.is_active:
        raise BadMessage(_("This account is closed."))
    return user, message


def still_speaks(forum: Forum, bearer: Bearer) -> bool:
    """Whether a token that a message earned still counts: its key in force, the person of this forum's organisation."""
    if bearer.key_id is None:
        return True
    is_ours = bearer.user is not None and bearer.user.organisation == organisation_of(forum)
    return is_ours and keys.is_in_force(forum, bearer.key_id)


def organisation_of(forum: Forum) -> int:
    """Whose people are this forum's."""
    return int(forum.organisation_id or forum.pk)


def known_to_site(forum: Forum, users: Iterable[User]) -> dict[int, str]:
    """How the forum's own site calls those of some people whom it signs in."""
    organisation = organisation_of(forum)
    hers = [user.pk for user in users if user.organisation == organisation]

    def reading(alias: str) -> dict[int, str]:
        found = Remote.objects.using(alias).filter(user__in=hers, organisation=organisation)
        return dict(found.values_list("user", "identifier"))

    return replicas.read("default", reading, own=False) if hers else {}


def _account(forum: Forum, message: Message, person: Person) -> User:
    organisation = organisation_of(forum)
    remotes = Remote.objects.filter(organisation=organisation, identifier=person.identifier)
    known = remotes.select_related("user").first()
    if known is None:
        _check_name(person, None, forum)
        try:
            return _made(organisation, message, person)
        except IntegrityError:  # by another of her pages, at the same moment
            known = remotes.select_related("user").get()
    if message.written_at >= known.told_at:
        _bring_up_to_date(forum, known, message, person)
    return known.user


def _made(organisation: int, message: Message, person: Person) -> User:
    digest = salted_hmac("descant.forums.signing_on", f"{organisation}/{person.identifier}").hexdigest()
    with writing("default"):
        user = User(username=f"remote-{digest[:20]}", name=person.name, organisation=organisation)
        user.set_unusable_password()
        user.save(force_insert=True)
        Remote.objects.create(user=user, organisation=organisation, **_told(message, person))
    return user


def _told(message: Message, person: Person) -> dict[str, Any]:
    return {
        "identifier": person.identifier,
        "email": person.email,
        "url": person.url,
        "avatar": person.avatar,
        "told_at": message.written_at,
    }


def _bring_up_to_date(forum: Forum, known: Remote, message: Message, person: Person) -> None:
    """What has changed, and nothing if nothing has: most messages say the same as the last."""
    told = _told(message, person)
    is_same = all(getattr(known, field) == value for field, value in told.items() if field != "told_at")
    if is_same and known.user.name == person.name:
        return
    if known.user.name != person.name:
        _check_name(person, known.user, forum)
    with writing("default"):
        change(known, **told)
        if known.user.name != person.name:
            change(known.user, name=person.name)
            transaction.on_commit(lambda: slots().raise_slots(NAMES), using="default")
            show_anew(Forum.objects.filter(Q(pk=known.organisation) | Q(organisation=known.organisation)))


def _check_name(person: Person, user: User | None, forum: Forum) -> None:
    """A name of the house is for those who have a role here already, given by its owner."""
    if is_reserved(person.name) and not (user and Role.objects.filter(forum=forum, user=user).exists()):
        raise BadMessage(
            _("The name “%(name)s” is kept for the people who run the forum: choose another on your site.")
            % {"name": person.name}
        )
