"""Which pages of other sites may read answers (CORS): those on the domains of the forum that is asked about."""

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from descant.accounts.network import own_origins
from descant.api.answering import REFUSALS
from descant.api.asking import given_in
from descant.api.declaring import Endpoint
from descant.api.declaring.parameters import every
from descant.api.serving.hourly import HEADERS
from descant.api.serving.once import REPLAYED
from descant.forums.directory import forum_named, forum_with_id
from descant.forums.domains import check_page
from descant.forums.keys.showing import known_key
from descant.forums.models import Forum

FRESH_SECONDS = 600  # so long a browser need not ask again; a domain may be taken away
_SENT = "Authorization, Content-Type, Idempotency-Key, If-None-Match"
_READ = ", ".join(("ETag", "Retry-After", REPLAYED, *HEADERS))


def preflight(endpoint: Endpoint, request: HttpRequest) -> HttpResponse:
    """What a browser asks before a request with headers of its own: there are no arguments but the query's."""
    answer = HttpResponse(status=204, headers={"Allow": f"{_methods(endpoint)}, OPTIONS"})
    if _let_read(request, answer, None):
        answer.headers["Access-Control-Allow-Methods"] = _methods(endpoint)
        answer.headers["Access-Control-Allow-Headers"] = _SENT
        answer.headers["Access-Control-Max-Age"] = str(FRESH_SECONDS)
    return answer


def let_read(request: HttpRequest, answer: HttpResponse, forum: Forum | None) -> HttpResponse:
    """Let the page that asks read the answer, if it stands on a domain of the forum.

    Args:
        forum: which the keys speak for; None: they speak for none, and the forum that the request names counts.
    """
    if _let_read(request, answer, forum):
        answer.headers["Access-Control-Expose-Headers"] = _READ
    return answer


def _let_read(request: HttpRequest, answer: HttpResponse, forum: Forum | None) -> bool:
    """No answer ever allows credentials: cookies count for nothing here."""
    patch_vary_headers(answer, ["Origin"])
    origin = request.META.get("HTTP_ORIGIN", "")
    if not origin or origin in own_origins(request):
        return False
    try:
        forum = forum or _named(request)
        if forum is None:
            return False
        check_page(forum, origin)
    except REFUSALS:  # PageOutside is one
        return False
    answer.headers["Access-Control-Allow-Origin"] = origin
    return True


def _named(request: HttpRequest) -> Forum | None:
    """The forum that the request names, or whose public key it shows."""
    given = given_in(request)
    for name in every(given, "forum"):
        if name != ":all":
            return forum_named(name)
    key = known_key(given.get("api_key", ""))
    return forum_with_id(key.forum_id) if key else None


def _methods(endpoint: Endpoint) -> str:
    return "GET, HEAD" if endpoint.method == "GET" else endpoint.method
