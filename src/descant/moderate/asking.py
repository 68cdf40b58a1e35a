"""Who asks for a page of the moderators' side, and for which forums she may: those she owns or moderates, no other."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect

from descant.accounts.models import User
from descant.accounts.network import client_address, own_origins
from descant.discussion.authors import Author
from descant.discussion.models import Comment
from descant.forums.models import Forum, Role
from descant.moderate.refusing import REFUSALS, BadRequest, NotYours, refusal
from django_headroom.replicas import known_as

FORUMS_MOST = 60  # looked at together; of more she chooses one
RUNNING = (Role.Kind.OWNER, Role.Kind.MODERATOR)
_ITEM = re.compile(r"([a-z0-9-]{1,50}):([0-9]{1,18}):([a-z]{1,10})(:alike)?")


@dataclass(frozen=True)
class Item:
    """A comment as a page names it: ``gazette:42:waiting``; with ``:alike`` it stands for its whole flood.

    The state is the one that she has seen: what was decided meanwhile is not decided over.
    """

    forum: Forum
    comment_id: int
    seen: str
    with_alike: bool = False


@dataclass(frozen=True)
class Desk:
    """A checked request: whose it is, and the forums that she may decide on."""

    request: HttpRequest
    user: User
    roles: Mapping[int, str] = field(default_factory=dict)
    forums: Mapping[str, Forum] = field(default_factory=dict)

    def author(self, forum: Forum) -> Author:
        """Who she is to the acts on a forum."""
        return Author(user=self.user, role=self.roles[forum.pk], address=client_address(self.request))

    def forum(self, name: str) -> Forum:
        """Raises: NotYours: there is no such forum, or it is not hers; nobody is told which."""
        if name not in self.forums:
            raise NotYours(_("There is nothing of this name among your forums."))
        return self.forums[name]

    def looked_at(self, name: str) -> Sequence[Forum]:
        """The forum of this name; without one all of hers, as many as are looked at together."""
        return [self.forum(name)] if name else list(self.forums.values())[:FORUMS_MOST]

    def item(self, written: str) -> Item:
        """Raises: NotYours"""
        found = _ITEM.fullmatch(written)
        if found is None:
            raise NotYours(_("There is nothing of this name among your forums."))
        return Item(self.forum(found[1]), int(found[2]), found[3], bool(found[4]))

    def comment(self, written: str) -> Comment:
        """The comment of an item, with its thread.

        Raises:
            NotYours, Comment.DoesNotExist
        """
        item = self.item(written)
        found: Comment = Comment.objects.of(item.forum).select_related("thread").get(pk=item.comment_id)
        return found


View = Callable[..., HttpResponse]


def at_the_desk(view: View) -> View:
    """Make a view of a function that takes a Desk: signed in, running a forum, a POST from our own page with its token.

    What it refuses it raises; the answer says so, in words or in JSON, as was asked.
    """

    @csrf_protect
    @wraps(view)
    def checked(request: HttpRequest, **named: str) -> HttpResponse:
        if not isinstance(request.user, User):
            response: HttpResponse = redirect_to_login(request.get_full_path())
        else:
            response = _answered(view, request, request.user, named)
        response.headers["Cache-Control"] = "no-store, private"
        response.headers["X-Frame-Options"] = "DENY"
        return response

    return checked


def _answered(view: View, request: HttpRequest, user: User, named: Mapping[str, str]) -> HttpResponse:
    known_as(f"u{user.pk}")
    try:
        _check_origin(request)
        return view(_desk(request, user), **named)
    except REFUSALS as refused:
        return refusal(request, refused)


def _check_origin(request: HttpRequest) -> None:
    if request.method in ("GET", "HEAD"):
        return
    if request.headers.get("Sec-Fetch-Site") == "cross-site" or (
        request.headers.get("Origin") not in own_origins(request)
    ):
        raise BadRequest(_("This must come from our own page."), code="foreign_origin", status=403)


def _desk(request: HttpRequest, user: User) -> Desk:
    roles = list(
        Role.objects.filter(user=user, kind__in=RUNNING).select_related("forum").order_by("forum__name", "id")
    )
    if not roles and not user.is_staff:  # the staff has the rules of the network
        raise BadRequest(
            _("You moderate no forum here. Its owner can name you a moderator."), code="no_forum", status=403
        )
    return Desk(
        request,
        user,
        {role.forum_id: role.kind for role in roles},
        {role.forum.name: role.forum for role in roles},
    )
