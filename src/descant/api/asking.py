"""A request, checked: what was given, who asks by which keys, and whether she may from where she does."""

from dataclasses import dataclass, replace

from django.conf import settings
from django.http import HttpRequest

from descant.accounts.models import User
from descant.accounts.network import client_address
from descant.api.declaring import Asked, Endpoint, Given, Standing
from descant.api.declaring.parameters import BadArgument, every
from descant.api.receiving import longest_file, receive
from descant.discussion.authors import Author
from descant.discussion.deciding.abilities import check_ability
from descant.forums.directory import UnknownForum, forum_named, forum_with_id
from descant.forums.domains import PageOutside, check_page
from descant.forums.keys.showing import bearer_of, key_with_public, key_with_secret, key_with_token
from descant.forums.models import Forum, Key
from descant.forums.signing_on.people import signed_on
from django_headroom.replicas import known_as

_BEARER = "Bearer "


class NotAllowed(Exception):
    """A key that may not do this, or may not do it from there."""


@dataclass(frozen=True)
class Shown:
    """What a request gives, the key that it shows, as whom it acts by its token, and on which forum."""

    request: HttpRequest
    given: Given
    key: Key
    user: User | None
    forum: Forum


def shown_in(request: HttpRequest, endpoint: Endpoint) -> Shown:
    """Who asks, and about which forum.

    Raises:
        BadArgument, UnknownKey, BadAccessToken, NotAllowed
    """
    receive(request, endpoint)
    given = given_in(request, most=longest_file() if endpoint.takes_file else 0)
    key, user = _shown(request, given)
    return Shown(request, given, key, user, _forum(given, key, user))


def ask(endpoint: Endpoint, shown: Shown) -> Asked:
    """What is asked of an endpoint, with its arguments read.

    Raises:
        BadArgument, BadAccessToken, BadMessage, NotAllowed, NotAModerator
    """
    request, given, forum, user = shown.request, shown.given, shown.forum, shown.user
    author = Author(user=user, role=_role(forum, user), address=client_address(request))
    standing = _standing(given, author)
    if standing < endpoint.who:
        raise NotAllowed(f"This endpoint is for programs that show their {endpoint.keys[0]}.")
    if endpoint.ability:
        check_ability(author, endpoint.ability)
    if standing == Standing.GUEST:
        _check_sender(request, forum)
    if user is None:
        author = _signed_on(given, forum, author)
    known_as(f"k{forum.pk}")  # who writes with a forum's key reads with it, from whatever machine
    values = {parameter.name: parameter.read(given) for parameter in endpoint.takes}
    return Asked(request, forum, author, standing, values, shown.key)


def _signed_on(given: Given, forum: Forum, author: Author) -> Author:
    """Whom the forum's site signs in by ``remote_auth``: a message gives no ability, not by her own role either.

    Raises:
        BadMessage
    """
    written = given.get("remote_auth") or given.get("remote_auth_s3")
    if not written:
        return author
    user, _message = signed_on(forum=forum, written=written, public_key=given.get("api_key", ""))
    return replace(author, user=user)


def given_in(request: HttpRequest, *, most: int = 0) -> Given:
    """The arguments of a request, the query's and for a POST the form's; without NUL, which PostgreSQL cannot keep.

    Args:
        most: how many bytes it may have beside, for a file.
    """
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE + most:
        raise BadArgument("The request is too long.")
    parts = [request.GET, request.POST] if request.method == "POST" else [request.GET]
    given = Given(mutable=True)
    for name, values in (item for part in parts for item in part.lists()):
        for value in values:
            given.appendlist(name, str(value).replace("\0", ""))
    return given


def token_in(request: HttpRequest, given: Given) -> str:
    """The access token of a request; it may stand in the Authorization header, where nobody looks for arguments."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    return given.get("access_token") or (header.removeprefix(_BEARER) if header.startswith(_BEARER) else "")


def _shown(request: HttpRequest, given: Given) -> tuple[Key, User | None]:
    """The key of the program, and as whom it acts; all that it shows must be of one key."""
    token = token_in(request, given)
    looks = ((given.get("api_secret"), key_with_secret), (given.get("api_key"), key_with_public))
    keys = [look(written) for written, look in looks if written] or ([key_with_token(token)] if token else [])
    if not keys:
        raise BadArgument("Invalid argument, 'api_key': give the forum's public key.")
    if len({key.pk for key in keys}) > 1:
        raise NotAllowed("This api_key and this api_secret are not of one program.")
    return keys[0], bearer_of(keys[0], token) if token else None


def _forum(given: Given, key: Key, user: User | None) -> Forum:
    """The forum that the key speaks for; a person's token also reaches the others where she has a role."""
    forum = forum_with_id(key.forum_id)
    strange = {named for named in every(given, "forum") if named not in (forum.name, ":all")}
    if not strange:
        return forum
    if user is not None and len(strange) == 1:
        other = _named(next(iter(strange)))
        if other is not None and _role(other, user):
            return other
    raise NotAllowed(f"These keys do not speak for the forum {strange.pop()[:60]!r}.")


def _named(name: str) -> Forum | None:
    try:
        return forum_named(name)
    except UnknownForum:
        return None


def _role(forum: Forum, user: User | None) -> str:
    """Her role, as the forum was loaded with it."""
    return next((role.kind for role in forum.roles.all() if user and role.user_id == user.pk), "")


def _standing(given: Given, author: Author) -> Standing:
    if author.moderates:
        return Standing.MODERATOR
    if given.get("api_secret"):
        return Standing.SERVER
    if author.user is not None and not author.role:
        raise NotAllowed("This access token acts where its person has a role: not on this forum.")
    return Standing.PERSON if author.user is not None else Standing.GUEST


def _check_sender(request: HttpRequest, forum: Forum) -> None:
    """A page may use the key only on the forum's domains; a program without Origin and Referer may as a guest may."""
    sender = request.META.get("HTTP_ORIGIN") or request.META.get("HTTP_REFERER")
    if not sender:
        return
    own = f"{request.scheme}://{request.get_host()}"
    if sender == own or sender.startswith(f"{own}/"):
        return
    try:
        check_page(forum, sender)
    except PageOutside:
        raise NotAllowed(
            "This api_key is not for the site that sent it: its owner can add the domain."
        ) from None
