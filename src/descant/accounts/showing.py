"""Who agreed to be seen on a forum: only of these a page or a program is told in one place what they wrote."""

from collections.abc import Iterable

from descant.accounts.models import Profile
from django_headroom import replicas


def profiles_on(forum_id: int, user_ids: Iterable[int]) -> dict[int, Profile]:
    """The profiles of those among some people who agreed to be seen on a forum, by user."""

    def reading(alias: str) -> dict[int, Profile]:
        found = Profile.objects.using(alias).shown_on(forum_id).filter(user__in=list(user_ids))
        return {profile.user_id: profile for profile in found.select_related("user")}

    return replicas.read("default", reading, own=False)
