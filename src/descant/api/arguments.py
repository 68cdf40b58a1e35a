"""The arguments that many endpoints share: which thread, how many, in which order, from where on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest

from descant.api.declaring import Asked, Given, Parameter
from descant.api.declaring.parameters import (
    BadArgument,
    bad,
    every,
    id_in,
    moment,
    one_of,
    row_ids,
    some_of,
    text,
    whole,
)
from descant.discussion.addressing.addresses import PageAddress

FORUM = text("forum", "If given, the name of the key's own forum, or `:all`.", most=50)
LIMIT = whole("limit", "How many at most.", least=1, most=100, default=25)
CURSOR = text("cursor", "Where to go on: `cursor.next` of the page before.", most=80)
SINCE = moment("since", "From this time on: 2026-11-23T10:00:00 (UTC), or seconds since 1970.")
ORDER = one_of("order", "The newest first, or the oldest.", ("desc", "asc"), "desc")
PAGING = (LIMIT, CURSOR, SINCE, ORDER)
_TYPED = {
    "thread:ident": "A thread, by the page's identifier; also `thread=ident:…`.",
    "thread:link": "A thread, by the page's address; also `thread=link:…` or `url`.",
}
_THREADS_MOST, _ONLY_MOST = 100, 10
VOTE = whole("vote", "1 up, -1 down, 0 takes it back.", least=-1, most=1)
IDEMPOTENCY_KEY = "Idempotency-Key"
IDEMPOTENCY_KEY_MOST = 255


@dataclass(frozen=True)
class ThreadName:
    """A thread as a program names it: by id, or by what its page is called."""

    id: int | None
    page: PageAddress


def idempotency_key(request: HttpRequest) -> str:
    """The name that a program has given its request, so that it can send it again; empty if it has given none."""
    key: str = request.headers.get(IDEMPOTENCY_KEY, "")
    if len(key) > IDEMPOTENCY_KEY_MOST:
        raise BadArgument(f"{IDEMPOTENCY_KEY} has at most {IDEMPOTENCY_KEY_MOST} characters.")
    return key


def related(*what: str) -> Parameter[Any]:
    """What to give whole instead of by its id."""
    return some_of("related", "Give these whole instead of their ids.", what)


def _one(given: Given) -> ThreadName:
    names = _named(given)
    if not names:
        raise bad("thread", "give an id, thread:ident or thread:link")
    by_id = [name for name in names if name.id is not None]
    return by_id[0] if by_id else names[0]


def _named(given: Given) -> list[ThreadName]:
    """The threads that the arguments name; one that has an identifier and an address is one, if it is alone."""
    written = [_typed(each) for each in every(given, "thread")]
    idents = [value for kind, value in written if kind == "ident"] + every(given, "thread:ident")
    links = [value for kind, value in written if kind == "link"] + every(given, "thread:link")
    links = links or every(given, "url")
    ids = [ThreadName(id_in("thread", value), PageAddress("", "", "")) for kind, value in written if not kind]
    if len(idents) == len(links) == 1:
        return [*ids, ThreadName(None, PageAddress(idents[0], links[0]))]
    pages = [PageAddress(ident, "") for ident in idents] + [PageAddress("", link) for link in links]
    return [*ids, *(ThreadName(None, page) for page in pages)]


def _typed(written: str) -> tuple[str, str]:
    kind, colon, value = written.partition(":")
    return (kind, value) if colon and kind in ("ident", "link") else ("", written)


def _at_most(names: list[ThreadName], most: int) -> list[ThreadName]:
    if len(names) > most:
        raise bad("thread", f"at most {most}")
    return names


def _asked_many(given: Given) -> list[ThreadName]:
    return _at_most(_named(given), _THREADS_MOST) or [_one(given)]


def _only(given: Given) -> list[ThreadName]:
    return _at_most(_named(given), _ONLY_MOST)


def _several(most: int) -> Mapping[str, Any]:
    return {"type": "array", "items": {"type": "string"}, "maxItems": most}


THREAD = Parameter("thread", "Which thread: its id.", _one, {"type": "string"}, needed=True, also=_TYPED)
THREADS = Parameter(
    "thread", "Which threads: their ids.", _asked_many, _several(_THREADS_MOST), needed=True, also=_TYPED
)
ONLY_THREADS = Parameter(
    "thread", f"Only these threads, {_ONLY_MOST} at most.", _only, _several(_ONLY_MOST), also=_TYPED
)
_DAY = timedelta(days=1)
_INTERVALS = {
    **{f"{hours}h": timedelta(hours=hours) for hours in (1, 6, 12)},
    **{f"{days}d": days * _DAY for days in (1, 3, 7, 30, 60, 90)},
}
INTERVAL = one_of("interval", "In which time, up to now.", [*_INTERVALS], "7d")
ONLY_CATEGORY = row_ids("category", "Only of these categories.", most=100)


def interval_of(asked: Asked) -> timedelta:
    """The time that was asked for."""
    return _INTERVALS[asked[INTERVAL]]
