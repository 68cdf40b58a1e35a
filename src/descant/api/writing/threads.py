"""Threads begun, closed and opened again."""

from descant.api.arguments import THREADS
from descant.api.declaring import Asked, Standing, endpoint
from descant.api.declaring.parameters import bad, text
from descant.api.finding import thread_named
from descant.api.objects.deeds import Closed
from descant.api.objects.shapes import Thread as Told
from descant.api.objects.threads import thread_object
from descant.discussion.addressing.addresses import URL_MAX, PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.deciding import set_thread_state
from descant.discussion.deciding.abilities import check_ability
from descant.discussion.models import Thread

TITLE = text("title", "The page's title.", most=500, needed=True)
URL = text("url", "The page's address, on a domain of the forum.", most=URL_MAX)
IDENTIFIER = text("identifier", "The page's own name for it.", most=300)
REASON = text("reason", "Why; the log keeps it.", most=500)


@endpoint(
    "threads/create",
    method="POST",
    who=Standing.PERSON,
    takes=(TITLE, URL, IDENTIFIER),
    example={"title": "Bread", "identifier": "bread-2"},
)
def create(asked: Asked) -> Told:
    """Begin the thread of a page; one that is there already is given as it is."""
    check_ability(asked.author, "threads")
    page = PageAddress(asked[IDENTIFIER], asked[URL], asked[TITLE])
    if not page.identifier and not page.url:
        raise bad("identifier", "give an identifier, a url or both")
    thread = make_thread(asked.forum, page)
    return thread_object(thread, asked.forum, [page.identifier] if page.identifier else [])


@endpoint(
    "threads/close",
    method="POST",
    who=Standing.PERSON,
    takes=(THREADS, REASON),
    example={"thread": "{thread}"},
)
def close(asked: Asked) -> list[Closed]:
    """Let threads take no more comments."""
    return _set(asked, Thread.State.CLOSED)


@endpoint(
    "threads/open",
    method="POST",
    who=Standing.PERSON,
    takes=(THREADS, REASON),
    example={"thread": "{thread}"},
)
def reopen(asked: Asked) -> list[Closed]:
    """Let threads take comments again."""
    return _set(asked, Thread.State.OPEN)


def _set(asked: Asked, state: Thread.State) -> list[Closed]:
    """One that is nobody's, and nothing is done to any."""
    told: list[Closed] = []
    for thread in [thread_named(asked.forum, name) for name in asked[THREADS]]:
        before = thread.state
        set_thread_state(forum=asked.forum, thread=thread, state=state, by=asked.author, reason=asked[REASON])
        changed, closed = thread.state != before, not thread.takes_comments()
        told.append({"id": str(thread.pk), "changed": changed, "isClosed": closed})
    return told
