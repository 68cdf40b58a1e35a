"""Two threads made one: the comments of the first move into the second, and its row stays and leads there."""

import uuid
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from descant.discussion import signals
from descant.discussion.addressing import lately
from descant.discussion.authors import Author
from descant.discussion.deciding.abilities import check_may
from descant.discussion.deciding.comments import write_about_thread
from descant.discussion.models import Comment, Decision, Moved, Thread, ThreadAddress
from descant.discussion.posting import Refused
from descant.discussion.reading import marks
from descant.discussion.tree import counting
from descant.forums.models import Forum
from django_headroom.transactions import writing
from django_headroom.updates import change

STEP = 1_000


class CannotMerge(Refused):
    code = "cannot_merge"


def merge_threads(*, forum: Forum, source: Thread, target: Thread, by: Author, reason: str = "") -> uuid.UUID:
    """Move all of one thread into another; pages that asked for the first then show the second.

    Returns:
        The batch, by which ``undo_batch`` parts them again.

    Raises:
        NotAModerator, CannotMerge, SwitchedOff
    """
    check_may(by, "threads", forum)
    batch = uuid.uuid4()
    with writing(forum) as alias:
        for thread in sorted((source, target), key=lambda each: each.pk):
            counting.lock(thread)
        _check(source, target)
        was, shown = str(source.state), source.comments_shown
        counting.stamp(target, shown=shown)
        counting.stamp(source, shown=-shown)
        kept = {"shown": shown, "pinned": source.pinned_id}
        change(source, state=Thread.State.MERGED, merged_into=target, pinned=None)
        _note_what_moves(alias, source, batch)
        comments = Comment.objects.of(forum).filter(thread=source)
        comments.filter(version__isnull=False).update(thread=target, version=target.version)
        comments.update(thread=target)
        ThreadAddress.objects.of(forum).filter(thread=source).update(thread=target)
        write_about_thread(
            alias,
            source,
            by,
            verdict="merge",
            before=was,
            after=source.state,
            kept=kept,
            batch=batch,
            reason=reason,
        )
        signals.thread_moved.say(at=alias, **signals.told_of_thread(source, target))
    lately.forget()
    return batch


def part_threads(*, forum: Forum, alias: str, source: Thread, merge: Decision) -> bool:
    """Undo a merge, in the transaction of who undoes: what came from there goes back, with the answers it got since.

    Args:
        merge: the last decision about ``source``.

    Returns:
        Whether it was done; not while the thread it went into is itself merged into another.
    """
    target = Thread.objects.of(forum).get(pk=source.merged_into_id or 0) if source.merged_into_id else None
    if target is None:
        return False
    for thread in sorted((source, target), key=lambda each: each.pk):
        counting.lock(thread)
    if source.state != Thread.State.MERGED or target.state == Thread.State.MERGED:
        return False
    moved = Moved.objects.of(forum).filter(batch=merge.batch)
    here = Comment.objects.of(forum).filter(thread=target)
    going = here.filter(pk__in=moved.filter(comment__isnull=False).values("comment"))
    while going.update(thread=source):
        going = here.filter(parent__in=Comment.objects.of(forum).filter(thread=source).values("id"))
    addresses = moved.filter(address_id__isnull=False).values("address_id")
    ThreadAddress.objects.of(forum).filter(pk__in=addresses).update(thread=source)
    back = Comment.objects.of(forum).filter(thread=source)
    shown = back.shown().count()
    counting.leap(target, shown=-shown)
    counting.stamp(source, shown=shown - source.comments_shown)
    pinned = back.shown().filter(pk=merge.kept.get("pinned") or 0).values_list("id", flat=True).first()
    change(source, state=merge.before, merged_into=None, pinned_id=pinned)
    back.filter(version__isnull=False).update(version=source.version)
    transaction.on_commit(partial(marks.raise_unwritten, forum.pk), using=alias)  # some pages lead here again
    signals.thread_moved.say(at=alias, **signals.told_of_thread(target, source))
    lately.forget()
    return True


def _check(source: Thread, target: Thread) -> None:
    if source.pk == target.pk:
        raise CannotMerge(_("A thread cannot be merged into itself: choose another."))
    if Thread.State.MERGED in (source.state, target.state):
        raise CannotMerge(_("One of these threads was merged already: look at it again."))
    if Thread.State.REMOVED in (source.state, target.state):
        raise CannotMerge(_("One of these threads was removed: put it back first."))


def _note_what_moves(alias: str, source: Thread, batch: uuid.UUID) -> None:
    forum_id = source.forum_id
    ids = (
        Comment.objects.of(forum_id)
        .filter(thread=source)
        .order_by("created_at", "id")
        .values_list("id", flat=True)
    )
    rows = [Moved(forum_id=forum_id, batch=batch, comment_id=pk) for pk in ids.iterator(STEP)]
    addresses = ThreadAddress.objects.of(forum_id).filter(thread=source).values_list("id", flat=True)
    rows += [Moved(forum_id=forum_id, batch=batch, address_id=pk) for pk in addresses]
    Moved.objects.of(forum_id).bulk_create(rows, batch_size=STEP)
