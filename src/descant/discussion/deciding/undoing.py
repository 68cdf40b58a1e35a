"""A batch of decisions taken back, as it was; what somebody has decided about since stays as it is."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from descant.discussion import signals
from descant.discussion.addressing import lately
from descant.discussion.authors import Author
from descant.discussion.deciding.abilities import check_may
from descant.discussion.deciding.comments import rewrite
from descant.discussion.deciding.merging import part_threads
from descant.discussion.models import Comment, Decision, Thread, ThreadAddress
from descant.discussion.posting import Refused
from descant.discussion.reading import marks
from descant.discussion.tree import counting
from descant.forums.caches.purging import purge_surely
from descant.forums.caches.surrogates import thread_tag
from descant.forums.models import Forum
from django_headroom.transactions import writing
from django_headroom.updates import claim, step

STEP = 200


class NothingToUndo(Refused):
    code = "nothing_to_undo"


@dataclass(frozen=True)
class Step:
    """How many decisions a step has taken back, and where the next begins; None if that was all."""

    undone: int
    last: tuple[datetime, int] | None = None


def undo_batch(*, forum: Forum, batch: uuid.UUID, by: Author, reason: str = "") -> int:
    """Take back all decisions of a batch.

    Returns:
        How many were taken back: of two who undo the same, one is told 0; what was decided again since is left.

    Raises:
        NotAModerator, NothingToUndo: there is no such batch on this forum.
    """
    step = undo_step(forum=forum, batch=batch, by=by, reason=reason)
    undone = step.undone
    while step.last is not None:
        step = undo_step(forum=forum, batch=batch, by=by, reason=reason, last=step.last)
        undone += step.undone
    return undone


def undo_step(
    *, forum: Forum, batch: uuid.UUID, by: Author, reason: str = "", last: tuple[datetime, int] | None = None
) -> Step:
    """Take back some decisions of a batch, the latest first, for who cannot wait until all are.

    Args:
        last: where the step before has ended.

    Raises:
        NotAModerator, NothingToUndo: there is no such batch on this forum.
    """
    check_may(by, "undo", forum)
    rows = Decision.objects.of(forum).filter(batch=batch).select_related("comment__thread", "thread")
    if last is not None:
        earlier = Q(decided_at__lt=last[0]) | Q(decided_at=last[0], id__lt=last[1])
        rows = rows.filter(earlier)
    decisions = list(rows.order_by("-decided_at", "-id")[: STEP + 1])
    if not decisions and last is None:
        raise NothingToUndo(_("There is nothing to undo any more."))
    undoing = _Undoing(forum, by, reason[:500], batch)
    undone = sum(undoing.one(decision) for decision in decisions[:STEP])
    end = decisions[STEP - 1] if len(decisions) > STEP else None
    return Step(undone, (end.decided_at, end.pk) if end else None)


class _Undoing:
    def __init__(self, forum: Forum, by: Author, reason: str, batch: uuid.UUID) -> None:
        self.forum, self.by, self.reason, self.undoes, self.batch = forum, by, reason, batch, uuid.uuid4()

    def one(self, decision: Decision) -> int:
        with writing(self.forum) as alias:
            if decision.comment is not None:
                done = self._comment(alias, decision, decision.comment)
            else:
                done = decision.thread is not None and self._thread(alias, decision, decision.thread)
            if done:
                self._write(alias, decision)
        return int(done)

    def _comment(self, alias: str, decision: Decision, comment: Comment) -> bool:
        if decision.verdict == "edit":
            kept = decision.kept
            columns = {"text": kept["text"], "format": kept["format"]}
            done = self._is_last(decision) and rewrite(comment, {"text": kept["now"]}, columns)
        else:
            counting.hold(comment)
            when = {"state": decision.after, "thread": comment.thread_id}
            done = self._is_last(decision) and claim(
                comment, when=when, state=decision.before, needs_look=decision.kept.get("needs_look", False)
            )
            if done:
                if flags := decision.kept.get("flags"):
                    step(comment, flags=flags)
                counting.show_or_hide(comment, was_shown=decision.after == Comment.State.SHOWN)
        if done:
            signals.comment_changed.say(at=alias, **signals.told(comment))
        return done

    def _thread(self, alias: str, decision: Decision, thread: Thread) -> bool:
        if decision.verdict == "merge":
            return self._is_last(decision) and part_threads(
                forum=self.forum, alias=alias, source=thread, merge=decision
            )
        counting.lock(thread)
        if decision.verdict in ("pin", "unpin"):
            when, columns = {"pinned": decision.kept["now"]}, {"pinned_id": decision.kept["pinned"]}
        elif decision.verdict == "rename":
            when, columns = decision.kept["now"], decision.kept["names"]
        else:
            when, columns = {"state": decision.after}, {"state": decision.before}
        done = self._is_last(decision) and (not columns or claim(thread, when=when, **columns))
        if done:
            if added := decision.kept.get("added"):
                self._lead_no_more(alias, thread, added)
            counting.stamp(thread)
            purge_surely(thread_tag(thread.pk), at=alias, forum_id=self.forum.pk)
        return done

    def _lead_no_more(self, alias: str, thread: Thread, digests: Sequence[str]) -> None:
        """Pages of these addresses begin anew, as before the thread was found by them."""
        ThreadAddress.objects.of(self.forum).filter(thread=thread, digest__in=digests).delete()
        transaction.on_commit(partial(marks.raise_unwritten, self.forum.pk), using=alias)
        lately.forget()

    def _is_last(self, decision: Decision) -> bool:
        """Whether nobody has decided about the same since; asked while the thread is held."""
        since = Decision.objects.of(self.forum).filter(
            decided_at__gt=decision.decided_at, undoes__isnull=True
        )
        undone = Decision.objects.of(self.forum).filter(undoes=decision.batch)
        of_it: Sequence[tuple[str, int | None]] = (
            ("comment", decision.comment_id),
            ("thread", decision.thread_id),
        )
        about = {name: pk for name, pk in of_it if pk is not None}
        return (
            not since.filter(**about).exclude(batch=decision.batch).exists()
            and not undone.filter(**about).exists()
        )

    def _write(self, alias: str, decision: Decision) -> None:
        row = Decision(comment_id=decision.comment_id, thread_id=decision.thread_id, verdict="undo")
        row.forum_id, row.by, row.reason = self.forum.pk, self.by.user, self.reason
        row.before, row.after, row.batch, row.undoes = (
            decision.after,
            decision.before,
            self.batch,
            self.undoes,
        )
        row.save(force_insert=True, using=alias)
