"""Targets of a forum: signed as Standard Webhooks or as Disqus says, sent to real servers, and never inside."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from descant import egress
from descant.forums.models import Change, Target
from descant.forums.webhooks.sending import ANSWER_KEPT, Event, challenge, send, verify
from descant.forums.webhooks.signing import is_secret, new_secret
from descant.forums.webhooks.targets import (
    TARGETS_MOST,
    BadTarget,
    Wish,
    add_target,
    change_target,
    end_target,
    rotate_secret,
    wish_of,
)
from django_headroom.updates import change
from tests.descant.conftest import Cast
from tests.descant.discussion.judging.outsiders import Outsider

SAID = {"id": "7", "forum": "gazette"}


@pytest.fixture
def target(cast: Cast, out: Outsider) -> Target:
    return add_target(forum=cast.gazette, wish=Wish(out.url("/told")))


def verified(secret: str, headers: dict[str, str], body: bytes) -> list[bool]:
    """As the documents of Standard Webhooks say that one verifies: for each signature, whether this secret made it."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    right = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return [each == f"v1,{right}" for each in headers["webhook-signature"].split(" ")]


def test_a_standard_webhook_can_be_verified(out: Outsider, target: Target) -> None:
    event = Event(Target.Event.CREATED, SAID)
    assert send(target, event).is_taken
    path, headers, body = out.heard[0]
    assert (path, headers["webhook-id"], headers["Content-Type"]) == ("/told", event.id, "application/json")
    assert verified(target.secret, headers, body) == [True]
    told = json.loads(body)
    assert (told["type"], told["data"]) == ("comment.created", SAID)
    assert verified(target.secret, headers, body + b" ") == [False]
    assert verified(new_secret("standard"), headers, body) == [False]


def test_sent_again_it_has_the_same_id(out: Outsider, target: Target) -> None:
    event = Event(Target.Event.UPDATED, SAID)
    send(target, event)
    send(target, event)
    assert len({headers["webhook-id"] for _path, headers, _body in out.heard}) == 1


def test_during_a_rotation_both_secrets_have_signed_and_after_it_the_new_one(
    out: Outsider, target: Target
) -> None:
    old = target.secret
    new = rotate_secret(target=target)
    send(target, Event(Target.Event.CREATED, SAID))
    _path, headers, body = out.heard[-1]
    assert [verified(each, headers, body) for each in (new, old)] == [[True, False], [False, True]]
    target.former_until = timezone.now()
    send(target, Event(Target.Event.CREATED, SAID))
    assert verified(new, *out.heard[-1][1:]) == [True]


def test_it_speaks_as_disqus_where_the_challenge_is_given_back(cast: Cast, out: Outsider) -> None:
    secret = "s" * 32
    wish = Wish(out.url("/challenge"), dialect="disqus", secret=secret)
    target = add_target(forum=cast.gazette, wish=wish)
    assert not target.takes("comment.created"), "not before it has given the challenge back"
    assert verify(target, challenge()).is_taken
    assert json.loads(out.heard[0][2])["verb"] == "verify"
    assert send(target, Event(Target.Event.CREATED, SAID)).is_taken
    _path, headers, body = out.heard[-1]
    assert (
        headers["X-Hub-Signature"] == "sha512=" + hmac.new(secret.encode(), body, hashlib.sha512).hexdigest()
    )
    assert json.loads(body) == {"verb": "create", "object_type": "post", "transformed_data": SAID}
    outcome = verify(Target(url=out.url("/told"), dialect="disqus", secret=secret), challenge())
    assert (outcome.is_taken, "challenge" in outcome.why) == (False, True)


def test_at_another_address_a_challenge_is_asked_for_anew(cast: Cast, out: Outsider) -> None:
    target = add_target(forum=cast.gazette, wish=Wish(out.url("/one"), dialect="disqus"))
    change(target, is_verified=True)
    change_target(target=target, wish=replace(wish_of(target), events=["comment.created"]))
    assert target.is_verified
    change_target(target=target, wish=replace(wish_of(target), url=out.url("/two")))
    assert not target.is_verified


