"""Who may see the operators' pages, and how a page of theirs is drawn: for anybody else they do not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_protect

from descant.accounts.models import User

View = Callable[..., HttpResponse]

# The pages in their order: the name of the route, and what its link says.
PLACES = (
    ("operate", gettext_lazy("Overview")),
    ("operate_events", gettext_lazy("Events")),
    ("operate_switches", gettext_lazy("Switches")),
    ("operate_errors", gettext_lazy("Errors")),
    ("operate_performance", gettext_lazy("Performance")),
)


def for_operators(view: View) -> View:
    """Make a view that is there for operators only (``descant user create --superuser``).

    Who is not signed in may sign in first; whoever else asks is told that there is no such page.
    """

    @csrf_protect
    @wraps(view)
    def checked(request: HttpRequest, **named: Any) -> HttpResponse:
        if not isinstance(request.user, User):
            response: HttpResponse = redirect_to_login(request.get_full_path())
        elif not request.user.is_staff:
            raise Http404
        else:
            response = view(request, **named)
        response.headers["Cache-Control"] = "no-store, private"
        response.headers["X-Frame-Options"] = "DENY"
        return response

    return checked


def draw(request: HttpRequest, template: str, given: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page of the operators' side, with the links to the others."""
    return render(request, f"operate/{template}", {"places": PLACES, **given}, status=status)
