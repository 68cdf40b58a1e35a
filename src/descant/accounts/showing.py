"""Who agreed to be seen on a forum: only of these a page or a program is told in one place what they wrote."""

from collections.abc import Iterable

from django.db.models import Q

from descant.accounts.models import Profile
from django_headroom import replicas


def profiles_on(forum_id: int, user_ids: Iterable[int]) -> dict[int, Profile]:
    """The profiles of those among some people who agreed to be seen on a forum, by user."""
    agreed = Q(scope=Profile.Scope.EVERYWHERE) | Q(scope=Profile.Scope.FORUMS, shown_on__forum_id=forum_id)

    def reading(alias: str) -> dict[int, Profile]:
        found = Profile.objects.using(alias).filter(agreed, user__in=list(user_ids), user__is_active=True)
        return {profile.user_id: profile for profile in found.select_related("user")}

    return replicas.read("default", reading, own=False)
