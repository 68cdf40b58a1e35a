"""Reading people: those who agreed to be seen on the forum; moderators are told of all who wrote there."""

from typing import Any

from descant.accounts.models import Profile
from descant.accounts.models import User as Account
from descant.accounts.showing import profiles_on
from descant.api.arguments import PAGING
from descant.api.declaring import Asked, Given, Page, Parameter, endpoint
from descant.api.declaring.parameters import bad, id_in
from descant.api.objects.shapes import Activity, Post, UserDetails
from descant.api.objects.users import user_object
from descant.api.reading.posts_of import BESIDE, posts_page
from descant.discussion.models import Comment
from descant.followups.totals.reading import totals_of_person
from django_headroom import replicas


def _user_id(given: Given) -> int:
    name = given.get("user:username") or given.get("user", "").removeprefix("username:")
    if not name:
        raise bad("user", "give an id, or user:username")
    return id_in("user", name.removeprefix("u"))


def _user_id_if_any(given: Given) -> int | None:
    return _user_id(given) if given.get("user") or given.get("user:username") else None


_BY_NAME = {"user:username": "Her `username`, as comments tell it."}
USER = Parameter("user", "Whose: her id.", _user_id, {"type": "string"}, needed=True, also=_BY_NAME)
ANYBODY = Parameter(
    "user",
    "Whose: her id; by an access token, if none is given, the person's own.",
    _user_id_if_any,
    {"type": "string"},
    also=_BY_NAME,
)


@endpoint("users/details", takes=(ANYBODY,), example={"user": "{user}"})
def details(asked: Asked) -> UserDetails:
    """Somebody with an account."""
    user_id, own = asked[ANYBODY], asked.author.user
    if user_id is None and own is None:
        raise bad("user", "give an id, or user:username")
    if own is not None and user_id in (None, own.pk):
        profile = profiles_on(asked.forum.pk, [own.pk]).get(own.pk)
        return _with_totals(own, profile, is_told=True)
    user, profile = _seen(asked, user_id or 0)
    return _with_totals(
        user, profile, is_told=profile is not None and profile.scope == Profile.Scope.EVERYWHERE
    )


def _with_totals(user: Account, profile: Profile | None, *, is_told: bool) -> UserDetails:
    told = user_object(user, profile)
    if not is_told:
        return {**told, "numPosts": None, "numLikesReceived": None}
    totals = replicas.read("default", lambda alias: totals_of_person(user.pk, alias), own=False)
    return {**told, "numPosts": totals.comments, "numLikesReceived": totals.likes}


@endpoint("users/listPosts", takes=(USER, *PAGING, *BESIDE), example={"user": "{user}", "limit": "2"})
def list_posts(asked: Asked) -> Page[Post]:
    """What somebody wrote on this forum."""
    user, _ = _seen(asked, asked[USER])
    return posts_page(asked, lambda alias: [Comment.objects.of(asked.forum).using(alias).filter(author=user)])


@endpoint("users/listActivity", takes=(USER, *PAGING, *BESIDE), example={"user": "{user}", "limit": "2"})
def list_activity(asked: Asked) -> Page[Activity]:
    """What somebody did on this forum: here, what she wrote."""
    page = list_posts(asked)
    done: list[Activity] = [
        {"type": "post", "createdAt": post["createdAt"], "object": post} for post in page.items
    ]
    return Page(done, page.cursor)


def _seen(asked: Asked, user_id: int) -> tuple[Account, Profile | None]:
    """Who is asked for. Raises: Account.DoesNotExist: nobody who may be told of."""
    profile = profiles_on(asked.forum.pk, [user_id]).get(user_id)
    if profile is not None:
        return profile.user, profile
    wrote = Comment.objects.of(asked.forum).filter(author=user_id)
    if asked.viewer is not None and wrote.exists():
        found = replicas.read("default", lambda alias: _account(user_id, alias), own=False)
        if found is not None:
            return found, None
    raise Account.DoesNotExist("Invalid argument, 'user': there is nobody here who agreed to be seen.")


def _account(user_id: int, alias: str) -> Any:
    return Account.objects.using(alias).filter(pk=user_id, is_active=True).first()
