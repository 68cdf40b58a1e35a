"""The calls of the frame: every POST under ``/embed/do/`` comes in, is checked and is answered here.

A call carries no cookie: who asks is in its bearer token. It must come from a document of our own origin, as JSON.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt

from descant.accounts.network import client_address, own_origins
from descant.accounts.tokens import BadToken, read_token
from descant.discussion.authors import Author, role_of
from descant.embed.refusing import REFUSALS, BadCall, refusal
from descant.forums.directory import UnknownForum, forum_named
from descant.forums.models import FORUM_NAME, Forum
from descant.forums.signing_on.people import still_speaks
from django_headroom.replicas import known_as

BODY_MOST = 256 * 1024
_ID = re.compile(r"[0-9]{1,18}")

Body = dict[str, Any]


@dataclass(frozen=True)
class Asking:
    """A checked call: on which forum, and by whom. A guest's name and e-mail are the view's to add."""

    request: HttpRequest
    forum: Forum
    author: Author


def call(view: Callable[[Asking, Body], Body | HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Make a view of a function that takes a checked call and its body.

    The function returns what to say as a dict, or ``answer(…, status=201)``; what it refuses it raises. It speaks the
    language of the body's ``lang``, else the forum's.
    """

    @csrf_exempt
    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        try:
            response = _answered(view, request)
        except REFUSALS as refused:
            response = refusal(refused)
        response.headers["Cache-Control"] = "no-store, private"
        return response

    return checked


def answer(body: Body, status: int = 200) -> HttpResponse:
    """A JSON answer."""
    return HttpResponse(orjson.dumps(body), content_type="application/json", status=status)


def text_in(body: Body, key: str, otherwise: str = "") -> str:
    """A text of the body, without NUL, which PostgreSQL cannot keep; ``otherwise`` if it is absent or null.

    Raises:
        BadCall: it is something else.
    """
    value = body.get(key)
    if value is None:
        return otherwise
    if not isinstance(value, str):
        raise BadCall(_("%(name)s must be a text.") % {"name": key})
    return value.replace("\0", "")


def id_in(body: Body, key: str) -> int | None:
    """An id of the body, written as a string of digits; None if it is absent or null.

    Raises:
        BadCall: it is something else.
    """
    value = body.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise BadCall(_("%(name)s must be an id, as a text.") % {"name": key})
    return int(value)


def person_of(author: Author) -> Body | None:
    """How the frame is told who it speaks for; None for a stranger."""
    if author.user is not None:
        person = {"name": str(author.user), "kind": "account", "moderator": author.moderates}
    elif author.guest:
        person = {"name": author.name, "kind": "guest", "moderator": False}
    else:
        return None
    return {"id": author.voter, **person}


def _answered(view: Callable[[Asking, Body], Body | HttpResponse], request: HttpRequest) -> HttpResponse:
    _check_origin(request)
    body = _body(request)
    name = text_in(body, "forum")
    if not re.fullmatch(FORUM_NAME, name):
        raise UnknownForum(_("There is no forum of this name."))
    forum = forum_named(name)
    with override(forum.language_for(text_in(body, "lang"))):
        try:
            author = author_of(request, forum)
            known_as(author.voter)
            said = view(Asking(request, forum, author), body)
        except REFUSALS as refused:
            said = refusal(refused)
    return said if isinstance(said, HttpResponse) else answer(said)


def author_of(request: HttpRequest, forum: Forum) -> Author:
    """Who asks, by the token and the address of the request.

    Raises:
        BadToken
    """
    address = client_address(request)
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return Author(address=address)
    bearer = read_token(token.strip(), forum_id=forum.pk)
    if not still_speaks(forum, bearer):
        raise BadToken(_("You are not signed in here any more: sign in again."))
    role = role_of(bearer.user, forum)
    return Author(user=bearer.user, guest=bearer.guest, address=address, role=role)


def _check_origin(request: HttpRequest) -> None:
    if request.method != "POST":
        raise BadCall(_("A call is a POST."), code="not_post", status=405)
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if site == "cross-site" or origin not in own_origins(request):
        raise BadCall(_("A call must come from our own page."), code="foreign_origin", status=403)


def _body(request: HttpRequest) -> Body:
    if request.content_type != "application/json":
        raise BadCall(_("A call is written in JSON."), code="not_json", status=415)
    if int(request.META.get("CONTENT_LENGTH") or 0) > BODY_MOST:
        raise BadCall(_("This is too long: shorten it."), code="too_long", status=413)
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise BadCall(_("The body must be a JSON object."), code="not_json")
    return body
