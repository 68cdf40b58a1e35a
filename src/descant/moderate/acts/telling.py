"""What is said when something was done: JSON for the page's script, else the page again with a line above it."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from descant.moderate.asking import Desk
from descant.moderate.queue.listing import count_tabs
from descant.moderate.refusing import is_script, spoken

QUEUE = "/moderate/"


@dataclass(frozen=True)
class Told:
    """A sentence, the batch by which it is undone, and what the next step must be sent if something is left."""

    message: str
    batch: uuid.UUID | None = None
    changed: int = 0
    left: str = ""
    more: dict[str, str] = field(default_factory=dict)


def tell(desk: Desk, told: Told) -> HttpResponse:
    """The answer to an act."""
    request = desk.request
    if is_script(request):
        return JsonResponse(_for_script(desk, told))
    if told.left:
        return _go_on(request, told)
    messages.success(request, told.message, extra_tags=str(told.batch or ""))
    return HttpResponseRedirect(back_in(request))


def back_in(request: HttpRequest) -> str:
    """Where the form came from, if that is a page of ours."""
    back = request.POST.get("back", "")
    if back.startswith(QUEUE) and url_has_allowed_host_and_scheme(back, None):
        return back
    return QUEUE


def _for_script(desk: Desk, told: Told) -> dict[str, Any]:
    name = desk.request.POST.get("looked_at", "")
    looked_at = desk.looked_at(name if name in desk.forums else "")
    return {
        "message": told.message,
        "batch": str(told.batch or ""),
        "changed": told.changed,
        "left": told.left,
        "more": told.more,
        "numbers": {tab: str(number) for tab, number in count_tabs(looked_at).items()},
    }


def _go_on(request: HttpRequest, told: Told) -> HttpResponse:
    """Without a script somebody presses a button for each step."""
    asked = {name: request.POST.getlist(name) for name in request.POST if name != "csrfmiddlewaretoken"}
    fields = {**asked, **{name: [value] for name, value in told.more.items()}}
    given = {"told": told, "fields": fields, "path": request.path, **spoken()}
    return render(request, "moderate/go_on.html", given, using="jinja2")
