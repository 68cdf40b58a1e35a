"""Pages for one person: she is signed in on our own origin, nobody keeps a copy, and no other page frames them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from descant.accounts.models import User
from descant.accounts.network import client_address
from descant.discussion.authors import Author, role_of
from descant.discussion.deciding.abilities import has_ability
from descant.forums.directory import UnknownForum, forum_named
from descant.forums.models import Forum
from descant.switches import SwitchedOff

Page = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Owning:
    """An owner, and what she asks of her forum."""

    request: HttpRequest
    forum: Forum
    by: Author

    @property
    def posts(self) -> bool:
        return self.request.method == "POST"

    def show(self, template: str, shown: Mapping[str, Any]) -> HttpResponse:
        return render(self.request, template, {"forum": self.forum, **shown})


def for_people(view: Callable[[HttpRequest, User], HttpResponse]) -> Page:
    """Make a page of a function that takes the request and who is signed in; others are asked to sign in."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def page(request: HttpRequest) -> HttpResponse:
        user = request.user
        if isinstance(user, User):
            return _answered(request, lambda: view(request, user))
        return kept_nowhere(redirect_to_login(request.get_full_path()))

    return page


def for_owners(ability: str) -> Callable[[Callable[..., HttpResponse]], Page]:
    """Make a page of a function that takes an ``Owning``, and what else its address names.

    Who may not open it is told that there is no such page.

    The acts ask once more; here it is asked so that nobody reads what she may not change.
    """

    def made(view: Callable[..., HttpResponse]) -> Page:
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def page(request: HttpRequest, name: str, **named: Any) -> HttpResponse:
            if not isinstance(request.user, User):
                return kept_nowhere(redirect_to_login(request.get_full_path()))
            owning = _owning(request, request.user, name, ability)
            return _answered(request, lambda: view(owning, **named))

        return page

    return made


def _owning(request: HttpRequest, user: User, name: str, ability: str) -> Owning:
    try:
        forum = forum_named(name)
    except UnknownForum as error:
        raise Http404 from error
    by = Author(user=user, role=role_of(user, forum), address=client_address(request))
    if not has_ability(by, ability):
        raise Http404
    return Owning(request, forum, by)


def _answered(request: HttpRequest, make: Callable[[], HttpResponse]) -> HttpResponse:
    try:
        return kept_nowhere(make())
    except SwitchedOff as refused:
        return not_now(request, refused)


def not_now(request: HttpRequest, refused: SwitchedOff) -> HttpResponse:
    """What operators have turned off is said on a page of its own; what she has written is where she came from."""
    answer = render(request, "community/not_now.html", {"refused": refused}, status=503)
    answer.headers["Retry-After"] = str(refused.retry_after)
    return kept_nowhere(answer)


def kept_nowhere(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store, private"
    response.headers["X-Frame-Options"] = "DENY"
    return response
