"""By what a page that was read is told to be old: the slots it rests on, and who raises them.

A page of a thread rests on the thread's slot, one where nobody has written yet on a slot that all such pages of its
forum share: it is raised when a thread shows something for the first time. Both rest on their forum's.
"""

import time

from descant.discussion.models import Thread
from descant.discussion.signals import scores_changed, text_withdrawn, thread_changed
from descant.forums.caches.purging import purge_soon
from descant.forums.caches.surrogates import thread_tag
from descant.forums.directory import slot_of_forum
from django_headroom.caching.slots import slot_of, slots
from django_headroom.conf import headroom


def connect() -> None:
    thread_changed.connect(raise_thread, dispatch_uid="marks")
    scores_changed.connect(raise_scores, dispatch_uid="marks")
    text_withdrawn.connect(raise_withdrawn, dispatch_uid="marks")


def slots_of(forum_id: int, thread_id: int | None) -> tuple[int, int]:
    """The slots of the thread (None: of a page without one) and of the forum."""
    return _of_thread(forum_id, thread_id), slot_of_forum(forum_id)


def slot_of_scores(thread_id: int | None) -> int:
    """The slot that votes raise, which make nothing old at once."""
    return slot_of("scores", thread_id)


def is_settled(forum_id: int, thread: Thread | None) -> bool:
    """Whether the last change is so long ago that every copy of the database that is read has heard of it."""
    slot = _of_thread(forum_id, thread.pk if thread else None)
    return not slots().lately(slot, headroom().replica_position_seconds)


def hides_what_is_hidden(forum_id: int) -> bool:
    """Whether nothing was hidden so lately that a copy of the database that is read may not have heard of it."""
    return not slots().lately(_of_withdrawn(forum_id), headroom().replica_position_seconds)


def raise_thread(*, forum_id: int, thread_id: int, version: int, **_: object) -> None:
    """Make old what was made of a thread, here and in caches on the way."""
    is_first = version == 1
    slots().raise_slots(_of_thread(forum_id, thread_id), *([_of_thread(forum_id, None)] if is_first else []))
    purge_soon(thread_tag(thread_id))


def raise_unwritten(forum_id: int) -> None:
    """Make old the pages on which nobody had written: some of them lead to a thread that was there already."""
    slots().raise_slots(_of_thread(forum_id, None))


def raise_again(forum_id: int, thread_id: int, said_at: float) -> None:
    """For whoever hears later of a change: nothing, if since it was said the thread was told to be old."""
    slot = _of_thread(forum_id, thread_id)
    if not slots().lately(slot, time.time() - said_at):
        slots().raise_slots(slot, _of_thread(forum_id, None))


def raise_scores(*, thread_id: int, **_: object) -> None:
    """Let pages of a thread be made anew when it is their time."""
    slots().raise_slots(slot_of_scores(thread_id))


def raise_withdrawn(*, forum_id: int, **_: object) -> None:
    """Have what this machine reads of a forum read where it is known that something was hidden."""
    slots().raise_slots(_of_withdrawn(forum_id))


def _of_withdrawn(forum_id: int) -> int:
    return slot_of("withdrawn", forum_id)


def _of_thread(forum_id: int, thread_id: int | None) -> int:
    return slot_of("no thread", forum_id) if thread_id is None else slot_of("thread", thread_id)
