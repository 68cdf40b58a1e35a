"""Serving the endpoints: a request is checked, answered in the envelope, and every refusal becomes a code."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.csrf import csrf_exempt

from descant.api.answering import BAD_ARGUMENT, REFUSALS, envelope, refusal
from descant.api.asking import Shown, ask, shown_in
from descant.api.declaring import Asked, Endpoint, Page
from descant.api.declaring.parameters import BadArgument
from descant.api.receiving import GO_ON, has_parts, is_begun
from descant.api.serving.hourly import Spent, spend
from descant.api.serving.once import once
from descant.api.serving.origins import let_read, preflight
from descant.forums.models import Forum


def served(endpoint: Endpoint) -> Callable[[HttpRequest], HttpResponse]:
    """The view of an endpoint. No cookie counts here, so nothing can be forged across sites."""

    @csrf_exempt
    @wraps(endpoint.answer)
    def view(request: HttpRequest) -> HttpResponse:
        if request.method == "OPTIONS":
            return preflight(endpoint, request)
        if request.method != endpoint.method and (request.method, endpoint.method) != ("HEAD", "GET"):
            return envelope(BAD_ARGUMENT, f"This endpoint is asked by {endpoint.method}.", 405)
        if is_begun(request):
            return let_read(request, _whether_to_go_on(endpoint, request), None)
        return _served(endpoint, request)

    return view


def _whether_to_go_on(endpoint: Endpoint, request: HttpRequest) -> HttpResponse:
    """To a request that is longer than anybody's may be: its refusal, if it shows by then that it will be refused."""
    try:
        if not has_parts(request):
            raise BadArgument("The request is too long.")
        ask(endpoint, shown_in(request, endpoint))
    except REFUSALS as refused:
        return refusal(refused)
    return HttpResponse(status=GO_ON)


def _served(endpoint: Endpoint, request: HttpRequest) -> HttpResponse:
    answer, forum = answered(endpoint, request)
    if endpoint.method == "GET" and answer.status_code == 200:
        answer = unless_unchanged(request, answer)
    return let_read(request, answer, forum)


def answered(endpoint: Endpoint, request: HttpRequest) -> tuple[HttpResponse, Forum | None]:
    """The answer or the refusal in its envelope, and the forum that the keys speak for, if they do for one."""
    shown: Shown | None = None
    spent: Spent | None = None
    try:
        shown = shown_in(request, endpoint)
        if spent := spend(shown):
            spent.check()
        asked = ask(endpoint, shown)
        answer = once(endpoint, shown, asked, lambda: _worked(endpoint, asked))
    except REFUSALS as refused:
        answer = refusal(refused)
    if spent:
        spent.tell(answer)
    return answer, shown.forum if shown else None


def _worked(endpoint: Endpoint, asked: Asked) -> HttpResponse:
    try:
        return _told(endpoint.answer(asked))
    except REFUSALS as refused:
        return refusal(refused)


def _told(given: Any) -> HttpResponse:
    if isinstance(given, Page):
        return envelope(0, given.items, cursor=given.cursor)
    return envelope(0, given)


def unless_unchanged(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """With an ETag; an answer that the program has already is not sent again (304)."""
    etag = f'"{hashlib.blake2b(answer.content, digest_size=12).hexdigest()}"'
    answer.headers["ETag"], answer.headers["Cache-Control"] = etag, "private, no-cache"
    return get_conditional_response(request, etag=etag, response=answer) or answer
