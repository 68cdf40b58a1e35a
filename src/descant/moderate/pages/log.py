"""The log: every decision with who, when and why, batches in one line, each with its undo."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from descant.discussion.models import Comment, Decision, Thread
from descant.discussion.reading.by_time import Moment
from descant.forums.models import Forum
from descant.moderate.asking import Desk, at_the_desk
from descant.moderate.pages.drawing import draw
from descant.moderate.queue.gathering import together
from django_headroom.joins import attach
from django_headroom.replicas import read

LINES = 50


@dataclass(frozen=True)
class Entry:
    """A batch, told by the last of its decisions."""

    decision: Decision
    size: int = 1
    undone: int = 0

    @property
    def can_be_undone(self) -> bool:
        return self.undone < self.size and self.decision.verdict not in ("undo", "uphold")


@require_safe
@at_the_desk
def log(desk: Desk) -> HttpResponse:
    """What was decided on her forums, the newest first."""
    name = desk.request.GET.get("forum", "")
    forums = desk.looked_at(name)
    entries = read_log(forums, Moment.read(desk.request.GET.get("after", "")))
    last = entries[LINES - 1].decision if len(entries) > LINES else None
    names = {forum.pk: forum.name for forum in forums}
    given = {"entries": entries[:LINES], "names": names, "forum": name}
    return draw(desk, "log.html", {**given, "next": str(Moment(last.decided_at, last.pk)) if last else ""})


def read_log(forums: Sequence[Forum], after: Moment | None = None) -> list[Entry]:
    """One page of entries and one more, if there is more."""
    by_partition: dict[str, list[Forum]] = defaultdict(list)
    for forum in forums:
        by_partition[forum.partition].append(forum)
    found = [
        entry for place, there in by_partition.items() for entry in read(place, partial(_ask, there, after))
    ]
    found.sort(key=lambda entry: (entry.decision.decided_at, entry.decision.pk), reverse=True)
    attach([entry.decision for entry in found], "by", missing="none")
    return found[: LINES + 1]


def _ask(forums: Sequence[Forum], after: Moment | None, alias: str) -> list[Entry]:
    parts = together(alias, Decision, [_lasts(forum, after, alias) for forum in forums])
    decisions = [decision for part in parts for decision in part]
    decisions.sort(key=lambda decision: (decision.decided_at, decision.pk), reverse=True)
    decisions = decisions[: LINES + 1]
    _attach(alias, decisions)
    sizes, undone = _sizes(alias, decisions)
    return [Entry(each, sizes.get(each.batch, 1), undone.get(each.batch, 0)) for each in decisions]


def _lasts(forum: Forum, after: Moment | None, alias: str) -> Any:
    """The last decision of each batch of a forum."""
    rows = Decision.objects.using(alias).filter(forum=forum)
    later = Q(decided_at__gt=OuterRef("decided_at")) | Q(
        decided_at=OuterRef("decided_at"), id__gt=OuterRef("id")
    )
    of_batch = Decision.objects.using(alias).filter(later, forum=forum, batch=OuterRef("batch"))
    if after is not None:
        rows = rows.filter(after.beyond("decided_at"))
    return rows.exclude(Exists(of_batch)).order_by("-decided_at", "-id")[: LINES + 1]


def _attach(alias: str, decisions: Sequence[Decision]) -> None:
    """The comments and threads that they are about, for all at once."""
    comments = Comment.objects.using(alias).filter(
        pk__in=[each.comment_id for each in decisions if each.comment_id]
    )
    by_id = {comment.pk: comment for comment in comments.select_related("thread")}
    threads = Thread.objects.using(alias).in_bulk([each.thread_id for each in decisions if each.thread_id])
    for each in decisions:
        if each.comment_id:
            each.comment = by_id.get(each.comment_id)
        if each.thread_id:
            each.thread = threads.get(each.thread_id)


def _sizes(alias: str, decisions: Sequence[Decision]) -> tuple[dict[Any, int], dict[Any, int]]:
    """How many decisions each batch has, and how many of them were undone."""
    forums = {each.forum_id for each in decisions}
    batches = {each.batch for each in decisions}
    rows = Decision.objects.using(alias).filter(forum_id__in=forums)
    sizes = rows.filter(batch__in=batches).values_list("batch").annotate(Count("id"))
    undone = rows.filter(undoes__in=batches).values_list("undoes").annotate(Count("id"))
    return dict(sizes), dict(undone)
