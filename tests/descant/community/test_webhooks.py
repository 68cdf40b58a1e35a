"""An owner names webhooks, tries and changes them, and sees what has arrived, on the pages of her forum."""

import json
from collections.abc import Callable

import pytest
from django.test import Client

from descant.discussion.authors import Author
from descant.discussion.deciding import decide
from descant.discussion.models import Comment
from descant.followups.models import Delivery
from descant.forums.models import Target
from descant.forums.webhooks.targets import Wish, add_target
from django_headroom.delayed.worker import drain
from tests.descant.conftest import ALL_DATABASES, Cast
from tests.descant.discussion.judging.outsiders import Outsider

PAGE = "/f/gazette/settings/webhooks/"
SignedIn = Callable[[Author], Client]
Say = Callable[..., Comment]


@pytest.fixture
def target(cast: Cast, out: Outsider) -> Target:
    return add_target(forum=cast.gazette, wish=Wish(out.url("/told")))


def work() -> None:
    while sum(drain(alias) for alias in ALL_DATABASES[::-1]):
        pass


def test_an_owner_adds_one_and_sees_its_secret_once(cast: Cast, out: Outsider, signed_in: SignedIn) -> None:
    client = signed_in(cast.ann)
    asked = {"add": "", "url": out.url("/told"), "events": ["comment.created"], "dialect": "standard"}
    page = client.post(PAGE, asked).content.decode()
    target = Target.objects.get()
    assert target.secret in page
    for address in (PAGE, f"{PAGE}{target.pk}/"):
        assert target.secret not in client.get(address).content.decode()
    assert "told already" in client.post(PAGE, asked).content.decode()


def test_a_test_is_tried_by_the_worker_and_the_page_says_what_became_of_it(
    cast: Cast, out: Outsider, target: Target, signed_in: SignedIn
) -> None:
    client, page = signed_in(cast.ann), f"{PAGE}{target.pk}/"
    pressed = client.post(page, {"test": ""}, follow=True).content.decode()
    assert out.heard == [], "no thread of ours waits for a machine of others"
    assert 'data-waits="yes"' in pressed
    work()
    assert json.loads(out.heard[0][2])["type"] == "test"
    shown = client.get(page).content.decode()
    assert "has arrived" in shown
    assert 'data-waits="no"' in shown
    inside = add_target(forum=cast.gazette, wish=Wish("http://127.0.0.1/"))
    client.post(f"{PAGE}{inside.pk}/", {"test": ""})
    work()
    shown = client.get(f"{PAGE}{inside.pk}/").content.decode()
    assert "has not arrived" in shown
    assert "not on the public network" in shown


def test_she_changes_where_what_and_how_it_is_told(cast: Cast, target: Target, signed_in: SignedIn) -> None:
    client, page = signed_in(cast.ann), f"{PAGE}{target.pk}/"
    before = target.secret
    wish = {"change": "", "url": "https://gazette.example/b", "events": ["comment.updated"]}
    client.post(page, {**wish, "dialect": "standard"})
    target.refresh_from_db()
    assert (target.url, target.events, target.secret) == (wish["url"], ["comment.updated"], before)
    shown = client.post(page, {**wish, "dialect": "disqus"}).content.decode()
    target.refresh_from_db()
    assert target.secret in shown
    assert "given the challenge back yet" in shown
    assert (
        "Only http and https"
        in client.post(page, {**wish, "url": "ftp://b", "dialect": "standard"}).content.decode()
    )


def test_she_rotates_switches_and_removes(cast: Cast, target: Target, signed_in: SignedIn) -> None:
    client, page = signed_in(cast.ann), f"{PAGE}{target.pk}/"
    rotated = client.post(page, {"rotate": ""}).content.decode()
    assert "signed with both" in rotated
    assert Target.objects.get().secret in rotated
    for is_on in (False, True):
        assert "is changed" in client.post(page, {"turn": ""}, follow=True).content.decode()
        assert Target.objects.get().is_on == is_on
    assert "nothing any more" in client.post(page, {"remove": ""}, follow=True).content.decode()
    assert not Target.objects.exists()
    assert client.get(page).status_code == 404


def test_what_has_not_arrived_is_seen_and_sent_again(
    cast: Cast, say: Say, out: Outsider, target: Target, signed_in: SignedIn
) -> None:
    client, page = signed_in(cast.ann), f"{PAGE}{target.pk}/"
    for number in range(2):
        say(f"Rye {number}.")
    drain("p1")
    Delivery.objects.update(state="dead")
    assert "2 have not arrived" in client.get(page).content.decode()
    first = Delivery.objects.order_by("id")[0]
    client.post(page, {"resend": str(first.pk)})
    work()
    assert [headers["webhook-id"] for _path, headers, _body in out.heard] == [first.message_id]
    assert "1 delivery is sent again" in client.post(page, {"resend_dead": ""}, follow=True).content.decode()
    work()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"taken"}
    client.post(f"{page}{first.pk}/", {"resend": str(first.pk)})
    work()
    assert len(out.heard) == 3


def test_a_delivery_shows_its_tries_what_is_sent_and_how_the_answer_began(
    cast: Cast, say: Say, out: Outsider, target: Target, signed_in: SignedIn
) -> None:
    comment = say("Rye with <b>caraway</b>.")
    work()
    Delivery.objects.update(answer="<script>alert(1)</script>")
    page = f"{PAGE}{target.pk}/{Delivery.objects.get().pk}/"
    shown = signed_in(cast.ann).get(page).content.decode()
    assert "Rye with &lt;b&gt;caraway&lt;/b&gt;." in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown
    assert Delivery.objects.get().message_id in shown
    decide(forum=cast.gazette, comments=[comment], verdict="hide", by=cast.bo)
    assert "caraway" not in signed_in(cast.ann).get(page).content.decode(), "what was hidden is shown nowhere"


def test_others_reach_no_webhook(cast: Cast, target: Target, signed_in: SignedIn) -> None:
    far = add_target(forum=cast.tribune, wish=Wish("https://tribune.example/"))
    theirs = Delivery.objects.create(target=far, kind="test")
    for person, address in (
        (cast.dee, f"{PAGE}{target.pk}/"),
        (cast.bo, f"{PAGE}{target.pk}/"),
        (cast.ann, f"{PAGE}{far.pk}/"),
        (cast.ann, f"{PAGE}{target.pk}/{theirs.pk}/"),
    ):
        for button in ("test", "rotate", "turn", "remove", "resend", "resend_dead"):
            assert signed_in(person).get(address).status_code == 404
            assert signed_in(person).post(address, {button: str(theirs.pk)}).status_code == 404
    signed_in(cast.ann).post(f"{PAGE}{target.pk}/", {"resend": str(theirs.pk)})
    theirs.refresh_from_db()
    assert (Target.objects.get(pk=far.pk).secret, theirs.turn) == (far.secret, 0)
