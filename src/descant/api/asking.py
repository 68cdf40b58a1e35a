"""A request, checked: what was given, who asks by which keys, and whether she may from where she does."""

from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest

from descant.accounts.network import client_address
from descant.api.declaring import Asked, Endpoint, Given, Standing
from descant.api.declaring.parameters import BadArgument, every
from descant.discussion.authors import Author
from descant.forums import directory
from descant.forums.domains import PageOutside, check_page
from descant.forums.issuing import digest_of
from descant.forums.models import Forum, Key, Role
from django_headroom.replicas import known_as

# How a program names what it shows, what that is good for, and where it stands in the row of a key.
KEYS = {
    "api_key": (Standing.GUEST, "public_key"),
    "api_secret": (Standing.SERVER, "secret_key"),
    "access_token": (Standing.MODERATOR, "access_token_digest"),
}
_BEARER = "Bearer "


class NotAllowed(Exception):
    """A key that may not do this, or may not do it from there."""


def ask(endpoint: Endpoint, request: HttpRequest) -> Asked:
    """What is asked of an endpoint, with its arguments read.

    Raises:
        BadArgument, UnknownKey, NotAllowed
    """
    given = _given(request)
    forum, standing = _forum(request, given)
    if standing < endpoint.who:
        needed = next(name for name, (gives, _) in KEYS.items() if gives == endpoint.who)
        raise NotAllowed(f"This endpoint is for programs that show their {needed}.")
    known_as(f"k{forum.pk}")  # who writes with a forum's key reads with it, from whatever machine
    role = Role.Kind.MODERATOR if standing >= Standing.SERVER else ""
    author = Author(address=client_address(request), role=role)
    values = {parameter.name: parameter.read(given) for parameter in endpoint.takes}
    return Asked(request, forum, author, standing, values)


def _given(request: HttpRequest) -> Given:
    """The arguments of a request, the query's and for a POST the form's; without NUL, which PostgreSQL cannot keep."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise BadArgument("The request is too long.")
    parts = [request.GET, request.POST] if request.method == "POST" else [request.GET]
    given = Given(mutable=True)
    for name, values in (item for part in parts for item in part.lists()):
        for value in values:
            given.appendlist(name, str(value).replace("\0", ""))
    return given


def _forum(request: HttpRequest, given: Given) -> tuple[Forum, Standing]:
    """The forum that the keys speak for, and what they are good for; all must be of one forum."""
    keys = dict(_shown(request, given))
    if not keys:
        raise BadArgument("Invalid argument, 'api_key': give the forum's public key.")
    forums = {key.forum_id for key in keys.values()}
    if len(forums) > 1:
        raise NotAllowed("These keys do not speak for the same forum.")
    forum = directory.forum_with_id(forums.pop())
    directory.count_use(next(iter(keys.values())))
    strange = {named for named in every(given, "forum") if named not in (forum.name, ":all")}
    if strange:
        raise NotAllowed(f"This api_key does not speak for the forum {strange.pop()[:60]!r}.")
    standing = max(keys)
    if standing == Standing.GUEST:
        _check_sender(request, forum)
    return forum, standing


def _shown(request: HttpRequest, given: Given) -> Iterator[tuple[Standing, Key]]:
    """The keys of a request; a token may stand in its Authorization header, where no log keeps it."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    bearer = header.removeprefix(_BEARER) if header.startswith(_BEARER) else ""
    for name, (standing, column) in KEYS.items():
        written = given.get(name) or (bearer if name == "access_token" else "")
        if written:
            yield standing, directory.key_with(column, digest_of(written) if "digest" in column else written)


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
