"""What has changed in a thread since a version of it, as everybody may see it now: for whoever goes on watching.

The thread's row is read first, then what was stamped up to its version: what is stamped meanwhile is told the next
time. Held comments have no version and are not found; of hidden ones there is a mark, or no more than the id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from descant.discussion.authors import attach_names
from descant.discussion.models import Comment, Thread
from descant.discussion.reading.pages import Line
from descant.discussion.seeing import may_see
from descant.discussion.tree.fetching import Shelf
from descant.discussion.tree.paths import ancestors_in, counted_in
from descant.forums.models import Forum
from django_headroom import ids
from django_headroom.transactions import alias_of

MOST = 200  # changes that are told one by one; beyond that a page is less
SCORES_NEWEST, SCORES_BEST = 200, 50


@dataclass(frozen=True)
class Clock:
    """The time of a thread. Versions of another epoch mean nothing: after a restore numbers are given out again."""

    epoch: str
    version: int

    @classmethod
    def read(cls, written: str) -> "Clock | None":
        """As it is written; None if it is not. A page knows the forum's epoch alone, a change the partition's too."""
        epoch, _, version = written.rpartition("-")
        is_number = version.isascii() and version.isdecimal() and len(version) < 19
        return cls(epoch, int(version)) if is_number and 0 < len(epoch) < 30 else None

    def __str__(self) -> str:
        return f"{self.epoch}-{self.version}"

    def goes_on_from(self, earlier: "Clock") -> bool:
        """Whether the earlier one is of the same epoch, and what happened since is few enough to be told."""
        known = earlier.epoch in (self.epoch, self.epoch.partition(".")[0])
        return known and 0 <= self.version - earlier.version <= MOST


@dataclass(frozen=True)
class Changes:
    """What whoever has read a thread at ``since`` has missed, up to ``clock``; if it is not ``told``, read a page.

    ``lines`` are comments and marks, each after what it answers; ``gone`` are those of them that no page draws any
    more, and ``replies`` the new totals of those that were answered.
    """

    thread: Thread
    since: Clock
    clock: Clock
    told: bool = False
    lines: Sequence[Line] = ()
    gone: Sequence[int] = ()
    replies: Mapping[int, int] = field(default_factory=dict)


def epoch_of(forum: Forum) -> str:
    """The forum's, and that of the partition where it is now."""
    return f"{forum.epoch}.{ids.epoch(alias_of(forum))}"


def read_changes(*, forum: Forum, thread_id: int, since: Clock) -> Changes:
    """What has changed in a thread, read from the primary: a replica may not have heard of it.

    Raises:
        Thread.DoesNotExist: there is no such thread in this forum.
    """
    alias = alias_of(forum)
    thread: Thread = Thread.objects.of(forum).get(pk=thread_id)
    clock = Clock(epoch_of(forum), thread.version)
    if thread.state == Thread.State.MERGED or not clock.goes_on_from(since):
        return Changes(thread, since, clock)
    shelf = Shelf(alias, thread)
    changed = shelf.changed(since.version, MOST + 1) if clock.version > since.version else ()
    if len(changed) > MOST:
        return Changes(thread, since, clock)
    return _told(shelf, Changes(thread, since, clock, told=True), changed)


def read_scores(*, forum: Forum, thread_id: int) -> dict[int, int]:
    """The scores of a thread's newest and best comments, as far as somebody has voted on them."""
    shown = Comment.objects.of(forum).filter(thread=thread_id).shown()
    tops = Comment.objects.of(forum).filter(thread=thread_id, parent=None).drawn()
    newest = shown.order_by("-created_at", "-pk").values_list("pk", "ups", "downs")[:SCORES_NEWEST]
    best = tops.order_by("-score", "-pk").values_list("pk", "ups", "downs")[:SCORES_BEST]
    return {pk: ups - downs for rows in (newest, best) for pk, ups, downs in rows if ups or downs}


def _told(shelf: Shelf, so_far: Changes, changed: Sequence[Comment]) -> Changes:
    """With what stands above: its totals have changed, and where it is hidden its mark comes and goes with them."""
    found = {comment.pk: comment for comment in changed}
    above = {key for comment in changed for key in counted_in(comment.path, comment.parent_id)}
    known = {**shelf.with_ids(above - found.keys()), **found}
    shown = {key for key, comment in known.items() if may_see(comment, None)}
    touched = found.keys() | (known.keys() - shown)
    in_order = sorted((known[key] for key in touched), key=lambda comment: comment.path)
    attach_names(known.values())
    return Changes(
        so_far.thread,
        so_far.since,
        so_far.clock,
        told=True,
        lines=[_line(comment, known, shown) for comment in in_order],
        gone=[comment.pk for comment in in_order if comment.pk not in shown and comment.replies <= 0],
        replies={key: known[key].replies for key in sorted(above & known.keys())},
    )


def _line(comment: Comment, known: Mapping[int, Comment], shown: set[int]) -> Line:
    if comment.pk not in shown:
        return Line(comment, "mark")
    above = ancestors_in(comment.path)
    answers = (
        comment.parent_id if comment.parent_id in shown and comment.parent_id not in above[-1:] else None
    )
    return Line(comment, "comment", answers=known[answers] if answers else None)
