"""Who asks: the key of a request, the forum it speaks for, and whether it may from where it comes."""

from django.conf import settings
from django.http import HttpRequest, QueryDict

from descant.accounts.network import client_address
from descant.api.answering import BadArgument, NotAllowed
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import find_thread
from descant.discussion.models import Thread
from descant.forums import directory
from descant.forums.domains import PageOutside, check_page
from descant.forums.models import Forum
from django_headroom.replicas import known_as


def arguments(request: HttpRequest) -> QueryDict:
    """The arguments of a request: the query's, and for a POST the form's."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise BadArgument("The request is too long.")
    asked = request.POST if request.method == "POST" else request.GET
    is_mixed = request.method == "POST" and bool(request.GET)
    has_nul = any("\0" in value for _, values in asked.lists() for value in values)
    return _joined(request) if is_mixed or has_nul else asked


def _joined(request: HttpRequest) -> QueryDict:
    """Both kinds of arguments, without NUL, which PostgreSQL cannot keep."""
    together = QueryDict(mutable=True)
    for name, values in [*request.GET.lists(), *request.POST.lists()]:
        together.setlist(name, [str(value).replace("\0", "") for value in values])
    return together


def forum_asked(request: HttpRequest, asked: QueryDict) -> Forum:
    """The forum that the public key speaks for; a browser must send it from one of the forum's domains.

    Raises:
        BadArgument, UnknownKey, NotAllowed
    """
    public_key = asked.get("api_key")
    if not public_key:
        raise BadArgument("Invalid argument, 'api_key': give the forum's public key.")
    forum = directory.forum_with_public_key(public_key)
    known_as(f"k{forum.pk}")  # who writes with a forum's key reads with it, from whatever machine
    named = asked.get("forum", forum.name)
    if named != forum.name:
        raise NotAllowed(f"This api_key does not speak for the forum {named[:60]!r}.")
    _check_sender(request, forum)
    return forum


def address_of(request: HttpRequest) -> str:
    """The network address that limits are kept for."""
    return client_address(request)


def page_asked(asked: QueryDict) -> PageAddress:
    """What the arguments say of the thread: ``thread:ident`` or ``thread=ident:…``, and the same with ``link``."""
    plain = asked.get("thread", "")
    kind, _, value = plain.partition(":")
    identifier = asked.get("thread:ident") or (value if kind == "ident" else "")
    url = asked.get("thread:link") or (value if kind == "link" else "") or asked.get("url", "")
    return PageAddress(identifier, url, asked.get("title", ""))


def thread_asked(forum: Forum, asked: QueryDict, *, using: str = "") -> Thread:
    """The thread that the arguments name, by id or by a typed look-up.

    Args:
        using: the copy of the forum's partition to ask; by default the primary.

    Raises:
        BadArgument: they name none. Thread.DoesNotExist: there is none.
    """
    plain = asked.get("thread", "")
    if plain.isascii() and plain.isdecimal() and len(plain) < 19:
        rows = Thread.objects.of(forum).using(using or forum.partition)
        found: Thread | None = rows.filter(pk=int(plain)).first()
    else:
        page = page_asked(asked)
        if not page.identifier and not page.url:
            raise BadArgument("Invalid argument, 'thread': give an id, thread:ident or thread:link.")
        found = find_thread(forum, page, using=using)
    if found is None:
        raise Thread.DoesNotExist("Invalid argument, 'thread': there is no such thread in this forum.")
    return found


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
