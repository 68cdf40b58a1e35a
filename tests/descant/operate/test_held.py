"""What a switch is in a request it is in all that follows from it, whoever turns it meanwhile."""

import json
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from descant.discussion.models import Comment
from descant.discussion.signals import comment_posted
from django_headroom.delayed.models import Event
from django_headroom.delayed.worker import drain
from django_headroom.operations.switches import OFF, ON, held, is_on, knowing
from django_headroom.operations.switches.holding import HeldSwitches
from tests.descant.conftest import Cast


@pytest.fixture
def heard() -> Iterator[list[tuple[bool, bool]]]:
    """What a receiver is answered: of the lab, and of what kills."""
    found: list[tuple[bool, bool]] = []

    def listen(payload: dict[str, object]) -> None:
        found.append((is_on("keys", actor="u1"), is_on("votes")))

    comment_posted.connect(listen, dispatch_uid="test.held")
    yield found
    comment_posted.receivers.pop("test.held")
    knowing.forget()


def test_a_worker_answers_as_the_request_did_and_what_kills_as_it_stands(
    cast: Cast, say: Callable[..., Comment], heard: list[tuple[bool, bool]]
) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        assert not is_on("keys", actor="u1")
        assert is_on("votes")
        say("Rye.")
        return HttpResponse()

    HeldSwitches(view)(HttpRequest())
    (event,) = Event.objects.using("p1").filter(signal="comment_posted")
    assert len(json.dumps(event.meta)) < 100
    knowing.learn([knowing.Turned(1, "keys", ON), knowing.Turned(2, "votes", OFF)])
    assert is_on("keys", actor="u1")
    while drain("p1"):
        continue
    assert heard == [(False, False)]


def test_every_request_is_held_and_one_that_asks_nothing_takes_nothing_along(
    cast: Cast, say: Callable[..., Comment]
) -> None:
    assert f"{HeldSwitches.__module__}.HeldSwitches" in settings.MIDDLEWARE
    with held():
        say("Rye.")
    assert [event.meta for event in Event.objects.using("p1")] == [{}]
