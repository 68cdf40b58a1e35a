"""Many do the same at once, over real connections and commits."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from descant.accounts.models import User
from descant.discussion.addressing import lately
from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.authors import Author
from descant.discussion.deciding import decide
from descant.discussion.deciding.owning import CannotChange, take_role
from descant.discussion.models import Comment, Thread, Vote
from descant.discussion.posting import Draft, post_comment
from descant.discussion.voting import VoteRefused, cast_vote
from descant.forums import directory
from descant.forums.keys.issuing import issue_key
from descant.forums.models import Forum, Role
from descant.forums.opening import name_role, open_forum
from django_headroom.connections.pooling import is_exhausted
from tests.headroom.market.threads import together

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "p1", "p2"])
MANY = 50


def at_once(act: Callable[[int], Any]) -> list[Any]:
    """Many do it at once; whoever finds all connections taken comes again, as a program does that is answered 503."""

    def patiently(number: int) -> Any:
        for _time in range(40):
            try:
                return act(number)
            except OperationalError as error:
                if not is_exhausted(error):
                    raise
        raise AssertionError("no connection became free in a minute")

    return together(MANY, patiently)


@pytest.fixture
def gazette(settings: Any) -> Iterator[Forum]:
    settings.DESCANT_COMMENTS_PER_MINUTE = settings.DESCANT_VOTES_PER_MINUTE = 0
    directory.forget()
    lately.forget()
    yield open_forum(name="gazette", domains=["gazette.example"], partition="p1")
    directory.forget()


@pytest.fixture
def comment(gazette: Forum) -> Comment:
    thread = make_thread(gazette, PageAddress(identifier="bread"))
    writer = Author(name="Gus", address="192.0.2.1")
    return post_comment(forum=gazette, thread=thread, author=writer, draft=Draft(text="Rye."))


def test_fifty_equal_requests_make_one_comment(gazette: Forum) -> None:
    key = issue_key(forum=gazette).public_key
    asked = {"api_key": key, "thread:ident": "bread", "message": "Rye.", "author_name": "Gus"}

    def post(_: int) -> Any:
        """As programs do: who is told that all is taken just now comes again with the same key."""
        headers = {"Idempotency-Key": "the same"}
        for _time in range(10):
            answer = Client().post("/api/3.0/posts/create.json", asked, headers=headers)
            if answer.status_code != 503:
                break
            time.sleep(int(answer.headers["Retry-After"]) / 10)
        return answer.json()

    answers = at_once(post)
    assert {answer["code"] for answer in answers} == {0}
    assert len({answer["response"]["id"] for answer in answers}) == 1
    assert Comment.objects.of(gazette).count() == 1
    assert Thread.objects.of(gazette).get().comments_shown == 1


def test_comments_at_once_get_versions_without_gaps(gazette: Forum) -> None:
    thread = make_thread(gazette, PageAddress(identifier="bread"))

    def post(number: int) -> int | None:
        own = Thread.objects.of(gazette).get(pk=thread.pk)
        author = Author(name=f"Reader {number}", address=f"192.0.2.{number}")
        return post_comment(forum=gazette, thread=own, author=author, draft=Draft(text=str(number))).version

    assert sorted(at_once(post)) == list(range(1, MANY + 1))
    thread.refresh_from_db()
    assert (thread.version, thread.comments_shown) == (MANY, MANY)


def test_first_comments_at_once_make_one_thread(gazette: Forum) -> None:
    pages = [PageAddress(identifier="new", url="https://gazette.example/new")] * MANY
    made = at_once(lambda number: make_thread(gazette, pages[number]))
    assert len({thread.pk for thread in made}) == 1
    assert Thread.objects.of(gazette).count() == 1


def test_a_person_who_clicks_fifty_times_at_once_votes_once(gazette: Forum, comment: Comment) -> None:
    guest = Author(guest="0123456789abcdef", address="192.0.2.2")

    def vote(number: int) -> None:
        own = Comment.objects.of(gazette).get(pk=comment.pk)
        cast_vote(forum=gazette, comment=own, author=guest, value=1)

    at_once(vote)
    comment.refresh_from_db()
    assert (comment.ups, Vote.objects.of(gazette).count()) == (1, 1)


def test_many_guests_at_one_address_vote_once(gazette: Forum, comment: Comment) -> None:
    guest = Author(guest="0", address="192.0.2.2")

    def vote(number: int) -> bool:
        own = Comment.objects.of(gazette).get(pk=comment.pk)
        try:
            cast_vote(forum=gazette, comment=own, author=replace(guest, guest=f"g{number}"), value=1)
        except VoteRefused:
            return False
        return True

    assert sum(at_once(vote)) == 1
    comment.refresh_from_db()
    assert comment.ups == 1


def test_of_many_moderators_at_once_one_wins(gazette: Forum, comment: Comment) -> None:
    bo = User.objects.create_user(username="bo")
    moderator = Author(user=bo, role="moderator")

    def hide(_: int) -> int:
        own = Comment.objects.of(gazette).select_related("thread").get(pk=comment.pk)
        return decide(forum=gazette, comments=[own], verdict="hide", by=moderator)

    assert sum(together(8, hide)) == 1
    assert Thread.objects.of(gazette).get().comments_shown == 0


def test_of_owners_who_take_each_others_roles_one_stays(gazette: Forum) -> None:
    owners = [User.objects.create_user(username=f"owner-{number}") for number in range(8)]
    for owner in owners:
        name_role(forum=gazette, user=owner, kind=Role.Kind.OWNER)

    def take(number: int) -> bool:
        forum = Forum.objects.get(pk=gazette.pk)
        by = Author(user=owners[number], role="owner")
        try:
            take_role(forum=forum, by=by, user_id=owners[number - 1].pk)
        except CannotChange:
            return False
        return True

    assert sorted(together(8, take)) == [False] + [True] * 7
    assert Role.objects.filter(forum=gazette, kind=Role.Kind.OWNER).count() == 1
