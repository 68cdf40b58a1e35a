"""The one private call on top of a public page: own votes, own comments that wait, what may still be changed."""

from collections.abc import Sequence
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
from django_headroom.joins import attach

IDS_MOST = 500
ROWS_MOST = 25
RECENT = timedelta(minutes=2)  # as long as a cached page or a replica may be behind


@call
def mine(asking: Asking, body: Body) -> Body:
    """What concerns only the person who asks, for the comments that her frame has drawn."""
    drawn = _ids_in(body)
    page = page_in(body)
    told: Body = {"person": person_of(asking.author), "moderates": asking.author.moderates}
    told |= {"votes": {}, "own": {}, "held": [], "waiting": [], "recent": [], "thread": {"state": "open"}}
    found = find_thread(asking.forum, page)
    if found is None:
        return told
    told["thread"] = {"state": found.state}
    if asking.author.voter:
        told["votes"] = _votes(asking, drawn)
        told |= _own(asking, page, found, drawn)
    if asking.author.moderates:
        waiting = _rows(asking, found).filter(state=Comment.State.WAITING)
        told["waiting"] = _lines(asking, page, waiting.order_by("created_at", "id")[:ROWS_MOST])
        told["recent"] += _lines(asking, page, _hidden(asking, found))
    return told


def _votes(asking: Asking, drawn: Sequence[int]) -> dict[str, int]:
    votes = Vote.objects.of(asking.forum).filter(comment__in=drawn, voter=asking.author.voter)
    return {str(comment_id): value for comment_id, value in votes.values_list("comment_id", "value")}


def _own(asking: Asking, page: PageAddress, found: Thread, drawn: Sequence[int]) -> Body:
    own = _rows(asking, found).filter(_by(asking.author))
    changeable = {str(each.pk): seconds_left(each, asking.author) for each in own.filter(pk__in=drawn)}
    held = own.filter(state=Comment.State.WAITING).order_by("created_at", "id")[:ROWS_MOST]
    since = timezone.now() - RECENT
    recent = own.shown().filter(created_at__gte=since).exclude(pk__in=drawn).order_by("created_at", "id")
    return {
        "own": {key: seconds for key, seconds in changeable.items() if seconds},
        "held": _lines(asking, page, held),
        "recent": _lines(asking, page, recent[:ROWS_MOST]),
    }


def _hidden(asking: Asking, found: Thread) -> Any:
    """What was hidden last and has no reply that would keep a mark of it, so that it can be restored."""
    gone = _rows(asking, found).filter(replies=0).order_by("-created_at", "-id")
    return [
        *gone.filter(state=Comment.State.HIDDEN)[:ROWS_MOST],
        *gone.filter(state=Comment.State.SPAM)[:ROWS_MOST],
    ]


def _rows(asking: Asking, found: Thread) -> Any:
    return Comment.objects.of(asking.forum).filter(thread=found).select_related("thread")


def _by(author: Author) -> Q:
    if author.user is not None:
        return Q(author=author.user.pk)
    return Q(guest=author.guest, author=None)


def _lines(asking: Asking, page: PageAddress, comments: Sequence[Comment]) -> list[Body]:
    return [
        {
            "id": str(comment.pk),
            "parent": str(comment.parent_id) if comment.parent_id else None,
            "html": draw_line(asking, page, comment),
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
