"""What has changed since a version that is known, of one thread or of many."""

import re

from descant.api.arguments import THREAD
from descant.api.declaring import Asked, Given, Parameter, endpoint
from descant.api.declaring.parameters import bad, every, text, whole
from descant.api.finding import identifiers_of, thread_told
from descant.api.objects.shapes import Changes, ThreadClock
from descant.api.objects.threads import thread_object
from descant.api.reading.posts_of import RELATED, lines_told
from descant.discussion.models import Thread
from descant.discussion.reading.changes import Clock, epoch_of, read_changes
from django_headroom import replicas

VERSION = whole("version", "The version that is known.", least=0, most=10**17)
EPOCH = text("epoch", "The epoch that was told with it; without it, the present one.", most=30)
SEEN_MOST = 100
SEEN_PATTERN = "[0-9]{1,18}:[0-9]{1,18}"


@endpoint(
    "threads/listChanges",
    takes=(THREAD, VERSION, EPOCH, RELATED),
    example={"thread:ident": "bread", "version": "0"},
)
def of_a_thread(asked: Asked) -> Changes:
    """What has changed in a thread since a version of it; beyond 200 changes it says to read all anew."""
    named = thread_told(asked, asked[THREAD])
    since = Clock(asked[EPOCH] or epoch_of(asked.forum), asked[VERSION])
    found = read_changes(forum=asked.forum, thread_id=named.pk, since=since)
    names = identifiers_of(asked.forum, [named.pk], using=asked.forum.partition)
    return {
        "thread": thread_object(found.thread, asked.forum, names[named.pk]),
        "epoch": found.clock.epoch,
        "version": found.clock.version,
        "reload": not found.told,
        "posts": lines_told(found.lines, asked),
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

    epoch, found = epoch_of(asked.forum), replicas.read(asked.forum.partition, reading)
    return [
        {"thread": str(key), "epoch": epoch, "version": found[key]}
        for key in seen
        if found.get(key, seen[key]) != seen[key]
    ]
