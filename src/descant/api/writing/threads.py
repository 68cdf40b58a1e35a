"""Threads begun, called otherwise, closed and opened again, removed and put back."""

from collections.abc import Callable

from descant.api.arguments import THREAD, THREADS, VOTE
from descant.api.declaring import Asked, Parameter, Standing, endpoint
from descant.api.declaring.parameters import bad, row_id_or_none, text
from descant.api.finding import identifiers_of, thread_named
from descant.api.objects.deeds import Closed, VotedOnThread
from descant.api.objects.shapes import Thread as Told
from descant.api.objects.threads import thread_object
from descant.discussion.addressing.addresses import IDENTIFIER_MAX, URL_MAX, PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.deciding import remove_thread, rename_thread, restore_thread, set_thread_state
from descant.discussion.deciding.abilities import check_may
from descant.discussion.models import Thread
from descant.discussion.voting import cast_thread_vote
from descant.forums.models import categories_of

TITLE = text("title", "The page's title.", most=500, needed=True)
URL = text("url", "The page's address, on a domain of the forum.", most=URL_MAX)
IDENTIFIER = text("identifier", "The page's own name for it.", most=IDENTIFIER_MAX)
NEW_TITLE = text("title", "Another title.", most=500)
NEW_URL = text(
    "url", "Another address, on a domain of the forum; the old one still leads here.", most=URL_MAX
)
NEW_IDENTIFIER = text("identifier", "One more name of the page's own for it.", most=IDENTIFIER_MAX)
CATEGORY = row_id_or_none("category", "The id of the category that it is of; the general one by default.")
NEW_CATEGORY = row_id_or_none("category", "The id of another category.")
REASON = text("reason", "Why; the log keeps it.", most=500)
Deciding = Callable[[Asked], list[Closed]]


@endpoint(
    "threads/create",
    method="POST",
    who=Standing.PERSON,
    takes=(TITLE, URL, IDENTIFIER, CATEGORY),
    example={"title": "Bread", "identifier": "bread-2"},
)
def create(asked: Asked) -> Told:
    """Begin the thread of a page; one that is there already is given as it is."""
    check_may(asked.author, "threads", asked.forum)
    page = PageAddress(asked[IDENTIFIER], asked[URL], asked[TITLE], _category(asked, CATEGORY))
    if not page.identifier and not page.url:
        raise bad("identifier", "give an identifier, a url or both")
    thread = make_thread(asked.forum, page)
    return thread_object(thread, asked.forum, [page.identifier] if page.identifier else [])


@endpoint(
    "threads/update",
    method="POST",
    who=Standing.PERSON,
    takes=(THREAD, NEW_TITLE, NEW_URL, NEW_IDENTIFIER, NEW_CATEGORY, REASON),
    example={"thread": "{thread}", "title": "What the dough knows"},
)
def update(asked: Asked) -> Told:
    """Give a thread another title, address or category, or one more identifier; what is not given stays."""
    page = PageAddress(
        asked[NEW_IDENTIFIER], asked[NEW_URL], asked[NEW_TITLE], _category(asked, NEW_CATEGORY)
    )
    if not (page.identifier or page.url or page.title or page.category):
        raise bad("title", "give a title, a url, an identifier or a category")
    thread = thread_named(asked.forum, asked[THREAD])
    rename_thread(forum=asked.forum, thread=thread, page=page, by=asked.author, reason=asked[REASON])
    names = identifiers_of(asked.forum, [thread.pk], using=asked.forum.partition)
    return thread_object(thread, asked.forum, names[thread.pk])


@endpoint(
    "threads/vote",
    method="POST",
    who=Standing.PERSON,
    takes=(THREAD, VOTE),
    example={"thread": "{thread}", "vote": "1"},
)
def vote(asked: Asked) -> VotedOnThread:
    """Vote a thread up or down, or take the vote back; only programs are told of it."""
    thread = thread_named(asked.forum, asked[THREAD])
    ups, downs = thread.ups, thread.downs
    cast_thread_vote(forum=asked.forum, thread=thread, author=asked.author, value=asked[VOTE])
    likes, dislikes = thread.ups - ups, thread.downs - downs
    names = identifiers_of(asked.forum, [thread.pk], using=asked.forum.partition)
    return {
        "vote": asked[VOTE],
        "likesDelta": likes,
        "dislikesDelta": dislikes,
        "delta": likes - dislikes,
        "thread": {**thread_object(thread, asked.forum, names[thread.pk]), "userScore": asked[VOTE]},
    }


def _category(asked: Asked, parameter: Parameter[int | None]) -> str:
    """Raises: BadArgument: it is no category of the forum."""
    number = asked[parameter]
    if number is None:
        return ""
    if number not in {category.pk for category in categories_of(asked.forum)}:
        raise bad("category", "there is no such category in this forum")
    return str(number)


def _deciding(name: str, decide: Callable[[Asked, Thread], None], about: str) -> Deciding:
    """An endpoint that decides about threads. One that is nobody's, and nothing is done to any."""

    def decided(asked: Asked) -> list[Closed]:
        told: list[Closed] = []
        for thread in [thread_named(asked.forum, each) for each in asked[THREADS]]:
            before = thread.state
            decide(asked, thread)
            told.append(_decided(thread, changed=thread.state != before))
        return told

    decided.__doc__ = about
    return endpoint(
        name, method="POST", who=Standing.PERSON, takes=(THREADS, REASON), example={"thread": "{thread}"}
    )(decided)


def _close(asked: Asked, thread: Thread) -> None:
    state = Thread.State.CLOSED
    set_thread_state(forum=asked.forum, thread=thread, state=state, by=asked.author, reason=asked[REASON])


def _open(asked: Asked, thread: Thread) -> None:
    state = Thread.State.OPEN
    set_thread_state(forum=asked.forum, thread=thread, state=state, by=asked.author, reason=asked[REASON])


def _remove(asked: Asked, thread: Thread) -> None:
    remove_thread(forum=asked.forum, thread=thread, by=asked.author, reason=asked[REASON])


def _restore(asked: Asked, thread: Thread) -> None:
    restore_thread(forum=asked.forum, thread=thread, by=asked.author, reason=asked[REASON])


close = _deciding("threads/close", _close, "Let threads take no more comments.")
reopen = _deciding("threads/open", _open, "Let threads take comments again.")
remove = _deciding(
    "threads/remove",
    _remove,
    "Remove threads: they are closed at once, and their comments deleted in the seconds after.",
)
restore = _deciding(
    "threads/restore",
    _restore,
    "Put removed threads back, and in the seconds after the comments that went with them.",
)


def _decided(thread: Thread, *, changed: bool) -> Closed:
    return {
        "id": str(thread.pk),
        "changed": changed,
        "isClosed": not thread.takes_comments(),
        "isDeleted": thread.state == Thread.State.REMOVED,
    }
