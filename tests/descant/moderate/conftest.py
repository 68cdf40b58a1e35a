"""Moderators at their desks: a browser that has signed in, and comments that wait."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.models import Comment
from descant.discussion.posting import Draft, post_comment
from descant.forums.models import Role
from descant.forums.opening import change_forum
from tests.descant.conftest import Cast

HOME = {"HTTP_ORIGIN": "http://localhost", "HTTP_HOST": "localhost"}


class Desk(Client):
    """Somebody's browser on our own origin, signed in."""

    def do(self, act: str, **fields: Any) -> Any:
        """Press a button of a form."""
        return self.post(f"/moderate/do/{act}", fields)

    def ask(self, act: str, **fields: Any) -> Any:
        """What the page's script sends; gives the answer's JSON with its status."""
        answer = self.post(f"/moderate/do/{act}", fields, headers={"Accept": "application/json"})
        return answer.status_code, answer.json()


def item(comment: Comment, forum: str = "gazette", *, seen: str = "") -> str:
    return f"{forum}:{comment.pk}:{seen or comment.state}"


@pytest.fixture
def sit(cast: Cast) -> Callable[[str], Desk]:
    """``sit("bo")``: the desk of one of the cast."""

    def at(name: str) -> Desk:
        desk = Desk(**HOME)
        user = getattr(cast, name).user
        desk.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
        return desk

    return at


@pytest.fixture
def bo(sit: Callable[[str], Desk]) -> Desk:
    return sit("bo")


@pytest.fixture
def held(cast: Cast, say: Callable[..., Comment]) -> Callable[..., Comment]:
    """A comment that waits: ``held("Buy.")``."""

    def post(text: str, **more: Any) -> Comment:
        change_forum(forum=cast.gazette, premoderation="everybody")
        return say(text, **more)

    return post


@pytest.fixture
def elsewhere(cast: Cast) -> Comment:
    """What waits on Dee's forum, in the other partition, where Bo is nobody."""
    change_forum(forum=cast.tribune, premoderation="everybody")
    thread = make_thread(cast.tribune, PageAddress("far", "https://tribune.example/far", "Far"))
    return post_comment(forum=cast.tribune, thread=thread, author=cast.cy, draft=Draft("Dee's alone."))


@pytest.fixture
def both(cast: Cast) -> None:
    """Bo moderates the tribune as well."""
    assert cast.bo.user
    Role.objects.create(forum=cast.tribune, user=cast.bo.user, kind=Role.Kind.MODERATOR)
