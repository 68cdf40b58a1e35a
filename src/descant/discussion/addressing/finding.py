"""Finding the thread of a page, and making it when somebody first writes there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connections

from descant.discussion import text
from descant.discussion.addressing import lately
from descant.discussion.addressing.addresses import PageAddress, digest
from descant.discussion.judging import pacing
from descant.discussion.models import Thread, ThreadAddress
from descant.forums.domains import check_page
from descant.forums.models import Forum, category_named
from django_headroom.partitions import partition_of
from django_headroom.transactions import writing
from django_headroom.updates import as_python

STEPS_MOST = 50  # of a thread that was merged into one that was merged, and so on
THREADS_PER_COMMENT = 6  # new threads that one address can make for each comment its limit allows


def find_thread(forum: Forum, page: PageAddress, *, using: str = "") -> Thread | None:
    """The thread of a page, by its identifier, else by its URL; None if nobody has written there.

    A URL leads to a thread that has an identifier of its own only if the page says none: two identifiers are two
    threads, though a careless page gives both the same URL.

    Args:
        using: the copy of the forum's partition to ask; by default the primary.

    Raises:
        NoAddress: the page names nothing to look up.
    """
    return Wanted.of(forum, page).find(using or partition_of(forum))


@dataclass(frozen=True)
class Wanted:
    """The thread of a page, as a statement looks for it, be it a part of a larger one; see ``find_thread``."""

    forum_id: int
    digests: Sequence[str]

    @classmethod
    def of(cls, forum: Forum, page: PageAddress) -> "Wanted":
        """Raises: NoAddress: the page names nothing to look up."""
        page.check()
        return cls(forum.pk, page.digests())

    def find(self, alias: str) -> Thread | None:
        """Look for it by itself; without the ORM, for every post begins with it."""
        with connections[alias].cursor() as cursor:
            cursor.execute(self.sql(alias), self.arguments)
            row = cursor.fetchone()
        return self.thread_in(alias, row) if row else None

    @property
    def arguments(self) -> Sequence[Any]:
        """Of the statement."""
        return [self.forum_id, *self.digests, self.digests[0]]

    def sql(self, alias: str) -> str:
        """It selects one row or none: an address, and all columns of its thread."""
        return _asking(alias, len(self.digests))

    def thread_in(self, alias: str, row: Sequence[Any]) -> Thread | None:
        """The thread of such a row, if the page is one of its."""
        thread = _thread(alias, row[1:])
        return None if row[0] != self.digests[0] and _has_identifier(thread, alias) else thread


def make_thread(forum: Forum, page: PageAddress, *, by: str = "") -> Thread:
    """The thread of a page, made if there is none; two who make it at once get the same one.

    Args:
        by: the network address that makes it, which can make so many a minute; empty for the house itself.

    Raises:
        NoAddress, PageOutside: the page cannot have a thread on this forum.
    """
    if page.url:
        check_page(forum, page.url)
    found = lately.thread_lately(forum, page)
    if found is None:
        found = find_thread(forum, page) or _make(forum, page, by)
        lately.keep(forum, page, found)
    return found


def _make(forum: Forum, page: PageAddress, by: str) -> Thread:
    try:
        with writing(forum):
            if by:
                per_minute = THREADS_PER_COMMENT * settings.DESCANT_COMMENTS_PER_MINUTE
                pacing.keep_pace(forum=forum, subject=f"thread/{by}", per_minute=per_minute)
            return _write_thread(forum, page)
    except IntegrityError:
        found = find_thread(forum, page)
        if found is None:
            raise
        return found


def add_address(thread: Thread, kind: str, value: str) -> bool:
    """Let one more address lead to a thread; False if it leads to one already."""
    try:
        with writing(thread):
            ThreadAddress.objects.of(thread.forum_id).create(
                thread=thread, kind=kind, value=value, digest=digest(kind, value)
            )
    except IntegrityError:
        return False
    return True


def leads_to(thread: Thread, kind: str, value: str) -> bool:
    """Whether an address leads to this thread."""
    own = ThreadAddress.objects.of(thread.forum_id).filter(thread=thread, digest=digest(kind, value))
    return bool(own.exists())


def ends_of(forum: Forum, threads: Iterable[Thread], *, using: str) -> dict[int, Thread]:
    """Where threads lead to that were merged into others, each by its id; a query for each step of the longest way.

    Args:
        using: the copy of the forum's partition to ask.
    """
    rows, ends = Thread.objects.of(forum).using(using), {thread.pk: thread for thread in threads}
    known = dict(ends)
    for _ in range(STEPS_MOST):
        missing = {end.merged_into_id for end in ends.values() if end.merged_into_id} - known.keys()
        known |= rows.in_bulk(missing) if missing else {}
        moved = {key: known[end.merged_into_id] for key, end in ends.items() if end.merged_into_id in known}
        if not moved:
            break
        ends |= moved
    return ends


def _thread(alias: str, row: Sequence[Any]) -> Thread:
    connection, fields = connections[alias], Thread._meta.concrete_fields
    values = [as_python(*pair, connection) for pair in zip(fields, row, strict=True)]
    return Thread.from_db(alias, [field.attname for field in fields], values)


@cache
def _asking(alias: str, digests: int) -> str:
    quote = connections[alias].ops.quote_name
    columns = ", ".join(f"thread.{quote(str(field.column))}" for field in Thread._meta.concrete_fields)
    return (
        f"SELECT address.digest, {columns} FROM {quote(ThreadAddress._meta.db_table)} AS address"
        f" JOIN {quote(Thread._meta.db_table)} AS thread ON thread.id = address.thread_id"
        f" WHERE address.forum_id = %s AND address.digest IN ({', '.join(['%s'] * digests)})"
        " ORDER BY CASE address.digest WHEN %s THEN 0 ELSE 1 END LIMIT 1"
    )


def _write_thread(forum: Forum, page: PageAddress) -> Thread:
    thread: Thread = Thread.objects.of(forum).create(
        title=text.one_line(page.title)[:500], url=page.url, category_id=kept_category(forum, page.category)
    )
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


def kept_category(forum: Forum, name: str) -> int | None:
    """What a thread keeps of its category: nothing of the general one, and of one that is not the forum's."""
    category = category_named(forum, name)
    return None if category.is_general else category.pk


def _has_identifier(thread: Thread, alias: str) -> bool:
    kind = ThreadAddress.Kind.IDENTIFIER
    return bool(ThreadAddress.objects.using(alias).filter(thread=thread, kind=kind).exists())
