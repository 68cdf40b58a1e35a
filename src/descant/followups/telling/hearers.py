"""Who hears of a comment, and why: the strongest reason counts, and nobody hears of herself or of one she blocked."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from django.db.models import QuerySet

from descant.accounts.models import Block, Profile
from descant.discussion.models import Comment
from descant.followups.models import Follow, Kind
from django_headroom.skinny import range_iter

MENTIONS_MOST = 10
STEP = 500  # followers that are told in one transaction
_MENTION = re.compile(r"(?<![\w@/.-])@([a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?)(?![\w@])", re.IGNORECASE)


def hearers_of(comment: Comment) -> Iterator[Mapping[str, Kind]]:
    """Those whom a shown comment concerns, named as followers are, a few hundred at a time.

    Args:
        comment: with its thread and its parent.
    """
    named = named_in(comment)
    yield named
    reasons = _reasons(comment)
    for some in _steps(Follow.objects.filter(what__in=reasons)):
        found: dict[str, Kind] = {}
        for follow in sorted(
            some, key=lambda each: "ctu".index(each.what[0])
        ):  # replies first, then the thread
            if follow.follower not in named:
                found.setdefault(follow.follower, reasons[follow.what])
        yield _without(comment, found)


def mentions_in(source: str) -> list[str]:
    """The names that a text calls with an @, in small letters, ten at most."""
    names = [found[1].lower() for found in _MENTION.finditer(source)]
    return list(dict.fromkeys(names))[:MENTIONS_MOST]


def named_in(comment: Comment) -> Mapping[str, Kind]:
    """Those whom a shown comment answers or calls by name."""
    named = {}
    if comment.parent is not None and comment.parent.author_id is not None:
        named[f"u{comment.parent.author_id}"] = Kind.REPLY
    names = mentions_in(comment.text)
    if names:
        shown = Profile.objects.shown_on(comment.forum_id).filter(name__in=names)
        for user_id in shown.values_list("user_id", flat=True):
            named.setdefault(f"u{user_id}", Kind.MENTION)
    return _without(comment, named)


def _reasons(comment: Comment) -> dict[str, Kind]:
    reasons = {f"t{comment.thread_id}": Kind.THREAD}
    if comment.parent_id is not None:
        reasons[f"c{comment.parent_id}"] = Kind.REPLY
    if comment.author_id is not None:
        reasons[f"u{comment.author_id}"] = Kind.PERSON
    return reasons


def _steps(follows: QuerySet[Follow]) -> Iterator[list[Follow]]:
    """A thread with a hundred thousand followers is told like one with ten."""
    walk = range_iter(follows, step=STEP)
    return iter(lambda: list(islice(walk, STEP)), [])


def _without(comment: Comment, found: Mapping[str, Kind]) -> Mapping[str, Kind]:
    """Without herself; without those who do not read her; by her person only where she agreed to be seen."""
    herself, by = (
        f"u{comment.author_id}",
        f"u{comment.author_id}" if comment.author_id else f"g{comment.guest}",
    )
    accounts = [int(each[1:]) for each in found if each[0] == "u"]
    rows = Block.objects.filter(user_id__in=accounts, whom=by).values_list("user_id", flat=True)
    left_out = {herself, *(f"u{user_id}" for user_id in rows)} if accounts else {herself}
    if Kind.PERSON in found.values() and not _is_shown(comment):
        left_out |= {follower for follower, kind in found.items() if kind == Kind.PERSON}
    return {follower: kind for follower, kind in found.items() if follower not in left_out}


def _is_shown(comment: Comment) -> bool:
    shown = Profile.objects.shown_on(comment.forum_id)
    return comment.author_id is not None and shown.filter(user_id=comment.author_id).exists()
