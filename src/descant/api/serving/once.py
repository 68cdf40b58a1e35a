"""``Idempotency-Key``, as Stripe has it: a request that is sent again is done once, and answered the same."""

from collections.abc import Callable
from contextlib import suppress

import orjson
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse

from descant.api.answering import enveloped
from descant.api.arguments import idempotency_key
from descant.api.asking import Shown
from descant.api.declaring import Asked, Endpoint
from descant.discussion.deciding.carrying import digest_of
from descant.discussion.judging.pacing import keyed
from descant.forums.keys.repeating import begin, finish, give_up

OWN_RECEIPTS = ("posts/create",)  # written with what it makes, and good for ever: see discussion/posting.py
REPLAYED = "Idempotent-Replayed"
_KEYS = ("api_key", "api_secret", "access_token")


def once(endpoint: Endpoint, shown: Shown, asked: Asked, work: Callable[[], HttpResponse]) -> HttpResponse:
    """What the work answers; of a request that was named and answered within a day, what was answered then.

    Raises:
        BadArgument, AskedElse, StillBusy
    """
    key = idempotency_key(asked.request)
    if not key or endpoint.method == "GET" or endpoint.name in OWN_RECEIPTS:
        return work()
    row = begin(name=_name(asked, key), request=_request(endpoint, shown))
    if row.status:
        answer = enveloped(row.body.encode(), row.status)
        answer.headers[REPLAYED] = "true"
        return answer
    try:
        answer = work()
    except BaseException:
        give_up(row)
        raise
    if answer.status_code in (429, 503):  # nothing was done, and later something may be
        give_up(row)
    else:
        with suppress(OperationalError, InterfaceError):  # it is done, and she shall know
            finish(row, status=answer.status_code, body=answer.content.decode())
    return answer


def _name(asked: Asked, key: str) -> str:
    """Of the person for whom the program acts: nobody can ask for a stranger's answer."""
    author = asked.author
    return keyed(f"once/{asked.key.pk}/{author.user.pk if author.user else author.address}/{key}")


def _request(endpoint: Endpoint, shown: Shown) -> str:
    """What is asked, by whichever of the program's keys; of files what stands in them, whatever they are called."""
    said = sorted((name, values) for name, values in shown.given.lists() if name not in _KEYS)
    files = sorted((name, [digest_of(file) for file in files]) for name, files in shown.request.FILES.lists())
    return keyed(orjson.dumps([endpoint.name, shown.forum.pk, said, files]).decode())
