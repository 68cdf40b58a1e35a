"""Answers as scripts (JSONP), for pages that know nothing newer: what everybody may read, and nothing else."""

import re

from django.http import HttpRequest, HttpResponse

from descant.api.answering import BAD_ARGUMENT, NOT_FOUND, envelope, refusal
from descant.api.asking import NotAllowed
from descant.api.declaring import ENDPOINTS
from descant.api.declaring.parameters import bad
from descant.api.serving.endpoints import answered, unless_unchanged

CALLBACK = re.compile(r"[A-Za-z_$][\w$.]{0,63}", re.ASCII)
SECRETS = ("api_secret", "access_token", "remote_auth", "remote_auth_s3")
_LINE_ENDS = {0x2028: r"\u2028", 0x2029: r"\u2029"}  # before ES2019 no string of a script could hold them


def jsonp(request: HttpRequest, name: str) -> HttpResponse:
    """What an endpoint answers, as a call of the function that ``callback`` names.

    A refusal is such a call as well, and has the status 200: no browser runs a script that has another.
    """
    if request.method not in ("GET", "HEAD"):
        return envelope(BAD_ARGUMENT, "A script is asked for by GET.", 405)
    callback = request.GET.get("callback", "")
    if not CALLBACK.fullmatch(callback):
        return refusal(bad("callback", "the name of a function, such as told or Comments.told"))
    answer = _answer(request, name)
    is_refused = answer.status_code != 200
    written = answer.content.decode().translate(_LINE_ENDS)
    answer.content = f"/**/{callback}({written});".encode()
    answer.status_code = 200
    answer.headers["Content-Type"] = "application/javascript; charset=utf-8"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer if is_refused else unless_unchanged(request, answer)


def _answer(request: HttpRequest, name: str) -> HttpResponse:
    endpoint = ENDPOINTS.get(name)
    if endpoint is None or endpoint.method != "GET":
        return envelope(NOT_FOUND, f"There is nothing to read that is called {name[:60]!r}.", 404)
    if "HTTP_AUTHORIZATION" in request.META or any(request.GET.get(secret) for secret in SECRETS):
        return refusal(
            NotAllowed("Every page can read a script: ask for it by api_key, and show nothing secret.")
        )
    return answered(endpoint, request)[0]
