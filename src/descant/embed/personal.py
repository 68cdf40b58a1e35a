"""The one private call on top of a public page: own votes, own comments that wait, what may still be changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import find_thread
from descant.discussion.authors import Author
from descant.discussion.editing import seconds_left
from descant.discussion.models import Comment, Thread, Vote
from descant.embed.acts import page_in
from descant.embed.calling import Asking, Body, call, person_of
from descant.embed.drawing import draw_line, words_for
from descant.embed.refusing import BadCall
from django_headroom import replicas
from django_headroom.joins import attach

IDS_MOST = 500
ROWS_MOST = 25
RECENT = timedelta(minutes=2)  # as long as a cached page or a replica may be behind


@dataclass(frozen=True)
class _Seen:
    """What a person has before her: the thread of a page, in one copy of its database."""

    asking: Asking
    page: PageAddress
    thread: Thread
    alias: str

    def rows(self) -> Any:
        rows = Comment.objects.of(self.asking.forum).using(self.alias)
        return rows.filter(thread=self.thread).select_related("thread")


@call
def mine(asking: Asking, body: Body) -> Body:
    """What concerns only the person who asks, for the comments that her frame has drawn."""
    drawn = _ids_in(body)
    page = page_in(body)

    def reading(alias: str) -> Body:
        found = find_thread(asking.forum, page, using=alias)
        return _told(_Seen(asking, page, found, alias), drawn) if found else {}

    told: Body = {"person": person_of(asking.author), "moderates": asking.author.moderates}
    told |= {"votes": {}, "own": {}, "held": [], "waiting": [], "recent": [], "thread": {"state": "open"}}
    return told | replicas.read(asking.forum.partition, reading)


def _told(seen: _Seen, drawn: Sequence[int]) -> Body:
    author = seen.asking.author
    told: Body = {"thread": {"state": seen.thread.state}, "recent": []}
    if author.voter:
        told["votes"] = _votes(seen, drawn)
        told |= _own(seen, drawn)
    if author.moderates:
        waiting = seen.rows().filter(state=Comment.State.WAITING)
        told["waiting"] = _lines(seen, waiting.order_by("created_at", "id")[:ROWS_MOST])
        told["recent"] += _lines(seen, _hidden(seen))
    return told


def _votes(seen: _Seen, drawn: Sequence[int]) -> dict[str, int]:
    votes = Vote.objects.of(seen.asking.forum).using(seen.alias)
    own = votes.filter(comment__in=drawn, voter=seen.asking.author.voter)
    return {str(comment_id): value for comment_id, value in own.values_list("comment_id", "value")}


def _own(seen: _Seen, drawn: Sequence[int]) -> Body:
    author = seen.asking.author
    own = seen.rows().filter(_by(author))
    changeable = {str(each.pk): seconds_left(each, author) for each in own.filter(pk__in=drawn)}
    held = own.filter(state=Comment.State.WAITING).order_by("created_at", "id")[:ROWS_MOST]
    since = timezone.now() - RECENT
    recent = own.shown().filter(created_at__gte=since).exclude(pk__in=drawn).order_by("created_at", "id")
    return {
        "own": {key: seconds for key, seconds in changeable.items() if seconds},
        "held": _lines(seen, held),
        "recent": _lines(seen, recent[:ROWS_MOST]),
    }


def _hidden(seen: _Seen) -> Any:
    """What was hidden last and has no reply that would keep a mark of it, so that it can be restored."""
    gone = seen.rows().filter(replies=0).order_by("-created_at", "-id")
    return [
        *gone.filter(state=Comment.State.HIDDEN)[:ROWS_MOST],
        *gone.filter(state=Comment.State.SPAM)[:ROWS_MOST],
    ]


def _by(author: Author) -> Q:
    if author.user is not None:
        return Q(author=author.user.pk)
    return Q(guest=author.guest, author=None)


def _lines(seen: _Seen, comments: Sequence[Comment]) -> list[Body]:
    return [
        {
            "id": str(comment.pk),
            "parent": str(comment.parent_id) if comment.parent_id else None,
            "html": draw_line(seen.asking, seen.page, comment),
            "reasons": words_for(comment.reasons),
        }
        for comment in attach(comments, "author")
    ]


def _ids_in(body: Body) -> list[int]:
    ids = body.get("comments") or []
    if not isinstance(ids, list) or len(ids) > IDS_MOST or not all(map(_is_id, ids)):
        raise BadCall(_("%(name)s must be a list of ids, as texts.") % {"name": "comments"})
    return [int(each) for each in ids]


def _is_id(each: object) -> bool:
    return isinstance(each, str) and each.isascii() and each.isdecimal() and len(each) < 19
