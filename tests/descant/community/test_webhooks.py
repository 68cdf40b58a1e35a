"""An owner adds webhooks, tries them and takes them away, on the page of her forum."""

import json
from collections.abc import Callable

import pytest
from django.test import Client

from descant.discussion.authors import Author
from descant.forums.models import Target
from descant.forums.webhooks import sending
from descant.forums.webhooks.sending import Outcome
from descant.forums.webhooks.targets import Wish, add_target
from tests.descant.conftest import Cast
from tests.descant.discussion.judging.outsiders import Outsider

PAGE = "/f/gazette/settings/webhooks/"
SignedIn = Callable[[Author], Client]


def test_an_owner_adds_tests_rotates_switches_and_removes(
    cast: Cast, out: Outsider, signed_in: SignedIn
) -> None:
    client = signed_in(cast.ann)
    asked = {"add": "", "url": out.url("/told"), "events": ["comment.created"], "dialect": "standard"}
    page = client.post(PAGE, asked).content.decode()
    target = Target.objects.get()
    assert target.secret in page
    assert target.secret not in client.get(PAGE).content.decode()
    pressed = {"test": "has arrived", "turn": "is changed", "remove": "nothing any more"}
    rotated = client.post(PAGE, {"rotate": str(target.pk)}).content.decode()
    assert "signed with both" in rotated
    for button, words in pressed.items():
        assert words in client.post(PAGE, {button: str(target.pk)}, follow=True).content.decode()
    assert json.loads(out.heard[0][2])["type"] == "test"
    assert not Target.objects.exists()
    assert "not there any more" in client.post(PAGE, {"test": "1"}, follow=True).content.decode()


def test_a_test_that_does_not_arrive_says_why_and_others_reach_no_target(
    cast: Cast, signed_in: SignedIn
) -> None:
    inside = add_target(forum=cast.gazette, wish=Wish("http://127.0.0.1/"))
    page = signed_in(cast.ann).post(PAGE, {"test": str(inside.pk)}, follow=True).content.decode()
    assert "not on the public network" in page
    assert signed_in(cast.dee).post(PAGE, {"test": str(inside.pk)}).status_code == 404
    far = add_target(forum=cast.tribune, wish=Wish("https://tribune.example/"))
    for button in ("test", "rotate", "turn", "remove"):
        signed_in(cast.ann).post(PAGE, {button: str(far.pk)})
    assert Target.objects.get(pk=far.pk).secret == far.secret


def test_targets_that_do_not_answer_hold_one_thread_of_a_process(
    cast: Cast, out: Outsider, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else an owner could press the button as often as there are threads, and nobody would be answered."""
    target = add_target(forum=cast.gazette, wish=Wish(out.url("/told")))
    client, pages = signed_in(cast.ann), []

    def press_meanwhile(target: Target) -> Outcome:
        wish = {"add": "", "url": out.url("/two"), "events": ["comment.created"], "dialect": "standard"}
        pages.append(client.post(PAGE, {"test": str(target.pk)}, follow=True).content.decode())
        pages.append(client.post(PAGE, wish).content.decode())
        return Outcome(200)

    monkeypatch.setattr(sending, "send_test", press_meanwhile)
    assert "has arrived" in client.post(PAGE, {"test": str(target.pk)}, follow=True).content.decode()
    assert ["too fast" in page for page in pages] == [True, True]
    assert Target.objects.count() == 1
