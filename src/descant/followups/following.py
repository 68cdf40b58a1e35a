"""Following a thread or a person, and hearing of either no more."""

from collections.abc import Iterable

from descant.accounts.models import Profile, User
from descant.discussion.models import Thread
from descant.followups.models import Follow
from django_headroom.transactions import writing

FOLLOWS_MOST = 2_000


class TooManyFollows(ValueError):
    """Somebody follows as much as can be; she can end something first."""


def follow_thread(*, user: User, thread: Thread) -> None:
    """Tell an account of what is said in a thread.

    Raises:
        TooManyFollows
    """
    _follow(f"u{user.pk}", f"t{thread.pk}", thread.forum_id)


def follow_person(*, user: User, profile: Profile) -> None:
    """Tell an account of what a person writes on the forums on which she is shown.

    Raises:
        TooManyFollows
    """
    _follow(f"u{user.pk}", f"u{profile.user_id}", None)


def unfollow(*, follower: str, what: str) -> None:
    """End one follow, by whatever it is named."""
    with writing("default"):
        Follow.objects.filter(follower=follower, what=what).delete()


def follows(*, user: User, what: Iterable[str]) -> set[str]:
    """Which of some things an account follows."""
    rows = Follow.objects.filter(follower=f"u{user.pk}", what__in=list(what))
    return set(rows.values_list("what", flat=True))


def _follow(follower: str, what: str, forum_id: int | None) -> None:
    with writing("default"):
        if Follow.objects.filter(follower=follower).count() >= FOLLOWS_MOST:
            raise TooManyFollows
        Follow.objects.get_or_create(follower=follower, what=what, defaults={"forum_id": forum_id})
