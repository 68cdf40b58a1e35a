"""Who is banned, and which authors ask that a moderator looks again."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from descant.discussion.models import Appeal, Comment, Decision
from descant.discussion.reading.by_time import Moment
from descant.forums.models import Ban, Forum
from descant.moderate.asking import Desk, at_the_desk
from descant.moderate.pages.drawing import draw
from descant.moderate.queue.gathering import together
from django_headroom.joins import attach
from django_headroom.replicas import read

LINES = 50


@require_safe
@at_the_desk
def bans(desk: Desk) -> HttpResponse:
    """The bans of her forums, those in force; with ``ended`` the others too."""
    asked = desk.request.GET
    forums = desk.looked_at(asked.get("forum", ""))
    rows = Ban.objects.filter(forum__in=[forum.pk for forum in forums])
    if not asked.get("ended"):
        rows = rows.filter(lifted_at=None)
    after = Moment.read(asked.get("after", ""))
    if after is not None:
        rows = rows.filter(after.beyond("made_at"))
    found = list(rows.select_related("forum", "by", "lifted_by").order_by("-made_at", "-id")[: LINES + 1])
    last = found[LINES - 1] if len(found) > LINES else None
    given = {"bans": found[:LINES], "forum": asked.get("forum", ""), "ended": asked.get("ended", "")}
    return draw(desk, "bans.html", {**given, "next": str(Moment(last.made_at, last.pk)) if last else ""})


@require_safe
@at_the_desk
def appeals(desk: Desk) -> HttpResponse:
    """Appeals that wait for an answer, the oldest first."""
    forums = desk.looked_at(desk.request.GET.get("forum", ""))
    found: list[Appeal] = []
    for partition in sorted({forum.partition for forum in forums}):
        there = [forum for forum in forums if forum.partition == partition]
        found += read(partition, partial(_waiting, there))
    found.sort(key=lambda appeal: (appeal.made_at, appeal.pk))
    attach([appeal.comment for appeal in found], "author", missing="none")
    names = {forum.pk: forum.name for forum in forums}
    authors = {forum.pk: desk.author(forum) for forum in forums}
    given = {"appeals": found[:LINES], "names": names, "authors": authors}
    return draw(desk, "appeals.html", given)


def _waiting(forums: Sequence[Forum], alias: str) -> list[Appeal]:
    parts = together(alias, Appeal, [_oldest(forum, alias) for forum in forums])
    found = [appeal for part in parts for appeal in part]
    ids = [appeal.comment_id for appeal in found]
    comments = Comment.objects.using(alias).filter(pk__in=ids).select_related("thread")
    by_id = {comment.pk: comment for comment in comments}
    decisions = Decision.objects.using(alias).filter(comment__in=ids).order_by("decided_at", "id")
    last = {decision.comment_id: decision for decision in decisions}
    for appeal in found:
        appeal.comment = by_id[appeal.comment_id]
        appeal.against = last.get(appeal.comment_id)
    attach([appeal.against for appeal in found if appeal.against], "by", missing="none")
    return found


def _oldest(forum: Forum, alias: str) -> Any:
    rows = Appeal.objects.using(alias).filter(forum=forum, answered_at=None)
    return rows.order_by("made_at", "id")[:LINES]
