"""The one private call on top of a public page: own votes, what may still be changed, what only some may see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from descant.accounts.preferring import Chosen, chosen_by
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import find_thread
from descant.discussion.deciding.telling import Told, told_of
from descant.discussion.editing import seconds_left
from descant.discussion.models import SHADOW_BAN, Comment, Thread, Vote
from descant.discussion.reading.shown import read_shown
from descant.discussion.seeing import as_its_author_sees, own_rows
from descant.embed.acts import page_in
from descant.embed.calling import Asking, Body, call, person_of
from descant.embed.drawing import draw_line, words_for
from descant.embed.preferring import MARKED_BY, author_mark, labs_of
from descant.embed.refusing import BadCall
from descant.followups.hearing import heard_by
from django_headroom import replicas
from django_headroom.joins import attach

IDS_MOST = 500
MARKS_MOST = 100
ROWS_MOST = 25
RECENT = timedelta(minutes=2)  # as long as a cached page or a replica may be behind
LISTS = ("decided", "held", "recent", "waiting", "hidden")


@dataclass(frozen=True)
class _Seen:
    """What a person has before her: the thread of a page, in one copy of its database."""

    asking: Asking
    page: PageAddress
    thread: Thread
    alias: str

    blocks: Sequence[str] = ()  # whom she does not read, by her account
    marks: Sequence[int] = ()  # and by comments of theirs, which a guest's browser keeps

    def rows(self) -> Any:
        rows = Comment.objects.of(self.asking.forum).using(self.alias)
        return rows.filter(thread=self.thread).select_related("thread")


@call
def mine(asking: Asking, body: Body) -> Body:
    """What concerns only the person who asks, for the comments that her frame has drawn."""
    drawn, marks = _ids_in(body, "comments"), _ids_in(body, "blocked", MARKS_MOST)
    page = page_in(body)
    chosen = _chosen(asking)

    def reading(alias: str) -> Body:
        found = find_thread(asking.forum, page, using=alias)
        seen = _Seen(asking, page, found, alias, chosen.blocked, marks) if found else None
        return _told(seen, drawn) if seen else {}

    told: Body = {"person": person_of(asking.author), "moderates": asking.author.moderates}
    told["preferences"] = {"order": chosen.order, "language": chosen.language, "live": chosen.live}
    told |= {name: {} for name in ("votes", "scores", "own", "blocked")} | dict.fromkeys(LISTS, ())
    told |= {"thread": {"state": "open"}, "labs": labs_of(asking)}
    told |= read_shown(asking.forum, reading)
    return told | _heard(asking, told["thread"].get("id"))


def _heard(asking: Asking, thread_id: str | None) -> Body:
    """How many notices wait for an account, and whether it follows the thread."""
    user = asking.author.user
    if user is None:
        return {}
    what = f"t{thread_id}" if thread_id else ""
    return replicas.read("default", lambda alias: heard_by(user, what, using=alias))


def _chosen(asking: Asking) -> Chosen:
    user = asking.author.user
    if user is None:
        return Chosen()
    return replicas.read("default", lambda alias: chosen_by(user, using=alias))


def _told(seen: _Seen, drawn: Sequence[int]) -> Body:
    author = seen.asking.author
    thread = {"id": str(seen.thread.pk), "state": seen.thread.state}
    told: Body = {"thread": thread, "blocked": _blocked(seen, drawn)}
    lists: dict[str, list[Comment]] = {}
    if author.voter:
        told |= {**_votes(seen, drawn), "own": _changeable(seen, drawn)}
        lists |= _own(seen, drawn)
        told["decided"] = [
            _decision(each) for each in told_of(thread=seen.thread, author=author, using=seen.alias)
        ]
    if author.moderates:
        lists |= _for_moderators(seen, drawn)
    attach(chain(*lists.values()), "author")
    return told | {name: _lines(seen, comments) for name, comments in lists.items()}


def _votes(seen: _Seen, drawn: Sequence[int]) -> Body:
    """Her votes, and the scores of now: those on a page are some seconds old, and she knows how she has voted."""
    votes = Vote.objects.of(seen.asking.forum).using(seen.alias)
    own = votes.filter(comment=OuterRef("pk"), voter=seen.asking.author.voter).values("value")
    rows = seen.rows().shown().filter(pk__in=drawn).annotate(own=Subquery(own))
    found = list(rows.values_list("pk", "ups", "downs", "own"))
    return {
        "votes": {str(key): value for key, _ups, _downs, value in found if value},
        "scores": {str(key): ups - downs for key, ups, downs, _value in found},
    }


def _changeable(seen: _Seen, drawn: Sequence[int]) -> dict[str, int]:
    author = seen.asking.author
    seconds = {
        str(each.pk): seconds_left(each, author)
        for each in seen.rows().filter(own_rows(author), pk__in=drawn)
    }
    return {key: left for key, left in seconds.items() if left}


def _own(seen: _Seen, drawn: Sequence[int]) -> dict[str, list[Comment]]:
    """What she wrote and readers do not see yet, or her page may not hold yet."""
    waiting, shown = Comment.State.WAITING, Comment.State.SHOWN
    recent = Q(state=shown, created_at__gte=timezone.now() - RECENT) & ~Q(pk__in=drawn)
    unknown_to_her = Q(state=Comment.State.SPAM, reasons=[SHADOW_BAN]) & ~Q(pk__in=drawn)
    own = seen.rows().filter(own_rows(seen.asking.author)).filter(Q(state=waiting) | recent | unknown_to_her)
    found = list(own.order_by("created_at", "id")[: 2 * ROWS_MOST])
    return {
        "held": [comment for comment in found if comment.state == waiting],
        "recent": [as_its_author_sees(comment) for comment in found if comment.state != waiting],
    }


def _for_moderators(seen: _Seen, drawn: Sequence[int]) -> dict[str, list[Comment]]:
    """What waits; what others see as a mark; and what was hidden last and left no mark, so that it can be restored."""
    rows = seen.rows()
    gone = rows.filter(drawn=False).order_by("-created_at", "-id")
    hidden, spam = Comment.State.HIDDEN, Comment.State.SPAM
    return {
        "waiting": rows.filter(state=Comment.State.WAITING).order_by("created_at", "id")[:ROWS_MOST],
        "hidden": [
            *rows.filter(pk__in=drawn, state__in=(hidden, spam)),
            *gone.filter(state=hidden)[:ROWS_MOST],
            *gone.filter(state=spam)[:ROWS_MOST],
        ],
    }


def _blocked(seen: _Seen, drawn: Sequence[int]) -> dict[str, str]:
    """Which of the comments drawn are by people she does not read, each with the mark by which a guest has blocked."""
    comments = Comment.objects.of(seen.asking.forum).using(seen.alias)
    whom = dict.fromkeys(seen.blocks, "")
    if seen.marks:
        marked = comments.filter(pk__in=seen.marks).only(*MARKED_BY)
        whom = {author_mark(comment): str(comment.pk) for comment in marked} | whom
        whom.pop("", None)
    if not whom:
        return {}
    accounts = [int(each[1:]) for each in whom if each[0] == "u"]
    guests = [each[1:] for each in whom if each[0] == "g"]
    by_them = Q(author__in=accounts) | Q(guest__in=guests, author=None)
    if any(each[0] == "i" for each in whom):
        by_them |= Q(author=None, guest="", source__gt="")
    rows = comments.filter(by_them, pk__in=drawn).only(*MARKED_BY)
    marks = {str(comment.pk): author_mark(comment) for comment in rows}
    return {key: whom[mark] for key, mark in marks.items() if mark in whom}


def _decision(told: Told) -> Body:
    """What the author reads; she may ask once to look at it again."""
    words = {
        "hide": _("A moderator has hidden your comment of %(when)s."),
        "spam": _("A moderator has called your comment of %(when)s spam."),
        "delete": _("A moderator has deleted your comment of %(when)s."),
    }
    when = date_format(timezone.localtime(told.comment.created_at), "DATETIME_FORMAT")
    sentences = [words.get(told.verdict, words["hide"]) % {"when": when}]
    if told.reason:
        sentences.append(_("The reason: %(reason)s") % {"reason": told.reason})
    if told.appeal is not None:
        answer = told.appeal.answer
        asked = _("You have asked to look at it again.")
        sentences.append(_("The answer: %(answer)s") % {"answer": answer} if answer else asked)
    return {"id": str(told.comment.pk), "words": " ".join(sentences), "may_appeal": told.appeal is None}


def _lines(seen: _Seen, comments: Iterable[Comment]) -> list[Body]:
    """Each as the person who asks may see it: `discussion/seeing.py` says, and no list here."""
    return [
        {
            "id": str(comment.pk),
            "parent": str(comment.parent_id) if comment.parent_id else None,
            "html": draw_line(seen.asking, seen.page, comment),
            "reasons": words_for(comment.reasons),
        }
        for comment in comments
    ]


def _ids_in(body: Body, key: str, most: int = IDS_MOST) -> list[int]:
    ids = body.get(key) or []
    if not isinstance(ids, list) or len(ids) > most or not all(map(_is_id, ids)):
        raise BadCall(_("%(name)s must be a list of ids, as texts.") % {"name": key})
    return [int(each) for each in ids]


def _is_id(each: object) -> bool:
    return isinstance(each, str) and each.isascii() and each.isdecimal() and len(each) < 19
