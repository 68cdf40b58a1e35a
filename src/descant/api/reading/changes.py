"""What has changed since a version that is known, of one thread or of many."""

import re

from descant.api.arguments import THREAD
from descant.api.declaring import Asked, Given, Parameter, endpoint
from descant.api.declaring.parameters import bad, every, whole
from descant.api.finding import identifiers_of, thread_named
from descant.api.objects.shapes import Changes, ThreadClock
from descant.api.objects.threads import thread_object
from descant.api.reading.posts_of import RELATED, posts_told
from descant.discussion.models import Comment, Thread
from descant.forums.models import Forum
from django_headroom import ids, replicas

VERSION = whole("version", "The version that is known.", least=0, most=10**17)
CHANGES_MOST = 200
SEEN_MOST = 100
SEEN_PATTERN = "[0-9]{1,18}:[0-9]{1,18}"


@endpoint(
    "threads/listChanges", takes=(THREAD, VERSION, RELATED), example={"thread:ident": "bread", "version": "0"}
)
def of_a_thread(asked: Asked) -> Changes:
    """What has changed in a thread since a version of it; at most 200 comments are told, beyond that read all anew."""

    def reading(alias: str) -> tuple[Thread, list[Comment]]:
        thread = thread_named(asked.forum, asked[THREAD], using=alias)
        rows = Comment.objects.of(asked.forum).using(alias).defer("author_email")
        rows = rows.filter(thread=thread, version__gt=asked[VERSION], version__lte=thread.version)
        return thread, list(rows.order_by("version", "id")[: CHANGES_MOST + 1])

    thread, found = replicas.read(asked.forum.partition, reading)
    names = identifiers_of(asked.forum, [thread.pk], using=thread._state.db or "")
    reload = len(found) > CHANGES_MOST or asked[VERSION] > thread.version
    return {
        "thread": thread_object(thread, asked.forum, names[thread.pk]),
        "epoch": _epoch(asked.forum),
        "version": thread.version,
        "reload": reload,
        "posts": [] if reload else posts_told(found, asked),
    }


def _seen(given: Given) -> dict[int, int]:
    written = every(given, "seen")
    if not 0 < len(written) <= SEEN_MOST or not all(re.fullmatch(SEEN_PATTERN, each) for each in written):
        raise bad("seen", f"1 to {SEEN_MOST} times a thread's id, a colon, and its version")
    return {int(thread): int(version) for thread, version in (each.split(":") for each in written)}


SEEN = Parameter(
    "seen",
    "A thread's id, a colon, and the version of it that is known.",
    _seen,
    {"type": "array", "items": {"type": "string", "pattern": f"^{SEEN_PATTERN}$"}, "maxItems": SEEN_MOST},
    needed=True,
)


@endpoint("forums/listChanges", takes=(SEEN,), example={"seen": ["{thread}:0"]})
def of_threads(asked: Asked) -> list[ThreadClock]:
    """Which of some threads have changed since the version of each that is known; ask of these what it was."""
    seen = asked[SEEN]

    def reading(alias: str) -> dict[int, int]:
        rows = Thread.objects.of(asked.forum).using(alias).filter(pk__in=seen)
        return dict(rows.values_list("pk", "version"))

    epoch, found = _epoch(asked.forum), replicas.read(asked.forum.partition, reading)
    return [
        {"thread": str(key), "epoch": epoch, "version": found[key]}
        for key in seen
        if found.get(key, seen[key]) != seen[key]
    ]


def _epoch(forum: Forum) -> str:
    """After a restore or a move versions are given out again: then this is another."""
    return f"{forum.epoch}.{ids.epoch(forum.partition)}"
