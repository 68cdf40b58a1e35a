"""The totals of a thread and its version, and the replies of a branch: what every act that shows or hides changes.

The thread's row is changed first in each transaction: its lock puts the versions in the order of the commits.
"""

from django.db.models import F, Q
from django.db.models.expressions import Case, When

from descant.discussion import signals
from descant.discussion.models import Comment, Thread
from descant.discussion.tree.paths import counted_in
from django_headroom.transactions import alias_of
from django_headroom.updates import change, step
from django_headroom.updates.chains import Chain

LEAP = 1_000  # more than is ever told one by one


def raise_version(thread: Thread, *, shown: int) -> None:
    """Count ``shown`` more comments (or fewer) and, where readers see a change, raise the version by one.

    A comment that waits raises nothing, but the row is locked and read all the same.
    """
    if shown:
        stamp(thread, shown=shown)
    else:
        lock(thread)


def lock(thread: Thread) -> None:
    """Take the thread's row: until the transaction ends nobody else changes what its readers see."""
    step(thread, version=0, comments_shown=0, read=("state",))


def hold(comment: Comment) -> None:
    """Take the row of a comment's thread: of the one it is in by now, if its own was merged since it was read."""
    lock(comment.thread)
    while comment.thread.state == Thread.State.MERGED:
        alias, last = alias_of(comment), comment.thread
        comment.thread_id = (
            Comment.objects.using(alias).values_list("thread_id", flat=True).get(pk=comment.pk)
        )
        if comment.thread_id == last.pk:
            return
        comment.thread = Thread.objects.using(alias).get(pk=comment.thread_id)
        lock(comment.thread)


def stamp(thread: Thread, *, shown: int = 0) -> None:
    """Raise the version, also for a change that counts nothing, such as an edit of a comment that readers see."""
    step(thread, version=1, comments_shown=shown, read=("state",))
    say_stamped(thread)


def leap(thread: Thread, *, shown: int = 0) -> None:
    """Raise the version so far that whoever watches reads anew: rows have changed, or gone, that bear no stamp."""
    step(thread, version=LEAP, comments_shown=shown, read=("state",))
    say_stamped(thread)


def say_stamped(thread: Thread) -> None:
    """Say that the version was raised; for who raised it in a statement of her own."""
    told = {"forum_id": thread.forum_id, "thread_id": thread.pk, "version": thread.version}
    signals.say_changed(at=alias_of(thread), **told)


def show_or_hide(comment: Comment, *, was_shown: bool) -> None:
    """Carry a comment's new state into its thread's totals and version, its branches and its own mark.

    The thread is locked already, and the comment has its new state.
    """
    if comment.is_shown == was_shown:
        return
    by = 1 if comment.is_shown else -1
    raise_version(comment.thread, shown=by)
    if was_shown:
        signals.say_withdrawn(at=alias_of(comment), forum_id=comment.forum_id)
    step(comment, replies=0)
    change(comment, drawn=comment.is_shown or comment.replies > 0, version=comment.thread.version)
    count_replies(comment, by)


def show_otherwise(comment: Comment) -> None:
    """Have readers see that a shown comment says something else now. The thread is locked already."""
    stamp(comment.thread)
    change(comment, version=comment.thread.version)
    signals.say_withdrawn(at=alias_of(comment), forum_id=comment.forum_id)


def count_reply(chain: Chain, comment: Comment) -> None:
    """Count a new shown comment among the replies of those above it, where a mark appears if there was none."""
    above = counted_in(comment.path, comment.parent_id)
    if above:
        branches = Comment.objects.using(chain.alias).filter(pk__in=above)
        chain.update(branches, replies=F("replies") + 1, drawn=True)


def count_replies(comment: Comment, by: int) -> None:
    """Count one shown comment more or less among the replies of those above it; a mark appears or goes with it."""
    above = counted_in(comment.path, comment.parent_id)
    if not above:
        return
    after = F("replies") + by
    drawn = Case(When(Q(state=Comment.State.SHOWN), then=True), default=Q(replies__gt=-by))
    Comment.objects.using(comment.thread._state.db).filter(pk__in=above).update(replies=after, drawn=drawn)
