"""Finding the thread of a page, and making it when somebody first writes there."""

from django.db import IntegrityError, transaction

from descant.discussion import text
from descant.discussion.addressing.addresses import PageAddress, digest
from descant.discussion.models import Thread, ThreadAddress
from descant.forums.domains import check_page
from descant.forums.models import Forum
from django_headroom.transactions import writing


def find_thread(forum: Forum, page: PageAddress, *, using: str = "") -> Thread | None:
    """The thread of a page, by its identifier, else by its URL; None if nobody has written there.

    A URL leads to a thread that has an identifier of its own only if the page says none: two identifiers are two
    threads, though a careless page gives both the same URL.

    Args:
        using: the copy of the forum's partition to ask; by default the primary.

    Raises:
        NoAddress: the page names nothing to look up.
    """
    page.check()
    addresses = ThreadAddress.objects.of(forum)
    if using:
        addresses = addresses.using(using)
    wanted = page.digests()
    found = {each.digest: each for each in addresses.filter(digest__in=wanted).select_related("thread")}
    exact, last = found.get(wanted[0]), found.get(wanted[-1])
    if exact is not None or last is None:
        return exact.thread if exact else None
    return None if _has_identifier(last.thread) else last.thread


def make_thread(forum: Forum, page: PageAddress) -> Thread:
    """The thread of a page, made if there is none; two who make it at once get the same one.

    Raises:
        NoAddress, PageOutside: the page cannot have a thread on this forum.
    """
    found = find_thread(forum, page)
    if found is None:
        if page.url:
            check_page(forum, page.url)
        try:
            with writing(forum):
                return _write_thread(forum, page)
        except IntegrityError:
            found = find_thread(forum, page)
            if found is None:
                raise
    return found


def add_address(thread: Thread, kind: str, value: str) -> bool:
    """Let one more address lead to a thread; False if it leads to one already."""
    try:
        with transaction.atomic(using=thread._state.db):
            ThreadAddress.objects.of(thread.forum_id).create(
                thread=thread, kind=kind, value=value, digest=digest(kind, value)
            )
    except IntegrityError:
        return False
    return True


def _write_thread(forum: Forum, page: PageAddress) -> Thread:
    thread: Thread = Thread.objects.of(forum).create(title=text.one_line(page.title)[:500], url=page.url)
    if page.identifier:
        key = digest(ThreadAddress.Kind.IDENTIFIER, page.identifier)
        ThreadAddress.objects.of(forum).create(
            thread=thread, kind="identifier", value=page.identifier, digest=key
        )
    if page.url:
        added = add_address(thread, ThreadAddress.Kind.URL, page.url)
        if not added and not page.identifier:
            raise IntegrityError("Another thread took the URL meanwhile.")
    return thread


def _has_identifier(thread: Thread) -> bool:
    kind = ThreadAddress.Kind.IDENTIFIER
    return bool(ThreadAddress.objects.of(thread.forum_id).filter(thread=thread, kind=kind).exists())