def test_in_another_dialect_it_has_another_secret_and_no_former_one(cast: Cast, target: Target) -> None:
    rotate_secret(target=target)
    before = target.secret
    change_target(target=target, wish=replace(wish_of(target), dialect="disqus"))
    assert target.secret != before
    assert is_secret(target.secret, "disqus")
    assert target.secrets() == [target.secret]


def test_what_our_own_network_answers_is_kept_from_owners(
    cast: Cast, out: Outsider, target: Target, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    out.answers["/told"] = b"inner\0most" * 100
    assert send(target, Event(Target.Event.CREATED, SAID)).answer == ""
    settings.DESCANT_EGRESS_ALLOWED = []  # from now on as if it stood in the public network
    monkeypatch.setattr(egress, "is_public", lambda address: True)
    monkeypatch.setattr(egress, "PORTS", {"http": out.server_port})
    public = Target(url="http://127.0.0.1/told", secret=target.secret)
    answer = send(public, Event(Target.Event.CREATED, SAID)).answer
    assert (answer[:9], len(answer)) == ("innermost", ANSWER_KEPT)


@pytest.mark.parametrize(
    ("path", "status", "is_final"),
    [
        ("/told", 200, False),
        ("/broken", 500, False),
        ("/gone", 410, True),
        ("/elsewhere?302,/told", 302, False),
    ],
)
def test_the_outcome_says_whether_to_try_again(
    cast: Cast, out: Outsider, path: str, status: int, is_final: bool
) -> None:
    target = add_target(forum=cast.gazette, wish=Wish(out.url(path)))
    outcome = send(target, Event(Target.Event.CREATED, SAID))
    assert (outcome.status, outcome.is_final, outcome.is_taken) == (status, is_final, status == 200)
    assert len(out.heard) == 1, "no redirect is followed"


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://localhost/", "http://[::1]/"])
def test_a_target_inside_is_never_asked_and_never_again(cast: Cast, url: str) -> None:
    target = add_target(forum=cast.gazette, wish=Wish(url))
    outcome = send(target, Event(Target.Event.CREATED, SAID))
    assert (outcome.status, outcome.is_final) == (0, True)


@pytest.mark.parametrize(
    "wish",
    [
        Wish("ftp://gazette.example/"),
        Wish("https://a:b@gazette.example/"),
        Wish("https://gazette.example:8443/"),
        Wish("https://gazette.example/" + "x" * 500),
        Wish("https://gazette.example/", events=[]),
        Wish("https://gazette.example/", events=["comment.liked"]),
        Wish("https://gazette.example/", dialect="coral"),
        Wish("https://gazette.example/", secret="short"),
        Wish("https://gazette.example/", secret="short", dialect="disqus"),
    ],
)
def test_what_cannot_be_a_target_is_refused(cast: Cast, wish: Wish) -> None:
    with pytest.raises(BadTarget):
        add_target(forum=cast.gazette, wish=wish)
    assert not Target.objects.exists()


def test_an_address_is_told_once_and_there_are_few(cast: Cast) -> None:
    for number in range(TARGETS_MOST):
        add_target(forum=cast.gazette, wish=Wish(f"https://gazette.example/{number}"))
        with pytest.raises(BadTarget):
            add_target(forum=cast.gazette, wish=Wish("https://gazette.example/0"))
    with pytest.raises(BadTarget, match="as many"):
        add_target(forum=cast.gazette, wish=Wish("https://gazette.example/more"))
    add_target(forum=cast.tribune, wish=Wish("https://gazette.example/0"))


def test_what_a_target_takes_is_chosen_and_the_history_keeps_it(cast: Cast, target: Target) -> None:
    assert target.takes("comment.created")
    change_target(target=target, wish=replace(wish_of(target), events=["comment.updated"]))
    assert (target.takes("comment.created"), target.takes("comment.updated")) == (False, True)
    change_target(target=target, wish=replace(wish_of(target), is_on=False))
    assert not target.takes("comment.updated")
    end_target(target=target)
    told = list(Change.objects.order_by("id").values_list("what", flat=True))
    assert told == ["target_added", "target_changed", "target_changed", "target_ended"]


@pytest.mark.parametrize("dialect", Target.Dialect.values)
def test_a_secret_that_is_made_is_one(dialect: str) -> None:
    assert is_secret(new_secret(dialect), dialect)
    assert new_secret(dialect) != new_secret(dialect)
