"""Which deliveries come of what happens to comments, and what they say."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from descant.discussion.deciding import decide
from descant.discussion.editing import edit_comment
from descant.discussion.models import Comment
from descant.followups.models import Delivery
from descant.followups.webhooks.noting import note_change, note_new
from descant.forums.models import Target
from descant.forums.opening import change_forum
from descant.forums.webhooks.targets import Wish, add_target, change_target, wish_of
from django_headroom.delayed.models import Event
from django_headroom.delayed.worker import drain
from tests.descant.conftest import Cast
from tests.descant.discussion.judging.outsiders import Outsider
from tests.descant.followups.webhooks.conftest import Work, message_ids, states

Say = Callable[..., Comment]


def told(out: Outsider) -> list[tuple[str, dict[str, Any]]]:
    bodies = [json.loads(body) for _path, _headers, body in out.heard]
    return [(body["type"], body["data"]) for body in bodies]


def test_a_comment_is_told_as_everybody_reads_it(
    cast: Cast, say: Say, out: Outsider, target: Target, work: Work
) -> None:
    comment = say("Rye, **of course**.", by=cast.cy)
    work()
    [(kind, data)] = told(out)
    assert kind == "comment.created"
    assert (data["id"], data["forum"], data["parent"]) == (str(comment.pk), "gazette", None)
    assert (data["raw_message"], data["author"]["name"]) == ("Rye, **of course**.", "Cy")
    assert data["threadData"]["identifiers"] == ["bread"]
    assert (data["isApproved"], data["isDeleted"], data["isSpam"]) == (True, False, False)
    assert "mail.example" not in out.heard[0][2].decode()
    assert "192.0.2" not in out.heard[0][2].decode()
    assert states() == ["taken"]


def test_of_what_was_never_shown_nobody_is_told(
    cast: Cast, say: Say, out: Outsider, target: Target, work: Work
) -> None:
    change_forum(forum=cast.gazette, premoderation="guests")
    comment = say("Rye.", by=cast.guest)
    assert comment.state == Comment.State.WAITING
    decide(forum=cast.gazette, comments=[comment], verdict="spam", by=cast.bo)
    work()
    assert (out.heard, states()) == ([], [])


def test_what_was_held_is_new_when_it_is_shown_and_once(
    cast: Cast, say: Say, out: Outsider, target: Target, work: Work
) -> None:
    change_forum(forum=cast.gazette, premoderation="guests")
    comment = say("Rye.", by=cast.guest)
    work()
    decide(forum=cast.gazette, comments=[comment], verdict="approve", by=cast.bo)
    work()
    assert [kind for kind, _data in told(out)] == ["comment.created"]
    for verdict in ("hide", "restore"):
        decide(
            forum=cast.gazette, comments=[Comment.objects.of(cast.gazette).get()], verdict=verdict, by=cast.bo
        )
        work()
    assert [kind for kind, _data in told(out)] == ["comment.created", "comment.updated", "comment.updated"]
    assert [data["isApproved"] for _kind, data in told(out)] == [True, False, True]


def test_an_edit_tells_the_new_text_and_a_deletion_no_text(
    cast: Cast, say: Say, out: Outsider, target: Target, work: Work
) -> None:
    comment = say("Rye.", by=cast.cy)
    work()
    edit_comment(forum=cast.gazette, comment=comment, author=cast.cy, source="Wheat.")
    work()
    decide(forum=cast.gazette, comments=[comment], verdict="delete", by=cast.bo)
    work()
    assert [data["raw_message"] for _kind, data in told(out)] == ["Rye.", "Wheat.", ""]
    kind, last = told(out)[-1]
    assert (kind, last["isDeleted"], last["author"]["name"]) == ("comment.updated", True, "")
    assert "Cy" not in out.heard[-1][2].decode()


def test_what_is_hidden_between_the_two_goes_nowhere(
    cast: Cast, say: Say, out: Outsider, target: Target, work: Work
) -> None:
    comment = say("Rye with caraway.", by=cast.cy)
    drain("p1")  # the delivery is written, and not sent yet
    assert states() == ["waiting"]
    decide(forum=cast.gazette, comments=[comment], verdict="hide", by=cast.bo)
    work()
    assert states() == ["dropped", "taken"]
    assert [kind for kind, _data in told(out)] == ["comment.updated"]
    assert "caraway" not in out.heard[0][2].decode()


def test_each_target_is_told_what_it_takes(
    cast: Cast, say: Say, out: Outsider, target: Target, work: Work
) -> None:
    add_target(forum=cast.gazette, wish=Wish(out.url("/two"), events=["comment.updated"]))
    off = add_target(forum=cast.gazette, wish=Wish(out.url("/off")))
    change_target(target=off, wish=replace(wish_of(off), is_on=False))
    add_target(forum=cast.tribune, wish=Wish(out.url("/tribune")))
    comment = say("Rye.")
    work()
    assert [path for path, *_rest in out.heard] == ["/told"]
    decide(forum=cast.gazette, comments=[comment], verdict="hide", by=cast.bo)
    work()
    assert sorted(path for path, *_rest in out.heard) == ["/told", "/told", "/two"]


def test_heard_twice_it_is_one_delivery_and_one_message(
    cast: Cast, say: Say, out: Outsider, target: Target, work: Work
) -> None:
    say("Rye.")
    data = Event.objects.using("p1").get(signal="comment_posted").payload
    for _time in range(2):
        note_new(data, event_id="1")
        note_change(data, event_id="2")
        note_change(data, event_id="2")
    work()
    assert Delivery.objects.count() == 2
    assert len(set(message_ids(out))) == len(out.heard) == 2


def test_a_target_that_speaks_as_disqus_is_told_after_the_challenge(
    cast: Cast, say: Say, out: Outsider, work: Work
) -> None:
    target = add_target(forum=cast.gazette, wish=Wish(out.url("/challenge"), dialect="disqus"))
    say("Rye.")
    drain("p1")
    assert states() == [], "it has not said yet that it wants to be told"
    work()
    assert Target.objects.get(pk=target.pk).is_verified
    say("Wheat.")
    work()
    bodies = [json.loads(body) for _path, _headers, body in out.heard]
    assert [body["verb"] for body in bodies] == ["verify", "create"]
    assert bodies[1]["transformed_data"]["raw_message"] == "Wheat."


@pytest.mark.parametrize("path", ["/told", "/broken"])
def test_who_gives_no_challenge_back_is_told_nothing(
    cast: Cast, say: Say, out: Outsider, work: Work, path: str
) -> None:
    add_target(forum=cast.gazette, wish=Wish(out.url(path), dialect="disqus"))
    work()
    say("Rye.")
    work()
    assert [json.loads(body)["verb"] for _path, _headers, body in out.heard] == ["verify"]
    assert not Target.objects.get().is_verified
