"""Reading forums, their people and their parts."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from descant.accounts.models import User as Account
from descant.accounts.showing import profiles_on
from descant.api.arguments import LIMIT, PAGING
from descant.api.declaring import Asked, Page, Standing, endpoint
from descant.api.declaring.parameters import moment
from descant.api.objects.forums import forum_object
from descant.api.objects.shapes import Category, ForumDetails, Moderator, Post, Thread, User
from descant.api.objects.users import user_object
from descant.api.reading.categories import categories_told
from descant.api.reading.paging import cursor_of
from descant.api.reading.posts_of import BESIDE, posts_page
from descant.api.reading.threads_of import INCLUDE, RELATED, WHICH, threads_page, which
from descant.discussion.models import Comment
from descant.discussion.reading.lately import in_order, said_lately
from descant.followups.totals.reading import totals_of_forum
from descant.forums.models import Role
from django_headroom import replicas

AFTER = moment("after", "As `since`.")


@endpoint("forums/details")
def details(asked: Asked) -> ForumDetails:
    """The forum that the key speaks for."""
    totals = replicas.read("default", lambda alias: totals_of_forum(asked.forum.pk, alias), own=False)
    return {**forum_object(asked.forum), "numPosts": totals.comments, "numThreads": totals.threads}


@endpoint(
    "forums/listThreads",
    takes=(*WHICH, *PAGING, AFTER, INCLUDE, RELATED),
    example={"limit": "2", "related": "forum"},
)
def list_threads(asked: Asked) -> Page[Thread]:
    """The threads of the forum."""

    def narrow(alias: str) -> list[Any]:
        rows = which(asked, alias)
        return [rows.filter(created_at__gte=asked[AFTER]) if asked[AFTER] else rows]

    return threads_page(asked, narrow)


@endpoint("forums/listPosts", takes=(*PAGING, *BESIDE), example={"limit": "2"})
def list_posts(asked: Asked) -> Page[Post]:
    """The comments of the forum."""
    return posts_page(asked, lambda alias: [Comment.objects.of(asked.forum).using(alias)])


@endpoint("forums/listUsers", takes=(LIMIT,))
def list_users(asked: Asked) -> Page[User]:
    """Who wrote most of the latest 500 comments; guests are told of those who agreed to be seen here."""
    lately = replicas.read(asked.forum.partition, lambda alias: said_lately(asked.forum, alias))
    wrote = Counter(said.author_id for said in lately if said.author_id)
    chosen = [user_id for user_id, _ in wrote.most_common()]
    profiles = profiles_on(asked.forum.pk, chosen)
    if asked.viewer is None:
        users = [profiles[key].user for key in chosen if key in profiles][: asked[LIMIT]]
    else:
        users = _accounts(chosen[: asked[LIMIT]])
    return Page([user_object(user, profiles.get(user.pk)) for user in users], cursor_of())


@endpoint("forums/listModerators", who=Standing.SERVER)
def list_moderators(asked: Asked) -> list[Moderator]:
    """Who decides here."""
    roles = [role for role in asked.forum.roles.all() if role.kind in (Role.Kind.OWNER, Role.Kind.MODERATOR)]
    users = {user.pk: user for user in _accounts([role.user_id for role in roles])}
    profiles = profiles_on(asked.forum.pk, users)
    return [
        {"id": str(role.pk), "role": str(role.kind), "user": user_object(user, profiles.get(user.pk))}
        for role in roles
        if (user := users.get(role.user_id))
    ]


@endpoint("forums/listCategories")
def list_categories(asked: Asked) -> Page[Category]:
    """The parts of the forum, in their order."""
    return categories_told(asked.forum)


def _accounts(user_ids: Sequence[int]) -> list[Account]:
    def reading(alias: str) -> list[Account]:
        return in_order(Account.objects.using(alias).filter(is_active=True), user_ids)

    return replicas.read("default", reading, own=False)
