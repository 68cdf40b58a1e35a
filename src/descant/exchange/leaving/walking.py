"""Walks the rows of a forum by their keys, some hundred at a time, so that any forum needs the same memory."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from descant.discussion.addressing.addresses import digest
from descant.discussion.authors import attach_names
from descant.discussion.models import Comment, Thread, ThreadAddress
from descant.forums.models import Forum

CHUNK = 500
URL, IDENTIFIER = ThreadAddress.Kind.URL, ThreadAddress.Kind.IDENTIFIER


@dataclass
class Page:
    """A thread with the names by which pages ask for it; `link` is its URL where no other thread has that."""

    thread: Thread
    link: str = ""
    identifiers: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)

    def names(self) -> Iterator[tuple[str, str]]:
        """Pairs of identifier and URL, each name once; the first is the thread's own, for most threads the only one."""
        links = [self.link, *(url for url in self.urls if url != self.link)]
        most = max(len(self.identifiers), len(links), 1)
        for number in range(most):
            yield (
                self.identifiers[number] if number < len(self.identifiers) else "",
                links[number] if number < len(links) else "",
            )


def pages(alias: str, forum: Forum) -> Iterator[list[Page]]:
    """The threads that pages can ask for, with their addresses; what was merged into another is there by its names."""
    for threads in rows(alias, forum, Thread):
        yield _with_addresses(alias, forum, [each for each in threads if each.state != Thread.State.MERGED])


def comments(alias: str, forum: Forum) -> Iterator[list[Comment]]:
    """All comments in the order of their ids; their authors' names are attached."""
    for chunk in rows(alias, forum, Comment):
        attach_names(chunk)
        yield chunk


def comments_of(alias: str, thread: Thread) -> Iterator[list[Comment]]:
    """The comments of one thread in reading order; those that are not drawn after the others."""
    for drawn in (True, False):
        chosen = Comment.objects.using(alias).filter(thread=thread, drawn=drawn).order_by("path")
        chunk = list(chosen[:CHUNK])
        while chunk:
            attach_names(chunk)
            yield chunk
            chunk = list(chosen.filter(path__gt=chunk[-1].path)[:CHUNK]) if len(chunk) == CHUNK else []


def rows(alias: str, forum: Forum, model: type[Any]) -> Iterator[list[Any]]:
    """The rows of a forum in the order of their ids, in lists of so many."""
    chosen = model.objects.using(alias).filter(forum_id=forum.pk).order_by("forum", "pk")
    chunk = list(chosen[:CHUNK])
    while chunk:
        yield chunk
        chunk = list(chosen.filter(pk__gt=chunk[-1].pk)[:CHUNK]) if len(chunk) == CHUNK else []


def _with_addresses(alias: str, forum: Forum, threads: Sequence[Thread]) -> list[Page]:
    addresses = ThreadAddress.objects.using(alias).filter(forum_id=forum.pk)
    own: dict[int, list[ThreadAddress]] = defaultdict(list)
    for address in addresses.filter(thread__in=threads).order_by("thread", "pk"):
        own[address.thread_id].append(address)
    keys = {thread.pk: digest(URL, thread.url) for thread in threads if thread.url}
    holders = dict(addresses.filter(digest__in=keys.values()).values_list("digest", "thread_id"))
    found = []
    for thread in threads:
        key = keys.get(thread.pk, "")
        page = Page(thread, thread.url if key and holders.get(key, thread.pk) == thread.pk else "")
        for address in own[thread.pk]:
            if address.kind == IDENTIFIER:
                page.identifiers.append(address.value)
            elif address.digest != key:
                page.urls.append(address.value)
        if not page.link and page.urls:
            page.link = page.urls[0]
        found.append(page)
    return found
