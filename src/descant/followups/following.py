"""Following a thread or a person, and hearing of either no more."""

from collections.abc import Iterable
from typing import Any

from descant.accounts.models import Profile, User
from descant.discussion.models import Thread
from descant.discussion.signals import thread_moved
from descant.followups.models import Follow
from descant.forums.directory import forum_with_id
from descant.switches import check_writable
from django_headroom.transactions import writing

FOLLOWS_MOST = 2_000
STEP = 500


class TooManyFollows(ValueError):
    """Somebody follows as much as can be; she can end something first."""


def connect() -> None:
    """Listen to threads that become part of others."""
    thread_moved.connect(follow_move, dispatch_uid="followups.following_moved")


def follow_thread(*, user: User, thread: Thread) -> None:
    """Tell an account of what is said in a thread.

    Raises:
        TooManyFollows, SwitchedOff
    """
    check_writable(forum_with_id(thread.forum_id).name)
    _follow(f"u{user.pk}", f"t{thread.pk}", thread.forum_id)


def follow_person(*, user: User, profile: Profile) -> None:
    """Tell an account of what a person writes on the forums on which she is shown.

    Raises:
        TooManyFollows, SwitchedOff
    """
    check_writable()
    _follow(f"u{user.pk}", f"u{profile.user_id}", None)


def unfollow(*, follower: str, what: str) -> None:
    """End one follow, by whatever it is named; also while everything is only read."""
    with writing("default"):
        Follow.objects.filter(follower=follower, what=what).delete()


def follows(*, user: User, what: Iterable[str]) -> set[str]:
    """Which of some things an account follows."""
    rows = Follow.objects.filter(follower=f"u{user.pk}", what__in=list(what))
    return set(rows.values_list("what", flat=True))


def follow_move(data: dict[str, Any], *, event_id: str) -> None:
    """Let who follows a thread that was merged follow the other one as well; if they part again, she follows both."""
    merged = Thread.objects.of(data["forum_id"]).filter(pk=int(data["source_id"]), state=Thread.State.MERGED)
    if not merged.exists():  # they have parted: who followed the whole does not ask for the part
        return
    followers = Follow.objects.filter(what=f"t{int(data['source_id'])}").values_list("follower", flat=True)
    target = {"what": f"t{int(data['target_id'])}", "forum_id": data["forum_id"]}
    follows = [Follow(follower=follower, **target) for follower in followers.iterator(STEP)]
    for at in range(0, len(follows), STEP):
        with writing("default"):
            Follow.objects.bulk_create(follows[at : at + STEP], ignore_conflicts=True)


def _follow(follower: str, what: str, forum_id: int | None) -> None:
    with writing("default"):
        if Follow.objects.filter(follower=follower).count() >= FOLLOWS_MOST:
            raise TooManyFollows
        Follow.objects.get_or_create(follower=follower, what=what, defaults={"forum_id": forum_id})
